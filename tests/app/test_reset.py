"""reset.py as people run it, on SQLite and on MariaDB: what it makes, asks and refuses."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import orm
from orm.schema.introspect import existing_tables
from tests.support.mariadb import MariaDb

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = 60  # seconds

Run = subprocess.CompletedProcess[str]


def reset(*arguments: str, **options: Any) -> Run:
    names = ("DATABASE_URL", "SECRET_KEY")
    environ = {
        name: value
        for name, value in os.environ.items()
        if name not in names and not name.startswith("TREADLE_")
    }
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run(
        [sys.executable, str(ROOT / "reset.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        env=environ,
        check=False,
        **options,
    )


def refusal(run: Run) -> str:
    """The one line of a run that failed as it should: status 1, no traceback."""
    assert run.returncode == 1, run.stderr
    lines = run.stderr.splitlines()
    assert len(lines) == 1, run.stderr
    assert lines[0].startswith("reset.py: ")
    return lines[0]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/new/board.db"


@pytest.fixture
def count_posts() -> Callable[[str], int]:
    def count(url: str) -> int:
        database = orm.connect(url)
        try:
            return int(database.run("SELECT COUNT(*) FROM posts", ()).rows[0][0])
        finally:
            orm.close()

    return count


def test_reset_makes_folder_tables_and_sample(url: str, count_posts: Callable[[str], int]) -> None:
    run = reset("--database", url, "--sample", "40")
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    assert f"Database     {url} (created)" in run.stdout
    assert "Log in as admin" in run.stdout
    assert 0 < count_posts(url) < 40


def test_reset_shows_progress_when_there_is_much_to_do(url: str) -> None:
    run = reset("--database", url, "--sample", "5000")
    assert run.returncode == 0
    assert "100% 5,000 of 5,000" in run.stderr


def test_reset_refuses_to_destroy_unasked(url: str, count_posts: Callable[[str], int]) -> None:
    reset("--database", url, "--sample", "40")
    before = count_posts(url)
    assert "--yes drops them" in refusal(reset("--database", url, "--sample", "4"))
    assert count_posts(url) == before


def test_reset_with_yes_starts_anew(url: str, count_posts: Callable[[str], int]) -> None:
    reset("--database", url, "--sample", "40")
    assert reset("--database", url, "--sample", "1", "--yes").returncode == 0
    assert count_posts(url) == 1


@pytest.mark.parametrize(("answer", "posts"), [("y\n", 1), ("no\n", None), ("\n", None)])
def test_reset_asks_at_a_terminal(
    url: str, count_posts: Callable[[str], int], answer: str, posts: int | None
) -> None:
    reset("--database", url, "--sample", "40")
    before = count_posts(url)
    ours, theirs = pty.openpty()
    try:
        os.write(ours, answer.encode())
        run = reset("--database", url, "--sample", "1", stdin=theirs)
    finally:
        os.close(ours)
        os.close(theirs)
    assert "Drop them with everything in them?" in run.stdout
    assert run.returncode == (0 if posts else 1)
    assert count_posts(url) == (posts or before)


def test_an_application_without_sample_gets_its_tables_only(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "models.py").write_text(
        "from orm import Model, String\n\n\nclass Thing(Model):\n    name = String(40)\n"
    )
    run = reset("--app", str(folder), "--sample", "100")
    assert run.returncode == 0, run.stderr
    assert "Sample" not in run.stdout
    database = orm.connect(f"sqlite:///{folder}/var/app.db")
    try:
        assert "thing" in existing_tables(database)
    finally:
        orm.close()


@pytest.mark.parametrize(("arguments", "rows"), [([], 600), (["--sample", "7"], 7)])
def test_sample_is_told_how_many_rows(tmp_path: Path, arguments: list[str], rows: int) -> None:
    folder = tmp_path / "sampled"
    folder.mkdir()
    (folder / "sample.py").write_text("def create(rows):\n    print(f'asked for {rows}')\n")
    run = reset("--app", str(folder), *arguments)
    assert run.returncode == 0, run.stderr
    assert f"asked for {rows}\n" in run.stdout


def test_a_broken_application_is_one_line_with_file_and_line(tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "models.py").write_text("import nothing_of_that_name\n")
    assert f"{folder}/models.py:1: " in refusal(reset("--app", str(folder)))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--app", "no-such-folder"], "no-such-folder"),
        (["--database", "postgres://x/y"], "mysql://user:password@host:3306/name"),
        (["--database", "sqlite:////proc/none/board.db"], "cannot be created"),
        (["--database", f"sqlite:///{ROOT}/LICENSE"], "is no SQLite database"),
    ],
)
def test_what_cannot_be_is_one_line(arguments: list[str], words: str) -> None:
    assert words in refusal(reset(*arguments, "--yes"))


def test_a_wrong_number_of_rows_is_explained(url: str) -> None:
    run = reset("--database", url, "--sample", "many")
    assert run.returncode == 2
    assert "'many' is no number of rows" in run.stderr


@pytest.mark.mysql
def test_reset_on_mariadb(mariadb: MariaDb, count_posts: Callable[[str], int]) -> None:
    url = mariadb.url("board_of_reset")
    run = reset("--database", url, "--sample", "40")
    assert run.returncode == 0, run.stderr
    assert f"mysql://root@127.0.0.1:{mariadb.port}/board_of_reset (created)" in run.stdout
    assert "root-secret" not in run.stdout
    assert "--yes drops them" in refusal(reset("--database", url))
    assert reset("--database", url, "--sample", "1", "--yes").returncode == 0
    assert count_posts(url) == 1


def refer_to_posts(url: str) -> None:
    """A table of another program, with a row."""
    database = orm.connect(url)
    try:
        kind = "BIGINT" if database.dialect.name == "mysql" else "INTEGER"
        key = "FOREIGN KEY (post_id) REFERENCES posts (id)"
        database.run(f"CREATE TABLE audit (post_id {kind}, {key})")
        database.run("INSERT INTO audit SELECT id FROM posts LIMIT 1")
    finally:
        orm.close()


def check_refusal_of_audit(url: str, count_posts: Callable[[str], int]) -> None:
    reset("--database", url, "--sample", "40", "--yes")
    before = count_posts(url)
    refer_to_posts(url)
    line = refusal(reset("--database", url, "--yes"))
    assert "Table posts cannot be dropped: table audit" in line
    assert count_posts(url) == before


def test_reset_drops_nothing_that_another_table_refers_to(
    url: str, count_posts: Callable[[str], int]
) -> None:
    check_refusal_of_audit(url, count_posts)


@pytest.mark.mysql
def test_reset_on_mariadb_drops_nothing_that_another_table_refers_to(
    mariadb: MariaDb, count_posts: Callable[[str], int]
) -> None:
    check_refusal_of_audit(mariadb.url("board_with_audit"), count_posts)


@pytest.mark.mysql
def test_mariadb_wrong_password_names_host_and_user(mariadb: MariaDb) -> None:
    line = refusal(reset("--database", mariadb.url("x", password="wrong"), "--yes"))
    assert f"127.0.0.1:{mariadb.port}, user 'root'" in line
    assert "check the user name and the password" in line
    assert "wrong" not in line


@pytest.mark.mysql
def test_mariadb_missing_privilege_says_what_to_ask_for(mariadb: MariaDb) -> None:
    admin = orm.connect(mariadb.url("mysql"))
    try:
        admin.execute("CREATE OR REPLACE USER 'guest'@'127.0.0.1' IDENTIFIED BY 'guest-pass'")
    finally:
        orm.close()
    url = mariadb.url("not_for_guests", "guest", "guest-pass")
    line = refusal(reset("--database", url, "--yes"))
    assert "user 'guest'" in line
    assert "GRANT" in line


@pytest.mark.mysql
@pytest.mark.parametrize(
    ("host", "words"),
    [("127.0.0.1:1", "check the host and port"), ("no-such-host.invalid", "check the host")],
)
def test_mariadb_out_of_reach_is_one_line(host: str, words: str) -> None:
    line = refusal(reset("--database", f"mysql://root:secret@{host}/board", "--yes"))
    assert host.partition(":")[0] in line
    assert words in line
    assert "secret" not in line
