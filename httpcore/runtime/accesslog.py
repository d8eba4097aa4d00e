"""The access log: one line a request in the Common Log Format, never at a request's expense.

Whoever finishes an answer queues a record; one thread formats and writes. The queue is bounded, so
a blocked pipe or a full disk costs log lines, which are counted, and nothing else (sec:R9). After
each batch the writer rests for a moment, so that under load it wakes some twenty times a second
rather than once a request.
"""

import io
import logging
import os
import queue
import re
import sys
import threading
import time
from typing import NamedTuple

from httpcore.runtime.connection import Connection
from httpcore.runtime.date import MONTHS

logger = logging.getLogger("treadle.server")

CAPACITY = 10_000  # records waiting (sec:R9)
REST = 0.05  # seconds between batches

# Whatever could start a new line, drive a terminal or hide text: C0 and C1 controls, DEL, the
# line and paragraph separators, bidirectional controls; and our own quote and escape (sec:A8).
_UNSAFE = re.compile('[\x00-\x1f"\\\\\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]')


class AccessRecord(NamedTuple):
    """One answered request. `size`: body bytes given to the kernel."""

    remote: str
    method: str
    target: str
    minor_version: int
    status: int
    size: int
    time: float


def escape(text: str) -> str:
    """Text of a client made safe for one line of a log."""
    return _UNSAFE.sub(_escape_one, text)


def _escape_one(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def format_record(record: AccessRecord, date: str) -> str:
    """`host - - [date] "request-line" status bytes`; an unreadable request-line is a dash."""
    line = (
        f"{escape(record.method)} {escape(record.target)} HTTP/1.{record.minor_version}"
        if record.method
        else "-"
    )
    size = record.size or "-"
    return f'{record.remote} - - [{date}] "{line}" {record.status} {size}\n'


class AccessLog:
    """Writes to standard output for "-", nowhere for "off", else appends to the file named."""

    def __init__(self, destination: str) -> None:
        self._destination = destination
        self._records: queue.SimpleQueue[AccessRecord | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.is_on = destination != "off"
        self.dropped = 0  # approximate: counted without a lock, for a warning only
        self._date = (-1, "")

    def start(self) -> None:
        """Raises OSError, its text one readable line, when the file cannot be opened."""
        if self._destination == "-" and sys.stdout is None:
            # Closed before we began: descriptor 1 is free, or by now a socket of ours.
            logger.warning("standard output is closed: there is no access log")
            self.is_on = False
        if not self.is_on:
            return
        output = self._open()
        self._thread = threading.Thread(
            target=self._run, args=(output,), name="treadle-access-log", daemon=True
        )
        self._thread.start()

    def log(self, connection: Connection) -> None:
        """The connection's owner: note its answer, be it sent or cut short."""
        admitted, answer = connection.admitted, connection.answer
        if not self.is_on or answer is None:
            return
        head = admitted.head if admitted is not None else None
        unsent = connection.outbox.unsent if connection.outbox is not None else 0
        self.write(
            AccessRecord(
                connection.peer.remote[0],
                head.method if head is not None else "",
                head.target if head is not None else "",
                head.minor_version if head is not None else 1,
                answer.status,
                max(0, answer.size - unsent),
                time.time(),
            )
        )

    def write(self, record: AccessRecord) -> None:
        """Any thread: queue a record, or count it as dropped."""
        if self._records.qsize() < CAPACITY:
            self._records.put(record)
        else:
            self.dropped += 1

    def stop(self, timeout: float = 2.0) -> None:
        """Write what is queued, waiting at most `timeout` seconds; no record may follow."""
        if self._thread is not None:
            self._stopping.set()
            self._records.put(None)
            self._thread.join(timeout)
            self._thread = None

    def _open(self) -> io.FileIO:
        """A descriptor of our own: a writer stuck in it must not hold a lock of `sys.stdout`."""
        if self._destination != "-":
            try:
                return io.FileIO(self._destination, "a")
            except OSError as error:
                raise OSError(
                    f"cannot write the access log {self._destination}: {error.strerror}; make its "
                    "folder writable, or choose another file, - or off"
                ) from error
        sys.stdout.flush()
        return io.FileIO(os.dup(1), "w")

    def _run(self, output: io.FileIO) -> None:
        reported = 0
        try:
            while self._write_batch(output):
                if self.dropped > reported:
                    logger.warning("access log too slow: %d lines dropped", self.dropped - reported)
                    reported = self.dropped
                self._stopping.wait(REST)
        except (OSError, ValueError) as error:
            # A reader that went away, a full disk, a closed stream: serving goes on.
            logger.warning("access log ended: %s", error)
            self.is_on = False
        finally:
            output.close()

    def _write_batch(self, output: io.FileIO) -> bool:
        """Wait for records and write all there are; False when the log is to end."""
        record = self._records.get()
        lines: list[str] = []
        while record is not None and len(lines) < CAPACITY:
            lines.append(format_record(record, self._format_time(record.time)))
            try:
                record = self._records.get_nowait()
            except queue.Empty:
                break
        rest = memoryview("".join(lines).encode("utf-8", "backslashreplace"))
        while rest:
            rest = rest[output.write(rest) or 0 :]
        return record is not None

    def _format_time(self, seconds: float) -> str:
        second = int(seconds)
        if self._date[0] != second:
            t = time.gmtime(second)
            text = f"{t.tm_mday:02d}/{MONTHS[t.tm_mon - 1]}/{t.tm_year}:"
            text += f"{t.tm_hour:02d}:{t.tm_min:02d}:{t.tm_sec:02d} +0000"
            self._date = (second, text)
        return self._date[1]
