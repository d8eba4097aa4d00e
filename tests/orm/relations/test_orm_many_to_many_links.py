"""Many-to-many: links with columns of their own, symmetry, and how few statements it takes."""

from typing import Any

import pytest

from orm import (
    DataError,
    DateTime,
    ForeignKey,
    Integer,
    IntegrityError,
    ManyToMany,
    Model,
    ModelError,
    QueryError,
    String,
    Unique,
    create_all,
    now,
)
from orm.engine.database import Database
from orm.schema.introspect import existing_tables


class Song(Model):
    title = String(20)

    class Meta:
        table = "links_songs"


class Mix(Model):
    name = String(20)
    songs = ManyToMany(Song, back="mixes", through="Track")
    plain = ManyToMany(Song, back="plain_mixes")

    class Meta:
        table = "links_mixes"


class Track(Model):
    mix = ForeignKey(Mix, on_delete="cascade", back="tracks")
    song = ForeignKey(Song, on_delete="cascade", back="tracks")
    position = Integer(default=0)
    added_at = DateTime(default=now)

    class Meta:
        table = "links_tracks"
        indexes = [Unique("mix", "song")]


class Human(Model):
    name = String(20)
    friends = ManyToMany("self", symmetrical=True)
    follows = ManyToMany("self", back="followers", through="Follow")

    class Meta:
        table = "links_humans"


class Follow(Model):
    who = ForeignKey(Human, on_delete="cascade")
    whom = ForeignKey(Human, on_delete="cascade")
    since = Integer(default=2000)

    class Meta:
        table = "links_follows"


@pytest.fixture
def music(db: Database) -> tuple[Any, list[Any]]:
    create_all([Song, Mix, Track, Human, Follow])
    return Mix.insert(name="m"), [Song.insert(title=title) for title in "abcd"]


def test_orm_O6_links_with_columns_of_their_own(db: Database, music: tuple[Any, Any]) -> None:
    mix, (a, b, c, d) = music
    assert "mix_songs" not in existing_tables(db)
    mix.songs.add(b, a, position=5)
    mix.songs.add(c, position=1)
    assert mix.songs.order_by(Track.position, -Song.title).scalars(Song.title) == ["c", "b", "a"]
    assert mix.songs.where(Track.position > 1).count() == 2
    assert a.mixes.all() == [mix]
    assert mix.tracks.count() == 3
    mix.songs.add(a, position=9)  # related already: stays as it is
    assert Track.one(song=a).position == 5
    mix.songs.set([c, d], position=7)
    assert [
        tuple(r) for r in Track.select().order_by(Track.song).values(Track.song, Track.position)
    ] == [
        (c.id, 1),
        (d.id, 7),
    ]
    mix.songs.remove(c)
    a.mixes.add(mix, position=3)
    assert {song.title for song in mix.songs} == {"a", "d"}
    (loaded,) = Mix.select().prefetch(Mix.songs).all()
    assert {song.title for song in loaded.songs.all()} == {"a", "d"}
    assert Mix.select().where(Mix.songs.any(Song.title == "a")).all() == [mix]
    mix.songs.clear()
    assert Track.select().count() == 0


def test_orm_O6_as_few_statements_as_can_be(db: Database, music: tuple[Any, Any]) -> None:
    mix, (a, b, c, d) = music

    def statements(action: Any) -> list[str]:
        with db.log_queries() as log:
            action()
        kept = [item.sql.split()[0] for item in log]
        return [word for word in kept if word in ("SELECT", "INSERT", "UPDATE", "DELETE")]

    assert statements(lambda: mix.plain.add(a, b)) == ["INSERT"]
    assert statements(lambda: mix.plain.set([b, a])) == ["SELECT"]
    assert statements(lambda: mix.plain.set([b, c])) == ["SELECT", "DELETE", "INSERT"]
    assert statements(lambda: mix.plain.set([b, c, d])) == ["SELECT", "INSERT"]
    assert statements(lambda: mix.plain.remove(b, c)) == ["DELETE"]
    assert statements(lambda: mix.plain.clear()) == ["DELETE"]
    assert statements(lambda: mix.plain.add()) == []
    assert statements(lambda: mix.songs.add(a, b)) == ["SELECT", "INSERT"]
    assert statements(lambda: mix.songs.add(a, b)) == ["SELECT"]
    with pytest.raises(IntegrityError):
        mix.plain.add(99)


def test_orm_O6_symmetrical_means_both_ways(music: tuple[Any, Any]) -> None:
    ann, bob, eve = (Human.insert(name=name) for name in ("ann", "bob", "eve"))
    ann.friends.add(bob, eve)
    assert bob.friends.all() == [ann]
    assert Human.select().where(Human.friends.any(Human.name == "ann")).count() == 2
    bob.friends.remove(ann)
    assert ann.friends.all() == [eve]
    eve.friends.set([bob])
    assert (ann.friends.count(), bob.friends.all()) == (0, [eve])
    ann.friends.add(ann)
    assert ann.friends.all() == [ann]
    bob.friends.clear()
    assert eve.friends.count() == 0


def test_orm_O6_links_from_a_model_to_itself(music: tuple[Any, Any]) -> None:
    ann, bob = Human.insert(name="ann"), Human.insert(name="bob")
    ann.follows.add(bob, since=1999)
    assert (ann.follows.all(), bob.follows.all()) == ([bob], [])
    assert bob.followers.all() == [ann]
    assert Follow.select().one().since == 1999


def test_orm_O6_wrong_declarations_and_uses_are_refused(music: tuple[Any, Any]) -> None:
    mix, (a, *_) = music
    with pytest.raises(QueryError, match=r"no 'weight'.*through="):
        mix.plain.add(a, weight=3)
    with pytest.raises(QueryError, match="no field 'weight'"):
        mix.songs.add(a, weight=3)
    with pytest.raises(DataError, match=r"Track\.position takes"):
        mix.songs.add(a, position="x")
    with pytest.raises(DataError, match="not saved yet"):
        mix.songs.add(Song(title="x"))
    with pytest.raises(ModelError, match="both sides are the same"):
        ManyToMany(Song, symmetrical=True)
    with pytest.raises(ModelError, match=r"0 foreign keys to WrongMix and 1 to Song"):
        type("WrongMix", (Model,), {"songs": ManyToMany(Song, through=Track)})
    named = ManyToMany(Song, through=Track, through_fields=("mix", "sang"))
    with pytest.raises(QueryError, match="Did you mean 'song'"):
        type("WrongMix2", (Model,), {"songs": named})
