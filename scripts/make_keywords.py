"""Writes src/sparring/config/keywords.py, by which editors complete and check the options of GAN.

python scripts/make_keywords.py, whenever an option is added, changed or taken away.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

from sparring.config.choices import BUDGETS, NETWORKS
from sparring.config.groups import OPTIONS

PATH = Path(__file__).parents[1] / "src/sparring/config/keywords.py"
COLUMNS = 108
PARAMETERS = ("recipe", "data", "generator", "discriminator")  # of GAN and fit, which are not among them
HEAD = '''"""What GAN and fit take by name, for editors; written by scripts/make_keywords.py."""

from __future__ import annotations

from typing import Literal, TypedDict
'''


def quoted(text: str) -> str:
    return f'"{text}"'


def declared(name: str) -> str:
    """The line of an option with its type, and what it is after it."""
    option = OPTIONS[name]
    kind = str(option.type)
    if choices := option.metadata["choices"]:
        kind = f"Literal[{', '.join(map(quoted, choices))}]"
    if name == "size":
        kind = "str | int"
    words = option.metadata["help"][0].upper() + option.metadata["help"][1:]
    said = f'"""{words}."""'
    if len(said) > COLUMNS:
        said = "\n    ".join([*textwrap.wrap(f'"""{words}.', COLUMNS), '"""'])
    return f"    {name}: {kind}\n    {said}\n"


def table(name: str, base: str, about: str, options: list[str]) -> str:
    """A class of options."""
    lines = "".join(map(declared, options))
    return f'\n\nclass {name}({base}, total=False):\n    """{about}"""\n\n{lines}'


def page() -> str:
    """The whole file."""
    options = [name for name in OPTIONS if name not in (*PARAMETERS, *BUDGETS)]
    networks = f"\nNetworkName = Literal[\n    {', '.join(map(quoted, NETWORKS))}\n]\n"
    return (
        HEAD
        + networks
        + table(
            "BudgetOptions", "TypedDict", "How long to train; the first limit that is reached.", list(BUDGETS)
        )
        + table("Options", "BudgetOptions", "Every option of a training.", options)
    )


if __name__ == "__main__":
    PATH.write_text(page(), "utf-8")
