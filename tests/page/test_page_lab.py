"""The lab of the page in a browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import browsers
from browsers import Served
from page_runs import make_run
from sparring.cli.watch import lab
from sparring.errors import ConfigError, RunError
from sparring.runs import checkpoint

browser, page, serve = browsers.browser, browsers.page, browsers.serve  # fixtures
pytestmark = pytest.mark.xdist_group("browser")


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
