"""migrate and its companions, and what a start does to the tables, on both engines."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import orm
from mvc import Application
from mvc.cli.main import main
from orm.metadata import registry
from orm.schema.introspect import existing_tables, read_schema
from tests.support.databases import db_url, empty_database, mariadb, mysql_url

__all__ = ["db_url", "mariadb", "mysql_url"]

FIRST = """
from orm import Integer, Model, String


class Page(Model):
    title = String(40)

    class Meta:
        table = "pages"
"""
SECOND = """
from orm import Integer, Model, String


class Page(Model):
    heading = String(40)
    words = Integer(default=7)

    class Meta:
        table = "pages"
"""


@pytest.fixture(scope="module")
def model_packages() -> frozenset[str]:
    """The framework's own; what other tests imported of `app` is none of this site's."""
    return frozenset({"mvc"})


class Site:
    """An application folder whose models change, and its command line."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        (folder / "models").mkdir(parents=True)

    def write(self, models: str) -> None:
        (self.folder / "models" / "page.py").write_text(models)
        self.forget()

    def forget(self) -> None:
        """As a new process would be: nothing imported."""
        for name in [name for name in sys.modules if name.partition(".")[0] == self.folder.name]:
            del sys.modules[name]
        for key in [key for key in registry._models if key[0].startswith(self.folder.name)]:
            del registry._models[key]

    def run(self, *arguments: str, status: int = 0) -> str:
        self.forget()
        self._capsys.readouterr()
        assert main(["--app", str(self.folder), *arguments]) == status
        shown = self._capsys.readouterr()
        return shown.out + shown.err

    def load(self) -> Application:
        self.forget()
        return Application.load(self.folder, environ=os.environ)


@pytest.fixture
def site(
    db_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Site]:
    monkeypatch.setenv("DATABASE_URL", db_url)
    made = Site(tmp_path / "migsite", capsys)
    made.write(FIRST)
    yield made
    empty_database(orm.connect(db_url))
    made.forget()
    orm.close()


def columns(table: str = "pages") -> list[str]:
    live = read_schema(orm.get_database()).get(table)
    return [] if live is None else [column.name for column in live.columns]


def test_feat_M9_the_whole_way(site: Site) -> None:
    assert "0001_initial.py" in site.run("makemigrations")
    assert "create table pages" in site.run("migrate", "--plan")
    assert site.run("migrate", "--check", status=1)
    assert "CREATE TABLE" in site.run("migrate", "--sql")
    assert columns() == []
    assert "apply 0001_initial: Initial." in site.run("migrate")
    assert "nothing to do" in site.run("migrate")
    assert "nothing to do" in site.run("makemigrations")
    orm.get_database().execute("INSERT INTO pages (title) VALUES ('one')")
    site.write(SECOND)
    refused = site.run("makemigrations", status=1)
    assert "Was pages.title renamed to heading?" in refused
    assert "--rename pages.title=heading" in refused
    made = site.run("makemigrations", "--rename", "pages.title=heading")
    assert "0002_rename_pages_title.py" in made
    site.run("migrate")
    rows = orm.get_database().execute("SELECT heading, words FROM pages").rows
    assert rows == [("one", 7)]
    assert "undo 0002_rename_pages_title" in site.run("migrate", "-1")
    assert columns() == ["id", "title"]
    site.run("migrate", "--to", "0002")
    assert "words" in columns()
    site.run("migrate", "zero")
    assert columns() == []


@pytest.mark.parametrize(("answer", "made"), [("y", "rename_column"), ("", "drop_column")])
def test_orm_O32_the_user_is_asked_about_a_rename(
    site: Site, monkeypatch: pytest.MonkeyPatch, answer: str, made: str
) -> None:
    site.run("makemigrations")
    site.write(SECOND)
    questions: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda text: questions.append(text) or answer)
    assert made in site.run("makemigrations", "--dry-run", "--fill", "pages.heading=x")
    assert questions == ["Was pages.title renamed to heading? [y/N] "]


def test_feat_K8_reset_follows_the_migrations(site: Site) -> None:
    site.run("makemigrations", "-m", "first")
    site.run("migrate")
    orm.get_database().execute("INSERT INTO pages (title) VALUES ('one')")
    done = subprocess.run(
        [sys.executable, "reset.py", "--app", str(site.folder), "--yes"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[3],
    )
    assert done.returncode == 0, done.stderr
    assert orm.get_database().execute("SELECT * FROM pages").rows == []
    assert "nothing to do" in site.run("migrate")


def test_feat_V19_without_files_the_models_say(site: Site) -> None:
    assert "create table pages" in site.run("migrate")
    assert "nothing to do: the database is as the models say" in site.run("migrate")
    orm.get_database().execute("INSERT INTO pages (title) VALUES ('one')")
    site.write(SECOND)
    plan = site.run("migrate", "--plan")
    assert "add column pages.words" in plan
    assert "not-null: add column pages.heading" in plan
    assert "drop: drop column pages.title" in plan
    done = site.run("migrate")
    assert "left: drop column pages.title (--unsafe does it)" in done
    assert columns() == ["id", "title", "words"]
    assert "--fill pages.heading=VALUE" in site.run("migrate", "--unsafe", status=1)


def test_feat_V19_renames_and_unsafe_changes_without_files(site: Site) -> None:
    site.run("migrate")
    orm.get_database().execute("INSERT INTO pages (title) VALUES ('one')")
    site.write(SECOND)
    site.run("migrate", "--unsafe", "--rename", "pages.title=heading")
    assert orm.get_database().execute("SELECT heading, words FROM pages").rows == [("one", 7)]


def test_orm_A11_lint_has_an_exit_status(site: Site) -> None:
    site.run("makemigrations")
    assert site.run("migrate", "--lint").strip() == ""
    site.run("migrate")
    site.write(SECOND)
    site.run("makemigrations", "--no-rename", "--fill", "pages.heading=none")
    found = site.run("migrate", "--lint", status=1)
    assert "drop: drop column pages.title" in found


def test_orm_O32_squash_merge_empty_and_dry_run(site: Site) -> None:
    site.run("makemigrations")
    site.write(SECOND)
    assert "rename_column" in site.run(
        "makemigrations", "--dry-run", "--rename", "pages.title=heading"
    )
    assert site.run(
        "makemigrations", "--check", "--no-rename", "--fill", "pages.heading=x", status=1
    )
    site.run("makemigrations", "-m", "second", "--rename", "pages.title=heading")
    site.run("migrate")
    assert "0001_squashed_0002.py" in site.run("makemigrations", "--squash", "0001..0002")
    assert "nothing to do" in site.run("migrate")
    assert "nothing to do" in site.run("makemigrations")
    site.run("makemigrations", "--empty", "-m", "words")
    assert "0003_words" in site.run("migrate")
    for old in ("0001_initial", "0002_second"):
        (site.folder / "migrations" / f"{old}.py").unlink()
    assert "nothing to do" in site.run("migrate")
    assert "nothing to merge" in site.run("makemigrations", "--merge", status=1)


def test_orm_A9_an_edited_migration_stops_the_next(site: Site) -> None:
    site.run("makemigrations")
    site.run("migrate")
    path = site.folder / "migrations" / "0001_initial.py"
    path.write_text(path.read_text().replace("string(40)", "string(41)"))
    assert "edited since it was applied: 0001_initial" in site.run("migrate", "--plan")
    assert "applied and edited since" in site.run("migrate", status=1)


def test_orm_O33_inspectdb_writes_models(site: Site) -> None:
    site.run("migrate")
    text = site.run("inspectdb")
    assert "class Pages(Model):" in text
    assert "no table 'nothing'" in site.run("inspectdb", "nothing", status=1)


def test_orm_O34_dump_and_load(site: Site, tmp_path: Path) -> None:
    site.run("migrate")
    orm.get_database().execute("INSERT INTO pages (title) VALUES ('one')")
    file = tmp_path / "pages.jsonl"
    site.run("dumpdata", "pages", "--output", str(file))
    assert file.read_text() == '{"table": "pages", "row": {"id": 1, "title": "one"}}\n'
    orm.get_database().execute("DELETE FROM pages")
    assert f"{file}: 1 new rows, 0 updated" in site.run("loaddata", str(file))
    file.write_text('{"table": "pages", "row": {"titel": "x"}}')
    assert f"{file}:1: pages has no column 'titel'. Did you mean 'title'?" in site.run(
        "loaddata", str(file), status=1
    )
    assert "cannot be read" in site.run("loaddata", str(tmp_path / "missing"), status=1)


# -- what a start does -----------------------------------------------------------------------------


@pytest.fixture
def started(site: Site) -> Iterator[Callable[..., Application]]:
    running: list[Application] = []

    def start(**settings: object) -> Application:
        app = site.load()
        app.settings = replace(app.settings, **settings)
        app.start()
        running.append(app)
        return app

    yield start
    for app in running:
        app.stop()


def test_feat_V19_a_start_adds_what_is_safe(
    site: Site, started: Callable[..., Application]
) -> None:
    started()
    assert columns() == ["id", "title"]
    site.write(
        FIRST.replace("title = String(40)", "title = String(40)\n    words = Integer(default=7)")
    )
    started()
    assert columns() == ["id", "title"]
    started(auto_migrate="safe")
    assert columns() == ["id", "title", "words"]


def test_feat_V19_a_start_leaves_alone_what_is_not(
    site: Site, started: Callable[..., Application], caplog: pytest.LogCaptureFixture
) -> None:
    started()
    site.write(SECOND)
    with caplog.at_level(logging.WARNING, "treadle.app"):
        started(auto_migrate="safe")
    assert "title" in columns()
    assert "pages has a column title that no model knows" in caplog.text
    with pytest.raises(orm.MigrationError, match="no model knows"):
        started(auto_migrate="safe", schema_check="refuse")


def test_orm_A9_a_start_sees_drift(
    site: Site, started: Callable[..., Application], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "treadle.app"):
        started()
        assert caplog.text == ""
        site.write(FIRST.replace("String(40)", "String(40, null=True, index=True)"))
        started(schema_check="off")
        assert caplog.text == ""
        started()
    assert "pages.title is string(40), and should be string(40) null" in caplog.text
    assert "add index pages_title_idx" in caplog.text


def test_orm_A9_a_start_with_migrations(
    site: Site, started: Callable[..., Application], caplog: pytest.LogCaptureFixture
) -> None:
    site.run("makemigrations")
    started()  # an empty database gets them all
    assert "treadle_migrations" in existing_tables(orm.get_database())
    assert columns() == ["id", "title"]
    site.write(SECOND)
    site.run("makemigrations", "--rename", "pages.title=heading")
    with caplog.at_level(logging.WARNING, "treadle.app"):
        started(auto_migrate="safe")
    assert "migration 0002_rename_pages_title is not applied" in caplog.text
    assert columns() == ["id", "title"]
    with pytest.raises(orm.MigrationError, match="is not applied"):
        started(schema_check="refuse")


def test_orm_A9_tables_missing_at_run_time_say_what_makes_them(
    site: Site, started: Callable[..., Application]
) -> None:
    started(auto_migrate="off")
    with pytest.raises(orm.OrmError, match="python -m mvc migrate"):
        orm.get_database().execute("SELECT * FROM pages")


def test_orm_A9_files_that_are_gone_are_missed(
    site: Site, started: Callable[..., Application], caplog: pytest.LogCaptureFixture
) -> None:
    site.run("makemigrations")
    site.run("migrate")
    (site.folder / "migrations" / "0001_initial.py").unlink()
    assert "has had migrations, and there are none in" in site.run("migrate", status=1)
    with caplog.at_level(logging.WARNING, "treadle.app"):
        started(auto_migrate="safe")
    assert "migration 0001_initial was applied, and has no file" in caplog.text


def test_orm_A8_instances_that_start_at_once_make_the_tables_once(site: Site) -> None:
    code = (
        "import sys, os; from mvc import Application; "
        "Application.load(sys.argv[1], environ=os.environ).start()"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(site.folder)],
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[3],
        )
        for _ in range(3)
    ]
    outcomes = [(process.communicate()[1], process.returncode) for process in running]
    assert [status for _, status in outcomes] == [0, 0, 0], outcomes
    orm.connect(os.environ["DATABASE_URL"])
    assert columns() == ["id", "title"]
