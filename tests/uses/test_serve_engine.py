"""The engine that serves: the faster one, if it draws the same."""

import numpy as np
import pytest

import served_runs
from served_runs import client
from sparring.errors import ConfigError, RunError
from sparring.runs.inference import Sampler
from sparring.uses.export import onnx_file
from sparring.uses.serve import engine
from sparring.uses.serve.served import Samples, Scores, Translations
from test_export import sampler_of

digits, translation, detector = served_runs.digits, served_runs.translation, served_runs.detector  # fixtures


def test_the_faster_engine_serves(digits: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    served, said = engine.chosen(digits, "onnx")
    assert (isinstance(served.sampler, engine.OnnxSampler), said) == (True, "ONNX Runtime")  # type: ignore[union-attr]
    mine, theirs = (
        client(each).post("/sample", json={"count": 40, "seed": 3}).json() for each in (digits, served)
    )
    assert np.abs(np.array(mine["samples"]) - np.array(theirs["samples"])).max() <= 1
    assert mine["labels"] == theirs["labels"]
    for of_onnx, expected in ((1.0, engine.OnnxSampler), (3.0, Sampler)):
        monkeypatch.setattr(
            engine,
            "milliseconds",
            lambda s, of_onnx=of_onnx: of_onnx if isinstance(s, engine.OnnxSampler) else 2.0,
        )
        found, words = engine.chosen(digits, "auto")
        assert type(found.sampler) is expected  # type: ignore[union-attr]
        assert "2.0 ms of torch" in words


def test_onnx_runtime_serves_only_what_torch_would(digits: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    run = onnx_file.Session.__call__
    monkeypatch.setattr(onnx_file.Session, "__call__", lambda *args: np.roll(run(*args), 1, 0))
    assert engine.chosen(digits, "auto") == (digits, "torch")
    with pytest.raises(RunError, match="does not make the samples of the generator: .* Leave --engine out"):
        engine.chosen(digits, "onnx")


def test_torch_serves_what_onnx_runtime_cannot(
    digits: Samples, translation: Translations, detector: Scores, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert engine.milliseconds(digits.sampler) > 0
    rows = Samples(sampler_of("columns"), "rows")
    for served in (translation, detector, rows):
        assert engine.chosen(served, "auto") == (served, "torch")
        with pytest.raises(ConfigError, match="--engine onnx: .* Leave it out"):
            engine.chosen(served, "onnx")
    monkeypatch.setattr(onnx_file, "installed", lambda: False)
    assert engine.chosen(digits, "auto") == (digits, "torch")
    with pytest.raises(ConfigError, match=r"pip install 'sparring\[onnx\]'"):
        engine.chosen(digits, "onnx")
