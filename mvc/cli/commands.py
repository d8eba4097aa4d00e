"""The commands of `python -m mvc`: each gets the application and its own arguments."""

from __future__ import annotations

import code
import sys
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from mvc.application import Application
from mvc.cli.forgotten import forgotten_routes
from mvc.cli.routes import describe_routes
from mvc.cli.serverconfig import describe_tables, server_config
from mvc.cli.serving import is_superuser
from mvc.cli.tables import counted, print_table
from mvc.config import Settings
from mvc.layers import describe
from mvc.routing import metadata_of
from mvc.security.hosts import is_loopback_host

Command = Callable[[Application, Sequence[str]], int | None]


def print_config(settings: Settings) -> None:
    """Every setting with its value, where that came from, and what it is for; then the sizes and
    durations in force."""
    rows = [
        (name, value, origin, f"# {about}") for name, value, origin, about in describe(settings)
    ]
    rows += [(*row, "") for row in describe_tables(settings)]
    print_table(rows)


def print_routes(app: Application, arguments: Sequence[str]) -> int:
    """Every route in the order it is tried."""
    print_table(describe_routes(app))
    return 0


def check(app: Application, arguments: Sequence[str]) -> int:
    """Say what is wrong with the application; with --deploy also what is unsafe in public.

    Exit status 1 for that; hints, about what may well be meant, change nothing.
    """
    findings = [f"template: {fault}" for fault in _template_faults(app)]
    server_config(app.settings)  # raises for names and values that only the server knows
    print(f"{counted(len(app.routes), 'route')}, {counted(len(findings), 'error')}")
    if "--deploy" in arguments:
        findings += [f"deploy: {finding}" for finding in _deployment_findings(app.settings)]
    for finding in findings:
        print(finding)
    for hint in forgotten_routes(app):
        print(f"hint: {hint}")
    return 1 if findings else 0


def open_shell(app: Application, arguments: Sequence[str]) -> int:
    """A Python prompt with `app` and the application's models."""
    names = {"app": app, **_model_names(app.settings)}
    code.interact(banner=f"Treadle shell: {', '.join(names)}", local=names, exitmsg="")
    return 0


COMMANDS: dict[str, Command] = {"routes": print_routes, "check": check, "shell": open_shell}


def _template_faults(app: Application) -> Iterator[str]:
    # The top-level templates are the default application's, with its filters and functions.
    own = app.settings.root if app.settings.is_default_app else app.settings.app_dir
    if own is not None:
        yield from app.templates.faults(own)
    names = app.templates.names()
    for route in app.routes:
        template = metadata_of(route.handler).template
        if template is not None and template not in names:
            yield f"{route.location}: there is no template {template!r}: {_advice(template, names)}"


def _advice(template: str, names: Sequence[str]) -> str:
    # Compared without their endings: with it, any two short names are near each other.
    by_stem = {name.rpartition(".")[0]: name for name in names}
    close = get_close_matches(template.rpartition(".")[0], list(by_stem), 1)
    return f"did you mean {by_stem[close[0]]!r}?" if close else "put it into the folder templates/"


def _deployment_findings(settings: Settings) -> Iterator[str]:
    """What `check --deploy` has to say (feat:X11, sec 0.4)."""
    findings = (
        (settings.debug, "debug is on: set it to false"),
        (not settings.allowed_hosts, "allowed_hosts is empty: name the hosts of this site"),
        ("*" in settings.allowed_hosts, "allowed_hosts has *: name the hosts of this site"),
        (
            not is_loopback_host(settings.host),
            f"sessions on {settings.host} travel over plain HTTP: listen on loopback behind TLS",
        ),
        (is_superuser(), "this is root: use an ordinary user"),
    )
    return (text for is_found, text in findings if is_found)


def _model_names(settings: Settings) -> dict[str, Any]:
    module = sys.modules.get(f"{settings.app_dir.name}.models") if settings.app_dir else None
    return {
        name: value for name, value in (vars(module) if module else {}).items() if name[0].isupper()
    }
