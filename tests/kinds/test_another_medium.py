"""A kind that is no picture: verses of letters, which are read, written and measured as lines of text."""

import json
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from page_runs import client
from sparring.cli.main import main
from sparring.cli.playground import Playground
from sparring.data import builtin
from sparring.data.codec import Affine
from sparring.data.spec import Dataset, Spec
from sparring.files import write_whole
from sparring.history.record import Logged, read_history
from sparring.kinds import KINDS, sheets, writers
from sparring.kinds.kind import Array, Kind, Measure
from sparring.metrics.comparison import FLOOR, GENERATOR, Comparison, Scale, Trial
from sparring.metrics.extractors import Features, Reals
from sparring.metrics.features import Extractor
from sparring.page.follow import Followed

TINY = ["--g-width", "8", "--d-width", "8", "--depth", "1", "--latent-dim", "4", "--threads", "1"]
LETTERS = np.array(list("abc"))
SPEC = Spec("verses", (6, 3), Affine("float32", (0.5,), (0.5,)))


def lines(verses: Array) -> list[str]:
    """Verses (N, 6, 3) as text, a letter at each place."""
    return ["".join(row) for row in LETTERS[verses.argmax(2)]]


def sheet(verses: Array, spec: Spec, columns: int | None = None, gap: int = 2) -> Image.Image:
    return sheets.to_image(np.ascontiguousarray(255 * verses.clip(0, 1), np.uint8).reshape(len(verses), -1, 1))


def write(verses: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    write_whole(path, "".join(f"{line}\n" for line in lines(verses)).encode())


def doubled(fakes: Tensor, reals: Tensor) -> float:
    """The share of letters that follow themselves."""
    letters = fakes.argmax(2)
    return float((letters[:, 1:] == letters[:, :-1]).float().mean())


def letters(reals: Reals) -> Extractor:
    """How often each letter stands in a verse."""
    return Extractor("letters", lambda verses: verses.flatten(1, -2).mean(1), dimension=3)


def pairs(fakes: Tensor, reals: Tensor, spec: Spec) -> Image.Image:
    return sheet(torch.cat([fakes, reals], 1).numpy(), spec)


def judge(trial: Trial) -> Comparison:
    """The doubled letters of the generator beside those of a verse of one letter."""
    assert trial.fakes.shape[1:] == trial.training.shape[1:] == (6, 3)
    same = torch.zeros(40, 6, 3).index_fill_(2, torch.tensor(0), 1)
    columns = {FLOOR: trial.held_out, GENERATOR: trial.fakes, "one letter": same}
    found = {name: {"doubled": doubled(part, part)} for name, part in columns.items() if part is not None}
    return Comparison({"doubled": Scale("higher", "letters that follow themselves", True)}, 40, found)


DOUBLED = Logged("share", "below 0.1", "share of letters that follow themselves")
VERSES = Kind(
    name="verses",
    noun="verse",
    axes="T V",
    codec=partial(Affine.from_dict, bounded=True),
    recipe="tutorial",
    count=5,
    problem=lambda spec: "" if len(spec.shape) == 2 else "no verse",
    describe=lambda spec: f"a verse of {spec.shape[0]} letters",
    vectors=lambda verses: verses.flatten(1).float(),
    coarse=lambda verses: verses.flatten(1),
    features=Features(("letters", "pca-64"), own={"letters": letters}),
    pair_sheet=pairs,
    judge=judge,
    measures={"doubled": Measure(doubled, DOUBLED)},
    media="text/plain",
    show=lambda verses, spec: "\n".join(lines(verses)).encode(),
    sheet=sheet,
    writers={".txt": write, ".npz": writers.arrays},
)


def verses() -> Dataset:
    letters = torch.randint(3, (200, 1), generator=torch.Generator().manual_seed(0)) + torch.arange(6)
    return Dataset("verses", SPEC, torch.nn.functional.one_hot(letters % 3, 3).float())


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A short training on verses; the working folder is the one that the run lies in."""
    monkeypatch.setitem(KINDS, "verses", VERSES)
    monkeypatch.setitem(builtin.BUILT_IN, "verses", verses)
    monkeypatch.chdir(tmp_path)
    train = ["train", "verses", "--samples-seen", "640", "--record-every", "5", "--hold-out", "0.2", *TINY]
    assert main([*train, "--out", "run"]) == 0
    return Path("run")


def test_a_kind_is_drawn_to_the_first_of_its_files(run: Path) -> None:
    assert main(["sample", "run"]) == 0
    (drawn,) = (run / "drawn").iterdir()
    assert drawn.suffix == ".txt"
    assert [len(line) for line in drawn.read_text().splitlines()] == [6] * 5


def test_a_kind_is_evaluated_in_features_of_its_own(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "run", "--count", "40", "--draws", "2"]) == 0
    said = capsys.readouterr().out
    assert "FD-letters" in said
    assert re.search(r"doubled +0\.0% +[0-9.]+% +100\.0%\n", said)
    assert "doubled: letters that follow themselves; higher is better" in said
    assert "Better than the generator at doubled: one letter." in said
    assert json.loads((run / "evaluation.json").read_text())["comparison"]["count"] == 40
    assert (run / "nearest.png").exists()


def test_the_page_has_what_it_needs_to_show_a_kind(run: Path) -> None:
    view = Followed("run", run.resolve()).view()
    assert view["media"] == "text/plain"
    assert view["measures"] == {"doubled": DOUBLED._asdict()}
    assert all(0 <= record.values["doubled"] <= 1 for record in read_history(run / "history.jsonl"))
    answer = client(run, draw=Playground()).get("/api/runs/run/draw?seed=3&count=2")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert [len(line) for line in answer.text.split("\n")] == [6, 6]
