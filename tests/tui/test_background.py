"""Work in threads: how much of it runs at once."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

from textual.app import App

from reader.tui.background import Background


async def test_one_layout_runs_at_a_time_and_only_the_latest_of_those_that_wait() -> None:
    has_begun, may_end, is_shown = threading.Event(), threading.Event(), asyncio.Event()
    ran, shown, failures = list[int](), list[int](), list[Exception]()

    def lay_out(width: int) -> int:
        ran.append(width)
        has_begun.set()
        may_end.wait(10)
        return width

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
        assert ran == [0]
        may_end.set()
        await asyncio.wait_for(is_shown.wait(), 10)
    assert ran == [0, 4]
    assert shown == [4]
    assert not failures
