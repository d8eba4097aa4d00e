"""A process that writes to the notice board as its visitors do, and remembers every outcome.

    python -m tests.faults.board_writer URL NAME THREADS

Prints a line once it is at work, writes until its standard input ends, then prints one JSON object:
what came of each piece of work, and what it read. Each piece has a token of its own, so that
whoever looks into the tables can tell what of it is there, and how often.
"""

import json
import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial

import orm
from app.models.board import Board
from app.models.comment import Comment
from app.models.post import Post
from app.models.tag import Tag
from mvc import User

# Boards that all writers count up: few enough to collide now and then, too many to do so six times
# in a row, also on a machine that is busy with something else.
BOARDS = 150
RETRIES = 5


@dataclass
class Outcome:
    """One piece of work. end: "stored", "unknown", or the name of the error."""

    kind: str
    token: str
    began: float
    ended: float
    end: str
    tries: int
    detail: str = ""


@dataclass
class Record:
    outcomes: list[Outcome] = field(default_factory=list)
    stale_reads: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)


def publish(token: str, author: User, board: Board, count_try: Callable[[], None]) -> None:
    """A post with a comment, counted on its board: three rows, all or none."""

    @orm.transaction(retry=RETRIES)
    def write() -> None:
        count_try()
        Board.update(position=Board.position + 1).where(Board.id == board.id).execute()
        post = Post.insert(board=board, author=author, title=token, body="pinned")
        Comment.insert(post=post, author=author, body=token)

    write()


def name_tag(token: str) -> None:
    """One statement outside of any transaction."""
    Tag.insert(name=token)


def is_there(kind: str, token: str) -> bool:
    if kind == "post":
        return Post.select().where(Post.title == token).exists()
    return Tag.select().where(Tag.name == token).exists()


class Writer:
    """One thread of the process."""

    def __init__(self, name: str, record: Record, stop: threading.Event) -> None:
        self._name = name
        self._record = record
        self._stop = stop
        self._random = random.Random(name)
        self._tries = 0

    def work(self) -> None:
        author = User.select().first()
        boards = Board.select().order_by(Board.id).all()
        if author is None:
            raise SystemExit("the board has no users")
        step = 0
        while not self._stop.is_set():
            step += 1
            token = f"{self._name}-{step}"
            if step % 4:
                action = partial(publish, token, author, self._random.choice(boards), self._count)
                self._do("post", token, action)
            else:
                self._do("tag", token, partial(name_tag, token))

    def _count(self) -> None:
        self._tries += 1

    def _do(self, kind: str, token: str, action: Callable[[], None]) -> None:
        self._tries = 0
        end = self._note(kind, token, action)
        host = orm.database.statistics.host
        if host not in self._record.hosts[-1:]:
            self._record.hosts.append(host)
        if end == "stored" and not self._is_there(kind, token):
            self._record.stale_reads.append(token)

    def _note(self, kind: str, token: str, action: Callable[[], None]) -> str:
        began, end, detail = time.time(), "stored", ""
        try:
            action()
        except orm.CommitUnknown as error:
            end, detail = "unknown", str(error)
        except orm.OrmError as error:
            end, detail = type(error).__name__, str(error)
        outcome = Outcome(kind, token, began, time.time(), end, self._tries, detail)
        self._record.outcomes.append(outcome)
        return end

    def _is_there(self, kind: str, token: str) -> bool:
        """What this process wrote it must find, also on the node it has moved to."""
        try:
            return is_there(kind, token)
        except orm.OrmError as error:
            now = time.time()
            outcome = Outcome("read", token, now, now, type(error).__name__, 1, str(error))
            self._record.outcomes.append(outcome)
            return True


def main() -> None:
    url, name, threads = sys.argv[1:]
    orm.connect(url)
    record, stop = Record(), threading.Event()
    writers = [Writer(f"{name}{number}", record, stop) for number in range(int(threads))]
    workers = [threading.Thread(target=each.work, daemon=True) for each in writers]
    for worker in workers:
        worker.start()
    while len(record.outcomes) < len(workers) and any(each.is_alive() for each in workers):
        time.sleep(0.01)
    print("writing", flush=True)
    sys.stdin.read()
    stop.set()
    for worker in workers:
        worker.join()
    orm.close()
    json.dump(asdict(record), sys.stdout)


if __name__ == "__main__":
    main()
