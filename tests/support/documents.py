"""Reads the fenced blocks of a Markdown page and what each is for.

A block is told what it is by the comment on the line before its fence:

    <!-- file: PATH -->        the content of a file of the page's example
    <!-- serve: FOLDER -->     a console block, run against that application's server
    <!-- run: FOLDER -->       a console block about that application, run without a server
    <!-- command: NAME -->     a shell command that other tools read from the page
    <!-- not run: REASON -->   shown only

A ```python block without such a comment is run as part of the page's script. Any other block whose
language could be run must have one, so that no example escapes.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNNABLE = {"python", "console", "sh", "html", "toml", "jinja"}

_BLOCK = re.compile(
    r"(?:<!-- (?P<purpose>file|serve|run|command|not run): (?P<value>[^>]+?) -->\n)?"
    r"```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, purpose ("" without a comment), the comment's value, text."""

    page: Path
    line: int
    language: str
    purpose: str
    value: str
    text: str

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class Step:
    """A command of a console block and the output that the page shows for it."""

    command: str
    output: str


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> list[Block]:
    text = page.read_text()
    return [
        Block(
            page,
            text.count("\n", 0, found.start()) + 1,
            found["language"],
            found["purpose"] or "",
            (found["value"] or "").strip(),
            found["text"],
        )
        for found in _BLOCK.finditer(text)
    ]


def steps(block: Block) -> list[Step]:
    """The `$ command` lines, each with what follows it; a trailing backslash joins lines."""
    found: list[Step] = []
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, output = re.sub(r"\\\n\s*", "", part).partition("\n")
        found.append(Step(command, output.rstrip("\n")))
    return found


def table_rows(path: str, heading: str) -> list[list[str]]:
    """The cells of the page's first table whose head starts with `heading`, head and rule left out.

    path: counted from the project's root.
    """
    text = (ROOT / path).read_text()
    lines = text[text.index(f"| {heading} |") :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
