"""get_or_create and update_or_create, right also when several do it at once (orm:O22).

The row is looked for, and made when it is not there. When somebody else made it in between, the
unique constraint refuses ours; a savepoint keeps the transaction around usable, and the row is
looked for again, on MySQL by a locking read: the plain one would see the snapshot of the
transaction, in which the row is not there. Without a unique constraint on what is looked for nobody
can be refused, and two may make the row.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from orm.engine.registry import get_database, transaction
from orm.errors import IntegrityError
from orm.metadata.info import ModelInfo

M = TypeVar("M")

Values = Mapping[str, Any]

_RETRIES: Final = 5


def get_or_create(model: type[M], values: Values, defaults: Values | None) -> tuple[M, bool]:
    found = _query(model, values).limit(2).all()
    if found:
        return _query(model, values).one() if len(found) > 1 else found[0], False
    return _create(model, values, {**values, **_called(defaults)})


def update_or_create(
    model: type[M], values: Values, defaults: Values | None, create_defaults: Values | None
) -> tuple[M, bool]:
    """The row is locked from the look to the update, so that no other change is lost."""
    info: ModelInfo = model._meta  # type: ignore[attr-defined]
    made_of = defaults if create_defaults is None else create_defaults

    @transaction(database=info.database, retry=_RETRIES)
    def run() -> tuple[M, bool]:
        # Only a row that is there is locked: a lock of the gap where it would be makes two who
        # want to insert it wait for each other.
        is_new = False
        if _query(model, values).exists():
            row = _locked(model, values)
        else:
            row, is_new = _create(model, values, {**values, **_called(made_of)})
        if not is_new:
            for name, value in _called(defaults).items():
                setattr(row, name, value)
            row.save()
        return row, is_new

    return run()


def _create(model: type[M], values: Values, everything: Values) -> tuple[M, bool]:
    info: ModelInfo = model._meta  # type: ignore[attr-defined]
    try:
        with transaction(database=info.database):
            made: M = model.insert(**everything)  # type: ignore[attr-defined]
            return made, True
    except IntegrityError:
        found = _first_locked(model, values)
        if found is None:
            raise  # it was another constraint
        return found, False


def _first_locked(model: type[M], values: Values) -> M | None:
    query = _query(model, values)
    info: ModelInfo = model._meta  # type: ignore[attr-defined]
    is_inside = get_database(info.database).in_transaction
    found: M | None = (query.for_update() if is_inside else query).first()
    return found


def _locked(model: type[M], values: Values) -> Any:
    return _query(model, values).for_update().one()


def _query(model: Any, values: Values) -> Any:
    return model._filtered(values)


def _called(values: Values | None) -> dict[str, Any]:
    """A default may be a function: it is called only when its value is needed."""
    given = (values or {}).items()
    return {name: value() if callable(value) else value for name, value in given}
