"""Which files of a folder or a zip are pictures, in which order, and what is not even opened."""

import os
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from sparring.data import source as sources
from sparring.data.source import archive, folder
from sparring.errors import DataError, printable

ODD = [
    ".hidden.png", "._apple.png", ".DS_Store", "__MACOSX/a.png", "@eaDir/a.jpg", ".git/a.png",
    "notes.txt", "movie.mp4", "a.png.txt",
]  # fmt: skip
PICTURES = ["B.PNG", "a.png", "cats/b.jpeg", "cats/deep/x.webp", "dogs/a.tif"]


def fill(root: Path, names: list[str]) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(os.fsencode(name))
    return root


def zipped(path: Path, names: list[str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names:
            file.writestr(name, name.encode())
    return path


def test_pictures_of_a_folder_in_the_order_of_their_names(tmp_path: Path) -> None:
    found = folder(fill(tmp_path, [*PICTURES, *ODD]))
    assert found.files == tuple(PICTURES)
    assert [found.read(name) for name in found.files] == [name.encode() for name in PICTURES]
    assert (found.others, found.refused) == (3, {})
    assert found.name == str(tmp_path)


def test_pictures_of_a_zip_in_the_order_of_their_names(tmp_path: Path) -> None:
    found = archive(zipped(tmp_path / "a.zip", [*reversed(PICTURES), *ODD, "empty/", "old.png\\"]))
    assert found.files == tuple(PICTURES)
    assert [found.read(name) for name in found.files] == [name.encode() for name in PICTURES]
    assert (found.others, found.refused) == (3, {})


def test_folders_named_like_pictures_are_folders(tmp_path: Path) -> None:
    assert folder(fill(tmp_path, ["x.png/y.png"])).files == ("x.png/y.png",)


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    fill(tmp_path / "elsewhere", ["far.png"])
    root = fill(tmp_path / "root", ["a/near.png"])
    (root / "a/up").symlink_to(root)
    (root / "a/self").symlink_to("self")
    (root / "link").symlink_to(tmp_path / "elsewhere")
    (root / "file.png").symlink_to(root / "a/near.png")
    (root / "nowhere.png").symlink_to("missing")
    found = folder(root)
    assert found.files == ("a/near.png", "file.png", "link/far.png")
    assert found.refused == {"nowhere.png": "it is not there"}


def test_a_folder_goes_by_its_own_name_wherever_a_link_to_it_lies(tmp_path: Path) -> None:
    fill(tmp_path, ["z/dogs/a.png"])
    (tmp_path / "b/deep").mkdir(parents=True)
    (tmp_path / "b/deep/link").symlink_to(tmp_path / "z/dogs")
    (tmp_path / "a").symlink_to(tmp_path / "z")
    assert folder(tmp_path).files == ("z/dogs/a.png",)


def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    found = folder(tmp_path)
    assert (found.files, found.refused) == ((), {"pipe.png": "not a file"})


def test_names_of_any_bytes(tmp_path: Path) -> None:
    try:
        fill(tmp_path, [os.fsdecode(b"caf\xe9.png"), "ü.png"])
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    found = folder(tmp_path)
    assert sorted(map(printable, found.files)) == ["caf\\xe9.png", "ü.png"]
    assert all(found.read(name) for name in found.files)


def test_a_folder_that_may_not_be_entered_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, ["a.png", "closed/b.png"])
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = folder(tmp_path)
    assert (found.files, found.refused) == (("a.png",), {"closed": "permission is denied"})


def test_the_stamp_changes_with_names_sizes_times_and_place(tmp_path: Path) -> None:
    root = fill(tmp_path / "a", ["x.png", "y.png"])
    stamps = {folder(root).stamp}
    assert folder(root).stamp in stamps
    (root / "x.png").write_bytes(b"longer than before")
    stamps.add(folder(root).stamp)
    os.utime(root / "y.png", ns=(1, 1))
    stamps.add(folder(root).stamp)
    (root / "y.png").rename(root / "z.png")
    stamps.add(folder(root).stamp)
    stamps.add(folder(root.rename(tmp_path / "b")).stamp)
    fill(tmp_path / "b", ["new.png"])
    stamps.add(folder(tmp_path / "b").stamp)
    assert len(stamps) == 6


def test_the_stamp_of_a_zip_is_that_of_the_file(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ["x.png"])
    first = archive(path).stamp
    assert archive(path).stamp == first
    zipped(path, ["x.png", "y.png"])
    assert archive(path).stamp != first


def test_too_large_files_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MOST_BYTES", 8)
    names = ["small.png", "larger-than-eight-bytes.png"]
    for found in (folder(fill(tmp_path / "a", names)), archive(zipped(tmp_path / "a.zip", names))):
        assert found.files == () or found.files == ("small.png",)
        assert found.refused["larger-than-eight-bytes.png"] == "27 bytes; at most 8 are read"


def test_a_zip_that_lies_about_a_size_gives_no_more_than_it_says(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.png", bytes(10_000_000))
    content = path.read_bytes().replace((10_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    path.write_bytes(content)
    found = archive(path)
    tracemalloc.start()
    with pytest.raises(zipfile.BadZipFile):  # the checksum of 100 bytes is not that of all
        found.read("a.png")
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_that_cannot_be_inflated_piece_by_piece_are_told(method: int, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as file:
        file.writestr("a.png", bytes(1000))
    found = archive(tmp_path / "a.zip")
    assert found.files == ()
    assert found.refused == {"a.png": "compressed in a way that cannot be read; zip it again with deflate"}


def test_encrypted_members_are_told(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ["x.png"])
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(content)
    found = archive(path)
    assert (found.files, found.refused) == ((), {"x.png": "encrypted"})


def test_members_with_bad_paths_are_read_in_memory_and_never_written(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    path = zipped(home / "a.zip", ["../../evil.png", "/etc/evil.png"])
    found = archive(path)
    assert found.files == ("etc/evil.png", "evil.png")
    assert [found.read(name) for name in found.files] == [b"/etc/evil.png", b"../../evil.png"]
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.zip", "home"]


@pytest.mark.parametrize("content", [b"", b"rubbish", b"PK\3\4 but no more"], ids=["empty", "rubbish", "cut"])
def test_zips_that_are_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(DataError, match="cannot read .*Expected a zip archive"):
        archive(path)


def test_a_folder_goes_by_its_own_name_not_by_a_links(tmp_path: Path) -> None:
    fill(tmp_path / "root", ["zdogs/1.png"])
    (tmp_path / "root/all").symlink_to("zdogs")
    assert sources.folder(tmp_path / "root").files == ("zdogs/1.png",)


def test_members_are_named_as_files_are(tmp_path: Path) -> None:
    path = tmp_path / "odd.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name in ("./cats/1.png", "/cats/2.png", "../cats/3.png", "cats//1.png"):
            file.writestr(name, b"x")
        file.writestr("x", b"x")
        for member, name in (("y", "dogs\\4.png"), ("z", "__MACOSX\\._5.png")):
            info = zipfile.ZipInfo(member)
            info.filename = name
            file.writestr(info, b"x")
    found = sources.archive(path)
    assert found.files == ("cats/1.png", "cats/2.png", "cats/3.png", "dogs/4.png")
    assert found.refused == {"cats/1.png": "a second file of the same name"}
    assert found.read("dogs/4.png") == b"x"


def test_runs_are_passed_over(tmp_path: Path) -> None:
    names = ["1.png", "runs/a/samples.png", "runs/a/samples/8.png", "runs/a/run.json", "runs/a/config.toml"]
    names += ["b/run.json", "b/2.png"]
    assert sources.folder(fill(tmp_path / "root", names)).files == ("1.png", "b/2.png")
    assert archive(zipped(tmp_path / "a.zip", names)).files == ("1.png", "b/2.png")


def test_names_in_utf_8_are_read_as_such_also_where_a_zip_does_not_say_so(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ["QQQQQQ/Q.png", "ZZ.png"])
    content = path.read_bytes().replace(b"QQQQQQ", "貓犬".encode()).replace(b"ZZ", "Ü".encode("cp437") + b"Z")
    path.write_bytes(content)
    found = archive(path)
    assert found.files == ("ÜZ.png", "貓犬/Q.png")
    assert found.read("貓犬/Q.png") == b"QQQQQQ/Q.png"
