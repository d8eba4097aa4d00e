"""What holds for every test.

`orm.create_all()` means every model of the process, and a test run is full of models. So each test
module sees only those it is about, and models made inside a test end with it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from orm.metadata import registry
from tests.support.disks import mounted_disk

# The same examples on every run: a test that fails now and then tells nobody anything.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="module")
def model_packages() -> frozenset[str]:
    """The packages whose models a module sees besides those it makes or imports itself."""
    return frozenset({"mvc", "app"})


@pytest.fixture(autouse=True, scope="module")
def _models_of_this_module(
    request: pytest.FixtureRequest, model_packages: frozenset[str]
) -> Iterator[None]:
    others = dict(registry._models)
    names = {getattr(value, "__module__", None) for value in vars(request.module).values()}
    mentioned = names | {request.module.__name__}
    for key, model in others.items():
        module = model.__module__
        if module not in mentioned and module.partition(".")[0] not in model_packages:
            del registry._models[key]
    yield
    registry._models.update(others)


@pytest.fixture(autouse=True)
def _models_of_this_test() -> Iterator[None]:
    models, waiting = dict(registry._models), list(registry._waiting)
    yield
    # A package of the project that was imported meanwhile stays: it will not be imported again.
    stays = {key: model for key, model in registry._models.items() if key[0].startswith("app.")}
    registry._models.clear()
    registry._models.update(models | stays)
    registry._waiting[:] = waiting


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """The folder of a real disk that holds 8 MiB."""
    try:
        with mounted_disk("8m") as folder:
            yield folder
    except PermissionError as error:
        pytest.skip(str(error))
