"""The access log: one line a request, never at a request's expense.

Whoever finishes an answer leaves a tuple of plain values; one thread formats and writes. The queue
is bounded, so a blocked pipe or a full disk costs log lines, which are counted, and nothing else
(sec:R9, F6); records are bounded, too, as 10,000 of them may wait. After each batch the writer
rests for a moment, so that under load it wakes some twenty times a second rather than once a
request.
"""

import logging
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from httpcore.runtime.addressspace import start_thread
from httpcore.runtime.connection import Connection
from httpcore.runtime.logfile import LinesLost, LogFile
from httpcore.runtime.logformats import FORMATS, TARGET_SIZE, AccessRecord, logged_fields

logger = logging.getLogger("treadle.server")

CAPACITY = 10_000  # records waiting (sec:R9)
BATCH = 2_000  # lines in one write
REST = 0.05  # seconds between batches
REPORT_SECONDS = 10.0  # between two warnings of lines that were dropped
ABORTED = 499  # in place of a status, as nginx does: nobody was there for an answer
DECLINED = 444  # the same of who was there, and got none (`Declined`)
LARGE = 2048  # bytes of request fields from which a record keeps only what is logged


class AccessLog:
    """Writes to standard output for "-", nowhere for "off", else appends to the file named.

    format: "common", "combined" or "json"; ValueError for another one. clock: as `Timing` has it.
    client_of: the address to show, of that of the peer and the block of fields; it never raises.
    dropped: lines lost so far.
    """

    def __init__(
        self,
        destination: str,
        format: str = "common",  # noqa: A002  what it is called everywhere
        clock: Callable[[], float] = time.monotonic,
        client_of: Callable[[str, bytes], str] | None = None,
    ) -> None:
        if format not in FORMATS:
            known = ", ".join(FORMATS)
            raise ValueError(f"there is no access log format {format!r}; known: {known}")
        self._destination = destination
        self._format = FORMATS[format]
        self._clock = clock
        self._client_of = client_of
        self._has_fields = self._format.has_fields or client_of is not None
        self._records: queue.SimpleQueue[tuple[Any, ...] | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._file: LogFile | None = None
        self._thread: threading.Thread | None = None
        self._date = (-1, "")  # the writer's: a second and how it reads
        self._is_failing = False  # the writer's: its last batch was not written
        self._lock = threading.Lock()
        self.dropped = 0  # guarded by _lock
        self._reported_at = -REPORT_SECONDS  # guarded by _lock
        self.is_on = destination != "off"

    def open(self) -> None:
        """Open the destination; again, it does nothing.

        Raises OSError, its text one readable line, when the file cannot be opened.
        """
        if self._destination == "-" and sys.stdout is None:
            # Closed before we began: descriptor 1 is free, or by now a socket of ours.
            logger.warning("standard output is closed: there is no access log")
            self.is_on = False
        if self.is_on and self._file is None:
            self._file = LogFile(self._destination, self._clock)

    def start(self) -> None:
        """Open what is not open yet and begin to write. Raises what `open` raises, and RuntimeError
        when there is no thread to be had."""
        self.open()
        if self._file is not None:
            thread = threading.Thread(
                target=self._run, args=(self._file,), name="treadle-access-log", daemon=True
            )
            start_thread(thread)
            self._thread = thread

    def log(self, connection: Connection) -> None:
        """The connection's owner: note its answer, be it sent or cut short, or that it got none."""
        if not self.is_on:
            return
        answer, head, outbox = connection.answer, connection.head, connection.outbox
        status, size = (ABORTED, 0) if answer is None else (answer.status, answer.size)
        if answer is not None and outbox is not None:
            size = max(0, size - outbox.unsent)
        remote = connection.peer.remote[0]
        if head is None:
            self._put((remote, "", "", 1, status, size, time.time()))
            return
        endpoint, timing = connection.endpoint, connection.timing
        fields = head.field_block if self._has_fields else b""
        values = (
            remote,
            head.method,
            head.target[:TARGET_SIZE],
            head.minor_version,
            status,
            size,
            time.time(),
            fields if len(fields) < LARGE else logged_fields(fields),
            connection.request_id,
            "" if endpoint is None else endpoint.name,
        )
        if timing.answered:
            sending = self._clock() - timing.answered
            times = (timing.lane, timing.queued, timing.handled, sending)
            timing.answered = 0.0
            self._put(values + times)
        else:
            self._put(values)

    def _put(self, record: tuple[Any, ...]) -> None:
        """Any thread: queue the values of an `AccessRecord`, or count them as dropped."""
        if self._records.qsize() < CAPACITY:
            self._records.put(record)
        else:
            self._drop(1, "whatever its lines go to is too slow")

    def stop(self, timeout: float = 2.0) -> None:
        """Write what is queued, waiting at most `timeout` seconds; no record may follow."""
        self._stopping.set()
        if self._thread is not None:
            self._records.put(None)
            self._thread.join(timeout)
            self._thread = None
        elif self._file is not None:
            self._file.close()
        self._file = None

    def _drop(self, count: int, reason: str) -> None:
        with self._lock:
            self.dropped += count
            total, now = self.dropped, self._clock()
            is_due = now - self._reported_at >= REPORT_SECONDS
            if is_due:
                self._reported_at = now
        if is_due:
            logger.warning("access log: %s; %d lines dropped so far", reason, total)

    def _run(self, file: LogFile) -> None:
        try:
            while self._write_batch(file):
                pass
        except Exception:
            logger.exception("the access log ended")
            self.is_on = False
        finally:
            file.close()

    def _write_batch(self, file: LogFile) -> bool:
        """Wait for records, write those there are and rest; False when the log is to end."""
        record = self._records.get()
        batch: list[AccessRecord] = []
        while record is not None:
            batch.append(AccessRecord(*record))
            if len(batch) == BATCH:
                break
            try:
                record = self._records.get_nowait()
            except queue.Empty:
                break
        try:
            lines = "".join(map(self._line_of, batch))
            self._deliver(file, lines.encode("utf-8", "backslashreplace"))
        except MemoryError:  # there may be some again for the next ones (sec:T9)
            self._drop(len(batch), "out of memory")
        if len(batch) < BATCH:
            self._stopping.wait(REST)
        return self.is_on and record is not None

    def _line_of(self, record: AccessRecord) -> str:
        if self._client_of is not None:
            record = record._replace(remote=self._client_of(record.remote, record.fields))
        return self._format.line(record, self._date_of(record.time))

    def _deliver(self, file: LogFile, lines: bytes) -> None:
        """A full disk may have room again; a reader that has gone does not come back."""
        try:
            file.write(lines)
        except LinesLost as lost:
            self._is_failing = True
            self._drop(lost.count, str(lost))
            if lost.is_final:
                logger.warning("access log ended: %s", lost)
                self.is_on = False
            return
        if self._is_failing:
            self._is_failing = False
            logger.warning("access log is written again; %d lines were dropped", self.dropped)

    def _date_of(self, seconds: float) -> str:
        second = int(seconds)
        if self._date[0] != second:
            self._date = (second, self._format.date(time.gmtime(second)))
        return self._date[1]
