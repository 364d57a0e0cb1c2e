"""Cures: changes of the options that a training has, and commands to type."""

import pytest

from courses import HEALTHY, OPTIONS
from sparring.cli.options import parser
from sparring.config.groups import Config
from sparring.config.recipes import RECIPES, from_recipe
from sparring.doctor.diagnosis import Doctor, described
from sparring.doctor.report import options_text
from sparring.doctor.rule import Cure
from sparring.doctor.rules import RULES
from sparring.errors import ConfigError
from sparring.history.record import Record


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_disease_has_a_cure_to_type(recipe: str) -> None:
    for kind in ("image", "points"):
        config = from_recipe(recipe, kind)
        options = described(config, {"spec": {"kind": kind}}, ())
        for rule in RULES:
            if rule.name == "discriminator-sure" or kind not in rule.kinds:
                continue  # one of other programs' histories; the other kind has other options
            typed = [cure for cure in Doctor(options).prescriptions(rule.name) if cure.change or cure.command]
            assert typed, (recipe, kind, rule.name)
            for cure in typed:
                config.replace(**cure.change)
                words = cure.command.removeprefix("sparring ") or f"train mnist {options_text(cure.change)}"
                parser().parse_args(words.split())


def test_cures_of_code_are_for_programs_and_commands_name_the_run_s_data() -> None:
    doctor = Doctor(described(from_recipe("sprint").replace(data="my photos"), {}))
    assert doctor.prescriptions("generator-frozen")[-1].command == "sparring train 'my photos' --recipe modern"
    of_text = Doctor(OPTIONS | {"kind": "text", "recipe": "letters", "augment": "none", "lecam_weight": 0.0})
    assert not any("--recipe" in cure.command for cure in of_text.prescriptions("generator-frozen"))
    changes = [cure.change for name in ("overfitting", "memorised") for cure in of_text.prescriptions(name)]
    assert {"lecam_weight": 0.3} in changes
    assert not any("augment" in change for change in changes)
    doctor.examine(Record(50, 3200, 130.0, 0.1, HEALTHY))
    assert "sparring resume RUN --minutes 5" in [cure.command for cure in doctor.prescriptions("weave")]
    modern = Doctor(described(from_recipe("modern"), {}))
    assert modern.prescriptions("generator-frozen")[-1].command == "sparring train mnist"
    assert not any("--recipe modern" in cure.command for cure in modern.prescriptions("weave"))
    words = "give its loss D(real) first and D(forged) second"
    for options, told in ((OPTIONS, False), (OPTIONS | {"rules": "own"}, True), ({}, True)):
        found = [cure.words for cure in Doctor(options).prescriptions("labels-swapped")]
        assert (words in found) == told


def test_of_options_that_are_not_known_cures_are_words() -> None:
    known, unknown = (Doctor(options).prescriptions("mode-collapse") for options in (OPTIONS, {}))
    words = {cure.words: dict(cure.change) for cure in known}
    assert words["a slower generator"] == {"g_lr": OPTIONS["g_lr"] / 4}
    assert all(cure.change == {} for cure in unknown)
    assert "a slower generator (g_lr times 0.25)" in [cure.words for cure in unknown]
    assert "no momentum, so that each player reacts to what the other is now (beta1 0.0)" in [
        cure.words for cure in unknown
    ]


def test_cures_change_what_there_is_to_change() -> None:
    assert Cure("slower", "d_lr", times=0.1).change({"d_lr": 2e-3}) == {"d_lr": 2e-4}
    assert Cure("slower", "d_lr", times=0.1).change({}) == {}
    assert Cure("more", "latent_dim", times=2, least=16).change({"latent_dim": 4}) == {"latent_dim": 16}
    assert Cure("R1", "r1_gamma", 0.1).change({"r1_gamma": 0.0}) == {"r1_gamma": 0.1}
    assert Cure("R1", "r1_gamma", 0.1).change({"r1_gamma": 1.0}) == {}
    assert Cure("words").change(OPTIONS) == {}
    deviation = Cure("see", "d_deviation", True, only=("discriminator", "dcgan"))
    assert deviation.change({"discriminator": "dcgan"}) == {"d_deviation": True}
    assert deviation.change({"discriminator": "mlp"}) == {}
    own = Cure("as the recipe has it", own=("g_lr", "r1_gamma", "latent_dim"))
    assert own.change({"recipe": "tutorial", "g_lr": 1.0, "r1_gamma": 0.0, "latent_dim": 100}) == {"g_lr": 2e-4}
    assert own.change({"g_lr": 1.0}) == {}  # of no recipe
    # What follows from the data is not in the recipe.
    modern = {"recipe": "modern", "kind": "points", "g_lr": 1e-3, "r1_gamma": 0.4, "latent_dim": 2}
    assert own.change(modern) == {}
    with pytest.raises(ConfigError):
        Config().replace(**Cure("nothing such", "d_rate", 1.0).change({}))


def test_the_doctor_prescribes_against_other_options() -> None:
    doctor = Doctor(OPTIONS | {"recipe": "tutorial", "r1_gamma": 10.0, "beta1": 0.9, "g_lr": 2e-4})
    changes = [dict(cure.change) for cure in doctor.prescriptions("mode-collapse")]
    assert {"beta1": 0.0} in changes
    assert all(changes)
    assert not any("r1_gamma" in change for change in changes)  # a recipe without R1 cannot advise against it
    assert doctor.prescriptions("no such disease") == ()


@pytest.mark.parametrize("disease", ["mode-collapse", "source-ignored"])
def test_one_output_for_all_after_too_large_a_rate_is_cured_by_that_of_the_recipe(disease: str) -> None:
    """Without pairs, a generator that learns four times as fast soon makes all pictures black."""
    config = from_recipe("unpaired", g_lr=2e-3)
    first = Doctor(described(config, {})).prescriptions(disease)[0]
    assert dict(first.change) == {"g_lr": 5e-4}
    assert options_text(first.change) == "--g-lr 0.0005"


def test_no_cure_changes_networks_that_are_a_program_s_own() -> None:
    config = Config().replace(recipe="dcgan", generator="own", discriminator="own", g_norm="none", latent_dim=2)
    told = described(config, {}, {"generator", "discriminator"})
    for options in (told, {"rules": "own"}, OPTIONS):
        cures = [cure for rule in RULES for cure in Doctor(options).prescriptions(rule.name)]
        sizes = {"g_width", "d_width", "latent_dim", "d_norm"}
        told_of = [cure.words for cure in cures if sizes & cure.change.keys() or "_width" in cure.words]
        assert bool(told_of) == (options is OPTIONS), told_of
