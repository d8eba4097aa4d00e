"""How other threads speak to the loop: queue first, then wake it once.

The race to avoid is a message queued just after the loop looked and just before it sleeps. Both
sides decide under one lock: the loop announces that it will wait only while the queue is empty,
and whoever queues while it waits owes it one byte. Later messages find the announcement gone and
write nothing, so a busy loop costs no system call.

The loop takes one message off at a time: what it has not come to is still here, whatever may fail
meanwhile. That needs no lock, since both ends of a deque may be used by different threads.
"""

import contextlib
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from httpcore.runtime.poller import READ, best_poller

REST = 0.01  # seconds until a message is queued again that there was no memory for

# A function and what to call it with, on the loop's thread.
Message = tuple[Callable[..., None], tuple[Any, ...]]


class Mailbox:
    """Calls to be made on the loop's thread, in the order they were posted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: deque[Message] = deque()
        self._is_loop_waiting = False  # guarded by _lock
        self._receiver, self._sender = socket.socketpair()
        self._receiver.setblocking(False)
        self._sender.setblocking(False)
        self._poller = best_poller()
        self._poller.register(self._receiver.fileno(), READ)

    def fileno(self) -> int:
        """Readable when the loop has to wake up."""
        return self._receiver.fileno()

    def post(self, call: Callable[..., None], *arguments: Any) -> None:
        """Any thread: have the loop make this call soon. Waits for memory rather than lose it."""
        while True:
            try:
                with self._lock:
                    self._messages.append((call, arguments))
                    must_wake = self._is_loop_waiting
                    self._is_loop_waiting = False
                break
            except MemoryError:
                time.sleep(REST)
        if must_wake:
            # A full socket buffer wakes the loop just as well; a closed one has no loop to wake.
            try:  # noqa: SIM105  to make a `suppress` takes memory, and without it nobody wakes
                self._sender.send(b"\0")
            except OSError:
                pass

    def may_wait(self) -> bool:
        """Loop: whether it may sleep, and if so, that it is about to."""
        with self._lock:
            self._is_loop_waiting = not self._messages
            return self._is_loop_waiting

    @property
    def has_mail(self) -> bool:
        """Loop: whether anything was posted, as far as can be seen without the lock."""
        return bool(self._messages)

    def wait(self, timeout: float) -> bool:
        """Loop, when it may wait: sleep till it is woken; False if not within `timeout` seconds."""
        return bool(self._poller.poll(timeout))

    def open(self) -> deque[Message]:
        """Loop: it waits no more. The messages, oldest first, to be taken off one by one."""
        with self._lock:
            self._is_loop_waiting = False
        return self._messages

    def drain(self) -> None:
        """Loop: forget the wake-up bytes; usually there is one."""
        with contextlib.suppress(BlockingIOError):
            self._receiver.recv(4096)

    def close(self) -> None:
        self._poller.close()
        self._receiver.close()
        self._sender.close()
