"""Bulk fetches: every article without a page, politely, with progress, and stoppable at any time."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from reader.content.markdown.parser import parse_markdown
from reader.content.page import Extract, Page
from reader.core.events import BulkProgress, FetchResult
from reader.core.paths import Paths
from reader.fetching.bulk import BulkFetch, BulkLimits
from reader.fetching.fetch_article import ArticleFetcher, Outcome
from reader.fetching.fetch_target import FetchTarget, find_target
from reader.fetching.politeness import ROUNDS
from reader.indexing.refresh import refresh
from reader.library.library import Library
from reader.storage.sqlite.pages.recovery import open_or_recover
from reader.storage.sqlite.pages.store import PageStore
from reader.web.client import WebClient
from reader.web.robots import Robots
from tests.conftest import MakeFolder, OpenLibrary
from tests.fetching.linked_pages import RULES, document, fetching, html, ids_of
from tests.shared_sandboxes import SharedPool
from tests.storage.page_helpers import fill
from tests.web.server import Request, Server, redirect, reply, serving

PER_HOST = BulkLimits().per_host


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as one:
        yield one


class BulkRecorder:
    """A BulkFetch and its events."""

    def __init__(
        self,
        library: Library,
        job: ArticleFetcher,
        robots: Robots,
        *,
        force: bool = False,
        limits: BulkLimits | None = None,
    ) -> None:
        self.progress: list[BulkProgress] = []
        self.results: list[FetchResult] = []
        self.news = asyncio.Event()
        self.run_in_library = job.context.run
        self.bulk = BulkFetch(
            job, library, robots, self._record_progress, on_result=self._record_result, force=force, limits=limits
        )

    def _record_progress(self, gathered: BulkProgress) -> None:
        self.progress.append(gathered)
        self.news.set()

    def _record_result(self, got: FetchResult) -> None:
        self.results.append(got)
        self.news.set()

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not is_so():
                self.news.clear()
                await self.news.wait()


@contextlib.asynccontextmanager
async def bulk_fetch(
    library: Library,
    extractor: SharedPool,
    *,
    pages: PageStore | None = None,
    fetcher: type[ArticleFetcher] = ArticleFetcher,
    force: bool = False,
    limits: BulkLimits | None = None,
) -> AsyncIterator[BulkRecorder]:
    async with WebClient(RULES) as client, fetching(pages or library.pages, extractor) as job:
        yield BulkRecorder(library, fetcher(job.context), Robots(client), force=force, limits=limits)


def site(server: Server, number: int, host: str = "") -> dict[str, str]:
    """Serve ``number`` articles, and return documents that link to them."""
    documents = {}
    for n in range(number):
        server.on(f"/{n}", reply(html(f"Title {n}")))
        documents[f"{host}{n}.md"] = document(server.url(f"/{n}", host), title=f"Title {n}")
    return documents


def articles(server: Server) -> list[str]:
    return [target for target in server.targets if target != "/robots.txt"]


async def test_every_article_without_a_page_is_fetched(
    server: Server, extractor: SharedPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder({**site(server, 30), "gone.md": document(server.url("/gone")), "none.md": document()}))
    ids = ids_of(opened)
    async with bulk_fetch(opened, extractor) as recorder:
        await recorder.bulk.add(ids[:10])
        await recorder.bulk.run()
    async with bulk_fetch(opened, extractor) as recorder:
        await recorder.bulk.add(ids)
        final = await recorder.bulk.run()
    assert len(opened.pages.ids_with_page()) == 30
    assert sorted(articles(server).count(f"/{n}") for n in range(30)) == [1] * 30, "cached pages are not requested"
    assert (final.failed, final.left, final.finished) == (2, 0, True)
    assert final.done + final.cached == 30
    assert final == recorder.progress[-1]
    assert final.summary.endswith("1 failed, 1 without a URL.")
    assert {got.status for got in recorder.results} == {"fetched", "failed"}
    assert len(recorder.results) == final.done + final.failed
    for earlier, later in zip(recorder.progress, recorder.progress[1:], strict=False):
        assert later.done >= earlier.done
        assert later.left <= earlier.left or earlier.left == 0


async def test_several_hosts_are_contacted_in_parallel_within_limits(
    extractor: SharedPool, make_folder: MakeFolder, library: OpenLibrary
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
        async with bulk_fetch(opened, extractor) as recorder:
            await recorder.bulk.add(ids_of(opened))
            final = await recorder.bulk.run()
    assert final.done == 24
    assert both.is_set()
    assert max(most.values()) <= PER_HOST
    assert sum(most.values()) <= BulkLimits().parallel


async def test_a_busy_host_gets_its_pause_and_is_tried_again(
    server: Server, extractor: SharedPool, make_folder: MakeFolder, library: OpenLibrary
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
    async with bulk_fetch(opened, extractor) as recorder:
        await recorder.bulk.add(ids_of(opened))
        final = await recorder.bulk.run()
    assert (final.done, final.failed) == (3, 0)
    assert busy_until[-1] >= busy_until[0]


async def test_a_host_that_asks_for_a_long_pause_fails(
    server: Server, extractor: SharedPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    documents = site(server, 6)
    for n in range(6):
        server.on(f"/{n}", reply(b"", "503 Service Unavailable", retry_after="3600"))
    opened = library(make_folder(documents))
    async with bulk_fetch(opened, extractor) as recorder:
        await recorder.bulk.add(ids_of(opened))
        final = await recorder.bulk.run()
    assert (final.done, final.failed, final.left) == (0, 6, 0)
    assert len(articles(server)) <= PER_HOST
    assert all(got.error for got in recorder.results)
    assert any("2 h" in got.error or "1 h" in got.error or "60 min" in got.error for got in recorder.results), (
        recorder.results
    )


async def test_robots_txt_is_respected(
    server: Server, extractor: SharedPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    documents = site(server, 4)
    server.on("/robots.txt", reply(b"User-agent: *\nDisallow: /1\nDisallow: /2\n", kind="text/plain"))
    opened = library(make_folder(documents))
    async with bulk_fetch(opened, extractor) as recorder:
        await recorder.bulk.add(ids_of(opened))
        final = await recorder.bulk.run()
    assert (final.done, final.failed) == (2, 2)
    assert sorted(articles(server)) == ["/0", "/3"]


async def test_crawl_delay_is_respected(
    server: Server, extractor: SharedPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    documents = site(server, 3)
    server.on("/robots.txt", reply(b"User-agent: *\nCrawl-delay: 0.3\n", kind="text/plain"))
    asked: list[float] = []
    begun = time.monotonic()

    async def noted(request: Request, writer: asyncio.StreamWriter) -> None:
        asked.append(time.monotonic())
        writer.write(reply(html(request.target)))
        await writer.drain()

    for n in range(3):
        server.on(f"/{n}", noted)
    opened = library(make_folder(documents))
    async with bulk_fetch(opened, extractor) as recorder:
        await recorder.bulk.add(ids_of(opened))
        final = await recorder.bulk.run()
    assert final.done == 3
    assert all(when - begun >= 0.3 * n - 0.03 for n, when in enumerate(asked)), "the second waits for the first too"


async def test_pause_stop_and_continue_later(
    server: Server, extractor: SharedPool, make_folder: MakeFolder, library: OpenLibrary
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
    async with bulk_fetch(opened, extractor) as recorder:
        await recorder.bulk.add(ids_of(opened))
        run = asyncio.create_task(recorder.bulk.run())
        await asyncio.wait_for(asked.wait(), 60)
        recorder.bulk.pause()
        gate.set()
        await recorder.until(lambda: len(recorder.results) >= PER_HOST)
        await recorder.until(lambda: recorder.progress[-1].paused)
        assert len(recorder.results) == PER_HOST
        assert len(articles(server)) == PER_HOST
        recorder.bulk.resume()
        await recorder.until(lambda: len(recorder.results) > PER_HOST)
        assert not recorder.progress[-1].paused or not recorder.progress[-1].finished
        gate.clear()
        recorder.bulk.stop()
        final = await run
    stored = len(opened.pages.ids_with_page())
    assert final.finished
    assert final.done == stored < 20
    assert final.left == 20 - stored
    assert final.summary.startswith("Stopped: ")
    assert f"{final.left} left" in final.summary
    gate.set()
    async with bulk_fetch(opened, extractor) as recorder:
        await recorder.bulk.add(ids_of(opened))
        final = await recorder.bulk.run()
    assert (final.cached, final.done, final.left) == (stored, 20 - stored, 0)


async def test_articles_can_be_added_during_the_run(
    server: Server, extractor: SharedPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder(site(server, 12)))
    ids = ids_of(opened)
    async with bulk_fetch(opened, extractor) as recorder:
        await recorder.bulk.add(ids[:3])
        run = asyncio.create_task(recorder.bulk.run())
        await recorder.until(lambda: bool(recorder.results))
        joined = await recorder.bulk.add(ids)
        final = await run
        assert not await recorder.bulk.add(ids), "the run has ended, so nothing can be added"
    assert joined
    assert final.done == 12


async def test_recent_failures_come_last(
    server: Server, extractor: SharedPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    documents = site(server, 4)
    del server.handlers["/0"], server.handlers["/1"]
    opened = library(make_folder(documents))
    ids = ids_of(opened)
    async with bulk_fetch(opened, extractor) as recorder:
        await recorder.bulk.add(ids)
        await recorder.bulk.run()
    failed = {got.id for got in recorder.results if got.status == "failed"}
    assert opened.pages.which_failed(ids) == failed
    assert len(failed) == 2
    more = {f"new{n}.md": document(server.url(f"/new{n}"), title=f"Zzz {n}") for n in range(4)}
    for n in range(4):
        server.on(f"/new{n}", reply(html(f"New {n}")))
    make_folder(more)
    for _ in refresh(opened):
        pass
    async with bulk_fetch(opened, extractor) as recorder:
        asked = len(articles(server))
        await recorder.bulk.add([*failed, *ids_of(opened)])
        await recorder.bulk.run()
    order = articles(server)[asked:]
    assert min(map(order.index, ("/0", "/1"))) >= PER_HOST


async def test_force_fetches_everything_again(
    server: Server, extractor: SharedPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder(site(server, 3)))
    for force in (False, True):
        async with bulk_fetch(opened, extractor, force=force) as recorder:
            await recorder.bulk.add(ids_of(opened))
            final = await recorder.bulk.run()
    assert len(articles(server)) == 6
    assert final.done == 3


async def test_a_full_disk_ends_the_run_with_a_message(
    server: Server,
    extractor: SharedPool,
    make_folder: MakeFolder,
    library: OpenLibrary,
    own_directories: Paths,
) -> None:
    opened = library(make_folder(site(server, 20)))
    assert opened.pages.ids_with_page() == set()
    database, _ = open_or_recover(own_directories.pages_file)
    async with bulk_fetch(opened, extractor, pages=PageStore(database, frozenset)) as recorder:
        await recorder.bulk.add(ids_of(opened))
        await recorder.run_in_library(lambda: fill(database))
        final = await recorder.bulk.run()
    assert final.finished
    assert "disk is full" in final.summary
    assert final.left > 0
    database.close()


async def test_an_article_removed_in_the_meantime_fails_alone(
    server: Server, extractor: SharedPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder(site(server, 2)))
    async with bulk_fetch(opened, extractor) as recorder:
        await recorder.bulk.add(["0" * 16, *ids_of(opened)])
        final = await recorder.bulk.run()
    assert (final.done, final.failed) == (2, 1)


async def test_canceling_ends_all_running_fetches(
    server: Server, extractor: SharedPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    documents = site(server, 4)

    asked = asyncio.Event()

    async def silent(*_: object) -> None:
        if len(articles(server)) >= PER_HOST:
            asked.set()
        await asyncio.Event().wait()

    def fetches() -> list[str]:
        names = [task.get_coro().__qualname__ for task in asyncio.all_tasks() if not task.done()]
        return [name for name in names if name.startswith("BulkFetch.") and name != "BulkFetch.run"]

    for n in range(4):
        server.on(f"/{n}", silent)
    opened = library(make_folder(documents))
    async with bulk_fetch(opened, extractor) as recorder:
        await recorder.bulk.add(ids_of(opened))
        run = asyncio.create_task(recorder.bulk.run())
        await asyncio.wait_for(asked.wait(), 60)
        assert fetches()
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        assert not fetches()
    assert opened.pages.ids_with_page() == set()


async def test_progress_is_reported_at_most_ten_times_a_second(
    server: Server, extractor: SharedPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder(site(server, 40)))
    async with bulk_fetch(opened, extractor) as recorder:
        begun = time.monotonic()
        await recorder.bulk.add(ids_of(opened))
        await recorder.bulk.run()
        taken = time.monotonic() - begun
    assert len(recorder.progress) <= taken * 10 + 3, "the first, the last, and one for clock jitter"


# Interference.


async def test_robots_txt_is_respected_after_redirects(
    extractor: SharedPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    async with serving() as server:
        server.on("/robots.txt", reply(b"User-agent: *\nDisallow: /private/\nCrawl-delay: 0.3\n", kind="text/plain"))
        server.on("/private/a", reply(html("Private")))
        server.on("/go", redirect("/private/a"))
        asked: list[float] = []

        async def noted(request: Request, writer: asyncio.StreamWriter) -> None:
            asked.append(time.monotonic())
            writer.write(reply(html(request.target)))
            await writer.drain()

        async with serving() as short:
            documents = {"go.md": document(server.url("/go"))}
            for n in range(3):
                server.on(f"/{n}", noted)
                url = short.on(f"/{n}", redirect(server.url(f"/{n}"))).replace("127.0.0.1", "localhost")
                documents[f"{n}.md"] = document(url, title=f"Title {n}")
            opened = library(make_folder(documents))
            begun = time.monotonic()
            async with bulk_fetch(opened, extractor) as recorder:
                await recorder.bulk.add(ids_of(opened))
                final = await recorder.bulk.run()
    assert (final.done, final.failed) == (3, 1)
    assert "/private/a" not in server.targets
    assert any("robots.txt does not allow bulk fetches" in got.error for got in recorder.results)
    # One turn of the host was used by the URL that leads to the private page.
    assert all(when - begun >= 0.3 * n - 0.03 for n, when in enumerate(asked))


async def test_many_articles_without_an_address_fail_alone(
    server: Server, extractor: SharedPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    documents = {f"none {n}.md": document(title=f"None {n}") for n in range(1000)}
    opened = library(make_folder({**documents, **site(server, 1)}))
    ids = ids_of(opened)
    last = [id_ for id_ in ids if find_target(opened, id_).urls]
    async with bulk_fetch(opened, extractor) as recorder, asyncio.timeout(120):
        await recorder.bulk.add([*(id_ for id_ in ids if id_ not in last), *last])
        final = await recorder.bulk.run()
    assert (final.done, final.failed, final.left) == (1, 1000, 0)


@pytest.mark.parametrize("how", ["named", "led to"])
async def test_an_invalid_host_name_fails_only_its_article(
    how: str, server: Server, extractor: SharedPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    odd = "http://xn--/a"
    documents = site(server, 12)
    documents["odd.md"] = document(odd if how == "named" else server.on("/odd", redirect(odd)))
    opened = library(make_folder(documents))
    async with bulk_fetch(opened, extractor) as recorder:
        await recorder.bulk.add(ids_of(opened))
        final = await recorder.bulk.run()
    assert (final.done, final.failed, final.left) == (12, 1, 0)


class _BuggyFetcher(ArticleFetcher):
    """A fetcher with a bug that one article triggers."""

    url = ""

    async def fetch(self, target: FetchTarget, **more: Any) -> Outcome:
        if target.urls[0].url == self.url:
            raise ValueError("of its own")
        return await super().fetch(target, **more)


async def test_an_internal_error_fails_only_its_article(
    server: Server,
    extractor: SharedPool,
    make_folder: MakeFolder,
    library: OpenLibrary,
    caplog: pytest.LogCaptureFixture,
) -> None:
    opened = library(make_folder(site(server, 12)))
    for force in (False, True):
        _BuggyFetcher.url = server.url("/3")
        async with bulk_fetch(opened, extractor, fetcher=_BuggyFetcher, force=force) as recorder:
            await recorder.bulk.add(ids_of(opened))
            final = await recorder.bulk.run()
        (error,) = (got for got in recorder.results if got.error)
        assert (final.done, final.failed, final.left) == (11, 1, 0)
        assert error.error == "Internal error in newsreader; the log file has the details."
        failed = opened.pages.failure(error.id)
        assert failed is not None
        assert failed.error == error.error
    assert "ValueError: of its own" in caplog.text


async def test_a_host_with_many_articles_does_not_delay_others(
    server: Server,
    extractor: SharedPool,
    make_folder: MakeFolder,
    library: OpenLibrary,
) -> None:
    documents = {f"{n:03}.md": document(server.url(f"/busy/{n}"), title=f"Busy {n}") for n in range(100)}
    gate = asyncio.Event()

    async def busy(_: Request, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        writer.write(reply(html(f"Busy {_.target}")))
        await writer.drain()

    for n in range(100):
        server.on(f"/busy/{n}", busy)
    documents |= site(server, 3, "localhost")
    opened = library(make_folder(documents))
    others = [id_ for id_ in ids_of(opened) if "localhost" in find_target(opened, id_).urls[0].url]
    limits = BulkLimits(lookahead=20)
    async with bulk_fetch(opened, extractor, limits=limits) as recorder, asyncio.timeout(120):
        await recorder.bulk.add([*(id_ for id_ in ids_of(opened) if id_ not in others), *others])
        run = asyncio.create_task(recorder.bulk.run())
        await recorder.until(lambda: {got.id for got in recorder.results} >= set(others))
        assert len(recorder.results) == 3, "the host with many articles has answered nothing yet"
        await recorder.until(lambda: recorder.progress[-1].left == 100)
        gate.set()
        final = await run
    assert (final.done, final.left) == (103, 0)


async def test_a_failure_in_the_future_is_ignored(
    server: Server, extractor: SharedPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder(site(server, 1)))
    (id_,) = ids_of(opened)
    opened.pages.record_failure(id_, datetime.now(UTC) + timedelta(days=2), [("original", "a.example", "x")], "X.")
    async with bulk_fetch(opened, extractor) as recorder:
        await recorder.bulk.add([id_])
        assert (await recorder.bulk.run()).done == 1


@pytest.mark.parametrize(
    "answer",
    [reply(b"", "429 Too Many Requests", retry_after="0"), reply(b"", "503 Service Unavailable")],
    ids=["429", "503"],
)
async def test_a_host_that_stays_busy_is_given_up(
    answer: bytes,
    server: Server,
    extractor: SharedPool,
    make_folder: MakeFolder,
    library: OpenLibrary,
) -> None:
    documents = site(server, 40)
    for n in range(40):
        server.on(f"/{n}", answer)
    opened = library(make_folder(documents))
    async with bulk_fetch(opened, extractor, limits=BulkLimits(first_wait=0.05)) as recorder:
        await recorder.bulk.add(ids_of(opened))
        final = await recorder.bulk.run()
    assert (final.failed, final.left) == (40, 0)
    assert len(articles(server)) <= ROUNDS * PER_HOST
    assert sum("busy 5 times in a row" in got.error for got in recorder.results) >= 40 - ROUNDS * PER_HOST


async def test_the_run_ends_when_its_own_pages_fill_the_cache(
    server: Server, extractor: SharedPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder(site(server, 12)))
    opened.pages.limit = 8_000
    now = datetime.now(UTC)
    other = Page(
        "f" * 16,
        "original",
        "https://a.example",
        "https://a.example",
        Extract(parse_markdown("Old " * 900), 900),
        now,
        now,
    )
    opened.pages.put(other, b"")
    stored = []
    for _ in range(2):
        async with bulk_fetch(opened, extractor) as recorder:
            await recorder.bulk.add(ids_of(opened))
            final = await recorder.bulk.run()
        stored.append(opened.pages.ids_with_page())
        assert opened.pages.page(other.id) is None, "pages fetched by others can be evicted"
        assert final.summary.startswith("There is no room for more pages in 0 MB: ")
        assert "cache_mb" in final.summary
        assert final.left == 12 - len(stored[-1]) > 0
    assert stored[0] == stored[1] != set()
    opened.pages.limit = 1_000_000
    async with bulk_fetch(opened, extractor) as recorder:
        await recorder.bulk.add(ids_of(opened))
        assert (await recorder.bulk.run()).left == 0
