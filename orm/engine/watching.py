"""What a database watches for: lazy loads and slow statements, given with `connect`."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from orm.errors import ConfigurationError
from orm.names import did_you_mean
from orm.records import Record


class LazyLoads(StrEnum):
    """What happens when objects of one answer load the same relation one by one (orm:O10)."""

    WARN = "warn"  # a report in the log, once for each relation and answer
    RAISE = "raise"  # LazyLoadError: for tests
    BATCH = "batch"  # one statement for all that are left
    ALLOW = "allow"  # nothing


class Watching(Record):
    """slow_query: seconds from which a statement is logged; 0 is never. query_log: log every one,
    by the logger `orm.queries` at level INFO."""

    lazy_loads: LazyLoads = LazyLoads.WARN
    slow_query: float = 0.0
    query_log: bool = False


_NAMES: Final = ("lazy_loads", "slow_query", "query_log")
_FLAGS: Final = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}


def split_watching(given: Mapping[str, Any]) -> tuple[Watching, dict[str, Any]]:
    """These options, and those that are left for the engine."""
    others = {name: value for name, value in given.items() if name not in _NAMES}
    mode = str(given.get("lazy_loads", LazyLoads.WARN))
    try:
        seconds = float(given.get("slow_query", 0.0))
        if not seconds >= 0 or isinstance(given.get("slow_query"), bool):
            raise ValueError(seconds)
    except (TypeError, ValueError):
        raise ConfigurationError(
            f"slow_query={given['slow_query']!r}: give seconds, 0 for never."
        ) from None
    flag = str(given.get("query_log", False)).lower()
    if flag not in _FLAGS:
        raise ConfigurationError(f"query_log={given['query_log']!r}: give true or false.")
    return Watching(lazy_loads_of(mode), seconds, _FLAGS[flag]), others


def lazy_loads_of(mode: str) -> LazyLoads:
    """ConfigurationError with a suggestion for what is none."""
    try:
        return LazyLoads(mode)
    except ValueError:
        known = [str(item) for item in LazyLoads]
        raise ConfigurationError(f"lazy_loads={mode!r}. {did_you_mean(mode, known)}") from None
