"""Statistics of real data kept on disk, found again by what went into them."""

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
    """Mean and covariance of the samples' features, from the cache where the same were asked before.

    The same: samples of the same type, shape and bytes, and an extractor of the same name, version and
    device kind. An extractor without a version is not cached; a damaged file is made anew.
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
    """What was stored, or None where it is missing or damaged."""
    try:
        with safe_open(path, "pt") as file:
            found = Gaussian(file.get_tensor("mean"), file.get_tensor("covariance"))
            return found if file.metadata().get("sha256") == content_hash(*found) else None
    except (OSError, SafetensorError, AttributeError):
        return None
