"""Who is at which article: one at a time, and a person rather than anybody."""

from __future__ import annotations

import asyncio

import pytest

from reader.core.preempt import PreemptedError
from reader.fetching.article_locks import ArticleLocks


async def test_a_person_waits_for_a_person() -> None:
    under_way, order, there = ArticleLocks(), list[str](), asyncio.Event()

    async def one(name: str) -> None:
        async with under_way.acquire("a", background=False) as waited:
            order.append(f"{name} {waited}")
            await there.wait()
            order.append(name)

    tasks = [asyncio.create_task(one(name)) for name in ("first", "second")]
    await asyncio.sleep(0)
    assert under_way._waiting
    async with under_way.acquire("b", background=False) as waited:
        assert not waited, "another article is nobody's"
    there.set()
    await asyncio.gather(*tasks)
    assert order == ["first False", "first", "second True", "second"]


async def test_what_nobody_waits_for_gives_way_and_comes_again_after_the_person() -> None:
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


async def test_what_nobody_waits_for_waits() -> None:
    under_way = ArticleLocks()

    async def background() -> bool:
        async with under_way.acquire("a", background=True) as waited:
            return waited

    async with under_way.acquire("a", background=False):
        tasks = [asyncio.create_task(background()) for _ in range(3)]
        await asyncio.sleep(0)
        assert len(under_way._waiting) == len(tasks)
    assert await asyncio.gather(*tasks) == [True] * 3


async def test_who_is_cancelled_leaves_nothing_behind() -> None:
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
        assert not waited
    assert not under_way._persons
    assert not under_way._waiting


async def test_an_error_is_passed_on_and_the_article_free() -> None:
    under_way = ArticleLocks()
    for background in (True, False):
        with pytest.raises(TimeoutError, match="of its own"):
            async with under_way.acquire("a", background=background):
                raise TimeoutError("of its own")
    async with asyncio.timeout(60), under_way.acquire("a", background=False) as waited:
        assert not waited
