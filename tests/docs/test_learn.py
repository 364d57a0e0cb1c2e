"""The tutorial: pages and notebooks are one, both languages have the same code, and the code runs."""

import json
import re
import statistics
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import torch

from sparring.config.recipes import from_recipe
from sparring.uses.detect import features

ROOT = Path(__file__).parents[2]
LEARN = ROOT / "docs/learn"
CHAPTERS = sorted(path.stem for path in (LEARN / "en").glob("*.md"))
SMALL = {  # budgets for a test: a few steps
    "1-what-a-gan-is": {"SAMPLES": "2_000"},
    "2-the-simplest-gan": {"EPOCHS": "2", "BATCHES": "3"},
    "3-the-fight": {"EPOCHS": "0.1"},
    "4-why-blobs": {"EPOCHS": "0.05"},
    "5-the-cures": {"MINUTES": "0.01"},
    "6-your-own-pictures": {"COUNT": "70", "SAMPLES": "128"},
    "7-how-good-is-it": {"COUNT": "300"},
    "8-music-and-text": {"SAMPLES": "640"},
    "9-what-does-not-belong": {"STEPS": "2"},
    "11-does-it-help": {"STEPS": "2"},
    "12-rows-of-a-table": {"SAMPLES": "1_280"},
    "10-style-transfer": {"SAMPLES": "160", "COUNT": "60"},
}


def test_pages_and_notebooks_are_what_the_script_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    path = ROOT / "scripts/make_notebooks.py"
    namespace: dict[str, object] = {"__file__": str(path), "__name__": "make_notebooks"}
    exec(compile(path.read_text("utf-8"), str(path), "exec"), namespace)
    pages = namespace["pages"]
    assert callable(pages)
    written = pages()
    assert {f"{p.parent.name}/{p.name}" for p in LEARN.glob("*/*")} == set(written)
    for name, text in written.items():
        assert (LEARN / name).read_text("utf-8") == text, "run scripts/make_notebooks.py"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_notebook_runs_from_top_to_bottom(
    chapter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sparring.machine.device.available_cores", lambda: 1)  # so that no threads are tried
    for name, count in (("MEMORY", 200), ("CANDIDATES", 1000)):
        monkeypatch.setattr(features, name, count)  # patches that a detector keeps
    torch.manual_seed(0)
    notebook = nbformat.read(LEARN / "en" / f"{chapter}.ipynb", as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert cells
    for name, value in SMALL[chapter].items():
        cells[0], count = re.subn(rf"^{name} = \S+", f"{name} = {value}", cells[0], flags=re.M)
        assert count == 1, name
    namespace: dict[str, object] = {}
    for cell in cells:
        exec(compile(cell, chapter, "exec"), namespace)
    assert capsys.readouterr().out or list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "path", sorted(LEARN.glob("*/*.ipynb")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_a_notebook_shows_what_its_code_printed_and_drew(path: Path) -> None:
    """The script keeps the outputs of exactly the code that is there, so that none is of another's."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.source for cell in cells if not cell.outputs] == [], "run scripts/make_notebooks.py --run"
    drawn = [output for cell in cells for output in cell.outputs if output.output_type == "display_data"]
    assert len(drawn) == sum(
        bool(re.search(r"^(gan\.show|rows|Image\.fromarray)\(", cell.source, re.M)) for cell in cells
    )
    assert path.stat().st_size < 300_000


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_both_languages_have_the_same_code_pictures_and_numbers(chapter: str) -> None:
    english, chinese = ((LEARN / language / f"{chapter}.md").read_text("utf-8") for language in ("en", "zh"))
    for what in (r"^```\w+\n.*?^```", r"\]\(([^)]+)\)", r"<!--[nt]\w*:.*?-->", r"^#+ ", r"</?details>"):
        found = [re.findall(what, text, re.M | re.S) for text in (english, chinese)]
        assert sorted(found[0]) == sorted(found[1]), what


def test_both_readmes_have_the_same_commands_links_and_numbers() -> None:
    english, chinese = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh.md"))
    english = english.replace("(README.zh.md)", "")
    chinese = chinese.replace("(README.md)", "").replace("/learn/zh/", "/learn/en/")
    for what in (
        r"^(?:sparring \S+ \S+|make \w+|pip install .*?$)",
        r"\]\(([^)]+)\)",
        r"^#+ ",
        r"\d+(?:\.\d+)?%?",
    ):
        found = [sorted(re.findall(what, text, re.M)) for text in (english, chinese)]
        assert found[0] == found[1], what


def test_the_readme_says_how_long_the_default_takes() -> None:
    """By the speed that was measured."""
    rows = map(json.loads, (ROOT / "benchmarks/results/time_to_quality.jsonl").read_text().splitlines())
    speed = statistics.median(row["images_per_second"] for row in rows if row["case"] == "default")
    samples = from_recipe("sprint").budget.samples_seen
    for text in (
        (ROOT / "README.md").read_text("utf-8"),
        (ROOT / "src/sparring/cli/options.py").read_text("utf-8"),
    ):
        (said,) = re.findall(r"sparring train mnist +\S? ?the default recipe.* about (\d+) seconds", text)
        assert int(said) == pytest.approx(samples / speed, rel=0.1)
    assert f"{samples:,} digits" in (ROOT / "README.md").read_text("utf-8")


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "--site-dir",
        str(tmp_path / "site"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 60
    foreign = [
        p.name for p in pages if re.search(r'(?:src|href)="https?://(?:fonts|unpkg|cdn)', p.read_text("utf-8"))
    ]
    assert foreign == []  # it works without a network
    assert (tmp_path / "site/search").is_dir()
    assert "--believes" in (tmp_path / "site/palette.css").read_text("utf-8")
    front = (tmp_path / "site/index.html").read_text("utf-8")
    assert "pip install" in front
    assert "sparring demo" in front
    assert all('lang="zh-Hans"' in p.read_text("utf-8") for p in pages if p.parent.name == "zh")
