"""Features of pictures as a network trained on ImageNet sees them: frozen, small, and inside the package.

A discriminator that sees them besides pixels need not learn first what an edge or an eye is (Sauer et al.
2021, "Projected GANs Converge Faster"; Kumari et al. 2022, "Ensembling Off-the-shelf Models for GAN Training").
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import conv2d, interpolate, leaky_relu, pad, relu6

from sparring.networks.blocks import ClassHead, full, half_size

WEIGHTS = Path(__file__).with_name("imagenet.safetensors")
STEM = 32  # channels of the first convolution
# EfficientNet-Lite0 up to its fifth stage (Tan & Le 2019): channels, expansion, kernel, stride and blocks.
STAGES = ((16, 1, 3, 1, 1), (24, 6, 3, 2, 2), (40, 6, 5, 2, 2), (80, 6, 3, 2, 3), (112, 6, 5, 1, 3))
SEEN = (1, 2, 3, 4)  # the stages whose features are given on
CHANNELS = tuple(STAGES[stage][0] for stage in SEEN)
STRIDE = 4  # pixels between neighbours of the first features that are seen
SEEN_FROM = 64  # pixels of the shorter side, at least, that features see of larger pictures
LEAST_SIDE = 16  # pixels of the smallest pictures that pass through all stages; smaller ones are enlarged
HIDDEN = 64  # channels before each logit
SLOPE = 0.2  # of the leaky ReLU


class FeatureDiscriminator(nn.Module):
    """Maps pictures (B, C, H, W) to logits (B,) through frozen features: each stage has a small head.

    Args:
        halvings: how often pictures are halved first. Shapes are told from small pictures, at little
            cost; detail is left to a discriminator that sees pixels.
        classes: number of classes; 0: without labels.
        side: smaller pictures are enlarged to as many pixels as ``side`` x ``side`` has. Of 32 x 32 pixels
            the last stages would keep only 2 x 2 places, too few to tell things apart.
    """

    def __init__(self, halvings: int = 0, classes: int = 0, side: int = 0) -> None:
        super().__init__()
        self.halvings, self.side = halvings, side
        self.features = ImageNetFeatures()
        self.hidden = nn.ModuleList(nn.Conv2d(count, HIDDEN, 1) for count in CHANNELS)
        self.heads = nn.ModuleList(ClassHead(HIDDEN, classes) for _ in CHANNELS)

    def forward(self, pictures: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.judge(self.see(pictures), labels)

    def see(self, pictures: Tensor) -> list[Tensor]:
        """The features of pictures (B, C, H, W) at each stage, (B, CHANNELS[k], h, w)."""
        for _ in range(self.halvings):
            pictures = half_size(pictures)
        seen: list[Tensor] = self.features(enlarged(pictures, self.side))
        return seen

    def judge(self, seen: Sequence[Tensor], labels: Tensor | None = None) -> Tensor:
        """The logits (B,) of features as ``see`` gives them."""
        of_stages = [
            head(leaky_relu(hidden(one), SLOPE).mean((2, 3)), labels)
            for hidden, head, one in zip(self.hidden, self.heads, seen, strict=True)
        ]
        return full(torch.stack(of_stages).sum(0))


class ImageNetFeatures(nn.Module):
    """Maps pictures (B, C, H, W) in [-1, 1] to the features of four stages, (B, CHANNELS[k], h, w).

    The sides h and w are a 4th, an 8th, a 16th and a 16th of H and W. Grey pictures count as colour; of more
    than three channels the first three are seen. Nothing here learns, and nothing is part of a checkpoint.
    """

    def __init__(self) -> None:
        super().__init__()
        weights = _weights()
        self.stem = Convolution(weights, "stem", stride=2)
        before, stages = STEM, []
        for index, (channels, expansion, _, stride, count) in enumerate(STAGES):
            blocks = []
            for block in range(count):
                name = f"{index}.{block}"
                first = block == 0
                blocks.append(Block(weights, name, stride if first else 1, expansion > 1, before == channels))
                before = channels
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        colours = pictures.shape[1]
        if (side := min(pictures.shape[2:])) < LEAST_SIDE:
            pictures = interpolate(pictures, scale_factor=-(-LEAST_SIDE // side))
        x = pictures[:, :3] if colours >= 3 else pictures[:, :1].expand(-1, 3, -1, -1)
        x = relu6(self.stem(x), inplace=True)
        found = []
        for stage in self.stages:
            x = stage(x)
            found.append(x)
        return [found[stage] for stage in SEEN]


class Block(nn.Module):
    """An inverted residual block (Sandler et al. 2018) without squeeze-and-excitation, norms folded in."""

    def __init__(
        self, weights: dict[str, Tensor], name: str, stride: int, expands: bool, same_channels: bool
    ) -> None:
        super().__init__()
        self.expand = Convolution(weights, f"{name}.expand") if expands else None
        self.depthwise = Convolution(weights, f"{name}.depthwise", stride=stride)
        self.project = Convolution(weights, f"{name}.project")
        self.residual = same_channels and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        wide = x if self.expand is None else relu6(self.expand(x), inplace=True)
        y: Tensor = self.project(relu6(self.depthwise(wide)))
        return x + y if self.residual else y


class Convolution(nn.Module):
    """A convolution whose weights are fixed, padded as TensorFlow pads pictures with even sides."""

    weight: Tensor
    bias: Tensor

    def __init__(self, weights: dict[str, Tensor], name: str, *, stride: int = 1) -> None:
        super().__init__()
        for part in ("weight", "bias"):
            value = weights[f"{name}.{part}"]
            self.register_buffer(part, torch.empty(value.shape).copy_(value), persistent=False)
        self.padding = around(self.weight.shape[-1], stride)
        self.depthwise = self.weight.shape[1] == 1
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        before, after = self.padding
        if self.depthwise:  # on a CPU, the gradient of one with a stride is many times slower than this
            y = conv2d(x, self.weight, self.bias, padding=after, groups=x.shape[1])
            first = after - before
            return y[:, :, first :: self.stride, first :: self.stride]
        x = pad(x, 2 * self.padding) if after else x
        return conv2d(x, self.weight, self.bias, self.stride)


def enlarged(pictures: Tensor, side: int) -> Tensor:
    """Pictures (B, C, H, W) of at least about ``side`` x ``side`` pixels; smaller ones are interpolated.

    It is their number that counts, so that long strips do not become huge.
    """
    times = side / math.prod(pictures.shape[2:]) ** 0.5
    if times <= 1:
        return pictures
    return interpolate(pictures, [round(times * pixels) for pixels in pictures.shape[2:]], mode="bilinear")


def around(kernel: int, stride: int) -> tuple[int, int]:
    """Pixels that are added before and behind along both sides, so that these are divided by the stride."""
    before = (kernel - stride) // 2
    return before, kernel - stride - before


@lru_cache(maxsize=1)
def _weights() -> dict[str, Tensor]:
    return {name: value.float() for name, value in load_file(WEIGHTS).items()}
