"""Write a folder that ``GAN.from_pretrained`` loads: players alone, a model card and a sheet of samples."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from sparring import kinds
from sparring.errors import Tell
from sparring.files import write_whole
from sparring.history import layout
from sparring.kinds.sheets import write_picture
from sparring.runs import alone, checkpoint
from sparring.runs.folder import RunFolder
from sparring.runs.inference import Sampler
from sparring.uses.export.card import card
from sparring.uses.export.licence import UNSTATED, check_licence

CARD = "README.md"


def write(
    run: RunFolder,
    path: Path,
    warn: Tell,
    *,
    sampler: Sampler,
    best: bool = False,
    licence: str = UNSTATED,
    force: bool = False,
) -> RunFolder:
    """Write the folder.

    Args:
        sampler: of the checkpoint that is exported, for the sheet.
        best: export the best checkpoint, not the last.
        licence: for the card, an identifier as the hub has them.

    Raises:
        ConfigError: the licence is no identifier.
        RunError: the path is taken, or there is no such checkpoint.
    """
    licence = check_licence(licence)
    made = alone.write(run, path, warn, best=best, force=force)
    facts, _ = checkpoint.read(made.checkpoints, warn, ())
    if sampler.spec.given is None:  # the pictures that a translation was tried on are the user's own
        write_picture(_sheet(sampler), path / layout.SHEET)
    text = card(run, made, facts["step"], facts["samples_seen"], licence)
    write_whole(path / CARD, text.encode())
    return made


def _sheet(sampler: Sampler) -> Image.Image:
    """Samples as one picture."""
    kind = kinds.of(sampler.spec)
    count = max(kind.sheet_count, kind.count)
    samples = sampler.decoded(sampler.latents(count), sampler.labels(count, order="rows")).numpy()
    return kind.sheet(samples, sampler.spec)
