"""What computes the samples of a server: torch, or ONNX Runtime where it is faster."""

from __future__ import annotations

import time
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from sparring import kinds
from sparring.errors import ConfigError, SparringError
from sparring.games.drawing import CHUNK
from sparring.runs.inference import Sampler
from sparring.uses.export import onnx_file, parity
from sparring.uses.export.graph import Graph
from sparring.uses.serve.served import Samples, Served

TRIED = (1, 16)  # samples in a request, whose times are compared
TIMES = 5  # that each is measured, of which the least counts: the others were disturbed


@dataclass(frozen=True)
class OnnxSampler(Sampler):
    """A sampler whose generator runs in ONNX Runtime.

    Attributes:
        session: takes latents and, with classes, labels.
    """

    session: Any

    def decoded(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        parts = []
        for start in range(0, max(1, len(latents)), CHUNK):
            chunk = slice(start, start + CHUNK)
            inputs = (latents[chunk],) if labels is None else (latents[chunk], labels[chunk])
            parts.append(torch.from_numpy(self.session(inputs)))
        return torch.cat(parts)


def chosen(served: Served, engine: str) -> tuple[Served, str]:
    """What is served with the engine that the user names, or the faster one, and a few words about it.

    Raises:
        ConfigError: ONNX Runtime is asked for, and cannot run this.
        RunError: it is asked for, and does not make the same samples.
    """
    why = _not_in_onnx(served)
    if engine == "torch" or (engine == "auto" and why):
        return served, "torch"
    if why:
        raise ConfigError(f"--engine onnx: {why}. Leave it out.")
    assert isinstance(served, Samples)
    try:
        other = Samples(_in_onnx(served.sampler), served.name)
    except SparringError:
        if engine == "onnx":
            raise
        return served, "torch"
    if engine == "onnx":
        return other, "ONNX Runtime"
    mine, theirs = milliseconds(served.sampler), milliseconds(other.sampler)
    words = (
        f"{mine:.1f} ms of torch, {theirs:.1f} ms of ONNX Runtime for {' and '.join(map(str, TRIED))} samples"
    )
    return (other, f"ONNX Runtime ({words})") if theirs < mine else (served, f"torch ({words})")


def _not_in_onnx(served: Served) -> str:
    """Why ONNX Runtime cannot serve this; "" if it can."""
    if not isinstance(served, Samples):
        return "only generators of samples run in ONNX Runtime here"
    if kinds.of(served.sampler.spec).portable:
        return (
            f"{kinds.of(served.sampler.spec).noun}s are drawn anew by rules that torch's samples are needed for"
        )
    if next(served.sampler.generator.parameters()).device.type != "cpu":
        return "the generator is on another device than the CPU"
    return "" if onnx_file.installed() else f"its packages are missing: {onnx_file.INSTALL}"


def _in_onnx(sampler: Sampler) -> OnnxSampler:
    graph = Graph.of(sampler)
    _, session = onnx_file.translated(graph, torch.get_num_threads())
    parity.compared(graph, session, "ONNX Runtime", cure="Leave --engine out.")
    return OnnxSampler(**{each.name: getattr(sampler, each.name) for each in fields(Sampler)}, session=session)


def milliseconds(sampler: Sampler) -> float:
    """The time of a request for each of TRIED samples, together."""
    total = 0.0
    for count in TRIED:
        latents, labels = sampler.latents(count), sampler.labels(count)
        taken = []
        for _ in range(TIMES):
            began = time.perf_counter()
            sampler.decoded(latents, labels)
            taken.append(time.perf_counter() - began)
        total += min(taken)
    return 1000 * total
