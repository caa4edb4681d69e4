"""Where one has been: places to go back to. Pure."""

from __future__ import annotations

from typing import NamedTuple

_KEPT = 200


class BackEntry(NamedTuple):
    """A moment of reading: what the pane showed, and how list and pane stood."""

    rowid: int
    """The document in the pane."""
    top: int
    """The first row of the list on screen."""
    y: int
    """The first line of the pane on screen."""
    selected: int
    """The related item that was selected, or -1."""


class BackStack:
    """The places one came from, latest last; the oldest are forgotten beyond 200."""

    def __init__(self) -> None:
        self._places: list[BackEntry] = []

    def __len__(self) -> int:
        return len(self._places)

    def push(self, place: BackEntry) -> None:
        """Remember a place before leaving it."""
        self._places.append(place)
        del self._places[:-_KEPT]

    def pop(self) -> BackEntry | None:
        """Return the latest place and forget it; None at the beginning."""
        return self._places.pop() if self._places else None
