"""Readiness of sockets: epoll where the system has it, `selectors` elsewhere.

Level-triggered, so an event that was not dealt with comes again: nothing is lost when a handler
reads only part of what is there. The loop acts by the connection's state, not by the kind of
event, so hang-ups and errors need no bit of their own: they are found by the next recv or send.
"""

import contextlib
import errno
import select
import selectors
import sys
from collections.abc import Sequence
from typing import Protocol

READ = 1  # EPOLLIN
WRITE = 4  # EPOLLOUT
MOST = 128  # reported at a time: a pass of the loop stays short, and the kernel takes turns
FD_SETSIZE = 1024  # of select(2); CPython for Windows is built with half of it


class Poller(Protocol):
    """Only the loop's thread may call one."""

    def register(self, fd: int, interest: int) -> None: ...

    def modify(self, fd: int, interest: int) -> None: ...

    def unregister(self, fd: int) -> None: ...

    def poll(self, timeout: float | None, most: int = MOST) -> Sequence[tuple[int, int]]:
        """Ready (file descriptor, event) pairs, `most` at most where the system can stop there.

        Waits up to `timeout` seconds, for ever on None.
        """
        ...

    def nest(self) -> "Nested | None":
        """Another poller, whose descriptor may be registered with this one; None if there is none.

        It is readable while anything in it is ready.
        """
        ...

    def close(self) -> None: ...


class Nested(Poller, Protocol):
    """A poller that another one may watch."""

    def fileno(self) -> int: ...


class EpollPoller:
    """Thin: the kernel's object does the work."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self.register = self._epoll.register
        self.modify = self._epoll.modify
        self.unregister = self._epoll.unregister
        self.close = self._epoll.close
        self.fileno = self._epoll.fileno

    def poll(self, timeout: float | None, most: int = MOST) -> Sequence[tuple[int, int]]:
        return self._epoll.poll(timeout, most)

    def nest(self) -> Nested | None:
        return EpollPoller()


class SelectorPoller:
    """For systems without epoll; `selector` may be any of the standard library's.

    `register` raises OSError (EMFILE) for what `select` could not watch: it would fail for all.
    """

    _TO_SELECTORS = {
        READ: selectors.EVENT_READ,
        WRITE: selectors.EVENT_WRITE,
        READ | WRITE: selectors.EVENT_READ | selectors.EVENT_WRITE,
    }

    def __init__(self, selector: selectors.BaseSelector | None = None) -> None:
        self._selector = selector or selectors.DefaultSelector()
        self._is_select = isinstance(self._selector, selectors.SelectSelector)

    def register(self, fd: int, interest: int) -> None:
        if self._is_select and self._is_beyond_select(fd):
            raise OSError(errno.EMFILE, "select() can watch no more descriptors")
        self._selector.register(fd, self._TO_SELECTORS[interest])

    def _is_beyond_select(self, fd: int) -> bool:
        """Windows limits how many there are, other systems how large their numbers are."""
        if sys.platform == "win32":
            return len(self._selector.get_map()) >= FD_SETSIZE // 2
        return fd >= FD_SETSIZE

    def modify(self, fd: int, interest: int) -> None:
        self._selector.modify(fd, self._TO_SELECTORS[interest])

    def unregister(self, fd: int) -> None:
        with contextlib.suppress(KeyError):  # `_take_out_closed` was here before
            self._selector.unregister(fd)

    def poll(self, timeout: float | None, most: int = MOST) -> Sequence[tuple[int, int]]:
        try:
            return [(key.fd, mask) for key, mask in self._selector.select(timeout)]
        except (OSError, ValueError):
            closed = self._take_out_closed()
            if not closed:
                raise
            return [(fd, READ) for fd in closed]  # whoever has them finds out by reading

    def _take_out_closed(self) -> list[int]:
        """`select` fails for all when an endpoint has closed one descriptor by mistake."""
        closed = [key.fd for key in self._selector.get_map().values() if _is_closed(key.fd)]
        for fd in closed:
            self._selector.unregister(fd)
        return closed

    def nest(self) -> Nested | None:
        return None

    def close(self) -> None:
        self._selector.close()


def _is_closed(fd: int) -> bool:
    try:
        select.select([fd], [], [], 0)
    except ValueError:  # its number is too large for select(), which is not what has failed then
        return False
    except OSError:
        return True
    return False


def best_poller() -> Poller:
    """Epoll on Linux, what `selectors` thinks best elsewhere."""
    return EpollPoller() if hasattr(select, "epoll") else SelectorPoller()
