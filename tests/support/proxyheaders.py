"""PROXY headers: reads them piece by piece, and writes them."""

import socket
import struct
from collections.abc import Iterable

from httpcore.protocol.proxyheader import ProxyHeaderError, parse_proxy_header

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LOCAL = SIGNATURE + b"\x20\0\0\0"

# What is said in one word; else "source ADDRESS PORT" or "source none".
MALFORMED = "malformed"
INCOMPLETE = "incomplete"


def read_header(pieces: Iterable[bytes]) -> tuple[str, bytes]:
    """The verdict, and the bytes behind a header."""
    waiting = list(pieces)
    data = b""
    while waiting:
        data += waiting.pop(0)
        try:
            header = parse_proxy_header(data)
        except ProxyHeaderError:
            return MALFORMED, b""
        if header is not None:
            source = " ".join(map(str, header.source or ("none",)))
            return f"source {source}", data[header.size :] + b"".join(waiting)
    return INCOMPLETE, b""


def version_1(address: str, port: int) -> bytes:
    family, own = ("TCP6", "2001:db8::9") if ":" in address else ("TCP4", "198.51.100.9")
    return f"PROXY {family} {address} {own} {port} 443\r\n".encode("ascii")


def version_2(address: str, port: int, tlvs: bytes = b"") -> bytes:
    is_6 = ":" in address
    packed = socket.inet_pton(socket.AF_INET6 if is_6 else socket.AF_INET, address)
    body = packed + packed + struct.pack("!HH", port, 443) + tlvs
    return SIGNATURE + struct.pack("!BBH", 0x21, 0x21 if is_6 else 0x11, len(body)) + body
