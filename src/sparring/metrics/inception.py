"""Inception-v3 as TensorFlow published it in 2015, which the FID uses (Heusel et al. 2017).

It differs from later versions in three places: average pooling does not count the padding, the last block
uses max pooling, and pictures are resized as in TensorFlow 1. Layers have the names of the published weights.
The classification layer is missing, since the FID does not use it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, max_pool2d, relu

SIZE, FEATURES = 299, 2048
Kernel = int | tuple[int, int]


class Convolution(nn.Module):
    """Convolution, batch normalisation, ReLU; without padding if ``padded`` is false."""

    def __init__(self, inputs: int, outputs: int, kernel: Kernel, stride: int = 1, padded: bool = True) -> None:
        super().__init__()
        height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (height // 2, width // 2) if padded else 0
        self.conv = nn.Conv2d(inputs, outputs, (height, width), stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        return relu(self.bn(self.conv(x)))


class Layer(NamedTuple):
    """One convolution of a block; ``source`` is the layer whose output it takes, "" the block's input."""

    name: str
    source: str
    outputs: int
    kernel: Kernel


class Block(nn.Module):
    """A block of branches: it concatenates the last layer of each branch and the pooled input.

    ``halve`` halves height and width.
    """

    def __init__(
        self,
        inputs: int,
        layers: list[Layer],
        pool: Callable[[Tensor], Tensor],
        pooled: int = 0,
        halve: bool = False,
    ) -> None:
        super().__init__()
        widths = {"": inputs} | {layer.name: layer.outputs for layer in layers}
        self.sources = {layer.name: layer.source for layer in layers}
        self.ends = [name for name in self.sources if name not in self.sources.values()]
        for name, source, outputs, kernel in layers:
            last = halve and name in self.ends
            self.add_module(name, Convolution(widths[source], outputs, kernel, 2 if last else 1, not last))
        self.pool = pool
        self.branch_pool = Convolution(inputs, pooled, 1) if pooled else nn.Identity()
        self.outputs = sum(widths[name] for name in self.ends) + (pooled or inputs)

    def forward(self, x: Tensor) -> Tensor:
        outputs = {"": x}
        for name, source in self.sources.items():
            outputs[name] = self.get_submodule(name)(outputs[source])
        return torch.cat([*(outputs[name] for name in self.ends), self.branch_pool(self.pool(x))], 1)


def average(x: Tensor) -> Tensor:
    """The mean of each pixel's neighbourhood, which has fewer pixels at the border."""
    return avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


def greatest(x: Tensor) -> Tensor:
    """The maximum of each pixel's neighbourhood."""
    return max_pool2d(x, 3, stride=1, padding=1)


def halving(x: Tensor) -> Tensor:
    """The maximum of every second neighbourhood; halves height and width."""
    return max_pool2d(x, 3, stride=2)


def chain(name: str, *layers: tuple[int, Kernel]) -> list[Layer]:
    """Layers (outputs, kernel) in sequence, named name_1, name_2 …; a single layer is named name."""
    names = [name] if len(layers) == 1 else [f"{name}_{place}" for place in range(1, len(layers) + 1)]
    return [Layer(n, source, *layer) for n, source, layer in zip(names, ["", *names], layers, strict=False)]


def _a(inputs: int, pooled: int) -> Block:
    layers = [
        *chain("branch1x1", (64, 1)),
        *chain("branch5x5", (48, 1), (64, 5)),
        *chain("branch3x3dbl", (64, 1), (96, 3), (96, 3)),
    ]
    return Block(inputs, layers, average, pooled)


def _b(inputs: int) -> Block:
    layers = [*chain("branch3x3", (384, 3)), *chain("branch3x3dbl", (64, 1), (96, 3), (96, 3))]
    return Block(inputs, layers, halving, halve=True)


def _c(inputs: int, inner: int) -> Block:
    flat, tall = (1, 7), (7, 1)
    layers = [
        *chain("branch1x1", (192, 1)),
        *chain("branch7x7", (inner, 1), (inner, flat), (192, tall)),
        *chain("branch7x7dbl", (inner, 1), (inner, tall), (inner, flat), (inner, tall), (192, flat)),
    ]
    return Block(inputs, layers, average, 192)


def _d(inputs: int) -> Block:
    layers = [
        *chain("branch3x3", (192, 1), (320, 3)),
        *chain("branch7x7x3", (192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3)),
    ]
    return Block(inputs, layers, halving, halve=True)


def _e(inputs: int, pool: Callable[[Tensor], Tensor]) -> Block:
    layers = [
        Layer("branch1x1", "", 320, 1),
        Layer("branch3x3_1", "", 384, 1),
        Layer("branch3x3_2a", "branch3x3_1", 384, (1, 3)),
        Layer("branch3x3_2b", "branch3x3_1", 384, (3, 1)),
        Layer("branch3x3dbl_1", "", 448, 1),
        Layer("branch3x3dbl_2", "branch3x3dbl_1", 384, 3),
        Layer("branch3x3dbl_3a", "branch3x3dbl_2", 384, (1, 3)),
        Layer("branch3x3dbl_3b", "branch3x3dbl_2", 384, (3, 1)),
    ]
    return Block(inputs, layers, pool, 192)


def inception_2015() -> nn.Sequential:
    """The network from stretched pictures (B, 3, SIZE, SIZE), (x - 128) / 128, to features (B, FEATURES)."""
    blocks: OrderedDict[str, nn.Module] = OrderedDict(
        Conv2d_1a_3x3=Convolution(3, 32, 3, stride=2, padded=False),
        Conv2d_2a_3x3=Convolution(32, 32, 3, padded=False),
        Conv2d_2b_3x3=Convolution(32, 64, 3),
        pool_1=nn.MaxPool2d(3, stride=2),
        Conv2d_3b_1x1=Convolution(64, 80, 1),
        Conv2d_4a_3x3=Convolution(80, 192, 3, padded=False),
        pool_2=nn.MaxPool2d(3, stride=2),
    )
    mixed: list[tuple[str, Callable[[int], Block]]] = [
        ("5b", partial(_a, pooled=32)), ("5c", partial(_a, pooled=64)), ("5d", partial(_a, pooled=64)),
        ("6a", _b), ("6b", partial(_c, inner=128)), ("6c", partial(_c, inner=160)),
        ("6d", partial(_c, inner=160)), ("6e", partial(_c, inner=192)), ("7a", _d),
        ("7b", partial(_e, pool=average)), ("7c", partial(_e, pool=greatest)),
    ]  # fmt: skip
    width = 192
    for name, make in mixed:
        block = make(width)
        blocks[f"Mixed_{name}"], width = block, block.outputs
    blocks["mean"], blocks["flat"] = nn.AdaptiveAvgPool2d(1), nn.Flatten()
    return nn.Sequential(blocks)


def stretch(pictures: Tensor, height: int, width: int) -> Tensor:
    """Resize bilinearly as TensorFlow 1: output pixel i is read at position i * old / new of the input."""
    return _stretch_axis(_stretch_axis(pictures, 3, width), 2, height)


def _stretch_axis(pictures: Tensor, axis: int, size: int) -> Tensor:
    old = pictures.shape[axis]
    place = torch.arange(size, device=pictures.device, dtype=torch.float32) * (old / size)
    low = place.long()
    below = pictures.index_select(axis, low)
    above = pictures.index_select(axis, (low + 1).clamp_max(old - 1))
    weight = (place - low).view([-1 if a == axis else 1 for a in range(4)])
    return below + (above - below) * weight
