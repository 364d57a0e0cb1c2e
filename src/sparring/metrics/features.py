"""Feature vectors of samples, in which two sets of samples are compared.

An ``Extractor`` is a named function from decoded samples to feature vectors. This file has those that need
no network: the values themselves, and their principal components.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from sparring.errors import DataError

PUBLISHED = "inception-2015"  # the features of the published "FID"
CPU = torch.device("cpu")
COMPONENTS = 64  # principal components
PRINCIPAL = f"pca-{COMPONENTS}"  # the name of the features
FITTED = 1024  # samples to which principal components are fitted
CONSTANT = 1e-3  # features of reals that deviate less are constant, but for rounding
SIDE = 32  # pixels per side, to which larger pictures are resized for these features
COUNT = 10_000  # samples of each side of a comparison, in features that take little time
PICTURES = 2000  # the same in features of pictures: about 30 for each of 64 components
MOST_VALUES = 8192  # per sample, if the values are the features: their covariance takes 512 MB


class Samples(NamedTuple):
    """Decoded samples (N, *shape) and, if they have classes, their labels (N,)."""

    samples: Tensor
    labels: Tensor | None = None

    @property
    def both(self) -> tuple[Tensor, Tensor]:
        """The samples and the labels, which must exist."""
        assert self.labels is not None
        return self.samples, self.labels


@dataclass(frozen=True)
class Extractor:
    """Turns decoded samples, uint8 pictures (N, C, H, W) or numbers (N, *shape), into features (N, dimension).

    Attributes:
        name: its name in tables and reports.
        function: turns a batch of samples on ``device`` into features (B, dimension); networks in eval mode.
        dimension: the length of a feature vector; None if the function of a user does not give it.
        resizer: how pictures are resized for the network; "" if they are not.
        version: a new one whenever the features change; None if it is unknown (then nothing is cached).
        device: where the function computes.
        batch: samples that are processed at once, which limits the memory.
        note: a remark for reports, such as the accuracy of a classifier.
        count: samples of each side of a comparison; fewer where features take long.
        own_units: whether the features are the samples' own values, with an arbitrary origin and unit.
        quick: whether the features of some thousand samples take seconds, so that several draws are compared.
    """

    name: str
    function: Callable[[Tensor], Tensor]
    dimension: int | None = None
    resizer: str = ""
    version: str | None = None
    device: torch.device = CPU
    batch: int = 500
    note: str = ""
    count: int = COUNT
    own_units: bool = False
    quick: bool = False

    @property
    def label(self) -> str:
        """The name of a Fréchet distance in these features; "FID" only for the published network."""
        return "FID" if self.name == PUBLISHED else f"FD-{self.name}"

    @torch.no_grad()
    def __call__(self, samples: Tensor, done: Callable[[int], object] = lambda count: None) -> Tensor:
        """Features (N, dimension) of decoded samples, float32 on the CPU.

        Args:
            samples: uint8 pictures (N, C, H, W) or numbers (N, *shape).
            done: called after each batch with the number of samples so far.

        Raises:
            DataError: no samples, samples that do not fit, or features that are not N finite vectors.
        """
        if len(samples) == 0:
            raise DataError(f"{self.name} features need at least one sample, but there are none.")
        parts = []
        for start in range(0, len(samples), self.batch):
            parts.append(self._features(samples[start : start + self.batch]))
            done(min(start + self.batch, len(samples)))
        lengths = {part.shape[1] for part in parts} | ({self.dimension} if self.dimension else set())
        if len(lengths) > 1:
            raise DataError(f"{self.name} features have lengths {sorted(lengths)}; expected one length.")
        return torch.cat(parts)

    def _features(self, part: Tensor) -> Tensor:
        features = torch.as_tensor(self.function(part.to(self.device))).to("cpu", torch.float32)
        if features.ndim != 2 or len(features) != len(part):
            raise DataError(
                f"{self.name} features of {len(part)} samples have shape {tuple(features.shape)}; "
                f"expected ({len(part)}, D): one vector for each sample."
            )
        if not features.isfinite().all():
            raise DataError(
                f"{self.name} features contain NaN or infinite values. Check the samples and the network."
            )
        return features


def content_hash(*tensors: Tensor) -> str:
    """SHA-256 of the tensors' types, shapes and bytes."""
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(f"{tensor.dtype} {tuple(tensor.shape)} ".encode())
        flat = tensor.detach().cpu().contiguous().flatten()
        digest.update(flat.view(torch.uint8).numpy().data)
    return digest.hexdigest()


def check_pictures(samples: Tensor, name: str) -> None:
    """Check that samples are a batch of 8-bit pictures.

    Raises:
        DataError: another type or rank, or a number of channels other than 1, 3 or 4.
    """
    if samples.dtype != torch.uint8 or samples.ndim != 4 or samples.shape[1] not in (1, 3, 4):
        raise DataError(
            f"{name} features need uint8 pictures (N, 1, 3 or 4, H, W); got {samples.dtype} of shape "
            f"{tuple(samples.shape)}. For points use 'points'; convert float pictures with to_uint8."
        )


def to_uint8(encoded: Tensor) -> Tensor:
    """Convert pictures in [-1, 1] to 8 bits."""
    return (encoded * 127.5 + 127.5).round().clamp(0, 255).to(torch.uint8)


def rgb(pictures: Tensor) -> Tensor:
    """Convert pictures (B, 1, 3 or 4, H, W) to float RGB (B, 3, H, W), 0 to 255, on a black background."""
    channels, values = pictures.shape[1], pictures.float()
    if channels == 4:
        return values[:, :3] * (values[:, 3:] / 255)
    return values.expand(-1, 3, -1, -1) if channels == 1 else values


def resizer_name(height: int, width: int) -> str:
    """The name of ``resize`` in reports."""
    return f"antialiased bicubic to {height} x {width}"


def resize(pictures: Tensor, height: int, width: int) -> Tensor:
    """Resize float pictures (B, C, H, W), 0 to 255: bicubic, antialiased, clipped to the range."""
    if pictures.shape[2:] == (height, width):
        return pictures
    return interpolate(pictures, (height, width), mode="bicubic", antialias=True).clamp(0, 255)


def raw(name: str, shape: tuple[int, ...], pictures: bool = False) -> Extractor:
    """Features that are the values themselves: pixels in [0, 1], or numbers in their own units."""

    def function(samples: Tensor) -> Tensor:
        if pictures:
            check_pictures(samples, name)
            return samples.flatten(1).float() / 255
        return samples.flatten(1).float()

    dimension = torch.Size(shape).numel()
    return Extractor(name, function, dimension=dimension, version="1", batch=1000, own_units=True)


class Pca(NamedTuple):
    """Principal components: mean (D,), orthonormal components (K, D), variances (K,), largest first."""

    mean: Tensor
    components: Tensor
    variances: Tensor

    def project(self, vectors: Tensor) -> Tensor:
        """The coordinates (N, K) of vectors (N, D) along the components."""
        return (vectors.to(self.mean) - self.mean) @ self.components.T


def fit_pca(vectors: Tensor, count: int) -> Pca:
    """The ``count`` directions of greatest variance of vectors (N, D), in float64 (Pearson 1901).

    The entry of greatest magnitude of each component is positive, so that the same data always gives the
    same signs. There are at most min(N - 1, D) components.

    Raises:
        DataError: fewer than two vectors.
    """
    if len(vectors) < 2:
        raise DataError(f"principal components need at least 2 samples, but there are {len(vectors)}.")
    vectors = vectors.double()
    mean = vectors.mean(0)
    _, singular, components = torch.linalg.svd(vectors - mean, full_matrices=False)
    count = min(count, len(vectors) - 1, vectors.shape[1])
    components, variances = components[:count], singular[:count].square() / (len(vectors) - 1)
    greatest = components.gather(1, components.abs().argmax(1, keepdim=True))
    return Pca(mean, components * greatest.sign(), variances)


def in_components(
    extractor: Extractor, samples: Tensor, *, standardised: bool = False, count: int = COMPONENTS
) -> Extractor:
    """Features along the ``count`` principal components of an extractor's features of reals (N, *shape).

    They are fitted to at most FITTED reals: those that an evaluation compares last, since what is fitted to
    reals makes them look different from others.

    Args:
        standardised: whether each feature is first divided by its deviation, unless it is constant.
    """
    order = torch.randperm(len(samples), generator=torch.Generator().manual_seed(0))
    features = extractor(samples[order[-FITTED:]]).double()
    deviation = features.std(0) if standardised else torch.ones(features.shape[1])
    deviation = deviation.where(deviation > CONSTANT, 1.0)
    pca = fit_pca(features / deviation, count)
    matrix, shift = (pca.components / deviation).T, pca.components @ pca.mean
    matrix, shift = (part.to(extractor.device, torch.float32) for part in (matrix, shift))

    def function(batch: Tensor) -> Tensor:
        return torch.as_tensor(extractor.function(batch)).float() @ matrix - shift

    version = None if extractor.version is None else content_hash(matrix, shift) + extractor.version
    return replace(extractor, function=function, dimension=len(pca.variances), version=version, own_units=False)


def principal(samples: Tensor, device: torch.device = CPU, *, pictures: bool = False) -> Extractor:
    """Features along the principal components of real samples (N, ...).

    Pictures are first resized to at most SIDE x SIDE pixels, in [0, 1].
    """
    size = (min(samples.shape[2], SIDE), min(samples.shape[3], SIDE)) if pictures else (0, 0)

    def vectors(batch: Tensor) -> Tensor:
        if pictures:
            check_pictures(batch, PRINCIPAL)
            return resize(batch.float(), *size).flatten(1) / 255
        return batch.float().flatten(1)

    resizer = resizer_name(*size) if pictures and samples.shape[2:] != size else ""
    return in_components(Extractor(PRINCIPAL, vectors, resizer=resizer, version="2", device=device), samples)
