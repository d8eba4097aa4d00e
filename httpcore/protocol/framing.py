"""Where a request's body ends: RFC 9112 section 6.3 with every leniency removed (http:M1, M2).

In order:

1. Transfer-Encoding together with Content-Length: 400, the classic smuggling pair.
2. Transfer-Encoding on HTTP/1.0, which has none: 400.
3. Transfer-Encoding, all lines read as one list: exactly `chunked` frames the body; other
   well-formed codings in front of a single final `chunked`: 501; anything else: 400.
4. Content-Length: one field of 1-18 digits, else 400. A list of equal values is a list.
5. Neither: no body, whatever the method (http:M5).
"""

from httpcore.errors import ProtocolError
from httpcore.protocol.fields import ControlFields, list_elements
from httpcore.protocol.grammar import CONTENT_LENGTH, TOKEN


def body_framing(fields: ControlFields, minor_version: int) -> tuple[bool, int | None]:
    """(chunked, content_length) of a request. Raises ProtocolError 400 or 501."""
    length = fields.get(b"content-length")
    codings = fields.get(b"transfer-encoding")
    if codings is not None:
        if length is not None:
            raise ProtocolError(400, "Content-Length and Transfer-Encoding exclude each other.")
        if minor_version == 0:
            raise ProtocolError(400, "HTTP/1.0 has no Transfer-Encoding.")
        _check_codings(list_elements(codings))
        return True, None
    if length is not None:
        return False, _content_length(length.strip(b" \t"))
    return False, None


def _check_codings(codings: list[bytes]) -> None:
    if codings == [b"chunked"]:
        return
    *others, last = codings
    well_formed = all(TOKEN.fullmatch(coding) for coding in others)
    if last != b"chunked" or b"chunked" in others or not well_formed:
        raise ProtocolError(400, "Transfer-Encoding must be exactly `chunked`.")
    raise ProtocolError(501, "The only transfer coding understood is `chunked`.")


def _content_length(value: bytes) -> int:
    if not CONTENT_LENGTH.fullmatch(value):
        raise ProtocolError(400, "Content-Length must be 1 to 18 digits.")
    return int(value)
