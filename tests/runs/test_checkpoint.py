"""Checkpoints: exact, whole or not at all, and never trusted without their checksum."""

import errno
import json
import os
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save

from sparring import games
from sparring.config.recipes import from_recipe
from sparring.errors import RunError
from sparring.games.adversarial import AdversarialGame
from sparring.history.find import PACKAGED
from sparring.runs import checkpoint
from sparring.training.budget import Budget
from sparring.training.loop import train
from test_resume import pictures, state

SMALL = {"g_width": 4, "d_width": 4, "latent_dim": 4, "precision": "fp32", "batch_size": 16, "device": "cpu"}


def new_game(**changes: str) -> AdversarialGame:
    config = from_recipe("sprint", penalty_every=2, lecam_weight=0.1, **SMALL, **changes)
    data = pictures()
    return games.make(config, data.spec, data.classes)


def advance(game: AdversarialGame, samples: int) -> None:
    """Train to so many samples of a budget of 320, on which the learning rates depend."""
    budget = Budget(samples_seen=320)
    list(train(game, pictures(), budget, batch_size=16, stop=lambda: game.clock.samples_seen >= samples))


def test_moments_lie_in_memory_as_their_weights_do(tmp_path: Path) -> None:
    """Kernels sum in the order of memory, so else the last bits would differ."""
    first, second = (new_game(generator="resnet", g_norm="batch") for _ in range(2))
    advance(first, 16)
    checkpoint.write(first, tmp_path)
    checkpoint.restore(second, *checkpoint.read(tmp_path, print))
    weights = [*second.generator.parameters(), *second.discriminator.parameters()]
    states = second.g_optimizer.state | second.d_optimizer.state
    moments = [states[weight]["exp_avg"] for weight in weights]
    assert [moment.stride() for moment in moments] == [weight.stride() for weight in weights]
    assert any(not weight.is_contiguous() for weight in weights)


def test_only_the_last_two_are_kept(tmp_path: Path) -> None:
    game = new_game()
    for samples in (16, 32, 48, 64):
        advance(game, samples)
        checkpoint.write(game, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        *["00000003.json", "00000003.safetensors", "00000004.json", "00000004.safetensors"]
    ]


@pytest.mark.parametrize(
    "damage", ["flip", "truncate", "empty", "no tensors", "no json", "bad json", "other facts"]
)
def test_a_broken_checkpoint_falls_back_to_the_one_before(tmp_path: Path, damage: str) -> None:
    game = new_game()
    for samples in (16, 32):
        advance(game, samples)
        newest = checkpoint.write(game, tmp_path)
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
    checkpoint.write(new_game(), tmp_path).with_suffix(".safetensors").write_bytes(b"x")
    with pytest.raises(RunError, match="no complete checkpoint"):
        checkpoint.read(tmp_path, lambda _: None)


def test_another_version_is_refused_with_the_numbers(tmp_path: Path) -> None:
    path = checkpoint.write(new_game(), tmp_path)
    facts = json.loads(path.read_text())
    del facts["sha256"]
    facts["version"] = 99
    signed = facts | {
        "sha256": checkpoint._digest(facts, BytesIO(path.with_suffix(".safetensors").read_bytes()))
    }
    path.write_text(json.dumps(signed))
    with pytest.raises(RunError, match="version 99, this sparring reads version 1"):
        checkpoint.read(tmp_path, print)


def test_other_networks_are_refused(tmp_path: Path) -> None:
    checkpoint.write(new_game(), tmp_path)
    for changes in ({"lecam_weight": 0.0}, {"lecam_weight": 0.1, "g_width": 8}):
        config = from_recipe("sprint", **(SMALL | changes))
        other = games.make(config, pictures().spec, 2)
        with pytest.raises(RunError, match="does not fit the networks"):
            checkpoint.restore(other, *checkpoint.read(tmp_path, print))


def test_weights_in_half_precision_are_read_as_whole_ones(tmp_path: Path) -> None:
    facts: dict[str, Any] = {"version": 1, "step": 3, "samples_seen": 48, "seconds": 1.0}
    tensors = {"generator/weight": torch.tensor([0.5, 0.1]).half(), "generator/count": torch.tensor(7)}
    for half, kind in ((True, torch.float32), (False, torch.float16)):
        checkpoint.put(tmp_path, facts | {"half": half}, tensors)
        found, read = checkpoint.read(tmp_path, pytest.fail)
        assert found == facts | {"half": half}
        assert (read["generator/weight"].dtype, read["generator/count"].dtype) == (kind, torch.int64)
        assert torch.equal(read["generator/weight"], tensors["generator/weight"].to(kind))


def test_a_generator_of_before_its_latents_had_a_length_draws_as_it_did(tmp_path: Path) -> None:
    game = new_game(generator="skips")
    advance(game, 16)
    tensors = {f"generator/{name}": tensor for name, tensor in game.generator.state_dict().items()}
    del tensors["generator/latent_percent"]
    other = new_game(generator="skips").generator
    checkpoint.restore_network(other, "generator", {"step": 1}, tensors, "")
    states = game.generator.state_dict(), other.state_dict()
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(*(s.values() for s in states), strict=True))
    with pytest.raises(RunError, match="'generator/norm.weight' is missing"):
        checkpoint.restore_network(
            other,
            "generator",
            {"step": 1},
            {n: t for n, t in tensors.items() if n != "generator/norm.weight"},
            "",
        )


def test_a_full_disk_leaves_the_checkpoints_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    game = new_game()
    advance(game, 16)
    checkpoint.write(game, tmp_path)
    advance(game, 32)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match=r"the disk is full.*written before are whole"):
        checkpoint.write(game, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["00000001.json", "00000001.safetensors"]
    assert checkpoint.read(tmp_path, print)[0]["step"] == 1
    with pytest.raises(RunError, match=r"the disk is full\. Nothing was saved before: .*resume RUN --force`"):
        checkpoint.write(game, tmp_path / "empty")


@pytest.mark.parametrize(
    "strays", [["a", "b"], ["Copy of 00000600", "z"], ["99999998", "99999999"], ["00000000"]]
)
def test_files_of_the_user_neither_count_nor_go(tmp_path: Path, strays: list[str]) -> None:
    game = new_game()
    names = [f"{stray}{suffix}" for stray in strays for suffix in (".json", ".safetensors")]
    for name in names:
        (tmp_path / name).write_text("{}")
    for samples in (16, 32, 48):
        advance(game, samples)
        checkpoint.write(game, tmp_path)
    written = [f"0000000{step}{suffix}" for step in (2, 3) for suffix in (".json", ".safetensors")]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names, *written])
    assert checkpoint.read(tmp_path, lambda _: None)[0]["step"] == 3


def test_a_copy_under_the_name_of_another_step_does_not_count(tmp_path: Path) -> None:
    newest = checkpoint.write(new_game(), tmp_path)
    for suffix in (".json", ".safetensors"):
        (tmp_path / f"00000007{suffix}").write_bytes(newest.with_suffix(suffix).read_bytes())
    warnings: list[str] = []
    assert checkpoint.read(tmp_path, warnings.append)[0]["step"] == 0
    assert ["00000007 is broken (it says to be of step 0)" in warning for warning in warnings] == [True]


def sign(path: Path, facts: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    """Write a checkpoint with these facts and tensors, and a checksum that matches."""
    content = save(tensors)
    path.with_suffix(".safetensors").write_bytes(content)
    facts.pop("sha256", None)
    path.write_text(json.dumps(facts | {"sha256": checkpoint._digest(facts, BytesIO(content))}))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with players, an average, memories and optimizers of a few steps."""
    game = adaptive_game()
    advance(game, 48)
    return checkpoint.write(game, tmp_path_factory.mktemp("saved"))


def test_only_tensors_that_are_wanted_are_read(saved: Path) -> None:
    everything = checkpoint.read(saved.parent, print)[1]
    found = checkpoint.read(saved.parent, print, ("average/", "lecam/"))[1]
    assert sorted(found) == sorted(name for name in everything if name.split("/")[0] in ("average", "lecam"))
    assert all(torch.equal(tensor, everything[name]) for name, tensor in found.items())


def adaptive_game() -> AdversarialGame:
    data = pictures()
    config = from_recipe("sprint", augment="diffaugment", augment_target=0.6, lecam_weight=0.3, **SMALL)
    return games.make(config, data.spec, data.classes)


@pytest.mark.parametrize("damage", ["shape", "longer", "type", "missing", "renamed"])
@pytest.mark.parametrize(
    "part",
    [
        *["generator/", "discriminator/", "average/", "augment/", "lecam/", "g_optimizer/0/step"],
        *["g_optimizer/0/exp_avg", "d_optimizer/3/exp_avg_sq"],
    ],
)
def test_tensors_that_do_not_fit_are_refused_before_any_is_used(
    saved: Path, tmp_path: Path, part: str, damage: str
) -> None:
    facts, tensors = checkpoint.read(saved.parent, print)
    name = next(name for name in sorted(tensors) if name.startswith(part))
    tensor = tensors.pop(name)
    if damage != "missing":
        changed = {
            "shape": tensor.expand(2, *tensor.shape).clone(), "longer": torch.cat([tensor.flatten()] * 999),
            "type": tensor.double() if tensor.is_floating_point() else tensor.int(),
        }.get(damage, tensor)  # fmt: skip
        tensors[f"{name}x" if damage == "renamed" else name] = changed
    sign(tmp_path / "00000003.json", facts, tensors)
    game = adaptive_game()
    before = state(game)
    with pytest.raises(RunError, match="does not fit the networks") as refusal:
        checkpoint.restore(game, *checkpoint.read(tmp_path, print))
    assert name in str(refusal.value)
    assert all(torch.equal(before[key], tensor) for key, tensor in state(game).items())
    assert game.clock.step == 0


def test_a_weight_s_state_that_is_lost_is_missed(saved: Path, tmp_path: Path) -> None:
    facts, tensors = checkpoint.read(saved.parent, print)
    sign(tmp_path / "00000003.json", facts, {k: v for k, v in tensors.items() if "d_optimizer/2/" not in k})
    with pytest.raises(
        RunError, match=r"'d_optimizer/2/exp_avg' is missing in the checkpoint, and float32 of shape"
    ):
        checkpoint.restore(adaptive_game(), *checkpoint.read(tmp_path, print))


def test_weights_that_no_gradient_reaches_have_no_state(tmp_path: Path) -> None:
    def idle_game() -> AdversarialGame:
        torch.manual_seed(0)
        generator, discriminator = (
            torch.nn.Linear(2, 2),
            torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Flatten(0)),
        )
        generator.register_parameter("idle", torch.nn.Parameter(torch.ones(3)))
        return AdversarialGame(generator, discriminator, latent_dim=2)

    game, other = idle_game(), idle_game()
    list(train(game, torch.randn(64, 2), Budget(samples_seen=64), batch_size=32))
    checkpoint.write(game, tmp_path)
    checkpoint.restore(other, *checkpoint.read(tmp_path, print))
    expected, found = state(game), state(other)
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("step", "1"), ("step", True), ("step", None), ("step", -1), ("samples_seen", 10**400),
        ("samples_seen", 1.5), ("seconds", "x"), ("seconds", float("nan")), ("seconds", 1e400),
        ("threads", 10**12), ("threads", 0), ("threads", [2]),
        ("stateless", "all"), ("stateless", [["g_optimizer/0"]]),
    ],
)  # fmt: skip
def test_facts_of_another_kind_break_a_checkpoint(
    saved: Path, tmp_path: Path, name: str, value: object
) -> None:
    facts, tensors = checkpoint.read(saved.parent, print)
    sign(tmp_path / "00000003.json", facts | {name: value}, tensors)
    warnings: list[str] = []
    with pytest.raises(checkpoint.NothingSavedError, match="no complete checkpoint"):
        checkpoint.read(tmp_path, warnings.append)
    assert name in warnings[0]
    assert len(warnings[0]) < 250


@pytest.mark.parametrize(
    ("run", "cure"),
    [
        ('{"alone": true}', "Export these players again"),
        ("{}", "Train again"),
        (None, "Install sparring again"),
    ],
)
def test_what_is_damaged_is_got_again_where_it_came_from(tmp_path: Path, run: str | None, cure: str) -> None:
    folder = PACKAGED / "nothing" if run is None else tmp_path
    if run is not None:
        (tmp_path / "run.json").write_text(run)
    with pytest.raises(checkpoint.NothingSavedError, match=f"no checkpoint in .* {cure}"):
        checkpoint.read(folder / "checkpoints", print)
