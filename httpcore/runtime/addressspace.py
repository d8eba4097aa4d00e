"""Living with a limited address space, such as `ulimit -v` and batch systems set (sec:T9).

A thread reserves far more addresses than it uses: 8 MiB of stack and, of glibc's malloc, up to 64
MiB for an arena of its own. Without a limit that costs nothing. With one, 32 workers take 1.3 GiB
of it, and the next thread cannot be started. So where there is a limit, threads share two arenas
and get smaller stacks, and 250 MiB do. On a stack of this size the interpreter's own limit of a
thousand calls is met long before its end.
"""

import ctypes
import mmap
import sys
import threading

from httpcore.runtime.memory import address_space

STACK = 2 * 1024 * 1024  # bytes
# What a thread takes to begin with: its stack, and a piece of the interpreter's own memory.
ROOM = STACK + 2 * 1024 * 1024
ARENAS = 2
_M_ARENA_MAX = -8  # malloc.h of glibc


def save_address_space() -> None:
    """Before the threads are started: have them reserve less, where there is a limit."""
    if address_space() is None:
        return
    threading.stack_size(STACK)
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have no arenas
        if mallopt is not None:
            mallopt(_M_ARENA_MAX, ARENAS)


def start_thread(thread: threading.Thread) -> None:
    """Start it. Raises RuntimeError, as `Thread.start` does, also where a limit leaves no room.

    One that gets its stack and nothing more dies before it can say that it has begun, and
    `Thread.start` waits for that for ever.
    """
    _require_room()
    thread.start()


def _require_room() -> None:
    # Not by threading.stack_size(): to ask for the size sets it back to the system's 8 MiB.
    if address_space() is None:
        return
    try:
        mmap.mmap(-1, ROOM, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except (OSError, MemoryError):
        raise RuntimeError("can't start new thread") from None
