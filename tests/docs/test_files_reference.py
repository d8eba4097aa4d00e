"""The table of mount options in the guide names every option, and no other."""

import re

from mvc.static.mounts import MountOptions
from tests.support.documents import ROOT

PAGE = ROOT / "docs/guides/files.md"


def test_every_option_of_mount_is_in_the_table() -> None:
    rows = [line.split("|")[1] for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == set(MountOptions.__annotations__)
