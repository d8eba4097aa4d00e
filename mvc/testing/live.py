"""A real server on a free port of the loopback, for tests that need sockets or a browser."""

from __future__ import annotations

from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING

from httpcore import Server, ServerConfig
from mvc.cli.serverconfig import server_config

if TYPE_CHECKING:
    from mvc.application import Application

_GRACE = 5.0  # seconds for requests in flight when the test is over


class LiveServer:
    """`with LiveServer(app) as server:` serves until the block ends; `server.url` is the address.

    config: other limits and threads than the settings'; its port should be 0.
    """

    def __init__(self, app: Application, config: ServerConfig | None = None) -> None:
        self.app = app
        self._server = Server(app, config or _on_loopback(app))

    @property
    def url(self) -> str:
        """`http://127.0.0.1:<port>`, without a slash at the end."""
        return self._server.url.rstrip("/")

    def start(self) -> None:
        """Listen and serve from threads of its own. Raises OSError when it cannot listen."""
        self.app.start()
        self._server.bind()
        self._server.start()

    def stop(self) -> None:
        """Finish what is in flight and stop; again is fine."""
        self._server.stop(_GRACE)
        self.app.stop()

    def __enter__(self) -> LiveServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def _on_loopback(app: Application) -> ServerConfig:
    """The application's own limits, on a free port of this machine."""
    own = server_config(app.settings)
    # No proxy stands in front of it, and a test's requests do not begin with a PROXY header.
    here = replace(own, host="127.0.0.1", port=0, proxy_protocol=False)
    return replace(here, threads=4, access_log="off")
