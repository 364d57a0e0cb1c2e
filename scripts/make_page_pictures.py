"""Draws the pictures of the live page in docs/images: the page in Chromium, of real runs.

python scripts/make_page_pictures.py; trains the tutorial's GAN, its cured copy, digits and the ring: two
minutes. The page names the other language in its own letters: without a Chinese font on this machine, that of
Debian is fetched and used for the pictures alone. The tests take the same pictures of smaller runs
(tests/page/test_page_pictures.py).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from palette import reduced
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

OUT = Path(__file__).parents[1] / "docs/images"
RECORDED = ("--samples-seen", "60000", "--record-every", "50")
RUNS: dict[str, Sequence[str]] = {
    "tutorial": ("mnist", "--recipe", "tutorial", *RECORDED),
    "tutorial-cured": ("mnist", "--recipe", "tutorial", *RECORDED, "--r1-gamma", "10"),
    "sprint": ("mnist", "--samples-seen", "40000", "--record-every", "25"),
    "ring": ("ring", *RECORDED),
}
LAB_STEPS = 300
FONT = "fonts-wqy-microhei"  # 1.6 MB
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include>/etc/fonts/fonts.conf</include><dir>{folder}</dir><cachedir>{folder}/cache</cachedir></fontconfig>"""
ALL = "[...document.querySelectorAll"


class Shot(NamedTuple):
    """A picture of the page: which runs, how large, what is done first, and the part that is shown."""

    query: str
    size: tuple[int, int]
    act: Callable[[Page], object] = lambda page: None
    part: str = ""


def _play(page: Page) -> None:
    page.locator(".playground").scroll_into_view_if_needed()
    page.wait_for_function(f"() => {ALL}('.tiles img')].every((tile) => tile.naturalWidth)")
    page.wait_for_function("() => document.querySelector('.knob small span')")
    status = "document.querySelector('.knobs > p.muted')"
    page.evaluate(f"{status}.textContent = ''")
    page.locator(".tiles button").first.click()  # drawn anew, after what took long at first
    page.wait_for_function(f"() => /\\d/.test({status}.textContent)")


def _experiment(page: Page) -> None:
    page.get_by_role("button", name="Lab").click()
    page.wait_for_function("() => App.lab.told")
    step = "await App.lab.ask({ action: 'step', steps: 10 })"
    page.evaluate(f"async steps => {{ for (let k = 0; k < steps; k += 10) {step}; }}", LAB_STEPS)


SHOTS = {
    "page.png": Shot("?run=tutorial&run=tutorial-cured", (1500, 1000)),
    "page-run.png": Shot("?run=sprint", (1500, 1000)),
    "page-ring.png": Shot("?run=ring", (1400, 1010)),
    "page-playground.png": Shot("?run=sprint", (1500, 1200), _play, ".trying"),
    "page-lab.png": Shot("?run=ring", (1400, 1000), _experiment, "#lab"),
    "learn/page-fight.png": Shot("?run=tutorial", (1100, 900), part="#curves figure"),
}


def main() -> None:
    sparring = [sys.executable, "-m", "sparring"]
    with tempfile.TemporaryDirectory() as folder:
        for name, words in RUNS.items():
            subprocess.run([*sparring, "train", *words, "--out", f"{folder}/runs/{name}"], check=True)
        shoot_all(Path(folder))


def shoot_all(folder: Path) -> None:
    """Take all SHOTS of the runs below ``folder``/runs, into the docs."""
    watch = [sys.executable, "-m", "sparring", "watch", "runs", "--no-browser"]
    page = subprocess.Popen(watch, stdout=subprocess.PIPE, text=True, cwd=folder)
    assert page.stdout is not None
    address = page.stdout.readline().split()[0]
    try:
        with sync_playwright() as playwright:
            arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=arguments, env=with_chinese(folder / "font")
            )
            for name in SHOTS:
                shoot(browser, address, name, OUT / name)
    finally:
        page.terminate()


def with_chinese(folder: Path) -> dict[str, str | float | bool]:
    """The environment in which programs have a Chinese font, which is put into ``folder`` if there is none."""
    known = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=True).stdout
    if known.strip():
        return {**os.environ}
    folder.mkdir()
    subprocess.run(["apt-get", "download", FONT], cwd=folder, check=True)
    subprocess.run(["dpkg-deb", "-x", *folder.glob("*.deb"), folder], check=True)
    settings = folder / "fonts.conf"
    settings.write_text(FONTS.format(folder=folder))
    return {**os.environ, "FONTCONFIG_FILE": str(settings)}


def shoot(browser: Browser, address: str, name: str, out: Path) -> None:
    """Take one of the SHOTS of the page at an address."""
    shot = SHOTS[name]
    width, height = shot.size
    tab = browser.new_page(viewport={"width": width, "height": height}, locale="en-US")
    tab.set_default_timeout(120_000)
    tab.goto(address + shot.query)
    tab.locator("#curves .uplot").first.wait_for()
    tab.wait_for_function(f"() => {ALL}('#table td:last-child')].every((cell) => cell.textContent)")
    shot.act(tab)
    tab.wait_for_timeout(500)  # pictures that are on their way
    part = tab.locator(shot.part).first if shot.part else tab
    part.screenshot(path=out)
    tab.close()
    with Image.open(out) as picture:
        reduced(picture).save(out, optimize=True)


if __name__ == "__main__":
    main()
