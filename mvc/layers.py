"""Where settings come from: defaults < config.toml < environment < command line.

A later layer wins, name by name. Each value remembers its origin for `python -m mvc config`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import Field
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mvc.config import (
    MASK,
    ConfigError,
    Form,
    Kind,
    Settings,
    hide_password,
    setting_fields,
)

CONFIG_FILE = "config.toml"
_PREFIX = "TREADLE_"
# Read by the test suite, not by an application.
_TEST_PREFIX = "TREADLE_TEST_"
# Variables that other tools know too; the prefixed form wins.
_SHARED_VARIABLES = ("DATABASE_URL", "SECRET_KEY")
# The project's root: the folder that holds server.py and this package.
ROOT = Path(__file__).resolve().parent.parent


def load_settings(
    environ: Mapping[str, str],
    arguments: Mapping[str, Any],
    *,
    folder: Path | None = None,
    root: Path = ROOT,
) -> Settings:
    """The settings of the application in `folder`, by default the one that `app` names.

    arguments: from the command line, by setting name; None means not given.
    Raises ConfigError, naming file, variable or option, for an unknown name or a bad value.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    app_dir = folder.resolve() if folder is not None else find_application(environ, given, root)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    layers = (*_read_file(app_dir), *_read_environment(environ), *_read_arguments(given))
    for name, value, origin in layers:
        values[name] = value
        origins[name] = origin
    is_default = app_dir == (root / Settings.app).resolve()
    return Settings(
        **values,
        root=root,
        app_dir=app_dir,
        data_root=root if is_default else app_dir,
        origins=MappingProxyType(origins),
    )


def find_application(environ: Mapping[str, str], given: Mapping[str, Any], root: Path) -> Path:
    """The application's folder: the one beside server.py unless another is named.

    A name counts from the current folder, else from the root. Raises ConfigError when there is no
    such folder.
    """
    named = given.get("app") or environ.get(f"{_PREFIX}APP")
    name = str(named or Settings.app)
    for folder in (Path(name), root / name) if named else (root / name,):
        if folder.is_dir():
            return folder.resolve()
    raise ConfigError(f"no application in {name!r}: there is no such folder (--app DIR names it)")


def describe(settings: Settings) -> Iterator[tuple[str, str, str, str]]:
    """(name, value, origin, meaning) of every setting; secrets are masked (sec:A11)."""
    for name, each in setting_fields().items():
        value = getattr(settings, name)
        shown = _masked(name, value, each)
        yield name, shown, settings.origins.get(name, "default"), each.metadata["about"]


def _masked(name: str, value: Any, each: Field[Any]) -> str:
    if each.metadata["kind"] is Kind.SECRET:
        return MASK if value else "(empty)"
    if name == "database_url" and value:
        return hide_password(value)
    if isinstance(value, tuple):
        return ", ".join(value) or "(empty)"
    return str(dict(value) if isinstance(value, Mapping) else value) or "(empty)"


def _read_file(folder: Path) -> Iterator[tuple[str, Any, str]]:
    path = folder / CONFIG_FILE
    if not path.is_file():
        return
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None
    for name, value in document.items():
        each = _known(name, f"{path}: unknown setting {name!r}")
        kind: Kind = each.metadata["kind"]
        if not kind.accepts(value):
            raise ConfigError(f"{path}: {name} must be {kind.title}, not {value!r}")
        if name == "app":
            raise ConfigError(
                f"{path}: app names this very folder; give it as --app or TREADLE_APP"
            )
        yield name, _frozen(_checked(value, each, f"{path}: {name}")), str(path)


def _read_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, Any, str]]:
    for variable in _SHARED_VARIABLES:
        if environ.get(variable):
            yield variable.lower(), environ[variable], variable
    for variable in sorted(environ):
        if variable.startswith(_PREFIX) and not variable.startswith(_TEST_PREFIX):
            name = variable.removeprefix(_PREFIX).lower()
            known = _known(name, f"unknown variable {variable}", _PREFIX)
            yield name, _parsed(environ[variable], known, variable), variable


def _read_arguments(given: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    for name, value in given.items():
        option = f"--{name.replace('_', '-')}"
        each = _known(name, f"unknown option {option}")
        parsed = _parsed(value, each, option) if isinstance(value, str) else value
        yield name, _checked(parsed, each, option), option


def _known(name: str, problem: str, prefix: str = "") -> Field[Any]:
    known = setting_fields()
    if name in known:
        return known[name]
    close = get_close_matches(name, known, 1)
    spelled = f"{prefix}{close[0].upper() if prefix else close[0]}" if close else ""
    hint = f"did you mean {spelled}?" if close else "`python -m mvc config` lists them"
    raise ConfigError(f"{problem}: {hint}")


def _parsed(text: str, each: Field[Any], where: str) -> Any:
    kind: Kind = each.metadata["kind"]
    try:
        value = kind.parse(text)
    except (ValueError, KeyError):
        raise ConfigError(f"{where} must be {kind.title}, not {text!r}") from None
    return _frozen(_checked(value, each, where))


def _checked(value: Any, each: Field[Any], where: str) -> Any:
    choices = each.metadata["choices"]
    if choices and value not in choices:
        raise ConfigError(f"{where} must be one of {', '.join(choices)}, not {value!r}")
    least, most = each.metadata["bounds"]
    if each.metadata["kind"] is Kind.NUMBER and not least <= value <= most:
        raise ConfigError(f"{where} must be from {least} to {most}, not {value}")
    form: Form = each.metadata["form"]
    for text in (value,) if isinstance(value, str) else value if form is not Form.ANY else ():
        if not form.fits(text):
            raise ConfigError(f"{where} must be {form.title}, not {text!r}")
    return value


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return MappingProxyType(value) if isinstance(value, dict) else value
