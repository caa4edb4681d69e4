"""Repeated use leaves nothing behind."""

from __future__ import annotations

import gc
from collections import Counter, deque
from itertools import pairwise
from pathlib import Path

import pytest
from textual._styles_cache import StylesCache
from textual.message import Message
from textual.message_pump import MessagePump
from textual.strip import Strip

from reader.tui.terminal import idle_gc
from reader.tui.widgets.text.lines import Run
from tests.tui.helpers import STACKED, Reader, open_app

ROUNDS = 2
USE = [
    *("?", "escape", "F", "escape", "ctrl+p", "escape", "slash", "escape", "t", "escape", "j", "k"),
    *("l", "enter", "pagedown", "escape", "escape", "escape", "b", "escape", "s", "T", "T", "u", "ctrl+r"),
]
"""Keys that open every screen and close it."""


@pytest.fixture(autouse=True)
def few_objects() -> None:
    """Leave out the objects of earlier tests: looking through them takes longer than the tests themselves."""
    gc.collect()
    gc.freeze()


def is_shown(kind: type) -> bool:
    """Return whether objects of this class are on the screen, or hold what is; messages show what was not handled."""
    return issubclass(kind, MessagePump | Message | StylesCache)


async def rounds(reader: Reader) -> Counter[type]:
    """Use the app some times in the same way; return the numbers of objects by class."""
    for _ in range(ROUNDS):
        await reader.press(*USE)
        assert reader.is_main_screen_on_top
    gc.collect()
    found = Counter(map(type, gc.get_objects()))
    return Counter({each: number for each, number in found.items() if is_shown(each)})


async def test_screens_that_were_closed_leave_nothing(seeds: Path) -> None:
    async with open_app(seeds, STACKED) as reader:
        await rounds(reader)
        found = [await rounds(reader) for _ in range(3)]
    # What is left of each use grows each time; the widgets of one closed screen may be freed a moment later.
    first, second = (after - before for before, after in pairwise(found))
    assert not {each: number for each, number in (first & second).items() if number >= ROUNDS}


def runs() -> int:
    gc.collect()
    return sum(type(each) is Run for each in gc.get_objects())


async def test_a_text_that_was_closed_leaves_no_lines(seeds: Path) -> None:
    async with open_app(seeds, STACKED) as reader:
        before = runs()
        await reader.press("enter", "slash", *"the", "enter")
        assert runs() > before
        await reader.press("escape", "escape")
        assert reader.is_main_screen_on_top
        assert runs() <= before


def strips() -> int:
    return sum(type(each) is Strip for each in gc.get_objects())


async def test_lines_drawn_before_do_not_wait_for_the_collector(seeds: Path) -> None:
    async with open_app(seeds, STACKED) as reader:
        await reader.press("l")
        gc.collect()
        gc.disable()
        try:
            for _ in range(3):
                await reader.press("pagedown", "pageup", "t", "t")
            left = strips()
            gc.collect()
        finally:
            gc.enable()
        assert strips() > left - 5


class Cycle:
    """Garbage that only the collector finds."""

    living = 0

    def __init__(self) -> None:
        self.me = self
        Cycle.living += 1

    def __del__(self) -> None:
        Cycle.living -= 1


def test_garbage_is_collected_although_the_user_never_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle_gc, "YOUNG_THRESHOLD", 20)
    monkeypatch.setattr(idle_gc, "MIDDLE_THRESHOLD", 10)
    usual = gc.get_threshold()
    gc.freeze()
    gc.collect()
    gc.disable()
    try:
        idle_gc.IdleGC().start()
        recent = deque[Cycle](maxlen=3_000)
        for _ in range(50_000):
            recent.append(Cycle())
        assert Cycle.living < 25_000
    finally:
        gc.enable()
        gc.set_threshold(*usual)
