"""`python -m mvc [--app DIR] COMMAND ...`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial

from mvc.application import Application
from mvc.calling import call_with
from mvc.cli.backup import COMMANDS as BACKUP_COMMANDS
from mvc.cli.commands import COMMANDS as PLAIN_COMMANDS
from mvc.cli.commands import Command, print_config
from mvc.cli.schema import COMMANDS as SCHEMA_COMMANDS
from mvc.config import ConfigError
from mvc.layers import load_settings
from mvc.loading import LoadError
from mvc.storage import StorageError
from mvc.suggestions import did_you_mean

COMMANDS: dict[str, Command] = {**PLAIN_COMMANDS, **SCHEMA_COMMANDS, **BACKUP_COMMANDS}

# Commands of the API page that a later release brings.
_LATER = ("new", "make", "digest", "keys")
# What the framework's own commands take beside --app.
_OPTIONS: dict[str, tuple[str, ...]] = {
    "config": (),
    "routes": (),
    "check": ("--deploy",),
    "shell": (),
}
_USAGE = "usage: python -m mvc [--app DIR] COMMAND ...\ncommands:"


class UsageError(Exception):
    """The command line makes no sense; the message says what would."""


def main(arguments: Sequence[str]) -> int:
    """Run one command. Exit status 0, 1 for a fault of the application, 2 for the command line."""
    try:
        status = _run(list(arguments))
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # who read our output, `head` for one, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
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
    if name in _OPTIONS:
        _refuse_others(name, rest)
    if name == "config":
        print_config(load_settings(os.environ, {"app": folder}))
        return 0
    app = Application.load(environ=os.environ, arguments={"app": folder})
    return _command(app, name)(app, rest) or 0


def _take_app(arguments: list[str]) -> str | None:
    """Remove `--app DIR` or `--app=DIR`, before or behind the command, and return the folder."""
    for place, argument in enumerate(arguments):
        name, sign, folder = argument.partition("=")
        if name != "--app":
            continue
        del arguments[place]
        if not sign and place == len(arguments):
            raise UsageError("mvc: --app needs a folder")
        return folder if sign else arguments.pop(place)
    return None


def _refuse_others(command: str, given: Sequence[str]) -> None:
    for argument in given:
        if argument not in _OPTIONS[command]:
            known = ", ".join(("--app DIR", *_OPTIONS[command]))
            raise UsageError(f"mvc: {command} does not take {argument!r}; it takes {known}")


def _command(app: Application, name: str) -> Command:
    own = {each: partial(call_with, function) for each, function in app.declared.commands}
    known: dict[str, Command] = {**COMMANDS, **own}
    if name in known:
        return known[name]
    names = ["config", *known]
    hint = did_you_mean(name, names, f"known: {', '.join(names)}")
    raise UsageError(f"mvc: no command {name!r}: {hint}")
