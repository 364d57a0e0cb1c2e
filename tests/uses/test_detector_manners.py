"""A detector stands in pipelines of scikit-learn, and counts copies of pictures once."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sparring import dataset
from sparring.errors import ConfigError, DataError
from sparring.uses.detect.detector import Detector
from test_detect import write
from test_detector import plates


def test_a_detector_is_cloned_and_changed() -> None:
    detector = Detector("pca", features="edges", minutes=0, tile=16, seed=3)
    again = clone(detector)
    assert again.get_params() == detector.get_params()
    assert repr(again) == "Detector(method='pca', minutes=0.0, features='edges', tile=16, seed=3)"
    assert again.set_params(tile=0, method="edges") is again
    assert (again.tile, again.method, again.seed) == (0, "edges", 3)
    with pytest.raises(ConfigError, match="tile 3 is too small"):
        again.set_params(tile=3)
    assert again.tile == 0


def test_a_pipeline_ends_with_a_detector_and_has_its_signs() -> None:
    whole = make_pipeline(FunctionTransformer(), Detector("pca", features="edges", minutes=0, false_alarms=0.1))
    normals = plates(60, 0).numpy()
    pipeline = clone(whole).fit(normals)
    new = np.concatenate([plates(5, 1).numpy(), plates(5, 2).numpy()])
    new[5:, :, 4:9, 4:9] = 250
    assert np.array_equal(pipeline.predict(new) == -1, pipeline.decision_function(new) < 0)
    assert (pipeline.predict(new)[5:] == -1).all()
    assert pipeline.score_samples(new)[5:].max() < pipeline.score_samples(new)[:5].min()
    assert np.array_equal(pipeline.score_samples(new), -pipeline[-1].score(new))


def test_copies_of_normals_count_once_wherever_they_lie() -> None:
    normals = plates(40, 0)
    order = torch.randperm(100, generator=torch.Generator().manual_seed(1))
    copied = torch.cat([normals, normals[:1].expand(60, -1, -1, -1)])[order]
    detector = Detector("pca", features="edges", minutes=0, false_alarms=0.1).fit(copied)
    assert detector.copies_ == 60
    assert sum(detector.counts_.values()) == detector.looked_at_ == 40
    assert detector.suspects_ == []
    copied[7, :, 4:9, 4:9] = 250
    assert Detector("pca", features="edges", minutes=0, false_alarms=0.1).fit(copied).suspects_ == [7]


@pytest.mark.parametrize(("other", "refused"), [("bad", True), ("scratch", True), ("good/more", False)])
def test_a_data_set_of_normal_and_other_pictures_is_refused(other: str, refused: bool, tmp_path: Path) -> None:
    write(tmp_path / "good", 24, 0)
    write(tmp_path / other, 3, 1, spot=True)
    detector = Detector("pca", features="edges", minutes=0, false_alarms=0.2)
    read = dataset(str(tmp_path), size=20)
    if not refused:
        assert sum(detector.fit(read).counts_.values()) == 27
        return
    with pytest.raises(DataError, match=r"good.*include"):
        detector.fit(read)
    alone = dataset(str(tmp_path), size=20, include="good/*")
    assert sum(detector.fit(alone).counts_.values()) == 24


def test_too_few_different_normals_are_refused() -> None:
    few = plates(12, 0).repeat(5, 1, 1, 1)
    with pytest.raises(
        DataError, match="60 normal pictures, of which 12 differ, are too few: give at least 20"
    ):
        Detector().fit(few)
