"""The cures in the step: augmentation, noise, LeCam, clipping; resumed exactly, refused where in vain."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from conftest import TINY, TINY_LINE
from sparring import games
from sparring.cli.main import main
from sparring.config.choices import AUGMENTATIONS
from sparring.config.groups import Config
from sparring.config.recipes import from_recipe
from sparring.data import split
from sparring.data.arrays import from_array
from sparring.data.codec import Affine
from sparring.data.folders import from_folder
from sparring.data.spec import Batch, Dataset, Origin, Spec
from sparring.errors import ConfigError, DataError
from sparring.games import adversarial_step as steps
from sparring.games import augment, losses, overfitting, penalties
from sparring.games.adversarial import AdversarialGame
from sparring.games.adversarial_step import adversarial_step
from sparring.games.augment import Augmentation
from sparring.games.overfitting import HeldOutGap
from sparring.games.updates import slope
from sparring.gan import GAN
from sparring.kinds import find
from sparring.runs import checkpoint
from sparring.runs.folder import RunFolder
from sparring.training import plan
from sparring.training.budget import Budget
from sparring.training.loop import train
from sparring.uses.evaluate import Options, evaluate_run

BATCH, LATENT = 8, 4
EVERYTHING: dict[str, Any] = {
    "augment": "ada", "augment_flip": True, "augment_turn": True, "augment_samples": 5000, "augment_p": 0.3,
    "lecam_weight": 0.3, "instance_noise": 0.1, "clip_gradients": 1.0, "label_smoothing": 0.1,
    "r1_near_gamma": 0.1, "gamma_target": 0.3, "gamma_samples": 5000, "hold_out": 0.25, "d_steps": 2,
}  # fmt: skip


class Critic(nn.Module):
    """w.x + b, which keeps what it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(36, 1)
        self.shown: list[Tensor] = []

    def forward(self, samples: Tensor) -> Tensor:
        self.shown.append(samples.detach())
        logits: Tensor = self.linear(samples.flatten(1)).squeeze(1)
        return logits


def game(**options: Any) -> AdversarialGame:
    torch.manual_seed(0)
    generator = nn.Sequential(nn.Linear(LATENT, 36), nn.Unflatten(1, (1, 6, 6)))
    return AdversarialGame(generator, Critic(), LATENT, **options)


def pictures(count: int = BATCH) -> Tensor:
    return torch.rand(count, 1, 6, 6, generator=torch.Generator().manual_seed(1)) * 2 - 1


def step(fight: AdversarialGame, seed: int = 0) -> dict[str, Tensor]:
    return adversarial_step(fight, [Batch(pictures())], torch.Generator().manual_seed(seed))


def test_the_discriminator_is_shown_altered_samples_of_both_kinds_in_both_updates() -> None:
    """A cutout made always leaves a box of nought in everything a critic sees, and of nothing else."""
    fight = game(augment=Augmentation([augment.CUTOUT], 1.0), penalties=[penalties.r1(1.0)])
    step(fight)
    shown = fight.discriminator.shown
    assert [len(batch) for batch in shown] == [BATCH, BATCH, BATCH]  # reals with R1, fakes, the generator's
    assert all(bool((batch == 0).flatten(1).any(1).all()) for batch in shown)
    plain = game(penalties=[penalties.r1(1.0)])
    step(plain)
    assert not any(bool((batch == 0).any()) for batch in plain.discriminator.shown)


def test_pairs_too_are_shown_altered() -> None:
    fight = game(augment=Augmentation([augment.CUTOUT], 1.0), loss=losses.relativistic)
    step(fight)
    assert len(fight.discriminator.shown) == 3
    assert all(bool((batch == 0).flatten(1).any(1).all()) for batch in fight.discriminator.shown)


def test_the_draws_of_alterations_follow_from_the_step_alone() -> None:
    fight = game(augment=Augmentation([augment.GEOMETRY], 0.5), instance_noise=0.2)
    first, again, other = (steps.see(fight, pictures(), torch.Generator().manual_seed(s)) for s in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_without_cures_nothing_is_drawn_or_altered() -> None:
    rng = torch.Generator().manual_seed(0)
    before = rng.get_state()
    x = pictures()
    assert steps.see(game(), x, rng) is x
    assert torch.equal(rng.get_state(), before)


def test_r1_is_the_slope_in_the_picture_before_it_is_altered() -> None:
    """A linear critic of a picture with a box cut out: |w|^2 / 2 over what is left."""
    fight = game(augment=Augmentation([augment.CUTOUT], 1.0), penalties=[penalties.r1(1.0)])
    x = pictures()
    logged = steps.discriminator_update(fight, Batch(x), x, torch.Generator().manual_seed(0)).logged
    seen = steps.see(fight, torch.ones_like(x), torch.Generator().manual_seed(0))
    expected = 0.5 * (fight.discriminator.linear.weight.view(6, 6) * seen[:, 0]).square().sum((1, 2)).mean()
    torch.testing.assert_close(logged["penalty"], expected.detach())


@pytest.mark.parametrize(("progress", "deviation"), [(0.0, 0.5), (0.5, 0.25), (1.0, 0.0)])
def test_instance_noise_falls_in_a_straight_line(progress: float, deviation: float) -> None:
    fight = game(instance_noise=0.5)
    fight.clock.progress = progress
    seen = steps.see(fight, torch.zeros(2000, 1, 6, 6), torch.Generator().manual_seed(0))
    assert float(seen.std()) == pytest.approx(deviation, abs=0.005)


def test_the_loop_tells_the_step_how_far_it_is() -> None:
    fight, found = game(instance_noise=0.5), []
    stop = {"stop": lambda: bool(found.append(fight.clock.progress))}  # asked after each step
    list(train(fight, pictures(32), Budget(samples_seen=32), batch_size=8, **stop))
    assert found == [0, 0.25, 0.5, 0.75]


def test_lecam_enters_the_discriminators_loss_and_its_anchors_follow() -> None:
    fight = game(lecam=penalties.LeCam(0.7))
    logged = step(fight)
    real, fake = logged["real_logit"], logged["fake_logit"]
    torch.testing.assert_close(logged["penalty"], 0.7 * (real.square() + fake.square()).mean())
    assert fight.lecam is not None
    torch.testing.assert_close(fight.lecam.real, 0.01 * real.mean())
    torch.testing.assert_close(fight.lecam.fake, 0.01 * fake.mean())


def test_adaptive_p_follows_the_reals_and_is_logged() -> None:
    fight = game(augment=Augmentation([augment.MIRROR], 0.5, target=0.6, samples_to_one=100))
    nn.init.constant_(fight.discriminator.linear.bias, 50.0)
    assert float(step(fight)["augment_p"]) == pytest.approx(0.5 + BATCH / 100)
    nn.init.constant_(fight.discriminator.linear.bias, -50.0)
    assert float(step(fight)["augment_p"]) == pytest.approx(0.5)


@pytest.mark.parametrize(("lead", "moved"), [(0.9, 10.0), (0.1, 0.1)])
def test_gamma_moves_tenfold_in_its_samples_and_no_farther(lead: float, moved: float) -> None:
    gamma = penalties.AdaptiveGamma(0.5, samples_to_tenfold=100)
    gamma.adapt(torch.tensor(lead), 50)
    assert float(gamma.scale) == pytest.approx(moved**0.5)
    for _ in range(4):
        gamma.adapt(torch.tensor(lead), 50)
    assert float(gamma.scale) == pytest.approx(moved)


def test_gamma_that_adapts_weighs_the_zero_centred_penalties_and_is_logged() -> None:
    """Of a linear critic R1 is |w|^2 / 2; WGAN-GP's weight is no gamma and stays."""
    gamma = penalties.AdaptiveGamma(0.5, samples_to_tenfold=4 * BATCH)
    gamma.scale.fill_(3.0)
    fight = game(penalties=[penalties.r1(0.2), penalties.gradient_penalty(10.0)], gamma=gamma)
    weight = fight.discriminator.linear.weight.detach().clone()
    nn.init.constant_(fight.discriminator.linear.bias, 0.0)
    squared = float(weight.square().sum())
    logged = step(fight)
    expected = 3.0 * 0.2 * squared / 2 + 10 * (math.sqrt(squared) - 1) ** 2
    assert float(logged["penalty"]) == pytest.approx(expected, rel=1e-4)
    lead = (logged["real_logit"][:, None] - logged["fake_logit"]).sign().mean()
    after = 3.0 * 10 ** (0.25 * float((lead - 0.5).sign()))
    assert float(gamma.scale) == pytest.approx(after)
    assert float(logged["r1_gamma"]) == pytest.approx(0.2 * after)
    assert "r1_gamma" not in fight.at(0.0)  # which would stand for it in the history


@pytest.mark.parametrize("largest", [0.01, 0.001])
def test_gradients_are_clipped_by_their_norm(largest: float) -> None:
    fight, free = game(clip_gradients=largest), game()
    for either in (fight, free):
        step(either)
    clipped, whole = (
        torch.cat([p.grad.flatten() for p in b.discriminator.parameters() if p.grad is not None])
        for b in (fight, free)
    )
    torch.testing.assert_close(clipped, whole * largest / whole.norm(), rtol=1e-3, atol=1e-9)


def test_a_step_near_the_reals_is_of_the_deviation_asked_for() -> None:
    fight = game(penalties=[penalties.near_r1(2.0, sigma=0.25)])
    x = pictures(64)
    value = steps.penalise_elsewhere(fight, fight.penalties[0], x, x, None, torch.Generator().manual_seed(0))
    here, there = fight.discriminator.shown[0].chunk(2)
    assert torch.equal(here, x)
    assert float((there - here).std()) == pytest.approx(0.25, rel=0.05)
    assert any(g is not None and float(g.abs().max()) > 0 for g in slope(value, fight.discriminator))


def data(count: int = 64) -> Dataset:
    rng = torch.Generator().manual_seed(0)
    samples = torch.randint(0, 256, (count, 1, 8, 8), generator=rng, dtype=torch.uint8)
    return from_array(samples, torch.arange(count) % 2)


def config(**changes: Any) -> Config:
    return from_recipe("sprint", **(TINY | changes))


@pytest.mark.parametrize("kind", AUGMENTATIONS)
def test_a_run_with_every_cure_goes_on_bit_for_bit(tmp_path: Path, kind: str) -> None:
    """p and LeCam's anchors are in the checkpoint; the draws follow from (seed, step)."""
    options = config(**(EVERYTHING | {"augment": kind, "batch_size": 16, "ghost_batches": 2}))

    def advance(fight: AdversarialGame, samples: int) -> None:
        trained, held_out = plan.parts(options.dataset, data())
        budget = Budget(samples_seen=320)
        stop = {"stop": lambda: fight.clock.samples_seen >= samples}
        list(train(fight, trained, budget, batch_size=16, record_every=3, held_out=held_out, **stop))

    whole, first, second = (games.make(options, data().spec, 2) for _ in range(3))
    advance(whole, 320)
    advance(first, 160)
    checkpoint.write(first, tmp_path)
    checkpoint.restore(second, *checkpoint.read(tmp_path, print))
    assert second.augment is not None
    assert 0 < float(second.augment.p) != pytest.approx(0.3)
    advance(second, 320)
    expected, found = checkpoint._tensors(whole), checkpoint._tensors(second)
    assert {"augment/p", "lecam/real", "lecam/fake", "gamma/scale"} <= expected.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_every_cure_trains_from_the_table_of_options() -> None:
    gan = GAN("sprint", **(TINY | EVERYTHING)).fit(data(), samples_seen=64)
    values = gan.history[-1].values
    assert {"augment_p", "held_out_gap"} <= values.keys()
    assert all(math.isfinite(value) for value in values.values())


def test_points_cannot_be_augmented_nor_long_pictures_turned() -> None:
    points = from_array(torch.randn(64, 2))
    for changes in ({"augment": "ada"}, {"augment_flip": True}):
        with pytest.raises(
            ConfigError, match=r"axes C H W, those of this data are D \(points of shape \(2,\)\)"
        ):
            plan.check(from_recipe("mlp", batch_size=16, **changes), points)
    long = from_array(torch.zeros(64, 8, 10, dtype=torch.uint8) + 9)
    with pytest.raises(ConfigError, match="needs square pictures"):
        plan.check(config(augment_turn=True), long)


def test_what_is_held_out_counts_for_the_size_of_a_batch() -> None:
    with pytest.raises(DataError, match="16 samples, fewer than one batch of 32"):
        plan.check(config(batch_size=32, hold_out=0.75), data())


@pytest.mark.parametrize(("loss", "statistic"), [("hinge", "reals"), ("wasserstein", "pairs")])
def test_the_signal_of_overfitting_fits_the_game(loss: str, statistic: str) -> None:
    fight = games.make(config(loss=loss, augment="ada"), data().spec, 2)
    assert fight.augment is not None
    assert fight.augment.overfitting is getattr(augment, f"sign_of_{statistic}")


@pytest.mark.parametrize(("count", "share", "expected"), [(100, 0.1, 10), (5, 0.01, 1), (64, 0.0, 0)])
def test_how_many_are_set_aside(count: int, share: float, expected: int) -> None:
    assert split.hold_out_count(count, share) == expected


def test_what_is_set_aside_is_not_trained_on_and_the_same_every_time() -> None:
    numbered = from_array(torch.arange(50.0)[:, None])
    rest, kept = split.split_hold_out(numbered, 0.2)
    assert (len(rest), len(kept)) == (40, 10)
    assert sorted(rest.samples[:, 0].tolist() + kept.samples[:, 0].tolist()) == list(range(50))
    assert kept.samples[:, 0].tolist() not in (list(range(10)), list(range(40, 50)))  # at random
    again = split.split_hold_out(numbered, 0.2)[1]
    assert torch.equal(kept.samples, again.samples)
    labelled = data()
    rest, kept = split.split_hold_out(labelled, 0.25)
    assert labelled.labels is not None
    for part in (rest, kept):
        assert part.labels is not None
        for sample, label in zip(part.samples, part.labels, strict=True):
            place = (labelled.samples == sample).flatten(1).all(1).nonzero()[0, 0]
            assert labelled.labels[place] == label


def test_of_samples_on_disk_what_is_set_aside_is_on_disk_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(split, "BLOCK_BYTES", 200)  # three pictures
    (tmp_path / "photos").mkdir()
    for k in range(20):
        Image.new("L", (8, 8), 10 * k).save(tmp_path / f"photos/{k:02}.png")
    photos = from_folder(tmp_path / "photos")
    in_memory = Dataset("same", photos.spec, photos.samples.clone())
    pictures = tmp_path / "cache/sparring/pictures"
    left = pictures / f".{next(pictures.glob('*.u8')).stem}-16-training.u8.0123abcd.sparring-tmp"
    left.write_bytes(b"half")
    for found, expected in zip(
        split.split_hold_out(photos, 0.2), split.split_hold_out(in_memory, 0.2), strict=True
    ):
        assert torch.equal(found.samples, expected.samples)
    assert not left.exists()
    files = sorted(pictures.glob("*-*.u8"))
    assert [path.stat().st_size for path in files] == [16 * 64, 4 * 64]
    files[0].write_bytes(b"half")
    assert torch.equal(
        split.split_hold_out(photos, 0.2)[0].samples, split.split_hold_out(in_memory, 0.2)[0].samples
    )


def test_parts_on_disk_have_the_type_of_the_data(tmp_path: Path) -> None:
    numbers = torch.arange(60).view(20, 3) - 30
    (tmp_path / "numbers.i64").write_bytes(numbers.numpy().tobytes())
    origin = Origin({}, path=tmp_path / "numbers.i64")
    spec = Spec("points", (3,), Affine("float32", (0.0,), (30.0,), bounded=False))
    for part in split.split_hold_out(Dataset("numbers", spec, numbers, origin=origin), 0.2):
        assert torch.equal(part.samples, numbers[(part.samples[:, 0] + 30) // 3])


def test_the_parts_of_a_built_in_set_are_its_own() -> None:
    ring = find.dataset("ring")
    trained, held_out = plan.parts(from_recipe("mlp").dataset, ring)
    assert held_out is not None
    assert trained is not held_out
    assert held_out.spec == trained.spec  # which the critic's inputs are encoded by
    assert (held_out.labels is None) == (trained.labels is None)
    assert not torch.equal(trained.samples[:10], held_out.samples[:10])
    assert plan.parts(config().dataset, data())[1] is None


def test_the_gap() -> None:
    """D(train) 3, D(fake) 1: held out at 3 is nought, at 2 half, at 1 one; all alike has none."""
    train, fake = torch.tensor([4.0, 2.0]), torch.tensor([1.0, 1.0])
    for held_out, expected in ((3.0, 0.0), (2.0, 0.5), (1.0, 1.0), (3.5, -0.25)):
        assert overfitting.gap(train, torch.tensor([held_out]), fake) == pytest.approx(expected)
    assert overfitting.gap(fake, train, fake) is None


def test_measuring_the_gap_leaves_the_game_as_it_is() -> None:
    fight = games.make(config(d_norm="batch"), data().spec, 2)
    before = {name: tensor.clone() for name, tensor in checkpoint._tensors(fight).items()}
    found = HeldOutGap(fight, *split.split_hold_out(data(), 0.25), seed=0)()
    assert math.isfinite(found["held_out_gap"])
    assert fight.discriminator.training
    after = checkpoint._tensors(fight)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_discriminator_that_learned_by_heart_has_a_gap_of_one() -> None:
    """A critic of 1 at each training sample and of 0 elsewhere."""
    train, held_out = split.split_hold_out(data(), 0.5)
    known = train.spec.encode(train.samples).flatten(1)

    class ByHeart(nn.Module):
        def forward(self, samples: Tensor) -> Tensor:
            return (torch.cdist(samples.flatten(1), known).amin(1) < 1e-3).float()

    torch.manual_seed(0)
    generator = nn.Sequential(nn.Linear(LATENT, 64), nn.Unflatten(1, (1, 8, 8)))
    critic = ByHeart()
    critic.weight = nn.Parameter(torch.zeros(1))  # an optimizer wants one
    fight = AdversarialGame(generator, critic, LATENT)
    assert HeldOutGap(fight, train.unlabelled(), held_out.unlabelled(), seed=0)() == {"held_out_gap": 1.0}
    assert HeldOutGap(fight, train.unlabelled(), train.unlabelled(), seed=0)() == {"held_out_gap": 0.0}


def test_a_run_with_a_part_held_out_is_resumed_and_measured_on_it(tmp_path: Path, pictures_file: Path) -> None:
    out, line = tmp_path / "run", [*TINY_LINE, "--recipe", "sprint", "--hold-out", "0.375"]
    assert main(["train", str(pictures_file), *line, "--samples-seen", "64", "--out", str(out)]) == 0
    assert main(["resume", str(out), "--samples-seen", "128"]) == 0
    folder = RunFolder(out)
    assert folder.facts["data_count"] == 40
    assert [record.step for record in folder.records()] == [2, 4, 6, 8]
    assert all("held_out_gap" in record.values for record in folder.records())
    options = Options("pixels", count=24, draws=1, full=False, device="cpu")
    found = evaluate_run(folder, options, print).evaluation
    assert found.held_out
