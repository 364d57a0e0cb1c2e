"""Pictures of the same latents through a training."""

from pathlib import Path

from conftest import TINY
from sparring import games
from sparring.data.spec import Dataset
from sparring.runs.create import create
from sparring.runs.writer import train_in
from sparring.training import suited


def test_early_pictures_come_closer_together(pictures: Dataset, tmp_path: Path) -> None:
    """The k-th of 9 is due at (k/9)^(3/2) of 26 steps."""
    options = TINY | {"pictures": 9, "record_every": 1, "samples_seen": 16 * 26, "checkpoint_seconds": 1000.0}
    config = suited.configure(pictures, "dcgan", **options)
    folder = create(tmp_path / "run", config, pictures)
    for _ in train_in(folder, games.make(config, pictures.spec, pictures.classes), pictures):
        pass
    assert [int(path.stem) for path in folder.pictures()] == [0, 1, 3, 6, 8, 11, 15, 18, 22, 26]
