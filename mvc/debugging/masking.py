"""Keeping secrets out of the debug page: by the name they have and by their value (sec:A8, A9)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from mvc.config import Settings

MASK = "••••••••"
_MIN_VALUE = 4  # characters; replacing shorter values would shred the page and hide little

_SECRET_NAME = re.compile(
    r"passw|secret|token|key|auth|cookie|session|csrf|credential|dsn|signature|database_url",
    re.IGNORECASE,
)
# A literal given to a name that says it is secret, in a line of source or of a message.
_SECRET_LITERAL = re.compile(
    r"""(?ix) (?P<name>\w*(?:passw|secret|token|api_?key|credential)\w*["']?\s*[=:]\s*[bruf]*)
        (?P<quote>["'])(?P<value>[^"']*)(?P=quote)"""
)


def is_secret_name(name: str) -> bool:
    """Whether a value under this name is not for showing."""
    return _SECRET_NAME.search(name) is not None


class Masker:
    """Replaces the given values, and literals assigned to secret names, in any text."""

    def __init__(self, values: Iterable[str]) -> None:
        known = {value for value in values if len(value) >= _MIN_VALUE}
        # Longest first, so that no part of a longer secret is left over.
        parts = sorted(map(re.escape, known), key=len, reverse=True)
        self._known = re.compile("|".join(parts)) if parts else None

    def text(self, text: str) -> str:
        """`text` without secrets."""
        masked = self._known.sub(MASK, text) if self._known else text
        return _SECRET_LITERAL.sub(rf"\g<name>\g<quote>{MASK}\g<quote>", masked)

    def pairs(self, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """The pairs, values under secret names replaced whole."""
        return [
            (name, MASK if is_secret_name(name) else self.text(str(value))) for name, value in pairs
        ]


def secrets_of(settings: Settings) -> list[str]:
    """The secret values of a configuration."""
    return [settings.secret_key, urlsplit(settings.database_url).password or ""]
