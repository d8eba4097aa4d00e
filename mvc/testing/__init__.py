"""Testing an application: a client in process, a server on a free port, pytest fixtures.

`mvc.testing.plugin` has the fixtures `app`, `client`, `db`, `live_server` and `assert_queries`.
"""

from mvc.testing.answer import Answer
from mvc.testing.client import Client
from mvc.testing.live import LiveServer

__all__ = ["Answer", "Client", "LiveServer"]
