"""Where is the first byte that cannot belong to a request head? Answered as the bytes arrive.

A head that is whole and well-formed never comes here: one expression accepts it at once (see
`parser`). Any other, incomplete or wrong, is read by this machine. It stops at the end of the input
and goes on from there, so a head that dribbles in byte by byte costs linear time, and a bad byte is
answered when it arrives, not when the head is complete or its time is over (sec:P4).

The machine alone decides what is wrong with the form of a head. It works through the bytes in
order and looks at nothing behind the place where it stands, so its verdict cannot depend on how
the bytes were split (sec:P12).

Each step takes a run of bytes and looks at the byte behind it, which must be one of those named.
"""

import re
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache

from httpcore.config import Limits
from httpcore.errors import ProtocolError
from httpcore.protocol.grammar import TARGET_RUN, TOKEN_RUN, VALUE_RUN, VERSION
from httpcore.sizes import size_text


class Place(Enum):
    """What the next byte belongs to."""

    START = auto()  # the method, or the one empty line that may precede it (http:L1)
    EMPTY_LINE = auto()
    METHOD = auto()
    TARGET = auto()
    VERSION = auto()
    LINE_END = auto()
    NAME = auto()
    VALUE = auto()
    BLOCK_END = auto()
    DONE = auto()


@dataclass(frozen=True, slots=True)
class Step:
    """A run of bytes, and where each byte that may stand behind it leads.

    after_run: when the run had at least one byte; after_nothing: when it was empty.
    whole: what the finished run must be, beyond being made of the right bytes.
    fault: what a violation is called in the answer.
    """

    run: re.Pattern[bytes]
    fault: str
    after_run: dict[int, Place] = field(default_factory=dict)
    after_nothing: dict[int, Place] = field(default_factory=dict)
    whole: re.Pattern[bytes] | None = None


_SP, _CR, _LF, _COLON = b" \r\n:"
_NOTHING = re.compile(rb"")
_LINE_END_FAULT = "a line must end with CR LF"
_LONGEST_NAME = 64  # of a field that an answer names

STEPS: dict[Place, Step] = {
    Place.START: Step(
        TOKEN_RUN, "the method is no token", {_SP: Place.TARGET}, {_CR: Place.EMPTY_LINE}
    ),
    Place.EMPTY_LINE: Step(_NOTHING, _LINE_END_FAULT, {}, {_LF: Place.METHOD}),
    Place.METHOD: Step(TOKEN_RUN, "the method is no token", {_SP: Place.TARGET}),
    Place.TARGET: Step(
        TARGET_RUN,
        "the request-target must be visible ASCII between two single spaces",
        {_SP: Place.VERSION},
    ),
    Place.VERSION: Step(
        TARGET_RUN,
        "the request-line must end with HTTP/1.1 or HTTP/1.0",
        {_CR: Place.LINE_END},
        whole=VERSION,
    ),
    Place.LINE_END: Step(_NOTHING, _LINE_END_FAULT, {}, {_LF: Place.NAME}),
    Place.NAME: Step(
        TOKEN_RUN,
        "a field line must be name, colon, value: no space before the colon, no folded lines",
        {_COLON: Place.VALUE},
        {_CR: Place.BLOCK_END},
    ),
    Place.VALUE: Step(
        VALUE_RUN,
        "a field value has a control character",
        {_CR: Place.LINE_END},
        {_CR: Place.LINE_END},
    ),
    Place.BLOCK_END: Step(_NOTHING, _LINE_END_FAULT, {}, {_LF: Place.DONE}),
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Sizes a scan enforces, in bytes and fields, and the status that answers an excess."""

    request_line: int
    field_line: int
    block: int
    field_count: int
    field_status: int

    @classmethod
    @cache  # one for all connections, which spares each of them 72 bytes
    def of_head(cls, limits: Limits) -> "Bounds":
        return cls(limits.request_line, limits.field_line, limits.head, limits.field_count, 431)

    @classmethod
    def of_trailers(cls, limits: Limits) -> "Bounds":
        """http:M4; a trailer section has no request-line."""
        return cls(0, limits.trailer, limits.trailer, limits.trailer_count, 400)


class Scanner:
    """One scan, of a head or (from Place.NAME) of a trailer section.

    All positions count from where the scan began, because the buffer may move between two feeds.
    message_start: behind the empty line, if there was one.
    block_start: of the first field line.
    position: how far the scan came; once `advance` is True, the end.
    """

    __slots__ = (
        "_bounds",
        "_field_count",
        "_line_start",
        "_place",
        "_run_start",
        "block_start",
        "message_start",
        "position",
    )

    def __init__(self, bounds: Bounds, start: Place = Place.START) -> None:
        self._bounds = bounds
        self._place = start
        self._field_count = 0
        self._line_start = 0
        self._run_start = 0
        self.message_start = 0
        self.block_start = 0 if start is Place.NAME else -1
        self.position = 0

    def advance(self, buffer: bytes | bytearray, origin: int) -> bool:
        """Scan on, in the bytes that begin at `origin`; True when the end was reached.

        Raises ProtocolError: 400 for a byte out of place, 414 and 431 for an excess.
        """
        size = len(buffer) - origin
        while self._place is not Place.DONE:
            step = STEPS[self._place]
            match = step.run.match(buffer, origin + self.position)
            if match is not None:  # every run may be empty
                self.position = match.end() - origin
            if step.run is not _NOTHING:  # the CR LF of a line do not count towards its size
                self._check_sizes(buffer, origin)
            if self.position == size:
                return False
            place = self._behind_run(step, buffer, origin)
            if place is None:
                raise ProtocolError(400, f"Malformed request: {step.fault}.")
            self.position += 1
            self._enter(place)
        return True

    def _behind_run(self, step: Step, buffer: bytes | bytearray, origin: int) -> Place | None:
        """Where the byte behind the finished run leads, None when it may not stand there."""
        start, end = origin + self._run_start, origin + self.position
        if step.whole is not None and not step.whole.fullmatch(buffer, start, end):
            return None
        expected = step.after_run if end > start else step.after_nothing
        return expected.get(buffer[end])

    def _enter(self, place: Place) -> None:
        self._place = place
        self._run_start = self.position
        if place is Place.NAME:
            self._line_start = self.position
            if self.block_start < 0:
                self.block_start = self.position
        elif place is Place.METHOD:
            self._line_start = self.message_start = self.position
        elif place is Place.VALUE:
            self._field_count += 1

    def _check_sizes(self, buffer: bytes | bytearray, origin: int) -> None:
        bounds = self._bounds
        line = self.position - self._line_start
        if self.block_start < 0:
            if line > bounds.request_line:
                longest = size_text(bounds.request_line)
                raise ProtocolError(414, f"The request-line exceeds {longest}.")
        elif line > bounds.field_line:
            start, end = origin + self._line_start, origin + self.position
            begin = buffer[start : min(end, start + _LONGEST_NAME)]
            name, colon, _ = begin.decode("latin-1").partition(":")
            field = f"The field {name}" if colon else "A header field"
            raise ProtocolError(
                bounds.field_status, f"{field} exceeds {size_text(bounds.field_line)}."
            )
        elif self.position - self.block_start > bounds.block:
            raise ProtocolError(
                bounds.field_status, f"The header fields exceed {size_text(bounds.block)}."
            )
        elif self._field_count > bounds.field_count:
            raise ProtocolError(
                bounds.field_status, f"There are more than {bounds.field_count} header fields."
            )
