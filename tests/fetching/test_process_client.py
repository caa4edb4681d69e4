"""The fetching process: every command gets its events, whatever happens to the process."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from reader.config.settings import FETCHING_DISABLED, OFFLINE, FetchSettings
from reader.core.events import BulkProgress, FetchAttempted, FetchEvent, FetchResult, ImageFetched, Notice
from reader.core.model import Links
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.fetching.context import FetchTimings
from reader.fetching.process_client import FetchClient
from reader.library.library import Library
from reader.workers.process import ManagedProcess
from tests.conftest import MakeFolder, OpenLibrary
from tests.fetching.linked_pages import document, html, ids_of
from tests.web.server import Request, Server, reply, serving

pytestmark = pytest.mark.usefixtures("shared_sandboxes")  # for what a thread fetches

_SETTINGS = FetchSettings(allow_hosts=("127.0.0.1",))
_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as one:
        yield one


class ClientRecorder:
    """A FetchClient and all its events."""

    def __init__(
        self, library: Library, settings: FetchSettings = _SETTINGS, timings: FetchTimings | None = None
    ) -> None:
        self.events: list[FetchEvent] = []
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self.client = FetchClient(library, settings, self._record, timings)

    def _record(self, news: FetchEvent) -> None:
        self.events.append(news)
        self._loop.call_soon_threadsafe(self._news.set)

    async def until(self, is_it: Callable[[FetchEvent], bool], start: int = 0) -> FetchEvent:
        """Return the first event from index ``start`` on that meets a condition."""
        async with asyncio.timeout(60):
            while True:
                for news in self.events[start:]:
                    if is_it(news):
                        return news
                self._news.clear()
                await self._news.wait()

    async def got(self, id_: str, start: int = 0) -> FetchResult:
        news = await self.until(lambda event: isinstance(event, FetchResult) and event.id == id_, start)
        assert isinstance(news, FetchResult)
        return news

    async def finished(self, start: int = 0) -> BulkProgress:
        news = await self.until(lambda event: isinstance(event, BulkProgress) and event.finished, start)
        assert isinstance(news, BulkProgress)
        return news

    @property
    def pid(self) -> int:
        assert self.client.process is not None
        return self.client.process.pid


@pytest.fixture
def connect(library: OpenLibrary) -> AsyncIterator[Callable[..., ClientRecorder]]:
    made: list[ClientRecorder] = []

    def make(
        opened: Library, settings: FetchSettings = _SETTINGS, timings: FetchTimings | None = None
    ) -> ClientRecorder:
        made.append(ClientRecorder(opened, settings, timings))
        return made[-1]

    yield make
    for each in made:
        each.client.close()


@pytest.fixture(params=["process", "thread"])
def storage_kind(request: pytest.FixtureRequest, own_directories: Paths) -> str:
    """Where the work is done: in a thread if pages can only be stored in memory."""
    if request.param == "thread":
        own_directories.cache.parent.mkdir(parents=True, exist_ok=True)
        own_directories.cache.write_text("a file in the place of the folder")
    return str(request.param)


def _never(server: Server, path: str) -> tuple[str, asyncio.Event]:
    """Serve a URL that never responds; return it, and an event that is set by a request."""
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


MakeClient = Callable[..., ClientRecorder]


async def test_an_article_is_fetched_and_stored(
    server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary, storage_kind: str
) -> None:
    opened = library(make_folder({"a.md": document(server.on("/a", reply(html("Größe 人"))))}))
    (id_,) = ids_of(opened)
    recorder = connect(opened)
    recorder.client.fetch(id_)
    got = await recorder.got(id_)
    assert (got.status, got.error, got.failures) == ("fetched", "", ())
    assert FetchAttempted(id_, "original", "127.0.0.1") in recorder.events
    page = opened.pages.page(id_)
    assert page is not None
    assert page.extract.title == "Größe 人"
    assert got.words == page.extract.words
    assert (recorder.client.process is None) is (storage_kind == "thread")
    start = len(recorder.events)
    recorder.client.fetch(id_)
    assert (await recorder.got(id_, start)).status == "cached"
    start = len(recorder.events)
    recorder.client.fetch(id_, force=True)
    assert (await recorder.got(id_, start)).status == "fetched"
    assert server.targets == ["/a", "/a"], "robots.txt applies only to background fetches"


async def test_failures_are_described(
    server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary, storage_kind: str
) -> None:
    opened = library(make_folder({"a.md": document(server.url("/gone"), amp=server.url("/amp"))}))
    (id_,) = ids_of(opened)
    recorder = connect(opened)
    recorder.client.fetch(id_)
    got = await recorder.got(id_)
    assert got.error == "404 Not Found at 127.0.0.1; 404 Not Found at the AMP copy."
    assert [(each.way, each.host, each.why) for each in got.failures] == [
        ("original", "127.0.0.1", "404 Not Found"),
        ("amp", "127.0.0.1", "404 Not Found"),
    ]


async def test_an_article_without_a_document_is_fetched_by_its_links(
    server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary, storage_kind: str
) -> None:
    opened = library(make_folder({"a.md": document()}))
    recorder = connect(opened)
    recorder.client.fetch("0" * 16)
    assert "no longer has a document" in (await recorder.got("0" * 16)).error
    recorder.client.fetch("1" * 16, Links(server.on("/a", reply(html()))))
    assert (await recorder.got("1" * 16)).status == "fetched"
    assert opened.pages.page("1" * 16) is not None


async def test_canceling_reports_a_result(
    server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary, storage_kind: str
) -> None:
    url, asked = _never(server, "/a")
    opened = library(make_folder({"a.md": document(url)}))
    (id_,) = ids_of(opened)
    recorder = connect(opened)
    recorder.client.cancel(id_)
    assert recorder.client.process is None and recorder.client.service is None, (
        "there is nothing to cancel, so no process is started"
    )
    recorder.client.fetch(id_)
    await asyncio.wait_for(asked.wait(), 60)
    recorder.client.cancel(id_)
    got = await recorder.got(id_)
    assert (got.status, got.cancelled) == ("failed", True)
    assert opened.pages.failure(id_) is None


async def test_a_bulk_fetch_runs_and_can_be_stopped(
    server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary, storage_kind: str
) -> None:
    documents = {f"{n}.md": document(server.on(f"/{n}", reply(html(f"T {n}"))), title=f"T {n}") for n in range(10)}
    opened = library(make_folder(documents))
    ids = ids_of(opened)
    recorder = connect(opened)
    recorder.client.fetch_all(ids)
    final = await recorder.finished()
    assert (final.done, final.failed, final.left) == (10, 0, 0)
    assert final.summary == "10 pages fetched."
    assert len(opened.pages.ids_with_page()) == 10
    url, asked = _never(server, "/never")
    start = len(recorder.events)
    make_folder({"never.md": document(url)})
    from reader.indexing.refresh import refresh

    for _ in refresh(opened):
        pass
    recorder.client.fetch_all(ids_of(opened))
    await asyncio.wait_for(asked.wait(), 60)
    recorder.client.pause()
    await recorder.until(lambda event: isinstance(event, BulkProgress) and event.paused, start)
    recorder.client.resume()
    recorder.client.stop()
    final = await recorder.finished(start)
    assert (final.cached, final.left) == (10, 1)
    assert final.summary.startswith("Stopped")


@pytest.mark.parametrize("settings", [FetchSettings(enabled=False), FetchSettings(offline=True)])
async def test_disabled_fetching_sends_nothing(
    settings: FetchSettings, server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    words = OFFLINE if settings.offline else FETCHING_DISABLED
    opened = library(make_folder({"a.md": document(server.on("/a", reply(html())))}))
    (id_,) = ids_of(opened)
    recorder = connect(opened, settings)
    recorder.client.fetch(id_)
    assert (await recorder.got(id_)).error == words
    recorder.client.fetch_all([id_])
    assert (await recorder.finished()).summary == words
    recorder.client.fetch_image(server.url("/i.png"))
    assert await recorder.until(lambda event: isinstance(event, ImageFetched)) == ImageFetched(
        server.url("/i.png"), words
    )
    assert recorder.client.process is None
    assert server.connections == 0


async def test_a_bulk_fetch_right_after_a_stop_starts_again(
    server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary, storage_kind: str
) -> None:
    url, asked = _never(server, "/never")
    documents = {f"{n}.md": document(server.on(f"/{n}", reply(html(f"T {n}"))), title=f"T {n}") for n in range(3)}
    opened = library(make_folder({"never.md": document(url), **documents}))
    ids = {row.path: row.id for row in opened.articles.rows([1, 2, 3, 4])}
    never = ids.pop("never.md")
    recorder = connect(opened)
    recorder.client.fetch_all([never])
    await asyncio.wait_for(asked.wait(), 60)
    recorder.client.stop()
    recorder.client.fetch_all(ids.values())
    await recorder.until(lambda event: isinstance(event, BulkProgress) and event.finished and event.done == 3)
    finished = [news for news in recorder.events if isinstance(news, BulkProgress) and news.finished]
    assert [(news.done, news.left) for news in finished] == [(0, 1), (3, 0)]


async def test_without_a_client_every_command_fails(
    connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary, storage_kind: str
) -> None:
    opened = library(make_folder({"a.md": document("https://a.example/1")}))
    (id_,) = ids_of(opened)
    recorder = connect(opened, FetchSettings(proxy="ftp://me:secret@proxy.example"))
    for _ in range(2):
        start = len(recorder.events)
        recorder.client.fetch(id_)
        assert "Proxies with the scheme “ftp” are not supported." in (await recorder.got(id_, start)).error
        recorder.client.fetch_all([id_])
        assert (await recorder.finished(start)).left == 1
        recorder.client.fetch_image("https://a.example/i.png")
        fetched = await recorder.until(lambda event: isinstance(event, ImageFetched), start)
        assert isinstance(fetched, ImageFetched)
        assert fetched.error
    assert "secret" not in repr(recorder.events)


async def test_a_killed_process_is_reported_and_replaced(
    server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    url, asked = _never(server, "/a")
    opened = library(make_folder({"a.md": document(url), "b.md": document(server.on("/b", reply(html())))}))
    ids = {row.path: row.id for row in opened.articles.rows([1, 2])}
    recorder = connect(opened)
    recorder.client.fetch(ids["a.md"])
    recorder.client.fetch_all([ids["a.md"]])
    await asyncio.wait_for(asked.wait(), 60)
    old_pid = recorder.pid
    os.kill(old_pid, 9)
    got = await recorder.got(ids["a.md"])
    assert (got.status, got.error) == ("failed", "The process that fetches pages ended unexpectedly.")
    assert (await recorder.finished()).left == 1
    recorder.client.fetch(ids["b.md"])
    assert (await recorder.got(ids["b.md"])).status == "fetched"
    assert recorder.pid != old_pid


_CAN_SUSPEND = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="a process cannot be suspended here")
_IMPATIENT = FetchTimings(heartbeat=0.05, silence_limit=1.0, stop_limit=0.5, check_interval=0.05)
_HUNG = "The process that fetches pages stopped responding and was ended."


@_CAN_SUSPEND
@pytest.mark.parametrize("command", ["cancel", "stop"])
async def test_a_hung_process_is_ended_when_something_is_to_stop(
    command: str, server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    url, asked = _never(server, "/a")
    opened = library(make_folder({"a.md": document(url)}))
    (id_,) = ids_of(opened)
    recorder = connect(opened, timings=replace(_IMPATIENT, silence_limit=60.0))
    if command == "cancel":
        recorder.client.fetch(id_)
    else:
        recorder.client.fetch_all([id_])
    await asyncio.wait_for(asked.wait(), 60)
    hung = recorder.pid
    os.kill(hung, signal.SIGSTOP)
    if command == "cancel":
        recorder.client.cancel(id_)
        assert (await recorder.got(id_)).error == _HUNG
    else:
        recorder.client.stop()
        final = await recorder.finished()
        assert (final.left, final.summary) == (1, f"{_HUNG} Try again; the log file may say more.")
    assert not _is_there(hung)


@_CAN_SUSPEND
async def test_a_hung_process_is_ended_and_everything_pending_fails(
    server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    url, asked = _never(server, "/a")
    opened = library(make_folder({"a.md": document(url)}))
    (id_,) = ids_of(opened)
    recorder = connect(opened, timings=_IMPATIENT)
    recorder.client.fetch(id_)
    await asyncio.wait_for(asked.wait(), 60)
    hung = recorder.pid
    os.kill(hung, signal.SIGSTOP)
    recorder.client.fetch_image(server.url("/i.png"))
    recorder.client.fetch_all([f"{n:016x}" for n in range(50_000)])  # more than a pipe can hold
    assert (await recorder.got(id_)).error == _HUNG
    image = await recorder.until(lambda event: isinstance(event, ImageFetched))
    assert image == ImageFetched(server.url("/i.png"), _HUNG)
    assert not _is_there(hung)


async def test_a_process_without_work_ends_and_the_next_command_starts_another(
    server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    endless, asked = _never(server, "/never.png")
    recorder = connect(library(make_folder({})), timings=FetchTimings(idle=0.2, check_interval=0.05))

    async def ended() -> None:
        async with asyncio.timeout(60):
            while recorder.client.process is not None:  # noqa: ASYNC110 - nothing reports it
                await asyncio.sleep(0.01)

    for path in ("/a.png", "/b.png"):
        recorder.client.fetch_image(server.on(path, reply(_PNG, kind="image/png")))
        wanted = ImageFetched(server.url(path))
        assert await recorder.until(lambda event, wanted=wanted: event == wanted) == wanted  # type: ignore[misc]
        await ended()
    recorder.client.fetch_image(endless)
    await asyncio.wait_for(asked.wait(), 60)
    await asyncio.sleep(0.5)
    assert recorder.client.process is not None, "it has work"
    recorder.client.cancel_image(endless)
    await ended()
    assert recorder.events == [ImageFetched(server.url(path)) for path in ("/a.png", "/b.png", "/never.png")]


async def test_a_process_that_sends_heartbeats_is_not_hung(
    server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    proceed, asked = asyncio.Event(), asyncio.Event()

    async def slow(_: Request, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await proceed.wait()
        writer.write(reply(html()))

    opened = library(make_folder({"a.md": document(server.on("/a", slow))}))
    (id_,) = ids_of(opened)
    recorder = connect(opened, timings=_IMPATIENT)
    recorder.client.fetch(id_)
    await asyncio.wait_for(asked.wait(), 60)
    pid = recorder.pid
    await asyncio.sleep(1.5 * _IMPATIENT.silence_limit)
    proceed.set()
    assert (await recorder.got(id_)).status == "fetched"
    assert recorder.pid == pid


async def test_canceling_right_after_fetching(
    server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary, storage_kind: str
) -> None:
    url, _ = _never(server, "/a")
    opened = library(make_folder({"a.md": document(url)}))
    (id_,) = ids_of(opened)
    recorder = connect(opened)
    for _ in range(5):
        start = len(recorder.events)
        recorder.client.fetch(id_)
        recorder.client.cancel(id_)
        assert (await recorder.got(id_, start)).cancelled
        recorder.client.fetch_image(url)
        recorder.client.cancel_image(url)
        assert await recorder.until(lambda event: isinstance(event, ImageFetched), start) == ImageFetched(url)


async def test_fetching_again_while_being_canceled(
    server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary, storage_kind: str
) -> None:
    url, asked = _never(server, "/a")
    opened = library(make_folder({"a.md": document(url)}))
    (id_,) = ids_of(opened)
    recorder = connect(opened)
    recorder.client.fetch(id_)
    await asyncio.wait_for(asked.wait(), 60)
    server.on("/a", reply(html()))
    recorder.client.cancel(id_)
    recorder.client.fetch(id_)
    await recorder.until(lambda event: isinstance(event, FetchResult) and event.status == "fetched")


@pytest.mark.parametrize("wish", ["force", "archive"])
async def test_stronger_options_restart_a_fetch(
    *, wish: str, server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary, storage_kind: str
) -> None:
    url, asked = _never(server, "/a")
    opened = library(make_folder({"a.md": document(url)}))
    (id_,) = ids_of(opened)
    recorder = connect(opened)
    recorder.client.fetch(id_)
    await asyncio.wait_for(asked.wait(), 60)
    server.on("/a", reply(html()))
    recorder.client.fetch(id_)
    recorder.client.fetch(id_, **{wish: True})
    got = await recorder.got(id_)
    assert (got.status, got.cancelled) == ("fetched", False), "a replaced fetch reports nothing"
    assert server.targets == ["/a", "/a"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have only 127.0.0.1")
async def test_an_opened_article_does_not_wait_for_background_fetches(
    connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary
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
        recorder = connect(opened, FetchSettings(allow_hosts=tuple(hosts)))
        recorder.client.fetch_all(ids.values())
        for host in hosts[6:9]:
            recorder.client.fetch_image(server.url("/never", host))
        await asyncio.wait_for(all_asked.wait(), 60)
        recorder.client.fetch(wanted)
        assert (await recorder.got(wanted)).status == "fetched"
        assert not [news for news in recorder.events if isinstance(news, ImageFetched)]
        assert not [news for news in recorder.events if isinstance(news, BulkProgress) and news.failed]
        recorder.client.close()


async def test_closing_ends_it_at_once(
    server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary, storage_kind: str
) -> None:
    url, asked = _never(server, "/a")
    opened = library(make_folder({"a.md": document(url)}))
    (id_,) = ids_of(opened)
    recorder = connect(opened)
    recorder.client.fetch(id_)
    await asyncio.wait_for(asked.wait(), 60)
    pid = recorder.pid if storage_kind == "process" else 0
    recorder.client.close()
    assert storage_kind == "thread" or not _is_there(pid)
    recorder.client.fetch(id_)
    recorder.client.close()
    assert not [news for news in recorder.events if isinstance(news, FetchResult)]


def test_the_process_ends_when_its_pipe_is_closed() -> None:
    process = ManagedProcess("reader.fetching.process_client")
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(60) is not None
    process.end()


async def test_changed_settings_are_those_of_the_next_fetch(
    storage_kind: str, server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    url, asked = _never(server, "/never")
    opened = library(make_folder({"a.md": document(server.on("/a", reply(html()))), "b.md": document(url)}))
    by_url = {row.links.best: row.id for row in opened.articles.rows(opened.articles.order(Sort()).rowids)}
    recorder = connect(opened, FetchSettings())
    recorder.client.fetch(by_url[server.url("/a")])
    assert (await recorder.got(by_url[server.url("/a")])).status == "failed"  # this machine is not allowed
    recorder.client.change_settings(_SETTINGS)
    start = len(recorder.events)
    recorder.client.fetch(by_url[server.url("/a")])
    assert (await recorder.got(by_url[server.url("/a")], start)).status == "fetched"
    recorder.client.fetch(by_url[url])
    await asyncio.wait_for(asked.wait(), 60)
    recorder.client.change_settings(FetchSettings(enabled=False))
    got = await recorder.got(by_url[url])
    assert (got.status, got.error) == ("failed", FETCHING_DISABLED)
    recorder.client.change_settings(_SETTINGS)
    start = len(recorder.events)
    recorder.client.fetch(by_url[server.url("/a")], force=True)
    assert (await recorder.got(by_url[server.url("/a")], start)).status in {"fetched", "cached"}


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="command lines are found in /proc")
async def test_the_proxy_password_is_not_on_the_command_line(
    server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    opened = library(make_folder({"a.md": document(server.url("/a"))}))
    (id_,) = ids_of(opened)
    recorder = connect(opened, FetchSettings(allow_hosts=("127.0.0.1",), proxy="http://me:secret@127.0.0.1:9"))
    recorder.client.fetch(id_)
    got = await recorder.got(id_)
    assert got.status == "failed"
    line = await asyncio.to_thread(Path(f"/proc/{recorder.pid}/cmdline").read_bytes)
    assert line
    assert b"secret" not in line
    assert "secret" not in repr(recorder.events)


async def test_a_single_document_is_fetched_too(
    server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    folder = make_folder({"a.md": document(server.on("/a", reply(html())))})
    opened = library(folder / "a.md")
    (id_,) = ids_of(opened)
    recorder = connect(opened)
    recorder.client.fetch(id_)
    assert (await recorder.got(id_)).status == "fetched"
    assert recorder.client.service is None
    assert opened.pages.page(id_) is not None


async def test_pages_in_memory_are_fetched_by_a_thread(
    server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary, own_directories: Paths
) -> None:
    own_directories.pages_file.parent.parent.mkdir(parents=True, exist_ok=True)
    own_directories.pages_file.parent.write_text("a file in the place of the folder")
    opened = library(make_folder({"a.md": document(server.on("/a", reply(html())))}))
    (id_,) = ids_of(opened)
    recorder = connect(opened)
    recorder.client.fetch(id_)
    assert (await recorder.got(id_)).status == "fetched"
    assert recorder.client.service is not None
    assert opened.pages.in_memory
    assert opened.pages.page(id_) is not None
    notice = await recorder.until(lambda event: isinstance(event, Notice))
    assert isinstance(notice, Notice)
    assert "kept in memory" in notice.text
    recorder.client.fetch_all([id_])
    assert (await recorder.finished()).cached == 1


async def test_images_are_fetched_once_and_stored(
    server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary, storage_kind: str
) -> None:
    opened = library(make_folder({"a.md": document()}))
    recorder = connect(opened)
    url = server.on("/i.png", reply(_PNG, kind="image/png"))
    for _ in range(2):
        start = len(recorder.events)
        recorder.client.fetch_image(url)
        assert await recorder.until(lambda event: isinstance(event, ImageFetched), start) == ImageFetched(url)
    assert server.targets == ["/i.png"]
    assert opened.pages.image(url) == (_PNG, "image/png")
    gone = server.url("/gone.png")
    recorder.client.fetch_image(gone)
    fetched = await recorder.until(lambda event: isinstance(event, ImageFetched) and event.url == gone)
    assert isinstance(fetched, ImageFetched)
    assert "404 Not Found" in fetched.error


async def test_a_replaced_index_is_noticed(
    server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    documents = {name: document(server.on(f"/{name}", reply(html(name))), title=name) for name in ("a", "b")}
    opened = library(make_folder({"a.md": documents["a"]}))
    (first,) = ids_of(opened)
    recorder = connect(opened)
    recorder.client.fetch(first)
    await recorder.got(first)
    index = opened.index.database.path
    assert index is not None
    for each in index.parent.glob(f"{index.name}*"):
        each.unlink()
    fresh = library(make_folder({"b.md": documents["b"]}))
    (second,) = [id_ for id_ in ids_of(fresh) if id_ != first]
    recorder.client.fetch(second)
    assert (await recorder.got(second)).status == "fetched"


async def test_a_damaged_page_store_is_reported(
    server: Server, connect: MakeClient, make_folder: MakeFolder, library: OpenLibrary, own_directories: Paths
) -> None:
    opened = library(make_folder({"a.md": document(server.on("/a", reply(html())))}))
    own_directories.pages_file.write_bytes(b"\xa5" * 20_000)
    (id_,) = ids_of(opened)
    recorder = connect(opened)
    recorder.client.fetch(id_)
    assert (await recorder.got(id_)).status == "fetched"
    notice = await recorder.until(lambda event: isinstance(event, Notice))
    assert isinstance(notice, Notice)
    assert "damaged" in notice.text
    assert opened.pages.page(id_) is not None


async def test_no_event_comes_after_the_client_is_closed(make_folder: MakeFolder, library: OpenLibrary) -> None:
    opened = library(make_folder({"a.md": document("https://a.example/1")}))
    (id_,) = ids_of(opened)
    began, proceed, closed = threading.Event(), threading.Event(), threading.Event()
    came: list[bool] = []

    def receive(_: FetchEvent) -> None:
        began.set()
        proceed.wait(60)
        came.append(closed.is_set())

    def close() -> None:
        client.close()
        closed.set()

    client = FetchClient(opened, FetchSettings(proxy="ftp://proxy.example"), receive)
    client.fetch(id_)  # fails at once
    assert await asyncio.to_thread(began.wait, 60)
    closing = threading.Thread(target=close)
    closing.start()
    assert not await asyncio.to_thread(closed.wait, 0.05), "it waits for the event"
    proceed.set()
    await asyncio.to_thread(closing.join, 60)
    assert came
    assert not any(came)
