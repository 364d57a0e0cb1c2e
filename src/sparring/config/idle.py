"""Refuse options that do nothing, or that cannot be used with the others."""

from __future__ import annotations

from collections.abc import Collection

from sparring.config.groups import OPTIONS, Config
from sparring.config.option import NONE, OFF, flag, written
from sparring.errors import ConfigError


def check_needs(config: Config, changed: Collection[str] = (), usual: Config | None = None) -> None:
    """Refuse an option that does not work with the others, or that the user sets and that does nothing.

    Args:
        changed: the options that the user has set. A value that is the default, or that of ``usual``, the
            config of the recipe, is accepted.

    Raises:
        ConfigError: an option lacks what it needs.
    """
    values, usually = config.flat(), (usual or Config()).flat()
    for name, declared in OPTIONS.items():
        value, meta = values[name], declared.metadata
        if value in OFF:
            continue
        chosen = name in changed and value not in (declared.default, usually[name])
        demands, needs = (
            [need.what for need in meta[sort] if not need.there(config)] for sort in ("demands", "needs")
        )
        if demands or (chosen and needs):
            off = NONE if NONE in meta["choices"] else written(declared.default)
            advice = f"Use {flag('no_' + name)}" if off is False else f"Use {flag(name)} {off}"
            without = "cannot be used" if demands else "would do nothing"
            given = f"({name}=True)" if value is True else f"({name}) {value}"
            raise ConfigError(
                f"{flag(name)} {given} {without}: it needs {' and '.join(demands + needs * chosen)}. "
                f"{'Leave it out' if chosen else advice}, or give what it needs."
            )
