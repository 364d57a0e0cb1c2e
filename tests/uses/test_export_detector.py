"""Exported detectors: the same scores, for every method, and what is needed to judge them."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from cli_runs import refused
from sparring.cli.main import main
from sparring.config.groups import FilesConfig
from sparring.errors import ConfigError
from sparring.uses.detect import adversary, saved
from sparring.uses.detect.detector import Detector
from sparring.uses.detect.scorers import SCORERS
from sparring.uses.export import onnx_file, program
from sparring.uses.export.detecting import MOST_TRIED, DetectorGraph, distances

SLOW = ("residuals",)  # that ONNX takes long to translate: of it the program that is translated


def plates(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(110, 20, (count, 3, 16, 12)).clip(0, 255).astype(np.uint8)


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> type[Detector]:
    """Detectors that are trained for two steps."""
    monkeypatch.setattr(adversary, "_progress", lambda *_: enumerate((0.0, 0.5)))
    return Detector


@pytest.mark.parametrize("method", SCORERS)
def test_every_method_gives_its_own_scores(method: str, fitted: type[Detector], tmp_path: Path) -> None:
    detector = fitted(method, minutes=0.01, features="edges").fit(plates(60, 0))
    graph, path, new = DetectorGraph.of(detector), tmp_path / "detector", plates(9, 1)
    if method in SLOW:
        assert program.write(graph, path).different == 0
        extra = {program.ABOUT: ""}
        with torch.no_grad():
            found = torch.export.load(path, extra_files=extra).module()(torch.from_numpy(new)).numpy()
    else:
        assert onnx_file.write(graph, path).different == 0
        found = onnx_file.Session(path.read_bytes())((torch.from_numpy(new),))
        extra = {program.ABOUT: onnx.load(path).metadata_props[0].value}
    np.testing.assert_allclose(found, detector.score(new), rtol=2e-4)
    about = json.loads(extra[program.ABOUT])
    assert (about["method"], about["shape"], about["inputs"]) == (method, [3, 16, 12], ["pictures"])
    assert (found > about["threshold"]).tolist() == detector.examine(new).odd.tolist()
    held_out = np.array(about["held_out"])
    p_values = [(1 + (held_out >= score).sum()) / (1 + len(held_out)) for score in detector.score(new)]
    np.testing.assert_allclose(p_values, detector.p_values(new))


def test_pictures_to_try_it_with_differ_in_brightness_and_contrast(fitted: type[Detector]) -> None:
    graph = DetectorGraph.of(fitted("brightness", minutes=0, features="edges").fit(plates(60, 0)))
    (some,) = graph.inputs(1000, 1)
    assert (some.shape, some.dtype) == ((MOST_TRIED, 3, 16, 12), torch.uint8)
    assert some.float().mean((1, 2, 3)).std() > 30
    assert some.float().std((1, 2, 3)).max() > 4 * some.float().std((1, 2, 3)).min()
    assert torch.equal(graph.inputs(1000, 1)[0], some)
    assert (graph.takes, graph.gives) == ("pictures (N, 3, 16, 12) uint8", "scores (N,) float32")


def test_distances_are_exact_where_float32_is_not() -> None:
    near = torch.tensor([[1000.0, 0.0], [1000.0, 0.01]])
    assert distances(near, near)[0].tolist() == pytest.approx([0.0, 0.01], rel=1e-4)
    assert distances(torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 4.0], [3.0, 1.0]])).tolist() == [
        [5.0, 1.0]
    ]


def test_the_command_exports_a_detector(
    fitted: type[Detector], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "plates"
    detector = fitted("pca", minutes=0, features="edges").fit(plates(60, 0))
    saved.write(detector, saved.About("plates", FilesConfig()), folder)
    assert main(["export", str(folder), "--to", "torch"]) == 0
    said = capsys.readouterr().out
    assert f"pca, odd above {detector.threshold_.value:.6g}" in said
    assert "made of  pictures (N, 3, 16, 12) uint8" in said
    assert [path.name for path in (folder / "exported").iterdir()] == ["pca.pt2"]
    assert "is exported --to onnx or torch" in refused(capsys, "export", folder, "--to", "safetensors")
    assert "a detector has no checkpoints" in refused(capsys, "export", folder, "--to", "onnx", "--best")
    assert "give --out a file" in refused(capsys, "export", folder, "--to", "onnx", "--out", tmp_path)
    with pytest.raises(ConfigError, match="cuts large pictures into tiles.*`sparring serve`"):
        DetectorGraph.of(fitted("pca", tile=8, minutes=0, features="edges").fit(plates(60, 0)))
