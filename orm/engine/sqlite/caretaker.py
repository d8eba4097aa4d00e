"""A thread that looks after a database file: its write-ahead log, and who else wants to write.

Every few milliseconds it looks whether another process waits for the lock that this one keeps
(sec:D18). Every second it looks at the WAL (sec:D21) and at how long the writer has been in use
(sec:D15). It costs the statements nothing, and lives as long as the writer connection is open.
"""

import sys
import threading
import time

from orm import later
from orm.engine.options import SqliteOptions
from orm.engine.sqlite.processlock import WATCH_EVERY
from orm.engine.sqlite.snapshots import Snapshot, Snapshots
from orm.engine.sqlite.writer import Writer, wal_size
from orm.engine.stacks import format_stack, take_stack

_LOOK_EVERY = 1.0

# The alarm comes again when the WAL has grown by this factor.
_ALARM_FACTOR = 2

_JOIN_SECONDS = 2.0
_MIB = 1024 * 1024

logger = later.logger("orm.sqlite")


class Caretaker:
    """Of one database file."""

    def __init__(
        self, path: str, options: SqliteOptions, writer: Writer, snapshots: Snapshots
    ) -> None:
        self._path = path
        self._options = options
        self._writer = writer
        self._snapshots = snapshots
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._end = threading.Event()
        self._alarm_at = options.wal_limit * _ALARM_FACTOR
        self._turn = (0, time.monotonic())  # the writer's number of turns, and since when

    def wake(self) -> None:
        """The writer is open: see to it that the thread runs."""
        with self._starting:
            if self._thread is None:
                self._end.clear()
                name = "orm-sqlite-caretaker"
                self._thread = threading.Thread(target=self._work, name=name, daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """The writer is about to be closed."""
        with self._starting:
            thread, self._thread = self._thread, None
            self._end.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(_JOIN_SECONDS)

    def _work(self) -> None:
        look_at = time.monotonic() + _LOOK_EVERY
        while not self._end.wait(WATCH_EVERY):
            try:
                if self._writer.is_wanted:
                    self._writer.share()
                if time.monotonic() >= look_at:
                    self.look()
                    look_at = time.monotonic() + _LOOK_EVERY
            except Exception:
                logger.exception("looking after %s failed; it is tried again", self._path)

    def look(self) -> None:
        """Keep the WAL small; report a writer that is in use for too long."""
        if wal_size(self._path) > self._options.wal_limit:
            self._shrink()
        else:
            self._alarm_at = self._options.wal_limit * _ALARM_FACTOR
        self._watch_user()

    def _shrink(self) -> None:
        if self._writer.checkpoint():
            return
        if self._options.snapshot_limit:
            self._snapshots.end_older_than(self._options.snapshot_limit, self._tell)
            if self._writer.checkpoint():
                return
        size = wal_size(self._path)
        if size >= self._alarm_at:
            self._alarm_at = size * _ALARM_FACTOR
            self._alarm(size)

    def _tell(self, snapshot: Snapshot) -> None:
        logger.warning(
            "%s: a read-only block or stream was ended after %.0f s (snapshot_limit), for the "
            "write-ahead log could not be emptied behind it; it was opened at:\n%s",
            self._path,
            snapshot.age,
            format_stack(snapshot.stack),
        )

    def _alarm(self, size: int) -> None:
        oldest = next(iter(self._snapshots.oldest_first()), None)
        if oldest is None:
            cause = "a reader of another process, or a transaction that writes it all, holds it up"
        else:
            place = format_stack(oldest.stack)
            cause = f"the oldest reader is {oldest.age:.0f} s old and was opened at:\n{place}"
        logger.warning(
            "%s: the write-ahead log has grown to %d MiB; %s", self._path, size // _MIB, cause
        )

    def _watch_user(self) -> None:
        turn, since = self._turn
        now = time.monotonic()
        if self._writer.turns != turn or not self._writer.in_use:
            self._turn = (self._writer.turns, now)
        elif now - since > self._options.leak_after > 0:
            self._turn = (turn, float("inf"))  # once
            frame = sys._current_frames().get(self._writer.user)
            logger.warning(
                "%s: the writer is in use for %.0f s (leak_after) by thread %r, %d wait; it is at:"
                "\n%s",
                self._path,
                now - since,
                self._writer.user_name(),
                self._writer.waiting,
                format_stack(take_stack(frame)) if frame else "",
            )
