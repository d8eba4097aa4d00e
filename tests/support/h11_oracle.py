"""h11 as an oracle: an independent reading of RFC 9112, to hold ours against.

It is laxer than ours in many places, so the comparison goes one way: what h11 refuses we refuse,
and what both take means the same. It answers for every request in the bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import h11

from tests.support.parsing import Outcome, parse

# What h11 refuses and we accept, each with the rule that says so, and how the bytes would be
# written for h11: a difference counts as explained when it is gone from the bytes so rewritten.
OURS_ALONE = {
    # BWS stands around both `;` and `=` of a chunk extension (RFC 9112 section 7.1.1).
    "http:M3, blanks in chunk extensions": (
        re.compile(rb"(?m)(?<=[0-9A-Fa-f])[ \t]*;[^\r\n]*"),
        rb"",
    ),
}


# A server SHOULD ignore an empty line in front of a request (RFC 9112 section 2.2, http:L1). h11
# refuses it, so it does not get to see one.
_EMPTY_LINE = re.compile(rb"\A\r(?:\n|\Z)")


@dataclass
class Reading:
    """What h11 makes of the bytes: (method, target, body) of whole requests, then a refusal."""

    requests: list[tuple[str, str, bytes]]
    refused: bool = False


def read_with_h11(data: bytes) -> Reading:
    reading = Reading([])
    try:
        while data := _EMPTY_LINE.sub(b"", data):
            data = _read_one(data, reading)
    except h11.RemoteProtocolError:
        reading.refused = True
    return reading


def _read_one(data: bytes, reading: Reading) -> bytes:
    """Add the first request; the bytes behind it, none when it is the last or incomplete."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=64 * 1024)
    connection.receive_data(data)
    head, body = None, b""
    while (event := connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
        if isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            reading.requests.append((head.method.decode(), head.target.decode(), body))
            return connection.trailing_data[0] if _is_kept(connection) else b""
    return b""


def _is_kept(connection: h11.Connection) -> bool:
    """Whether h11 reads on behind an answer that is no success (2xx to CONNECT would end HTTP)."""
    connection.send(h11.Response(status_code=404, headers=[("Content-Length", "0")]))
    connection.send(h11.EndOfMessage())
    return connection.our_state is not h11.MUST_CLOSE


def differences(data: bytes) -> str:
    """What is wrong with our reading of the bytes; "" when nothing is."""
    theirs, ours = read_with_h11(data), parse([data])
    read = _requests(ours)
    # Where h11 stopped, by refusing or closing, bounds what may be compared.
    common = min(len(theirs.requests), len(read))
    if read[:common] != theirs.requests[:common]:
        return f"we read {read[:common]}, h11 {theirs.requests[:common]}"
    if theirs.refused and (len(read) > common or ours.status == 0):
        return f"h11 refuses behind {common} requests, we read {len(read)}, then {ours.status}"
    return ""


def excuse(data: bytes) -> str:
    """The written reason for a difference; "" when there is none."""
    for why, (pattern, plain) in OURS_ALONE.items():
        if pattern.search(data) and not differences(pattern.sub(plain, data)):
            return why
    return ""


def _requests(outcome: Outcome) -> list[tuple[str, str, bytes]]:
    return [(each.head.method, each.head.target, each.body) for each in outcome.requests]
