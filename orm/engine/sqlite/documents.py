"""JSON on SQLite where its own functions answer otherwise than MySQL's, or cannot ask at all.

Before 3.45 a path cannot name a key with a quotation mark or backslash in it; there is no
containment, no comparison of documents, and json_set() makes the objects on the way, which MySQL
does not. A path comes as JSON: a list of keys and positions.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from orm.later import json

_MISSING: Any = object()

Step = str | int


def at(document: str | None, path: str) -> str | None:
    """The part a path leads to, as JSON text; NULL when there is none."""
    if document is None:
        return None
    found = find(json.loads(document), json.loads(path))
    return None if found is _MISSING else _text(found)


def find(value: Any, steps: Sequence[Step]) -> Any:
    for step in steps:
        value = _child(value, step)
        if value is _MISSING:
            break
    return value


def _child(value: Any, step: Step) -> Any:
    if isinstance(step, str):
        return value.get(step, _MISSING) if isinstance(value, dict) else _MISSING
    if isinstance(value, list) and -len(value) <= step < len(value):
        return value[step]
    return _MISSING


def put(document: str | None, path: str, value: str) -> str | None:
    """With the value at the path, in place of an earlier one; unchanged when its parent is missing.

    A position past the end of a list appends.
    """
    if document is None:
        return None
    root, steps, new = json.loads(document), json.loads(path), json.loads(value)
    if not steps:
        return _text(new)
    parent, last = find(root, steps[:-1]), steps[-1]
    if isinstance(parent, dict) and isinstance(last, str):
        parent[last] = new
    elif isinstance(parent, list) and isinstance(last, int):
        if -len(parent) <= last < len(parent):
            parent[last] = new
        elif last >= 0:
            parent.append(new)
    return _text(root)


def remove(document: str | None, path: str) -> str | None:
    """Without what is at the path."""
    if document is None:
        return None
    root, steps = json.loads(document), json.loads(path)
    parent, last = find(root, steps[:-1]), steps[-1]
    if _child(parent, last) is not _MISSING:
        del parent[last]
    return _text(root)


def contains(document: str | None, candidate: str | None) -> bool | None:
    """MySQL's JSON_CONTAINS."""
    if document is None or candidate is None:
        return None
    return _holds(json.loads(document), json.loads(candidate))


def _holds(target: Any, candidate: Any) -> bool:
    if isinstance(target, list):
        if isinstance(candidate, list):
            return all(any(_holds(item, wanted) for item in target) for wanted in candidate)
        return any(_holds(item, candidate) for item in target)
    if isinstance(target, dict):
        return isinstance(candidate, dict) and all(
            key in target and _holds(target[key], wanted) for key, wanted in candidate.items()
        )
    is_same_kind = isinstance(target, bool) is isinstance(candidate, bool)
    return bool(is_same_kind and target == candidate)


def normal(document: str | None) -> str | None:
    """One text for all texts of the same document."""
    return None if document is None else canonical(json.loads(document))


def canonical(value: Any) -> str:
    """JSON text with sorted keys, without blanks, and one form of each number."""
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(Decimal(value))
    return value


def moment(text: str | None) -> str | None:
    """An ISO text as the point in time is kept; NULL for what is none."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found.replace(tzinfo=None).isoformat(" ", "microseconds")


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "orm_json_at": (2, at),
    "orm_json_set": (3, put),
    "orm_json_remove": (2, remove),
    "orm_json_contains": (2, contains),
    "orm_json_normal": (1, normal),
    "orm_moment": (1, moment),
}
