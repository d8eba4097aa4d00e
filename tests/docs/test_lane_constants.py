"""The page on architecture gives each constant of the lanes, with the value in force."""

from importlib import import_module
from pkgutil import iter_modules

import httpcore.runtime
from tests.support.documents import ROOT, table_rows

PAGE = "docs/ARCHITECTURE.md"
MODULES = (
    "learning",
    "watchdog",
    "pool_lane",
    "backlog",
    "turns",
    "sizing",
    "pool_watch",
    "hung_runs",
    "loop",
    "precedence",
)
# How the parts work inside, not when they act.
INNER = {
    "learning.WEIGHT",
    "precedence.WEIGHT",
    "loop.ASLEEP",
    "loop.EXPIRED",
    "loop.LONGEST",
    "watchdog.NAP",
    "watchdog.QUIET_TICKS",
}


def constants(name: str) -> dict[str, str]:
    module = import_module(f"httpcore.runtime.{name}")
    own = (ROOT / f"httpcore/runtime/{name}.py").read_text()
    return {
        f"{name}.{key}": str(value)
        for key, value in vars(module).items()
        if isinstance(value, int | float) and key[0].isupper() and f"\n{key} = " in own
    }


def test_every_constant_of_the_lanes_has_its_row_and_value() -> None:
    written = {row[0].strip("`"): row[1] for row in table_rows(PAGE, "constant")}
    found = {key: value for name in MODULES for key, value in constants(name).items()}
    assert written == {key: value for key, value in found.items() if key not in INNER}
    assert set(found) >= INNER


def test_modules_that_the_page_names_are_there() -> None:
    names = {each.name for each in iter_modules(httpcore.runtime.__path__)}
    assert {*MODULES, "lanes", "pool", "processor", "baton", "tickets"} <= names
