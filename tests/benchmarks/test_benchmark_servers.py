"""Our own server as the benchmarks start it: the same answers, in order, in bounded time."""

import sys
from collections.abc import Iterator

import pytest

from benchmarks.bench import Bench, Served
from benchmarks.contenders import TREADLE, Contender
from benchmarks.figures import BenchmarkError
from benchmarks.loads import BROWSER_FIELDS, FILE_LOADS, JSON, JSON_FROM_BROWSER, PLAINTEXT
from benchmarks.scenarios.idle_connections import idle_connections, is_open
from benchmarks.scenarios.pipelined import count_in_order
from benchmarks.stages import Stages, request_bytes
from benchmarks.wrk import Load


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    bench = Bench(1, tmp_path_factory.mktemp("bench"))
    bench.prepare()
    return bench


@pytest.fixture(scope="module")
def ours(bench: Bench) -> Iterator[Served]:
    with bench.serve(TREADLE) as served:
        yield served


@pytest.mark.parametrize(
    "load", [JSON, JSON_FROM_BROWSER, PLAINTEXT, *FILE_LOADS.values()], ids=lambda each: each.path
)
def test_answers_are_those_to_be_timed(ours: Served, load: Load) -> None:
    ours.check(load)


def test_another_answer_is_not_timed(ours: Served) -> None:
    with pytest.raises(BenchmarkError, match="answers GET /plaintext with 200"):
        ours.check(Load("/plaintext", b"something else"))
    with pytest.raises(BenchmarkError, match="with 404"):
        ours.check(Load("/nowhere", b""))


def test_pipelined_answers_come_in_order(ours: Served) -> None:
    assert count_in_order(ours.port, 100, 16) == 100


def test_idle_connections_stay_open(ours: Served) -> None:
    with idle_connections(ours.port, 20) as crowd:
        assert all(is_open(sock) for sock in crowd)


def test_a_connection_that_ended_is_not_idle(ours: Served) -> None:
    with idle_connections(ours.port, 1) as crowd:
        crowd[0].sendall(b"no request\r\n\r\n")
        while crowd[0].recv(4096):
            pass
        assert not is_open(crowd[0])


def test_memory_and_computing_are_told(ours: Served) -> None:
    ours.check(JSON)
    assert ours.process.resident_mb() > 1
    user, kernel = ours.process.cpu_seconds()
    assert user + kernel > 0


def test_a_server_that_does_not_start_shows_its_output(bench: Bench) -> None:
    broken = Contender("broken", lambda place: [sys.executable, "-c", "raise SystemExit('why')"])
    with pytest.raises(BenchmarkError, match="ended at once:\nwhy"), bench.serve(broken):
        pass


def test_stages_give_the_whole_answer(bench: Bench) -> None:
    stages = Stages(bench.scratch / "treadle")
    for fields in ((), BROWSER_FIELDS):
        answer = stages.answer(request_bytes(fields))
        assert answer.status == 200
        assert answer.body == JSON.body
    assert stages.microseconds(request_bytes(()), 1).keys() == stages.table.keys()
