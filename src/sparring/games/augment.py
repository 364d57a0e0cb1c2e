"""Differentiable augmentation of the discriminator's inputs, both real and forged.

A discriminator with few samples learns them by heart. Shown them ever differently it cannot, and the
generator does not learn the alterations as long as each is left out often enough: a transformation
made with a probability below about 0.8 leaves the original law the likeliest explanation of what is
seen (Karras et al. 2020, "Training GANs with limited data", section 2.2).

A transformation is a pure function ``(pictures (B, C, H, W), u (numbers, B), p) -> pictures`` of
uniform random numbers ``u`` in [0, 1); the first of them decide, against p, whether it is made.
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

MOST = 0.8  # adaptive p stays below: beyond, the generator may learn the alterations
REACH = 0.125  # of the sides: how far pictures are shifted
CUT = 0.5  # of the sides: what is cut out


class Transform(NamedTuple):
    """A transformation, the number of uniform numbers that it needs per sample, and the axes of its samples."""

    function: Callable[[Tensor, Tensor, Tensor], Tensor]
    numbers: int
    axes: str = "C H W"


def either(takes: Tensor, value: Tensor, neutral: float) -> Tensor:
    """``value`` (B,) where a sample is altered, else ``neutral``."""
    return torch.where(takes, value, torch.full_like(value, neutral))


def normal(u: Tensor, deviation: float) -> Tensor:
    """Uniform numbers in [0, 1) to normal ones of this standard deviation; never infinite."""
    drawn: Tensor = torch.special.ndtri(u.clamp_min(2.0**-25)) * deviation
    return drawn


def mirror(pictures: Tensor, u: Tensor, p: Tensor) -> Tensor:
    """Mirror left and right, in half of the cases (ADA's x-flip)."""
    flips = (u[0] < p) & (u[1] < 0.5)
    return torch.where(flips.view(-1, 1, 1, 1), pictures.flip(3), pictures)


def quarter_turns(pictures: Tensor, u: Tensor, p: Tensor) -> Tensor:
    """By 0, 90, 180 or 270 degrees, each as likely (ADA); square pictures only.

    Raises:
        ValueError: pictures that are not square.
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
    """Set a box of half of each side, with a random centre, to 0 (Zhao et al. 2020)."""
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
    """ADA's shifts, scalings and rotations as one affine map, what moves in being a reflection.

    In Karras et al. 2020's order (appendix B): whole-pixel shift, scaling, rotation, scaling of x
    against y, rotation, shift. Each rotation is made with probability 1 - sqrt(1 - p), so that
    one of the two is with p. The laws are symmetric: what is drawn is taken for the inverse map.
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
    (x + brightness). Of grey pictures only the first three are left; alpha keeps its values.
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
    """r_t = E[sign D(x)] (): 1 where every real is known for real, 0 at a guess (Karras et al. 2020)."""
    return real.sign().mean()


class Augmentation(nn.Module):
    """Applies transformations one after the other, each with probability p.

    With a ``target`` p adapts (Karras et al. 2020, section 3): ``overfitting`` tells from the logits
    of a batch how well the discriminator knows its reals; above the target p rises, below it falls,
    from 0 to 1 in ``samples_to_one`` samples, 0 to MOST at the most. p is a buffer, and so part of
    a checkpoint. Karras et al. adapt every fourth batch on the mean of four; here each does.

    Args:
        transforms: such as ``[COLOUR, TRANSLATION, CUTOUT]`` or ``[GEOMETRY, COLOUR_MATRIX]``.
        p: the probability, or, with a target, where it begins.
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
        """Pictures (B, C, H, W) as uniform numbers ``u`` (B, numbers) have them seen.

        Raises:
            ValueError: what comes are not pictures.
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
        """Move p after so many samples, on which ``overfitting`` () was found."""
        if self.target:
            step = (overfitting - self.target).sign() * (samples / self.samples_to_one)
            self.p.add_(step.to(self.p.dtype)).clamp_(0, MOST)


AUGMENTATIONS: dict[str, tuple[Transform, ...]] = {  # by the name that --augment takes
    "none": (),
    "diffaugment": (COLOUR, TRANSLATION, CUTOUT),
    "ada": (GEOMETRY, COLOUR_MATRIX),
}


def of(chosen: AugmentationConfig, loss: str, spec: Spec) -> Augmentation | None:
    """What is altered of such samples; None where nothing is. ``loss`` is the game's, by name.

    Raises:
        ConfigError: samples that cannot be altered so.
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
    """Angles (B,) to rotations of the plane (B, 2, 2)."""
    cosine, sine = angle.cos(), angle.sin()
    return torch.stack([cosine, -sine, sine, cosine], 1).view(-1, 2, 2)


def warp(pictures: Tensor, linear: Tensor, shift: Tensor, outside: str) -> Tensor:
    """What is seen at y of a picture is what it has at ``linear`` (B, 2, 2) y + ``shift`` (B, 2).

    Places are x, y in pixels from the middle; between pixels values are bilinear. A picture whose
    map is the identity comes back exactly. ``outside`` is grid_sample's padding mode.
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
        ValueError: another number of channels than 1, 3 or 4.
    """
    if pictures.shape[1] not in (1, 3, 4):
        raise ValueError(f"pictures of {pictures.shape[1]} channels have no known colours: give 1, 3 or 4.")
    return pictures[:, :3], pictures[:, 3:]


# Sampling is linear in the picture, so its second derivative is sampling again. Written out because
# older torch (2.6 among it) cannot differentiate grid_sample twice, which R1 needs.
class _Sample(torch.autograd.Function):
    """grid_sample with a gradient for the pictures alone."""

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
