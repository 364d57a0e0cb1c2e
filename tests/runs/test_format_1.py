"""Run folders and files of options as they were written when a config was one flat table.

``format-1/`` was written by the commit af78276: three trainings with `--precision fp32 --threads 1`, and
in each ``drawn.npz`` four samples that `sparring sample` drew then.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest

from sparring.cli.main import main
from sparring.config.toml import from_toml
from sparring.files import parse_toml, read_text
from sparring.runs.folder import RunFolder

HERE = Path(__file__).parent / "format-1"
NAMES = ("ring-mlp", "mnist-sprint", "emoji-clusters")


@pytest.mark.parametrize("name", NAMES)
def test_every_option_is_read_as_it_was(name: str) -> None:
    config, written = RunFolder(HERE / name).config, parse_toml(read_text(HERE / name / "config.toml"))
    found = config.flat()
    # What a 0 meant is None; of r1_gamma and others it is a number.
    assert {name: found[name] or 0 for name in written} == {name: value or 0 for name, value in written.items()}


@pytest.mark.parametrize("name", NAMES)
def test_the_very_same_samples_are_drawn(name: str, tmp_path: Path) -> None:
    out = tmp_path / "drawn.npz"
    assert main(["sample", str(HERE / name), "--count", "4", "--device", "cpu", "--out", str(out)]) == 0
    drawn, again = (np.load(path)["samples"] for path in (HERE / name / "drawn.npz", out))
    assert again.dtype == drawn.dtype
    # Processors round differently: a level of 255, or the last figures of a coordinate.
    np.testing.assert_allclose(again.astype(float), drawn, atol=1 if again.dtype == np.uint8 else 1e-5)


@pytest.mark.parametrize("name", ["ring-mlp", "emoji-clusters"])
def test_a_run_goes_on(name: str, tmp_path: Path) -> None:
    run = shutil.copytree(HERE / name, tmp_path / name)
    before = list(RunFolder(run).records())[-1]
    assert main(["resume", str(run), "--samples-seen", str(before.samples_seen + 500)]) == 0
    folder = RunFolder(run)
    after = list(folder.records())[-1]
    assert after.step == folder.saved()[-1] > before.step
    assert after.samples_seen >= before.samples_seen + 500


def test_a_file_of_options_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "emoji", "--config", str(HERE / "options.toml"), "--dry-run", "--seed", "3"]) == 0
    config = from_toml(capsys.readouterr().out)
    assert (config.augmentation.augment, config.augmentation.augment_target, config.recipe, config.seed) == (
        "ada",
        0.3,
        "sprint",
        3,
    )
