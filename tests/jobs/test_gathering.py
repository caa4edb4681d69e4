"""Many articles at once: everything that has no page, politely, told as it goes, and to be stopped at any time."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio

from reader.jobs.extracting import Extractor
from reader.jobs.fetch_news import Gathered, Got
from reader.jobs.fetching import Fetching
from reader.jobs.gathering import AT_ONCE, PER_HOST, Bulk
from reader.jobs.indexing import refresh
from reader.library.library import Library
from reader.web.fetch import Fetcher
from reader.web.robots import Robots
from tests.conftest import MakeFolder, OpenLibrary
from tests.jobs.web_of_pages import RULES, document, fetching, html, ids_of
from tests.web.server import Request, Server, reply, serving


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    one = Extractor(seconds=60)
    yield one
    one.close()


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as one:
        yield one


class Gathering:
    """A Bulk and all that it has told."""

    def __init__(self, library: Library, job: Fetching, robots: Robots, *, force: bool = False) -> None:
        self.told: list[Gathered] = []
        self.heard: list[Got] = []
        self.news = asyncio.Event()
        self.bulk = Bulk(job, library, job._tools.disk, robots, self._tell, heard=self._hear, force=force)

    def _tell(self, gathered: Gathered) -> None:
        self.told.append(gathered)
        self.news.set()

    def _hear(self, got: Got) -> None:
        self.heard.append(got)
        self.news.set()

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not is_so():
                self.news.clear()
                await self.news.wait()


@contextlib.asynccontextmanager
async def gathering(library: Library, extractor: Extractor, *, force: bool = False) -> AsyncIterator[Gathering]:
    async with Fetcher(RULES) as fetcher, fetching(library.pages, extractor) as job:
        yield Gathering(library, job, Robots(fetcher), force=force)


def site(server: Server, number: int, host: str = "") -> dict[str, str]:
    """Have the server answer for so many articles, and return documents of them."""
    documents = {}
    for n in range(number):
        server.on(f"/{n}", reply(html(f"Title {n}")))
        documents[f"{host}{n}.md"] = document(server.url(f"/{n}", host), title=f"Title {n}")
    return documents


def articles(server: Server) -> list[str]:
    return [target for target in server.targets if target != "/robots.txt"]


async def test_everything_that_has_no_page_is_fetched(
    server: Server, extractor: Extractor, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder({**site(server, 30), "gone.md": document(server.url("/gone")), "none.md": document()}))
    ids = ids_of(opened)
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids[:10])
        await one.bulk.run()
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids)
        final = await one.bulk.run()
    assert len(opened.pages.having()) == 30
    assert sorted(articles(server).count(f"/{n}") for n in range(30)) == [1] * 30, "what is there is not asked for"
    assert (final.failed, final.left, final.finished) == (2, 0, True)
    assert final.done + final.cached == 30
    assert final == one.told[-1]
    assert final.told.endswith("2 failed.")
    assert {got.status for got in one.heard} == {"fetched", "failed"}
    assert len(one.heard) == final.done + final.failed
    for former, later in zip(one.told, one.told[1:], strict=False):
        assert later.done >= former.done
        assert later.left <= former.left or former.left == 0


async def test_it_is_polite_and_several_hosts_are_asked_at_once(
    extractor: Extractor, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    busy: dict[str, int] = {"127.0.0.1": 0, "localhost": 0}
    most = dict(busy)
    both = asyncio.Event()

    async with serving() as server:

        async def slowly(request: Request, writer: asyncio.StreamWriter) -> None:
            name = request.headers["host"].partition(":")[0]
            busy[name] += 1
            most[name] = max(most[name], busy[name])
            if all(busy.values()):
                both.set()
            await asyncio.wait_for(both.wait(), 30)
            writer.write(reply(html(request.target)))
            await writer.drain()
            busy[name] -= 1

        documents = {**site(server, 12), **site(server, 12, "localhost")}
        for n in range(12):
            server.on(f"/{n}", slowly)
        opened = library(make_folder(documents))
        async with gathering(opened, extractor) as one:
            await one.bulk.add(ids_of(opened))
            final = await one.bulk.run()
    assert final.done == 24
    assert both.is_set()
    assert max(most.values()) <= PER_HOST
    assert sum(most.values()) <= AT_ONCE


async def test_a_host_that_asks_for_it_is_left_alone_and_asked_again(
    server: Server, extractor: Extractor, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    documents = site(server, 3)
    busy_until: list[float] = []

    async def busy(request: Request, writer: asyncio.StreamWriter) -> None:
        if not busy_until:
            busy_until.append(time.monotonic() + 1)
            writer.write(reply(b"", "429 Too Many Requests", retry_after="1"))
        else:
            busy_until.append(time.monotonic())
            writer.write(reply(html(request.target)))
        await writer.drain()

    for n in range(3):
        server.on(f"/{n}", busy)
    opened = library(make_folder(documents))
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids_of(opened))
        final = await one.bulk.run()
    assert (final.done, final.failed) == (3, 0)
    assert busy_until[-1] >= busy_until[0]


async def test_a_host_that_wants_to_be_left_alone_for_long_fails_for_now(
    server: Server, extractor: Extractor, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    documents = site(server, 6)
    for n in range(6):
        server.on(f"/{n}", reply(b"", "503 Service Unavailable", retry_after="3600"))
    opened = library(make_folder(documents))
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids_of(opened))
        final = await one.bulk.run()
    assert (final.done, final.failed, final.left) == (0, 6, 0)
    assert len(articles(server)) <= PER_HOST
    assert all(got.error for got in one.heard)
    assert any("2 h" in got.error or "1 h" in got.error or "60 min" in got.error for got in one.heard), one.heard


async def test_robots_txt_is_honoured(
    server: Server, extractor: Extractor, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    documents = site(server, 4)
    server.on("/robots.txt", reply(b"User-agent: *\nDisallow: /1\nDisallow: /2\n", kind="text/plain"))
    opened = library(make_folder(documents))
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids_of(opened))
        final = await one.bulk.run()
    assert (final.done, final.failed) == (2, 2)
    assert sorted(articles(server)) == ["/0", "/3"]


async def test_the_delay_that_a_site_asks_for_is_kept(
    server: Server, extractor: Extractor, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    documents = site(server, 3)
    server.on("/robots.txt", reply(b"User-agent: *\nCrawl-delay: 1\n", kind="text/plain"))
    asked: list[float] = []

    async def noted(request: Request, writer: asyncio.StreamWriter) -> None:
        asked.append(time.monotonic())
        writer.write(reply(html(request.target)))
        await writer.drain()

    for n in range(3):
        server.on(f"/{n}", noted)
    opened = library(make_folder(documents))
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids_of(opened))
        final = await one.bulk.run()
    assert final.done == 3
    assert asked[2] - asked[1] > 0.9


async def test_a_pause_begins_nothing_and_what_is_stopped_goes_on_next_time(
    server: Server, extractor: Extractor, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder(site(server, 20)))
    gate, asked = asyncio.Event(), asyncio.Event()

    async def gated(request: Request, writer: asyncio.StreamWriter) -> None:
        if len(articles(server)) >= PER_HOST:
            asked.set()
        await gate.wait()
        writer.write(reply(html(request.target)))
        await writer.drain()

    for n in range(20):
        server.on(f"/{n}", gated)
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids_of(opened))
        run = asyncio.create_task(one.bulk.run())
        await asyncio.wait_for(asked.wait(), 60)
        one.bulk.pause()
        gate.set()
        await one.until(lambda: len(one.heard) >= PER_HOST)
        await one.until(lambda: one.told[-1].paused)
        assert len(one.heard) == PER_HOST
        assert len(articles(server)) == PER_HOST
        one.bulk.go_on()
        await one.until(lambda: len(one.heard) > PER_HOST)
        assert not one.told[-1].paused or not one.told[-1].finished
        gate.clear()
        one.bulk.stop()
        final = await run
    kept = len(opened.pages.having())
    assert final.finished
    assert final.done == kept < 20
    assert final.left == 20 - kept
    assert final.told.startswith("Stopped: ")
    assert f"{final.left} left" in final.told
    gate.set()
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids_of(opened))
        final = await one.bulk.run()
    assert (final.cached, final.done, final.left) == (kept, 20 - kept, 0)


async def test_others_may_join_while_it_is_at_work(
    server: Server, extractor: Extractor, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder(site(server, 12)))
    ids = ids_of(opened)
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids[:3])
        run = asyncio.create_task(one.bulk.run())
        await one.until(lambda: bool(one.heard))
        joined = await one.bulk.add(ids)
        final = await run
        assert not await one.bulk.add(ids), "it has ended, and says so"
    assert joined
    assert final.done == 12


async def test_those_that_failed_lately_come_last(
    server: Server, extractor: Extractor, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    documents = site(server, 4)
    del server.handlers["/0"], server.handlers["/1"]
    opened = library(make_folder(documents))
    ids = ids_of(opened)
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids)
        await one.bulk.run()
    failed = {got.id for got in one.heard if got.status == "failed"}
    assert opened.pages.failed_among(ids) == failed
    assert len(failed) == 2
    more = {f"new{n}.md": document(server.url(f"/new{n}"), title=f"Zzz {n}") for n in range(4)}
    for n in range(4):
        server.on(f"/new{n}", reply(html(f"New {n}")))
    make_folder(more)
    for _ in refresh(opened):
        pass
    async with gathering(opened, extractor) as one:
        asked = len(articles(server))
        await one.bulk.add([*failed, *ids_of(opened)])
        await one.bulk.run()
    order = articles(server)[asked:]
    assert min(map(order.index, ("/0", "/1"))) >= PER_HOST


async def test_asked_to_all_are_looked_at_again(
    server: Server, extractor: Extractor, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder(site(server, 3)))
    for force in (False, True):
        async with gathering(opened, extractor, force=force) as one:
            await one.bulk.add(ids_of(opened))
            final = await one.bulk.run()
    assert len(articles(server)) == 6
    assert final.done == 3


async def test_a_disk_that_is_full_ends_it_in_a_sentence(
    server: Server, extractor: Extractor, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder(site(server, 20)))
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids_of(opened))

        def fill() -> None:
            with opened.pages._database.read() as db:
                (used,) = db.execute("PRAGMA page_count").fetchone()
                db.execute(f"PRAGMA max_page_count={used}")

        await one.bulk._disk.do(fill)
        final = await one.bulk.run()
    assert final.finished
    assert "disk is full" in final.told
    assert final.left > 0


async def test_an_article_that_is_gone_meanwhile_fails_alone(
    server: Server, extractor: Extractor, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder(site(server, 2)))
    async with gathering(opened, extractor) as one:
        await one.bulk.add(["0" * 16, *ids_of(opened)])
        final = await one.bulk.run()
    assert (final.done, final.failed) == (2, 1)


async def test_cancelling_ends_everything_under_way(
    server: Server, extractor: Extractor, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    documents = site(server, 4)

    asked = asyncio.Event()

    async def silent(*_: object) -> None:
        if len(articles(server)) >= PER_HOST:
            asked.set()
        await asyncio.Event().wait()

    for n in range(4):
        server.on(f"/{n}", silent)
    opened = library(make_folder(documents))
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids_of(opened))
        run = asyncio.create_task(one.bulk.run())
        await asyncio.wait_for(asked.wait(), 60)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        assert not one.bulk._active
    assert opened.pages.having() == set()


async def test_progress_is_told_ten_times_a_second_at_most(
    server: Server, extractor: Extractor, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder(site(server, 40)))
    async with gathering(opened, extractor) as one:
        begun = time.monotonic()
        await one.bulk.add(ids_of(opened))
        await one.bulk.run()
        taken = time.monotonic() - begun
    assert len(one.told) <= taken * 10 + 3, "the first, the last, and one more for the clock"
