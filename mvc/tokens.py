"""Tokens of HTTP: the names of fields, methods, parameters and cookies."""

from __future__ import annotations

import re

# token = 1*tchar (RFC 9110 section 5.6.2); possessive, so linear wherever it is built in.
TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"

_TOKEN = re.compile(TOKEN)


def is_token(text: str) -> bool:
    return _TOKEN.fullmatch(text) is not None
