"""Run folders made by hand and a client of their page, for the tests of the page."""

import json
import os
import time
from pathlib import Path

import numpy as np
from PIL import Image
from starlette.testclient import TestClient

from sparring.cli import watch as watching
from sparring.config.recipes import from_recipe
from sparring.config.toml import to_toml
from sparring.errors import RunError
from sparring.history.record import Record, Scores
from sparring.page import server
from sparring.page.asked import DrawRequest
from sparring.page.server import Drawn, app

ADDRESS = "http://127.0.0.1:8555"
VALUES = {
    "d_loss": 1.2, "g_loss": 0.9, "real_logit": 0.5, "fake_logit": -0.5, "auc": 0.75, "distance": 0.05,
    "spread": 0.98, "samples_per_second": 1000.0, "g_change": 0.05, "d_change": 0.05, "jitter": 0.2,
}  # fmt: skip


def record(k: int, of: int, **values: float) -> Record:
    scores = Scores(-3.0, 3.0, tuple(range(24)), tuple(range(23, -1, -1)))
    return Record(50 * k, 3200 * k, float(k), k / of, VALUES | values, scores)


def make_run(path: Path, records: int = 20, of: int = 20, recipe: str = "sprint", **values: float) -> Path:
    """A run of so many of its ``of`` records, every tenth with a picture of one grey."""
    (path / "samples").mkdir(parents=True)
    (path / "checkpoints").mkdir()
    (path / "config.toml").write_text(to_toml(from_recipe(recipe)))
    facts = {
        "sparring": "0",
        "data": "mnist",
        "classes": 10,
        "spec": {"kind": "image", "class_names": list("0123456789")},
    }
    (path / "run.json").write_text(json.dumps(facts))
    with (path / "history.jsonl").open("w") as file:
        for k in range(1, records + 1):
            file.write(record(k, of, **values).to_json() + "\n")
    for k in range(0, records + 1, 10):
        Image.fromarray(np.full((12, 12), 10 * k % 256, np.uint8)).save(path / "samples" / f"{50 * k:08d}.png")
    return path


def make_alone(path: Path) -> Path:
    """Trained players without a history, as far as the page reads them."""
    make_run(path, records=0)
    (path / "history.jsonl").unlink()
    facts = json.loads((path / "run.json").read_text())
    (path / "run.json").write_text(json.dumps(facts | {"alone": True}))
    return path


def age(path: Path, seconds: float) -> None:
    """Make a history look as if nothing had come for so long."""
    then = time.time() - seconds
    os.utime(path / "history.jsonl", (then, then))


def never(path: Path, asked: DrawRequest) -> Drawn:
    raise RunError(f"{path} has no complete checkpoint.")


def client(*paths: Path, token: str = "", draw: server.Draw = never) -> TestClient:
    hosts = () if token else watching.LOOPBACK
    return TestClient(app(paths, draw, hosts, token), base_url=ADDRESS)
