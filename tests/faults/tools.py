"""Programs that scenarios need: found, or installed by apt where that is allowed."""

import os
import shutil
import subprocess

from tests.faults.report import CannotRun

INSTALL_SECONDS = 180


def need(program: str, package: str) -> str:
    """The program's path. Raises CannotRun when it is missing and cannot be installed."""
    found = shutil.which(program)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        command = ["apt-get", "install", "--yes", "--no-install-recommends", package]
        subprocess.run(command, check=False, capture_output=True, timeout=INSTALL_SECONDS)
        found = shutil.which(program)
    if found is None:
        raise CannotRun(f"{program} is missing: apt-get install {package}")
    return found
