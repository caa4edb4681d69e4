"""Resizes at any moment, above all while the app starts, as tiling window managers do it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal


def _lies_at_the_bottom(terminal: Terminal) -> bool:
    return "q quit" in terminal.lines[-1]


def test_resizes_at_every_millisecond_of_the_start(seeds: Path) -> None:
    with Terminal(seeds) as terminal:
        started = time.monotonic()
        while time.monotonic() - started < 1.5:
            step = int((time.monotonic() - started) * 1000)
            terminal.resize(100 + step % 40, 25 + step % 23)
        terminal.resize(120, 30)
        terminal.wait(lambda: _lies_at_the_bottom(terminal) and "5 unread" in terminal.text)
        terminal.press("m")
        terminal.wait("4 unread")
        terminal.press("q")
        assert terminal.end() == 0


@pytest.mark.parametrize("delay", [0.0, 0.03, 0.08])
def test_one_resize_soon_after_the_first_output(seeds: Path, delay: float) -> None:
    with Terminal(seeds) as terminal:
        terminal.wait(lambda: b"\x1b[?1049h" in terminal.raw)
        until = time.monotonic() + delay
        while time.monotonic() < until:
            terminal.read(0.0)
        terminal.resize(140, 50)
        terminal.wait(lambda: _lies_at_the_bottom(terminal))
        terminal.press("q")
        assert terminal.end() == 0
