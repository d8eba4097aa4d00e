"""People, their teams and what they wrote, for the tests of queries."""

import datetime as dt
from decimal import Decimal as Number
from typing import Any

from orm import (
    Date,
    DateTime,
    Decimal,
    ForeignKey,
    FullText,
    Integer,
    Json,
    ManyToMany,
    Model,
    String,
    Text,
    create_all,
)


class QTeam(Model):
    name = String(40)


class QUser(Model):
    name = String(40, unique=True)
    score = Integer(null=True)
    team = ForeignKey(QTeam, null=True, back="users")
    boss = ForeignKey("self", null=True, back="staff")


class QTag(Model):
    name = String(40)


class QNote(Model):
    title = String(100)
    author = ForeignKey(QUser, back="qnotes")
    editor = ForeignKey(QUser, null=True, back="qedited")
    tags = ManyToMany(QTag, back="qnotes")
    price = Decimal(8, 2, default="0.00")
    day = Date(null=True)
    at = DateTime(null=True)
    data = Json(null=True)


class FtPaper(Model):
    title = String(100)
    body = Text(default="")
    author = ForeignKey(QUser, null=True, back="papers", on_delete="cascade")

    class Meta:
        indexes = [FullText("title", "body"), FullText("title", name="ft_paper_titles")]


MODELS = [QTeam, QUser, QTag, QNote]


def make_rows() -> dict[str, Any]:
    """Two teams; ann (boss) with bob and cid under her, cid without a team; five notes."""
    create_all(MODELS)
    red, blue = QTeam.insert(name="red"), QTeam.insert(name="blue")
    ann = QUser.insert(name="ann", score=30, team=red)
    bob = QUser.insert(name="bob", score=10, team=blue, boss=ann)
    cid = QUser.insert(name="cid", boss=bob)
    rows = [
        ("a", ann, bob, "1.00", "2026-01-31", "2026-01-31 23:59:59.500000"),
        ("b", ann, None, "2.50", "2026-02-01", "2026-02-01 00:00:00"),
        ("c", bob, ann, "4.00", "2026-02-28", "2026-02-28 12:30:15.000001"),
        ("d", bob, cid, "8.00", None, None),
        ("e", cid, None, "16.00", "2024-02-29", "2024-02-29 06:00:00"),
    ]
    notes = [
        QNote.insert(
            title=title,
            author=author,
            editor=editor,
            price=Number(price),
            day=day and dt.date.fromisoformat(day),
            at=at and dt.datetime.fromisoformat(at),
        )
        for title, author, editor, price, day, at in rows
    ]
    return {"ann": ann, "bob": bob, "cid": cid, "red": red, "blue": blue, "notes": notes}
