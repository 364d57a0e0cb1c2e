"""How soon the page shows many runs and a long history, in Chromium.

python benchmarks/page.py; writes results/page.json. First paint and the time until the table is complete are
wall clock, measured by the browser; the processor seconds of the server stand beside them.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Page, sync_playwright

from common import machine, save
from sparring.cli.watch import LOOPBACK, listen, playground
from sparring.page.server import app

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from page_runs import make_run, record

RUNS, LINES = 50, 500_000
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
FILLED = (
    "[...document.querySelectorAll('#table td[data-column=state]')].filter((cell) => cell.textContent).length"
)


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        many, long = Path(place) / "many", Path(place) / "long"
        for k in range(RUNS):
            make_run(many / f"run-{k}", records=200, of=200, times_real=float(k + 1))
        tail = record(1, 10**6).to_json().split(",", 1)[1]
        with (make_run(long / "long", records=1) / "history.jsonl").open("w") as file:
            file.writelines(f'{{"step": {k},{tail}\n' for k in range(1, LINES + 1))
        found = {
            f"{RUNS} runs of 200 records": measured(many, f"{FILLED} === {RUNS}"),
            f"a history of {LINES:,} lines": measured(long, "document.querySelector('.numbers dd') !== null"),
        }
    save("page", {"machine": machine(), "found": found})
    print(json.dumps(found, indent=1))


def measured(folder: Path, complete: str) -> dict[str, Any]:
    """Milliseconds until the first paint and until ``complete`` holds, and seconds of processor time here."""
    listening = listen("127.0.0.1", 0)
    server = uvicorn.Server(
        uvicorn.Config(
            app([folder], playground(), LOOPBACK, closing=lambda: server.should_exit), log_level="error"
        )
    )
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page: Page = browser.new_page(viewport={"width": 1500, "height": 1000})
        page.goto("about:blank")
        before = time.process_time()
        page.goto(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        page.wait_for_function(f"() => {complete}", timeout=100_000)
        whole = page.evaluate("performance.now()")
        found = {
            "first_paint_ms": page.evaluate(PAINT),
            "complete_ms": whole,
            "server_cpu_seconds": time.process_time() - before,
        }
        browser.close()
    server.should_exit = True
    thread.join()
    return {name: round(value, 1) for name, value in found.items()}


if __name__ == "__main__":
    main()
