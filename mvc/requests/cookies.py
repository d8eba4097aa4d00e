"""The Cookie field (RFC 6265 section 5.4), read tolerantly: one bad pair never costs the rest."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from httpcore import Counter
from mvc.tokens import is_token

MAX_COOKIES = 200  # pairs looked at, the rest ignored (sec:P15); browsers keep about 180 a site
# Pairs that were none: no name, a bad one, or no "=".
bad_cookies = Counter("bad_cookies")


def parse_cookies(fields: Iterable[str]) -> MappingProxyType[str, str]:
    """Names and values of all Cookie fields. The first of equal names wins, as it is the one with
    the most specific path. Pairs without a valid name are skipped and counted (sec:P15)."""
    cookies: dict[str, str] = {}
    bad = 0
    pairs = ";".join(fields).split(";", MAX_COOKIES)[:MAX_COOKIES]
    for pair in pairs:
        name, equals, value = pair.partition("=")
        name = name.strip(" \t")
        if equals and is_token(name):
            cookies.setdefault(name, _unquoted(value.strip(" \t")))
        elif name or equals:
            bad += 1
    if bad:
        bad_cookies.rise(bad)
    return MappingProxyType(cookies)


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return value[1:-1]
    return value
