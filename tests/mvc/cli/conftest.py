"""A small application in a folder of its own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import orm

CONTROLLER = """
from mvc import command, get, post

@get("/", name="home")
def home(request):
    return "home"

@post("/things/<id:int>", disabled=True)
def change(request, id):
    return "changed"

@command
def greet_all(app, arguments):
    print("hello", *arguments)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "smallshop"
    (place / "controllers").mkdir(parents=True)
    (place / "controllers" / "pages.py").write_text(CONTROLLER)
    yield place
    orm.close()
    for name in [each for each in sys.modules if each.partition(".")[0] == "smallshop"]:
        del sys.modules[name]
    if str(tmp_path) in sys.path:
        sys.path.remove(str(tmp_path))
