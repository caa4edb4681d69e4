"""Marking articles read: when it happens, how it is drawn, and that it is saved."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from reader.core.model import Row
from reader.core.paths import Paths
from reader.library.articles import LibraryArticles
from tests.conftest import MakeFolder
from tests.tui.conftest import Browser
from tests.tui.helpers import FETCH_DISABLED, NARROW, Reader, document, marking_after, open_app


def bold(reader: Reader, row: int) -> bool:
    """Whether the title in a row of the list is drawn bright."""
    line = reader.article_list.render_line(reader.y_of(row))
    *_, title = [segment for segment in line if segment.text.strip()]
    return bool(title.style is not None and title.style.bold)


async def test_unread_is_bold_and_read_is_dimmed_with_and_without_color(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        assert bold(reader, 1)
        assert "•" in reader.drawn_row(1)
        await reader.press("j", "m", "j")
        assert not bold(reader, 1)
        assert "•" not in reader.drawn_row(1)
        assert bold(reader, 0)
        assert bold(reader, 2)


@pytest.mark.parametrize("keys", ["u enter q", "u m"])
async def test_keys_right_after_an_undo_apply_to_what_it_leaves(seeds: Path, keys: str) -> None:
    async with open_app(seeds) as reader:
        await reader.press("j", "m")
        assert reader.row.read
        await reader.press_at_once(*keys.split())
        assert reader.row.read
        assert "4 unread" in reader.lines[0]


@pytest.mark.parametrize("keys", ["enter", "f", "]", "tab tab"])
async def test_opening_an_article_marks_it_read(seeds: Path, keys: str) -> None:
    async with open_app(seeds) as reader:
        assert "5 unread" in reader.lines[0]
        await reader.press(*keys.split(), "q")
        assert reader.row.read
        assert "4 unread" in reader.lines[0]
        assert reader.message == ""


async def test_an_article_opened_in_the_browser_is_marked_read(seeds: Path, browser: Browser) -> None:
    async with open_app(seeds) as reader:
        await reader.press("o")
        await reader.wait_until(lambda: reader.row.read)
        assert browser.calls


async def test_a_related_article_that_the_query_does_not_find_is_marked_read(make_folder: MakeFolder) -> None:
    related = "related: [{title: Two, webUrl: 'https://two.example/'}]"
    two = document("Two", "originalUrl: https://two.example/", body="Text.")
    async with open_app(make_folder({"1.md": document("One", related), "2.md": two})) as reader:
        await reader.press("/", *"title:one", "enter", "]", "enter", "enter")
        assert reader.reader_view.text.title == "Two"
        await reader.press("q", "q", "escape")
        assert {row.title: row.read for row in reader.rows} == {"One": True, "Two": True}
        assert "0 unread" in reader.lines[0]


async def test_selecting_an_article_or_its_pane_leaves_it_unread(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press("j", "l", "space", "q", "j", "tab", "q")
        assert not any(row.read for row in reader.rows)


async def test_reading_marks_nothing_if_the_settings_say_so(seeds: Path) -> None:
    async with open_app(seeds, settings=replace(FETCH_DISABLED, mark_read="never", mark_read_after=0.01)) as reader:
        await reader.press("j", "]", "q", "enter")
        await reader.pass_time(0.01)
        assert not any(row.read for row in reader.rows)
        await reader.press("m")
        assert reader.row.read


async def test_undo_takes_back_what_the_user_did_not_what_reading_marked(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press("s", "j", "enter", "q", "j", "]", "q", "u")
        assert reader.message == "Undone: starring 1 article."
        assert [(row.read, row.starred) for row in reader.rows[:3]] == [(False, False), (True, False), (True, False)]
        await reader.press("u")
        assert reader.message == "There is nothing to undo."
        await reader.press("ctrl+r")
        assert reader.message == "Redone: starring 1 article."
        assert [row.read for row in reader.rows[:3]] == [False, True, True]


async def test_undo_leaves_an_article_alone_that_reading_has_marked_since(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press("v", "j", "m", "v", "k", "m")
        assert not any(row.read for row in reader.rows)
        await reader.press("enter", "q", "u")
        assert reader.message == "Undone: marking 2 articles unread (1 changed since, left as it is)."
        assert [row.read for row in reader.rows] == [True, True, False, False, False]


async def test_a_key_hides_and_shows_read_articles(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press("m", "j", "m", "j", "j", "m")
        read = {row.title for row in reader.rows if row.read}
        selected = reader.row.title
        await reader.press("a")
        assert reader.message == "Read articles are hidden. a shows them."
        assert reader.query == "is:unread"
        assert reader.row.title == selected, "it stays until the selection moves on"
        assert {row.title for row in reader.rows} & read == {selected}
        await reader.press("k")
        assert not {row.title for row in reader.rows} & read
        selected = reader.row.title
        await reader.press("a")
        assert reader.message == "Read articles are shown again."
        assert (reader.query, len(reader.rows), reader.row.title) == ("", 5, selected)


async def test_hiding_read_articles_keeps_the_query(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press("/", *"court OR china", "enter", "a")
        assert reader.query == "(court OR china) is:unread"
        await reader.press("a")
        assert reader.query == "court OR china"


async def test_an_article_is_marked_read_after_a_delay(seeds: Path) -> None:
    async with open_app(seeds, settings=marking_after(0.2)) as reader:
        await reader.press("j")
        await reader.wait_until(lambda: reader.row.read)
        assert [row.read for row in reader.rows] == [False, True, False, False, False]
        assert reader.message == ""


async def test_an_article_passed_by_stays_unread(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press("j", "j", "G", "g")
        assert not any(row.read for row in reader.rows)


async def test_a_hidden_article_is_not_marked_read(seeds: Path) -> None:
    async with open_app(seeds, NARROW, settings=marking_after(0.01)) as reader:
        await reader.press("j", "k", "?", "escape")
        assert not any(row.read for row in reader.rows)


async def test_m_toggles_read(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        for read, sentence in ((True, "Marked read."), (False, "Marked unread."), (True, "Marked read.")):
            await reader.press("m")
            assert (reader.row.read, reader.message) == (read, sentence)
        await reader.press("l", "m")
        assert not reader.row.read
        assert "5 unread" in reader.lines[0]


async def test_an_article_marked_unread_while_it_loads_stays_unread(
    seeds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app(seeds, settings=marking_after(0.1)) as reader:
        slow_disk, article = threading.Event(), LibraryArticles.load
        monkeypatch.setattr(LibraryArticles, "load", lambda self, rowid: slow_disk.wait(20) and article(self, rowid))
        try:
            await reader.pilot.press("j", "m", "m")  # read, and unread again
        finally:
            slow_disk.set()
        await reader.settle()
        assert reader.pane_title == reader.row.title
        await reader.pass_time(0.1)
        assert not reader.row.read
        await reader.press("j", "k")
        await reader.wait_until(lambda: reader.row.read)


async def test_a_list_that_was_loaded_before_a_mark_was_saved_leaves_the_count(
    seeds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, slow_disk, rows = threading.Event(), threading.Event(), LibraryArticles.rows

    def late_rows(self: LibraryArticles, rowids: Sequence[int]) -> list[Row]:
        counted.set()
        slow_disk.wait(20)
        return rows(self, rowids)

    async with open_app(seeds) as reader:
        monkeypatch.setattr(LibraryArticles, "rows", late_rows)
        try:
            reader.report_list_change()
            await asyncio.to_thread(counted.wait, 20)
            await reader.pilot.press("m")
            async with asyncio.timeout(10):
                while "4 unread" not in reader.lines[0]:
                    await reader.pilot.pause()
        finally:
            slow_disk.set()
        await reader.settle()
        assert "4 unread" in reader.lines[0]


async def test_marks_survive_reopening(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press("j", "m")
        title = reader.row.title
    async with open_app(seeds) as reader:
        assert [row.title for row in reader.rows if row.read] == [title]
        assert not bold(reader, 1)
        await reader.press("j", "m")
    async with open_app(seeds) as reader:
        assert not any(row.read for row in reader.rows)


async def test_documents_of_one_article_share_their_marks(make_folder: MakeFolder) -> None:
    same = document("Same", "originalUrl: https://a.org/same")
    async with open_app(make_folder({"a.md": same, "b.md": same, "c.md": document("Other")})) as reader:
        await reader.press("G" if reader.rows[-1].title == "Same" else "g", "m")
        drawn = [reader.drawn_row(row) for row in range(3)]
        assert ["•" in line for line in drawn] == ["Same" not in line for line in drawn]


async def test_a_second_toggle_before_the_first_is_saved_reverts_it(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        for _ in range(2):
            reader.start_action("mark.read")
        await reader.settle()
        assert not reader.row.read
        assert not any(row.read for row in reader.rows)


async def test_the_first_article_is_marked_read_once_the_user_selects_it(seeds: Path) -> None:
    async with open_app(seeds, settings=marking_after(0.01)) as reader:
        await reader.press("g")
        await reader.wait_until(lambda: reader.row.read)
        assert reader.article_list.cursor == 0


async def test_each_mark_that_cannot_be_saved_is_reported(seeds: Path) -> None:
    async with open_app(seeds):
        pass  # so that there is a file
    path = Paths.from_environment().state_file
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
        db.commit()
    async with open_app(seeds) as reader:
        await reader.press("s")
        assert "Only until you quit: marks cannot be saved." in reader.message
