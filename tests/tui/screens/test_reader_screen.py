"""The reading view: into it and out, its search, headings, links, selection, width and place."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from reader.config.settings import Config
from reader.content.markdown.parser import parse_markdown
from reader.content.page import Extract, Page
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.library.library import Library
from reader.tui.widgets.text.lines import Run
from tests.conftest import MakeFolder
from tests.tui.helpers import (
    NARROW,
    SIDE,
    STACKED,
    Reader,
    delay_texts,
    document,
    drawn,
    left_margin,
    opened,
    record_opened_urls,
)


@dataclass
class Gate:
    """What is held back, and until when."""

    held: set[str] = field(default_factory=set)
    opened: threading.Event = field(default_factory=threading.Event)


PARAGRAPHS = "\n\n".join(
    f"## Part {number}\n\nThis is paragraph {number}, with [link {number}](https://example.org/{number}) in it. "
    + "It goes on for a while, so that the text is longer than any screen. " * 3
    for number in range(1, 31)
)


@pytest.fixture
def kept(make_folder: MakeFolder) -> Path:
    """A folder of three articles, of the first of which there is a page."""
    folder = make_folder(
        {
            "a.md": document("With a page", "quality: 9", "originalUrl: https://a.example/", "excerpt: The excerpt."),
            "b.md": document("With a body", "quality: 8", "originalUrl: https://b.example/", body="Its own **words**."),
            "c.md": document("With neither", "quality: 7", "excerpt: All there is."),
        }
    )
    keep(folder, "With a page", PARAGRAPHS)
    return folder


def keep(folder: Path, title: str, markdown: str, words: int = 2000) -> None:
    """Keep a page of the article with this title."""
    from reader.indexing.refresh import refresh

    library = Library.open(folder, Paths.from_environment())
    for _ in refresh(library):
        pass
    (row,) = (row for row in library.rows(library.view(Sort()).rowids) if row.title == title)
    now = datetime.now(UTC)
    url = row.links.best
    library.pages.keep(
        Page(row.id, "original", url, url, Extract(parse_markdown(markdown), words, byline="Ann Author"), now, now),
        b"<html>",
    )
    library.close()


def line(reader: Reader, at: int) -> str:
    """Return a line of the screen without the scrollbar."""
    return reader.lines[at][:-1].strip()


async def read(reader: Reader) -> str:
    await reader.press("f")
    assert reader.focus == "text"
    return drawn(reader.reading)


@pytest.mark.parametrize("size", [SIDE, STACKED, NARROW, (200, 50)])
async def test_f_reads_the_page_that_is_kept_and_esc_goes_back(kept: Path, size: tuple[int, int]) -> None:
    async with opened(kept, size) as reader:
        shown = await read(reader)
        assert "This is paragraph 1, with link 1¹" in " ".join(shown.split())
        assert "by Ann Author" in shown
        assert line(reader, 2) == "With a page"
        assert "newsreader" in reader.lines[0]
        await reader.press("escape")
        assert reader.focus == "list"
        assert any("With a body" in line for line in reader.lines)


async def test_enter_twice_reads_and_h_goes_back_to_the_pane(kept: Path) -> None:
    async with opened(kept) as reader:
        await reader.press("enter", "enter")
        assert reader.focus == "text"
        await reader.press("h")
        assert reader.focus == "article"
        await reader.press("h")
        assert reader.focus == "list"


async def test_a_document_with_a_text_of_its_own_is_read_as_it_is(kept: Path) -> None:
    async with opened(kept) as reader:
        await reader.press("j", "enter", "enter")
        assert "Its own words." in drawn(reader.reading)
        assert "From the document" in drawn(reader.reading)


async def test_what_has_no_address_says_that_there_is_nothing_to_fetch(kept: Path) -> None:
    async with opened(kept) as reader:
        await reader.press("G", "f")
        shown = " ".join(drawn(reader.reading).split())
        assert "All there is. This document names no address" in shown


async def test_where_nothing_may_go_out_it_says_so(kept: Path) -> None:
    async with opened(kept) as reader:
        await reader.press("j", "f")
        assert "[fetch] enabled is false" in " ".join(drawn(reader.reading).split())
        await reader.press("h", "F")
        assert "[fetch] enabled is false" in reader.message


async def test_to_read_is_to_mark_read(kept: Path) -> None:
    async with opened(kept) as reader:
        assert not reader.row.read
        await reader.press("f")
        assert reader.row.read


async def test_keys_pressed_in_one_go_are_meant_for_the_text(kept: Path) -> None:
    async with opened(kept) as reader:
        await reader.burst("f", "space", "j")
        assert reader.focus == "text"
        view = reader.reading
        assert view.scroll_offset.y == view.size.height  # a page less a line, and a line
        await reader.burst("h", "j")
        assert (reader.focus, reader.row.title) == ("list", "With a body")


async def test_the_line_above_tells_title_and_how_far_one_is(kept: Path) -> None:
    async with opened(kept) as reader:
        await read(reader)
        assert "With a page" not in reader.lines[0]
        assert "min left" in reader.lines[0]
        await reader.press("space")
        assert "With a page" in reader.lines[0]
        await reader.press("G")
        assert "100 %  at the end" in reader.lines[0]


async def test_brackets_go_from_heading_to_heading(kept: Path) -> None:
    async with opened(kept) as reader:
        await read(reader)
        await reader.press("]", "]")
        assert line(reader, 1) == "Part 2"
        await reader.press("[")
        assert line(reader, 1) == "Part 1"
        await reader.press("[")
        assert reader.reading.scroll_offset.y == 0
        await reader.press("[")
        assert reader.message == "That is the first heading."
        await reader.press("G", "]")
        assert reader.message == "That is the last heading."


async def test_what_is_searched_for_is_shown_as_it_is_written_and_n_goes_on(kept: Path) -> None:
    async with opened(kept) as reader:
        await read(reader)
        await reader.press("/", *"paragraph 1")
        assert "1 of 11" in reader.text  # 1 and 10 to 19
        await reader.press("enter")
        assert reader.focus == "text"
        await reader.press("n")
        assert reader.message == "2 of 11"
        assert any("paragraph 10" in line for line in reader.lines)
        await reader.press("N", "N")
        assert reader.message == "11 of 11 (round)"
        await reader.press("escape")
        assert reader.message == "The search is over."
        assert reader.focus == "text"
        await reader.press("escape")
        assert reader.focus == "list"


async def test_n_goes_on_from_where_one_is(kept: Path) -> None:
    async with opened(kept) as reader:
        await read(reader)
        await reader.press("/", *"paragraph", "enter", "n", "n")
        assert reader.message == "3 of 30"
        await reader.press("G", "N")
        last = int(reader.message.split()[0])
        assert last > 20
        await reader.press("g", "n")
        assert reader.message == "1 of 30"
        await reader.press("/", *"goes", "enter")  # not behind what was searched for before
        assert reader.reading.search_text == "goes"


async def test_a_search_that_is_left_is_as_if_it_had_not_been(kept: Path) -> None:
    async with opened(kept) as reader:
        await read(reader)
        await reader.press("/", *"nowhere")
        assert "Not in this text." in reader.text
        await reader.press("escape")
        assert (reader.focus, reader.reading.search_text) == ("text", "")


async def test_without_a_search_n_reads_the_next_unread_article(kept: Path) -> None:
    async with opened(kept) as reader:
        await read(reader)
        await reader.press("n")
        assert reader.focus == "text"
        assert "Its own words." in drawn(reader.reading)
        assert reader.row.title == "With a body"
        await reader.press("n")
        assert "All there is." in drawn(reader.reading)
        await reader.press("n")
        assert reader.message == "No unread article below."
        assert reader.focus == "text"
        await reader.press("h")
        assert (reader.focus, reader.row.title) == ("list", "With neither")


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was to be opened in the browser."""
    return record_opened_urls(monkeypatch)


async def test_a_link_is_opened_by_its_letter(kept: Path, followed: list[str]) -> None:
    async with opened(kept) as reader:
        await read(reader)
        await reader.press("l")
        assert "Esc opens none" in reader.message
        await reader.press("s")
        assert followed == ["https://example.org/2"]
        await reader.press("l", "escape", "j")
        assert reader.reading.scroll_offset.y == 1
        assert len(followed) == 1


async def test_a_link_is_opened_by_its_number(kept: Path, followed: list[str]) -> None:
    async with opened(kept) as reader:
        await read(reader)
        await reader.press("1", "7")
        await reader.press("9")  # there are thirty: no other begins so
        await reader.press("2", "enter")
        assert followed == [f"https://example.org/{number}" for number in (17, 9, 2)]
        await reader.press("3", "1")
        assert reader.message == "There is no link 31; there are 30 links."
        await reader.press("l", "5")
        assert followed[-1] == "https://example.org/5"
        await reader.press("1", "escape", "j")
        assert len(followed) == 4
        await reader.press("1", "2", "enter")  # the number is opened before the key that would have done it
        assert len(followed) == 5
        assert "does nothing" not in reader.message
        await reader.press("l", "p", "escape")  # a slip, and the way out of it
        assert reader.focus == "text"
        await reader.press("escape")
        assert reader.focus == "list"


async def test_lines_are_chosen_and_copied(kept: Path) -> None:
    async with opened(kept) as reader:
        await read(reader)
        await reader.press("v", "j", "y")
        assert reader.app.clipboard == "With a page\nby Ann Author"
        assert reader.message.startswith("Copied")
        await reader.press("y")
        assert reader.app.clipboard == "https://a.example/"
        await reader.press("v", "escape")
        assert reader.focus == "text"


async def test_what_the_mouse_selects_is_copied(kept: Path) -> None:
    async with opened(kept) as reader:
        await read(reader)
        view = reader.reading
        left = left_margin(view)
        await reader.pilot.mouse_down(view, offset=(left, 1))
        await reader.pilot.hover(view, offset=(left + 5, 1))
        await reader.pilot.mouse_up(view, offset=(left + 5, 1))
        await reader.settled()
        await reader.press("y")
        assert reader.app.clipboard == "With a"


async def test_the_column_is_as_wide_as_one_likes_and_stays_so(kept: Path) -> None:
    async with opened(kept) as reader:
        await read(reader)
        assert reader.reading.text_width == 72
        await reader.press("space", "plus", "+")
        assert reader.reading.text_width == 80
        assert reader.message == "Lines of 80 characters."
        place = reader.text_position
        await reader.press(*["-"] * 10)
        assert reader.reading.text_width == 40
        assert reader.text_position == place
        await reader.press("-")
        assert reader.message == "The column is as narrow as it gets."
        await reader.press("plus")
    async with opened(kept) as reader:
        await read(reader)
        assert reader.reading.text_width == 44
        await reader.press("=")
        assert reader.reading.text_width == 72
        assert reader.message == "Lines of 72 characters."
    async with opened(kept) as reader:
        await read(reader)
        assert reader.reading.text_width == 72


async def test_the_sign_at_wrapped_code_is_not_copied(kept: Path) -> None:
    keep(kept, "With a page", "```\n" + "word " * 40 + "\n```")
    async with opened(kept) as reader:
        assert "↳ " in await read(reader)
        await reader.press("v", "G", "y")
        assert reader.app.clipboard.split().count("word") == 40
        assert "↳" not in reader.app.clipboard


async def test_in_zen_there_is_nothing_but_the_text(kept: Path) -> None:
    async with opened(kept) as reader:
        await read(reader)
        await reader.press("space", "z")
        reader.clear_message()
        await reader.settled()
        assert "newsreader" not in reader.text
        assert "help" not in reader.lines[-1]
        await reader.press("z")
        assert "With a page" in reader.lines[0]
        await reader.press("z", "h")
        assert "newsreader" in reader.lines[0]


async def test_one_goes_on_where_one_was_also_in_the_next_run_and_at_another_width(kept: Path) -> None:
    async with opened(kept) as reader:
        await read(reader)
        await reader.press("]", "]", "]", "h", "f")
        assert line(reader, 1) == "Part 3"
        await reader.press("q")
    async with opened(kept, STACKED) as reader:
        await read(reader)
        assert line(reader, 1) == "Part 3"
        await reader.resize(50, 20)
        assert line(reader, 1) == "Part 3"


async def test_marks_are_about_the_text_and_keys_of_the_list_do_nothing(kept: Path) -> None:
    async with opened(kept) as reader:
        await read(reader)
        await reader.press("s")
        assert reader.row.starred
        for key in ("M", "tab", "shift+tab", "b"):
            await reader.press(key)
            assert "does nothing here" in reader.message
        assert [row.read for row in reader.rows] == [True, False, False]


async def test_a_related_item_that_is_no_document_can_be_read_and_is_not_marked(make_folder: MakeFolder) -> None:
    related = "related:\n- {title: Elsewhere, excerpt: Words of elsewhere., originalUrl: 'https://e.example/'}"
    folder = make_folder({"a.md": document("Here", related)})
    async with opened(folder) as reader:
        await reader.press("]", "f")
        shown = " ".join(drawn(reader.reading).split())
        assert "Elsewhere" in shown
        assert "Words of elsewhere." in shown
        await reader.press("s")
        assert reader.message == "There is no article to mark here."
        await reader.press("y")
        assert reader.app.clipboard == "https://e.example/"
        await reader.press("h")
        assert reader.focus == "related"


async def test_a_document_that_is_gone_says_so(kept: Path) -> None:
    async with opened(kept) as reader:
        (kept / "b.md").unlink()
        await reader.press("j", "f")
        assert reader.focus == "list"
        assert "b.md" in reader.message or "no longer" in reader.message


async def test_a_picture_that_comes_above_does_not_push_the_text_away(kept: Path) -> None:
    async with opened(kept) as reader:
        await read(reader)
        view = reader.reading
        laid = view.text_layout
        assert laid is not None
        assert view.text is not None
        before = list(laid.before)
        at = laid.text.start
        blank = (Run("", counts=False),)
        taller = replace(
            laid,
            lines=(*laid.lines[:at], *[blank] * 9, *laid.lines[at:]),
            before=[*before[:at], *[before[at]] * 9, *before[at:]],
        )
        middle = view.size.height // 2
        seen = line(reader, middle + 1)
        assert seen
        view.refit(view.text, taller)  # at once: from its top
        await reader.settled()
        assert (view.scroll_offset.y, line(reader, 2)) == (0, "With a page")
        view.refit(view.text, laid)
        reader.age_text(60)
        view.refit(view.text, taller)
        await reader.settled()
        assert line(reader, middle + 1) == seen
        view.refit(view.text, laid)
        await reader.settled()
        assert line(reader, middle + 1) == seen


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Holds the texts back whose titles are told."""
    made = Gate()

    def hold(title: str) -> None:
        if title in made.held:
            assert made.opened.wait(20)

    delay_texts(monkeypatch, hold)
    yield made
    made.opened.set()


async def until(pilot: Pilot[None], true: Callable[[], object]) -> None:
    """Wait for something while a worker is held back."""
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        await pilot.pause(0.01)


def post(reader: Reader, *keys: str) -> None:
    for key in keys:
        reader.app.post_message(events.Key(_character_to_key(key), key if len(key) == 1 else None))


async def test_a_text_that_comes_late_does_not_take_the_place_of_another(kept: Path, gate: Gate) -> None:
    gate.held.add("With a page")
    async with opened(kept) as reader:
        post(reader, "f")
        await until(reader.pilot, lambda: reader.is_reader_open)
        post(reader, "escape", "j", "f")
        await until(reader.pilot, lambda: reader.is_text_loaded)
        gate.opened.set()
        await reader.settled()
        assert reader.reading.text is not None
        assert reader.reading.text.title == "With a body"
        assert [row.read for row in reader.rows] == [False, True, False]


@pytest.mark.parametrize("key", ["o", "1", "y", "f", "v"])
async def test_while_a_text_is_on_its_way_no_key_is_about_the_former(
    kept: Path, gate: Gate, followed: list[str], key: str
) -> None:
    gate.held.add("With a body")
    async with opened(kept) as reader:
        await read(reader)
        post(reader, "n", key)
        await until(reader.pilot, lambda: reader.row.title == "With a body")
        gate.opened.set()
        await reader.settled()
        assert reader.reading.text is not None
        assert reader.reading.text.title == "With a body"
        assert set(followed) <= {"https://b.example/"}
        assert reader.app.clipboard in {"", "https://b.example/"}


async def test_letters_after_l_open_links_however_quick_they_come(kept: Path, followed: list[str]) -> None:
    async with opened(kept) as reader:
        await reader.burst("f", "l", "s")
        assert followed == ["https://example.org/2"]
        assert not reader.row.starred


async def test_letters_at_links_stay_while_a_page_comes(kept: Path, followed: list[str]) -> None:
    async with opened(kept) as reader:
        await read(reader)
        await reader.press("l")
        reader.reload_article()
        await reader.settled()
        await reader.press("s")
        assert followed == ["https://example.org/2"]


async def test_what_was_asked_of_a_text_that_was_left_is_not_done(kept: Path, gate: Gate) -> None:
    gate.held.add("With a page")
    async with opened(kept) as reader:
        post(reader, "f")
        await until(reader.pilot, lambda: reader.is_reader_open)
        post(reader, "n", "escape", "j", "f")
        await until(reader.pilot, lambda: reader.is_text_loaded)
        gate.opened.set()
        await reader.settled()
        assert reader.row.title == "With a body"
        assert reader.reading.text is not None
        assert reader.reading.text.title == "With a body"


async def test_a_document_that_vanishes_while_it_is_read_stays_to_be_read(kept: Path) -> None:
    async with opened(kept) as reader:
        await reader.press("j", "f")
        keep(kept, "With a body", "The page that has come.")
        (kept / "b.md").unlink()
        reader.reload_article()
        await reader.settled()
        assert "The page that has come." in drawn(reader.reading)


async def test_many_that_are_chosen_are_fetched_when_the_key_is_pressed_again(make_folder: MakeFolder) -> None:
    folder = make_folder({f"{n:03}.md": document(f"Article {n}") for n in range(230)})
    async with opened(folder, settings=Config()) as reader:
        await reader.press("v", "G", "F")
        assert "F again fetches the originals of 230 articles" in reader.message
        await reader.press("F")
        assert "again" not in reader.message


async def test_without_the_files_that_somebody_tidied_away_the_pager_gets_another(kept: Path, tmp_path: Path) -> None:
    from reader.tui.terminal.pager import Pager

    program = tmp_path / "pager"
    program.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/seen\n')
    program.chmod(0o700)
    outside = Pager()
    async with opened(kept) as reader:
        await read(reader)
        text = reader.reading.text
        assert text is not None
        for _ in range(2):
            outside.show(text, {"PAGER": str(program)})
            shutil.rmtree(Path((tmp_path / "seen").read_text().splitlines()[-1]).parent)


async def test_the_pager_gets_the_text_in_a_file_of_its_own(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reader.tui.terminal.pager import Pager, find_viewer

    program = tmp_path / "pager"
    program.write_text(f'#!/bin/sh\ncp "$1" {tmp_path}/seen; stat -c %a "$(dirname "$1")" > {tmp_path}/mode\n')
    program.chmod(0o700)
    assert find_viewer({"PAGER": str(program), "EDITOR": "vi"}) == [str(program)]
    async with opened(kept) as reader:
        await read(reader)
        text = reader.reading.text
        assert text is not None
        assert Pager().show(text, {"PAGER": str(program)}) == "pager"
        await reader.press("e")
        assert reader.message  # there is no terminal to hand over in a test; it says so
    seen = (tmp_path / "seen").read_text()
    assert seen.startswith("With a page\nby Ann Author\nThe original at a.example, fetched just now")
    assert "https://example.org/30" in seen
    assert max(map(len, seen.splitlines())) <= 72
    assert (tmp_path / "mode").read_text() == "700\n"
