"""When work that the database undid may be done again, and how long to wait before.

What may: errors after which nothing of the work is stored, and the same work may succeed a moment
later. A lost COMMIT is not among them: its outcome is unknown (sec:D12). Neither are `Unavailable`,
which exists so that nobody waits (sec:D14), and `Cancelled`, which somebody wanted.
"""

import time

from orm.errors import (
    Cancelled,
    Deadlock,
    Disconnected,
    LockTimeout,
    ServerReadOnly,
    TransactionError,
    Unavailable,
)
from orm.later import random

# Times that one statement outside a transaction is done again before its error is shown.
STATEMENT_TRIES = 5

# Seconds between two tries, spread so that two victims do not meet again (sec:D13).
_SHORTEST_PAUSE = 0.010
_LONGEST_PAUSE = 0.200


def is_undone(error: BaseException | None) -> bool:
    """The whole transaction is undone by the database, or lost with the connection."""
    return isinstance(error, (Deadlock, LockTimeout, Disconnected, ServerReadOnly, Cancelled))


def may_run_again(error: BaseException | None) -> bool:
    """The transaction may be run again from its start; also when its error was swallowed on the
    way, and what shows in the end is that nothing is left to commit."""
    if isinstance(error, TransactionError):
        error = error.__cause__
    return is_undone(error) and not isinstance(error, (Unavailable, Cancelled))


def pause() -> None:
    """Wait for a moment of random length."""
    time.sleep(jitter())


def jitter() -> float:
    return random.uniform(_SHORTEST_PAUSE, _LONGEST_PAUSE)
