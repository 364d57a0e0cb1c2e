"""One picture file: every mode and format, upright, at its size, or the reason why not."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sparring.data import pictures
from sparring.data.pictures import Form, Size
from sparring.errors import DataError

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (5, 7), dtype=np.uint8)
RGB = RNG.integers(0, 256, (5, 7, 3), dtype=np.uint8)
ALPHA = RNG.integers(0, 256, (5, 7, 1), dtype=np.uint8)


def saved(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def form(channels: int = 0, width: int = 7, height: int = 5, resize: str = "crop") -> Form:
    return Form(width, height, resize, channels)


def over_black(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return rgb.astype(float) * alpha / 255


def png(rows: np.ndarray, colour_type: int, claimed: tuple[int, int] | None = None) -> bytes:
    """A 16-bit PNG of (H, W, channels), which Pillow does not write; it may claim another size."""
    width, height = claimed or (rows.shape[1], rows.shape[0])
    lines = b"".join(b"\0" + row.astype(">u2").tobytes() for row in rows)
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0))]
    parts += [(b"IDAT", zlib.compress(lines)), (b"IEND", b"")]
    chunks = (struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def palette(transparent: bool) -> bytes:
    picture = Image.fromarray(GREY // 100)  # indices 0, 1, 2
    picture = Image.frombytes("P", picture.size, picture.tobytes())
    picture.putpalette([255, 0, 0, 0, 255, 0, 9, 9, 9])
    return saved(picture, **({"transparency": 1} if transparent else {}))


COLOURS = np.array([[255, 0, 0], [0, 255, 0], [9, 9, 9]], np.uint8)[GREY // 100]
CLEARED = np.where((GREY // 100 == 1)[..., None], 0, COLOURS)
CMYK = RNG.integers(0, 256, (5, 7, 4), dtype=np.uint8)
OF_CMYK = (255.0 - CMYK[..., :3]) * (255.0 - CMYK[..., 3:]) / 255
BROWN = np.concatenate([RGB, ALPHA], 2)
MODES: dict[str, tuple[bytes, np.ndarray]] = {
    "grey": (saved(Image.fromarray(GREY)), GREY[..., None]),
    "one bit": (saved(Image.fromarray(GREY).convert("1", dither=0)), 255 * (GREY[..., None] >= 128)),
    "colour": (saved(Image.fromarray(RGB)), RGB),
    "alpha": (saved(Image.fromarray(BROWN)), over_black(RGB, ALPHA)),
    "grey and alpha": (
        saved(Image.fromarray(np.concatenate([GREY[..., None], ALPHA], 2), "LA")),
        over_black(GREY[..., None], ALPHA),
    ),
    "palette": (palette(False), COLOURS),
    "palette with a transparent colour": (palette(True), CLEARED),
    "CMYK TIFF": (saved(Image.frombytes("CMYK", (7, 5), CMYK.tobytes()), "TIFF"), OF_CMYK),
    "BMP": (saved(Image.fromarray(RGB), "BMP"), RGB),
    "WebP": (saved(Image.fromarray(RGB), "WEBP", lossless=True), RGB),
    "TIFF": (saved(Image.fromarray(RGB), "TIFF"), RGB),
    "GIF's first frame": (
        saved(Image.fromarray(GREY), "GIF", save_all=True, append_images=[Image.fromarray(255 - GREY)]),
        GREY[..., None],
    ),
    "16-bit grey": (saved(Image.fromarray(GREY.astype(np.uint16) * 257)), GREY[..., None]),
    "16-bit TIFF": (saved(Image.fromarray(GREY.astype(np.uint16) * 257), "TIFF"), GREY[..., None]),
    "16-bit colour": (png(RGB.astype(np.uint16) * 257, 2), RGB),
    "16-bit grey and alpha": (
        png(np.concatenate([GREY[..., None], ALPHA], 2).astype(np.uint16) * 257, 4),
        over_black(GREY[..., None], ALPHA),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MODES)
def test_every_mode_in_colour(name: str) -> None:
    content, expected = MODES[name]
    found = pictures.decode(content, form())
    assert found.shape == (5, 7, 3)
    assert found.dtype == np.uint8
    assert np.abs(found - np.broadcast_to(expected, (5, 7, 3)).astype(float)).max() <= 1


@pytest.mark.parametrize("name", [name for name, (_, expected) in MODES.items() if expected.shape[2] == 1])
def test_what_is_grey_is_grey_exactly_however_it_is_stored(name: str) -> None:
    content, expected = MODES[name]
    assert pictures.is_grey(pictures.decode(content, form()))
    assert np.abs(pictures.decode(content, form(1)) - expected.astype(float)).max() <= 1
    assert (pictures.decode(content, form(1)) == pictures.decode(content, form())[..., :1]).all()


def test_colour_to_grey_is_luma() -> None:
    found = pictures.decode(MODES["colour"][0], form(1))
    assert np.abs(found[..., 0] - RGB @ np.array([0.299, 0.587, 0.114])).max() <= 1


def test_alpha_is_kept_where_four_channels_are_asked_for() -> None:
    assert (pictures.decode(MODES["alpha"][0], form(4)) == BROWN).all()
    assert (
        pictures.decode(MODES["colour"][0], form(4)) == np.concatenate([RGB, np.full_like(ALPHA, 255)], 2)
    ).all()
    assert (pictures.decode(MODES["palette with a transparent colour"][0], form(4))[..., 3] == 0).any()


def test_what_is_transparent_somewhere_is_told() -> None:
    for name, (content, _) in MODES.items():
        clear = {pictures.decoded(content, form(channels)).clear for channels in (0, 1, 4)}
        assert clear == {"alpha" in name or "transparent" in name}, name
    opaque = Image.new("RGBA", (7, 5), (1, 2, 3, 255))
    assert not pictures.decoded(saved(opaque), form()).clear


def test_16_bits_become_8_by_rounding_to_the_nearest() -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    found = pictures.decode(saved(Image.fromarray(values)), form(1, 256, 256))[..., 0]
    assert (found == np.round(values / 257)).all()
    assert (found[0, 0], found[-1, -1]) == (0, 255)


def test_grey_is_what_has_equal_channels_everywhere() -> None:
    pixels = np.repeat(GREY[..., None], 3, 2)
    assert pictures.is_grey(pixels)
    for channel in range(3):
        other = pixels.copy()
        other[4, 6, channel] ^= 1
        assert not pictures.is_grey(other)


SHOWN: dict[int, Callable[[np.ndarray], np.ndarray]] = {  # of the EXIF standard: stored to upright
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).T,
    8: np.rot90,
    9: lambda a: a,  # no such orientation
}


@pytest.mark.parametrize("orientation", SHOWN)
@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True})])
def test_pictures_are_upright(orientation: int, kind: str, options: dict[str, Any]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = saved(Image.fromarray(GREY), kind, exif=exif, **options)
    expected = SHOWN[orientation](GREY)
    height, width = expected.shape
    assert pictures.look(content).size == Size(width, height)
    assert (pictures.decode(content, form(1, width, height))[..., 0] == expected).all()


def test_damaged_exif_turns_nothing() -> None:
    content = saved(Image.fromarray(GREY), "WEBP", lossless=True, exif=b"Exif\0\0rubbish")
    assert pictures.look(content).size == Size(7, 5)
    assert (pictures.decode(content, form(1))[..., 0] == GREY).all()


def test_crop_keeps_the_centre() -> None:
    wide = RNG.integers(0, 256, (4, 10), dtype=np.uint8)
    assert (pictures.decode(saved(Image.fromarray(wide)), form(1, 4, 4))[..., 0] == wide[:, 3:7]).all()
    assert (pictures.decode(saved(Image.fromarray(wide.T)), form(1, 4, 4))[..., 0] == wide[:, 3:7].T).all()


def test_fit_keeps_all_and_puts_black_around() -> None:
    wide = RNG.integers(1, 256, (4, 10), dtype=np.uint8)
    found = pictures.decode(saved(Image.fromarray(wide)), form(1, 10, 10, "fit"))[..., 0]
    assert (found[3:7] == wide).all()
    assert found.sum() == wide.sum()
    clear = pictures.decode(saved(Image.fromarray(BROWN)), form(4, 7, 7, "fit"))
    assert (clear[1:6] == BROWN).all()
    assert clear.sum() == BROWN.sum()
    assert pictures.decode(saved(Image.new("L", (1000, 1), 255)), form(1, 8, 8, "fit")).max() > 0


@pytest.mark.parametrize("resize", ["crop", "fit", "stretch"])
@pytest.mark.parametrize("side", [3, 5, 9, 16])
def test_sizes_are_exact_and_a_flat_picture_stays_flat(resize: str, side: int) -> None:
    found = pictures.decode(saved(Image.new("RGB", (9, 9), (7, 77, 177))), form(3, side, side, resize))
    assert found.shape == (side, side, 3)
    assert (found == [7, 77, 177]).all()


def test_stretch_uses_every_part() -> None:
    halves = np.zeros((8, 64), np.uint8)
    halves[:, 32:] = 200
    found = pictures.decode(saved(Image.fromarray(halves)), form(1, 8, 8, "stretch"))[..., 0]
    assert (found[:, :3] <= 12).all()
    assert (found[:, 5:] >= 188).all()


def test_pixels_under_full_transparency_do_not_bleed_into_their_neighbours() -> None:
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[:, :4] = [255, 255, 255, 0]  # white that nobody sees
    pixels[:, 4:] = [0, 0, 200, 255]
    found = pictures.decode(saved(Image.fromarray(pixels)), form(3, 4, 4))
    assert found[..., :2].max() == 0


def test_a_large_jpeg_is_decoded_small_and_looks_the_same() -> None:
    wave = 127 + 100 * np.sin(np.arange(1024) / 150)
    picture = Image.fromarray(np.add.outer(wave / 2, wave / 2).astype(np.uint8))
    found = pictures.decode(saved(picture, "JPEG", quality=95), form(1, 32, 32))[..., 0]
    whole = np.asarray(picture.resize((32, 32), Image.Resampling.LANCZOS))
    assert np.abs(found.astype(int) - whole).max() <= 2


BOMB = png(np.zeros((1, 1, 1)), 0, claimed=(60_000, 60_000))
CUT = saved(Image.fromarray(RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)))[:5000]
REFUSED = {
    "empty": (b"", "not a picture"),
    "rubbish": (b"rubbish" * 99, "not a picture"),
    "text": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "not a picture"),
    "cut": (CUT, "^damaged or cut short$"),
    "float": (saved(Image.fromarray(GREY.astype(np.float32)), "TIFF"), "no full range: .*LOW:HIGH"),
    "32 bits": (saved(Image.fromarray(GREY.astype(np.int32)), "TIFF"), "no full range: .*LOW:HIGH"),
    "not a number": (
        saved(Image.fromarray(np.full((5, 7), np.nan, np.float32)), "TIFF"),
        "^pixels that are NaN or infinite: fill them first$",
    ),
    "bomb": (BOMB, "^it claims more than the 89,478,485 pixels that are read$"),
    "large": (
        png(np.zeros((1, 1, 1)), 0, claimed=(10_000, 10_000)),
        "^10000 x 10000 pixels; at most 89,478,485",
    ),
}


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED)
@pytest.mark.filterwarnings("ignore:Image size")
def test_what_cannot_be_read_says_why(content: bytes, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        pictures.decode(content, form())


@pytest.mark.filterwarnings("ignore")
def test_a_picture_with_any_damaged_byte_is_read_or_refused() -> None:
    content, surprises = saved(Image.fromarray(GREY), exif=Image.Exif()), set()
    for place in range(len(content)):
        damaged = content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :]
        for read in (pictures.look, lambda c: pictures.decode(c, form())):
            try:
                read(damaged)
            except DataError:
                pass
            except Exception as error:
                surprises.add(f"{type(error).__name__}: {error}")
    assert not surprises


def test_no_decoder_but_the_named_ones_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    ppm = saved(Image.fromarray(GREY), "PPM")
    with pytest.raises(DataError, match="not a picture"):
        pictures.decode(ppm, form())
    monkeypatch.setattr(pictures, "FORMATS", ("PPM",))
    assert (pictures.decode(ppm, form(1))[..., 0] == GREY).all()


def test_far_larger_pictures_are_averaged_before_they_are_copied() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (640, 480, 3), dtype=np.uint8)
    found = pictures.decode(saved(Image.fromarray(pixels)), form(3, 8, 8, "stretch"))
    expected = pixels.reshape(8, 80, 8, 60, 3).mean((1, 3))
    assert np.abs(found.astype(float) - expected).max() < 6
    clear = np.zeros((640, 640, 4), np.uint8)
    clear[:, :320] = (200, 100, 50, 255)
    clear[:, 320:] = (255, 255, 255, 0)
    over_black = pictures.decode(saved(Image.fromarray(clear)), form(3, 8, 8, "stretch"))
    assert np.abs(over_black[:, 0].astype(int) - (200, 100, 50)).max() <= 3
    assert over_black[:, 7].max() <= 3


def test_damaged_lzma_is_a_broken_file() -> None:
    import lzma

    assert issubclass(lzma.LZMAError, pictures.UNREADABLE)
