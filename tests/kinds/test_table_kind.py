"""Tables as a kind: every verb on them, what is shown of rows and what is measured of them."""

import csv
import json
import re
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import polars
import pyarrow
import pyarrow.parquet
import pytest
import torch
from safetensors.torch import load_file

from page_runs import client
from people import SMALL, columns
from sparring import GAN
from sparring.cli.main import main
from sparring.data.table import pairs
from sparring.data.table.codec import Columns
from sparring.data.table.dataset import from_columns, from_frame
from sparring.data.table.reading import from_json, from_text
from sparring.data.table.rows import as_json_lines
from sparring.errors import ConfigError
from sparring.kinds import find, table
from sparring.networks.columns import gumbel

TINY = ["--g-width", "8", "--d-width", "8", "--depth", "1", "--threads", "1"]
pytestmark = pytest.mark.filterwarnings("ignore:.*an identifier, which is not learnt")


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """people.csv in the working folder."""
    monkeypatch.chdir(tmp_path)
    with Path("people.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(found := columns())
        writer.writerows(zip(*found.values(), strict=True))
    return tmp_path


def test_a_row_is_shown_as_text_and_its_numbers_are_its_traits() -> None:
    data = find.samples(pandas.DataFrame(columns()))[0]
    rows = data.samples[:2].numpy()
    one, other = table.shown(rows, data.spec).decode().split("\n\n")
    found = columns()
    assert [line.split()[0] for line in one.split("\n")] == list(found)
    assert f"age     {found['age'][0]}" in one
    assert f"town    {found['town'][1]}" in other
    traits = table.traits(data.samples.numpy(), data.spec)
    assert {"age", "pay"} <= traits.keys()
    assert "town" not in traits
    assert np.corrcoef(traits["age"], found["age"])[0, 1] > 0.9
    missing = np.array([pay is None for pay in found["pay"]])
    assert set(traits["pay"][missing]) == {0.5}


@pytest.mark.usefixtures("people")
def test_every_verb_takes_tables(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "people.csv", "--write", "types.toml"]) == 0
    said = capsys.readouterr().out
    assert "age  whole, 18 to 79" in said
    assert "since  date, 2020-01-0" in said
    assert "id  identifier: not learnt, made anew" in said
    train = ["train", "people.csv", "--columns", "types.toml", "--target", "member", "--samples-seen", "2560"]
    assert main([*train, "--record-every", "5", *TINY, "--out", "run"]) == 0
    last = json.loads(Path("run/history.jsonl").read_text().splitlines()[-1])
    assert {"spread", "missing", "tears", "copied"} <= last.keys()
    assert main(["resume", "run", "--samples-seen", "5120"]) == 0
    assert main(["sample", "run", "--count", "50", "--out", "fake.csv"]) == 0
    drawn = list(csv.DictReader(Path("fake.csv").read_text("utf-8").splitlines()))
    assert list(drawn[0]) == list(columns())
    assert [row["id"] for row in drawn] == [str(k) for k in range(1, 51)]
    assert {row["town"] for row in drawn} <= {"Ulm", "Rom", "Gent"}
    assert {row["member"] for row in drawn} <= {"True", "False"}
    assert all(18 <= int(row["age"]) <= 79 for row in drawn)
    assert all(row["pay"] == "" or len(row["pay"].split(".")[1]) == 2 for row in drawn)
    assert all(date(2020, 1, 1) <= date.fromisoformat(row["since"]) for row in drawn)
    assert main(["evaluate", "run", "--draws", "2", "--count", "40", "--quick"]) == 0
    assert main(["report", "run"]) == 0
    assert client(Path("run")).get("/api/runs/run").status_code == 200
    main(["doctor", "run"])


@pytest.mark.usefixtures("people")
def test_rows_of_a_value_are_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "people.csv", "--samples-seen", "512", *TINY, "--out", "run"]) == 0
    asked = ["--where", "town=Rom", "--where", "20 <= age < 60"]
    assert main(["sample", "run", "--count", "20", *asked, "--out", "rome.jsonl"]) == 0
    assert "did not fit and were drawn anew" in capsys.readouterr().out
    drawn = [json.loads(line) for line in Path("rome.jsonl").read_text().splitlines()]
    assert {row["town"] for row in drawn} == {"Rom"}
    assert all(20 <= row["age"] < 60 for row in drawn)
    assert main(["sample", "run", "--count", "20", "--where", "town!=Rom", "--out", "others.csv"]) == 0
    assert "Rom" not in set(pandas.read_csv("others.csv")["town"])
    assert main(["sample", "run", "--count", "5", "--where", "pay!=", "--out", "paid.csv"]) == 0
    assert pandas.read_csv("paid.csv")["pay"].notna().all()
    assert main(["sample", "run", "--where", "town=Room"]) == 1
    assert "is never 'Room'. Did you mean 'Rom'?" in capsys.readouterr().err
    assert main(["sample", "run", "--count", "5", "--where", "pay=", "--out", "unpaid.csv"]) == 0
    assert pandas.read_csv("unpaid.csv")["pay"].isna().all()
    assert main(["sample", "run", "--where", "salary > 3"]) == 1
    assert "there is no column 'salary'" in capsys.readouterr().err
    assert main(["sample", "run", "--where", "age < 18"]) == 1
    assert "'age' lies between 18 and 79 in all rows, so no row can fit" in capsys.readouterr().err
    assert main(["sample", "run", "--where", "age < 30", "--where", "age > 60"]) == 1
    said = (
        "of 30,000 drawn samples 0 keep to 'age < 30', 'age > 60': too few for 1,000. Ask for less (--where)."
    )
    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("people")
def test_a_resumed_training_of_a_table_equals_an_unbroken_one_bit_for_bit() -> None:
    steady = ["--lr-schedule", "constant", "--lr-warmup", "0", "--record-every", "5"]
    train = ["train", "people.csv", *steady, *TINY]
    assert main([*train, "--samples-seen", "1280", "--out", "broken"]) == 0
    assert main(["resume", "broken", "--samples-seen", "2560"]) == 0
    assert main([*train, "--samples-seen", "2560", "--out", "whole"]) == 0
    broken, whole = (
        load_file(max(Path(run, "checkpoints").glob("*.safetensors"))) for run in ("broken", "whole")
    )
    assert broken.keys() == whole.keys()
    assert all(torch.equal(broken[name], whole[name]) for name in whole)


def test_what_is_constant_in_training_rows_may_differ_in_others() -> None:
    given = polars.DataFrame(columns())
    data = from_frame(given.with_columns(age=polars.lit(3)), None, {})
    other = from_frame(given, None, table.comparable({}, data.spec))
    assert len(other) == len(given)


@pytest.mark.usefixtures("people")
def test_a_parquet_file_is_read_and_written() -> None:
    given = pyarrow.table(
        columns()
        | {
            "at": [time(k % 24, 30) for k in range(200)],
            "seen": pyarrow.array(
                [datetime(2024, 1, k % 28 + 1) for k in range(200)], pyarrow.timestamp("ms", "UTC")
            ),
            "small": pyarrow.array([k % 7 for k in range(200)], pyarrow.int8()),
        }
    )
    pyarrow.parquet.write_table(given, "people.parquet")
    assert main(["train", "people.parquet", "--samples-seen", "512", *TINY, "--out", "run"]) == 0
    assert main(["sample", "run", "--count", "9", "--out", "fake.parquet"]) == 0
    drawn = pyarrow.parquet.read_table("fake.parquet")
    assert drawn.num_rows == 9
    assert str(drawn.schema.remove_metadata()).replace("large_", "") == str(given.schema.remove_metadata())
    assert main(["train", "people.csv", "--samples-seen", "512", *TINY, "--out", "other"]) == 0
    assert main(["sample", "other", "--count", "9", "--out", "other.parquet"]) == 0
    assert str(pyarrow.parquet.read_schema("other.parquet").field("since").type) == "date32[day]"


@pytest.mark.usefixtures("people")
def test_a_csv_file_is_a_table_or_texts_by_what_it_holds_and_what_is_asked() -> None:
    Path("poems.csv").write_text("text,end\n" + "\n".join(f"line {k},{k % 3}" for k in range(60)))
    kinds = [find.kind_of_files(name) for name in ("people.csv", "poems.csv")]
    assert [kind and kind.name for kind in kinds] == ["table", "text"]
    asked = find.kind_of_files("people.csv", {"column": "town"})
    assert asked is not None
    assert asked.name == "text"
    gan = GAN(**SMALL).fit("people.csv", samples_seen=256)
    assert set(gan.sample(3)) == set(columns())


@pytest.mark.usefixtures("people")
def test_json_lines_are_a_table_or_texts_by_what_they_hold(capsys: pytest.CaptureFixture[str]) -> None:
    rows = pandas.read_csv("people.csv").to_dict("records")
    given = [{name: None if value != value else value for name, value in row.items()} for row in rows]
    del given[5]["town"]  # the same as null
    Path("people.jsonl").write_text("\n\n".join(map(json.dumps, given)))
    Path("poems.jsonl").write_text("".join(json.dumps({"text": f"line {k}"}) + "\n" for k in range(60)))
    kinds = [find.kind_of_files(name) for name in ("people.jsonl", "poems.jsonl")]
    assert [kind and kind.name for kind in kinds] == ["table", "text"]
    assert main(["train", "people.jsonl", "--samples-seen", "256", *TINY, "--out", "run"]) == 0
    assert main(["sample", "run", "--count", "9", "--out", "fake.jsonl"]) == 0
    assert main(["sample", "run", "--count", "9", "--out", "fake.ndjson"]) == 0
    assert Path("fake.ndjson").read_bytes() == Path("fake.jsonl").read_bytes()
    drawn = [json.loads(line) for line in Path("fake.jsonl").read_text().splitlines()]
    assert all(list(row) == list(given[1]) for row in drawn)
    for line, message in (
        ('{"age": [3], "town": "Ulm"}', "line 41: 'age' holds a list, and a cell of a table one value"),
        ("[3, 4]", "line 41 is no JSON object"),
        ('{"age": 3,', "line 41 is no JSON object: expected a row in each line, such as"),
    ):
        Path("people.jsonl").write_text("\n".join([*map(json.dumps, given[:40]), line]))
        assert main(["train", "people.jsonl", "--columns", "none"]) == 1
        assert message in capsys.readouterr().err


def test_json_lines_come_back_in_their_types() -> None:
    given = [
        {
            "flag": k % 3 == 0,
            "one": 7,
            "always": True,
            "count": k % 5,
            "zip": str(k % 4 + 10),
            "share": k % 4 * 0.5,
            "word": None if k == 3 else "ab"[k % 2],
            "mixed": k if k % 2 else "odd",
            "on": f"0{k % 3 + 1}.02.2024",
        }
        for k in range(12)
    ]
    text = "\n".join(map(json.dumps, given))
    data = from_columns(from_json(text, "t.jsonl"), "t", {})
    codec = Columns.of(data.spec.codec)
    drawn = [json.loads(line) for line in as_json_lines(codec, data.samples.numpy()).splitlines()]
    assert drawn == given
    assert [type(value) for value in drawn[1].values()] == [bool, int, bool, int, str, float, str, int, str]


@pytest.mark.usefixtures("people")
def test_held_out_rows_that_were_trained_on_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Path("people.csv").read_text().splitlines()
    assert main(["train", "people.csv", "--samples-seen", "256", "--hold-out", "0", *TINY, "--out", "run"]) == 0
    part = [
        "town,age,since,pay,member",
        *(",".join(line.split(",")[k] for k in (3, 1, 5, 2, 4)) for line in lines[101:]),
    ]
    fresh = [
        "town,age,since,pay,member",
        *(f"Rom,{20 + k % 50},2020-02-{k % 28 + 1:02},{k}.25,False" for k in range(100)),
    ]
    for name, rows, warned in (
        ("part.csv", part, "all 100 held-out reals are identical to training samples"),
        ("mixed.csv", part[:31] + fresh[1:], "30 of 130 held-out reals are identical to training samples"),
        ("fresh.csv", fresh, ""),
    ):
        Path(name).write_text("\n".join(rows))
        assert main(["evaluate", "run", "--draws", "1", "--count", "40", "--quick", "--held-out", name]) == 0
        said = json.loads(Path("run/evaluation.json").read_text())["warnings"]
        assert [line for line in said if "held-out" in line][:1] == [
            line for line in said if warned and line.startswith(warned)
        ]
    capsys.readouterr()


def test_a_frame_held_out_in_python_is_brought_to_the_ranks_of_the_training() -> None:
    given = polars.DataFrame(columns())
    gan = GAN(**SMALL, hold_out=0).fit(given[:150], samples_seen=256)
    found = gan.evaluate(held_out=given[90:].select(reversed(given.columns)), count=40, draws=1, quick=True)
    assert found.evaluation.warnings[0].startswith("60 of 110 held-out reals are identical to training samples")


@pytest.mark.parametrize(
    ("values", "kind", "said"),
    [
        (
            [7, "odd", 8],
            "category",
            "mixes types, such as 'odd' beside '[78]': it is read as category, and drawn in the types that",
        ),
        (["7", "odd", 8], "category", "mixes types, such as .*: it is read as category, and drawn as texts"),
        ([7, "9", 8], "whole", "mixes types, such as '[78]' beside '[78]': it is read as whole"),
        (
            [*range(30, 70), "much"],
            "whole",
            "it is read as whole. 1 row of .* holds 'much', which is no number",
        ),
        ([k if k % 2 else f"a long remark, number {k} of them" for k in range(60)], "text", "it is left out"),
    ],
)
def test_json_lines_with_values_of_several_types_say_so(values: list[Any], kind: str, said: str) -> None:
    text = "\n".join(json.dumps({"x": value, "y": place % 3}) for place, value in enumerate(values))
    data = from_columns(from_json(text, "t.jsonl"), "t", {})
    assert Columns.of(data.spec.codec).types["x"] == kind
    assert data.origin is not None
    assert re.search(said, data.origin.notes[0])
    assert data.origin.notes[0].endswith("with --columns types.toml.")


def test_json_lines_with_values_of_several_types_come_back() -> None:
    values = [7, "odd", 8.0, True, None, "even", 7.5, -3]
    text = "\n".join(json.dumps({"x": value, "y": place % 3}) for place, value in enumerate(values))
    data = from_columns(from_json(text, "t.jsonl"), "t", {})
    again = as_json_lines(Columns.of(data.spec.codec), data.samples.numpy()).decode()
    assert [json.loads(line)["x"] for line in again.splitlines()] == values
    assert '"x": 8.0,' in again


def test_other_kinds_have_no_columns_to_ask_for() -> None:
    gan = GAN(**SMALL).fit(np.random.default_rng(0).random((64, 3)), samples_seen=64)
    with pytest.raises(ConfigError, match="where: points have no columns"):
        gan.sample(3, where="a=1")


def test_latents_become_the_noise_that_draws_each_level_as_often_as_its_probability() -> None:
    probabilities = torch.tensor([0.7, 0.2, 0.1])
    noise = gumbel(torch.randn(20_000, 3, generator=torch.Generator().manual_seed(0)))
    drawn = (probabilities.log() + noise).argmax(1)
    assert torch.bincount(drawn).div(20_000).tolist() == pytest.approx(probabilities.tolist(), abs=0.01)
    assert float(noise.mean()) == pytest.approx(0.5772, abs=0.02)  # Euler's constant


def test_levels_that_no_row_has_and_columns_without_spread_are_measured() -> None:
    rows = [f"{k},{'ab'[k % 2]},{'pqrs'[k % 4]}" for k in range(40)]
    data = from_columns(from_text("n,w,v\n" + "\n".join(rows), "t.csv"), "t", {"columns": {"n": "whole"}})
    reals = data.samples
    assert table.dead_levels(reals, reals, data.spec) == 0
    assert table.flat_columns(reals, reals, data.spec) == 0
    fakes = reals[:1].repeat(40, 1)
    assert table.dead_levels(fakes, reals, data.spec) == pytest.approx((1 / 2 + 3 / 4) / 2)
    assert table.flat_columns(fakes, reals, data.spec) == 1
    assert table.flat_columns(reals * torch.tensor([0.5, 1, 1]), reals, data.spec) == 0
    words = from_columns(from_text("w,v\n" + "\n".join(row.split(",", 1)[1] for row in rows), "t"), "t", {})
    assert table.flat_columns(words.samples, words.samples, words.spec) is None


def test_the_sheet_shows_columns_and_pairs_that_differ() -> None:
    rows = [f"{k},{k * 2 + k % 3},{'ab'[k % 2]}" for k in range(60)]
    types = {"n": "whole", "m": "whole"}
    data = from_columns(from_text("n,m,w\n" + "\n".join(rows), "t.csv"), "t", {"columns": types})
    reals = data.samples.numpy()
    matrix = pairs.correlations(reals)
    assert matrix[0, 1] == pytest.approx(np.corrcoef(reals[:, 0], reals[:, 1])[0, 1])
    np.testing.assert_allclose(pairs.whole(pairs.upper(matrix), 3), matrix, atol=1e-4)
    lacking = np.where(np.arange(60)[:, None] < 3, np.nan, reals).astype(np.float32)
    assert np.isfinite(pairs.correlations(lacking)).all()
    apart = np.concatenate([reals[:, :1], reals[::-1, 1:]], 1)
    alike, torn = (table.sheet(part, data.spec) for part in (reals, apart))
    assert alike.size == torn.size
    colours = [picture.convert("RGB").getcolors(2**16) or [] for picture in (alike, torn)]
    forged = [sum(count for count, colour in found if colour == table.FORGED) for found in colours]
    assert forged[1] > forged[0] + 80  # a cell of the map
    real, drawn = table.marginal(Columns.of(data.spec.codec), 2, reals)
    assert real.tolist() == drawn.tolist() == [0.5, 0.5]


def test_torn_columns_are_measured() -> None:
    one = torch.randn(400, 1, generator=torch.Generator().manual_seed(0))
    together, apart = torch.cat([one, one], 1), torch.cat([one, one.flip(0)], 1)
    assert table.tears(together, together) == 0
    assert table.tears(apart, together) == pytest.approx(1, abs=0.15)
    assert table.tears(-together, together * torch.tensor([1.0, -1.0])) == pytest.approx(2)
