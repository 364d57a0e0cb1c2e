"""The loop: budgets, the order of the data, random streams, records."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from sparring.data.codec import Affine
from sparring.data.spec import Dataset, Spec
from sparring.errors import ConfigError, DataError, NonFiniteError
from sparring.games.adversarial import AdversarialGame
from sparring.games.adversarial_step import adversarial_step
from sparring.games.logits import BINS, histograms
from sparring.games.schedules import linear
from sparring.history.record import Record
from sparring.machine.device import Threads
from sparring.training.budget import Budget
from sparring.training.loop import _measure, train
from sparring.training.order import Order, batch_at, batches_of_step, rng_of_step, stream
from sparring.training.thread_use import Probe, ThreadUse
from sparring.training.window import Window

COUNT, SIZE, LATENT = 48, 6, 4


def small_game(**options: object) -> AdversarialGame:
    torch.manual_seed(0)
    generator = nn.Sequential(nn.Linear(LATENT, 8), nn.ReLU(), nn.Linear(8, SIZE))
    discriminator = nn.Sequential(nn.Linear(SIZE, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1), nn.Flatten(0))
    return AdversarialGame(generator, discriminator, LATENT, **options)  # type: ignore[arg-type]


def points() -> Dataset:
    samples = torch.randn(COUNT, SIZE, generator=torch.Generator().manual_seed(1))
    return Dataset("points", Spec("points", (SIZE,), Affine("float32", (0.0,), (1.0,), bounded=False)), samples)


def weights(game: AdversarialGame) -> Tensor:
    players = [*game.generator.parameters(), *game.discriminator.parameters()]
    return torch.cat([p.detach().flatten().clone() for p in players])


def test_every_sample_comes_once_an_epoch_and_epochs_differ() -> None:
    order = Order(COUNT, seed=3)
    first, second = order(0, COUNT), order(COUNT, COUNT)
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(COUNT))
    assert first.tolist() != second.tolist()
    assert first.tolist() != Order(COUNT, seed=4)(0, COUNT).tolist()


def test_a_batch_runs_over_the_end_of_an_epoch() -> None:
    order = Order(COUNT, seed=0)
    joined = torch.cat([order(0, COUNT), order(COUNT, COUNT)])
    assert order(COUNT - 5, 12).tolist() == joined[COUNT - 5 : COUNT + 7].tolist()


def test_streams_depend_on_seed_and_step_alone() -> None:
    seeds = {stream(seed, kind, step) for seed in range(5) for kind in range(2) for step in range(50)}
    assert len(seeds) == 500
    assert stream(1, 1, 7) == stream(1, 1, 7)
    assert 2**62 < max(seeds) < 2**63  # all the bits that a generator's seed takes


def test_each_step_has_a_stream_of_its_own() -> None:
    game = small_game()
    for game.clock.step in (0, 1, 2**30):
        for seed in (0, 5):
            assert rng_of_step(game, seed).initial_seed() == stream(seed, 1, game.clock.step)


def test_each_step_of_the_discriminator_has_a_batch_of_its_own() -> None:
    game, order = small_game(d_steps=3), Order(COUNT, seed=0)
    game.clock.samples_seen = 10
    found = torch.cat([batch.real for batch in batches_of_step(points(), order, 4, game)])
    assert torch.equal(found, points().samples[order(10, 12)])


def test_a_batch_in_ghost_batches_is_the_same_and_pictures_lie_as_networks_want_them() -> None:
    data, order = points(), Order(COUNT, seed=0)
    batch = batch_at(data, order, 3, 8, small_game(ghost_batches=2))
    assert torch.equal(batch.real, data.samples[order(3, 8)])
    assert (batch.labels, batch.given) == (None, None)
    spec = Spec("image", (2, 3, 3), Affine("uint8", (127.5,), (127.5,)))
    pictures = Dataset("pictures", spec, torch.zeros(COUNT, 2, 3, 3, dtype=torch.uint8))
    samples = batch_at(pictures, order, 0, 8, small_game()).real
    assert samples.is_contiguous(memory_format=torch.channels_last)
    assert not samples.is_contiguous()


def test_budget_in_samples_epochs_and_minutes() -> None:
    game = small_game()
    list(train(game, points(), Budget(samples_seen=100), batch_size=16))
    assert (game.clock.step, game.clock.samples_seen) == (7, 112)
    game = small_game()
    list(train(game, points(), Budget(epochs=2), batch_size=16))
    assert game.clock.samples_seen == 2 * COUNT
    game = small_game()
    list(train(game, points(), Budget(minutes=0.002), batch_size=16))
    assert game.clock.seconds >= 0.12


def test_no_budget_is_refused() -> None:
    with pytest.raises(ConfigError, match="minutes, epochs or samples_seen"):
        Budget()


def test_a_budget_of_0_is_refused() -> None:
    with pytest.raises(ConfigError, match="minutes = 0: expected a number above 0, or None for no limit"):
        Budget(minutes=0, epochs=1)


def test_training_in_two_parts_equals_one() -> None:
    whole, parts = small_game(ema_half_life=50), small_game(ema_half_life=50)
    list(train(whole, points(), Budget(samples_seen=320), batch_size=16))
    list(train(parts, points(), Budget(samples_seen=160), batch_size=16))
    list(train(parts, points(), Budget(samples_seen=320), batch_size=16))
    assert torch.equal(weights(whole), weights(parts))
    for a, b in zip(whole.sampling_generator.parameters(), parts.sampling_generator.parameters(), strict=True):
        assert torch.equal(a, b)


def test_another_seed_gives_another_run() -> None:
    a, b = small_game(), small_game()
    list(train(a, points(), Budget(samples_seen=64), batch_size=16, seed=0))
    list(train(b, points(), Budget(samples_seen=64), batch_size=16, seed=1))
    assert not torch.equal(weights(a), weights(b))


def test_records_come_every_so_often_and_at_the_end() -> None:
    records = list(train(small_game(), points(), Budget(samples_seen=16 * 25), batch_size=16, record_every=10))
    assert [record.step for record in records] == [10, 20, 25]
    assert [record.progress for record in records] == pytest.approx([0.4, 0.8, 1.0])
    assert records[0].values["samples_per_second"] > 0


def test_a_record_holds_the_mean_of_its_steps() -> None:
    single = list(train(small_game(), points(), Budget(samples_seen=64), batch_size=16, record_every=1))
    (joined,) = train(small_game(), points(), Budget(samples_seen=64), batch_size=16, record_every=4)
    for name in ("d_loss", "auc"):
        values = [record.values[name] for record in single]
        assert len(set(values)) == 4
        assert joined.values[name] == pytest.approx(sum(values) / 4, rel=1e-6)


def test_a_mean_over_several_windows_is_the_mean_of_all_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    few = Budget(samples_seen=16 * 5)
    (whole,) = train(small_game(), points(), few, batch_size=16, record_every=5)
    monkeypatch.setattr(Window, "MOST_STEPS", 2)
    game = small_game()
    window = Window(game, 10, 1.0)
    for step in range(5):
        window.add(
            adversarial_step(game, batches_of_step(points(), Order(COUNT, 0), 16, game), rng_of_step(game, 0))
        )
        game.clock.step, game.clock.samples_seen = step + 1, 16 * (step + 1)
        assert len(window.kept) < 2  # memory is bounded
    parts = window.close({})
    for name in ("d_loss", "auc", "d_real"):
        assert parts.values[name] == pytest.approx(whole.values[name], rel=1e-6)


def test_what_only_some_steps_log_is_averaged_over_these() -> None:
    game = small_game()
    window = Window(game, 10, 1.0)
    for values in (
        {"g_loss": 1.0},
        {"g_loss": 2.0},
        {"g_loss": 3.0, "d_loss": 4.0},
        {"g_loss": 6.0, "d_loss": 6.0},
    ):
        window.add({name: torch.tensor(value) for name, value in values.items()})
        game.clock.step += 1
    found = window.close({}).values
    assert (found["g_loss"], found.get("d_loss")) == (3.0, 5.0)


def test_the_schedule_moves_both_rates() -> None:
    game = small_game(lr_schedule=linear)
    records = list(train(game, points(), Budget(samples_seen=64), batch_size=16, record_every=1))
    assert [record.values["lr_scale"] for record in records] == pytest.approx([1, 0.75, 0.5, 0.25])
    assert game.g_optimizer.param_groups[0]["lr"] == pytest.approx(0.25 * 2e-4)
    assert game.d_optimizer.param_groups[0]["lr"] == pytest.approx(0.25 * 2e-4)


def test_stop_ends_after_the_step_with_a_record() -> None:
    game = small_game()
    records = list(
        train(game, points(), Budget(samples_seen=160), batch_size=16, stop=lambda: game.clock.step >= 3)
    )
    assert [record.step for record in records] == [3]


def test_minutes_are_those_of_the_clock_that_is_given() -> None:
    game, ticks = small_game(), iter(range(10_000))
    records = train(
        game, points(), Budget(minutes=0.5), batch_size=16, record_every=10, now=lambda: float(next(ticks))
    )
    seconds = []
    for record in records:
        seconds.append(record.seconds)
        for _ in range(7):  # the clock stands still while a record is looked at
            next(ticks)
    assert seconds == pytest.approx([10, 20, 30], abs=1)


def test_the_probe_for_threads_leaves_the_run_as_it_is() -> None:
    plain, probed = small_game(ema_half_life=50), small_game(ema_half_life=50)
    before = torch.get_num_threads()
    list(train(plain, points(), Budget(samples_seen=160), batch_size=16))
    try:
        list(train(probed, points(), Budget(samples_seen=160), batch_size=16, threads=Threads()))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(weights(plain), weights(probed))


def test_a_probe_is_a_whole_step_on_a_copy() -> None:
    game = small_game()
    before, probe = weights(game), Probe(game, points(), 16)
    probe()
    assert torch.equal(weights(game), before)
    assert not torch.equal(weights(probe.twin), before)
    assert [len(batch.real) for batch in probe.batches] == [16]


def test_threads_serve_the_parts_of_a_step_and_then_a_record() -> None:
    used: list[tuple[int, int]] = []
    place = SimpleNamespace(
        device=torch.device("cpu"), processes=1, use_threads=lambda count, parts=1: used.append((count, parts))
    )
    game: Any = SimpleNamespace(runtime=place, parts=2)
    thread_use = ThreadUse(game, Threads(fixed=3), lambda: None)
    used.clear()
    thread_use.for_step()
    thread_use.for_record()
    assert used == [(3, 2), (3, 1)]
    heard: list[float] = []
    thread_use.threads.watch = lambda speed, probe: heard.append(speed)  # type: ignore[method-assign]
    thread_use.watch(Record(1, 1, 1.0, 1.0, {"samples_per_second": 7.0}))
    assert heard == [7.0]


def test_what_is_measured_at_a_record() -> None:
    game, data = small_game(), points()
    assert _measure(game, data, None, 0, vitals=False)() == {}
    assert set(_measure(game, data, data, 0, vitals=False)()) == {"held_out_gap"}
    assert {"spread", "held_out_gap"} <= set(_measure(game, data, data, 0, vitals=True)())


def test_non_finite_losses_stop_the_run() -> None:
    game = small_game()

    def breaks() -> bool:
        torch.nn.init.constant_(next(game.discriminator.parameters()), float("nan"))
        return False

    with pytest.raises(NonFiniteError, match=r"infinite or NaN by step 4.*lower learning rates"):
        list(train(game, points(), Budget(samples_seen=64), batch_size=16, stop=breaks))


def test_too_few_samples_for_a_batch() -> None:
    with pytest.raises(DataError, match="48 samples, fewer than one batch of 64"):
        next(train(small_game(), points(), Budget(samples_seen=64), batch_size=64))


def test_a_batch_that_cannot_be_divided_is_refused() -> None:
    with pytest.raises(ConfigError, match="batch_size 10 cannot be divided into 4 equal parts: use a multiple"):
        next(train(small_game(ghost_batches=4), points(), Budget(samples_seen=64), batch_size=10))


def test_tensors_of_the_users_own() -> None:
    (record,) = train(small_game(), torch.rand(32, SIZE), Budget(samples_seen=16), batch_size=16)
    assert record.samples_seen == 16


def test_the_clock_stands_still_while_a_record_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def tick() -> float:
        now[0] += 0.001
        return now[0]

    monkeypatch.setattr("sparring.training.loop.time.perf_counter", tick)
    seconds, speeds = [], []
    for record in train(small_game(), points(), Budget(minutes=0.2 / 60), batch_size=16, record_every=20):
        seconds.append(record.seconds)
        speeds.append(record.values["samples_per_second"])
        now[0] += 100
    assert len(seconds) > 3
    assert 0.2 <= seconds[-1] < 0.21
    assert min(speeds) > 1000
    assert max(speeds[:-1]) < 1.2 * min(speeds[:-1])  # of its own steps, not of all so far


def test_histograms_count_every_score() -> None:
    real, fake = torch.tensor([[0.0, 1.0], [2.0, 3.0]]), torch.tensor([[-3.0, -3.0], [0.0, 0.0]])
    scores = histograms(real, fake)
    assert (sum(scores.real), sum(scores.fake)) == (4, 4)
    assert -3 <= scores.low < -2.9
    assert 2.9 < scores.high <= 3
    assert scores.fake[0] == 2  # both of -3
    assert scores.fake[BINS // 2] == 2  # both of 0, in the middle
    assert scores.real[-1] == 1
    same = histograms(torch.full((5,), 7.0), torch.full((5,), 7.0))
    assert (sum(same.real), sum(same.fake)) == (5, 5)
    assert same.low < same.high


def test_a_wild_score_does_not_flatten_the_histogram() -> None:
    real = torch.cat([torch.zeros(2000), torch.tensor([1e9])])
    scores = histograms(real, torch.ones(2000))
    assert scores.high < 10
    assert sum(scores.real) == 2001


def test_records_have_the_scores_of_their_steps() -> None:
    *_, last = train(small_game(), points(), Budget(samples_seen=8 * 9), batch_size=8, record_every=3)
    assert last.scores is not None
    assert sum(last.scores.real) == sum(last.scores.fake) == 3 * 8
