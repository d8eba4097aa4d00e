"""A live server on a free port and raw sockets to talk to it."""

import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from httpcore import Endpoint, Headers, Request, RequestHead, Response

# What any single wait in a wire test may take, in seconds; passing tests never come near it.
PATIENCE = 10.0


class FunctionEndpoint(Endpoint):
    """An endpoint made of a function and attributes of its policy."""

    def __init__(self, function: Callable[[Request], Response], **policy: object) -> None:
        self.name = getattr(function, "__name__", "function")
        self._function = function
        self._gate = policy.pop("gate", None)
        self.gated = self._gate is not None
        for name, value in policy.items():
            setattr(self, name, value)

    def gate(self, head: RequestHead) -> Response | None:
        return self._gate(head)

    def __call__(self, request: Request) -> Response:
        return self._function(request)


class Table:
    """A handler: endpoints by path; other paths are 404."""

    default_fields = (("X-Content-Type-Options", "nosniff"),)

    def __init__(self) -> None:
        self._endpoints: dict[str, Endpoint] = {}
        self._missing = FunctionEndpoint(lambda request: Response(b"no such path", 404))

    def add(self, path: str, function: Callable[[Request], Response], **policy: object) -> None:
        self._endpoints[path] = FunctionEndpoint(function, **policy)

    def resolve(self, head: RequestHead) -> Endpoint:
        return self._endpoints.get(head.path, self._missing)


@dataclass
class Answer:
    status: int
    headers: Headers
    body: bytes
    version: str


class RawClient:
    """A socket that knows just enough HTTP to tell answers apart."""

    def __init__(
        self,
        address: tuple[str, int],
        receive_buffer: int | None = None,
        source: str | None = None,
    ) -> None:
        self.sock = socket.socket()
        if receive_buffer is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(PATIENCE)
        if source is not None:
            self.sock.bind((source, 0))
        self.sock.connect(address)
        self._buffer = b""

    def __enter__(self) -> "RawClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.sock.close()

    def reset(self) -> None:
        """Close so that the server sees a reset."""
        linger = b"\1\0\0\0\0\0\0\0"  # struct linger: on, 0 seconds
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.sock.close()

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def get(self, path: str = "/", *fields: str) -> Answer:
        lines = [f"GET {path} HTTP/1.1", "Host: test", *fields, "", ""]
        self.send("\r\n".join(lines).encode("latin-1"))
        return self.read_answer()

    def read_line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            self._fill()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def read_exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._fill()
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def read_head(self) -> Answer:
        version, status, *_ = self.read_line().decode("latin-1").split(" ")
        headers = Headers()
        while line := self.read_line():
            name, _, value = line.decode("latin-1").partition(": ")
            headers.add(name, value)
        return Answer(int(status), headers, b"", version)

    def read_answer(self, *, is_head: bool = False) -> Answer:
        answer = self.read_head()
        if is_head or answer.status in (204, 304) or answer.status < 200:
            return answer
        if "Content-Length" in answer.headers:
            answer.body = self.read_exactly(int(answer.headers["Content-Length"]))
        elif "Transfer-Encoding" in answer.headers:
            answer.body = self._read_chunks()
        else:
            answer.body = self.read_to_end()
        return answer

    def _read_chunks(self) -> bytes:
        body = b""
        while size := int(self.read_line(), 16):
            body += self.read_exactly(size)
            self.read_line()
        self.read_line()
        return body

    def read_to_end(self) -> bytes:
        """Everything until the server closes; ConnectionResetError when it resets."""
        parts = [self._buffer]
        self._buffer = b""
        while data := self.sock.recv(65536):
            parts.append(data)
        return b"".join(parts)

    def is_closed_by_server(self) -> bool:
        """Wait for the end of the stream; False when bytes come instead."""
        try:
            return not self._buffer and not self.sock.recv(1)
        except ConnectionResetError:
            return True

    def has_nothing_to_read(self) -> bool:
        """Whether neither bytes nor the end of the stream are here now."""
        self.sock.setblocking(False)
        try:
            self.sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except ConnectionResetError:
            return False
        finally:
            self.sock.settimeout(PATIENCE)
        return False

    def _fill(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise EOFError(f"the server closed in the middle of an answer: {self._buffer!r}")
        self._buffer += data


class FakeClock:
    """Monotonic time that moves when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """For effects without an event of their own (a closed descriptor, an ended thread)."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {PATIENCE} s in vain for: {what}")
        pause.wait(0.005)


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def cpu_seconds(process_id: int) -> float:
    fields = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(process_id: int) -> int:
    return memory_bytes(process_id, "VmRSS")


def memory_bytes(process_id: int, name: str) -> int:
    """One of the figures of /proc/PID/status: VmSize is the address space, VmPeak its most."""
    for line in Path(f"/proc/{process_id}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"process {process_id} has no {name}")
