"""Options of the machine that a training runs on, and of what is measured and kept of it."""

from __future__ import annotations

from dataclasses import dataclass

from sparring.config import needs
from sparring.config.choices import LOGGERS, PRECISIONS
from sparring.config.option import Group, option


@dataclass(frozen=True, kw_only=True)
class MachineConfig(Group):
    """The machine on which it is computed."""

    device: str = option("auto", "auto, cpu, cuda, cuda:1, mps")
    precision: str = option("auto", "auto: bf16 if it is faster", choices=PRECISIONS)
    threads: int | None = option(None, "CPU threads (none: measured)", low=1)
    processes: int = option(1, "training processes, each with batch_size / processes", low=1)
    compile: bool = option(
        False,
        "torch.compile: the generator, and a discriminator without a penalty on its slope",
        needs=(needs.BY_GRADIENTS,),
    )


@dataclass(frozen=True, kw_only=True)
class RecordsConfig(Group):
    """What is measured and kept during training."""

    record_every: int = option(100, "steps between lines of history", low=1)
    vitals: bool = option(True, "measure samples at every record, for the doctor")
    pictures: int = option(40, "number of pictures of the same latents during training", low=0)
    evaluate_every: int | None = option(
        None, "samples between measurements of quality, to keep the best checkpoint", low=1
    )
    checkpoint_seconds: float = option(30.0, "seconds between checkpoints", low=0)
    log: str = option(
        "none", "also log numbers, pictures and sounds where another tool shows them", choices=LOGGERS
    )
