"""Events of the index updater. This module stays small, because start-up imports it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from reader.core.events import Notice, Progress

INDEX_DAMAGED = "The index was damaged. It has been set aside, and the folder is read again."


class IndexChanged(NamedTuple):
    """Another instance has changed the lists, or there is another index."""


class FolderAway(NamedTuple):
    """The folder can no longer be read and is checked until it is back; with ``gone`` False, it is back."""

    gone: bool


class MarksChanged(NamedTuple):
    """Some process has changed marks; ``version`` is that of :meth:`reader.library.library.Library.marks_version`."""

    version: int


class IndexReplaced(NamedTuple):
    """The index was damaged and has been replaced; processes that have it open must open it again."""


class IndexUnwritable(NamedTuple):
    """The index cannot be written where it is, and the updater ends; ``text`` says why."""

    text: str


UpdaterEvent: TypeAlias = Progress | Notice | IndexChanged | FolderAway | MarksChanged
"""The events for the screen."""
UpdaterMessage: TypeAlias = UpdaterEvent | IndexReplaced | IndexUnwritable
"""The events that an updater sends to its handle."""
OnUpdaterEvent: TypeAlias = Callable[[UpdaterEvent], None]
