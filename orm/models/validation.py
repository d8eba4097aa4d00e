"""Asking every rule of a model at once, before the database does (orm:O3)."""

from collections.abc import Iterator, Mapping
from typing import Any

from orm.engine.registry import get_database
from orm.errors import DataError, ValidationError
from orm.expressions.base import Condition, Not
from orm.expressions.evaluate import Undecided, holds
from orm.expressions.writer import Source, Writer
from orm.fields.base import MISSING, Field
from orm.metadata.info import ModelInfo
from orm.names import constraint_name
from orm.queries.raw import Raw
from orm.queries.select import Query
from orm.queries.shape import Shape


def failure_of(info: ModelInfo, values: Mapping[str, Any], first: DataError) -> DataError:
    """The error for values of which one was refused: that one, or all when there are several."""
    errors = {}
    for name, value in values.items():
        field = info.by_name.get(name)
        if field is None:
            continue
        try:
            field.assign(value)
        except DataError as error:
            errors[name] = _without_label(field, error)
    if len(errors) < 2:
        return first
    return _invalid(info, errors)


def _without_label(field: Field[Any], error: DataError) -> str:
    return str(error).removeprefix(f"{field.label} ").removesuffix(".")


def _invalid(info: ModelInfo, errors: Mapping[str, str]) -> ValidationError:
    error = ValidationError(**errors)
    error.model = info.name
    return error


def full_check(instance: Any) -> None:
    """Ask the fields, `validate()`, the checks and the unique constraints; ValidationError names
    every one that fails, a constraint of the model by its name or fields."""
    info: ModelInfo = instance._meta
    errors: dict[str, str] = {}
    for field in info.fields.values():
        problem = _problem(field, instance)
        if problem:
            errors[field.name] = problem
    try:
        if hasattr(instance, "validate"):
            instance.validate()
    except ValidationError as error:
        errors |= error.errors
    except AttributeError:
        if not errors:  # else it looked at a value that is missing
            raise
    state = instance.__dict__
    errors |= dict.fromkeys(_broken_checks(info, state), "is not met")
    errors |= dict.fromkeys(_taken(instance, state), "is taken")
    if errors:
        raise _invalid(info, errors)


def _problem(field: Field[Any], instance: Any) -> str | None:
    value = instance.__dict__.get(field.attribute, MISSING)
    if value is MISSING:
        is_needed = not instance._is_stored and not field.is_database_made
        return "needs a value" if is_needed else None
    if field.generated is not None:
        return None
    try:
        field.assign(value)
    except DataError as error:
        return _without_label(field, error)
    return None


# -- checks ----------------------------------------------------------------------------------------


def _broken_checks(info: ModelInfo, state: Mapping[str, Any]) -> list[str]:
    """The names of the checks that do not hold; those Python cannot tell are asked of the database,
    all by one statement."""
    values = {field.column: state.get(field.attribute, MISSING) for field in info.fields.values()}
    broken, open_checks = [], []
    for name, condition in _checks(info):
        try:
            if holds(condition, lambda column: _known(values[column])) is False:
                broken.append(name)
        except Undecided:
            open_checks.append((name, condition))
    if open_checks and MISSING not in values.values():
        broken += _ask(info, state, open_checks)
    return broken


def _known(value: Any) -> Any:
    if value is MISSING:
        raise Undecided
    return value


def _checks(info: ModelInfo) -> Iterator[tuple[str, Condition]]:
    for field in info.fields.values():
        if isinstance(field.check, str):
            yield constraint_name(info.table, field.column, "_check"), Raw(field.check)
    for number, check in enumerate(info.checks, 1):
        name = check.name or constraint_name(info.table, str(number), "_check")
        given = check.condition
        yield name, Raw(given) if isinstance(given, str) else given(info.model)


def _ask(
    info: ModelInfo, state: Mapping[str, Any], checks: list[tuple[str, Condition]]
) -> list[str]:
    database = get_database(info.database)
    writer = _CheckWriter(database.dialect)
    writer.text("SELECT ")
    writer.join([Not(condition) for _, condition in checks])
    writer.text(" FROM (SELECT ")
    for index, field in enumerate(info.fields.values()):
        writer.text(", " if index else "")
        writer.bind(state[field.attribute], field.value_type)
        writer.text(" AS ")
        writer.name(field.column)
    writer.text(") AS ")
    writer.name(info.table)
    answers = database.run(writer.sql, writer.params).rows[0]
    return [name for (name, _), answer in zip(checks, answers, strict=True) if answer]


class _CheckWriter(Writer):
    """Columns stand without their table, as in the DDL of a check."""

    def column(self, source: Source, column: str) -> None:
        self.name(column)


# -- unique constraints ----------------------------------------------------------------------------


def _taken(instance: Any, state: Mapping[str, Any]) -> list[str]:
    """The unique fields, and groups of fields, whose values another row has."""
    info: ModelInfo = instance._meta
    groups = [[f] for f in info.fields.values() if f.unique and not f.primary_key]
    by_column = {field.column: field for field in info.fields.values()}
    groups += [[by_column[name] for name, _ in unique.columns] for unique in info.uniques]
    taken = []
    for group in groups:
        values = [state.get(field.attribute) for field in group]
        if None in values:
            continue  # NULLs never collide
        query: Query[Any] = Query(Shape(info.source))
        for field, value in zip(group, values, strict=True):
            query = query.where(field.expression == value)
        if instance._is_stored:
            query = query.where(info.primary_key.expression != instance._stored_key())
        if query.exists():
            taken.append(", ".join(field.name for field in group))
    return taken
