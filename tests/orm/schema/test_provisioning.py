"""Creating the database, and the one line that says why it cannot be created."""

import socket
from pathlib import Path
from urllib.parse import quote

import pytest

import orm.engine as engine
from orm.errors import Disconnected, OperationalError
from orm.schema.introspect import existing_tables
from orm.schema.provision import create_database, has_tables
from tests.support.mariadb import MariaDb


def test_sqlite_creates_the_folder(tmp_path: Path) -> None:
    url = "sqlite:///var/deep/app.db"
    assert not has_tables(url, base=tmp_path)
    assert create_database(url, base=tmp_path)
    assert not create_database(url, base=tmp_path)
    assert (tmp_path / "var/deep").is_dir()
    assert not (tmp_path / "var/deep/app.db").exists()
    database = engine.connect(url, "provision", base=tmp_path)
    database.execute("CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT)")
    assert has_tables(url, base=tmp_path)
    assert existing_tables(database) == ["a"]
    engine.close("provision")


def test_sqlite_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OperationalError, match="cannot be created: Not a directory; create it"):
        create_database("sqlite:///file/app.db", base=tmp_path / "file")


def test_sqlite_in_memory_needs_nothing() -> None:
    assert not create_database("sqlite://")
    assert not has_tables("sqlite://")


@pytest.mark.mysql
def test_mysql_creates_the_database_with_its_charset(mariadb: MariaDb) -> None:
    url = mariadb.url("provision`d")
    assert not has_tables(url)
    assert create_database(url)
    assert not create_database(url)
    database = engine.connect(url, "provision")
    row = database.execute("SELECT @@character_set_database, @@collation_database").rows[0]
    assert row == ("utf8mb4", "utf8mb4_bin")
    assert not has_tables(url)
    database.execute("CREATE TABLE a (id INT)")
    assert has_tables(url)
    database.execute("DROP DATABASE `provision``d`")
    engine.close("provision")


@pytest.fixture
def guest(mariadb: MariaDb) -> str:
    """A user who may use one database and create none."""
    root = engine.connect(mariadb.url("mysql"), "root")
    root.execute("CREATE DATABASE IF NOT EXISTS granted")
    root.execute("GRANT ALL ON granted.* TO guest@127.0.0.1 IDENTIFIED BY 'pw'")
    engine.close("root")
    return mariadb.url("granted", "guest", "pw")


@pytest.mark.mysql
def test_mysql_who_may_use_a_database_need_not_create_it(guest: str) -> None:
    assert not create_database(guest)
    assert not has_tables(guest)


@pytest.mark.mysql
def test_mysql_a_password_with_any_letters(mariadb: MariaDb) -> None:
    root = engine.connect(mariadb.url("mysql"), "root")
    root.execute("CREATE DATABASE IF NOT EXISTS granted")
    root.execute("GRANT ALL ON granted.* TO letters@127.0.0.1 IDENTIFIED BY 'pä/ss@wörd€'")
    engine.close("root")
    assert not create_database(mariadb.url("granted", "letters", quote("pä/ss@wörd€", safe="")))


@pytest.mark.mysql
def test_mysql_missing_privilege(guest: str) -> None:
    error = failure_of(guest.replace("/granted", "/forbidden"))
    assert error.code == 1044
    assert says(error, "127.0.0.1", "'guest'", "forbidden", "GRANT ALL")


@pytest.mark.mysql
def test_mysql_wrong_password(mariadb: MariaDb) -> None:
    error = failure_of(mariadb.url("app", password="wrong"))
    assert error.code == 1045
    assert says(
        error, f"127.0.0.1:{mariadb.port}", "'root'", "check the user name and the password"
    )
    assert "wrong" not in str(error)


def test_mysql_refused_port() -> None:
    with socket.socket() as reserved:  # bound, but not listening
        reserved.bind(("127.0.0.1", 0))
        error = failure_of(f"mysql://ann:pw@127.0.0.1:{reserved.getsockname()[1]}/app")
    assert isinstance(error, Disconnected)
    assert says(error, "127.0.0.1:", "'ann'", "refused", "check the host and port")


def test_mysql_unknown_host() -> None:
    error = failure_of("mysql://ann:pw@no-such-host.invalid/app")
    assert isinstance(error, Disconnected)
    assert says(error, "no-such-host.invalid:3306", "'ann'", "check the host")


def test_mysql_unreachable_host_or_silent_server() -> None:
    """A server that accepts and never speaks stands for a host that drops packets."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        error = failure_of(f"mysql://ann:pw@127.0.0.1:{port}/app?connect_timeout=0.2")
    assert isinstance(error, Disconnected)
    assert says(error, f"127.0.0.1:{port}", "'ann'", "check the host and port")


def failure_of(url: str) -> OperationalError:
    with pytest.raises(OperationalError) as created:
        create_database(url)
    with pytest.raises(OperationalError) as looked:
        has_tables(url)
    assert str(created.value) == str(looked.value)
    return created.value


def says(error: OperationalError, *parts: str) -> bool:
    text = str(error)
    assert "\n" not in text
    missing = [part for part in parts if part not in text]
    assert missing == [], text
    return True
