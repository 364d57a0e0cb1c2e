"""GAN: scikit-learn's manners."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, TensorDataset

from conftest import TINY
from sparring.data.arrays import from_array
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, DataError, NonFiniteError, RunError
from sparring.gan import GAN
from sparring.history.record import Record
from sparring.history.table import History
from sparring.runs import checkpoint


def fitted(pictures: Dataset, **options: object) -> GAN:
    return GAN("sprint", **(TINY | options)).fit(pictures, samples_seen=64)


def test_parameters() -> None:
    gan = GAN("dcgan", seed=3)
    assert gan.get_params() == {"recipe": "dcgan", "seed": 3}
    assert gan.set_params(seed=4, recipe="mlp") is gan
    assert gan.get_params() == {"recipe": "mlp", "seed": 4}
    assert repr(gan) == "GAN('mlp', seed=4)"


def test_mistakes_are_named_at_once() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'dcgan'"):
        GAN("dcgna")
    with pytest.raises(ConfigError, match="Did you mean 'seed'"):
        GAN(sed=3)
    with pytest.raises(ConfigError, match="Did you mean 'seed'"):
        GAN().set_params(sed=3)
    with pytest.raises(ConfigError, match="unknown argument of fit 'hours'. Did you mean 'minutes'"):
        GAN().fit("ring", hours=1)
    with pytest.raises(ConfigError, match="'outt'. Did you mean 'out'. Known: epochs, force, labels, minutes"):
        GAN().fit("ring", outt="run")
    with pytest.raises(ConfigError, match="'lables'. Did you mean 'labels'"):
        GAN().fit("ring", lables=[1])
    with pytest.raises(ConfigError, match="expected the name of a network, a torch.nn.Module, or a function"):
        GAN(generator=5)


def test_empty_names_are_not_the_current_folder() -> None:
    with pytest.raises(DataError, match="the name of the data is empty"):
        GAN().fit("")
    with pytest.raises(ConfigError, match="out = '': the name is empty"):
        GAN().fit("ring", out="")


def test_not_fitted(tmp_path: Path) -> None:
    for use in (lambda g: g.sample(), lambda g: g.show(), lambda g: g.save(tmp_path / "x")):
        with pytest.raises(RunError, match=r"call fit\(data\) or GAN.load\(path\) first"):
            use(GAN())
    assert GAN()._repr_png_() is None


def test_samples_repeat_and_have_the_datas_type(pictures: Dataset) -> None:
    gan = fitted(pictures)
    samples = gan.sample(5, seed=1)
    assert samples.shape == (5, 1, 8, 8)
    assert samples.dtype == np.uint8
    assert (samples == gan.sample(5, seed=1)).all()
    assert (samples != gan.sample(5, seed=2)).any()
    assert (samples != gan.sample(5, seed=1, truncation=0.5)).any()


def test_the_same_seed_fits_the_same_generator(pictures: Dataset) -> None:
    assert (fitted(pictures).sample(5) == fitted(pictures).sample(5)).all()
    assert (fitted(pictures).sample(5) != fitted(pictures, seed=1).sample(5)).any()


def test_labels(pictures: Dataset) -> None:
    gan = fitted(pictures)
    assert (gan.sample(4) == gan.sample(4, labels=[0, 1, 0, 1])).all()
    assert (gan.sample(4, labels=1) == gan.sample(4, labels=["1"] * 4)).all()
    assert (gan.sample(2, labels=np.array([1, 0])) == gan.sample(2, labels=[1, 0])).all()
    with pytest.raises(ConfigError, match="unknown label '7'"):
        gan.sample(2, labels=7)
    with pytest.raises(ConfigError, match="3 labels for 2 samples"):
        gan.sample(2, labels=[0, 1, 0])
    with pytest.raises(ConfigError, match="trained without labels"):
        fitted(pictures, conditional=False).sample(2, labels=1)


def test_floats_come_back_as_floats() -> None:
    data = np.random.default_rng(0).random((32, 8, 8), dtype=np.float32)
    samples = GAN("sprint", **TINY).fit(data, samples_seen=32).sample(8)
    assert samples.dtype == np.float32
    assert 0 <= samples.min() <= samples.max() <= 1


def test_fitting_again_starts_anew(pictures: Dataset) -> None:
    gan = GAN("sprint", **TINY)
    assert gan.fit(pictures, samples_seen=64) is gan
    first = gan.sample(4)
    assert (gan.fit(pictures, samples_seen=64).sample(4) == first).all()
    assert gan.history[-1].samples_seen == 64


def test_saving_and_loading(pictures: Dataset, tmp_path: Path) -> None:
    gan = fitted(pictures)
    path = gan.save(tmp_path / "gan")
    again = GAN.load(path, device="cpu")
    assert (again.sample(6, seed=3) == gan.sample(6, seed=3)).all()
    assert again.get_params().items() >= (gan.get_params() | {"samples_seen": 64}).items()
    assert [r.step for r in again.history] == [r.step for r in gan.history]
    with pytest.raises(RunError, match="exists already"):
        gan.save(path)
    gan.save(path, force=True)
    with pytest.raises(RunError, match="there is no run folder"):
        GAN.load(tmp_path / "nothing")
    with pytest.raises(ConfigError, match="generator: expected a torch.nn.Module.* leave it out"):
        GAN.load(path, generator="mlp")  # type: ignore[arg-type]


def test_pictures_of_samples(pictures: Dataset) -> None:
    gan = fitted(pictures)
    assert gan.show(9).size == (32, 32)
    png = gan._repr_png_()
    assert png is not None
    assert png.startswith(b"\x89PNG")
    points = GAN(**(TINY | {"g_width": 8, "d_width": 8})).fit("ring", samples_seen=32)
    assert isinstance(points.show(), Image.Image)


def test_data_that_does_not_fit(pictures: Dataset) -> None:
    with pytest.raises(DataError, match="unknown data 'mnits'. Did you mean 'mnist'"):
        GAN().fit("mnits")
    with pytest.raises(DataError, match=r"a text of several lines, .* GAN\(\).fit\(text.splitlines\(\)\)"):
        GAN().fit("first line\nsecond line\n")
    with pytest.raises(DataError, match="of type generator; accepted are .* a list of pictures or of strings"):
        GAN().fit(word for word in ("a", "b"))
    with pytest.raises(DataError, match="fewer than one batch"):
        GAN("sprint", **(TINY | {"batch_size": 128})).fit(pictures)
    with pytest.raises(ConfigError, match="dcgan networks take samples with the axes C H W"):
        GAN("dcgan", **TINY).fit(np.zeros((64, 5)))
    with pytest.raises(ConfigError, match="named data and files have their own"):
        GAN().fit("mnist", labels=[1])


@pytest.mark.parametrize(
    ("looked_at", "verbose", "shown"),
    [(False, None, False), (True, None, True), (False, True, True), (True, False, False)],
)
def test_progress_is_shown_where_somebody_looks_on(
    looked_at: bool,
    verbose: bool | None,
    shown: bool,
    pictures: Dataset,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: looked_at)
    monkeypatch.setenv("TERM", "dumb")  # lines, not a live view
    GAN("sprint", **TINY).fit(pictures, samples_seen=64, verbose=verbose)
    assert ("100%  step 4" in capsys.readouterr().out) == shown


def named(*classes: object) -> Dataset:
    """Random pictures whose labels are these."""
    pictures = np.random.default_rng(0).integers(0, 256, (32, 8, 8), dtype=np.uint8)
    return from_array(pictures, np.array(classes)[np.arange(32) % len(classes)])


def test_parameters_make_the_same_estimator(pictures: Dataset) -> None:
    gan = GAN("sprint", **TINY)
    twin = GAN(**gan.get_params())
    assert repr(twin) == repr(gan)
    assert (twin.fit(pictures, samples_seen=32).sample(3) == gan.fit(pictures, samples_seen=32).sample(3)).all()


def test_a_parameter_that_is_refused_changes_nothing() -> None:
    gan = GAN("dcgan", seed=3)
    with pytest.raises(ConfigError, match="expected a whole number of at least 1"):
        gan.set_params(recipe="mlp", batch_size=0)
    assert repr(gan) == "GAN('dcgan', seed=3)"


def test_arrays_with_labels() -> None:
    rng = np.random.default_rng(0)
    gan = GAN("sprint", **TINY).fit(
        rng.integers(0, 256, (32, 8, 8, 3), dtype=np.uint8), ["cat", "dog"] * 16, samples_seen=32
    )
    assert gan.classes_ == 2
    assert gan.sample(2, labels="dog").shape == (2, 3, 8, 8)
    assert (gan.sample(2, labels=["cat", "dog"]) == gan.sample(2, labels=[0, 1])).all()


def test_floats_around_zero_and_points_keep_their_range() -> None:
    rng = np.random.default_rng(0)
    pictures = GAN("sprint", **TINY).fit(rng.uniform(-1, 1, (32, 8, 8)), samples_seen=32).sample(4)
    assert -1 <= pictures.min() < 0 < pictures.max() <= 1
    points = GAN(**TINY).fit(rng.normal(1000, 1, (32, 3)), samples_seen=32).sample(4)
    assert (points.shape, points.dtype) == ((4, 3), np.float32)
    assert 900 < points.min() <= points.max() < 1100


def test_no_samples_have_the_datas_shape(pictures: Dataset) -> None:
    assert fitted(pictures).sample(0).shape == (0, 1, 8, 8)
    assert GAN(**TINY).fit(np.random.default_rng(0).random((32, 3)), samples_seen=32).sample(0).shape == (0, 3)


@pytest.mark.parametrize(
    "wish", [{"count": -1}, {"seed": 2**70}, {"labels": 1.5}, {"labels": [None]}, {"labels": -1}], ids=str
)
def test_wishes_that_cannot_be_met(pictures: Dataset, wish: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="count|seed|label"):
        fitted(pictures).sample(**({"count": 1} | wish))  # type: ignore[arg-type]


def test_labels_by_index_may_come_from_numpy_or_torch() -> None:
    gan = fitted(named("cat", "dog"))
    expected = gan.sample(2, labels=["cat", "dog"])
    for labels in ([0, 1], np.arange(2), list(np.arange(2)), torch.arange(2), list(torch.arange(2))):
        assert (gan.sample(2, labels=labels) == expected).all()


def test_where_names_are_numbers_a_number_is_a_name() -> None:
    gan = fitted(named(5, 9))
    assert (gan.sample(2, labels=9) == gan.sample(2, labels="9")).all()
    with pytest.raises(ConfigError, match="unknown label '1'. .*Known: 5, 9"):
        gan.sample(2, labels=1)


def test_labels_beside_a_dataset_are_refused(pictures: Dataset) -> None:
    with pytest.raises(ConfigError, match="labels"):
        GAN("sprint", **TINY).fit(pictures, np.zeros(64, int), samples_seen=32)


def test_a_run_of_a_recipe_that_is_gone_still_loads(pictures: Dataset, tmp_path: Path) -> None:
    gan = fitted(pictures)
    path = gan.save(tmp_path / "gan")
    config = (path / "config.toml").read_text()
    (path / "config.toml").write_text(config.replace('recipe = "sprint"', 'recipe = "retired"'))
    assert (GAN.load(path, device="cpu").sample(3) == gan.sample(3)).all()


def test_a_broken_checkpoint_is_warned_of(pictures: Dataset, tmp_path: Path) -> None:
    path = fitted(pictures).save(tmp_path / "gan")
    for tensors in (path / "checkpoints").glob("*.safetensors"):
        tensors.write_bytes(b"")
    with (
        pytest.warns(UserWarning, match="is broken"),
        pytest.raises(RunError, match="no complete checkpoint"),
    ):
        GAN.load(path, device="cpu")


def test_loading_the_best_checkpoint(pictures: Dataset, tmp_path: Path) -> None:
    gan = fitted(pictures)
    path = gan.save(tmp_path / "run")
    with pytest.raises(RunError, match=r"run has no best checkpoint: train with evaluate_every=50000\.$"):
        GAN.load(path, best=True)
    early = gan.game_.clock.step
    gan.game_.clock.step = 1
    checkpoint.write(gan.game_, path / "best", {"frechet": 1.0})
    assert GAN.load(path, best=True).game_.clock.step == 1
    assert GAN.load(path).game_.clock.step == early


def test_the_doctor_looks_at_its_history(pictures: Dataset) -> None:
    with pytest.raises(RunError, match="has not been fitted"):
        GAN().diagnose()
    gan = fitted(pictures, d_lr=0.0, record_every=1)
    diagnosis = gan.diagnose()
    assert [finding.name for finding in diagnosis.ever] == []  # a dozen steps are within every grace
    first = dict(gan.history[0].values)
    gan._fitted.history = History(Record(100 * k, 0, 0.0, 0.0, first | {"spread": 0.1}) for k in range(1, 6))
    assert "mode-collapse" in [finding.name for finding in gan.diagnose().present]
    assert "mode-collapse: the generator draws nearly the same sample" in str(gan.diagnose())
    # Its config is known: the penalty is the recipe's own already or prescribed by its option.
    assert all(finding.cures for finding in gan.diagnose().present)


def test_a_training_that_broke_down_can_be_diagnosed(pictures: Dataset) -> None:
    gan = GAN("sprint", **(TINY | {"g_lr": 1e30, "d_lr": 1e30}))
    with pytest.raises(NonFiniteError):
        gan.fit(pictures, samples_seen=640)
    assert [finding.name for finding in gan.diagnose().present] == ["non-finite"]


def test_options_of_picture_files_are_refused_for_arrays() -> None:
    with pytest.raises(ConfigError, match=r"^resize, size: accepted only for .* pictures of shape \(1, 8, 8\)"):
        GAN(size=8, resize="fit").fit(np.zeros((16, 8, 8), np.uint8), samples_seen=16)


def test_several_processes_would_run_a_script_several_times(pictures: Dataset, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match="`sparring train DATA.npy --recipe dcgan --processes 2 --seed 3 --conditional`"
    ):
        GAN("dcgan", processes=2, seed=3, conditional=True)
    with pytest.raises(ConfigError, match="torchrun --nproc-per-node 2 SCRIPT.py"):
        GAN().set_params(processes=2)
    path = fitted(pictures).save(tmp_path / "gan")
    config = (path / "config.toml").read_text()
    (path / "config.toml").write_text(config.replace("processes = 1", "processes = 2"))
    assert GAN.load(path, device="cpu").sample(2).shape == (2, 1, 8, 8)  # one draws, however many trained


def test_what_was_taken_and_what_it_may_be_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    rows = torch.rand(32, 64)
    GAN(**TINY).fit(DataLoader(TensorDataset(rows), batch_size=4), samples_seen=16)
    said = capsys.readouterr().err
    assert "took 32 samples from the DataLoader's dataset" in said
    assert "Are they pictures of 8 x 8 pixels?" in said


def test_labels_in_a_pair_count_as_labels_given() -> None:
    pictures = torch.rand(32, 1, 8, 8)
    gan = GAN("dcgan", **TINY).fit((pictures, torch.arange(32) % 2), samples_seen=16)
    assert gan.config_.dataset.conditional
    assert gan.sample(2, labels=1).shape == (2, 1, 8, 8)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("walk", "'interpolate'"), ("generate", "'sample'"), ("evalute", "'evaluate'"), ("zzz", None)],
)
def test_a_method_that_there_is_not_names_the_one_that_is_meant(name: str, meant: str | None) -> None:
    with pytest.raises(AttributeError) as raised:
        getattr(GAN(), name)
    assert str(raised.value) == f"a GAN has no {name!r}." + (f" Did you mean {meant}?" if meant else "")
