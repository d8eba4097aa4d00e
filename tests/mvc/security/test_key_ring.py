"""The key ring: purposes, weak keys, file modes, two processes starting at once."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mvc.config import ConfigError, Settings
from mvc.security.keys import KeyRing, open_key_ring

_ROOT = Path(__file__).parents[3]
STRONG = "Zk3v9QpW7rT1xB5nM8cL2dF6gH4jS0aE"

_START = (
    "import sys\n"
    "from pathlib import Path\n"
    "from mvc.config import Settings\n"
    "from mvc.security.keys import open_key_ring\n"
    "print(open_key_ring(Settings(data_root=Path(sys.argv[1]))))\n"
)


def ring_in(folder: Path) -> KeyRing:
    return open_key_ring(Settings(data_root=folder))


def test_sec_S10_ring_is_private_and_survives_a_restart(tmp_path: Path) -> None:
    signature = ring_in(tmp_path).sign("test", b"data")
    ring = tmp_path / "var" / "keys" / "ring.json"
    assert stat.S_IMODE(ring.stat().st_mode) == 0o600
    assert stat.S_IMODE(ring.parent.stat().st_mode) == 0o700
    assert list(ring.parent.iterdir()) == [ring]
    assert ring_in(tmp_path).verify(signature, "test", b"data")


def test_sec_S10_readable_ring_is_refused_with_the_remedy(tmp_path: Path) -> None:
    ring_in(tmp_path)
    ring = tmp_path / "var" / "keys" / "ring.json"
    ring.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        ring_in(tmp_path)


def test_feat_C2_processes_that_start_at_once_share_one_ring(tmp_path: Path) -> None:
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", _START, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
        )
        for _ in range(4)
    ]
    rings = {start.communicate(timeout=60)[0] for start in starts}
    assert len(rings) == 1
    assert [start.returncode for start in starts] == [0, 0, 0, 0]


@pytest.mark.parametrize("secret", ["short", "a" * 40, "abcabcabc" * 5])
def test_sec_S10_weak_secret_key_is_refused(secret: str) -> None:
    with pytest.raises(ConfigError, match="secret_key is weak"):
        open_key_ring(Settings(secret_key=secret))


def test_sec_S10_secret_key_signs_the_same_everywhere() -> None:
    first, second = (open_key_ring(Settings(secret_key=STRONG)) for _ in range(2))
    assert second.verify(first.sign("test", b"x"), "test", b"x")
    assert STRONG not in repr(first)


def test_sec_S7_signature_is_bound_to_purpose_and_parts() -> None:
    ring = open_key_ring(Settings())
    signature = ring.sign("cookie", b"ab", b"c")
    assert ring.verify(signature, "cookie", b"ab", b"c")
    assert not ring.verify(signature, "cookie", b"a", b"bc")
    assert not ring.verify(signature, "cookieab", b"c")
    assert not ring.verify(signature, "csrf", b"ab", b"c")


def test_sec_S8_newest_key_signs_and_older_ones_verify(tmp_path: Path) -> None:
    old = ring_in(tmp_path).sign("test", b"x")
    path = tmp_path / "var" / "keys" / "ring.json"
    document = json.loads(path.read_text())
    document["keys"].insert(0, {"id": "knew", "secret": "11" * 32})
    path.write_text(json.dumps(document))
    ring = ring_in(tmp_path)
    assert ring.verify(old, "test", b"x")
    assert ring.sign("test", b"x") != old


@pytest.mark.parametrize("text", ["", "{", '{"keys": []}', '{"keys": [{"id": "k"}]}'])
def test_feat_V25_damaged_ring_is_loud(tmp_path: Path, text: str) -> None:
    ring_in(tmp_path)
    (tmp_path / "var" / "keys" / "ring.json").write_text(text)
    with pytest.raises(ConfigError, match=r"[Dd]elete"):
        ring_in(tmp_path)


def test_a_ring_that_cannot_be_made_is_one_line_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file stands in its place")
    with pytest.raises(ConfigError, match=r"ring\.json cannot be made: .* set secret_key"):
        open_key_ring(Settings(data_root=tmp_path))
