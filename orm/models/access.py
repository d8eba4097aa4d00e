"""Descriptors for names that mean one thing on the class and another on an instance."""

from collections.abc import Callable
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, overload

from orm.errors import QueryError

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C")
D_co = TypeVar("D_co", covariant=True)


class Delete(Protocol[D_co]):
    """`delete()`; hard: remove rows also where the model marks them (`Meta.soft_delete`)."""

    def __call__(self, *, hard: bool = False) -> D_co: ...


class ClassOrInstance(Generic[C, R]):
    """A method of the class and a method of instances under one name."""

    def __init__(self, on_class: Callable[..., C], on_instance: Callable[..., R]) -> None:
        self.on_class = on_class
        self.on_instance = on_instance

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> "Delete[C]": ...
    @overload
    def __get__(self, instance: object, owner: type[Any]) -> "Delete[R]": ...
    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        if instance is None:
            return self.on_class.__get__(owner)
        return self.on_instance.__get__(instance)


class OnClass(Generic[P, R]):
    """A class method that instances refuse, because there it would mean every row."""

    def __init__(self, function: Callable[..., R]) -> None:
        self.function = function

    def __get__(self, instance: Any, owner: type[Any]) -> Callable[..., R]:
        if instance is not None:
            name = f"{owner.__name__}.{self.function.__name__}"
            raise QueryError(
                f"{name}() is for rows by condition; to change this one, assign and save()."
            )
        bound: Callable[..., R] = self.function.__get__(owner)
        return bound
