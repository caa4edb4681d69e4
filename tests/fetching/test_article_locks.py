"""Article locks: one task at a time, and foreground tasks first."""

from __future__ import annotations

import asyncio

import pytest

from reader.fetching.article_locks import ArticleLocks
from reader.web.transport.preempt import PreemptedError


async def test_foreground_tasks_wait_for_each_other() -> None:
    under_way, order, there = ArticleLocks(), list[str](), asyncio.Event()

    async def one(name: str) -> None:
        async with under_way.acquire("a", background=False) as waited:
            order.append(f"{name} {waited}")
            await there.wait()
            order.append(name)

    tasks = [asyncio.create_task(one(name)) for name in ("first", "second")]
    await asyncio.sleep(0)
    assert order == ["first False"], "the second waits"
    async with under_way.acquire("b", background=False) as waited:
        assert not waited, "another article is free"
    there.set()
    await asyncio.gather(*tasks)
    assert order == ["first False", "first", "second True", "second"]


async def test_a_preempted_task_continues_after_the_foreground_task() -> None:
    under_way, order, begun = ArticleLocks(), list[str](), asyncio.Event()

    async def background() -> None:
        while True:
            try:
                async with under_way.acquire("a", background=True) as waited:
                    order.append(f"background {waited}")
                    begun.set()
                    if not waited:
                        await asyncio.Event().wait()
                    return
            except PreemptedError:
                order.append("gave way")

    task = asyncio.create_task(background())
    await begun.wait()
    async with asyncio.timeout(60), under_way.acquire("a", background=False) as waited:
        order.append(f"person {waited}")
    async with asyncio.timeout(60):
        await task
    assert order == ["background False", "gave way", "person True", "background True"]


async def test_background_tasks_wait() -> None:
    under_way = ArticleLocks()

    async def background() -> bool:
        async with under_way.acquire("a", background=True) as waited:
            return waited

    async with under_way.acquire("a", background=False):
        tasks = [asyncio.create_task(background()) for _ in range(3)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in tasks)
    assert await asyncio.gather(*tasks) == [True] * 3


async def test_a_canceled_task_releases_everything() -> None:
    under_way, begun = ArticleLocks(), asyncio.Event()

    async def hold(*, background: bool) -> None:
        async with under_way.acquire("a", background=background):
            begun.set()
            await asyncio.Event().wait()

    for background in (True, False):
        holder = asyncio.create_task(hold(background=background))
        await begun.wait()
        waiter = asyncio.create_task(hold(background=True))
        await asyncio.sleep(0)
        for task in (waiter, holder):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
    async with asyncio.timeout(60), under_way.acquire("a", background=True) as waited:
        assert not waited, "no other task holds the article or waits for it"


async def test_an_error_releases_the_article() -> None:
    under_way = ArticleLocks()
    for background in (True, False):
        with pytest.raises(TimeoutError, match="of its own"):
            async with under_way.acquire("a", background=background):
                raise TimeoutError("of its own")
    async with asyncio.timeout(60), under_way.acquire("a", background=False) as waited:
        assert not waited
