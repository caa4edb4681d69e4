"""``newsreader add``, ``import`` and ``feeds export``: from a page or a list of another program to your own list."""

from __future__ import annotations

from pathlib import Path

import pytest

from reader.core.paths import Paths
from reader.feeds.subscriptions import Subscription, Subscriptions
from tests.cli.test_sync_command import add, run, server
from tests.feeds.test_sync import rss
from tests.web.server import Server, redirect, reply

__all__ = ["server"]  # a fixture

OPML = b"""<opml version="2.0"><body>
<outline text="Linux"><outline text="Kernel">
  <outline type="rss" text="LWN" xmlUrl="https://lwn.example/rss" category="kernel"/></outline>
  <outline type="rss" text="Run me" xmlUrl="exec:rm -rf ~"/></outline>
<outline type="rss" text="XKCD" xmlUrl="https://xkcd.example/atom.xml" htmlUrl="https://xkcd.example/"/>
</body></opml>"""


def feeds(paths: Paths) -> list[Subscription]:
    return Subscriptions(paths.feeds_file).load()


async def test_a_feed_is_added_with_its_title_and_shown_with_its_newest_entries(
    server: Server, own_directories: Paths
) -> None:
    url = server.on("/feed", reply(rss(*range(9, 0, -1))))
    done = await run("add", url, "--group", "G")
    assert done.status == 0
    assert done.out.splitlines()[:2] == [f"Site  {url}", "  2026-11-27  News 9"]
    assert len(done.out.splitlines()) == 6
    assert "Added “Site”." in done.err
    assert feeds(own_directories) == [Subscription(url, title="Site", group="G")]
    assert own_directories.news_folder.is_dir()
    again = await run("add", url)
    assert (again.status, "“Site” is in your list already" in again.err) == (2, True)
    assert len(server.requests) == 1


async def test_a_title_of_any_length_is_taken_but_not_a_group(server: Server, own_directories: Paths) -> None:
    url = server.on("/feed", reply(rss(1).replace(b"Site", b"Long &#27;title " * 500)))
    assert "group must be one line in quotes, of at most 200" in (await run("add", url, "--group", "g" * 201)).err
    assert (await run("add", url)).status == 0
    (feed,) = feeds(own_directories)
    assert feed.title.startswith("Long ")
    assert len(feed.title) <= 500


async def test_a_page_which_only_a_worker_process_reads_leads_to_its_feed(
    server: Server, own_directories: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reader.feeds.discover.find_feeds", None)  # in this process
    server.on("/feed", reply(rss(1)))
    link = b'<link rel="alternate" type="application/rss+xml" title="All" href="/feed">'
    await run("add", server.on("/", reply(b"<html><head>" + link + b"</head><body>Hello</body></html>")))
    assert [each.url for each in feeds(own_directories)] == [server.url("/feed")]


async def test_several_feeds_are_listed_where_nobody_can_be_asked(server: Server, own_directories: Paths) -> None:
    links = b"".join(
        b'<link rel="alternate" type="application/rss+xml" title="F%d" href="/f%d">' % (n, n) for n in range(2)
    )
    server.on("/f1", reply(rss(1)))
    add(own_directories, Subscription(server.url("/f0")))
    done = await run("add", server.on("/", reply(b"<html><head>" + links + b"</head><body>Hello</body></html>")))
    assert done.status == 2
    assert f"  1  F0  (RSS)  {server.url('/f0')}  in your list already\n" in done.err
    assert f"  2  F1  (RSS)  {server.url('/f1')}\n       2026-11-27  News 1\n" in done.err
    done = await run("add", server.url("/"), "--json")
    entries = [{"title": "News 1", "published": "2026-11-27T01:00:00+01:00"}]
    assert (done.status, done.json["feeds"]) == (2, [
        {"title": "F0", "url": server.url("/f0"), "kind": "rss", "entries": [], "listed": True},
        {"title": "F1", "url": server.url("/f1"), "kind": "rss", "entries": entries, "listed": False},
    ])  # fmt: skip
    done = await run("add", server.url("/f1"), "--json", "--dry-run")
    assert (done.status, done.json["title"], done.json["entries"]) == (0, "Site", entries)
    assert len(feeds(own_directories)) == 1


async def test_what_leads_to_no_feed_is_not_added(server: Server, own_directories: Paths) -> None:
    done = await run("add", server.on("/", reply(b"<html><body>Nothing here</body></html>")))
    assert (done.status, "not a feed" in done.err) == (2, True)
    assert "404" in (await run("add", server.url("/missing"))).err
    assert feeds(own_directories) == []


async def test_a_feed_that_has_moved_is_added_under_its_new_address(server: Server, own_directories: Paths) -> None:
    new = server.on("/new", reply(rss(1)))
    await run("add", server.on("/old", redirect(new, "301 Moved Permanently")), "--title", "Mine")
    assert [(each.url, each.title) for each in feeds(own_directories)] == [(new, "Mine")]


async def test_opml_is_imported_and_nothing_in_it_is_run(own_directories: Paths, tmp_path: Path) -> None:
    file = tmp_path / "list.opml"
    file.write_bytes(OPML)
    add(own_directories, Subscription("https://xkcd.example/atom.xml"))
    done = await run("import", str(file), "--json")
    assert done.status == 0
    assert (done.json["added"], done.json["known"]) == (["https://lwn.example/rss"], 1)
    assert len(done.json["skipped"]) == 1
    lwn = feeds(own_directories)[1]
    assert (lwn.title, lwn.group, lwn.exec) == ("LWN", "Linux/Kernel", ())
    assert "2 already in your list" in (await run("import", str(file))).err


async def test_a_local_file_is_added_and_fetched(server: Server, own_directories: Paths, tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_bytes(rss(2, 1))
    done = await run("add", str(file), "--group", "G")
    assert done.out.splitlines()[:2] == [f"Site  {file}", "  2026-11-27  News 2"]
    assert feeds(own_directories) == [Subscription(file=str(file), title="Site", group="G")]
    assert "in your list already" in (await run("add", f"file://{file}")).err
    assert "2 new articles" in (await run("sync")).err
    assert "cannot be read: no such file" in (await run("add", "./missing.xml")).err
    assert not server.requests


async def test_no_group_leads_out_of_the_folder(own_directories: Paths, tmp_path: Path) -> None:
    (file := tmp_path / "feed.xml").write_bytes(rss(1))
    done = await run("add", str(file), "--group", "a/../../b")
    assert (done.status, "group must be one line in quotes" in done.err) == (2, True)
    assert not own_directories.feeds_file.exists()


async def test_an_exported_list_is_imported_as_it_was(own_directories: Paths, tmp_path: Path) -> None:
    mine = [
        Subscription("https://lwn.example/rss", title="LWN <&>", group="Linux/Kernel", topics=("kernel",)),
        Subscription("https://xkcd.example/atom.xml", title="XKCD"),
    ]
    add(own_directories, *mine, Subscription(exec=("prog",), title="Program"))
    file = tmp_path / "list.opml"
    assert (await run("feeds", "export", str(file))).status == 0
    exported = file.read_bytes()
    again = await run("feeds", "export", str(file), "--json")
    assert (again.status, "list.opml exists already, and was not changed" in again.err) == (2, True)
    assert file.read_bytes() == exported
    listed = (await run("feeds", "export", "--json")).json
    assert [(each["url"], each["group"], each["topics"]) for each in listed] == [
        ("https://lwn.example/rss", "Linux/Kernel", ["kernel"]),
        ("https://xkcd.example/atom.xml", "", []),
    ]
    own_directories.feeds_file.unlink()
    await run("import", str(file))
    assert sorted(feeds(own_directories), key=lambda each: each.url) == mine


async def test_the_list_of_another_machine_is_merged(own_directories: Paths, tmp_path: Path) -> None:
    add(own_directories, Subscription("https://a.example/", title="Mine"))
    file = tmp_path / "feeds.toml"
    Subscriptions(file).change(
        lambda _: [
            Subscription("https://a.example/", title="Theirs", interval=120),
            Subscription("https://b.example/"),
            Subscription(exec=("evil",)),
        ]
    )
    done = await run("import", str(file))
    assert "1 feed skipped: only you may add programs and files." in done.err
    assert feeds(own_directories) == [
        Subscription("https://a.example/", title="Mine", interval=120),
        Subscription("https://b.example/"),
    ]
