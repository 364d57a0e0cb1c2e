"""Columns of which one tells others are proposed as what may go together."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sparring.cli.main import main
from sparring.data.table import rules, together, types
from sparring.data.table.codec import Columns
from sparring.data.table.dataset import from_columns
from sparring.data.table.reading import from_text
from sparring.data.table.values import Values
from sparring.errors import quoted

TOWNS, COUNTRIES = ("Ulm", "Bonn", "Rom", "Gent"), ("DE", "DE", "IT", "BE")


def places(rows: int = 120, odd: int = 0) -> str:
    """A table of postcodes, each of one town and country but in ``odd`` rows, and of what tells nothing."""
    rng = np.random.default_rng(0)
    lines = ["postcode,town,country,age,member"]
    for row in range(rows):
        code = int(rng.integers(0, 12))
        town = code % 4 if row >= odd else (code + 1) % 4
        member = "yes" if rng.random() < 0.5 else "no"
        lines.append(f"0{100 + code},{TOWNS[town]},{COUNTRIES[town]},{rng.integers(20, 60)},{member}")
    return "\n".join(lines)


def sets(text: str, name: str = "none") -> tuple[tuple[str, ...], ...]:
    data = from_columns(from_text(text, "t.csv"), "t", {"columns": name})
    return together.proposed(Columns.of(data.spec.codec), data.samples.numpy())


def test_a_postcode_that_tells_its_town_and_country_is_proposed() -> None:
    assert sets(places()) == (("postcode", "town", "country"),)
    numbers = places().replace("\n0", "\n")
    assert sets(numbers) == (("postcode", "town", "country"),)  # also a category, by its name
    assert sets(numbers.replace("postcode", "post_nr")) == (("post_nr", "town", "country"),)  # whole numbers
    assert sets(places().replace("postcode", "height").replace("\n0", "\n")) == (("town", "country"),)


def test_what_holds_in_almost_all_rows_is_not_proposed() -> None:
    assert sets(places(odd=1)) == (("town", "country"),)
    assert sets(places(3_000, odd=1)) == (("town", "country"),)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([0, 1, 2, 3] * 10, [0, 1, 0, 1] * 10, True),
        ([0, 1, 2, 3] * 10, [0, 1, 0, 1] * 9 + [0, 1, 0, 0], False),
        ([0, 1, 2, 3], [0, 1, 0, 1], False),  # no level comes again
        ([0, 1, 2, 3] * 5 + [4], [0] * 20 + [1], False),  # one rare level tells little
        ([*range(38), 0, 1], [k % 2 for k in range(38)] + [0, 1], False),  # two rows that agree
    ],
)
def test_one_column_tells_another_if_it_does_so_beyond_chance(
    one: list[int], other: list[int], expected: bool
) -> None:
    assert together.tells(np.array(one), np.array(other)) is expected


def test_two_columns_that_tell_each_other_are_one_set_and_missing_is_a_level() -> None:
    lines = [f"{'abc'[k % 3]},{'xy'[k % 3] if k % 3 < 2 else ''},{k % 7}" for k in range(60)]
    assert sets("\n".join(["short,long,n", *lines])) == (("short", "long"),)


def test_data_says_it_and_writes_it_as_a_remark_that_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("people.csv").write_text(places().replace("\n0", "\n").replace("postcode", "post_nr"), "utf-8")
    assert main(["data", "people.csv", "--write", "types.toml"]) == 0
    said = capsys.readouterr().out
    assert "each 'post_nr' has one 'town' and 'country'" in said
    assert """together = [["post_nr", "town", "country"]], and 'post_nr' as a category, in types.toml""" in said
    written = Path("types.toml").read_text("utf-8")
    assert "# Say also that 'post_nr' is a \"category\"." in written
    kept = written.replace("# together = [[", "together = [[")
    Path("types.toml").write_text(kept.replace('post_nr = "whole"', 'post_nr = "category"'), "utf-8")
    assert main(["data", "people.csv", "--columns", "types.toml", "--write", "again.toml"]) == 0
    assert "go together" not in capsys.readouterr().out
    assert types.read("again.toml", ["post_nr", "town", "country", "age", "member"]).together == (
        ("post_nr", "town", "country"),
    )


def test_names_stand_in_a_remark_as_in_the_file(tmp_path: Path) -> None:
    text = places().replace("town", '"to""w\nn"', 1)
    data = from_columns(from_text(text, "t.csv"), "t", {})
    codec = Columns.of(data.spec.codec)
    written = types.written(codec, together.proposed(codec, data.samples.numpy()))
    assert quoted('to"w\nn') in written
    path = tmp_path / "types.toml"
    path.write_text(written.replace("# together = [[", "together = [["), "utf-8")
    names = [column.name for column in codec.columns]
    assert types.read(str(path), names).together == (("postcode", 'to"w\nn', "country"),)


def test_a_set_that_the_user_has_named_stands_beside_one_that_is_proposed(tmp_path: Path) -> None:
    path = tmp_path / "types.toml"
    path.write_text('together = [["town", "country"]]', "utf-8")
    data = from_columns(from_text(places(), "t.csv"), "t", {"columns": str(path)})
    codec = Columns.of(data.spec.codec)
    written = types.written(codec, together.proposed(codec, data.samples.numpy()))
    assert '# together = [["town", "country"], ["postcode", "town", "country"]]' in written
    assert "write this line in place of that below" in written
    path.write_text(written, "utf-8")
    assert types.read(str(path), [column.name for column in codec.columns]).together == (("town", "country"),)


def test_what_a_column_tells_is_looked_up_in_drawn_rows(tmp_path: Path) -> None:
    path = tmp_path / "types.toml"
    path.write_text('together = [["postcode", "town", "country"], ["town", "member"]]', "utf-8")
    text = places().replace("0103,Gent,BE", "0103,,BE").replace("0107,Gent,BE", ",Gent,BE")
    data = from_columns(from_text(text, "t.csv"), "t", {"columns": str(path)})
    codec = Columns.of(data.spec.codec)
    names = [column.name for column in codec.learnt]
    assert [(names[first], names[other]) for first, other, _ in codec.told] == [
        ("postcode", "town"),
        ("postcode", "country"),
    ]
    again = codec.decode(codec.encode(data.samples))
    assert torch.equal(again[:, :3].nan_to_num(-1), data.samples[:, :3].nan_to_num(-1))
    noise = torch.randn(500, codec.width, generator=torch.Generator().manual_seed(0))
    drawn = codec.decode(noise)
    told = replace(codec, combinations=codec.combinations[:1])
    assert rules.kept(told, drawn.numpy()).all()
    assert len({*drawn[:, 0].nan_to_num(-1).tolist()}) > 5
    whole = replace(codec, combinations=())
    assert not rules.kept(told, whole.decode(noise).numpy()).all()
    exported = Values(codec)(noise)
    assert np.allclose(exported.numpy(), codec.matrix(drawn.numpy()), equal_nan=True)
