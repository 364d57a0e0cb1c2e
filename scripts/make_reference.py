"""Write docs/reference/ from the tables in the code: options, recipes, logged names, the doctor's rules.

python scripts/make_reference.py
"""

from __future__ import annotations

from pathlib import Path

from sparring.config.groups import GROUP_OF, GROUPS, OPTIONS
from sparring.config.option import written
from sparring.config.recipes import RECIPES
from sparring.doctor.rules import RULES
from sparring.doctor.signals import DERIVED
from sparring.doctor.stories import bounds, remedy
from sparring.history.record import LOGGED
from sparring.kinds import KINDS

FOLDER = Path(__file__).parents[1] / "docs/reference"


def options_page() -> str:
    lines = [
        "# Options\n\nEvery option of `sparring train`, of a TOML file given with `--config`, and of",
        "`sparring.GAN(...)`. On the command line `g_lr` is `--g-lr`; a yes-or-no option has a `--no-` form.",
        "`none` is None in Python. Headings are the tables of the file, which has a run's `config.toml` for an",
        "example; on the command line and in Python options need no table.",
    ]
    group = None
    for name, field in OPTIONS.items():
        meta = field.metadata
        if GROUP_OF[name] != group:
            group = GROUP_OF[name]
            heading = f"\n## [{group}]\n\n{GROUPS[group].__doc__}\n" if group else "\n## Above all tables\n"
            lines += [heading, "| option | default | meaning |", "|---|---|---|"]
        choices = f" ({', '.join(meta['choices'])})" if meta["choices"] else ""
        text = (meta["help"] + choices).replace("|", "\\|").replace("*", "\\*")
        lines.append(f"| `{name}` | `{written(field.default)}` | {text} |")
    return "\n".join(lines) + "\n"


def recipes_page() -> str:
    lines = [
        "# Recipes\n\nA recipe contains only the options that differ from the defaults of the "
        "[options](options.md)."
    ]
    for name, changes in RECIPES.items():
        lines += [f"\n## {name}\n", "| option | value |", "|---|---|"]
        lines += [f"| `{option}` | `{value}` |" for option, value in changes.items()]
    return "\n".join(lines) + "\n"


def logged_page() -> str:
    lines = [
        "# Logged names\n\nWhat each name in `history.jsonl` means. Values are means over the steps since the",
        "line before, gradients those of the line's own step. The healthy ranges are for the logistic games",
        "(non-saturating, minimax); scores of other games are on their own scale.\n",
        "| name | unit | healthy | meaning |",
        "|---|---|---|---|",
    ]
    of_kinds = {name: measure.logged for kind in KINDS.values() for name, measure in kind.measures.items()}
    lines += [
        f"| `{name}` | {row.unit} | {row.healthy} | {row.meaning.replace('|', chr(92) + '|')} |"
        for name, row in (LOGGED | of_kinds).items()
    ]
    return "\n".join(lines) + "\n"


def doctor_page() -> str:
    lines = [
        "# What the doctor knows\n\nThe rules of `sparring doctor`, in the order in which they are read:",
        "causes before effects. A rule holds when all its signs are within their bounds at so many records",
        "in a row, and not before its first step. [Logged names](logged.md) explains the signs; the last",
        "table those that follow from them.",
    ]
    for rule in RULES:
        lines += [f"\n## {rule.name}\n", f"{rule.title[0].upper()}{rule.title[1:]}. {rule.why}\n"]
        lines += [f"- sign: {bounds(sign)}" for sign in rule.signs]
        only = f", in the games {', '.join(rule.losses)}" if rule.losses else ""
        only += f", in histories without `{rule.lacking}`" if rule.lacking else ""
        lines.append(f"- at {rule.checks} records in a row, from step {rule.grace} on{only}")
        lines.append(
            f"- confidence {rule.confidence}" + ("; to continue is a waste of time" if rule.stop else "")
        )
        lines += [f"- cure: {remedy(cure)}" for cure in rule.cures]
    lines += ["\n## Signs that follow from logged names\n", "| sign | healthy | meaning |", "|---|---|---|"]
    lines += [f"| `{name}` | {row.healthy} | {row.meaning} |" for name, row in DERIVED.items()]
    return "\n".join(lines) + "\n"


PAGES = {
    "options.md": options_page,
    "recipes.md": recipes_page,
    "logged.md": logged_page,
    "doctor.md": doctor_page,
}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
