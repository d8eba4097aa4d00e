"""From a well-formed request-line and field block to a `RequestHead`: what the parts mean.

The form is already proved (see `parser`), so everything here may search and slice freely. Each
rule first asks whether its field is there at all: in most requests it is not.
"""

from httpcore.errors import ProtocolError
from httpcore.head import RequestHead
from httpcore.protocol.authority import is_authority
from httpcore.protocol.fields import ControlFields, list_elements, without_fields
from httpcore.protocol.framing import body_framing
from httpcore.protocol.targets import Target

# Options of Connection that hide no field. The last ones are fields, but meant for the final
# recipient, because they decide routing and framing (RFC 9110 section 7.6.1); `Upgrade` and
# `TE` are hop-by-hop, but those they are meant for, endpoint and server, have to see them.
_HIDE_NOTHING = frozenset(
    {b"close", b"keep-alive", b"upgrade", b"te", b"host", b"content-length", b"transfer-encoding"}
)


def build_head(
    method: bytes,
    target: Target,
    minor_version: int,
    fields: ControlFields,
    host: str,
    block: bytes,
) -> RequestHead:
    """The head of a request. Raises ProtocolError 400, 417 or 501.

    target: taken apart by `targets`. fields, host: by `control_fields` and `host_of`, unless it is
    known already what they would say. block: the field lines.
    """
    text, raw_path, path, query_string, authority = target
    if authority:
        host, block = authority, _with_host(block, authority)
    chunked, content_length = body_framing(fields, minor_version)
    keep_alive, upgrade = minor_version == 1, ""
    connection = fields.get(b"connection")
    # What browsers say means nothing in HTTP/1.1, and reading it as a list costs 0.7 us.
    if connection is not None and not (connection == b"keep-alive" and keep_alive):
        options = list_elements(connection)
        keep_alive = _is_persistent(options, minor_version)
        upgrade = _upgrade(fields, options, minor_version)
        block = _end_to_end(block, options)
    expect_continue = (
        b"expect" in fields
        and _expects_continue(fields[b"expect"], minor_version)
        and (chunked or bool(content_length))
    )
    return RequestHead(
        method.decode("ascii"),
        text,
        raw_path,
        path,
        query_string,
        minor_version,
        host,
        keep_alive,
        block,
        content_length,
        chunked,
        expect_continue,
        upgrade,
    )


def spoken_version(major: bytes, minor: bytes) -> int:
    """The version of a request-line as 0 or 1; 1.2 and later are spoken as 1.1 (http:L3).

    Raises ProtocolError 400 or 505 for another major version.
    """
    if major != b"1":
        status = 400 if major == b"0" else 505
        raise ProtocolError(status, "Only HTTP/1.0 and HTTP/1.1 are spoken here.")
    return 0 if minor == b"0" else 1


def host_of(fields: ControlFields, minor_version: int) -> str:
    """The Host field by http:F3, in lower case; "" when HTTP/1.0 has none."""
    value = fields.get(b"host")
    if value is None:
        if minor_version:
            raise ProtocolError(400, "HTTP/1.1 needs a Host field.")
        return ""
    host = value.strip(b" \t").decode("latin-1")
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


def _expects_continue(value: bytes, minor_version: int) -> bool:
    """http:C5; ignored on HTTP/1.0. Raises ProtocolError 417 for any other expectation."""
    if minor_version == 0:
        return False
    # Empty elements of a list mean nothing (RFC 9110 section 5.6.1.2).
    expectations = set(list_elements(value)) - {b""}
    if expectations - {b"100-continue"}:
        raise ProtocolError(417, "The only expectation understood is `100-continue`.")
    return bool(expectations)


def _upgrade(fields: ControlFields, options: list[bytes], minor_version: int) -> str:
    """http:C6; an Upgrade that Connection does not name is for nobody (RFC 9110 section 7.8)."""
    if b"upgrade" not in options or minor_version == 0:
        return ""
    return ", ".join(
        protocol.decode("latin-1") for protocol in list_elements(fields.get(b"upgrade", b""))
    )


def _end_to_end(block: bytes, options: list[bytes]) -> bytes:
    """The block without the fields that Connection declares hop-by-hop (http:C8)."""
    if _HIDE_NOTHING.issuperset(options):
        return block
    hidden = set(options) - _HIDE_NOTHING
    return without_fields(block, hidden.__contains__)[0]
