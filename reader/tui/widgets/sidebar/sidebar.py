"""The sidebar: views and facets with counts; draws only the lines on screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.strip import Strip
from textual.widget import Widget

from reader.core.text import cell_width, fit_cells, stable_width
from reader.tui.keys import bindings
from reader.tui.terminal.textual_internals import cached_vertical_scrollbar, set_line_count
from reader.tui.theme.styles import theme_style
from reader.tui.widgets.sidebar.selection import SidebarChoice
from reader.tui.widgets.sidebar.tree import SidebarLine, SidebarTree
from reader.tui.widgets.status_message import StatusMessage
from reader.tui.widgets.text.scroll_view import (
    Direction,
    crop_strips,
    line_width,
    move_distance,
    scroll_line_into_view,
    scroll_to_line,
)

SidebarCommand = Literal["choose", "combine", "filter", "rename", "delete", "down", "up", "leave"]
_MARKER_CELLS = 3
"""Cells before the name: the selection, the check mark, and a blank."""
_SPACED_HEIGHT = 30
"""From this height on there are blank lines between sections."""


class SidebarTitle(Widget):
    """The line above the sidebar; its name has the accent color while the sidebar has the focus."""

    lit: reactive[bool] = reactive(False)
    filter: reactive[str] = reactive("")
    """The text that filters the entries."""

    def render_line(self, y: int) -> Strip:
        """Draw the name and the filter."""
        quiet = theme_style(self, "quiet")
        if y:
            return Strip.blank(self.size.width, quiet)
        name = " Views"
        filtered = f"  /{stable_width(self.filter)}" if self.filter else ""
        segments = [
            Segment(name, theme_style(self, "name" if self.lit else "quiet")),
            Segment(fit_cells(filtered, max(0, self.size.width - cell_width(name))), theme_style(self, "accent")),
        ]
        return Strip(segments).adjust_cell_length(self.size.width, quiet)


class SidebarPane(Container):
    """The sidebar under its title."""

    def __init__(self, entries: SidebarTree) -> None:
        super().__init__(id="views-side")
        self.title_bar = SidebarTitle()
        self.sidebar = Sidebar(entries, id="views")

    def compose(self) -> ComposeResult:
        """Yield the title and the sidebar."""
        yield self.title_bar
        yield self.sidebar


class Sidebar(ScrollView, can_focus=True):
    """The lines of a :class:`SidebarTree`, one of them selected."""

    BINDINGS = bindings.bindings("views")

    class CommandRequested(Message):
        """The user wants something done with the selected line."""

        def __init__(self, command: SidebarCommand, line: SidebarLine) -> None:
            super().__init__()
            self.command: SidebarCommand = command
            self.line = line

    class Ready(Message):
        """The sidebar is mounted and can take the focus."""

    class Folded(Message):
        """Sections were folded or unfolded."""

    def __init__(self, entries: SidebarTree, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.entries = entries
        self.cursor = 0
        """The index of the selected line."""
        self.choices: frozenset[SidebarChoice] = frozenset()
        """The keys of the choices that the query contains."""
        self.before_blur: Callable[[], None] = lambda: None
        """Called before an action that moves the focus: the next key is not meant for the sidebar."""
        self._styles: dict[tuple[str, bool], Style] = {}

    @property
    def line(self) -> SidebarLine:
        """The selected line."""
        return self.entries[self.cursor] if self.cursor < len(self.entries) else SidebarLine("gap", "usual")

    def on_mount(self) -> None:
        """Announce that the sidebar can be used."""
        self.post_message(self.Ready())

    # Content.

    def show_lines(self, key: tuple[str, str, str] | None = None) -> None:
        """Show the entries after a change; the line with ``key`` stays selected, by default the index."""
        index = None if key is None else self.entries.find(key)
        offset = self.cursor - self.scroll_offset.y
        if index is not None and index != self.cursor:
            self.cursor = index
            scroll_to_line(self, index - offset)
        self.cursor = self.entries.step(max(0, min(self.cursor, len(self.entries) - 1)), 0)
        set_line_count(self, line_width(self), len(self.entries))
        scroll_line_into_view(self, self.cursor)
        self.refresh()

    def show_choices(self, choices: frozenset[SidebarChoice]) -> None:
        """Check the entries that the query contains."""
        if choices != self.choices:
            self.choices = choices
            self.refresh()

    def select(self, index: int) -> None:
        """Select a line, and scroll it into view."""
        self.cursor = max(0, min(index, len(self.entries) - 1))
        scroll_line_into_view(self, self.cursor)
        self.refresh()

    # Drawing.

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        """The scroll bar, which is cheap to draw."""
        return cached_vertical_scrollbar(self)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the lines of a region."""
        lines = (self.render_line(y) for y in crop.line_range)
        return crop_strips(self, lines, crop, self._style("normal", selected=False))

    def render_line(self, y: int) -> Strip:
        """Draw the line in row ``y`` of the screen."""
        index, cells = y + self.scroll_offset.y, line_width(self)
        if index >= len(self.entries):
            return Strip.blank(cells, self._style("normal", selected=False))
        line, selected = self.entries[index], index == self.cursor
        is_chosen = line.choice is not None and line.choice.key in self.choices
        if line.what == "head":
            symbol = "▸" if line.kind in self.entries.folded and not self.entries.filter else "▾"
        else:
            symbol = "✓" if is_chosen else " "
        room = max(1, cells - _MARKER_CELLS)
        articles = "" if line.articles is None else f" {line.articles:,}"
        articles = articles if cell_width(articles) < room else ""
        style = {"head": "strong", "entry": "accent" if is_chosen else "normal"}.get(line.what, "quiet")
        segments = [
            Segment("▌" if selected else " ", self._style("accent", selected=selected)),
            Segment(symbol, self._style("quiet" if line.what == "head" else "accent", selected=selected)),
            Segment(" ", self._style(style, selected=selected)),
            Segment(fit_cells(line.text, room - cell_width(articles)), self._style(style, selected=selected)),
            Segment(articles, self._style("quiet", selected=selected)),
        ]
        return Strip(segments).adjust_cell_length(cells, self._style("normal", selected=selected))

    def _style(self, name: str, *, selected: bool) -> Style:
        style = self._styles.get((name, selected))
        if style is None:
            background = ("panel" if self.has_focus else "surface") if selected else ""
            style = self._styles[name, selected] = theme_style(self, name, background)
        return style

    def notify_style_update(self) -> None:
        """Drop the styles of the previous theme."""
        self._styles.clear()
        super().notify_style_update()

    @on(events.Focus)
    @on(events.Blur)
    def _light(self, event: events.Focus | events.Blur) -> None:
        """Draw selection and title brighter with the focus."""
        self._styles.clear()
        self.refresh()
        if isinstance(self.parent, SidebarPane):
            self.parent.title_bar.lit = isinstance(event, events.Focus)

    @on(events.Resize)
    def _fit_size(self) -> None:
        key = self.line.key
        self.entries.set_spaced(spaced=self.size.height >= _SPACED_HEIGHT)
        self.show_lines(key)

    # Keys and mouse.

    def action_move(self, direction: Direction) -> None:
        """Select another line."""
        before, lines = self.cursor, move_distance(direction, self.size.height)
        self.select(self.entries.step(before, lines))
        if self.cursor == before:
            self._say("This is the last view." if lines > 0 else "This is the first view.")

    def action_fold(self) -> None:
        """Fold the section of the selected line."""
        kind = self.line.kind
        if self.entries.fold(kind):
            self.show_lines(("head", kind, ""))
            self.post_message(self.Folded())
        else:
            self._say("There is nothing to fold here.")

    def action_unfold(self) -> None:
        """Unfold the section of the selected line, or show all of it."""
        line = self.line
        if self.entries.fold(line.kind, folded=False):
            self.show_lines()
            self.post_message(self.Folded())
        elif line.what == "more":
            self.entries.show_all(line.kind)
            self.show_lines()
        else:
            self._say("There is nothing to unfold here.")

    def action_choose(self) -> None:
        """Show what the selected entry finds; fold or unfold a section."""
        line = self.line
        if line.what == "entry":
            self._request("choose")
        elif line.what == "head" and line.kind not in self.entries.folded:
            self.action_fold()
        else:
            self.action_unfold()

    def action_combine(self) -> None:
        """Add the selected entry to the query, or remove it."""
        if self.line.what == "entry":
            self._request("combine")
        else:
            self._say("This line cannot be selected.")

    def action_filter(self) -> None:
        """Ask for a text to filter the entries by."""
        self._request("filter")

    def action_rename(self) -> None:
        """Ask for a new name for the selected saved view."""
        self._request_for_saved("rename")

    def action_delete(self) -> None:
        """Delete the selected saved view."""
        self._request_for_saved("delete")

    def action_reorder(self, step: int) -> None:
        """Move the selected saved view down or, with -1, up."""
        self._request_for_saved("down" if step > 0 else "up")

    def action_leave(self) -> None:
        """Clear the filter, else go back to the list."""
        self._request("leave")

    def _request_for_saved(self, command: SidebarCommand) -> None:
        if self.line.what == "entry" and self.line.kind == "view":
            self._request(command)
        else:
            self._say("Only saved views can be renamed, deleted and moved.")

    def _request(self, command: SidebarCommand) -> None:
        if command in {"choose", "filter", "rename", "leave"}:
            self.before_blur()
        self.post_message(self.CommandRequested(command, self.line))

    def _say(self, text: str) -> None:
        self.post_message(StatusMessage(text, transient=True))

    @on(events.Click)
    def _click(self, event: events.Click) -> None:
        """Choose an entry; with Ctrl, or on its check mark, add or remove it."""
        index = event.y + self.scroll_offset.y
        if index >= len(self.entries) or self.entries[index].what in {"gap", "note"}:
            return
        self.select(index)
        if (event.ctrl or event.x < _MARKER_CELLS) and self.line.what == "entry":
            self.action_combine()
        else:
            self.action_choose()
