"""Checkpoints: the exact state of a bout as safetensors and JSON, written whole or not at all.

A checkpoint is two files, ``00001200.safetensors`` and ``00001200.json``. The JSON is renamed into
place last and holds the SHA-256 of both: without it, or with another sum, the checkpoint
does not count and the one before is used.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor
from torch.optim import Optimizer

from sparring.errors import RunError
from sparring.files import write_whole
from sparring.steps import Bout

VERSION = 1
KEEP = 2  # checkpoints kept: the last, and one to fall back on


def write(bout: Bout, folder: Path, extra: Mapping[str, Any] | None = None) -> Path:
    """Save the bout; returns the path of the JSON. Older checkpoints than the last KEEP go.

    Raises:
        RunError: the disk is full or cannot be written; the checkpoints before are untouched.
    """
    tensors = save(_tensors(bout))
    facts = {
        "version": VERSION,
        "step": bout.step,
        "samples_seen": bout.samples_seen,
        "seconds": bout.seconds,
        **(extra or {}),
    }
    signed = facts | {"sha256": _digest(facts, tensors)}
    stem = folder / f"{bout.step:08d}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(stem.with_suffix(".safetensors"), tensors)
        write_whole(stem.with_suffix(".json"), json.dumps(signed, indent=1).encode())
    except OSError as error:
        raise RunError(
            f"cannot write a checkpoint to {folder}: {error.strerror or error}. Checkpoints written "
            "before are whole: make room and go on with `sparring resume`."
        ) from error
    for old in sorted(folder.glob("*.json"))[:-KEEP]:
        old.unlink(missing_ok=True)
        old.with_suffix(".safetensors").unlink(missing_ok=True)
    return stem.with_suffix(".json")


def _digest(facts: Mapping[str, Any], tensors: bytes) -> str:
    """SHA-256 of the tensors and of the facts beside them."""
    return hashlib.sha256(tensors + json.dumps(facts, sort_keys=True).encode()).hexdigest()


def drop_after(folder: Path, step: int) -> None:
    """Remove checkpoints later than the one gone on from, which were broken, and what kills left half done."""
    for path in folder.glob("*.json"):
        if path.stem.isdigit() and int(path.stem) > step:
            path.unlink()
    for path in [*folder.glob("*.safetensors"), *folder.glob("*.tmp")]:
        if path.suffix == ".tmp" or not path.with_suffix(".json").exists():
            path.unlink()


def read(folder: Path, warn: Callable[[str], object]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The newest checkpoint that is whole: its facts and its tensors. ``warn`` hears of broken ones.

    Raises:
        RunError: there is none, or it is of another version.
    """
    found = sorted(folder.glob("*.json"), reverse=True)
    for path in found:
        try:
            facts = json.loads(path.read_bytes())
            content = path.with_suffix(".safetensors").read_bytes()
            if facts.pop("sha256") != _digest(facts, content):
                raise ValueError("its checksum does not match")
            tensors = load(content)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
            warn(f"checkpoint {path.stem} is broken ({error}); trying the one before.")
            continue
        if facts.get("version") != VERSION:
            raise RunError(
                f"{path} is of checkpoint version {facts.get('version')}, this sparring reads "
                f"version {VERSION}. Use the sparring that wrote it (see run.json)."
            )
        return facts, tensors
    what = "no whole checkpoint" if found else "no checkpoint"
    raise RunError(f"{what} in {folder}. Train again with `sparring train`.")


def restore(bout: Bout, facts: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    """Put a bout, built from the same config, into the saved state.

    Raises:
        RunError: the tensors are not this bout's.
    """
    expected = _tensors(bout, optimizers=False)
    saved = {name: tensor for name, tensor in tensors.items() if "_optimizer/" not in name}
    differ = {n for n in expected | saved if n not in expected or n not in saved}
    differ |= {n for n in expected if n not in differ and expected[n].shape != saved[n].shape}
    if differ:
        raise RunError(f"the checkpoint does not fit the config's networks: {sorted(differ)[0]} differs.")
    with torch.no_grad():
        for name, tensor in expected.items():
            tensor.copy_(saved[name])
    for name, optimizer in _optimizers(bout):
        _restore_optimizer(optimizer, name, tensors)
    bout.step, bout.samples_seen = int(facts["step"]), int(facts["samples_seen"])
    bout.seconds = float(facts["seconds"])


def _tensors(bout: Bout, optimizers: bool = True) -> dict[str, Tensor]:
    """Every tensor of the state by name; weights and buffers are the live ones, not copies."""
    networks = {"generator": bout.generator, "discriminator": bout.discriminator, **bout.memories}
    if bout.average:
        networks["average"] = bout.average.network
    tensors = {
        f"{player}/{name}": tensor
        for player, network in networks.items()
        for name, tensor in network.state_dict().items()
    }
    if optimizers:
        for name, optimizer in _optimizers(bout):
            tensors |= dict(_optimizer_tensors(optimizer, name))
    # safetensors stores row-major memory; channels_last is restored by copying into live weights.
    return {name: t.contiguous() for name, t in tensors.items()} if optimizers else tensors


def _optimizers(bout: Bout) -> list[tuple[str, Optimizer]]:
    return [("g_optimizer", bout.g_optimizer), ("d_optimizer", bout.d_optimizer)]


def _optimizer_tensors(optimizer: Optimizer, name: str) -> Iterator[tuple[str, Tensor]]:
    for index, moments in optimizer.state_dict()["state"].items():
        for key, value in moments.items():
            yield f"{name}/{index}/{key}", torch.as_tensor(value)


def _restore_optimizer(optimizer: Optimizer, name: str, tensors: Mapping[str, Tensor]) -> None:
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for full_name, tensor in tensors.items():
        owner, _, rest = full_name.partition("/")
        if owner == name:
            index, _, key = rest.partition("/")
            # Moments lie in memory as their weights do, so that the same kernels sum in the same order.
            like = parameters[int(index)]
            if tensor.shape == like.shape:
                tensor = torch.empty_like(like, requires_grad=False).copy_(tensor)
            state.setdefault(int(index), {})[key] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
