"""Every command and every Python example in the README and the docs runs, with a budget of a few steps."""

import json
import re
import shlex
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sparring.cli import train
from sparring.cli.main import main
from sparring.config.recipes import RECIPES
from sparring.data import builtin, defects, shapes, wafers
from sparring.data.music import chorales, midi
from sparring.data.music.song import Note
from sparring.data.spec import Dataset
from sparring.games import preflight
from sparring.games.game import Clock
from sparring.gan import GAN
from sparring.training import gauge, suited, vitals
from sparring.training.budget import Budget
from sparring.uses.detect import adversary, features
from sparring.uses.study import forger, session, trial
from sparring.uses.study.plan import Costs, Plan
from sparring.uses.tune import judge, search

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NUMBER = re.compile(r"-\d+$")  # of a run
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)
CLONE = "git clone THIS-REPOSITORY sparring && cd sparring"
MADE_BY_MAKE = {CLONE, "make demo", "make test", "pip install ."}  # what they do is tested one by one


SMALL = [("--batch-size", "16"), ("--g-width", "4"), ("--d-width", "4"), ("--pictures", "2")]


def blocks(language: str) -> list[tuple[Path, str]]:
    return [
        (page, text)
        for page in PAGES
        for found, text in BLOCK.findall(page.read_text("utf-8"))
        if found == language
    ]


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the data that the pages name."""
    folder = tmp_path_factory.mktemp("files")
    make_photos(folder)
    make_midi(folder / "midi")
    make_pairs(folder)
    make_parts(folder)
    make_people(folder)
    return folder


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch, files: Path) -> Iterator[None]:
    """Budgets end after three steps; data and what is measured are few; what is made is deleted afterwards."""
    for table, count in ((builtin.BUILT_IN, 800), (builtin.HELD_OUT, 400)):
        for name in ("mnist", "emoji"):
            monkeypatch.setitem(table, name, partial(first, table[name], count))
        monkeypatch.setitem(table, shapes.NAME, partial(shapes.shapes, count // 8, seed=count))
    some = chorales._files(chorales.scores())[:24]
    monkeypatch.setattr(chorales, "_files", lambda folder: some)

    def progress(self: Budget, clock: Clock, samples: int) -> float:
        return min(1.0, clock.step / (3 + (self.epochs or 0)))  # more of a budget, more steps

    monkeypatch.setattr(Budget, "progress", progress)
    monkeypatch.setattr(suited, "FEW", 200)  # the 800 stand for a whole set
    monkeypatch.setattr("sparring.machine.device.available_cores", lambda: 1)
    monkeypatch.chdir(files)
    make_studies_short(monkeypatch)
    monkeypatch.setattr(features, "MEMORY", 200)  # patches
    monkeypatch.setattr(features, "CANDIDATES", 1000)
    monkeypatch.setattr(adversary, "_progress", lambda *_: enumerate((0.0, 0.5)))
    monkeypatch.setattr(search.Search, "_more", lambda self: self.made < 1)
    monkeypatch.setattr(search, "SEEDS", 1)
    for module, name, count in ((preflight, "BATCH", 8), (vitals, "COUNT", 32), (gauge, "REALS", 60)):
        monkeypatch.setattr(module, name, count)  # samples that are looked at
    for module, name in ((search, "MOST"), (judge, "MOST"), (judge, "LEAST")):
        monkeypatch.setattr(module, name, 40)  # samples that are measured
    monkeypatch.setattr(judge, "AUTO", "pca-64")  # features that take no network
    monkeypatch.setattr(wafers, "load", partial(wafers.load, count=260))
    monkeypatch.setattr(defects, "WAFER_TESTS", 20)
    monkeypatch.setattr(
        "uvicorn.Server.run", lambda self, sockets: sockets[0].close()
    )  # the page is tested with a browser
    monkeypatch.setattr(train, "page_beside", lambda *_: nullcontext())
    monkeypatch.setattr("sparring.machine.compiled.BACKEND", "eager")  # no compiler, which takes seconds
    given = set(files.iterdir())
    yield
    for made in set(files.iterdir()) - given:
        shutil.rmtree(made) if made.is_dir() else made.unlink()


def make_studies_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Studies of a step or two, with some arms, in which nothing is timed."""
    arms = ("real only", "half", "double", "shift, turn", "shift, turn, flip", "GAN 20 %", "GAN 50 %")

    def plan(
        _: float, costs: Costs, named: tuple[str, ...], counts: tuple[int, ...], *rest: int, **more: int
    ) -> Plan:
        return Plan(rest[0], (1, 2), 64, tuple(name for name in arms if name in named), counts, starts=1)

    monkeypatch.setattr(session, "planned", plan)
    monkeypatch.setattr(trial, "costs_of", lambda *_: Costs(0.0, 0.0, 0.0))
    monkeypatch.setattr(forger, "DRAWN", 30)
    monkeypatch.setattr(forger, "LEAST_EACH", 10)


@cache
def first(whole: Callable[[], Dataset], count: int) -> Dataset:
    """So many of the samples of a set, which is decoded once."""
    data = whole()
    assert data.labels is not None
    return replace(data, samples=data.samples[:count].clone(), labels=data.labels[:count].clone())


def make_photos(folder: Path) -> None:
    """The pictures that the pages name: photos/cats, photos/dogs, emoji-pictures, two zips, labels.csv."""
    rows = []
    with zipfile.ZipFile(folder / "photos.zip", "w") as archive, (folder / "labels.csv").open("w") as table:
        for k in range(240):
            path = Path("photos", ("cats", "dogs")[k % 2], f"{k:03}.png")
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (20, 16 + k % 3), (k, 255 - k, k % 7)).save(folder / path)
            archive.write(folder / path, path)
            table.write(f"{path},{path.parent.name}\n")
            rows.append([str(path), k % 2])
    lines = [f"{a}{b}{c}" for a in "bdfk" for b in "aeiou" for c in "lmnrst"]
    (folder / "poems.txt").write_text("".join(f"{line} {line}\n{line}\n\n" for line in lines))
    rows_of_words = (f"{word},{word[::-1]},{('french', 'german')[k % 2]}\n" for k, word in enumerate(lines))
    (folder / "words.csv").write_text("text,title,language\n" + "".join(rows_of_words))
    shutil.copy(folder / "photos.zip", folder / "ffhq.zip")
    with zipfile.ZipFile(folder / "ffhq.zip", "a") as archive:
        archive.writestr("dataset.json", json.dumps({"labels": rows}))
    (folder / "emoji-pictures").symlink_to("photos")


def make_pairs(folder: Path) -> None:
    """Squares: edges and shoes of the same names, both side by side, and paintings."""
    for k in range(40):
        edge, filled = Image.new("L", (16, 16)), Image.new("RGB", (16, 16), "white")
        edge.paste(255, (k % 8, 3, k % 8 + 6, 4))
        filled.paste((k, 90, 200), (k % 8, 3, k % 8 + 6, 9))
        both = Image.new("RGB", (32, 16))
        both.paste(edge, (0, 0))
        both.paste(filled, (16, 0))
        for name, picture in (
            ("edges", edge),
            ("shoes", filled),
            ("side-by-side", both),
            ("paintings", filled),
        ):
            (folder / name).mkdir(exist_ok=True)
            picture.save(folder / name / f"{k:02}.png")


def make_parts(folder: Path) -> None:
    """Plates with noise in MVTec AD's layout, some with a bright square, and new ones; and larger ones."""
    rng = np.random.default_rng(0)
    made = {"parts/train/good": 60, "parts/test/good": 8, "parts/test/spot": 6, "new": 4, "photographs": 60}
    for name, count in made.items():
        (folder / name).mkdir(parents=True)
        for k in range(count):
            plate = rng.normal(110, 5, (72, 72) if name == "photographs" else (16, 16))
            if name.endswith("spot") or (name == "new" and k == 0):
                plate[4:9, 4:9] = 250
            Image.fromarray(plate.clip(0, 255).astype(np.uint8)).save(folder / name / f"{k:02}.png")


def make_people(folder: Path) -> None:
    """Two tables of people with an age, a town, and whether they are members."""
    for name, count in (("people.csv", 400), ("more-people.csv", 120)):
        rows = [
            f"{18 + 7 * k % 60},{('Rom', 'Ulm', 'Gent')[k % 3]},{('no', 'yes')[k % 5 > 1]}"
            for k in range(count)
        ]
        (folder / name).write_text("age,town,member\n" + "\n".join(rows))


def make_midi(folder: Path) -> None:
    """Scales in two voices, from any note."""
    folder.mkdir()
    for k in range(24):
        scale = [60 + k + step for step in (0, 2, 4, 5, 7, 9, 11, 12)] * 2
        parts = [[Note(n, n + 1, pitch - low, 0) for n, pitch in enumerate(scale)] for low in (0, 12)]
        (folder / f"{k:02}.mid").write_bytes(midi.write(parts))


def needs_missing_data(line: str) -> bool:
    return "fashion-mnist" in line and not Path("/usr/share/datasets/fashion-mnist").exists()


# The Chinese pages have the same commands, which test_learn.py sees to.
WITH_COMMANDS = [page for page in dict.fromkeys(p for p, _ in blocks("console")) if "zh" not in str(page)]


class Shelf:
    """Runs that the commands of a page made; another page with the same command gets a copy.

    Args:
        folder: where they are kept, each in a folder with the number of its command.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.commands: list[tuple[list[str], list[str]]] = []  # words, and the runs of the same kind of name

    def run(self, words: list[str]) -> int:
        """What a command ends with, which runs only if it has not run beside the same runs."""
        before = runs()
        for k, (others, beside) in enumerate(self.commands):
            (name,) = runs(self.folder / str(k))
            if others == words and beside == alike(name, before) and name not in before:
                shutil.copytree(self.folder / str(k), "runs", dirs_exist_ok=True)
                return 0
        status = main(words)
        made = [name for name in runs() if name not in before]
        if status == 0 and len(made) == 1:
            shutil.copytree(Path("runs", made[0]), self.folder / str(len(self.commands)) / made[0])
            self.commands.append((words, alike(made[0], before)))
        return status


def runs(folder: Path = Path("runs")) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def alike(name: str, names: list[str]) -> list[str]:
    """The names that differ from one in the number at the end alone."""
    return [other for other in names if NUMBER.sub("", other) == NUMBER.sub("", name)]


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("shelf"))


@pytest.mark.usefixtures("few_steps")
@pytest.mark.xdist_group("docs")  # they share a shelf
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.name)
def test_commands(page: Path, shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    """The commands of a page, one after the other, in one folder where a run was made before."""
    small = [word for option in SMALL for word in option]
    assert shelf.run(["train", "mnist", "--samples-seen", "96", "--threads", "1", *small]) == 0
    lines = [
        line.split("   ")[0].strip()
        for found, text in blocks("console")
        if found == page
        for line in text.splitlines()
    ]
    ran = [line for line in lines if line not in MADE_BY_MAKE and not needs_missing_data(line)]
    for line in ran:
        words = shlex.split(line)
        assert words[0] == "sparring", f"a command no test runs: {line}"
        if "--processes" in words:  # tested for real with the runtime
            words.append("--dry-run")
        if words[1] == "train" or (words[1] == "tune" and "--resume" not in words):
            fixed = ("--g-width", "--d-width") if "--from-run" in words else ()  # those of the run
            lacking = ("--pictures",) if words[1] == "tune" else ()
            words += [w for option in SMALL if option[0] not in (*words, *fixed, *lacking) for w in option]
        if words[1] == "evaluate":
            words += ["--count", "100", "--draws", "1", "--quick"]
        too_little_to_say = (4,) if words[1] == "doctor" else ()  # of three steps
        found_something = (3,) if words[1:3] == ["detect", "score"] else ()
        status = shelf.run(words[1:])
        assert status in (0, *too_little_to_say, *found_something), capsys.readouterr().err


@pytest.mark.usefixtures("few_steps")
@pytest.mark.parametrize(
    ("page", "code"),
    [found for found in blocks("python") if "learn" not in found[0].parts],
    ids=lambda value: getattr(value, "name", ""),
)
@pytest.mark.filterwarnings("ignore:.* which adds no detail")  # the photos of this test are tiny
def test_python(page: Path, code: str) -> None:
    namespace: dict[str, object] = {}
    exec(compile(code, str(page), "exec"), namespace)
    assert len(namespace) > 1


@pytest.mark.usefixtures("few_steps")
def test_the_notebook() -> None:
    cells = json.loads((ROOT / "docs/guides/in-a-notebook.ipynb").read_text("utf-8"))["cells"]
    namespace: dict[str, object] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), namespace)
    assert isinstance(namespace["gan"], GAN)
    assert namespace["gan"].history


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{page.name}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipes_page_quotes_lines_that_are_there(recipe: str) -> None:
    page = ROOT / "docs/recipes" / f"{recipe}.md"
    text = page.read_text("utf-8")
    quoted = re.findall(r"^\| .* \| \[.*\]\((\S+)\) \| `(.*)` \|$", text, re.M)
    assert len(quoted) >= 3
    assert [line for path, line in quoted if line not in (page.parent / path).read_text("utf-8")] == []
    assert "(../reference/logged.md)" in text


@pytest.mark.parametrize(
    ("script", "folder"), [("make_reference", "docs/reference"), ("make_troubles", "docs/concepts/troubles")]
)
def test_written_pages_are_what_the_tables_say(script: str, folder: str) -> None:
    path = ROOT / f"scripts/{script}.py"
    namespace: dict[str, object] = {"__file__": str(path), "__name__": script}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    pages = namespace["PAGES"]
    assert isinstance(pages, dict)
    assert {page.name for page in (ROOT / folder).iterdir()} == set(pages)
    for name, page in pages.items():
        assert (ROOT / folder / name).read_text("utf-8") == page(), f"run scripts/{script}.py"
