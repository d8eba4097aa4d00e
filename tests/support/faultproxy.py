"""A proxy that does to a connection what networks and dying servers do.

    with FaultProxy(("127.0.0.1", 3306)) as proxy:
        proxy.plans.append(Plan(answer_bytes=120))    the next connection ends after 120 bytes

Each connection takes the next plan, and without one passes everything. Two threads copy, one for
each direction; whichever stops ends both, as a cut wire does.
"""

import socket
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

_DEADLINE = 10.0
_UNLIMITED = 2**62


@dataclass(frozen=True)
class Plan:
    """What happens to one connection.

    answer_bytes, request_bytes: passed in that direction, then the connection is cut.
    delay: seconds before each piece of an answer. piece: bytes of an answer passed at a time.
    unanswered: when a request holds these bytes, the server gets it and its answer is cut off.
    ignored: when a request holds these bytes, not even the server gets it.
    """

    answer_bytes: int = _UNLIMITED
    request_bytes: int = _UNLIMITED
    delay: float = 0.0
    piece: int = 65536
    unanswered: bytes = b""
    ignored: bytes = b""


class FaultProxy:
    """Listens on a free port of loopback; `refusing` closes it for a while."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.plans: deque[Plan] = deque()
        self.accepted = 0
        self.default = Plan()
        self.flows = threading.Event()  # cleared: all stays open and silent, as a hung server
        self.flows.set()
        self._target = target
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.port = 0
        self.open()

    def open(self) -> None:
        """Listen, on the same port as before."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept, self._listener)

    def refuse(self) -> None:
        """Stop listening and cut every connection: connecting fails until `open`."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut_all()

    def cut_all(self) -> None:
        """Cut the connections that exist."""
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.flows.set()
        self.refuse()
        for thread in self._threads:
            thread.join(_DEADLINE)
            if thread.is_alive():
                raise RuntimeError("a thread of the proxy does not end")
        for each in self._sockets:
            each.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self, function: object, *arguments: object) -> None:
        thread = threading.Thread(target=function, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.accepted += 1
            try:
                server = socket.create_connection(self._target, _DEADLINE)
                server.settimeout(None)
            except OSError:
                client.close()
                continue
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plan = self.plans.popleft() if self.plans else self.default
            wire = _Wire(client, server, plan, self.flows)
            self._sockets += (client, server)
            self._start(wire.copy_requests)
            self._start(wire.copy_answers)


class _Wire:
    """One connection between a client and the server."""

    def __init__(
        self, client: socket.socket, server: socket.socket, plan: Plan, flows: threading.Event
    ) -> None:
        self._client, self._server, self._plan, self._flows = client, server, plan, flows
        self._is_muted = False

    def copy_requests(self) -> None:
        plan, left = self._plan, self._plan.request_bytes
        with suppress(OSError):
            while left > 0 and (data := self._client.recv(65536)):
                if plan.ignored and plan.ignored in data:
                    break
                if plan.unanswered and plan.unanswered in data:
                    self._is_muted = True  # before the server can answer
                self._server.sendall(data[:left])
                left -= len(data)
        if not self._is_muted:
            self._cut()

    def copy_answers(self) -> None:
        plan, left = self._plan, self._plan.answer_bytes
        with suppress(OSError):
            while left > 0 and (data := self._server.recv(plan.piece)):
                self._flows.wait()
                if plan.delay:
                    time.sleep(plan.delay)
                if self._is_muted:
                    break
                self._client.sendall(data[:left])
                left -= len(data)
        self._cut()

    def _cut(self) -> None:
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
