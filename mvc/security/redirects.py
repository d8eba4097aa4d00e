"""Redirect targets that come from a client: only a path of this site passes (sec:H11, feat:X10).

What counts is how a browser reads the target (WHATWG URL), not how RFC 3986 does: it drops TAB,
CR and LF anywhere, strips controls and blanks at the ends, and reads `\\` as `/`. Instead of
imitating that, every target that holds any of these is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mvc.requests import Request

_MAX_LENGTH = 2048  # characters (sec section 2)

# One leading slash that no second slash follows, then no blank, control or backslash.
_LOCAL_PATH = re.compile(r"/(?!/)[^\x00-\x20\x7f-\x9f\\\u2028\u2029]*")


def is_safe_redirect(target: str) -> bool:
    """Whether `target` is a path (with query and fragment) that cannot leave this origin."""
    return len(target) <= _MAX_LENGTH and _LOCAL_PATH.fullmatch(target) is not None


def safe_next(request: Request, default: str = "/") -> str:
    """Where to go after a login: the form's or query's `next` when it is safe, else `default`."""
    for source in (request.query, request.form):
        target = source.get("next", "")
        if target and is_safe_redirect(target):
            return str(target)
    return default
