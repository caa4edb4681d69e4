"""Marks that were changed in this run, for rows that were loaded before the change. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from reader.core.marks import MarkChange
from reader.core.model import Row


class _Pending(NamedTuple):
    """A row with its latest marks."""

    row: Row
    unsaved: int
    """The number of its changes that are not on disk yet."""
    change_number: float
    """The number of its last change in this run; infinity until that is on disk."""


class PendingMarks:
    """The latest marks of articles, which replace those of rows that were loaded earlier."""

    def __init__(self) -> None:
        self._pending: dict[str, _Pending] = {}

    def apply(self, row: Row, change: MarkChange) -> Row:
        """Return ``row`` changed, before the change is on disk, so that the next key starts from there."""
        changed = change.applied_to(row)
        before = self._pending.get(row.id)
        self._pending[row.id] = _Pending(changed, 1 + (before.unsaved if before is not None else 0), math.inf)
        return changed

    def confirm(self, rows: Iterable[Row], change_number: int) -> list[Row]:
        """Note that a change of each of ``rows`` is on disk; return the rows without another unsaved change."""
        settled = []
        for row in rows:
            pending = self._pending.get(row.id)
            if pending is not None and pending.unsaved > 1:
                self._pending[row.id] = pending._replace(unsaved=pending.unsaved - 1)
            else:
                self._pending[row.id] = _Pending(row, 0, change_number)
                settled.append(row)
        return settled

    def clear(self) -> None:
        """Trust what is on disk: a change failed or was undone."""
        self._pending.clear()

    def apply_newer(self, rows: Sequence[Row], change_number: int) -> list[Row]:
        """Return ``rows``, which were loaded after the change with this number, with all later marks."""
        newer = {id_: pending.row for id_, pending in self._pending.items() if pending.change_number > change_number}
        return [same_marks(row, newer[row.id]) if row.id in newer else row for row in rows] if newer else list(rows)


def same_marks(row: Row, other: Row) -> Row:
    """Return ``row`` with the marks of ``other``, another row of the same article."""
    return replace(row, read=other.read, starred=other.starred, tags=other.tags)


def describe_change(change: MarkChange) -> str:
    """Return a message for the change of one article."""
    parts = []
    if change.read is not None:
        parts.append("Marked read." if change.read else "Marked unread.")
    if change.starred is not None:
        parts.append("Starred." if change.starred else "Star removed.")
    if change.add_tags:
        parts.append(f"Tagged {', '.join(change.add_tags)}.")
    if change.remove_tags:
        parts.append(f"Removed {', '.join(change.remove_tags)}.")
    return " ".join(parts)
