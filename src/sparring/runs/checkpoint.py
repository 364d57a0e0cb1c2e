"""Checkpoints: the exact state of a game as safetensors and JSON, written whole or not at all.

A checkpoint is two files, ``00001200.safetensors`` and ``00001200.json``. The JSON is put in
place last and has the SHA-256 of both files. If it is missing or its checksum does not match, the checkpoint
before is used. The name, shape and type of every tensor are checked before any tensor is used: an optimizer
accepts a state of another shape without an error, and its kernels then write beyond the tensor's memory.
"""

from __future__ import annotations

import copy
import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.optim import Optimizer

from sparring.errors import RunError, quoted, reason
from sparring.files import write_whole
from sparring.games.game import Game, short
from sparring.history import layout
from sparring.history.find import alone, packaged
from sparring.networks.network import CALIBRATION

VERSION = 1
GENERATOR, AVERAGE = "generator", "average"  # names, in a checkpoint, of the networks that draw
KEEP = 2  # checkpoints kept: the last, and one to fall back on
MOST = 2**53  # the largest count in a checkpoint's facts
MOST_THREADS = 4096
OPTIMIZER = "optimizer"  # g_optimizer/ has the state of the generator's optimizer
MEND = "Put back the config.toml that it was written with, or train anew with `sparring train`."


class NothingSavedError(RunError):
    """The folder has no complete checkpoint."""


class _BrokenError(ValueError):
    """A checkpoint is damaged; the message is the reason."""


def write(game: Game, folder: Path, extra: Mapping[str, Any] | None = None) -> Path:
    """Save the game and return the path of the JSON; all checkpoints except the last KEEP are deleted.

    Raises:
        RunError: the disk is full or cannot be written; the checkpoints before are untouched.
    """
    facts = {
        "version": VERSION,
        "step": game.clock.step,
        "samples_seen": game.clock.samples_seen,
        "seconds": game.clock.seconds,
        **(extra or {}),
    }
    if run := layout.identity(folder.parent):
        facts["run"] = run
    if stateless := _stateless(game):
        facts["stateless"] = stateless
    state = put(folder, facts, _tensors(game))
    older = [step for step in layout.checkpoints(folder) if step < game.clock.step]
    gone = older[: max(0, len(older) + 1 - KEEP)]
    for step in gone:
        for suffix in (layout.STATE, layout.TENSORS):
            (folder / f"{layout.step_name(step)}{suffix}").unlink(missing_ok=True)
    return state


def put(folder: Path, facts: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Path:
    """Write the two files of a checkpoint, and return the path of the JSON.

    Raises:
        RunError: the disk is full or cannot be written.
    """
    packed = save(dict(tensors))
    signed = {**facts, "sha256": _digest(facts, BytesIO(packed))}
    state = folder / f"{layout.step_name(facts['step'])}{layout.STATE}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(state.with_suffix(layout.TENSORS), packed)
        write_whole(state, json.dumps(signed, indent=1).encode())
    except OSError as error:
        next_step = (
            "Checkpoints written before are whole: make room and go on with `sparring resume`."
            if layout.checkpoints(folder.parent / layout.CHECKPOINTS) or layout.checkpoints(folder)
            else "Nothing was saved before: make room and start again with `sparring resume RUN --force`."
        )
        raise RunError(f"cannot write a checkpoint to {folder}: {reason(error)}. {next_step}") from error
    return state


def _digest(facts: Mapping[str, Any], tensors: BufferedReader | BytesIO) -> str:
    """SHA-256 of the file of tensors, read in parts, and of the facts in the JSON."""
    total = hashlib.file_digest(tensors, "sha256")
    total.update(json.dumps(facts, sort_keys=True).encode())
    return total.hexdigest()


def read(
    folder: Path, warn: Callable[[str], object], of: tuple[str, ...] = ("",), last: float = math.inf
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The facts and tensors of the newest complete checkpoint; ``warn`` is called for broken ones.

    Args:
        of: prefixes of the names of the tensors to read; others are not loaded into memory.
        last: leave out checkpoints of later steps, unless there are no others.

    Raises:
        NothingSavedError: there is no complete checkpoint.
        RunError: the checkpoint is of another version.
    """
    found = layout.steps(folder, layout.STATE)
    early = [step for step in found if step <= last]
    for step in reversed(early or found[:1]):
        try:
            return _whole(folder / f"{layout.step_name(step)}{layout.STATE}", step, of)
        except _BrokenError as error:
            warn(f"checkpoint {layout.step_name(step)} is broken ({error}); trying the one before.")
    what = "no complete checkpoint" if found else "no checkpoint"
    raise NothingSavedError(f"{what} in {folder}. {_anew(folder.parent)}")


def _anew(run: Path) -> str:
    """How to get players whose files are damaged or missing."""
    if packaged(run):
        return "Install sparring again."
    if alone(run):
        return "Export these players again from their training, or download them again."
    return "Train again with `sparring train`."


def _whole(path: Path, step: int, of: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The facts of a JSON file, and its tensors whose names begin with one of the prefixes ``of``.

    Raises:
        _BrokenError: the checkpoint is damaged, or not of this step or run.
        RunError: the checkpoint is of another version.
    """
    damaged = (ValueError, LookupError, TypeError, AttributeError, RecursionError, SafetensorError)
    try:
        facts, states = json.loads(path.read_bytes()), path.with_suffix(layout.TENSORS)
        with states.open("rb") as file:
            matches = facts.pop("sha256") == _digest(facts, file)
        tensors = _load(states, of) if matches else {}
    except OSError as error:
        raise _BrokenError(reason(error)) from error
    except damaged as error:
        raise _BrokenError("it is damaged") from error
    if not matches:
        raise _BrokenError("its checksum does not match")
    if facts.get("version") != VERSION:
        raise RunError(
            f"{path} is of checkpoint version {quoted(facts.get('version'))}, this sparring reads "
            f"version {VERSION}. Use the sparring that wrote it (see run.json)."
        )
    _check_facts(facts, step)
    if not layout.of_run(facts, layout.identity(path.parent.parent)):
        raise _BrokenError("it is of another run")
    if facts.get("half"):  # of the players that come with the package
        tensors = {name: t.float() if t.dtype == torch.float16 else t for name, t in tensors.items()}
    return facts, tensors


def _load(path: Path, of: tuple[str, ...]) -> dict[str, Tensor]:
    """The tensors of a file whose names begin with one of the prefixes ``of``, in their own memory."""
    with safe_open(path, "pt") as stored:
        return {name: stored.get_tensor(name).clone() for name in stored.keys() if name.startswith(of)}  # noqa: SIM118


def _check_facts(facts: Mapping[str, Any], step: int) -> None:
    """Refuse facts that a checkpoint of this step cannot have.

    Raises:
        _BrokenError: which fact is wrong.
    """
    numbers = {"step": (int,), "samples_seen": (int,), "seconds": (int, float), "threads": (int,)}
    for name, kinds in numbers.items():
        value = facts.get(name, 1 if name == "threads" else None)
        least, most = (1, MOST_THREADS) if name == "threads" else (0, MOST)
        if type(value) not in kinds or not least <= value <= most:
            raise _BrokenError(f"its {name} is {quoted(value)}, not a number from {least} to {most:,}")
    if facts["step"] != step:
        raise _BrokenError(f"it says to be of step {facts['step']}")
    stateless = facts.get("stateless", [])
    if not isinstance(stateless, list) or not all(isinstance(name, str) for name in stateless):
        raise _BrokenError(f"its stateless weights are {quoted(stateless)}, not a list of names")


def restore(game: Game, facts: Mapping[str, Any], tensors: Mapping[str, Tensor], mend: str = MEND) -> None:
    """Put a game, built from the same config, into the saved state.

    Args:
        mend: advice for the error, if the tensors do not fit.

    Raises:
        RunError: the tensors do not fit this game; it stays as it was.
    """
    expected = _tensors(game, optimizers=False)
    _check_tensors(expected | _states_to_be(game), tensors, facts, mend)
    _fill(expected, tensors)
    for name, optimizer in _optimizers(game):
        restore_optimizer(optimizer, name, tensors)
    game.clock.step, game.clock.samples_seen = int(facts["step"]), int(facts["samples_seen"])
    game.clock.seconds = float(facts["seconds"])


def restore_network(
    network: nn.Module, player: str, facts: Mapping[str, Any], tensors: Mapping[str, Tensor], mend: str
) -> None:
    """Put a network into the saved state of a player, such as "generator", or of the "average".

    Args:
        mend: advice for the error, if the tensors do not fit.

    Raises:
        RunError: the tensors do not fit this network; it stays as it was.
    """
    expected = _named(player, network)
    _check_tensors(expected, tensors, facts, mend)
    _fill(expected, tensors)


def _fill(live: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> None:
    with torch.no_grad():
        for name, tensor in live.items():
            tensor.copy_(tensors.get(name, tensor))


def _check_tensors(
    expected: Mapping[str, Tensor], tensors: Mapping[str, Tensor], facts: Mapping[str, Any], mend: str = MEND
) -> None:
    """Refuse missing or unknown tensors, and tensors of another shape or type.

    An optimizer has no state for a weight that never had a gradient. Such a state may be missing if the facts
    say so or if no step has been made.

    Raises:
        RunError: the first such tensor, and what is expected.
    """
    stateless = set(facts.get("stateless", ())) if facts["step"] else {_owner(name) for name in expected}
    stateless -= {_owner(name) for name in tensors}
    for name in sorted(expected.keys() | tensors.keys()):
        if name.rpartition("/")[2] == CALIBRATION and name not in tensors:
            continue  # older checkpoints have none, and it is as at the start
        theirs, ours = (_form(part[name]) if name in part else "missing" for part in (tensors, expected))
        if theirs != ours and not (theirs == "missing" and _optimizer_part(name) and _owner(name) in stateless):
            raise RunError(
                f"the checkpoint does not fit the networks: {quoted(name)} is {theirs} in the checkpoint, and "
                f"{ours} in the networks. {mend}"
            )


def _form(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} of shape {tuple(tensor.shape)}"


def _owner(name: str) -> str:
    """The part of a tensor's name that stands for a weight: g_optimizer/3 of g_optimizer/3/exp_avg."""
    return name.rpartition("/")[0]


def _optimizer_part(name: str) -> bool:
    return name.partition("/")[0].endswith(f"_{OPTIMIZER}")


def _tensors(game: Game, optimizers: bool = True) -> dict[str, Tensor]:
    """Every tensor of the state by name; weights and buffers are the live ones, not copies."""
    tensors: dict[str, Tensor] = {}
    for player, network in {**game.players, **game.memories}.items():
        tensors |= _named(player, network)
    if optimizers:
        for name, optimizer in _optimizers(game):
            tensors |= dict(optimizer_tensors(optimizer, name))
    # safetensors stores row-major memory; channels_last is restored by copying into live weights.
    return {name: t.contiguous() for name, t in tensors.items()} if optimizers else tensors


def _named(player: str, network: nn.Module) -> dict[str, Tensor]:
    return {f"{player}/{name}": tensor for name, tensor in network.state_dict().items()}


def _optimizers(game: Game) -> list[tuple[str, Optimizer]]:
    return [(f"{short(name)}_{OPTIMIZER}", optimizer) for name, optimizer in game.optimizers.items()]


def optimizer_tensors(optimizer: Optimizer, name: str) -> Iterator[tuple[str, Tensor]]:
    """The moments of an optimizer by their names, which begin with ``name``."""
    for index, moments in optimizer.state_dict()["state"].items():
        for key, value in moments.items():
            yield f"{name}/{index}/{key}", torch.as_tensor(value)


def _stateless(game: Game) -> list[str]:
    """Weights for which an optimizer has no state, since no gradient has reached them yet."""
    return [
        f"{name}/{index}"
        for name, optimizer in _optimizers(game)
        for index, weight in enumerate(_weights(optimizer))
        if not optimizer.state.get(weight)
    ]


def _weights(optimizer: Optimizer) -> list[Tensor]:
    return [weight for group in optimizer.param_groups for weight in group["params"]]


def _states_to_be(game: Game) -> dict[str, Tensor]:
    """The tensors that the optimizers will have for each weight, by name: found by a step of copies."""
    tensors: dict[str, Tensor] = {}
    for name, optimizer in _optimizers(game):
        twin = copy.deepcopy(optimizer)
        for weight in _weights(twin):
            weight.grad = torch.zeros_like(weight)
        twin.step()
        tensors |= dict(optimizer_tensors(twin, name))
    return tensors


def restore_optimizer(optimizer: Optimizer, name: str, tensors: Mapping[str, Tensor]) -> None:
    """Take the moments that ``optimizer_tensors`` gave."""
    parameters = _weights(optimizer)
    state: dict[int, dict[str, Tensor]] = {}
    for full_name, tensor in tensors.items():
        owner, _, rest = full_name.partition("/")
        if owner == name:
            index, _, key = rest.partition("/")
            # Moments have the memory layout of their weights, so that the same kernels sum in the same order.
            like = parameters[int(index)]
            if tensor.shape == like.shape:
                tensor = torch.empty_like(like, requires_grad=False).copy_(tensor)
            state.setdefault(int(index), {})[key] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
