"""What the command line says of words that it does not know."""

import argparse
import contextlib

import pytest

from sparring.cli.main import main
from sparring.cli.parsing import USAGE_ERROR, number, whole


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("trian mnist", "unknown verb 'trian'. Did you mean 'train'?"),
        ("train mnist --recpie dcgan", "unknown option '--recpie'. Did you mean '--recipe'? For help:"),
        ("train --recpie dcgan", "Did you mean '--recipe'?"),  # before DATA is missed
        ("tune --from a --to b --trials 2", "unknown option '--from'. Translations are not tuned:"),
        ("train mnist --recpie=dcgan", "unknown option '--recpie'."),
        ("train mnist -recipe dcgan", "Did you mean '--recipe'?"),
        ("train mnist \u2014recipe dcgan", "Did you mean '--recipe'?"),
        ("train mnist --lr 1", "Did you mean '--g-lr' or '--d-lr'?"),
        ("train mnist --no-conditonal", "Did you mean '--no-conditional'?"),
        ("report RUN -out page.html", "Did you mean '--out'?"),
        ("resume RUN --recipe dcgan", "`sparring train` has it."),
        ("--recipe dcgan train mnist", "`sparring train` has it."),
        ("train mnist recipe=dcgan", "unexpected argument 'recipe=dcgan'. Did you mean '--recipe'?"),
        ("train my photos", "'photos'. Put a name with spaces, or a pattern with *, in quotation marks."),
        ("train mnist --dry-run=yes", "--dry-run takes no value, but 'yes' was given."),
        ("train mnist --seed x", "--seed: 'x' is not an integer."),
        ("train mnist --seed 1.5", "--seed: '1.5' is not an integer."),
        ("train mnist --g-lr fast", "--g-lr: 'fast' is not a number."),
        ("train mnist --seed", "--seed: expected a value."),
        ("data", "missing: DATA."),
        ("train  --dry-run", "DATA: the name is empty."),
        ("data ", "DATA: the name is empty."),
        ("train ring --out ", "--out: the name is empty."),
        ("resume ", "RUN: the name is empty."),
        ("evaluate --real  --fake ring", "--real: the name is empty."),
        ("doctor RUN --loss hing", "--loss: unknown value 'hing'. Did you mean 'hinge'?"),
    ],
)  # fmt: skip
def test_what_is_not_known(line: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(line.split(" "))
    assert stop.value.code == USAGE_ERROR
    error = capsys.readouterr().err
    assert error.startswith("sparring: ")
    assert said in error
    assert "--help" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train mnist --recipe dcgna", "Did you mean 'dcgan'?"),
        ("train ring --loss bce", "Did you mean 'non-saturating'?"),
        ("recipes tutoril", "Did you mean 'tutorial'?"),
        ("train mnits", "Did you mean 'mnist'?"),
        ("train", "what to train on is missing: give DATA, a folder or .zip of pictures"),
        ("doctor mode-colapse", "Did you mean 'mode-collapse'?"),
        ("evaluate --real ring --fake ring --features inceptoin", "Did you mean 'inception-2015'?"),
    ],
)
def test_values_that_are_not_known(line: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(line.split()) == 1
    assert said in capsys.readouterr().err


def test_data_that_lie_beside_what_was_written(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    for written in ("photso", "./photso", str(tmp_path / "photso")):
        assert main(["train", written]) == 1
        assert "Did you mean 'photos'?" in capsys.readouterr().err
    assert main(["evaluate", "--real", "ring", "--fake", "photso"]) == 1
    assert "Did you mean 'photos'?" in capsys.readouterr().err
    (tmp_path / "array.npz").touch()
    for written in ("arary.npz", "array.npy", str(tmp_path / "aray.npz")):
        assert main(["train", written]) == 1
        assert "Did you mean 'array.npz'?" in capsys.readouterr().err
    (tmp_path / "losses.csv").write_text("step,g_loss\n")
    assert main(["doctor", "losses.cvs"]) == 1
    assert "there is no losses.cvs. Did you mean 'losses.csv'?" in capsys.readouterr().err


def test_help_is_a_verb_too(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["help"], ["help", "doctor"]):
        with pytest.raises(SystemExit) as stop:
            main(words)
        assert stop.value.code == 0
    assert "mode-collapse" in capsys.readouterr().out


def test_numbers_as_people_write_them() -> None:
    assert whole("1e23") == 10**23  # not what a float makes of it
    assert (whole("12"), whole("1e6"), whole("-3"), number("1e-3")) == (12, 1_000_000, -3, 0.001)
    for text in ("1.5", "", "inf", "nan", "x" * 10_000, "9" * 10_000 + "x"):
        with pytest.raises(argparse.ArgumentTypeError, match="is not an integer") as error:
            whole(text)
        assert len(str(error.value)) < 120


@pytest.mark.parametrize("words", [[], ["train"], ["doctor"], ["evaluate"], ["watch"]])
def test_help_fits_the_terminal_and_keeps_its_columns(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = {}
    for columns in ("80", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        with pytest.raises(SystemExit):
            main([*words, "--help"])
        said[columns] = capsys.readouterr().out
    assert max(map(len, said["80"].splitlines())) <= 80
    assert said["80"].split() == said["200"].split()
    assert any(80 < len(line) <= 100 for line in said["200"].splitlines())


@pytest.mark.parametrize("verb", ["tune", "study", "evaluate"])
def test_each_example_has_its_line(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([verb, "--help"])
    examples = capsys.readouterr().out.rpartition("examples\n")[2].splitlines()
    assert sum(line.startswith(f"  sparring {verb} ") for line in examples) >= 3
    assert max(line.count(f"sparring {verb}") for line in examples) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["mnits"], "mnist is data. Type sparring train mnist"),
        (["wgan-gp"], "wgan-gp is a recipe. Type sparring train DATA --recipe wgan-gp"),
        (["train", "dcgan"], "dcgan is a recipe; recipes are chosen with sparring train DATA --recipe dcgan"),
        (["sample", "run", "--lables", "3"], "Did you mean '--label'"),
    ],
)
def test_names_in_anothers_place_are_told_theirs(
    line: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with contextlib.suppress(SystemExit):
        main(line)
    assert said in capsys.readouterr().err
