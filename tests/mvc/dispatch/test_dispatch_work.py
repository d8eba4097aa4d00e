"""What a request does on its database: snapshots, further tries, deadlines, clients that go."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import orm
from mvc.application import Application
from mvc.config import Settings
from mvc.requests import Request
from mvc.testing import LiveServer
from orm.engine.database import Database
from tests.support.databases import db, db_url, mariadb, mysql_url

__all__ = ["db", "db_url", "mariadb", "mysql_url"]

DEADLINE = 20.0

# Half a minute of work on either engine.
SLOW = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000)"
    " SELECT count(*) FROM n"
)


class WorkEntry(orm.Model):
    text = orm.String(40)


@pytest.fixture(scope="module")
def model_packages() -> frozenset[str]:
    return frozenset({"mvc"})


@pytest.fixture
def serve(db: Database) -> Iterator[Callable[..., Application]]:
    """`serve(routes)` makes an application on the database of the test."""
    if db.dialect.name == "mysql":
        db.execute("SET GLOBAL max_recursive_iterations = 4294967295")

    def make(routes: list[Any]) -> Application:
        orm.create_all()
        return Application(routes, Settings())

    yield make
    if db.dialect.name == "mysql":
        db.execute("SET GLOBAL max_recursive_iterations = DEFAULT")


def exchange(server: LiveServer, request: str) -> bytes:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), DEADLINE) as sock:
        sock.sendall(f"{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while data := sock.recv(65536):
            answer += data
    return answer


def status_of(server: LiveServer, request: str) -> int:
    return int(exchange(server, request)[9:12])


def wait_until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, what
        threading.Event().wait(0.005)


def add(request: Request) -> str:
    WorkEntry.insert(text="added")
    return "added"


def test_feat_V8_a_client_reads_what_it_was_told(serve: Callable[..., Application]) -> None:
    def show(request: Request) -> str:
        return str(WorkEntry.select().count())

    app = serve([("/add", add, {"methods": "POST", "csrf": False}), ("/", show)])
    with LiveServer(app) as server:
        for number in range(1, 20):
            assert status_of(server, "POST /add") == 200
            assert exchange(server, "GET /").endswith(f"\r\n\r\n{number}".encode())


def test_feat_V8_a_commit_that_fails_is_a_500(
    serve: Callable[..., Application], ask: Callable[..., Any], db: Database
) -> None:
    def fail_late(request: Request) -> str:
        add(request)
        unit = db.thread_state.unit
        assert unit is not None

        def commit() -> None:
            unit.rollback()
            raise orm.OperationalError("the disk is on fire")

        unit.commit = commit  # type: ignore[method-assign]
        return "ok"

    app = serve([("/", fail_late, {"methods": "POST"})])
    assert ask(app)("POST", "/").status == 500
    assert WorkEntry.select().count() == 0


def test_feat_V8_what_follows_a_commit_cannot_undo_it(
    serve: Callable[..., Application], ask: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    def add_and_tell(request: Request) -> str:
        add(request)
        orm.on_commit(lambda: 1 // 0)
        return "added"

    app = serve([("/", add_and_tell, {"methods": "POST"})])
    assert ask(app)("POST", "/").status == 200
    assert WorkEntry.select().count() == 1
    assert "what was to follow its commit failed" in caplog.text


def test_feat_V8_a_read_only_route_refuses_writes(
    serve: Callable[..., Application], ask: Callable[..., Any]
) -> None:
    def count(request: Request) -> str:
        return f"{WorkEntry.select().count()}"

    options = {"methods": "GET POST", "read_only": True}
    app = serve([("/add", add, options), ("/count", count, options)])
    for method in ("GET", "POST"):
        assert ask(app)(method, "/add").status == 500
        assert ask(app)(method, "/count").text == "0"


def test_feat_V8_a_read_only_route_reads_one_snapshot(
    serve: Callable[..., Application], ask: Callable[..., Any]
) -> None:
    def count(request: Request) -> list[int]:
        before = WorkEntry.select().count()
        thread = threading.Thread(target=WorkEntry.insert, kwargs={"text": "meanwhile"})
        thread.start()
        thread.join()
        return [before, WorkEntry.select().count()]

    app = serve([("/", count, {"read_only": True})])
    assert ask(app)("GET", "/").json() == [0, 0]
    assert WorkEntry.select().count() == 1


def test_sec_D13_a_route_runs_again_when_the_database_undid_it(
    serve: Callable[..., Application], ask: Callable[..., Any]
) -> None:
    seen = []

    def unlucky(request: Request) -> str:
        add(request)
        request.session["visits"] = request.session.get("visits", 0) + 1
        seen.append((request.files["f"].read(), request.session["visits"]))
        if len(seen) < 3:
            raise orm.Deadlock("chosen as the victim")
        return "done"

    app = serve([("/", unlucky, {"methods": "POST", "retry": 5, "csrf": False})])
    answer = ask(app)("POST", "/", files={"f": ("a.txt", b"content")})
    assert answer.text == "done"
    assert seen == [(b"content", 1)] * 3
    assert WorkEntry.select().count() == 1


@pytest.mark.parametrize("db_url", [pytest.param("mysql", marks=pytest.mark.mysql)], indirect=True)
def test_sec_D13_two_requests_that_deadlock_both_succeed(
    serve: Callable[..., Application], db: Database
) -> None:
    """Each locks one row and then the other's; the barrier makes them meet on their first try."""
    meeting = threading.Barrier(2, timeout=DEADLINE)
    tries: list[int] = []

    def lock(request: Request, first: int) -> str:
        tries.append(first)
        for place, key in enumerate((first, 3 - first)):
            WorkEntry.update(text=f"by {first}").where(WorkEntry.id == key).execute()
            if not place and len(tries) <= 2:
                meeting.wait()
        return "done"

    options = {"methods": "POST", "csrf": False, "retry": 5}
    app = serve([("/lock/<first:int>", lock, options)])
    WorkEntry.insert_many([{"id": 1, "text": ""}, {"id": 2, "text": ""}])
    statuses: list[int] = []
    with LiveServer(app) as server:
        threads = [
            threading.Thread(
                target=lambda key=key: statuses.append(status_of(server, f"POST /lock/{key}"))  # type: ignore[misc]
            )
            for key in (1, 2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE)
    assert statuses == [200, 200]
    assert len(tries) > 2


def test_sec_D13_not_more_often_than_the_route_says(
    serve: Callable[..., Application], ask: Callable[..., Any]
) -> None:
    tries = []

    def unlucky(request: Request) -> str:
        tries.append(1)
        raise orm.Deadlock("chosen as the victim")

    app = serve(
        [("/two", unlucky, {"methods": "POST", "retry": 2}), ("/one", unlucky, {"methods": "POST"})]
    )
    answer = ask(app)("POST", "/two")
    assert (answer.status, len(tries), answer.headers["Retry-After"]) == (503, 3, "1")
    assert (ask(app)("POST", "/one").status, len(tries)) == (503, 4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"retry": 1, "transaction": False}, "only a transaction"),
        ({"retry": 1, "read_only": True}, "only a transaction"),
        ({"retry": 1, "stream_body": True}, "cannot be read again"),
        ({"retry": -1}, "0 or more"),
        ({"cancel_on_disconnect": True, "lane": "inline"}, "cannot be stopped"),
        ({"cancel_on_disconnect": 1}, "True or False"),
    ],
)
def test_options_about_the_database_are_checked(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Application([("/", add, {"methods": "POST", **options})])


class Slow:
    """A handler whose statement takes half a minute, and what became of it."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.started = threading.Event()
        self.ended: list[BaseException | None] = []

    def __call__(self, request: Request) -> str:
        try:
            add(request)
            self.started.set()
            self.db.execute(SLOW)
        except BaseException as error:
            self.ended.append(error)
            raise
        self.ended.append(None)
        return "done"


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_feat_V4_the_statement_of_a_client_that_went_is_stopped(
    serve: Callable[..., Application], db: Database, method: str
) -> None:
    slow = Slow(db)
    options = {"methods": ("GET", "POST"), "csrf": False, "cancel_on_disconnect": True}
    app = serve([("/slow", slow, options), ("/", lambda request: "here")])
    with LiveServer(app) as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), DEADLINE) as sock:
            sock.sendall(f"{method} /slow HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert slow.started.wait(DEADLINE)
        wait_until(lambda: slow.ended, "the statement ends")
        assert isinstance(slow.ended[0], orm.Cancelled)
        assert status_of(server, "GET /") == 200
        assert WorkEntry.select().count() == (1 if method == "GET" else 0)


def test_feat_V4_short_statements_end_with_the_client_too(
    serve: Callable[..., Application], db: Database
) -> None:
    started = threading.Event()
    errors: list[orm.OrmError] = []

    def many(request: Request) -> str:
        add(request)
        started.set()
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            try:
                WorkEntry.select().count()
            except orm.OrmError as error:
                errors.append(error)
                raise
        return "nobody stopped it"

    options = {"methods": "POST", "csrf": False, "cancel_on_disconnect": True}
    with LiveServer(serve([("/", many, options)])) as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), DEADLINE) as sock:
            sock.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
            assert started.wait(DEADLINE)
        wait_until(lambda: errors, "a statement is refused")
    assert isinstance(errors[0], orm.Cancelled)
    assert WorkEntry.select().count() == 0


def test_feat_V4_a_client_that_stays_is_answered(
    serve: Callable[..., Application], db: Database
) -> None:
    app = serve([("/", add, {"methods": "POST", "csrf": False, "cancel_on_disconnect": True})])
    with LiveServer(app) as server:
        for _ in range(20):
            assert status_of(server, "POST /") == 200
    assert WorkEntry.select().count() == 20


def test_feat_V3_the_deadline_of_a_request_ends_its_statement(
    serve: Callable[..., Application], db: Database
) -> None:
    slow = Slow(db)
    app = serve([("/", slow, {"methods": "POST", "csrf": False, "timeout": 0.3})])
    with LiveServer(app) as server:
        assert status_of(server, "POST /") == 504
        wait_until(lambda: slow.ended, "the statement ends")
        assert isinstance(slow.ended[0], orm.QueryTimeout)
    assert WorkEntry.select().count() == 0


def test_feat_V3_who_was_told_504_does_not_find_the_work_done(
    serve: Callable[..., Application], db: Database
) -> None:
    told = threading.Event()
    ended = threading.Event()

    def late(request: Request) -> str:
        add(request)
        told.wait(DEADLINE)
        ended.set()
        return "too late"

    app = serve([("/", late, {"methods": "POST", "csrf": False, "timeout": 0.2})])
    with LiveServer(app) as server:
        assert status_of(server, "POST /") == 504
        told.set()
        assert ended.wait(DEADLINE)
    assert WorkEntry.select().count() == 0


def test_feat_V18_waiting_for_a_connection_counts_against_the_deadline(
    serve: Callable[..., Application], tmp_path: Path
) -> None:
    """Another thread keeps the one writer: the request gives up with its deadline, not later."""
    database = orm.connect(f"sqlite:///{tmp_path}/kept.db?writer_wait=60&synchronous=OFF")
    ended = threading.Event()

    def wait(request: Request) -> str:
        try:
            return add(request)
        finally:
            ended.set()

    app = serve([("/", wait, {"methods": "POST", "csrf": False, "timeout": 0.3})])
    with LiveServer(app) as server, database.transaction():
        assert status_of(server, "POST /") == 504
        assert ended.wait(DEADLINE)


def test_feat_V18_no_connection_is_held_before_the_first_query_or_while_sending(
    serve: Callable[..., Application], ask: Callable[..., Any], db: Database
) -> None:
    seen = []

    def look(request: Request) -> Iterator[str]:
        seen.append(db.statistics.in_use)
        add(request)
        seen.append(db.statistics.in_use)

        def body() -> Iterator[str]:
            yield "se"  # the first piece is asked for before anything is sent
            seen.append(db.statistics.in_use)
            yield "nt"

        return body()

    app = serve([("/", look, {"methods": "POST"})])
    assert ask(app)("POST", "/").text == "sent"
    assert seen == [0, 1, 0]
