"""Bytes in, events out: the requests of one connection.

Two roads lead to a head, and they always agree:

* The quick one, for a usual head that arrived whole: one expression accepts request-line and field
  block in a single pass. It only ever says yes.
* The scanner (`scanner`), for everything else. It alone says what is wrong with a head's form, in
  the order of the bytes.

What a well-formed head means, and whether it may mean that, is then decided in `heads`, once, from
the whole head. So the verdict on a request is a function of its bytes, never of their splitting.
"""

import re

from httpcore.config import Limits
from httpcore.counters import dropped_fields
from httpcore.errors import ProtocolError
from httpcore.head import RequestHead
from httpcore.protocol.bodies import BodyFraming, FixedBody
from httpcore.protocol.chunked import ChunkedBody
from httpcore.protocol.events import NEED_DATA, EndOfBody, Event
from httpcore.protocol.fields import control_fields, has_underscore, without_fields
from httpcore.protocol.grammar import REQUEST_LINE_BEGIN, whole_head
from httpcore.protocol.heads import build_head, host_of, spoken_version
from httpcore.protocol.known import KnownHeads
from httpcore.protocol.scanner import Bounds, Scanner
from httpcore.protocol.targets import origin_form, parse_target


class RequestParser:
    """Reads requests from the bytes of one connection (http: Start line, Fields, Framing).

    `feed` bytes as they come, then ask `next_event` until it says NEED_DATA:
    a RequestHead, and if that `has_body`, BodyData any number of times and one EndOfBody.
    After a ProtocolError no byte is looked at again: every further call raises the same.

    known: heads to be taken as they were before.
    """

    __slots__ = (
        "_body",
        "_bounds",
        "_buffer",
        "_eof",
        "_error",
        "_known",
        "_limits",
        "_match_head",
        "_position",
        "_scanner",
        "_shortest_limit",
    )

    def __init__(self, limits: Limits, known: KnownHeads | None = None) -> None:
        self._limits = limits
        self._known = known
        self._bounds = Bounds.of_head(limits)
        self._match_head = whole_head(limits.field_count).match
        self._shortest_limit = min(limits.request_line, limits.field_line, limits.head)
        # `bytes` while what was fed last is looked at in place, a bytearray once something had to
        # be appended; the bytes before `_position` are used up.
        self._buffer: bytes | bytearray = b""
        self._position = 0
        self._eof = False
        self._error: ProtocolError | None = None
        self._scanner: Scanner | None = None  # of the head that is arriving, once it is incomplete
        self._body: BodyFraming | None = None  # None: a head is due

    @property
    def buffered(self) -> int:
        """Bytes fed and not yet used up."""
        return len(self._buffer) - self._position

    @property
    def in_request(self) -> bool:
        """Whether part of a request was seen, so that the client is owed an answer (408).

        The empty line that may precede a request is no part of it.
        """
        empty_line = self._scanner.message_start if self._scanner is not None else 0
        return self._body is not None or self.buffered > empty_line

    @property
    def owes_body(self) -> bool:
        """Whether the body of the request whose head came last has not ended yet."""
        return self._body is not None

    @property
    def is_at_rest(self) -> bool:
        """Whether it holds nothing at all: the next byte begins a request."""
        return not self._buffer and self._body is None

    @property
    def unfinished_head(self) -> RequestHead | None:
        """What the bytes tell of a head that is arriving or was refused, without its fields.

        Its method decides whether the refusal has a body; None when not even that is there. What
        is beyond the limit of a request-line is left out: for the access log it may have to wait.
        """
        if self._body is not None:
            return None
        start = self._position
        begun = REQUEST_LINE_BEGIN.match(self._buffer, start, start + self._limits.request_line)
        if begun is None:
            return None
        method, target, minor = begun.groups()
        version = 0 if minor == b"0" else 1
        return RequestHead(
            method.decode("ascii"), target.decode("ascii"), "", "", "", version, "", False, b""
        )

    def feed(self, data: bytes) -> None:
        """Take bytes from the connection. Never raises."""
        if not self._buffer:
            self._buffer = data
            return
        if not isinstance(self._buffer, bytearray):
            self._buffer = bytearray(self._buffer)
        # Cutting a bytearray's front moves no bytes; it is why this is not quadratic.
        del self._buffer[: self._position]
        self._position = 0
        self._buffer += data

    def feed_eof(self) -> None:
        """The client will send no more. What it sent whole is still answered (http:C4)."""
        self._eof = True

    def set_body_limit(self, limit: int) -> None:
        """Bound the body of the request whose head came last, in bytes (default `Limits.body`).

        Raises ProtocolError 413 at once when the head announced more (http:M6).
        """
        if self._body is None:
            return
        try:
            self._body.limit(limit)
        except ProtocolError as error:
            self._error = error
            raise

    def take_buffer(self) -> bytes:
        """Hand over the bytes not used up, for a connection that changes its protocol."""
        rest = bytes(self._buffer[self._position :])
        self._use_up(len(self._buffer))
        return rest

    def discard(self) -> int:
        """Forget the bytes not used up, for a connection of which no more is read; how many."""
        count = self.buffered
        self._use_up(len(self._buffer))
        return count

    def next_event(self) -> Event:
        """What the bytes say next. Raises ProtocolError for bytes that are no request."""
        if self._error is not None:
            raise self._error.with_traceback(None)
        try:
            event = self._next_head() if self._body is None else self._next_of_body(self._body)
            if event is NEED_DATA and self._eof and self.in_request:
                raise ProtocolError(400, "The connection ended before the request did.")
        except ProtocolError as error:
            self._error = error
            raise
        return event

    def _next_of_body(self, body: BodyFraming) -> Event:
        event, position = body.read(self._buffer, self._position)
        self._use_up(position)
        if isinstance(event, EndOfBody):
            self._body = None
        return event

    def _next_head(self) -> Event:
        """A head that is whole and well-formed is taken here; all others go to the scanner."""
        scanner = self._scanner
        if scanner is not None:
            return self._scan_head(scanner)
        start, buffer, known = self._position, self._buffer, self._known
        if known is not None and not start and type(buffer) is bytes:
            before = known.get(buffer)
            if before is not None:
                self._buffer = b""
                return before.again()
        whole = self._match_head(buffer, start)
        if whole is not None:
            end = whole.end()
            # A head no longer than the shortest limit exceeds none.
            if end - start <= self._shortest_limit or not self._exceeds_limits(whole):
                head = _usual_head(whole)
                self._use_up(end)
                if head.has_body:
                    self._expect_body(head)
                if known is not None and type(buffer) is bytes and end == len(buffer) and not start:
                    known.note(buffer, head)
                return head
        elif not self._buffer:
            return NEED_DATA
        self._scanner = Scanner(self._bounds)
        return self._scan_head(self._scanner)

    def _exceeds_limits(self, whole: re.Match[bytes]) -> bool:
        limits = self._limits
        line_end = whole.end(3)
        block: bytes = whole[4]
        return (
            line_end - whole.start() > limits.request_line
            or len(block) > limits.head
            or max(map(len, block.split(b"\r\n"))) > limits.field_line
        )

    def _scan_head(self, scanner: Scanner) -> Event:
        if not scanner.advance(self._buffer, self._position):
            return NEED_DATA
        start, end = self._position, self._position + scanner.position
        line_start, block_start = start + scanner.message_start, start + scanner.block_start
        line = bytes(self._buffer[line_start : block_start - 2])
        method, target, version = line.split(b" ")
        major, minor = version.removeprefix(b"HTTP/").split(b".")
        spoken = spoken_version(major, minor)
        block = bytes(self._buffer[block_start : end - 2])
        block, dropped = without_fields(block, has_underscore)
        if dropped:
            dropped_fields.rise(dropped)
        fields = control_fields(block)
        host = host_of(fields, spoken)
        head = build_head(method, parse_target(method, target), spoken, fields, host, block)
        self._use_up(end)
        self._scanner = None
        if head.has_body:
            self._expect_body(head)
        return head

    def _expect_body(self, head: RequestHead) -> None:
        """What follows is the body of this head."""
        length, limits = head.content_length, self._limits
        self._body = ChunkedBody(limits) if length is None else FixedBody(length, limits.body)

    def _use_up(self, position: int) -> None:
        """Everything before `position` is done with; an idle connection keeps no bytes."""
        if position == len(self._buffer):
            self._buffer = b""
            position = 0
        self._position = position


def _usual_head(whole: re.Match[bytes]) -> RequestHead:
    method, target, minor, block, plain_host, others = whole.groups()
    version = 0 if minor == b"0" else 1
    if plain_host is None:
        fields = control_fields(block)
        host = host_of(fields, version)
    else:
        host = plain_host.decode("ascii")
        if not others:
            # Small heads say nothing but Host: not looking for more takes 0.6 us of 1.9.
            text, raw_path, path, query, _ = origin_form(target)
            name, is_kept = method.decode("ascii"), version == 1
            return RequestHead(name, text, raw_path, path, query, version, host, is_kept, block)
        fields = control_fields(block)
    return build_head(method, origin_form(target), version, fields, host, block)
