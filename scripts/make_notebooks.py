"""Writes the numbers and tables into docs/learn, the English code into the Chinese pages, and the notebooks.

python scripts/make_notebooks.py; the numbers are those of docs/learn/facts.json (scripts/make_learn.py).
What the code prints and shows stays in the English notebooks as it is. With --run it is made anew, or with
--run 5-the-cures that of a chapter: some minutes on two CPU cores, which should have nothing else to do.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbformat import v4
from PIL import Image

Ran = dict[str, list[Any]]  # a cell's code, and its outputs

LEARN = Path(__file__).parents[1] / "docs/learn"
CHAPTERS = sorted(path.stem for path in (LEARN / "en").glob("*.md"))
NUMBER = re.compile(r"<!--n:([^:>]+(?:: [^:>]+)?):([^:>]+)-->.*?<!---->")
TABLE = re.compile(r"<!--table:(\w+)-->.*?<!--/table-->", re.S)
CODE = re.compile(r"^```python\n(.*?)^```\n", re.M | re.S)
ZH = {
    "change": "改动", "times real": "真样本的倍数", "commonest": "最常见的数字", "seeds": "种子数",
    "forgeries": "假样本", "precision": "精确率", "recall": "召回率",
    "coverage": "覆盖率", "as tutorials print it": "教程原样", "no momentum": "去掉动量",
    "half the momentum": "动量减半", "R1 penalty, gamma 0.1": "R1 惩罚，gamma 0.1",
    "R1 penalty, gamma 1": "R1 惩罚，gamma 1", "R1 penalty, gamma 10": "R1 惩罚，gamma 10",
    "gradient penalty and Wasserstein": "Wasserstein 加梯度惩罚",
    "Wasserstein, clipped weights": "Wasserstein 加权重裁剪", "hinge loss": "hinge 损失",
    "spectral norm in D": "判别器谱归一化", "BatchNorm in G": "生成器 BatchNorm",
    "convolutions in G": "生成器用卷积", "convolutions in both": "两边都用卷积",
    "G four times as fast": "生成器快四倍", "D four times as slow": "判别器慢四倍",
    "averaged weights": "权重平均", "labels": "标签", "label smoothing": "标签平滑",
    "instance noise": "加噪声", "no momentum, R1, rates times 4": "去掉动量，R1，学习率乘四",
    "the same, averaged, with labels": "同上，加平均和标签",
    "the same with convolutions in both": "同上，再加卷积",
    "other real digits": "另一批真数字", "blurred": "模糊的", "only ones and sevens": "只有 1 和 7",
    "ten digits, a thousand times each": "十个数字，各一千遍", "noise": "噪声",
}  # fmt: skip


def page(language: str, chapter: str) -> str:
    """A chapter's Markdown with its numbers, tables and code filled in."""
    facts: dict[str, float] = json.loads((LEARN / "facts.json").read_text())
    text = (LEARN / language / f"{chapter}.md").read_text("utf-8")
    text = NUMBER.sub(lambda m: f"<!--n:{m[1]}:{m[2]}-->{facts[m[1]]:{m[2]}}<!---->", text)
    tables = {"cures": cures, "quality": quality}
    text = TABLE.sub(lambda m: f"<!--table:{m[1]}-->\n{tables[m[1]](facts, language)}\n<!--/table-->", text)
    english = iter(CODE.findall((LEARN / "en" / f"{chapter}.md").read_text("utf-8")))
    return CODE.sub(lambda _: f"```python\n{next(english)}```\n", text)


def said(words: str, language: str) -> str:
    return ZH[words] if language == "zh" else words


def cures(facts: dict[str, float], language: str) -> str:
    """The benchmark's medians, a row for each change."""
    names = ("change", "times real", "commonest", "seeds")
    lines = ["| " + " | ".join(said(name, language) for name in names) + " |", "|---|---|---|---|"]
    for key, times in facts.items():
        if key.startswith("times: "):
            change = key.removeprefix("times: ")
            lines.append(
                f"| {said(change, language)} | {times:,.0f} | {facts[f'commonest: {change}']:.0f} % "
                f"| {facts[f'seeds: {change}']:.0f} |"
            )
    return "\n".join(lines)


def quality(facts: dict[str, float], language: str) -> str:
    """What each number says of forgeries with one fault."""
    kinds = ("times real", "precision", "recall", "coverage")
    lines = [
        "| " + " | ".join(said(name, language) for name in ("forgeries", *kinds)) + " |",
        "|---|---|---|---|---|",
    ]
    for key in facts:
        if key.startswith("times real: "):
            name = key.removeprefix("times real: ")
            numbers = [f"{facts[f'times real: {name}']:,.1f}"] + [
                f"{facts[f'{k}: {name}']:.2f}" for k in kinds[1:]
            ]
            lines.append(f"| {said(name, language)} | " + " | ".join(numbers) + " |")
    return "\n".join(lines)


def notebook(text: str, ran: Ran) -> str:
    """The same chapter as a notebook, with what its code printed and showed when it ran last."""
    cells, end = [], 0
    for k, found in enumerate(CODE.finditer(text)):
        cells.append(v4.new_markdown_cell(text[end : found.start()].strip(), id=f"words-{k}"))
        source = found[1].strip()
        cells.append(
            v4.new_code_cell(source, id=f"code-{k}", execution_count=k + 1, outputs=ran.get(source, []))
        )
        end = found.end()
    cells.append(v4.new_markdown_cell(text[end:].strip(), id="end"))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})
    nbformat.validate(whole)
    return nbformat.writes(whole, indent=1, ensure_ascii=False) + "\n"


def before(chapter: str) -> Ran:
    """What the code of a chapter printed and showed by its English notebook."""
    path = LEARN / "en" / f"{chapter}.ipynb"
    cells = nbformat.read(path, as_version=4).cells if path.exists() else []
    return {cell.source: cell.outputs for cell in cells if cell.cell_type == "code"}


def run(chapter: str) -> Ran:
    """Run a chapter's code in an empty folder, as Jupyter would: the last expression of a cell is shown."""
    cells = [code.strip() for code in CODE.findall((LEARN / "en" / f"{chapter}.md").read_text("utf-8"))]
    names: dict[str, Any] = {}
    ran: Ran = {}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for cell in cells:
            body = ast.parse(cell)
            last = body.body.pop() if isinstance(body.body[-1], ast.Expr) else None
            printed, value = io.StringIO(), None
            with contextlib.redirect_stdout(printed):
                exec(compile(body, chapter, "exec"), names)
                if last is not None:
                    value = eval(compile(ast.Expression(last.value), chapter, "eval"), names)
            ran[cell] = [*said_by(printed.getvalue()), *shown(value)]
    return ran


def said_by(printed: str) -> list[Any]:
    return [v4.new_output("stream", text=printed)] if printed else []


def shown(value: Any) -> list[Any]:
    """A picture as a notebook shows it."""
    if not isinstance(value, Image.Image):
        return []
    file = io.BytesIO()
    larger = max(1, 320 // value.width)
    value.resize((larger * value.width, larger * value.height), Image.Resampling.NEAREST).save(
        file, "PNG", optimize=True
    )
    data = {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": "<a picture>"}
    return [v4.new_output("display_data", data=data)]


def pages(ran: Callable[[str], Ran] = before) -> dict[str, str]:
    """What each file under docs/learn should hold."""
    outputs = {chapter: ran(chapter) for chapter in CHAPTERS}
    found = {}
    for language in ("en", "zh"):
        for chapter in CHAPTERS:
            text = page(language, chapter)
            found |= {
                f"{language}/{chapter}.md": text,
                f"{language}/{chapter}.ipynb": notebook(text, outputs[chapter]),
            }
    return found


if __name__ == "__main__":
    anew = (sys.argv[2:] or CHAPTERS) if "--run" in sys.argv else []
    for name, text in pages(lambda chapter: run(chapter) if chapter in anew else before(chapter)).items():
        (LEARN / name).write_text(text, "utf-8")
