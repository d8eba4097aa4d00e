"""Signals of the process, received where it is safe to act on them.

A Python signal handler runs between any two instructions of the main thread, so it must not take
locks or do work. Here the handlers do nothing at all: the interpreter writes the signal's number
to a socket (`signal.set_wakeup_fd`), and the main thread reads it (sec:R8).

A process that an endpoint forks would share that socket: a SIGTERM for it, such as
`multiprocessing` sends to end one, would end the server. So in a child signals mean what
they mean to any process.
"""

import contextlib
import os
import select
import signal
import socket
from types import FrameType
from typing import Any

# Asks for a line in the log; Windows has no such signal.
REPORT: int | None = getattr(signal, "SIGUSR1", None)
# The terminal was closed: nobody is to lose an answer by that. `nohup` says that it is no matter.
HANG_UP: int | None = getattr(signal, "SIGHUP", None)
_ENDING = (signal.SIGINT, signal.SIGTERM)
_WATCHED = (*_ENDING, *(number for number in (HANG_UP, REPORT) if number is not None))
_POKE = 0  # no signal has this number


class SignalWatch:
    """Context manager for the main thread; `poke` may be called by any."""

    def __init__(self) -> None:
        self._receiver, self._sender = socket.socketpair()
        self._receiver.setblocking(False)
        self._sender.setblocking(False)
        self._previous: dict[int, Any] = {}
        self._previous_fd = -1

    def __enter__(self) -> "SignalWatch":
        self._previous_fd = signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        for number in _WATCHED:
            if number != HANG_UP or signal.getsignal(number) is not signal.SIG_IGN:
                self._previous[number] = signal.signal(number, _ignore)
        if hasattr(signal, "SIGPIPE"):
            self._previous[signal.SIGPIPE] = signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._previous_fd)
        self._receiver.close()
        self._sender.close()

    def poke(self) -> None:
        """Make `wait` return without a signal."""
        with contextlib.suppress(OSError):
            self._sender.send(bytes([_POKE]))

    def wait(self, timeout: float) -> int:
        """The number of the next watched signal; 0 after `timeout` seconds or a `poke`."""
        if not select.select([self._receiver], [], [], timeout)[0]:
            return _POKE
        number = self._receiver.recv(1)[0]
        return number if number in _WATCHED else _POKE


def _ignore(number: int, frame: FrameType | None) -> None:
    """Replaces the default action; the number travels through the wake-up socket."""


def _reset() -> None:
    """In a forked child, whose only thread is its main one.

    Not to the handlers of before: what they raise would come out of the endpoint that has forked,
    and the child would go on as a worker of the server.
    """
    watched = [number for number in _WATCHED if signal.getsignal(number) is _ignore]
    if watched:
        signal.set_wakeup_fd(-1)
    for number in watched:
        signal.signal(number, signal.SIG_DFL)


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_reset)
