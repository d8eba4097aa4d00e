"""Where an endpoint runs. This is the one place that decides it.

Now every endpoint runs in the pool, whatever its `lane` says; the learned lanes of the
architecture (section 3) belong here.
"""

from collections.abc import Callable
from typing import Any

from httpcore.contract import Endpoint
from httpcore.runtime.pool import WorkerPool


class Lanes:
    """Hands admitted requests to whoever runs their endpoint."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    def dispatch(self, endpoint: Endpoint, run: Callable[[Any], None], argument: Any) -> bool:
        """Loop: have `run(argument)` called for this endpoint; False when the server is full."""
        return self._pool.submit(run, argument)
