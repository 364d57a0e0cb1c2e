"""Which pictures are normal, by the names of their folders."""

import pytest

from sparring.data.normals import Role, folders, kinds, role, sides
from sparring.errors import DataError


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("good", "bad"), ("Good", "Bad"), ("OK", "NOK"), ("ok", "ng"), ("pass", "fail"), ("PASSED", "FAILED"),
        ("normal", "abnormal"), ("Normal", "Defect"), ("non-defective", "defective"), ("healthy", "diseased"),
        ("ok_front", "def_front"), ("no_defects", "defects"), ("IO", "NIO"), ("01_good", "02_bad"),
        ("good parts", "bad parts"), ("normal", "anomaly"), ("intact", "damaged"), ("正常", "异常"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("above", ["", "parts/", "a/b/"])
def test_pairs_that_people_use_are_known_in_any_case_and_some_folders_down(
    good: str, bad: str, above: str
) -> None:
    found = sides([f"{above}{bad}/1.png", f"{above}{good}/1.png", f"{above}{good}/more/2.png"], "parts")
    assert found is not None
    assert found.normal == (f"{above}{good}/1.png", f"{above}{good}/more/2.png")
    assert found.bad == (f"{above}{bad}/1.png",)


@pytest.mark.parametrize(
    "folder", ["not_good_parts", "good_with_scratches", "good and bad", "cats", "2021", "goods"]
)
def test_names_that_say_nothing_sure_are_unknown(folder: str) -> None:
    assert role(folder) is Role.UNKNOWN


MVTEC = ["train/good/1.png", "test/good/2.png", "test/spot/3.png", "ground_truth/spot/3_mask.png"]


@pytest.mark.parametrize("above", ["", "bottle/"])
def test_the_layout_of_mvtec_with_and_without_a_folder_above(above: str) -> None:
    names = [above + name for name in MVTEC]
    assert sides(names, "parts") == ((names[0],), ())
    assert sides(names[:-1], "parts") == ((names[0],), ())  # masks were left out by hand
    assert kinds(names, "parts") == {"good": (names[1],), "spot": (names[2],)}
    assert kinds(names[1:], "parts") == kinds(names, "parts")


@pytest.mark.parametrize(
    ("names", "normal", "bad"),
    [
        (["train/OK/1", "train/NG/2", "test/OK/3", "test/NG/4"], ["train/OK/1"], ["train/NG/2"]),
        (["train/1", "test/good/2", "test/spot/3"], ["train/1"], []),
        (["1", "2", "bad/3"], ["1", "2"], ["bad/3"]),
        (["good/1", "bad/2", "good.png", "masks/2"], ["good/1"], ["bad/2"]),
        (["parts/good/1", "parts/bad/2", "notes/3"], ["parts/good/1"], ["parts/bad/2"]),
        (["a/good/1", "b/good/2", "b/good/c/3"], ["a/good/1", "b/good/2", "b/good/c/3"], []),
    ],
)
def test_other_layouts_that_can_be_meant_in_one_way_only(
    names: list[str], normal: list[str], bad: list[str]
) -> None:
    assert sides(names, "parts") == (tuple(normal), tuple(bad))


def test_folders_that_say_nothing_are_left_to_the_user() -> None:
    assert sides(["1", "2"], "parts") is None
    assert sides(["cats/1", "dogs/2", "masks/1"], "parts") is None


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["good/1", "spot/2"], r"parts has good/ beside 'spot', as a test has.* --include 'good/\*'"),
        (["x/OK/1", "x/spot/2"], r"parts/x has OK/ beside 'spot'.* --include 'x/OK/\*'"),
        (["a/good/1", "a/bad/2", "b/good/3"], r"several sets of pictures, 'a', 'b'.* --include 'a/\*'"),
        (["bad/1", "rest/2"], r"has 'bad' and no folder that is called good/.* --include 'rest/\*'"),
        (["bad/1"], "or give a folder of normal pictures"),
    ],
)
def test_folders_that_could_hold_either_are_refused_with_the_choice(names: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        sides(names, "parts")


def test_a_test_names_its_normal_pictures_good() -> None:
    assert kinds(["OK/1", "dent/2", "NG/3", "train/4"], "parts") == {
        "good": ("OK/1",),
        "dent": ("dent/2",),
        "NG": ("NG/3",),
    }
    with pytest.raises(DataError, match="holds 'dent', 'hole'; a test needs good/"):
        kinds(["dent/1", "hole/2"], "parts")


def test_where_pictures_lie_is_told_in_few_words() -> None:
    assert folders(["a/1", "a/2", "b/c/1", "3"]) == "2 in 'a', 1 in 'b/c', 1 in none"
    assert folders(f"{k}/1" for k in range(7)).endswith("1 in '4' and 2 more folders")
