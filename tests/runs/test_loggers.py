"""What a training records, told to other tools: real files where the tool writes some, stand-ins elsewhere."""

import csv
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from cli_runs import refused
from conftest import TINY
from sparring import GAN
from sparring.config import choices
from sparring.data.spec import Dataset
from sparring.errors import ConfigError
from sparring.history.record import Record
from sparring.runs import loggers
from sparring.runs.folder import RunFolder
from sparring.runs.loggers import LOGGERS, Tool

SCALES = 60 + np.arange(32)[:, None, None] % 7 + np.arange(8)[None, :, None] // 2 + np.array([7, 0])
ROLLS = np.where(np.arange(8)[None, :, None] % 2, -SCALES, SCALES).astype(np.int16)
Fit = Callable[..., Path]


@pytest.fixture
def fit(tmp_path: Path, pictures: Dataset) -> Fit:
    """Trains for eight steps in a run folder, with records at every second."""

    def trained(data: Any = pictures, recipe: str = "dcgan", **options: Any) -> Path:
        out = tmp_path / "run"
        GAN(recipe, **TINY | {"conditional": False} | options).fit(data, samples_seen=128, out=out, force=True)
        return out

    return trained


def records(run: Path) -> list[Record]:
    return list(RunFolder(run).records())


def events(run: Path) -> EventAccumulator:
    """What TensorBoard itself reads."""
    found = EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0, "images": 0, "audio": 0})
    found.Reload()
    return found


def rows(run: Path) -> list[dict[str, str]]:
    with (run / "csv/metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def killed(run: Path) -> None:
    """Leave the checkpoint of step 2 alone, as if killed after step 8: the tool has later steps already."""
    for path in (run / "checkpoints").glob("00000008.*"):
        path.unlink()


def test_every_tool_can_be_chosen() -> None:
    assert ("none", *LOGGERS) == choices.LOGGERS


def test_a_table_has_every_record(fit: Fit) -> None:
    found = records(run := fit(log="csv"))
    table = rows(run)
    assert [int(row["step"]) for row in table] == [record.step for record in found] == [2, 4, 6, 8]
    for row, record in zip(table, found, strict=True):
        assert int(row["samples_seen"]) == record.samples_seen
        for name, value in record.values.items():
            assert float(row[name]) == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize("tool", ["csv", "tensorboard"])
def test_a_resumed_run_is_logged_once(fit: Fit, tool: str, pictures: Dataset) -> None:
    killed(run := fit(log=tool, checkpoint_seconds=1000))
    gan = GAN.load(run)
    assert gan.history[-1].step == 2
    gan.fit(pictures, samples_seen=192, resume=True)
    steps = [record.step for record in gan.history]
    assert steps == [2, 4, 6, 8, 10, 12]
    if tool == "csv":
        assert [int(row["step"]) for row in rows(run)] == steps
    else:
        assert [event.step for event in events(run).Scalars("d_loss")] == steps


def test_tensorboard_reads_numbers_pictures_and_options(fit: Fit) -> None:
    run = fit(log="tensorboard")
    found = events(run)
    for name in ("d_loss", "g_loss", "samples_seen", "progress"):
        logged = {event.step: event.value for event in found.Scalars(name)}
        assert logged == {
            record.step: pytest.approx(getattr(record, name, None) or record.values[name], rel=1e-5)
            for record in records(run)
        }
    drawn = {int(path.stem): path for path in (run / "samples").glob("*.png")}
    images = {image.step: image for image in found.Images("samples")}
    assert images.keys() == drawn.keys() == {0, *images} != set()
    for step, path in drawn.items():
        with Image.open(path) as picture:
            assert (images[step].width, images[step].height) == picture.size
    (options,) = found.Tensors("options/text_summary")
    assert b"d_width = 4" in options.tensor_proto.string_val[0]


def test_tensorboard_plays_music(fit: Fit) -> None:
    found = events(fit(ROLLS, "counterpoint", log="tensorboard", pictures=1)).Audio("sound")
    assert [sound.step for sound in found] == [0, 8]
    assert all(
        sound.encoded_audio_string[:4] == b"RIFF" and sound.length_frames > sound.sample_rate for sound in found
    )


def test_tensorboard_shows_texts(fit: Fit) -> None:
    run = fit(["ab", "ba", "abab", "baba"] * 16, "letters", log="tensorboard", pictures=1)
    shown = events(run).Tensors("texts/text_summary")
    assert [event.step for event in shown] == [0, 8]
    last = shown[-1].tensor_proto.string_val[0].decode()
    assert [line.removeprefix("    ") for line in last.split("\n")] == (
        run / "samples/00000008.txt"
    ).read_text().split("\n")


def test_a_run_in_place_of_another_drops_its_logs(fit: Fit) -> None:
    fit(log="csv")
    run = fit(log="tensorboard")
    assert not (run / "csv").exists()
    run = fit(log="tensorboard")
    assert len(list((run / "tensorboard").iterdir())) == 1
    assert not (fit() / "tensorboard").exists()


@pytest.mark.parametrize("tool", ["tensorboard", "wandb", "mlflow"])
def test_a_missing_package_is_named_with_its_install_line(
    tool: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(loggers.importlib.util, "find_spec", lambda name: None)
    out = tmp_path / "run"
    said = refused(capsys, "train", "no-such-file.csv", "--log", tool, "--out", out)
    assert f"pip install 'sparring[{tool}]'" in said
    with pytest.raises(ConfigError, match=rf"sparring\[{tool}\]"):
        GAN("mlp", log=tool, **TINY).fit("ring", samples_seen=32, out=out)
    assert not out.exists()


def test_without_a_run_folder_nothing_is_logged() -> None:
    with pytest.raises(ConfigError, match=r"log .* out='runs/mine'"):
        GAN("mlp", log="csv", **TINY).fit("ring", samples_seen=32)


class Told:
    """A tool that notes what it is told, and fails from a step on."""

    def __init__(self, fails_at: int) -> None:
        self.fails_at, self.calls = fails_at, list[tuple[str, int]]()

    def numbers(self, step: int, numbers: Mapping[str, float]) -> None:
        self.calls.append(("numbers", step))
        if step >= self.fails_at:
            raise ConnectionError("nobody\x1b answers")

    def picture(self, step: int, png: bytes) -> None:
        self.calls.append(("picture", step))

    def close(self) -> None:
        self.calls.append(("closed", 0))


def test_a_tool_that_fails_is_told_of_once(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = Told(fails_at=4)
    monkeypatch.setitem(LOGGERS, "csv", Tool(lambda *_: tool))  # type: ignore[arg-type, return-value]
    with pytest.warns(UserWarning, match=r"log = csv failed \(.*answers.*training goes on") as said:
        run = fit(log="csv")
    assert len(said) == 1
    assert "\x1b" not in str(said[0].message)
    assert [record.step for record in records(run)] == [2, 4, 6, 8]
    assert [call for call in tool.calls if call[0] == "numbers"] == [("numbers", 2), ("numbers", 4)]


def test_a_file_in_its_place_is_told_in_plain_words(fit: Fit, pictures: Dataset) -> None:
    run = fit(log="csv")
    shutil.rmtree(run / "csv")
    (run / "csv").touch()
    with pytest.warns(
        UserWarning, match=r"log = csv failed \(a file or folder with that name exists already\)"
    ):
        GAN.load(run).fit(pictures, samples_seen=192, resume=True)


class Client:
    """Stands for MLflow's server."""

    runs: dict[str, Any] = {}  # noqa: RUF012

    def get_experiment_by_name(self, name: str) -> Any:
        return SimpleNamespace(experiment_id="1") if self.runs else None

    def create_experiment(self, name: str) -> str:
        return "1"

    def search_runs(self, experiments: list[str], wanted: str) -> list[Any]:
        return [
            SimpleNamespace(info=SimpleNamespace(run_id=name))
            for name, run in self.runs.items()
            if all(repr(value) in wanted for value in run["tags"].values())
        ]

    def create_run(self, experiment: str, run_name: str, tags: dict[str, str]) -> Any:
        name = f"{run_name}-{len(self.runs)}"
        self.runs[name] = {"tags": tags, "metrics": [], "params": {}, "images": [], "files": [], "texts": []}
        return SimpleNamespace(info=SimpleNamespace(run_id=name))

    def log_batch(self, run: str, metrics: Sequence[Any] = (), params: Sequence[Any] = ()) -> None:
        self.runs[run]["metrics"] += metrics
        self.runs[run]["params"] |= dict(params)

    def log_image(self, run: str, image: Image.Image, file: str) -> None:
        self.runs[run]["images"].append((file, image.size))

    def log_artifact(self, run: str, path: str, folder: str) -> None:
        self.runs[run]["files"].append((folder, Path(path).name, Path(path).read_bytes()[:4]))

    def log_text(self, run: str, text: str, file: str) -> None:
        self.runs[run]["texts"].append((file, text))

    def update_run(self, run: str, status: str) -> None:
        self.runs[run]["status"] = status

    def set_terminated(self, run: str) -> None:
        self.runs[run]["status"] = "FINISHED"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(Client, "runs", {})
    module: Any = ModuleType("mlflow")
    module.__spec__ = SimpleNamespace()
    module.tracking = SimpleNamespace(MlflowClient=Client)
    module.entities = SimpleNamespace(Metric=lambda *parts: parts, Param=lambda name, value: (name, value))
    monkeypatch.setitem(sys.modules, "mlflow", module)
    return Client.runs


def test_mlflow_finds_a_run_again(fit: Fit, server: dict[str, Any], pictures: Dataset) -> None:
    run = fit(log="mlflow")
    ((name, found),) = server.items()
    assert name == "run-0"
    assert found["params"]["d_width"] == "4"
    losses = [(step, value) for what, value, _, step in found["metrics"] if what == "d_loss"]
    assert losses == [(r.step, pytest.approx(r.values["d_loss"], rel=1e-5)) for r in records(run)]
    assert found["images"][0][0] == "samples/00000000.png"
    assert found["status"] == "FINISHED"
    GAN.load(run).fit(pictures, samples_seen=160, resume=True)
    assert list(server) == ["run-0"]
    assert found["metrics"][-1][-1] == 10


def test_mlflow_keeps_sounds_and_texts(fit: Fit, server: dict[str, Any]) -> None:
    fit(ROLLS, "counterpoint", log="mlflow", pictures=1)
    fit(["ab", "ba", "abab", "baba"] * 16, "letters", log="mlflow", pictures=1)
    music, texts = server.values()
    assert music["files"][-1] == ("sounds", "00000008.wav", b"RIFF")
    assert texts["texts"][-1][0] == "texts/00000008.txt"


class WandBRun:
    """Stands for a run of Weights & Biases."""

    def __init__(self, logged: list[dict[str, Any]], **options: Any) -> None:
        self.logged, self.options, self.axes, self.finished = logged, options, {}, False

    def define_metric(self, name: str, step_metric: str) -> None:
        self.axes[name] = step_metric

    def log(self, values: dict[str, Any]) -> None:
        self.logged.append(values)

    def finish(self) -> None:
        self.finished = True


@pytest.fixture
def wandb(monkeypatch: pytest.MonkeyPatch) -> Any:
    module: Any = ModuleType("wandb")
    module.__spec__ = SimpleNamespace()
    module.errors = SimpleNamespace(UsageError=type("UsageError", (Exception,), {}))
    module.Settings = dict
    module.Image = lambda picture: ("picture", picture.size)
    module.Audio = lambda path, sample_rate: ("sound", Path(path).read_bytes()[:4], sample_rate)
    module.Table = lambda columns, data: (columns, data)
    module.runs, module.logged = [], []

    def init(**options: Any) -> WandBRun:
        module.runs.append(WandBRun(module.logged, **options))
        return module.runs[-1]

    module.init = init
    monkeypatch.setitem(sys.modules, "wandb", module)
    return module


def test_wandb_counts_by_our_steps(fit: Fit, wandb: Any, pictures: Dataset) -> None:
    run = fit(log="wandb")
    (first,) = wandb.runs
    assert first.axes == {"*": "step"}
    assert first.finished
    assert first.options["config"]["d_width"] == 4
    assert [values["step"] for values in wandb.logged if "d_loss" in values] == [2, 4, 6, 8]
    assert [values["samples"][0] for values in wandb.logged if "samples" in values][-1] == "picture"
    GAN.load(run).fit(pictures, samples_seen=160, resume=True)
    assert wandb.runs[1].options["id"] == first.options["id"] == RunFolder(run).facts["id"]
    assert {made.options["resume"] for made in wandb.runs} == {"allow"}


def test_wandb_hears_and_reads(fit: Fit, wandb: Any) -> None:
    fit(ROLLS, "counterpoint", log="wandb", pictures=1)
    assert next(values["sound"] for values in wandb.logged if "sound" in values)[:2] == ("sound", b"RIFF")
    fit(["ab", "ba", "abab", "baba"] * 16, "letters", log="wandb", pictures=1)
    columns, lines = next(values["texts"] for values in wandb.logged if "texts" in values)
    assert columns == ["text"]
    assert len(lines) > 1


def test_wandb_without_an_account_says_what_to_do(fit: Fit, wandb: Any) -> None:
    def refuse(**_: Any) -> None:
        raise wandb.errors.UsageError("api_key not configured")

    wandb.init = refuse
    with pytest.raises(ConfigError, match="WANDB_MODE=offline"):
        fit(log="wandb")
