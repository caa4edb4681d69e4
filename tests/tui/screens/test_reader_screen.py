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
    full_text,
    left_margin,
    open_app,
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
    (row,) = (row for row in library.articles.rows(library.articles.order(Sort()).rowids) if row.title == title)
    now = datetime.now(UTC)
    url = row.links.best
    library.pages.put(
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
    return full_text(reader.reader_view)


@pytest.mark.parametrize("size", [SIDE, STACKED, NARROW, (200, 50)])
async def test_f_opens_a_cached_page_and_escape_returns(kept: Path, size: tuple[int, int]) -> None:
    async with open_app(kept, size) as reader:
        shown = await read(reader)
        assert "This is paragraph 1, with link 1¹" in " ".join(shown.split())
        assert "by Ann Author" in shown
        assert line(reader, 2) == "With a page"
        assert "newsreader" in reader.lines[0]
        await reader.press("escape")
        assert reader.focus == "list"
        assert any("With a body" in line for line in reader.lines)


async def test_enter_twice_opens_the_reader_and_h_returns(kept: Path) -> None:
    async with open_app(kept) as reader:
        await reader.press("enter", "enter")
        assert reader.focus == "text"
        await reader.press("h")
        assert reader.focus == "article"
        await reader.press("h")
        assert reader.focus == "list"


async def test_a_document_with_a_body_shows_it(kept: Path) -> None:
    async with open_app(kept) as reader:
        await reader.press("j", "enter", "enter")
        assert "Its own words." in full_text(reader.reader_view)
        assert "From the document" in full_text(reader.reader_view)


async def test_a_document_without_an_address_cannot_be_fetched(kept: Path) -> None:
    async with open_app(kept) as reader:
        await reader.press("G", "f")
        shown = " ".join(full_text(reader.reader_view).split())
        assert "All there is. This document has no address" in shown


async def test_disabled_fetching_is_explained(kept: Path) -> None:
    async with open_app(kept) as reader:
        await reader.press("j", "f")
        assert "enabled = false" in " ".join(full_text(reader.reader_view).split())
        await reader.press("h", "F")
        assert "enabled = false" in reader.message


async def test_opening_the_reader_marks_the_article_read(kept: Path) -> None:
    async with open_app(kept) as reader:
        assert not reader.row.read
        await reader.press("f")
        assert reader.row.read


async def test_keys_after_f_go_to_the_reader(kept: Path) -> None:
    async with open_app(kept) as reader:
        await reader.press_at_once("f", "space", "j")
        assert reader.focus == "text"
        view = reader.reader_view
        assert view.scroll_offset.y == view.size.height  # a page less a line, and a line
        await reader.press_at_once("h", "j")
        assert (reader.focus, reader.row.title) == ("list", "With a body")


async def test_the_header_shows_title_and_progress(kept: Path) -> None:
    async with open_app(kept) as reader:
        await read(reader)
        assert "With a page" not in reader.lines[0]
        assert "min left" in reader.lines[0]
        await reader.press("space")
        assert "With a page" in reader.lines[0]
        await reader.press("G")
        assert "100 %  at the end" in reader.lines[0]


async def test_brackets_jump_between_headings(kept: Path) -> None:
    async with open_app(kept) as reader:
        await read(reader)
        await reader.press("]", "]")
        assert line(reader, 1) == "Part 2"
        await reader.press("[")
        assert line(reader, 1) == "Part 1"
        await reader.press("[")
        assert reader.reader_view.scroll_offset.y == 0
        await reader.press("[")
        assert reader.message == "This is the first heading."
        await reader.press("G", "]")
        assert reader.message == "This is the last heading."


async def test_search_is_incremental_and_n_finds_the_next_match(kept: Path) -> None:
    async with open_app(kept) as reader:
        await read(reader)
        await reader.press("/", *"paragraph 1")
        assert "1 of 11" in reader.text  # 1 and 10 to 19
        await reader.press("enter")
        assert reader.focus == "text"
        await reader.press("n")
        assert reader.message == "Match 2 of 11"
        assert any("paragraph 10" in line for line in reader.lines)
        await reader.press("N", "N")
        assert reader.message == "Match 11 of 11 (wrapped)"
        await reader.press("escape")
        assert reader.message == "Search ended."
        assert reader.focus == "text"
        await reader.press("escape")
        assert reader.focus == "list"


async def test_n_searches_from_the_current_line(kept: Path) -> None:
    async with open_app(kept) as reader:
        await read(reader)
        await reader.press("/", *"paragraph", "enter", "n", "n")
        assert reader.message == "Match 3 of 30"
        await reader.press("G", "N")
        last = int(reader.message.split()[1])
        assert last > 20
        await reader.press("g", "n")
        assert reader.message == "Match 1 of 30"
        await reader.press("/", *"goes", "enter")  # not behind what was searched for before
        assert reader.reader_view.search_text == "goes"


async def test_a_canceled_search_leaves_no_trace(kept: Path) -> None:
    async with open_app(kept) as reader:
        await read(reader)
        await reader.press("/", *"nowhere")
        assert "Not in this text." in reader.text
        await reader.press("escape")
        assert (reader.focus, reader.reader_view.search_text) == ("text", "")


async def test_without_a_search_n_opens_the_next_unread_article(kept: Path) -> None:
    async with open_app(kept) as reader:
        await read(reader)
        await reader.press("n")
        assert reader.focus == "text"
        assert "Its own words." in full_text(reader.reader_view)
        assert reader.row.title == "With a body"
        await reader.press("n")
        assert "All there is." in full_text(reader.reader_view)
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
    async with open_app(kept) as reader:
        await read(reader)
        await reader.press("l")
        assert "Esc cancels" in reader.message
        await reader.press("s")
        assert followed == ["https://example.org/2"]
        await reader.press("l", "escape", "j")
        assert reader.reader_view.scroll_offset.y == 1
        assert len(followed) == 1


async def test_a_link_is_opened_by_its_number(kept: Path, followed: list[str]) -> None:
    async with open_app(kept) as reader:
        await read(reader)
        await reader.press("1", "7")
        await reader.press("9")  # there are thirty: no other begins so
        await reader.press("2", "enter")
        assert followed == [f"https://example.org/{number}" for number in (17, 9, 2)]
        await reader.press("3", "1")
        assert reader.message == "There is no link 31; the text has 30 links."
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


async def test_lines_can_be_selected_and_copied(kept: Path) -> None:
    async with open_app(kept) as reader:
        await read(reader)
        await reader.press("v", "j", "y")
        assert reader.app.clipboard == "With a page\nby Ann Author"
        assert reader.message.startswith("Copied")
        await reader.press("y")
        assert reader.app.clipboard == "https://a.example/"
        await reader.press("v", "escape")
        assert reader.focus == "text"


async def test_a_mouse_selection_is_copied(kept: Path) -> None:
    async with open_app(kept) as reader:
        await read(reader)
        view = reader.reader_view
        left = left_margin(view)
        await reader.pilot.mouse_down(view, offset=(left, 1))
        await reader.pilot.hover(view, offset=(left + 5, 1))
        await reader.pilot.mouse_up(view, offset=(left + 5, 1))
        await reader.settle()
        await reader.press("y")
        assert reader.app.clipboard == "With a"


async def test_the_column_width_is_adjustable_and_remembered(kept: Path) -> None:
    async with open_app(kept) as reader:
        await read(reader)
        assert reader.reader_view.text_width == 72
        await reader.press("space", "plus", "+")
        assert reader.reader_view.text_width == 80
        assert reader.message == "80 characters per line."
        place = reader.text_position
        await reader.press(*["-"] * 10)
        assert reader.reader_view.text_width == 40
        assert reader.text_position == place
        await reader.press("-")
        assert reader.message == "The column is already at its minimum width."
        await reader.press("plus")
    async with open_app(kept) as reader:
        await read(reader)
        assert reader.reader_view.text_width == 44
        await reader.press("=")
        assert reader.reader_view.text_width == 72
        assert reader.message == "72 characters per line."
    async with open_app(kept) as reader:
        await read(reader)
        assert reader.reader_view.text_width == 72


async def test_the_wrap_sign_of_code_is_not_copied(kept: Path) -> None:
    keep(kept, "With a page", "```\n" + "word " * 40 + "\n```")
    async with open_app(kept) as reader:
        assert "↳ " in await read(reader)
        await reader.press("v", "G", "y")
        assert reader.app.clipboard.split().count("word") == 40
        assert "↳" not in reader.app.clipboard


async def test_zen_mode_shows_only_the_text(kept: Path) -> None:
    async with open_app(kept) as reader:
        await read(reader)
        await reader.press("space", "z")
        reader.clear_message()
        await reader.settle()
        assert "newsreader" not in reader.text
        assert "help" not in reader.lines[-1]
        await reader.press("z")
        assert "With a page" in reader.lines[0]
        await reader.press("z", "h")
        assert "newsreader" in reader.lines[0]


async def test_the_position_survives_restarts_and_resizing(kept: Path) -> None:
    async with open_app(kept) as reader:
        await read(reader)
        await reader.press("]", "]", "]", "h", "f")
        assert line(reader, 1) == "Part 3"
        await reader.press("q")
    async with open_app(kept, STACKED) as reader:
        await read(reader)
        assert line(reader, 1) == "Part 3"
        await reader.resize(50, 20)
        assert line(reader, 1) == "Part 3"


async def test_marks_apply_to_the_open_article(kept: Path) -> None:
    async with open_app(kept) as reader:
        await read(reader)
        await reader.press("s")
        assert reader.row.starred
        for key in ("M", "tab", "shift+tab", "b"):
            await reader.press(key)
            assert "does nothing here" in reader.message
        assert [row.read for row in reader.rows] == [True, False, False]


async def test_an_external_related_item_is_readable_and_not_marked(make_folder: MakeFolder) -> None:
    related = "related:\n- {title: Elsewhere, excerpt: Words of elsewhere., originalUrl: 'https://e.example/'}"
    folder = make_folder({"a.md": document("Here", related)})
    async with open_app(folder) as reader:
        await reader.press("]", "f")
        shown = " ".join(full_text(reader.reader_view).split())
        assert "Elsewhere" in shown
        assert "Words of elsewhere." in shown
        await reader.press("s")
        assert reader.message == "There is no article to mark here."
        await reader.press("y")
        assert reader.app.clipboard == "https://e.example/"
        await reader.press("h")
        assert reader.focus == "related"


async def test_a_deleted_document_is_explained(kept: Path) -> None:
    async with open_app(kept) as reader:
        (kept / "b.md").unlink()
        await reader.press("j", "f")
        assert reader.focus == "list"
        assert "b.md" in reader.message or "no longer" in reader.message


async def test_a_taller_layout_keeps_the_line_being_read(kept: Path) -> None:
    async with open_app(kept) as reader:
        await read(reader)
        view = reader.reader_view
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
        await reader.settle()
        assert (view.scroll_offset.y, line(reader, 2)) == (0, "With a page")
        view.refit(view.text, laid)
        reader.age_text(60)
        view.refit(view.text, taller)
        await reader.settle()
        assert line(reader, middle + 1) == seen
        view.refit(view.text, laid)
        await reader.settle()
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


async def test_a_late_text_does_not_replace_another(kept: Path, gate: Gate) -> None:
    gate.held.add("With a page")
    async with open_app(kept) as reader:
        post(reader, "f")
        await until(reader.pilot, lambda: reader.is_reader_open)
        post(reader, "escape", "j", "f")
        await until(reader.pilot, lambda: reader.is_text_loaded)
        gate.opened.set()
        await reader.settle()
        assert reader.reader_view.text is not None
        assert reader.reader_view.text.title == "With a body"
        assert [row.read for row in reader.rows] == [False, True, False]


@pytest.mark.parametrize("key", ["o", "1", "y", "f", "v"])
async def test_keys_do_not_act_on_the_previous_text_while_one_loads(
    kept: Path, gate: Gate, followed: list[str], key: str
) -> None:
    gate.held.add("With a body")
    async with open_app(kept) as reader:
        await read(reader)
        post(reader, "n", key)
        await until(reader.pilot, lambda: reader.row.title == "With a body")
        gate.opened.set()
        await reader.settle()
        assert reader.reader_view.text is not None
        assert reader.reader_view.text.title == "With a body"
        assert set(followed) <= {"https://b.example/"}
        assert reader.app.clipboard in {"", "https://b.example/"}


async def test_link_hints_accept_fast_typing(kept: Path, followed: list[str]) -> None:
    async with open_app(kept) as reader:
        await reader.press_at_once("f", "l", "s")
        assert followed == ["https://example.org/2"]
        assert not reader.row.starred


async def test_link_hints_survive_a_reload(kept: Path, followed: list[str]) -> None:
    async with open_app(kept) as reader:
        await read(reader)
        await reader.press("l")
        reader.reload_article()
        await reader.settle()
        await reader.press("s")
        assert followed == ["https://example.org/2"]


async def test_keys_for_an_abandoned_text_are_dropped(kept: Path, gate: Gate) -> None:
    gate.held.add("With a page")
    async with open_app(kept) as reader:
        post(reader, "f")
        await until(reader.pilot, lambda: reader.is_reader_open)
        post(reader, "n", "escape", "j", "f")
        await until(reader.pilot, lambda: reader.is_text_loaded)
        gate.opened.set()
        await reader.settle()
        assert reader.row.title == "With a body"
        assert reader.reader_view.text is not None
        assert reader.reader_view.text.title == "With a body"


async def test_a_document_deleted_while_read_stays_open(kept: Path) -> None:
    async with open_app(kept) as reader:
        await reader.press("j", "f")
        keep(kept, "With a body", "The page that has come.")
        (kept / "b.md").unlink()
        reader.reload_article()
        await reader.settle()
        assert "The page that has come." in full_text(reader.reader_view)


async def test_fetching_a_large_selection_asks_for_confirmation(make_folder: MakeFolder) -> None:
    folder = make_folder({f"{n:03}.md": document(f"Article {n}") for n in range(230)})
    async with open_app(folder, settings=Config()) as reader:
        await reader.press("v", "G", "F")
        assert "F again fetches the originals of 230 articles" in reader.message
        await reader.press("F")
        assert "again" not in reader.message


async def test_the_pager_gets_a_new_file_after_the_first_was_deleted(kept: Path, tmp_path: Path) -> None:
    from reader.tui.terminal.pager import Pager

    program = tmp_path / "pager"
    program.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/seen\n')
    program.chmod(0o700)
    outside = Pager()
    async with open_app(kept) as reader:
        await read(reader)
        text = reader.reader_view.text
        assert text is not None
        for _ in range(2):
            outside.show(text, {"PAGER": str(program)})
            shutil.rmtree(Path((tmp_path / "seen").read_text().splitlines()[-1]).parent)


async def test_the_pager_gets_the_text_in_a_private_file(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reader.tui.terminal.pager import Pager, find_viewer

    program = tmp_path / "pager"
    program.write_text(f'#!/bin/sh\ncp "$1" {tmp_path}/seen; stat -c %a "$(dirname "$1")" > {tmp_path}/mode\n')
    program.chmod(0o700)
    assert find_viewer({"PAGER": str(program), "EDITOR": "vi"}) == [str(program)]
    async with open_app(kept) as reader:
        await read(reader)
        text = reader.reader_view.text
        assert text is not None
        assert Pager().show(text, {"PAGER": str(program)}) == "pager"
        await reader.press("e")
        assert reader.message  # there is no terminal to hand over in a test; it says so
    seen = (tmp_path / "seen").read_text()
    assert seen.startswith("With a page\nby Ann Author\nThe original at a.example, fetched just now")
    assert "https://example.org/30" in seen
    assert max(map(len, seen.splitlines())) <= 72
    assert (tmp_path / "mode").read_text() == "700\n"
