"""``--log mlflow``: MLflow's tracking. Only this file uses the package ``mlflow``."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

from sparring.history.layout import step_name
from sparring.runs.folder import RunFolder

EXPERIMENT = "sparring"
IDENTITY = "sparring.id"  # the tag by which a run is found again
MOST = 250  # characters of a parameter that every server takes


class MLflow:
    """Numbers, sheets, sounds and texts of a run, where ``MLFLOW_TRACKING_URI`` says."""

    def __init__(self, folder: RunFolder, step: int) -> None:
        from mlflow import entities, tracking

        self.metric, self.client = entities.Metric, tracking.MlflowClient()
        found = self.client.get_experiment_by_name(EXPERIMENT)
        experiment = found.experiment_id if found else self.client.create_experiment(EXPERIMENT)
        identity = str(folder.facts["id"])
        runs = self.client.search_runs([experiment], f"tags.`{IDENTITY}` = '{identity}'")
        if runs:
            self.id = runs[0].info.run_id
            self.client.update_run(self.id, status="RUNNING")
            return
        run = self.client.create_run(experiment, run_name=folder.path.name, tags={IDENTITY: identity})
        self.id = run.info.run_id
        options = folder.config.flat().items()
        given = [entities.Param(name, str(value)[:MOST]) for name, value in options if value is not None]
        self.client.log_batch(self.id, params=given)

    def numbers(self, step: int, numbers: Mapping[str, float]) -> None:
        now = int(1000 * time.time())  # milliseconds, as MLflow counts
        self.client.log_batch(
            self.id, [self.metric(name, float(value), now, step) for name, value in numbers.items()]
        )

    def picture(self, step: int, png: bytes) -> None:
        with Image.open(io.BytesIO(png)) as picture:
            self.client.log_image(self.id, picture.convert("RGB"), f"samples/{step_name(step)}.png")

    def sound(self, step: int, wav: Path) -> None:
        named = wav.rename(wav.with_name(f"{step_name(step)}{wav.suffix}"))
        self.client.log_artifact(self.id, str(named), "sounds")

    def text(self, step: int, lines: Sequence[str]) -> None:
        self.client.log_text(self.id, "\n".join(lines), f"texts/{step_name(step)}.txt")

    def close(self) -> None:
        self.client.set_terminated(self.id)
