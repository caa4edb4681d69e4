"""The feeds of the folder in the sidebar."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import pytest
from textual import events

from reader.config.settings import Config
from reader.core.hashing import hash_bytes
from reader.core.paths import Paths
from reader.feeds.overview import Health, ListedFeed
from reader.feeds.subscriptions import Subscription, Subscriptions
from reader.library.rules.rules_file import ArrivalRule, RulesFile
from reader.storage.sqlite.feeds.store import FeedState, FeedStore, StoredEntry
from reader.storage.sqlite.lock import BusyError
from reader.tui.loaders.sidebar import with_feeds
from reader.tui.widgets.sidebar.sections import SidebarLine
from tests.cli.test_sync_command import server
from tests.conftest import MakeFolder
from tests.feeds.test_sync import rss
from tests.tui.controllers.sidebar_lines import lines, move_to, query
from tests.tui.helpers import PATIENT, SIDE, Reader, document, open_app
from tests.web.server import Server, reply

__all__ = ["server"]  # a fixture

_TIMINGS = PATIENT._replace(files_poll=0.01)
_GONE = Subscription("https://gone.example/feed", title="Gone", group="Linux")


def _write(paths: Paths, folder: Path, *tables: str) -> None:
    paths.config.mkdir(parents=True, exist_ok=True)
    text = "".join(f"[[feed]]\n{table}\nfolder = '{folder}'\n" for table in tables)
    paths.feeds_file.write_text(text, "utf-8")


def _fail(paths: Paths) -> None:
    store, _ = FeedStore.open(paths.feed_state_file)
    with contextlib.closing(store):
        now = time.time()
        store.save_state(_GONE.key, FeedState(failures=1, failing_since=now, failure="It is gone.", next_due=now + 60))


async def _paste(reader: Reader, text: str) -> None:
    reader.app.post_message(events.Paste(text))
    await reader.settle()


async def test_feeds_are_shown_with_their_health_and_followed(
    make_folder: MakeFolder, own_directories: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {"Linux/LWN/1.md": "One", "Linux/LWN/2.md": "Two", "Linux/Gone/3.md": "Three", "notes/4.md": "Four"}
    folder = make_folder({path: document(title) for path, title in places.items()})
    lwn = 'url = "https://lwn.example/rss"\ntitle = "LWN"\ngroup = "Linux"'
    gone = f'url = "{_GONE.url}"\ntitle = "Gone"\ngroup = "Linux"'
    _write(own_directories, folder, lwn, gone)
    is_busy = [True]
    open_store = FeedStore.open

    def open_when_free(path: Path) -> tuple[FeedStore, str]:
        if is_busy:
            raise BusyError("Another program is using feeds.db.")
        return open_store(path)

    monkeypatch.setattr(FeedStore, "open", open_when_free)  # a lock would be waited for, for five seconds
    async with open_app(folder, SIDE, timings=_TIMINGS) as reader:
        await reader.press("b")
        await reader.wait_until(lambda: "using feeds.db" in reader.message)
        is_busy.clear()
        await reader.wait_until(lambda: "LWN 2/2" in lines(reader))
        found = lines(reader)
        at = found.index("▾ Feeds 2")
        assert found[at : at + 4] == ["▾ Feeds 2", "▾ Linux 3/3", "LWN 2/2", "Gone 1/1"]
        assert [line for line in found if "notes" in line or line.startswith("Linux")] == ["notes 1/1"]

        _fail(own_directories)  # as a sync would
        await reader.wait_until(lambda: "Gone ! 1/1" in lines(reader))
        await move_to(reader, "Gone")
        assert reader.message.startswith("Gone: It is gone. Since ")
        await move_to(reader, "Linux")
        assert reader.message == "Linux: 1 of 2 feeds failed."
        await reader.press("enter")
        assert (query(reader), len(reader.rows)) == ("folder:Linux", 3)

        await reader.press("b")
        await move_to(reader, "LWN")
        await reader.press("enter")
        assert (query(reader), len(reader.rows)) == ("folder:Linux/LWN", 2)
        await reader.press("alt+r")
        await _paste(reader, "hid")
        await reader.press("enter")
        assert "The rule cannot do “hid”. Did you mean “hide”?" in reader.text
        await _paste(reader, "e tag:kernel")
        await reader.press("enter")
        assert reader.message.startswith("Added the rule “folder:Linux/LWN”, for articles that arrive from now on.")
        assert RulesFile(own_directories.rules_file).load() == [
            ArrivalRule("folder:Linux/LWN", "folder:Linux/LWN", ("hide",), ("kernel",))
        ]
        await reader.press("u")
        assert reader.message == "Undone: adding the rule “folder:Linux/LWN”."
        assert RulesFile(own_directories.rules_file).load() == []

        await reader.press("b")
        assert "✓ LWN 2/2" in " ".join(lines(reader))

        own_directories.feeds_file.write_text("[[feeds]]\n", "utf-8")
        await reader.wait_until(lambda: "unknown key “feeds”" in reader.message)
        assert "LWN 2/2" in " ".join(lines(reader)), "as it was"
        _write(own_directories, folder, lwn + "\npaused = true")
        os.utime(own_directories.feeds_file, (1, 1))
        await reader.wait_until(lambda: "LWN ‖ 2/2" in " ".join(lines(reader)))


def test_a_group_counts_the_documents_of_its_feeds_alone() -> None:
    def listed(name: str, group: str, *former: str) -> ListedFeed:
        feed = Subscription(f"https://{name}.example/", title=name, group=group)
        return ListedFeed(feed, name, (f"{group}/{name}", *former), Health())

    def shown(*feeds: ListedFeed) -> tuple[list[tuple[object, ...]], list[str]]:
        counts = {"A": (6, 3), "A/one": (1, 1), "A/two": (2, 0), "A/B": (3, 2), "A/B/three": (3, 2), "C": (0, 0)}
        found = with_feeds(feeds, [SidebarLine("entry", "folder", name, *count) for name, count in counts.items()])
        groups = [(line.text, line.articles, line.unread, line.folders) for line in found["feed"] if line.is_group]
        return groups, [line.text for line in found["folder"]]

    one, two, three = listed("one", "A"), listed("two", "A"), listed("three", "A/B")
    assert shown(one, two, three) == ([("A", 6, 3, ("A",)), ("A/B", 3, 2, ("A/B",))], ["C"])
    assert shown(one, three)[0][0] == ("A", 4, 3, ("A/one", "A/B/three")), "two was removed"
    assert shown(one, three)[1] == ["A/two", "C"]
    moved = listed("two", "C", "A/two")
    assert shown(one, three, moved)[0][2] == ("C", 2, 0, ("C", "A/two"))
    assert shown(one, three, moved)[0][0] == ("A", 4, 3, ("A/one", "A/B/three"))


async def test_feeds_are_added_changed_and_removed_and_each_is_undone(
    make_folder: MakeFolder, own_directories: Paths, server: Server
) -> None:
    feed = server.on("/feed", reply(rss(1)))
    links = "".join(
        f'<link rel="alternate" type="application/rss+xml" title="{title}" href="/{path}">'
        for title, path in (("Site", "feed"), ("Other", "other"))
    )
    page = server.on("/", reply(f"<html><head>{links}</head><body>Hello</body></html>".encode()))
    folder = make_folder({"Linux/LWN/1.md": document("One")})
    _write(own_directories, folder, 'url = "https://lwn.example/rss"  # penguin\ntitle = "LWN"\ngroup = "Linux"')
    text = own_directories.feeds_file.read_text("utf-8")
    store, _ = FeedStore.open(own_directories.feed_state_file)
    with contextlib.closing(store):
        known = hash_bytes((folder / "Linux/LWN/1.md").read_bytes(), 16)
        store.save("https://lwn.example/rss", [StoredEntry(0, "Linux/LWN/1.md", (), "", None, 0, None, known)])

    def feeds() -> list[Subscription]:
        return Subscriptions(own_directories.feeds_file).load()

    async with open_app(folder, SIDE, Config(), timings=_TIMINGS) as reader:
        await reader.press("b")
        await reader.wait_until(lambda: "LWN 1/1" in lines(reader))
        await move_to(reader, "LWN")

        await reader.press("plus", "enter")
        assert "Type an address" in reader.text
        await _paste(reader, page)
        await reader.press_at_once("enter", "x")
        assert "Enter looks there" in reader.text, "the answer would be about another address"
        await reader.press("backspace", "enter")
        await reader.wait_until(lambda: "1  Site · RSS" in reader.text, seconds=30)
        assert "has 2 feeds: add which one?" in reader.text
        assert "2026-11-27 News 1" in reader.text
        assert "No entries are known." in reader.text
        await reader.press("down", "enter", "enter")
        await reader.wait_until(lambda: "404" in reader.text, seconds=30)
        await reader.press("ctrl+u")
        await _paste(reader, page)
        await reader.press("enter")
        await reader.wait_until(lambda: "1  Site · RSS" in reader.text, seconds=30)
        await reader.press("down", "up", "enter")
        await reader.wait_until(lambda: len(feeds()) == 2, seconds=30)
        await reader.settle()
        assert feeds()[1] == Subscription(feed, title="Site", group="Linux", folder=str(folder))
        assert reader.message == (
            "Added the feed “Site” to Linux. Its newest entry is “News 1”. R fetches it; u undoes it."
        )
        await reader.wait_until(lambda: "▌ Site 0/0" in lines(reader))  # selected, so that R fetches it

        await reader.press("plus")
        await _paste(reader, page)
        await reader.press("enter")
        await reader.wait_until(lambda: "1  Site · RSS · in your list already" in reader.text, seconds=30)
        await reader.press("enter")
        assert reader.message == "“Site” is in your list already."
        assert len(feeds()) == 2

        await move_to(reader, "LWN")
        await reader.press("p")
        assert reader.message == "Paused the feed “LWN”. u undoes it."
        assert "▌ LWN ‖ 1/1" in lines(reader)
        await reader.press("e", "ctrl+u")
        await _paste(reader, "titel=x")
        await reader.press("enter")
        assert "There is no setting “titel”. Did you mean “title”?" in reader.text
        await reader.press("ctrl+u")
        await _paste(reader, "title=The News group= interval=2h")
        await reader.press("enter")
        assert reader.message == "Changed title, group and interval of the feed “LWN”. u undoes it."
        assert "The News ‖ 1/1" in " ".join(lines(reader)), "with the documents in its former folder"
        assert "▾ Linux 0/0" in lines(reader)
        await move_to(reader, "The News")
        await reader.press("d")
        assert "The documents stay.   Tab: yes  no" in reader.text
        await reader.press("tab")
        assert "Also deletes the documents" in reader.text
        await reader.press("ctrl+u", "x", "enter")
        assert "Type yes or no" in reader.text
        own_directories.trash_folder.write_text("in the way", "utf-8")
        await reader.press("ctrl+u", "y", "enter")
        assert reader.message.startswith("Removed the feed “The News”, but not all documents were deleted: ")
        assert reader.message.endswith("u undoes it.")
        own_directories.trash_folder.unlink()
        await reader.press("u")
        await reader.wait_until(lambda: "The News ‖ 1/1" in " ".join(lines(reader)))
        await move_to(reader, "The News")
        await reader.press("d", "y", "enter")
        assert reader.message == "Removed the feed “The News”, and deleted 1 document. u undoes it."
        assert not (folder / "Linux/LWN/1.md").exists()
        await reader.press("u")
        assert reader.message.endswith("removing the feed “The News”. 1 document restored.")
        await reader.wait_until(lambda: "The News ‖ 1/1" in " ".join(lines(reader)))
        await move_to(reader, "The News")
        await reader.press("d", "enter")
        assert reader.message == "Removed the feed “The News”. u undoes it."
        assert (folder / "Linux/LWN/1.md").exists()

        await reader.press("E", "ctrl+u")
        await _paste(reader, str(own_directories.data / "feeds.opml"))
        await reader.press("enter")
        assert reader.message.startswith("Exported 1 feed to ")
        assert feed in (own_directories.data / "feeds.opml").read_text("utf-8")
        await reader.press("u")
        assert reader.message.startswith("Undone: exporting 1 feed to ")
        assert not (own_directories.data / "feeds.opml").exists()

        await reader.press("u", "u", "u")
        assert reader.message == "Undone: pausing the feed “LWN”."
        await reader.press("u")
        assert own_directories.feeds_file.read_text("utf-8") == text
        assert "LWN 1/1" in " ".join(lines(reader))

        await reader.press("/", *"linu", "enter")
        assert "▌ ▾ Linux 1/1" in lines(reader)
        await reader.press("e", "ctrl+u")
        await _paste(reader, "BSD")
        await reader.press("enter")
        assert "▌ ▾ BSD 1/1" in lines(reader), "it is selected, though it would not match the filter"
        await reader.press("u")
        assert "▌ ▾ Linux 1/1" in lines(reader), "the group is selected under each of its names"
        await reader.press("ctrl+r")
        assert "▌ ▾ BSD 1/1" in lines(reader)
        await reader.press("u", "d")
        assert "Remove 1 feed of “Linux”" in reader.text
        await reader.press("escape")

        await reader.press("e", "ctrl+u")
        await _paste(reader, "G" * 200)
        await reader.press("enter", "plus")
        line = reader.app.session.prompts.line
        assert line is not None
        assert line.input.size.width >= SIDE[0] // 5, "however long the name of the group is"
