"""`python -m mvc backup FILE`."""

import sqlite3
from pathlib import Path

import pytest

from mvc.cli.main import main

Output = pytest.CaptureFixture[str]


def test_sec_D20_backup_copies_the_database(folder: Path, tmp_path: Path, capsys: Output) -> None:
    (folder / "controllers" / "commands.py").write_text(
        "from mvc import User, command\n"
        "@command\n"
        "def fill(app, arguments):\n"
        "    app.start()\n"
        "    User(username='ann').save()\n"
    )
    target = tmp_path / "copy.db"
    assert main(["--app", str(folder), "fill"]) == 0
    assert main(["--app", str(folder), "backup", str(target)]) == 0
    assert f"{target.stat().st_size:,} bytes, checked" in capsys.readouterr().out
    copy = sqlite3.connect(target)
    assert copy.execute("SELECT username FROM users").fetchall() == [("ann",)]
    copy.close()


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["--help"]])
def test_backup_says_what_it_takes(folder: Path, capsys: Output, arguments: list[str]) -> None:
    assert main(["--app", str(folder), "backup", *arguments]) == 1
    assert "backup FILE" in capsys.readouterr().err


def test_a_backup_that_cannot_be_written_is_one_line(folder: Path, capsys: Output) -> None:
    assert main(["--app", str(folder), "backup", "/nowhere/x.db"]) == 1
    assert "cannot be written" in capsys.readouterr().err
