"""Garbage collection leaves the event loop alone while the user is active."""

from __future__ import annotations

import gc
import time
import weakref
from typing import Any

import pytest
from textual import content
from textual.color import Color

from reader.core import text
from reader.tui.terminal import idle_gc
from reader.tui.terminal.idle_gc import IdleGC


def test_nothing_visits_all_objects_while_the_user_is_active() -> None:
    objects = [[number] for number in range(1_000_000)]
    collector = IdleGC()
    gc.freeze()
    try:
        collector.note_activity()
        took = []
        for _ in range(5):
            begin = time.thread_time()
            collector.collect_if_idle()
            took.append(time.thread_time() - begin)
    finally:
        gc.unfreeze()
    assert len(objects) == 1_000_000
    assert min(took) < 0.001


class Closed:
    """A screen that refers to itself, as widgets do."""

    def __init__(self) -> None:
        self.me = self


@pytest.mark.parametrize(("pause", "is_freed"), [(0.0, True), (60.0, False)])
def test_a_short_pause_frees_screens_that_were_open_for_long(
    monkeypatch: pytest.MonkeyPatch, pause: float, is_freed: bool
) -> None:
    monkeypatch.setattr(idle_gc, "SHORT_PAUSE", pause)
    collector = IdleGC()
    gc.collect()
    screen = Closed()
    for _ in range(5):
        gc.collect(1)  # it is old now
    closed = weakref.ref(screen)
    del screen
    collector.note_activity()
    collector.collect_if_idle()
    assert (closed() is None) == is_freed


def test_a_long_pause_empties_the_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle_gc, "LONG_PAUSE", 0.0)
    caches: list[Any] = [text.cell_width, vars(content)["cell_len"], Color.parse]
    assert [cached("red") for cached in caches] == [3, 3, Color(255, 0, 0)]
    collector = IdleGC()
    gc.freeze()
    try:
        collector.note_activity()
        collector.collect_if_idle()
        assert [cached.cache_info().currsize for cached in caches] == [0, 0, 0]
    finally:
        gc.unfreeze()
