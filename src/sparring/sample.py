"""Drawing from a generator: latents, interpolation, grids, animations, files."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin
from torch import Tensor, nn

from sparring import layout, memory
from sparring.arguments import number, plain
from sparring.arguments import whole as whole_number
from sparring.data.spec import Spec
from sparring.errors import ConfigError, RunError, counted, unknown
from sparring.files import whole
from sparring.metrics.features import to_uint8

Array = NDArray[Any]
CHUNK = 500  # samples drawn at a time
SIGNATURE = "sparring"  # the "Software" of drawn pictures; PNG has this keyword for who wrote it
TITLE = 11  # pixels, the height of letters
MOST = 2**40  # samples of a draw, or numbers in a latent, before their memory is looked at
MOST_COLUMNS = 10_000


@torch.no_grad()
def draw(
    generator: nn.Module,
    latents: Tensor,
    labels: Tensor | None = None,
    decode: Callable[[Tensor], Tensor] = lambda encoded: encoded,
) -> Tensor:
    """Encoded samples (N, *shape) for latents (N, latent_dim), in evaluation mode, a chunk at a time.

    ``decode`` is done to each chunk: bytes take a quarter of the memory.
    """
    training = generator.training
    generator.eval()
    device = next(generator.parameters()).device
    drawn = torch.empty(0)
    for start in range(0, max(len(latents), 1), CHUNK):  # none at all still has a shape
        part = latents[start : start + CHUNK].to(device)
        of = () if labels is None else (labels[start : start + CHUNK].to(device),)
        part = decode(generator(part, *of).cpu())
        if not start:
            memory.check_drawing(len(latents), part)
            drawn = part.new_empty((len(latents), *part.shape[1:]))
        drawn[start : start + CHUNK] = part
    generator.train(training)
    return drawn


def decoded(generator: nn.Module, spec: Spec, latents: Tensor, labels: Tensor | None = None) -> Tensor:
    """The same in the data's own values."""
    return draw(generator, latents, labels, spec.decode)


def eight_bit(samples: Tensor, spec: Spec) -> Tensor:
    """Decoded pictures as 8 bits, whatever the data's own type, to be measured; points as they are."""
    return to_uint8(spec.encode(samples)) if spec.kind == "image" and spec.dtype != "uint8" else samples


def to_measure(generator: nn.Module, latents: Tensor, labels: Tensor | None, spec: Spec) -> Tensor:
    """The samples for latents (N, latent_dim) as features are taken of them."""
    return draw(generator, latents, labels, lambda encoded: eight_bit(spec.decode(encoded), spec))


def random_latents(count: int, latent_dim: int, seed: int, truncation: float = 1.0) -> Tensor:
    """``truncation`` times N(0, I): below 1 the samples are more typical and less varied.

    Raises:
        ConfigError: a count or a seed that is none, or more latents than the memory holds.
    """
    count, latent_dim = _count(count), whole_number("latent_dim", latent_dim, 1, MOST)
    truncation = number("truncation", truncation, 0)
    latents = f"{counted(count, 'latent')} of {counted(latent_dim, 'number')}"
    memory.refuse_beyond(count * latent_dim * memory.NUMBER, latents, "Draw fewer at a time: --count.")
    rng = _stream(seed)
    return truncation * torch.randn(count, latent_dim, generator=rng)


def _count(count: int) -> int:
    return whole_number("count", count, 0, MOST)


def _stream(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(whole_number("seed", seed, -(2**63), 2**64 - 1))


def samples(
    generator: nn.Module,
    spec: Spec,
    latent_dim: int,
    count: int,
    labels: Any = None,
    seed: int = 0,
    truncation: float = 1.0,
    class_counts: Sequence[int] = (),
) -> Array:
    """Decoded samples (count, *shape) of the classes that the user names.

    Raises:
        ConfigError: an argument that does not fit.
    """
    latents = random_latents(count, latent_dim, seed, truncation)
    indices = label_indices(labels, len(latents), spec, class_counts, seed)
    drawn: Array = decoded(generator, spec, latents, indices).numpy()
    return drawn


def label_indices(
    labels: Any, count: int, spec: Spec, class_counts: Sequence[int] = (), seed: int = 0
) -> Tensor | None:
    """Class indices (count,) for what the user calls the classes; None without classes.

    Clusters, which have no names, come up as often as in the data where ``class_counts`` says how often.
    """
    names = spec.class_names
    if not names or spec.clusters:
        if labels is not None:
            raise ConfigError("this GAN was trained without labels: leave labels out.")
        return drawn_labels(count, class_counts, seed) if class_counts else even_labels(count, len(names))
    if labels is None:
        return even_labels(count, len(names))
    if isinstance(labels, Tensor) and labels.is_meta:
        raise ConfigError("labels are on torch's meta device, without values: make them on the CPU.")
    if isinstance(labels, Tensor | np.ndarray | np.generic):
        labels = labels.tolist()
    alone = isinstance(labels, str) or not isinstance(labels, Iterable)
    listed = [plain(label) for label in ([labels] * count if alone else labels)]
    if len(listed) != count:
        given, wanted = counted(len(listed), "label"), counted(count, "sample")
        raise ConfigError(f"{given} for {wanted}: give one, or one for each.")
    numbers = any(name.lstrip("-").isdigit() for name in names)
    indices = []
    for label in listed:
        if str(label) in names:
            indices.append(names.index(str(label)))
        elif type(label) is int and not numbers and 0 <= label < len(names):
            indices.append(label)
        else:
            raise ConfigError(unknown("label", str(label), names))
    return torch.tensor(indices, dtype=torch.long)


def even_labels(count: int, classes: int) -> Tensor | None:
    """0, 1, 2 … over and over, (count,); None without classes."""
    return torch.arange(_count(count)) % classes if classes else None


def natural_labels(count: int, class_counts: Sequence[int]) -> Tensor | None:
    """Labels (count,) in the proportions of the training data; None without classes.

    To compare samples with real data: another mix of classes alone moves a Fréchet distance. They are
    shuffled, the same way each time, so that a part of them has all classes too.
    """
    count = _count(count)
    if not class_counts:
        return None
    bounds = torch.tensor([0, *class_counts], dtype=torch.float64).cumsum(0)
    times = (bounds / bounds[-1] * count).round().long().diff()
    return torch.arange(len(class_counts)).repeat_interleave(times)[torch.randperm(count, generator=_stream(0))]


def drawn_labels(count: int, class_counts: Sequence[int], seed: int) -> Tensor:
    """Labels (count,) at random, each class as likely as in the training data.

    Systematic draws, shuffled: each class comes up to one time more or less often than its share.
    """
    rng, count = _stream(seed), _count(count)
    bounds = torch.tensor([0, *class_counts], dtype=torch.float64).cumsum(0)
    places = bounds / bounds[-1] * count + torch.rand(1, generator=rng, dtype=torch.float64)
    times = places.floor().long().diff()
    return torch.arange(len(class_counts)).repeat_interleave(times)[torch.randperm(count, generator=rng)]


def slerp(start: Tensor, end: Tensor, share: float) -> Tensor:
    """Spherical interpolation of latents (N, latent_dim) (Shoemake 1985; White 2016 for GANs)."""
    a, b = nn.functional.normalize(start, dim=1), nn.functional.normalize(end, dim=1)
    angle = (a * b).sum(1, keepdim=True).clamp(-1, 1).acos()
    sine = angle.sin()
    near = sine < 1e-6
    safe = torch.where(near, torch.ones_like(sine), sine)
    first = torch.where(near, 1 - share, ((1 - share) * angle).sin() / safe)
    second = torch.where(near, share, (share * angle).sin() / safe)
    return first * start + second * end


def walk(stops: Tensor, frames: int) -> Tensor:
    """A closed spherical walk through latents (K, latent_dim): (frames, latent_dim)."""
    places = torch.arange(frames) * len(stops) / frames
    after = stops.roll(-1, 0)
    steps = [
        slerp(stops[k : k + 1], after[k : k + 1], float(place) - k) for place in places for k in [int(place)]
    ]
    return torch.cat(steps)


def blend(labels: Tensor, classes: int, frames: int) -> Tensor:
    """Class weights (frames, classes) that go with ``walk`` from one stop's label (K,) to the next."""
    stops = nn.functional.one_hot(labels, classes).float()
    places = torch.arange(frames) * len(labels) / frames
    share = (places % 1).unsqueeze(1)
    return torch.lerp(stops[places.long()], stops.roll(-1, 0)[places.long()], share)


def grid(samples: Array, spec: Spec, columns: int | None = None, gap: int = 2) -> Image.Image:
    """One picture of many samples (N, *shape) in rows; points become a scatter plot."""
    if spec.kind == "points":
        return scatter(samples, spec)
    if len(samples) == 0:
        raise ConfigError("there is nothing to show: draw at least one sample.")
    columns = columns if columns is None else whole_number("columns", columns, 1, MOST_COLUMNS)
    tiles = to_pixels(samples, spec)
    count, height, width, colours = tiles.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    sheet = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap, colours), 40, np.uint8)
    for k, tile in enumerate(tiles):
        top, left = gap + k // columns * (height + gap), gap + k % columns * (width + gap)
        sheet[top : top + height, left : left + width] = tile
    return to_image(sheet)


def titled(sheet: Image.Image, titles: Sequence[str], columns: int) -> Image.Image:
    """A sheet with the titles, over and over, above its columns."""
    font = ImageFont.load_default(TITLE)
    found = Image.new("RGB", (sheet.width, sheet.height + 2 * TITLE), (40, 40, 40))
    found.paste(sheet, (0, 2 * TITLE))
    pen = ImageDraw.Draw(found)
    for k in range(columns):
        centre = (k + 0.5) * sheet.width / columns
        pen.text((centre, TITLE), titles[k % len(titles)], "white", font, anchor="mm")
    return found


def to_pixels(samples: Array, spec: Spec) -> NDArray[np.uint8]:
    """Decoded pictures (N, C, H, W) as 8-bit (N, H, W, C)."""
    if spec.dtype != "uint8":
        samples = eight_bit(torch.tensor(samples), spec).numpy()
    return np.ascontiguousarray(samples.transpose(0, 2, 3, 1))


def to_image(pixels: NDArray[np.uint8]) -> Image.Image:
    """A PIL image of (H, W, C) pixels."""
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def scatter(points: Array, spec: Spec, side: int = 320) -> Image.Image:
    """The first two coordinates of points (N, D) as dots over 1.25 times the data's range."""
    sheet = np.zeros((side, side, 1), np.float32)
    centre, scale = np.resize(spec.centre, 2), np.resize(spec.scale, 2)
    flat = np.stack([points[:, 0], points[:, 1] if points.shape[1] > 1 else 0 * points[:, 0]], 1)
    pixels = np.nan_to_num(((flat - centre) / (1.25 * scale) + 1) / 2 * (side - 1), nan=-1.0)
    column, row = np.clip(pixels, -1, side).round().astype(int).T
    inside = (column >= 0) & (column < side) & (row >= 0) & (row < side)
    np.add.at(sheet, (side - 1 - row[inside], column[inside], 0), 1)
    brightness = 255 * (1 - np.exp(-2 * sheet * 1000 / max(len(points), 1000)))
    return to_image(brightness.astype(np.uint8))


def animate(frames: Sequence[Image.Image], path: Path, seconds: float = 6.0) -> None:
    """Write frames as .gif or .webp that plays in about so many seconds and rests on the last."""
    if not frames:
        raise ConfigError("there are no frames to animate: train with pictures above 0.")
    each = max(20, int(1000 * seconds / len(frames)))
    durations = [each] * (len(frames) - 1) + [max(each, 1500)]
    webp = path.suffix.lower() == ".webp"
    options: dict[str, Any] = {"lossless": True} if webp else {"optimize": True}
    options |= {"format": "WEBP" if webp else "GIF", "save_all": True, "append_images": frames[1:]}
    with whole(path) as file:
        frames[0].save(file, duration=durations, loop=0, **options)


def write_picture(picture: Image.Image, path: Path) -> None:
    """Write a PNG, whole or not at all.

    Raises:
        OSError: it cannot be written; what was there before is untouched.
    """
    with whole(path) as file:
        picture.save(file, "PNG")


def save(samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None = None) -> None:
    """Write samples as the suffix says: .png .gif .webp (pictures), .npz (arrays), none: a folder.

    Raises:
        ConfigError: another suffix, or points where only pictures fit.
    """
    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        accepted = ", ".join(key or "a folder" for key in WRITERS)
        raise ConfigError(f"cannot write {path.name}: accepted are {accepted}.")
    if spec.kind != "image" and suffix not in (".png", ".npz"):
        raise ConfigError(f"{spec.kind} can be written as .png (a scatter plot) or .npz, not {path.name}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    WRITERS[suffix](samples, labels, spec, path, columns)


def _save_sheet(samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    write_picture(grid(samples, spec, columns), path)


def _save_frames(samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    tiles = [to_image(pixels) for pixels in to_pixels(samples, spec)]
    animate([tile.resize((4 * tile.width, 4 * tile.height), Image.Resampling.NEAREST) for tile in tiles], path)


def _save_arrays(samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    with whole(path) as file:
        if labels is None:
            np.savez_compressed(file, samples=samples)
        else:
            names = np.array(spec.class_names)
            np.savez_compressed(file, samples=samples, labels=labels, class_names=names)


def _save_folder(samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    """The samples of an earlier draw give way to these; other files stay.

    Raises:
        RunError: a file of the user's is in the way.
    """
    path.mkdir(exist_ok=True)
    classes = [""] * len(samples) if labels is None else [spec.class_names[label] for label in labels]
    names = [layout.drawn_name(k, name) for k, name in enumerate(classes)]
    earlier = {old.name for old in path.iterdir() if _is_drawn(old)}
    if taken := sorted({old.name for old in path.iterdir()}.intersection(names) - earlier):
        raise RunError(f"{path / taken[0]} is there, and sparring did not draw it: choose another --out.")
    for name, pixels in zip(names, to_pixels(samples, spec), strict=True):
        to_image(pixels).save(path / name, pnginfo=_signature(name))
    for old in earlier.difference(names):
        (path / old).unlink()


def _signature(name: str) -> PngImagePlugin.PngInfo:
    """What a drawn picture says of itself: who wrote it, and its number."""
    signature = PngImagePlugin.PngInfo()
    signature.add_text("Software", SIGNATURE)
    signature.add_text("Title", layout.drawn_number(name))
    return signature


def _is_drawn(path: Path) -> bool:
    """Whether this is a picture that ``_save_folder`` wrote under this name."""
    number = layout.drawn_number(path.name)
    if not number or path.is_symlink() or not path.is_file():
        return False
    try:
        with Image.open(path) as picture:
            return (picture.info.get("Software"), picture.info.get("Title")) == (SIGNATURE, number)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False


Writer = Callable[[Array, Array | None, Spec, Path, int | None], None]
WRITERS: dict[str, Writer] = {
    ".png": _save_sheet,
    ".gif": _save_frames,
    ".webp": _save_frames,
    ".npz": _save_arrays,
    "": _save_folder,
}
