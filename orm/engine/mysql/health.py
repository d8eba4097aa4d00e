"""Whether a server can do what it will be asked for (orm:A2, section 4 of the cluster's notes).

A Galera node that lost its cluster still logs users in and answers `SELECT 1` and COM_PING; what
tells is `wsrep_ready`. A standby after a failover answers every read; what tells is `read_only`.
Both are asked with SHOW, which a node that is not prepared answers too.
"""

from typing import Protocol

from orm.engine.mysql.errors import NOT_PREPARED
from orm.engine.result import Result
from orm.errors import Disconnected, ServerReadOnly

_VARIABLES = "SHOW GLOBAL VARIABLES WHERE variable_name IN ('wsrep_on', 'read_only')"
_READY = "SHOW GLOBAL STATUS LIKE 'wsrep_ready'"
_OPTION_PREVENTS = 1290


class Askable(Protocol):
    """A connection to one server."""

    def run(self, sql: str, params: tuple[()]) -> Result: ...


def check_health(connection: Askable, *, writes: bool) -> bool:
    """Return whether the server is a node of a cluster.

    writes: it is meant to take writes. Raises Disconnected for a node that is not ready,
    ServerReadOnly for a server that takes no writes, and what a lost connection raises.
    """
    found = {str(name).lower(): value for name, value in connection.run(_VARIABLES, ()).rows}
    is_node = found.get("wsrep_on") == "ON"
    if is_node:
        answer = connection.run(_READY, ()).rows
        if not answer or answer[0][1] != "ON":
            raise Disconnected("this node is not ready (wsrep_ready is OFF)", code=NOT_PREPARED)
    if writes and found.get("read_only", "OFF") != "OFF":
        raise ServerReadOnly("this server takes no writes (read_only)", code=_OPTION_PREVENTS)
    return is_node
