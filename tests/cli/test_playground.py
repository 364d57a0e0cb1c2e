"""The playground draws points of the latent space as the command line does, and refuses what it never uses."""

import io
import json
import re
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from PIL import Image

from conftest import TINY
from sparring import games
from sparring.cli.main import main
from sparring.cli.playground import Playground
from sparring.data.arrays import from_array
from sparring.data.spec import Dataset
from sparring.errors import ConfigError
from sparring.kinds.traits import of_pictures
from sparring.page.asked import DrawRequest, LatentPoint, typed
from sparring.page.follow import Followed
from sparring.page.single import STATIC
from sparring.runs.create import create
from sparring.runs.folder import RunFolder
from sparring.runs.writer import train_in
from sparring.training import suited
from test_export import sampler_of


def test_a_painter_goes_from_one_spot_to_the_other(tmp_path: Path, pictures: Dataset) -> None:
    config = suited.configure(pictures, "sprint", **(TINY | {"samples_seen": 64, "clusters": None}))
    folder = create(tmp_path / "a", config, pictures)
    for _ in train_in(folder, games.make(config, pictures.spec, pictures.classes), pictures):
        pass
    paint = Playground()
    here, there = LatentPoint(1, 0), LatentPoint(9, 1, 0.35, 4)
    ends = [paint(folder.path, DrawRequest(spot)) for spot in (here, there)]
    assert ends[0] != ends[1]
    for share, end in ((0.0, ends[0]), (1.0, ends[1])):
        assert paint(folder.path, DrawRequest(here, to=there, share=share)) == end
    assert paint(folder.path, DrawRequest(here, to=there, share=0.5)) not in ends
    other = create(tmp_path / "a", config.replace(seed=5, samples_seen=64), pictures, force=True)
    for _ in train_in(other, games.make(other.config, pictures.spec, pictures.classes), pictures):
        pass
    assert paint(folder.path, DrawRequest(here)) != ends[0]  # the same step of another run


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two checkpoints, at steps 1 and 4."""
    data = from_array(np.random.default_rng(0).integers(0, 256, (64, 1, 8, 8), dtype=np.uint8), name="noise")
    options = TINY | {"samples_seen": 64, "clusters": None, "checkpoint_seconds": 0.0, "record_every": 3}
    config = suited.configure(data, "sprint", **options)
    folder = create(tmp_path_factory.mktemp("trained") / "a", config, data)
    for _ in train_in(folder, games.make(config, data.spec, data.classes), data):
        pass
    return folder.path


def test_a_point_is_drawn_by_the_page_and_the_command_line_alike(trained: Path, tmp_path: Path) -> None:
    point = "seed=3&sliders=1,0,-2&truncation=0.5&to_seed=4&share=0.25"
    asked = DrawRequest.of(dict(parse_qsl(point)))
    assert asked == typed(point)
    drawn = Playground()(trained, asked).content
    assert main(["sample", str(trained), "--at", point, "--out", str(tmp_path / "a.png")]) == 0
    pixels = [np.asarray(Image.open(file)) for file in (io.BytesIO(drawn), tmp_path / "a.png")]
    assert np.array_equal(
        *(picture.reshape(8, 8) if picture.shape == (8, 8) else picture[2:10, 2:10] for picture in pixels)
    )
    others = ["seed=3", "seed=3&truncation=0.5", "seed=3&sliders=1,0,-2&truncation=0.5"]
    assert len({Playground()(trained, typed(other)).content for other in others} | {drawn}) == 4


def test_points_that_no_playground_names_are_refused(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, said in (
        (["--at", "sead=3"], "no name 'sead'|unknown name 'sead'"),
        (["--at", "seed=x"], "--at 'seed=x': seed: expected a whole number from 0 to .*, got 'x'."),
        (["--at", "label=cat"], "label: expected the number of a class, .* got 'cat'. --label NAME draws"),
        (["--at", "seed=1", "--count", "3"], "leave out --count"),
        (["--at", "seed=1", "--interpolate"], "leave out --interpolate"),
    ):
        assert main(["sample", str(trained), *words]) == 1
        assert re.search(said, capsys.readouterr().err)


@pytest.mark.parametrize(
    "asked", [DrawRequest(part="truth"), DrawRequest(picture=b"png")], ids=["a part", "a picture"]
)
def test_what_is_for_translations_is_refused_elsewhere(trained: Path, asked: DrawRequest) -> None:
    with pytest.raises(ConfigError, match="draws from random numbers: leave out"):
        Playground()(trained, asked)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"form": ".png"}, "form '.png': pictures are not offered as other files. Leave it out."),
        ({"beside": "1"}, "beside: pictures are not shown beside those of the training. Leave it out."),
    ],
    ids=["a file", "training samples"],
)
def test_what_pictures_do_not_have_is_refused(trained: Path, asked: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        Playground()(trained, DrawRequest.of(asked))


def test_a_translation_refuses_what_belongs_to_random_numbers(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Playground, "_newest", lambda *_: sampler_of("unet"))
    for asked in ({"sliders": "1"}, {"label": "1"}, {"truncation": "0.5"}, {"form": ".png"}, {"beside": "1"}):
        with pytest.raises(ConfigError, match="seed, count, part and step alone. Leave out the rest"):
            Playground()(trained, DrawRequest.of(asked))
    with pytest.raises(ConfigError, match="a picture takes step alone"):
        Playground()(trained, DrawRequest.of({"part": "output"}, b"png"))


def test_classes_are_refused_where_there_are_none(trained: Path) -> None:
    with pytest.raises(ConfigError, match="label 3: this generator draws without classes"):
        Playground()(trained, DrawRequest(LatentPoint(1, 3)))


def test_earlier_checkpoints_draw_what_was_drawn_then(trained: Path) -> None:
    followed = Followed("a", trained)
    first, last = followed.saved()
    steps = followed.view()["checkpoints"]
    assert steps[0] == 0  # kept along the way, as all before the last two
    assert steps[-2:] == [first, last]
    paint = Playground()
    drawn = {step: paint(trained, DrawRequest(step=step)).content for step in (0, first, last, None)}
    assert drawn[0] != drawn[first] != drawn[last] == drawn[None]


def test_what_the_sliders_change_is_told(trained: Path) -> None:
    told = Playground()(trained, DrawRequest(part="directions"))
    assert told.media == "application/json"
    effects = json.loads(told.content)
    assert len(effects) == min(6, TINY["latent_dim"])
    script = (STATIC / "numbers.js").read_text("utf-8").split("TRAITS")[1]
    spec = RunFolder(trained).spec
    for name in of_pictures(np.zeros((1, 3, 8, 8), np.uint8), spec).keys() | {"length", "pitch", "notes"}:
        assert len(re.findall(rf"\b{name}: \[", script)) == 2, name
