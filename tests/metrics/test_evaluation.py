"""What an evaluation says of fakes that are good, bad, few, copied or of the wrong shape."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from conftest import TINY_LINE
from sparring import kinds
from sparring.cli.main import main
from sparring.data import builtin
from sparring.data.folders import from_folder
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, DataError, RunError
from sparring.kinds import find, image, sheets
from sparring.kinds.image import IMAGE
from sparring.metrics.distances import frechet_floor
from sparring.metrics.evaluation import Evaluation, evaluate
from sparring.metrics.extractors import Reals, choose
from sparring.metrics.features import PUBLISHED, Samples, raw
from sparring.uses import evaluate as evaluation
from sparring.uses import tables


def cloud(count: int, seed: int, shift: float = 0.0, width: int = 3) -> torch.Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed)) + shift


def measured(fakes: torch.Tensor, *, held_out: bool = True, draws: int = 1, count: int = 600) -> Evaluation:
    return evaluate(
        raw("points", (3,)),
        Reals(cloud(800, 0), data="cloud"),
        lambda number: Samples(fakes if number == 0 else cloud(len(fakes), 100 + number)),
        held_out=Reals(cloud(600, 1), data="cloud") if held_out else None,
        count=count,
        draws=draws,
    )[0]


def test_fresh_samples_of_the_law_score_as_reals_do() -> None:
    found = measured(cloud(600, 2))
    assert found.frechet_mean < 4 * found.real.frechet
    assert abs(found.fake.coverage - found.real.coverage) < 0.05
    assert abs(found.fake.kernel) < 4 * found.fake.kernel_error
    assert found.copying is not None
    assert abs(found.copying.c_t) < 3
    assert abs(found.copying.authentic - found.copying.authentic_held_out) < 0.1
    assert (found.label, found.dimension, found.held_out, found.warnings) == ("FD-points", 3, "cloud", ())


def test_a_shift_of_one_in_every_direction_is_seen() -> None:
    found = measured(cloud(600, 2, shift=1.0))
    assert 2.4 < found.frechet_mean < 3.6  # |m|^2 = 3
    assert 7.2 < found.fake.mind < 10.8  # 3 |m|^2 = 9
    assert found.fake.precision < found.real.precision


def test_copies_of_the_training_set_are_told() -> None:
    found = measured(cloud(800, 0)[:600])
    assert found.copying is not None
    assert found.copying.c_t < -10
    assert found.copying.authentic == 0
    assert found.frechet_mean < 4 * found.real.frechet  # the distance alone has nothing against copies


def test_every_draw_counts_and_one_has_no_deviation() -> None:
    found = measured(cloud(600, 2), draws=3)
    assert len(set(found.frechet)) == 3
    assert found.frechet_mean == pytest.approx(sum(found.frechet) / 3)
    assert found.frechet_deviation == pytest.approx(np.std(found.frechet, ddof=1))
    assert measured(cloud(600, 2)).frechet_deviation is None


def test_warnings_name_what_to_beware_of() -> None:
    assert "were" not in "".join(measured(cloud(600, 2)).warnings)
    without = measured(cloud(600, 2), held_out=False)
    assert without.copying is None
    assert any("trained on" in warning for warning in without.warnings)
    few = measured(cloud(25, 2))
    assert any("25 samples are few for 3 features" in warning for warning in few.warnings)


@pytest.mark.parametrize(("count", "size"), [(300, 300), (400, 400), (500, 400), (900, 400)])
@pytest.mark.parametrize("held_out", [False, True])
def test_fakes_and_reals_are_equally_many_and_measured_against_the_same(
    count: int, size: int, held_out: bool
) -> None:
    found = measured(cloud(600, 2), held_out=held_out, count=count)
    size = min(count, 600) if held_out else size
    assert (found.fake.size, found.fake.reference_size) == (size, size)
    assert (found.real.size, found.real.reference_size) == (size, size)
    if found.times_real.count == size < 600:  # all that are compared are drawn
        assert found.times_real.value == pytest.approx(found.frechet_mean / found.real.frechet)
    expected = frechet_floor(torch.eye(3), size, size)
    assert 0.3 * expected < found.real.frechet < 3 * expected  # of other samples, not of the same


def test_reals_are_measured_in_as_small_sets_as_the_fakes_are() -> None:
    few, many = measured(cloud(50, 2)), measured(cloud(600, 2))
    assert (few.fake.size, few.real.size) == (50, 50)
    assert few.real.frechet > 3 * many.real.frechet
    assert abs(few.frechet_mean - few.real.frechet) < few.real.frechet


def test_of_the_held_out_reals_no_more_are_taken_than_asked_for() -> None:
    seen: list[str] = []
    evaluate(
        raw("points", (3,)), Reals(cloud(800, 0)), lambda _: Samples(cloud(100, 2)),
        held_out=Reals(cloud(600, 1)), count=100, tell=seen.append,
    )  # fmt: skip
    said = " ".join(seen)
    assert "features of 100 of 100 held-out reals" in said
    assert "features of 800 of 800 reals" in said  # copies are looked for among all
    assert "features of 100 of 100 fakes" in said
    assert "██████████████████░░  90%" in said  # 900 of 1,000 samples


def test_the_kernel_distance_depends_on_neither_origin_nor_unit() -> None:
    def kernel(shift: float, unit: float, name: str = "mine") -> tuple[float, float]:
        found, _ = evaluate(
            replace(raw("points", (3,)), name=name),
            Reals(shift + unit * cloud(100, 0)),
            lambda _: Samples(shift + unit * cloud(100, 2, shift=0.5)),
            held_out=Reals(shift + unit * cloud(100, 1)),
            full=False,
        )
        return found.fake.kernel, found.real.kernel

    at_home = kernel(0, 1)
    assert at_home[0] > 0.1
    assert kernel(1000, 1) == pytest.approx(at_home, rel=1e-3, abs=1e-4)
    assert kernel(-30, 7) == pytest.approx(at_home, rel=1e-3, abs=1e-4)
    assert kernel(0, 1e-3) == pytest.approx(at_home, rel=1e-3, abs=1e-4)
    assert kernel(0, 3, PUBLISHED)[0] > 2 * kernel(0, 1, PUBLISHED)[0]  # as published, in its own units


@pytest.mark.parametrize("fakes", [cloud(19, 0), cloud(100, 0, width=4)])
def test_too_few_or_misshapen_fakes_are_refused(fakes: torch.Tensor) -> None:
    with pytest.raises(DataError, match=r"19 fake samples|have shape \(4,\)"):
        measured(fakes)


def test_json_has_every_part() -> None:
    told = measured(cloud(600, 2)).to_dict()
    assert json.loads(json.dumps(told)) == json.loads(json.dumps(told))
    assert told["fake"]["size"] == 600
    assert told["copying"]["authentic"] > 0
    assert told["frechet_mean"] == told["frechet"][0]
    assert told["classes"] is None


def two_kinds(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Dark and bright pictures of 8 x 8 and which is which."""
    rng = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 2
    noise = torch.randint(0, 60, (count, 1, 8, 8), generator=rng)
    return (noise + 190 * labels.view(-1, 1, 1, 1)).to(torch.uint8), labels


def test_labels_bring_gan_train_and_gan_test() -> None:
    real = Reals(*two_kinds(200, 0), data="kinds", features=IMAGE.features)
    fakes = two_kinds(100, 1)
    swapped = (fakes[0], 1 - fakes[1])
    for drawn, expected in ((fakes, 1.0), (swapped, 0.0)):
        found, _ = evaluate(choose(real, "pixels"), real, lambda _, drawn=drawn: Samples(*drawn), count=200)
        assert found.classes is not None
        assert found.classes.gan_train == expected
        assert found.classes.gan_test == expected
        assert found.classes.real == 1.0
        assert found.classes.shares == (0.5, 0.5)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Real and fake pictures with labels, as arrays and as a folder."""
    monkeypatch.chdir(tmp_path)
    for name, seed in (("real.npz", 0), ("fake.npz", 1)):
        samples, labels = two_kinds(120, seed)
        np.savez(name, samples=samples[:, 0].numpy(), labels=labels.numpy())
    Path("pictures").mkdir()
    for k, picture in enumerate(two_kinds(60, 2)[0]):
        Image.fromarray(picture[0].numpy()).save(f"pictures/{k:03}.png")
    return tmp_path


def test_a_run_is_evaluated_into_its_folder(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "real.npz", "--samples-seen", "64", "--out", "run", *TINY_LINE]) == 0
    assert main(["evaluate", "run", "--count", "60", "--draws", "2", "--features", "pca-64"]) == 0
    said = capsys.readouterr().out
    for word in ("FD-pca-64", "±", "coverage", "GAN-train", "run/evaluation.json", "Warning"):
        assert word in said
    told = json.loads((files / "run/evaluation.json").read_text())
    assert (told["checkpoint_step"], told["seed"], told["count"], len(told["frechet"])) == (4, 0, 60, 2)
    assert told["frechet"][0] != told["frechet"][1]


def test_where_imagenet_features_are_missing_the_line_that_installs_them_is_said(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save("many.npy", two_kinds(300, 0)[0][:, 0].numpy())
    assert main(["train", "many.npy", "--samples-seen", "64", "--out", "run", *TINY_LINE]) == 0
    install = "pip install 'sparring[imagenet]'"
    assert install in capsys.readouterr().out
    assert main(["evaluate", "run", "--quick", "--count", "60", "--draws", "1"]) == 0
    said = capsys.readouterr().out
    assert "features: scattering-64" in said
    assert "not what is shown" in said
    assert install in said
    assert main(["evaluate", "run", "--quick", "--count", "60", "--draws", "1", "--features", "pca-64"]) == 0
    assert install not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "error", "said"),
    [
        (0.5, 0.1, "0.5 ± 0.1"),
        (-52.5, 5000.0, "below 1e+04"),
        (0.15, 0.1, "below 0.35"),
        (-0.3, 0.1, "below 0.2"),
    ],
)
def test_an_estimate_within_its_error_is_only_bounded(value: float, error: float, said: str) -> None:
    assert tables._within(value, error) == said


def test_any_two_sets_are_compared(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["evaluate", "--real", "real.npz", "--fake", "pictures", "--features", "pixels", "--json"]
    assert main([*line, "--held-out", "fake.npz", "--out", "told.json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads((files / "told.json").read_text())
    assert (told["reals"], told["fakes"]) == (str(files / "real.npz"), str(files / "pictures"))
    assert told["copying"] is not None
    with Image.open(files / "told-nearest.png") as pairs:
        tile = image.LEAST_TILE + 2  # 8 x 8 made larger, and a gap
        assert pairs.size == (2 + 12 * tile, 2 + 4 * tile + 2 * sheets.TITLE)  # 24 pairs in rows of 6


def test_of_a_large_set_of_fakes_as_many_are_taken_as_asked_for(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["evaluate", "--real", "real.npz", "--fake", "fake.npz", "--features", "pixels", "--quick"]
    assert main([*line, "--count", "50"]) == 0
    told = json.loads((files / "evaluation.json").read_text())
    assert (told["fake"]["size"], told["fake"]["reference_size"]) == (50, 50)
    assert "50" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ([], "give a RUN, or --real and --fake"),
        (["--real", "real.npz"], "give a RUN, or --real and --fake"),
        (["run", "--real", "real.npz"], "give a RUN, or --real and --fake"),
        (["--real", "real.npz", "--fake", "nothing"], "nothing"),
        (["--real", "real.npz", "--fake", "fake.npz", "--features", "pixel"], "pixels"),
        (["--real", "real.npz", "--fake", "ring"], "have shape"),
        (["--real", "real.npz", "--fake", "fake.npz", "--count", "3"], "--count = 3"),
        (["--real", "real.npz", "--fake", "fake.npz", "--draws", "0"], "--draws = 0"),
    ],
)
def test_bad_lines_are_refused(
    files: Path, capsys: pytest.CaptureFixture[str], line: list[str], reason: str
) -> None:
    assert main(["evaluate", *line]) == 1
    said = capsys.readouterr().err
    assert said.startswith("sparring: ")
    assert reason in said


def test_a_run_is_no_real_data(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "real.npz", "--samples-seen", "32", "--out", "run", *TINY_LINE]) == 0
    assert main(["evaluate", "--real", "run", "--fake", "fake.npz"]) == 1
    assert "give data as --real" in capsys.readouterr().err


def test_folders_of_pictures(files: Path) -> None:
    found = from_folder(files / "pictures")
    assert found.samples.shape == (60, 1, 8, 8)
    assert torch.equal(found.samples, two_kinds(60, 2)[0])
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    clear.putpixel((0, 0), (255, 0, 0, 255))
    clear.save(files / "pictures/zz.webp", lossless=True)
    coloured = from_folder(files / "pictures")
    assert coloured.samples.shape == (61, 3, 8, 8)
    assert coloured.samples[60].sum() == 255  # transparent: black
    Image.new("L", (9, 8)).save(files / "pictures/zzz.png")
    with pytest.raises(DataError, match="2 sizes"):
        from_folder(files / "pictures")
    (files / "pictures/zzz.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"zzz\.png"):
        from_folder(files / "pictures")
    (files / "empty").mkdir()
    with pytest.raises(DataError, match="no pictures"):
        from_folder(files / "empty")


def test_a_run_trained_on_an_array_needs_a_file(tmp_path: Path, pictures: Dataset) -> None:
    from conftest import TINY
    from sparring import GAN
    from sparring.runs.folder import RunFolder

    options = TINY | {"recipe": "sprint"}
    options.pop("recipe")
    folder = GAN("sprint", **options).fit(pictures.samples.numpy(), samples_seen=32).save(tmp_path / "run")
    with pytest.raises(RunError, match="array in Python"):
        evaluation.evaluate_run(RunFolder(folder), evaluation.Options(), print)


def test_float_pictures_become_8_bits_and_points_stay() -> None:
    rng = np.random.default_rng(0)
    from sparring.data.arrays import from_array

    floats = from_array(rng.uniform(-1, 1, (30, 8, 8)).astype(np.float32))
    eight = image.eight_bit(floats.samples, floats.spec)
    assert eight.dtype == torch.uint8
    ring = find.dataset("ring")
    assert torch.equal(kinds.of("points").for_features(ring.samples, ring.spec), ring.samples)


def test_built_in_sets_have_a_part_that_no_training_sees() -> None:
    assert sorted(builtin.HELD_OUT) == sorted(builtin.BUILT_IN)
    held_out = builtin.held_out("ring")
    assert held_out is not None
    assert held_out.samples.shape == find.dataset("ring").samples.shape
    assert not torch.equal(held_out.samples, find.dataset("ring").samples)
    assert builtin.held_out("mine.npy") is None


def test_unknown_features_are_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="digits"):
        choose(Reals(torch.zeros(30, 1, 28, 28, dtype=torch.uint8), data="mnist"), "digit")


def test_the_best_checkpoint_is_chosen_on_one_set_and_reported_on_another(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--samples-seen", "320", "--evaluate-every", "64", "--out", "run", *TINY_LINE]
    assert main(["train", "real.npz", *options]) == 0
    said = capsys.readouterr().out
    history = [json.loads(line) for line in (files / "run/history.jsonl").read_text().splitlines()]
    measured = {line["step"]: line["frechet"] for line in history if "frechet" in line}
    assert sorted(measured) == [4, 8, 12, 16, 20]
    least = min(measured, key=lambda step: measured[step])
    choice = json.loads((files / "run/best.json").read_text())
    assert choice["step"] == least
    assert choice["chosen_at"] == pytest.approx(measured[least], rel=1e-5)
    assert choice["frechet"] != choice["chosen_at"]
    assert f"best  step {least}" in said
    assert main(["sample", "run", "--best", "--count", "4", "--out", "best.npz"]) == 0
    assert f"from step {least}" in capsys.readouterr().out
    assert main(["evaluate", "run", "--best", "--quick", "--count", "60", "--features", "pixels"]) == 0
    assert json.loads((files / "run/evaluation.json").read_text())["checkpoint_step"] == least


def test_measuring_changes_nothing_of_the_training(files: Path) -> None:
    for name, every in (("plain", "none"), ("measured", "64")):
        line = ["--samples-seen", "160", "--evaluate-every", every, "--out", name, *TINY_LINE]
        assert main(["train", "real.npz", *line]) == 0
    plain, measured = (
        sorted((files / name / "checkpoints").glob("*.safetensors")) for name in ("plain", "measured")
    )
    assert [path.read_bytes() for path in plain] == [path.read_bytes() for path in measured]
    assert len(plain) == 2


def test_a_run_without_a_best_checkpoint_says_how_to_get_one(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "real.npz", "--samples-seen", "32", "--out", "run", *TINY_LINE]) == 0
    assert main(["sample", "run", "--best"]) == 1
    assert "--evaluate-every" in capsys.readouterr().err
