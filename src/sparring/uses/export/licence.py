"""Identifiers of licences, for model cards. Without torch."""

from __future__ import annotations

import re

from sparring.errors import ConfigError, quoted

UNSTATED = "unknown"  # the licence of a card whose author names none
LICENCE = re.compile("[a-z0-9][a-z0-9.+-]{0,63}")


def check_licence(licence: str) -> str:
    """The identifier of a licence in small letters, as the hub has them.

    Raises:
        ConfigError: what is accepted.
    """
    small = licence.lower() if isinstance(licence, str) else ""
    if not LICENCE.fullmatch(small):
        raise ConfigError(
            f"licence {quoted(licence)}: expected an identifier, such as apache-2.0, cc-by-4.0, other or "
            "unknown."
        )
    return small
