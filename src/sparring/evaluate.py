"""From a run, or any two sets, to an evaluation: which reals, which fakes, in which features."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from sparring import __version__, build, sample
from sparring.data.arrays import ARRAY
from sparring.data.folders import from_folder
from sparring.data.spec import Dataset, Spec
from sparring.errors import DataError, RunError
from sparring.metrics.evaluation import Evaluation, Fakes, evaluate
from sparring.metrics.extractors import Reals, choose
from sparring.run import RunFolder
from sparring.runtime import Runtime

DRAW_APART = 1_000_003  # between the seeds of two draws, of which only 32 bits count
PAIRS = 24  # fakes shown with their nearest training samples


@dataclass(frozen=True)
class Report:
    """An evaluation, what it is of, and the fakes most like training samples beside those."""

    real: str
    fake: str
    evaluation: Evaluation
    facts: dict[str, Any]
    pairs: Image.Image | None

    def to_dict(self) -> dict[str, Any]:
        """As ``evaluation.json`` has it."""
        return {"reals": self.real, "fakes": self.fake} | self.facts | self.evaluation.to_dict()


@dataclass(frozen=True)
class Options:
    """How to evaluate: ``features`` by name, at most ``count`` samples a side, ``draws`` of fakes.

    ``best`` takes a run's best checkpoint, not its last.
    """

    features: str = "auto"
    count: int = 10_000
    draws: int = 3
    seed: int = 0
    full: bool = True
    device: str = "auto"
    best: bool = False


def evaluate_run(folder: RunFolder, options: Options, warn: Callable[[str], object]) -> Report:
    """A run's generator against what it was trained on, or its held-out part where the set has one.

    Raises:
        RunError: no checkpoint, or trained on an array in Python.
        DataError: the data is no longer there.
    """
    if folder.config.data == ARRAY:
        raise RunError(
            f"{folder.path} was trained on an array in Python: save that as .npz and give "
            f"--real FILE.npz --fake {folder.path}."
        )
    data = build.dataset(folder.config.data)
    return compare(data, folder, options, warn, held_out=build.held_out(folder.config.data))


def compare(
    real: Dataset,
    fake: Dataset | RunFolder,
    options: Options,
    warn: Callable[[str], object],
    *,
    held_out: Dataset | None = None,
) -> Report:
    """A set of fakes, or a run's generator, against real data.

    Raises:
        DataError: sets that do not fit together, or too small.
        ConfigError: unknown features, or such as do not suit the data.
    """
    runtime = Runtime(options.device, "fp32")
    reals = _reals(real, options, runtime)
    others = None if held_out is None else _reals(held_out, options, runtime)
    extractor = choose(reals, options.features)
    facts: dict[str, Any] = {
        "sparring": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "seed": options.seed,
        "count": options.count,
    }
    if isinstance(fake, RunFolder):
        draw, step = _drawer(fake, options, runtime, warn)
        facts["checkpoint_step"], draws, name = step, options.draws, str(fake.path)
    else:
        fixed = _at_most(options, Fakes(sample.eight_bit(fake.samples, fake.spec), _matching(fake, real)))
        draw, draws, name = (lambda _: fixed), 1, fake.name
    evaluation, nearest = evaluate(
        extractor,
        reals,
        draw,
        held_out=others,
        count=options.count,
        draws=draws,
        seed=options.seed,
        full=options.full,
    )
    pairs = None
    if len(nearest) and real.spec.kind == "image":
        pairs = _pairs(draw(0).samples, reals.samples[nearest], real.spec)
    return Report(real.name, name, evaluation, facts, pairs)


def source(name: str) -> Dataset | RunFolder:
    """What a user names: a run folder, a folder of pictures, a built-in set or a file.

    Raises:
        DataError: nothing of the kind.
    """
    path = Path(name)
    if path.is_dir():
        return RunFolder(path) if (path / "run.json").exists() else from_folder(path)
    return build.dataset(name)


def only_data(found: Dataset | RunFolder, role: str) -> Dataset:
    """Refuse a run where real data is needed.

    Raises:
        DataError: it is a run.
    """
    if isinstance(found, RunFolder):
        raise DataError(f"{role} {found.path} is a run: give data there, and the run as --fake.")
    return found


def _reals(data: Dataset, options: Options, runtime: Runtime) -> Reals:
    return Reals(
        sample.eight_bit(data.samples, data.spec), data.labels, data.name, options.seed, device=runtime.device
    )


def _drawer(
    folder: RunFolder, options: Options, runtime: Runtime, warn: Callable[[str], object]
) -> tuple[Callable[[int], Fakes], int]:
    """A function from the number of a draw to fakes, and the step of the checkpoint they come from."""
    bout, _ = folder.bout(warn, runtime, best=options.best)
    labels = sample.natural_labels(options.count, folder.facts["class_counts"])

    def draw(number: int) -> Fakes:
        seed = options.seed + DRAW_APART * (number + 1)
        latents = sample.random_latents(options.count, folder.config.latent_dim, seed)
        decoded = folder.spec.decode(sample.draw(bout.artist, latents, labels))
        return Fakes(sample.eight_bit(decoded, folder.spec), None if folder.spec.clusters else labels)

    return draw, bout.step


def _at_most(options: Options, fakes: Fakes) -> Fakes:
    """``count`` of them at random, or all."""
    rng = torch.Generator().manual_seed(options.seed)
    kept = torch.randperm(len(fakes.samples), generator=rng)[: options.count]
    return Fakes(fakes.samples[kept], None if fakes.labels is None else fakes.labels[kept])


def _matching(fake: Dataset, real: Dataset) -> Tensor | None:
    """The fakes' labels where they mean the same classes as the real ones."""
    return fake.labels if fake.labels is not None and fake.spec.class_names == real.spec.class_names else None


def _pairs(fakes: Tensor, nearest: Tensor, spec: Spec) -> Image.Image:
    """The fakes most like training samples (on the left of each pair) and those, in rows of pairs."""
    apart = (fakes.float() - nearest.float()).square().flatten(1).sum(1)
    chosen = apart.argsort()[:PAIRS]
    tiles = torch.stack([fakes[chosen], nearest[chosen]], 1).flatten(0, 1)
    grey = Spec("image", spec.shape, "uint8", (127.5,), (127.5,))
    return sample.grid(tiles.numpy(), grey, columns=12)
