"""How many packages `pip install sparring` brings, and their size on the disk; and what each extra adds.

    python benchmarks/dependencies.py

The packages are looked up in the environment that runs this, with the versions that stand there; the size of
sparring itself is that of its files in git, now and at BEFORE.
"""

from __future__ import annotations

import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from common import load, save

ROOT = Path(__file__).parents[1]
BEFORE = "fb8ca25^"  # before there were doors: --log, export, serve, notebooks
ALONE = "torch"  # what is far larger than all others


def closure(requirements: list[str]) -> set[str]:
    """The names of all installed packages that these need, with theirs.

    Raises:
        PackageNotFoundError: one is not installed.
    """
    found: set[str] = set()
    wanted = [(Requirement(text), "") for text in requirements]
    while wanted:
        requirement, extra = wanted.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        package = distribution(requirement.name)
        name = package.metadata["Name"].lower().replace("_", "-")
        extras = ("", *requirement.extras) if name not in found else tuple(requirement.extras)
        found.add(name)
        wanted += [(Requirement(text), each) for each in extras for text in package.requires or ()]
    return found


def size(name: str) -> int:
    """Bytes of the files of a package."""
    files = distribution(name).files or ()
    return sum(path.stat().st_size for path in map(Path, (file.locate() for file in files)) if path.is_file())


def of_project(text: str) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads(text)["project"]
    return project


def in_git(commit: str) -> tuple[dict[str, Any], int]:
    """The project of a commit, and the bytes of its package."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(ROOT), *words], check=True, capture_output=True, text=True
        ).stdout

    lines = git("ls-tree", "-r", "-l", commit, "src/sparring").splitlines()
    return of_project(git("show", f"{commit}:pyproject.toml")), sum(int(line.split()[3]) for line in lines)


def weighed(names: set[str]) -> dict[str, Any]:
    return {
        "packages": len(names),
        "megabytes": round(sum(map(size, names)) / 1e6, 1),
        "megabytes_without_torch": round(sum(size(name) for name in names if name != ALONE) / 1e6, 1),
    }


def main() -> None:
    found: dict[str, Any] = {}
    for when, commit in (("before", BEFORE), ("now", "HEAD")):
        project, own = in_git(commit)
        found[when] = weighed(closure(project["dependencies"])) | {"own_megabytes": round(own / 1e6, 1)}
    core = closure(project["dependencies"])
    found["extras"] = {}
    for extra, requirements in project["optional-dependencies"].items():
        try:
            more = closure(requirements) - core
        except PackageNotFoundError:
            continue  # it is not installed here
        found["extras"][extra] = {"packages": len(more), "megabytes": round(sum(map(size, more)) / 1e6, 1)}
    save("dependencies", found | {"torch": distribution(ALONE).version, "list": sorted(core)})
    print(found)


def table() -> str:
    """The section of docs/benchmarks.md."""
    facts = load("dependencies")
    lines = [
        "## What an installation brings\n",
        "`benchmarks/dependencies.py`: packages that `pip install sparring` brings, before and after logging,",
        "export, a server and notebooks came, and what each extra adds. On the disk, with torch "
        f"{facts['torch']}",
        "for processors. Extras that are not here were not installed where this was counted.\n",
        "| | packages | MB | without torch | sparring itself |",
        "|---|---|---|---|---|",
    ]
    for when in ("before", "now"):
        row = facts[when]
        lines.append(
            f"| {when} | {row['packages']} | {row['megabytes']:,.0f} | {row['megabytes_without_torch']:,.0f} "
            f"| {row['own_megabytes']:.1f} |"
        )
    lines += ["\n| extra | packages more | MB more |", "|---|---|---|"]
    lines += [
        f"| `{name}` | {row['packages']} | {row['megabytes']:,.0f} |" for name, row in facts["extras"].items()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
