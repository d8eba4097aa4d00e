"""What the `key` of a route may be: `max_concurrency` then counts for each of its values apart.

It is read on the server's own thread, before a thread or the body is spent (feat:V2): so it can be
only what the head and the connection tell, and nothing that a database knows. Which sessions there
are is such a thing: a client that makes up cookies has as many places as it likes by "session".
"""

from __future__ import annotations

from mvc.routing.pattern import Pattern
from mvc.suggestions import did_you_mean

# Kind -> whether a name follows, behind a dot.
KINDS = {"path": True, "query": True, "session": False, "address": False}
_WRITTEN = "'path.NAME', 'query.NAME', 'session' or 'address'"


def check_key(key: str | None, pattern: Pattern) -> None:
    """Raises ValueError, with what to write, when `key` means nothing for a route like this."""
    if key is None:
        return
    kind, dot, name = key.partition(".") if isinstance(key, str) else ("", "", "")
    if kind == "user":
        raise ValueError(
            f"key={key!r}: who the user is only the database knows, and this is decided before it "
            "is asked; take 'session' for one browser at a time, 'address' against floods, or lock "
            "the user's row in the controller with for_update()"
        )
    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS, f"take {_WRITTEN}")
        raise ValueError(f"key={key!r} is unknown: {hint}")
    if KINDS[kind] != bool(name) or bool(dot) != bool(name):
        raise ValueError(f"key={key!r}: take {_WRITTEN}")
    if kind == "path" and name not in pattern.names:
        otherwise = f"it has {', '.join(pattern.names) or 'none'}"
        hint = did_you_mean(name, pattern.names, otherwise)
        raise ValueError(f"key={key!r}: {pattern.text} has no parameter {name!r}: {hint}")
