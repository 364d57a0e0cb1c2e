"""Keep the feature statistics of real data on disk."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from sparring.files import cache_folder, write_whole
from sparring.metrics.distances import Gaussian, fit_gaussian
from sparring.metrics.features import Extractor, content_hash

VERSION = "1"


def statistics(extractor: Extractor, samples: Tensor, where: Path | None = None) -> Gaussian:
    """Mean and covariance of the samples' features, from the cache if they were computed before.

    The cache finds them by the samples' type, shape and bytes and by the extractor's name, version and type of
    device. The statistics of an extractor without a version are not kept; a damaged file is written again.
    """
    if extractor.version is None:
        return fit_gaussian(extractor(samples))
    facts = (VERSION, extractor.name, extractor.version, extractor.device.type, content_hash(samples))
    key = hashlib.sha256(repr(facts).encode()).hexdigest()
    path = (where or cache_folder()) / "statistics" / f"{key}.safetensors"
    found = _read(path)
    if found is None:
        found = fit_gaussian(extractor(samples))
        with contextlib.suppress(OSError):  # a full or read-only disk costs time later, not the result
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, save(found._asdict(), {"sha256": content_hash(*found)}))
    return found


def _read(path: Path) -> Gaussian | None:
    """Read stored statistics; None if the file is missing or damaged."""
    try:
        with safe_open(path, "pt") as file:
            found = Gaussian(file.get_tensor("mean"), file.get_tensor("covariance"))
            return found if file.metadata().get("sha256") == content_hash(*found) else None
    except (OSError, SafetensorError, AttributeError):
        return None
