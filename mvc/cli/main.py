"""`python -m mvc [--app DIR] COMMAND ...`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches

from mvc.application import Application
from mvc.cli.commands import COMMANDS, Command, print_config
from mvc.config import ConfigError
from mvc.layers import load_settings
from mvc.loading import LoadError
from mvc.storage import StorageError

# Commands of the API page that a later release brings.
_LATER = ("new", "make", "migrate", "makemigrations", "digest", "keys")
_USAGE = "usage: python -m mvc [--app DIR] COMMAND ...\ncommands:"


class UsageError(Exception):
    """The command line makes no sense; the message says what would."""


def main(arguments: Sequence[str]) -> int:
    """Run one command. Exit status 0, 1 for a fault of the application, 2 for the command line."""
    try:
        return _run(list(arguments))
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except (ConfigError, LoadError, StorageError) as error:
        print(f"mvc: {error}", file=sys.stderr)
        return 1


def _run(arguments: list[str]) -> int:
    folder = _take_app(arguments)
    name, *rest = arguments or ["help"]
    if name in ("help", "-h", "--help"):
        print(_USAGE, ", ".join(("config", *COMMANDS)))
        return 0
    if name in _LATER:
        raise UsageError(f"mvc: {name} is not available in this release")
    if name == "config":
        print_config(load_settings(os.environ, {"app": folder}))
        return 0
    app = Application.load(environ=os.environ, arguments={"app": folder})
    return _command(app, name)(app, rest) or 0


def _take_app(arguments: list[str]) -> str | None:
    if arguments[:1] == ["--app"]:
        if len(arguments) < 2:
            raise UsageError("mvc: --app needs a folder")
        del arguments[0]
        return arguments.pop(0)
    if arguments and arguments[0].startswith("--app="):
        return arguments.pop(0).removeprefix("--app=")
    return None


def _command(app: Application, name: str) -> Command:
    known: dict[str, Command] = {**COMMANDS, **dict(app.declared.commands)}
    if name in known:
        return known[name]
    names = ["config", *known]
    close = get_close_matches(name, names, 1)
    hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names)}"
    raise UsageError(f"mvc: no command {name!r}: {hint}")
