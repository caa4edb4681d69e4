"""Whole runs against servers on this machine; each rule of politeness is checked by what the server was asked."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reader.config.settings import FetchSettings
from reader.core.errors import ReaderError
from reader.feeds.folders import FeedFolders
from reader.feeds.local_sources import output_of
from reader.feeds.subscriptions import Subscription, Subscriptions
from reader.feeds.sync import FeedResult, FeedSync
from reader.storage.sqlite.feeds.store import FeedStore
from reader.storage.sqlite.lock import BusyError
from tests.web.server import Request, Server, redirect, reply, serving

HOUR = 3600.0
START = datetime(2026, 11, 29, 12, tzinfo=UTC).timestamp()


def rss(*numbers: int, more: str = "") -> bytes:
    items = "".join(
        f"<item><title>News {n}</title><link>https://a.example/{n}</link><guid>id-{n}</guid>"
        f"<pubDate>Fri, 27 Nov 2026 {n:02}:00:00 +0100</pubDate><description>Text {n}.</description></item>"
        for n in numbers
    )
    return f"<rss version='2.0'><channel><title>Site</title>{more}{items}</channel></rss>".encode()


class Runs:
    """Runs of one machine, at times that the test chooses."""

    def __init__(self, top: Path) -> None:
        self.time = START
        self.root = top / "news"
        self.list = Subscriptions(top / "feeds.toml")
        self.store, _ = FeedStore.open(top / "feeds.db")
        self.allowed = ("127.0.0.1", "localhost")

    def add(self, *feeds: Subscription) -> None:
        self.list.change(lambda present: [*present, *feeds])

    async def sync(self, *, asked: bool = False, after: float = 0.0) -> list[FeedResult]:
        self.time += after
        settings = FetchSettings(allow_hosts=self.allowed)
        sync = FeedSync(self.list, self.store, FeedFolders(self.root), settings, now=lambda: self.time)
        told: list[FeedResult] = []
        results = await sync.run(self.list.load(), asked=asked, on_result=told.append)
        assert {each.subscription.key for each in told} == {each.subscription.key for each in results}
        return results

    def names(self) -> list[str]:
        return sorted(each.name for each in self.root.rglob("*.md"))


@contextlib.asynccontextmanager
async def running(tmp_path: Path) -> AsyncIterator[tuple[Server, Runs]]:
    async with serving() as server:
        runs = Runs(tmp_path)
        with contextlib.closing(runs.store):
            yield server, runs


def dynamic(answer: Callable[[Request], bytes]) -> Callable[[Request, asyncio.StreamWriter], object]:
    async def send(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(request))
        await writer.drain()

    return send


async def test_new_entries_become_documents(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, runs):
        runs.add(Subscription(server.on("/feed", reply(rss(2, 1))), title="Site", group="G"))
        (result,) = await runs.sync()
        assert result.status == "new"
        assert [each.name for each in result.new] == ["2026-11-27-news-2.md", "2026-11-27-news-1.md"]
        assert (runs.root / "G/Site/2026-11-27-news-1.md").is_file()
        assert server.requests[0].headers["accept"].startswith("application/atom+xml")
        server.on("/feed", reply(rss(3, 2, 1)))
        (result,) = await runs.sync(after=2 * HOUR)
        assert [each.name for each in result.new] == ["2026-11-27-news-3.md"]


async def test_a_feed_is_asked_at_most_hourly_unless_you_ask(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, runs):
        runs.add(Subscription(server.on("/feed", reply(rss(1)))))
        assert [each.status for each in await runs.sync()] == ["new"]
        assert [each.status for each in await runs.sync(after=HOUR - 1)] == ["waiting"]
        assert len(server.requests) == 1
        assert [each.status for each in await runs.sync(after=1)] == ["unchanged"]
        assert [each.status for each in await runs.sync(asked=True)] == ["unchanged"]
        assert len(server.requests) == 3


async def test_requests_are_conditional_with_both_validators_of_one_answer(tmp_path: Path) -> None:
    def answer(request: Request) -> bytes:
        number = len(server.requests)
        if number == 1:
            return reply(rss(1), etag='"one"', last_modified="Fri, 27 Nov 2026 10:00:00 GMT")
        if number == 2:
            return reply(b"", "304 Not Modified", etag='"two"')  # a new validator, without a date
        return reply(b"", "304 Not Modified")

    async with running(tmp_path) as (server, runs):
        runs.add(Subscription(server.on("/feed", dynamic(answer))))  # type: ignore[arg-type]
        for _ in range(4):
            await runs.sync(asked=True)
        sent = [(each.headers.get("if-none-match"), each.headers.get("if-modified-since")) for each in server.requests]
        assert sent == [(None, None), ('"one"', "Fri, 27 Nov 2026 10:00:00 GMT"), ('"two"', None), ('"two"', None)]


async def test_a_body_that_is_the_same_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from reader.feeds import feed_tasks

    parsed = []
    parse = feed_tasks.parse_in_worker

    async def counted(*values: object, **more: object) -> object:
        parsed.append(1)
        return await parse(*values, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(feed_tasks, "parse_in_worker", counted)
    async with running(tmp_path) as (server, runs):
        runs.add(Subscription(server.on("/feed", reply(rss(1)))))
        for _ in range(3):
            await runs.sync(asked=True)
        assert (len(server.requests), len(parsed)) == (3, 1)


async def test_validators_are_not_kept_if_the_documents_could_not_be_written(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, runs):
        runs.add(Subscription(server.on("/feed", reply(rss(1), etag='"one"')), title="Site"))
        runs.root.mkdir()
        (runs.root / "Site").write_text("a file in the way")
        assert [each.status for each in await runs.sync()] == ["failed"]
        (runs.root / "Site").unlink()
        assert [each.status for each in await runs.sync(asked=True)] == ["new"]
        assert "if-none-match" not in server.requests[1].headers


@pytest.mark.parametrize("status", ["301 Moved Permanently", "308 Permanent Redirect"])
async def test_a_permanent_redirect_changes_the_address_after_the_third_time(tmp_path: Path, status: str) -> None:
    async with running(tmp_path) as (server, runs):
        old, new = server.on("/old", b""), server.on("/new", reply(rss(1)))
        server.on("/old", redirect(new, status))
        runs.add(Subscription(old, title="Site", group="G"))
        for _ in range(2):
            assert [each.notice for each in await runs.sync(asked=True)] == [""]
            assert runs.list.load()[0].url == old
        (result,) = await runs.sync(asked=True)
        assert "has moved for good" in result.notice
        assert runs.list.load() == [Subscription(new, title="Site", group="G")]
        assert [each.status for each in await runs.sync(asked=True)] == ["unchanged"]
        assert server.targets[-1] == "/new"
        assert runs.names() == ["2026-11-27-news-1.md"]


@pytest.mark.parametrize("status", ["302 Found", "307 Temporary Redirect"])
async def test_a_temporary_redirect_changes_nothing(tmp_path: Path, status: str) -> None:
    async with running(tmp_path) as (server, runs):
        new = server.on("/new", reply(rss(1)))
        runs.add(Subscription(server.on("/old", redirect(new, status))))
        for _ in range(4):
            await runs.sync(asked=True)
        assert runs.list.load()[0].url == server.url("/old")


async def test_a_feed_that_is_gone_is_paused_and_never_asked_again(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, runs):
        runs.add(Subscription(server.on("/feed", reply(b"", "410 Gone"))))
        (result,) = await runs.sync()
        assert (result.status, runs.list.load()[0].paused) == ("failed", True)
        assert "It has ended" in result.notice
        assert [each.status for each in await runs.sync(asked=True, after=100 * HOUR)] == ["paused"]
        assert len(server.requests) == 1


async def test_a_missing_feed_is_asked_less_and_less(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, runs):
        runs.add(Subscription(server.url("/missing")))
        for _ in range(24 * 7):
            await runs.sync(after=HOUR)
        assert len(server.requests) == 8
        assert "404" in runs.store.states()[runs.list.load()[0].key].failure


async def test_a_busy_host_is_left_alone_and_no_other(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, runs), serving("127.0.0.1") as other:
        busy = server.on("/a", reply(b"", "429 Too Many Requests", retry_after="7200"))
        runs.add(Subscription(busy), Subscription(other.on("/c", reply(rss(1))).replace("127.0.0.1", "localhost")))
        assert [each.status for each in await runs.sync()] == ["failed", "new"]
        runs.add(Subscription(server.on("/b", reply(rss(2)))))
        assert [each.status for each in await runs.sync(asked=True, after=HOUR)] == ["waiting", "unchanged", "waiting"]
        assert server.targets == ["/a"]
        await runs.sync(after=HOUR)
        assert server.targets.count("/b") == 1


async def test_without_a_network_no_feed_is_to_blame(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, runs):
        async with serving() as other:
            feeds = [Subscription(each.on("/feed", reply(rss(1)))) for each in (other, server)]
        refused = Subscription("http://10.0.0.1/feed")  # without asking anyone
        runs.add(feeds[0], refused)
        for _ in range(5):
            assert [each.status for each in await runs.sync(after=HOUR)] == ["failed", "failed"]
        assert runs.store.states().keys() == {refused.key}
        runs.add(feeds[1])
        failed, _, new = await runs.sync(after=60)
        assert (failed.status, new.status) == ("failed", "new")
        assert failed.error.endswith("Other feeds could be reached, so check its address, or try again later.")
        assert runs.store.states()[feeds[0].key].failures == 1, "now it is clear that the network is there"


async def test_two_connections_to_a_host_are_enough(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, runs):
        runs.add(*(Subscription(server.on(f"/{n}", reply(rss(n)))) for n in range(1, 12)))
        assert {each.status for each in await runs.sync()} == {"new"}
        assert server.most_open <= 2
        assert len(server.requests) == 11


async def test_ttl_and_cache_control_are_respected(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, runs):
        runs.add(
            Subscription(server.on("/ttl", reply(rss(1, more="<ttl>180</ttl>")))),
            Subscription(server.on("/age", reply(rss(1), cache_control="public, max-age=10800"))),
        )
        results = await runs.sync()
        assert [each.next_due - runs.time for each in results] == [3 * HOUR, 3 * HOUR]
        await runs.sync(after=2 * HOUR)
        assert len(server.requests) == 2


async def test_hours_and_days_that_a_feed_skips_are_skipped(tmp_path: Path) -> None:
    hours = "".join(f"<hour>{each}</hour>" for each in range(13, 24))  # it starts on a Sunday at 12
    skipped = f"<skipHours>{hours}</skipHours><skipDays><day>Monday</day></skipDays>"
    async with running(tmp_path) as (server, runs):
        runs.add(Subscription(server.on("/feed", reply(rss(1, more=skipped)))))
        await runs.sync()
        for _ in range(35):
            await runs.sync(after=HOUR)
        assert len(server.requests) == 1
        await runs.sync(after=HOUR)
        assert len(server.requests) == 2


async def test_a_feed_that_seldom_changes_is_asked_once_a_day(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, runs):
        runs.add(Subscription(server.on("/feed", reply(rss(1)))))
        asked = []
        for _ in range(24 * 7):
            await runs.sync(after=HOUR)
            asked.append(len(server.requests))
        assert asked[23] >= 4, "at first it is not known how often it changes"
        assert asked[-1] - asked[-25] == 1


async def test_headers_go_to_the_host_of_the_feed_only(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, runs), serving() as other:
        target = other.on("/new", reply(rss(1)))
        feed = Subscription(
            server.on("/feed", redirect(target, "301 Moved Permanently")),
            headers={"Authorization": "Bearer secret"},
            user_agent="mine/1",
        )
        runs.add(feed)
        for _ in range(4):
            await runs.sync(asked=True)
        assert {each.headers.get("authorization") for each in server.requests} == {"Bearer secret"}
        assert {each.headers.get("authorization") for each in other.requests} == {None}
        assert {each.headers["user-agent"] for each in other.requests} == {"mine/1"}
        assert runs.list.load() == [feed], "the address stays: the new host must not get the secret"


async def test_this_machine_is_not_asked_unless_allowed(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, runs):
        runs.add(Subscription(server.on("/feed", reply(rss(1)))))
        runs.allowed = ("127.0.0.2",)
        (result,) = await runs.sync()
        assert result.status == "failed"
        assert "127.0.0.1" in result.error
        assert not server.requests
        runs.allowed = ("127.0.0.1",)
        (result,) = await runs.sync(after=60)
        assert (result.status, len(server.requests)) == ("new", 1), "it is asked as soon as it may be"


async def test_what_is_no_feed_is_reported(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, runs):
        runs.add(Subscription(server.on("/page", reply(b"<html><body>Hello</body></html>"))))
        (result,) = await runs.sync()
        assert result.status == "failed"
        assert "not a feed" in result.error
        assert runs.names() == []


async def test_a_program_and_a_file_can_be_feeds(tmp_path: Path) -> None:
    async with running(tmp_path) as (_, runs):
        file = tmp_path / "feed.xml"
        file.write_bytes(rss(1))
        program = f"import sys; sys.stdout.buffer.write({rss(2)!r}); print('noise', file=sys.stderr)"
        runs.add(
            Subscription(file=str(file), title="File"),
            Subscription(exec=(sys.executable, "-c", program), title="Program"),
            Subscription(exec=(sys.executable, "-c", "import sys; sys.exit('no luck')"), title="Broken"),
            Subscription(exec=("/no/such/program",), title="Missing"),
        )
        results = await runs.sync()
        assert [each.status for each in results] == ["new", "new", "failed", "failed"]
        assert "no luck" in results[2].error
        assert "/no/such/program cannot be run" in results[3].error
        assert runs.names() == ["2026-11-27-news-1.md", "2026-11-27-news-2.md"]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return not Path("/proc").is_dir() or ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False


async def test_a_program_that_takes_too_long_is_killed_with_all_it_started(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    with pytest.raises(ReaderError, match="took longer than 1 seconds"):
        await output_of(["sh", "-c", f"sleep 60 & echo $! > {file}; wait"], 1000, seconds=1)
    child = int(file.read_text())
    async with asyncio.timeout(10):
        while is_running(child):  # noqa: ASYNC110 - in a process that is not ours
            await asyncio.sleep(0.01)  # no event tells that a child of a child has ended
    with pytest.raises(ReaderError, match="printed more than"):
        await output_of([sys.executable, "-c", "while True: print('x' * 10_000)"], 1_000_000)


async def test_one_run_at_a_time(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, runs):
        runs.add(Subscription(server.on("/feed", reply(rss(1)))))
        with runs.store.exclusive(), pytest.raises(BusyError):
            await runs.sync()
        assert not server.requests


async def test_paused_feeds_are_not_asked(tmp_path: Path) -> None:
    async with running(tmp_path) as (server, runs):
        feed = Subscription(server.on("/feed", reply(rss(1))))
        runs.add(replace(feed, paused=True))
        assert [each.status for each in await runs.sync(asked=True)] == ["paused"]
        assert not server.requests
