"""Heads that have come before, by their bytes.

Clients repeat themselves: a program polls an address, a page asks for its pictures again, a
balancer for its health check, each time in the same bytes. What the bytes mean was decided when
they came first, and the verdict on a request is a function of its bytes alone (`parser`). So a copy
of that head is made, which takes a fifth of reading it.

Nobody can fill the memory with it (sec:P9). A head is kept when it comes for the second time; of
the first time one number in a table of fixed size is left, which the next one may overwrite. What
is kept is bounded in bytes, and forgotten all at once at the bound: then each is read once more.

Only heads that arrived whole and alone, without a body to follow, are kept: then the bytes received
are the key as they are.
"""

from httpcore.head import RequestHead

MAX_SIZE = 2048  # bytes of a head; larger ones are rare
MAX_BYTES = 128 * 1024  # of all heads kept; with what was read from them some four times that
_OVERHEAD = 256  # bytes that a head without fields counts
_REMEMBERED = 1024  # heads that came once


class KnownHeads:
    """Shared by the parsers of a server. Looking up takes no lock: what is found never changes."""

    def __init__(self) -> None:
        self._heads: dict[bytes, RequestHead] = {}
        self._used = 0
        self._came_once = [0] * _REMEMBERED
        self.get = self._heads.get

    def note(self, data: bytes, head: RequestHead) -> None:
        """`data` has come and meant `head`: keep that when it is for the second time."""
        if len(data) > MAX_SIZE or head.has_body or head.expect_continue:
            return
        number = hash(data)
        place = number % _REMEMBERED
        if self._came_once[place] != number:
            self._came_once[place] = number
            return
        cost = len(data) + _OVERHEAD
        if self._used + cost > MAX_BYTES:
            self._heads.clear()
            self._used = 0
        self._used += cost
        head.source = data
        self._heads[data] = head.again()
