"""The grammar of the packets that a statement and its answer are made of.

    packet          = length:3 number:1 payload        little-endian; `number` counts, modulo 256
    payload of 2^24-1 bytes                            goes on in the next packet
    lenenc          = %x00-FA | FC int:2 | FD int:3 | FE int:8       FB stands for NULL
    text            = lenenc bytes

    command         = code:1 argument                  number 0
    answer          = ok | error | infile | columns
    ok              = 00 affected:lenenc key:lenenc status:2 warnings:2 ...
    error           = FF code:2 ["#" state:5] message
    infile          = FB name                          refused: PyMySQL closes the connection
    columns         = count:lenenc  1*definition  end  *row  (end | error)
    end             = FE warnings:2 status:2           fewer than 9 bytes, so no row
    definition      = catalog schema table table' name name' (text each)
                      0C charset:2 length:4 type:1 flags:2 decimals:1 0000

CLIENT_DEPRECATE_EOF, which would leave `end` out, is not asked for: PyMySQL does not know it.
https://mariadb.com/kb/en/clientserver-protocol/
"""

import struct
from dataclasses import dataclass
from typing import Any, Final

LONGEST_PAYLOAD: Final = 2**24 - 1

OK: Final = 0x00
INFILE: Final = 0xFB
END: Final = 0xFE
ERROR: Final = 0xFF

NULL: Final = 0xFB
_LONGEST_END: Final = 8
_SHORTEST_OK: Final = 7
END_SIZE: Final = 9  # with its header
OK_SIZE: Final = 4 + _SHORTEST_OK

COM_QUERY: Final = 0x03
COM_STMT_PREPARE: Final = 0x16
COM_STMT_EXECUTE: Final = 0x17
COM_STMT_CLOSE: Final = 0x19

MORE_RESULTS: Final = 0x0008  # SERVER_MORE_RESULTS_EXISTS

UNSIGNED: Final = 0x0020

_WIDTHS: Final = {0xFC: 2, 0xFD: 3, 0xFE: 8}
_OK = struct.Struct("<BHBBBBH")  # a packet's header and the usual ok
_TAIL = struct.Struct("<xHIBHBxx")


class MalformedAnswer(Exception):
    """The bytes are not an answer as the grammar has it; the connection cannot be used any more."""


# What reading such bytes ends in.
MALFORMED: Final = (MalformedAnswer, IndexError, struct.error)


def frame(payload: bytes) -> bytes:
    """The packets of one command."""
    size = len(payload)
    if size < LONGEST_PAYLOAD:
        return size.to_bytes(4, "little") + payload
    parts: list[bytes] = []
    for number, start in enumerate(range(0, size + 1, LONGEST_PAYLOAD)):
        part = payload[start : start + LONGEST_PAYLOAD]
        parts += (len(part).to_bytes(3, "little"), bytes((number & 0xFF,)), part)
    return b"".join(parts)


def is_end(payload: bytes) -> bool:
    return payload[:1] == b"\xfe" and len(payload) <= _LONGEST_END


def length_at(data: bytes, position: int) -> tuple[int, int]:
    """The lenenc number at `position`, and where it ends."""
    first = data[position]
    position += 1
    width = _WIDTHS.get(first)
    if width is None:
        return first, position
    return int.from_bytes(data[position : position + width], "little"), position + width


def text_at(data: bytes, position: int) -> tuple[bytes, int]:
    size, start = length_at(data, position)
    return data[start : start + size], start + size


def parse_ok(payload: bytes) -> tuple[int, int, int]:
    """The rows affected, the key made and the status of the connection."""
    affected, position = length_at(payload, 1)
    key, position = length_at(payload, position)
    return affected, key, int.from_bytes(payload[position : position + 2], "little")


def parse_ok_at(data: bytes, start: int) -> tuple[int, int, int, int] | None:
    """As parse_ok, of the packet that begins at `start`, and where it ends; None when none does, or
    when it is not all there.

    Every write is answered by one, nearly always with small numbers.
    """
    if len(data) - start < _OK.size:
        return None
    size, high, number, kind, affected, key, status = _OK.unpack_from(data, start)
    end = start + 4 + size
    if high or number != 1 or kind != OK or size < _SHORTEST_OK or end > len(data):
        return None
    if affected >= NULL or key >= NULL:
        return *parse_ok(data[start + 4 : end]), end
    return affected, key, status, end


def status_of_end(payload: bytes) -> int:
    return int.from_bytes(payload[3:5], "little")


@dataclass(frozen=True, slots=True)
class Definition:
    """A result column: what its values depend on, and its name."""

    name: str
    type: int
    is_binary: bool
    is_unsigned: bool
    decimals: int


_BINARY: Final = 63  # the character set of bytes


def parse_definition(payload: bytes) -> Definition:
    position = 0
    texts: list[bytes] = []
    for _ in range(6):
        text, position = text_at(payload, position)
        texts.append(text)
    try:
        tail: tuple[Any, ...] = _TAIL.unpack_from(payload, position)
    except struct.error:
        raise MalformedAnswer("a column definition is cut short") from None
    charset, _, kind, flags, decimals = tail
    name = texts[4].decode()
    return Definition(name, kind, charset == _BINARY, bool(flags & UNSIGNED), decimals)
