"""Options: checked at the edge, named when wrong, written and read back."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparring.config import format_1
from sparring.config.arguments import MOST_FLOAT
from sparring.config.choices import BUDGETS
from sparring.config.groups import GROUP_OF, GROUPS, OPTIONS, Config
from sparring.config.option import kind, may_be_none
from sparring.config.pictures import picture_size
from sparring.config.recipes import RECIPES, beyond_recipe, from_recipe
from sparring.config.toml import from_toml, load_toml, to_toml
from sparring.errors import ConfigError
from sparring.files import parse_toml


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"g_lrr": 1}, "unknown option 'g_lrr'. Did you mean 'g_lr'"),
        ({"loss": "hing"}, "unknown loss 'hing'. Did you mean 'hinge'"),
        ({"batch_size": 0}, "batch_size = 0: expected a whole number of at least 1"),
        ({"batch_size": "64"}, "batch_size = '64': expected a whole number.$"),
        ({"batch_size": 1e23}, "batch_size = 1e.23: expected a whole number.$"),
        ({"conditional": 1}, "conditional = 1: expected true or false.$"),
        ({"g_lr": -1.0}, "g_lr = -1.0: expected a finite number of at least 0"),
        ({"g_lr": float("nan")}, "g_lr = nan: expected a finite number of at least 0"),
        ({"g_lr": float("inf")}, "expected a finite number"),
        ({"beta1": 1.0}, "beta1 = 1.0: expected a finite number from 0 to 0.9999"),
        ({"batch_size": 10, "processes": 4}, "cannot be divided among 4 processes"),
        ({"batch_size": 10, "ghost_batches": 4}, "with 4 ghost batches"),
        ({"seed": -1}, "seed = -1: expected a whole number of at least 0"),
    ],
)
def test_what_does_not_fit(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Config().replace(**changes)


def test_an_unknown_recipe_offers_the_nearest() -> None:
    with pytest.raises(ConfigError, match="unknown recipe 'dcgna'. Did you mean 'dcgan'"):
        from_recipe("dcgna")


def test_naming_a_budget_drops_the_recipes() -> None:
    config = from_recipe("tutorial", minutes=3)
    assert (config.budget.minutes, config.budget.epochs, config.budget.samples_seen) == (3.0, None, None)
    both = from_recipe("tutorial", minutes=3, samples_seen=100)
    assert (both.budget.minutes, both.budget.epochs, both.budget.samples_seen) == (3.0, None, 100)


def test_whole_numbers_serve_as_floats_and_back() -> None:
    config = Config().replace(g_lr=1, latent_dim=32.0)
    assert (config.optimizers.g_lr, config.networks.latent_dim) == (1.0, 32)
    assert type(config.networks.latent_dim) is int


def test_toml_that_is_broken(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="it is not TOML, first in line 1"):
        from_toml("= 3")
    with pytest.raises(ConfigError, match="unknown option 'sed'. Did you mean 'seed'"):
        from_toml("sed = 3")
    with pytest.raises(ConfigError, match="cannot read the config file"):
        load_toml(tmp_path / "missing.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[optimisers]\ng_lr = 1", r"unknown table 'optimisers'. Did you mean 'optimizers'"),
        ("[optimizers]\ng_lrr = 1", "unknown option 'g_lrr'. Did you mean 'g_lr'"),
        ("[game]\ng_lr = 1", r"g_lr belongs in the table \[optimizers\], not in \[game\]: move it there"),
        ("[game]\nseed = 1", r"seed belongs above all tables, not in \[game\]"),
        ("optimizers = 3", r"optimizers is a table of options, not an option: write \[optimizers\] on a line"),
        ("[[optimizers]]\ng_lr = 1", r"optimizers is a table of options, not an option"),
        ("g_lr = 1\n[optimizers]\ng_lr = 2", r"g_lr is given twice, above all tables and in \[optimizers\]"),
        ("[game.loss]\nx = 1", "loss = .*expected text."),
        (
            "[dataset]\nclusters = 0",
            'clusters = 0: expected a number above 0, or none.* = "none" in a file',
        ),
    ],
)
def test_tables_that_are_wrong(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        from_toml(text)


def test_a_table_for_each_group_and_none_as_a_word() -> None:
    written = parse_toml(to_toml(Config().replace(weight_clip=0.5)))
    assert {name for name, value in written.items() if isinstance(value, dict)} == set(GROUPS)
    assert {option: name for name in GROUPS for option in written[name]} == {
        k: v for k, v in GROUP_OF.items() if v
    }
    assert (written["game"]["weight_clip"], written["dataset"]["clusters"]) == (0.5, "none")
    assert Config().replace(clusters="none", threads=None) == Config()


def test_names_are_unique_over_all_groups() -> None:
    declared = [name for group in GROUPS.values() for name in vars(group())]
    assert len(declared) == len(set(declared))
    assert not {*declared, "recipe", "seed"} & set(GROUPS)


def test_options_of_a_flat_file_stand_beside_tables() -> None:
    """What stands above all tables is as it was before there were any: 0 may mean none."""
    assert [format_1.value(name, 0) for name in ("epochs", "r1_gamma")] == [None, 0]
    config = from_toml("ema_half_life = 0\nr1_gamma = 0\naugment_target = 0\nepochs = 3\n[game]\nd_steps = 2")
    assert (config.optimizers.ema_half_life, config.augmentation.augment_target) == (None, None)
    assert (config.penalties.r1_gamma, config.budget.epochs, config.game.d_steps) == (0.0, 3.0, 2)


@pytest.mark.parametrize(
    ("text", "size"),
    [("auto", None), ("64", (64, 64)), ("96x64", (96, 64)), ("96X64", (96, 64)), ("4", (4, 4))],
)
def test_sizes_of_pictures(text: str, size: tuple[int, int] | None) -> None:
    assert picture_size(text) == size


@pytest.mark.parametrize("text", ["", "0", "3", "4097", "64x", "64x64x64", "-64", "64.5", "large", "6٤"])
def test_sizes_that_are_none(text: str) -> None:
    with pytest.raises(ConfigError, match=f"size = '{text}': expected"):
        Config().replace(size=text)


def test_a_whole_number_is_a_size_too() -> None:
    assert Config().replace(size=32).files.size == "32"
    assert from_toml("size = 32").files.size == "32"


@pytest.mark.parametrize(
    "changes",
    [
        {"g_width": 10**400}, {"seed": 10**5000}, {"minutes": 10**400}, {"g_lr": 1e39}, {"depth": 10**6},
        {"size": 10**5000}, {"data": "a\0b"}, {"device": "\ud800"}, {"labels": "x" * 10**6},
        {"loss": "\x1b[2J"},
    ],
)  # fmt: skip
def test_values_beyond_all_bounds_are_refused_in_a_line(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as refusal:
        Config().replace(**changes)
    assert next(iter(changes)) in str(refusal.value)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 300


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 10**5, "a = " + "9" * 5000, "a.b" + ".b" * 100 + " = 1", "seed = "]
)
def test_toml_that_python_chokes_on(text: str) -> None:
    with pytest.raises(ConfigError, match="Write one key = value per line"):
        from_toml(text)


def test_configs_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config().seed = 1  # type: ignore[misc]


SIGNS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")  # that a file can hold

SPELLED = {  # options whose text has a form of its own
    "size": ["auto", "64", "96x64"],
    "levels": ["auto", "full", "-1000:400", "0:0.5"],
    "include": ["*", "*.jpg,*.jpeg"],
    "exclude": ["none", "cats/*"],
    "crop_scale": ["0.2:1", "1:1"],
    "longest": ["auto", "64"],
}


def values(field: dataclasses.Field[Any]) -> st.SearchStrategy[Any]:
    """What a field accepts."""
    meta = field.metadata
    if field.name in ("processes", "ghost_batches"):
        return st.just(1)
    if field.name == "recipe":
        return st.sampled_from(sorted(RECIPES))
    if field.name in SPELLED:
        return st.sampled_from(SPELLED[field.name])
    if meta["choices"]:
        return st.sampled_from(meta["choices"])
    if may_be_none(field):
        return st.none() | numbers(field, 1e-9)
    return (
        st.booleans() if kind(field) == "bool" else st.text(SIGNS) if kind(field) == "str" else numbers(field)
    )


def numbers(field: dataclasses.Field[Any], least: float = 0) -> st.SearchStrategy[Any]:
    """Those between a field's bounds."""
    low, high = field.metadata["low"], field.metadata["high"]
    if kind(field) == "int":
        return st.integers(1 if low is None else low, min(2**40, high or 2**40))
    return st.floats(least if low is None else low, MOST_FLOAT if high is None else high)


FEW = settings(max_examples=50)
CONFIGS = st.builds(Config().replace, **{name: values(field) for name, field in OPTIONS.items()})


@FEW
@given(CONFIGS)
def test_any_config_comes_back_from_toml(config: Config) -> None:
    assert from_toml(to_toml(config)) == config


@FEW
@given(CONFIGS)
def test_changes_are_what_to_give_the_recipe_for_the_same_config(config: Config) -> None:
    assert from_recipe(config.recipe, data=config.dataset.data, **beyond_recipe(config)) == config


# One guard sees to all fields: one of each kind is asked, the last of its kind.
KINDS = {
    (field.type, bool(field.metadata["choices"]), field.metadata["low"], field.metadata["high"] is None): field
    for field in OPTIONS.values()
}


@pytest.mark.parametrize("field", KINDS.values(), ids=lambda field: field.name)
def test_each_kind_of_field_refuses_what_lies_outside(field: dataclasses.Field[Any]) -> None:
    bad: list[Any] = [[], float("nan"), float("inf"), float("-inf"), 0 if may_be_none(field) else None]
    bad += ["nonsense"] if field.metadata["choices"] or kind(field) != "str" else [3]
    bad += [field.metadata["low"] - 1] if field.metadata["low"] is not None else []
    bad += [field.metadata["high"] + 1] if field.metadata["high"] is not None else []
    for value in bad:
        with pytest.raises(ConfigError, match=field.name):
            Config().replace(**{field.name: value})


@pytest.mark.parametrize("budget", BUDGETS)
def test_any_budget_replaces_all_of_them(budget: str) -> None:
    config = Config().replace(minutes=1.0, epochs=2.0, samples_seen=3).replace(**{budget: 7})
    assert dataclasses.asdict(config.budget) == dict.fromkeys(BUDGETS) | {budget: 7}


def test_a_number_no_float_can_hold_is_refused() -> None:
    with pytest.raises(ConfigError, match="minutes"):
        from_toml("minutes = 1" + "0" * 400)


@pytest.mark.parametrize("recipe", [3, ["sprint"], None])
def test_a_recipe_that_is_not_a_name_is_refused(recipe: Any) -> None:
    with pytest.raises(ConfigError, match="recipe"):
        from_recipe(recipe)


def test_a_recipe_cannot_pass_for_another() -> None:
    with pytest.raises(ConfigError, match="'sprint' cannot be changed to 'dcgan'"):
        from_recipe("sprint", recipe="dcgan")


def test_a_config_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot read the config file"):
        load_toml(tmp_path / "a.toml")
