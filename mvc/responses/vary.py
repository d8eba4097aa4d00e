"""The Vary field (RFC 9110 section 12.5.5)."""

from __future__ import annotations

from httpcore import Headers


def add_vary(headers: Headers, *names: str) -> None:
    """Say that the answer depends on these request fields; names already there, or `*`, stay."""
    present = [name.strip(" \t") for name in headers.get("Vary", "").split(",")]
    known = {name.lower() for name in present}
    fresh = [name for name in names if name.lower() not in known]
    if fresh and "*" not in known:
        headers["Vary"] = ", ".join([name for name in present if name] + fresh)
