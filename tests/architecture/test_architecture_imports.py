"""The import rules of the architecture, read from the source: one way, no cycles, none hidden."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("httpcore", "mvc", "orm", "app")
# What each package may import of ours, besides itself.
ALLOWED = {"httpcore": set(), "orm": set(), "mvc": {"httpcore", "orm"}, "app": {"mvc", "orm"}}
STORAGE = "mvc.storage"


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {
    module_name(path): path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if "__pycache__" not in path.parts
}
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in FILES.items()}


def absolute(node: ast.ImportFrom, importer: str) -> str:
    if not node.level:
        return node.module or ""
    is_package = FILES[importer].name == "__init__.py"
    parts = importer.split(".")
    base = parts[: len(parts) - node.level + is_package]
    return ".".join([*base, *([node.module] if node.module else [])])


def imported_by(importer: str, nodes: Iterator[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = absolute(node, importer)
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield inner if inner in FILES else base


def is_type_checking(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    )


def module_level(tree: ast.Module) -> Iterator[ast.AST]:
    """What runs at import: functions and type checkers' blocks are left out."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.Lambda)) and not is_type_checking(node):
            waiting.extend(ast.iter_child_nodes(node))


def ours(names: Iterator[str]) -> set[str]:
    return {name for name in names if name.partition(".")[0] in PACKAGES}


@pytest.mark.parametrize("module", FILES)
def test_imports_point_one_way(module: str) -> None:
    package = module.partition(".")[0]
    used = {name.partition(".")[0] for name in ours(imported_by(module, ast.walk(TREES[module])))}
    assert used <= ALLOWED[package] | {package}


@pytest.mark.parametrize("module", [each for each in FILES if each.startswith("mvc")])
def test_mvc_uses_only_the_root_of_httpcore_and_keeps_orm_in_storage(module: str) -> None:
    used = ours(imported_by(module, ast.walk(TREES[module])))
    assert {name for name in used if name.startswith("httpcore.")} <= {"httpcore.exchange"}
    if not module.startswith(STORAGE):
        assert not {name for name in used if name.partition(".")[0] == "orm"}


@pytest.mark.parametrize("module", FILES)
def test_no_function_imports_our_own_code(module: str) -> None:
    functions = [
        node
        for node in ast.walk(TREES[module])
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    for function in functions:
        assert not ours(imported_by(module, ast.walk(function))), function.name


@pytest.mark.parametrize("package", ["httpcore", "mvc", "orm"])
def test_only_known_third_parties(package: str) -> None:
    allowed = {
        "httpcore": set(),
        "mvc": {"jinja2", "markupsafe", "msgspec", "multipart", "argon2", "cryptography", "pytest"},
        "orm": {"pymysql"},
    }[package]
    for module in (name for name in FILES if name.partition(".")[0] == package):
        used = {each.partition(".")[0] for each in imported_by(module, ast.walk(TREES[module]))}
        foreign = used - set(PACKAGES) - sys.stdlib_module_names - {"__future__"}
        assert foreign <= allowed, module


def test_nothing_at_the_root_is_named_like_the_standard_library() -> None:
    # Inside a package a name such as `orm.types` hides nothing; at the root it would.
    names = {path.stem for path in ROOT.glob("*.py")} | set(PACKAGES)
    assert not names & sys.stdlib_module_names


def test_no_import_cycles() -> None:
    graph = {
        module: {
            # `from package import name` needs the package's own file too, unless it is a parent
            # that is being imported already.
            each
            for each in ours(imported_by(module, module_level(TREES[module])))
            if each in FILES and each != module and not module.startswith(f"{each}.")
        }
        for module in FILES
    }
    assert not list(cycles(graph))


def cycles(graph: dict[str, set[str]]) -> Iterator[list[str]]:
    done: set[str] = set()
    for start in graph:
        path: list[str] = []

        def visit(module: str) -> list[str] | None:
            if module in path:  # noqa: B023 - called before the next round
                return [*path[path.index(module) :], module]  # noqa: B023
            if module in done:
                return None
            path.append(module)  # noqa: B023
            for each in sorted(graph[module]):
                found = visit(each)
                if found:
                    return found
            done.add(path.pop())  # noqa: B023
            return None

        found = visit(start)
        if found:
            yield found
            return
