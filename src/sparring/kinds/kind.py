"""The type of a kind of data: everything in which pictures, points, music and texts differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from sparring.data.arrays import Form
from sparring.data.codec import Codec
from sparring.data.look import Look
from sparring.data.pictures import as_png
from sparring.data.spec import Dataset, Spec
from sparring.data.store import Watch
from sparring.errors import ConfigError
from sparring.history.facts import MEDIA
from sparring.history.record import Logged
from sparring.metrics.comparison import Comparison, Trial
from sparring.metrics.extractors import Features

COLUMNS = 8  # of a sheet, usually
Array = NDArray[Any]
Pixels = NDArray[np.uint8]
Reader = Callable[[Path, Mapping[str, Any], Watch | None], Dataset]
Given = Callable[[Any, Any, Mapping[str, Any]], Dataset | None]  # what a user has, labels, options of files
Writer = Callable[[Array, Array | None, Spec, Path, int | None], None]  # samples, labels, spec, path, columns


class Sheet(Protocol):
    """Shows decoded samples (N, *shape) as one picture."""

    def __call__(
        self, samples: Array, spec: Spec, /, columns: int | None = None, gap: int = 2
    ) -> Image.Image: ...


class Measure(NamedTuple):
    """What each record of a training measures of samples of one kind alone.

    Attributes:
        of: measures encoded fakes beside encoded reals, both after ``Kind.for_measures``; None if such samples
            have nothing to measure.
        logged: what the number means, with its unit and its healthy range.
        decoded: whether ``of`` takes decoded samples instead, and after them their Spec.
    """

    of: Callable[..., float | None]
    logged: Logged
    decoded: bool = False


class Rival(NamedTuple):
    """Another recipe of a kind of data, which "auto" measures beside the usual one.

    Attributes:
        possible: whether it can be trained here.
        measured: the measures of decoded samples, by (samples, training, held out, seed).
        loss: what is lower the better such measures are.
        shown: the measures that a message names.
    """

    recipe: str
    possible: Callable[[], bool]
    measured: Callable[[Array, Dataset, Dataset, int], Mapping[str, float]]
    loss: Callable[[Mapping[str, float]], float]
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """One kind of data: how networks take it, how files store it and how it is shown.

    Attributes:
        name: its name in a Spec and in run.json.
        noun: what one sample is called.
        axes: the axes of one sample, one letter each.
        codec: reads the codec of such data from its fields in run.json.
        recipe: the recipe that measured best for this kind.
        few_recipe: the recipe that measured best for small sets; "": the same.
        rich_recipe: the recipe that measured best for rich samples, few or many; "": the same.
        rival: another recipe, which may measure better on some data; None: there is none.
        rich: whether samples of a Spec hold much more than those with which ``recipe`` was measured.
        count: how many samples are drawn by default.
        sheet_count: how many samples a sheet shows if all of them make one plot; 0: each sample has a tile.
        problem: what is wrong with a Spec that was read from a file; "" if nothing is wrong.
        warning: a question or warning to the user if the data looks unusual, else None.
        describe: describes one sample in words.
        vectors: turns encoded samples (B, *shape) into vectors (B, D), in which vital signs compare samples.
        coarse: turns encoded samples into smaller vectors, in which clusters are found.
        discrete: whether samples are symbols, so that two are equal or not; then copies are counted.
        for_measures: turns encoded samples into what the measures share, once for all of them.
        measures: what is measured at each record for this kind alone, by its name in the history.
        to_memory_format: puts a batch into the memory format on which networks are fastest.
        for_features: puts decoded samples into the form from which an evaluation computes features.
        features: the features of an evaluation, and whether samples are compared as pictures.
        keys: a number (N,) for each sample in the form of ``for_features``, as ``Dataset.keys`` has it; None:
            equal samples are alike in this form.
        judge: measures what is true of this kind alone, beside other reals and baselines that it trains in
            seconds; None if nothing is.
        sheet: shows decoded samples as one picture.
        columns: how many samples a sheet of a training has in a row.
        most_numbers: numbers in the samples of a batch, beyond which the batch of a recipe is made smaller.
        look: a short look at data of this kind, from which its options are chosen; None: there is none.
        tiles: turns decoded samples into one picture each, (N, H, W, C); None if all of them make one plot.
        thumbnail: a small picture of a few decoded samples for the terminal; None: two rows of tiles.
        pair_sheet: shows each fake beside its nearest real, both in the form of ``for_features``; None if
            people cannot compare such samples by eye.
        lines: decoded samples as lines of text, for the terminal; None if it shows the sheet, or nothing.
        handed: decoded samples as ``GAN.sample`` returns them; None: the array.
        kept: whether each decoded sample keeps to the rules of its data and to conditions of the user, as
            "column=value"; others are drawn anew. None: such data has neither.
        media: the media type of samples on the page, such as audio/wav or text/plain.
        show: turns decoded samples into the bytes of this type; None: the sheet as PNG.
        beside: as ``show``, each sample beside what is nearest in training samples, given second; None: never.
        traits: what can be measured of each decoded sample (N,), by name, to say what a direction of the
            latent space changes; None: nothing.
        offered: the suffixes of files that the page offers of a sample, with their media types.
        plane: whether the discriminator's logits over the space of the data can be shown as a landscape.
        writers: writes samples to a file, by the file's suffix; "" is a folder. The first is the default.
        sound: writes the sound of samples beside the file or folder that they were written to; None: no sound.
        suffixes: the suffixes of files that hold only this kind of data.
        files: what it reads, in the words of a message; "" if it reads no files of its own.
        reads: whether this kind reads the file or folder at a path.
        read: reads the file or folder at a path with those ``options``, and reports its progress. The name of
            the data is its absolute path.
        form: makes an array samples of this kind, or returns None if it is of another kind; None: never.
        given: makes what a user has in Python, such as a list of strings, with its labels a data set of this
            kind, or returns None if it is of another kind; None: never.
        options: the options of files (``FilesConfig``) that ``read`` and ``given`` take; others are refused.
        read_like: the options with which files give samples of the shape of a Spec.
        types: what the columns of a data set are, as a file that reading takes back; None: it has no columns.
        portable: a last layer from encoded samples to what other programs understand; None: as they are stored.
        refitted: both parts of data that was split, encoded by the training part alone; None: the encoding
            knows nothing of the data.
        adapted: brings data of this kind to the encoding of a Spec, to compare it with samples of that.
        comparable: changes these options so that the samples can be compared with others, of a Spec if given.
    """

    name: str
    noun: str
    axes: str
    codec: Callable[[Mapping[str, Any]], Codec]
    recipe: str
    count: int
    problem: Callable[[Spec], str]
    describe: Callable[[Spec], str]
    vectors: Callable[[Tensor], Tensor]
    coarse: Callable[[Tensor], Tensor]
    features: Features
    sheet: Sheet
    writers: Mapping[str, Writer]
    warning: Callable[[Dataset], str | None] = lambda data: None
    few_recipe: str = ""
    rich_recipe: str = ""
    rival: Rival | None = None
    rich: Callable[[Spec], bool] = lambda spec: False
    sheet_count: int = 0
    discrete: bool = False
    for_measures: Callable[[Tensor], Any] = lambda encoded: encoded
    measures: Mapping[str, Measure] = field(default_factory=dict)
    to_memory_format: Callable[[Tensor], Tensor] = lambda batch: batch
    for_features: Callable[[Tensor, Spec], Tensor] = lambda samples, spec: samples
    columns: Callable[[Spec], int] = lambda spec: COLUMNS
    most_numbers: float = math.inf
    look: Callable[[Dataset], Look] | None = None
    tiles: Callable[[Array, Spec], Pixels] | None = None
    thumbnail: Callable[[Array, Spec], Pixels] | None = None
    keys: Callable[[Tensor, Spec], Tensor] | None = None
    judge: Callable[[Trial], Comparison] | None = None
    pair_sheet: Callable[[Tensor, Tensor, Spec], Image.Image] | None = None
    lines: Callable[[Array, Spec], list[str]] | None = None
    handed: Callable[[Array, Spec], Any] | None = None
    kept: Callable[[Array, Spec, Sequence[str]], Array] | None = None
    media: str = MEDIA
    show: Callable[[Array, Spec], bytes] | None = None
    beside: Callable[[Array, Array, Spec], bytes] | None = None
    traits: Callable[[Array, Spec], Mapping[str, Array]] | None = None
    offered: Mapping[str, str] = field(default_factory=dict)
    plane: Callable[[Spec], bool] = lambda spec: False
    sound: Callable[[Array, Array | None, Spec, Path], None] | None = None
    suffixes: tuple[str, ...] = ()
    files: str = ""
    reads: Callable[[Path], bool] = lambda path: False
    read: Reader | None = None
    form: Form | None = None
    given: Given | None = None
    options: tuple[str, ...] = ()
    read_like: Callable[[Spec], Mapping[str, str]] = lambda spec: {}
    types: Callable[[Dataset], str] | None = None
    portable: Callable[[Spec], nn.Module] | None = None
    refitted: Callable[[Dataset, Dataset], tuple[Dataset, Dataset]] | None = None
    adapted: Callable[[Dataset, Spec], Dataset] = lambda data, like: data
    comparable: Callable[[Mapping[str, Any], Spec | None], Mapping[str, Any]] = lambda options, like: options

    @property
    def suffix(self) -> str:
        """The suffix of a file of samples if the user chooses none."""
        return next(iter(self.writers))

    def fits(self, axes: str) -> bool:
        """Whether a network or an augmentation that takes samples with these axes takes this kind; "": any."""
        return axes in ("", self.axes)

    def measured(self, fakes: Tensor, reals: Tensor, spec: Spec) -> dict[str, float]:
        """The measures of encoded fakes beside encoded reals, without those that such samples do not have."""
        encoded = self.for_measures(fakes), self.for_measures(reals)
        of_decoded = any(measure.decoded for measure in self.measures.values())
        decoded = (spec.decode(fakes), spec.decode(reals), spec) if of_decoded else ()
        found = {
            name: measure.of(*(decoded if measure.decoded else encoded))
            for name, measure in self.measures.items()
        }
        return {name: value for name, value in found.items() if value is not None}

    def shown(self, samples: Array, spec: Spec) -> bytes:
        """Decoded samples as the page shows them, in the type ``media``."""
        if self.show:
            return self.show(samples, spec)
        return as_png(self.sheet(samples, spec, gap=0 if len(samples) == 1 else 2))

    def save(
        self, samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None = None
    ) -> None:
        """Write decoded samples to a file or folder; the suffix of the path chooses the format.

        Raises:
            ConfigError: this kind has no writer for the suffix.
        """
        suffix = path.suffix.lower()
        if suffix not in self.writers:
            accepted = ", ".join(key or "a folder" for key in self.writers)
            raise ConfigError(f"cannot write {path.name}: accepted are {accepted} for {self.noun}s.")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.writers[suffix](samples, labels, spec, path, columns)
