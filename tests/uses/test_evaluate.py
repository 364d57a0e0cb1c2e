"""Which reals and which fakes are measured, whose labels count, and where the numbers go."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from conftest import TINY_LINE
from sparring.cli.main import main
from sparring.config.groups import NetworksConfig
from sparring.data.arrays import from_array, from_file
from sparring.data.codec import Affine
from sparring.data.spec import Dataset, Spec
from sparring.errors import ConfigError, DataError
from sparring.games import drawing
from sparring.history import layout
from sparring.kinds import image, sheets
from sparring.metrics import overlap, work
from sparring.metrics.features import Extractor
from sparring.runs.folder import RunFolder
from sparring.uses import evaluate as evaluation
from sparring.uses import sides
from sparring.uses.evaluate import Options, compare, took_part

GREY = Spec("image", (1, 3, 3), Affine("uint8", (127.5,), (127.5,)))

NAMES = np.array(["cat", "dog", "eel"])
COUNT = 120


def heaps(kinds: list[int], seed: int, count: int = COUNT) -> tuple[np.ndarray, np.ndarray]:
    """Points in heaps far apart, one a kind, and which kind each is of."""
    rng = np.random.default_rng(seed)
    labels = np.resize(kinds, count)
    return (10 * labels[:, None] + rng.normal(size=(count, 2))).astype(np.float32), labels


def animals(kinds: list[int], seed: int) -> Dataset:
    samples, labels = heaps(kinds, seed)
    return from_array(samples, NAMES[labels], name="animals")


def bare(seed: int) -> Dataset:
    return from_array(heaps([0, 1, 2], seed)[0], name="bare")


@pytest.fixture(scope="module")
def measurable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labelled points to train on, others like them, and a run."""
    path = tmp_path_factory.mktemp("measurable")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        for name, seed in (("real.npz", 0), ("fake.npz", 1), ("more.npz", 2)):
            samples, labels = heaps([0, 1, 2], seed)
            np.savez(name, samples=samples, labels=NAMES[labels])
        assert main(["train", "real.npz", "--samples-seen", "64", "--out", "run", *TINY_LINE]) == 0
    return path


@pytest.fixture
def folder(measurable: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of them."""
    shutil.copytree(measurable, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    for path in (Path("run", layout.CONFIG), Path("run", layout.RUN)):
        path.write_text(path.read_text().replace(str(measurable), str(tmp_path)))
    return tmp_path


def refusal(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What evaluate says that it will not do."""
    capsys.readouterr()
    assert main(["evaluate", *words]) == 1
    said = capsys.readouterr().err
    assert said.startswith("sparring: ")
    return said


def told(path: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(Path(path).read_text())
    return found


RUN = ["run", "--count", "60", "--draws", "1"]
TWO = ["--real", "real.npz", "--fake", "fake.npz"]


@pytest.mark.usefixtures("folder")
def test_a_run_is_measured_against_the_held_out_reals_that_are_given(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["evaluate", *RUN, "--held-out", "more.npz"]) == 0
    found = told("run/evaluation.json")
    assert [Path(str(found[name])).name for name in ("reals", "held_out", "against")] == [
        "real.npz", "more.npz", "more.npz",
    ]  # fmt: skip
    assert found["copying"] is not None
    assert "nothing" in refusal(capsys, *RUN, "--held-out", "nothing")


def test_labels_go_by_the_names_of_their_classes() -> None:
    """Held-out reals and fakes without cats: their indices 0 and 1 are dog and eel, 1 and 2 of the reals."""
    real = animals([0, 1, 2], 0)
    for fake, held_out in ((animals([0, 1, 2], 1), animals([1, 2], 2)), (animals([1, 2], 1), real)):
        found = compare(real, fake, Options(count=COUNT), print, held_out=held_out).evaluation
        assert found.classes is not None
        assert found.classes.gan_test == found.classes.real == 1.0
        assert not any("GAN" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("real", "fake", "held_out", "reason"),
    [
        (animals([0, 1, 2], 0), bare(1), None, "not measured: the fakes have no labels"),
        (bare(0), animals([0, 1, 2], 1), None, "not measured: the reals have no labels"),
        (
            animals([0, 1], 0), animals([0, 1, 2], 1), None,
            r"not measured: the fakes have classes 'eel' that the reals \('cat', 'dog'\) do not have",
        ),
        (animals([0, 1], 0), animals([0, 1], 1), bare(2), "halves of the reals: the held-out reals have no"),
        (animals([0, 1], 0), animals([0, 1], 1), animals([2], 2), "held-out reals have classes 'eel' that"),
    ],
)  # fmt: skip
def test_what_becomes_of_labels_that_do_not_fit_is_said(
    real: Dataset, fake: Dataset, held_out: Dataset | None, reason: str
) -> None:
    found = compare(real, fake, Options(count=COUNT), print, held_out=held_out).evaluation
    (warning,) = (warning for warning in found.warnings if "GAN-train" in warning)
    assert re.search(reason, warning)
    assert (found.classes is None) == ("not measured" in reason)
    quick = compare(real, fake, Options(count=COUNT, full=False), print, held_out=held_out).evaluation
    assert not any("GAN-train" in warning for warning in quick.warnings)


def test_sets_that_never_had_labels_are_not_said_to_miss_them() -> None:
    found = compare(bare(0), bare(1), Options(count=COUNT), print, held_out=bare(2)).evaluation
    assert (found.classes, found.warnings) == (None, ())


@pytest.mark.usefixtures("folder")
def test_a_runs_labels_are_those_of_the_reals_only_by_name() -> None:
    samples, labels = heaps([0, 1, 2], 3)
    np.savez("numbers.npz", samples=samples, labels=labels)
    line = ["evaluate", "--fake", *RUN, "--real"]
    assert main([*line, "numbers.npz", "--out", "numbers.json"]) == 0
    assert told("numbers.json")["classes"] is None
    assert "have classes 'cat', 'dog', 'eel' that the reals ('0', '1', '2') do not have" in str(
        told("numbers.json")
    )
    assert main([*line, "fake.npz", "--out", "names.json"]) == 0
    assert told("names.json")["classes"] is not None


@pytest.mark.usefixtures("folder")
def test_samples_written_as_arrays_keep_the_names_of_their_classes() -> None:
    assert main(["sample", "run", "--count", "30", "--out", "drawn.npz"]) == 0
    with np.load("drawn.npz") as content:
        assert content["labels"].tolist() == [0] * 10 + [1] * 10 + [2] * 10
    assert from_file(Path("drawn.npz")).spec.class_names == ("cat", "dog", "eel")
    assert main(["evaluate", "--real", "real.npz", "--fake", "drawn.npz"]) == 0
    assert told("evaluation.json")["classes"] is not None


@pytest.mark.usefixtures("folder")
def test_data_that_changed_since_training_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("real.npz").write_bytes(Path("more.npz").read_bytes())
    said = refusal(capsys, *RUN)
    assert "has changed since run began" in said
    real = said.partition("--real ")[2].partition(" --fake run")[0]
    assert main(["evaluate", "--real", real, "--fake", *RUN]) == 0


def test_the_first_draw_is_made_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []
    latents = drawing.random_latents

    def counted(count: int, latent_dim: int, seed: int, truncation: float = 1.0) -> torch.Tensor:
        seeds.append(seed)
        return latents(count, latent_dim, seed, truncation)

    monkeypatch.setattr(drawing, "random_latents", counted)
    rng = np.random.default_rng(0)
    for name in ("pictures.npy", "others.npy"):
        np.save(name, rng.integers(0, 256, (COUNT, 4, 4), dtype=np.uint8))
    train = ["train", "pictures.npy", "--recipe", "mlp", "--clusters", "none", "--samples-seen", "64"]
    assert main([*train, "--out", "painter", *TINY_LINE]) == 0
    seeds.clear()
    line = ["evaluate", "painter", "--count", "40", "--draws", "2", "--features", "pixels"]
    assert main([*line, "--held-out", "others.npy"]) == 0
    assert (folder / "painter/nearest.png").exists()
    drawn = [seed for seed in seeds if seed]  # with 0, a few are drawn to see how long it takes
    assert len(drawn) == len(set(drawn)) == 2


def test_the_nearest_pairs_are_found_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = torch.Generator().manual_seed(0)
    reals, fakes = (torch.randint(0, 256, (n, 1, 3, 3), generator=rng).to(torch.uint8) for n in (40, 30))
    nearest = torch.randint(0, 40, (30,), generator=rng)
    apart = (fakes.double() - reals[nearest].double()).square().sum((1, 2, 3))
    first = apart.argsort()[:24]
    tiles = torch.stack([fakes[first], reals[nearest[first]]], 1).flatten(0, 1)
    tile = image.LEAST_TILE + 2  # made larger, and a gap
    for compared in (9 * 7, 1, 10**6):
        monkeypatch.setattr(evaluation, "COMPARED", compared)
        found = np.asarray(evaluation._pairs(fakes, reals, nearest, GREY))[2 * sheets.TITLE :, :, 0]
        middles = found[tile // 2 :: tile, tile // 2 :: tile]
        assert np.array_equal(middles, tiles[:, 0, 1, 1].view(4, 12).numpy())


def test_the_nearest_pairs_say_which_side_is_forged() -> None:
    black = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
    sheet = evaluation._pairs(black, black + 255, torch.tensor([0, 1]), GREY)
    assert sheet is not None
    title = np.asarray(sheet)[: 2 * sheets.TITLE].max(2) > 200
    half = sheet.width // 12
    words = [title[:, half * k : half * (k + 1)].sum() for k in range(4)]
    assert words[0] == words[2] > 20  # "forged"
    assert words[1] == words[3] > words[0]  # "nearest real"
    assert not title[:, 0].any()


@pytest.mark.usefixtures("folder")
def test_a_built_in_name_wins_over_a_folder_so_named() -> None:
    Path("ring").mkdir()
    Image.new("L", (4, 4)).save("ring/a.png")
    said: list[str] = []
    assert sides.source("ring", said.append).spec.kind == "points"
    assert "./ring" in said[0]
    assert sides.source("./ring", said.append).spec.kind == "image"
    assert len(said) == 1


@pytest.mark.usefixtures("folder")
def test_the_users_files_are_replaced_only_with_force(capsys: pytest.CaptureFixture[str]) -> None:
    Path("notes.txt").write_text("mine")
    assert "--force" in refusal(capsys, *TWO, "--out", "notes.txt")
    assert Path("notes.txt").read_text() == "mine"
    assert main(["evaluate", *TWO, "--out", "notes.txt", "--force"]) == 0
    assert told("notes.txt")["fakes"]
    assert main(["evaluate", *TWO]) == 0
    assert "evaluation.json exists already" in refusal(capsys, *TWO)
    assert main(["evaluate", *RUN]) == 0
    assert "(replaced)" not in capsys.readouterr().out
    assert main(["evaluate", *RUN]) == 0
    assert "run/evaluation.json (replaced)" in capsys.readouterr().out
    assert "exists already" in refusal(capsys, *RUN, "--out", "run/evaluation.json")


@pytest.mark.parametrize(
    ("out", "reason"), [(".", "is a folder: give --out a file"), ("real.npz/told.json", "cannot write")]
)
def test_places_that_cannot_be_written_are_refused_before_anything_is_measured(
    folder: Path, out: str, reason: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("measured")

    monkeypatch.setattr(evaluation, "evaluate", never)
    assert reason in refusal(capsys, *TWO, "--out", out)
    assert (folder / "real.npz").is_file()


@pytest.mark.usefixtures("folder")
def test_a_picture_of_the_user_beside_the_numbers_is_not_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    for name in ("a.npy", "b.npy"):
        np.save(name, rng.integers(0, 256, (30, 4, 4), dtype=np.uint8))
    Path("nearest.png").write_text("mine")
    line = ["--real", "a.npy", "--fake", "b.npy", "--held-out", "b.npy", "--features", "pixels"]
    assert "nearest.png exists already" in refusal(capsys, *line)
    assert main(["evaluate", *line, "--out", "told.json"]) == 0
    assert Path("nearest.png").read_text() == "mine"
    with Image.open("told-nearest.png") as pairs:
        assert pairs.width == 2 + 12 * (image.LEAST_TILE + 2)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (["--real", "real.npz", "--fake", "runs/nothing"], "there is no file or folder runs/nothing"),
        (["pictures"], "pictures is not a run folder. To measure data, run sparring evaluate --real"),
        (["real.npz"], "real.npz is not a run folder"),
        (["ring"], "ring is not a run folder"),
        (["nowhere"], "there is no run folder nowhere"),
        ([*TWO, "--best"], "fake.npz is data: leave --best out"),
        (["run", "--best"], "train with --evaluate-every"),
        ([*TWO, "--seed", str(10**30)], "expected a whole number from 0 to"),
    ],
)
def test_what_is_confused_is_put_right(
    line: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("pictures").mkdir()
    Image.new("L", (4, 4)).save("pictures/a.png")
    assert reason in refusal(capsys, *line)


def test_points_too_large_to_be_squared_are_refused() -> None:
    huge = from_array(heaps([0, 1], 0)[0] * 1e25, name="huge")
    with pytest.raises(DataError, match="rescale the samples"):
        compare(huge, huge, Options(count=COUNT), print)


def test_too_few_reals_are_refused_at_once_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> None:
        raise AssertionError("features were prepared")

    monkeypatch.setattr(evaluation, "choose", slow)
    few = from_array(heaps([0, 1], 0, count=10)[0], name="few")
    said = (
        "10 real samples: expected at least 20, better 10,000. Add some, or judge by eye: `sparring sample RUN`"
    )
    with pytest.raises(DataError, match=re.escape(said)):
        compare(few, bare(1), Options(), print)
    with pytest.raises(DataError, match="10 held-out samples: expected at least 20"):
        compare(bare(0), bare(1), Options(), print, held_out=few)


def test_the_best_checkpoint_of_data_is_refused() -> None:
    with pytest.raises(ConfigError, match="is data"):
        compare(bare(0), bare(1), Options(best=True), print)


@pytest.mark.usefixtures("folder")
def test_another_held_out_set_is_named_where_it_is_measured_against(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", *RUN, "--held-out", "more.npz"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert re.search(r"run against \S*more.npz, held out; trained on \S*real.npz", said)
    assert re.search(r"quality: \S+ (± \S+ )?times real \(FD-\S+ to held-out reals, 60 samples", said)
    assert main(["evaluate", *RUN, "--out", "without.json"]) == 0
    assert told("without.json")["held_out"] is None
    assert re.search(r"run against \S*real.npz\n", capsys.readouterr().out)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("held_out", ["real.npz", "again.npz", "link.npz", "part.npz"])
def test_held_out_reals_that_were_trained_on_are_told(
    held_out: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples, labels = heaps([0, 1, 2], 0)
    np.savez("again.npz", samples=samples, labels=NAMES[labels])
    np.savez("part.npz", samples=samples[::2], labels=NAMES[labels][::2])
    (folder / "link.npz").symlink_to(folder / "real.npz")
    count = COUNT // 2 if held_out == "part.npz" else COUNT
    for words in (RUN, TWO):
        assert main(["evaluate", *words, "--held-out", held_out, "--out", "told.json", "--force"]) == 0
        said = " ".join(capsys.readouterr().out.split())
        warned = said.index(f"Warning: all {count} held-out reals are identical to training samples")
        assert warned < said.index("a perfect generator scores as reals do")
        assert "nothing is held out" in str(told("told.json")["warnings"])


@pytest.mark.usefixtures("folder")
def test_data_that_is_compared_with_itself_is_told() -> None:
    assert main(["evaluate", "--real", "real.npz", "--fake", "real.npz"]) == 0
    assert "all 120 fakes are identical to reals: the data is compared with itself" in str(
        told("evaluation.json")["warnings"]
    )
    others = ["--fake", "fake.npz", "--held-out", "fake.npz", "--force"]
    assert main(["evaluate", "--real", "real.npz", *others]) == 0
    assert "all 120 fakes are identical to held-out reals" in str(told("evaluation.json")["warnings"])
    assert main(["evaluate", *TWO, "--held-out", "more.npz", "--force"]) == 0
    assert "identical" not in str(told("evaluation.json")["warnings"])


def test_of_sets_that_overlap_the_count_is_told() -> None:
    a, b = torch.arange(12.0).view(6, 2), torch.arange(8.0, 20.0).view(6, 2)
    assert overlap.shared(a, b) == 2
    assert overlap.shared(a, b.double()) == overlap.shared(a, b.flatten()) == 0
    (said,) = overlap.overlaps(a, torch.zeros(3, 2) - 1, b, drawn=True)
    assert said.startswith("2 of 6 fakes are identical to held-out reals")
    (said,) = overlap.overlaps(torch.zeros(3, 2) - 1, a, b, drawn=True)
    assert said.startswith("2 of 6 held-out reals are identical to training samples: these are not")


def test_rows_that_are_equal_by_chance_are_no_overlap() -> None:
    rng = torch.Generator().manual_seed(0)
    few, many = (torch.randint(count, (4000,), generator=rng) for count in (3000, 10**12))
    for keys in (few, many):
        assert overlap.surprising(keys[2000:], keys[:2000]) == 0
        assert overlap.surprising(keys[1000:3000], keys[:2000]) >= 1000
        assert overlap.surprising(keys[:2000], keys[:2000]) == 2000
    alike = few[:2000] % 4
    assert overlap.surprising(alike, alike) == 0  # of four values nothing can be told
    assert overlap.surprising(many[:1], many[:2000]) == 1


def test_pictures_of_mixed_sizes_are_measured_at_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name, heights in (("real", (16, 16)), ("fake", (16, 24))):
        (tmp_path / name).mkdir()
        for k in range(40):
            pixels = rng.integers(0, 256, (heights[k % 2], heights[k % 2], 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{k:02}.png")
    both = ["--real", "real", "--fake", "fake", "--quick", "--features", "pca-64"]
    assert "give --size 64" in refusal(capsys, *both)
    assert main(["evaluate", *both, "--size", "8", "--resize", "stretch", "--channels", "1"]) == 0
    assert told("evaluation.json")["times_real_count"] == 20
    assert "expected" in refusal(capsys, *both, "--size", "huge", "--force")
    assert "no" in refusal(capsys, "--real", "mnist", "--fake", "mnist", "--size", "8", "--force")


@pytest.mark.usefixtures("folder")
def test_how_a_runs_pictures_are_read_is_not_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--size: run already knows how its data is read" in refusal(capsys, *RUN, "--size", "8")
    assert "--channels: run already knows how its data is read" in refusal(
        capsys, "--real", "real.npz", "--fake", "run", "--channels", "1"
    )


def test_no_more_fakes_are_drawn_than_few_reals_can_use(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "LEAST_DRAWN", 20)
    report = evaluation.evaluate_run(RunFolder(folder / "run"), Options(count=2000, draws=1, full=False), print)
    assert report.facts["count"] == 10 * COUNT // 2
    assert (report.evaluation.fake.size, report.evaluation.times_real.count) == (COUNT // 2, COUNT // 2)


def test_what_takes_too_long_is_measured_on_fewer_samples_unless_a_number_is_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "_seconds", lambda *_: (0.1, 0.1))
    monkeypatch.setattr(work, "LEAST_COUNT", 10)
    monkeypatch.setattr(work, "ROUND", 1)
    told: list[str] = []

    def measured(**asked: int) -> evaluation.Report:
        options = Options(draws=1, features="pca-64", **asked)
        return evaluation.evaluate_run(RunFolder(folder / "run"), options, print, tell=told.append)

    # As many reals, as many others, the fakes of ten parts: half the time is there for half of each.
    half = COUNT // 2
    monkeypatch.setattr(evaluation, "MOST_SECONDS", 0.1 * (COUNT + 10 * half) / 2)
    report = measured()
    (said,) = (text for text in report.evaluation.warnings if "--count" in text)
    assert re.match(rf"{10 * half} samples would take about \S+ here, so {5 * half} were measured", said)
    assert report.evaluation.times_real.count <= half
    assert any(text.startswith("measuring 1 x ") for text in told)
    assert not any("--count" in text for text in measured(count=2000).evaluation.warnings)


@pytest.mark.parametrize(
    ("features", "judge", "said"),
    [("imagenet", "imagenet-64", 1), ("imagenet", "scattering-64", 0), ("none", "imagenet-64", 0)],
)
def test_a_judge_that_took_part_in_the_training_is_named(features: str, judge: str, said: int) -> None:
    extractor = Extractor(judge, lambda samples: samples, 1, "none")
    assert len(took_part(extractor, NetworksConfig(d_features=features))) == said


def test_of_two_sets_nothing_is_said_of_a_training(
    measurable: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(measurable)
    line = ["evaluate", "--real", "real.npz", "--quick", "--count", "60", "--force"]
    assert main([*line, "--fake", "fake.npz", "--out", "sets.json"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "to these reals, 60 samples" in said
    assert "no reals are held out: if the fakes come from a generator that was trained on these, copies" in said
    assert "was trained on, " not in said
    assert "that the generator was trained on" not in said
    assert main([*line, "--fake", "fake.npz", "--held-out", "more.npz", "--out", "sets.json"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "to held-out reals, 60 samples" in said
    assert "no reals are held out" not in said
