"""Differentiable augmentation of the discriminator's inputs, both real and forged.

A discriminator with few samples memorises them; random transformations of the samples prevent this. The
generator does not learn a transformation that is left out often enough: if its probability is below about
0.8, the original distribution remains the most likely explanation of what the discriminator sees (Karras et
al. 2020, "Training GANs with limited data", section 2.2).

A transformation is a pure function ``(pictures (B, C, H, W), u (numbers, B), p) -> pictures`` of
uniform random numbers ``u`` in [0, 1). Some of these are compared with p to decide whether it is applied.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import affine_grid, grid_sample

from sparring import kinds
from sparring.config.groups import AugmentationConfig
from sparring.data.spec import Spec
from sparring.errors import ConfigError
from sparring.games.logits import sign_of_pairs
from sparring.games.losses import AROUND_ZERO

MOST = 0.8  # the limit of adaptive p; above it the generator may learn the transformations
REACH = 0.125  # of the sides: the size of shifts
CUT = 0.5  # of the sides: the size of the box that is cut out


class Transform(NamedTuple):
    """A transformation, the number of uniform numbers that it needs per sample, and the axes of its samples."""

    function: Callable[[Tensor, Tensor, Tensor], Tensor]
    numbers: int
    axes: str = "C H W"


def either(takes: Tensor, value: Tensor, neutral: float) -> Tensor:
    """``value`` (B,) where a sample is altered, else ``neutral``."""
    return torch.where(takes, value, torch.full_like(value, neutral))


def normal(u: Tensor, deviation: float) -> Tensor:
    """Turn uniform numbers in [0, 1) into finite normal ones of this standard deviation."""
    drawn: Tensor = torch.special.ndtri(u.clamp_min(2.0**-25)) * deviation
    return drawn


def mirror(pictures: Tensor, u: Tensor, p: Tensor) -> Tensor:
    """Mirror left and right, in half of the cases (ADA's x-flip)."""
    flips = (u[0] < p) & (u[1] < 0.5)
    return torch.where(flips.view(-1, 1, 1, 1), pictures.flip(3), pictures)


def quarter_turns(pictures: Tensor, u: Tensor, p: Tensor) -> Tensor:
    """Rotate by 0, 90, 180 or 270 degrees with equal probability (ADA).

    Raises:
        ValueError: the pictures are not square.
    """
    if pictures.shape[2] != pictures.shape[3]:
        raise ValueError(f"pictures of {tuple(pictures.shape[2:])} pixels cannot be turned by 90 degrees.")
    turns = either(u[0] < p, (4 * u[1]).floor(), 0).view(-1, 1, 1, 1)
    seen = pictures
    for k in (1, 2, 3):
        seen = torch.where(turns == k, pictures.rot90(k, (2, 3)), seen)
    return seen


def colour(pictures: Tensor, u: Tensor, p: Tensor) -> Tensor:
    """DiffAugment's colour: brightness, then saturation, then contrast (Zhao et al. 2020).

    An alpha channel keeps its values.
    """
    takes = u[0] < p
    by = torch.stack([either(takes, u[1] - 0.5, 0), either(takes, 2 * u[2], 1), either(takes, u[3] + 0.5, 1)])
    brightness, saturation, contrast = by.view(3, -1, 1, 1, 1)
    painted, alpha = _without_alpha(pictures)
    seen = painted + brightness
    grey = seen.mean(1, keepdim=True)
    seen = grey + saturation * (seen - grey)
    middle = seen.mean((1, 2, 3), keepdim=True)
    seen = middle + contrast * (seen - middle)
    return torch.cat([torch.where(takes.view(-1, 1, 1, 1), seen, painted), alpha], 1)


def translation(pictures: Tensor, u: Tensor, p: Tensor) -> Tensor:
    """Shift by whole pixels, at most an eighth of each side, and fill with 0 (Zhao et al. 2020)."""
    takes = u[0] < p
    sides = (pictures.shape[3], pictures.shape[2])  # x, y
    most = [int(side * REACH + 0.5) for side in sides]
    shift = torch.stack(
        [either(takes, ((2 * m + 1) * v).floor() - m, 0) for m, v in zip(most, u[1:], strict=True)], 1
    )
    straight = torch.eye(2, device=u.device).expand(len(shift), 2, 2)
    return warp(pictures, straight, shift, "zeros")


def cutout(pictures: Tensor, u: Tensor, p: Tensor) -> Tensor:
    """Set a box, half as wide and high as the picture and with a random centre, to 0 (Zhao et al. 2020)."""
    takes = u[0] < p
    inside = []
    for side, v in zip(pictures.shape[2:], u[1:], strict=True):
        size = int(side * CUT + 0.5)
        centre = ((side + 1 - size % 2) * v).floor()  # (B,)
        place = torch.arange(side, device=u.device) - (centre - size // 2)[:, None]
        inside.append((place >= 0) & (place < size))  # (B, side)
    rows, columns = inside
    cut = takes[:, None, None] & rows[:, :, None] & columns[:, None, :]
    return pictures.masked_fill(cut[:, None], 0)


def geometry(pictures: Tensor, u: Tensor, p: Tensor) -> Tensor:
    """ADA's shifts, scalings and rotations as one affine map; what comes into view is a reflection.

    The order is that of Karras et al. 2020 (appendix B): whole-pixel shift, scaling, rotation, scaling of x
    against y, rotation, shift. Each rotation is applied with probability 1 - sqrt(1 - p), so that at least
    one of the two is applied with probability p. The distributions are symmetric, so the numbers drawn can
    stand for the inverse map.
    """
    sides = u.new_tensor([pictures.shape[3], pictures.shape[2]])  # x, y
    turning = 1 - (1 - p).sqrt()
    octave = 0.2 * math.log(2)
    pixels = either(u[0] < p, (2 * u[1:3] - 1) * REACH, 0).T.mul(sides).round()  # (B, 2)
    scale = either(u[3] < p, normal(u[4], octave).exp(), 1)
    first = either(u[5] < turning, (2 * u[6] - 1) * math.pi, 0)
    stretch = either(u[7] < p, normal(u[8], octave).exp(), 1)
    second = either(u[9] < turning, (2 * u[10] - 1) * math.pi, 0)
    shift = either(u[11] < p, normal(u[12:14], REACH), 0).T * sides
    axes = torch.stack([scale * stretch, scale / stretch], 1)
    linear = rotation(first) * axes[:, None, :] @ rotation(second)
    return warp(pictures, linear, pixels + (linear @ shift[:, :, None]).squeeze(2), "reflection")


def colour_matrix(pictures: Tensor, u: Tensor, p: Tensor) -> Tensor:
    """ADA's brightness, contrast, luma flip, hue and saturation as one matrix (appendix B).

    With v the grey axis: x -> (flip v v^T + saturation (rotation by hue about v)) contrast
    (x + brightness). Grey pictures have only the first three changes. An alpha channel keeps its
    values.
    """
    brightness = either(u[0] < p, normal(u[1], 0.2), 0)
    contrast = either(u[2] < p, normal(u[3], 0.5 * math.log(2)).exp(), 1)
    flip = either(u[4] < p, 1 - 2 * (u[5] < 0.5).to(u.dtype), 1)
    hue = either(u[6] < p, (2 * u[7] - 1) * math.pi, 0)
    saturation = either(u[8] < p, normal(u[9], math.log(2)).exp(), 1)
    painted, alpha = _without_alpha(pictures)
    luma = flip * contrast
    offset = (luma * brightness).view(-1, 1, 1, 1)
    if painted.shape[1] == 1:
        seen = luma.view(-1, 1, 1, 1) * painted + offset
        altered = (luma != 1) | (brightness != 0)
    else:
        grey = u.new_full((3, 3), 1 / 3)
        across = (torch.eye(3, device=u.device) - grey).to(u.dtype)
        cross = u.new_tensor([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
        chroma = contrast * saturation
        parts = torch.stack([luma, chroma * hue.cos(), chroma * hue.sin()], 1)  # (B, 3)
        matrix = torch.einsum("bk,kij->bij", parts, torch.stack([grey, across, cross]))
        seen = torch.einsum("bij,bjhw->bihw", matrix.to(painted.dtype), painted) + offset
        altered = (luma != 1) | (brightness != 0) | (chroma != 1) | (hue != 0)
    return torch.cat([torch.where(altered.view(-1, 1, 1, 1), seen, painted), alpha], 1)


MIRROR = Transform(mirror, 2)
QUARTER_TURNS = Transform(quarter_turns, 2)
COLOUR = Transform(colour, 4)
TRANSLATION = Transform(translation, 3)
CUTOUT = Transform(cutout, 3)
GEOMETRY = Transform(geometry, 14)
COLOUR_MATRIX = Transform(colour_matrix, 10)


def sign_of_reals(real: Tensor, fake: Tensor) -> Tensor:
    """r_t = E[sign D(x)] (): 1 if D recognises every real sample, 0 if D guesses (Karras et al. 2020)."""
    return real.sign().mean()


class Augmentation(nn.Module):
    """Applies transformations one after the other, each with probability p.

    With a ``target``, p adapts (Karras et al. 2020, section 3). ``overfitting`` computes from the logits of a
    batch how well the discriminator knows its real samples. Above the target p rises, and below the target p
    falls, by 1 in ``samples_to_one`` samples; it stays in [0, MOST]. p is a buffer, so it is part of a
    checkpoint. Karras et al. adapt p at every fourth batch, on the mean of four; here p adapts at every batch.

    Args:
        transforms: such as ``[COLOUR, TRANSLATION, CUTOUT]`` or ``[GEOMETRY, COLOUR_MATRIX]``.
        p: the probability; with a target, its value at the start.
    """

    p: Tensor

    def __init__(
        self,
        transforms: Sequence[Transform],
        p: float = 0.0,
        *,
        target: float = 0.0,
        samples_to_one: float = 500_000,
        overfitting: Callable[[Tensor, Tensor], Tensor] = sign_of_reals,
    ) -> None:
        super().__init__()
        self.transforms = tuple(transforms)
        self.numbers = sum(transform.numbers for transform in transforms)
        self.target, self.samples_to_one, self.overfitting = target, samples_to_one, overfitting
        self.register_buffer("p", torch.tensor(float(p)))

    def forward(self, pictures: Tensor, u: Tensor) -> Tensor:
        """Transform pictures (B, C, H, W) according to uniform numbers ``u`` (B, numbers).

        Raises:
            ValueError: the samples are not pictures.
        """
        if pictures.ndim != 4:
            raise ValueError(f"samples of shape {tuple(pictures.shape[1:])} are not pictures (C, H, W).")
        for transform, numbers in zip(
            self.transforms, u.T.split([t.numbers for t in self.transforms]), strict=True
        ):
            pictures = transform.function(pictures, numbers, self.p)
        return pictures

    @torch.no_grad()
    def adapt(self, overfitting: Tensor, samples: int) -> None:
        """Move p after this number of samples, whose ``overfitting`` () is given."""
        if self.target:
            step = (overfitting - self.target).sign() * (samples / self.samples_to_one)
            self.p.add_(step.to(self.p.dtype)).clamp_(0, MOST)


AUGMENTATIONS: dict[str, tuple[Transform, ...]] = {  # by the name that --augment takes
    "none": (),
    "diffaugment": (COLOUR, TRANSLATION, CUTOUT),
    "ada": (GEOMETRY, COLOUR_MATRIX),
}


def of(chosen: AugmentationConfig, loss: str, spec: Spec) -> Augmentation | None:
    """The augmentation of such samples that the options choose; None without one.

    Args:
        loss: the name of the game's loss.

    Raises:
        ConfigError: such samples cannot be augmented in this way.
    """
    flips = (MIRROR,) * chosen.augment_flip + (QUARTER_TURNS,) * chosen.augment_turn
    transforms = flips + AUGMENTATIONS[chosen.augment]
    if not transforms:
        return None
    kind = kinds.of(spec)
    if strange := [transform.axes for transform in transforms if not kind.fits(transform.axes)]:
        raise ConfigError(
            f"augment alters samples with the axes {strange[0]}, those of this data are {kind.axes} "
            f"({spec.kind} of shape {spec.shape}): use --augment none. For few samples try --lecam-weight 0.3 "
            "or --instance-noise 0.1."
        )
    if chosen.augment_turn and spec.shape[1] != spec.shape[2]:
        raise ConfigError(f"augment_turn needs square pictures, these are {spec.shape}: leave it out.")
    return Augmentation(
        transforms,
        chosen.augment_p,
        target=chosen.augment_target or 0.0,
        samples_to_one=chosen.augment_samples,
        overfitting=sign_of_reals if loss in AROUND_ZERO else sign_of_pairs,
    )


def rotation(angle: Tensor) -> Tensor:
    """The matrices (B, 2, 2) of rotations of the plane by angles (B,)."""
    cosine, sine = angle.cos(), angle.sin()
    return torch.stack([cosine, -sine, sine, cosine], 1).view(-1, 2, 2)


def warp(pictures: Tensor, linear: Tensor, shift: Tensor, outside: str) -> Tensor:
    """Map pictures: the result at y is the picture at ``linear`` (B, 2, 2) y + ``shift`` (B, 2).

    Positions are x, y in pixels from the middle; values between pixels are interpolated bilinearly. The
    identity returns a picture exactly. ``outside`` is the padding mode of grid_sample.
    """
    half = linear.new_tensor([pictures.shape[3], pictures.shape[2]]) / 2
    theta = torch.cat([linear * half / half[:, None], (shift / half)[:, :, None]], 2)
    grid = affine_grid(theta, list(pictures.shape), align_corners=False).to(pictures.dtype)
    still = torch.eye(2, 3, device=theta.device)
    moved = (theta != still).flatten(1).any(1).view(-1, 1, 1, 1)
    seen: Tensor = _Sample.apply(pictures, grid, outside)  # type: ignore[no-untyped-call]
    return torch.where(moved, seen, pictures)


def _without_alpha(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """The colour channels (1 or 3), and the alpha channel or no channel.

    Raises:
        ValueError: the number of channels is not 1, 3 or 4.
    """
    if pictures.shape[1] not in (1, 3, 4):
        raise ValueError(f"pictures of {pictures.shape[1]} channels have no known colours: give 1, 3 or 4.")
    return pictures[:, :3], pictures[:, 3:]


# R1 differentiates grid_sample twice, which older versions of torch (such as 2.6) cannot do. Sampling is
# linear in the picture, so the derivative of its derivative is sampling again.
class _Sample(torch.autograd.Function):
    """grid_sample with a gradient only for the pictures."""

    @staticmethod
    def forward(ctx: Any, pictures: Tensor, grid: Tensor, outside: str) -> Tensor:
        ctx.save_for_backward(grid)
        ctx.outside, ctx.size = outside, pictures.shape
        return grid_sample(pictures, grid, padding_mode=outside, align_corners=False)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (grid,) = ctx.saved_tensors
        spread: Tensor = _Spread.apply(gradients[0], grid, ctx.outside, ctx.size)  # type: ignore[no-untyped-call]
        return spread, None, None


class _Spread(torch.autograd.Function):
    """The adjoint of sampling: adds up all contributions to each pixel."""

    @staticmethod
    def forward(ctx: Any, seen: Tensor, grid: Tensor, outside: str, size: torch.Size) -> Tensor:
        ctx.save_for_backward(grid)
        ctx.outside = outside
        with torch.enable_grad():
            pictures = seen.new_zeros(size, requires_grad=True)
            sampled = grid_sample(pictures, grid, padding_mode=outside, align_corners=False)
            (spread,) = torch.autograd.grad(sampled, pictures, seen)
        return spread

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        (grid,) = ctx.saved_tensors
        sampled: Tensor = _Sample.apply(gradients[0], grid, ctx.outside)  # type: ignore[no-untyped-call]
        return sampled, None, None, None
