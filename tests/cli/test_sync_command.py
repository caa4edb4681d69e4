"""``newsreader sync`` and ``feeds list, show, edit, pause, remove``: the real commands against a real server."""

from __future__ import annotations

import asyncio
import json
import os
import plistlib
import re
import shlex
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from click.testing import CliRunner

from reader.cli.main import cli
from reader.cli.subscriptions.sync_timer import timer_files
from reader.core.errors import ReaderError
from reader.core.marks import STARRED
from reader.core.paths import Paths
from reader.feeds.subscriptions import Subscription, Subscriptions
from reader.library.library import Library
from reader.library.stores import open_mark_store
from reader.storage.sqlite.feeds.store import FeedStore
from tests.feeds.test_sync import rss
from tests.web.server import Request, Server, reply, serving

_TOP = Path(__file__).parents[2]


class Run:
    def __init__(self, arguments: list[str]) -> None:
        result = CliRunner().invoke(cli, arguments)
        self.status, self.out, self.err = result.exit_code, result.stdout, result.stderr
        if isinstance(result.exception, ReaderError):  # like reader.exit
            self.status, self.err = 2, f"{self.err}newsreader: {result.exception}\n"
        elif result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def own_store(paths: Paths) -> FeedStore:
    return FeedStore.open(paths.feed_state_file)[0]


async def run(*arguments: str) -> Run:
    return await asyncio.to_thread(Run, [*arguments])


@pytest_asyncio.fixture
async def server(own_directories: Paths) -> AsyncIterator[Server]:
    own_directories.config.mkdir(parents=True, exist_ok=True)
    own_directories.config_file.write_text('[fetch]\nallow_hosts = ["127.0.0.1"]\n', "utf-8")
    async with serving() as one:
        yield one


def add(paths: Paths, *feeds: Subscription) -> None:
    Subscriptions(paths.feeds_file).change(lambda present: [*present, *feeds])


async def test_a_sync_reports_each_feed_and_list_reads_what_it_wrote(server: Server, own_directories: Paths) -> None:
    add(
        own_directories,
        Subscription(server.on("/a", reply(rss(2, 1))), title="One", group="G"),
        Subscription(server.url("/missing"), title="Two"),
    )
    done = await run("sync", "--json")
    assert done.status == 1
    one, two = done.json
    assert (one["title"], one["status"], len(one["new"])) == ("One", "new", 2)
    assert (two["status"], two["new"]) == ("failed", [])
    assert "404" in two["error"]
    assert "1 feed fetched, 2 new articles, 1 failed." in done.err
    listed = await run("list", str(own_directories.news_folder), "--json")
    assert {(each["title"], each["path"]) for each in listed.json} == {
        ("News 1", "G/One/2026-11-27-news-1.md"),
        ("News 2", "G/One/2026-11-27-news-2.md"),
    }
    again = await run("sync")
    assert (again.status, again.out) == (0, "")
    assert "2 not due (--force fetches all)" in again.err
    assert len(server.requests) == 2
    named = await run("sync", "one")
    assert "1 feed fetched, 0 new articles" in named.err
    forced = await run("sync", "--force")
    assert re.search(r"Two: 404 Not Found at 127.0.0.1. It is tried again (on .*|at )\d\d:\d\d\.\n", forced.out)


async def test_the_list_says_what_is_wrong_since_when_and_until_when(server: Server, own_directories: Paths) -> None:
    add(own_directories, Subscription(server.url("/missing"), title="Two", headers={"Authorization": "secret"}))
    await run("sync")
    listed = await run("feeds", "list")
    moment = r"\d{4}-\d\d-\d\d \d\d:\d\d"
    assert re.search(
        rf"404 Not Found at 127.0.0.1. Since {moment}; tried again (in 60 minutes, |on .*)?at \d\d:\d\d\.\n", listed.out
    )
    (record,) = (await run("feeds", "list", "--json")).json
    assert (record["failures"], record["headers"]) == (1, ["Authorization"])
    shown = await run("feeds", "show", "Two")
    assert re.search(r"headers +Authorization\n", shown.out)
    assert "secret" not in listed.out + shown.out + json.dumps(record)


async def test_feeds_are_edited_paused_and_removed(server: Server, own_directories: Paths) -> None:
    url = server.on("/a", reply(rss(1)))
    add(own_directories, Subscription(url, title="One"))
    await run("sync")
    edited = await run("feeds", "edit", "One", "interval=2h", "topics=a, b", "group=G")
    assert edited.status == 0
    assert 'interval = "2h"' in own_directories.feeds_file.read_text("utf-8")
    assert 'topics = ["a", "b"]' in own_directories.feeds_file.read_text("utf-8")
    wrong = await run("feeds", "edit", "One", "intervall=2h")
    assert (wrong.status, "Did you mean “interval”?" in wrong.err) == (2, True)
    assert "interval needs a value: interval=VALUE." in (await run("feeds", "edit", "One", "interval")).err
    assert "interval must be a time" in (await run("feeds", "edit", "One", "interval=x")).err
    await run("feeds", "edit", "One", "interval=")
    assert "interval" not in own_directories.feeds_file.read_text("utf-8")
    await run("feeds", "pause", "G")
    assert (await run("sync", "One", "--json")).json[0]["status"] == "paused"
    await run("feeds", "pause", "G", "--resume")
    assert (await run("sync", "One", "--json")).json[0]["status"] == "unchanged"
    removed = await run("feeds", "remove", "One", "--documents", "--json")
    assert removed.json == [{"url": url, "deleted": 1}]
    assert (await run("feeds", "list", "--json")).json == []
    assert "There are no feeds. `newsreader add URL` adds one" in (await run("feeds", "list")).err
    assert not list(own_directories.news_folder.rglob("*.md"))


async def test_a_feed_is_removed_even_if_its_documents_cannot_be_deleted(own_directories: Paths) -> None:
    add(own_directories, Subscription("https://a.example/"))
    own_directories.trash_folder.parent.mkdir(parents=True)
    own_directories.trash_folder.write_text("a file is in the way", "utf-8")
    removed = await run("feeds", "remove", "https://a.example/", "--documents")
    assert (removed.status, "1 feed removed, but not all documents were deleted: " in removed.err) == (2, True)
    assert (await run("feeds", "list", "--json")).json == []


async def test_without_a_path_commands_are_about_the_news_folder(server: Server, own_directories: Paths) -> None:
    for words in (["list"], ["count", "is:unread"], ["rules", "apply"], ["stories"], ["digest"], ["stats"]):
        assert (await run(*words)).status == 2
    add(own_directories, Subscription(server.on("/a", reply(rss(2, 1)))))
    await run("sync")
    assert len((await run("list", "--json", "--limit", "1")).json) == 1
    assert len((await run("list", "--sort", "date", "--json")).json) == 2
    for words in (["count"], ["count", "is:unread"], ["count", "-is:read", "news"], ["count", "--", "-is:read"]):
        assert (await run(*words)).out == "2\n"
    assert "There are no rules to run." in (await run("rules", "apply", "--dry-run")).err
    assert (await run("stats", "is:unread")).out.startswith("2 articles\n")
    assert len((await run("stories", "--all", "--json")).json) == 2
    assert len((await run("digest", "is:unread", "--json")).json) == 0
    assert "linux" in (await run("count", "linux")).err, "it may be the name of a folder"
    assert "2 documents" in (await run("index")).out
    assert "2 articles" in (await run("mark", "is:unread", "--read")).err
    ids = [each["id"] for each in (await run("list", "--json")).json]
    assert (await run("show", ids[0], "--json")).json["id"] == ids[0]
    assert (await run("related", ids[0], "--json")).json == []
    assert "has no cached page" in (await run("cache", "drop", ids[0])).err
    assert "'WHICH'" in (await run("show", str(own_directories.news_folder))).err
    assert (await run("download", "is:read", "--json")).json == []
    assert "No article in news matches." in (await run("fetch", "is:starred")).err


async def test_a_wrong_feed_stops_no_other(server: Server, own_directories: Paths) -> None:
    text = f'[[feed]]\nurl = "{server.on("/a", reply(rss(1)))}"\n\n[[feed]]\ntitle = "Odd"\nurll = "x"  # why\n'
    own_directories.feeds_file.write_text(text, "utf-8")
    sentence = "feeds.toml, line 4: the feed “Odd” is left out. There is no setting “urll”. Did you mean “url”?"
    done = await run("sync")
    assert (done.status, done.err.count(sentence), server.targets) == (1, 1, ["/a"])
    listed = await run("feeds", "list", "--json")
    assert (listed.status, len(listed.json), sentence in listed.err) == (1, 1, True)
    await run("feeds", "edit", "127.0.0.1", "title=A")
    await run("feeds", "remove", "A")
    assert own_directories.feeds_file.read_text("utf-8") == text[text.index("[[feed]]\ntitle") :]


async def test_a_folder_shows_its_feeds_only(server: Server, own_directories: Paths, tmp_path: Path) -> None:
    add(
        own_directories,
        Subscription(server.on("/a", reply(rss(1))), title="One", folder=str(tmp_path / "mine")),
        Subscription(server.on("/b", reply(rss(2))), title="Two"),
    )
    (only,) = (await run("sync", "--folder", str(tmp_path / "mine"), "--json")).json
    assert only["new"] == [str(tmp_path / "mine/One/2026-11-27-news-1.md")]
    assert server.targets == ["/a"]
    assert [
        each["title"] for each in (await run("feeds", "list", "--folder", str(tmp_path / "mine"), "--json")).json
    ] == ["One"]


@pytest.mark.usefixtures("shared_sandboxes")
async def test_settings_fetch_originals_and_mark_articles_read(server: Server, own_directories: Paths) -> None:
    page = b"<html><title>News</title><body><article>" + b"<p>A whole paragraph of the article. </p>" * 30
    feed = rss(1).replace(b"https://a.example", server.url("").encode())
    server.on("/1", reply(page))
    add(
        own_directories,
        Subscription(server.on("/a", reply(feed)), title="One", fetch="always"),
        Subscription(server.on("/b", reply(rss(2))), title="Two", mute_until=date(2099, 1, 1)),
    )
    done = await run("sync")
    assert done.status == 0
    assert "/1" in server.targets
    news = str(own_directories.news_folder)
    assert "A whole paragraph" in (await run("show", news, "2026-11-27-news-1.md", "--page")).out
    assert [each["title"] for each in (await run("list", news, "is:read", "--json")).json] == ["News 2"]


@pytest.mark.usefixtures("shared_sandboxes")
async def test_a_page_that_failed_is_tried_again_later(server: Server, own_directories: Paths) -> None:
    feed = rss(1).replace(b"https://a.example", server.url("").encode())
    add(own_directories, Subscription(server.on("/a", reply(feed)), title="One", fetch="always"))
    await run("sync")
    await run("sync", "--force")
    assert server.targets.count("/1") == 1, "too early"
    server.on("/1", reply(b"<html><title>News</title><body><article>" + b"<p>A whole paragraph of it. </p>" * 30))
    news = own_directories.news_folder
    with closing(Library.open(news, own_directories)) as library, closing(own_store(own_directories)) as store:
        (entry,) = store.entries(Subscription(server.url("/a")).key)
        store.save(Subscription(server.url("/a")).key, [entry._replace(first_seen=entry.first_seen - 8_000_000_000)])
        (article,) = (await run("list", str(news), "--json")).json
        library.pages.record_failure(article["id"], datetime.now(UTC) - timedelta(hours=2), [], "404")
    await run("sync", "--force")
    assert server.targets.count("/1") == 2
    assert "A whole paragraph" in (await run("show", str(news), "2026-11-27-news-1.md", "--page")).out


async def test_nothing_that_a_rule_stars_is_deleted(server: Server, own_directories: Paths) -> None:
    add(own_directories, Subscription(server.on("/a", reply(rss(4, 3, 2, 1))), keep_count=1))
    own_directories.rules_file.write_text("[[rule", "utf-8")
    assert "No rule has run, and no old document was deleted" in (await run("sync")).err
    own_directories.rules_file.write_text("[[rule]]\nname = 'A'\nquery = '\"news 2\"'\ndo = ['star']\n", "utf-8")
    assert "Deleted 2 old documents" in (await run("sync", "--force")).err
    listed = (await run("list", str(own_directories.news_folder), "--json")).json
    assert {each["title"] for each in listed} == {"News 4", "News 2"}


async def test_rules_run_on_what_a_sync_brings(server: Server, own_directories: Paths) -> None:
    add(own_directories, Subscription(server.on("/a", reply(rss(2, 1)))))
    own_directories.rules_file.write_text("[[rule]]\nname = 'A'\nquery = '\"news 2\"'\ndo = ['star']\n", "utf-8")
    assert (await run("sync")).status == 0
    with open_mark_store(own_directories, pytest.fail) as marks:
        assert len(marks.all_marked(STARRED)) == 1


async def test_what_two_feeds_link_to_is_read_once(server: Server, own_directories: Paths) -> None:
    for name in "ab":
        add(own_directories, Subscription(server.on(f"/{name}", reply(rss(1))), title=name))
    assert (await run("sync")).status == 0
    news = str(own_directories.news_folder)
    assert len((await run("list", news, "--json")).json) == 2
    assert (await run("mark", news, "folder:a", "--read")).status == 0
    assert (await run("list", news, "is:unread", "--json")).json == []


async def test_duplicates_are_read_once_by_the_rule_of_the_documentation(
    server: Server, own_directories: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reader.cli.session.ALWAYS_GROUPED", 0)  # as in a large folder
    (command,) = re.findall(r"^newsreader (rules add .*is:duplicate.*)$", (_TOP / "docs/rules.md").read_text(), re.M)
    assert (await run(*shlex.split(command))).status == 0
    for name in "ab":
        feed = rss(1, 2 if name == "a" else 3).replace(b"a.example", f"{name}.example".encode())
        feed = feed.replace(b"News 1", b"Dam above Velmora bursts, nine missing after Orsk flood")
        add(own_directories, Subscription(server.on(f"/{name}", reply(feed)), title=name))
    assert (await run("sync")).status == 0
    news = own_directories.news_folder
    assert {each["title"] for each in (await run("list", str(news), "is:unread", "--json")).json} == {
        "Dam above Velmora bursts, nine missing after Orsk flood", "News 2", "News 3",
    }  # fmt: skip
    (read,) = (await run("list", str(news), "is:read", "--json")).json
    assert read["originalUrl"] == "https://b.example/1"
    path = next(news.glob("a/*dam*"))
    (news / "later.md").write_text(path.read_text("utf-8").replace("a.example", "c.example"), "utf-8")
    assert (await run("index", str(news))).status == 0
    assert (await run("count", str(news), "is:read")).out == "2\n"
    dry = (await run("rules", "apply", str(news), "--dry-run", "--json")).json
    assert dry["rules"][0]["articles"] == 2


def youtube(*paths: str) -> bytes:
    """Return a feed as YouTube has it, in which shorts are told from other videos by their addresses."""
    entries = "".join(
        f"<entry><id>yt:video:{n}</id><yt:videoId>{n}</yt:videoId><title>Video {n}</title>"
        f'<link rel="alternate" href="https://www.youtube.com/{path}"/><published>2026-11-2{n}T10:00:00+00:00</published>'
        f"<media:group><media:title>Video {n}</media:title></media:group></entry>"
        for n, path in enumerate(paths)
    )
    names = 'xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/"'
    return f'<feed {names} xmlns="http://www.w3.org/2005/Atom"><title>Channel</title>{entries}</feed>'.encode()


async def test_shorts_of_youtube_are_hidden_by_the_rule_of_the_documentation(
    server: Server, own_directories: Paths
) -> None:
    (command,) = re.findall(r"^newsreader (rules add .*shorts.*)$", (_TOP / "docs/rules.md").read_text("utf-8"), re.M)
    assert (await run(*shlex.split(command))).status == 0
    feed = youtube("watch?v=0", "shorts/1", "watch?v=2&amp;t=shorts", "shorts/3")
    add(own_directories, Subscription(server.on("/a", reply(feed))))
    assert (await run("sync")).status == 0
    listed = await run("list", str(own_directories.news_folder), "--json")
    assert {each["title"] for each in listed.json} == {"Video 0", "Video 2"}
    hidden = await run("list", str(own_directories.news_folder), "is:hidden", "--json")
    assert {each["title"] for each in hidden.json} == {"Video 1", "Video 3"}


async def test_nothing_goes_out_if_fetching_is_off(server: Server, own_directories: Paths) -> None:
    add(own_directories, Subscription(server.on("/a", reply(rss(1)))))
    own_directories.config_file.write_text("[fetch]\nenabled = false\n", "utf-8")
    assert (await run("sync")).status == 2
    assert not server.requests


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (signal.SIGKILL, b""),
        (signal.SIGINT, b"newsreader: Interrupted. What has arrived is saved; the next run continues.\n"),
    ],
)
async def test_a_sync_that_is_ended_loses_and_doubles_nothing(
    server: Server, own_directories: Paths, number: int, says: bytes
) -> None:
    waits = asyncio.Event()

    async def hang(request: Request, writer: asyncio.StreamWriter) -> None:
        waits.set()
        await asyncio.Event().wait()

    add(
        own_directories,
        *(Subscription(server.on(f"/{n}", reply(rss(*range(n, n + 5)))), title=f"F{n}") for n in (1, 6, 11)),
        Subscription(server.on("/hang", hang), title="Hang"),
    )
    command = [sys.executable, "-m", "reader", "sync"]
    process = await asyncio.create_subprocess_exec(*command, cwd=_TOP, stderr=asyncio.subprocess.PIPE)
    await asyncio.wait_for(waits.wait(), 30)
    news = own_directories.news_folder
    while not list(news.rglob("*.md")):
        assert process.returncode is None
        await asyncio.sleep(0.005)  # no event tells of a file in another process
    process.send_signal(number)
    assert (await process.communicate())[1].strip(b"\n").endswith(says.strip(b"\n"))
    server.on("/hang", reply(rss(20)))
    assert (await run("sync", "--force")).status == 0
    assert len(list(news.rglob("*.md"))) == 16
    assert not [name for name in os.listdir(news) if name.startswith(".")]


async def test_watching_goes_on_after_a_mistake_and_ends_when_asked(server: Server, own_directories: Paths) -> None:
    own_directories.feeds_file.write_text("[[feed]\n", "utf-8")
    command = [sys.executable, "-m", "reader", "sync", "--watch"]
    process = await asyncio.create_subprocess_exec(*command, cwd=_TOP, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    assert b"is not valid TOML" in await asyncio.wait_for(process.stderr.readline(), 30)
    assert process.returncode is None
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == -signal.SIGTERM


async def test_without_feeds_it_says_how_to_add_some(own_directories: Paths) -> None:
    done = await run("sync")
    assert (done.status, "newsreader add URL" in done.err) == (0, True)


async def test_timers_are_printed_and_nothing_is_installed() -> None:
    printed = (await run("sync", "--install-timer")).out
    assert (await run("sync", "--install-timer", "--print")).out == printed
    assert "[Timer]" in printed or "<plist" in printed
    assert "ExecStart=" in timer_files("linux")
    plist = plistlib.loads(timer_files("darwin").encode())
    assert plist["ProgramArguments"][-1] == "sync"


async def test_bare_newsreader_opens_the_news_folder(server: Server, own_directories: Paths) -> None:
    from reader.startup import Opening

    add(own_directories, Subscription(server.on("/a", reply(rss(1))), title="One"))
    await run("sync")
    first = await asyncio.to_thread(lambda: Opening(None, own_directories).wait(lambda _: None))
    assert first.library.folder.root == own_directories.news_folder.resolve()
    first.library.close()
