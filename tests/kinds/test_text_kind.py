"""Texts through every verb: from lines of a file to lines that a generator wrote."""

import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from page_runs import client
from sparring import GAN
from sparring.cli.main import main
from sparring.data.text import from_strings
from sparring.errors import ConfigError, DataError
from sparring.kinds import find, sheets, text

TINY = ["--g-width", "8", "--d-width", "8", "--depth", "1", "--latent-dim", "4", "--threads", "1"]
WORDS = [a + b + c for a in "bdfk" for b in "aeiou" for c in "lmnrst"]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file of words and one of poems, in the working folder."""
    monkeypatch.chdir(tmp_path)
    Path("words.txt").write_text("\n".join(WORDS), "utf-8")
    Path("poems.txt").write_text("\n\n".join(f"{a}\n{b} \u4f60" for a, b in pairwise(WORDS)))
    Path("words.csv").write_text("text,end\n" + "\n".join(f"{word},{word[-1]}" for word in WORDS))
    return tmp_path


@pytest.mark.usefixtures("lines")
def test_every_verb_takes_texts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "words.txt"]) == 0
    said = capsys.readouterr().out
    assert "vocabulary  15 characters" in said
    assert "lengths  3 characters each" in said
    train = ["train", "words.txt", "--samples-seen", "640", "--record-every", "5", "--hold-out", "0.2", *TINY]
    assert main([*train, "--out", "run"]) == 0
    last = json.loads(Path("run/history.jsonl").read_text().splitlines()[-1])
    assert {"spread", "dead_symbols", "repeats", "copies", "copied"} <= last.keys()
    assert main(["resume", "run", "--samples-seen", "1280"]) == 0
    capsys.readouterr()
    assert main(["sample", "run", "--count", "5"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 6
    assert all(set(line) <= set("".join(WORDS)) for line in printed[:5])
    assert main(["sample", "run", "--count", "5", "--out", "drawn.txt"]) == 0
    assert Path("drawn.txt").read_text().splitlines() == printed[:5]
    assert main(["sample", "run", "--count", "6", "--interpolate", "--out", "walk.npz"]) == 0
    with np.load("walk.npz") as drawn:
        assert drawn["samples"].shape == (6,)
        assert drawn["samples"].dtype.kind == "U"
    steps = [path.stem for path in sorted(Path("run/samples").glob("*.txt"))]
    assert steps == [path.stem for path in sorted(Path("run/samples").glob("*.png"))]
    assert client(Path("run")).get(f"/api/runs/run/pictures/{int(steps[-1])}.txt").text.count("\n") == 63
    assert main(["report", "run"]) == 0
    embedded = re.search('id="report">(.*?)</script>', Path("run/report.html").read_text("utf-8"))
    assert embedded is not None
    texts = json.loads(embedded[1])["texts"]
    assert [int(step) for step in texts] == [int(step) for step in steps]
    capsys.readouterr()
    main(["doctor", "run"])
    assert "run" in capsys.readouterr().out


@pytest.mark.usefixtures("lines")
def test_a_resumed_training_of_texts_equals_an_unbroken_one_bit_for_bit() -> None:
    train = ["train", "words.txt", "--lr-schedule", "constant", "--record-every", "5", *TINY]
    assert main([*train, "--samples-seen", "320", "--out", "broken"]) == 0
    assert main(["resume", "broken", "--samples-seen", "640"]) == 0
    assert main([*train, "--samples-seen", "640", "--out", "whole"]) == 0
    broken, whole = (
        load_file(max(Path(run, "checkpoints").glob("*.safetensors"))) for run in ("broken", "whole")
    )
    assert broken.keys() == whole.keys()
    assert all(torch.equal(broken[name], whole[name]) for name in whole)


@pytest.mark.usefixtures("lines")
def test_texts_with_classes_are_drawn_by_class(capsys: pytest.CaptureFixture[str]) -> None:
    train = ["train", "words.csv", "--labels", "end", "--samples-seen", "320", *TINY]
    assert main([*train, "--out", "run"]) == 0
    assert main(["sample", "run", "--label", "t", "--count", "3", "--out", "drawn.jsonl"]) == 0
    rows = [json.loads(line) for line in Path("drawn.jsonl").read_text().splitlines()]
    assert [row["label"] for row in rows] == ["t"] * 3
    assert main(["train", "drawn.jsonl", "--dry-run"]) == 1
    assert "holds no texts" in capsys.readouterr().err or [row["text"] for row in rows] != [""] * 3


@pytest.mark.usefixtures("lines")
def test_poems_come_back_as_poems() -> None:
    train = ["train", "poems.txt", "--unit", "words", "--samples-seen", "320", *TINY]
    assert main([*train, "--out", "run"]) == 0
    assert json.loads(Path("run/run.json").read_text())["spec"]["shape"][0] == 4
    assert main(["sample", "run", "--out", "sheet.png"]) == 0


def test_a_sheet_shows_letters_that_its_font_lacks_as_blocks_of_different_greys() -> None:
    data = from_strings(["жшй", "éüß", "abc"])
    rows = np.asarray(text.sheet(data.samples.numpy(), data.spec))[text.EDGE :]
    for number, letters in enumerate(("жшй", "éüß")):
        row = rows[number * text.ROW + 2, text.EDGE + 2 :: text.CELL][: len(letters)]
        assert len(set(row.tolist())) == len(letters)
        assert row.min() >= 90
    assert [sheets.drawable(letter) for letter in "aé"] == [True, False]


def test_names_of_picture_files_are_no_texts() -> None:
    with pytest.raises(
        DataError, match=r"these 20 texts are names of picture files, such as 'a.JPG', not pict"
    ):
        text.given(["a.JPG", *["b/c.png"] * 19], None, {})
    assert text.given(["a.JPG", *["a word"] * 19], None, {}) is not None


def test_a_list_of_strings_is_data_and_samples_are_strings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    gan = GAN(g_width=8, d_width=8, depth=1, latent_dim=4, threads=1).fit(WORDS, samples_seen=128)
    drawn = gan.sample(5)
    assert [type(found) for found in drawn] == [str] * 5
    column = find.samples(np.array(WORDS))[0]
    assert (column.spec, column.samples.tolist()) == (gan.spec_, find.samples(WORDS)[0].samples.tolist())
    assert gan.sample(5) == drawn
    assert len(gan.interpolate(7)) == 7
    assert gan.show(4).width > 0
    gan.save("mine")
    assert GAN.load("mine").sample(5) == drawn
    with pytest.raises(ConfigError, match="size: accepted only for folders and zips of pictures and hf: sets"):
        GAN(size="8").fit(WORDS, samples_seen=64)


def test_the_measures_see_a_repeated_text() -> None:
    spec = from_strings(["ab", "ba", "aa"]).spec
    reals = spec.encode(torch.tensor([[1, 2], [2, 1], [1, 1], [1, 0]]))
    fakes = spec.encode(torch.tensor([[1, 1], [1, 1], [1, 0], [0, 1]]))
    assert text.repeated(fakes, reals) == pytest.approx(1 / 4)
    assert text.texts(spec.decode(fakes), spec) == ["aa", "aa", "a", ""]


def test_texts_of_several_lines_stand_apart(tmp_path: Path) -> None:
    data = from_strings(["ab\nba", "a"])
    text.write(data.samples.numpy(), None, data.spec, tmp_path / "a.txt", None)
    assert (tmp_path / "a.txt").read_text() == "ab\nba\n\na\n"
    assert text.shown(data.samples.numpy(), data.spec) == ["ab\nba\n", "a"]


def test_texts_that_are_nearly_all_the_same_are_warned_of() -> None:
    warned = text.warning(from_strings(["same"] * 500))
    assert warned is not None
    assert "499 of 500 texts repeat another one; only 1 of them differs" in warned
    assert text.warning(from_strings(["same"] * 9 + ["other", "third"])) is None
