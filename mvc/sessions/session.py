"""One visitor's session, as `request.session`.

It behaves as a dict of JSON values. Whether it changed is decided at the end of the request by
comparing its JSON text, so a change deep inside (`session["cart"].append(...)`) is saved too, and
writing back what was there is not.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, MutableMapping
from typing import Any

from mvc.sessions.store import StoredSession

ID_BYTES = 32  # 256 bits (sec:S1)
EMPTY = "{}"


def new_id() -> str:
    """43 URL-safe characters from the system's random source."""
    return secrets.token_urlsafe(ID_BYTES)


def encode(data: dict[str, Any]) -> str:
    """The JSON text of a session; TypeError or ValueError for what JSON cannot hold."""
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class Session(MutableMapping[str, Any]):
    """A dict of JSON values that outlives the request.

    id: what the cookie holds once something was stored. A fresh one is only a proposal: nothing is
    stored and no cookie set before something is written (sec:S11).
    user_id, epoch: whose session it is since the login, None and 0 before.
    stored: the row it was loaded from, None for a new session.
    retired_id: the id it had before it was renewed or ended; dies with this response.
    """

    __slots__ = ("_data", "epoch", "id", "retired_id", "stored", "user_id")

    def __init__(self, session_id: str = "", stored: StoredSession | None = None) -> None:
        self.id = session_id or new_id()
        self.stored = stored
        self.retired_id = ""
        self.user_id = stored.user_id if stored else None
        self.epoch = stored.epoch if stored else 0
        self._data: dict[str, Any] = json.loads(stored.data) if stored else {}

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing worth a row."""
        return not self._data and self.user_id is None

    @property
    def is_changed(self) -> bool:
        """Whether the row it came from says something else."""
        if self.stored is None:
            return not self.is_empty
        known = (self.stored.data, self.stored.user_id, self.stored.epoch)
        return (self.to_json(), self.user_id, self.epoch) != known

    def to_json(self) -> str:
        return encode(self._data)

    def renew(self) -> None:
        """Go on under a new id; the old one is dead at once (fixation, sec:S2)."""
        if self.stored is not None:
            self.retired_id = self.id
        self.id = new_id()
        self.stored = None

    def end(self) -> None:
        """Forget everything; the row is deleted with this response."""
        self.renew()
        self._data = {}
        self.user_id, self.epoch = None, 0

    def copy(self) -> dict[str, Any]:
        """Its values as a plain dict, which is not stored."""
        return dict(self._data)

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"session keys are str, not {type(key).__name__}: {key!r}")
        try:
            encode({key: value})
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"session[{key!r}] cannot be stored: {error}. Sessions hold JSON values: text,"
                " numbers, booleans, None, lists and dicts of them."
            ) from error
        self._data[key] = value

    def __delitem__(self, key: str) -> None:
        del self._data[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        return f"<Session user={self.user_id} keys={sorted(self._data)}>"
