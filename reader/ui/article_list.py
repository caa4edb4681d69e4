"""The list of articles: draws only the rows on screen, asks for only those around it."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from reader.library.view import Sort, View
from reader.model import Number, Row
from reader.text import fit
from reader.ui import actions, formats
from reader.ui.columns import columns, type_mark
from reader.ui.inks import faded, ink
from reader.ui.line_view import LineView
from reader.ui.scrolling import Scrolling, drawn

_KEPT_ROWS = 4096
"""Rows kept in memory; at about 1 kB each."""
_KEPT_STRIPS = 512
"""Lines kept as they were drawn: some screens of them."""
_AHEAD = 3
"""Pages above and below the screen that are asked for in advance."""


class ArticleList(Scrolling, can_focus=True):
    """The rows of a view, one of them selected. What is selected is an article, wherever it moves to."""

    BINDINGS = actions.bindings("list")

    types: reactive[bool] = reactive(False)
    """Whether to show the column that marks what is not an article."""

    class Selected(Message):
        """Another article is selected, or none (-1)."""

        def __init__(self, rowid: int) -> None:
            super().__init__()
            self.rowid = rowid

        def can_replace(self, message: Message) -> bool:
            """Only the last of a burst counts."""
            return isinstance(message, ArticleList.Selected)

    class RowsWanted(Message):
        """Rows are about to be drawn that are not here yet."""

        def __init__(self, rowids: list[int]) -> None:
            super().__init__()
            self.rowids = rowids

    class Entered(Message):
        """The person wants into the selected article."""

    class Left(Message):
        """The person wants out of the list."""

    class EndReached(LineView.EndReached):
        """A key led against the first or the last article."""

    def __init__(
        self,
        view: View | None = None,
        rows: Iterable[Row] = (),
        *,
        types: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self.set_reactive(ArticleList.types, types)
        self.view = view if view is not None else View(Sort(), array("q"))
        self.cursor = 0
        self.touched = False
        """Whether the person has selected an article."""
        self._waiting: list[tuple[Callable[[int], None], int]] | None = None
        """Moves that were made while another order was on its way; None when none is."""
        self._rows: OrderedDict[int, Row] = OrderedDict((row.rowid, row) for row in rows)
        self._asked: set[int] = set()
        self._styles: dict[tuple[str, bool, float], Style] = {}
        self._strips: OrderedDict[tuple[int, bool], Strip] = OrderedDict()
        """Lines as they were drawn last, by article and by whether it was the selected one."""
        self._now = datetime.now().astimezone()

    # What it shows.

    @property
    def rowid(self) -> int:
        """The selected article, or -1."""
        return self.view.rowids[self.cursor] if self.cursor < len(self.view) else -1

    @property
    def row(self) -> Row | None:
        """What is known of the selected article."""
        return self._rows.get(self.rowid)

    def show(self, view: View, rows: Iterable[Row], *, at: int | None = None) -> None:
        """Show ``view``; ``rows`` are those of it that are at hand, ``at`` the place of the selected article in it.

        The line of the selected article stays where it is on the screen. When the
        article is gone (``at`` is None), its neighbour is selected, and nobody having
        selected anything, the first.
        """
        before = self.rowid
        offset = self.cursor - self.scroll_offset.y
        self.view = view
        self._now = datetime.now().astimezone()
        self.supply(rows, anew=True)
        self._tell_length()
        self.cursor = max(0, min(self.cursor if at is None else at, len(view) - 1))
        if before != -1:
            self.scroll_to(y=self.cursor - offset, animate=False, immediate=True, force=True)
        self._keep_in_sight()
        self.refresh()
        if self.rowid != before:
            self.post_message(self.Selected(self.rowid))

    def _tell_length(self) -> None:
        # As in LineView: nothing but the scrollbar, which is always there, has to change for it.
        self.set_reactive(ArticleList.virtual_size, Size(self._width, len(self.view)))
        self.vertical_scrollbar.window_virtual_size = len(self.view)

    def supply(self, rows: Iterable[Row], *, anew: bool = False) -> None:
        """Take rows that were asked for; ``anew`` forgets those from before."""
        if anew:
            self._rows.clear()
            self._asked.clear()
            self._strips.clear()
        top = self.scroll_offset.y
        on_screen = frozenset(self.view.rowids[top : top + self.size.height])
        seen = False
        for row in rows:
            self._keep(row)
            self._asked.discard(row.rowid)
            seen = seen or row.rowid in on_screen
        while len(self._rows) > _KEPT_ROWS:
            self._rows.popitem(last=False)
        if seen or anew:
            self.refresh()

    def forget_asked(self) -> None:
        """Ask again for the rows that did not come."""
        self._asked.clear()
        self.refresh()

    def update_row(self, row: Row) -> None:
        """Draw an article anew whose marks have changed, in every document that it is."""
        self._keep(row)
        for other in [other for other in self._rows.values() if other.id == row.id and other.read != row.read]:
            self._keep(replace(other, read=row.read))
        self.refresh()

    def _keep(self, row: Row) -> None:
        self._rows[row.rowid] = row
        for selected in (False, True):
            self._strips.pop((row.rowid, selected), None)

    def window(self) -> list[int]:
        """Return the articles on and around the screen, and at both ends, where a key may lead next."""
        height = max(self.size.height, 24)
        top = self.scroll_offset.y
        ids = self.view.rowids
        near = ids[max(0, top - _AHEAD * height) : top + (_AHEAD + 1) * height]
        return list(dict.fromkeys([*near, *ids[:height], *ids[-height:]]))

    @property
    def _width(self) -> int:
        """The cells of a row: without the scrollbar."""
        return max(1, self.scrollable_content_region.width)

    def select(self, index: int, *, top: int | None = None) -> None:
        """Select the article at ``index`` of the view, and scroll it into sight (or to the row ``top``)."""
        self.touched = True
        if not len(self.view):
            return
        index = max(0, min(index, len(self.view) - 1))
        if top is not None:
            self.scroll_to(y=top, animate=False, immediate=True, force=True)
        if index == self.cursor:
            self._keep_in_sight()
            return
        before, self.cursor = self.cursor, index
        self._keep_in_sight()
        self._look_ahead()
        self.refresh_lines(before)
        self.refresh_lines(index)
        self.post_message(self.Selected(self.rowid))

    def _keep_in_sight(self) -> None:
        top, height = self.scroll_offset.y, self.size.height
        if not height:
            return
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True, force=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, immediate=True, force=True)

    # Drawing.

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the rows of a region."""
        lines = (self.render_line(y) for y in crop.line_range)
        return drawn(self, lines, crop, self._style("normal", selected=False))

    def render_line(self, y: int) -> Strip:
        """Draw the row at ``y`` of the screen region."""
        at = y + self.scroll_offset.y
        if at >= len(self.view):
            return Strip.blank(self._width, self._style("normal", selected=False))
        rowid, selected = self.view.rowids[at], at == self.cursor
        drawn = self._strips.get((rowid, selected))
        if drawn is not None:
            return drawn
        row = self._rows.get(rowid)
        if row is None:
            self._ask()
            return Strip([]).adjust_cell_length(self._width, self._style("normal", selected=selected))
        strip = Strip(list(self._segments(row, selected=selected)))
        strip = strip.adjust_cell_length(self._width, self._style("normal", selected=selected))
        self._strips[rowid, selected] = strip
        if len(self._strips) > _KEPT_STRIPS:
            self._strips.popitem(last=False)
        return strip

    def _look_ahead(self) -> None:
        """Ask for the rows around before a key leads to them: a page away in either direction, and at both ends."""
        ids, height, top = self.view.rowids, self.size.height, self.scroll_offset.y
        last = len(ids) - 1
        places = (max(0, top - height), min(last, top + 2 * height), 0, last)
        if any(ids[at] not in self._rows and ids[at] not in self._asked for at in places):
            # Once this is drawn: the thread that reads them would hold the lines up. What is missing here asks itself.
            self.call_after_refresh(self._ask)

    def _ask(self) -> None:
        wanted = [rowid for rowid in self.window() if rowid not in self._rows and rowid not in self._asked]
        if wanted:
            self._asked.update(wanted)
            self.post_message(self.RowsWanted(wanted))

    def _segments(self, row: Row, *, selected: bool) -> Iterable[Segment]:
        title = "quiet" if row.read else "strong"
        quiet = self._style("quiet", selected=selected)
        end = 0
        layout = columns(self._width, types=self.types)
        for column in layout.columns:
            if column.start > end:
                yield Segment(" " * (column.start - end), quiet)
            end = column.start + column.width
            match column.name:
                case "mark":
                    yield Segment("▌" if selected else " ", self._style("accent", selected=selected))
                    yield Segment(" " if row.read else "•", self._style("accent", selected=selected))
                case "quality":
                    yield from self._score(
                        row.quality, formats.QUALITY_FULL, column.width, layout.bar, selected=selected
                    )
                case "heat":
                    yield from self._score(row.heat, formats.HEAT_FULL, column.width, layout.bar, selected=selected)
                case "date":
                    when = formats.short_date(row.published_at, self._now, column.width)
                    yield Segment(fit(when, column.width), quiet)
                case "source":
                    yield Segment(fit(row.source, column.width), quiet)
                case "type":
                    yield Segment(fit(type_mark(row.type), column.width), quiet)
                case "title":
                    yield Segment(fit(row.title, column.width), self._style(title, selected=selected))

    def _score(self, value: Number | None, full: int, cells: int, bar: int, *, selected: bool) -> Iterable[Segment]:
        number = f"{formats.score(value):>3}" if cells > 3 else fit(formats.score(value), 3, right=True)
        normal = self._style("quiet" if value is None else "normal", selected=selected)
        yield Segment(number, normal)
        rest = cells - len(number)
        if rest > 0:
            drawn = formats.shade(value, full) if bar == 1 else formats.bar(value, full, bar)
            style = self._style("score", selected=selected, strength=formats.lightness(value, full))
            yield Segment((" " + drawn).ljust(rest)[:rest], style)

    def _style(self, name: str, *, selected: bool, strength: float = 1.0) -> Style:
        key = (name, selected, strength)
        style = self._styles.get(key)
        if style is None:
            style = ink(self, name, ("panel" if self.has_focus else "surface") if selected else "")
            style += faded(style, strength)
            self._styles[key] = style
        return style

    def notify_style_update(self) -> None:
        """Forget the styles of the former theme."""
        self._styles.clear()
        self._strips.clear()
        super().notify_style_update()

    def _forget_styles(self) -> None:
        self._styles.clear()
        self._strips.clear()
        self.refresh()

    def on_focus(self) -> None:
        """The selection is drawn brighter with the focus."""
        self._forget_styles()

    def on_blur(self) -> None:
        """The selection is drawn quieter without it."""
        self._forget_styles()

    def watch_types(self) -> None:
        """Make room for the marks of types, or take it back."""
        self._lay_out()

    def on_resize(self) -> None:
        """Fit the columns to the new size, and keep the selection in sight."""
        self._lay_out()
        self._keep_in_sight()

    def _lay_out(self) -> None:
        self._tell_length()
        self._strips.clear()
        self.refresh()

    # Mouse and keys.

    def on_click(self, event: events.Click) -> None:
        """Select the row under the mouse; a second click enters the article."""
        at = event.y + self.scroll_offset.y
        if at >= len(self.view):
            return
        if at == self.cursor and self.touched:
            self.post_message(self.Entered())
        else:
            self.select(at)

    def action_down(self) -> None:
        """Select the next article."""
        self._step(1)

    def action_up(self) -> None:
        """Select the previous article."""
        self._step(-1)

    def action_top(self) -> None:
        """Select the first article."""
        self._step(-len(self.view))

    def action_end(self) -> None:
        """Select the last article."""
        self._step(len(self.view))

    def action_half_down(self) -> None:
        """Select the article half a page down."""
        self._page(max(1, self.size.height // 2))

    def action_half_up(self) -> None:
        """Select the article half a page up."""
        self._page(-max(1, self.size.height // 2))

    def action_page_down(self) -> None:
        """Select the article a page down."""
        self._page(max(1, self.size.height - 1))

    def action_page_up(self) -> None:
        """Select the article a page up."""
        self._page(-max(1, self.size.height - 1))

    def wait(self) -> None:
        """Keep moves back until the next view is shown: they are meant for that one."""
        self._waiting = self._waiting or []

    def go_on(self) -> None:
        """Make the moves that were kept back."""
        moves, self._waiting = self._waiting or (), None
        for move, rows in moves:
            move(rows)

    def _step(self, rows: int) -> None:
        if self._waiting is not None:
            self._waiting.append((self._step, rows))
            return
        before = self.cursor
        self.select(before + rows)
        if self.cursor == before:
            self._say_end(rows)

    def _say_end(self, rows: int) -> None:
        if len(self.view):
            words = "This is the last article." if rows > 0 else "This is the first article."
        else:
            words = "There are no articles here."
        self.post_message(self.EndReached(words))

    def _page(self, rows: int) -> None:
        """Move the selection and what is on screen by as many rows, so that the selection keeps its line."""
        if self._waiting is not None:
            self._waiting.append((self._page, rows))
            return
        before = self.cursor
        top = max(0, min(self.scroll_offset.y + rows, max(0, len(self.view) - self.size.height)))
        self.select(before + rows, top=top)
        if self.cursor == before:
            self._say_end(rows)

    def action_enter(self) -> None:
        """Ask for the selected article."""
        self.post_message(self.Entered())

    def action_leave(self) -> None:
        """Say that there is nowhere further out."""
        self.post_message(self.Left())
