"""What everybody who takes part can do; `work` calls it, `contenders/` has them."""

from collections.abc import Sequence
from typing import Any, Protocol

Entry = Any  # a row of the journal, as the contender gives it
Row = dict[str, Any]


class Contender(Protocol):
    """One mapper, or the bare driver, connected to the tables of `data`.

    Every method that changes something has committed when it returns.
    """

    name: str

    def insert_singly(self, rows: Sequence[Row]) -> None:
        """Each in a transaction of its own."""

    def insert_together(self, rows: Sequence[Row]) -> None:
        """One by one, in one transaction."""

    def insert_bulk(self, rows: Sequence[Row]) -> None:
        """By what it has for many rows."""

    def of_level(self, level: int) -> Sequence[Entry]: ...

    def page(self, limit: int, offset: int) -> Sequence[Entry]:
        """By key."""

    def entry(self, key: int) -> Entry: ...

    def world(self, key: int) -> Any: ...

    def wide(self, key: int) -> Any: ...

    def messages(self, last: int) -> Sequence[Any]:
        """Those whose key is at most `last`, with their authors, by one statement."""

    def new_entries(self) -> Sequence[Entry]:
        """Those that `Stage.add_new_rows` has made."""

    def save_whole(self, entries: Sequence[Entry]) -> None:
        """Set the text to "changed" and store every column, object by object."""

    def save_one(self, entries: Sequence[Entry]) -> None:
        """The same, storing that column only."""

    def delete(self, entries: Sequence[Entry]) -> None:
        """Object by object."""

    def get_and_update(self, keys: Sequence[int]) -> None:
        """Fetch each world and store its number, one more, in one transaction."""

    def key_of(self, entry: Entry) -> int: ...

    def entry_of(self, entry: Entry) -> tuple[Any, ...]:
        """timestamp, level and text, in Python's types."""

    def world_of(self, world: Any) -> tuple[int, int]:
        """Its key and number."""

    def message_of(self, message: Any) -> tuple[str, str]:
        """Its title and the name of its author, which needs no further query."""

    def close(self) -> None: ...


class OfObjects:
    """What is the same for all whose entries have attributes."""

    @staticmethod
    def key_of(entry: Entry) -> int:
        key: int = entry.id
        return key

    @staticmethod
    def entry_of(entry: Entry) -> tuple[Any, ...]:
        return (entry.timestamp, entry.level, entry.text)

    @staticmethod
    def world_of(world: Any) -> tuple[int, int]:
        return (world.id, world.randomnumber)

    @staticmethod
    def message_of(message: Any) -> tuple[str, str]:
        return (message.title, message.author.name)
