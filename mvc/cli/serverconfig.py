"""The server's part of the settings: from the names people write to a `ServerConfig`.

A field of `ServerConfig` that has a setting of its own name is filled from it. The sizes and
durations below it have names of their own in the tables `limits` and `timeouts`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, fields, replace
from typing import Any, TypeVar

from httpcore import UNLIMITED, Limits, ServerConfig, Timeouts
from mvc.config import ConfigError, Settings, setting_fields
from mvc.suggestions import did_you_mean

_Table = TypeVar("_Table", Limits, Timeouts)

# Sizes that are settings themselves.
_NAMED = {
    "body": "max_body",
    "multipart_body": "max_upload",
    "disk_reserve": "upload_reserve",
}


def server_config(settings: Settings) -> ServerConfig:
    """What the server needs to know. Raises ConfigError for a name or value that does not fit."""
    sizes = Limits(
        body=settings.max_body,
        multipart_body=max(settings.max_upload, settings.max_body),
        disk_reserve=settings.upload_reserve,
    )
    if settings.proxy_protocol and not settings.trusted_proxies:
        raise ConfigError(
            "proxy_protocol needs trusted_proxies: nobody else may say who a client is; name the "
            "proxy's address there"
        )
    same = {each.name for each in fields(ServerConfig)} & setting_fields().keys()
    values = {name: getattr(settings, name) for name in same}
    values["memory_budget"] = _read_share(settings.memory_budget)
    values["limits"] = _changed(sizes, settings, "limits", _read_size)
    values["timeouts"] = _changed(Timeouts(), settings, "timeouts", _read_seconds)
    return ServerConfig(**values)


def describe_tables(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """(name, value, origin) of every size and duration the server goes by."""
    config = server_config(settings)
    for table, values in (("limits", config.limits), ("timeouts", config.timeouts)):
        for name, value in asdict(values).items():
            setting = _NAMED.get(name, table) if table == "limits" else table
            is_given = setting != table or name in getattr(settings, table)
            origin = settings.origins.get(setting, "default") if is_given else "default"
            yield f"{table}.{name}", _shown(value), origin


def _changed(base: _Table, settings: Settings, setting: str, read: Callable[[Any], Any]) -> _Table:
    known = {each.name for each in fields(base)}
    origin = settings.origins.get(setting)
    where = f"{origin}: " if origin else ""
    changes = {}
    for name, value in getattr(settings, setting).items():
        if setting == "limits" and name in _NAMED:
            raise ConfigError(f"{where}limits.{name} is the setting {_NAMED[name]}; set that")
        if name not in known:
            hint = did_you_mean(name, sorted(known), f"known: {', '.join(sorted(known))}")
            raise ConfigError(f"{where}there is no {setting}.{name}: {hint}")
        try:
            changes[name] = read(value)
        except ValueError as error:
            raise ConfigError(f"{where}{setting}.{name} must be {error}, not {value!r}") from None
    return replace(base, **changes)


def _read_size(value: Any) -> int:
    if value == "unlimited":  # only the word means it: 0 would be a slip (sec section 2)
        return UNLIMITED
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError('a whole number from 1 or "unlimited"')
    return value


def _read_seconds(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < UNLIMITED:
        raise ValueError("a number of seconds above 0")
    return float(value)


def _read_share(text: str) -> int | float:
    return int(text[:-1]) / 100 if text.endswith("%") else int(text)


def _shown(value: float) -> str:
    if value == UNLIMITED:
        return "unlimited"
    return f"{value:g}" if isinstance(value, float) else str(value)
