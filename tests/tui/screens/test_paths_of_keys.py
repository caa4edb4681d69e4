"""Which modules a key passes: those that docs/architecture.md names, and no more than a person can follow."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType

import pytest

import reader
from tests.tui.helpers import FETCH_DISABLED, Reader, open_app

PACKAGE = Path(reader.__file__).parent
ARCHITECTURE = PACKAGE.parent / "docs" / "architecture.md"
NEVER_MARKED = replace(FETCH_DISABLED, mark_read="never")
NO_ACTION = "f9"
UPDATER = {"tui/controllers/folder.py"}
"""What runs when the updater reports something, which may be at any time."""


class Calls:
    """Notes the modules whose functions are called in the event loop and in its worker threads."""

    def __init__(self) -> None:
        self.modules: set[str] = set()
        self.is_noting = False

    def note(self, frame: FrameType, event: str, _: object) -> None:
        """Profile a call; the updater and other threads do their own work meanwhile."""
        if not self.is_noting or event != "call" or frame.f_code.co_name == "<module>":
            return
        name, thread = frame.f_code.co_filename, threading.current_thread()
        is_ours = thread is threading.main_thread() or thread.name.startswith("screen-")
        if is_ours and name.startswith(f"{PACKAGE}/"):
            self.modules.add(name.removeprefix(f"{PACKAGE}/"))

    async def of(self, app: Reader, key: str) -> set[str]:
        """Return the modules that a key passes until the screen is at rest."""
        self.modules, self.is_noting = set(), True
        await app.press(key)
        self.is_noting = False
        return {name for name in self.modules if not name.startswith("core/")}


@pytest.fixture
def calls() -> Iterator[Calls]:
    noted = Calls()
    threading.setprofile(noted.note)
    sys.setprofile(noted.note)
    yield noted
    sys.setprofile(None)
    threading.setprofile(None)


def named(heading: str) -> set[str]:
    """Return the modules in the first column of a table; one without a folder is in that of the one before."""
    rows = re.findall(
        r"^\|([^|]*)\|", ARCHITECTURE.read_text("utf-8").partition(f"\n## {heading}")[2].partition("\n## ")[0], re.M
    )
    found, folder = set(), ""
    for name in re.findall(r"`([\w/]+\.py)`", " ".join(rows)):
        folder = name.rpartition("/")[0] or folder
        found.add(f"{folder}/{name.rpartition('/')[2]}")
    return found


async def test_a_mark_passes_the_modules_that_the_docs_name(news: Path, calls: Calls) -> None:
    async with open_app(news) as app:
        usual = await calls.of(app, NO_ACTION)
        await app.press("m")  # the first mark also lights the key that undoes it
        # What the updater causes comes once, if at all.
        passed = await calls.of(app, "s") & await calls.of(app, "s")
    assert named("A mark") <= passed | usual
    assert len(passed - usual - UPDATER) <= 17


async def test_a_cached_page_passes_the_modules_that_the_docs_name(news: Path, calls: Calls) -> None:
    async with open_app(news, settings=NEVER_MARKED) as app:
        usual = await calls.of(app, NO_ACTION)
        await app.press("f")
        usual |= await calls.of(app, NO_ACTION)
        await app.press("q")
        passed = await calls.of(app, "f")
        await app.press("q")
        passed &= await calls.of(app, "f")
    assert named("A cached page") <= passed | usual
    assert len(passed - usual - UPDATER) <= 30
