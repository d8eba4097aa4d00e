"""A board with people and talk on it, for a first look and for trying things under load.

The same `rows` give the same board: one seed decides everything but the passwords and the date,
which is today's, so that the last post is always an hour old.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from app.models import Board, Comment, Post, Tag
from app.passwords import print_new_password
from app.permissions import ADMINISTRATOR, ROLES, ensure_role
from app.progress import Progress
from app.sample_text import ANYWHERE, BOARDS, SampleBoard, Topic
from app.sample_words import FIRST_NAMES, LAST_NAMES, SLOTS
from mvc import User
from orm import max_, now, transaction

_SEED = 1804  # the year of Jacquard's loom
_BATCH = 500  # posts, with their comments and tags, to one transaction
_COMMENTS_MAX = 6  # to a post; three on average, so one row in four is a post
_SPAN = timedelta(days=210)
_USERS_MIN, _USERS_MAX = 24, 600
_QUIET = 2000  # rows up to which no progress bar is worth its line


@dataclass(frozen=True)
class Draft:
    """A post that is about to be inserted, and what belongs to it."""

    values: dict[str, Any]
    tags: tuple[str, ...]
    comments: list[dict[str, Any]]


def create(rows: int) -> None:
    """Fill the empty tables: boards, users, and `rows` posts and comments in all.

    Prints the two accounts one can log in with. Makes about 40,000 rows a second on SQLite.
    """
    _fill_board(rows)
    _accounts()


def _fill_board(rows: int) -> None:
    random = Random(_SEED)
    boards = _boards()
    users = _users(random, max(_USERS_MIN, min(rows // 50, _USERS_MAX)))
    tags = _tags()
    progress = Progress("Posts and comments", rows) if rows > _QUIET else None
    drafts_left = _drafts(random, rows, boards, users)
    while drafts := list(islice(drafts_left, _BATCH)):
        with transaction():
            _insert(drafts, tags)
        if progress:
            progress.advance(sum(1 + len(draft.comments) for draft in drafts))


def _boards() -> dict[str, int]:
    """The id of each sample board by its slug."""
    ids = {}
    for position, board in enumerate(BOARDS):
        row = Board.insert(
            slug=board.slug, name=board.name, description=board.description, position=position
        )
        ids[board.slug] = row.id
    return ids


def _users(random: Random, number: int) -> list[int]:
    """Ids of people nobody can log in as: their password is no hash of anything."""
    names = [f"{first}.{last}" for first in FIRST_NAMES.split() for last in LAST_NAMES.split()]
    start = now() - _SPAN
    User.insert_many(
        {
            "username": name,
            "email": f"{name}@example.org",
            "date_joined": start + _SPAN * random.random() * 0.8,
        }
        for name in random.sample(names, number)
    )
    return User.select().scalars(User.id)


def _tags() -> dict[str, Tag]:
    names = sorted({tag for board in BOARDS for topic in board.topics for tag in topic.tags})
    Tag.insert_many({"name": name} for name in names)
    return {tag.name: tag for tag in Tag.all()}


def _drafts(random: Random, rows: int, boards: dict[str, int], users: list[int]) -> Iterator[Draft]:
    """Posts in about the order of their time, `_SPAN` ago until now, until `rows` are used up."""
    latest = now() - timedelta(hours=1)
    topics = [(board, topic) for board in BOARDS for topic in board.topics]
    left = rows
    deck: list[tuple[SampleBoard, Topic]] = []
    while left > 0:
        # Dealt like cards, so that neighbours on the home page are never alike.
        deck = deck or random.sample(topics, len(topics))
        board, topic = deck.pop()
        age = _SPAN * (max(0.0, left - random.uniform(1, 4)) / rows)
        draft = _draft(random, topic, latest - age, users)
        draft.values["board"] = boards[board.slug]
        del draft.comments[left - 1 :]
        left -= 1 + len(draft.comments)
        yield draft


def _draft(random: Random, topic: Topic, time: datetime, users: list[int]) -> Draft:
    words = {slot: random.choice(choices) for slot, choices in SLOTS.items()}
    title = topic.title.format(**words)
    values = {
        "title": title[0].upper() + title[1:],
        "body": topic.body.format(**words),
        "author": random.choice(users),
        "created_at": time,
    }
    return Draft(values, topic.tags, list(_comments(random, topic, time, users)))


def _comments(
    random: Random, topic: Topic, time: datetime, users: list[int]
) -> Iterator[dict[str, Any]]:
    pool = [*topic.comments, *random.sample(ANYWHERE, 3)]
    latest = now()
    for text in random.sample(pool, random.randint(0, min(_COMMENTS_MAX, len(pool)))):
        time = min(time + timedelta(hours=random.expovariate(1 / 6)), latest)
        words = {slot: random.choice(choices) for slot, choices in SLOTS.items()}
        body = text.format(**words)
        yield {"author": random.choice(users), "body": body, "created_at": time}


def _insert(drafts: list[Draft], tags: dict[str, Tag]) -> None:
    """A batch of posts with what belongs to them, by one statement a table and one a tag."""
    first = (Post.select(max_(Post.id)).scalars()[0] or 0) + 1
    numbered = list(enumerate(drafts, first))
    Post.insert_many({**draft.values, "id": key} for key, draft in numbered)
    Comment.insert_many(
        {**comment, "post": key} for key, draft in numbered for comment in draft.comments
    )
    for name, tag in tags.items():
        tag.posts.add(*(key for key, draft in numbered if name in draft.tags))


def _accounts() -> None:
    """One administrator and one ordinary user, each with a password of their own."""
    for name in ROLES:
        ensure_role(name)
    for name in ("admin", "demo"):
        print_new_password(User(username=name, email=f"{name}@example.org"))
    User.one(username="admin").roles.add(ensure_role(ADMINISTRATOR))
