"""What the mouse does: select, scroll, sort, open."""

from __future__ import annotations

from pathlib import Path

import pytest

from reader.tui.widgets.article_list.article_list import ArticleList
from reader.tui.widgets.article_pane.article_pane import ArticlePane
from tests.conftest import MakeFolder
from tests.tui.conftest import Browser
from tests.tui.helpers import SIDE, STACKED, Reader, document, opened


def find(reader: Reader, text: str) -> tuple[int, int]:
    """Return where in the article pane a text is, in cells."""
    view = reader.article
    for y in range(view.size.height):
        line = view.render_line(y).text
        if text in line:
            border = view.content_region.offset - view.region.offset
            return line.index(text) + border.x, y + border.y
    raise AssertionError(f"{text} is not on screen")


@pytest.mark.parametrize("size", [SIDE, STACKED])
async def test_a_click_selects_a_row_and_a_second_one_enters_it(seeds: Path, size: tuple[int, int]) -> None:
    async with opened(seeds, size) as reader:
        await reader.click(ArticleList, 20, 3)
        assert reader.list.cursor == 3
        assert reader.shown == reader.row.title
        assert reader.focus == "list"
        await reader.click(ArticleList, 20, 3, times=2)
        assert reader.focus == "article"


async def test_a_click_below_the_last_row_does_nothing(seeds: Path) -> None:
    async with opened(seeds) as reader:
        await reader.click(ArticleList, 20, 12)
        assert reader.list.cursor == 0


async def test_a_click_counts_from_the_first_row_on_screen(make_folder: MakeFolder) -> None:
    folder = make_folder({f"{n:03}.md": document(f"N{n:03}", f"quality: {500 - n}") for n in range(200)})
    async with opened(folder) as reader:
        await reader.press("G")
        await reader.click(ArticleList, 20, 0)
        assert reader.row.title == f"N{reader.list.scroll_offset.y:03}"
        assert reader.shown == reader.row.title


async def test_the_wheel_scrolls_list_and_article_and_leaves_the_selection(make_folder: MakeFolder) -> None:
    body = "\n\n".join("Words." for _ in range(100))
    folder = make_folder({f"{n:03}.md": document(f"N{n:03}", f"quality: {500 - n}", body=body) for n in range(200)})
    async with opened(folder) as reader:
        for widget in (reader.list, reader.article):
            for _ in range(3):
                await reader.scroll_wheel(widget)
            await reader.until(lambda widget=widget: widget.scroll_offset.y > 0)
        assert reader.row.title == "N000"
        assert reader.list.scroll_offset.y > 0
        await reader.press("j")
        assert reader.row.title == "N001"
        assert "N001" in "\n".join(reader.list.render_line(y).text for y in range(reader.list.size.height))


@pytest.mark.parametrize("size", [SIDE, STACKED])
async def test_a_click_selects_a_related_item_and_another_opens_it(seeds: Path, size: tuple[int, int]) -> None:
    async with opened(seeds, size) as reader:
        await reader.press("j", "j", "j", "enter", "G", "h")
        title = reader.row.title
        await reader.click(ArticlePane, *find(reader, "The Star"))
        assert (reader.focus, reader.article.selected, reader.shown) == ("related", 4, title)
        await reader.click(ArticlePane, *find(reader, "The Star"))
        assert reader.row.path.startswith("003_")
        assert reader.shown == reader.row.title


@pytest.mark.parametrize("size", [SIDE, STACKED])
async def test_a_click_on_a_link_opens_it(seeds: Path, size: tuple[int, int], browser: Browser) -> None:
    async with opened(seeds, size) as reader:
        await reader.press("enter", "pagedown", "h")
        x, y = find(reader, "jurist.org/news/202")
        await reader.click(ArticlePane, x, y)
        await reader.until(lambda: browser.calls)
        assert [call[0][:25] for call in browser.calls] == ["https://www.jurist.org/ne"]
        assert reader.message == "Opened jurist.org with lantern."


async def test_a_click_into_a_pane_gives_it_the_focus(seeds: Path) -> None:
    async with opened(seeds) as reader:
        await reader.click(ArticlePane, 5, 1)
        assert reader.focus == "article"
        await reader.click(ArticleList, 5, 1)
        assert reader.focus == "list"
