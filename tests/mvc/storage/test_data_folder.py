"""The folder of database, keys and uploads."""

import stat
from pathlib import Path

import orm
from mvc import Settings
from mvc.storage import connect


def test_sec_A11_the_data_folder_is_its_owners_alone(tmp_path: Path) -> None:
    connect(Settings(data_root=tmp_path))
    orm.close()
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700
