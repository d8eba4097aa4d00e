"""A process that is killed ahead of its n-th statement that changes something.

The child is forked, so it costs no start of Python, and ends by a real SIGKILL: no handler, no
`finally`, no goodbye to the server. Ahead of a statement is also behind the one before it; COMMIT
counts, and what only reads is passed over, for it leaves things as they are.
"""

import os
import signal
import traceback
from collections.abc import Callable
from typing import Any

from orm.engine.database import Database
from orm.engine.statements import Kind, kind_of
from orm.engine.transaction import Unit


def killed_at(number: int, work: Callable[[], object]) -> bool:
    """Run `work` in a child that is killed at statement `number`; False when it has fewer."""
    child = os.fork()
    if child == 0:
        try:
            _arm(number)
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def _arm(number: int) -> None:
    passed = 0

    def step() -> None:
        nonlocal passed
        if passed == number:
            os.kill(os.getpid(), signal.SIGKILL)
        passed += 1

    run, commit = Database.run, Unit.commit

    def guarded_run(self: Database, sql: str, params: Any = ()) -> Any:
        if kind_of(sql) is not Kind.READ:
            step()
        return run(self, sql, params)

    def guarded_commit(self: Unit) -> None:
        step()
        commit(self)

    Database.run = guarded_run  # type: ignore[method-assign]
    Unit.commit = guarded_commit  # type: ignore[method-assign]
