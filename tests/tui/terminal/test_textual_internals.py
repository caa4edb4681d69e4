"""Fails with the name of the part when a new Textual changes something private that the app uses.

Each part is listed under "Private parts of Textual" in docs/architecture.md.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from textual.app import App
from textual.driver import Driver
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.widget import Widget

from reader.tui.terminal.textual_internals import write_raw
from reader.tui.widgets.text.scroll_view import CachedScrollBar
from tests.tui.helpers import open_app


def source(thing: object) -> str:
    """Return the source text of a part of Textual."""
    return inspect.getsource(thing)  # type: ignore[arg-type]


def test_the_scroll_bar_is_still_created_as_our_replacement_does_it() -> None:
    scroll_bar = inspect.getattr_static(Widget, "vertical_scrollbar").fget
    for part in ("self._vertical_scrollbar", "self.app._start_widget(self, scroll_bar)", "display = False"):
        assert part in source(scroll_bar), f"Textual changed Widget.vertical_scrollbar: {part} is gone"


def test_a_scroll_bar_still_renders_with_a_scroll_bar_render() -> None:
    assert "ScrollBarRender" in source(ScrollBar) or "self.renderer" in source(ScrollBar)
    parameters = [*inspect.signature(ScrollBarRender.render_bar).parameters]
    assert parameters[:5] == ["size", "virtual_size", "window_size", "position", "thickness"], (
        "Textual changed ScrollBarRender.render_bar, which CachedScrollBar calls"
    )


def test_the_window_of_a_scroll_bar_can_still_be_set() -> None:
    assert hasattr(ScrollBar, "window_virtual_size"), "Textual removed ScrollBar.window_virtual_size"
    assert hasattr(ScrollView, "virtual_size"), "Textual removed Widget.virtual_size"


def test_the_driver_can_still_be_written_to() -> None:
    assert "_driver" in source(App.__init__), "Textual renamed App._driver"
    assert callable(Driver.write), "Textual removed Driver.write"
    assert callable(Driver.flush), "Textual removed Driver.flush"


def test_nothing_is_written_to_a_terminal_that_is_not_there() -> None:
    class Silent(App[None]):
        @property
        def is_headless(self) -> bool:
            return True

    write_raw(Silent(), "\x1b[0m")


async def test_list_and_panes_have_the_cheap_scroll_bar(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        for view in (reader.article_list, reader.article_pane):
            assert type(view.vertical_scrollbar) is CachedScrollBar
            assert view.vertical_scrollbar.window_virtual_size == view.virtual_size.height


@pytest.mark.parametrize("module", ["textual_internals"])
def test_private_names_are_used_in_one_module_only(module: str) -> None:
    package = Path(inspect.getfile(write_raw)).parents[1]
    names = ("._driver", "._start_widget", "._vertical_scrollbar")
    users = {path.stem for path in package.rglob("*.py") if any(name in path.read_text("utf-8") for name in names)}
    assert users == {module}
