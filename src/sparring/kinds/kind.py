"""The type of a kind of data: everything that differs between pictures, points and later kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from sparring.data.codec import Codec
from sparring.data.spec import Dataset, Spec
from sparring.data.store import Watch
from sparring.errors import ConfigError

Array = NDArray[Any]
Pixels = NDArray[np.uint8]
Reader = Callable[[Path, Mapping[str, Any], Watch | None], Dataset]
Writer = Callable[[Array, Array | None, Spec, Path, int | None], None]  # samples, labels, spec, path, columns


class Sheet(Protocol):
    """Decoded samples (N, *shape) as one picture."""

    def __call__(
        self, samples: Array, spec: Spec, /, columns: int | None = None, gap: int = 2
    ) -> Image.Image: ...


@dataclass(frozen=True)
class Kind:
    """One kind of data: how networks take it, how files store it and how it is shown.

    Attributes:
        name: its name in a Spec and in run.json.
        noun: what one sample is called.
        axes: of one sample.
        codec: reads the codec of such data from its fields in run.json.
        recipe: the best measured recipe for it; ``few_recipe``: the best for small sets, "" if it is the same.
        count: how many samples are drawn by default.
        crowd: how many samples a sheet shows if they make one picture together; 0: each sample has a tile.
        flaw: what is wrong with a Spec that was read from a file, "" if nothing is.
        question: a question to the user if the data may be of another kind, else None.
        describe: describes one sample in words.
        vectors: encoded samples (B, *shape) to (B, D), in which vital signs compare them.
        coarse: the same, smaller, in which clusters are found.
        signs: vital signs of this kind alone, of encoded fakes and reals.
        arranged: a batch as networks want it in memory.
        measured: decoded samples as the features of an evaluation take them.
        features: of an evaluation, the first that suits the data.
        sheet: decoded samples as one picture.
        tiles: decoded samples as a picture each, (N, H, W, C); None where they only make one together.
        beside: fakes, each beside its nearest real, both as ``measured`` gives them; None where no eye can
            compare them.
        plane: whether the discriminator's logits over the space of the data can be shown as a landscape.
        writers: by the suffix of the file; "" is a folder.
        suffixes: of files that hold such data alone.
        reads: whether the file or folder of that path holds such data.
        read: the data there, under the absolute path as its name, telling how far that is.
        takes_options: whether ``read`` follows Config's options of picture files; else they are refused.
    """

    name: str
    noun: str
    axes: str
    codec: Callable[[Mapping[str, Any]], Codec]
    recipe: str
    count: int
    flaw: Callable[[Spec], str]
    describe: Callable[[Spec], str]
    vectors: Callable[[Tensor], Tensor]
    coarse: Callable[[Tensor], Tensor]
    features: tuple[str, ...]
    sheet: Sheet
    writers: Mapping[str, Writer]
    question: Callable[[Dataset], str | None] = lambda data: None
    few_recipe: str = ""
    crowd: int = 0
    signs: Callable[[Tensor, Tensor], dict[str, float]] = lambda fakes, reals: {}
    arranged: Callable[[Tensor], Tensor] = lambda batch: batch
    measured: Callable[[Tensor, Spec], Tensor] = lambda samples, spec: samples
    tiles: Callable[[Array, Spec], Pixels] | None = None
    beside: Callable[[Tensor, Tensor], Image.Image] | None = None
    plane: Callable[[Spec], bool] = lambda spec: False
    suffixes: tuple[str, ...] = ()
    reads: Callable[[Path], bool] = lambda path: False
    read: Reader | None = None
    takes_options: bool = False

    def save(
        self, samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None = None
    ) -> None:
        """Write decoded samples as the suffix says.

        Raises:
            ConfigError: a suffix that this kind has no writer for.
        """
        suffix = path.suffix.lower()
        if suffix not in self.writers:
            accepted = ", ".join(key or "a folder" for key in self.writers)
            raise ConfigError(f"cannot write {path.name}: accepted are {accepted} for {self.noun}s.")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.writers[suffix](samples, labels, spec, path, columns)
