"""Controllers that no route leads to, because their decorator was forgotten.

Such a function is no error: it may be a helper. So this only gives hints, and only where three
things hold: it takes a request or says who may call it, nobody has declared it for anything, and
its name is used nowhere in the application.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from mvc.application import Application
from mvc.routing import has_metadata, is_inside

_ADVICE = "put @get('/path') or @route on it, or begin its name with _ if no route is meant"


def forgotten_routes(app: Application) -> Iterator[str]:
    """`file:line: what` of each function that looks like a controller without a route."""
    if app.settings.app_dir is None:
        return
    package = app.settings.app_dir.name
    trees = {module: tree for module in _modules_of(package) if (tree := _parsed(module))}
    used = {name for tree in trees.values() for name in _names_used(tree)}
    declared = _declared_functions(app)
    for module, tree in trees.items():
        if not is_inside(module.__name__, f"{package}.controllers"):
            continue
        for node in _public_functions(tree):
            function = vars(module).get(node.name)
            is_known = node.name in used or id(function) in declared
            if not is_known and (reason := _likeness(node, function)):
                where = f"{module.__file__}:{node.lineno}: {node.name!r}"
                yield f"{where} {reason}, but no route leads to it: {_ADVICE}"


def _likeness(node: ast.FunctionDef, function: object) -> str:
    """What makes it look like a controller, "" when nothing does."""
    if not node.decorator_list:
        parameters = [*node.args.posonlyargs, *node.args.args]
        return "takes a request" if parameters and parameters[0].arg == "request" else ""
    # Another's decorator may have filed it somewhere; ours return the function with their notes.
    return "is decorated as a controller" if has_metadata(function) else ""


def _declared_functions(app: Application) -> set[int]:
    declared = app.declared
    functions: list[Any] = [route.handler for route in app.routes]
    functions += [*declared.before, *declared.after, *declared.middleware]
    functions += [*declared.on_startup, *declared.on_shutdown]
    functions += [function for _, function in (*declared.errors, *declared.commands)]
    functions += [extra.function for extra in declared.template_extras]
    return {id(function) for function in functions}


def _modules_of(package: str) -> list[ModuleType]:
    inside = [each for name, each in sorted(sys.modules.items()) if is_inside(name, package)]
    return [each for each in inside if str(getattr(each, "__file__", None)).endswith(".py")]


def _parsed(module: ModuleType) -> ast.Module | None:
    """None without a source, as in an archive, and for one that was broken since its import."""
    try:
        return ast.parse(Path(str(module.__file__)).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None


def _public_functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def _names_used(tree: ast.Module) -> Iterator[str]:
    """Every name that is read, imported or asked for as an attribute; texts, for `getattr`."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()) | ast.alias(name=name):
                yield name
            case ast.Attribute(attr=name) | ast.Constant(value=str() as name):
                yield name
