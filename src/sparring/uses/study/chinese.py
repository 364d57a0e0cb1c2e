"""What a study names, in Chinese: its arms, verdicts and samples. The report reads this table without torch."""

from __future__ import annotations

NAMES = {
    "real only": "只用真实样本",
    "oversampling": "过采样",
    "class weights": "类别加权",
    "shift, turn, flip": "平移、旋转、翻转",
    "mixup": "mixup",
    "SMOTE": "SMOTE",
    "trees 50 %": "决策树 50 %",
    "GAN 20 %": "GAN 20 %",
    "GAN 50 %": "GAN 50 %",
    "classic + GAN": "经典增强 + GAN",
    "GAN only": "只用 GAN",
    "GAN added to classic": "在经典增强上加 GAN",
    "helps": "有帮助",
    "harms": "有害",
    "no difference": "看不出差别",
    "picture": "图片",
    "row": "行数据",
}


def named(name: str) -> str:
    """The Chinese name, or the name itself where there is none."""
    return NAMES.get(name, name)
