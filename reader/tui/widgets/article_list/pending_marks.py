"""What was marked in this run, so that rows that were read before show it too. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from reader.core.marks import MarkChange
from reader.core.model import Row


class _Made(NamedTuple):
    """A row as the person last had it."""

    row: Row
    pending: int
    """Changes of it that are not on disk yet."""
    at: float
    """The how manieth change of this run the last of them was; infinity until it is on disk."""


class PendingMarks:
    """What the person last said of articles, in the place of what rows hold that are older than that."""

    def __init__(self) -> None:
        self._made: dict[str, _Made] = {}

    def make(self, row: Row, change: MarkChange) -> Row:
        """Return ``row`` changed, before that is on disk, so that the next press of a key goes on from there."""
        changed = change.applied_to(row)
        before = self._made.get(row.id)
        self._made[row.id] = _Made(changed, 1 + (before.pending if before is not None else 0), math.inf)
        return changed

    def kept(self, rows: Iterable[Row], number: int) -> list[Row]:
        """Note that a change of each of ``rows`` is on disk as the ``number``-th; return those that have no other."""
        settled = []
        for row in rows:
            made = self._made.get(row.id)
            if made is not None and made.pending > 1:
                self._made[row.id] = made._replace(pending=made.pending - 1)
            else:
                self._made[row.id] = _Made(row, 0, number)
                settled.append(row)
        return settled

    def forget(self) -> None:
        """Believe what is on disk: something could not be kept, or was undone."""
        self._made.clear()

    def on(self, rows: Sequence[Row], number: int) -> list[Row]:
        """Return ``rows``, which were read after the ``number``-th change, with those that were made later."""
        newer = {id_: made.row for id_, made in self._made.items() if made.at > number}
        return [same_marks(row, newer[row.id]) if row.id in newer else row for row in rows] if newer else list(rows)


def same_marks(row: Row, other: Row) -> Row:
    """Return ``row`` with the marks of ``other``, another document of the same article or an older look at it."""
    return replace(row, read=other.read, starred=other.starred, tags=other.tags)


def describe_change(change: MarkChange) -> str:
    """Return what to say of one article that was changed; of more, the library says how many."""
    parts = []
    if change.read is not None:
        parts.append("Marked read." if change.read else "Marked unread.")
    if change.starred is not None:
        parts.append("Starred." if change.starred else "The star is gone.")
    if change.add_tags:
        parts.append(f"Tagged {', '.join(change.add_tags)}.")
    if change.remove_tags:
        parts.append(f"Without {', '.join(change.remove_tags)} now.")
    return " ".join(parts)
