"""What a server gives: samples of a run, pictures made of pictures, or scores of a detector."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from sparring import kinds
from sparring.config.groups import FilesConfig
from sparring.data.pictures import UNREADABLE, as_png, decoded, form_as_read, look, reason_of
from sparring.errors import ConfigError, DataError, RunError, Tell, unknown
from sparring.history import layout
from sparring.history.find import no_run
from sparring.machine.device import Runtime
from sparring.runs.folder import RunFolder
from sparring.runs.inference import Sampler
from sparring.runs.translator import Translator
from sparring.uses import translate
from sparring.uses.detect import saved
from sparring.uses.detect.detector import Detector
from sparring.uses.detect.heat import beside
from sparring.uses.serve.asked import SampleRequest

JSON, PNG = "application/json", "image/png"
MEDIA = {
    "csv": "text/csv", "gif": "image/gif", "jsonl": "application/jsonl", "mid": "audio/midi", "png": PNG,
    "txt": "text/plain; charset=utf-8", "wav": "audio/wav", "webp": "image/webp",
}  # fmt: skip
OTHER = "application/octet-stream"
MOST_PIXELS = 2**22  # of a picture that is sent


class Answer(NamedTuple):
    """The body of an answer, its media type, and further headers."""

    content: bytes
    media: str = JSON
    headers: Mapping[str, str] = {}


@dataclass(frozen=True)
class Samples:
    """Draws samples of a run."""

    sampler: Sampler
    name: str
    path: str = "/sample"

    @property
    def step(self) -> int:
        return self.sampler.step

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats of an answer: JSON, and those of files."""
        suffixes = kinds.of(self.sampler.spec).writers
        return ("json", *(suffix.removeprefix(".") for suffix in suffixes if suffix))

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes that can be asked for."""
        spec = self.sampler.spec
        return spec.class_names if self.sampler.classes and not spec.clusters else ()

    def answer(self, asked: SampleRequest) -> Answer:
        """Draw what is asked for.

        Raises:
            ConfigError: a value that does not fit these samples.
        """
        sampler, kind = self.sampler, kinds.of(self.sampler.spec)
        if asked.format not in self.formats:
            raise ConfigError(unknown("format", asked.format, self.formats))
        if asked.labels is not None and not self.labels:
            raise ConfigError("labels: this generator draws without classes. Leave them out.")
        labels = None
        if asked.where or kind.kept:
            kept = sampler.kept(asked.count, asked.where, asked.seed, asked.truncation, asked.labels)
            samples = kept.samples
            if asked.labels is not None:
                labels = sampler.labels(asked.count, asked.labels)
        else:
            labels = sampler.labels(asked.count, asked.labels, seed=asked.seed)
            latents = sampler.latents(asked.count, asked.seed, asked.truncation)
            samples = sampler.decoded(latents, labels).numpy()
        shown = None if labels is None or sampler.spec.clusters else labels.numpy()
        headers = {"x-seed": str(asked.seed)}
        if asked.format != "json":
            content = self._file(samples, shown, f".{asked.format}")
            return Answer(content, MEDIA.get(asked.format, OTHER), headers)
        found = {"seed": asked.seed, "samples": self._plain(samples)}
        if shown is not None:
            found["labels"] = [sampler.spec.class_names[label] for label in shown]
        return Answer(json.dumps(found, allow_nan=False).encode(), JSON, headers)

    def _plain(self, samples: Any) -> list[Any]:
        """Samples for JSON: texts, objects of rows, or the numbers of arrays."""
        kind = kinds.of(self.sampler.spec)
        found = kind.handed(samples, self.sampler.spec) if kind.handed else samples
        if isinstance(found, list):
            return found
        if ".jsonl" in kind.writers:
            return [json.loads(line) for line in self._file(samples, None, ".jsonl").splitlines()]
        return list(np.asarray(found).tolist())

    def _file(self, samples: Any, labels: Any, suffix: str) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"samples{suffix}"
            kinds.of(self.sampler.spec).save(samples, labels, self.sampler.spec, path)
            return path.read_bytes()


@dataclass(frozen=True)
class Translations:
    """Makes pictures of pictures."""

    translator: Translator
    name: str
    path: str = "/translate"

    @property
    def step(self) -> int:
        return self.translator.step

    def answer(self, content: bytes, own_size: bool) -> Answer:
        """Make a picture of the file of a picture.

        Raises:
            DataError: it is none, or it is too large.
        """
        with picture_in(content):
            return Answer(as_png(translate.translated(self.translator, content, own_size)), PNG)


@dataclass(frozen=True)
class Scores:
    """Says how odd a picture is, which is read as the normals were."""

    detector: Detector
    name: str
    files: FilesConfig
    path: str = "/score"
    step: int = 0

    def answer(self, content: bytes, heat: bool) -> Answer:
        """Score the file of a picture, which is brought to the size of the normals; or draw its heat map.

        Raises:
            DataError: it is none, or it is too large.
        """
        files = self.files
        form = form_as_read(self.detector.shape_, files.levels, files.background, files.resize)
        with picture_in(content):
            pixels = decoded(content, form).pixels
        picture = torch.from_numpy(pixels.transpose(0, 3, 1, 2).copy())
        found = self.detector.examine(picture)
        if heat:
            return Answer(as_png(beside(picture[0], found.maps[0], self.detector.heat_)), PNG)
        said = {
            "score": float(found.scores[0]),
            "p_value": float(found.p_values[0]),
            "odd": bool(found.odd[0]),
            "threshold": self.detector.threshold_.value,
            "method": self.detector.chosen_,
        }
        return Answer(json.dumps(said, allow_nan=False).encode())


Served = Samples | Translations | Scores  # each answers the requests of its path


@contextmanager
def picture_in(content: bytes) -> Iterator[None]:
    """Decode the picture of a body in here.

    Raises:
        DataError: it is none, it is too large, or it cannot be read.
    """
    check_picture(content)
    try:
        yield
    except UNREADABLE as error:
        raise DataError(f"the picture cannot be read: {reason_of(error)}.") from error


def check_picture(content: bytes) -> None:
    """Refuse a body that is no picture, or one with more than MOST_PIXELS, before it is decoded.

    Raises:
        DataError: what is accepted.
    """
    try:
        width, height = look(content).size
    except DataError as error:
        raise DataError(f"the body is no picture: {error}. Send the bytes of a PNG or JPEG file.") from error
    if width * height > MOST_PIXELS:
        raise DataError(f"a picture of {width} x {height} pixels; at most {MOST_PIXELS:,} are taken.")


def load(path: Path, warn: Tell, *, device: str = "auto", best: bool = False) -> Served:
    """What is in a folder: a run that draws or translates, or a detector.

    Raises:
        RunError: it holds neither, or is damaged.
    """
    if (path / layout.DETECTOR).is_file():
        if best:
            raise ConfigError("--best: a detector has no checkpoints. Leave it out.")
        detector, about = saved.read(path)
        return Scores(detector, path.name, about.files)
    if not path.is_dir():
        raise RunError(no_run(path))
    folder = RunFolder(path)
    sampler = Sampler.load(folder, warn, Runtime(device, "fp32"), best=best)
    name = folder.path.name
    return Samples(sampler, name) if folder.spec.given is None else Translations(Translator.of(sampler), name)
