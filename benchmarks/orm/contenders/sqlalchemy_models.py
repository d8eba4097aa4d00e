"""SQLAlchemy's mapper, one session for each unit of work."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship

from benchmarks.orm.contender import Entry, OfObjects, Row
from benchmarks.orm.data import JOURNAL_SIZE, wide_columns
from benchmarks.orm.place import Place


class _Base(DeclarativeBase):
    pass


class Journal(_Base):
    __tablename__ = "journal"
    id: Mapped[int] = mapped_column(primary_key=True)
    timestamp: Mapped[datetime]
    level: Mapped[int] = mapped_column(sa.SmallInteger, index=True)
    text: Mapped[str] = mapped_column(sa.String(255), index=True)


class World(_Base):
    __tablename__ = "world"
    id: Mapped[int] = mapped_column(primary_key=True)
    randomnumber: Mapped[int]


class Author(_Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]


class Message(_Base):
    __tablename__ = "message"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str] = mapped_column(sa.Text)
    created: Mapped[datetime]
    board_id: Mapped[int]
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("author.id"))
    author: Mapped[Author] = relationship()


_TYPES: dict[str, Any] = {
    "integer": sa.BigInteger,
    "small": sa.SmallInteger,
    "real": sa.Double,
    "decimal": sa.Numeric(12, 2),
    "truth": sa.Boolean,
    "name": sa.String(255),
    "moment": sa.DateTime,
    "day": sa.Date,
}


class Wide(_Base):
    __table__ = sa.Table(
        "wide",
        _Base.metadata,
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("timestamp", sa.DateTime),
        sa.Column("level", sa.SmallInteger),
        sa.Column("text", sa.String(255)),
        *(sa.Column(name, _TYPES[kind]) for name, kind in wide_columns()),
    )


class SqlAlchemy(OfObjects):
    name = "SQLAlchemy"

    def __init__(self, place: Place) -> None:
        if place.engine == "sqlite":
            self._engine = sa.create_engine(f"sqlite:///{place.path}")

            @event.listens_for(self._engine, "connect")
            def set_up(connection: Any, record: Any) -> None:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute(f"PRAGMA synchronous = {place.synchronous}")
                connection.execute("PRAGMA foreign_keys = ON")

        else:
            address = f"root:{place.password}@127.0.0.1:{place.port}/bench?charset=utf8mb4"
            self._engine = sa.create_engine(f"mysql+pymysql://{address}")
        self._held: Session | None = None

    def _session(self) -> Session:
        return Session(self._engine, expire_on_commit=False)

    def insert_singly(self, rows: Sequence[Row]) -> None:
        for row in rows:
            with self._session() as session:
                session.add(Journal(**row))
                session.commit()

    def insert_together(self, rows: Sequence[Row]) -> None:
        with self._session() as session:
            session.add_all(Journal(**row) for row in rows)
            session.commit()

    def insert_bulk(self, rows: Sequence[Row]) -> None:
        with self._session() as session:
            session.execute(insert(Journal), list(rows))
            session.commit()

    def of_level(self, level: int) -> Sequence[Entry]:
        with self._session() as session:
            return session.scalars(select(Journal).where(Journal.level == level)).all()

    def page(self, limit: int, offset: int) -> Sequence[Entry]:
        query = select(Journal).order_by(Journal.id).limit(limit).offset(offset)
        with self._session() as session:
            return session.scalars(query).all()

    def entry(self, key: int) -> Entry:
        with self._session() as session:
            return session.get(Journal, key)

    def world(self, key: int) -> Any:
        with self._session() as session:
            return session.get(World, key)

    def wide(self, key: int) -> Any:
        with self._session() as session:
            return session.get(Wide, key)

    def messages(self, last: int) -> Sequence[Any]:
        related = joinedload(Message.author, innerjoin=True)
        with self._session() as session:
            query = select(Message).options(related).where(Message.id <= last)
            return session.scalars(query).all()

    def new_entries(self) -> Sequence[Entry]:
        """In a session that the change then goes on with."""
        self._held = self._session()
        return self._held.scalars(select(Journal).where(Journal.id > JOURNAL_SIZE)).all()

    def _commit(self) -> None:
        if self._held is not None:
            self._held.commit()
            self._held.close()
            self._held = None

    def save_whole(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            entry.text = "changed"
            sa.orm.attributes.flag_modified(entry, "timestamp")
            sa.orm.attributes.flag_modified(entry, "level")
        self._commit()

    def save_one(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            entry.text = "changed"
        self._commit()

    def delete(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if self._held is not None:
                self._held.delete(entry)
        self._commit()

    def get_and_update(self, keys: Sequence[int]) -> None:
        with self._session() as session:
            for key in keys:
                world = session.get_one(World, key)
                world.randomnumber += 1
                session.flush()
            session.commit()

    def close(self) -> None:
        self._engine.dispose()
