"""Count samples that are exactly equal to an earlier one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from torch import Tensor


def digest(content: bytes | memoryview) -> bytes:
    """A hash that identifies the bytes of a sample."""
    return hashlib.blake2b(content, digest_size=16).digest()


def digests(samples: Tensor) -> Iterator[bytes]:
    """The digest of each sample (N, *shape)."""
    for row in samples.cpu().contiguous().numpy():
        yield digest(row.data)


def repeats(samples: Tensor) -> int:
    """The number of samples (N, *shape) that are equal to an earlier one."""
    return len(samples) - len(set(digests(samples)))
