"""The space of a search: recipes that suit the data, and their options."""

from pathlib import Path
from typing import Any

import pytest
import torch

from sparring.config.recipes import from_recipe
from sparring.config.search import MORE, USUAL
from sparring.data import builtin
from sparring.data.spec import Dataset
from sparring.errors import ConfigError
from sparring.kinds import find
from sparring.uses.tune.space import Space, size, space
from test_search import Ends

FIXED: dict[str, Any] = {"threads": 1, "minutes": 1.0, "hold_out": 0.2}


@pytest.fixture(scope="module")
def ring() -> Dataset:
    return builtin.BUILT_IN["ring"]()


@pytest.fixture(scope="module")
def pictures() -> Dataset:
    rng = torch.Generator().manual_seed(0)
    return find.samples(torch.randint(0, 256, (200, 3, 32, 32), dtype=torch.uint8, generator=rng))[0]


@pytest.fixture(scope="module")
def of_ring(ring: Dataset) -> Space:
    return space(ring, (), FIXED)


def test_the_guide_names_every_option_that_is_searched() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "tune.md").read_text()
    for head, options in (("| usually |", ["recipe", *USUAL]), ("| with `--only` |", MORE)):
        (row,) = (line for line in guide.splitlines() if line.startswith(head))
        assert row == f"{head} {', '.join(f'`{name}`' for name in options)} |"


def test_the_default_is_what_train_would_take(of_ring: Space, pictures: Dataset) -> None:
    assert next(iter(of_ring.bases)) == "mlp"
    usual = from_recipe("mlp", "points", **FIXED, data="ring").flat()
    assert {k: v for k, v in of_ring.default.flat().items() if v != usual[k]}.keys() <= {"conditional"}
    assert next(iter(space(pictures, (), FIXED).bases)) == "pictures"


def test_recipes_and_choices_that_do_not_suit_the_data_are_left_out(of_ring: Space, pictures: Dataset) -> None:
    assert list(of_ring.bases) == ["mlp", "modern"]
    assert "augment" not in of_ring.names  # points are not augmented
    of_pictures = space(pictures, (), FIXED)
    assert {"pictures", "sprint", "small-data", "modern", "mlp"} == of_pictures.bases.keys()
    assert of_pictures.choices == {"augment": ("none", "diffaugment", "ada")}
    assert "5 recipes" in size(of_pictures)


def test_a_recipe_as_it_stands_is_a_point_of_the_space(of_ring: Space, pictures: Dataset) -> None:
    for found in (of_ring, space(pictures, (), FIXED)):
        for recipe, config in found.bases.items():
            assert found.config(found.start(recipe)) == config


def test_only_what_does_something_in_a_recipe_is_chosen(of_ring: Space) -> None:
    assert "r2_gamma" in of_ring.start("modern")
    assert "r2_gamma" not in of_ring.start("mlp")


@pytest.mark.parametrize("high", [False, True])
def test_every_end_of_the_space_is_a_config(pictures: Dataset, high: bool) -> None:
    found = space(pictures, (), FIXED)
    config = found.config(found.choose(Ends(high)))
    base = found.bases[config.recipe]
    assert config.optimizers.g_lr == pytest.approx(base.optimizers.g_lr * (5 if high else 0.2))
    assert config.optimizers.batch_size == base.optimizers.batch_size * (4 if high else 0.25)


def test_batches_stay_divisible_into_their_parts(pictures: Dataset) -> None:
    found = space(pictures, (), FIXED | {"batch_size": 6, "ghost_batches": 6}, "sprint")
    assert "batch_size" not in found.names  # the user has set it
    named = space(pictures, ("batch_size",), FIXED | {"batch_size": 6, "ghost_batches": 6}, "sprint")
    assert named.config({"batch_size": -2}).optimizers.batch_size == 6
    assert named.config({"batch_size": 1}).optimizers.batch_size == 12


def test_only_narrows_and_what_the_user_sets_is_fixed(ring: Dataset) -> None:
    assert space(ring, ("g_lr",), FIXED).names == ("g_lr",)
    assert list(space(ring, ("g_lr",), FIXED).bases) == ["mlp"]
    assert list(space(ring, ("g_lr", "recipe"), FIXED).bases) == ["mlp", "modern"]
    assert "g_lr" not in space(ring, (), FIXED | {"g_lr": 0.1}).names
    centred = space(ring, ("g_lr",), FIXED | {"g_lr": 0.1})
    assert centred.config({"g_lr": 2.0}).optimizers.g_lr == pytest.approx(0.2)
    assert list(space(ring, (), FIXED, "modern").bases) == ["modern"]


@pytest.mark.parametrize(
    ("only", "fixed", "said"),
    [
        (("g_lrr",), {}, "Did you mean 'g_lr'"),
        (("r2_gamma",), {}, "does nothing in recipe mlp"),
        (("augment",), {}, "does nothing in recipe mlp"),
        ((), {"recipe": 1}, "one point"),
    ],
)
def test_what_cannot_be_searched_is_refused(
    ring: Dataset, only: tuple[str, ...], fixed: dict[str, Any], said: str
) -> None:
    asked = "auto"
    if fixed:  # everything is set
        asked = "mlp"
        names = space(ring, (), FIXED, asked).names
        values = from_recipe("mlp", "points").flat()
        fixed = {name: values[name] for name in names}
    with pytest.raises(ConfigError, match=said):
        space(ring, only, FIXED | fixed, asked)


def test_the_description_changes_with_what_matters_and_not_with_the_machine(ring: Dataset) -> None:
    first = space(ring, (), FIXED).described()
    assert space(ring, (), FIXED | {"threads": None, "minutes": 5.0}).described() == first
    assert space(ring, (), FIXED | {"beta1": 0.3}).described() != first
    assert space(ring, ("g_lr",), FIXED).described() != first
