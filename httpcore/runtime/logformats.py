"""How one answered request reads in the access log: common, combined or JSON.

Everything here runs on the log's own thread. What a client wrote is cut to the sizes below and
stripped of its power over whoever reads the log (sec:A8): the text forms escape what could start a
new line, drive a terminal or hide text; JSON is plain ASCII.
"""

import random
import re
import time
from collections.abc import Callable
from json.encoder import encode_basestring_ascii as quote
from typing import NamedTuple

from httpcore.runtime.date import MONTHS

# Characters that are shown of what a client sent.
TARGET_SIZE = 4096
REFERER_SIZE = 1024
AGENT_SIZE = 512

# What is kept of large fields. Proxies append, so of what they say the right end counts.
_KEPT = {
    b"referer": slice(REFERER_SIZE),
    b"user-agent": slice(REFERER_SIZE),
    b"x-forwarded-for": slice(-2048, None),
    b"forwarded": slice(-2048, None),
}

# Whatever could start a new line, drive a terminal or hide text: C0 and C1 controls, DEL, the
# line and paragraph separators, bidirectional controls; and our own quote and escape (sec:A8).
_UNSAFE = re.compile('[\x00-\x1f"\\\\\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]')


class AccessRecord(NamedTuple):
    """One answered request, as its connection's owner leaves it for the log's thread.

    method: "" when no head could be read. size: body bytes given to the kernel. time: of the end,
    seconds since the epoch. fields: the block of request fields, or the part that is logged.
    request_id, route, lane: "" when there is none. queued, handled, sending: seconds, None when
    nobody measured.
    """

    remote: str
    method: str
    target: str
    minor_version: int
    status: int
    size: int
    time: float
    fields: bytes = b""
    request_id: str = ""
    route: str = ""
    lane: str = ""
    queued: float | None = None
    handled: float | None = None
    sending: float | None = None


class LineFormat(NamedTuple):
    """date: of a time in UTC, the same for a whole second; line: of a record and its date."""

    date: Callable[[time.struct_time], str]
    line: Callable[[AccessRecord, str], str]
    has_fields: bool = True


def escape(text: str) -> str:
    """Text of a client made safe for one line of a log."""
    return _UNSAFE.sub(_escape_one, text)


def logged_fields(block: bytes) -> bytes:
    """What a large block of fields shrinks to while its record waits."""
    kept = []
    for line in block.split(b"\r\n"):
        name, _, value = line.partition(b":")
        part = _KEPT.get(name.lower())
        if part is not None:
            kept.append(b"%b:%b\r\n" % (name, value[part]))
    return b"".join(kept)


def format_common(record: AccessRecord, date: str) -> str:
    """`host - - [date] "request-line" status bytes`; an unreadable request-line is a dash."""
    return f"{_common(record, date)}\n"


def format_combined(record: AccessRecord, date: str) -> str:
    """The common form and `"referer" "user-agent"`, a dash for one that was not sent."""
    referer, agent = _read_fields(record.fields)
    return f'{_common(record, date)} "{_quoted(referer)}" "{_quoted(agent)}"\n'


def format_json(record: AccessRecord, date: str) -> str:
    """One object; what is not known is null, times are in milliseconds."""
    referer, agent = _read_fields(record.fields)
    milliseconds = int(record.time % 1 * 1000)
    protocol = f'"HTTP/1.{record.minor_version}"' if record.method else "null"
    line = (
        f'{{"time":"{date}.{milliseconds:03d}Z","remote":{quote(record.remote)},'
        f'"method":{_text(record.method)},"target":{_text(record.target[:TARGET_SIZE])},'
        f'"protocol":{protocol},"status":{record.status},"bytes":{record.size},'
        f'"referer":{_text(referer.decode("latin-1"))},"user_agent":{_text(agent.decode("latin-1"))},'
        f'"request_id":{quote(record.request_id or _make_id())},'
        f'"route":{_text(record.route)},"lane":{_text(record.lane)},'
        f'"queue_ms":{_milliseconds(record.queued)},'
        f'"handler_ms":{_milliseconds(record.handled)},'
        f'"send_ms":{_milliseconds(record.sending)}}}\n'
    )
    return line.replace("\x7f", "\\u007f")  # the one control character that JSON lets stand


def _common(record: AccessRecord, date: str) -> str:
    line = (
        f"{escape(record.method)} {escape(record.target[:TARGET_SIZE])} "
        f"HTTP/1.{record.minor_version}"
        if record.method
        else "-"
    )
    return f'{record.remote} - - [{date}] "{line}" {record.status} {record.size or "-"}'


def _read_fields(block: bytes) -> tuple[bytes, bytes]:
    """Referer and User-Agent. Searching costs a fifth of splitting the block into its fields."""
    block = b"\n%b\r" % block
    lowered = block.lower()
    return (
        _read_field(block, lowered, b"\nreferer:", REFERER_SIZE),
        _read_field(block, lowered, b"\nuser-agent:", AGENT_SIZE),
    )


def _read_field(block: bytes, lowered: bytes, name: bytes, size: int) -> bytes:
    """The value of the first field with that name, cut to `size`; b"" without one."""
    begin = lowered.find(name)
    if begin < 0:
        return b""
    begin += len(name)
    return block[begin : block.find(b"\r", begin)].strip(b" \t")[:size]


def _escape_one(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _make_id() -> str:
    """Of a request whose id nobody has asked for, so it need not be hard to guess."""
    return f"{random.getrandbits(64):016x}"


def _quoted(value: bytes) -> str:
    return escape(value.decode("latin-1")) or "-"


def _text(text: str) -> str:
    return quote(text) if text else "null"


def _milliseconds(seconds: float | None) -> str:
    return "null" if seconds is None else f"{seconds * 1000:.3f}"


def _common_date(t: time.struct_time) -> str:
    day = f"{t.tm_mday:02d}/{MONTHS[t.tm_mon - 1]}/{t.tm_year}"
    return f"{day}:{t.tm_hour:02d}:{t.tm_min:02d}:{t.tm_sec:02d} +0000"


def _iso_date(t: time.struct_time) -> str:
    day = f"{t.tm_year:04d}-{t.tm_mon:02d}-{t.tm_mday:02d}"
    return f"{day}T{t.tm_hour:02d}:{t.tm_min:02d}:{t.tm_sec:02d}"


FORMATS = {
    "common": LineFormat(_common_date, format_common, has_fields=False),
    "combined": LineFormat(_common_date, format_combined),
    "json": LineFormat(_iso_date, format_json),
}
