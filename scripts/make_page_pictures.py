"""Draws docs/images/page.png: the live page in Chromium, of real runs.

python scripts/make_page_pictures.py; trains the tutorial's GAN, its cured copy and the ring, a minute in all.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from palette import reduced
from PIL import Image
from playwright.sync_api import sync_playwright

OUT = Path(__file__).parents[1] / "docs/images"
RUNS: dict[str, Sequence[str]] = {
    "tutorial": ("mnist", "--recipe", "tutorial", "--epochs", "2", "--record-every", "50"),
    "tutorial-cured": (
        "mnist", "--recipe", "tutorial", "--epochs", "2", "--record-every", "50", "--r1-gamma", "10",
    ),
    "ring": ("ring", "--samples-seen", "100000", "--record-every", "50"),
}  # fmt: skip
PICTURES = {
    "page.png": ("?run=tutorial&run=tutorial-cured&lang=en", 1500, 1000),
    "page-ring.png": ("?run=ring&lang=en", 860, 1010),
}


def main() -> None:
    sparring = [sys.executable, "-m", "sparring"]
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        for name, words in RUNS.items():
            subprocess.run([*sparring, "train", *words, "--out", str(runs / name)], check=True)
        page = subprocess.Popen([*sparring, "watch", str(runs)], stdout=subprocess.PIPE, text=True)
        assert page.stdout is not None
        address = page.stdout.readline().split()[0]
        try:
            shoot(address)
        finally:
            page.terminate()


def shoot(address: str) -> None:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        for name, (query, width, height) in PICTURES.items():
            tab = browser.new_page(viewport={"width": width, "height": height})
            tab.goto(address + query)
            tab.wait_for_timeout(2000)
            tab.screenshot(path=OUT / name)
            with Image.open(OUT / name) as picture:
                reduced(picture).save(OUT / name, optimize=True)


if __name__ == "__main__":
    main()
