"""Answers of a MySQL server as bytes, made by hand, and a socket that gives them out in pieces."""

import struct
from collections.abc import Sequence
from typing import Any

from orm.engine.mysql.wire.exchange import Exchange
from orm.engine.mysql.wire.stream import Stream

UTF8 = 45
BINARY = 63


def lenenc(number: int) -> bytes:
    if number < 251:
        return bytes((number,))
    for first, width in ((0xFC, 2), (0xFD, 3), (0xFE, 8)):
        if number < 1 << 8 * width:
            return bytes((first,)) + number.to_bytes(width, "little")
    raise ValueError(number)


def text(data: bytes | None) -> bytes:
    return b"\xfb" if data is None else lenenc(len(data)) + data


def packets(*payloads: bytes, number: int = 1) -> bytes:
    """The payloads as packets, split where they are too long for one, numbered from `number`."""
    out = []
    for payload in payloads:
        start = 0
        while True:
            part = payload[start : start + 0xFFFFFF]
            out += (len(part).to_bytes(3, "little"), bytes((number & 0xFF,)), part)
            number += 1
            start += 0xFFFFFF
            if len(part) < 0xFFFFFF:
                break
    return b"".join(out)


def definition(
    name: str, kind: int, *, charset: int = UTF8, flags: int = 0, decimals: int = 0
) -> bytes:
    texts = (b"def", b"bench", b"t", b"t", name.encode(), name.encode())
    tail = struct.pack("<BHIBHBxx", 12, charset, 255, kind, flags, decimals)
    return b"".join(map(text, texts)) + tail


def end(status: int = 2) -> bytes:
    return b"\xfe\0\0" + status.to_bytes(2, "little")


def ok(affected: int = 0, key: int = 0, status: int = 2) -> bytes:
    return b"\0" + lenenc(affected) + lenenc(key) + status.to_bytes(2, "little") + b"\0\0"


def error(code: int, message: str) -> bytes:
    return b"\xff" + code.to_bytes(2, "little") + b"#HY000" + message.encode()


def answer(definitions: Sequence[bytes], rows: Sequence[bytes], last: bytes | None = None) -> bytes:
    """A whole result set, ending in `last`."""
    tail = end() if last is None else last
    return packets(lenenc(len(definitions)), *definitions, end(), *rows, tail)


def text_row(*cells: bytes | None) -> bytes:
    return b"".join(map(text, cells))


class ScriptedSocket:
    """Gives out the pieces one by one, as recv() would; an empty one is the end."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.pieces = list(pieces)
        self.sent: list[bytes] = []

    def recv(self, size: int) -> bytes:
        piece = self.pieces.pop(0) if self.pieces else b""
        if len(piece) > size:
            self.pieces.insert(0, piece[size:])
            piece = piece[:size]
        return piece

    def sendall(self, data: bytes) -> None:
        self.sent.append(data)

    def settimeout(self, seconds: float | None) -> None:
        pass

    def setsockopt(self, *option: Any) -> None:
        pass


class Raw:
    """What the reader asks of PyMySQL's connection."""

    server_status = 2


def exchange_over(
    pieces: Sequence[bytes], prepared: int = 0
) -> tuple[Exchange, ScriptedSocket, Stream]:
    scripted = ScriptedSocket(pieces)
    stream = Stream(scripted, 1.0, 1.0)  # type: ignore[arg-type]
    return Exchange(Raw(), stream, prepared), scripted, stream
