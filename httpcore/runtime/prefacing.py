"""PREFACING: a proxy says who its client is, before the first request (http:X1, feat:S28).

Only where `proxy_protocol` is configured, and then every connection must begin so: a header that
some may send is one that anybody may forge. Everywhere else connections begin in READING, and
nothing here is ever called.
"""

import logging

from httpcore.protocol.proxyheader import LONGEST_V2, ProxyHeaderError, parse_proxy_header
from httpcore.protocol.states import Event
from httpcore.runtime.acceptor import Acceptor
from httpcore.runtime.connection import Connection
from httpcore.runtime.deadlines import NEVER
from httpcore.runtime.service import Service

logger = logging.getLogger("treadle.server")


class PrefaceReader:
    """Runs on the loop's thread."""

    def __init__(self, service: Service, acceptor: Acceptor) -> None:
        self._loop = service.loop
        self._timeouts = service.config.timeouts
        self._acceptor = acceptor

    def on_ready(self, connection: Connection) -> None:
        """Take what has arrived."""
        try:
            data = connection.sock.recv(LONGEST_V2)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if data:
            self._read(connection, data)
        elif connection.parser.buffered:
            self._refuse(connection, "the connection ended before it did")
        else:  # as health checks come and go
            self._loop.drop(connection)

    def on_deadline(self, connection: Connection) -> None:
        """It had as long as the head of a request has (sec:T1)."""
        self._refuse(connection, "it took too long to arrive")

    def _read(self, connection: Connection, data: bytes) -> None:
        parser, loop = connection.parser, self._loop
        parser.feed(data)
        data = parser.take_buffer()
        try:
            header = parse_proxy_header(data)
        except ProxyHeaderError as error:
            self._refuse(connection, str(error))
            return
        if header is None:
            parser.feed(data)
            if connection.head_deadline == NEVER:
                connection.head_deadline = loop.now + self._timeouts.head
            loop.deadlines.set(connection, connection.head_deadline)
            return
        if header.source is not None and not self._acceptor.introduce(connection, header.source):
            loop.drop(connection)
            return
        parser.feed(data[header.size :])
        connection.head_deadline = NEVER
        connection.idle_since = loop.now
        loop.move(connection, Event.PREFACE_READ)

    def _refuse(self, connection: Connection, reason: str) -> None:
        host, port = connection.peer.remote
        self._acceptor.note_rejected("preface", f"no PROXY header from {host}:{port}: {reason}")
        self._loop.drop(connection)
