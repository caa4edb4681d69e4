"""The sidebar: showing it, its counts, choosing in it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from reader.tui.widgets.article_list.article_list import ArticleList
from reader.tui.widgets.sidebar.sidebar import Sidebar
from tests.conftest import MakeFolder
from tests.tui.controllers.sidebar_lines import WIDE, lines, move_to, pane, query, shown, twenty_articles
from tests.tui.helpers import NARROW, SIDE, STACKED, Reader, document, open_app


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    return twenty_articles(make_folder)


# Showing it.


@pytest.mark.parametrize(("size", "shows"), [((139, 40), False), ((140, 40), True), (STACKED, False), (NARROW, False)])
async def test_the_sidebar_shows_by_itself_in_a_wide_terminal(folder: Path, size: tuple[int, int], shows: bool) -> None:
    async with open_app(folder, size) as reader:
        assert ("Saved views" in reader.text) == shows
        assert reader.focus == "list"


@pytest.mark.parametrize("size", [WIDE, SIDE, STACKED, (60, 24)])
async def test_b_focuses_and_hides_the_sidebar(folder: Path, size: tuple[int, int]) -> None:
    async with open_app(folder, size) as reader:
        await reader.press("b")
        assert pane(reader).has_focus
        assert shown(reader)[:2] == ["▌✓ All 20", "Unread 20"]
        await reader.press("b")
        assert reader.focus == "list"
        assert "Saved views" not in reader.text
        assert "Title 19" in reader.text


async def test_sections_are_spaced_although_a_region_is_asked_for_before_the_layout(folder: Path) -> None:
    async with open_app(folder, SIDE) as reader:
        reader.start_action("views")
        for _ in range(40):  # steps of the event loop until the sidebar is laid out
            reader.main_screen._compositor._full_map_invalidated = True
            assert reader.article_list.region
            await asyncio.sleep(0)
        await reader.settle()
        assert "gap" in {line.what for line in reader.sidebar.entries.lines}


async def test_a_wide_screen_remembers_whether_it_shows_the_sidebar(folder: Path) -> None:
    for is_shown in (True, False):
        async with open_app(folder, WIDE) as reader:
            assert ("Saved views" in reader.text) == is_shown
            assert reader.focus == "list"
            await reader.press(*("b" if is_shown else ""), "b")
    async with open_app(folder, WIDE) as reader:
        assert "Saved views" in reader.text


@pytest.mark.parametrize("size", [(139, 40), SIDE, STACKED, (60, 24)])
async def test_the_sidebar_is_beside_the_list_of_a_narrower_screen_while_used(
    folder: Path, size: tuple[int, int]
) -> None:
    async with open_app(folder, size) as reader:
        places = [widget.region for widget in (reader.article_list, reader.article_pane)]
        await reader.press("b")
        assert pane(reader).region.x == 0
        assert reader.article_list.region.x == pane(reader).region.right + 1
        assert "Title 18" in reader.text, "from its beginning"
        await reader.press("b")
        assert [widget.region for widget in (reader.article_list, reader.article_pane)] == places
        await reader.press("b")
        await move_to(reader, "Law")
        await reader.press("enter")
        assert (query(reader), reader.focus) == ("topic:Law", "list")
        assert "Saved views" not in reader.text
        assert "Title 19" in reader.text
        await reader.press("b")
        await reader.click(ArticleList, 5, reader.article_list.row_height)
        assert (reader.focus, reader.article_list.cursor) == ("list", 1)
        assert "Saved views" not in reader.text


async def test_a_small_terminal_shows_the_focused_pane_alone(folder: Path) -> None:
    async with open_app(folder, NARROW) as reader:
        await reader.press("b")
        assert "Saved views" in reader.text
        assert "Title" not in reader.text
        await move_to(reader, "Law")
        await reader.press("enter")
        assert "Saved views" not in reader.text
        assert "Title 19" in reader.text
        assert query(reader) == "topic:Law"
        await reader.press("b", "escape")
        assert reader.focus == "list"
        assert "Title 19" in reader.text


async def test_keys_after_b_go_to_the_sidebar(folder: Path) -> None:
    async with open_app(folder) as reader:
        for key in ("b", "j", "enter", "j"):
            reader.app.simulate_key(key)
        await reader.settle()
        assert (query(reader), reader.focus, reader.article_list.cursor) == ("is:unread", "list", 1)


async def test_tab_walks_all_panes(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("tab")
        assert reader.focus == "article"
        await reader.press("tab")
        assert pane(reader).has_focus
        await reader.press("tab")
        assert reader.focus == "list"
        await reader.press("shift+tab")
        assert pane(reader).has_focus
        await reader.press("shift+tab")
        assert reader.focus == "article"
        await reader.press("shift+tab")
        assert reader.focus == "list"


async def test_the_sidebar_follows_the_terminal_width(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("b")
        await reader.resize(*SIDE)
        assert pane(reader).has_focus
        await reader.press("escape")
        assert "Saved views" not in reader.text
        await reader.resize(*WIDE)
        assert "Saved views" in reader.text
    async with open_app(folder, SIDE) as reader:
        await reader.resize(*WIDE)
        assert shown(reader)[0] == "▌✓ All 20"


async def test_the_title_is_highlighted_with_the_focus(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        title = reader.sidebar_title
        assert not title.lit
        await reader.press("b")
        assert title.lit
        await reader.press("escape")
        assert not title.lit


# What it shows.


async def test_sections_list_the_largest_counts_first(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        assert shown(reader) == [
            "▌✓ All 20", "Unread 20", "Starred 0", "Today 0", "Since last time 0",
            "▾ Saved views", "none yet; w saves one",
            "▾ Topics 3", "AI 7", "Law 7", "Energy 6",
            "▾ Sources 10", *(f"Source {n} 2" for n in range(7)), "… 3 more",
            "▾ Folders 3", "eu 10", "eu/uk 10", "us 10",
        ]  # fmt: skip


async def test_authors_are_listed_if_there_are_any(make_folder: MakeFolder) -> None:
    folder = make_folder(
        {
            "a.md": document("A", "author: [Ann Moor, Bo]"),
            "b.md": document("B", "provider: {authors: [{name: ann moor}]}"),
            "c.md": document("C"),
        }
    )
    async with open_app(folder, WIDE) as reader:
        assert shown(reader)[7:] == ["▾ Authors 2", "Ann Moor 2", "Bo 1"]
        await reader.press("b")
        await move_to(reader, "Ann Moor")
        await reader.press("enter")
        assert query(reader) == 'author:"Ann Moor"'
        assert sorted(row.title for row in reader.rows) == ["A", "B"]
        await reader.press("/", "ctrl+u", *"author:b", "tab", "enter")
        assert query(reader) == "author:Bo"


async def test_counts_are_right_after_every_mark_and_undo(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("m", "s")
        assert shown(reader)[1:3] == ["Unread 19", "Starred 1"]
        assert {"▌✓ All 19/20", "Starred 0/1", "AI 7/7", "Law 6/7", "eu/uk 9/10"} <= {*lines(reader)}
        await reader.press("t", *"new", "enter")
        assert "▾ Tags 1" in shown(reader)
        assert "new 1" in shown(reader)
        await reader.press("M")
        assert shown(reader)[1] == "Unread 0"
        assert {"▌✓ All 0/20", "AI 0/7", "eu/uk 0/10", "new 0/1"} <= {*lines(reader)}
        await reader.press("u", "u", "u", "u")
        assert {"▌✓ All 20/20", "Law 7/7", "eu/uk 10/10"} <= {*lines(reader)}
        assert shown(reader)[1:3] == ["Unread 20", "Starred 0"]
        assert "▾ Tags 1" not in shown(reader)


async def test_in_the_sidebar_all_articles_of_the_selected_entry_are_marked(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("/", *"sort:date limit:1", "enter", "w", *"First", "enter", "escape", "b")
        await move_to(reader, "Law")
        await reader.press("M")
        assert reader.message == "Marked 7 articles of “Law” read. u undoes it."
        assert {"▌ Law 0/7", "AI 7/7"} <= {*lines(reader)}
        assert len(reader.rows) == 20
        await reader.press("u")
        assert {"▌ Law 7/7", "AI 7/7"} <= {*lines(reader)}
        await move_to(reader, "First")
        await reader.press("M")
        assert reader.message == "Marked 1 article of “First” read. u undoes it."
        await move_to(reader, "Topics")
        await reader.press("M")
        assert reader.message == "There is no article to mark here."


async def test_counts_wait_until_a_held_key_is_released(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        for _ in range(40):
            reader.app.simulate_key("s")
            reader.app.simulate_key("j")
        await reader.settle()
        stars = len([row for row in reader.rows if row.starred])
        assert stars > 0
        assert shown(reader)[2] == f"Starred {stars}"


async def test_folded_sections_are_remembered(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("b")
        await move_to(reader, "Law")
        await reader.press("h")
        assert pane(reader).line.text == "Topics"
        assert "▌▸ Topics 3" in shown(reader)
        assert "Law 7" not in shown(reader)
        await reader.press("left")
        assert reader.message == "There is nothing to fold here."
    async with open_app(folder, WIDE) as reader:
        assert "▸ Topics 3" in shown(reader)
        await reader.press("b")
        await move_to(reader, "Topics")
        await reader.press("right")
        assert "Law 7" in shown(reader)
        await reader.press("right")
        assert reader.message == "There is nothing to unfold here."
        await move_to(reader, "… 3 more")
        await reader.press("enter")
        assert "Source 9 2" in shown(reader)
        assert "… 3 more" not in shown(reader)
        await move_to(reader, "Folders")
        await reader.press("enter")
        assert "▌▸ Folders 3" in shown(reader)
        await reader.press("enter")
        assert "▌▾ Folders 3" in shown(reader)


async def test_a_filter_shows_matching_entries(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("b", "/", *"AW")
        assert shown(reader) == ["▾ Topics 1", "▌ Law 7"]
        await reader.press("enter")
        assert pane(reader).has_focus
        assert reader.sidebar_title.filter == "AW"
        await move_to(reader, "Law")
        await reader.press("enter")
        assert query(reader) == "topic:Law"
        assert reader.sidebar_title.filter == "", "what was chosen leaves no filter behind"
        await reader.press("b")
        assert shown(reader)[0] == "All 20"
        assert any(line.startswith("▌") and "Law" in line for line in shown(reader))
        await reader.press("/", *"AW", "enter", "tab")
        assert reader.focus == "list"
        assert reader.sidebar_title.filter == "", "left behind, it would hide what comes"
        await reader.press("shift+tab", "/", *"AW", "enter", "escape")
        assert pane(reader).has_focus
        assert shown(reader)[0] == "All 20"
        await reader.press("/", *"zzz")
        assert shown(reader) == ["▌ no matches; Esc shows all"]
        await reader.press("enter", "j", "enter", "d", "space")
        await reader.press("/", "escape")
        assert len(shown(reader)) > 10


# Selecting.


async def test_enter_shows_the_articles_of_an_entry(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("b")
        await move_to(reader, "us")
        await reader.press("l")
        assert reader.focus == "list"
        assert (query(reader), len(reader.rows)) == ("folder:us", 10)
        assert "✓ us 10" in shown(reader)[-1]
        await reader.press("b", "g", "enter")
        assert (query(reader), len(reader.rows)) == ("", 20)


async def test_space_combines_entries(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("b", "j", "space")
        assert (query(reader), pane(reader).has_focus) == ("is:unread", True)
        for name in ("AI", "Law", "us"):
            await move_to(reader, name)
            await reader.press("space")
        assert query(reader) == "is:unread (topic:AI OR topic:Law) folder:us"
        assert [line for line in shown(reader) if "✓" in line] == ["✓ Unread 20", "✓ AI 7", "✓ Law 7", "▌✓ us 10"]
        assert len(reader.rows) == 7
        await reader.press("space")
        assert query(reader) == "is:unread (topic:AI OR topic:Law)"
        await reader.press("k", "k", "k")
        await reader.press("g", "space")
        assert query(reader) == ""


async def test_a_typed_query_marks_its_entries(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("/", *"topic:law Title", "enter")
        assert [line for line in shown(reader) if "✓" in line] == ["✓ Law 7"]
        await reader.press("escape")
        assert "▌✓ All 20" in shown(reader)


async def test_the_mouse_selects_and_combines_entries(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:

        async def click(text: str, x: int, *, ctrl: bool = False) -> None:
            y = next(y for y in range(40) if text in pane(reader).render_line(y).text)
            await reader.pilot.click(Sidebar, offset=(x, y), control=ctrl)
            await reader.settle()

        await click("Law", 6)
        assert (query(reader), reader.focus) == ("topic:Law", "list")
        await click("AI", 1)
        assert query(reader) == "topic:Law OR topic:AI"
        await click("Source 1", 8, ctrl=True)
        assert query(reader) == '(topic:Law OR topic:AI) source:"Source 1"'
        await click("Topics", 6)
        assert "▌▸ Topics 3" in shown(reader)
        await click("more", 6)
        assert "Source 9 2" in shown(reader)


async def test_unavailable_keys_say_so(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("b")
        for key, words in (
            ("k", "This is the first view."),
            ("d", "Only saved views and feeds can be changed and removed."),
            ("e", "Only saved views and feeds can be changed"),
            ("J", "Only saved views can be moved."),
            ("p", "Only feeds can be paused."),
            ("h", "There is nothing to fold here."),
            ("x", "x does nothing here."),
        ):
            await reader.press(key)
            assert words in reader.message
        await reader.press("G", "j")
        assert reader.message == "This is the last view."
        await to_head(reader)
        assert reader.message == "This line cannot be selected."


async def to_head(reader: Reader) -> None:
    await reader.press("g")
    await move_to(reader, "Topics")
    await reader.press("space")


async def test_the_sidebar_is_reachable_without_articles(make_folder: MakeFolder) -> None:
    async with open_app(make_folder({}), WIDE) as reader:
        await reader.press("tab")
        assert pane(reader).has_focus
        await reader.press("j", "enter")
        assert query(reader) == "is:unread"
        await reader.press("shift+tab", "shift+tab")
        assert reader.focus == "list"


async def test_counts_are_right_when_the_sidebar_reappears(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        assert "Unread 20" in shown(reader)
        await reader.press("b", "b")  # shown, then hidden
        await reader.press("m", "j", "m", "s")
        await reader.press("b")
        assert {"Unread 18", "Starred 1"} <= set(shown(reader))
        await reader.press("h")
        await reader.press("escape")
        await reader.resize(120, 40)
        await reader.press("m")
        await reader.resize(*WIDE)
        assert "Unread 19" in shown(reader)


async def test_the_sidebar_keeps_the_focus_in_a_narrow_terminal(folder: Path) -> None:
    async with open_app(folder, WIDE) as reader:
        await reader.press("b", "b", "b")
        await reader.resize(50, 20)
        assert pane(reader).has_focus
        at = pane(reader).cursor
        await reader.press("j")
        assert pane(reader).cursor == at + 1
        await reader.resize(*WIDE)
        await reader.press("j")
        assert pane(reader).cursor == at + 2
