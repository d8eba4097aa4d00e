"""A graceful end of the loop (sec:R1)."""

from httpcore.config import Timeouts
from httpcore.protocol.states import State
from httpcore.runtime.acceptor import Acceptor
from httpcore.runtime.connection import Connection
from httpcore.runtime.deadlines import Timer
from httpcore.runtime.ledger import Ledger
from httpcore.runtime.loop import Loop
from httpcore.runtime.upgrading import tell_of_stop


class Drain:
    """Runs on the loop's thread."""

    def __init__(self, loop: Loop, acceptor: Acceptor, timeouts: Timeouts, ledger: Ledger) -> None:
        self._loop = loop
        self._acceptor = acceptor
        self._timeouts = timeouts
        self._ledger = ledger
        self._timer = Timer(self._cut)

    def begin(self, grace: float) -> None:
        """Take no more connections and end within `grace` seconds; again, with less, is sooner."""
        self._loop.is_stopping = True
        try:
            self._acceptor.close()
        finally:  # whatever is wrong with the listener, there is an end
            self._dismiss(grace)

    def _dismiss(self, grace: float) -> None:
        loop = self._loop
        if grace <= 0 or not loop.connections:
            self._cut()
            return
        idle_until = loop.now + min(grace, self._timeouts.idle_grace)
        for connection in list(loop.connections.values()):
            if connection.is_idle:
                loop.deadlines.set(connection, min(connection.deadline, idle_until))
            elif connection.state is State.UPGRADED:
                tell_of_stop(connection)
        loop.deadlines.set(self._timer, loop.now + grace)

    def on_released(self, connection: Connection) -> None:
        """A connection has closed; the last one ends the loop."""
        self._acceptor.forget(connection)
        self._ledger.settle(connection)
        if self._loop.is_stopping and not self._loop.connections:
            self._cut()

    def _cut(self) -> None:
        self._loop.is_finished = True
