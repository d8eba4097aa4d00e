"""What the parts of one running server share."""

from dataclasses import dataclass

from httpcore.config import ServerConfig
from httpcore.contract import Handler
from httpcore.protocol.serializer import Serializer
from httpcore.runtime.accesslog import AccessLog
from httpcore.runtime.ledger import Ledger
from httpcore.runtime.loop import Loop
from httpcore.runtime.pool import WorkerPool
from httpcore.runtime.repeats import Repeats


@dataclass(frozen=True, slots=True)
class Service:
    """Made once by the server; every part takes from it what it needs."""

    handler: Handler
    config: ServerConfig
    loop: Loop
    pool: WorkerPool
    serializer: Serializer
    access_log: AccessLog
    ledger: Ledger
    repeats: Repeats
