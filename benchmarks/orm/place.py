"""Where the database of a run is."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Place:
    """engine: "sqlite" (path, synchronous) or "mysql" (port, password; the database is `bench`)."""

    engine: str
    path: Path = Path()
    synchronous: str = "NORMAL"
    port: int = 0
    password: str = ""
