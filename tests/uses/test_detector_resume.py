"""A fit of a detector that is killed, and goes on."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sparring.cli.main import main
from sparring.uses.detect import adversary, residuals
from sparring.uses.detect.adversary import play
from sparring.uses.detect.detector import Detector
from sparring.uses.detect.scorer import Fitting
from test_detector import plates

KILLED = """
import os, signal, sys
from pathlib import Path
from sparring.uses.detect import adversary
from sparring.uses.detect.detector import Detector
from test_detector import plates

def tell(text):
    if "training repairer" in text and "2 steps" in text:
        os.kill(os.getpid(), signal.SIGKILL)

adversary.SAVED_SECONDS, adversary.TOLD = 0, 1
detector = Detector(false_alarms=0.2, features="edges", steps=4)
detector.fit(plates(24, 0), tell=tell, unfinished=Path(sys.argv[1]))
"""


def test_a_fit_that_was_killed_goes_on_bit_for_bit(tmp_path: Path) -> None:
    """The first training is finished, the second was killed before its third step."""
    child = subprocess.run([sys.executable, "-c", KILLED, tmp_path], cwd=Path(__file__).parent)
    assert child.returncode == -signal.SIGKILL
    told = list[str]()
    again, whole = (Detector(false_alarms=0.2, features="edges", steps=4) for _ in range(2))
    again.fit(plates(24, 0), tell=told.append, unfinished=tmp_path)
    whole.fit(plates(24, 0))
    assert [text for text in told if "going on" in text] == [
        "going on with residuals after 4 steps",
        "going on with repairer after 2 steps",
    ]
    for name in ("residuals", "repairer"):
        ours, theirs = (each.examine(plates(5, 1), name) for each in (again, whole))
        assert ours.scores.tolist() == theirs.scores.tolist()
        assert np.array_equal(ours.maps, theirs.maps)
    assert [each.auroc for each in again.candidates_] == [each.auroc for each in whole.candidates_]


def test_the_same_command_goes_on_after_ctrl_c(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(adversary, "SAVED_SECONDS", 0)
    np.save("plates.npy", plates(60, 0).numpy())
    words = [
        "detect",
        "fit",
        "plates.npy",
        "--features",
        "edges",
        "--method",
        "residuals",
        "--minutes",
        "0.003",
    ]

    def interrupted(*given: object) -> int:
        raise KeyboardInterrupt

    def once(*given: object) -> int:
        *rest, fitting, name = given
        assert isinstance(fitting, Fitting)
        play(*rest, fitting._replace(seconds=fitting.seconds / 2), name)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(residuals, "play", interrupted)
    assert main(words) == 130
    assert list(Path("runs").iterdir()) == []  # nothing was trained yet
    told = capsys.readouterr().err
    assert "fitting into runs/plates-detect-1; as a page: sparring watch runs/plates-detect-1" in told
    assert "what was trained" not in told
    monkeypatch.setattr(residuals, "play", once)
    assert main(words) == 130
    out = Path("runs/plates-detect-1")
    assert f"what was trained is in {out}: the same command goes on with it" in capsys.readouterr().err
    assert [path.name for path in (out / "unfinished").glob("*.safetensors")] == ["residuals.safetensors"]
    begun = list[float]()

    def again(*given: object) -> int:
        begun.append(float(given[-2].kept.load("residuals")["seconds"]))  # type: ignore[attr-defined]
        return play(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(residuals, "play", again)
    assert main(words) == 0
    assert begun[0] > 0
    monkeypatch.setattr(residuals, "play", play)
    assert sorted(path.name for path in out.iterdir()) == ["detector.json", "detector.safetensors"]
    assert json.loads((out / "detector.json").read_text())["chosen"] == "residuals"
    assert len(list(Path("runs").iterdir())) == 1
    assert main(words) == 0
    assert len(list(Path("runs").iterdir())) == 2
