"""The command line of `server.py`: its options, what it refuses, what it prints."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from mvc.application import Application
from mvc.cli.forgotten import forgotten_routes
from mvc.cli.tables import counted
from mvc.config import ConfigError, Settings, hide_password
from mvc.security.hosts import is_loopback_host

# Options of the API page that a later release brings: named, so that nobody thinks they work.
_LATER = ("--workers", "--reload", "--cert", "--key", "--unix")


def parse_arguments(arguments: Sequence[str]) -> dict[str, Any]:
    """The settings that the command line gives, None where it gives none.

    Ends the process with status 2 and one line for an option that does not exist (yet).
    """
    parser = argparse.ArgumentParser(
        prog="server.py", description="Serve the application in a folder.", allow_abbrev=False
    )
    for given in arguments:
        name = given.partition("=")[0]
        if name in _LATER:
            parser.error(f"{name} is not available in this release")
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", help="TCP port, 0 lets the system choose (8000)")
    parser.add_argument("--app", metavar="DIR", help="folder of the application (app)")
    parser.add_argument("--threads", help="worker threads to start with (32)")
    parser.add_argument(
        "--debug", action="store_true", default=None, help="error pages with traceback"
    )
    parser.add_argument(
        "--access-log", metavar="FILE|-|off", help="a file, standard output (-), or off"
    )
    parser.add_argument(
        "--access-log-format", metavar="common|combined|json", help="what its lines say (common)"
    )
    return vars(parser.parse_args(arguments))


def refuse_unsafe(settings: Settings) -> None:
    """Refuse what must not be served (sec:A9); warn about what should not be.

    Raises ConfigError for debug on a listener that others reach.
    """
    if settings.debug and not is_loopback_host(settings.host):
        raise ConfigError(
            f"debug shows source code and must not listen on {settings.host}: use 127.0.0.1, or "
            "leave debug off"
        )
    if not is_loopback_host(settings.host):
        _warn(f"logins and sessions on {settings.host} travel over plain HTTP")
    if is_superuser():
        _warn("running as root; use an ordinary user")


def is_superuser() -> bool:
    """Whether this process may do anything on this machine."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def announce(app: Application, url: str, is_filled: bool) -> None:
    """Say what runs, where, and how to stop it."""
    settings = app.settings
    lines = (
        ("Serving", url),
        ("Application", f"{settings.app_dir} ({counted(len(app.routes), 'route')})"),
        ("Database", hide_password(settings.database) + (", new" if is_filled else "")),
        ("Lanes", f"learned; pool of {settings.threads} threads to start with"),
        ("Debug", "on: error pages show source code" if settings.debug else "off"),
        ("Stop with", "Ctrl-C"),
    )
    # `print` does nothing when standard output was closed (`server.py >&-`).
    print("\n".join(f"{label:<12} {text}" for label, text in lines), flush=True)
    for hint in forgotten_routes(app) if settings.debug else ():
        _warn(hint)


def _warn(text: str) -> None:
    print(f"warning: {text}", file=sys.stderr)
