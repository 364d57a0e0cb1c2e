"""Tell what a file is that should be text and is none."""

from __future__ import annotations

ZIP = b"PK\x03\x04"
BEGINNINGS = (
    (ZIP, "a spreadsheet or a zip", "save its sheet as CSV in UTF-8, or unpack it"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet", "save its sheet as CSV in UTF-8"),
    (b"\x1f\x8b", "a gzip archive", "unpack it, and give what is in it"),
    (b"BZh", "a bzip2 archive", "unpack it, and give what is in it"),
    (b"\xfd7zXZ", "an xz archive", "unpack it, and give what is in it"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "unpack it, and give what is in it"),
    (b"PAR1", "a Parquet file", "give it a name that ends in .parquet"),
    (b"ARROW1", "an Arrow file", "save it as Parquet, or as CSV in UTF-8"),
    (b"SQLite format 3", "a database", "export the table as CSV in UTF-8"),
    (b"\x89HDF", "an HDF5 file", "save it as Parquet, or as CSV in UTF-8"),
    (b"\x93NUMPY", "an array of NumPy", "give it a name that ends in .npy"),
    (b"%PDF", "a PDF", "export its text in UTF-8"),
    (b"\x89PNG", "a picture", "give a folder of pictures"),
    (b"\xff\xd8\xff", "a picture", "give a folder of pictures"),
)
MARKS = (b"\xff\xfe", b"\xfe\xff")  # of UTF-16
HEAD_BYTES = 4096
CONTROLS = frozenset(range(1, 32)) - set(b"\t\n\v\f\r\x1b\x1a")  # bytes that text hardly ever has
MOST_CONTROLS = 0.02  # of the bytes of text, at most


def told(content: bytes) -> str:
    """What a file is that cannot be read as text in UTF-8, and what to do; "" if it may be text."""
    for beginning, what, how in BEGINNINGS:
        if content.startswith(beginning):
            return f"{what}: {how}"
    head = content[:HEAD_BYTES]
    if content[:2] in MARKS or sum(byte in CONTROLS for byte in head) <= MOST_CONTROLS * len(head):
        return ""
    return "binary data: export it as text in UTF-8"
