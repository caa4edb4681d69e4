"""When the terminal goes away, the program ends, whatever it is doing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from reader.core.paths import Paths
from reader.library.library import Library
from tests.e2e.terminal import PATIENCE, Terminal


@pytest.mark.parametrize("leads", [True, False], ids=["gets SIGHUP", "gets no SIGHUP"])
def test_the_app_ends_with_its_terminal_and_saves_marks(seeds: Path, leads: bool) -> None:
    with Terminal(seeds, leads=leads) as terminal:
        terminal.wait("5 articles  5 unread")
        terminal.press("m")
        terminal.wait("4 unread")
        terminal.hang_up()
        terminal.process.wait(PATIENCE)
    library = Library.open(seeds, Paths.from_environment())
    assert library.counts().unread == 4
    library.close()


@pytest.mark.parametrize("keys", ["", "q", " g" * 50], ids=["at rest", "while leaving", "while drawing"])
def test_the_app_ends_with_a_terminal_that_accepts_no_output(seeds: Path, keys: str) -> None:
    with Terminal(seeds) as terminal:
        _full(terminal)
        terminal.send(keys)
        _full(terminal)
        assert terminal.process.poll() is None
        terminal.hang_up()
        terminal.process.wait(PATIENCE)


def _full(terminal: Terminal) -> None:
    """Wait until the terminal's buffer is full, so that writing to it blocks."""
    deadline = time.monotonic() + PATIENCE
    before, same = -1, 0
    while same < 25:  # what the program does meanwhile is not visible from outside
        assert time.monotonic() < deadline
        same = same + 1 if terminal.unread == before > 0 else 0
        before = terminal.unread
        time.sleep(0.02)
