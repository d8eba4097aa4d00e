"""The reference of settings has one row for each of them, with the default and meaning in force."""

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
