"""The page in real Chromium: load, live update, scrub, compare, playground, and runs that go wrong."""

import io
import json
import re
import shutil
import socket
import sys
import threading
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from conftest import TINY
from page_runs import age, make_alone, make_run, record
from sparring import games
from sparring.cli.watch import LOOPBACK, lab, playground
from sparring.config.recipes import from_recipe
from sparring.config.toml import to_toml
from sparring.data.arrays import from_array
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, RunError
from sparring.history.record import times_real_text
from sparring.page.asked import DrawRequest
from sparring.page.report import write_report
from sparring.page.server import Draw, Drawn, app
from sparring.runs import checkpoint
from sparring.runs.create import create
from sparring.runs.writer import train_in
from sparring.training import suited

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from palette import LIGHT

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE = 120_000  # milliseconds: what comes late on a busy machine comes
expect.set_options(timeout=PATIENCE)
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    if not CHROMIUM:
        if request.config.getoption("--browser-must-run"):
            pytest.fail("there is no Chromium: apt-get install chromium")
        pytest.skip("there is no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, serve: type["Served"]) -> Iterator[Page]:
    """A tab in English that fails its test where a script or a request fails."""
    context = browser.new_context(locale="en-US", viewport={"width": 1200, "height": 900})
    context.set_default_timeout(PATIENCE)
    tab = context.new_page()
    wrong: list[str] = []
    tab.forgiven = "ERR_CONNECTION_REFUSED"  # type: ignore[attr-defined]  # what a test expects to fail
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    yield tab
    context.close()
    assert [text for text in wrong if not re.search(tab.forgiven, text)] == []  # type: ignore[attr-defined]


def bound(port: int = 0) -> socket.socket:
    """A socket of this port. Until it is closed nobody else gets the port, but for another of these."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    found.bind(("127.0.0.1", port))
    return found


class Served:
    """A server of some folders in a thread, at any port that is free, or at one that is reserved."""

    def __init__(self, *paths: Path, port: int = 0, draw: Draw | None = None) -> None:
        listening = bound(port)
        listening.listen()
        self.port = listening.getsockname()[1]
        config = uvicorn.Config(
            app(paths, draw or playground(), LOOPBACK, closing=lambda: self.server.should_exit, lab=lab()),
            log_level="error", timeout_graceful_shutdown=2,
        )  # fmt: skip
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, args=([listening],))
        self.thread.start()
        while not self.server.started:
            assert self.thread.is_alive(), "the server did not start"
            time.sleep(0.01)

    def at(self, query: str = "") -> str:
        return f"http://127.0.0.1:{self.port}/{query}"

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join()


@pytest.fixture
def serve() -> Iterator[type[Served]]:
    started: list[Served] = []

    class Kept(Served):
        def __init__(self, *paths: Path, port: int = 0, draw: Draw | None = None) -> None:
            super().__init__(*paths, port=port, draw=draw)
            started.append(self)

    yield Kept
    for served in started:
        served.stop()


def test_what_a_run_shows(tmp_path: Path, page: Page, serve: type[Served]) -> None:
    page.goto(serve(make_run(tmp_path / "a", spread=0.1)).at())
    card = page.get_by_role("article", name="a")
    expect(card.locator(".pill")).to_have_text("finished")
    expect(card.locator(".doctor")).to_contain_text("draws nearly the same sample")
    expect(card.locator(".doctor code").first).to_have_text("--r1-gamma 10")
    expect(card.locator(".doctor")).to_contain_text("spread = 0.1 (healthy: 0.85 to 1.05)")
    expect(card.locator(".scores.real")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("D's loss 1.2, G's loss 0.9"))).to_be_visible()
    expect(card.locator(".numbers")).to_contain_text("1,000 samples/s")
    expect(card.get_by_alt_text("what the generator draws at step 1000")).to_be_visible()


def test_sheets_larger_than_their_frame_are_averaged_and_small_ones_stay_sharp(
    tmp_path: Path, page: Page, serve: type[Served]
) -> None:
    run = make_run(tmp_path / "a")
    Image.new("RGB", (1500, 1500)).save(run / "samples/00001000.png")
    page.goto(serve(run).at())
    picture = page.locator("img.picture")
    expect(picture).to_have_css("image-rendering", "auto")
    page.get_by_role("slider", name="time").focus()
    page.keyboard.press("Home")
    expect(picture).to_have_css("image-rendering", "pixelated")


def test_scrubbing_by_keyboard_and_playing(tmp_path: Path, page: Page, serve: type[Served]) -> None:
    page.goto(serve(make_run(tmp_path / "a")).at())
    slider = page.get_by_role("slider", name="time")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("step 1,000"))
    slider.focus()
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "step 0 · 0 samples seen · 0 s")
    picture = page.locator("img.picture")
    expect(picture).to_have_attribute("src", re.compile(r"/0\.png\?"))
    page.keyboard.press("ArrowRight")
    expect(picture).to_have_attribute("src", re.compile(r"/500\.png\?"))
    page.get_by_role("button", name="Play").click()
    expect(picture).to_have_attribute("src", re.compile(r"/1000\.png\?"))
    expect(page.get_by_role("button", name="Play")).to_be_visible()  # it has stopped at the end


def test_it_follows_a_training_that_is_killed_and_begun_anew(
    tmp_path: Path, page: Page, serve: type[Served]
) -> None:
    run_path = make_run(tmp_path / "a", records=10)
    served = serve(run_path)
    page.goto(served.at())
    pill, seen = page.locator(".pill"), page.locator(".numbers dd").nth(1)
    expect(pill).to_have_text("training")
    expect(page.locator(".about")).to_contain_text(re.compile(r"\d+ s left"))
    expect(seen).to_have_text("32,000")
    with (run_path / "history.jsonl").open("a") as file:
        file.write(record(11, 20).to_json() + "\n{broken\n")
    expect(seen).to_have_text("35,200")
    expect(page.locator(".about")).to_contain_text("1 lines of the history are not records")
    age(run_path, 100)
    expect(pill).to_have_text("stopped")
    expect(page.locator(".about")).to_contain_text("no record for")
    (run_path / "history.jsonl").write_text(record(2, 20).to_json() + "\n")
    expect(seen).to_have_text("6,400")
    shutil.rmtree(run_path)
    expect(pill).to_have_text("the folder is gone")


def test_a_server_that_dies_and_comes_back(tmp_path: Path, page: Page, serve: type[Served]) -> None:
    run_path = make_run(tmp_path / "a", records=10)
    with bound() as reserved:
        served = serve(run_path, port=reserved.getsockname()[1])
        page.goto(served.at())
        expect(page.locator(".pill")).to_have_text("training")
        served.stop()
        expect(page.get_by_role("status").first).to_contain_text("does not answer")
        with (run_path / "history.jsonl").open("a") as file:
            file.write(record(11, 20).to_json() + "\n")
        serve(run_path, port=served.port)
        expect(page.locator(".numbers dd").nth(1)).to_have_text("35,200")


def test_comparing_runs(tmp_path: Path, page: Page, serve: type[Served]) -> None:
    for name, recipe in (("a", "sprint"), ("b", "tutorial"), ("c", "sprint"), ("d", "sprint")):
        make_run(tmp_path / "runs" / name, recipe=recipe)
    page.goto(serve(tmp_path / "runs").at("?run=a"))
    expect(page.get_by_role("article")).to_have_count(1)
    page.get_by_role("checkbox", name="b", exact=True).check()
    expect(page.get_by_role("article")).to_have_count(2)
    different = page.locator("#differences")
    row = different.locator("tr", has=page.locator("th", has_text=re.compile("^g_lr$")))
    expect(row).to_have_text(re.compile("g_lr0.014.*0.0002"))
    expect(different.locator("tr", has_text="latent_dim")).to_have_count(1)
    expect(different).not_to_contain_text("checkpoint_seconds")  # which they have in common
    page.get_by_role("checkbox", name="b", exact=True).uncheck()
    expect(page.get_by_role("article")).to_have_count(1)
    expect(different).to_be_hidden()


def test_the_page_and_the_command_line_say_one_quality_alike(
    tmp_path: Path, page: Page, serve: type[Served]
) -> None:
    page.goto(serve(make_run(tmp_path / "a")).at())
    found = [(1.2345, 0.0678), (482.4, 130.0), (17_712.4, 1770.6), (99.96, 99.7), (4.2, 1e-9), (0.031, 0.00127)]
    said = page.evaluate("(all) => all.map(([times, error]) => Text.timesReal(times, error))", found)
    assert said == [times_real_text(*each) for each in found]


def test_pictures_without_a_history_are_of_their_step_alone(
    tmp_path: Path, page: Page, serve: type[Served]
) -> None:
    run = make_run(tmp_path / "a")
    (run / "history.jsonl").write_text("")
    page.goto(serve(run).at())
    said = page.get_by_role("article", name="a").locator(".stage output")
    expect(said).to_have_text("step 1,000")


def test_chinese_sentences_have_chinese_signs(tmp_path: Path, page: Page, serve: type[Served]) -> None:
    page.goto(serve(make_run(tmp_path / "a", times_real=3.0, times_real_error=0.5)).at("?lang=zh"))
    expect(page.get_by_role("article", name="a").locator(".numbers")).to_contain_text(
        "1 即与真样本一样好；由少量样本估计"
    )
    worse = {"diagnosis": {"quality": {"times_real": 3.0, "out_of_range": {"spread": 0.5}}}}
    said = page.evaluate("(view) => RunCard.prototype.quality.call({ view })", worse)
    assert said == "真样本的 3 倍；多样性 0.5"


def test_the_table_of_runs_is_sorted_filtered_and_follows(
    tmp_path: Path, page: Page, serve: type[Served]
) -> None:
    for name, times in (("far", 20.0), ("near", 2.0), ("old", None)):
        run = make_run(tmp_path / "runs" / name, **({"times_real": times} if times else {}))
        options = from_recipe("sprint", **({"g_lr": 0.01} if name == "far" else {}), r1_gamma=7)
        (run / "config.toml").write_text(to_toml(options))
    make_run(tmp_path / "runs/ill", spread=0.1)
    page.goto(serve(tmp_path / "runs").at("?run=ill"))
    table = page.locator("#table")
    line = {name: table.locator("tbody tr", has_text=re.compile(f"^{name}")) for name in ("far", "near", "ill")}
    expect(line["far"]).to_contain_text("--r1-gamma 7 --g-lr 0.01")
    expect(line["far"]).to_contain_text("20 times real")
    expect(line["ill"]).to_contain_text("draws nearly the same sample")
    names = table.locator("tbody tr:not([hidden]) th")
    table.get_by_role("button", name="Quality").click()
    expect(names).to_have_text(["near", "far", re.compile("old|ill"), re.compile("old|ill")])
    expect(table.locator("th", has_text="Quality")).to_have_attribute("aria-sort", "ascending")
    table.get_by_role("button", name="Quality").click()
    expect(names).to_have_text([re.compile("old|ill"), re.compile("old|ill"), "far", "near"])
    table.get_by_role("searchbox", name="filter runs").fill("times REAL 0.01")
    expect(names).to_have_text(["far"])
    with (tmp_path / "runs/far/history.jsonl").open("a") as file:
        file.write(record(21, 21, times_real=1.5).to_json() + "\n")
    expect(line["far"]).to_contain_text("1.5 times real")
    page.get_by_role("button", name="中文").click()
    expect(table.get_by_role("searchbox", name="筛选训练")).to_have_value("times REAL 0.01")
    table.get_by_role("searchbox", name="筛选训练").fill("画几乎相同")
    expect(names).to_have_text(["ill"])


def test_curves_of_two_runs_lie_over_one_another(tmp_path: Path, page: Page, serve: type[Served]) -> None:
    for name, real in (("a", 0.6), ("b", 0.9)):
        make_run(tmp_path / "runs" / name, d_real=real, d_fake=0.25)
    page.goto(serve(tmp_path / "runs").at())
    curves = page.locator("#curves")
    expect(curves.locator(".legend")).to_have_text(re.compile("a\\s+b"))
    fight = curves.get_by_role("img", name="a: D(real) 0.6, D(forged) 0.25; b: D(real) 0.9, D(forged) 0.25")
    expect(fight).to_be_visible()
    expect(curves.locator("figure").first.locator(".value")).to_have_count(4)
    expect(curves.locator("figure").first).to_contain_text("healthy: 0.5 to 0.95")
    curves.get_by_text("Choose numbers").click()
    box = curves.get_by_role("checkbox", name="jitter")
    box.focus()
    expect(curves.locator(".meaning")).to_have_text(
        re.compile("jitter: how far the samples of the same latents moved.*; healthy: 0.02 to 0.6; unit: ratio")
    )
    box.check()
    expect(curves.get_by_role("img", name="a: jitter 0.2; b: jitter 0.2")).to_be_visible()
    curves.get_by_role("checkbox", name="D(real)").uncheck()
    expect(fight).to_have_count(0)
    curves.get_by_label("Over").select_option("time")
    ends = "[...App.curves.charts.values()].map(({ chart }) => chart.plot.data[0].at(-1))"
    assert set(page.evaluate(ends)) == {20}
    curves.get_by_role("checkbox", name="log axis ↑").check()
    page.reload()
    expect(curves.get_by_role("img", name="a: jitter 0.2; b: jitter 0.2")).to_be_visible()
    expect(curves.get_by_label("Over")).to_have_value("seconds")
    assert page.evaluate("App.curves.charts.get('jitter').chart.plot.scales.y.distr") == 3
    expect(curves.get_by_role("checkbox", name="log axis ↑")).to_be_checked()


def test_numbers_of_any_name_are_curves(tmp_path: Path, page: Page, serve: type[Served]) -> None:
    odd = ("constructor", "<img src=x onerror=alert(1)>", "__proto__")
    make_run(tmp_path / "runs/a")
    make_run(tmp_path / "runs/b", **dict.fromkeys(odd, 3.0))
    page.goto(serve(tmp_path / "runs").at())
    curves = page.locator("#curves")
    curves.get_by_text("Choose numbers").click()
    for name in odd[:2]:
        curves.get_by_role("checkbox", name=name, exact=True).check()
        expect(curves.get_by_role("img", name=f"b: {name} 3", exact=True)).to_be_visible()
    assert page.locator("#curves img").count() == 0


def test_a_click_on_a_curve_moves_the_slider(tmp_path: Path, page: Page, serve: type[Served]) -> None:
    page.goto(serve(make_run(tmp_path / "a")).at())
    chart = page.locator("#curves .u-over").first
    expect(page.locator("img.picture")).to_have_attribute("src", re.compile(r"/1000\.png\?"))
    chart.click(position={"x": 2, "y": 50})
    expect(page.locator("img.picture")).to_have_attribute("src", re.compile(r"/0\.png\?"))
    assert page.evaluate("App.curves.where()[0].x") == 50  # the record nearest to the picture


def test_smoothing_healthy_ranges_and_common_axes(tmp_path: Path, page: Page, serve: type[Served]) -> None:
    page.goto(serve(make_run(tmp_path / "a")).at())
    assert page.evaluate("smoothed([2, 2, null, 2], 0.5)") == [2, 2, None, 2]
    assert page.evaluate("smoothed([0, 3], 0.5)") == [0, 2]
    assert page.evaluate("smoothed([0, 3], 0)") == [0, 3]
    ranges = page.evaluate(
        "['0.5 to 0.95', 'above 0.5', 'below 0.1', 'falling', 'gap 0.2 to 4'].map(healthyRange)"
    )
    assert ranges == [[0.5, 0.95], [0.5, float("inf")], [float("-inf"), 0.1], None, None]
    joined = page.evaluate(
        """aligned([[[0, 2], [1, -1]], [[2, 4], [5, 6]]].map(([step, values]) =>
        ({ name: "x", run: { view: { step, values: { x: values } } } })), { axis: "step",
        smooth: 0, logY: true })"""
    )
    assert joined == [[0, 2, 4], [1, None, None], [None, 5, 6]]


def test_a_new_run_appears_by_itself(tmp_path: Path, page: Page, serve: type[Served]) -> None:
    (tmp_path / "runs").mkdir()
    page.goto(serve(tmp_path / "runs").at())
    expect(page.get_by_role("status").first).to_contain_text("There is no run here yet")
    make_run(tmp_path / "runs/a")
    expect(page.get_by_role("article", name="a").locator("h2")).to_have_text("a")


def test_what_the_user_chose_stays(tmp_path: Path, page: Page, serve: type[Served]) -> None:
    for name in ("a", "b"):
        make_run(tmp_path / "runs" / name)
    page.goto(serve(tmp_path / "runs").at())
    cards = page.get_by_role("article")
    expect(cards).to_have_count(2)
    for name in ("a", "b"):
        page.get_by_role("checkbox", name=name, exact=True).uncheck()
    expect(page.get_by_role("status").first).to_have_text("Tick a run above.")
    with (tmp_path / "runs/a/history.jsonl").open("a") as file:
        file.write(record(21, 21).to_json() + "\n")
    page.wait_for_timeout(1500)
    expect(cards).to_have_count(0)
    page.get_by_role("checkbox", name="a", exact=True).check()
    page.get_by_role("checkbox", name="a", exact=True).focus()
    make_run(tmp_path / "runs/c")
    expect(page.get_by_role("checkbox", name="c", exact=True)).to_be_visible()
    assert page.evaluate("document.activeElement.parentElement.textContent") == "a"
    page.reload()
    expect(cards).to_have_count(1)
    page.forgiven = "404"  # its picture  # type: ignore[attr-defined]
    shutil.rmtree(tmp_path / "runs/a")
    expect(cards).to_have_count(0)
    expect(page.get_by_role("status").first).to_have_text("There is no run named a here.")


def test_players_alone_are_shown_to_those_who_tick_them(
    tmp_path: Path, page: Page, serve: type[Served]
) -> None:
    make_run(tmp_path / "runs/training")
    make_alone(tmp_path / "runs/players")
    page.goto(serve(tmp_path / "runs").at())
    expect(page.locator("#table td[data-column=doctor]")).to_have_text([re.compile("mode|healthy"), ""])
    expect(page.get_by_role("article")).to_have_count(1)
    page.get_by_role("checkbox", name="players", exact=True).check()
    card = page.get_by_role("article", name="players")
    expect(card.locator(".pill")).to_have_text("trained players alone")
    expect(card.locator(".stage")).to_be_hidden()
    expect(card.locator("[data-part=scores]")).to_be_hidden()
    expect(page.get_by_role("article", name="training").locator(".stage")).to_be_visible()


def test_a_finding_that_is_open_stays_open(tmp_path: Path, page: Page, serve: type[Served]) -> None:
    run_path = make_run(tmp_path / "a", of=40, spread=0.1, average_lag=0.9)
    page.goto(serve(run_path).at())
    boxes = page.locator(".doctor details")
    second = boxes.nth(1)
    expect(second).not_to_have_attribute("open", "")
    second.locator("summary").focus()
    page.keyboard.press("Enter")
    page.evaluate("document.querySelectorAll('.doctor details')[1].mark = 1")
    with (run_path / "history.jsonl").open("a") as file:
        file.write(record(21, 40, spread=0.12, average_lag=0.95).to_json() + "\n")
    expect(second).to_contain_text("average_lag = 0.95")
    expect(second).to_have_attribute("open", "")
    assert page.evaluate("document.activeElement === document.querySelectorAll('.doctor summary')[1]")
    assert page.evaluate("document.querySelectorAll('.doctor details')[1].mark") == 1
    expect(second).to_contain_text("how far the weight average's samples are")


def test_what_is_not_known_is_said(tmp_path: Path, page: Page, serve: type[Served]) -> None:
    run_path = make_run(tmp_path / "a", records=2)
    report = {
        "frechet_mean": 700.0,
        "checkpoint_step": 50,
        "label": "FD-digits",
        "real": {},
        "fake": {"recall": "x"},
    }
    (run_path / "evaluation.json").write_text(json.dumps(report))
    (run_path / "config.toml").write_text("recipe = 3")
    page.goto(serve(run_path).at())
    card = page.get_by_role("article", name="a")
    expect(card.locator(".doctor")).to_contain_text("too few records")
    expect(card.locator(".numbers")).to_contain_text(
        "FD-digits, measured at step 50; the training has continued since"
    )
    expect(card.locator(".problem")).to_contain_text("config.toml")
    page.goto(page.url + "?run=b")
    expect(page.get_by_role("status").first).to_have_text("There is no run named b here.")


def test_language_and_light_are_remembered(tmp_path: Path, page: Page, serve: type[Served]) -> None:
    page.goto(serve(make_run(tmp_path / "a", spread=0.1)).at())
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.locator(".pill")).to_have_text("已完成")
    expect(page.locator(".doctor")).to_contain_text(
        re.compile("生成器一遍遍画几乎相同的东西（自第 \\d+ 步起）")
    )
    assert re.findall(r"[\u4e00-\u9fff][,;:()]|[,;:()][\u4e00-\u9fff]", page.locator("main").inner_text()) == []
    slants = "[...document.querySelectorAll('*')].some((e) => getComputedStyle(e).fontStyle !== 'normal')"
    page.evaluate("document.querySelector('.doctor').insertAdjacentHTML('beforeend', '<em>看</em>')")
    assert not page.evaluate(slants)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="浅色或深色").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != ground
    page.reload()
    expect(page.locator(".pill")).to_have_text("已完成")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_nothing_is_wider_than_a_telephone(tmp_path: Path, page: Page, serve: type[Served]) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    for name in ("a", "another-run-with-a-long-name"):
        make_run(tmp_path / "runs" / name, spread=0.1)
    page.goto(serve(tmp_path / "runs").at())
    expect(page.locator(".uplot").first).to_be_visible()
    names = page.locator("#table tbody th")
    assert max(each.bounding_box()["height"] for each in names.all()) < 80  # type: ignore[index]
    page.get_by_text("Choose numbers").click()
    page.get_by_role("button", name="Lab").click()
    expect(page.locator("#lab")).to_contain_text("step 0")
    for language in ("中文", "English"):
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.get_by_role("button", name=language).click()


def test_half_a_million_lines(tmp_path: Path, page: Page, serve: type[Served]) -> None:
    run_path = make_run(tmp_path / "a", records=1)
    line = record(1, 10**6).to_json()
    tail = line[line.index(",") :]
    with (run_path / "history.jsonl").open("w") as file:
        file.writelines(f'{{"step": {k}{tail}\n' for k in range(1, 500_001))
    address = serve(run_path).at()
    page.goto(address)
    expect(page.locator(".numbers dd").first).to_be_visible()
    shown = page.evaluate("document.querySelector('.uplot canvas') !== null")
    assert shown
    assert page.evaluate("App.cards.get('a').view.step.length") < 3000
    assert page.evaluate("App.cards.get('a').view.step.at(-1)") == 500_000


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


def test_the_lab_steps_draws_and_changes_options(tmp_path: Path, page: Page, serve: type[Served]) -> None:
    page.goto(serve(make_run(tmp_path / "a")).at())
    opener = page.get_by_role("button", name="Lab")
    opener.click()
    bench = page.locator("#lab")
    expect(bench).to_contain_text("step 0")
    bench.get_by_role("button", name="One step").click()
    expect(bench).to_contain_text(re.compile(r"step 1, .*D's loss.*G's loss.*D\(real\)"))
    bench.get_by_role("button", name="D alone").click()
    expect(bench.get_by_role("img", name=re.compile("^D\\(real\\)"))).to_be_visible()
    assert page.evaluate("[App.lab.told.step, App.lab.told.half]") == [1, 1]
    bench.get_by_label("loss").select_option("hinge")
    page.wait_for_function("() => App.lab.told.options.loss === 'hinge'")
    bench.get_by_label("g_lr").fill("-1")
    bench.get_by_label("g_lr").press("Tab")
    expect(bench).to_contain_text("g_lr: from 0 to 0.1.")
    expect(bench.get_by_label("g_lr")).to_have_value("0.001")
    bench.get_by_label("Real points").select_option("own")
    box = bench.locator("canvas").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 80, box["y"] + 40, steps=4)
    page.mouse.up()
    bench.get_by_role("button", name="Train on this drawing").click()
    page.wait_for_function("() => App.lab.told.step === 0 && App.lab.told.options.loss === 'hinge'")
    heights = page.evaluate("App.lab.told.real.points.map((point) => point[1])")
    assert min(heights) > 0.5  # near the upper edge, where it was drawn
    bench.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_function("() => App.lab.told.step >= 20")
    bench.get_by_role("button", name="Pause").click()
    opener.click()
    expect(bench).to_be_hidden()


def test_the_lab_is_drawn_in_with_keys_alone(tmp_path: Path, page: Page, serve: type[Served]) -> None:
    page.goto(serve(make_run(tmp_path / "a")).at("?lang=zh"))
    page.get_by_role("button", name="实验室").press("Enter")
    bench = page.locator("#lab")
    expect(bench).to_contain_text("第 0 步")
    bench.get_by_label("真实的点").select_option("own")
    canvas = bench.get_by_role("application", name=re.compile("方向键"))
    expect(canvas).to_be_focused()
    done = bench.get_by_role("button", name="用这幅画训练")
    expect(done).to_be_disabled()
    for key in ["ArrowUp"] * 8 + [" ", "ArrowRight", " "]:
        page.keyboard.press(key)
    expect(bench).to_contain_text("已有 12 个点")
    assert page.evaluate("App.lab.drawn.every(([x, y]) => y > 0.7 && x > -0.1 && x < 0.2)")
    done.press("Enter")
    page.wait_for_function("() => App.lab.told.real.points.length > 100")
    expect(bench.get_by_role("application")).to_have_count(0)


def test_what_the_server_refuses_is_said_in_chinese(tmp_path: Path, page: Page, serve: type[Served]) -> None:
    experiment = lab()
    messages = []
    for asked in (
        {"action": "step"},
        {"action": "start", "data": [[0, 0]]},
        {"action": "start", "options": {"g_lr": -1.0}},
        {"action": "start", "options": {"batch_size": 0}},
        {"action": "start", "options": {"batch_size": 1.5}},
    ):
        with pytest.raises(ConfigError) as refused:
            experiment(asked)
        messages.append(str(refused.value))
    with pytest.raises(RunError) as nothing:
        checkpoint.read(tmp_path / "checkpoints", print)
    messages.append(str(nothing.value))
    page.goto(serve(make_run(tmp_path / "a")).at("?lang=zh"))
    said = page.evaluate("messages => messages.map((each) => Text.trouble(new Error(each)))", messages)
    assert not [each for each in said if "英文" in each]
    assert said[2] == "g_lr 不能是 -1.0：应为不小于 0 的数。"
    assert page.evaluate("Text.trouble(new Error('odd'))") == "服务器的回答（英文）：odd"
    assert page.evaluate("Text.trouble(new TypeError('Failed to fetch'))").startswith("页面的服务器没有回应")
    assert page.evaluate("Text.range('below d_loss')") == "低于 判别器损失"


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


def test_a_report_needs_no_server(tmp_path: Path, page: Page) -> None:
    out = tmp_path / "report.html"
    write_report(make_run(tmp_path / "a", spread=0.1), out)
    page.goto(out.as_uri())
    expect(page.locator(".pill")).to_have_text("finished")
    expect(page.get_by_role("status").first).to_have_text(re.compile("This is a report of 20.*does not change"))
    page.get_by_role("slider", name="time").focus()
    page.keyboard.press("Home")
    expect(page.locator("img.picture")).to_have_attribute("src", re.compile("^data:image/png"))
    assert page.evaluate("document.querySelector('img.picture').naturalWidth") == 12
    expect(page.locator(".scores.fake")).to_be_visible()
