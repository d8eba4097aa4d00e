"""A name that a model class does not have is an AttributeError with a suggestion; probes work."""

import copy
import inspect
import pickle
from typing import Any

import pytest

from orm import ForeignKey, Integer, Model, String


class Shelf(Model):
    title = String(20)


class Volume(Model):
    title = String(20)
    shelf = ForeignKey(Shelf, back="volumes")


class Bare(Model):
    size = Integer()

    class Meta:
        abstract = True


@pytest.mark.parametrize(
    ("model", "name", "message"),
    [
        (Volume, "titel", "Volume has no field 'titel'. Did you mean 'title'?"),
        (Volume, "shelf_ids", "Volume has no field 'shelf_ids'. Did you mean 'shelf_id'?"),
        (Shelf, "volume", "Shelf has no field 'volume'. Did you mean 'volumes'?"),
        (Volume, "selekt", "Volume has no field 'selekt'. Did you mean 'select'?"),
        (Volume, "xyzzy", "Volume has no field 'xyzzy'. Known: id, shelf, shelf_id, title."),
        (Model, "titel", "type object 'Model' has no attribute 'titel'"),
        (Volume, "_title", "type object 'Volume' has no attribute '_title'"),
    ],
)
def test_orm_O39_an_unknown_name_on_the_class_has_a_suggestion(
    model: Any, name: str, message: str
) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(model, name)
    assert str(caught.value) == message
    assert not hasattr(model, name)
    assert getattr(model, name, 7) == 7


def test_orm_O39_what_looks_at_classes_still_works() -> None:
    assert not hasattr(Volume, "__wrapped__")
    assert not hasattr(Bare, "title")
    assert copy.deepcopy(Volume) is Volume
    assert pickle.loads(pickle.dumps(Volume)) is Volume
    assert inspect.unwrap(Volume) is Volume
    assert "title" in dict(inspect.getmembers(Volume))
    assert inspect.signature(Volume)
    assert callable(Volume)
    assert isinstance(Volume, type)
    assert repr(Volume)
