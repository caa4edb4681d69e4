"""What was marked in this run, so that rows that were read before show it too. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from reader.model import Row


class Marks:
    """Read and unread as the person last said, in the place of what rows hold that are older than that."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[bool, float]] = {}
        """Read or not, and the how manieth mark of this run that was; infinity until it is on disk."""

    def make(self, row: Row, *, read: bool) -> Row:
        """Return ``row`` marked, before it is on disk, so that the next press of the key means the other."""
        self._made[row.id] = (read, math.inf)
        return replace(row, read=read)

    def kept(self, row: Row, number: int) -> None:
        """Note that the marks of ``row`` are on disk as the ``number``-th of this run."""
        self._made[row.id] = (row.read, number)

    def forget(self) -> None:
        """Believe what is on disk: something could not be kept."""
        self._made.clear()

    def on(self, rows: Sequence[Row], number: int) -> list[Row]:
        """Return ``rows``, which were read after the ``number``-th mark, with those that were made later."""
        newer = {id_: read for id_, (read, at) in self._made.items() if at > number}
        return [replace(row, read=newer.get(row.id, row.read)) for row in rows] if newer else list(rows)
