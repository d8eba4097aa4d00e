"""Importing an application's folder: its models, then its controllers, in sorted order.

The folder is a package under its own name wherever it lies, with or without `__init__.py`. It is
put into `sys.modules` by hand rather than found through `sys.path`, because a folder without
`__init__.py` would lose to any package of that name elsewhere on the path.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from mvc.routing import Registry, forget, gather, is_inside

# What `sample.create(rows)` is asked for when nobody says how many: a first look, made in a moment.
SAMPLE_ROWS = 600

# Models first: controllers name them.
_PARTS = ("models", "controllers")
_LOCATED = re.compile(r".+\.py:[0-9]+: ")


class LoadError(Exception):
    """The application cannot be imported; the message names file and line."""


def load_package(folder: Path) -> Registry:
    """Import everything in the folder and return what it declared.

    Importing a folder again gives its declarations again. Another folder of the same name takes
    the former one's place. Raises LoadError.
    """
    name = _package_name(folder)
    _make_package(name, folder)
    try:
        for part in _PARTS:
            for module in _modules_of(folder / part, f"{name}.{part}"):
                importlib.import_module(module)
    except Exception as error:
        _forget_package(name)
        raise LoadError(explain(error, folder)) from error
    return gather(name)


def find_sample(folder: Path | None) -> ModuleType | None:
    """The `sample` module of an application, whose `create(rows)` makes sample data, or None.

    The application must have been loaded. Raises LoadError when the module does not import.
    """
    if folder is None or not (folder / "sample.py").is_file():
        return None
    try:
        return importlib.import_module(f"{_package_name(folder)}.sample")
    except Exception as error:
        raise LoadError(explain(error, folder)) from error


def _package_name(folder: Path) -> str:
    name = folder.name
    if not name.isidentifier():
        raise LoadError(f"{folder}: {name!r} is no package name: use letters, digits and '_'")
    if name in sys.stdlib_module_names or name in ("httpcore", "mvc", "orm"):
        raise LoadError(f"{folder}: a package called {name!r} is taken: rename the folder")
    return name


def _make_package(name: str, folder: Path) -> None:
    present = sys.modules.get(name)
    if present is not None and list(getattr(present, "__path__", [])) == [str(folder)]:
        return
    _forget_package(name)
    if str(folder.parent) not in sys.path:
        sys.path.append(str(folder.parent))
    importlib.invalidate_caches()
    spec = _spec_of(name, folder)
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    if spec.loader is not None:
        try:
            spec.loader.exec_module(package)
        except Exception as error:
            _forget_package(name)
            raise LoadError(explain(error, folder)) from error


def _spec_of(name: str, folder: Path) -> ModuleSpec:
    init = folder / "__init__.py"
    if init.is_file():
        locations = [str(folder)]
        spec = importlib.util.spec_from_file_location(
            name, init, submodule_search_locations=locations
        )
        if spec is not None:
            return spec
    bare = ModuleSpec(name, None, is_package=True)
    bare.submodule_search_locations = [str(folder)]
    return bare


def _forget_package(name: str) -> None:
    for module in [each for each in sys.modules if is_inside(each, name)]:
        del sys.modules[module]
    forget(name)


def _modules_of(base: Path, name: str) -> Iterator[str]:
    """`base.py`, or the package `base/` and every module below it, in sorted order."""
    if base.with_suffix(".py").is_file() and not base.is_dir():
        yield name
        return
    if not base.is_dir():
        return
    if (base / "__init__.py").is_file():
        yield name
    for path in sorted(base.rglob("*.py")):
        parts = path.relative_to(base).with_suffix("").parts
        if parts[-1] != "__init__" and all(part.isidentifier() for part in parts):
            yield ".".join((name, *parts))


def explain(error: Exception, folder: Path | None) -> str:
    """`file:line: what`, the line being the innermost one of the application itself."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}: {type(error).__name__}: {error.msg}"
    if _LOCATED.match(str(error)):  # a declaration that was refused says where it stands
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if folder and Path(each.filename).is_relative_to(folder)]
    place = f"{own[-1].filename}:{own[-1].lineno}" if own else folder
    message = f"{type(error).__name__}: {error}"
    return f"{place}: {message}" if place else message
