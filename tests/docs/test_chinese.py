"""The Chinese texts: full-width punctuation, nothing slanted, Chinese pages linked where there are any."""

import re
from pathlib import Path

import pytest

from sparring.doctor.rules import RULES
from sparring.page.single import STATIC

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.zh.md", *sorted((ROOT / "docs").rglob("zh/*.md"))]
TEXTS = [
    *PAGES,
    STATIC / "strings.js",
    STATIC / "doctor.zh.js",
    STATIC / "errors.zh.js",
    STATIC / "numbers.js",
    ROOT / "scripts/make_notebooks.py",
]
CHINESE = r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef“”…]"
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)[^)]*\)")


def prose(path: Path) -> str:
    """The Chinese of a file, with an x for code, formulas, addresses and what else is not prose."""
    text = path.read_text("utf-8")
    if path.suffix == ".md":
        text = re.sub(
            r"^```.*?^```", lambda block: "\n".join(re.findall("#.*", block[0])), text, flags=re.M | re.S
        )
        text = re.sub(r"<!--.*?-->|^\|?[-|]+$", "", text, flags=re.M)
        text = re.sub(r"(`+).*?\1", "文", text)  # code stands for a word
        text = re.sub(r"\]\([^)]*\)", "文]", text).replace("![", "[")
    else:
        text = "\n".join(part for part in re.findall(r'"([^"\n]*)"', text) if re.search(CHINESE, part))
        text = re.sub(r"`.*?`", "文", text)
    text = re.sub(r"\b(?:D|G|log)\s?\((?:[^()（）]|\((?:[^()]|\([^()]*\))*\))*\)", "x", text)
    return text.replace("*", "")


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_punctuation_beside_chinese_is_full_width(path: Path) -> None:
    halves = rf"{CHINESE}\]?[,.:;!?()]|[,;:!?()]\[?{CHINESE}|\d,[A-Za-z]|{CHINESE} [（），。：；]"
    text = prose(path)
    assert re.search(CHINESE, text)
    assert [text[max(0, found.start() - 12) : found.end() + 8] for found in re.finditer(halves, text)] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_nothing_chinese_is_slanted(path: Path) -> None:
    """GitHub slants every <em>, whatever its language."""
    words = re.sub(r"^```.*?^```|`.*?`", "", path.read_text("utf-8"), flags=re.M | re.S)
    assert re.findall(r"(?<!\*)\*(?!\*)[^*\n]+\*(?!\*)|\b_[^_\n]+_\b|<(?:em|i)\b", words) == []


def twin(target: Path) -> Path | None:
    """The Chinese page that says the same as this one."""
    for other in (target.with_suffix(f".zh{target.suffix}"), Path(str(target).replace("/en/", "/zh/"))):
        if other != target and other.exists():
            return other
    return None


@pytest.mark.parametrize("path", PAGES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_chinese_pages_link_to_chinese_pages(path: Path) -> None:
    switch = "(README.md)"  # from one language to the other
    targets = [
        (path.parent / found).resolve() for found in LINK.findall(path.read_text("utf-8").replace(switch, ""))
    ]
    assert [f"{target.name}: {twin(target)}" for target in targets if twin(target)] == []


def test_the_doctors_diseases_have_chinese_names() -> None:
    words = (STATIC / "doctor.zh.js").read_text("utf-8")
    names = dict(re.findall(r'^  "([\w-]+)": \["([^"]+)", "[^"]+", "[^"]+"\],$', words, re.M))
    assert set(names) == {rule.name for rule in RULES}
    assert len(set(names.values())) == len(names)
    assert [name for name in names.values() if not re.fullmatch(r"[\u4e00-\u9fff]{2,9}", name)] == []
    pages = "".join(path.read_text("utf-8") for path in PAGES)
    for name in re.findall(r"concepts/troubles/([\w-]+)\.md", pages):
        if name in names:
            assert f"[{name}]" not in pages
