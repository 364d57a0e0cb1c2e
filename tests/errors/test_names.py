"""The known names that an unknown name stands for."""

import itertools

import pytest

from sparring.cli.options import parser
from sparring.config.choices import LOSSES
from sparring.config.groups import OPTIONS
from sparring.config.recipes import RECIPES
from sparring.data.builtin import BUILT_IN
from sparring.doctor.stories import STORIES
from sparring.errors import counted, unknown
from sparring.errors.names import SYNONYMS, distance, nearest

VERB_NAMES = tuple(parser().verbs)


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("trian", VERB_NAMES, "train"),
        ("evalute", VERB_NAMES, "evaluate"),
        ("generate", VERB_NAMES, "sample"),
        ("continue", VERB_NAMES, "resume"),
        ("--recpie", ("--recipe", "--resize", "--rescue"), "--recipe"),
        ("--batch_size", ("--batch-size", "--seed"), "--batch-size"),
        ("g_learning_rate", OPTIONS, "g_lr"),
        ("g_lerning_rate", OPTIONS, "g_lr"),
        ("lr", OPTIONS, "g_lr d_lr"),
        ("bs", OPTIONS, "batch_size"),
        ("batchsize", OPTIONS, "batch_size"),
        ("ghost", OPTIONS, "ghost_batches"),
        ("epoch", OPTIONS, "epochs"),
        ("n_critic", OPTIONS, "d_steps"),
        ("mode-colapse", STORIES, "mode-collapse"),
        ("colapse", STORIES, "mode-collapse"),
        ("mode_collapse", STORIES, "mode-collapse"),
        ("partial-colapse", STORIES, "partial-collapse"),
        ("dcgna", RECIPES, "dcgan"),
        ("wgangp", RECIPES, "wgan-gp"),
        ("small", RECIPES, "small-data"),
        ("bce", LOSSES, "non-saturating"),
        ("wgan", LOSSES, "wasserstein"),
        ("mnits", BUILT_IN, "mnist"),
        ("fmnist", BUILT_IN, "fashion-mnist"),
    ],
)
def test_slips_other_words_and_parts(name: str, known: tuple[str, ...], meant: str) -> None:
    assert nearest(name, known) == meant.split()


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("cifar10", BUILT_IN),
        ("photos", BUILT_IN),
        ("dropout", OPTIONS),
        ("x", OPTIONS),
        ("", OPTIONS),
        ("xyz", RECIPES),
    ],
)
def test_what_is_like_nothing_is_met_by_nothing(name: str, known: tuple[str, ...]) -> None:
    assert nearest(name, known) == []


def test_parts_of_many_names_say_nothing() -> None:
    rows = [f"early {k} row" for k in range(1, 5)]
    assert nearest("early", rows[:3]) == nearest("row early", rows[:3]) == rows[:3]
    assert nearest("early", rows) == []


@pytest.mark.parametrize(
    ("a", "b", "apart"),
    [("", "abc", 3), ("abc", "abc", 0), ("trian", "train", 1), ("colapse", "collapse", 1), ("abcd", "badc", 2)],
)
def test_swapped_neighbours_are_one_slip(a: str, b: str, apart: int) -> None:
    assert distance(a, b) == distance(b, a) == apart


def test_other_words_are_for_names_that_there_are() -> None:
    tables = [
        OPTIONS, VERB_NAMES, RECIPES, BUILT_IN, STORIES,
        *(field.metadata["choices"] for field in OPTIONS.values()),
        ("out", "force", "count", "label", "interpolate", "truncation", "held_out", "quick"),  # of verbs
        ("inception-2015", "imagenet-64", "efficientnet-lite0", "scattering-64", "dinov2-vits14", "pca-64"),
    ]  # fmt: skip
    known = set(itertools.chain(*tables))
    assert {name for names in SYNONYMS for name in names.split()} <= known


def test_a_long_table_is_not_listed_whole() -> None:
    names = [f"class {k}" for k in range(1000)]
    assert unknown("label", "clas 7", names) == "unknown label 'clas 7'. Did you mean 'class 7'?"
    assert unknown("label", "dog", names).endswith("and 900 more.")
    assert "\x1b" not in unknown("label", "cat", ["\x1b[2J", "dog"])


@pytest.mark.parametrize(
    ("count", "noun", "said"),
    [
        (1, "image", "1 image"), (60_000, "image", "60,000 images"), (0, "process", "0 processes"),
        (2, "ghost batch", "2 ghost batches"),
    ],
)  # fmt: skip
def test_what_is_counted_is_in_the_plural(count: int, noun: str, said: str) -> None:
    assert counted(count, noun) == said
