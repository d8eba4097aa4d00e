"""Importing an application's folder, wherever it lies and however it is made."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mvc.loading import LoadError, find_sample, load_package

CONTROLLER = """
from mvc.routing import route
from {package}.models import WORD
from ..models import WORD as same

@route("/{name}")
def show(request):
    return WORD
"""


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    modules, path = dict(sys.modules), list(sys.path)
    yield
    for name in set(sys.modules) - set(modules):
        del sys.modules[name]
    sys.path[:] = path


def make(folder: Path, *names: str, word: str = "word", init: bool = False) -> Path:
    (folder / "controllers").mkdir(parents=True)
    (folder / "models.py").write_text(f"WORD = {word!r}\n")
    for name in names:
        text = CONTROLLER.format(package=folder.name, name=name)
        (folder / "controllers" / f"{name}.py").write_text(text)
    if init:
        (folder / "__init__.py").write_text("MARK = 1\n")
        (folder / "controllers" / "__init__.py").write_text("")
    return folder


def paths(folder: Path) -> list[str]:
    return [route.pattern.text for route in load_package(folder).routes]


@pytest.mark.parametrize("init", [True, False])
def test_feat_R26_controllers_are_imported_in_sorted_order(tmp_path: Path, init: bool) -> None:
    folder = make(tmp_path / "shopfront", "zebra", "apple", "mango", init=init)
    assert paths(folder) == ["/apple", "/mango", "/zebra"]
    assert paths(folder) == ["/apple", "/mango", "/zebra"]


def test_a_folder_without_init_wins_over_another_of_its_name(tmp_path: Path) -> None:
    first = make(tmp_path / "one" / "shopfront", "a", word="first", init=True)
    second = make(tmp_path / "two" / "shopfront", "b", word="second")
    assert paths(first) == ["/a"]
    assert paths(second) == ["/b"]
    assert load_package(second).routes[0].handler(None) == "second"


def test_models_and_controllers_may_be_packages_with_folders(tmp_path: Path) -> None:
    folder = tmp_path / "depot"
    for part in ("models", "controllers/admin"):
        (folder / part).mkdir(parents=True)
    (folder / "models" / "thing.py").write_text("ORDER = ['models']\n")
    (folder / "controllers" / "admin" / "x.py").write_text(
        "from depot.models.thing import ORDER\nfrom mvc.routing import get\n"
        "get('/x')(lambda request: ORDER)\n"
    )
    assert paths(folder) == ["/x"]
    assert "depot.models.thing" in sys.modules


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("import nothing_like_it\n", "bad.py:1: ModuleNotFoundError"),
        ("x = 1\ny = (\n", "bad.py:2: SyntaxError"),
        ("def f():\n    return 1 / 0\nf()\n", "bad.py:2: ZeroDivisionError"),
        ("from mvc.routing import get\n@get('/<a b>')\ndef f(r): ...\n", "bad.py:2: "),
    ],
)
def test_an_import_error_names_file_and_line(tmp_path: Path, text: str, problem: str) -> None:
    folder = make(tmp_path / "broken", "good")
    (folder / "controllers" / "bad.py").write_text(text)
    with pytest.raises(LoadError, match=problem) as caught:
        load_package(folder)
    assert "\n" not in str(caught.value)
    (folder / "controllers" / "bad.py").unlink()
    assert paths(folder) == ["/good"]


@pytest.mark.parametrize("name", ["json", "mvc", "my-app"])
def test_a_name_that_cannot_be_a_package(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(LoadError, match=name):
        load_package(tmp_path / name)


def test_the_sample_module_is_optional(tmp_path: Path) -> None:
    folder = make(tmp_path / "sampled", "a")
    load_package(folder)
    assert find_sample(folder) is None
    assert find_sample(None) is None
    (folder / "sample.py").write_text("def create(rows): return rows\n")
    sample = find_sample(folder)
    assert sample is not None
    assert sample.create(3) == 3
