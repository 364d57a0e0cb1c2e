"""Players alone with a model card: written, loaded, sent to the hub and loaded from there."""

import json
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest

import sparring
from cli_runs import contents, refused
from conftest import TINY, TINY_LINE
from hub_stand_in import Hub
from sparring.cli.main import main
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, RunError
from sparring.gan import GAN
from sparring.history import layout
from sparring.runs.folder import RunFolder
from sparring.uses.export import hub as door


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    found = Hub()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_TOKEN", "hf_of_no_one")
    huggingface_hub.set_client_factory(found.client)
    yield found
    huggingface_hub.close_session()


@pytest.fixture
def exported(run: Path, tmp_path: Path) -> Path:
    out = tmp_path / "digits"
    assert main(["export", str(run), "--to", "safetensors", "--out", str(out), "--license", "cc-by-4.0"]) == 0
    return out


def test_the_folder_draws_as_the_run_does_and_holds_nothing_else(run: Path, exported: Path) -> None:
    ours, theirs = (
        load(path, device="cpu") for load, path in ((GAN.load, run), (GAN.from_pretrained, exported))
    )
    np.testing.assert_array_equal(ours.sample(6), theirs.sample(6))
    assert sorted(contents(exported)) == [
        "README.md", "checkpoints/00000006.json", "checkpoints/00000006.safetensors", "config.toml", "run.json",
        "samples.png",
    ]  # fmt: skip
    assert contents(exported)["checkpoints/00000006.safetensors"].find(b"optimizer") == -1


def test_nothing_of_this_machine_is_in_it(run: Path, tmp_path: Path) -> None:
    exported, options = tmp_path / "shared", run / "config.toml"
    text = (
        options.read_text().replace('log = "none"', 'log = "csv"').replace("compile = false", "compile = true")
    )
    options.write_text(text)
    assert main(["export", str(run), "--to", "safetensors", "--out", str(exported)]) == 0
    assert str(run.parent) in (run / "run.json").read_text()  # the data's own path
    assert [name for name, content in contents(exported).items() if str(run.parent).encode() in content] == []
    assert RunFolder(exported).facts["data"] == "tiny.npz"
    ours, theirs = (RunFolder(folder).config for folder in (run, exported))
    assert (ours.records.log, ours.machine.threads, ours.machine.compile) == ("csv", 1, True)
    assert (theirs.records.log, theirs.machine.threads, theirs.machine.compile) == ("none", None, False)
    card = (exported / "README.md").read_text("utf-8")
    assert not any(f"`{name}`" in card for name in ("log", "threads", "compile", "minutes", "epochs"))
    assert "draws pictures from random numbers (each: 8 x 8 pixels, grey), trained" in card


def test_names_of_no_folder_are_told_what_is_accepted() -> None:
    for name, said in (("maria/faces", "hf:maria/faces for one on the hub"), ("nowhere", "hf:OWNER/NAME")):
        with pytest.raises(RunError, match=f"there is no folder {name}. Give the path .*{said}.*: mnist"):
            GAN.from_pretrained(name)
    assert (GAN.from_pretrained("mnist").sample(2) == GAN.pretrained("mnist").sample(2)).all()
    with pytest.raises(
        RunError, match=r"Draw from it with GAN.pretrained\('mnist'\), measure it with gan.evaluate"
    ):
        GAN.load("mnist")


def test_every_verb_takes_it_or_says_why_not(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["sample", str(exported), "--count", "4", "--out", str(tmp_path / "four.png")]) == 0
    assert main(["info", str(exported)]) == 0
    for verb in ("resume", "doctor", "watch", "report"):
        assert "holds trained players alone" in refused(capsys, verb, exported)
    again = ["--to", "safetensors", "--out"]
    assert "exists already" in refused(capsys, "export", exported, *again, exported)
    assert main(["export", str(exported), *again, str(tmp_path / "again")]) == 0
    file = refused(capsys, "export", exported, *again, tmp_path / "digits.safetensors")
    assert "writes a folder with weights and a model card" in file


def test_a_training_begins_with_it(exported: Path, pictures_file: Path, tmp_path: Path) -> None:
    words = ["train", str(pictures_file), "--from-run", str(exported), "--out", str(tmp_path / "more")]
    options = dict(zip(TINY_LINE[::2], TINY_LINE[1::2], strict=True))
    for name in ("--g-width", "--d-width", "--latent-dim"):
        options.pop(name)
    narrow = [word for pair in options.items() for word in pair]
    assert main([*words, *narrow, "--samples-seen", "32"]) == 0


def test_the_card_says_what_was_trained_measured_and_allowed(run: Path, tmp_path: Path) -> None:
    evaluation = {
        "checkpoint_step": 6, "times_real": 3.25, "times_real_error": 0.5, "times_real_count": 1234,
        "reals": "a", "against": "a", "label": "FD", "features": "a_b|<i>", "copying": {"c_t": -4.5},
        "fake": {"precision": 0.25}, "real": {"precision": 0.75},
        "comparison": {"summary": ["Better than the generator at tears: CART."]},
    }  # fmt: skip
    (run / layout.EVALUATION).write_text(json.dumps(evaluation))
    (run / layout.QUALITY).unlink(missing_ok=True)
    out = tmp_path / "card"
    assert main(["export", str(run), "--to", "safetensors", "--out", str(out)]) == 0
    card = (out / "README.md").read_text("utf-8")
    for said in (
        "license: unknown\n", "No licence was stated.", "| size | 64 pictures |", "8 x 8 pixels, grey",
        "96 samples seen in 6 steps", "3.25 ± 0.5 times real", "1,234 samples on each side", r"a\_b\|\<i\>",
        "nearer to the training data than they should be", "0.25 (other reals: 0.75)",
        "- Better than the generator", "0 (32), 1 (32)", "> ",
    ):  # fmt: skip
        assert said in card, said
    (run / layout.EVALUATION).unlink()
    assert main(["export", str(run), "--to", "safetensors", "--out", str(out), "--force"]) == 0
    assert "has not been measured" in (out / "README.md").read_text("utf-8")


def test_no_training_is_replaced_by_an_export(
    run: Path, exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(run)
    for source, out, said in (
        (run, run, "what is exported"),
        (exported, exported, "what is exported"),
        (exported, run, "a training"),
    ):
        words = ("export", source, "--to", "safetensors", "--out", out, "--force")
        assert f"it is {said}, which would be lost" in refused(capsys, *words)
    assert contents(run) == before
    again = refused(capsys, "export", run, "--to", "safetensors", "--out", exported)
    assert "replace it with --force" in again
    assert "resume" not in again


def test_names_and_licences_that_are_no_text_are_refused(exported: Path) -> None:
    gan = GAN.from_pretrained(exported)
    for name in (None, 3, "faces"):
        with pytest.raises(ConfigError, match="no name on the hub"):
            gan.push_to_hub(name)
    for licence in (None, 4, "M T"):
        with pytest.raises(ConfigError, match=r"licence .*: expected an identifier"):
            gan.push_to_hub("maria/faces", licence=licence)


def test_to_the_hub_and_back(run: Path, hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(run), "--to", "hub", "--name", "maria/digits", "--license", "Apache-2.0"]) == 0
    assert "https://huggingface.co/maria/digits" in capsys.readouterr().out
    sent = hub.files["maria/digits"]
    assert set(sent) >= {"README.md", "run.json", "config.toml", "samples.png"}
    assert b"license: apache-2.0" in sent["README.md"]
    sent["evil.py"] = b"raise SystemExit"
    gan = sparring.GAN.from_pretrained("hf:maria/digits", device="cpu")
    np.testing.assert_array_equal(gan.sample(3), GAN.load(run, device="cpu").sample(3))
    assert not any("evil" in request for request in hub.asked)


def test_a_training_in_python_goes_to_the_hub(hub: Hub, pictures: Dataset, run: Path) -> None:
    gan = GAN(**TINY).fit(pictures, samples_seen=32)  # in memory alone
    assert gan.push_to_hub("maria/memory", private=True, licence="mit") == "https://huggingface.co/maria/memory"
    assert b"license: mit" in hub.files["maria/memory"]["README.md"]
    GAN.load(run, device="cpu").push_to_hub("maria/loaded")
    assert b"96 samples seen" in hub.files["maria/loaded"]["README.md"]
    again = GAN.from_pretrained("hf:maria/memory", device="cpu")
    np.testing.assert_array_equal(again.sample(3), gan.sample(3))
    with pytest.raises(ConfigError, match="expected an identifier"):
        gan.push_to_hub("maria/memory", licence="MY OWN")


@pytest.mark.parametrize(
    ("status", "said"),
    [(401, "Log in with `hf auth login`"), (403, "may not do that"), (500, "answered with status 500")],
)
def test_what_the_hub_refuses_is_said_in_words(
    status: int, said: str, hub: Hub, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # between tries
    hub.status = status
    with pytest.raises(RunError, match=said):
        door.push(exported, "maria/digits")


def test_what_is_not_on_the_hub_or_no_name_is_refused(
    hub: Hub, run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RunError, match="cannot load maria/nothing from the hub: it is not there"):
        GAN.from_pretrained("hf:maria/nothing")
    for name in ("hf:", "hf:maria", "hf:../a", "hf:a/b/c"):
        with pytest.raises(ConfigError, match="expected OWNER/NAME"):
            GAN.from_pretrained(name)
    with pytest.raises(RunError, match="no folder nowhere"):
        GAN.from_pretrained("nowhere")
    export = ("export", run, "--to")
    assert "needs --name OWNER/NAME" in refused(capsys, *export, "hub")
    assert "expected OWNER/NAME" in refused(capsys, *export, "hub", "--name", "maria")
    assert "--out is for files" in refused(capsys, *export, "hub", "--name", "a/b", "--out", "c")
    assert "are for --to hub" in refused(capsys, *export, "torch", "--name", "a/b")
    assert "--license is for the model card" in refused(capsys, *export, "torch", "--license", "mit")
    assert "expected an identifier" in refused(capsys, *export, "safetensors", "--license", "a: b")
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    assert "pip install 'sparring[hub]'" in refused(capsys, *export, "hub", "--name", "a/b")
