"""Which objects came from the database together (feat:V7, orm:O10, orm:A6).

An object that was read with others keeps the number of its answer in `_peers`; one that was read
alone keeps None. A number, because it is all that costs nothing: a reference to anything that the
garbage collector looks at made reading 1,200 objects 4 % slower (docs/orm/performance.md). From the
number leads a weak reference to the list that the query gave: while somebody has that list, or runs
over it, the peers of an object can be found; afterwards it is still known that there were some.

What objects of an answer load one by one is counted in a `ResultSet`, made when the first of them
does; the last thousand or so are kept. The second object of a set that loads the same relation is
an N+1: reported, refused or answered for all peers at once, as the database (option `lazy_loads`)
or the query (`Query.lazy_loads`) says. Where the query says it, its objects have the set itself in
`_peers`, and what it says holds from the first load on.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from threading import Lock
from typing import Any, Final
from weakref import ref

from orm import later
from orm.engine.callers import Caller, Mark, find_caller, mark_caller, resolve
from orm.engine.context import describe
from orm.engine.watching import LazyLoads
from orm.errors import LazyLoadError
from orm.records import Record

logger: Final = later.logger("orm.lazy_loads")

# Sets of which some object has loaded something.
_MOST_SETS: Final = 1000

# Lists known, alive or not, before those that nobody has any more are forgotten.
_FEWEST_LISTS: Final = 500


class _Room:
    lists = _FEWEST_LISTS


_lock = Lock()  # guards changes of _sets
_sets: "dict[int, ResultSet]" = {}
_lists: "dict[int, ref[Loaded]]" = {}
# Not from 0: an object pickled by another process is nobody's peer here.
_numbers = count(int.from_bytes(os.urandom(6)))


class Loaded(list[Any]):
    """The objects of one answer, of which there are several.

    origin: who ran the query. kept: the lists that were fetched for these objects.
    """

    __slots__ = ("__weakref__", "kept", "number", "origin")
    kept: tuple[list[Any], ...]
    number: int
    origin: Mark

    def __reduce__(self) -> Any:
        return (list, (list(self),))


def enter(loaded: Loaded) -> int:
    """The number of a new answer."""
    number = loaded.number = next(_numbers)
    _lists[number] = ref(loaded)
    if len(_lists) > _Room.lists:
        _forget_dropped()
    return number


def _forget_dropped() -> None:
    """Make room among the lists; now and then, as a `__del__` of each would be one more call for
    every query. Threads may do it at once. No lock: what is let go of here may run a query."""
    for number, list_of in _lists.copy().items():
        if list_of() is None:
            _lists.pop(number, None)
    _Room.lists = max(_FEWEST_LISTS, 2 * len(_lists))


class ResultSet:
    """What is known of the objects of one answer.

    own: what the query said, by relation; None stands for all of them.
    """

    def __init__(self, loaded: Loaded | None, own: Mapping[Any, LazyLoads] | None = None) -> None:
        self._list = None if loaded is None else ref(loaded)
        self._own = own or {}
        self._loads: dict[Any, tuple[Any, Caller | None] | None] = {}
        mark = getattr(loaded, "origin", None)
        self.origin: Caller | None = None if mark is None else resolve(mark)

    def __reduce__(self) -> Any:
        """A copy or pickle of an object has no peers."""
        return (type(None), ())

    def mode_of(self, relation: Any, default: LazyLoads) -> LazyLoads:
        return self._own.get(relation) or self._own.get(None) or default

    def is_strict(self, relation: Any) -> bool:
        """Did the query itself say what to do?"""
        return relation in self._own or None in self._own

    def note(self, relation: Any, key: Any) -> tuple[bool, Caller | None]:
        """Has another object loaded the relation before, and who made it do so?"""
        if relation not in self._loads:
            self._loads[relation] = (key, find_caller())
            return False, None
        first = self._loads[relation]
        return (False, None) if first is None or first[0] == key else (True, first[1])

    def is_reported(self, relation: Any) -> bool:
        """One report for each relation is enough; the next call answers True."""
        if self._loads.get(relation, ()) is None:
            return True
        self._loads[relation] = None
        return False

    def members(self) -> Iterator[Any]:
        """The objects of the set that somebody still has the list of, related ones included."""
        found = None if self._list is None else self._list()
        if found:
            seen: set[int] = set()
            for item in found:
                yield from _with_related(item, item.__dict__.get("_peers"), seen)


def _with_related(item: Any, peers: Any, seen: set[int]) -> Iterator[Any]:
    if id(item) in seen:
        return
    seen.add(id(item))
    yield item
    for value in list(item.__dict__.values()):
        if hasattr(type(value), "_meta") and value.__dict__.get("_peers") == peers:
            yield from _with_related(value, peers, seen)


def set_of(peers: Any) -> ResultSet:
    """The set that an object's `_peers` stands for."""
    if isinstance(peers, ResultSet):
        return peers
    found = _sets.get(peers)
    if found is None:
        list_of = _lists.get(peers)
        with _lock:
            found = _sets.setdefault(peers, ResultSet(None if list_of is None else list_of()))
            while len(_sets) > _MOST_SETS:
                del _sets[next(iter(_sets))]
    return found


def assign(items: list[Any], own: Mapping[Any, LazyLoads]) -> list[Any]:
    """Let the objects of an answer know what their query said."""
    loaded = items if isinstance(items, Loaded) else Loaded(items)
    if loaded is not items:
        enter(loaded)
    former = items[0].__dict__.get("_peers") if items else None
    made = ResultSet(loaded, own)
    seen: set[int] = set()
    for item in items:
        for member in list(_with_related(item, former, seen)):
            member.__dict__["_peers"] = made
    return loaded


def set_origin(items: list[Any], mode: LazyLoads) -> None:
    """Note who ran the query, where a report would name it."""
    if mode is not LazyLoads.ALLOW and type(items) is Loaded:
        items.origin = mark_caller()


def keep_with(owners: Sequence[Any], items: list[Any]) -> None:
    """Let a list that was fetched for the objects of another live as long as that one."""
    if isinstance(owners, Loaded) and isinstance(items, Loaded):
        owners.kept = (*getattr(owners, "kept", ()), items)


# -- what to do about a load -----------------------------------------------------------------------


def should_load_for_all(instance: Any, relation: Any, default: LazyLoads) -> bool:
    """`instance` is about to load `relation`: report or refuse what is an N+1; True when it is to
    be loaded for all objects of the set instead."""
    peers = instance.__dict__.get("_peers")
    if peers is None:
        return False
    found = set_of(peers)
    mode = found.mode_of(relation, default)
    if mode is LazyLoads.ALLOW:
        return False
    key = instance._meta.primary_key.attribute  # its own, also when it is deleted meanwhile
    is_second, first = found.note(relation, instance.__dict__.get(key))
    if not is_second and not found.is_strict(relation):
        return False
    if mode is LazyLoads.BATCH:
        return True
    if mode is LazyLoads.RAISE:
        raise LazyLoadError(_complaint(found, relation, first))
    if is_second and not found.is_reported(relation):
        logger.warning("%s", _complaint(found, relation, first))
    return False


class LeftOut(Record):
    """The fields that a query left out, in place of a relation: they are loaded later, too."""

    model: Any


def _diagnosis(relation: Any) -> str:
    name = f"{relation.model.__name__}"
    if isinstance(relation, LeftOut):
        return (
            f"Fields of {name} that the query left out are loaded object by object, by a statement "
            "each (N+1): add them to its only(), or take them out of its defer()."
        )
    name += f".{relation.name}"
    cure = f"prefetch({name})" if relation.is_many else f"with_related({name})"
    return (
        f"{name} is loaded object by object, by a statement each (N+1): add .{cure} to the query."
    )


def _complaint(found: ResultSet, relation: Any, first: Caller | None) -> str:
    places = [("the query", found.origin), ("first load", first), ("this load", find_caller())]
    lines = [
        _diagnosis(relation),
        *(f"  {what}: {place}" for what, place in places if place is not None),
        *(f"  {what}: {text}" for what, text in describe().items()),
    ]
    return "\n".join(lines)
