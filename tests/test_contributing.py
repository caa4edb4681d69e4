"""The worked examples of CONTRIBUTING.md work: they are applied to a copy of the package and tried."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
DOCUMENT = """---
title: A title
editor: Ed &amp; Co
provider: The Star
publishedDateTime: 2021-07-28T12:00:00Z
---
"""
PRESS_KEY = """
import asyncio, sys
from pathlib import Path
from reader.config.settings import Config
from reader.core.paths import Paths
from reader.indexing.process_client import UpdaterHandle
from reader.library.library import Library
from reader.startup import load_first_frame
from reader.tui.app import NewsreaderApp
from reader.tui.screens.listings import HelpScreen

async def main(folder: Path) -> None:
    library = Library.open(folder, Paths.from_environment())
    updater = UpdaterHandle(library, in_thread=True, watching=False)
    app = NewsreaderApp(load_first_frame(library, updater=updater), Config())
    async with app.run_test(size=(100, 30)) as pilot:
        before = app.theme
        await pilot.press("ctrl+t")
        await pilot.pause()
        assert app.theme != before
    library.close()

asyncio.run(main(Path(sys.argv[1])))
lines = HelpScreen({}).lines_for(("next theme",), 100)
assert any("Ctrl+t" in run.text for line in lines for run in line)
"""


def apply(package: Path, heading: str) -> None:
    """Apply the code blocks below a heading of CONTRIBUTING.md to a copy of the package."""
    section = PAGE.split(f"### {heading}\n")[1].split("\n##")[0]
    blocks = re.findall(r"```(diff|python)\n(.*?)```", section, re.DOTALL)
    assert blocks
    for kind, block in blocks:
        first, _, text = block.partition("\n")
        path = package.parent / first.removeprefix("# ")
        if kind == "python":
            path.write_text(text, "utf-8")
            continue
        lines = text.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] != "+")
        new = "".join(line[1:] for line in lines if line[0] != "-")
        code = path.read_text("utf-8")
        # A block may start in the middle of a line.
        old, new = (old.rstrip("\n"), new.rstrip("\n"))
        assert code.count(old) == 1, f"CONTRIBUTING.md shows lines that are not in {first} exactly once:\n{old}"
        path.write_text(code.replace(old, new), "utf-8")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package."""
    return Path(shutil.copytree(ROOT / "reader", tmp_path / "code" / "reader", ignore=shutil.ignore_patterns("__pyc*")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "one.md").write_text(DOCUMENT, "utf-8")
    return folder


def run(package: Path, *arguments: str | Path) -> str:
    """Run Python on the copy of the package and return what it prints."""
    own = {f"NEWSREADER_{kind}_DIR": str(package.parent / kind) for kind in ("DATA", "CONFIG", "CACHE")}
    environment = {**os.environ, **own, "PYTHONPATH": str(package.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=package.parent, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_new_action_has_a_key_and_is_in_the_help(package: Path, folder: Path) -> None:
    apply(package, "Add an action")
    run(package, "-c", PRESS_KEY, folder)


def test_the_new_command_runs(package: Path, folder: Path) -> None:
    apply(package, "Add a command")
    assert run(package, "-m", "reader", "sources", folder) == "1\tThe Star\n"
    assert "sources" in run(package, "-m", "reader", "--help")


def test_the_new_document_field_is_read(package: Path, folder: Path) -> None:
    apply(package, "Add a document field")
    record = json.loads(run(package, "-m", "reader", "show", folder, "one.md", "--json"))
    assert record["editor"] == "Ed & Co"
    assert "editor" not in record["extra"]


def test_the_new_query_field_is_searched(package: Path, folder: Path) -> None:
    apply(package, "Add a query field")
    assert run(package, "-m", "reader", "count", folder, "year:2021") == "1\n"
    assert run(package, "-m", "reader", "count", folder, "year:2022") == "0\n"
