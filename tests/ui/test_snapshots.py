"""How it looks. After a change that is meant: `pytest tests/ui/test_snapshots.py --snapshot-update`, and look at it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from reader.config import Config
from reader.jobs.beside import InThread
from reader.opening import look
from reader.ui.app import NewsreaderApp
from tests.conftest import OpenLibrary

from .helpers import Reader

Compare = Callable[..., bool]


def keys(*pressed: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def press(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, NewsreaderApp)
        reader = Reader(pilot.app, pilot)
        await reader.settled()
        await reader.press(*pressed)

    return press


@pytest.mark.parametrize(
    ("size", "pressed"),
    [
        pytest.param((120, 36), ("j", "j", "j", "]"), id="side"),
        pytest.param((80, 24), ("j", "enter", "]"), id="stacked"),
        pytest.param((200, 50), ("j", "b", "j", "space", *"jjjjjj"), id="views"),
        pytest.param((120, 40), ("b", "/", "c", "o", "m", "enter", "space"), id="views-filtered"),
        pytest.param((50, 24), ("j",), id="list"),
        pytest.param((50, 24), ("j", "enter", "]"), id="article"),
        pytest.param((120, 36), ("T",), id="light"),
        pytest.param((120, 36), ("?",), id="help"),
    ],
)
def test_it_looks_as_it_did(
    seeds: Path,
    library: OpenLibrary,
    snap_compare: Compare,
    size: tuple[int, int],
    pressed: tuple[str, ...],
) -> None:
    opened = library(seeds)
    first = look(opened, keeper=InThread(opened, watching=False))
    app = NewsreaderApp(first, Config(theme="newsreader-dark"))
    assert snap_compare(app, terminal_size=size, run_before=keys(*pressed))
