"""Every use of a private part of Textual by the terminal interface, each with the reason for it.

tests/tui/terminal/test_textual_internals.py fails with the name of the part when a new Textual changes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar

from reader.tui.widgets.text.scroll_view import CachedScrollBar

if TYPE_CHECKING:
    from textual.app import App


def cached_vertical_scrollbar(view: ScrollView) -> ScrollBar:
    """Return the vertical scroll bar of ``view``, created on first use, as Textual's property does.

    Private: ``Widget._vertical_scrollbar`` and ``App._start_widget``. Textual offers no way to choose the class of
    the scroll bar, and its own makes garbage with every scroll step.
    """
    if view._vertical_scrollbar is None:
        bar = view._vertical_scrollbar = CachedScrollBar(name="vertical", thickness=view.scrollbar_size_vertical)
        bar.display = False
        view.app._start_widget(view, bar)
    return view._vertical_scrollbar


def set_line_count(view: ScrollView, width: int, lines: int) -> None:
    """Set the virtual size of ``view`` without the layout of the whole screen that Textual does for it.

    Only the scroll bar, which is always there, depends on it. Public, but unusual: ``set_reactive`` skips the watcher,
    and ``ScrollBar.window_virtual_size`` is set in its place.
    """
    view.set_reactive(ScrollView.virtual_size, Size(width, lines))
    view.vertical_scrollbar.window_virtual_size = lines


def write_raw(app: App[None], sequence: str) -> None:
    """Write an escape sequence that shows nothing by itself to the terminal, between two frames.

    Private: ``App._driver``. Its thread is the only one that may write: a frame that something else cuts in two is
    garbage on the screen.
    """
    driver = app._driver
    if driver is not None and not app.is_headless:
        driver.write(sequence)
        driver.flush()
