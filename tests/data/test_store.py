"""Pictures are decoded once, found again by content, and an entry is whole or not there."""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from sparring.data import store
from sparring.data.pictures import Form, Size
from sparring.data.source import Source, folder
from sparring.data.store import Decoded, Wanted
from sparring.errors import DataError
from sparring.files import cache_folder

SIDE = Size(8, 8)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return cache_folder() / "pictures"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return make_photos(tmp_path / "photos")


def make_photos(path: Path) -> Path:
    """Twelve pictures, each of one value: 0, 10, 20 …; number 3 is a copy of number 2."""
    path.mkdir()
    for k in range(12):
        value = 10 * (2 if k == 3 else k)
        Image.new("RGB", (8, 8), (value, value, value)).save(path / f"{k:02}.png")
    return path


class Reads:
    """A source that counts how often each file is read."""

    def __init__(self, path: Path) -> None:
        self.times: Counter[str] = Counter()
        inner = folder(path)

        def read(name: str) -> bytes:
            self.times[name] += 1
            return inner.read(name)

        self.source = Source(inner.name, inner.files, read, inner.stamp, inner.others, inner.refused)


def load(source: Source, watch: Any = None, **wanted: Any) -> Decoded:
    return store.load(source, Wanted(**{"size": SIDE} | wanted), lambda sizes: max(sizes), watch)


def values(found: Decoded) -> list[int]:
    return [int(value) for value in found.samples[:, 0, 0, 0]]


def entries(cache: Path) -> list[str]:
    return sorted(path.suffix for path in cache.glob("*.*"))


def test_samples_are_in_the_order_of_the_names_and_of_one_channel_where_all_are_grey(photos: Path) -> None:
    found = load(folder(photos))
    assert found.samples.shape == (12, 1, 8, 8)
    assert found.samples.dtype == torch.uint8
    assert values(found) == [0, 10, 20, 20, *range(40, 120, 10)]
    assert found.duplicates == 1
    assert (found.smallest, found.largest, found.alike, found.clear) == (SIDE, SIDE, 12, 0)


def test_pictures_of_another_size_and_transparent_ones_are_counted(photos: Path) -> None:
    Image.new("RGB", (8, 9)).save(photos / "98.png")
    Image.new("RGBA", (8, 8), (9, 9, 9, 254)).save(photos / "99.png")
    Image.new("RGBA", (8, 8), (9, 9, 9, 255)).save(photos / "opaque.png")
    for _ in range(2):  # decoded, then from the cache
        found = load(folder(photos))
        assert (len(found.samples), found.alike, found.clear) == (15, 14, 1)
    (photos / "97.png").write_bytes((photos / "99.png").read_bytes()[:-30])  # broken, of the common size
    assert load(folder(photos), max_broken=0.1).alike == 14


def test_one_coloured_pixel_gives_all_three_channels(photos: Path) -> None:
    picture = Image.new("RGB", (8, 8))
    picture.putpixel((7, 7), (1, 0, 0))
    picture.save(photos / "99.png")
    found = load(folder(photos))
    assert found.samples.shape == (13, 3, 8, 8)
    assert values(found)[:12] == [0, 10, 20, 20, *range(40, 120, 10)]
    assert found.samples[12, 0].sum() == 1


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7])
def test_grey_takes_a_third_of_the_space_whatever_the_blocks(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BLOCK", 2)
    pixels = np.random.default_rng(0).integers(0, 256, (count, 3, 4, 5), dtype=np.uint8)
    with (tmp_path / "file").open("w+b") as file:
        file.write(pixels.tobytes())
        store._keep_first_channel(file, count, Form(5, 4))
    assert (tmp_path / "file").read_bytes() == pixels[:, 0].tobytes()


def test_a_second_start_reads_no_file(photos: Path, cache: Path) -> None:
    first = Reads(photos)
    before = load(first.source)
    assert set(first.times.values()) == {2}  # the content's key, then the pixels
    again = Reads(photos)
    assert torch.equal(load(again.source).samples, before.samples)
    assert again.times == {}
    assert entries(cache) == [".json", ".u8"]


def test_the_same_content_elsewhere_is_read_but_not_decoded(
    photos: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load(folder(photos))
    shutil.copytree(photos, tmp_path / "copy")
    monkeypatch.setattr(store, "decoded", None)
    assert torch.equal(load(folder(tmp_path / "copy")).samples, before.samples)
    assert entries(cache) == [".json", ".u8"]


@pytest.mark.parametrize("change", ["content", "more", "fewer", "order"])
def test_other_content_is_another_entry(photos: Path, cache: Path, change: str) -> None:
    before = load(folder(photos))
    if change == "content":
        Image.new("L", (8, 8), 255).save(photos / "05.png")
    elif change == "more":
        Image.new("L", (8, 8), 255).save(photos / "12.png")
    elif change == "fewer":
        (photos / "05.png").unlink()
    else:
        (photos / "05.png").rename(photos / "99.png")
    assert values(load(folder(photos))) != values(before)
    assert entries(cache) == [".json", ".json", ".u8", ".u8"]


@pytest.mark.parametrize(
    "wanted", [{"size": Size(4, 8)}, {"resize": "fit"}, {"channels": 3}, {"channels": 4}, {"channels": 1}]
)
def test_another_form_is_another_entry(photos: Path, cache: Path, wanted: dict[str, Any]) -> None:
    load(folder(photos))
    found = load(folder(photos), **wanted)
    size = wanted.get("size", SIDE)
    assert found.samples.shape == (12, wanted.get("channels", 1), size.height, size.width)
    assert entries(cache) == [".json", ".json", ".u8", ".u8"]


def test_the_size_that_was_found_is_known_when_it_is_asked_for(photos: Path) -> None:
    load(folder(photos), size="auto")
    again = Reads(photos)
    load(again.source, size=SIDE)
    assert again.times == {}


@pytest.mark.parametrize(
    "damage", ["cut", "longer", "gone", "no manifest", "rubbish manifest", "other manifest"]
)
def test_a_damaged_entry_is_made_anew(photos: Path, cache: Path, damage: str) -> None:
    before = values(load(folder(photos)))
    (pixels,), (manifest,) = cache.glob("*.u8"), cache.glob("*.json")
    {
        "cut": lambda: pixels.write_bytes(pixels.read_bytes()[:-1]),
        "longer": lambda: pixels.write_bytes(pixels.read_bytes() + b"x"),
        "gone": pixels.unlink,
        "no manifest": manifest.unlink,
        "rubbish manifest": lambda: manifest.write_text("rubbish"),
        "other manifest": lambda: manifest.write_text('{"shape": [1, 1]}'),
    }[damage]()
    assert values(load(folder(photos))) == before
    assert entries(cache) == [".json", ".u8"]


def test_a_decoding_that_is_killed_leaves_nothing_behind(
    photos: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(what: str, done: int, total: int) -> None:
        if (what, done) == ("decoding", 7):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(folder(photos), interrupted)
    assert entries(cache) == []
    assert values(load(folder(photos)))[:3] == [0, 10, 20]


def test_a_full_disk_is_told_with_the_way_out(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(photos)._replace(free=100)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(DataError, match=r"cannot keep .*bytes are needed, 100 are free.*set XDG_CACHE_HOME"):
        load(folder(photos))


def test_a_cache_that_cannot_be_written_is_told(photos: Path, cache: Path) -> None:
    cache.parent.parent.mkdir()
    cache.parent.write_text("in the way")
    with pytest.raises(DataError, match="cannot keep the decoded pictures in .*set XDG_CACHE_HOME"):
        load(folder(photos))


def test_a_file_that_changes_while_it_is_read_is_refused(photos: Path, cache: Path) -> None:
    def meddle(what: str, done: int, total: int) -> None:
        if (what, done) == ("reading", total):
            Image.new("L", (8, 8), 255).save(photos / "11.png")

    with pytest.raises(DataError, match=r"11\.png in .* changed while it was being read"):
        load(folder(photos), meddle)
    assert entries(cache) == []


def test_broken_files_are_left_out_up_to_a_share(photos: Path) -> None:
    (photos / "05.png").write_bytes(b"rubbish")
    content = (photos / "07.png").read_bytes()
    (photos / "07.png").write_bytes(content[:-30])  # its header is whole
    (photos / "nowhere.png").symlink_to("missing")
    with pytest.raises(DataError, match="3 of 13 files in .* more than the accepted share of 0.2") as told:
        load(folder(photos), max_broken=0.2)
    for name in ("05.png: not a picture", "nowhere.png: it is not there"):
        assert name in str(told.value)
    for _ in range(2):  # decoded, then from the cache
        found = load(folder(photos), max_broken=0.25)
        assert values(found) == [0, 10, 20, 20, 40, 60, 80, 90, 100, 110]
        assert sorted(found.broken) == [5, 7]
        assert [line.split(":")[0] for line in store.named(folder(photos), found.broken)] == [
            "05.png", "07.png", "nowhere.png",
        ]  # fmt: skip
    with pytest.raises(DataError, match="3 of 13 files"):
        load(folder(photos), max_broken=0.2)


def test_a_broken_file_of_another_size_does_not_choose_the_size(photos: Path) -> None:
    odd = photos / "odd.png"
    Image.effect_noise((12, 10), 50).save(odd)
    asked: list[Counter[Size]] = []

    def own_or(sizes: Counter[Size]) -> Size:
        asked.append(sizes)
        return SIDE

    def ask(share: float) -> Counter[Size]:
        store.load(folder(photos), Wanted("auto", max_broken=share), own_or, None)
        return asked[-1]

    assert ask(0.1) == {SIDE: 12, Size(12, 10): 1}  # sound
    assert ask(0.01) == {SIDE: 12, Size(12, 10): 1}  # too many to be all broken
    odd.write_bytes(odd.read_bytes()[:-40])
    assert ask(0.1) == {SIDE: 12}
    with pytest.raises(DataError, match="1 of 13 files"):
        ask(0.01)


def test_a_refusal_names_five_files_and_counts_the_rest(photos: Path) -> None:
    for k in range(9):
        (photos / f"{k:02}.png").write_bytes(b"rubbish")
    with pytest.raises(DataError) as told:
        load(folder(photos), max_broken=0.5)
    assert str(told.value).count("not a picture") == 5
    assert "and 4 more" in str(told.value)


def test_nothing_but_broken_files_is_refused_whatever_the_share(photos: Path) -> None:
    for path in photos.iterdir():
        path.write_bytes(b"rubbish")
    with pytest.raises(DataError, match="none of the 12 picture files"):
        load(folder(photos), max_broken=1.0)


def test_a_file_that_could_not_be_read_is_tried_again(photos: Path) -> None:
    inner = folder(photos)

    def locked(name: str) -> bytes:
        if name == "05.png":
            raise PermissionError(13, "Permission denied")
        return inner.read(name)

    closed = Source(inner.name, inner.files, locked, inner.stamp)
    found = load(closed, max_broken=0.1)
    assert found.broken == {5: "permission is denied"}
    assert load(folder(photos), max_broken=0.1).broken == {}


def test_progress_is_told_in_order(photos: Path) -> None:
    told: list[tuple[str, int, int]] = []
    load(folder(photos), lambda *what: told.append(what))
    expected = [(what, k, 12) for what in ("reading", "decoding") for k in range(1, 13)]
    assert told == expected


def test_more_files_than_are_read_ahead_stay_in_order(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "AHEAD", 3)
    assert values(load(folder(photos))) == [0, 10, 20, 20, *range(40, 120, 10)]


def test_samples_are_paged_in_from_the_file_and_batches_are_copies(photos: Path) -> None:
    found = load(folder(photos))
    mapped = found.samples.data_ptr()
    batch = found.samples.index_select(0, torch.tensor([3, 1]))
    batch[:] = 255
    assert values(found)[:4] == [0, 10, 20, 20]
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("no /proc here")
    lines = [line.split() for line in maps.read_text().splitlines()]
    spans = [([int(end, 16) for end in line[0].split("-")], line[1], line[-1]) for line in lines]
    ((_, rights, path),) = [span for span in spans if span[0][0] <= mapped < span[0][1]]
    assert (rights, path) == ("r--s", str(found.path))


def test_too_little_memory_is_told_and_not_remembered(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(store, "decoded", full)
        with pytest.raises(DataError, match="too large for the free memory"):
            load(folder(photos), max_broken=1.0)
    assert len(load(folder(photos)).samples) == 12


def test_what_a_kill_left_is_cleared_away(photos: Path, cache: Path) -> None:
    load(folder(photos))
    (entry,) = cache.glob("*.u8")
    left = entry.with_name(f".{entry.name}.6aeee924.sparring-tmp")
    entry.rename(left)
    shutil.rmtree(cache / "index")
    load(folder(photos))
    assert entry.exists()
    assert not left.exists()


def test_a_share_is_not_missed_by_rounding(tmp_path: Path) -> None:
    (tmp_path / "many").mkdir()
    for k in range(100):
        Image.new("L", (8, 8), k).save(tmp_path / "many" / f"{k:02}.png")
    for k in range(29):
        (tmp_path / "many" / f"{k:02}.png").write_bytes(b"broken")
    assert len(load(folder(tmp_path / "many"), max_broken=0.29).samples) == 71
