"""Checkpoints: exact, whole or not at all, and never trusted without their checksum."""

import errno
import json
import os
from pathlib import Path

import pytest
import torch

from sparring import build, checkpoint
from sparring.config import from_recipe
from sparring.data.arrays import from_array
from sparring.data.spec import Dataset
from sparring.errors import RunError
from sparring.loop import Budget, train
from sparring.steps import Bout

SMALL = {"g_width": 4, "d_width": 4, "latent_dim": 4, "precision": "fp32", "batch_size": 16, "device": "cpu"}


def pictures() -> Dataset:
    rng = torch.Generator().manual_seed(0)
    samples = torch.randint(0, 256, (64, 1, 8, 8), generator=rng, dtype=torch.uint8)
    return from_array(samples, torch.arange(64) % 2)


def new_bout() -> Bout:
    config = from_recipe("sprint", penalty_every=2, **SMALL)
    data = pictures()
    return build.bout(config, data.spec, data.classes)


def advance(bout: Bout, samples: int) -> None:
    """Train to so many samples of a budget of 320, on which the learning rates depend."""
    budget = Budget(samples_seen=320)
    list(train(bout, pictures(), budget, batch_size=16, stop=lambda: bout.samples_seen >= samples))


def state(bout: Bout) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in checkpoint._tensors(bout).items()}


def test_a_restored_bout_goes_on_bit_for_bit(tmp_path: Path) -> None:
    """Convolutions, BatchNorm, lazy R1, Adam, the weight average, decaying rates."""
    whole, first, second = new_bout(), new_bout(), new_bout()
    advance(whole, 320)
    advance(first, 160)
    checkpoint.write(first, tmp_path)
    checkpoint.restore(second, *checkpoint.read(tmp_path, print))
    assert (second.step, second.samples_seen) == (10, 160)
    advance(second, 320)
    expected, found = state(whole), state(second)
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_only_the_last_two_are_kept(tmp_path: Path) -> None:
    bout = new_bout()
    for samples in (16, 32, 48, 64):
        advance(bout, samples)
        checkpoint.write(bout, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        *["00000003.json", "00000003.safetensors", "00000004.json", "00000004.safetensors"]
    ]


@pytest.mark.parametrize(
    "damage", ["flip", "truncate", "empty", "no tensors", "no json", "bad json", "other facts"]
)
def test_a_broken_checkpoint_falls_back_to_the_one_before(tmp_path: Path, damage: str) -> None:
    bout = new_bout()
    for samples in (16, 32):
        advance(bout, samples)
        newest = checkpoint.write(bout, tmp_path)
    tensors = newest.with_suffix(".safetensors")
    content = bytearray(tensors.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 1
    damaged = {"flip": content, "truncate": content[:-100], "empty": b""}
    if damage in damaged:
        tensors.write_bytes(damaged[damage])
    elif damage == "no tensors":
        tensors.unlink()
    elif damage == "no json":
        newest.unlink()
    elif damage == "other facts":
        newest.write_text(newest.read_text().replace('"samples_seen": 32', '"samples_seen": 33'))
    else:
        newest.write_text("{")
    warnings: list[str] = []
    facts, _ = checkpoint.read(tmp_path, warnings.append)
    assert facts["step"] == 1
    assert len(warnings) == (0 if damage == "no json" else 1)
    assert all("00000002 is broken" in warning for warning in warnings)


def test_nothing_whole_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no checkpoint in"):
        checkpoint.read(tmp_path, print)
    checkpoint.write(new_bout(), tmp_path).with_suffix(".safetensors").write_bytes(b"x")
    with pytest.raises(RunError, match="no whole checkpoint"):
        checkpoint.read(tmp_path, lambda _: None)


def test_another_version_is_refused_with_the_numbers(tmp_path: Path) -> None:
    path = checkpoint.write(new_bout(), tmp_path)
    facts = json.loads(path.read_text())
    del facts["sha256"]
    facts["version"] = 99
    signed = facts | {"sha256": checkpoint._digest(facts, path.with_suffix(".safetensors").read_bytes())}
    path.write_text(json.dumps(signed))
    with pytest.raises(RunError, match="version 99, this sparring reads version 1"):
        checkpoint.read(tmp_path, print)


def test_other_networks_are_refused(tmp_path: Path) -> None:
    checkpoint.write(new_bout(), tmp_path)
    config = from_recipe("sprint", **(SMALL | {"g_width": 8}))
    other = build.bout(config, pictures().spec, 2)
    with pytest.raises(RunError, match="does not fit the config's networks"):
        checkpoint.restore(other, *checkpoint.read(tmp_path, print))


def test_a_full_disk_leaves_the_checkpoints_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bout = new_bout()
    advance(bout, 16)
    checkpoint.write(bout, tmp_path)
    advance(bout, 32)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match=r"No space left on device.*written before are whole"):
        checkpoint.write(bout, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["00000001.json", "00000001.safetensors"]
    assert checkpoint.read(tmp_path, print)[0]["step"] == 1


def test_what_lies_after_the_state_gone_on_from_is_removed(tmp_path: Path) -> None:
    bout = new_bout()
    for samples in (16, 32):
        advance(bout, samples)
        checkpoint.write(bout, tmp_path)
    (tmp_path / "00000009.safetensors.tmp").write_bytes(b"half")
    (tmp_path / "00000003.safetensors").write_bytes(b"without its JSON")
    checkpoint.drop_after(tmp_path, 1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["00000001.json", "00000001.safetensors"]
