"""Layers that several networks share."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


def full(values: Tensor) -> Tensor:
    """The values in float32, or in float64 if they have it."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def half_size(pictures: Tensor) -> Tensor:
    """The means of 2 x 2 pixels, (B, C, H, W) -> (B, C, H // 2, W // 2); quicker than ``avg_pool2d``."""
    height, width = (side // 2 * 2 for side in pictures.shape[2:])
    rows = pictures[:, :, 0:height:2] + pictures[:, :, 1:height:2]
    return (rows[..., 0:width:2] + rows[..., 1:width:2]) / 4


class ClassLatent(nn.Module):
    """Appends the one-hot class to the latent: (B, latent_dim), (B,) -> (B, latent_dim + classes).

    Float labels (B, classes) are weights of the classes, for samples between classes.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        if not self.classes:
            return latents
        if labels is None:
            raise ValueError("this generator draws by class: call it with labels (B,), integers.")
        weights = labels if labels.is_floating_point() else nn.functional.one_hot(labels, self.classes)
        return torch.cat([latents, weights.to(latents.dtype)], dim=1)


class ConditionalBatchNorm(nn.Module):
    """BatchNorm with its own scale and shift for each class: (B, C, H, W), (B,) -> (B, C, H, W).

    gamma_y x' + beta_y with the normalised features x' (Dumoulin et al. 2017; Miyato & Koyama 2018).
    Float labels (B, classes) are weights of the classes, for samples between classes.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.scale = nn.Parameter(torch.ones(classes, channels))
        self.shift = nn.Parameter(torch.zeros(classes, channels))

    def forward(self, features: Tensor, labels: Tensor | None) -> Tensor:
        if labels is None:
            raise ValueError("this generator draws by class: call it with labels (B,), integers.")
        if labels.is_floating_point():
            scale, shift = labels @ self.scale, labels @ self.shift
        else:
            scale, shift = self.scale[labels], self.shift[labels]
        normed: Tensor = self.norm(features)
        return scale[:, :, None, None] * normed + shift[:, :, None, None]


class ClassHead(nn.Module):
    """Maps features h (B, F) to one logit per sample (B,): w.h + b, plus V_y.h with classes.

    V_y is the embedding of the class of the sample: the projection discriminator (Miyato & Koyama 2018,
    eq. 7), but on features that are not summed over places.
    """

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(features, 1)
        self.projection = nn.Embedding(classes, features) if classes else None
        if self.projection is not None:
            nn.init.normal_(self.projection.weight, 0.0, 0.02)

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Tensor:
        logits: Tensor = self.linear(features).squeeze(1)
        if self.projection is None:
            return logits
        if labels is None:
            raise ValueError("this discriminator needs classes: call it with labels (B,), integers.")
        projected: Tensor = (self.projection(labels) * features).sum(1)
        return logits + projected


class ModulatedBatchNorm(nn.Module):
    """BatchNorm whose scale and shift follow the latent: (B, C, H, W), (B, latent_dim) -> (B, C, H, W).

    (1 + tanh gamma(z)) x' + beta(z) with the features x' after BatchNorm, gamma and beta linear (Chen et al.
    2019, "On Self Modulation for Generative Adversarial Networks", section 2). The tanh keeps the scale below
    2: without it a few features of some samples grow until they are spots of pure colour.
    """

    def __init__(self, channels: int, latent_dim: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.modulation = nn.Linear(latent_dim, 2 * channels)
        nn.init.normal_(self.modulation.weight, 0.0, 0.02)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, features: Tensor, latents: Tensor) -> Tensor:
        scale, shift = self.modulation(latents)[:, :, None, None].chunk(2, 1)
        modulated: Tensor = (1 + scale.tanh()) * self.norm(features) + shift
        return modulated


class LatentNoise(nn.Module):
    """Adds noise to features (B, C, H, W), as strong in each channel as it learns, for latents (B, latent_dim).

    Noise of its own at each place (Karras et al. 2019, "A Style-Based Generator", section 3.2), for grain and
    brush strokes that a few numbers cannot place. Unlike there it is no second source of chance: a fixed
    random projection of the latent's direction, normal at each pixel. So a latent has one picture, near
    latents have near ones, and a short latent has as much noise as a long one.

    Args:
        channels: C.
        latent_dim: numbers in a latent vector.
        size: (H, W).
        seed: of the projection.
    """

    projection: Tensor

    def __init__(self, channels: int, latent_dim: int, size: tuple[int, int], seed: int) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(channels, 1, 1))
        self.register_buffer("projection", normal_numbers((latent_dim, *size), seed), persistent=False)

    def forward(self, features: Tensor, latents: Tensor) -> Tensor:
        directions = nn.functional.normalize(latents, dim=1, eps=0.01)
        noise = (directions @ self.projection.flatten(1)).view(-1, 1, *features.shape[2:])
        # In the precision of the features: float32 would make all that follows it float32, and slower.
        strength, noise = self.strength.to(features.dtype), noise.to(features.dtype)
        return torch.addcmul(features, strength, noise)


def normal_numbers(shape: tuple[int, ...], seed: int) -> Tensor:
    """The same normal numbers for ever, so that no checkpoint holds them: NumPy promises it of RandomState."""
    return torch.as_tensor(np.random.RandomState(seed).standard_normal(shape), dtype=torch.float32)


class UpsampleConv2d(nn.ConvTranspose2d):
    """Nearest-neighbour enlargement by two, then a 3 x 3 convolution: (B, C, H, W) -> (B, C', 2H, 2W).

    Odena et al. 2016, "Deconvolution and Checkerboard Artifacts", for pictures without a weave of dots. Both
    are one linear map, the transposed convolution of stride 2 whose 4 x 4 kernel is the 3 x 3 one summed
    over the four places of an enlarged pixel; so it costs no more than a transposed convolution.
    """

    def __init__(self, inputs: int, outputs: int, bias: bool = True) -> None:
        super().__init__(inputs, outputs, 3, bias=bias)

    def reset_parameters(self) -> None:
        """Uniform within 1 / sqrt(9 C), as torch initialises a convolution."""
        bound = (9 * len(self.weight)) ** -0.5
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, features: Tensor, output_size: list[int] | None = None) -> Tensor:
        kernel = nn.functional.pad(self.weight, (1, 1, 1, 1))
        kernel = kernel[:, :, 1:] + kernel[:, :, :-1]
        kernel = kernel[..., 1:] + kernel[..., :-1]
        return nn.functional.conv_transpose2d(features, kernel, self.bias, stride=2, padding=1)


class Near(nn.Linear):
    """A convolution over three neighbours in time, as one matrix product: (B, T, C) -> (B, T, C')."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(3 * inputs, outputs)

    def forward(self, features: Tensor) -> Tensor:
        padded = nn.functional.pad(features, (0, 0, 1, 1))
        return super().forward(torch.cat([padded[:, :-2], features, padded[:, 2:]], -1))


class MinibatchDeviation(nn.Module):
    """Shows a discriminator how much the samples of a batch differ: (B, C, H, W) -> (B, C + 1, H, W).

    The new channel holds the standard deviation over groups of samples, averaged over channels and
    places, so that the discriminator notices a generator that repeats itself (Karras et al. 2018,
    section 3). A group consists of neighbours in the batch; its size divides the batch and is at most
    ``group``.
    """

    def __init__(self, group: int = 16) -> None:
        super().__init__()
        self.group = group

    def forward(self, features: Tensor) -> Tensor:
        count = len(features)
        size = max(k for k in range(1, min(count, self.group) + 1) if count % k == 0)
        groups = features.float().unflatten(0, (-1, size))
        # 1e-8 keeps the gradient of the root finite if all samples of a group are equal.
        deviation = (groups.var(1, unbiased=False) + 1e-8).sqrt().flatten(1).mean(1)
        channel = deviation.repeat_interleave(size).view(-1, 1, 1, 1).to(features.dtype)
        return torch.cat([features, channel.expand(-1, 1, *features.shape[2:])], dim=1)


def spectral(network: nn.Module) -> nn.Module:
    """Divide every weight W of a network by its greatest singular value (Miyato et al. 2018, eq. 8).

    The weight of a convolution is used as a matrix (out, in x height x width). The singular value is
    found by one power iteration per forward pass in training; its vectors are buffers and are saved in
    checkpoints.
    """
    for module in list(network.modules()):
        if isinstance(module, nn.Linear | nn.Conv2d | nn.Embedding):
            spectral_norm(module)
    return network


def has_batch_norm(network: nn.Module) -> bool:
    """Whether the network has a BatchNorm layer."""
    return any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in network.modules())


def has_batch_statistics(network: nn.Module) -> bool:
    """Whether the output for a sample depends on its batch; then real and fake need separate batches."""
    deviation = any(isinstance(module, MinibatchDeviation) for module in network.modules())
    return deviation or has_batch_norm(network)
