"""The worker threads that run endpoints in the pool lane.

Which requests they get, and when, the loop decides (`lanes`); here is only a queue and the threads
that take from it. What one pass of the loop brings is queued at its end, all at once. Queued one by
one, each request would wake a worker that then fights for the interpreter with a loop that still
has sockets to read; this order saves a fifth of the processor time of a small request.
"""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from httpcore.counters import faults
from httpcore.runtime.addressspace import start_thread
from httpcore.runtime.precedence import Precedence

logger = logging.getLogger("treadle.server")

Task = tuple[Callable[[Any], None], Any]


class WorkerPool:
    """Threads taking tasks in the order they came. `size`: how many there are, or soon will be.

    precedence: their right to the processor beside the loop's.
    """

    def __init__(self, threads: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.size = threads
        self.precedence = Precedence(clock)
        # SimpleQueue is the one queue whose put neither takes a Python-level lock nor may be
        # interrupted half-way.
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._batch: list[Task] = []  # the loop's: submitted in this pass
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()  # guarded by _lock
        self._is_stopping = False  # guarded by _lock
        self._started = 0  # guarded by _lock

    def start(self) -> None:
        for _ in range(self.size):
            self._start_thread()

    def submit(self, function: Callable[[Any], None], argument: Any) -> None:
        """Loop: have `function(argument)` called by a worker; `flush` must follow."""
        self._batch.append((function, argument))

    def flush(self) -> None:
        """Loop: let the workers have what was submitted."""
        if self._batch:
            for task in self._batch:
                self._tasks.put(task)
            self._batch.clear()

    def resize(self, size: int) -> None:
        """Loop: have this many threads; one too many ends when it is done with what it does.

        Raises RuntimeError when the system gives no more threads; those there are stay.
        """
        while self.size < size:
            self._start_thread()
            self.size += 1
        while self.size > size:
            self._tasks.put(None)
            self.size -= 1

    def stop(self, timeout: float) -> int:
        """End the threads once the queue is empty; returns how many still run after `timeout` s.

        A worker may call it, too; it does not wait for itself.
        """
        with self._lock:
            self._is_stopping = True
            threads = self._threads - {threading.current_thread()}
        for _ in range(len(threads) + 1):
            self._tasks.put(None)
        deadline = time.monotonic() + timeout
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return sum(thread.is_alive() for thread in threads)

    @property
    def thread_count(self) -> int:
        with self._lock:
            return len(self._threads)

    def _start_thread(self) -> None:
        with self._lock:
            if self._is_stopping:
                return
            self._started += 1
            name = f"treadle-worker-{self._started}"
            # Daemon: an endpoint that never returns must not keep the process from ending.
            thread = threading.Thread(target=self._run, name=name, daemon=True)
            self._threads.add(thread)
        try:
            start_thread(thread)
        except BaseException:  # MemoryError, too: one that never began cannot be joined
            with self._lock:
                self._threads.discard(thread)
            raise

    def _run(self) -> None:
        try:
            self.precedence.enlist()
            while (task := self._tasks.get()) is not None:
                _do(task)
                # A waiting thread must not keep the last request and its body alive.
                del task
        finally:
            self.precedence.dismiss()
            with self._lock:
                self._threads.discard(threading.current_thread())


def _do(task: Task) -> None:
    """Tasks handle their own errors; what arrives here (SystemExit from an endpoint, MemoryError, a
    fault of ours) must not shrink the pool. So the thread goes on: another in its place might not
    be had just then, when the system is short of what it takes (sec:R6).
    """
    function, argument = task
    try:
        function(argument)
    except BaseException:
        with contextlib.suppress(BaseException):  # the same want of memory, mostly
            faults.rise()
            logger.exception("fault of a worker thread; it goes on")
