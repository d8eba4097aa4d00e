"""The plugin as a user has it: pytest in a project of its own, the folder named in its ini file."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

CONTROLLER = """
from mvc import route

@route("/hello")
def hello(request):
    return "hello"
"""
TEST = """
def test_hello(client, db, assert_queries):
    with assert_queries(0):
        assert client.get("/hello").text == "hello"
"""
INI = "[pytest]\ntreadle_app = shop\naddopts = -p mvc.testing.plugin -p no:cacheprovider\n"


def test_feat_B9_fixtures_serve_the_folder_of_the_ini_file(tmp_path: Path) -> None:
    (tmp_path / "shop" / "controllers").mkdir(parents=True)
    (tmp_path / "shop" / "controllers" / "hello.py").write_text(CONTROLLER)
    (tmp_path / "test_hello.py").write_text(TEST)
    (tmp_path / "pytest.ini").write_text(INI)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 passed" in run.stdout
