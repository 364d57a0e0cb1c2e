"""A training that begins with the players of another run: what is taken, what is refused, how it goes on."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from cli_runs import edit, refused
from conftest import TINY
from sparring import AdversarialGame, Budget, train
from sparring.cli.main import main
from sparring.config.groups import Config
from sparring.data import clusters
from sparring.data.arrays import from_array
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, RunError, quoted
from sparring.games.players import PLAYERS
from sparring.gan import GAN
from sparring.runs import checkpoint
from sparring.runs.finetune import Counts, Source, adapted
from sparring.runs.folder import RunFolder
from sparring.runs.rescue import Rescuer
from test_gan_runs import assert_same

NETWORKS = ("g_width", "d_width", "latent_dim")
HERE = {name: value for name, value in TINY.items() if name not in NETWORKS}
LINE = [word for name, value in HERE.items() for word in (f"--{name.replace('_', '-')}", str(value))]


def array(count: int = 64, side: int = 8, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, side, side), dtype=np.uint8)


@pytest.fixture
def source(tmp_path: Path, pictures: Dataset) -> Path:
    """A run of four steps of pictures in two classes, with a weight average."""
    out = tmp_path / "source"
    GAN("sprint", **TINY).fit(pictures, samples_seen=64, out=out)
    return out


def begun(source: Path, **options: Any) -> GAN:
    return GAN("sprint", from_run=source, **(HERE | options))


def players(path: Path) -> dict[str, Tensor]:
    return checkpoint.read(path, pytest.fail)[1]


def test_the_players_begin_as_the_weight_average_and_the_discriminator(source: Path, tmp_path: Path) -> None:
    data = from_array(array(), np.arange(64) % 2)
    begun(source).fit(data, samples_seen=32, out=tmp_path / "run")
    theirs, mine = players(source / "checkpoints"), players(tmp_path / "run/start")
    for name in mine:
        player, _, rest = name.partition("/")
        if player in (*PLAYERS, "average"):
            of = "discriminator" if player == "discriminator" else "average"
            assert torch.equal(mine[name], theirs[f"{of}/{rest}"]), name
    facts = json.loads((tmp_path / "run/run.json").read_text())["source"]
    identity = json.loads((source / "run.json").read_text())["id"]
    assert facts == {"run": str(source), "id": identity, "data": "tiny", "step": 4}
    assert RunFolder(tmp_path / "run").config.networks == RunFolder(source).config.networks


@pytest.mark.parametrize("frozen", [0, 1])
def test_it_goes_on_bit_for_bit_without_its_source(frozen: int, source: Path, tmp_path: Path) -> None:
    data, runs = from_array(array(), np.arange(64) % 2), tmp_path
    options = {"ema_half_life": 50.0, "lr_schedule": "constant", "freeze_d": frozen}
    whole = begun(source, **options).fit(data, samples_seen=64, out=runs / "whole")
    begun(source, **options).fit(data, samples_seen=32, out=runs / "half")
    begun(source, **options).fit(data, samples_seen=64, out=runs / "lost")
    shutil.rmtree(runs / "lost/checkpoints")
    source.rename(runs / "moved")
    for name in ("half", "lost"):
        again = begun(source, **options).fit(data, samples_seen=64, out=runs / name, resume=True)
        assert_same(again, whole)
    first, last = players(runs / "whole/start"), players(runs / "whole/checkpoints")
    kept = [torch.equal(first[name], last[name]) for name in first if "discriminator/layers.0." in name]
    assert kept == [bool(frozen)] * 2
    assert not torch.equal(first["discriminator/head.linear.weight"], last["discriminator/head.linear.weight"])


def test_a_training_begins_with_latents_of_their_usual_length(tmp_path: Path) -> None:
    """Whatever length the run drew with; its discriminator, too, saw the usual one."""
    gan = GAN("pictures", **HERE, g_width=4, d_width=4, d_features="none").fit(array(), samples_seen=32)
    gan._fitted.game.sampling_generator.latent_percent.fill_(150)
    gan.save(tmp_path / "longer")
    assert int(players(tmp_path / "longer/checkpoints")["average/latent_percent"]) == 150
    begun = GAN("pictures", from_run=tmp_path / "longer", **HERE).fit(array(), samples_seen=32)
    assert int(begun._fitted.game.sampling_generator.latent_percent) == 100


@pytest.mark.filterwarnings("ignore:.*its classes are left out")
def test_a_gan_that_is_saved_says_what_it_began_with(source: Path, tmp_path: Path) -> None:
    fitted = begun(source).fit(from_array(array()), samples_seen=32)
    assert RunFolder(fitted.save(tmp_path / "saved")).facts["source"]["run"] == str(source)


def test_a_rescue_goes_back_to_the_same_beginning(source: Path, tmp_path: Path, pictures: Dataset) -> None:
    fitted = begun(source).fit(pictures, samples_seen=32, out=tmp_path / "run")
    ward = Rescuer(RunFolder(tmp_path / "run"), fitted.game_, 1, pytest.fail)
    ward._go_back(ward.folder.config.replace(d_lr=1e-5), 1)
    assert ward.game.clock.step == 0
    (weight, *_) = ward.game.players["discriminator"].parameters()
    assert torch.equal(weight, players(source / "checkpoints")["discriminator/layers.0.weight"])
    ward._go_back(ward.folder.config.replace(d_width=8), 1)  # a cure that changes a network begins anew
    assert len(next(ward.game.players["discriminator"].parameters())) == 8


@pytest.fixture
def _three_clusters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "LEAST_MEMBERS", 20)


@pytest.mark.usefixtures("_three_clusters")
@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (5, "5 classes begin with the weights of its 2 classes, in order"),
        (0, "3 clusters begin with the weights of its 2 classes, in order"),
    ],
)
def test_other_classes_begin_as_those_of_the_source(
    classes: int, said: str, source: Path, tmp_path: Path
) -> None:
    labels = np.arange(64) % classes if classes else None
    with pytest.warns(UserWarning, match=said):
        begun(source).fit(from_array(array(), labels), samples_seen=32, out=tmp_path / "run")
    theirs, mine = players(source / "checkpoints"), players(tmp_path / "run/start")
    given, taken = (part["discriminator/head.projection.weight"] for part in (theirs, mine))
    assert torch.equal(taken, given[torch.arange(classes or 3) % 2])


def test_a_training_without_classes_and_one_of_a_source_without(
    source: Path, tmp_path: Path, pictures: Dataset
) -> None:
    with pytest.warns(UserWarning, match="its classes are left out"):
        plain = begun(source, clusters=None).fit(from_array(array()), samples_seen=32, out=tmp_path / "run")
    assert plain.classes_ == 0
    with pytest.warns(UserWarning, match="2 classes begin with random weights, since it has none"):
        assert begun(tmp_path / "run").fit(pictures, samples_seen=32).sample(2, labels="1").shape == (
            2,
            1,
            8,
            8,
        )


@pytest.mark.parametrize(
    ("had", "has", "expected"),
    [
        (2, 2, [10, 11, 0, 1]),
        (2, 3, [10, 11, 0, 1, 0]),
        (2, 1, [10, 11, 0]),
        (2, 0, [10, 11]),
        (0, 2, [10, 11, -1, -2]),
    ],
)
def test_classes_are_the_last_weights_of_an_axis(had: int, has: int, expected: list[float]) -> None:
    given = torch.tensor([10.0, 11.0, *range(had)]).expand(3, -1)
    fresh = torch.tensor([-10.0, -11.0, *range(-1, -has - 1, -1)]).expand(3, -1)
    for there, ours, wanted in ((given, fresh, 1), (given.T, fresh.T, 0)):
        found = adapted(ours, there, had, has)
        assert found is not None
        assert torch.equal(found, torch.tensor(expected, dtype=torch.float32).expand(3, -1).movedim(1, wanted))


@pytest.mark.parametrize(
    ("shape", "had"), [((3, 5), 2), ((4, 6), 2), ((3,), 2), ((4, 7), 3), ((3, 9), 2), ((3, 6), 3)]
)
def test_what_differs_otherwise_does_not_fit(shape: tuple[int, ...], had: int) -> None:
    found = adapted(torch.zeros(3, 4 + 2), torch.zeros(shape), had, has=2)
    assert (found is None) == (shape != (3, 6))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"g_width": 9},
            "g_width=9: the players begin with the weights of .*source, which has g_width=4",
        ),
        ({"latent_dim": 9}, "latent_dim=9: the players begin"),
        ({"recipe": "modern"}, "recipe modern is made for other networks than those of .*, which are dcgan"),
        ({"freeze_d": 2}, "freeze_d=2: the discriminator has 2 layers"),
        ({"from_run": "runs/nothing"}, "there is no run folder runs/nothing"),
    ],
)
def test_what_does_not_fit_the_source_is_refused(options: dict[str, Any], said: str, source: Path) -> None:
    asked = HERE | {"recipe": "sprint", "from_run": source} | options
    with pytest.raises((ConfigError, RunError), match=said):
        GAN(**asked).fit(array())


def test_data_of_another_shape_is_refused(source: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\(1, 9, 9\).*\(1, 8, 8\): a training .* Give a run of that shape"):
        begun(source).fit(array(side=9))
    folder = photos(tmp_path / "photos")
    with pytest.raises(ConfigError, match="Read files with size=8 channels='1', or give a run of that shape"):
        begun(source, size=16).fit(folder)


def photos(folder: Path) -> Path:
    folder.mkdir()
    for k, pixels in enumerate(array(20, side=24)):
        Image.fromarray(pixels).convert("RGB").save(folder / f"{k}.png")
    return folder


def test_the_command_line_reads_pictures_as_those_of_the_source(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = photos(tmp_path / "photos"), tmp_path / "run"
    words = ["train", str(folder), "--from-run", str(source), "--freeze-d", "1", "--samples-seen", "32"]
    assert main([*words, "--out", str(out), *LINE]) == 0
    said = capsys.readouterr().err
    assert f"files are read as those of {source}: --size 8 --channels 1." in said
    assert f"the players begin as those of {source} at step 4." in said
    assert f"from {source}: its classes are left out" in said
    assert RunFolder(out).spec.shape == (1, 8, 8)
    assert RunFolder(out).config.recipe == "small-data"
    assert main(["info", str(out)]) == 0
    assert f"begun with  {source}, step 4, trained on tiny" in " ".join(capsys.readouterr().out.split("\n"))
    assert main(["resume", str(out), "--samples-seen", "64"]) == 0
    assert main(["sample", str(out), "--count", "2", "--out", str(tmp_path / "two.png")]) == 0
    assert "has --g-width 4" in refused(capsys, *words, "--g-width", "5")


def test_auto_keeps_the_recipe_of_other_networks(pictures: Dataset, tmp_path: Path) -> None:
    GAN("modern", **TINY).fit(pictures, samples_seen=32, out=tmp_path / "modern")
    found = Source.of(Config().replace(from_run=tmp_path / "modern").start, pytest.fail)
    assert found
    assert found.recipe(pictures) == "modern"
    assert "recipe" not in found.options("modern", pictures, {})


def generator(latent_dim: int, shape: tuple[int, ...]) -> nn.Module:
    return nn.Sequential(
        nn.Linear(latent_dim, 8), nn.ReLU(), nn.Linear(8, 64), nn.Tanh(), nn.Unflatten(1, shape)
    )


def discriminator(units: int = 8) -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, units), nn.LeakyReLU(0.2), nn.Linear(units, 1), nn.Flatten(0)
    )


def test_networks_of_one_s_own_begin_so_too(tmp_path: Path) -> None:
    own: dict[str, Any] = {"generator": generator, "discriminator": discriminator}
    options = {name: value for name, value in TINY.items() if name not in ("g_width", "d_width")}
    out = tmp_path / "source"
    GAN(**own, **options).fit(array(), samples_seen=32, out=out)
    GAN(**own, **HERE, from_run=out, freeze_d=1).fit(array(seed=2), samples_seen=32, out=tmp_path / "run")
    theirs, mine = players(out / "checkpoints"), players(tmp_path / "run/checkpoints")
    assert torch.equal(theirs["discriminator/1.weight"], mine["discriminator/1.weight"])
    assert not torch.equal(theirs["discriminator/3.weight"], mine["discriminator/3.weight"])
    other: dict[str, Any] = own | {"discriminator": lambda: discriminator(9)}
    with pytest.raises(ConfigError, match=r"'1.bias' has shape \(8,\) there and \(9,\)"):
        GAN(**other, **HERE, from_run=out).fit(array())
    with pytest.raises(
        ConfigError, match="are a program's own: give all of its networks, as GAN.generator=YOURS"
    ):
        begun(out).fit(array())


def test_players_of_a_program_s_own_game_are_refused(tmp_path: Path) -> None:
    game, out = AdversarialGame(generator(4, (1, 8, 8)), discriminator(), 4), tmp_path / "game"
    list(train(game, array(), Budget(samples_seen=32), batch_size=16, out=out))
    config = out / "config.toml"
    config.write_text(config.read_text().replace('rules = "adversarial"', 'rules = "own"'))
    with pytest.raises(RunError, match="trained by a program's own game"):
        begun(out).fit(array())


def test_a_source_that_is_damaged_in_run_json_is_named(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for damage in (3, {"run": 1}, {"run": "a", "id": "b", "data": "c", "step": -1}):
        edit(source / "run.json", {"source": damage})
        assert "run.json is damaged: " in refused(capsys, "info", source), quoted(damage)


def test_a_second_discriminator_knows_labels_alone() -> None:
    counts = Counts((9, 100), (9, 0))
    assert counts.known("head.projection.weight") == (9, 100)
    assert counts.known("second_discriminator.heads.0.projection.weight") == (9, 0)


SMALL = {"g_width": 4, "d_width": 4, "batch_size": 8, "vitals": False}


def two_sides(place: Path, of_sources: str = "L") -> tuple[str, str]:
    """Forty sources, grey if nothing else is said, and targets in colour, of the same names."""
    for folder, mode in (("sources", of_sources), ("targets", "RGB")):
        (place / folder).mkdir(parents=True)
        for k in range(40):
            made = Image.fromarray(np.random.default_rng(k).integers(0, 256, (8, 8, 3), dtype=np.uint8))
            made.convert(mode).save(place / folder / f"{k}.png")
    return str(place / "sources"), str(place / "targets")


@pytest.fixture
def colouring(tmp_path: Path) -> Path:
    """A run of two steps from grey to colour, in pairs."""
    GAN("pix2pix", paired=True, **SMALL).fit(
        *two_sides(tmp_path / "old"), samples_seen=16, out=tmp_path / "colouring"
    )
    return tmp_path / "colouring"


def test_a_translation_from_grey_to_colour_begins_another(colouring: Path, tmp_path: Path) -> None:
    sources, targets = two_sides(tmp_path / "new")
    words = ["train", "--from", sources, "--to", targets, "--paired", "--from-run", str(colouring)]
    out = tmp_path / "run"
    assert (
        main([*words, "--recipe", "pix2pix", "--batch-size", "8", "--samples-seen", "8", "--out", str(out)])
        == 0
    )
    spec = RunFolder(out).spec
    assert spec.given is not None
    assert (spec.given.shape, spec.shape) == ((1, 8, 8), (3, 8, 8))


@pytest.mark.filterwarnings("ignore:.*on both sides")
@pytest.mark.parametrize(
    ("mode", "options", "why"),
    [
        (
            "RGB",
            {"paired": True},
            "sources with 3 channels, and those of .* had 1: .* Save the sources in grey",
        ),
        ("L", {}, "trained with pairs, so its discriminator sees each source .*: give paired=True"),
    ],
)
def test_sources_that_do_not_fit_the_translation_are_refused(
    mode: str, options: dict[str, Any], why: str, colouring: Path, tmp_path: Path
) -> None:
    recipe = "pix2pix" if options else "unpaired"
    with pytest.raises(ConfigError, match=why):
        GAN(recipe, from_run=colouring, batch_size=8, vitals=False, **options).fit(
            *two_sides(tmp_path / "new", mode), samples_seen=8
        )


@pytest.mark.filterwarnings("ignore:.*on both sides")
def test_the_way_back_begins_as_that_of_the_run(tmp_path: Path) -> None:
    sides = two_sides(tmp_path / "old")
    GAN("cyclegan", **SMALL).fit(*sides, samples_seen=16, out=tmp_path / "there")
    GAN("cyclegan", from_run=tmp_path / "there", batch_size=8).fit(*sides, samples_seen=8, out=tmp_path / "run")
    theirs, mine = players(tmp_path / "there/checkpoints"), players(tmp_path / "run/start")
    ways_back = [name for name in mine if name.startswith(("back/", "back_discriminator/"))]
    assert ways_back
    for name in ways_back:
        assert torch.equal(mine[name], theirs[name])
