"""The statements of the API page's model section, typed in as written, on both engines."""

import datetime
from types import SimpleNamespace
from typing import Any

import pytest

import orm
from mvc import User
from orm import (
    DateTime,
    DoesNotExist,
    ForeignKey,
    Index,
    ManyToMany,
    Model,
    MultipleRows,
    String,
    Text,
    alias,
    case,
    coalesce,
    count,
    exists,
    lower,
    max_,
    now,
    on_commit,
    raw,
    sum_,
    transaction,
)


class Tag(Model):
    name = String(40, unique=True)

    class Meta:
        table = "contract_tags"


class Note(Model):
    title = String(200)
    body = Text(default="")
    author = ForeignKey(User, back="contract_notes", on_delete="cascade")
    tags = ManyToMany(Tag, back="contract_notes")
    created_at = DateTime(default=now, index=True)

    class Meta:
        table = "contract_notes"
        indexes = [Index("author", "-created_at")]


@pytest.fixture
def rows(db: Any) -> SimpleNamespace:
    """Two authors, three notes, two tags."""
    orm.create_all()
    ann = User.insert(username="ann", email="ann@example.org")
    bob = User.insert(username="bob", email="bob@example.org")
    old, new = Tag.insert(name="old"), Tag.insert(name="new")
    first = Note.insert(title="50% off", author=ann)
    second = Note.insert(title="plain", author=ann, body="text")
    third = Note.insert(title="other", author=bob)
    first.tags.add(new)
    second.tags.add(old, new)
    return SimpleNamespace(
        ann=ann, bob=bob, old=old, new=new, first=first, second=second, third=third
    )


def test_short_forms(rows: SimpleNamespace) -> None:
    assert Note.get(rows.first.id).title == "50% off"
    assert Note.one(title="plain").author_id == rows.ann.id
    assert {note.title for note in Note.all(author=rows.ann)} == {"50% off", "plain"}
    with pytest.raises(DoesNotExist):
        Note.get(10_000)
    with pytest.raises(DoesNotExist):
        Note.one(title="nothing")
    with pytest.raises(MultipleRows):
        Note.one(author=rows.ann)


def test_changes_of_one_row(rows: SimpleNamespace) -> None:
    note = rows.first
    note.title = "b"
    note.save()
    assert Note.get(note.id).title == "b"
    Note.update(title="c").where(Note.id == note.id).execute()
    note.refresh()
    assert note.title == "c"
    note.delete()
    assert not Note.select().where(Note.id == note.id).exists()


def test_statements_over_many_rows(rows: SimpleNamespace) -> None:
    Note.insert_many([{"title": f"n{i}", "author": rows.bob} for i in range(5)])
    assert Note.select().where(Note.author == rows.bob).count() == 6
    changed = Note.update(title="c").where(Note.id.in_([rows.first.id, rows.second.id])).execute()
    assert changed == 2
    cutoff = now() + datetime.timedelta(days=1)
    assert Note.delete().where(Note.created_at < cutoff).execute() == 8


def test_the_long_query(rows: SimpleNamespace) -> None:
    query = (
        Note.select()
        .join(Note.author)
        .where(
            (User.username == "ann") & Note.title.contains("50%")
            | ~Note.tags.any(Tag.name == "old")
        )
        .with_related(Note.author)
        .prefetch(Note.tags)
        .order_by(-Note.created_at, Note.id)
        .limit(20)
        .offset(0)
    )
    assert {note.title for note in query} == {"50% off", "other"}
    assert {note.author.username for note in query.all()} == {"ann", "bob"}
    assert query.count() == 2
    assert query.exists()
    assert set(query.scalars(Note.id)) == {rows.first.id, rows.third.id}
    assert {row.title for row in query.values(Note.id, Note.title)} == {"50% off", "other"}
    assert query.dicts(Note.title)[0].keys() == {"title"}
    page = Note.select().order_by(Note.id).page(2, size=2)
    assert ([note.title for note in page.items], page.total, page.pages) == (["other"], 3, 2)
    assert [note.id for note in Note.select().order_by(Note.id).stream(size=1)] == [
        rows.first.id,
        rows.second.id,
        rows.third.id,
    ]


def test_grouping(rows: SimpleNamespace) -> None:
    busy = (
        Note.select(User.username, count(Note.id).as_("n"))
        .join(Note.author)
        .group_by(User.id)
        .having(count(Note.id) > 1)
    )
    assert [(row.username, row.n) for row in busy] == [("ann", 2)]
    total = Note.select(sum_(Note.id).as_("total"), max_(Note.id).as_("top")).dicts()[0]
    assert isinstance(total["total"], int)
    assert total["top"] == rows.third.id


def test_relations_are_queries(rows: SimpleNamespace) -> None:
    assert rows.ann.contract_notes.count() == 2
    assert [note.title for note in rows.ann.contract_notes.where(Note.body == "text")] == ["plain"]
    tags = rows.second.tags
    assert {tag.name for tag in tags} == {"old", "new"}
    tags.remove(rows.old)
    assert [tag.name for tag in tags.all()] == ["new"]
    tags.set([rows.old])
    assert [tag.name for tag in tags.all()] == ["old"]
    tags.clear()
    assert tags.count() == 0


def test_expressions(rows: SimpleNamespace) -> None:
    label = case((Note.body == "", "empty"), default="full")
    assert dict(
        Note.select(Note.title, label.as_("label")).values(Note.title, label.as_("label"))
    ) == {"50% off": "empty", "plain": "full", "other": "empty"}
    assert Note.select().where(lower(Note.title) == "plain").count() == 1
    assert Note.select().where(coalesce(Note.body, "x") == "text").count() == 1
    other = alias(Note)
    twins = (
        Note.select()
        .join(other, on=(other.author == Note.author) & (other.id != Note.id))
        .where(Note.title == "plain")
    )
    assert [note.title for note in twins] == ["plain"]
    written = Note.select().where(Note.author == User.id)
    assert [user.username for user in User.select().where(~exists(written))] == []


def test_upsert_tells_what_happened(rows: SimpleNamespace) -> None:
    assert Tag.upsert({"name": "x"}, key=["name"]) == "inserted"
    assert Tag.upsert({"name": "x"}, key=["name"]) == "unchanged"


def test_raw_statements_take_question_marks(rows: SimpleNamespace) -> None:
    result = orm.database.execute("SELECT title FROM contract_notes WHERE id = ?", [rows.first.id])
    assert list(result.rows) == [("50% off",)]
    found = list(raw("SELECT id, title FROM contract_notes WHERE title = ?", ["plain"]))
    assert len(found) == 1


def test_transactions_nest_and_roll_back(rows: SimpleNamespace) -> None:
    told: list[str] = []
    with transaction():
        on_commit(lambda: told.append("kept"))
        rows.first.title = "kept"
        rows.first.save()
        with pytest.raises(ZeroDivisionError), transaction():
            on_commit(lambda: told.append("lost"))
            rows.second.title = "lost"
            rows.second.save()
            1 / 0  # noqa: B018
        assert told == []
    assert told == ["kept"]
    assert {note.title for note in Note.all(author=rows.ann)} == {"kept", "plain"}

    @transaction(retry=5)
    def rename() -> None:
        Note.update(title="again").execute()

    rename()
    assert Note.select().where(Note.title == "again").count() == 3


def test_read_only_scope_refuses_writes(rows: SimpleNamespace) -> None:
    with orm.database.read_only(), pytest.raises(orm.OrmError):
        Tag.insert(name="refused")
