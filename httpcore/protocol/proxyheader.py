"""The PROXY header that a balancer sends ahead of the client's bytes, versions 1 and 2 (http:X1).

Grammar, by haproxy's "The PROXY protocol" (doc/proxy-protocol.txt), sections 2.1 and 2.2:

    v1 = "PROXY" SP ( "UNKNOWN" [ SP *any-but-CR-LF ]
                    / ( "TCP4" SP ipv4 SP ipv4 / "TCP6" SP ipv6 SP ipv6 ) SP port SP port ) CRLF
         ; at most 107 bytes; first the source, then the destination; no number has a leading zero
    v2 = %x0D.0A.0D.0A.00.0D.0A.51.55.49.54.0A  version-command family length *length*OCTET
         ; version-command: 2 in the high four bits, below them 0 = LOCAL, 1 = PROXY
         ; family: address family in the high four bits (0 none, 1 IPv4, 2 IPv6, 3 Unix), below them
         ;         0 none, 1 stream, 2 datagram; length: 16 bits, big-endian, of what follows
         ; what follows: source, destination, source port, destination port, then TLVs

Of LOCAL, UNKNOWN and every family but TCP over IPv4 or IPv6 the addresses are skipped: the proxy
speaks for itself, or for somebody without an address. TLVs are skipped, too.

The verdict is a function of the bytes, never of their splitting. Each call looks at all that has
come, which both versions bound; what cannot become a header is refused with its line or its sixteen
fixed bytes, whatever else is still to come.
"""

import re
from ipaddress import ip_address
from struct import Struct
from typing import NamedTuple

LONGEST_V1 = 107  # bytes, CRLF included: what the specification says a reader must have room for
LONGEST_V2 = 4096  # bytes with addresses and TLVs, as nginx takes

_PREFIX_V1 = b"PROXY "
_SIGNATURE_V2 = b"\r\n\r\n\0\r\nQUIT\n"
_FIXED_V2 = Struct("!12sBBH")  # signature, version and command, family, length

_PORT = rb"(0|[1-9][0-9]{0,4})"
_TCP4 = re.compile(rb"PROXY TCP4 ([0-9.]{7,15}) ([0-9.]{7,15}) " + _PORT + rb" " + _PORT + rb"\r\n")
_TCP6 = re.compile(
    rb"PROXY TCP6 ([0-9A-Fa-f:.]{2,39}) ([0-9A-Fa-f:.]{2,39}) " + _PORT + rb" " + _PORT + rb"\r\n"
)
_UNKNOWN = re.compile(rb"PROXY UNKNOWN(?: [^\r\n]*)?\r\n")
_IP_VERSIONS = {_TCP4: 4, _TCP6: 6}
_MOST_PORT = 65535

_LOCAL, _PROXY = 0x20, 0x21
# Source, destination and their ports, of the families that we use; all that may be named.
_ADDRESSES = {0x11: Struct("!4s4sHH"), 0x21: Struct("!16s16sHH")}
_FAMILIES = frozenset({0x00, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32})


class ProxyHeaderError(ValueError):
    """The bytes are no PROXY header; its text says why."""


class ProxyHeader(NamedTuple):
    """source: address and port of the client, None when the header names none; size: bytes."""

    source: tuple[str, int] | None
    size: int


def parse_proxy_header(data: bytes) -> ProxyHeader | None:
    """The header at the beginning of `data`; None when more bytes are needed.

    Raises ProxyHeaderError when no byte to come can make it one.
    """
    if data.startswith(_PREFIX_V1):
        return _parse_v1(data)
    if data.startswith(_SIGNATURE_V2):
        return _parse_v2(data)
    if _PREFIX_V1.startswith(data) or _SIGNATURE_V2.startswith(data):
        return None
    raise ProxyHeaderError("it does not begin with a PROXY header")


def _parse_v1(data: bytes) -> ProxyHeader | None:
    size = data.find(b"\n", 0, LONGEST_V1) + 1
    if not size:
        if len(data) >= LONGEST_V1:
            raise ProxyHeaderError(f"its line is over {LONGEST_V1} bytes long")
        return None
    line = data[:size]
    if _UNKNOWN.fullmatch(line):
        return ProxyHeader(None, size)
    for pattern, version in _IP_VERSIONS.items():
        if found := pattern.fullmatch(line):
            source, destination, *ports = (part.decode("ascii") for part in found.groups())
            _read_address(destination, version)
            source_port, _ = map(_read_port, ports)
            return ProxyHeader((_read_address(source, version), source_port), size)
    raise ProxyHeaderError("its line is neither TCP4, TCP6 nor UNKNOWN as version 1 has them")


def _parse_v2(data: bytes) -> ProxyHeader | None:
    if len(data) < _FIXED_V2.size:
        return None
    _, command, family, length = _FIXED_V2.unpack_from(data)
    size = _FIXED_V2.size + length
    addresses = _ADDRESSES.get(family) if command == _PROXY else None
    if command not in (_LOCAL, _PROXY):
        raise ProxyHeaderError(f"{command:#04x} is no version and command of version 2")
    if command == _PROXY and family not in _FAMILIES:
        raise ProxyHeaderError(f"{family:#04x} is no address family of version 2")
    if size > LONGEST_V2:
        raise ProxyHeaderError(f"it is over {LONGEST_V2} bytes long")
    if addresses is not None and length < addresses.size:
        raise ProxyHeaderError(f"{length} bytes are too few for its addresses")
    if len(data) < size:
        return None
    if addresses is None:
        return ProxyHeader(None, size)
    source, _, port, _ = addresses.unpack_from(data, _FIXED_V2.size)
    return ProxyHeader((_text_of(source), port), size)


def _read_port(text: str) -> int:
    if int(text) > _MOST_PORT:
        raise ProxyHeaderError(f"{text} is no port")
    return int(text)


def _read_address(text: str, version: int) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        address = None
    if address is None or address.version != version:
        raise ProxyHeaderError(f"{text} is no IPv{version} address")
    return _text_of(address.packed)


def _text_of(packed: bytes) -> str:
    """An IPv4 client of a dual-stack proxy (`::ffff:192.0.2.1`) is an IPv4 client."""
    address = ip_address(packed)
    return str(getattr(address, "ipv4_mapped", None) or address)
