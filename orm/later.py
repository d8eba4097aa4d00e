"""What only some programs need, imported when it is first used.

`from orm.later import json` gives a stand-in for the module: its first use imports it, and what is
called of it is then kept. Type checkers see the module itself. Together these modules take 25 ms,
a third of what a program with one model took before its first answer.
"""

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import base64 as base64
    import binascii as binascii
    import calendar as calendar
    import dataclasses as dataclasses
    import difflib as difflib
    import hashlib as hashlib
    import hmac as hmac
    import html as html
    import inspect as inspect
    import json as json
    import logging as logging
    import random as random
    import uuid as uuid
    from collections.abc import Callable
    from urllib import parse as parse

    from orm.engine.sqlite import backup as backup

# Where a module is that is not under its own name.
_HOMES = {"parse": "urllib.parse", "backup": "orm.engine.sqlite.backup"}


class _Later:
    def __init__(self, load: "Callable[[], Any]") -> None:
        self._load = load

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._load(), name)
        if callable(value):  # anything else may change
            self.__dict__[name] = value
        return value


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module 'orm.later' has no attribute {name!r}")
    found = globals()[name] = _Later(partial(import_module, _HOMES.get(name, name)))
    return found


def logger(name: str) -> "logging.Logger":
    """A logger for those that rarely have something to say."""
    return cast("logging.Logger", _Later(lambda: import_module("logging").getLogger(name)))
