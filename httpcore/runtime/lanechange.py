"""What the server tells whoever wants to know that a route has moved to another lane."""

from typing import NamedTuple


class LaneChange(NamedTuple):
    """endpoint: its name; lane: "inline" or "pool", where it runs from now on; reason: in words."""

    endpoint: str
    lane: str
    reason: str
