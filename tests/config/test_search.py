"""How options are searched: around a recipe's value, within what the groups declare."""

from collections.abc import Sequence
from typing import Any

import pytest

from sparring.config import search
from sparring.config.groups import OPTIONS, Config
from sparring.config.option import check
from sparring.config.recipes import RECIPES, from_recipe
from sparring.config.search import SEARCHED, Among, Between, Doublings, Times, search_of, starts, within


class Ends:
    """Chooses the low or the high end of each range, or the first or last choice."""

    def __init__(self, high: bool) -> None:
        self.high = high

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        return high if self.high else low

    def suggest_int(self, name: str, low: int, high: int) -> int:
        return high if self.high else low

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        return choices[-1] if self.high else choices[0]


def test_a_multiple_spans_a_factor_up_and_down() -> None:
    times = Times(5)
    ends = [times.value(0.02, times.choose(Ends(high), "g_lr")) for high in (False, True)]
    assert ends == pytest.approx([0.004, 0.1])
    assert times.value(0.02, times.start(0.02)) == 0.02


def test_doublings_go_up_and_down() -> None:
    doublings = Doublings(2)
    assert [doublings.value(64, doublings.choose(Ends(high), "d")) for high in (False, True)] == [16, 256]
    assert doublings.value(64, doublings.start(64)) == 64


def test_between_holds_the_start_within_its_ends() -> None:
    between = Between(0.1, 0.9)
    assert [between.start(value) for value in (None, 0.5, 2.0)] == [0.1, 0.5, 0.9]
    assert [between.choose(Ends(high), "p") for high in (False, True)] == [0.1, 0.9]


def test_among_are_the_declared_choices_if_no_others_are_named() -> None:
    assert search_of("augment") == Among(OPTIONS["augment"].metadata["choices"])
    assert search_of("d_steps") == Among((1, 2, 5))


@pytest.mark.parametrize("name", SEARCHED)
@pytest.mark.parametrize("high", [False, True])
def test_every_end_is_a_value_that_the_option_accepts(name: str, high: bool) -> None:
    how, tried = search_of(name), 0
    further = from_recipe("dcgan", lecam_weight=0.1, r1_near_gamma=1.0)  # what no recipe has
    for config in (*map(from_recipe, RECIPES), further):
        if starts(name, config):
            value = within(name, how.value(config.flat()[name], how.choose(Ends(high), name)))
            check(OPTIONS[name], value)
            tried += 1
    assert tried


def test_what_does_nothing_is_not_searched() -> None:
    plain = Config()
    assert not starts("r1_gamma", plain)  # 0 has no multiples
    assert starts("r1_gamma", plain.replace(r1_gamma=1.0))
    assert not starts("augment_p", plain)  # it needs an augmentation
    assert not starts("beta1", plain.replace(optimizer="rmsprop"))
    assert starts("augment", plain)


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("g_width", 0.5, 1),
        ("beta1", 2.0, 0.9999),
        ("g_lr", 3.0, 3.0),
        ("depth", 2.6, 3),
        ("loss", "hinge", "hinge"),
    ],
)
def test_values_are_held_within_their_bounds(name: str, value: Any, kept: Any) -> None:
    found = within(name, value)
    assert found == kept
    assert type(found) is type(kept)


def test_usual_and_further_options_are_apart() -> None:
    assert not search.USUAL.keys() & search.MORE.keys()
