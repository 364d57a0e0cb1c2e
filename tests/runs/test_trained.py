"""The trained players that come with the package: small, whole, good, and clear about what they are not."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cli_runs import edit, refused
from conftest import TINY_LINE
from sparring.cli.main import main
from sparring.config.choices import TRAINED
from sparring.data import builtin
from sparring.errors import ConfigError, RunError
from sparring.gan import GAN
from sparring.history.find import PACKAGED, packaged, run_named
from sparring.metrics.digits import digit_classifier
from sparring.runs.folder import RunFolder

MOST_BYTES = 1_000_000


def test_each_is_small_and_of_the_built_in_set_of_its_name() -> None:
    assert {path.name for path in PACKAGED.iterdir()} == set(TRAINED) <= set(builtin.BUILT_IN)
    for name in TRAINED:
        files = [path for path in (PACKAGED / name).rglob("*") if path.is_file()]
        assert sum(path.stat().st_size for path in files) < MOST_BYTES
        folder = RunFolder(PACKAGED / name)
        assert packaged(folder.path)
        assert (folder.name, folder.facts["data"]) == (name, name)


def test_it_draws_the_digit_that_is_asked_for() -> None:
    labels = torch.arange(10).repeat(30)
    drawn = torch.from_numpy(GAN.pretrained("mnist", device="cpu").sample(300, labels=labels))
    assert digit_classifier()[0].accuracy(drawn, labels) > 0.93


def test_the_command_line_draws_tells_and_measures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(PACKAGED.rglob("*"))
    for number in ("", "-2"):
        assert main(["sample", "mnist", "--count", "20", "--device", "cpu"]) == 0
        with Image.open(tmp_path / f"drawn/mnist{number}.png") as sheet:
            assert sheet.width > 28
    assert main(["info", "mnist"]) == 0
    assert "mnist, trained players that come with sparring" in capsys.readouterr().out
    quick = ["--count", "200", "--draws", "1", "--quick", "--features", "pca-64"]
    assert main(["evaluate", "mnist", *quick]) == 0
    found = json.loads((tmp_path / "evaluation.json").read_text())
    assert (found["fakes"], found["reals"]) == ("mnist", "mnist")
    assert "exists already" in refused(capsys, "evaluate", "mnist", *quick)
    assert sorted(PACKAGED.rglob("*")) == before


@pytest.mark.parametrize("verb", ["resume", "watch", "report", "doctor"])
def test_what_needs_a_history_says_that_there_is_none(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    said = refused(capsys, verb, "mnist")
    assert "players alone" in said
    assert "--from-run mnist" in said


def test_in_python_it_is_a_generator_that_cannot_go_on(tmp_path: Path) -> None:
    gan = GAN.pretrained("mnist", device="cpu")
    assert gan.show(9).width > 3 * 28
    assert len(gan.history) == 0
    with pytest.raises(RunError, match="mnist comes with sparring as trained players alone"):
        gan.save(tmp_path / "saved")
    with pytest.raises(ConfigError, match="unknown trained GAN 'mnits'. Did you mean 'mnist'?"):
        GAN.pretrained("mnits")


def test_a_training_begins_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, run = tmp_path / "mine.npy", tmp_path / "run"
    np.save(data, np.random.default_rng(0).integers(0, 256, (32, 28, 28), dtype=np.uint8))
    options = [word for k, word in enumerate(TINY_LINE) if not _of_networks(k)]
    words = ["--from-run", "mnist", "--samples-seen", "16", "--out", str(run)]
    assert main(["train", str(data), *words, *options]) == 0
    assert "the players begin as those of mnist at step" in capsys.readouterr().err
    assert RunFolder(run).facts["source"]["run"] == "mnist"
    generator = GAN.pretrained("mnist", device="cpu")._fitted.sampler.generator
    assert RunFolder(run).config.networks == RunFolder(PACKAGED / "mnist").config.networks
    assert generator.state_dict().keys() == GAN.load(run)._fitted.sampler.generator.state_dict().keys()


def _of_networks(place: int) -> bool:
    """Whether a word of TINY_LINE, or the value after it, is an option of the networks."""
    return any(TINY_LINE[k] in ("--g-width", "--d-width", "--latent-dim") for k in (place, place - 1))


def test_a_run_of_the_same_name_goes_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_named(Path("mnist")) == PACKAGED / "mnist"
    (tmp_path / "mnist").mkdir()
    assert run_named(Path("mnist")) == PACKAGED / "mnist"
    (tmp_path / "mnist/run.json").write_text("{}")
    edit(tmp_path / "mnist/run.json", {"sparring": "0"})
    assert run_named(Path("mnist")) == Path("mnist")
    assert run_named(Path("runs/mnist")) == Path("runs/mnist")
