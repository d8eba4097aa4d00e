"""A server without threads: tests turn its loop, its workers and its clock by hand.

All parts are the real ones, put together as `Server` does it. So a test says who does what and in
which order, and nothing depends on time.
"""

import dataclasses
import queue
import threading
from collections.abc import Callable
from typing import Any

from httpcore import LaneChange, Server, ServerConfig
from httpcore.protocol.serializer import Serializer
from httpcore.runtime.connection import Connection
from httpcore.runtime.date import DateCache
from httpcore.runtime.lanes import Lanes
from httpcore.runtime.learning import EndpointRecord
from httpcore.runtime.loop import Loop
from httpcore.runtime.poller import MOST, best_poller
from tests.support.wire import PATIENCE, FakeClock, RawClient, Table

# What a thread that has lost the baton may still use of the loop: the clock's time and whether the
# server is stopping are read by workers, too; the rest is the way to post what came of its run.
OPEN_TO_ALL = {"now", "is_stopping", "post", "_mailbox", "orphaned", "__class__"}


class EagerPoller:
    """Never waits: what a test has done on loopback is there."""

    def __init__(self) -> None:
        inner = best_poller()
        self._poll = inner.poll
        self.register, self.modify = inner.register, inner.modify
        self.unregister, self.close = inner.unregister, inner.close
        self.nest = inner.nest

    def poll(self, timeout: float | None, most: int = MOST) -> Any:
        return self._poll(0, most)


class GuardedLoop(Loop):
    """Notes whatever of it is touched by a thread that has lost the baton."""

    losers: set[int] = set()
    trespasses: list[str] = []

    def __init__(self, clock: FakeClock) -> None:
        self.losers, self.trespasses = set(), []
        super().__init__(EagerPoller(), clock)

    def __getattribute__(self, name: str) -> Any:
        get = object.__getattribute__
        if name not in OPEN_TO_ALL and threading.get_ident() in get(self, "losers"):
            get(self, "trespasses").append(name)
        return get(self, name)

    def __setattr__(self, name: str, value: object) -> None:
        if threading.get_ident() in self.losers:
            self.trespasses.append(name)
        object.__setattr__(self, name, value)


class Turn:
    """One pass of the loop on a thread of its own; its endpoint may hang."""

    def __init__(self, rig: "ByHand", holder: int) -> None:
        self._rig, self._holder = rig, holder
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.kept_baton: bool | None = None
        self._thread.start()

    @property
    def identity(self) -> int | None:
        return self._thread.ident

    def _run(self) -> None:
        self.kept_baton = self._rig.loop.run_pass(self._holder)

    def end(self) -> bool | None:
        """Wait for it to end; whether its thread is still the loop."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the pass does not end"
        self._rig.loop.losers.discard(self._thread.ident or 0)  # the number may be given again
        return self.kept_baton


class ByHand:
    """`turn` a pass of the loop, `work` off one task of the pool. client_of: see `Server`."""

    def __init__(
        self,
        table: Table,
        *,
        client_of: Callable[[str, bytes], str] | None = None,
        **fields: object,
    ) -> None:
        self.clock = FakeClock()
        self.changes: list[LaneChange] = []
        config = dataclasses.replace(ServerConfig(port=0, threads=4, access_log="off"), **fields)
        self.server = Server(
            table,
            config,
            clock=self.clock,
            on_lane_change=lambda change: self.tell(change),
            client_of=client_of,
        )
        self.tell: Callable[[LaneChange], object] = self.changes.append
        self.server._pool._start_thread = lambda: None  # type: ignore[method-assign]
        self.server.bind()
        self.loop = GuardedLoop(self.clock)
        self.drain = self.server._assemble(self.loop, Serializer(table.default_fields, DateCache()))
        self.lanes: Lanes = self.loop.ran.__self__  # type: ignore[attr-defined]
        self.table = table
        self._clients: list[RawClient] = []
        self.turn()

    def connect(self) -> RawClient:
        client = RawClient(self.server.address)
        self._clients.append(client)
        self.turn()
        return client

    def ask(self, path: str, client: RawClient | None = None, *fields: str) -> RawClient:
        """Send a request, not yet looked at by anybody."""
        client = client or self.connect()
        lines = [f"GET {path} HTTP/1.1", "Host: test", *fields, "", ""]
        client.send("\r\n".join(lines).encode("latin-1"))
        return client

    def turn(self, times: int = 1) -> bool:
        """Passes of the loop on this thread, as whoever holds the baton."""
        return all(self.loop.run_pass(self.loop.baton.holder) for _ in range(times))

    def turn_elsewhere(self) -> Turn:
        return Turn(self, self.loop.baton.holder)

    def work(self) -> bool:
        """Do what a worker would do next; False when there is nothing."""
        try:
            task = self.server._pool._tasks.get_nowait()
        except queue.Empty:
            return False
        assert task is not None
        function, argument = task
        function(argument)
        return True

    def settle(self) -> None:
        """Turn and work until nothing happens any more."""
        quiet = 0
        while quiet < 3:  # some steps of an exchange take a pass each, and no work
            self.turn(2)
            quiet = 0 if self.loop.due or self.work() else quiet + 1

    def take_over(self, turn: Turn) -> int:
        """What the watchdog does when it meets a run twice; this thread is the loop then."""
        baton = self.loop.baton
        holder = baton.take(baton.sequence)
        assert holder is not None, "there was nothing to take"
        if turn.identity is not None:
            self.loop.losers.add(turn.identity)
            self.loop.thread = turn.identity
        running = self.loop._running
        assert running is not None
        self.loop.taken_over(running)
        return holder

    def record(self, path: str) -> EndpointRecord:
        """What the loop knows about the endpoint of a path."""
        return self.lanes._records[self.table._endpoints[path]]

    def connection(self) -> Connection:
        """The only one."""
        (connection,) = self.loop.connections.values()
        return connection

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self.drain.begin(0)
        self.loop.run(self.loop.baton.holder)
        while self.work():
            pass
