"""The curves of the page in a browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import browsers
from browsers import Served
from page_runs import make_run, record

browser, page, serve = browsers.browser, browsers.page, browsers.serve  # fixtures
pytestmark = pytest.mark.xdist_group("browser")


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
