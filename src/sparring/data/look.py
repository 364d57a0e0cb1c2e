"""A short look at pictures before a training: how many, how large, how varied, and of which sort."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from sparring.data.spec import Dataset
from sparring.errors import counted

LOOKED_AT = 512  # pictures, evenly spaced in the data
NUMBERS = 2**24  # values of these pictures, at most
NEAR = 2 / 255  # of the range; pixels that differ no more have the colour of the rim
EQUAL = 0.4 / 255  # of the range; less than a step of 8 bits
BACKGROUND, MOSTLY = 0.25, 0.75  # shares of background, above which it is worth a word and is almost all
# A greater share of even pixels is drawn, not photographed; less is needed on a flat background. Measured:
# 0.033 to 0.23 for emoji, icons and digits, which lie on one; 0.005 to 0.04 for photographs and paintings.
DRAWN, DRAWN_ON_BACKGROUND = 0.1, 0.02
# benchmarks/pictures.py: minutes on two CPU cores for pictures of 32 x 32 pixels in colour; the time grows with
# the side, since larger pictures begin small. Grey ones need a minute.
SHAPES, THINGS, MEASURED = 1, 5, 32 * 32
FEW = 500  # pictures, fewer of which give little but variations of themselves
FINE, SMOOTH = 0.15, 0.02  # shares of detail above which pictures are fine, and below which they are smooth


@dataclass(frozen=True)
class Look:
    """What a short look at pictures finds.

    Attributes:
        count: the number of pictures.
        width, height: in pixels.
        grey: whether they have one channel.
        classes: the number of classes; 0 without labels.
        variance: of a pixel over all pictures, on average, where black is -1 and white 1.
        detail: the share of the variance within a picture that is lost when it is shrunk to half: 0.02 is
            smooth, 0.15 has fine lines or texture.
        background: the share of pixels that have the colour of the rim, where the rim has one colour.
        even: the share of the other pixels that equal their neighbours to the right and below: much in
            drawings, hardly any in photographs.
    """

    count: int
    width: int
    height: int
    grey: bool
    classes: int
    variance: float
    detail: float
    background: float
    even: float

    @property
    def drawn(self) -> bool:
        """Whether the pictures look drawn, not photographed or painted."""
        return self.even > (DRAWN_ON_BACKGROUND if self.background > BACKGROUND else DRAWN)

    @property
    def pixels(self) -> int:
        """Pixels of a picture."""
        return self.width * self.height

    @property
    def expected(self) -> str:
        """What a user can expect of a training after which time, as a sentence."""
        few = (
            f" From {counted(self.count, 'picture')} expect variations of what is there: more pictures are "
            "better than more minutes."
        )
        return self._pace() + few * (self.count < FEW)

    @property
    def pace(self) -> tuple[float, float]:
        """After how many minutes shapes can be expected, and things that can be guessed."""
        if self.grey and self.pixels <= MEASURED:
            return SHAPES, SHAPES
        larger = max(1.0, (self.pixels / MEASURED) ** 0.5)
        return SHAPES * larger, THINGS * larger

    def _pace(self) -> str:
        shapes, things = map(duration, self.pace)
        if shapes == things:
            return "On two CPU cores expect clear shapes after about a minute."
        first = "shapes" if self.grey else "colours and shapes"
        return (
            f"On two CPU cores expect {first} after about {shapes}, things that can be guessed after about "
            f"{things}, and fine detail much later; on a GPU it was not measured."
        )

    def __str__(self) -> str:
        """The look in words: "3,317 photographs of 64 x 64 pixels in colour, on a flat background"."""
        noun = "drawing" if self.drawn else "picture" if self.background > MOSTLY else "photograph"
        colour = "grey" if self.grey else "in colour"
        words = [f"{counted(self.count, noun)} of {self.width} x {self.height} pixels", colour]
        if self.background > BACKGROUND:
            words.append(f"on a flat background ({self.background:.0%})")
        if self.detail > FINE or self.detail < SMOOTH:
            words.append("of fine detail" if self.detail > FINE else "smooth")
        if self.classes:
            words.append(f"in {self.classes:,} classes")
        return ", ".join(words)


def duration(minutes: float) -> str:
    """Minutes in words, in hours above 90: "1 minute", "20 minutes", "5 hours"."""
    count, unit = (round(minutes / 60), "hour") if minutes > 90 else (round(minutes), "minute")
    return counted(count, unit)


def look(data: Dataset) -> Look:
    """Look at up to LOOKED_AT pictures of a data set, evenly spaced; it takes well under a second."""
    channels, height, width = data.spec.shape
    count = max(1, min(len(data), LOOKED_AT, NUMBERS // (channels * height * width)))
    pictures = data.batch(torch.arange(count) * len(data) // count).real[:, :3].float()
    background = on_background(pictures)
    even = equal_to_neighbours(pictures) & ~background[..., :-1, :-1]
    others = (~background[..., :-1, :-1]).sum()
    return Look(
        count=len(data),
        width=width,
        height=height,
        grey=channels == 1,
        classes=data.classes,
        variance=float(pictures.var(0, unbiased=False).mean()),
        detail=detail(pictures),
        background=float(background.float().mean()),
        even=float(even.sum() / others.clamp(min=1)),
    )


def detail(pictures: Tensor) -> float:
    """The share of the variance within pictures (N, C, H, W) that is lost when they are shrunk to half."""
    height, width = (side // 2 * 2 for side in pictures.shape[2:])
    if not height * width:
        return 0.0
    whole = pictures[..., :height, :width]
    variance = float(whole.flatten(1).var(1, unbiased=False).mean())
    lost = variance - float(avg_pool2d(whole, 2).flatten(1).var(1, unbiased=False).mean())
    return lost / variance if variance > 0 else 0.0


def on_background(pictures: Tensor) -> Tensor:
    """Which pixels (N, H, W) of pictures (N, C, H, W) have the colour of the rim, where the rim has one colour.

    The rim has one colour if at least half of its pixels have the colour of its median.
    """
    rim = torch.cat(
        [pictures[..., 0, :], pictures[..., -1, :], pictures[..., :, 0], pictures[..., :, -1]], dim=2
    )  # (N, C, rim)
    colour = rim.median(2, keepdim=True).values  # (N, C, 1)
    one = same(rim, colour, NEAR).float().mean(1) >= 0.5  # (N,)
    return same(pictures, colour[..., None], NEAR) & one[:, None, None]


def equal_to_neighbours(pictures: Tensor) -> Tensor:
    """Which pixels (N, H - 1, W - 1) of pictures (N, C, H, W) equal those to the right and below."""
    here = pictures[..., :-1, :-1]
    return same(here, pictures[..., :-1, 1:], EQUAL) & same(here, pictures[..., 1:, :-1], EQUAL)


def same(pictures: Tensor, others: Tensor, near: float) -> Tensor:
    """Whether colours (N, C, …), from -1 to 1, differ by no more than ``near`` of this range, (N, …)."""
    return (pictures - others).abs().amax(1) <= 2 * near
