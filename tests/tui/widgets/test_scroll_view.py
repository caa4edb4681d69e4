"""The scrollbar draws what Textual's draws, from lines that it makes only once."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.style import Style
from textual.geometry import Region
from textual.scrollbar import ScrollBar

from reader.tui.widgets.text.scroll_view import CachedScrollBar
from tests.conftest import MakeFolder
from tests.tui.helpers import document, open_app


def cells(bar: ScrollBar, of: type[ScrollBar]) -> list[tuple[object, ...]]:
    """Return of each cell what one sees of it, and what the mouse does there."""
    strips = of.render_lines(bar, Region(0, 0, bar.size.width, bar.size.height))
    seen: list[tuple[object, ...]] = []
    for segment in [segment for strip in strips for segment in strip]:
        style = segment.style or Style()
        ink, ground = (style.bgcolor, style.color) if style.reverse else (style.color, style.bgcolor)
        seen.append((segment.text, ground, ink if segment.text.strip() else None, str(style.meta)))
    return seen


@pytest.mark.parametrize("keys", [(), ("space",), ("G",), ("ctrl+d", "j")])
async def test_the_scroll_bar_equals_the_one_of_textual(make_folder: MakeFolder, keys: tuple[str, ...]) -> None:
    folder = make_folder({f"{number:03}.md": document(f"N{number:03}") for number in range(150)})
    async with open_app(folder) as reader:
        await reader.press(*keys)
        bar = reader.article_list.vertical_scrollbar
        assert isinstance(bar, CachedScrollBar)
        assert len(set(cells(bar, CachedScrollBar))) > 1  # a thumb, and what is left of the track
        bar.refresh()
        assert cells(bar, CachedScrollBar) == cells(bar, ScrollBar)


async def test_scroll_bar_lines_are_cached(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        bar = reader.article_pane.vertical_scrollbar
        region = Region(0, 0, bar.size.width, bar.size.height)
        first, second = bar.render_lines(region), bar.render_lines(region)
        assert [id(strip) for strip in first] == [id(strip) for strip in second]


async def test_the_mouse_drags_the_scroll_bar(make_folder: MakeFolder) -> None:
    folder = make_folder({f"{number:03}.md": document(f"N{number:03}") for number in range(150)})
    async with open_app(folder) as reader:
        bar = reader.article_list.vertical_scrollbar
        await reader.pilot.mouse_down(bar, offset=(0, 0))
        await reader.pilot.hover(bar, offset=(0, bar.size.height - 1))
        await reader.pilot.mouse_up(bar, offset=(0, bar.size.height - 1))
        await reader.settle()
        assert reader.article_list.scroll_offset.y > 0
