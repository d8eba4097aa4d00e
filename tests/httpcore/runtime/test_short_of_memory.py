"""The loop and its parts when Python has no more memory to give (sec:T9)."""

import select
import subprocess
import sys
import sysconfig
from collections import deque
from pathlib import Path

import pytest

from httpcore import Response, UpgradeResponse
from httpcore.protocol.states import State
from httpcore.runtime import addressspace
from httpcore.runtime import loop as loop_module
from httpcore.runtime import mailbox as mailbox_module
from httpcore.runtime import pool as pool_module
from httpcore.runtime.baton import Baton
from httpcore.runtime.loop import Loop
from httpcore.runtime.mailbox import Mailbox
from httpcore.runtime.poller import best_poller
from httpcore.runtime.pool import WorkerPool
from httpcore.runtime.watchdog import Watchdog
from tests.support.wire import PATIENCE, FakeClock

ROOT = Path(__file__).parents[3]
MIB = 1024 * 1024

# Where 32 threads reserved 1.3 GiB, they could not be started.
_LIMITED = """
import resource, sys, urllib.request
from httpcore import Response, Server, ServerConfig
from tests.support.wire import Table

table = Table()
table.add("/", lambda request: Response(b"served"))
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]), resource.RLIM_INFINITY))
try:
    with Server(table, ServerConfig(port=0, threads=int(sys.argv[2]), access_log="off")) as server:
        print(urllib.request.urlopen(server.url).read().decode())
except OSError as error:
    print(error)
"""


# Its memory allocator reserves address space of its own, which nothing here can make smaller.
not_free_threaded = pytest.mark.skipif(
    bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="free-threaded CPython reserves more"
)


def serve_within(size: int, threads: int) -> str:
    command = [sys.executable, "-c", _LIMITED, str(size), str(threads)]
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    return ended.stdout.strip()


@not_free_threaded
def test_sec_T9_server_with_all_its_threads_fits_a_limited_address_space():
    assert serve_within(400 * MIB, 32) == "served"


@not_free_threaded
def test_sec_T9_stack_of_every_thread_is_small_where_addresses_are_limited():
    assert serve_within(400 * MIB, 80) == "served"  # 640 MiB of stacks as the system makes them


@not_free_threaded
def test_sec_T9_too_little_address_space_is_one_line_that_says_what_to_do():
    assert serve_within(400 * MIB, 4096) == (
        "cannot serve: can't start new thread; raise the limit of memory (ulimit -v) or of "
        "processes (ulimit -u), or lower `threads`"
    )


def leave_no_room(monkeypatch: pytest.MonkeyPatch, fault: BaseException) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(addressspace.mmap, "mmap", refuse)
    monkeypatch.setattr(addressspace, "address_space", lambda: 400 * MIB)


@pytest.mark.parametrize("fault", [OSError(12, "ENOMEM"), MemoryError()])
def test_sec_T9_thread_without_room_to_begin_is_not_started(monkeypatch, fault):
    """It would die with nothing but its stack, and whoever started it would wait for ever."""
    pool = WorkerPool(threads=1)
    leave_no_room(monkeypatch, fault)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        pool.start()
    assert pool.thread_count == 0
    with pytest.raises(RuntimeError, match="can't start new thread"):
        Watchdog(Baton(), take_over=lambda holder: None).start()


def test_sec_T9_pool_that_got_no_memory_for_a_thread_can_be_stopped(monkeypatch):
    def refuse(thread):
        raise MemoryError

    pool = WorkerPool(threads=1)
    monkeypatch.setattr(pool_module, "start_thread", refuse)
    with pytest.raises(MemoryError):
        pool.start()
    assert (pool.thread_count, pool.stop(0.0)) == (0, 0)


def test_sec_T9_upgrade_without_room_for_its_thread_ends_and_gives_its_place_back(
    by_hand, table, monkeypatch
):
    upgrade = UpgradeResponse("chat", lambda connection: None)
    table.add("/chat", lambda request: upgrade, max_concurrency=1)
    table.add("/", lambda request: Response(b"hello"))
    rig = by_hand()
    leave_no_room(monkeypatch, MemoryError())
    for _ in range(2):
        client = rig.connect()
        client.send(
            b"GET /chat HTTP/1.1\r\nHost: test\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n"
        )
        rig.settle()
        assert client.read_answer().status == 101
        assert client.is_closed_by_server()
    client = rig.ask("/")
    rig.settle()
    assert client.read_answer().body == b"hello"


@pytest.fixture
def rig(by_hand, table):
    table.add("/", lambda request: Response(b"hello"))
    return by_hand()


def raise_memory_error(*_: object, **__: object) -> None:
    raise MemoryError


def test_sec_T9_only_the_connection_that_memory_was_short_for_is_dropped(rig, caplog):
    first, second = rig.connect(), rig.connect()
    on_ready, failing = rig.loop.on_ready[State.READING], iter([True])

    def read(connection):
        raise_memory_error() if next(failing, False) else on_ready(connection)

    rig.loop.on_ready[State.READING] = read
    rig.ask("/", first)
    rig.turn()
    rig.ask("/", second)
    rig.settle()
    assert first.is_closed_by_server()
    assert second.read_answer().status == 200
    (record,) = caplog.records
    assert record.message.endswith("it is dropped: out of memory")
    assert not record.exc_info


def test_sec_T9_loop_goes_on_when_not_even_a_line_can_be_logged(rig, monkeypatch):
    monkeypatch.setattr(loop_module.logger, "error", raise_memory_error)
    monkeypatch.setitem(rig.loop.on_ready, State.READING, raise_memory_error)
    client = rig.ask("/")
    assert rig.turn()
    assert client.is_closed_by_server()


def test_sec_T9_loop_goes_on_after_a_pass_without_memory(monkeypatch):
    loop = Loop(best_poller(), FakeClock())
    passes = iter([raise_memory_error, loop.run_pass])
    monkeypatch.setattr(loop, "run_pass", lambda holder: next(passes)(holder))
    loop.post(setattr, loop, "is_finished", True)
    assert loop.run()
    assert next(passes, None) is None


@pytest.fixture
def loop():
    loop = Loop(best_poller(), FakeClock())
    yield loop
    loop._close()


def test_sec_T9_mail_waits_for_memory_to_begin_its_call(loop):
    items, seen = [1], []
    loop.post(items.__imul__, sys.maxsize)  # has no frame: as if that could not be made
    loop.post(seen.append, 2)
    for _ in range(2):
        assert loop.run_pass()
        assert seen == []
    items.clear()  # now it takes no memory
    assert loop.run_pass()
    assert seen == [2]


def test_sec_T9_message_waits_for_memory_to_be_queued(monkeypatch):
    class Messages(deque):
        faults = 2

        def append(self, message):
            self.faults -= 1
            raise_memory_error() if self.faults >= 0 else super().append(message)

    mailbox = Mailbox()
    monkeypatch.setattr(mailbox_module, "REST", 0)
    monkeypatch.setattr(mailbox, "_messages", Messages())
    mailbox.post(list)
    assert list(mailbox.open()) == [(list, ())]
    mailbox.close()


def test_sec_T9_fault_in_the_middle_of_the_mail_costs_no_other_message(loop, monkeypatch):
    seen = []
    monkeypatch.setattr(loop_module, "_report", raise_memory_error)
    for call in (raise_memory_error, seen.append, seen.append):
        loop.post(call, 1)
    with pytest.raises(MemoryError):
        loop.run_pass()
    assert loop.run_pass()
    assert seen == [1, 1]


def test_sec_T9_refused_body_is_not_held_while_its_client_lingers(by_hand, table):
    rig = by_hand(memory_budget=1000)
    client = rig.connect()
    head = b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 65000\r\n\r\n"
    client.send(head + b"x" * 60_000)
    rig.settle()
    assert client.read_answer().status == 503
    connection = rig.connection()
    assert connection.state is State.LINGERING
    assert connection.parser.buffered == 0
    assert connection.transfer is not None
    assert connection.transfer.moved > 30_000


def test_sec_T9_loop_is_woken_for_what_was_queued_however_short_memory_is():
    testcapi = pytest.importorskip("_testcapi", reason="CPython's own tests can take memory away")
    for taken in range(1, 20):  # the first allocation that fails, and the one behind it
        mailbox = Mailbox()
        mailbox.may_wait()
        post = mailbox.post
        try:
            testcapi.set_nomemory(taken, taken + 2)
            post(print)
        except MemoryError:
            pass
        finally:
            testcapi.remove_mem_hooks()
        assert bool(select.select([mailbox], [], [], 0)[0]) is mailbox.has_mail
        mailbox.close()
