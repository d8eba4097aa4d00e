"""The folder of database, keys and uploads."""

import stat
from pathlib import Path

import pytest

import orm
from mvc import ConfigError, Settings
from mvc.storage import connect


def test_sec_A11_the_data_folder_is_its_owners_alone(tmp_path: Path) -> None:
    connect(Settings(data_root=tmp_path))
    orm.close()
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700


def test_a_data_folder_that_cannot_be_made_is_one_line_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file stands in its place")
    with pytest.raises(ConfigError, match=r"var, cannot be made: File exists; make it, owned by"):
        connect(Settings(data_root=tmp_path))
