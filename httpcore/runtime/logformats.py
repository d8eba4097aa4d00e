"""How one answered request reads in the access log: common, combined or JSON.

Everything here runs on the log's own thread. What a client wrote is cut to the sizes below and
stripped of its power over whoever reads the log (sec:A8): the text forms escape what could start a
new line, drive a terminal or hide text; JSON is plain ASCII.
"""

import re
import secrets
import time
from collections.abc import Callable
from json.encoder import encode_basestring_ascii as quote
from typing import NamedTuple

from httpcore.runtime.date import MONTHS

# Characters that are shown of what a client sent.
TARGET_SIZE = 4096
REFERER_SIZE = 1024
AGENT_SIZE = 512

# Whatever could start a new line, drive a terminal or hide text: C0 and C1 controls, DEL, the
# line and paragraph separators, bidirectional controls; and our own quote and escape (sec:A8).
_UNSAFE = re.compile('[\x00-\x1f"\\\\\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]')

# The fields that are logged, in a block the parser has accepted: lines that end with CRLF.
_FIELDS = re.compile(
    rb"^(referer|user-agent):[ \t]*+([^\r\n]{0,1024})", re.IGNORECASE | re.MULTILINE
)


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
    return b"\r\n".join(match.group() for match in _FIELDS.finditer(block))


def format_common(record: AccessRecord, date: str) -> str:
    """`host - - [date] "request-line" status bytes`; an unreadable request-line is a dash."""
    return f"{_common(record, date)}\n"


def format_combined(record: AccessRecord, date: str) -> str:
    """The common form and `"referer" "user-agent"`, a dash for one that was not sent."""
    referer, agent = _read_fields(record.fields)
    return f'{_common(record, date)} "{escape(referer) or "-"}" "{escape(agent) or "-"}"\n'


def format_json(record: AccessRecord, date: str) -> str:
    """One object; what is not known is null, times are in milliseconds."""
    referer, agent = _read_fields(record.fields)
    milliseconds = int(record.time % 1 * 1000)
    protocol = f'"HTTP/1.{record.minor_version}"' if record.method else "null"
    line = (
        f'{{"time":"{date}.{milliseconds:03d}Z","remote":{quote(record.remote)},'
        f'"method":{_text(record.method)},"target":{_text(record.target[:TARGET_SIZE])},'
        f'"protocol":{protocol},"status":{record.status},"bytes":{record.size},'
        f'"referer":{_text(referer)},"user_agent":{_text(agent)},'
        f'"request_id":{quote(record.request_id or secrets.token_hex(8))},'
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


def _read_fields(block: bytes) -> tuple[str, str]:
    """Referer and User-Agent; of a repeated field the first counts."""
    found = {name.lower(): value for name, value in reversed(_FIELDS.findall(block))}
    referer = found.get(b"referer", b"")[:REFERER_SIZE]
    agent = found.get(b"user-agent", b"")[:AGENT_SIZE]
    return referer.rstrip(b" \t").decode("latin-1"), agent.rstrip(b" \t").decode("latin-1")


def _escape_one(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


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
