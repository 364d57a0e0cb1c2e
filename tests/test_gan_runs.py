"""GAN with run folders: written by fit, gone on with, loaded, saved, evaluated."""

import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from conftest import TINY
from sparring.data.arrays import from_array
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, RunError
from sparring.gan import GAN
from sparring.history.record import Record
from sparring.runs.folder import RunFolder
from sparring.uses.progress import Display

WHOLE = 128  # samples of a training; rates fall through all of it
OPTIONS = TINY | {
    "batch_size": 16,
    "lr_schedule": "linear",
    "lr_decay_from": 0.0,
    "ema_half_life": 50.0,
    "conditional": True,
}


def gan(**options: object) -> GAN:
    return GAN("dcgan", **(OPTIONS | options))


def weights(one: GAN) -> dict[str, torch.Tensor]:
    """All that a training has come to."""
    game = one.game_
    found = {f"g {name}": value for name, value in game.generator.state_dict().items()}
    found |= {f"d {name}": value for name, value in game.discriminator.state_dict().items()}
    found |= {f"average {name}": value for name, value in game.sampling_generator.state_dict().items()}
    states = game.g_optimizer.state_dict()["state"]
    return found | {f"adam {k} {name}": value for k, state in states.items() for name, value in state.items()}


def assert_same(one: GAN, other: GAN) -> None:
    mine, theirs = weights(one), weights(other)
    assert mine.keys() == theirs.keys()
    assert [name for name in mine if not torch.equal(mine[name], theirs[name])] == []


@pytest.fixture
def ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is pressed when the second record is shown, and the step after it is the last."""

    def press(self: Display, record: Record, *_: object) -> None:
        if record.step == 4:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Display, "show", press)


def interrupted(one: GAN, data: Dataset, **options: object) -> None:
    with pytest.raises(KeyboardInterrupt):
        one.fit(data, samples_seen=WHOLE, verbose=True, **options)  # type: ignore[arg-type]
    assert one.history[-1].step == 5


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("where", ["memory", "folder", "loaded", "another GAN", "elsewhere", "saved"])
def test_an_interrupted_fit_goes_on_bit_for_bit(where: str, pictures: Dataset, tmp_path: Path) -> None:
    unbroken = gan().fit(pictures, samples_seen=WHOLE)
    begun, run = gan(), tmp_path / "run"
    interrupted(begun, pictures, **({} if where in ("memory", "saved") else {"out": run}))
    if where == "loaded":
        begun = GAN.load(run, device="cpu")
        begun.fit(pictures, resume=True)
    elif where == "another GAN":
        begun = gan().fit(pictures, resume=True, out=run)
    elif where == "elsewhere":
        begun = GAN.load(run, device="cpu").fit(pictures, resume=True, out=tmp_path / "other")
        assert RunFolder(run).saved()[-1] == 5  # stays as it was
        assert begun.out_ == tmp_path / "other"
    elif where == "saved":
        begun = GAN.load(GAN.load(begun.save(run)).save(tmp_path / "again"), device="cpu")
        begun.fit(pictures, resume=True)
    else:
        begun.fit(pictures, resume=True)
    assert_same(begun, unbroken)
    assert begun.history["step"] == [2, 4, 5, 6, 8]
    if begun.out_:
        assert [record.step for record in RunFolder(begun.out_).records()] == [2, 4, 5, 6, 8]


def test_more_of_a_budget_goes_on_too(pictures: Dataset) -> None:
    once = gan(lr_schedule="constant").fit(pictures, samples_seen=WHOLE)
    twice = gan(lr_schedule="constant").fit(pictures, samples_seen=WHOLE // 2)
    with pytest.warns(UserWarning, match="has spent its budget: give it more"):
        twice.fit(pictures, resume=True)
    assert_same(twice.fit(pictures, resume=True, samples_seen=WHOLE), once)


def test_fit_writes_a_run_folder(pictures: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "run"
    fitted = gan(evaluate_every=64).fit(pictures, samples_seen=WHOLE, out=out)
    folder = RunFolder(out)
    assert fitted.out_ == out
    assert folder.config == fitted.config_
    assert [record.step for record in folder.records()] == fitted.history["step"]
    assert folder.pictures()
    assert GAN.load(out, best=True).sample(2).shape == (2, 1, 8, 8)
    np.testing.assert_array_equal(GAN.load(out, device="cpu").sample(4, seed=1), fitted.sample(4, seed=1))
    either = "go on with resume=True, replace it with force=True, or choose another folder"
    with pytest.raises(RunError, match=either):
        gan().fit(pictures, samples_seen=WHOLE, out=out)
    assert gan().fit(pictures, samples_seen=32, out=out, force=True).history[-1].step == 2


def test_the_best_is_measured_in_a_run_folder_alone(pictures: Dataset) -> None:
    with pytest.raises(ConfigError, match="out='runs/mine'"):
        gan(evaluate_every=100).fit(pictures, samples_seen=32)


def test_a_best_checkpoint_goes_on_elsewhere(pictures: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "run"
    gan(evaluate_every=16, record_every=1).fit(pictures, samples_seen=WHOLE, out=out)
    best = GAN.load(out, best=True, device="cpu")
    with pytest.raises(RunError, match="elsewhere: fit.data, resume=True, out='runs/other'"):
        best.fit(pictures, resume=True)
    step = best.game_.clock.step
    assert best.history[-1].step == step
    best.fit(pictures, resume=True, out=tmp_path / "other", samples_seen=2 * WHOLE)
    assert best.history["step"] == list(range(1, 17))


def test_a_run_that_is_not_there_yet_is_begun(pictures: Dataset, tmp_path: Path) -> None:
    """So a script that is killed may be started again as it is."""
    fitted = gan().fit(pictures, samples_seen=32, out=tmp_path / "run", resume=True)
    assert fitted.history[-1].step == 2
    with pytest.raises(RunError, match=r"no training to continue: call fit"):
        gan().fit(pictures, resume=True)


def test_what_differs_is_not_gone_on_with(pictures: Dataset, tmp_path: Path) -> None:
    out = gan().fit(pictures, samples_seen=32, out=tmp_path / "run").out_
    assert out
    with pytest.raises(ConfigError, match="g_lr = 0.5, but the training began with 0.0002"):
        gan(g_lr=0.5).fit(pictures, resume=True, out=out)
    with pytest.raises(ConfigError, match="recipe = 'lsgan', but the training began with 'dcgan'"):
        GAN("lsgan", conditional=True).fit(pictures, resume=True, out=out)
    other = from_array(255 - pictures.samples.numpy()[:, 0], np.arange(64) % 2, name="tiny")
    with pytest.raises(RunError, match="tiny has changed since"):
        GAN.load(out).fit(other, resume=True)
    with pytest.raises(RunError, match="tiny has changed since this training began"):
        gan().fit(pictures, samples_seen=32).fit(other, resume=True)


def test_a_loaded_gan_is_measured_like_the_one_that_was_fitted(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    points, others = (rng.normal(size=(80, 2)).astype(np.float32) for _ in range(2))
    fitted = GAN("mlp", **TINY).fit(points, samples_seen=64, out=tmp_path / "run")
    settings = {"count": 60, "draws": 1, "quick": True}
    found = fitted.evaluate(**settings)
    assert "times real" in str(found)
    assert found.fake == str(tmp_path / "run")
    again = GAN.load(tmp_path / "run", device="cpu")
    with pytest.raises(RunError, match=r"trained on an array: give it again, as gan.evaluate\(data\)"):
        again.evaluate(**settings)
    assert again.evaluate(points, **settings).evaluation == found.evaluation
    against = again.evaluate(points, held_out=others, **settings).evaluation
    assert against.times_real != found.evaluation.times_real
    named = GAN("mlp", **TINY).fit("ring", samples_seen=64)
    report = named.evaluate(**settings)
    assert (report.fake, report.evaluation.held_out) == ("this GAN", "ring (its held-out part)")
    assert named.evaluate(points, **settings).evaluation.held_out is None  # it was not trained on these


def test_it_walks_from_sample_to_sample(pictures: Dataset) -> None:
    fitted = gan().fit(pictures, samples_seen=32)
    walked = fitted.interpolate(20, labels="1", seed=3)
    assert walked.shape == (20, 1, 8, 8)
    stops = fitted.sample(2, labels="1", seed=3)
    np.testing.assert_allclose(walked[::10].astype(float), stops, atol=1)
    by_class = fitted.interpolate(20, seed=3)  # the first half is of the first class
    np.testing.assert_array_equal(by_class[:10], fitted.interpolate(20, labels="0", seed=3)[:10])
    np.testing.assert_array_equal(by_class[10:], walked[10:])
    with pytest.raises(ConfigError, match="trained without labels"):
        gan(conditional=False).fit(pictures, samples_seen=32).interpolate(4, labels=1)


def test_the_players_of_a_run_that_has_gone_on_are_not_mixed(pictures: Dataset, tmp_path: Path) -> None:
    out = gan().fit(pictures, samples_seen=32, out=tmp_path / "run").out_
    assert out
    early = GAN.load(out, device="cpu")
    GAN.load(out, device="cpu").fit(pictures, resume=True, samples_seen=64)
    with pytest.raises(RunError, match="was loaded at step 2 and is at step 4"):
        early.game_  # noqa: B018


def test_a_folder_without_a_checkpoint_is_begun_at_its_first_step(pictures: Dataset, tmp_path: Path) -> None:
    fitted = gan().fit(pictures, samples_seen=64, out=tmp_path / "run")
    for state in (tmp_path / "run/checkpoints").iterdir():
        state.unlink()
    again = gan().fit(pictures, out=tmp_path / "run", resume=True)
    assert_same(again, fitted)
