"""Every example in the README and in docs/ does what its page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.documents import ROOT, RUNNABLE, Block, blocks, pages, steps
from tests.support.served import served

SECONDS = 60
ADDRESS = "http://127.0.0.1:8000"

by_name = pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))


def write_files(found: list[Block], folder: Path) -> None:
    """Lay out the files of one page; a later block of the same path replaces the earlier."""
    for block in found:
        path = folder / block.value
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text)


@by_name
def test_no_block_escapes(page: Path) -> None:
    for block in blocks(page):
        needs_purpose = block.language in RUNNABLE - {"python"}
        assert block.purpose or not needs_purpose, f"{block.where}: say what this block is for"


@by_name
def test_files_and_console_blocks(page: Path, tmp_path: Path) -> None:
    """Files are written as the page goes on; each console block gets a fresh server."""
    for block in blocks(page):
        if block.purpose == "file":
            write_files([block], tmp_path)
        elif block.purpose == "serve":
            with served(tmp_path / block.value) as url:
                run_steps(block, url, tmp_path)
        elif block.purpose == "run":
            run_steps(block, ADDRESS, tmp_path)


def run_steps(block: Block, url: str, folder: Path) -> None:
    """As a reader would: in the folder of the example, inside the project's environment."""
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for step in steps(block):
        done = subprocess.run(
            ["bash", "-c", step.command.replace(ADDRESS, url)],
            cwd=folder,
            env=os.environ | {"PATH": search},
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        printed = (done.stdout + done.stderr).rstrip("\n").replace(url, ADDRESS)
        assert printed == step.output, f"{block.where}: $ {step.command}"


@by_name
def test_python_blocks(page: Path, tmp_path: Path) -> None:
    """The page's python blocks form one script, run in a fresh process and folder."""
    found = blocks(page)
    write_files([block for block in found if block.purpose == "file"], tmp_path)
    parts = [block for block in found if block.language == "python" and not block.purpose]
    if not parts:
        return
    script = tmp_path / "page.py"
    script.write_text("\n".join(f"# {block.where}\n{block.text}" for block in parts))
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@by_name
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name}: {target} does not exist"
