"""What a thread keeps for one database."""

import threading

from orm.engine.driver import Driver
from orm.engine.transaction import Unit


class ThreadState(threading.local):
    """Each thread sees its own `unit`: the transaction it is in, or None."""

    unit: Unit | None = None

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
