"""What the source of httpcore/protocol must not contain (sec:P2, architecture section 1)."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = sorted((ROOT / "httpcore" / "protocol").glob("*.py"))
WIRE_SOURCES = [*SOURCES, ROOT / "httpcore" / "headers.py"]

IMPURE = {"asyncio", "os", "select", "selectors", "socket", "ssl", "threading", "time"}
# Each of these means more than ASCII, or more than SP and HTAB.
LENIENT_CALLS = {"isdecimal", "isdigit", "isnumeric", "isspace", "splitlines"}
TRIMMING_CALLS = {"lstrip", "rstrip", "split", "strip"}
LENIENT_CLASSES = re.compile(r"\\[sSdDwWbB]")


def _imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def _without_docstrings(tree: ast.Module) -> list[ast.AST]:
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [node for node in ast.walk(tree) if id(node) not in prose]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_protocol_imports_no_io_no_threads_no_clock(source: Path) -> None:
    imported = _imported(ast.parse(source.read_text()))
    assert not {name.partition(".")[0] for name in imported} & IMPURE
    assert not any(name.startswith("httpcore.runtime") for name in imported)


@pytest.mark.parametrize("source", WIRE_SOURCES, ids=lambda path: path.name)
def test_sec_P2_no_lenient_text_function_touches_wire_bytes(source: Path) -> None:
    for node in _without_docstrings(ast.parse(source.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            assert name not in LENIENT_CALLS, f"line {node.lineno}: {name}()"
            # Without an argument they take every Unicode or ASCII blank.
            assert name not in TRIMMING_CALLS or node.args, f"line {node.lineno}: {name}()"


@pytest.mark.parametrize("source", WIRE_SOURCES, ids=lambda path: path.name)
def test_sec_P2_no_lenient_character_class(source: Path) -> None:
    for node in _without_docstrings(ast.parse(source.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            value = node.value
            text = value.decode("latin-1") if isinstance(value, bytes) else value
            assert not LENIENT_CLASSES.search(text), f"line {node.lineno}: {text!r}"
