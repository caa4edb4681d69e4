"""The pane with the focus is lit, and the selection of the others is dimmed."""

from __future__ import annotations

from pathlib import Path

from rich.style import Style

from tests.conftest import MakeFolder
from tests.tui.helpers import SIDE, STACKED, Reader, document, lines_of, open_app


def styles(reader: Reader, where: str) -> list[Style | None]:
    """Return the styles of the column heads, or those of the bar and the end of the selected line."""
    panes = reader.main_screen.panes
    sidebar = panes.sidebar
    assert sidebar is not None
    if where == "header":
        return [segment.style for segment in panes.header.render_line(0)]
    bar, *_, end = {"list": panes.articles, "sidebar": sidebar}[where].render_line(0)
    assert bar.text[0] == "▌"
    assert bar.style is not None
    assert end.style is not None
    return [bar.style, Style(bgcolor=end.style.bgcolor)]


def edge(reader: Reader) -> tuple[str, object]:
    """Return the edge of the article pane."""
    return reader.article_pane.styles.border_left


async def test_the_focused_pane_is_lit_and_the_selection_of_the_others_dimmed(seeds: Path) -> None:
    async with open_app(seeds, (160, 40)) as reader:
        seen = {}
        for pane in ("list", "article", "related", "sidebar"):
            assert reader.main_screen.panes.sidebar_has_focus if pane == "sidebar" else reader.focus == pane
            seen[pane] = {name: styles(reader, name) for name in ("header", "list", "sidebar")}, edge(reader)
            await reader.press("tab")
        for name in ("header", "list"):
            lit = seen["list"][0][name]
            assert lit != seen["article"][0][name] == seen["sidebar"][0][name]
        assert seen["sidebar"][0]["sidebar"] != seen["list"][0]["sidebar"] == seen["article"][0]["sidebar"]
        assert seen["article"][1] == seen["related"][1] != seen["list"][1] == seen["sidebar"][1]


async def test_the_selected_related_item_is_dimmed_while_the_sidebar_has_the_focus(seeds: Path) -> None:
    async with open_app(seeds, (160, 40)) as reader:
        await reader.press("]")
        pane = reader.article_pane
        (y, *_) = (y for y, line in enumerate(lines_of(pane)) if line and line[0].text == "▌")
        lit = pane.render_line(y)
        await reader.press("b")
        assert reader.main_screen.panes.sidebar_has_focus
        assert pane.render_line(y) != lit
        await reader.press("shift+tab")
        assert pane.render_line(y) == lit


async def test_the_title_of_a_text_and_its_headings_differ(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": document("A title", body="# A heading\n\nWords.")})
    for size in (SIDE, STACKED):
        async with open_app(folder, size) as reader:
            pane = reader.article_pane
            drawn = {strip.text.strip(): [*strip][1].style for strip in map(pane.render_line, range(8))}
            assert drawn["A title"] != drawn["A heading"] != drawn["Words."]
