"""The mouse: selecting, scrolling, sorting, opening."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.events import MouseDown

from reader.tui.widgets.article_list.article_list import ArticleList
from reader.tui.widgets.article_pane.article_pane import ArticlePane
from tests.conftest import MakeFolder
from tests.tui.conftest import Browser
from tests.tui.helpers import SIDE, STACKED, Reader, document, open_app


def find(reader: Reader, text: str) -> tuple[int, int]:
    """Return the position of a text in the article pane, in cells."""
    view = reader.article_pane
    for y in range(view.size.height):
        line = view.render_line(y).text
        if text in line:
            border = view.content_region.offset - view.region.offset
            return line.index(text) + border.x, y + border.y
    raise AssertionError(f"{text} is not on screen")


async def test_the_scroll_bar_follows_the_list_and_can_be_dragged(make_folder: MakeFolder) -> None:
    folder = make_folder({f"{number:03}.md": document(f"N{number:03}") for number in range(150)})
    async with open_app(folder) as reader:
        bar = reader.article_list.vertical_scrollbar
        assert bar.window_virtual_size == reader.article_list.virtual_size.height
        assert bar.window_virtual_size // reader.article_list.row_height == 150
        await reader.pilot.mouse_down(bar, offset=(0, 0))
        await reader.pilot.hover(bar, offset=(0, bar.size.height - 1))
        await reader.pilot.mouse_up(bar, offset=(0, bar.size.height - 1))
        await reader.settle()
        assert reader.article_list.scroll_offset.y > 0
        assert reader.article_list.scroll_offset.y % reader.article_list.row_height == 0


async def test_the_mouse_outside_a_terminal_that_became_smaller_takes_the_focus_from_nothing(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press("enter")
        await reader.resize(40, 12)
        reader.app.post_message(MouseDown(None, 100, 30, 1, 1, 0, False, False, False, 100, 30))
        await reader.settle()
        assert reader.focus == "text"


@pytest.mark.parametrize("size", [SIDE, STACKED])
async def test_a_click_selects_a_row_and_a_second_opens_it(seeds: Path, size: tuple[int, int]) -> None:
    async with open_app(seeds, size) as reader:
        await reader.click(ArticleList, 20, reader.y_of(3))
        assert reader.article_list.cursor == 3
        assert reader.pane_title == reader.row.title
        assert reader.focus == "list"
        await reader.click(ArticleList, 20, reader.y_of(4) - 1, times=2)
        assert reader.focus == "text"


async def test_a_click_below_the_last_row_does_nothing(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.click(ArticleList, 20, 12)
        assert reader.article_list.cursor == 0


async def test_a_click_counts_from_the_first_row_on_screen(make_folder: MakeFolder) -> None:
    folder = make_folder({f"{n:03}.md": document(f"N{n:03}", f"quality: {500 - n}") for n in range(200)})
    async with open_app(folder) as reader:
        await reader.press("G")
        await reader.click(ArticleList, 20, 0)
        assert reader.row.title == f"N{reader.article_list.top:03}"
        assert reader.pane_title == reader.row.title


async def test_the_wheel_scrolls_without_moving_the_selection(make_folder: MakeFolder) -> None:
    body = "\n\n".join("Words." for _ in range(100))
    folder = make_folder(
        {f"{n:03}.md": document(f"N{n:03}", f"quality: {500 - n}", "excerpt: Short.", body=body) for n in range(200)}
    )
    async with open_app(folder) as reader:
        for widget in (reader.article_list, reader.article_pane):
            for _ in range(3):
                await reader.scroll_wheel(widget)
            await reader.wait_until(lambda widget=widget: widget.scroll_offset.y > 0)
        assert reader.row.title == "N000"
        assert reader.article_list.scroll_offset.y > 0
        await reader.press("j")
        assert reader.row.title == "N001"
        assert "N001" in "\n".join(
            reader.article_list.render_line(y).text for y in range(reader.article_list.size.height)
        )


@pytest.mark.parametrize("size", [SIDE, STACKED])
async def test_a_click_selects_a_related_item_and_another_opens_it(seeds: Path, size: tuple[int, int]) -> None:
    async with open_app(seeds, size) as reader:
        await reader.press("j", "j", "j", *["]"] * 5, "h", "h")
        title = reader.row.title
        await reader.click(ArticlePane, *find(reader, "The Star"))
        assert (reader.focus, reader.article_pane.selected, reader.pane_title) == ("related", 4, title)
        await reader.click(ArticlePane, *find(reader, "The Star"))
        assert reader.row.path.startswith("003_")
        assert reader.pane_title == reader.row.title


@pytest.mark.parametrize("size", [SIDE, STACKED])
async def test_a_click_on_a_link_opens_it(seeds: Path, size: tuple[int, int], browser: Browser) -> None:
    async with open_app(seeds, size) as reader:
        await reader.press("e")
        x, y = find(reader, "jurist.org/news/202")
        await reader.click(ArticlePane, x, y)
        await reader.wait_until(lambda: browser.calls)
        assert [call[0][:25] for call in browser.calls] == ["https://www.jurist.org/ne"]
        assert reader.message == "Opened jurist.org with lantern."


async def test_a_click_focuses_a_pane(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.click(ArticlePane, 5, 1)
        assert reader.focus == "article"
        await reader.click(ArticleList, 5, 1)
        assert reader.focus == "list"
