"""The sidebar: views and facets with counts; draws only the lines on screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from rich.segment import Segment
from textual import events, on
from textual.containers import Container
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from reader.core.text import cell_width, fit_cells, stable_width
from reader.tui.keys import bindings
from reader.tui.theme.styles import draw_line
from reader.tui.widgets.messages import show_status
from reader.tui.widgets.sidebar.sections import FAILED, LineKey, SidebarLine, SidebarTree
from reader.tui.widgets.sidebar.selection import KINDS, SidebarChoice
from reader.tui.widgets.text.scroll_view import (
    Direction,
    LineList,
    LineState,
    line_width,
    move_distance,
    scroll_line_into_view,
    scroll_to_line,
    set_line_count,
)

SidebarCommand = Literal["choose", "combine", "filter", "rename", "delete", "pause", "down", "up", "leave"]
_ONLY: Mapping[str, tuple[frozenset[str], str]] = {
    **dict.fromkeys(
        ("rename", "delete"), (frozenset({"view", "feed"}), "Only saved views and feeds can be changed and removed.")
    ),
    **dict.fromkeys(("down", "up"), (frozenset({"view"}), "Only saved views can be moved.")),
    "pause": (frozenset({"feed"}), "Only feeds can be paused."),
}
"""Commands that apply only to some kinds of entries, and what says so."""
_MARKER_CELLS = 3
"""Cells before the name: the selection, the check mark, and a blank."""
_UNREAD = SidebarChoice("usual", "Unread")
_SPACED_HEIGHT = 30
"""From this height on there are blank lines between sections."""


def applies_to(command: SidebarCommand, line: SidebarLine) -> bool:
    """Return whether a command does something at a line."""
    return command not in _ONLY or (line.what == "entry" and line.kind in _ONLY[command][0])


class SidebarTitle(Widget):
    """The line above the sidebar; its name has the accent color while the sidebar has the focus."""

    lit: reactive[bool] = reactive(False)
    filter: reactive[str] = reactive("")
    """The text that filters the entries."""

    def render_line(self, y: int) -> Strip:
        """Draw the name and the filter."""
        name, numbers = " Views", "unread/all"
        filtered = f"  /{stable_width(self.filter)}" if self.filter else ""
        room = max(0, self.size.width - len(name))
        right = numbers if cell_width(filtered) + len(numbers) < room else ""
        filtered = fit_cells(filtered, room - len(right))
        return draw_line(self, [(name, "name" if self.lit else "quiet"), (filtered, "accent"), (right, "quiet")])


class SidebarPane(Container):
    """The sidebar under its title."""

    def __init__(self, tree: SidebarTree) -> None:
        self.title_bar = SidebarTitle()
        self.sidebar = Sidebar(tree)
        super().__init__(self.title_bar, self.sidebar, id="views-side")


class Sidebar(LineList):
    """The lines of a :class:`SidebarTree`, one of them selected."""

    BINDINGS = bindings.bindings("views")

    class CommandRequested(Message):
        """The user has given a command for the selected line."""

        def __init__(self, command: SidebarCommand, line: SidebarLine) -> None:
            super().__init__()
            self.command: SidebarCommand = command
            self.line = line

    class Ready(Message):
        """The sidebar is mounted and can take the focus."""

    class Folded(Message):
        """Sections were folded or unfolded."""

    choices: reactive[frozenset[SidebarChoice]] = reactive(frozenset[SidebarChoice]())
    """The keys of the choices that the query contains; their entries are checked."""

    idle: reactive[frozenset[str]] = reactive(frozenset[str]())
    """The actions that do nothing for the selected line."""

    def __init__(self, tree: SidebarTree) -> None:
        super().__init__(id="views")
        self.entries = tree

    @property
    def line(self) -> SidebarLine:
        """The selected line."""
        lines = self.entries.lines
        return lines[self.cursor] if self.cursor < len(lines) else SidebarLine("gap", "usual")

    def on_mount(self) -> None:
        """Announce that the sidebar can be used."""
        # Textual does not report the first size if something asks for a region before the first layout.
        self.screen.screen_layout_refresh_signal.subscribe(self, lambda _: self._laid_out())
        self.post_message(self.Ready())

    # Content.

    def show_lines(self, key: LineKey | None = None) -> None:
        """Show the entries after a change; the line with ``key`` stays selected, by default the index."""
        index = None if key is None else self.entries.find(key)
        offset = self.cursor - self.scroll_offset.y
        if index is not None and index != self.cursor:
            self.cursor = index
            scroll_to_line(self, index - offset)
        set_line_count(self, len(self.entries.lines))
        self.select(self.entries.step(self.cursor, 0))

    def filter_by(self, text: str) -> None:
        """Show only entries that contain ``text``, and select one of them; with an empty text, show all."""
        text, tree, key = text.strip(), self.entries, self.line.key
        if text == tree.filter:
            return
        tree.filter_by(text)
        self.show_lines(key)
        if tree.find(key) is None:
            others = (
                index
                for index, line in enumerate(tree.lines)
                if (tree.matches(line) if text else (line.what, line.kind) == ("more", key[1]))
            )
            self.select(next(others, 0))
        if isinstance(self.parent, SidebarPane):
            self.parent.title_bar.filter = text

    def select(self, index: int) -> None:
        """Select a line, and scroll it into view."""
        self.cursor = max(0, min(index, len(self.entries.lines) - 1))
        scroll_line_into_view(self, self.cursor)
        line = self.line
        applies = {
            "views.combine": line.what == "entry",
            "views.fold": self.entries.can_fold(self.entries.part_of(line, folded=True)),
            "views.rename": applies_to("rename", line),
            "views.delete": applies_to("delete", line),
            "feeds.pause": applies_to("pause", line),
        }
        self.idle = frozenset(name for name, does in applies.items() if not does)
        self.refresh()

    # Drawing.

    def render_line(self, y: int) -> Strip:
        """Draw the line in row ``y`` of the screen."""
        index, cells = y + self.scroll_offset.y, line_width(self)
        if index >= len(self.entries.lines):
            return Strip.blank(cells, self.style("text"))
        line = self.entries.lines[index]
        state: LineState = "selected" if index == self.cursor else ""
        is_chosen = bool(line.choices) and all(each.key in self.choices for each in line.choices)
        arrow = "▸" if self.entries.is_folded(line.group or line.kind) and not self.entries.filter else "▾"
        symbol = arrow if line.what == "head" else "✓" if is_chosen else " "
        before = f" {arrow} " if line.is_group else "   " if line.group else " "
        room = max(1, cells - _MARKER_CELLS + 1 - len(before))
        unread, articles = self._numbers(line)
        sign = f" {line.sign}" if line.sign else ""
        if cell_width(sign + unread + articles) >= room:
            unread = articles = ""
        style = {"head": "strong", "entry": "accent" if is_chosen else "text"}.get(line.what, "quiet")
        segments = [
            Segment("▌" if state else " ", self.cursor_style(state)),
            Segment(symbol, self.style("quiet" if line.what == "head" else "accent", state)),
            Segment(before, self.style("quiet" if line.is_group else style, state)),
            Segment(fit_cells(line.text, room - cell_width(sign + unread + articles)), self.style(style, state)),
            Segment(sign, self.style("warning" if line.sign == FAILED else "quiet", state)),
            Segment(unread, self.style("strong" if line.unread else "quiet", state)),
            Segment(articles, self.style("quiet", state)),
        ]
        return Strip(segments).adjust_cell_length(cells, self.style("text", state))

    def _numbers(self, line: SidebarLine) -> tuple[str, str]:
        """Return the number of unread articles, and that of all with the sign between them."""
        if line.articles is None:
            return "", ""
        if line.unread is None:
            return "", f" {line.articles:,}"
        if line.choices == (_UNREAD,):
            return f" {line.unread:,}", ""
        return f" {line.unread:,}", f"/{line.articles:,}"

    @on(events.Focus)
    @on(events.Blur)
    def _light_title(self, event: events.Focus | events.Blur) -> None:
        if isinstance(self.parent, SidebarPane):
            self.parent.title_bar.lit = isinstance(event, events.Focus)

    @on(events.Resize)
    def _fit_size(self) -> None:
        key = self.line.key
        self.entries.set_spaced(spaced=self._is_high)
        self.show_lines(key)

    def _laid_out(self) -> None:
        if self._is_high != self.entries.is_spaced:
            self._fit_size()

    @property
    def _is_high(self) -> bool:
        return self.size.height >= _SPACED_HEIGHT

    # Keys and mouse.

    def action_move(self, direction: Direction) -> None:
        """Select another line."""
        before, lines = self.cursor, move_distance(direction, self.size.height)
        words_before = self.line.words
        self.select(self.entries.step(before, lines))
        line = self.line
        if self.cursor == before:
            show_status(self, "This is the last view." if lines > 0 else "This is the first view.")
        elif line.words or words_before:  # which may still be shown
            show_status(self, f"{line.text}: {line.words}" if line.words else "")

    def action_fold(self) -> None:
        """Fold the group or section of the selected line."""
        part = self.entries.part_of(self.line, folded=True)
        if self.entries.fold(part):
            self.show_lines(("head", part, "") if part in KINDS else ("entry", "feed", part))
            self.post_message(self.Folded())
        else:
            show_status(self, "There is nothing to fold here.")

    def action_unfold(self) -> None:
        """Unfold the group or section of the selected line, or show all of it."""
        line = self.line
        if self.entries.fold(self.entries.part_of(line, folded=False), folded=False):
            self.show_lines()
            self.post_message(self.Folded())
        elif line.what == "more":
            self.entries.show_all(line.kind)
            self.show_lines()
        else:
            show_status(self, "There is nothing to unfold here.")

    def action_choose(self) -> None:
        """Show what the selected entry finds; fold or unfold a section."""
        line = self.line
        if line.what == "entry":
            self.action_request("choose")
        elif line.what == "head" and line.kind not in self.entries.folded:
            self.action_fold()
        else:
            self.action_unfold()

    def action_combine(self) -> None:
        """Add the selected entry to the query, or remove it."""
        if self.line.what == "entry":
            self.action_request("combine")
        else:
            show_status(self, "This line cannot be selected.")

    def action_request(self, command: SidebarCommand) -> None:
        """Ask the screen to run a command for the selected line."""
        if not applies_to(command, self.line):
            show_status(self, _ONLY[command][1])
            return
        self.post_message(self.CommandRequested(command, self.line))

    @on(events.Click)
    def _click(self, event: events.Click) -> None:
        """Choose an entry; with Ctrl, or on its check mark, add or remove it."""
        index = event.y + self.scroll_offset.y
        if index >= len(self.entries.lines) or self.entries.lines[index].what in {"gap", "note"}:
            return
        self.select(index)
        if (event.ctrl or event.x < _MARKER_CELLS) and self.line.what == "entry":
            self.action_combine()
        else:
            self.action_choose()
