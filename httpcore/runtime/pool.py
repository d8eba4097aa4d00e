"""The worker threads that run endpoints, and the bounded queue before them.

What one pass of the loop brings is queued at its end, all at once. Queued one by one, each request
would wake a worker that then fights for the interpreter with a loop that still has sockets to
read; this order saves a fifth of the processor time of a small request.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

logger = logging.getLogger("treadle.server")

Task = tuple[Callable[[Any], None], Any]


class WorkerPool:
    """A fixed number of threads taking tasks in the order they came.

    threads: how many; capacity: tasks that may wait before `submit` says no (sec:T12).
    """

    def __init__(self, threads: int, capacity: int) -> None:
        self._size = threads
        self._capacity = capacity
        # SimpleQueue is the one queue whose put neither takes a Python-level lock nor may be
        # interrupted half-way; the bound is kept by its only bounded producer, the loop.
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._batch: list[Task] = []  # the loop's: admitted in this pass
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()  # guarded by _lock
        self._is_stopping = False  # guarded by _lock
        self._started = 0  # guarded by _lock

    def start(self) -> None:
        for _ in range(self._size):
            self._start_thread()

    def submit(self, function: Callable[[Any], None], argument: Any) -> bool:
        """Loop: take a new request, or say False when too many wait. `flush` must follow."""
        if self._tasks.qsize() + len(self._batch) >= self._capacity:
            return False
        self._batch.append((function, argument))
        return True

    def flush(self) -> None:
        """Loop: let the workers have what was submitted."""
        if self._batch:
            for task in self._batch:
                self._tasks.put(task)
            self._batch.clear()

    def resubmit(self, function: Callable[[Any], None], argument: Any) -> None:
        """Any thread: queue the rest of work that was admitted before, whatever the length."""
        self._tasks.put((function, argument))

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
        thread.start()

    def _run(self) -> None:
        try:
            while (task := self._tasks.get()) is not None:
                function, argument = task
                function(argument)
                # A waiting thread must not keep the last request and its body alive.
                del task, function, argument
        except BaseException:
            # Tasks handle their own errors; what arrives here (SystemExit from an endpoint,
            # MemoryError, a fault of ours) has ended this thread but must not shrink the pool.
            logger.exception("worker thread died and is replaced")
            self._start_thread()
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())
