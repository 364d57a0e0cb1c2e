"""Scorers that are trained by an adversary: they learn, repeat, and come back from a file."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from sparring.errors import NonFiniteError
from sparring.metrics.detection import auroc
from sparring.metrics.gaussian import Gaussian
from sparring.networks.repair import Judge
from sparring.uses.detect import adversary
from sparring.uses.detect.adversary import Turn, encoded, play, reduced
from sparring.uses.detect.kept import Kept, key_of
from sparring.uses.detect.places import EDGES, frozen
from sparring.uses.detect.repairer import Repair, distance, focal
from sparring.uses.detect.residuals import Law, Residuals
from sparring.uses.detect.scorer import Fitting, Scorer
from test_detector import SIDE, plates

TRAINED: dict[str, tuple[Callable[[], Scorer], int]] = {
    "repairer": (Repair, 30),
    "residuals": (Residuals, 20),
}


def seen(scorer: Scorer, pictures: Tensor) -> Tensor:
    return pictures if scorer.sees == "pixels" else frozen(EDGES)(pictures)


@pytest.fixture(scope="module", params=TRAINED)
def trained(request: pytest.FixtureRequest) -> Scorer:
    make, steps = TRAINED[request.param]
    scorer = make()
    scorer.fit(seen(scorer, plates(120, 0)), Fitting(steps=steps))
    return scorer


def test_what_is_trained_finds_a_bright_blob_and_says_where(trained: Scorer) -> None:
    odd = plates(40, 1)
    odd[:, :, 14:20, 4:10] = 250
    found, normal = (trained.score(seen(trained, pictures)) for pictures in (odd, plates(40, 2)))
    assert auroc(normal.scores, found.scores) > 0.9
    height, width = found.maps.shape[1:]
    hottest = found.maps.flatten(1).argmax(1)
    rows, columns = (hottest // width + 0.5) / height, (hottest % width + 0.5) / width
    near = ((rows - 17 / SIDE).abs() < 0.3) & ((columns - 7 / SIDE).abs() < 0.3)
    assert float(near.double().mean()) > 0.8


def test_what_is_trained_comes_back_from_its_state(trained: Scorer) -> None:
    again = type(trained)()
    again.restore({name: tensor.clone() for name, tensor in trained.state().items()})
    view = seen(trained, plates(5, 3))
    assert torch.equal(again.score(view).scores, trained.score(view).scores)


@pytest.mark.parametrize("name", TRAINED)
def test_a_training_follows_from_its_seed_and_touches_no_other_random_numbers(name: str) -> None:
    make = TRAINED[name][0]
    scores = []
    for seed in (0, 0, 1):
        torch.manual_seed(len(scores))
        before = torch.get_rng_state()
        scorer = make()
        scorer.fit(seen(scorer, plates(30, 0)), Fitting(seed, steps=2))
        assert torch.equal(torch.get_rng_state(), before)
        scores.append(scorer.score(seen(scorer, plates(4, 1))).scores)
    assert torch.equal(scores[0], scores[1])
    assert not torch.equal(scores[0], scores[2])


class StoppedError(Exception):
    """The end of a process, at a step."""


def stopped(scorer: Scorer, kept: Kept, steps: int) -> None:
    """Fit a scorer, but stop before the last step."""

    def tell(text: str) -> None:
        if f"{steps - 1} steps" in text:
            raise StoppedError

    with pytest.raises(StoppedError):
        scorer.fit(seen(scorer, plates(30, 0)), Fitting(steps=steps, tell=tell, kept=kept))


@pytest.mark.parametrize("name", TRAINED)
def test_a_training_that_was_stopped_goes_on_bit_for_bit(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adversary, "SAVED_SECONDS", 0)
    monkeypatch.setattr(adversary, "TOLD", 1)
    make, steps, told = TRAINED[name][0], 4, list[str]()
    normals = plates(30, 0)
    stopped(make(), Kept(tmp_path, "a"), steps)
    again, whole, other = make(), make(), make()
    again.fit(seen(again, normals), Fitting(steps=steps, kept=Kept(tmp_path, "a"), tell=told.append))
    whole.fit(seen(whole, normals), Fitting(steps=steps))
    assert told[:2] == [f"going on with {name} after 3 steps", f"training {name}: 75%, 3 steps"]
    assert {key: tensor.tolist() for key, tensor in again.state().items()} == {
        key: tensor.tolist() for key, tensor in whole.state().items()
    }
    told.clear()
    other.fit(seen(other, normals), Fitting(steps=steps, kept=Kept(tmp_path, "a"), tell=told.append))
    assert told == [f"going on with {name} after 4 steps"]


@pytest.mark.parametrize("what", ["another key", "damage"])
def test_a_state_that_does_not_belong_or_is_damaged_is_not_taken(what: str, tmp_path: Path) -> None:
    Kept(tmp_path, "a").save("it", {"x": torch.ones(3)})
    assert Kept(tmp_path, "a").load("it")["x"].tolist() == [1, 1, 1]
    if what == "damage":
        (tmp_path / "it.safetensors").write_bytes((tmp_path / "it.safetensors").read_bytes()[:20])
    assert Kept(tmp_path, "a" if what == "damage" else "b").load("it") == {}


def test_the_key_of_a_fit_depends_on_its_pictures_and_options() -> None:
    keys = [key_of(plates(5, seed), *options) for seed, *options in ((0, 1), (0, 1), (1, 1), (0, 2))]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert key_of(plates(4, 0).view(2, 2, SIDE, SIDE)) != key_of(plates(4, 0))


def test_both_sides_take_their_steps_and_the_rates_fall() -> None:
    rates: list[float] = []
    players, judge = nn.Conv2d(1, 1, 1), Judge(1)
    before = [p.clone() for p in judge.parameters()]
    told: list[str] = []

    def turn(real: Tensor, rng: torch.Generator) -> Turn:
        rates.append(float(players.weight.detach().sum()))
        made = torch.tanh(players(real))
        return Turn(made, real, distance(made, real))

    assert play(players, judge, turn, encoded(plates(20, 0)), Fitting(steps=5, tell=told.append), "it") == 5
    assert len(set(rates)) == 5
    assert any(not torch.equal(a, b) for a, b in zip(before, judge.parameters(), strict=True))
    assert told == ["training it: 0%, 0 steps"]


def test_a_loss_that_is_not_finite_is_told() -> None:
    def turn(real: Tensor, rng: torch.Generator) -> Turn:
        made = players(real)
        return Turn(made, real, made.sum() * math.nan)

    players = nn.Conv2d(1, 1, 1)
    with pytest.raises(NonFiniteError, match="the loss of it is no longer finite. Fit with another seed"):
        play(players, Judge(1), turn, encoded(plates(20, 0)), Fitting(steps=5), "it")


def test_losses_have_their_closed_forms() -> None:
    zeros, ones = torch.zeros(2, 3, 4), torch.ones(2, 3, 4)
    assert float(focal(zeros, ones)) == pytest.approx(math.log(2) / 4)
    assert float(focal(50 * ones, ones)) == pytest.approx(0, abs=1e-6)
    assert float(focal(zeros - 3, ones)) > float(focal(zeros - 1, ones))
    assert float(distance(zeros, 2 * ones)) == pytest.approx(2 + 4)


def test_numbers_of_any_unit_have_a_mean_squared_distance_of_one_each() -> None:
    vectors = torch.randn(2000, 5, generator=torch.Generator().manual_seed(0)) * torch.tensor(
        [1e-2, 1, 5, 9, 1e3]
    )
    law = Law.fit(vectors + 7)
    assert float(law.squared(vectors + 7).mean()) == pytest.approx(5, rel=0.01)
    assert torch.equal(Law.of(law.state()).squared(vectors), law.squared(vectors))


def test_a_group_of_few_numbers_counts_as_much_as_one_of_many() -> None:
    scorer = Residuals()
    scorer.fit(plates(40, 0), Fitting(steps=1))
    few, many = (Law(torch.ones(d), Gaussian(torch.zeros(d), torch.eye(d))) for d in (8, 152))
    odd = encoded(plates(3, 1))
    groups = scorer._residuals(odd)[0]
    scorer.laws = [few, many]
    expected = groups[0].square().mean(1) + groups[1].square().mean(1)
    assert torch.allclose(scorer.score(plates(3, 1)).scores.square(), expected, rtol=1e-4)


def test_large_pictures_are_averaged_and_small_ones_kept() -> None:
    large = plates(1, 0).repeat(1, 1, 8, 4).float()
    small = reduced(large)
    assert tuple(small.shape[2:]) == (64, 32)
    assert float(small.mean()) == pytest.approx(float(large.mean()), rel=1e-4)
    assert torch.equal(reduced(large[..., :20, :20]), large[..., :20, :20])
    assert float(encoded(torch.full((1, 1, 8, 8), 255, dtype=torch.uint8)).max()) == 1
