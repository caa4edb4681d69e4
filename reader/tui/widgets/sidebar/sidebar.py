"""The pane of views: what one can choose, with counts; draws only the lines on screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from reader.core.text import cell_width, fit_cells, stable_width
from reader.tui.keys import bindings
from reader.tui.theme.styles import theme_style
from reader.tui.widgets.sidebar.selection import SidebarChoice
from reader.tui.widgets.sidebar.tree import SidebarLine, SidebarTree
from reader.tui.widgets.text.line_view import LineView
from reader.tui.widgets.text.scroll_view import LinesScrollView, drawn

SidebarCommand = Literal["choose", "combine", "filter", "rename", "delete", "down", "up", "leave"]
_MARKS = 3
"""Cells before the name: where one is, what is chosen, and a blank."""
_AIRY_FROM = 30
"""Lines of the screen from which on there is room between sections."""


class SidebarTitle(Widget):
    """The line above the pane; its name takes the accent while the pane has the focus."""

    lit: reactive[bool] = reactive(False)
    filter: reactive[str] = reactive("")
    """What the views below are filtered by."""

    def render_line(self, y: int) -> Strip:
        """Draw the name, and the filter."""
        quiet = theme_style(self, "quiet")
        if y:
            return Strip.blank(self.size.width, quiet)
        name = " Views"
        by = f"  /{stable_width(self.filter)}" if self.filter else ""
        segments = [
            Segment(name, theme_style(self, "name" if self.lit else "quiet")),
            Segment(fit_cells(by, max(0, self.size.width - cell_width(name))), theme_style(self, "accent")),
        ]
        return Strip(segments).adjust_cell_length(self.size.width, quiet)


class SidebarPane(Container):
    """The pane of views under its title."""

    def __init__(self, lines: SidebarTree) -> None:
        super().__init__(id="views-side")
        self.title_bar = SidebarTitle()
        self.views = Sidebar(lines, id="views")

    def compose(self) -> ComposeResult:
        """One below the other."""
        yield self.title_bar
        yield self.views


class Sidebar(LinesScrollView, can_focus=True):
    """The lines of a :class:`SidebarTree`, one of them selected."""

    BINDINGS = bindings.bindings("views")

    class CommandRequested(Message):
        """The person wants something done with the selected line."""

        def __init__(self, wish: SidebarCommand, line: SidebarLine) -> None:
            super().__init__()
            self.command: SidebarCommand = wish
            self.line = line

    class Ready(Message):
        """The pane is there, and can have the focus."""

    class Folded(Message):
        """Other sections are folded than before."""

    class EndReached(LineView.EndReached):
        """A key found nothing to do."""

    def __init__(self, lines: SidebarTree, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.lines = lines
        self.cursor = 0
        self.chosen: frozenset[SidebarChoice] = frozenset()
        """The keys of what the query asks for."""
        self.before_blur: Callable[[], None] = lambda: None
        """Called when what is pressed next is not meant for the pane."""
        self._styles: dict[tuple[str, bool], Style] = {}

    @property
    def line(self) -> SidebarLine:
        """The selected line."""
        return self.lines[self.cursor] if self.cursor < len(self.lines) else SidebarLine("gap", "usual")

    def on_mount(self) -> None:
        """Tell that it can be used."""
        self.post_message(self.Ready())

    # What it shows.

    def show_lines(self, key: tuple[str, str, str] | None = None) -> None:
        """Show what has become of the lines; the selection stays with the line ``key``, or where it is."""
        place = None if key is None else self.lines.find(key)
        offset = self.cursor - self.scroll_offset.y
        if place is not None and place != self.cursor:
            self.cursor = place
            self.scroll_to(y=place - offset, animate=False, immediate=True, force=True)
        self.cursor = self.lines.step(max(0, min(self.cursor, len(self.lines) - 1)), 0)
        self.set_line_count(self.room, len(self.lines))
        self.scroll_line_into_view(self.cursor)
        self.refresh()

    def show_choices(self, chosen: frozenset[SidebarChoice]) -> None:
        """Mark what is chosen."""
        if chosen != self.chosen:
            self.chosen = chosen
            self.refresh()

    def select(self, at: int) -> None:
        """Select a line, and scroll it into sight."""
        self.cursor = max(0, min(at, len(self.lines) - 1))
        self.scroll_line_into_view(self.cursor)
        self.refresh()

    # Drawing.

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the lines of a region."""
        lines = (self.render_line(y) for y in crop.line_range)
        return drawn(self, lines, crop, self._style("normal", selected=False))

    def render_line(self, y: int) -> Strip:
        """Draw the line at ``y`` of the screen region."""
        at = y + self.scroll_offset.y
        blank = self._style("normal", selected=False)
        if at >= len(self.lines):
            return Strip.blank(self.room, blank)
        line, selected = self.lines[at], at == self.cursor
        is_chosen = line.choice is not None and line.choice.key in self.chosen
        mark = "✓" if is_chosen else " "
        if line.what == "head":
            mark = "▸" if line.kind in self.lines.folded and not self.lines.filter else "▾"
        articles = "" if line.articles is None else f" {line.articles:,}"
        room = max(1, self.room - _MARKS)
        articles = articles if cell_width(articles) < room else ""
        name = {"head": "strong", "entry": "accent" if is_chosen else "normal"}.get(line.what, "quiet")
        segments = [
            Segment("▌" if selected else " ", self._style("accent", selected=selected)),
            Segment(mark, self._style("quiet" if line.what == "head" else "accent", selected=selected)),
            Segment(" ", self._style(name, selected=selected)),
            Segment(fit_cells(line.text, room - cell_width(articles)), self._style(name, selected=selected)),
            Segment(articles, self._style("quiet", selected=selected)),
        ]
        return Strip(segments).adjust_cell_length(self.room, self._style("normal", selected=selected))

    def _style(self, name: str, *, selected: bool) -> Style:
        style = self._styles.get((name, selected))
        if style is None:
            ground = ("panel" if self.has_focus else "surface") if selected else ""
            style = self._styles[name, selected] = theme_style(self, name, ground)
        return style

    def notify_style_update(self) -> None:
        """Forget the styles of the former theme."""
        self._styles.clear()
        super().notify_style_update()

    def _light(self, *, lit: bool) -> None:
        self._styles.clear()
        self.refresh()
        if isinstance(self.parent, SidebarPane):
            self.parent.title_bar.lit = lit

    def on_focus(self) -> None:
        """The selection is drawn brighter with the focus."""
        self._light(lit=True)

    def on_blur(self) -> None:
        """The selection is drawn quieter without it."""
        self._light(lit=False)

    def on_resize(self) -> None:
        """Fit the lines to the new size."""
        key = self.line.key
        self.lines.set_airy(airy=self.size.height >= _AIRY_FROM)
        self.show_lines(key)

    # Keys and mouse.

    def action_down(self) -> None:
        """Select the next line."""
        self._step(1)

    def action_up(self) -> None:
        """Select the previous line."""
        self._step(-1)

    def action_top(self) -> None:
        """Select the first line."""
        self._step(-len(self.lines))

    def action_end(self) -> None:
        """Select the last line."""
        self._step(len(self.lines))

    def action_half_down(self) -> None:
        """Select the line half a page down."""
        self._step(max(1, self.size.height // 2))

    def action_half_up(self) -> None:
        """Select the line half a page up."""
        self._step(-max(1, self.size.height // 2))

    def action_page_down(self) -> None:
        """Select the line a page down."""
        self._step(max(1, self.size.height - 1))

    def action_page_up(self) -> None:
        """Select the line a page up."""
        self._step(-max(1, self.size.height - 1))

    def _step(self, lines: int) -> None:
        before = self.cursor
        self.select(self.lines.step(before, lines))
        if self.cursor == before:
            self._say("This is the last view." if lines > 0 else "This is the first view.")

    def _say(self, words: str) -> None:
        self.post_message(self.EndReached(words))

    def action_fold(self) -> None:
        """Fold the section that the selected line is in."""
        kind = self.line.kind
        if self.lines.fold(kind):
            self.show_lines(("head", kind, ""))
            self.post_message(self.Folded())
        else:
            self._say("There is nothing to fold here.")

    def action_unfold(self) -> None:
        """Unfold the section of the selected line, or show all of it."""
        line = self.line
        if self.lines.fold(line.kind, folded=False):
            self.show_lines()
            self.post_message(self.Folded())
        elif line.what == "more":
            self.lines.show_whole(line.kind)
            self.show_lines()
        else:
            self._say("There is nothing to unfold here.")

    def action_choose(self) -> None:
        """Choose the selected line and nothing else, or unfold what it stands for."""
        line = self.line
        if line.what == "entry":
            self._wish("choose")
        elif line.what == "head" and line.kind not in self.lines.folded:
            self.action_fold()
        else:
            self.action_unfold()

    def action_combine(self) -> None:
        """Add the selected line to what is chosen, or take it away."""
        if self.line.what == "entry":
            self._wish("combine")
        else:
            self._say("There is nothing to choose in this line.")

    def action_filter(self) -> None:
        """Ask which views to show."""
        self._wish("filter")

    def action_rename(self) -> None:
        """Ask for another name of a saved view."""
        self._of_saved("rename")

    def action_delete(self) -> None:
        """Ask to delete a saved view."""
        self._of_saved("delete")

    def action_move(self, step: int) -> None:
        """Ask to move a saved view in the order."""
        self._of_saved("down" if step > 0 else "up")

    def action_leave(self) -> None:
        """Take the filter away, or go back to the list."""
        self._wish("leave")

    def _of_saved(self, wish: SidebarCommand) -> None:
        if self.line.what == "entry" and self.line.kind == "view":
            self._wish(wish)
        else:
            self._say("Only saved views can be renamed, deleted and moved.")

    def _wish(self, wish: SidebarCommand) -> None:
        if wish in {"choose", "filter", "rename", "leave"}:
            self.before_blur()
        self.post_message(self.CommandRequested(wish, self.line))

    def on_click(self, event: events.Click) -> None:
        """Choose what is under the mouse; with Ctrl, or on the mark before it, add it or take it away."""
        at = event.y + self.scroll_offset.y
        if at >= len(self.lines) or self.lines[at].what in {"gap", "note"}:
            return
        self.select(at)
        if (event.ctrl or event.x < _MARKS) and self.line.what == "entry":
            self.action_combine()
        else:
            self.action_choose()
