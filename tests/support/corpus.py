"""Reads the raw requests of tests/httpcore/corpus (format: the README there)."""

import re
from dataclasses import dataclass, field
from pathlib import Path

CORPUS = Path(__file__).parents[1] / "httpcore" / "corpus"

_REPEAT = re.compile(r"\\\(((?:(?!\\\().)*?)\*(\d+)\)", re.DOTALL)
_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|[rnt0\\])")
_ESCAPED = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}


@dataclass(frozen=True)
class Expected:
    """One whole request: its request-line and the (key, value) pairs that are compared."""

    method: str
    target: str
    facts: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """One file. `status` is 0 where nothing is refused."""

    name: str
    data: bytes
    requests: list[Expected]
    request_count: int
    status: int

    def __str__(self) -> str:
        return self.name


def unescape(text: str) -> bytes:
    """The bytes that an escaped text stands for."""
    count = 1
    while count:
        text, count = _REPEAT.subn(lambda match: match[1] * int(match[2]), text)

    def byte(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return _ESCAPED.get(code) or bytes.fromhex(code[1:].decode())

    return _ESCAPE.sub(byte, text.encode("latin-1"))


def load(folder: str) -> list[Case]:
    """The cases of `valid`, `invalid` or `attack`, by name."""
    return [_load(path) for path in sorted((CORPUS / folder).glob("*.http"))]


def split_file(path: Path) -> tuple[list[str], bytes]:
    """The lines of the expectation, and the bytes."""
    expectation, _, data = path.read_text("ascii").partition("\n---\n")
    lines = [unescape(line).decode("latin-1") for line in expectation.split("\n")]
    return lines, unescape(data.replace("\n", ""))


def _load(path: Path) -> Case:
    lines, raw = split_file(path)
    if path.parent.name != "valid":
        facts = dict(line.split(" ") for line in lines)
        return Case(path.stem, raw, [], int(facts.get("requests", "0")), int(facts["status"]))
    requests: list[Expected] = []
    for line in lines:
        if line.startswith("  "):
            key, _, value = line[2:].partition(" ")
            requests[-1].facts.append((key, value))
        else:
            method, _, target = line.partition(" ")
            requests.append(Expected(method, target))
    return Case(path.stem, raw, requests, len(requests), 0)
