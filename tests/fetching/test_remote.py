"""The process that fetches beside the app: what is ordered is answered, whatever becomes of the process."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from reader.config.settings import FETCHING_DISABLED, OFFLINE, FetchSettings
from reader.core.events import BulkProgress, FetchAttempted, FetchEvent, FetchResult, ImageFetched, Notice
from reader.core.model import Links
from reader.core.paths import Paths
from reader.fetching import remote
from reader.fetching.remote import FetchClient
from reader.library.library import Library
from reader.workers import process as processes
from tests.conftest import MakeFolder, OpenLibrary
from tests.fetching.linked_pages import document, html, ids_of
from tests.web.server import Request, Server, reply, serving

_SETTINGS = FetchSettings(allow_hosts=("127.0.0.1",))
_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as one:
        yield one


class UpdaterHandle:
    """A FetchClient and all that it has told."""

    def __init__(self, library: Library, settings: FetchSettings = _SETTINGS) -> None:
        self.summary: list[FetchEvent] = []
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self.process = FetchClient(library, Paths.from_environment(), settings, self._tell)

    def _tell(self, news: FetchEvent) -> None:
        self.summary.append(news)
        self._loop.call_soon_threadsafe(self._news.set)

    async def until(self, is_it: Callable[[FetchEvent], bool], start: int = 0) -> FetchEvent:
        """Return the first news that is what is waited for, of those from ``start`` on."""
        async with asyncio.timeout(60):
            while True:
                for news in self.summary[start:]:
                    if is_it(news):
                        return news
                self._news.clear()
                await self._news.wait()

    async def got(self, id_: str, start: int = 0) -> FetchResult:
        news = await self.until(lambda news: isinstance(news, FetchResult) and news.id == id_, start)
        assert isinstance(news, FetchResult)
        return news

    async def finished(self, start: int = 0) -> BulkProgress:
        news = await self.until(lambda news: isinstance(news, BulkProgress) and news.finished, start)
        assert isinstance(news, BulkProgress)
        return news

    @property
    def pid(self) -> int:
        assert self.process._process is not None
        return self.process._process.pid


@pytest.fixture
def beside(library: OpenLibrary) -> AsyncIterator[Callable[..., UpdaterHandle]]:
    made: list[UpdaterHandle] = []

    def make(opened: Library, settings: FetchSettings = _SETTINGS) -> UpdaterHandle:
        made.append(UpdaterHandle(opened, settings))
        return made[-1]

    yield make
    for each in made:
        each.process.close()


@pytest.fixture(params=["process", "thread"])
def where(request: pytest.FixtureRequest, own_directories: Paths) -> str:
    """Where the work is done: in a thread when nothing can be kept but in memory."""
    if request.param == "thread":
        own_directories.cache.parent.mkdir(parents=True, exist_ok=True)
        own_directories.cache.write_text("a file in the place of the folder")
    return str(request.param)


def _never(server: Server, path: str) -> tuple[str, asyncio.Event]:
    """Have the server leave a request without an answer; return the address, and what tells of the request."""
    asked = asyncio.Event()

    async def silent(_: Request, __: asyncio.StreamWriter) -> None:
        asked.set()
        await asyncio.Event().wait()

    return server.on(path, silent), asked


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


MakeBeside = Callable[..., UpdaterHandle]


async def test_what_is_asked_for_is_fetched_and_kept(
    server: Server, beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary, where: str
) -> None:
    opened = library(make_folder({"a.md": document(server.on("/a", reply(html("Größe 人"))))}))
    (id_,) = ids_of(opened)
    one = beside(opened)
    one.process.fetch(id_)
    got = await one.got(id_)
    assert (got.status, got.error, got.failures) == ("fetched", "", ())
    assert FetchAttempted(id_, "original", "127.0.0.1") in one.summary
    page = opened.pages.page(id_)
    assert page is not None
    assert page.extract.title == "Größe 人"
    assert got.words == page.extract.words
    assert (one.process._process is None) is (where == "thread")
    start = len(one.summary)
    one.process.fetch(id_)
    assert (await one.got(id_, start)).status == "cached"
    start = len(one.summary)
    one.process.fetch(id_, force=True)
    assert (await one.got(id_, start)).status == "fetched"
    assert server.targets == ["/a", "/a"], "robots.txt is for what is not asked for by a person"


async def test_failures_come_with_their_words(
    server: Server, beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary, where: str
) -> None:
    opened = library(make_folder({"a.md": document(server.url("/gone"), amp=server.url("/amp"))}))
    (id_,) = ids_of(opened)
    one = beside(opened)
    one.process.fetch(id_)
    got = await one.got(id_)
    assert got.error == "404 Not Found at 127.0.0.1; AMP copy: 404 Not Found."
    assert [(each.way, each.host, each.why) for each in got.failures] == [
        ("original", "127.0.0.1", "404 Not Found"),
        ("amp", "127.0.0.1", "404 Not Found"),
    ]


async def test_an_article_that_no_document_is_of_is_fetched_by_its_links(
    server: Server, beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary, where: str
) -> None:
    opened = library(make_folder({"a.md": document()}))
    one = beside(opened)
    one.process.fetch("0" * 16)
    assert "no document of this article" in (await one.got("0" * 16)).error
    one.process.fetch("1" * 16, Links(server.on("/a", reply(html()))))
    assert (await one.got("1" * 16)).status == "fetched"
    assert opened.pages.page("1" * 16) is not None


async def test_cancelling_is_answered(
    server: Server, beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary, where: str
) -> None:
    url, asked = _never(server, "/a")
    opened = library(make_folder({"a.md": document(url)}))
    (id_,) = ids_of(opened)
    one = beside(opened)
    one.process.cancel(id_)
    assert one.process._process is None and one.process._service is None, (
        "there is nothing to cancel, and nothing is started for it"
    )
    one.process.fetch(id_)
    await asyncio.wait_for(asked.wait(), 60)
    one.process.cancel(id_)
    got = await one.got(id_)
    assert (got.status, got.cancelled) == ("failed", True)
    assert opened.pages.failure(id_) is None


async def test_many_are_gathered_and_it_can_be_stopped(
    server: Server, beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary, where: str
) -> None:
    documents = {f"{n}.md": document(server.on(f"/{n}", reply(html(f"T {n}"))), title=f"T {n}") for n in range(10)}
    opened = library(make_folder(documents))
    ids = ids_of(opened)
    one = beside(opened)
    one.process.fetch_all(ids)
    final = await one.finished()
    assert (final.done, final.failed, final.left) == (10, 0, 0)
    assert final.summary == "10 pages fetched."
    assert len(opened.pages.ids_with_page()) == 10
    url, asked = _never(server, "/never")
    start = len(one.summary)
    make_folder({"never.md": document(url)})
    from reader.indexing.refresh import refresh

    for _ in refresh(opened):
        pass
    one.process.fetch_all(ids_of(opened))
    await asyncio.wait_for(asked.wait(), 60)
    one.process.pause()
    await one.until(lambda news: isinstance(news, BulkProgress) and news.paused, start)
    one.process.resume()
    one.process.stop()
    final = await one.finished(start)
    assert (final.cached, final.left) == (10, 1)
    assert final.summary.startswith("Stopped")


@pytest.mark.parametrize("settings", [FetchSettings(enabled=False), FetchSettings(offline=True)])
async def test_where_nothing_may_go_out_nothing_does(
    settings: FetchSettings, server: Server, beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    words = OFFLINE if settings.offline else FETCHING_DISABLED
    opened = library(make_folder({"a.md": document(server.on("/a", reply(html())))}))
    (id_,) = ids_of(opened)
    one = beside(opened, settings)
    one.process.fetch(id_)
    assert (await one.got(id_)).error == words
    one.process.fetch_all([id_])
    assert (await one.finished()).summary == words
    one.process.fetch_image(server.url("/i.png"))
    assert await one.until(lambda news: isinstance(news, ImageFetched)) == ImageFetched(server.url("/i.png"), words)
    assert one.process._process is None
    assert server.connections == 0


async def test_what_is_gathered_right_after_a_stop_is_begun_anew(
    server: Server, beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary, where: str
) -> None:
    url, asked = _never(server, "/never")
    documents = {f"{n}.md": document(server.on(f"/{n}", reply(html(f"T {n}"))), title=f"T {n}") for n in range(3)}
    opened = library(make_folder({"never.md": document(url), **documents}))
    ids = {row.path: row.id for row in opened.articles.rows([1, 2, 3, 4])}
    never = ids.pop("never.md")
    one = beside(opened)
    one.process.fetch_all([never])
    await asyncio.wait_for(asked.wait(), 60)
    one.process.stop()
    one.process.fetch_all(ids.values())
    await one.until(lambda news: isinstance(news, BulkProgress) and news.finished and news.done == 3)
    finished = [news for news in one.summary if isinstance(news, BulkProgress) and news.finished]
    assert [(news.done, news.left) for news in finished] == [(0, 1), (3, 0)]


async def test_where_there_can_be_no_client_every_order_is_answered(
    beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary, where: str
) -> None:
    opened = library(make_folder({"a.md": document("https://a.example/1")}))
    (id_,) = ids_of(opened)
    one = beside(opened, FetchSettings(proxy="ftp://me:secret@proxy.example"))
    for _ in range(2):
        start = len(one.summary)
        one.process.fetch(id_)
        assert "A proxy of the kind “ftp” cannot be used." in (await one.got(id_, start)).error
        one.process.fetch_all([id_])
        assert (await one.finished(start)).left == 1
        one.process.fetch_image("https://a.example/i.png")
        told = await one.until(lambda news: isinstance(news, ImageFetched), start)
        assert isinstance(told, ImageFetched)
        assert told.error
    assert "secret" not in repr(one.summary)


async def test_a_process_that_is_killed_is_told_and_the_next_order_starts_another(
    server: Server, beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    url, asked = _never(server, "/a")
    opened = library(make_folder({"a.md": document(url), "b.md": document(server.on("/b", reply(html())))}))
    ids = {row.path: row.id for row in opened.articles.rows([1, 2])}
    one = beside(opened)
    one.process.fetch(ids["a.md"])
    one.process.fetch_all([ids["a.md"]])
    await asyncio.wait_for(asked.wait(), 60)
    former = one.pid
    os.kill(former, 9)
    got = await one.got(ids["a.md"])
    assert (got.status, got.error) == ("failed", "The process that fetches has ended without a word.")
    assert (await one.finished()).left == 1
    one.process.fetch(ids["b.md"])
    assert (await one.got(ids["b.md"])).status == "fetched"
    assert one.pid != former


_STOPS = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="a process cannot be stopped here")


@_STOPS
@pytest.mark.parametrize("how", ["cancel", "stop"])
async def test_a_process_that_hangs_is_ended_when_something_is_to_stop(
    how: str, server: Server, beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    url, asked = _never(server, "/a")
    opened = library(make_folder({"a.md": document(url), "b.md": document(server.on("/b", reply(html())))}))
    ids = {row.path: row.id for row in opened.articles.rows([1, 2])}
    one = beside(opened)
    if how == "cancel":
        one.process.fetch(ids["a.md"])
    else:
        one.process.fetch_all([ids["a.md"]])
    await asyncio.wait_for(asked.wait(), 60)
    former = one.pid
    os.kill(former, signal.SIGSTOP)
    words = "The process that fetches did not answer any more, and was ended."
    if how == "cancel":
        one.process.cancel(ids["a.md"])
        assert (await one.got(ids["a.md"])).error == words
    else:
        one.process.stop()
        told = await one.finished()
        assert (told.left, told.summary) == (1, f"{words} Try again; the log file may say more.")
    assert not _is_there(former)
    one.process.fetch(ids["b.md"])
    assert (await one.got(ids["b.md"])).status == "fetched"
    assert one.pid != former


@_STOPS
async def test_a_process_that_hangs_is_ended_by_itself_and_everything_is_answered(
    server: Server,
    beside: MakeBeside,
    make_folder: MakeFolder,
    library: OpenLibrary,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote, "PATIENCE", 4.0)
    url, asked = _never(server, "/a")
    opened = library(make_folder({"a.md": document(url), "b.md": document(server.on("/b", reply(html())))}))
    ids = {row.path: row.id for row in opened.articles.rows([1, 2])}
    one = beside(opened)
    one.process.fetch(ids["b.md"])
    await one.got(ids["b.md"])
    former = one.pid
    one.process.fetch(ids["a.md"])
    await asyncio.wait_for(asked.wait(), 60)
    os.kill(former, signal.SIGSTOP)
    one.process.fetch_image(server.url("/i.png"))
    one.process.fetch_all([f"{n:016x}" for n in range(50_000)])  # more than a pipe holds
    assert "did not answer" in (await one.got(ids["a.md"])).error
    told = await one.until(lambda news: isinstance(news, ImageFetched))
    assert isinstance(told, ImageFetched)
    assert "did not answer" in told.error
    assert not _is_there(former)


async def test_what_takes_long_is_not_taken_for_hung(
    server: Server,
    beside: MakeBeside,
    make_folder: MakeFolder,
    library: OpenLibrary,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote, "PATIENCE", 6.0)
    answers, asked = asyncio.Event(), asyncio.Event()

    async def slow(_: Request, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await answers.wait()
        writer.write(reply(html()))

    opened = library(make_folder({"a.md": document(server.on("/a", slow))}))
    (id_,) = ids_of(opened)
    one = beside(opened)
    one.process.fetch(id_)
    await asyncio.wait_for(asked.wait(), 60)
    pid = one.pid
    # It is quiet, but says every second that it is there: longer than any silence would be borne.
    beats = asyncio.Event()
    lives, heard = one.process._lives, [0]
    loop = asyncio.get_running_loop()

    def count(process: Any, taken: int) -> None:
        lives(process, taken)
        heard[0] += 1
        if heard[0] >= 8:
            loop.call_soon_threadsafe(beats.set)

    monkeypatch.setattr(one.process, "_lives", count)
    await asyncio.wait_for(beats.wait(), 60)
    answers.set()
    assert (await one.got(id_)).status == "fetched"
    assert one.pid == pid


async def test_cancelling_right_after_asking_cancels(
    server: Server, beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary, where: str
) -> None:
    url, _ = _never(server, "/a")
    opened = library(make_folder({"a.md": document(url)}))
    (id_,) = ids_of(opened)
    one = beside(opened)
    for _ in range(5):
        start = len(one.summary)
        one.process.fetch(id_)
        one.process.cancel(id_)
        assert (await one.got(id_, start)).cancelled
        one.process.fetch_image(url)
        one.process.cancel_image(url)
        assert await one.until(lambda news: isinstance(news, ImageFetched), start) == ImageFetched(url)


async def test_asking_again_while_it_is_being_cancelled_is_asking(
    server: Server, beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary, where: str
) -> None:
    url, asked = _never(server, "/a")
    opened = library(make_folder({"a.md": document(url)}))
    (id_,) = ids_of(opened)
    one = beside(opened)
    one.process.fetch(id_)
    await asyncio.wait_for(asked.wait(), 60)
    server.on("/a", reply(html()))
    one.process.cancel(id_)
    one.process.fetch(id_)
    await one.until(lambda news: isinstance(news, FetchResult) and news.status == "fetched")


@pytest.mark.parametrize("wish", ["force", "archive"])
async def test_a_stronger_wish_begins_anew(
    *, wish: str, server: Server, beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary, where: str
) -> None:
    url, asked = _never(server, "/a")
    opened = library(make_folder({"a.md": document(url)}))
    (id_,) = ids_of(opened)
    one = beside(opened)
    one.process.fetch(id_)
    await asyncio.wait_for(asked.wait(), 60)
    server.on("/a", reply(html()))
    one.process.fetch(id_)
    one.process.fetch(id_, **{wish: True})
    got = await one.got(id_)
    assert (got.status, got.cancelled) == ("fetched", False), "what is replaced says nothing"
    assert server.targets == ["/a", "/a"]


@pytest.mark.skipif(sys.platform != "linux", reason="of 127.0.0.0/8, others know 127.0.0.1 alone")
async def test_an_article_that_one_opens_waits_for_nothing_that_nobody_waits_for(
    beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    hosts = [f"127.0.0.{n}" for n in range(1, 11)]
    async with serving("0.0.0.0") as server:
        asked: set[str] = set()
        all_asked = asyncio.Event()

        async def silent(request: Request, _: asyncio.StreamWriter) -> None:
            asked.add(request.headers["host"])
            if len(asked) == 7:
                all_asked.set()
            await asyncio.Event().wait()

        server.on("/never", silent)
        server.on("/a", reply(html()))
        documents = {f"{host}.md": document(server.url("/never", host), title=f"From {host}") for host in hosts[:6]}
        opened = library(make_folder({**documents, "a.md": document(server.url("/a", hosts[9]))}))
        ids = {row.path: row.id for row in opened.articles.rows([*range(1, 8)])}
        wanted = ids.pop("a.md")
        one = beside(opened, FetchSettings(allow_hosts=tuple(hosts)))
        one.process.fetch_all(ids.values())
        for host in hosts[6:9]:
            one.process.fetch_image(server.url("/never", host))
        await asyncio.wait_for(all_asked.wait(), 60)
        one.process.fetch(wanted)
        assert (await one.got(wanted)).status == "fetched"
        assert not [news for news in one.summary if isinstance(news, ImageFetched)]
        assert not [news for news in one.summary if isinstance(news, BulkProgress) and news.failed]
        one.process.close()


async def test_closing_ends_it_at_once(
    server: Server, beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary, where: str
) -> None:
    url, asked = _never(server, "/a")
    opened = library(make_folder({"a.md": document(url)}))
    (id_,) = ids_of(opened)
    one = beside(opened)
    one.process.fetch(id_)
    await asyncio.wait_for(asked.wait(), 60)
    pid = one.pid if where == "process" else 0
    one.process.close()
    assert where == "thread" or not _is_there(pid)
    one.process.fetch(id_)
    one.process.close()
    assert not [news for news in one.summary if isinstance(news, FetchResult)]


def test_it_ends_when_its_pipe_does() -> None:
    process = processes.start("reader.fetching.remote")
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    assert process.wait(60) is not None
    process.stdout.close()


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="command lines are found in /proc")
async def test_the_password_of_a_proxy_is_on_no_command_line(
    server: Server, beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder({"a.md": document(server.url("/a"))}))
    (id_,) = ids_of(opened)
    one = beside(opened, FetchSettings(allow_hosts=("127.0.0.1",), proxy="http://me:secret@127.0.0.1:9"))
    one.process.fetch(id_)
    got = await one.got(id_)
    assert got.status == "failed"
    line = await asyncio.to_thread(Path(f"/proc/{one.pid}/cmdline").read_bytes)
    assert line
    assert b"secret" not in line
    assert "secret" not in repr(one.summary)


async def test_a_single_document_is_fetched_too(
    server: Server, beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    folder = make_folder({"a.md": document(server.on("/a", reply(html())))})
    opened = library(folder / "a.md")
    (id_,) = ids_of(opened)
    one = beside(opened)
    one.process.fetch(id_)
    assert (await one.got(id_)).status == "fetched"
    assert one.process._service is None
    assert opened.pages.page(id_) is not None


async def test_where_pages_are_in_memory_a_thread_does_the_work(
    server: Server, beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary, own_directories: Paths
) -> None:
    own_directories.pages_file.parent.parent.mkdir(parents=True, exist_ok=True)
    own_directories.pages_file.parent.write_text("a file in the place of the folder")
    opened = library(make_folder({"a.md": document(server.on("/a", reply(html())))}))
    (id_,) = ids_of(opened)
    one = beside(opened)
    one.process.fetch(id_)
    assert (await one.got(id_)).status == "fetched"
    assert one.process._service is not None
    assert opened.pages.in_memory
    assert opened.pages.page(id_) is not None
    said = await one.until(lambda news: isinstance(news, Notice))
    assert isinstance(said, Notice)
    assert "kept in memory" in said.text
    one.process.fetch_all([id_])
    assert (await one.finished()).cached == 1


async def test_images_are_fetched_once_and_kept(
    server: Server, beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary, where: str
) -> None:
    opened = library(make_folder({"a.md": document()}))
    one = beside(opened)
    url = server.on("/i.png", reply(_PNG, kind="image/png"))
    for _ in range(2):
        start = len(one.summary)
        one.process.fetch_image(url)
        assert await one.until(lambda news: isinstance(news, ImageFetched), start) == ImageFetched(url)
    assert server.targets == ["/i.png"]
    assert opened.pages.image(url) == (_PNG, "image/png")
    gone = server.url("/gone.png")
    one.process.fetch_image(gone)
    told = await one.until(lambda news: isinstance(news, ImageFetched) and news.url == gone)
    assert isinstance(told, ImageFetched)
    assert "404 Not Found" in told.error


async def test_an_index_that_was_built_anew_is_followed(
    server: Server, beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    documents = {name: document(server.on(f"/{name}", reply(html(name))), title=name) for name in ("a", "b")}
    opened = library(make_folder({"a.md": documents["a"]}))
    (first,) = ids_of(opened)
    one = beside(opened)
    one.process.fetch(first)
    await one.got(first)
    index = opened.index._database.path
    assert index is not None
    for each in index.parent.glob(f"{index.name}*"):
        each.unlink()
    fresh = library(make_folder({"b.md": documents["b"]}))
    (second,) = [id_ for id_ in ids_of(fresh) if id_ != first]
    one.process.fetch(second)
    assert (await one.got(second)).status == "fetched"


async def test_pages_that_were_damaged_are_told(
    server: Server, beside: MakeBeside, make_folder: MakeFolder, library: OpenLibrary, own_directories: Paths
) -> None:
    opened = library(make_folder({"a.md": document(server.on("/a", reply(html())))}))
    own_directories.pages_file.write_bytes(b"\xa5" * 20_000)
    (id_,) = ids_of(opened)
    one = beside(opened)
    one.process.fetch(id_)
    assert (await one.got(id_)).status == "fetched"
    said = await one.until(lambda news: isinstance(news, Notice))
    assert isinstance(said, Notice)
    assert "damaged" in said.text
    assert opened.pages.page(id_) is not None
