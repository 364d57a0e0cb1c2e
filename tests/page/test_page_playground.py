"""The playground of the page in a browser: samples of every medium, and what moves them."""

import io
import json
import re
import sys
import time
import wave
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

import browsers
from browsers import PATIENCE, Served
from conftest import TINY
from page_runs import make_run, record
from sparring import games
from sparring.data.arrays import from_array
from sparring.data.spec import Dataset
from sparring.page.asked import DrawRequest
from sparring.page.server import Drawn
from sparring.runs.create import create
from sparring.runs.writer import train_in
from sparring.training import suited

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from palette import LIGHT

browser, page, serve = browsers.browser, browsers.page, browsers.serve  # fixtures
pytestmark = pytest.mark.xdist_group("browser")


def test_the_playground_of_a_real_generator(
    tmp_path: Path, page: Page, serve: type[Served], pictures: Dataset
) -> None:
    config = suited.configure(pictures, "sprint", **(TINY | {"samples_seen": 64, "clusters": None}))
    folder = create(tmp_path / "a", config, pictures)
    for _ in train_in(folder, games.make(config, pictures.spec, pictures.classes), pictures):
        pass
    page.goto(serve(tmp_path / "a").at())
    ground = page.locator(".playground")
    ground.scroll_into_view_if_needed()
    expect(ground.get_by_role("button", name=re.compile("^sample"))).to_have_count(16)
    expect(ground).to_contain_text(re.compile(r"drawn in \d+ ms"))
    expect(ground.locator(".tiles img[src]")).to_have_count(16)
    assert page.evaluate("document.querySelector('.tiles img').naturalWidth") == 8

    def pixels() -> str:  # decode() refuses where a newer picture comes meanwhile: then that one is asked
        return str(
            page.evaluate(
                """async () => { const i = document.querySelector('.large');
                const whole = () => i.decode().then(() => true, () => false);
                while (!await whole()) await new Promise(requestAnimationFrame);
                const c = new OffscreenCanvas(8, 8).getContext('2d'); c.drawImage(i, 0, 0);
                return c.getImageData(0, 0, 8, 8).data.join() }"""
            )
        )

    def soon(holds: Callable[[], bool]) -> bool:
        until = time.monotonic() + PATIENCE / 1000
        while not (held := holds()) and time.monotonic() < until:
            page.wait_for_timeout(50)
        return held

    def changed(act: str) -> None:
        before = pixels()
        if act == "knob":
            ground.get_by_role("slider", name="direction 1").fill("3")
        else:
            ground.get_by_role("button", name=act, exact=True).click()
        assert soon(lambda: pixels() != before), act

    changed("knob")
    page.get_by_role("button", name="中文").click()
    assert ground.get_by_role("slider", name="方向 1").input_value() == "3"
    page.get_by_role("button", name="English").click()
    changed("Reset")
    changed("sample 6")
    first = pixels()
    changed("sample 3")
    blend = ground.get_by_role("slider", name="towards the one picked before")
    blend.fill("1")
    assert soon(lambda: pixels() == first)
    blend.fill("0")
    assert soon(lambda: pixels() != first)
    changed("Other samples")
    ground.get_by_role("button", name="More like this").click()
    expect(ground.get_by_role("button", name=re.compile("^sample"))).to_have_count(16)
    one = ground.get_by_role("button", name="1", exact=True)
    one.click()
    expect(one).to_have_attribute("aria-pressed", "true")
    before, tile = pixels(), ground.locator(".tiles img").nth(3)
    expect(tile).to_have_attribute("src", re.compile("draw"))
    tiles = tile.get_attribute("src")
    page.forgiven = "404|409"  # while one run replaces the other  # type: ignore[attr-defined]
    other = create(tmp_path / "a", config.replace(seed=3, samples_seen=64), pictures, force=True)
    for _ in train_in(other, games.make(other.config, pictures.spec, pictures.classes), pictures):
        pass
    expect(tile).not_to_have_attribute("src", tiles or "")  # another generator draws them now
    assert soon(lambda: pixels() != before)


def pixel(colour: str) -> bytes:
    """A picture of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(file, "PNG")
    return file.getvalue()


def test_directions_are_measured_when_a_training_has_ended(
    tmp_path: Path, page: Page, serve: type[Served]
) -> None:
    run = make_run(tmp_path / "a", records=10)
    (run / "checkpoints/00000500.json").touch()
    asked: list[str] = []

    def draw(path: Path, request: DrawRequest) -> Drawn:
        asked.append(request.part)
        if request.part == "directions":
            return Drawn(b'[{"size": 1.5}, {}]', "application/json")
        return Drawn(pixel("red"), "image/png")

    page.goto(serve(run, draw=draw).at())
    ground = page.locator(".playground")
    ground.scroll_into_view_if_needed()
    expect(ground.locator(".tiles img[src]")).to_have_count(16)
    expect(ground.locator(".knob").first).to_contain_text("measured when the training has ended")
    assert "directions" not in asked
    with (run / "history.jsonl").open("a") as file:
        file.write(record(20, 20).to_json() + "\n")
    expect(ground.locator(".knob").first).to_contain_text("← smaller")
    expect(ground.get_by_role("slider", name="direction 1: size")).to_be_visible()
    expect(ground.locator(".knob").nth(1)).to_contain_text("changes nothing here that is measured by much")
    assert asked.count("directions") == 1


def sound() -> bytes:
    """A tenth of a second of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, 8000, 0, "NONE", ""))
        writer.writeframes(bytes(1600))
    return file.getvalue()


@pytest.mark.parametrize(
    ("media", "content", "shown"),
    [
        ("text/plain", b"<i>\nline", ("textContent", "<i>\nline")),
        ("audio/wav", sound(), ("duration", 0.1)),
    ],
)
def test_samples_are_shown_in_their_own_medium(
    tmp_path: Path, page: Page, serve: type[Served], media: str, content: bytes, shown: tuple[str, str | float]
) -> None:
    run = make_run(tmp_path / "a", chord=0.25)
    (run / "checkpoints/00001000.json").touch()
    for picture in (run / "samples").glob("*.png"):
        picture.with_suffix(".txt").write_text("a line")
    meaning = {"unit": "share", "healthy": "above 0.2", "meaning": "share of notes in a chord"}
    facts = json.loads((run / "run.json").read_text()) | {"media": media, "measures": {"chord": meaning}}
    (run / "run.json").write_text(json.dumps(facts))
    page.goto(serve(run, draw=lambda path, asked: Drawn(content, media)).at())
    expect(page.locator(".numbers")).to_contain_text("0.25 share of notes in a chord; healthy: above 0.2")
    page.locator(".playground").scroll_into_view_if_needed()
    page.get_by_role("button", name="sample 3", exact=True).click()
    for place in (".tiles pre, .tiles audio", ".large"):
        page.evaluate("place => document.querySelector(place).load?.()", place)
        expect(page.locator(place).first).to_have_js_property(*shown)
    assert page.locator(".tiles img").count() == 0


def test_music_is_drawn_played_and_offered_beside_its_nearest_bars(
    tmp_path: Path, page: Page, serve: type[Served]
) -> None:
    run = make_run(tmp_path / "a")
    (run / "checkpoints/00001000.json").touch()
    facts = json.loads((run / "run.json").read_text()) | {"media": "application/json"}
    (run / "run.json").write_text(json.dumps(facts))
    notes = [[0, 2, 72, 0], [2, 4, 74, 0], [0, 4, 60, 1]]
    music = {
        "grid": 16, "steps": 4, "beats_a_minute": 2, "low": 60, "high": 76, "files": [".mid", ".wav"],
        "pieces": [notes], "nearest": [notes[1:]], "agreement": [[0.625]],
    }  # fmt: skip
    asked: list[DrawRequest] = []

    def draw(path: Path, request: DrawRequest) -> Drawn:
        asked.append(request)
        if request.form:
            return Drawn(b"MThd", "audio/midi")
        return Drawn(json.dumps(music).encode(), "application/json")

    page.goto(serve(run, draw=draw).at())
    page.locator(".playground").scroll_into_view_if_needed()
    large, nearest = page.locator("canvas.large").first, page.locator("canvas.nearest")
    expect(large).to_have_attribute("data-notes", "3")
    expect(nearest).to_have_attribute("data-notes", "2")
    expect(page.locator(".playground")).to_contain_text("of which 63% of the notes are the same")
    colours = page.evaluate(COLOURS_OF_CANVAS)
    for name in ("soprano", "alto", "plane"):
        assert LIGHT[name] in colours
    page.evaluate(
        "() => { window.AudioContext = class extends AudioContext {"
        " constructor() { super(); window.heard = this; } }; }"
    )
    listen = page.get_by_role("button", name="Listen", exact=True)
    listen.click()
    stop = page.get_by_role("button", name="Silence")
    expect(stop).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("() => window.heard?.currentTime > 0")
    stop.click()
    page.wait_for_function("() => window.heard.state === 'closed'")
    with page.expect_download() as download:
        page.get_by_role("link", name=".mid").click()
    assert download.value.suggested_filename == "sample.mid"
    assert Path(download.value.path()).read_bytes() == b"MThd"
    assert any(request.beside for request in asked)


COLOURS_OF_CANVAS = """() => {
  const canvas = document.querySelector("canvas.large"), context = canvas.getContext("2d"), found = new Set();
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let k = 0; k < data.length; k += 4)
    found.add("#" + [0, 1, 2].map((c) => data[k + c].toString(16).padStart(2, "0")).join(""));
  return [...found];
}"""


def test_points_and_what_the_discriminator_thinks_of_the_plane(
    tmp_path: Path, page: Page, serve: type[Served]
) -> None:
    import torch

    points = from_array(torch.randn(256, 2, generator=torch.Generator().manual_seed(0)), name="cloud")
    options = {
        "batch_size": 16,
        "g_width": 8,
        "d_width": 8,
        "samples_seen": 160,
        "record_every": 2,
        "pictures": 3,
    }
    config = suited.configure(points, "mlp", **options)
    folder = create(tmp_path / "a", config, points)
    for _ in train_in(folder, games.make(config, points.spec, 0), points):
        pass
    page.goto(serve(tmp_path / "a").at())
    canvas = page.locator(".frame canvas")
    expect(canvas).to_have_attribute("aria-label", re.compile("what the generator draws at step 10"))
    colours = (
        "new Set(document.querySelector('canvas').getContext('2d').getImageData(0, 0, 640, 640).data).size"
    )
    assert page.evaluate(colours) > 20
    expect(page.locator(".playground")).to_be_hidden()


def test_a_translation_is_wiped_and_takes_a_picture(tmp_path: Path, page: Page, serve: type[Served]) -> None:
    run = make_run(tmp_path / "a")
    (run / "checkpoints/00001000.json").touch()
    facts = json.loads((run / "run.json").read_text())
    facts["spec"] |= {"given": {"kind": "image"}, "unpaired": False}
    (run / "run.json").write_text(json.dumps(facts))
    parts = {"source": "red", "output": "lime", "truth": "blue"}

    def draw(path: Path, asked: DrawRequest) -> Drawn:
        return Drawn(asked.picture or pixel(parts[asked.part]), "image/png")

    page.goto(serve(run, draw=draw).at())
    area = page.locator(".translation")
    area.scroll_into_view_if_needed()
    slider = area.get_by_role("slider")
    expect(slider).to_have_attribute("max", "2")
    expect(slider).to_have_attribute("aria-valuetext", "output")
    for key, said in (("Home", "source"), ("End", "truth")):
        slider.press(key)
        expect(slider).to_have_attribute("aria-valuetext", said)
    slider.fill("0.5")
    expect(area.locator("output")).to_have_text("output on the left up to 50%, source on the right")
    assert area.locator("img.output").evaluate("layer => layer.style.clipPath") == "inset(0px 50% 0px 0px)"
    expect(page.locator(".playground")).to_be_hidden()
    area.locator("input[type=file]").set_input_files(
        {"name": "own.png", "mimeType": "image/png", "buffer": pixel("purple")}
    )
    expect(slider).to_have_attribute("max", "1")
    colour = """async layer => { await layer.decode(); const c = new OffscreenCanvas(8, 8).getContext("2d");
        c.drawImage(layer, 0, 0); return [...c.getImageData(0, 0, 1, 1).data.slice(0, 3)]; }"""
    assert area.locator("img.output").evaluate(colour) == [128, 0, 128]
    area.get_by_role("button", name="Another source").click()
    expect(slider).to_have_attribute("max", "2")
    dropped = page.evaluate_handle(
        """bytes => { const held = new DataTransfer();
        held.items.add(new File([new Uint8Array(bytes)], "own.png", { type: "image/png" })); return held; }""",
        list(pixel("teal")),
    )
    area.dispatch_event("drop", {"dataTransfer": dropped})
    expect(slider).to_have_attribute("max", "1")
    assert area.locator("img.output").evaluate(colour) == [0, 128, 128]
