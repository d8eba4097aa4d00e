"""The application of the API page, typed in as written, run by the real server.

`app/` beside this file holds its controllers, its models and the one template they name; only
`accounts.py` is ours, because logging in is left to the application.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support.served import served

HERE = Path(__file__).resolve().parent
SECONDS = 10


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of the served application, its data in a fresh folder."""
    folder = shutil.copytree(HERE / "app", tmp_path_factory.mktemp("contract") / "app")
    with served(folder) as url:
        yield url


def signed_in(site: str, name: str) -> requests.Session:
    session = requests.Session()
    session.headers["Sec-Fetch-Site"] = "same-origin"
    answer = session.post(
        f"{site}/login",
        data={"username": name, "password": f"{name} and a long passphrase"},
        timeout=SECONDS,
    )
    assert answer.json() == {"name": name}
    return session


@pytest.fixture
def ann(site: str) -> Iterator[requests.Session]:
    with signed_in(site, "ann") as session:
        yield session


@pytest.fixture
def bob(site: str) -> Iterator[requests.Session]:
    with signed_in(site, "bob") as session:
        yield session


def write_note(site: str, session: requests.Session, title: str) -> str:
    answer = session.post(
        f"{site}/notes", data={"title": title}, allow_redirects=False, timeout=SECONDS
    )
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_a_note_is_written_shown_listed_and_deleted(site: str, ann: requests.Session) -> None:
    location = write_note(site, ann, "Bread & butter")
    assert re.fullmatch(r"/notes/\d+", location)

    shown = ann.get(site + location, timeout=SECONDS).json()["note"]
    assert shown["title"] == "Bread & butter"
    assert shown["body"] == ""
    assert isinstance(shown["author_id"], int)

    page = ann.get(f"{site}/", timeout=SECONDS)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Vary"].split(", ").count("Accept") == 1
    assert "Bread &amp; butter</a> by ann" in page.text

    gone = ann.post(f"{site}{location}/delete", allow_redirects=False, timeout=SECONDS)
    assert (gone.status_code, gone.headers["Location"]) == (303, "/")
    assert ann.get(site + location, timeout=SECONDS).status_code == 404


def test_the_index_is_json_for_a_client_that_prefers_it(site: str, ann: requests.Session) -> None:
    write_note(site, ann, "Seen as JSON")
    accept = {"Accept": "application/json"}
    page = requests.get(f"{site}/", headers=accept, timeout=SECONDS).json()["notes"]
    assert sorted(page) == ["items", "page", "pages", "size", "total"]
    assert (page["page"], page["size"]) == (1, 20)
    assert page["items"][0]["title"] == "Seen as JSON"


def test_a_page_that_is_no_number_is_refused_by_name(site: str) -> None:
    answer = requests.get(f"{site}/?page=two", timeout=SECONDS)
    assert answer.status_code == 400
    assert "page" in answer.text


def test_writing_needs_a_login(site: str) -> None:
    browser = requests.post(
        f"{site}/notes",
        data={"title": "x"},
        headers={"Accept": "text/html"},
        allow_redirects=False,
        timeout=SECONDS,
    )
    assert browser.status_code in (302, 303)
    assert browser.headers["Location"].startswith("/login")
    client = requests.post(
        f"{site}/notes",
        data={"title": "x"},
        headers={"Accept": "application/json"},
        timeout=SECONDS,
    )
    assert client.status_code == 401
    assert client.headers["WWW-Authenticate"] == "Session"


def test_a_missing_form_field_is_a_400_that_names_it(site: str, ann: requests.Session) -> None:
    answer = ann.post(f"{site}/notes", data={"body": "x"}, timeout=SECONDS)
    assert answer.status_code == 400
    assert "title" in answer.text


def test_only_the_owner_deletes(site: str, ann: requests.Session, bob: requests.Session) -> None:
    location = write_note(site, ann, "Mine")
    refused = bob.post(f"{site}{location}/delete", timeout=SECONDS)
    assert refused.status_code == 403
    missing = bob.post(f"{site}/notes/999999/delete", timeout=SECONDS)
    assert missing.status_code == 404


def test_a_permission_is_asked_for(site: str, ann: requests.Session) -> None:
    accept = {"Accept": "application/json"}
    assert requests.get(f"{site}/admin/stats", headers=accept, timeout=SECONDS).status_code == 401
    assert ann.get(f"{site}/admin/stats", headers=accept, timeout=SECONDS).status_code == 403


def test_methods_follow_from_the_routes(site: str) -> None:
    wrong = requests.put(f"{site}/notes", timeout=SECONDS)
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "OPTIONS, POST")
    head = requests.head(f"{site}/", timeout=SECONDS)
    assert (head.status_code, head.content) == (200, b"")
    options = requests.options(f"{site}/notes/1", timeout=SECONDS)
    assert options.headers["Allow"] == "GET, HEAD, OPTIONS"
