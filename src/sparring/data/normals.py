"""Which pictures are normal and which defective, by the names of folders; alike on a disk and in a zip.

MVTec AD (Bergmann et al. 2019) has train/good with normal pictures, test/good and test/KIND with other ones,
and ground_truth/KIND with a mask for each defective picture. Others have good/ and bad/, or OK/ and NG/.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from sparring.data.globs import MASK_FOLDER
from sparring.errors import DataError, counted, first_of, quoted

GOOD, TESTED = "good", "test"  # the names that MVTec AD has
GOODS = re.compile(
    "good|ok|okay|pass|passed|normals?|healthy|clean|intact|undamaged|io|acceptable|accepted|flawless|faultless|"
    "non?(?:defects?|defective|anomal(?:y|ies|ous))|defectfree|正常|良品|合格"
)
BADS = re.compile(
    "bad|ng|nok|notok|nogood|notgood|nio|ko|fail(?:ed|s|ure|ures)?|abnormal(?:s|ity|ities)?|anomal(?:y|ies|ous)|"
    "def|defects?|defective|defected|faults?|faulty|broken|damaged|diseased|sick|unhealthy|rejects?|rejected|"
    "scrap|异常|不良|不良品|不合格|缺陷|次品"
)
TRAINS, TESTS = (
    re.compile("train|training|trainset"),
    re.compile("tests?|testing|testset|val|valid|validation|eval"),
)
PLAIN = re.compile("good|ok|normal")  # words that say so beside others too, as in good_parts
DENIALS = re.compile("non?|not|un|without|with")  # words that may turn others round
LISTED = 5  # folders that are named with their counts


class Role(Enum):
    """What the name of a folder says of its pictures."""

    GOOD, BAD, TRAIN, TEST, MASKS, UNKNOWN = range(6)


class Sides(NamedTuple):
    """The names of normal pictures, and of known defective ones."""

    normal: tuple[str, ...]
    bad: tuple[str, ...] = ()


def role(folder: str) -> Role:
    """What the name of a folder says; capitals, digits and signs between words do not count."""
    words = [word for word in re.split(r"[\W\d_]+", folder.casefold()) if word]
    whole = "".join(words)
    for names, found in ((GOODS, Role.GOOD), (BADS, Role.BAD), (TRAINS, Role.TRAIN), (TESTS, Role.TEST)):
        if names.fullmatch(whole):
            return found
    if MASK_FOLDER.fullmatch(folder):
        return Role.MASKS
    good, bad = (any(map(names.fullmatch, words)) for names in (PLAIN, BADS))
    if good == bad or any(map(DENIALS.fullmatch, words)):
        return Role.UNKNOWN
    return Role.GOOD if good else Role.BAD


def sides(names: Sequence[str], where: str) -> Sides | None:
    """The normal and the defective pictures among these names; None if the folders do not say which.

    Args:
        where: they lie, for messages.

    Raises:
        DataError: some folders are known, and the others could hold either.
    """
    if all(_is_normal(name) for name in names):
        return Sides((*names,))
    return _sides(_Level(names, where))


def check(names: Sequence[str], where: str) -> None:
    """Refuse pictures of which the folders say that some are not normal.

    Raises:
        DataError: which are, and how to read these alone.
    """
    found = sides(names, where)
    if found is not None and (others := len(names) - len(found.normal)):
        pattern = f"{PurePosixPath(found.normal[0]).parent}/*"
        raise DataError(
            f"{where} holds normal pictures ({folders(found.normal)}) and {counted(others, 'other')}, which "
            "must not be learned as normal: read the first alone, as "
            f"sparring.dataset(..., include={quoted(pattern)})."
        )


def kinds(names: Sequence[str], where: str) -> dict[str, tuple[str, ...]]:
    """The pictures of a test by the names of their folders, which are the kinds; the normal ones as GOOD.

    Raises:
        DataError: there is no test, or it lacks normal or odd pictures.
    """
    level = _Level(names, where)
    while True:
        tests = level.of(Role.TEST)
        if tests:
            level = level.inside(TESTED if TESTED in tests else tests[0])
        elif len(level.folders) == 1 and not level.own:
            level = level.inside(next(iter(level.folders)))
        else:
            break
    found: dict[str, tuple[str, ...]] = {}
    for folder, inside in level.folders.items():
        if level.roles[folder] in (Role.GOOD, Role.BAD, Role.UNKNOWN):
            kind = GOOD if level.roles[folder] is Role.GOOD else folder
            found[kind] = found.get(kind, ()) + tuple(inside)
    if GOOD not in found or len(found) < 2:
        raise DataError(
            f"{level.where} holds {first_of(sorted(level.folders)) or 'no folders'}; a test needs {GOOD}/ with "
            "normal pictures and at least one folder with odd ones."
        )
    return found


def folders(names: Iterable[str]) -> str:
    """How many of these pictures lie in which folder: 60 in 'good', 3 in 'more/good'."""
    counts = Counter(str(PurePosixPath(name).parent) for name in names)
    said = [
        f"{count:,} in {quoted(folder)}" if folder != "." else f"{count:,} in none"
        for folder, count in counts.most_common(LISTED)
    ]
    return ", ".join(said) + (
        f" and {counted(rest, 'more folder')}" if (rest := len(counts) - LISTED) > 0 else ""
    )


class _Level:
    """One folder of the tree: the pictures that lie directly in it, and those below each of its folders."""

    def __init__(self, names: Iterable[str], where: str, prefix: str = "") -> None:
        self.where, self.prefix = where, prefix
        self.own: list[str] = []
        self.folders: dict[str, list[str]] = {}
        for name in names:
            folder, deeper, _ = name.removeprefix(prefix).partition("/")
            (self.folders.setdefault(folder, []) if deeper else self.own).append(name)
        self.roles = {folder: role(folder) for folder in self.folders}

    def of(self, *roles: Role) -> list[str]:
        """The folders of these roles."""
        return [folder for folder in self.folders if self.roles[folder] in roles]

    def inside(self, folder: str) -> _Level:
        return _Level(self.folders[folder], f"{self.where}/{folder}", f"{self.prefix}{folder}/")

    def names(self, of: Collection[str]) -> tuple[str, ...]:
        return tuple(name for folder in of for name in self.folders[folder])

    def choice(self, folder: str) -> str:
        """How to choose one folder; in a zip, by a pattern alone."""
        alone = Path(self.where, folder)
        pattern = f"--include {quoted(f'{self.prefix}{folder}/*')}"
        return f"give {alone} or {pattern}" if alone.is_dir() else f"give {pattern}"


def _is_normal(name: str) -> bool:
    """Whether the folders of a picture say that it is normal, and none that it is not."""
    roles = {role(part) for part in PurePosixPath(name).parts[:-1]}
    return Role.GOOD in roles and roles.isdisjoint((Role.BAD, Role.MASKS))


def _sides(level: _Level) -> Sides | None:
    good, bad, unknown = level.of(Role.GOOD), level.of(Role.BAD), level.of(Role.UNKNOWN)
    if train := level.of(Role.TRAIN):
        inside = [_sides(level.inside(folder)) for folder in train]
        whole = [found or Sides(level.names([folder])) for folder, found in zip(train, inside, strict=True)]
        if any(inside) or not good:
            return Sides(*(tuple(name for each in whole for name in each[k]) for k in (0, 1)))
    if good:
        if unknown:
            raise DataError(
                f"{level.where} has {good[0]}/ beside {first_of(sorted(unknown))}, as a test has. For the "
                f"normals, {level.choice(good[0])}; known defective pictures go into bad/ beside {good[0]}/."
            )
        return Sides(level.names(good), level.names(bad))
    if bad and (unknown or not level.own):
        raise DataError(
            f"{level.where} has {first_of(sorted(bad))} and no folder that is called {GOOD}/ or similar. Call "
            f"that of the normal pictures so"
            + (f", or {level.choice(unknown[0])}." if unknown else ", or give a folder of normal pictures.")
        )
    if bad:
        return Sides((*level.own,), level.names(bad))
    below = {folder: _sides(level.inside(folder)) for folder in level.of(Role.UNKNOWN, Role.TEST)}
    known = {folder: found for folder, found in below.items() if found}
    if len(known) > 1:
        raise DataError(
            f"{level.where} holds several sets of pictures, {first_of(sorted(known))}. For one of them, "
            f"{level.choice(min(known))}."
        )
    return next(iter(known.values()), None)
