"""The command backup."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mvc.application import Application
from mvc.config import ConfigError
from mvc.storage import back_up


def back_up_database(app: Application, arguments: Sequence[str]) -> int:
    """`backup FILE`: copy the SQLite database, which may be in use, into a file (sec:D20)."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        raise ConfigError("backup takes the name of a file: python -m mvc backup FILE")
    size = back_up(arguments[0])
    print(f"{arguments[0]}: {size:,} bytes, checked")
    return 0


COMMANDS: dict[str, Callable[[Application, Sequence[str]], int]] = {"backup": back_up_database}
