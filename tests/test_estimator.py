"""GAN: scikit-learn's manners."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import TINY
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, DataError, RunError
from sparring.estimator import GAN


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
    with pytest.raises(ConfigError, match="unknown budget 'hours'"):
        GAN().fit("ring", hours=1)


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
    assert gan.history_[-1].samples_seen == 64


def test_saving_and_loading(pictures: Dataset, tmp_path: Path) -> None:
    gan = fitted(pictures)
    path = gan.save(tmp_path / "gan")
    again = GAN.load(path, device="cpu")
    assert (again.sample(6, seed=3) == gan.sample(6, seed=3)).all()
    assert again.get_params().items() >= (gan.get_params() | {"samples_seen": 64}).items()
    assert [r.step for r in again.history_] == [r.step for r in gan.history_]
    with pytest.raises(RunError, match="exists already"):
        gan.save(path)
    gan.save(path, force=True)
    with pytest.raises(RunError, match="copy its run folder instead"):
        again.save(tmp_path / "other")
    with pytest.raises(RunError, match="there is no run folder"):
        GAN.load(tmp_path / "nothing")


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
    with pytest.raises(DataError, match="fewer than one batch"):
        GAN("sprint", **(TINY | {"batch_size": 128})).fit(pictures)
    with pytest.raises(ConfigError, match="dcgan networks need pictures"):
        GAN("dcgan", **TINY).fit(np.zeros((64, 5)))
    with pytest.raises(ConfigError, match="named data and files bring their own"):
        GAN().fit("mnist", labels=[1])


def test_progress_is_shown_on_demand(pictures: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    gan = GAN("sprint", **TINY)
    gan.fit(pictures, samples_seen=64)
    assert capsys.readouterr().out == ""
    gan.fit(pictures, samples_seen=64, verbose=True)
    assert "100%  step 4" in capsys.readouterr().out
