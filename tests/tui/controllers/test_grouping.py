"""Lists that are grouped by story: folding in place, marks of a whole story, and what is remembered."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from reader.tui.widgets.article_list.article_list import ArticleList
from tests.conftest import MakeFolder
from tests.tui.helpers import SIDE, STACKED, Reader, document, open_app

RULING = (
    (
        "Supreme court orders removal of the Elwha river dam",
        "The supreme court ordered the ministry to remove the dam.",
    ),
    ("Court orders ministry to remove Elwha river dam", "The Elwha river dam has to go, the supreme court ruled."),
    (
        "Elwha river dam must be removed, supreme court rules",
        "The supreme court ruled that the ministry removes the dam.",
    ),
    ("Supreme court: ministry must remove dam on Elwha river", "The ministry has to remove the Elwha river dam."),
)
COMET = (
    ("Comet Lindqvist passes Earth tonight", "The bright comet Lindqvist can be seen with the naked eye tonight."),
    ("Bright comet Lindqvist visible to the naked eye", "Comet Lindqvist passes Earth and can be seen tonight."),
)
OTHERS = ("Bakery strike ends in Lyon", "Chess champion retires", "New species of frog in Peru", "Tunnel opens in Oslo")
ELWHA, LINDQVIST = "Supreme court orders removal of the Elwha river dam", "Comet Lindqvist passes Earth tonight"


def article(title: str, excerpt: str, quality: int, number: int) -> str:
    return document(
        title,
        f"excerpt: '{excerpt}'",
        f"quality: {quality}",
        f"publishedDateTime: 2026-03-{number:02}T08:00:00Z",
        f"provider: {{name: Source {number}}}",
    )


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    """Return a folder of two stories, of four and two articles, and four other articles, by quality."""
    documents = {}
    for number, (title, excerpt) in enumerate([*RULING, *COMET], 1):
        documents[f"{number}.md"] = article(title, excerpt, 90 - number, number)
    for number, title in enumerate(OTHERS, 7):
        documents[f"{number}.md"] = article(title, "", 90 - number, number)
    return make_folder(documents)


@asynccontextmanager
async def open_grouped(folder: Path, size: tuple[int, int] = SIDE) -> AsyncIterator[Reader]:
    async with open_app(folder, size, grouping=True) as reader:
        await reader.wait_until(lambda: len(reader.app.library.stories.hottest()) == 2)
        await reader.press("c")
        assert titles(reader) == [ELWHA, LINDQVIST, *OTHERS]
        yield reader


def titles(reader: Reader) -> list[str]:
    return [row.title for row in reader.rows]


def line_of_selection(reader: Reader) -> int:
    return reader.article_list.cursor - reader.article_list.top


async def test_a_story_has_one_row_with_its_sources_and_unfolds_in_place(folder: Path) -> None:
    async with open_grouped(folder) as reader:
        assert "10 articles in 6 rows" in reader.message
        assert "▸" in reader.drawn_row(0)
        assert "3d ×4" in reader.drawn_row(0)
        await reader.press("enter")
        assert titles(reader) == [title for title, _ in RULING] + [LINDQVIST, *OTHERS]
        assert "▾" in reader.drawn_row(0)
        assert reader.focus == "list"
        await reader.press("j", "j", "h")
        assert reader.row.title == ELWHA
        assert titles(reader) == [ELWHA, LINDQVIST, *OTHERS]
        await reader.press("right", "right")
        assert reader.focus == "article", "the first unfolds, the second goes into the article"


async def test_the_footer_says_what_enter_does(folder: Path) -> None:
    async with open_grouped(folder) as reader:
        reader.clear_message()
        assert "Enter unfold" in reader.key_bar.text
        await reader.press("enter")
        reader.clear_message()
        assert "Enter read" in reader.key_bar.text
        assert "h fold" in reader.key_bar.text
        await reader.press("G")
        assert "fold" not in reader.key_bar.text


async def test_a_mark_on_a_folded_story_is_about_all_of_it_and_says_so(folder: Path) -> None:
    async with open_grouped(folder) as reader:
        await reader.press("m")
        assert reader.message == "Marked 4 articles of the story read. u undoes it."
        assert "•" not in reader.drawn_row(0)
        await reader.press("n")
        assert reader.row.title == LINDQVIST
        await reader.press("u")
        assert "•" in reader.drawn_row(0)
        assert not any(row.read for row in reader.rows)
        await reader.press("k", "enter", "j", "s")
        assert reader.message == "Starred."
        await reader.press("h")
        assert "★" in reader.drawn_row(0), "one of its articles is starred"


async def test_a_story_that_no_longer_matches_leaves_as_a_whole(folder: Path) -> None:
    async with open_grouped(folder) as reader:
        await reader.press("/", *"is:unread", "enter", "m")
        assert titles(reader)[0] == ELWHA, "until the selection moves on"
        await reader.press("j")
        assert titles(reader) == [LINDQVIST, *OTHERS]
        assert reader.row.title == LINDQVIST
        assert reader.main_screen.session.order is reader.article_list.order
        await reader.press("j", "k", "u")
        assert titles(reader) == [ELWHA, LINDQVIST, *OTHERS]


async def test_a_range_has_all_articles_of_the_stories_in_it(folder: Path) -> None:
    async with open_grouped(folder) as reader:
        await reader.press("v", "j", "j")
        assert "7 selected" in reader.key_bar.text
        await reader.press("m")
        assert reader.message == "Marked 7 articles read. u undoes it."


async def test_a_story_of_which_one_article_is_read_is_unread(folder: Path) -> None:
    async with open_grouped(folder) as reader:
        await reader.press("enter", "m", "j", "m", "h")
        assert "•" in reader.drawn_row(0)
        await reader.press("G", "N", "N", "N", "N", "N", "N")
        assert reader.row.title == ELWHA


async def test_sorting_searching_and_unfolding_go_together(folder: Path) -> None:
    async with open_grouped(folder) as reader:
        await reader.press("enter", "3")
        assert titles(reader)[-4:] == [RULING[0][0], *(title for title, _ in RULING[:0:-1])]
        await reader.press("/", *"elwha", "enter")
        assert titles(reader) == [ELWHA], "folded again, as another query"
        assert "4 of 10 articles" in reader.text
        await reader.press("escape")
        assert len(titles(reader)) == 6


async def test_a_narrowed_list_says_how_many_sources_of_a_story_it_has(folder: Path) -> None:
    async with open_grouped(folder) as reader:
        await reader.press("/", *"quality>=87", "enter")
        assert "×3/4" in reader.drawn_row(0)
        await reader.press("enter")
        assert "×3/4" in reader.drawn_row(0), "unfolded, too"
        await reader.press("/", *"quality>=89", "enter")
        assert "×1/4" in reader.drawn_row(0)
        await reader.press("c")
        assert "×4" in reader.drawn_row(0)


async def test_without_articles_there_is_nothing_to_group(folder: Path) -> None:
    async with open_grouped(folder) as reader:
        await reader.press("/", *"xyzzy", "enter", "c")
        assert reader.message == "There are no articles here to group."
        await reader.press("]")
        assert reader.message == "There is no article here."


@pytest.mark.parametrize("comfortable", [True, False])
async def test_a_click_on_the_sign_folds_and_unfolds(folder: Path, comfortable: bool) -> None:
    async with open_grouped(folder) as reader:
        if reader.article_list.comfortable != comfortable:
            await reader.press("d")
        x = reader.drawn_row(0).index("▸")
        await reader.click(ArticleList, x, 0)
        assert titles(reader)[:2] == [RULING[0][0], RULING[1][0]]
        await reader.click(ArticleList, x + 10, 0)
        assert reader.focus == "text", "elsewhere, a click on the selected row reads the article"
        await reader.press("q")
        await reader.click(ArticleList, x, reader.y_of(2))
        assert reader.row.title == RULING[2][0], "inside of a story there is no sign"
        await reader.click(ArticleList, x + 1, 0)
        assert titles(reader) == [ELWHA, LINDQVIST, *OTHERS]
        assert reader.row.title == ELWHA


async def test_grouping_is_remembered_for_each_query(folder: Path) -> None:
    async with open_grouped(folder) as reader:
        await reader.press("/", *"comet", "enter")
        assert titles(reader) == [LINDQVIST], "as the list of all articles"
        await reader.press("c")
        assert len(titles(reader)) == 2
        await reader.press("escape")
        assert len(titles(reader)) == 6
    async with open_app(folder, grouping=True) as reader:
        assert titles(reader) == [ELWHA, LINDQVIST, *OTHERS]
        await reader.press("S")
        assert titles(reader) == [title for title, _ in RULING], "the list of one story is not one row"
        await reader.press("escape", "/", *"comet", "enter")
        assert len(titles(reader)) == 2


async def test_the_story_of_the_selected_article_is_selected_where_it_was(folder: Path) -> None:
    async with open_app(folder, STACKED, grouping=True) as reader:
        await reader.wait_until(lambda: len(reader.app.library.stories.hottest()) == 2)
        await reader.press("j", "j", "j")
        line = line_of_selection(reader)
        assert reader.row.title == RULING[3][0]
        await reader.press("c")
        assert reader.row.title == ELWHA
        assert line_of_selection(reader) in {line, 0}
        await reader.press("enter", "j", "c")
        assert reader.row.title == RULING[1][0], "the article stays selected when every article has a row again"


FOLDING = {"enter": True, "l": True, "h": False}
"""The keys that unfold a story, or fold it."""


@pytest.mark.parametrize(("size", "seed"), [(SIDE, 1), (STACKED, 2), ((60, 8), 3), ((30, 5), 4)])
async def test_folding_moves_no_selected_article(folder: Path, size: tuple[int, int], seed: int) -> None:
    dice = random.Random(seed)
    async with open_grouped(folder, size) as reader:
        for _ in range(40):
            key = dice.choice(["enter", "l", "h", "h", "j", "j", "k", "G", "g", "c"])
            row, line, before = reader.row, line_of_selection(reader), reader.article_list.order
            await reader.press(key)
            if reader.focus == "text":
                await reader.press("q")
            if reader.focus != "list":
                await reader.press("h")
            order = reader.article_list.order
            assert sorted(order.all_rowids) == sorted(before.all_rowids), "nothing is lost"
            if key in FOLDING and len(order) != len(before):
                assert (len(order) > len(before)) == FOLDING[key]
                assert reader.row.rowid == order.row_of(row.rowid), "the article, or the story that it is folded in"
                if reader.row.rowid == row.rowid:
                    bottom = max(0, len(order) - reader.article_list.size.height // reader.article_list.row_height)
                    assert line_of_selection(reader) == line or reader.article_list.top == bottom
            elif key in {*FOLDING, "c"}:
                assert reader.row.rowid == order.row_of(row.rowid)


async def test_a_change_of_the_folder_leaves_stories_unfolded(folder: Path) -> None:
    async with open_grouped(folder, (120, 8)) as reader:
        await reader.press("enter", "j", "j")
        selected, line = reader.row.title, line_of_selection(reader)
        (folder / "0.md").write_text(article("A better article about gardens", "", 99, 20), encoding="utf-8")
        reader.report_folder_change()
        await reader.wait_until(lambda: len(titles(reader)) == 10)
        assert reader.row.title == selected
        assert line_of_selection(reader) == line


async def test_a_better_article_does_not_replace_the_one_that_is_being_read(folder: Path) -> None:
    async with open_grouped(folder) as reader:
        await reader.press("j", "tab")
        (folder / "0.md").write_text(article(f"{LINDQVIST} again", COMET[0][1], 99, 11), encoding="utf-8")
        reader.report_folder_change()
        await reader.wait_until(lambda: "×3" in reader.drawn_row(0))
        assert (reader.focus, reader.row.title, reader.pane_title) == ("article", LINDQVIST, LINDQVIST)
        await reader.press("h", "j")
        reader.main_screen.list_content.reload()
        await reader.wait_until(lambda: f"{LINDQVIST} again" in titles(reader))


async def test_an_article_that_is_folded_away_can_be_walked_to(folder: Path) -> None:
    async with open_grouped(folder) as reader:
        await reader.press("]", "]", "enter")
        assert reader.pane_title == RULING[2][0]
        assert reader.row.title == ELWHA
        await reader.press("backspace")
        assert reader.pane_title == ELWHA
