"""The long way of a write: transaction, hooks, validation, values of each update, the row itself.

Most models need none of this and have `info.steps` None: their writes are one prepared statement.
A model gets steps when it has hooks or `validate()`, fields that the database or an update fills
in, a version, a mark for deleted rows, or a row in several tables.

An object whose write fails is left as it was before the write.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from orm.engine.registry import transaction
from orm.errors import IntegrityError, QueryError, ValidationError
from orm.fields.base import MISSING, Field
from orm.metadata.info import ModelInfo
from orm.models.bulk import InsertHow, Outcome, insert_rows, require_values, upsert_row
from orm.models.hooks import Hooks, LinkChange, has_method, hooks_of
from orm.models.joined import run_joined
from orm.models.rows import delete_row, insert_row, update_row
from orm.models.softdelete import mark_deleted, restore
from orm.models.upserts import Upserted, upsert_rows


class Steps:
    """How the rows of one model are written."""

    def __init__(self, info: ModelInfo, hooks: Hooks) -> None:
        self.info = info
        self.hooks = hooks
        self._validates = has_method(info.model, "validate")
        self._is_atomic = bool(hooks) or info.parts is not None or info.soft_delete is not None

    # -- one object --------------------------------------------------------------------------

    def save(self, instance: Any, *, everything: bool) -> None:
        if not instance._is_stored:
            self.insert(instance)
            return
        with self._block([instance]):
            self.hooks.fire("before_save", instance)
            names = {field.name for field in instance._fields_to_save(everything)}
            if not names:
                return
            self.hooks.fire("before_update", instance, frozenset(names))
            self._validate(instance)
            fields = self._with_automatic(instance, instance._fields_to_save(everything))
            update_row(instance, fields)
            instance._mark_stored()
            self.hooks.fire("after_update", instance, frozenset(f.name for f in fields))
            self.hooks.fire("after_save", instance)

    def _with_automatic(self, instance: Any, fields: list[Field[Any]]) -> list[Field[Any]]:
        for field in self.info.automatic:
            value = MISSING if field in fields else field.make_update()
            if value is not MISSING:
                instance.__dict__[field.attribute] = value
                fields.append(field)
        return fields

    def insert(self, instance: Any) -> None:
        with self._block([instance]):
            self.hooks.fire("before_save", instance)
            self.hooks.fire("before_insert", instance)
            require_values(self.info, instance.__dict__)
            self._validate(instance)
            insert_row(self.info, instance.__dict__)
            instance._mark_stored()
            self.hooks.fire("after_insert", instance)
            self.hooks.fire("after_save", instance)

    def delete(self, instance: Any, *, hard: bool) -> None:
        """Delete the row, or mark it where the model does so and `hard` does not say otherwise."""
        with self._block([instance]):
            self.hooks.fire("before_delete", instance)
            if self.info.soft_delete is not None and not hard:
                mark_deleted(instance)
            else:
                delete_row(instance)
                instance.__dict__["_is_stored"] = False
            self.hooks.fire("after_delete", instance)

    def restore(self, instance: Any) -> None:
        with self._block([instance]):
            restore(instance)

    def upsert(self, made: Any, values: Mapping[str, Any], key: Sequence[str]) -> Outcome:
        if self.info.parts is not None:
            raise QueryError(
                f"{self.info.name} is joined from several tables, which no upsert writes at once: "
                "look for the row in a transaction, then insert() or save()."
            )
        with self._block([made]):
            self.hooks.fire("before_upsert", made)
            self._validate(made)
            if self.info.automatic:
                outcome = upsert_rows(self.info, [made], [values], key, None)[0].outcome
            else:
                outcome = upsert_row(self.info, made, values, key)
            self.hooks.fire("after_upsert", made, outcome)
        return outcome

    def upsert_many(
        self, made: list[Any], write: Callable[[list[Any]], list[Upserted]]
    ) -> list[Upserted]:
        if self.info.parts is not None:
            raise QueryError(
                f"{self.info.name} is joined from several tables, which no upsert writes at once."
            )
        with self._block(made):
            for instance in made:
                self.hooks.fire("before_upsert", instance)
                self._validate(instance)
            done = write(made)
            for instance, (outcome, _) in zip(made, done, strict=True):
                self.hooks.fire("after_upsert", instance, outcome)
        return done

    # -- many rows ---------------------------------------------------------------------------

    def insert_many(self, objects: list[Any], how: InsertHow) -> int:
        with self._block(objects):
            self.hooks.fire("before_insert_many", objects)
            for instance in objects:
                require_values(self.info, instance.__dict__)
                self._validate(instance)
            if self.info.parts is None:
                number = insert_rows(self.info, objects, how)
            else:
                number = self._insert_each(objects)
            self.hooks.fire("after_insert_many", objects)
        return number

    def _insert_each(self, objects: Sequence[Any]) -> int:
        for instance in objects:
            insert_row(self.info, instance.__dict__)
        return len(objects)

    def execute(self, query: Any) -> int:
        """Run an update or delete by condition between its hooks."""
        if not self.hooks and self.info.parts is None and query.is_one_statement:
            return int(query.run())
        with self._block([]):
            refined = self.hooks.refine(f"before_{query.kind}_where", query)
            is_one_table = self.info.parts is None
            count = int(refined.run()) if is_one_table else run_joined(refined)
            self.hooks.fire(f"after_{query.kind}_where", refined, count)
        return count

    @contextmanager
    def links(
        self, instance: Any, relation: str, action: str, keys: tuple[Any, ...]
    ) -> Iterator[None]:
        """Around a change of a many-to-many."""
        change = LinkChange(instance, relation, action, keys)
        with transaction(database=self.info.database) if self.hooks else nullcontext():
            self.hooks.fire("before_links", change)
            yield
            self.hooks.fire("after_links", change)

    # -- shared ------------------------------------------------------------------------------

    def _validate(self, instance: Any) -> None:
        if not self._validates:
            return
        try:
            instance.validate()
        except ValidationError as error:
            error.model = self.info.name
            raise

    @contextmanager
    def _block(self, objects: Iterable[Any]) -> Iterator[None]:
        kept = [(instance, dict(instance.__dict__)) for instance in objects]
        try:
            if self._is_atomic:
                with transaction(database=self.info.database):
                    yield
            else:
                yield
        except BaseException as error:
            for instance, state in kept:
                instance.__dict__.clear()
                instance.__dict__.update(state)
            if isinstance(error, IntegrityError) and self._has_secret(error):
                raise _masked(error) from None
            raise

    def _has_secret(self, error: IntegrityError) -> bool:
        secret = {field.column for field in self.info.fields.values() if field.secret}
        return not secret.isdisjoint(error.columns)


def _masked(error: IntegrityError) -> IntegrityError:
    """A duplicate's message repeats the value; for a secret it names the constraint alone."""
    return IntegrityError(
        f"a constraint refused the row: {error.constraint or ', '.join(error.columns)}.",
        constraint=error.constraint,
        columns=error.columns,
        code=error.code,
    )


def set_steps(info: ModelInfo) -> None:
    """Give the model its steps, or none; again whenever a listener comes."""
    hooks = hooks_of(info.model)
    fields = info.fields.values()
    is_needed = (
        bool(hooks)
        or has_method(info.model, "validate")
        or bool(info.automatic)
        or info.parts is not None
        or info.soft_delete is not None
        or any(field.is_database_made or (field.secret and field.unique) for field in fields)
    )
    info.steps = Steps(info, hooks) if is_needed else None
