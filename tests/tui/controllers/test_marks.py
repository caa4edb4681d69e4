"""What has been read: when an article is marked, how that is drawn, and that it lasts."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reader.core.paths import Paths
from tests.conftest import MakeFolder
from tests.tui.helpers import NARROW, PATIENT, Reader, document, open_app


def bold(reader: Reader, y: int) -> bool:
    """Whether the title in a row of the list is drawn strong."""
    *_, title = [segment for segment in reader.article_list.render_line(y) if segment.text.strip()]
    return bool(title.style is not None and title.style.bold)


async def test_unread_is_bold_and_read_is_dimmed_with_and_without_color(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        assert bold(reader, 1)
        assert "•" in reader.article_list.render_line(1).text
        await reader.press("j", "m", "j")
        assert not bold(reader, 1)
        assert "•" not in reader.article_list.render_line(1).text
        assert bold(reader, 0)
        assert bold(reader, 2)


@pytest.mark.parametrize("key", ["enter", "l", "right"])
async def test_opening_an_article_marks_it_read(seeds: Path, key: str) -> None:
    async with open_app(seeds) as reader:
        assert "5 unread" in reader.lines[0]
        await reader.press(key)
        assert reader.row.read
        assert "4 unread" in reader.lines[0]


async def test_an_article_is_marked_read_after_a_delay(seeds: Path) -> None:
    async with open_app(seeds, timings=PATIENT._replace(until_read=0.2)) as reader:
        await reader.press("j")
        await reader.wait_until(lambda: reader.row.read)
        assert [row.read for row in reader.rows] == [False, True, False, False, False]
        assert reader.message == ""


async def test_an_article_passed_by_stays_unread(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press("j", "j", "G", "g")
        assert not any(row.read for row in reader.rows)


async def test_a_hidden_article_is_not_marked_read(seeds: Path) -> None:
    async with open_app(seeds, NARROW, timings=PATIENT._replace(until_read=0.01)) as reader:
        await reader.press("j", "k", "?", "escape")
        assert not any(row.read for row in reader.rows)


async def test_m_toggles_read(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        for read, sentence in ((True, "Marked read."), (False, "Marked unread."), (True, "Marked read.")):
            await reader.press("m")
            assert (reader.row.read, reader.message) == (read, sentence)
        await reader.press("enter", "m")
        assert not reader.row.read
        assert "5 unread" in reader.lines[0]


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
        drawn = [reader.article_list.render_line(y).text for y in range(3)]
        assert ["•" in line for line in drawn] == ["Same" not in line for line in drawn]


async def test_a_second_toggle_before_the_first_is_saved_reverts_it(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        for _ in range(2):
            reader.start_action("mark.read")
        await reader.settle()
        assert not reader.row.read
        assert not any(row.read for row in reader.rows)


async def test_the_first_article_is_marked_read_once_the_user_selects_it(seeds: Path) -> None:
    async with open_app(seeds, timings=PATIENT._replace(until_read=0.01)) as reader:
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
