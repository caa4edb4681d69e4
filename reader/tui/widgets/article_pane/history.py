"""The articles that the user came from by following related items. Pure."""

from __future__ import annotations

from typing import NamedTuple

_MAX_ENTRIES = 200


class BackEntry(NamedTuple):
    """What the pane showed, and where list and pane were."""

    rowid: int
    """The document in the pane."""
    top: int
    """The first row of the list on screen."""
    y: int
    """The first line of the pane on screen."""
    selected: int
    """The index of the selected related item, or -1."""


class BackStack:
    """Entries to go back to; the oldest of more than 200 are dropped."""

    def __init__(self) -> None:
        self._entries: list[BackEntry] = []

    def __len__(self) -> int:
        return len(self._entries)

    def push(self, entry: BackEntry) -> None:
        """Add an entry."""
        self._entries.append(entry)
        del self._entries[:-_MAX_ENTRIES]

    def pop(self) -> BackEntry | None:
        """Remove and return the latest entry; None if there is none."""
        return self._entries.pop() if self._entries else None
