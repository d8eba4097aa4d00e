"""What a running server has learned about its routes, for `python -m mvc routes` (feat:D10, V1).

The server tells of a route that moved on the loop's thread, so a note is only queued there; a
thread of its own writes `var/lanes.json`, whole and in place of the one before. What comes while it
writes goes into one next version, and versions are a second apart. A folder that cannot be written
costs the notes and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from httpcore import LaneChange
from mvc.requests.saving import create_private

_log = logging.getLogger("treadle.server")

FILE_NAME = "lanes.json"
REST = 1.0  # seconds between two versions of the file
STOP_SECONDS = 2.0  # for the last version
CAPACITY = 1000  # changes waiting; there are as many as routes that move in a second


@dataclass(frozen=True, slots=True)
class Move:
    """The last move of a route. time: seconds since the epoch."""

    lane: str
    reason: str
    time: float


class LaneRecorder:
    """Keeps the last move of every endpoint in `folder`, if there is one.

    `with` starts and ends its thread.
    """

    def __init__(self, folder: Path | None, wall_clock: Callable[[], float] = time.time) -> None:
        self._path = None if folder is None else folder / FILE_NAME
        self._wall_clock = wall_clock
        self._moves = read_moves(self._path)  # the thread's, once it runs
        self._changes: queue.SimpleQueue[tuple[LaneChange, float] | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._has_failed = False
        self._thread = threading.Thread(target=self._run, name="treadle-lanes", daemon=True)

    def note(self, change: LaneChange) -> None:
        """The server's loop: a route has moved. Never waits."""
        if self._changes.qsize() < CAPACITY:
            self._changes.put((change, self._wall_clock()))

    def __enter__(self) -> LaneRecorder:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._changes.put(None)
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while self._take():
            self._write()
            self._stopping.wait(REST)

    def _take(self) -> bool:
        """Wait for a change and take all there are; False when there is nothing left to write."""
        item = self._changes.get()
        has_news = item is not None
        while item is not None:
            change, moment = item
            self._moves[change.endpoint] = Move(change.lane, change.reason, moment)
            try:
                item = self._changes.get_nowait()
            except queue.Empty:
                return True
        if has_news:
            self._write()
        return False

    def _write(self) -> None:
        if self._path is None:
            return
        document = {name: asdict(move) for name, move in sorted(self._moves.items())}
        try:
            replace_file(self._path, json.dumps(document, indent=1) + "\n")
        except OSError as error:
            if not self._has_failed:
                _log.warning("cannot note the lanes in %s: %s", self._path, error.strerror)
            self._has_failed = True
        else:
            self._has_failed = False


def read_moves(path: Path | None) -> dict[str, Move]:
    """The last move of each endpoint by its name; none without a file, or from a strange one."""
    if path is None:
        return {}
    try:
        document = json.loads(path.read_text("utf-8"))
        return {str(name): _move_of(entry) for name, entry in document.items()}
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return {}


def replace_file(path: Path, text: str) -> None:
    """Put a file in place as a whole, for its owner only; readers see the old or the new one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(create_private(draft), "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise


def _move_of(entry: Mapping[str, Any]) -> Move:
    return Move(str(entry["lane"]), str(entry["reason"]), float(entry["time"]))
