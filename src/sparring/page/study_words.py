"""The words of a study's report, English and Chinese."""

from __future__ import annotations

import html

from sparring.uses.study.chinese import named

WORDS = {
    "en": {
        "title": "sparring study · {data}", "other": "中文", "summary": "Points gained or lost",
        "arms": "Every arm", "worth_of": "What more labelled {noun}s are worth",
        "no_curve": "There is no learning curve.",
        "differences": "difference of each arm in points, with 95 % intervals and a dot for each subset",
        "curve": "score by the number of labelled samples", "after": "after {steps:,}", "to": " to ",
        "verdict": "verdict", "score": "score", "difference": "points (95 %)", "p": "p", "signs": "signs",
        "minutes": "minutes", "worth": "worth", "> curve": "> curve", "< curve": "< curve",
    },
    "zh": {
        "title": "sparring 研究 · {data}", "other": "English", "summary": "得分的增减", "arms": "所有方法",
        "worth_of": "多标注一些{noun}值多少", "no_curve": "没有学习曲线。",
        "differences": "每种方法的得分差（百分点），附 95 % 区间，每个子集一个点",
        "curve": "得分随已标注样本数的变化", "after": "{steps:,} 步后", "to": " 到 ",
        "verdict": "结论", "score": "得分", "difference": "百分点（95 %）", "p": "p", "signs": "符号检验",
        "minutes": "分钟", "worth": "价值", "> curve": "超出曲线", "< curve": "低于曲线",
    },
}  # fmt: skip


def shown(value: object) -> str:
    """A value as text of the page, escaped."""
    return html.escape(str(value))


class Say:
    """Says the words of the page in a language, escaped."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, word: str, **values: object) -> str:
        return shown(WORDS[self.language][word].format(**values))

    def plain(self, name: str) -> str:
        """What a study calls something, in this language; not escaped."""
        return named(name) if self.language == "zh" else name

    def name(self, name: str) -> str:
        """The same, for the page."""
        return shown(self.plain(name))

    def end(self, end: float | str) -> str:
        """What an arm is worth: a number of samples, or on which side of the learning curve it lies."""
        if isinstance(end, str):
            return shown(WORDS[self.language].get(end, end))
        return f"{end:+,.0f}"
