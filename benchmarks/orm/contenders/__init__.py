"""Who takes part, in the order of the tables; made late, so that a missing peer is named."""

from importlib import import_module

from benchmarks.orm.contender import Contender
from benchmarks.orm.place import Place

_CLASSES = {
    "raw": ("raw", "Raw"),
    "treadle": ("treadle", "Treadle"),
    "django": ("django_models", "Django"),
    "peewee": ("peewee_models", "Peewee"),
    "sqlalchemy": ("sqlalchemy_models", "SqlAlchemy"),
    "pony": ("pony_models", "Pony"),
}
NAMES = tuple(_CLASSES)


def make(name: str, place: Place) -> Contender:
    """The contender, connected."""
    module, kind = _CLASSES[name]
    made: Contender = getattr(import_module(f"{__name__}.{module}"), kind)(place)
    return made
