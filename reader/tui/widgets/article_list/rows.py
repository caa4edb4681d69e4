"""The rows of the list of articles: draws only those on screen, asks for only those around it."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, get_args

from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from reader.core.model import Row
from reader.core.ordering import ArticleOrder, Sort
from reader.tui.widgets.article_list.pending_marks import same_marks
from reader.tui.widgets.article_list.row import RowLine, State
from reader.tui.widgets.text.scroll_view import LinesScrollView, drawn

if TYPE_CHECKING:
    from textual.timer import Timer

    from reader.tui.widgets.text.highlight import Term

_KEPT_ROWS = 4096
"""Rows kept in memory; at about 1 kB each."""
_KEPT_STRIPS = 512
"""Lines kept as they were drawn: some screens of them."""
_PAUSE = 3.0
"""Seconds without moving after which it is told where one is."""
_AHEAD = 3
"""Pages above and below the screen that are asked for in advance."""


class ArticleRows(LinesScrollView, can_focus=True):
    """The rows of a view, one of them selected. What is selected is an article, wherever it moves to."""

    types: reactive[bool] = reactive(False)
    """Whether to show the column that marks what is not an article."""

    class Selected(Message):
        """Another article is selected, or none (-1)."""

        def __init__(self, rowid: int) -> None:
            super().__init__()
            self.rowid = rowid

        def can_replace(self, message: Message) -> bool:
            """Only the last of a burst counts."""
            return isinstance(message, ArticleRows.Selected)

    class RowsRequested(Message):
        """Rows are about to be drawn that are not here yet."""

        def __init__(self, rowids: list[int]) -> None:
            super().__init__()
            self.rowids = rowids

    class RangeChanged(Message):
        """Several articles are chosen, so many; 0 when none are any more, and the selected one is meant."""

        def __init__(self, count: int) -> None:
            super().__init__()
            self.count = count

        def can_replace(self, message: Message) -> bool:
            """Only the last of a burst counts."""
            return isinstance(message, ArticleRows.RangeChanged)

    class SelectionConfirmed(Message):
        """The person has taken hold of the article that was selected already."""

    class SelectionSettled(Message):
        """The person has moved the selection, and stays there."""

    def __init__(
        self,
        view: ArticleOrder | None = None,
        rows: Iterable[Row] = (),
        *,
        at: int = 0,
        line: int = 0,
        types: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self.set_reactive(ArticleRows.types, types)
        self.view = view if view is not None else ArticleOrder(Sort(), array("q"))
        self.cursor = at
        self.user_selected = False
        """Whether the person has selected an article."""
        self.moved = False
        """Whether they have moved the selection to where it was not known to be."""
        self._resting: Timer | None = None
        self._rows: OrderedDict[int, Row] = OrderedDict((row.rowid, row) for row in rows)
        self._asked: set[int] = set()
        self._anchor = -1
        """The place at which a choice of several was begun, or -1; it reaches to the selected article."""
        self.fallen: frozenset[int] = frozenset()
        """Articles that do not match the query any more, and stay until one moves on."""
        self._line = RowLine(self)
        self._strips: OrderedDict[tuple[int, State], Strip] = OrderedDict()
        """Lines as they were drawn last."""
        self._now = datetime.now().astimezone()
        # As the first frame has it, before it is known how high that is.
        self.set_reactive(ArticleRows.virtual_size, Size(0, len(self.view)))
        self.set_reactive(ArticleRows.scroll_y, float(max(0, at - line)))

    # What it shows.

    @property
    def rowid(self) -> int:
        """The selected article, or -1."""
        return self.view.rowids[self.cursor] if self.cursor < len(self.view) else -1

    @property
    def row(self) -> Row | None:
        """What is known of the selected article."""
        return self._rows.get(self.rowid)

    def show(
        self,
        view: ArticleOrder,
        rows: Iterable[Row],
        *,
        at: int | None = None,
        top: int | None = None,
        terms: tuple[Term, ...] = (),
        fallen: frozenset[int] = frozenset(),
    ) -> None:
        """Show ``view``; ``rows`` are those of it that are at hand, ``at`` the place of the selected article in it.

        The line of the selected article stays where it is on the screen, unless ``top`` tells
        the first row that is to be on it. When the article is gone (``at`` is None), its
        neighbour is selected, and nobody having selected anything, the first. Articles were
        found by ``terms``; those that are ``fallen`` stay until one moves on.
        """
        before = self.rowid
        anchored = self.view.rowids[self._anchor] if self._anchor != -1 else -1
        offset = self.cursor - self.scroll_offset.y
        self.view = view
        self.fallen = fallen
        self._line.terms = terms
        self._now = datetime.now().astimezone()
        self.add_rows(rows, anew=True)
        self.set_line_count(self.room, len(self.view))
        self.cursor = max(0, min(self.cursor if at is None else at, len(view) - 1))
        if self._anchor != -1:
            begun = view.index_of(anchored)
            self._anchor = -1 if begun is None or at is None else begun
            self._tell_chosen()
        if before != -1 or top is not None:
            y = self.cursor - offset if top is None else top
            self.scroll_to(y=y, animate=False, immediate=True, force=True)
        self.scroll_line_into_view(self.cursor)
        self.refresh()
        if self.rowid != before:
            self.post_message(self.Selected(self.rowid))

    def add_rows(self, rows: Iterable[Row], *, anew: bool = False) -> None:
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

    def request_missing_rows(self) -> None:
        """Ask again for the rows that did not come."""
        self._asked.clear()
        self.refresh()

    def update_rows(self, rows: Iterable[Row]) -> None:
        """Draw articles anew whose marks have changed, in every document that they are."""
        by_id = {row.id: row for row in rows}
        for other in [other for other in self._rows.values() if other.id in by_id]:
            self._keep(same_marks(other, by_id[other.id]))
        self.refresh()

    def cached_rows(self, rowids: Iterable[int]) -> list[Row] | None:
        """Return the rows of these articles, or None when not all of them are here."""
        rows = [self._rows.get(rowid) for rowid in rowids]
        found = [row for row in rows if row is not None]
        return found if len(found) == len(rows) else None

    def _keep(self, row: Row) -> None:
        self._rows[row.rowid] = row
        for state in get_args(State):
            self._strips.pop((row.rowid, state), None)

    def rowids_around_screen(self) -> list[int]:
        """Return the articles on and around the screen, and at both ends, where a key may lead next."""
        height = max(self.size.height, 24)
        top = self.scroll_offset.y
        ids = self.view.rowids
        near = ids[max(0, top - _AHEAD * height) : top + (_AHEAD + 1) * height]
        return list(dict.fromkeys([*near, *ids[:height], *ids[-height:]]))

    def select(self, index: int, *, top: int | None = None) -> None:
        """Select the article at ``index`` of the view, and scroll it into sight (or to the row ``top``)."""
        first, self.user_selected, self.moved = not self.user_selected, True, True
        if self._resting is not None:
            self._resting.stop()  # its reset() would wait for its end first
        self._resting = self.set_timer(_PAUSE, self._rest)
        if not len(self.view):
            return
        index = max(0, min(index, len(self.view) - 1))
        if top is not None:
            self.scroll_to(y=top, animate=False, immediate=True, force=True)
        if index == self.cursor:
            self.scroll_line_into_view(self.cursor)
            if first:
                self.post_message(self.SelectionConfirmed())
            return
        before, self.cursor = self.cursor, index
        self.scroll_line_into_view(self.cursor)
        if self.fallen and self._anchor == -1:
            self._let_fall()
            return
        self._look_ahead()
        if self._anchor != -1:
            self.refresh()
            self._tell_chosen()
        self.refresh_lines(before)
        self.refresh_lines(index)
        self.post_message(self.Selected(self.rowid))

    def _rest(self) -> None:
        self._resting = None
        self.post_message(self.SelectionSettled())

    def _let_fall(self) -> None:
        """Take from the list what does not match any more, now that one has moved on from it."""
        here, fallen = self.rowid, self.fallen - {self.rowid}
        rowids = array(self.view.rowids.typecode, [rowid for rowid in self.view.rowids if rowid not in fallen])
        view = ArticleOrder(self.view.sort, rowids)
        rows = [*self._rows.values()]
        self.show(view, rows, at=view.index_of(here), terms=self._line.terms, fallen=self.fallen & {here})
        self.post_message(self.Selected(self.rowid))

    # Drawing.

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the rows of a region."""
        lines = (self.render_line(y) for y in crop.line_range)
        return drawn(self, lines, crop, self._line.style("normal", ""))

    def render_line(self, y: int) -> Strip:
        """Draw the row at ``y`` of the screen region."""
        at = y + self.scroll_offset.y
        if at >= len(self.view):
            return self._line.blank(self.room, "")
        rowid = self.view.rowids[at]
        state: State = "selected" if at == self.cursor else "chosen" if at in self._range() else ""
        drawn = self._strips.get((rowid, state))
        if drawn is not None:
            return drawn
        row = self._rows.get(rowid)
        if row is None:
            self._ask()
            return self._line.blank(self.room, state)
        strip = self._line.drawn(row, self.room, state, types=self.types, now=self._now)
        self._strips[rowid, state] = strip
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
        wanted = [
            rowid for rowid in self.rowids_around_screen() if rowid not in self._rows and rowid not in self._asked
        ]
        if wanted:
            self._asked.update(wanted)
            self.post_message(self.RowsRequested(wanted))

    def notify_style_update(self) -> None:
        """Forget the styles of the former theme."""
        self._line.forget()
        self._strips.clear()
        super().notify_style_update()

    def _forget_styles(self) -> None:
        self._line.forget()
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
        self.scroll_line_into_view(self.cursor)

    def _lay_out(self) -> None:
        self.set_line_count(self.room, len(self.view))
        self._strips.clear()
        self.refresh()

    # Several articles.

    @property
    def selected_range(self) -> list[int]:
        """The articles that are chosen, in the order of the list; none when no choice was begun."""
        places = self._range()
        return self.view.rowids[places.start : places.stop].tolist()

    def _range(self) -> range:
        """Return the places of what is chosen."""
        start = self._anchor
        return range(0) if start == -1 else range(min(start, self.cursor), max(start, self.cursor) + 1)

    @property
    def anchor_rowid(self) -> int:
        """The article at which a choice was begun, or -1."""
        return self.view.rowids[self._anchor] if self._anchor != -1 else -1

    def extend_from(self, rowid: int) -> None:
        """Have all chosen from an article to the selected one; nothing when it is not in the list."""
        at = self.view.index_of(rowid)
        if at is not None:
            self._anchor = at
            self._tell_chosen()
            self.refresh()

    def _begin_choice(self) -> None:
        if self._anchor == -1 and len(self.view):
            self._anchor = self.cursor
            self._tell_chosen()
            self.refresh()

    def clear_range(self) -> bool:
        """Have nothing chosen; return whether anything was."""
        if self._anchor == -1:
            return False
        self._anchor = -1
        self._tell_chosen()
        self.refresh()
        return True

    def _tell_chosen(self) -> None:
        self.post_message(self.RangeChanged(len(self._range())))
