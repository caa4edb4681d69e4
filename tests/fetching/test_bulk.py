"""Many articles at once: everything that has no page, politely, told as it goes, and to be stopped at any time."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from reader.content.markdown.parser import parse_markdown
from reader.content.page import Extract, Page
from reader.core.events import BulkProgress, FetchResult
from reader.fetching.addresses import FetchTarget, find_target
from reader.fetching.attempt import Outcome
from reader.fetching.bulk import AT_ONCE, PER_HOST, BulkFetch
from reader.fetching.fetch_article import ArticleFetcher
from reader.fetching.politeness import ROUNDS
from reader.indexing.refresh import refresh
from reader.library.library import Library
from reader.web.client import Fetcher
from reader.web.robots import Robots
from reader.workers.sandbox import SandboxPool
from tests.conftest import MakeFolder, OpenLibrary
from tests.fetching.linked_pages import RULES, document, fetching, html, ids_of
from tests.web.server import Request, Server, onward, reply, serving


@pytest.fixture(scope="module")
def extractor() -> Iterator[SandboxPool]:
    one = SandboxPool(seconds=60)
    yield one
    one.close()


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as one:
        yield one


class Gathering:
    """A BulkFetch and all that it has told."""

    def __init__(self, library: Library, job: ArticleFetcher, robots: Robots, *, force: bool = False) -> None:
        self.summary: list[BulkProgress] = []
        self.on_result: list[FetchResult] = []
        self.news = asyncio.Event()
        self.bulk = BulkFetch(job, library, job._tools.disk, robots, self._tell, on_result=self._hear, force=force)

    def _tell(self, gathered: BulkProgress) -> None:
        self.summary.append(gathered)
        self.news.set()

    def _hear(self, got: FetchResult) -> None:
        self.on_result.append(got)
        self.news.set()

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not is_so():
                self.news.clear()
                await self.news.wait()


@contextlib.asynccontextmanager
async def gathering(library: Library, extractor: SandboxPool, *, force: bool = False) -> AsyncIterator[Gathering]:
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
    server: Server, extractor: SandboxPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder({**site(server, 30), "gone.md": document(server.url("/gone")), "none.md": document()}))
    ids = ids_of(opened)
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids[:10])
        await one.bulk.run()
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids)
        final = await one.bulk.run()
    assert len(opened.pages.ids_with_page()) == 30
    assert sorted(articles(server).count(f"/{n}") for n in range(30)) == [1] * 30, "what is there is not asked for"
    assert (final.failed, final.left, final.finished) == (2, 0, True)
    assert final.done + final.cached == 30
    assert final == one.summary[-1]
    assert final.summary.endswith("2 failed.")
    assert {got.status for got in one.on_result} == {"fetched", "failed"}
    assert len(one.on_result) == final.done + final.failed
    for former, later in zip(one.summary, one.summary[1:], strict=False):
        assert later.done >= former.done
        assert later.left <= former.left or former.left == 0


async def test_it_is_polite_and_several_hosts_are_asked_at_once(
    extractor: SandboxPool, make_folder: MakeFolder, library: OpenLibrary
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
    server: Server, extractor: SandboxPool, make_folder: MakeFolder, library: OpenLibrary
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
    server: Server, extractor: SandboxPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    documents = site(server, 6)
    for n in range(6):
        server.on(f"/{n}", reply(b"", "503 FetchService Unavailable", retry_after="3600"))
    opened = library(make_folder(documents))
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids_of(opened))
        final = await one.bulk.run()
    assert (final.done, final.failed, final.left) == (0, 6, 0)
    assert len(articles(server)) <= PER_HOST
    assert all(got.error for got in one.on_result)
    assert any("2 h" in got.error or "1 h" in got.error or "60 min" in got.error for got in one.on_result), (
        one.on_result
    )


async def test_robots_txt_is_honoured(
    server: Server, extractor: SandboxPool, make_folder: MakeFolder, library: OpenLibrary
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
    server: Server, extractor: SandboxPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    documents = site(server, 3)
    server.on("/robots.txt", reply(b"User-agent: *\nCrawl-delay: 1\n", kind="text/plain"))
    asked: list[float] = []
    begun = time.monotonic()

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
    assert all(when - begun >= n - 0.1 for n, when in enumerate(asked)), "the second waits for the first as well"


async def test_a_pause_begins_nothing_and_what_is_stopped_goes_on_next_time(
    server: Server, extractor: SandboxPool, make_folder: MakeFolder, library: OpenLibrary
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
        await one.until(lambda: len(one.on_result) >= PER_HOST)
        await one.until(lambda: one.summary[-1].paused)
        assert len(one.on_result) == PER_HOST
        assert len(articles(server)) == PER_HOST
        one.bulk.resume()
        await one.until(lambda: len(one.on_result) > PER_HOST)
        assert not one.summary[-1].paused or not one.summary[-1].finished
        gate.clear()
        one.bulk.stop()
        final = await run
    kept = len(opened.pages.ids_with_page())
    assert final.finished
    assert final.done == kept < 20
    assert final.left == 20 - kept
    assert final.summary.startswith("Stopped: ")
    assert f"{final.left} left" in final.summary
    gate.set()
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids_of(opened))
        final = await one.bulk.run()
    assert (final.cached, final.done, final.left) == (kept, 20 - kept, 0)


async def test_others_may_join_while_it_is_at_work(
    server: Server, extractor: SandboxPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder(site(server, 12)))
    ids = ids_of(opened)
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids[:3])
        run = asyncio.create_task(one.bulk.run())
        await one.until(lambda: bool(one.on_result))
        joined = await one.bulk.add(ids)
        final = await run
        assert not await one.bulk.add(ids), "it has ended, and says so"
    assert joined
    assert final.done == 12


async def test_those_that_failed_lately_come_last(
    server: Server, extractor: SandboxPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    documents = site(server, 4)
    del server.handlers["/0"], server.handlers["/1"]
    opened = library(make_folder(documents))
    ids = ids_of(opened)
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids)
        await one.bulk.run()
    failed = {got.id for got in one.on_result if got.status == "failed"}
    assert opened.pages.which_failed(ids) == failed
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
    server: Server, extractor: SandboxPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder(site(server, 3)))
    for force in (False, True):
        async with gathering(opened, extractor, force=force) as one:
            await one.bulk.add(ids_of(opened))
            final = await one.bulk.run()
    assert len(articles(server)) == 6
    assert final.done == 3


async def test_a_disk_that_is_full_ends_it_in_a_sentence(
    server: Server, extractor: SandboxPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder(site(server, 20)))
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids_of(opened))

        def fill() -> None:
            with opened.pages._database.read() as db:
                (used,) = db.execute("PRAGMA page_count").fetchone()
                db.execute(f"PRAGMA max_page_count={used}")

        await one.bulk._disk.run(fill)
        final = await one.bulk.run()
    assert final.finished
    assert "disk is full" in final.summary
    assert final.left > 0


async def test_an_article_that_is_gone_meanwhile_fails_alone(
    server: Server, extractor: SandboxPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder(site(server, 2)))
    async with gathering(opened, extractor) as one:
        await one.bulk.add(["0" * 16, *ids_of(opened)])
        final = await one.bulk.run()
    assert (final.done, final.failed) == (2, 1)


async def test_cancelling_ends_everything_under_way(
    server: Server, extractor: SandboxPool, make_folder: MakeFolder, library: OpenLibrary
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
    assert opened.pages.ids_with_page() == set()


async def test_progress_is_told_ten_times_a_second_at_most(
    server: Server, extractor: SandboxPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder(site(server, 40)))
    async with gathering(opened, extractor) as one:
        begun = time.monotonic()
        await one.bulk.add(ids_of(opened))
        await one.bulk.run()
        taken = time.monotonic() - begun
    assert len(one.summary) <= taken * 10 + 3, "the first, the last, and one more for the clock"


# What strangers and others can do to it.


async def test_robots_txt_is_honoured_wherever_a_redirect_leads(
    extractor: SandboxPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    async with serving() as server:
        server.on("/robots.txt", reply(b"User-agent: *\nDisallow: /private/\nCrawl-delay: 1\n", kind="text/plain"))
        server.on("/private/a", reply(html("Private")))
        server.on("/go", onward("/private/a"))
        asked: list[float] = []

        async def noted(request: Request, writer: asyncio.StreamWriter) -> None:
            asked.append(time.monotonic())
            writer.write(reply(html(request.target)))
            await writer.drain()

        async with serving() as short:
            documents = {"go.md": document(server.url("/go"))}
            for n in range(3):
                server.on(f"/{n}", noted)
                url = short.on(f"/{n}", onward(server.url(f"/{n}"))).replace("127.0.0.1", "localhost")
                documents[f"{n}.md"] = document(url, title=f"Title {n}")
            opened = library(make_folder(documents))
            begun = time.monotonic()
            async with gathering(opened, extractor) as one:
                await one.bulk.add(ids_of(opened))
                final = await one.bulk.run()
    assert (final.done, final.failed) == (3, 1)
    assert "/private/a" not in server.targets
    assert any("its robots.txt asks programs to stay away" in got.error for got in one.on_result)
    # One turn of the host's was taken by what led to the private page.
    assert all(when - begun >= n - 0.1 for n, when in enumerate(asked))


async def test_a_thousand_articles_without_an_address_do_not_end_it(
    server: Server, extractor: SandboxPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    documents = {f"none {n}.md": document(title=f"None {n}") for n in range(1000)}
    opened = library(make_folder({**documents, **site(server, 1)}))
    ids = ids_of(opened)
    last = [id_ for id_ in ids if find_target(opened, id_).addresses]
    async with gathering(opened, extractor) as one, asyncio.timeout(120):
        await one.bulk.add([*(id_ for id_ in ids if id_ not in last), *last])
        final = await one.bulk.run()
    assert (final.done, final.failed, final.left) == (1, 1000, 0)


@pytest.mark.parametrize("how", ["named", "led to"])
async def test_a_name_that_no_library_takes_is_one_article_s_failure(
    how: str, server: Server, extractor: SandboxPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    odd = "http://xn--/a"
    documents = site(server, 12)
    documents["odd.md"] = document(odd if how == "named" else server.on("/odd", onward(odd)))
    opened = library(make_folder(documents))
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids_of(opened))
        final = await one.bulk.run()
    assert (final.done, final.failed, final.left) == (12, 1, 0)


class _Falls(ArticleFetcher):
    """Something in newsreader that fails over one article."""

    url = ""

    async def fetch(self, wanted: FetchTarget, **more: Any) -> Outcome:
        if wanted.addresses[0].url == self.url:
            raise ValueError("of its own")
        return await super().fetch(wanted, **more)


async def test_what_newsreader_itself_fails_over_is_one_article_s_failure(
    server: Server,
    extractor: SandboxPool,
    make_folder: MakeFolder,
    library: OpenLibrary,
    caplog: pytest.LogCaptureFixture,
) -> None:
    opened = library(make_folder(site(server, 12)))
    for force in (False, True):
        async with gathering(opened, extractor, force=force) as one:
            tools = one.bulk._fetching._tools
            one.bulk._fetching = _Falls(tools.web, tools.reads, tools.pages, tools.disk, tools.capture)
            one.bulk._fetching.url = server.url("/3")
            await one.bulk.add(ids_of(opened))
            final = await one.bulk.run()
        (error,) = (got for got in one.on_result if got.error)
        assert (final.done, final.failed, final.left) == (11, 1, 0)
        assert error.error == "Something went wrong in newsreader itself; the log file has the details."
        failed = opened.pages.failure(error.id)
        assert failed is not None
        assert failed.error == error.error
    assert "ValueError: of its own" in caplog.text


async def test_a_host_with_very_much_holds_up_no_other(
    server: Server,
    extractor: SandboxPool,
    make_folder: MakeFolder,
    library: OpenLibrary,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("reader.fetching.bulk._AHEAD", 20)
    monkeypatch.setattr("reader.fetching.bulk._HOST_AHEAD", 10)
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
    others = [id_ for id_ in ids_of(opened) if "localhost" in find_target(opened, id_).addresses[0].url]
    async with gathering(opened, extractor) as one, asyncio.timeout(120):
        await one.bulk.add([*(id_ for id_ in ids_of(opened) if id_ not in others), *others])
        run = asyncio.create_task(one.bulk.run())
        await one.until(lambda: {got.id for got in one.on_result} >= set(others))
        assert len(one.on_result) == 3, "the host with very much has answered nothing yet"
        assert sum(map(len, one.bulk._hosts.values())) <= 20
        await one.until(lambda: one.summary[-1].left == 100)
        gate.set()
        final = await run
    assert (final.done, final.left) == (103, 0)


async def test_a_failure_of_a_clock_that_was_ahead_keeps_nothing_from_being_asked_for(
    server: Server, extractor: SandboxPool, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder(site(server, 1)))
    (id_,) = ids_of(opened)
    opened.pages.record_failure(id_, datetime.now(UTC) + timedelta(days=2), [("original", "a.example", "x")], "X.")
    async with gathering(opened, extractor) as one:
        await one.bulk.add([id_])
        assert (await one.bulk.run()).done == 1


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reader.fetching.politeness._FIRST_WAIT", 0.05)


@pytest.mark.usefixtures("short_waits")
@pytest.mark.parametrize(
    "answer",
    [reply(b"", "429 Too Many Requests", retry_after="0"), reply(b"", "503 FetchService Unavailable")],
    ids=["429", "503"],
)
async def test_a_host_that_is_busy_and_does_not_say_for_how_long_is_not_asked_on_and_on(
    answer: bytes,
    server: Server,
    extractor: SandboxPool,
    make_folder: MakeFolder,
    library: OpenLibrary,
) -> None:
    documents = site(server, 40)
    for n in range(40):
        server.on(f"/{n}", answer)
    opened = library(make_folder(documents))
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids_of(opened))
        final = await one.bulk.run()
    assert (final.failed, final.left) == (40, 0)
    assert len(articles(server)) <= ROUNDS * PER_HOST
    assert sum("busy 5 times in a row" in got.error for got in one.on_result) >= 40 - ROUNDS * PER_HOST


async def test_it_ends_where_there_is_room_for_nothing_but_what_it_has_fetched(
    server: Server, extractor: SandboxPool, make_folder: MakeFolder, library: OpenLibrary
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
    kept = []
    for _ in range(2):
        async with gathering(opened, extractor) as one:
            await one.bulk.add(ids_of(opened))
            final = await one.bulk.run()
        kept.append(opened.pages.ids_with_page())
        assert opened.pages.page(other.id) is None, "what others have fetched makes room"
        assert final.summary.startswith("There is no room for more pages in 0 MB: ")
        assert "cache_mb" in final.summary
        assert final.left == 12 - len(kept[-1]) > 0
    assert kept[0] == kept[1] != set()
    opened.pages.limit = 1_000_000
    async with gathering(opened, extractor) as one:
        await one.bulk.add(ids_of(opened))
        assert (await one.bulk.run()).left == 0
