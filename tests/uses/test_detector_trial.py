"""What a test of a detector warns of."""

import pytest
import torch

from sparring.data.defects import Pictures
from sparring.errors import DataError
from sparring.uses.detect.detector import Detector
from sparring.uses.detect.trial import digests, trial
from test_detector import SIDE, plates


def named(pixels: torch.Tensor, masks: torch.Tensor | None = None) -> Pictures:
    return Pictures(tuple(map(str, range(len(pixels)))), pixels, masks)


@pytest.fixture(scope="module")
def brightness() -> Detector:
    return Detector("brightness", features="edges", minutes=0).fit(plates(100, 0))


def test_a_kind_below_chance_a_better_baseline_and_a_better_method_are_told(brightness: Detector) -> None:
    usual = plates(200, 1)
    means = usual.float().mean((1, 2, 3))
    calm = usual[(means - means.median()).abs().argsort()[:40]]  # as bright as can be expected
    calm[:, :, 2:6, 2:4], calm[:, :, 2:6, 4:6] = 255, 0
    found = trial(brightness, {"good": named(plates(60, 2)), "patch": named(calm)})
    assert found.kinds[0].area["brightness"] < 0.5 < found.kinds[0].area["pca"]
    below, worse, better = found.warnings
    assert "patch: an AUROC of 0." in below
    assert "is below chance" in below
    assert worse.startswith("brightness is worse here than pca, 0.")
    assert "would have been better here" in better
    assert "must be tested again on other pictures" in better


def test_what_was_fitted_is_told_by_its_pixels(brightness: Detector) -> None:
    normals, bright = plates(100, 0), plates(20, 3).clamp(min=200)
    known = digests(normals)
    assert len(set(known)) == 100
    mixed = named(torch.cat([normals[:1], plates(30, 4)]))
    found = trial(brightness, {"good": mixed, "bright": named(bright)}, known)
    assert found.warnings[0] == "1 normal picture of the test was fitted too: the result is too good."
    with pytest.raises(DataError, match="every normal picture of the test is one that the detector was fitted"):
        trial(brightness, {"good": named(normals[:9]), "bright": named(bright)}, known)


def test_places_are_compared_only_where_masks_mark_some() -> None:
    finder = Detector("pca", features="edges", minutes=0).fit(plates(100, 0))
    odd, mask = plates(12, 5), torch.zeros(12, SIDE, SIDE, dtype=torch.bool)
    odd[:, :, 4:9, 4:9], mask[:, 4:9, 4:9] = 250, True
    kinds = {"good": named(plates(30, 6)), "spot": named(odd, mask), "bare": named(odd, torch.zeros_like(mask))}
    spot, bare = trial(finder, kinds).kinds
    assert spot.pixel_auroc is not None
    assert spot.pixel_auroc > 0.95
    assert spot.pro is not None
    assert spot.pro > 0.8
    assert (bare.pixel_auroc, bare.pro) == (None, None)
    assert spot.shares["0.01"] is None
    assert spot.shares["0.05"] == 1
