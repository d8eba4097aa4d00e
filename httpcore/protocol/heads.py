"""From a well-formed request-line and field block to a `RequestHead`: what the parts mean.

The form is already proved (see `parser`), so everything here may search and slice freely.
"""

import re

from httpcore.errors import ProtocolError
from httpcore.head import RequestHead
from httpcore.protocol.authority import is_authority
from httpcore.protocol.fields import field_values, list_elements, without_fields
from httpcore.protocol.framing import body_framing
from httpcore.protocol.targets import parse_target

# Fields that `Connection` cannot take away from the application, however it names them: they are
# meant for the final recipient and decide routing and framing (RFC 9110 section 7.6.1). `Upgrade`
# is hop-by-hop but the endpoint it is meant for has to see it.
_NEVER_HIDDEN = frozenset(
    {b"close", b"keep-alive", b"upgrade", b"host", b"content-length", b"transfer-encoding"}
)
# Fields beyond the framing ones whose repetition is an attack, not an oversight (http:F4).
_ONCE_ONLY = (b"\nauthorization:", b"\ncontent-type:")


def build_head(request_line: re.Match[bytes], block: bytes) -> RequestHead:
    """The head of a request. Raises ProtocolError 400, 417, 501 or 505."""
    method = request_line[1].decode("ascii")
    target = request_line[2].decode("ascii")
    if request_line[3] != b"1":
        status = 505 if request_line[3] != b"0" else 400
        raise ProtocolError(status, "Only HTTP/1.0 and HTTP/1.1 are spoken here.")
    minor_version = 0 if request_line[4] == b"0" else 1
    raw_path, path, query_string, authority = parse_target(method, target)

    lower_block = b"\n" + block.lower()
    host = _host(lower_block, minor_version)
    chunked, content_length = body_framing(lower_block, minor_version)
    for needle in _ONCE_ONLY:
        if lower_block.count(needle) > 1:
            raise ProtocolError(400, f"{needle[1:-1].decode().title()} must not be repeated.")
    options = list_elements(field_values(lower_block, b"\nconnection:"))
    has_body = chunked or bool(content_length)
    if authority:
        block, host = _with_host(block, authority), authority
    return RequestHead(
        method=method,
        target=target,
        raw_path=raw_path,
        path=path,
        query_string=query_string,
        minor_version=minor_version,
        host=host,
        keep_alive=_is_persistent(options, minor_version),
        content_length=content_length,
        chunked=chunked,
        expect_continue=_expects_continue(lower_block, minor_version) and has_body,
        upgrade=_upgrade(lower_block, options, minor_version),
        field_block=_end_to_end(block, options),
    )


def _host(lower_block: bytes, minor_version: int) -> str:
    """The Host field by http:F3; "" when HTTP/1.0 has none."""
    values = field_values(lower_block, b"\nhost:")
    if len(values) > 1:
        raise ProtocolError(400, "Host must not be repeated.")
    if not values:
        if minor_version:
            raise ProtocolError(400, "HTTP/1.1 needs a Host field.")
        return ""
    host = values[0].decode("latin-1")
    if not is_authority(host):
        raise ProtocolError(400, "Host is no `host` or `host:port`.")
    return host


def _with_host(block: bytes, authority: str) -> bytes:
    """The block with the target's authority in place of Host (RFC 9112 section 3.2.2)."""
    others, _ = without_fields(block, lambda name: name == b"host")
    return b"Host: " + authority.encode("ascii") + b"\r\n" + others


def _is_persistent(options: list[bytes], minor_version: int) -> bool:
    """http:C1."""
    if b"close" in options:
        return False
    return minor_version == 1 or b"keep-alive" in options


def _expects_continue(lower_block: bytes, minor_version: int) -> bool:
    """http:C5; ignored on HTTP/1.0. Raises ProtocolError 417 for any other expectation."""
    values = field_values(lower_block, b"\nexpect:")
    if not values or minor_version == 0:
        return False
    if any(value != b"100-continue" for value in list_elements(values)):
        raise ProtocolError(417, "The only expectation understood is `100-continue`.")
    return True


def _upgrade(lower_block: bytes, options: list[bytes], minor_version: int) -> str:
    """http:C6; an Upgrade that Connection does not name is for nobody (RFC 9110 section 7.8)."""
    if b"upgrade" not in options or minor_version == 0:
        return ""
    return b", ".join(field_values(lower_block, b"\nupgrade:")).decode("latin-1")


def _end_to_end(block: bytes, options: list[bytes]) -> bytes:
    """The block without the fields that Connection declares hop-by-hop (http:C8)."""
    hidden = set(options) - _NEVER_HIDDEN
    if not hidden:
        return block
    return without_fields(block, hidden.__contains__)[0]
