"""Selecting several articles, and marking all of them; tags, undo, the next unread article."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.config.settings import Config
from reader.core.marks import MarkChange
from reader.core.paths import Paths
from reader.library.library import Library
from reader.tui.widgets.article_list.article_list import ArticleList
from reader.tui.widgets.prompt.completion import complete_tag, split_tags
from tests.conftest import MakeFolder
from tests.tui.helpers import STACKED, Reader, document, open_app


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    return make_folder({f"{n}.md": document(f"N{n}", f"quality: {90 - n}") for n in range(8)})


def read(reader: Reader) -> list[int]:
    return [at for at, row in enumerate(reader.rows) if row.read]


def starred(reader: Reader) -> list[int]:
    return [at for at, row in enumerate(reader.rows) if row.starred]


def first_cells(reader: Reader) -> list[str]:
    """The first two cells of each row of the list, as drawn."""
    return [reader.drawn_row(row)[:2] for row in range(len(reader.article_list.order))]


async def type_in(reader: Reader, text: str) -> None:
    await reader.press(*text)


async def test_selected_articles_are_marked_together(folder: Path) -> None:
    async with open_app(folder, settings=Config(keys={"undo": "f9"})) as reader:
        await reader.press("j", "v", "j", "j")
        assert reader.article_list.selected_range == reader.article_list.order.rowids[1:4].tolist()
        assert first_cells(reader) == [" •", "▌•", "▌•", "▌•", " •", " •", " •", " •"]
        assert "3 selected" in reader.lines[-1]
        await reader.press("m")
        assert read(reader) == [1, 2, 3]
        assert first_cells(reader)[:5] == [" •", "  ", "  ", "▌ ", " •"]
        assert reader.message == "Marked 3 articles read. F9 undoes it."
        assert reader.article_list.selected_range == []
        assert "5 unread" in reader.lines[0]


async def test_marks_of_a_mixed_selection_all_change_to_one_state(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("j", "m", "k", "J", "J", "m")  # one of three is read, so all become read
        assert read(reader) == [0, 1, 2]
        await reader.press("g", "J", "m")
        assert read(reader) == [2]
        await reader.press("g", "shift+down", "s")
        assert starred(reader) == [0, 1]
        await reader.press("G", "shift+up", "s", "u", "u")
        assert (read(reader), starred(reader)) == ([2], [])


async def test_a_selection_can_be_cleared_and_survives_sorting(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("v", "j", "escape")
        assert (reader.article_list.selected_range, reader.message) == ([], "")
        await reader.press("v", "v")
        assert reader.article_list.selected_range == []
        await reader.press("g", "v", "j")
        two = reader.article_list.selected_range
        await reader.press("1")  # the other way round
        assert sorted(reader.article_list.selected_range) == sorted(two)
        await reader.press("enter")
        assert reader.article_list.selected_range == []


async def test_the_mouse_selects_a_range(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.pilot.mouse_down(ArticleList, offset=(5, reader.y_of(1)))
        await reader.pilot.hover(ArticleList, offset=(5, reader.y_of(3)))
        await reader.pilot.mouse_up(ArticleList, offset=(5, reader.y_of(3)))
        await reader.settle()
        assert reader.article_list.selected_range == reader.article_list.order.rowids[1:4].tolist()
        await reader.click(ArticleList, 5, reader.y_of(5))
        assert (reader.article_list.selected_range, reader.article_list.cursor) == ([], 5)
        await reader.pilot.click(ArticleList, offset=(5, reader.y_of(7)), shift=True)
        await reader.settle()
        assert reader.article_list.selected_range == reader.article_list.order.rowids[5:8].tolist()


async def test_marking_all_read_can_be_undone(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("m", "M")
        assert read(reader) == list(range(8))
        assert reader.message == "Marked 7 articles read. u undoes it."
        assert "0 unread" in reader.lines[0]
        await reader.press("M")
        assert reader.message == "Nothing changed."
        await reader.press("u")
        assert (read(reader), reader.message) == ([0], "Undone: marking 7 articles read.")
        assert "7 unread" in reader.lines[0]
        await reader.press("u", "u")
        assert (read(reader), reader.message) == ([], "There is nothing to undo.")
        await reader.press("ctrl+r", "ctrl+r")
        assert read(reader) == list(range(8))
        assert first_cells(reader) == ["▌ ", *["  "] * 7]
        await reader.press("ctrl+r")
        assert reader.message == "There is nothing to redo."


async def test_undo_covers_earlier_runs(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("s", "j", "s")
    async with open_app(folder) as reader:
        assert starred(reader) == [0, 1]
        await reader.press("u")
        assert starred(reader) == [0]
        assert reader.message == "Undone: starring 1 article."


async def test_a_star_replaces_the_unread_dot(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("s")
        assert (reader.message, first_cells(reader)[0]) == ("Starred.", "▌★")
        await reader.press("s")
        assert (reader.message, first_cells(reader)[0]) == ("Star removed.", "▌•")


async def test_tags_can_be_entered_completed_and_shown(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("t")
        await type_in(reader, "Big News, ai")
        await reader.press("enter")
        assert reader.row.tags == ("ai", "Big News")
        assert (reader.message, reader.focus) == ("Tagged Big News, ai.", "list")
        assert "#ai · #Big News" in reader.pane_text
        await reader.press("j", "t")
        assert "Tab: ai Big News" in " ".join(reader.text.split())
        await reader.press("b", "tab", "enter")
        assert reader.row.tags == ("Big News",)
        await reader.press("t", "ctrl+u", "a", "tab", "enter")
        assert reader.row.tags == ("ai",)
        await reader.press("u")
        assert reader.row.tags == ("Big News",)
        assert "#Big News" in reader.pane_text


async def test_tags_of_several_articles_are_added_and_removed(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("v", "j", "t")
        await type_in(reader, "one, two")
        await reader.press("enter")
        assert [row.tags for row in reader.rows][:3] == [("one", "two"), ("one", "two"), ()]
        assert reader.article_list.selected_range == []
        await reader.press("g", "v", "j", "j", "t")
        await type_in(reader, "-one, three")
        await reader.press("enter")
        assert [row.tags for row in reader.rows][:4] == [("three", "two"), ("three", "two"), ("three",), ()]


async def test_the_prompt_for_tags_says_what_the_text_means(folder: Path) -> None:
    async with open_app(folder, STACKED) as reader:
        await reader.press("v", "j", "j", "t")
        assert reader.lines[-2].strip() == "Tags for 3 articles:"
        assert reader.lines[-1].strip() == "Adds tags to all of them; -tag removes one. Separate tags with commas."
        await type_in(reader, "law, eu")
        await reader.press("enter", "g", "t")
        assert reader.lines[-2].strip() == "Tags: eu, law,"
        assert reader.lines[-1].strip() == "Separate tags with commas."
        await reader.press("ctrl+u", "l")
        assert reader.lines[-1].strip() == "Separate tags with commas.   Tab: law"


async def test_canceling_the_prompt_changes_nothing(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("l", "t", "x", "escape")
        assert (reader.row.tags, reader.focus) == ((), "article")
        assert reader.prompt is None
        await reader.press("t", "enter")
        assert reader.message == "Nothing changed."


async def test_an_invalid_tag_is_reported(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("t")
        await type_in(reader, "x" * 101)
        await reader.press("enter")
        assert "is longer than 100 characters" in reader.lines[-1]
        assert "xxx" in reader.lines[-2]  # the prompt stays open, so that the text can be corrected
        await reader.press("ctrl+u", *"short", "enter")
        assert reader.row.tags == ("short",)
        await reader.press("u")
        assert reader.row.tags == ()
        assert "xxx" not in reader.lines[2]


async def test_the_next_unread_is_found_in_both_directions(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("J", "J", "m", "g", "n")
        assert reader.article_list.cursor == 3
        await reader.press("N")
        assert (reader.article_list.cursor, reader.message) == (3, "No unread article above.")
        await reader.press("m", "N", "G", "N")
        assert reader.article_list.cursor == 6
        await reader.press("j", "n")
        assert reader.message == "No unread article below."


async def test_the_next_unread_is_found_beyond_the_cached_rows(make_folder: MakeFolder) -> None:
    folder = make_folder({f"{n:04}.md": document(f"N{n:04}", f"quality: {9000 - n}") for n in range(1500)})
    async with open_app(folder) as reader:
        await reader.press("M")
        other = Library.open(folder, Paths.from_environment())  # another window
        other.marks.apply(
            [row.id for row in other.articles.rows([reader.article_list.order.rowids[1200]])], MarkChange(read=False)
        )
        other.close()
        await reader.wait_until(lambda: "1 unread" in reader.lines[0])
        await reader.press("n")
        assert reader.article_list.cursor == 1200
        await reader.press("n", "k")
        assert reader.article_list.cursor == 1199
        await reader.press("g", "N")
        assert reader.message == "No unread article above."


@given(st.text(), st.integers(0, 50), st.lists(st.text()))
def test_tag_completion_accepts_any_text(text: str, at: int, tags: list[str]) -> None:
    offer = complete_tag(text, min(at, len(text)), tags)
    assert 0 <= offer.start <= offer.end <= len(text)
    assert set(offer.words) <= set(tags)
    assert "," not in text[offer.start : offer.end]


@given(st.lists(st.text()))
def test_splitting_tags_is_idempotent(parts: list[str]) -> None:
    tags = split_tags(",".join(parts))
    assert split_tags(", ".join(tags)) == tags
    assert len({tag.casefold() for tag in tags}) == len(tags)


async def test_the_number_of_selected_articles_is_shown(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("s")
        assert reader.message == "Starred."
        await reader.press("v", "j", "j")
        assert "3 selected" in reader.lines[-1]


async def test_a_selection_that_starts_at_the_last_article_says_so(folder: Path) -> None:
    async with open_app(folder) as reader:
        await reader.press("G", "J")
        assert "1 selected" in reader.lines[-1]
