"""“More” in the article pane: what opens and folds it, and what it remembers."""

from __future__ import annotations

from pathlib import Path

import pytest

from reader.tui.widgets.article_pane.article_pane import ArticlePane
from tests.conftest import MakeFolder
from tests.tui.helpers import NARROW, SIDE, STACKED, Reader, document, lines_of, open_app

RELATED = ("related:", *(f"  - {{title: R{m}, webUrl: 'https://b.org/{m}'}}" for m in range(3)))


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    return make_folder(
        {
            "a.md": document("A", "quality: 9", "originalUrl: https://a.org/long/a", "length: PT2M", *RELATED),
            "b.md": document("B", "quality: 8", "originalUrl: https://a.org/long/b"),
        }
    )


def is_open(reader: Reader) -> bool:
    signs = ["".join(run.text for run in line)[:6] for line in lines_of(reader.article_pane)]
    assert ("▾ More" in signs) != ("▸ More" in signs)
    return "▾ More" in signs


async def test_a_key_opens_more_for_all_articles_until_it_is_pressed_again(folder: Path) -> None:
    async with open_app(folder) as reader:
        assert not is_open(reader)
        assert "long/a" not in reader.pane_text
        await reader.press("e")
        assert is_open(reader)
        assert "https://a.org/long/a" in reader.pane_text
        assert reader.focus == "list"
        await reader.press("j")
        assert is_open(reader)
        assert "https://a.org/long/b" in reader.pane_text
        await reader.press("e")
        assert not is_open(reader)
        await reader.press("k")
        assert not is_open(reader)


@pytest.mark.parametrize("size", [SIDE, STACKED])
async def test_more_comes_after_the_last_related_item(folder: Path, size: tuple[int, int]) -> None:
    async with open_app(folder, size) as reader:
        await reader.press("]", "]", "]", "]")
        assert reader.article_pane.selected == 2
        assert reader.message == "This is the last related item."
        await reader.press("j")
        reader.clear_message()
        assert "Enter unfold" in reader.key_bar.text
        await reader.press("enter")
        assert "Enter fold" in reader.key_bar.text
        assert reader.article_pane.selected == 3
        assert is_open(reader)
        assert "PT2M" not in reader.pane_text
        assert "2 min" in reader.pane_text
        await reader.press("enter")
        assert not is_open(reader)
        await reader.press("k")
        assert reader.article_pane.selected == 2


async def test_down_from_the_last_related_item_leads_to_the_text_below(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": document("A", *RELATED, body="\n\n".join(f"Line {n}." for n in range(40)))})
    async with open_app(folder, STACKED) as reader:
        await reader.press("]", "]", "]")
        y = reader.article_pane.scroll_offset.y
        await reader.press("j")
        assert reader.article_pane.selected == -1
        assert reader.focus == "article"
        assert reader.article_pane.scroll_offset.y == y + 1


async def test_a_click_opens_more(folder: Path) -> None:
    async with open_app(folder) as reader:
        (at,) = [y for y, line in enumerate(lines_of(reader.article_pane)) if line and line[0].text == "▸ More"]
        await reader.click(ArticlePane, 4, at)
        assert is_open(reader)
        await reader.click(ArticlePane, 4, at)
        assert not is_open(reader)


async def test_where_only_one_pane_fits_the_key_leads_to_the_article(folder: Path) -> None:
    async with open_app(folder, NARROW) as reader:
        await reader.press("e")
        assert reader.focus == "article"
        assert "https://a.org/long/a" in reader.pane_text


async def test_folding_more_scrolls_back_to_where_there_are_lines(folder: Path) -> None:
    async with open_app(folder, STACKED) as reader:
        await reader.press("e")
        pane = reader.article_pane
        assert pane.scroll_offset.y > 0
        await reader.press("e")
        assert pane.scroll_offset.y == max(0, len(lines_of(pane)) - pane.size.height)


async def test_a_key_for_more_without_an_article_says_so(make_folder: MakeFolder) -> None:
    async with open_app(make_folder({})) as reader:
        await reader.press("e")
        assert reader.message == "There is nothing more to show here."
