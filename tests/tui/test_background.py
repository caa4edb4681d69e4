"""Work in threads: how much of it runs at once."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import pytest
from textual.app import App

from reader.tui.background import Background
from tests.tui.helpers import until


@dataclass(eq=False)
class Layout:
    width: int


@pytest.fixture
def _no_collections() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_collections")
async def test_one_layout_runs_at_a_time_and_only_the_latest_of_those_that_wait() -> None:
    has_begun, may_end, is_shown = threading.Event(), threading.Event(), asyncio.Event()
    ran, shown, failures = list[weakref.ref[Layout]](), list[Layout](), list[Exception]()

    def lay_out(width: int) -> Layout:
        layout = Layout(width)
        ran.append(weakref.ref(layout))
        has_begun.set()
        may_end.wait(10)
        return layout

    async with App[None]().run_test() as pilot:
        background = Background(pilot.app, failures.append)

        async def job(width: int) -> None:
            shown.append(await background.run_alone("layout", partial(lay_out, width)))
            is_shown.set()

        background.start(partial(job, 0), "layouts")
        await asyncio.to_thread(has_begun.wait, 10)
        for width in range(1, 5):
            background.start(partial(job, width), "layouts")
            await pilot.pause()
        assert len(ran) == 1
        may_end.set()
        await asyncio.wait_for(is_shown.wait(), 10)
    assert [each.width for each in shown] == [4]
    await until(lambda: ran[0]() is None)  # its thread may not have ended; no garbage is collected
    assert [each() for each in ran] == [None, shown[0]]
    assert not failures
