"""What is still to be sent on a connection, and sending as much of it as the socket takes."""

import os
import socket
from collections import deque

from httpcore.response import FileBody

# Sent in one turn before other connections get theirs.
TURN = 1024 * 1024
# Read at a time from a file that the kernel cannot send by itself.
READ_SIZE = 256 * 1024


class TruncatedFile(Exception):
    """A file became shorter while it was sent: the promised length cannot be kept."""


class Outbox:
    """Bytes and files in order. Nothing in it is copied; the connection's owner alone uses it."""

    __slots__ = ("_pieces",)

    def __init__(self) -> None:
        self._pieces: deque[memoryview | FileBody] = deque()

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def push(self, piece: bytes | memoryview | FileBody) -> None:
        if isinstance(piece, FileBody):
            if piece.length > 0:
                self._pieces.append(piece)
            else:
                piece.close()
        elif piece:
            self._pieces.append(memoryview(piece))

    def write_to(self, sock: socket.socket) -> int:
        """Send until the socket is full or the turn is over; returns how many bytes went.

        Raises OSError when the peer is gone, TruncatedFile.
        """
        total = 0
        try:
            while self._pieces and total < TURN:
                piece = self._pieces[0]
                if isinstance(piece, FileBody):
                    total += self._send_file(sock, piece)
                else:
                    total += self._send_bytes(sock, piece)
        except (BlockingIOError, InterruptedError):
            pass
        return total

    @property
    def unsent(self) -> int:
        """Bytes that are still here, a chunk's framing among them."""
        return sum(p.length if isinstance(p, FileBody) else len(p) for p in self._pieces)

    @property
    def in_memory(self) -> int:
        """Bytes of those that are not in a file."""
        return sum(len(piece) for piece in self._pieces if isinstance(piece, memoryview))

    def close(self) -> None:
        """Forget the rest; files are closed."""
        for piece in self._pieces:
            if isinstance(piece, FileBody):
                piece.close()
        self._pieces.clear()

    def _send_bytes(self, sock: socket.socket, piece: memoryview) -> int:
        # A head before its file waits for the file's first bytes: one packet instead of two.
        flags = socket.MSG_MORE if len(self._pieces) > 1 and hasattr(socket, "MSG_MORE") else 0
        sent = sock.send(piece, flags)
        if sent == len(piece):
            self._pieces.popleft()
        else:
            self._pieces[0] = piece[sent:]
        return sent

    def _send_file(self, sock: socket.socket, body: FileBody) -> int:
        sent = _send_part(sock, body)
        body.offset += sent
        body.length -= sent
        if not body.length:
            self._pieces.popleft()
            body.close()
        return sent


def _send_part(sock: socket.socket, body: FileBody) -> int:
    count = min(body.length, TURN)
    try:
        file_descriptor = body.file.fileno()
    except (AttributeError, OSError):  # io.UnsupportedOperation is an OSError: a file in memory
        return _read_and_send(sock, body, count)
    if not hasattr(os, "sendfile"):
        return _read_and_send(sock, body, count)
    sent = os.sendfile(sock.fileno(), file_descriptor, body.offset, count)
    if sent == 0:
        raise TruncatedFile(f"{body.length} bytes are missing at offset {body.offset}")
    return sent


def _read_and_send(sock: socket.socket, body: FileBody, count: int) -> int:
    body.file.seek(body.offset)
    data = body.file.read(min(count, READ_SIZE))
    if not data:
        raise TruncatedFile(f"{body.length} bytes are missing at offset {body.offset}")
    return sock.send(data)
