"""The pictures of the page in the docs can be taken anew, and show what they are said to show."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

import browsers
from browsers import Served
from conftest import TINY
from page_runs import make_run
from sparring import games
from sparring.data.arrays import from_array
from sparring.runs.create import create
from sparring.runs.writer import train_in
from sparring.training import suited

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import make_page_pictures  # noqa: E402
from palette import LIGHT  # noqa: E402

browser, serve = browsers.browser, browsers.serve  # fixtures
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of the names that the pictures show: two by hand, and trained ones of pictures and of points."""
    folder = tmp_path_factory.mktemp("pictures") / "runs"
    for name in ("tutorial", "tutorial-cured"):
        make_run(folder / name, d_real=0.6, d_fake=0.4)
    rng = np.random.default_rng(0)
    noise = {
        "sprint": from_array(rng.integers(0, 256, (64, 1, 8, 8), dtype=np.uint8), name="noise"),
        "ring": from_array(rng.normal(size=(64, 2)).astype(np.float32), name="cloud"),
    }
    for name, data in noise.items():
        options = TINY | {"samples_seen": 64, "clusters": None}
        config = suited.configure(data, "sprint" if name == "sprint" else "mlp", **options)
        made = create(folder / name, config, data)
        for _ in train_in(made, games.make(config, data.spec, data.classes), data):
            pass
    return folder


@pytest.mark.parametrize("name", make_page_pictures.SHOTS)
def test_a_picture_of_the_docs_is_taken(
    name: str,
    runs: Path,
    tmp_path: Path,
    browser: Browser,
    serve: type[Served],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(make_page_pictures, "LAB_STEPS", 10)
    make_page_pictures.shoot(browser, serve(runs).at(), name, tmp_path / "picture.png")
    for path in (tmp_path / "picture.png", ROOT / "docs/images" / name):
        with Image.open(path) as picture:
            assert picture.width <= make_page_pictures.SHOTS[name].size[0]
            shown = np.asarray(picture.convert("RGB")).astype(int)
        wanted = {"ring": "believes", "lab": "believes", "playground": "accent", "fight": "fake"}
        colour = LIGHT[next((wanted[part] for part in wanted if part in name), "ink")]
        distance = abs(shown - [int(colour[k : k + 2], 16) for k in (1, 3, 5)]).max(2)
        assert (distance <= 3).sum() > 50, path
