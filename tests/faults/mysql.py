"""MariaDB is killed, cut off, crowded and made read-only under load (sec:D10-D14, G7).

Each scenario starts a server of its own. Work is counted on both sides: what the threads were told
and what the tables hold afterwards.
"""

import contextlib
import itertools
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from unittest import mock

import orm
import orm.engine as engine
from orm.engine.database import Database
from tests.faults.report import CannotRun, Finding
from tests.support.faultproxy import FaultProxy, Plan
from tests.support.mariadb import MariaDb, MariaDbUnavailable, start_mariadb

QUERIES = 10_000
RESTARTS = 10
THREADS = 8
KILL_EVERY = 5.0
RETRIES = 5
JOIN_SECONDS = 60.0
ACCOUNTS = 10
BALANCE = 1000


@contextlib.contextmanager
def server(survives_kill: bool = True) -> Iterator[MariaDb]:
    try:
        running = start_mariadb(survives_kill=survives_kill)
    except MariaDbUnavailable as reason:
        raise CannotRun(str(reason)) from None
    try:
        orm.create_database(running.url("faults"))
        yield running
    finally:
        engine.close()
        running.stop()


@contextlib.contextmanager
def busy(works: list[Callable[[threading.Event], None]]) -> Iterator[list[BaseException]]:
    """Run each function in a thread until the block ends; yields what they raised."""
    stop = threading.Event()
    raised: list[BaseException] = []

    def run(work: Callable[[threading.Event], None]) -> None:
        try:
            work(stop)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield raised
    finally:
        stop.set()
        for thread in threads:
            thread.join(JOIN_SECONDS)
        raised += [TimeoutError("a thread hangs") for thread in threads if thread.is_alive()]


@contextlib.contextmanager
def hurried() -> Iterator[None]:
    """No pauses between tries and no circuit that opens: there would be hours of them."""
    with (
        mock.patch("orm.engine.mysql.pool.jitter", return_value=0.0),
        mock.patch("orm.engine.retry.pause"),
        mock.patch("orm.engine.mysql.breaker.WINDOW", -1.0),
    ):
        yield


def admin(running: MariaDb) -> Database:
    return engine.connect(running.url("faults"), "admin")


# Every byte of a conversation


def run_cuts(seconds: float) -> list[Finding]:
    """10,000 queries for something unique, each connection cut or slowed somewhere (sec:D10)."""
    findings = []
    with server() as running, hurried():
        for fast in (True, False):
            name = f"cuts, {'own' if fast else 'PyMySQL'} reader"
            with FaultProxy(("127.0.0.1", running.port)) as proxy:
                url = running.url("faults").replace(str(running.port), str(proxy.port))
                database = engine.connect(url, pool_size=1, pool_wait=0.05, fast_reader=fast)
                tally = _cut_everywhere(database, proxy)
                engine.close()
            wrong = tally["wrong"]
            told = f"{tally['right']} right, {tally['error']} errors"
            findings += [
                Finding(name, "answers of another query", "0", str(wrong), wrong == 0),
                Finding(name, "queries", f"{QUERIES}", told, sum(tally.values()) == QUERIES),
            ]
    return findings


def _cut_everywhere(database: Database, proxy: FaultProxy) -> Counter[str]:
    tally: Counter[str] = Counter()
    sizes = itertools.cycle(range(1, 1200))
    shapes = random.Random(1)
    for number in range(QUERIES):
        if number % 4 == 0:
            database.close()
            plan = Plan(answer_bytes=next(sizes), piece=shapes.choice((1, 7, 65536)))
            proxy.plans.clear()
            # The read that is sent again meets a wire as bad as the first.
            proxy.plans.extend([plan] * shapes.choice((1, 2, 9)))
        wanted = f"{number}-{shapes.random()}"
        try:
            rows = database.execute("SELECT ?, ?", (wanted, "x" * (number % 50))).rows
            tally["right" if rows == [(wanted, "x" * (number % 50))] else "wrong"] += 1
        except orm.OrmError:
            tally["error"] += 1
    return tally


# Killed and restarted


class Ledger:
    """Inserts numbered rows and remembers what it was told about each."""

    def __init__(self, database: Database, first: int) -> None:
        self._database = database
        self._numbers = itertools.count(first, 1000)
        self.told: dict[int, str] = {}
        self.answers: list[tuple[float, bool]] = []
        self.wrong = 0
        self._insert = database.transaction(retry=RETRIES)(self._insert_once)

    def _insert_once(self, number: int) -> None:
        self._database.execute("INSERT INTO ledger (number) VALUES (?)", (number,))
        self._database.execute("UPDATE total SET n = n + 1")

    def work(self, stop: threading.Event) -> None:
        while not stop.is_set():
            number = next(self._numbers)
            try:
                self._insert(number)
                self.told[number] = "stored"
                found = self._database.execute("SELECT ?", (number,)).rows
                self.wrong += found != [(number,)]
            except orm.CommitUnknown:
                self.told[number] = "unknown"
            except orm.OrmError as error:
                self.told.setdefault(number, type(error).__name__)
                time.sleep(0.01)  # as a client that tries again
            self.answers.append((time.monotonic(), self.told[number] == "stored"))


def run_restarts(seconds: float) -> list[Finding]:
    """SIGKILL and a new start, ten times, under load (sec:G7)."""
    with server() as running:
        database = engine.connect(running.url("faults"))
        database.execute("CREATE TABLE ledger (id INT PRIMARY KEY AUTO_INCREMENT, number INT)")
        database.execute("CREATE TABLE total (n INT)")
        database.execute("INSERT INTO total VALUES (0)")
        ledgers = [Ledger(database, first) for first in range(THREADS)]
        accepts = []
        quiet = threading.Event()
        with busy([ledger.work for ledger in ledgers]) as raised:
            for _ in range(RESTARTS):
                quiet.wait(0.5)
                running.kill()
                quiet.wait(0.3)
                running.start_again()
                accepts.append(time.monotonic())
                quiet.wait(1.2)
        return _judge_restarts(database, ledgers, accepts, raised)


def _judge_restarts(
    database: Database, ledgers: list[Ledger], accepts: list[float], raised: list[BaseException]
) -> list[Finding]:
    told = {number: end for ledger in ledgers for number, end in ledger.told.items()}
    stored = Counter(row[0] for row in database.execute("SELECT number FROM ledger"))
    total = database.execute("SELECT n FROM total").rows[0][0]
    ends = Counter(told.values())
    acknowledged = {number for number, end in told.items() if end == "stored"}
    unknown = {number for number, end in told.items() if end == "unknown"}
    lost, odd = acknowledged - stored.keys(), stored.keys() - acknowledged - unknown
    twice = sum(count > 1 for count in stored.values()) + abs(total - sum(stored.values()))
    good = sorted(at for ledger in ledgers for at, is_good in ledger.answers if is_good)
    delays = [next((at - start for at in good if at >= start), 99.0) for start in accepts]
    wrong = sum(ledger.wrong for ledger in ledgers)
    name = f"{RESTARTS} restarts"
    return [
        Finding(name, "wrong answers", "0", str(wrong), wrong == 0 and not raised),
        Finding(name, "double effects", "0", str(twice), twice == 0),
        Finding(name, "acknowledged and lost", "0", str(len(lost)), not lost),
        Finding(name, "stored after an error", "0", str(len(odd)), not odd),
        Finding(name, "told", "", ", ".join(f"{k} {v}" for k, v in ends.items()), True),
        Finding(
            name,
            "first good answer after the port accepts",
            "< 1 s",
            f"{max(delays) * 1000:.0f} ms at most",
            max(delays) < 1,
        ),
    ]


# Connections killed, locks in opposite order


def run_kills(seconds: float) -> list[Finding]:
    """KILL CONNECTION of all, again and again: reads never notice (sec:D11)."""
    with server() as running:
        database = engine.connect(running.url("faults"))
        counts: Counter[str] = Counter()

        def read(stop: threading.Event) -> None:
            for number in itertools.count():
                if stop.is_set():
                    return
                try:
                    right = database.execute("SELECT ?", (number,)).rows == [(number,)]
                    counts["right" if right else "wrong"] += 1
                except orm.OrmError as error:
                    counts[type(error).__name__] += 1

        quiet, killed = threading.Event(), 0
        with busy([read] * THREADS):
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                quiet.wait(min(KILL_EVERY, seconds / 5))
                killed += _kill_all(admin(running))
        right = counts.pop("right")
        text = f"{sum(counts.values())} of {right}"
        return [
            Finding("kills", "read errors", "0", text, not counts),
            Finding("kills", "connections killed", "some", str(killed), killed > THREADS),
        ]


def _kill_all(database: Database) -> int:
    rows = database.execute(
        "SELECT id FROM information_schema.processlist"
        " WHERE command <> 'Daemon' AND id <> connection_id()"
    ).rows
    for (number,) in rows:
        with contextlib.suppress(orm.OrmError):
            database.execute(f"KILL {number:d}")
    return len(rows)


def run_deadlocks(seconds: float) -> list[Finding]:
    """Eight threads move money between accounts, locking in opposite order (sec:D13)."""
    with server() as running:
        database = engine.connect(running.url("faults"))
        database.execute("CREATE TABLE account (id INT PRIMARY KEY, balance INT)")
        for number in range(ACCOUNTS):
            database.execute("INSERT INTO account VALUES (?, ?)", (number, BALANCE))
        counts: Counter[str] = Counter()
        change = "UPDATE account SET balance = balance + ? WHERE id = ?"

        @database.transaction(retry=RETRIES)
        def move(source: int, target: int) -> None:
            counts["tries"] += 1
            database.execute(change, (-1, source))
            database.execute(change, (1, target))

        def work(stop: threading.Event) -> None:
            while not stop.is_set():
                source, target = random.sample(range(ACCOUNTS), 2)
                try:
                    move(source, target)
                    counts["moved"] += 1
                except orm.OrmError as error:
                    counts[type(error).__name__] += 1

        quiet = threading.Event()
        with busy([work] * THREADS) as raised:
            quiet.wait(seconds)
        total = database.execute("SELECT CAST(SUM(balance) AS SIGNED) FROM account").rows[0][0]
        tries, moved = counts.pop("tries"), counts.pop("moved")
        told = f"{sum(counts.values())} {dict(counts)}"
        asked = ACCOUNTS * BALANCE
        return [
            Finding("deadlocks", "sum of all accounts", str(asked), str(total), total == asked),
            Finding("deadlocks", "failed", "0", told, not counts and not raised),
            Finding("deadlocks", "moves, tries", "", f"{moved}, {tries}", moved > 0),
        ]


# Standby, crowd


def run_standby(seconds: float) -> list[Finding]:
    """The first of two servers becomes read-only in load: writes go to the other (sec:D14)."""
    with server() as first, server() as second:
        for running in (first, second):
            _prepare_user(running, "CREATE TABLE IF NOT EXISTS t (id INT PRIMARY KEY)")
        url = f"mysql://ann:secret@127.0.0.1:{first.port},127.0.0.1:{second.port}/faults"
        database = engine.connect(url)
        errors: Counter[str] = Counter()
        writes: list[tuple[float, int]] = []
        numbers = itertools.count(1)

        def work(stop: threading.Event) -> None:
            while not stop.is_set():
                number = next(numbers)
                try:
                    database.execute("INSERT INTO t VALUES (?)", (number,))
                    port = int(database.statistics.host.rpartition(":")[2])
                    writes.append((time.monotonic(), port))
                except orm.OrmError as error:
                    errors[type(error).__name__] += 1

        quiet = threading.Event()
        with busy([work] * THREADS):
            quiet.wait(1.0)
            at = time.monotonic()
            admin(first).execute("SET GLOBAL read_only = 1")
            quiet.wait(3.0)
        switched = min((t - at for t, port in writes if port == second.port), default=99.0)
        text = f"{switched:.2f} s"
        return [
            Finding("standby", "first write on the other", "<= 3 s", text, switched <= 3),
            Finding("standby", "errors shown", "0", f"{dict(errors)}", not errors),
        ]


def run_hang(seconds: float) -> list[Finding]:
    """The first of two servers hangs (SIGSTOP): everybody goes on with the other (orm:A2)."""
    with server() as first, server() as second:
        for running in (first, second):
            _prepare_user(running, "CREATE TABLE IF NOT EXISTS t (id INT PRIMARY KEY)")
        url = f"mysql://ann:secret@127.0.0.1:{first.port},127.0.0.1:{second.port}/faults"
        database = engine.connect(url)
        ends: Counter[str] = Counter()
        answers: list[float] = []
        numbers = itertools.count(1)

        def work(stop: threading.Event) -> None:
            while not stop.is_set():
                try:
                    database.execute("INSERT INTO t VALUES (?)", (next(numbers),))
                    ends["stored"] += 1
                    answers.append(time.monotonic())
                except orm.OrmError as error:
                    ends[type(error).__name__] += 1

        quiet = threading.Event()
        with busy([work] * THREADS) as raised:
            quiet.wait(1.0)
            first.process.send_signal(signal.SIGSTOP)
            quiet.wait(12.0)
        first.process.send_signal(signal.SIGCONT)
        gap = max(b - a for a, b in itertools.pairwise(sorted(answers)))
        errors = {end: count for end, count in ends.items() if end != "stored"}
        is_honest = errors.keys() <= {"CommitUnknown"} and errors.get("CommitUnknown", 0) <= THREADS
        return [
            Finding("hang", "silence", "< 10 s", f"{gap:.2f} s", gap < 10 and not raised),
            Finding("hang", "errors", f"CommitUnknown <= {THREADS}", f"{errors}", is_honest),
        ]


def run_crowd(seconds: float) -> list[Finding]:
    """32 threads and a server that grants five connections (sec:D14)."""
    with server() as running:
        _prepare_user(
            running, "CREATE TABLE t (id INT PRIMARY KEY)", " WITH MAX_USER_CONNECTIONS 5"
        )
        database = engine.connect(f"mysql://ann:secret@127.0.0.1:{running.port}/faults")
        counts: Counter[str] = Counter()
        waits: list[float] = []

        def work(stop: threading.Event) -> None:
            while not stop.is_set():
                began = time.monotonic()
                try:
                    with database.transaction():
                        database.execute("SELECT 1")
                    counts["served"] += 1
                except orm.OrmError as error:
                    counts[type(error).__name__] += 1
                waits.append(time.monotonic() - began)

        quiet = threading.Event()
        with busy([work] * 32) as raised:
            quiet.wait(min(seconds, 5.0))
        served, longest = counts.pop("served"), max(waits)
        text = f"{served} served, errors {dict(counts)}"
        return [
            Finding("crowd", "errors", "503 at worst", text, served > 0 and not raised),
            Finding("crowd", "longest wait", "< 3 s", f"{longest:.2f} s", longest < 3),
        ]


def _prepare_user(running: MariaDb, table: str, limits: str = "") -> None:
    database = admin(running)
    database.execute(table)
    database.execute(f"GRANT ALL ON faults.* TO 'ann'@'%' IDENTIFIED BY 'secret'{limits}")
