"""Garbage collection leaves the event loop alone while the user is active."""

from __future__ import annotations

import gc
import time

from reader.tui.terminal.idle_gc import IdleGC


def test_nothing_visits_all_objects_while_the_user_is_active() -> None:
    objects = [[number] for number in range(1_000_000)]
    idle_gc = IdleGC()
    gc.freeze()
    try:
        idle_gc.note_activity()
        took = []
        for _ in range(5):
            begin = time.thread_time()
            idle_gc.collect_if_idle()
            took.append(time.thread_time() - begin)
    finally:
        gc.unfreeze()
    assert len(objects) == 1_000_000
    assert min(took) < 0.001
