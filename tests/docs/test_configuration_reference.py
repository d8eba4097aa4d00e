"""The reference of settings has one row for each of them, with the default and meaning in force."""

from dataclasses import asdict

import pytest

from httpcore import Limits, Timeouts
from mvc.config import Settings, setting_fields
from tests.support.documents import ROOT

PAGE = ROOT / "docs/reference/configuration.md"


def expected_rows() -> list[str]:
    defaults = Settings()
    rows = []
    for name, each in setting_fields().items():
        value = getattr(defaults, name)
        shown = ", ".join(value) if isinstance(value, tuple) else str(value or "")
        if isinstance(value, bool):
            shown = str(value).lower()
        rows.append(f"| `{name}` | {shown} | {each.metadata['about']} |")
    return rows


def test_every_setting_has_its_row() -> None:
    written = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert written == expected_rows()


@pytest.mark.parametrize(("title", "values"), [("limits", Limits()), ("timeouts", Timeouts())])
def test_every_size_and_duration_has_its_row(title: str, values: Limits | Timeouts) -> None:
    table = PAGE.read_text().partition(f"| {title} | default |")[2].partition("\n\n")[0]
    rows = [line.split(" | ")[:2] for line in table.splitlines()[2:]]
    settings = {"body": "`max_body`", "multipart_body": "`max_upload`"}
    settings["disk_reserve"] = "`upload_reserve`"
    assert [[name.removeprefix("| "), value] for name, value in rows] == [
        [name, settings.get(name, f"{value:.0f}")] for name, value in asdict(values).items()
    ]
