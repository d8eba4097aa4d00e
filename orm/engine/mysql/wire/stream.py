"""Bytes from one socket, cut into packets.

Whoever reads an answer reads it through here, PyMySQL included (`read` is all it asks of its file):
a byte is in one place only, so no answer can be taken apart by two readers.

On a plain socket the time-outs are the kernel's (SO_RCVTIMEO, SO_SNDTIMEO): with Python's own each
call would poll first, which is a third of the time of a short exchange. OpenSSL does not hand such
a time-out on, so TLS keeps Python's.
"""

import select
import socket
import ssl
import struct
import sys
from collections.abc import Sequence
from typing import Final

from orm.engine.mysql.wire.packets import LONGEST_PAYLOAD

# Not more: above the allocator's threshold each call would map and unmap its memory.
_CHUNK: Final = 65536

# Short answers that are waited for together, and for how many milliseconds. Asleep we acknowledge
# nothing, and a server sends 10 packets before it wants to hear of one: with groups of 32 answers
# it waited for our kernel's next acknowledgement, 40 ms later.
_GROUP: Final = 8
_PATIENCE: Final = 20


class Stream:
    """Used by one thread at a time. Every method raises OSError when the socket fails, times out
    or ends; what came until then is of no use any more."""

    __slots__ = ("_can_gather", "_poll", "_receive", "_socket", "data", "position", "send")

    def __init__(self, connected: socket.socket, read_timeout: float, write_timeout: float) -> None:
        """Durations in seconds."""
        self.data = b""
        self.position = 0  # of the first byte in `data` that nobody took
        self._socket = connected
        self._receive = connected.recv
        self.send = connected.sendall
        self._poll: select.poll | None = None  # made when it is needed
        # The kernel can wait for a number of bytes, and the bytes are the packets'.
        self._can_gather = sys.platform == "linux" and not isinstance(connected, ssl.SSLSocket)
        if isinstance(connected, ssl.SSLSocket):
            connected.settimeout(max(read_timeout, write_timeout))
            return
        connected.settimeout(None)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(write_timeout))
        self.set_read_timeout(read_timeout)

    def set_read_timeout(self, seconds: float) -> None:
        """How long to wait for the next piece of an answer, from now on."""
        if isinstance(self._socket, ssl.SSLSocket):
            self._socket.settimeout(seconds)
        else:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _timeval(seconds))

    @property
    def is_drained(self) -> bool:
        """Everything that came was taken."""
        return self.position == len(self.data)

    def receive(self) -> bytes:
        """Wait for bytes unless some are left; returns `data`, to be read from `position` on."""
        return self.data if self.position < len(self.data) else self.refill()

    def refill(self) -> bytes:
        """As receive(), when none are left."""
        try:
            chunk = self._receive(_CHUNK)
        except BlockingIOError:  # how the kernel tells that SO_RCVTIMEO is over
            raise TimeoutError("the answer did not come in time") from None
        if not chunk:
            raise ConnectionResetError("the server closed the connection")
        self.data = chunk
        self.position = 0
        return chunk

    def gather(self, sizes: Sequence[int]) -> None:
        """Let answers come, in bytes at least so long, before any of them is read.

        A server sends each by itself, and whoever waits for the first is woken by it, reads it and
        sleeps again: 0.38 times for each statement of a pipeline, and 0.1 times in groups (J 4 %,
        K 5 % quicker). No more than a hint: what does not come so, the reader waits for.
        """
        group = _GROUP * min(sizes, default=0)
        missing = sum(sizes) - (len(self.data) - self.position)
        if missing <= group or not self._can_gather:
            return
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(self._socket, select.POLLIN)
        chunks = [self.data[self.position :]]
        # recv() itself would take what there is and then sleep until as much again is there.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, group)
        try:
            while missing >= group and self._poll.poll(_PATIENCE):
                chunks.append(self.refill())
                missing -= len(chunks[-1])
        finally:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
        self.data = b"".join(chunks)
        self.position = 0

    def fill(self, size: int) -> None:
        """Have at least `size` bytes from `position` on."""
        missing = size - (len(self.data) - self.position)
        if missing <= 0:
            return
        chunks = [self.data[self.position :]]
        while missing > 0:
            chunk = self.refill()
            chunks.append(chunk)
            missing -= len(chunk)
        self.data = b"".join(chunks)
        self.position = 0

    def read(self, size: int) -> bytes:
        """Take `size` bytes."""
        self.fill(size)
        start = self.position
        self.position = start + size
        return self.data[start : self.position]

    def packet(self) -> tuple[bytes, int]:
        """Take one packet, of several parts when it is long: its payload and its last number."""
        parts = []
        while True:
            header = self.read(4)
            size = int.from_bytes(header[:3], "little")
            parts.append(self.read(size))
            if size < LONGEST_PAYLOAD:
                return (parts[0] if len(parts) == 1 else b"".join(parts)), header[3]

    def close(self) -> None:
        """Of this reader, which has nothing to close; the socket is PyMySQL's."""


def _timeval(seconds: float) -> bytes:
    whole = int(seconds)
    return struct.pack("@ll", whole, int((seconds - whole) * 1_000_000))
