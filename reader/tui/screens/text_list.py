"""A page over the main screen: a title, a line to filter by, and lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from reader.tui.widgets.text.line_view import LineView
from reader.tui.widgets.text.lines import Line
from reader.tui.widgets.text.scroll_view import Direction


class ListingScreen(ModalScreen[None]):
    """Shows lines that a few typed letters narrow down. Subclasses say which, in :meth:`lines_for`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close"),
        Binding("down", "scroll('down')", show=False),
        Binding("up", "scroll('up')", show=False),
        Binding("pagedown", "scroll('page_down')", show=False),
        Binding("pageup", "scroll('page_up')", show=False),
        Binding("ctrl+d", "scroll('half_down')", show=False, priority=True),
        Binding("ctrl+u", "scroll('half_up')", show=False, priority=True),
        Binding("ctrl+home", "scroll('top')", show=False),
        Binding("ctrl+end", "scroll('end')", show=False),
    ]

    def __init__(self, title: str, hint: str) -> None:
        super().__init__()
        self._heading = title
        self._hint = hint

    def lines_for(self, words: Sequence[str], width: int) -> tuple[Line, ...]:
        """Return the lines that hold every one of ``words`` (in lower case), for ``width`` cells."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """A box over the screen, with the filter at its head."""
        with Vertical(id="listing"):
            yield Static(Content(self._heading), id="listing-title")
            yield Input(placeholder=self._hint, id="listing-filter", compact=True)
            yield LineView(id="listing-lines", measure=200)
            yield Static(Content("↑ ↓ PgUp PgDn scroll   Esc closes"), id="listing-foot")

    def on_mount(self) -> None:
        """Begin with the filter, so that one can type at once."""
        self.query_one(LineView).can_focus = False
        self.query_one(Input).focus()
        self.call_after_refresh(self._fill)

    def on_resize(self) -> None:
        """Wrap the lines anew."""
        self.call_after_refresh(self._fill)

    @on(Input.Changed)
    def _fill(self) -> None:
        view = self.query_one(LineView)
        words = self.query_one(Input).value.lower().split()
        view.show_lines(self.lines_for(words, view.text_width), y=0)

    @on(Input.Submitted)
    def action_leave(self) -> None:
        """Back to where one was; with a filter typed, Esc clears that first."""
        field = self.query_one(Input)
        if field.value:
            field.clear()
        elif self.is_current:  # otherwise it is closing already
            self.dismiss()

    def action_scroll(self, how: Direction) -> None:
        """Scroll the lines while the filter keeps the focus."""
        view = self.query_one(LineView)
        view.action_move(how)
