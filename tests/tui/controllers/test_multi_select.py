"""Several articles at once: choosing them, and what marks do to all of them; tags, undo, the next unread."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.core.marks import MarkChange
from reader.core.paths import Paths
from reader.library.library import Library
from reader.tui.widgets.article_list.article_list import ArticleList
from reader.tui.widgets.prompt.completion import complete_tag, split_tags
from tests.conftest import MakeFolder
from tests.tui.helpers import Reader, document, opened


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    return make_folder({f"{n}.md": document(f"N{n}", f"quality: {90 - n}") for n in range(8)})


def read(reader: Reader) -> list[int]:
    return [at for at, row in enumerate(reader.rows) if row.read]


def starred(reader: Reader) -> list[int]:
    return [at for at, row in enumerate(reader.rows) if row.starred]


def begins(reader: Reader) -> list[str]:
    """The first two cells of each row of the list, as they are drawn."""
    return [reader.list.render_line(y).text[:2] for y in range(len(reader.list.order))]


async def type_in(reader: Reader, text: str) -> None:
    await reader.press(*text)


async def test_what_is_chosen_is_marked_together_and_drawn_so(folder: Path) -> None:
    async with opened(folder) as reader:
        await reader.press("j", "v", "j", "j")
        assert reader.list.selected_range == reader.list.order.rowids[1:4].tolist()
        assert begins(reader) == [" •", "▌•", "▌•", "▌•", " •", " •", " •", " •"]
        assert "3 chosen" in reader.lines[-1]
        await reader.press("m")
        assert read(reader) == [1, 2, 3]
        assert begins(reader)[:5] == [" •", "  ", "  ", "▌ ", " •"]
        assert reader.message == "Marked 3 articles read. u undoes it."
        assert reader.list.selected_range == []
        assert "5 unread" in reader.lines[0]


async def test_marks_of_several_go_one_way(folder: Path) -> None:
    async with opened(folder) as reader:
        await reader.press("j", "m", "k", "J", "J", "m")  # one of three is read: so they all are
        assert read(reader) == [0, 1, 2]
        await reader.press("g", "J", "m")
        assert read(reader) == [2]
        await reader.press("g", "shift+down", "s")
        assert starred(reader) == [0, 1]
        await reader.press("G", "shift+up", "s", "u", "u")
        assert (read(reader), starred(reader)) == ([2], [])


async def test_a_choice_can_be_let_go_and_goes_with_the_order(folder: Path) -> None:
    async with opened(folder) as reader:
        await reader.press("v", "j", "escape")
        assert (reader.list.selected_range, reader.message) == ([], "")
        await reader.press("v", "v")
        assert reader.list.selected_range == []
        await reader.press("g", "v", "j")
        two = reader.list.selected_range
        await reader.press("1")  # the other way round
        assert sorted(reader.list.selected_range) == sorted(two)
        await reader.press("enter")
        assert reader.list.selected_range == []


async def test_the_mouse_chooses_what_it_is_drawn_over(folder: Path) -> None:
    async with opened(folder) as reader:
        await reader.pilot.mouse_down(ArticleList, offset=(5, 1))
        await reader.pilot.hover(ArticleList, offset=(5, 3))
        await reader.pilot.mouse_up(ArticleList, offset=(5, 3))
        await reader.settled()
        assert reader.list.selected_range == reader.list.order.rowids[1:4].tolist()
        await reader.click(ArticleList, 5, 5)
        assert (reader.list.selected_range, reader.list.cursor) == ([], 5)
        await reader.pilot.click(ArticleList, offset=(5, 7), shift=True)
        await reader.settled()
        assert reader.list.selected_range == reader.list.order.rowids[5:8].tolist()


async def test_everything_is_marked_read_and_unread_again_by_undo(folder: Path) -> None:
    async with opened(folder) as reader:
        await reader.press("m", "M")
        assert read(reader) == list(range(8))
        assert reader.message == "Marked 7 articles read. u undoes it."
        assert "0 unread" in reader.lines[0]
        await reader.press("M")
        assert reader.message == "That changes nothing."
        await reader.press("u")
        assert (read(reader), reader.message) == ([0], "Undone: marked 7 articles read.")
        assert "7 unread" in reader.lines[0]
        await reader.press("u", "u")
        assert (read(reader), reader.message) == ([], "There is nothing to undo.")
        await reader.press("ctrl+r", "ctrl+r")
        assert read(reader) == list(range(8))
        assert begins(reader) == ["▌ ", *["  "] * 7]
        await reader.press("ctrl+r")
        assert reader.message == "There is nothing to do again."


async def test_undo_reaches_back_to_earlier_runs(folder: Path) -> None:
    async with opened(folder) as reader:
        await reader.press("s", "j", "s")
    async with opened(folder) as reader:
        assert starred(reader) == [0, 1]
        await reader.press("u")
        assert starred(reader) == [0]
        assert reader.message == "Undone: starred 1 article."


async def test_a_star_is_drawn_in_the_place_of_the_dot(folder: Path) -> None:
    async with opened(folder) as reader:
        await reader.press("s")
        assert (reader.message, begins(reader)[0]) == ("Starred.", "▌★")
        await reader.press("s")
        assert (reader.message, begins(reader)[0]) == ("The star is gone.", "▌•")


async def test_tags_are_entered_completed_and_shown(folder: Path) -> None:
    async with opened(folder) as reader:
        await reader.press("t")
        await type_in(reader, "Big News, ai")
        await reader.press("enter")
        assert reader.row.tags == ("ai", "Big News")
        assert (reader.message, reader.focus) == ("Tagged Big News, ai.", "list")
        assert "#ai · #Big News" in reader.pane
        await reader.press("j", "t")
        assert "Tab: ai Big News" in " ".join(reader.text.split())
        await reader.press("b", "tab", "enter")
        assert reader.row.tags == ("Big News",)
        await reader.press("t", "ctrl+u", "a", "tab", "enter")
        assert reader.row.tags == ("ai",)
        await reader.press("u")
        assert reader.row.tags == ("Big News",)
        assert "#Big News" in reader.pane


async def test_several_articles_are_tagged_and_lose_tags(folder: Path) -> None:
    async with opened(folder) as reader:
        await reader.press("v", "j", "t")
        await type_in(reader, "one, two")
        await reader.press("enter")
        assert [row.tags for row in reader.rows][:3] == [("one", "two"), ("one", "two"), ()]
        assert reader.list.selected_range == []
        await reader.press("g", "v", "j", "j", "t")
        await type_in(reader, "-one, three")
        await reader.press("enter")
        assert [row.tags for row in reader.rows][:4] == [("three", "two"), ("three", "two"), ("three",), ()]


async def test_leaving_the_line_changes_nothing(folder: Path) -> None:
    async with opened(folder) as reader:
        await reader.press("enter", "t", "x", "escape")
        assert (reader.row.tags, reader.focus) == ((), "article")
        assert reader.prompt is None
        await reader.press("t", "enter")
        assert reader.message == "That changes nothing."


async def test_what_can_be_no_tag_is_told(folder: Path) -> None:
    async with opened(folder) as reader:
        await reader.press("t")
        await type_in(reader, "x" * 101)
        await reader.press("enter")
        assert "is longer than 100 characters" in reader.lines[-1]
        assert "xxx" in reader.lines[-2]  # the line stays, so that it can be mended
        await reader.press("ctrl+u", *"short", "enter")
        assert reader.row.tags == ("short",)
        await reader.press("u")
        assert reader.row.tags == ()
        assert "xxx" not in reader.lines[2]


async def test_the_next_unread_is_found_in_both_directions(folder: Path) -> None:
    async with opened(folder) as reader:
        await reader.press("J", "J", "m", "g", "n")
        assert reader.list.cursor == 3
        await reader.press("N")
        assert (reader.list.cursor, reader.message) == (3, "No unread article above.")
        await reader.press("m", "N", "G", "N")
        assert reader.list.cursor == 6
        await reader.press("j", "n")
        assert reader.message == "No unread article below."


async def test_the_next_unread_is_found_beyond_the_rows_at_hand(make_folder: MakeFolder) -> None:
    folder = make_folder({f"{n:04}.md": document(f"N{n:04}", f"quality: {9000 - n}") for n in range(1500)})
    async with opened(folder) as reader:
        await reader.press("M")
        other = Library.open(folder, Paths.from_environment())  # another window
        other.marks.apply(
            [row.id for row in other.articles.rows([reader.list.order.rowids[1200]])], MarkChange(read=False)
        )
        other.close()
        await reader.until(lambda: "1 unread" in reader.lines[0])
        await reader.press("n")
        assert reader.list.cursor == 1200
        await reader.press("n", "k")
        assert reader.list.cursor == 1199
        await reader.press("g", "N")
        assert reader.message == "No unread article above."


@given(st.text(), st.integers(0, 50), st.lists(st.text()))
def test_no_text_breaks_the_offer_of_tags(text: str, at: int, tags: list[str]) -> None:
    offer = complete_tag(text, min(at, len(text)), tags)
    assert 0 <= offer.start <= offer.end <= len(text)
    assert set(offer.words) <= set(tags)
    assert "," not in text[offer.start : offer.end]


@given(st.lists(st.text()))
def test_tags_are_split_once_and_for_all(parts: list[str]) -> None:
    tags = split_tags(",".join(parts))
    assert split_tags(", ".join(tags)) == tags
    assert len({tag.casefold() for tag in tags}) == len(tags)


async def test_how_many_are_chosen_is_told_at_once(folder: Path) -> None:
    async with opened(folder) as reader:
        await reader.press("s")
        assert reader.message == "Starred."
        await reader.press("v", "j", "j")
        assert "3 chosen" in reader.lines[-1]


async def test_a_choice_that_begins_at_the_end_says_so(folder: Path) -> None:
    async with opened(folder) as reader:
        await reader.press("G", "J")
        assert "1 chosen" in reader.lines[-1]
