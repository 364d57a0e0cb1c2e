"""One suite over every table: each name builds, trains and can be reached from everywhere."""

import math
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas
import pytest
import torch

import sparring
from conftest import TINY
from sparring import data
from sparring.cli.main import main
from sparring.cli.options import INTRO, parser
from sparring.config import choices, recipes
from sparring.config.groups import OPTIONS, Config
from sparring.config.option import written
from sparring.config.recipes import RECIPES
from sparring.config.toml import from_toml
from sparring.data import builtin, toy
from sparring.data.spec import Dataset
from sparring.errors import ConfigError
from sparring.games import GAMES, augment, losses, optimizers, schedules
from sparring.gan import GAN
from sparring.kinds import KINDS, find
from sparring.networks import NETWORKS, dcgan

FOR_PICTURES = [
    name for name, network in NETWORKS.items() if KINDS["image"].fits(network.axes) and not network.given
]
TRANSLATIONS = [name for name, recipe in RECIPES.items() if recipe.get("rules") == "translation"]
# The recipes of kinds whose networks take no pictures, each with a few samples of its kind.
OF_KINDS = {
    "counterpoint": lambda: rolls(64).samples,
    "letters": lambda: ["ab", "ba", "abab", "baba"] * 16,
    "rows": lambda: table(64),
}


WITHOUT_LABELS = {"forest": lambda: table(64)}


def table(count: int) -> pandas.DataFrame:
    """A number, and a word that follows from it."""
    numbers = np.arange(count) * 7 % 23
    return pandas.DataFrame({"number": numbers, "word": np.where(numbers > 9, "many", "few")})


def rolls(count: int) -> Dataset:
    """Scales in two voices."""
    steps = 60 + np.arange(count)[:, None, None] % 7 + np.arange(8)[None, :, None] // 2 + np.array([7, 0])
    held = np.where(np.arange(8)[None, :, None] % 2, -steps, steps).astype(np.int16)
    return find.samples(held)[0]


def test_the_choices_of_the_command_line_are_the_tables() -> None:
    assert set(choices.GAMES) == set(GAMES)
    assert set(choices.LOSSES) == set(losses.LOSSES)
    assert set(choices.BUILT_IN) == set(builtin.BUILT_IN)
    assert set(choices.UPSAMPLINGS) == set(dcgan.UPSAMPLINGS)
    assert set(choices.SCHEDULES) == set(schedules.SCHEDULES)
    assert set(choices.AUGMENTATIONS) == set(augment.AUGMENTATIONS)
    assert set(choices.OPTIMIZERS) == set(optimizers.OPTIMIZERS)
    assert {norm for network in NETWORKS.values() for norm in network.g_norms} == set(choices.G_NORMS)
    assert {norm for network in NETWORKS.values() for norm in network.d_norms} == set(choices.D_NORMS)
    assert set(recipes.ABOUT) == set(RECIPES)
    assert set(recipes.ON_POINTS) <= set(RECIPES)
    assert {name for kind in KINDS.values() for name in (kind.recipe, kind.few_recipe) if name} <= set(RECIPES)
    assert set(recipes.ADAPTED) | {recipes.USUAL} <= set(KINDS)
    assert data.__doc__


def test_every_file_of_networks_can_be_chosen_by_name() -> None:
    files = Path(sparring.__file__).with_name("networks").glob("*.py")
    assert {path.stem for path in files if "\nNETWORK = " in path.read_text("utf-8")} == set(NETWORKS)


@pytest.mark.parametrize(
    ("loss", "generator", "discriminator"),
    [
        *((loss, "dcgan", "dcgan") for loss in losses.LOSSES),
        *(("hinge", g, d) for g in FOR_PICTURES for d in FOR_PICTURES),
    ],
)
def test_every_game_and_every_pair(pictures: Dataset, loss: str, generator: str, discriminator: str) -> None:
    gan = GAN(
        "sprint",
        **TINY,
        loss=loss,
        generator=generator,
        discriminator=discriminator,
        g_norm=NETWORKS[generator].g_norms[-1],
        d_norm=NETWORKS[discriminator].d_norms[-1],
        r2_gamma=0.1,
        gp_weight=0.1,
    )
    gan.fit(pictures, samples_seen=32)
    assert gan.sample(4).shape == (4, 1, 8, 8)
    assert gan.history[-1].step == 2
    assert all(math.isfinite(value) for record in gan.history for value in record.values.values())


@pytest.mark.parametrize(
    "recipe", [name for name in RECIPES if name not in (*OF_KINDS, *WITHOUT_LABELS, *TRANSLATIONS)]
)
@pytest.mark.parametrize("conditional", [True, False])
def test_every_recipe_trains(pictures: Dataset, recipe: str, conditional: bool) -> None:
    if recipe == "projection" and not conditional:
        with pytest.raises(ConfigError, match="conditional-batch. draws by class.*clusters=100"):
            GAN(recipe, **TINY, conditional=conditional).fit(pictures, samples_seen=64)
        return
    gan = GAN(recipe, **TINY, conditional=conditional).fit(pictures, samples_seen=64)
    assert gan.classes_ == (2 if conditional else 0)
    assert gan.sample(3).shape == (3, 1, 8, 8)


@pytest.mark.parametrize("recipe", OF_KINDS)
def test_every_recipe_of_another_kind_trains(recipe: str) -> None:
    data = OF_KINDS[recipe]()
    gan = GAN(recipe, **TINY).fit(data, np.arange(len(data)) % 2, samples_seen=64)
    assert gan.classes_ == 2
    assert len(gan.sample(3)) == 3
    assert isinstance(gan.sample(3), list | np.ndarray | pandas.DataFrame)


@pytest.mark.parametrize("recipe", WITHOUT_LABELS)
def test_every_recipe_that_takes_no_labels_trains(recipe: str) -> None:
    data = WITHOUT_LABELS[recipe]()
    gan = GAN(recipe).fit(data)
    assert len(gan.sample(3)) == 3
    with pytest.raises(ConfigError, match="uses no labels"):
        GAN(recipe).fit(data, np.arange(len(data)) % 2)


@pytest.mark.parametrize("recipe", TRANSLATIONS)
def test_every_recipe_of_a_translation_trains(pictures: Dataset, recipe: str) -> None:
    samples = pictures.samples.numpy()
    paired = "reconstruction" in RECIPES[recipe]
    gan = GAN(recipe, **TINY, paired=paired).fit(samples, 255 - samples, samples_seen=64)
    assert gan.translate(samples[:3]).shape == (3, 1, 8, 8)
    assert all(math.isfinite(value) for record in gan.history for value in record.values.values())


@pytest.mark.parametrize("schedule", schedules.SCHEDULES)
@pytest.mark.parametrize("optimizer", optimizers.OPTIMIZERS)
@pytest.mark.parametrize("norm", ["none", "batch"])
def test_schedules_optimizers_and_norms(pictures: Dataset, schedule: str, optimizer: str, norm: str) -> None:
    options = {"g_norm": norm, "d_norm": norm, "d_steps": 2, "optimizer": optimizer}
    gan = GAN("sprint", **TINY, lr_schedule=schedule, lr_decay_from=0.0, **options)
    gan.fit(pictures, samples_seen=128)
    assert (gan.history[-1].values["lr_scale"] == 1) == (schedule == "constant")


@pytest.mark.parametrize("recipe", recipes.ON_POINTS)
def test_recipes_for_pictures_play_on_points_with_perceptrons(recipe: str) -> None:
    points = torch.randn(64, 3, generator=torch.Generator().manual_seed(0))
    gan = GAN(recipe, **(TINY | {"depth": 2})).fit(points, samples_seen=160)
    assert (gan.config_.networks.generator, gan.config_.networks.discriminator) == ("mlp", "mlp")
    assert gan.sample(5).shape == (5, 3)


@pytest.mark.parametrize("name", toy.MIXTURES)
def test_toy_sets_train_with_the_default_recipe(name: str) -> None:
    gan = GAN(**(TINY | {"g_width": 8, "d_width": 8})).fit(name, samples_seen=64)
    assert gan.config_.recipe == "mlp"
    assert gan.sample(5).shape == (5, 2)


@pytest.mark.parametrize("words", [["--help"], ["train", "--help"], ["--version"], ["nonsense"]])
def test_help_and_mistakes_do_not_load_torch(words: list[str]) -> None:
    code = (
        "import sys\n"
        "from sparring.cli.main import main\n"
        "try:\n"
        f"    main({words!r})\n"
        "except SystemExit:\n"
        "    pass\n"
        "print('loaded:', sorted({'torch', 'numpy', 'rich', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "loaded: []" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"), [(["recipes"], "small-data"), (["info", "ring-mlp"], "step 313"), (["info", "."], "313")]
)
def test_recipes_and_runs_are_told_of_without_torch(words: list[str], said: str) -> None:
    code = f"import sys\nfrom sparring.cli.main import main\nmain({words})\nprint('torch' in sys.modules)"
    runs = Path(__file__).parent / "runs/format-1"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=runs)
    assert said in done.stdout
    assert done.stdout.endswith("False\n")


@pytest.mark.parametrize(
    "words",
    [
        ["--to", "torch", "--out", "a.torch"],
        ["--to", "onnx", "--name", "b"],
        ["--to", "hub", "--license", "a: b"],
    ],
    ids=["out", "name", "license"],
)
def test_what_an_export_does_not_take_is_refused_without_torch(words: list[str]) -> None:
    verb = f"main({['export', 'mnist', *words]})"
    code = f"import sys\nfrom sparring.cli.main import main\nprint({verb}, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1 False\n"


def test_every_public_name_can_be_had() -> None:
    for name in sparring.__all__:
        assert getattr(sparring, name) is not None
    assert set(dir(sparring)) == set(sparring.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        sparring.nothing  # noqa: B018


def test_every_value_can_be_said_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    said = Config().replace(
        data="ring", conditional=False, recipe="mlp", generator="mlp", discriminator="mlp", minutes=2.5, seed=9
    )
    words = ["train", said.dataset.data, "--dry-run"]
    for name, value in said.flat().items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            words.append(flag if value else flag.replace("--", "--no-", 1))
        elif name != "data":
            words += [flag, str(written(value))]
    assert main(words) == 0
    assert from_toml(capsys.readouterr().out) == said
    assert all(field.metadata["help"] for field in OPTIONS.values())


def verbs() -> list[str]:
    """All that the command line knows."""
    (known,) = [action.choices for action in parser()._actions if action.dest == "verb"]
    assert known is not None
    return list(known)


@pytest.mark.parametrize("verb", verbs())
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([verb, "--help"])
    assert stop.value.code == 0
    assert f"sparring {verb}" in capsys.readouterr().out


def test_the_help_names_every_verb_and_every_kind_of_data() -> None:
    assert [name for name in [*verbs(), *builtin.BUILT_IN, *find.suffixes()] if name not in INTRO] == []


def test_every_verb_has_a_file_of_its_own() -> None:
    assert [name for name in verbs() if not callable(import_module(f"sparring.cli.{name}").run)] == []


# Where a kind of data is looked up by its name or by the look of its samples, beside kinds/: each with its
# reason. What a file of theirs is read into is said by the readers in data/ until a kind reads its own files.
ASKS_NO_KIND = {
    "config/recipes.py": ("image", "points"),  # recipes are plain data: what they say otherwise on points
    "doctor/rule.py": ("image", "points"),  # as plain data: where thresholds hold, if a rule does not say
    "doctor/rules.py": ("image", "music"),  # as plain data: where thresholds and a cure hold
    "data/arrays.py": (
        "image",
        "points",
        "ndim",
        "uint8",
    ),  # arrays are told apart by their rank, to make a Spec
    "data/folders.py": ("image",),  # makes a Spec
    "data/builtin.py": ("image", "music"),  # makes a Spec
    "data/music/folder.py": ("music",),  # makes a Spec
    "data/music/chorales.py": ("music",),  # the name of a folder of the cache
    "data/toy.py": ("points",),  # makes a Spec
    "data/wafers.py": ("image",),  # makes a Spec
    "data/loaders.py": ("image",),  # a key under which samples come
    "data/labels.py": ("image",),  # the heading of a column
    "data/dicom.py": ("ndim", "uint8"),  # the reading of one file
    "data/levels.py": ("ndim",),
    "data/codec.py": ("uint8",),  # whether stored values are whole
    "games/losses.py": ("ndim",),  # refuses maps of logits
    "games/augment.py": ("ndim",),  # refuses what it cannot alter
    "metrics/features.py": ("ndim", "uint8"),  # refuses what networks for pictures cannot take
    "metrics/extractors.py": ("points",),  # the name of features
}
OF_A_KIND = {
    "name": r"(spec|spec_|like|data)\.kind (==|!=|in|not in)",
    "image": r'"image"',
    "points": r'"points"',
    "music": r'"music"',
    "axes": r"axes (==|!=|in|not in) ",
    "ndim": r"ndim (==|!=|in|not in) \(?[^)]*[34]|len\([\w.]*shape\) (==|!=) [34]",
    "uint8": r"dtype (==|!=) (torch|np)\.uint8|dtype (==|!=) \"uint8\"",
    "suffix": r'"\.(png|gif|webp|jpe?g|npz)"',
}
SUFFIXES = ("data/pictures.py", "history/layout.py")  # readers; names of a run's own files


def test_only_a_kind_knows_what_a_kind_is() -> None:
    source = Path(sparring.__file__).parent
    found = {
        (path.relative_to(source).as_posix(), what)
        for path in source.rglob("*.py")
        if path.parent.name != "kinds"
        for what, pattern in OF_A_KIND.items()
        if re.search(pattern, path.read_text("utf-8"))
    }
    allowed = {(name, what) for name, listed in ASKS_NO_KIND.items() for what in listed}
    assert found == allowed | {(name, "suffix") for name in SUFFIXES}
