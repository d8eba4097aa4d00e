"""Packages that are used where they are installed."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def optional_module(name: str) -> Any:
    """The module, or None where its package is not installed."""
    try:
        return import_module(name)
    except ImportError:
        return None
