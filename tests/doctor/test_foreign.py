"""Histories of other programs: their formats, columns and steps."""

import json
from pathlib import Path

import pytest

from courses import always, run_folder
from sparring.cli.main import main
from sparring.doctor.foreign import read_foreign
from sparring.errors import DataError
from sparring.history.record import Record


def test_histories_of_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "losses.csv"
    rows = "\n".join(f"{k},0.001,{9 + k},0.999,0.0001" for k in range(1, 30))
    table.write_text(f"iteration,Loss_D,loss_G,D(x),D(G(z))\n{rows}\n")
    records, unit = read_foreign(table)
    assert unit == "The steps are read from a column."
    assert records[4] == Record(
        5, 5, 0.0, 0.0, {"d_loss": 0.001, "g_loss": 14, "d_real": 0.999, "d_fake": 1e-4}
    )
    (tmp_path / "log.jsonl").write_text(
        '{"step": 7, "fid": 12.5, "note": "x"}\nbroken\n[1]\n{"step": 8, "fid": null}\n'
    )
    assert read_foreign(tmp_path / "log.jsonl").records == [Record(7, 7, 0.0, 0.0, {"frechet": 12.5})]
    assert main(["doctor", str(table), "--loss", "non-saturating"]) == 4
    said = capsys.readouterr().out
    assert "Not checked, since" in said
    assert "Not checked yet, since they need more steps or records: discriminator-sure" in said
    for name, content in (("a.csv", "x,y\n1,2\n"), ("b.jsonl", ""), ("c.csv", b"\xff\xfe\x00")):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(DataError):
            read_foreign(tmp_path / name)


def test_separators_and_numbers_that_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "losses.csv"
    for content in ("step;Loss_D;Loss_G\n3;0,5;1,25\n", "step\tLoss_D\tLoss_G\n3\t0.5\t1.25\n"):
        path.write_text(content)
        assert read_foreign(path).records == [Record(3, 3, 0.0, 0.0, {"d_loss": 0.5, "g_loss": 1.25})]
    path.write_text("step,Loss_D,Loss_G,FID\n1,0.5,1,nan\n2,nan,inf,nan\n")
    assert read_foreign(path).records[1] == Record(2, 2, 0.0, 0.0, {"non_finite": 2.0})
    assert main(["doctor", str(path)]) == 3
    assert "a loss or a gradient became infinite or NaN" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", "step\td_loss\tg_loss\n3\t0.5\t1\n6\t0.25\t2\n"),
        ("a.txt", "iter,Loss/D,Loss/G\n3,0.5,1\n6,0.25,2\n"),
        ("a.csv", "Step,run 7 - d_loss,run 7 - g_loss\n3,0.5,1\n6,0.25,2\n"),
        ("b.csv", "epoch,batch,train/d_loss,train/g_loss\n0,3,0.5,1\n1,2,0.25,2\n"),  # 3 + 1 + 2
        ("c.csv", "epoch,i,train/d_loss,train/g_loss\n0,3,0.5,1\n1,2,0.25,2\n"),
        (
            "a.json",
            '[\n {"step": 3, "d_loss": 0.5, "g_loss": 1},\n {"step": 6, "d_loss": 0.25, "g_loss": 2}\n]',
        ),
        ("b.json", '{"step": [3, 6],\n "d_loss": [0.5, 0.25], "g_loss": [1, 2]}'),
        (
            "a.jsonl",
            '{"step": 3, "d_loss": 0.5, "g_loss": 1, "x": "\u2028"}\n{"step": 6, "d_loss": 0.25, "g_loss": 2}',
        ),
    ],
)
def test_shapes_of_histories(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    assert [(record.step, record.values) for record in read_foreign(tmp_path / name).records] == [
        (3, {"d_loss": 0.5, "g_loss": 1}),
        (6, {"d_loss": 0.25, "g_loss": 2}),
    ]


def test_steps_that_begin_anew_are_counted_on(tmp_path: Path) -> None:
    path = tmp_path / "losses.csv"
    path.write_text("batch,d_loss\n" + "".join(f"{k},1\n" for _ in range(3) for k in range(100)))
    assert [record.step for record in read_foreign(path).records] == list(range(300))


def test_columns_of_different_lengths(tmp_path: Path) -> None:
    path = tmp_path / "losses.json"
    path.write_text('{"d_loss": [1, 2], "g_loss": [3]}')
    assert [record.values for record in read_foreign(path).records] == [
        {"d_loss": 1, "g_loss": 3},
        {"d_loss": 2},
    ]


def epochs(path: Path, count: int) -> Path:
    """A log of a discriminator that is sure of everything, with a row an epoch."""
    lines = [f"{k},0.0001,{6 + k / 20:.2f},0.9999,0.0001" for k in range(count)]
    path.write_text("\n".join(["epoch,Loss_D,Loss_G,D(x),D(G(z))", *lines]))
    return path


def test_rows_that_are_epochs_do_not_count_as_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = epochs(tmp_path / "log.csv", count=8)
    records, unit = read_foreign(path)
    assert [record.step for record in records] == [100 * k for k in range(1, 9)]
    assert "Each row is one epoch and counts as 100 steps" in unit
    assert main(["doctor", str(path), "--loss", "non-saturating"]) == 3
    assert "--steps-per-row" in capsys.readouterr().out
    assert main(["doctor", str(path), "--loss", "non-saturating", "--steps-per-row", "5", "--json"]) == 4
    told = json.loads(capsys.readouterr().out)
    assert told["early"] == ["discriminator-sure"]  # 40 steps
    assert told["steps"] == "Each row counts as 5 steps, as given."
    assert main(["doctor", str(path), "--loss", "non-saturating", "--steps-per-row", "938"]) == 3
    for bad in ("0", "-1", "nan", "1e12"):
        assert main(["doctor", str(path), "--steps-per-row", bad]) == 1
    assert main(["doctor", str(run_folder(tmp_path / "run", always())), "--steps-per-row", "2"]) == 1
    assert "A run folder does not need it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("columns", "steps"),
    [
        ({"d_loss": [1, 1, 1]}, [1, 2, 3]),
        ({"d_loss": [1, 1, 1, 1], "epoch": [0, 0, 1, 1]}, [33, 67, 100, 133]),
        ({"d_loss": [1, 1, 1], "epoch": [5, 10, 15]}, [500, 1000, 1500]),
        ({"d_loss": [1, 1, 1], "epoch": [0, 1, 2], "batch": [937, 937, 937]}, [100, 200, 300]),
        ({"d_loss": [1, 1, 1], "batch": [64, 64, 64]}, [1, 2, 3]),
        ({"d_loss": [1, 1, 1], "kimg": [0, 64, 128]}, [0, 1000, 2000]),
        ({"d_loss": [1, 1, 1], "samples_seen": [640, 1280, 1920], "epoch": [0, 0, 0]}, [10, 20, 30]),
        ({"d_loss": [1, 1, 1], "epoch": [0, 1, 2], "step": [938, 1876, 2814]}, [938, 1876, 2814]),
    ],
)
def test_the_unit_of_a_row_is_found_in_the_columns(
    tmp_path: Path, columns: dict[str, list[float]], steps: list[int]
) -> None:
    (tmp_path / "log.json").write_text(json.dumps(columns))
    assert [record.step for record in read_foreign(tmp_path / "log.json").records] == steps


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("errD,errG", ("d_loss", "g_loss")),
        ("Loss/Discriminator,Loss/Generator", ("d_loss", "g_loss")),
        ("train_netD_loss_avg,lossG (train)", ("d_loss", "g_loss")),
        ("losses/critic,metrics/FID", ("d_loss", "frechet")),
        ("Discriminator Loss,val/d_loss", ("d_loss",)),
        ("D_loss_real,D_loss_fake,G loss", ("g_loss",)),
    ],
)
def test_names_that_others_give(tmp_path: Path, header: str, names: tuple[str, ...]) -> None:
    (tmp_path / "log.csv").write_text(f"{header}\n{','.join('1' * (header.count(',') + 1))}\n")
    assert tuple(read_foreign(tmp_path / "log.csv").records[0].values) == names


def test_a_curve_that_tensorboard_exports(tmp_path: Path) -> None:
    path = tmp_path / "run-june-tag-Loss_D.csv"
    path.write_text("Wall time,Step,Value\n1700000000.5,40,0.75\n1700000001.5,80,0.5\n")
    assert read_foreign(path).records[1] == Record(80, 80, 0.0, 0.0, {"d_loss": 0.5})


def test_losses_alone_bound_the_scores_in_the_game_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "losses.csv"
    path.write_text("iter,D_loss,G_loss\n" + "".join(f"{50 * k},0.001,7\n" for k in range(1, 20)))
    assert main(["doctor", str(path), "--loss", "non-saturating"]) == 3
    assert main(["doctor", str(path)]) == 4
    path.write_text("iter,D_loss,G_loss\n" + "".join(f"{50 * k},0.9,7\n" for k in range(1, 20)))
    assert main(["doctor", str(path), "--loss", "non-saturating"]) == 4
