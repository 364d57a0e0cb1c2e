"""The game of forests: what its leaves draw, what it refuses, and that it goes on exactly."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
import torch

from sparring import GAN
from sparring.cli.main import main
from sparring.data.spec import Dataset
from sparring.errors import ConfigError
from sparring.games.forest import moving
from sparring.kinds import find
from sparring.metrics import trees
from sparring.networks.forest import Generator
from sparring.runs.inference import Sampler


def frame(count: int = 300) -> pandas.DataFrame:
    """A number, one near it that is missing at times, and a word that follows from them."""
    rng = np.random.default_rng(0)
    number = rng.normal(size=count).round(4)
    near = np.where(rng.random(count) < 0.2, np.nan, number + 0.1 * rng.normal(size=count))
    return pandas.DataFrame({"number": number, "near": near, "word": np.where(number > 0.5, "many", "few")})


def normal(count: int, width: int) -> torch.Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(1))


def test_rows_keep_what_goes_together_and_what_is_missing() -> None:
    rows = GAN("forest", hold_out=0.0).fit(frame()).sample(2000)
    assert set(rows["word"]) == {"many", "few"}
    assert abs(rows["near"].isna().mean() - frame()["near"].isna().mean()) < 0.06
    there = rows.dropna()
    assert np.corrcoef(there["number"], there["near"])[0, 1] > 0.9
    assert ((rows["number"] > 0.5) == (rows["word"] == "many")).mean() > 0.97


def test_a_leaf_is_drawn_as_often_as_rows_end_there_and_gives_its_values_alone() -> None:
    data = find.samples(frame())[0]
    generator = Generator(data.spec.codec, 2)
    rows = data.samples[:6].clone()
    rows[:, 0] = torch.tensor([0.1, 0.2, 0.3, 0.7, 0.8, 0.9])
    rows[:, 1] = torch.tensor([0.1, 0.1, 0.1, 0.5, 0.7, 0.9])
    leaves = torch.tensor([[4, 1], [4, 1], [4, 1], [4, 1], [2, 5], [2, 5]])  # four rows, and two, in each tree
    generator.fill(rows, leaves, torch.zeros(6, 3, dtype=torch.bool))
    drawn = data.spec.codec.decode(generator(normal(6000, data.spec.shape[0]))).double().numpy().round(4)
    counts = {value: (drawn[:, 0] == value).mean() for value in np.unique(drawn[:, 0])}
    assert list(counts) == [0.1, 0.2, 0.3, 0.7, 0.8, 0.9]
    assert list(counts.values()) == pytest.approx([1 / 6] * 6, abs=0.02)
    high = drawn[:, 0] > 0.75
    assert set(drawn[high, 1]) == {0.7, 0.9}
    assert set(drawn[~high, 1]) == {0.1, 0.5}
    assert (drawn[~high, 1] == 0.5).mean() == pytest.approx(0.25, abs=0.03)
    assert abs(np.corrcoef(drawn[~high, 0], drawn[~high, 1])[0, 1]) < 0.05


def test_a_number_moves_half_way_to_its_neighbours_at_most() -> None:
    data = find.samples(frame())[0]
    generator = Generator(data.spec.codec, 1)
    rows, moves = data.samples[:4].clone(), torch.tensor([[True, False, False]] * 4)
    rows[:, 0] = torch.tensor([0.125, 0.375, 0.625, 0.875])
    generator.fill(rows, torch.ones(4, 1), moves)
    drawn = data.spec.codec.decode(generator(normal(4000, data.spec.shape[0]))).numpy()[:, 0]
    assert np.sort(drawn) == pytest.approx((np.arange(4000) + 0.5) / 4000, abs=0.03)  # evenly from 0 to 1


def test_values_of_many_rows_and_missing_ones_stay_as_they_are() -> None:
    table = pandas.DataFrame(
        {"x": [0.0] * 40 + list(np.arange(1, 61) / 7), "y": [None, None] + [1.5, 2.5] * 49}
    )
    data = find.samples(table)[0]
    found = moving(data.spec.codec, data.samples.numpy())
    assert found[:, 0].tolist() == [False] * 40 + [True] * 60
    assert not found[:, 1].any()


def test_a_forest_tells_what_differs_and_guesses_where_nothing_does() -> None:
    rng = np.random.default_rng(0)
    rows, others = (
        np.stack([first, first + 0.1 * second], 1) for first, second in rng.normal(size=(2, 2, 400))
    )
    torn = trees.grown(rows, trees.shuffled(rows, rng), 25, 0)
    same = trees.grown(rows, others, 25, 0)
    assert torn.right > 0.75
    assert torn.of_rows.mean() > 0.6 > 0.3 > torn.of_fakes.mean()
    assert abs(same.right - 0.5) < 0.12
    assert torn.leaves.shape == (400, 25)
    assert sorted(trees.shuffled(rows, rng)[:, 1]) == pytest.approx(sorted(np.tile(rows[:, 1], trees.FORGED)))


def test_a_forest_goes_through_every_verb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    frame().to_csv("rows.csv", index=False)
    assert main(["train", "rows.csv", "--recipe", "forest", "--out", "run"]) == 0
    assert "batches of" not in capsys.readouterr().err
    assert main(["resume", "run"]) == 0
    assert "has spent its budget" in capsys.readouterr().out
    assert main(["sample", "run", "--count", "40", "--where", "word=many", "--out", "fake.csv"]) == 0
    assert set(pandas.read_csv("fake.csv")["word"]) == {"many"}
    sampler = Sampler.load("run")
    assert sampler.step == trees.GROWN
    assert np.array_equal(
        GAN.load("run")._fitted.game.draw(normal(9, 4)).numpy(), sampler.encoded(normal(9, 4)).numpy()
    )


def test_a_resumed_forest_equals_an_unbroken_one_bit_for_bit(tmp_path: Path) -> None:
    kept: dict[str, Any] = {"seed": 3, "hold_out": 0.0, "g_width": 20}
    whole = GAN("forest", **kept).fit(frame(), samples_seen=900)
    GAN("forest", **kept).fit(frame(), samples_seen=300, out=tmp_path / "run")
    parts = GAN.load(tmp_path / "run").fit(frame(), resume=True, samples_seen=900)
    for name, tensor in whole.game_.generator.state_dict().items():
        assert torch.equal(tensor.nan_to_num(), parts.game_.generator.state_dict()[name].nan_to_num()), name


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"g_lr": 0.1}, "g_lr=0.1: a forest has no place for it"),
        ({"r1_gamma": 1.0}, "a forest has no place"),
        ({"generator": "columns"}, "generator='columns': a forest forges with its own leaves"),
    ],
)
def test_options_of_networks_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        GAN("forest", **options).fit(frame())


@pytest.mark.filterwarnings("ignore:batches of")
def test_a_forest_takes_rows_alone_and_plays_no_game_of_gradients(pictures: Dataset) -> None:
    with pytest.raises(ConfigError, match="draws rows of a table, and this data is not one"):
        GAN("forest").fit(pictures.unlabelled())
    with pytest.raises(ConfigError, match="a forest is not taught by gradients"):
        GAN("rows", generator="forest").fit(frame())
