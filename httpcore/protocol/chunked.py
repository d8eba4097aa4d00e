"""The chunked transfer coding (RFC 9112 section 7.1), decoded strictly (http:M3, M4).

    chunked-body = *( chunk-size [ chunk-ext ] CRLF chunk-data CRLF )
                   1*"0" [ chunk-ext ] CRLF  trailer-section CRLF

What is bounded, and why: a line, so that it need not be held for ever; the extensions of a body,
which nobody reads; and the framing in relation to the data, because a body of one-byte chunks
costs many times its size in work (CVE-2025-69229).
"""

from enum import Enum, auto

from httpcore.config import Limits
from httpcore.errors import ProtocolError
from httpcore.headers import Headers
from httpcore.protocol.bodies import too_large
from httpcore.protocol.events import NEED_DATA, BodyData, BodyEvent, EndOfBody
from httpcore.protocol.fields import has_underscore, without_fields
from httpcore.protocol.grammar import CHUNK_LINE, CHUNK_LINE_BEGIN
from httpcore.protocol.scanner import Bounds, Place, Scanner

_CRLF = b"\r\n"

# They would change, after the fact, what the head already decided (RFC 9110 section 6.5.1).
FORBIDDEN_TRAILERS = frozenset(
    {
        "authorization",
        "content-encoding",
        "content-length",
        "content-range",
        "content-type",
        "cookie",
        "host",
        "set-cookie",
        "transfer-encoding",
    }
)


class Phase(Enum):
    """What the next byte belongs to."""

    SIZE = auto()
    DATA = auto()
    DATA_END = auto()
    TRAILERS = auto()


class ChunkedBody:
    """Decodes one chunked body.

    Each `_read_...` method takes what it can of one phase and returns the event, or None when the
    next phase can go on at once, and the position it reached.
    """

    __slots__ = (
        "_data",
        "_extensions",
        "_left",
        "_limit",
        "_limits",
        "_overhead",
        "_phase",
        "_scanner",
    )

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._limit = limits.body
        self._phase = Phase.SIZE
        self._left = 0  # of the current chunk
        self._data = 0  # bytes of data announced so far
        self._overhead = 0  # bytes of framing so far
        self._extensions = 0  # bytes of chunk extensions so far
        self._scanner = Scanner(Bounds.of_trailers(limits), Place.NAME)

    def limit(self, size: int) -> None:
        self._limit = size
        if self._data > size:
            raise too_large(size)

    def read(self, buffer: bytes | bytearray, position: int) -> tuple[BodyEvent, int]:
        event = None
        while event is None:
            event, position = _READERS[self._phase](self, buffer, position)
        return event, position

    def _read_size(self, buffer: bytes | bytearray, position: int) -> tuple[BodyEvent | None, int]:
        longest = self._limits.chunk_line
        end = buffer.find(_CRLF, position, position + longest + len(_CRLF))
        if end < 0:
            begin = buffer[position : position + longest + len(_CRLF)]
            too_long = len(begin) - begin.endswith(b"\r") > longest
            if too_long or not CHUNK_LINE_BEGIN.fullmatch(begin):
                raise ProtocolError(400, "Malformed chunked body: bad or too long chunk-size line.")
            return NEED_DATA, position
        line = CHUNK_LINE.fullmatch(buffer, position, end)
        if line is None:
            raise ProtocolError(400, "Malformed chunked body: bad chunk-size line.")
        self._left = int(line[1], 16)
        self._account(end - position, len(line[2]))
        self._phase = Phase.DATA if self._left else Phase.TRAILERS
        return None, end + len(_CRLF)

    def _account(self, line: int, extensions: int) -> None:
        """Count a chunk before any of its data is taken."""
        self._data += self._left
        self._extensions += extensions
        self._overhead += line + 2 * len(_CRLF)
        if self._data > self._limit:
            raise too_large(self._limit)
        if self._extensions > self._limits.chunk_extensions:
            raise ProtocolError(400, "Malformed chunked body: too many chunk extensions.")
        if self._overhead > self._data + self._limits.chunk_overhead:
            raise ProtocolError(400, "Malformed chunked body: chunks too small for their number.")

    def _read_data(self, buffer: bytes | bytearray, position: int) -> tuple[BodyEvent | None, int]:
        end = min(position + self._left, len(buffer))
        if end == position:
            return NEED_DATA, position
        self._left -= end - position
        if not self._left:
            self._phase = Phase.DATA_END
        return BodyData(bytes(buffer[position:end])), end

    def _read_data_end(
        self, buffer: bytes | bytearray, position: int
    ) -> tuple[BodyEvent | None, int]:
        behind = buffer[position : position + len(_CRLF)]
        if not _CRLF.startswith(behind):
            raise ProtocolError(400, "Malformed chunked body: no CR LF behind the data of a chunk.")
        if len(behind) < len(_CRLF):
            return NEED_DATA, position
        self._phase = Phase.SIZE
        return None, position + len(_CRLF)

    def _read_trailers(
        self, buffer: bytes | bytearray, position: int
    ) -> tuple[BodyEvent | None, int]:
        if not self._scanner.advance(buffer, position):
            return NEED_DATA, position
        end = position + self._scanner.position
        block, _ = without_fields(bytes(buffer[position : end - len(_CRLF)]), has_underscore)
        trailers = Headers.from_field_block(block)
        forbidden = FORBIDDEN_TRAILERS.intersection(trailers.lower_names())
        if forbidden:
            raise ProtocolError(400, f"Not allowed in trailers: {', '.join(sorted(forbidden))}.")
        return EndOfBody(trailers), end


_READERS = {
    Phase.SIZE: ChunkedBody._read_size,
    Phase.DATA: ChunkedBody._read_data,
    Phase.DATA_END: ChunkedBody._read_data_end,
    Phase.TRAILERS: ChunkedBody._read_trailers,
}
