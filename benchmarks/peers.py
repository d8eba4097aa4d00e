"""The environment of its own that the peers are installed into."""

import json
import subprocess
import sys
import venv

from benchmarks.paths import HERE

FOLDER = HERE / ".venv"
PYTHON = FOLDER / "bin/python"
REQUIREMENTS = HERE / "peers.txt"
_INSTALLED = FOLDER / "installed.txt"  # the requirements it was last installed from


def prepare() -> None:
    """Install the peers, unless that was done for the same list before."""
    wanted = REQUIREMENTS.read_text()
    if _INSTALLED.exists() and _INSTALLED.read_text() == wanted:
        return
    print("installing the peers into benchmarks/.venv ...", file=sys.stderr, flush=True)
    if not PYTHON.exists():
        venv.create(FOLDER, with_pip=True)
    pip = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(REQUIREMENTS)], check=True)
    _INSTALLED.write_text(wanted)


def versions() -> dict[str, str]:
    """The version of each package that was asked for."""
    pip = [str(PYTHON), "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"]
    listed = json.loads(subprocess.run(pip, capture_output=True, check=True).stdout)
    found = {each["name"].lower(): each["version"] for each in listed}
    names = [name.partition("<")[0] for name in REQUIREMENTS.read_text().split()]
    return {name: found[name] for name in names}
