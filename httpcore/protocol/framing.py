"""Where a request's body ends: RFC 9112 section 6.3 with every leniency removed (http:M1, M2).

In order:

1. Transfer-Encoding together with Content-Length: 400, the classic smuggling pair.
2. Transfer-Encoding on HTTP/1.0, which has none: 400.
3. Transfer-Encoding, all lines read as one list: exactly `chunked` frames the body; another
   well-formed coding in front of a single final `chunked`: 501; anything else: 400.
4. Content-Length: one field of 1-18 digits, else 400. A list of equal values is a list.
5. Neither: no body, whatever the method (http:M5).
"""

from httpcore.errors import ProtocolError
from httpcore.protocol.fields import field_values, list_elements
from httpcore.protocol.grammar import CONTENT_LENGTH, TOKEN


def body_framing(lower_block: bytes, minor_version: int) -> tuple[bool, int | None]:
    """(chunked, content_length) of a request. Raises ProtocolError 400 or 501."""
    lengths = field_values(lower_block, b"\ncontent-length:")
    codings = field_values(lower_block, b"\ntransfer-encoding:")
    if codings:
        if lengths:
            raise ProtocolError(400, "Content-Length and Transfer-Encoding exclude each other.")
        if minor_version == 0:
            raise ProtocolError(400, "HTTP/1.0 has no Transfer-Encoding.")
        _check_codings(list_elements(codings))
        return True, None
    if lengths:
        return False, _content_length(lengths)
    return False, None


def _check_codings(codings: list[bytes]) -> None:
    if codings == [b"chunked"]:
        return
    *others, last = codings
    well_formed = all(TOKEN.fullmatch(coding) for coding in others)
    if last != b"chunked" or b"chunked" in others or not well_formed:
        raise ProtocolError(400, "Transfer-Encoding must be exactly `chunked`.")
    raise ProtocolError(501, "The only transfer coding understood is `chunked`.")


def _content_length(values: list[bytes]) -> int:
    if len(values) > 1 or not CONTENT_LENGTH.fullmatch(values[0]):
        raise ProtocolError(400, "Content-Length must be one field of 1 to 18 digits.")
    return int(values[0])
