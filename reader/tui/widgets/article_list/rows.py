"""The rows of the list: those that were loaded, with the marks set since, and those that were requested. Pure."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from reader.core.marks import MarkChange
from reader.core.model import Precision, Row
from reader.core.ordering import MAX_FOLDED, ArticleOrder, FoldState, with_folded
from reader.tui.widgets.text import formats

_MAX_ROWS = 4096
"""Rows held in memory, about 1 kB each."""
_LEAST_HEIGHT = 24
"""The least height of a screen for which rows are requested."""
_PAGES_AHEAD = 3
"""Pages above and below the screen that are requested in advance."""
_MAX_CHANGES = 1000
"""Changes of marks held in memory; no load of rows takes longer than as many."""


@dataclass(eq=False, slots=True)
class LocalChange:
    """A change of marks in this run, for rows that were loaded before it was on disk."""

    ids: frozenset[str]
    change: MarkChange
    number: float = math.inf
    """How many changes of this run are on disk, this one included; infinity until it is."""


class RowCache(OrderedDict[int, Row]):
    """Rows by row id; the oldest are dropped."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        super().__init__((row.rowid, row) for row in rows)
        self.has_periods = False
        """Whether days and months are told apart in a list sorted by date."""
        self.requested: set[int] = set()
        """The row ids of the missing rows that are being loaded."""
        self.saved_changes: float = 0
        """How many changes of this run were on disk when the rows were read; some rows may be newer."""
        self._changes: deque[LocalChange] = deque(maxlen=_MAX_CHANGES)

    def get_all(self, rowids: Iterable[int]) -> list[Row] | None:
        """Return rows if all of them are loaded."""
        try:
            return [self[rowid] for rowid in rowids]
        except KeyError:
            return None

    def add(self, rows: Iterable[Row], saved_changes: float) -> None:
        """Add rows that were read when ``saved_changes`` changes of this run were on disk, with all later ones."""
        later = [local for local in self._changes if local.number > saved_changes]
        for row in rows:
            for local in later:
                if row.id in local.ids:
                    row = local.change.applied_to(row)  # noqa: PLW2901
            self[row.rowid] = row
            self.requested.discard(row.rowid)
        while len(self) > _MAX_ROWS:
            self.popitem(last=False)

    def mark(self, local: LocalChange) -> list[int]:
        """Change the marks of every document of some articles; return the row ids of those that are loaded."""
        self._changes.append(local)
        changed = [row for row in self.values() if row.id in local.ids]
        self.update((row.rowid, local.change.applied_to(row)) for row in changed)
        return [row.rowid for row in changed]

    def take_originals(self, rows: Iterable[Row]) -> list[int]:
        """Take what ``rows`` know of their originals, nothing else; return the row ids of those that have changed."""
        old = ((self.get(row.rowid), row.original) for row in rows)
        changed = {row.rowid: replace(row, original=now) for row, now in old if row is not None and row.original != now}
        self.update(changed)
        return [*changed]

    def forget_change(self, local: LocalChange) -> None:
        """Do not apply a change, which failed, to rows from now on."""
        with suppress(ValueError):
            self._changes.remove(local)

    def request_around(self, order: ArticleOrder, top: int, height: int) -> list[int]:
        """Return the missing rows on and around a screen of ``height`` rows, and at both ends, where a key may lead."""
        rowids, height = order.rowids, max(height, _LEAST_HEIGHT)
        near = rowids[max(0, top - _PAGES_AHEAD * height) : top + (_PAGES_AHEAD + 1) * height]
        return self.request(with_folded(order, [*near, *rowids[:height], *rowids[-height:]]))

    def lacks_ahead(self, order: ArticleOrder, top: int, height: int) -> bool:
        """Whether a row is missing a page away in either direction, or at an end."""
        last = len(order) - 1
        ahead = (max(0, top - height), min(last, top + 2 * height), 0, last)
        return any(self.is_missing(order.rowids[index]) for index in ahead)

    def find_unread(self, order: ArticleOrder, selected: int, step: int) -> tuple[int | None, bool]:
        """Return the index of the next unread row from the one that is selected, and whether it is known.

        It is not known where a row on the way is not loaded; then the index is that of this row.
        """
        for index in range(selected + step, len(order) if step > 0 else -1, step):
            rows = [self.get(rowid) for rowid in order.articles_of(order.rowids[index])]
            if any(row is None or not row.read for row in rows):
                return index, None not in rows
        return None, True

    def is_missing(self, rowid: int) -> bool:
        """Whether a row is neither loaded nor requested."""
        return rowid not in self and rowid not in self.requested

    def shown(self, order: ArticleOrder, rowid: int) -> ListRow | None:
        """Return what a row of the list shows, as far as its articles are loaded; None if it cannot be shown yet."""
        row, fold = self.get(rowid), order.fold_state(rowid)
        if row is None or fold == "inside" or not order.is_grouped:
            return None if row is None else ListRow(row, fold)
        rowids = order.story_of(rowid)
        loaded = [self[each] for each in rowids[:MAX_FOLDED] if each in self]
        # Of a larger story, not every source is known.
        listed = len({each.source for each in loaded}) if len(loaded) == len(rowids) else 0
        found = story_row(loaded, len(rowids), listed) if fold == "folded" else ListRow(row, fold, listed=listed)
        # In a list by date, a story has the date by which it is sorted, also unfolded, under the name of that day.
        if order.sort.by == "date" and (fold == "folded" or (fold == "unfolded" and self.has_periods)):
            moment, precision = _date_of_story(loaded, oldest=order.sort.reverse)
            return found._replace(row=replace(found.row, published_at=moment, precision=precision))
        return found

    def period_from(self, order: ArticleOrder, index: int, now: datetime) -> str:
        """Return the day or month that begins with a row of a list sorted by date, in words; else an empty string."""
        if not self.has_periods or order.sort.by != "date" or order.fold_state(order.rowids[index]) == "inside":
            return ""
        above = index - 1
        while above >= 0 and order.fold_state(order.rowids[above]) == "inside":
            above -= 1
        period = self._period(order, index, now)
        return period if above < 0 or self._period(order, above, now) not in {"", period} else ""

    def _period(self, order: ArticleOrder, index: int, now: datetime) -> str:
        """Return the period by which a row is sorted; empty if it is not loaded."""
        rows = [self[each] for each in order.story_of(order.rowids[index])[:MAX_FOLDED] if each in self]
        if not rows:
            return ""
        moment, precision = _date_of_story(rows, oldest=order.sort.reverse)
        return formats.period(moment, now, precision)

    def lacks(self, order: ArticleOrder, rowid: int) -> bool:
        """Whether an article of a row of the list is neither loaded nor requested."""
        return any(map(self.is_missing, order.articles_of(rowid)[:MAX_FOLDED]))

    def request(self, rowids: Sequence[int]) -> list[int]:
        """Note the missing ones of ``rowids`` as requested, and return them."""
        missing = [rowid for rowid in rowids if self.is_missing(rowid)]
        self.requested.update(missing)
        return missing


class ListRow(NamedTuple):
    """A row of the list as it is drawn."""

    row: Row
    """Its article; for a folded story, its best article with what is known of all."""
    fold: FoldState = ""
    articles: int = 1
    """How many articles it stands for."""
    days: int = 0
    """How many days lie between the first and the last of them."""
    listed: int = 0
    """How many of the sources of its story the list has, if it is grouped; 0 if that is not known."""
    period: str = ""
    """The day or month that begins with it, if the list tells them apart."""


def story_row(rows: Sequence[Row], articles: int, listed: int = 0) -> ListRow:
    """Return the row of a folded story of so many articles and sources: unread if any is, and as hot as the hottest.

    ``rows`` are those that are loaded, the best article first.
    """
    # By the heat by which a row is sorted.
    hottest = max(rows, key=lambda row: next(heat for heat in (row.heat, row.heat_estimate, -1) if heat is not None))
    latest, precision = _date_of_story(rows)
    row = replace(
        rows[0],
        read=all(row.read for row in rows),
        starred=any(row.starred for row in rows),
        heat=hottest.heat,
        heat_estimate=hottest.heat_estimate,
        published_at=latest,
        precision=precision,
    )
    oldest, _ = _date_of_story(rows, oldest=True)
    days = 0 if latest is None or oldest is None else (latest - oldest).days
    return ListRow(row, "folded", articles, days, listed)


def _date_of_story(rows: Sequence[Row], *, oldest: bool = False) -> tuple[datetime | None, Precision]:
    """Return the date of the latest article that has one, or of the oldest, and how precise it is."""
    dated = [(row.published_at, row.precision) for row in rows if row.published_at is not None]
    return (min if oldest else max)(dated, default=(None, rows[0].precision))
