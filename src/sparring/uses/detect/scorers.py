"""The table of scorers, and the views of pictures that they see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor

from sparring.uses.detect.baselines import PCA, Brightness, Neighbours, some
from sparring.uses.detect.features import Edges, Patches, Pooled
from sparring.uses.detect.places import Frozen
from sparring.uses.detect.repairer import Repair
from sparring.uses.detect.residuals import Residuals
from sparring.uses.detect.scorer import BATCH, Scorer

SCORERS: dict[str, Callable[[], Scorer]] = {  # by the name that a user gives as --method
    "brightness": Brightness,
    "pca": PCA,
    "neighbours": Neighbours,
    "edges": Edges,
    "pooled": Pooled,
    "patches": Patches,
    "residuals": Residuals,
    "repairer": Repair,
}
BASELINE = "pca"  # what every detector must beat
MOST_BYTES = 2**28  # of the features of all fitted normals together; with more, some are left out


def view(name: str, pictures: Tensor, frozen: Frozen) -> Tensor:
    """Pictures (B, C, H, W), uint8, as a scorer sees them: themselves, or features (B, D, h, w)."""
    return pictures if name == "pixels" else frozen(pictures)


def views(names: Iterable[str], pictures: Tensor, frozen: Frozen, seed: int) -> Mapping[str, Tensor]:
    """All of the views that scorers are fitted in; of features only as many as fit into MOST_BYTES."""
    found = {}
    for name in set(names):
        if name == "pixels":
            found[name] = pictures
            continue
        each = frozen(pictures[:1]).numel() * 4
        chosen = some(pictures, seed, max(1, MOST_BYTES // each))
        found[name] = torch.cat([frozen(part) for part in chosen.split(BATCH)])
    return found
