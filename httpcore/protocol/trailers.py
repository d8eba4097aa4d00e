"""Fields behind the body of a response (RFC 9110 section 6.5, RFC 9112 section 7.1.2).

They are for what is known only when the body is made: a digest, a count, how it ended. Their names
are announced in the head. Whatever decides how a message is framed, routed, cached or understood
must stand in front of the body, where everybody looks; such names are refused.
"""

from collections.abc import Callable, Mapping

from httpcore.head import RequestHead
from httpcore.headers import Headers
from httpcore.protocol.chunked import FORBIDDEN_TRAILERS

# A field's name, and what gives its value when the body is whole.
Trailers = Mapping[str, Callable[[], str]]

FORBIDDEN_IN_RESPONSES = FORBIDDEN_TRAILERS | {
    "age",
    "cache-control",
    "connection",
    "content-disposition",
    "content-language",
    "content-location",
    "content-security-policy",
    "date",
    "expires",
    "keep-alive",
    "location",
    "pragma",
    "proxy-authenticate",
    "retry-after",
    "strict-transport-security",
    "te",
    "trailer",
    "upgrade",
    "vary",
    "warning",
    "www-authenticate",
}


def check_names(trailers: Trailers) -> None:
    """Raises ValueError for a name that is none, or that may not stand behind a body."""
    names = Headers([(name, "") for name in trailers]).lower_names()
    forbidden = FORBIDDEN_IN_RESPONSES.intersection(names)
    if forbidden:
        raise ValueError(
            f"{', '.join(sorted(forbidden))} cannot be a trailer: set it in the response's headers"
        )


def are_wanted(head: RequestHead) -> bool:
    """Whether the client takes trailers (RFC 9110 section 10.1.4)."""
    elements = head.headers.get("TE", "").split(",")
    return any(element.strip(" \t").lower() == "trailers" for element in elements)


def announce(head: bytes, trailers: Trailers) -> bytes:
    """The head of a response with the names of what will follow its body."""
    return b"%bTrailer: %b\r\n\r\n" % (head[:-2], ", ".join(trailers).encode("ascii"))


def last_chunk(trailers: Trailers) -> bytes:
    """The end of a chunked body. Runs user code; raises what that raises, and ValueError."""
    fields = Headers([(name, value()) for name, value in trailers.items()])
    return b"0\r\n%b\r\n" % fields.encoded()
