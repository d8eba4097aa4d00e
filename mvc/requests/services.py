"""What a request asks of the application that serves it.

The request knows the application only through this protocol, so that sessions, users and routing
may import requests without a cycle.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from mvc.config import Settings
    from mvc.requests.request import Request


class Services(Protocol):
    """The application as `request.app`."""

    @property
    def settings(self) -> Settings: ...

    def load_session(self, request: Request) -> MutableMapping[str, Any]:
        """The session of this request; an empty one for a client without."""
        ...

    def load_user(self, request: Request) -> Any:
        """The logged-in user, or the falsy `anonymous`."""
        ...

    def url_for(self, name: str, /, **params: Any) -> str:
        """The path of the named route."""
        ...

    def allows_host(self, host: str) -> bool:
        """Whether `host[:port]` is one of ours (sec:H9); asked for hosts that proxies forward."""
        ...
