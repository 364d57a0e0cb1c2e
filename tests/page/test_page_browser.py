"""The page in a real browser: what people see, click and type."""

import json
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

import browsers
from browsers import Served, bound
from page_runs import age, make_alone, make_run, record
from sparring.config.recipes import from_recipe
from sparring.config.toml import to_toml
from sparring.history.record import times_real_text
from sparring.page import fitting
from sparring.page.report import write_report

browser, page, serve = browsers.browser, browsers.page, browsers.serve  # fixtures
pytestmark = pytest.mark.xdist_group("browser")


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


def test_texts_stay_in_their_frame_and_each_line_has_its_direction(
    tmp_path: Path, page: Page, serve: type[Served]
) -> None:
    run = make_run(tmp_path / "a")
    facts = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(facts | {"media": "text/plain"}))
    for picture in (run / "samples").glob("*.png"):
        picture.with_suffix(".txt").write_text("a line\nשלום\n" * 200)
    page.goto(serve(run).at())
    lines = page.locator(".frame .lines")
    expect(lines).to_contain_text("a line")
    expect(lines).to_have_css("unicode-bidi", "plaintext")
    box = lines.bounding_box()
    assert box is not None
    assert box["height"] < 600


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


def test_a_fit_of_a_detector_goes_on_until_its_methods_stand_there(page: Page, tmp_path: Path) -> None:
    stages = [{"name": name} for name in ("features", "repairer", "threshold")]
    (tmp_path / "unfinished").mkdir()
    state = tmp_path / "unfinished" / "fitting.json"
    state.write_text(json.dumps({"stages": stages, "place": 1, "share": 0.45, "left_seconds": 93.4}))
    page.route(
        "http://localhost/",
        lambda route: route.fulfill(body=fitting.page(tmp_path), content_type="text/html; charset=utf-8"),
    )
    page.route("**/version", lambda route: route.fulfill(body=fitting.version(tmp_path)))
    page.goto("http://localhost/")
    expect(page.locator("#left")).to_have_text("About 1:33 left.")
    expect(page.locator("tr.now")).to_contain_text("repairer")
    assert page.locator("progress").evaluate_all("bars => bars.map(bar => bar.value)") == [1, 0.45, 0]
    methods = [{"name": "pca", "auroc": [0.9, 0.8, 0.95], "seconds": 1.5}]
    facts = {"chosen": "pca", "data": "parts", "threshold": 4.0, "held_out": [1.0, 2.0], "candidates": methods}
    (tmp_path / "detector.json").write_text(json.dumps(facts))
    shutil.rmtree(state.parent)
    expect(page.locator("tr.used")).to_contain_text("0.900 (0.800 – 0.950)")
    expect(page.locator("#said")).to_contain_text("No picture has been scored yet")
