"""The length of latents that brings samples closest to the data."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from sparring.cli.closing import _lengths
from sparring.cli.main import main
from sparring.config.groups import Config
from sparring.data.arrays import from_array
from sparring.data.spec import Dataset
from sparring.games.adversarial import AdversarialGame
from sparring.games.drawing import random_latents
from sparring.history.record import Record
from sparring.networks import skips
from sparring.training import calibration, plan
from sparring.training.calibration import best_length, calibrate

CALIBRATED = Config().replace(
    calibrate_latents=True, generator="skips", samples_seen=2_048, batch_size=64, threads=1
)


def varied(percent: int = 100) -> skips.Generator:
    """A generator whose pictures differ much; the latents are this long."""
    torch.manual_seed(0)
    generator = skips.Generator(shape=(1, 16, 16), latent_dim=4, width=8)
    with torch.no_grad():
        for layer in generator.pictures:
            layer.weight.normal_(0, 0.2)  # type: ignore[operator, union-attr]
    generator.latent_percent.fill_(percent)
    return generator


def drawn(generator: skips.Generator, count: int = 150) -> Dataset:
    """Data that this generator draws of the latents that a calibration with seed 1 draws: its distance is 0."""
    with torch.no_grad():
        encoded = generator.eval()(random_latents(count, 4, 1 + calibration.SEED)).clamp(-1, 1)
    return from_array(((encoded + 1) * 127.5).round().to(torch.uint8))


def game(samples_seen: int = 3_000) -> AdversarialGame:
    made = AdversarialGame(varied(), skips.Discriminator(shape=(1, 16, 16), width=4), 4, ema_half_life=1_000)
    made.clock.samples_seen = samples_seen
    return made


def lengths(made: AdversarialGame) -> tuple[int, int]:
    """The percentages of the weight average and of the generator that is trained."""
    return tuple(int(g.latent_percent) for g in (made.sampling_generator, made.generator))  # type: ignore[return-value, arg-type]


def test_samples_of_longer_latents_are_recognised() -> None:
    """Data that the same generator drew with latents 1.3 times as long, and 0.8 times."""
    for percent in (130, 100, 80):
        made = game()
        calibrate(made, drawn(varied(percent)), seed=1)
        assert lengths(made) == (percent, 100)


def least_at(percent: float) -> dict[int, float]:
    """Distances that grow by a percent for each percent that latents are longer or shorter than this."""
    return {tried: 100 + abs(tried - percent) for tried in (80, 90, 100, 115, 130, 150, 175)}


@pytest.mark.parametrize(
    ("distances", "best"),
    [
        (least_at(129), 130),
        (least_at(400), 175),
        (least_at(103), 100),
        (least_at(91), 90),
        (least_at(20), 80),
        ({100: 100.0, 115: 101.9}, 115),  # nearly as good, and more varied
        ({100: 100.0, 115: 102.1}, 100),
        ({100: 101.9, 90: 100.0}, 100),
        ({100: 100.0, 115: 150.0, 130: 90.0}, 100),  # what lies beyond worse ones is not looked for
        ({100: 100.0, 115: 99.0, 90: 90.0}, 115),  # nor are shorter ones, where longer ones are better
        (dict.fromkeys(least_at(100), math.inf), 100),  # samples that are not finite
    ],
)
def test_the_longest_latents_that_are_nearly_the_best_are_taken(distances: dict[int, float], best: int) -> None:
    assert best_length(lambda percent: distances.get(percent, 200)) == best


def test_a_short_training_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 2,000 samples seen 100 are drawn, and fewer say nothing."""
    data, tried, told = drawn(varied(130)), list[int](), list[str]()
    monkeypatch.setattr(calibration, "best_length", lambda distance: tried.append(1) or 100)
    for seen in (1_999, 2_000):
        calibrate(game(seen), data, seed=1, tell=told.append)
    calibrate(game(), drawn(varied(130), 99), seed=1, tell=told.append)
    assert len(tried) == 1
    assert told == [calibration.ANNOUNCED]


def test_a_length_that_was_only_tried_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(distance: Callable[[int], float]) -> int:
        distance(150)
        raise KeyboardInterrupt

    monkeypatch.setattr(calibration, "best_length", interrupted)
    made = game(2_000)
    with pytest.raises(KeyboardInterrupt):
        calibrate(made, drawn(varied(), 100), seed=1)
    assert lengths(made) == (100, 100)


def test_the_features_see_what_is_as_large_as_64_to_127_pixels() -> None:
    sizes = [
        tuple(calibration.seen(torch.zeros(1, 3, *size)).shape[2:])
        for size in ((28, 56), (64, 100), (128, 300))
    ]
    assert sizes == [(45, 91), (64, 100), (64, 150)]


def trained(
    made: AdversarialGame, data: Dataset, config: Config, tell: Callable[[str], object] = lambda _: None
) -> Record:
    *_, last = plan.train(config, made, data, tell=tell)
    return last


def test_a_training_that_goes_on_is_as_if_it_had_not_been_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """The length is chosen at the last record; the next step takes the average back to what it learnt from."""
    monkeypatch.setattr(calibration, "best_length", lambda distance: 130)
    data = drawn(varied())
    twice, once = game(0), game(0)
    told: list[str] = []
    trained(twice, data, CALIBRATED, told.append)
    assert told == [calibration.ANNOUNCED]
    assert lengths(twice) == (130, 100)
    trained(twice, data, CALIBRATED.replace(samples_seen=4_096, calibrate_latents=False))
    trained(once, data, CALIBRATED.replace(samples_seen=4_096, calibrate_latents=False))
    assert lengths(twice) == (100, 100)
    states = (each.sampling_generator.state_dict() for each in (twice, once))
    assert all(torch.equal(a, b) for a, b in zip(*(state.values() for state in states), strict=True))


def test_a_training_that_is_interrupted_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "best_length", lambda distance: 130)
    made = game(0)
    longer = CALIBRATED.replace(samples_seen=4_096)
    list(plan.train(longer, made, drawn(varied()), stop=lambda: made.clock.samples_seen >= 2_000))
    assert lengths(made) == (100, 100)


def test_samples_that_are_not_finite_keep_their_length() -> None:
    made = game()
    with torch.no_grad():
        made.sampling_generator.norm.weight.fill_(math.nan)  # type: ignore[operator, union-attr]
    calibrate(made, drawn(varied()), seed=1)
    assert lengths(made) == (100, 100)


@pytest.mark.parametrize(
    ("percent", "said"),
    [
        (100, ""),
        (
            130,
            "1.3 times as long as in the training: samples then vary more, as near to the data as can be",
        ),
        (90, "0.9 times as long as in the training: samples then vary less, and are nearer to the data"),
    ],
)
def test_the_end_says_how_long_latents_are(percent: int, said: str) -> None:
    assert _lengths(varied(percent)) == said


def test_other_generators_have_nothing_to_say() -> None:
    assert _lengths(torch.nn.Linear(1, 1)) == ""


def test_the_terminal_says_that_a_length_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(calibration, "best_length", lambda distance: 115)
    np.save(tmp_path / "pictures.npy", drawn(varied()).samples.numpy())
    options = {"samples-seen": 2048, "batch-size": 64, "g-width": 2, "d-width": 2, "d-features": "none"}
    line = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    files = [str(tmp_path / "pictures.npy"), "--out", str(tmp_path / "run")]
    assert main(["train", *files, "--recipe", "pictures", *line, "--threads", "1", "--device", "cpu"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert calibration.ANNOUNCED in said
    assert "latents 1.15 times as long" in said
