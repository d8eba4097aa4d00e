"""Faults of a request, each with the answer it deserves (RFC 9110 section 15, `http` rules).

Whoever finds the fault raises one of these; the edge that owns the connection renders it once.
"""

from httpcore.phrases import reason_phrase


class HTTPError(Exception):
    """A request that is answered with an error status.

    status: the status code, 400-599.
    detail: one short sentence for the client: what was wrong. It never echoes secrets.
    headers: extra response fields, such as `Allow` or `Retry-After`.
    """

    def __init__(
        self,
        status: int,
        detail: str = "",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.status = status
        self.detail = detail or reason_phrase(status)
        self.headers = headers
        super().__init__(f"{status} {self.detail}")


class ProtocolError(HTTPError):
    """The bytes on the connection are no request we accept.

    After it no later byte of the connection is read as a request (`http` preamble): the answer
    carries `Connection: close` and the connection ends in stages.
    """


class ClientDisconnected(ConnectionError):
    """The peer went away, or was too slow, while its request body was read or its answer sent."""


class Declined(ClientDisconnected):
    """Raised by an endpoint that will not say a word: no status, no fields, no body (feat:S25).

    The connection is closed, and the access log has the status 444.
    """
