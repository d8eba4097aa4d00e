"""How many requests each client of a trusted proxy has in progress (sec:T6).

A proxy's connections carry many clients' requests, so they are exempt from the limit of connections
for each address. Here the addresses that proxies name are counted instead: one of them may have as
many requests in progress as an address may have connections. The next one is answered 429, which
tells a proxy that this client is the trouble; of a 503 it would think that we are.

To learn whom a proxy names takes several times as long as the rest of a head. But nobody can have
more requests in progress than all clients together have. So nothing is looked at until these are
more than one address may have; then all that are in progress are, once each.
"""

from collections import Counter
from collections.abc import Callable

from httpcore.errors import HTTPError
from httpcore.head import RequestHead
from httpcore.runtime.acceptor import Acceptor
from httpcore.runtime.connection import Connection
from httpcore.runtime.deadlines import NEVER
from httpcore.runtime.handling import Responder
from httpcore.runtime.intake import Intake
from httpcore.runtime.lanes import Lanes
from httpcore.runtime.refusals import Refuser
from httpcore.runtime.service import Service

# The address of a request's client, of that of its peer and the block of its fields; never raises.
ClientOf = Callable[[str, bytes], str]

RETRY_AFTER = "1"  # seconds


class ForwardedRequests:
    """Runs on the loop's thread.

    client_of: whom a proxy names. key_of: what an address is counted as, None when it is exempt.
    most: requests in progress that one address may have.
    """

    def __init__(
        self, client_of: ClientOf, key_of: Callable[[str], bytes | None], most: int
    ) -> None:
        self._client_of = client_of
        self._key_of = key_of
        self._most = most
        self._unknown: dict[Connection, RequestHead] = {}
        self._keys: dict[Connection, bytes | None] = {}
        self._counts: Counter[bytes] = Counter()

    def begin(self, connection: Connection, head: RequestHead) -> bool:
        """Count a request; False when it is one too many. `end` is due in either case."""
        self._unknown[connection] = head
        if len(self._unknown) + len(self._keys) <= self._most:
            return True
        while self._unknown:
            self._identify(*self._unknown.popitem())
        key = self._keys[connection]
        return key is None or self._counts[key] <= self._most

    def end(self, connection: Connection) -> None:
        """Its request, if it has one, is in progress no more."""
        self._unknown.pop(connection, None)
        key = self._keys.pop(connection, None)
        if key is not None:
            self._counts[key] -= 1
            if not self._counts[key]:
                del self._counts[key]

    def _identify(self, connection: Connection, head: RequestHead) -> None:
        client = self._client_of(connection.peer.remote[0], head.field_block)
        key = self._keys[connection] = self._key_of(client)
        if key is not None:
            self._counts[key] += 1


class ProxiedIntake(Intake):
    """The intake of a server with trusted proxies; others do not pay for a look at each head."""

    def __init__(
        self,
        service: Service,
        acceptor: Acceptor,
        responder: Responder,
        refuser: Refuser,
        lanes: Lanes,
        forwarded: ForwardedRequests,
    ) -> None:
        super().__init__(service, acceptor, responder, refuser, lanes)
        self._forwarded = forwarded

    def on_enter(self, connection: Connection) -> None:
        """READING again: an answered request is over."""
        if connection.answer is not None:
            self._forwarded.end(connection)
        super().on_enter(connection)

    def _on_head(self, connection: Connection, head: RequestHead) -> None:
        # Whoever is counted by connections has a key; a proxy has none.
        if connection.address_key is None and not self._forwarded.begin(connection, head):
            connection.head = head
            connection.head_deadline = NEVER
            self._refuse(connection, _too_many())
        else:
            super()._on_head(connection, head)


def _too_many() -> HTTPError:
    return HTTPError(
        429, "too many requests of this client are in progress", (("Retry-After", RETRY_AFTER),)
    )
