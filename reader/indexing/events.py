"""What the keeper of an index tells. Small to import: the screen needs it at the start."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from reader.core.events import Progress

INDEX_DAMAGED = "The index was damaged. It is set aside, and the folder is read anew."
"""What to say of that, whoever has found it out."""


class Notice(NamedTuple):
    """Something the person should know."""

    text: str
    warning: bool = False


class IndexChanged(NamedTuple):
    """Lists have changed, by another instance or because there is another index."""


class FolderAway(NamedTuple):
    """The folder cannot be read now, and is looked for until it is back; or, with ``gone`` False, it is back."""

    gone: bool


class MarksChanged(NamedTuple):
    """MarksChanged were changed, by whomever; ``version`` is :meth:`reader.library.library.Library.marks_version`."""

    version: int


class IndexReplaced(NamedTuple):
    """The index was damaged, and there is another in its place: whoever has it open should open it anew."""


class IndexUnwritable(NamedTuple):
    """The index cannot be written where it is, and this keeper ends; ``text`` says why."""

    text: str


UpdaterEvent: TypeAlias = Progress | Notice | IndexChanged | FolderAway | MarksChanged
"""What concerns the screen."""
UpdaterMessage: TypeAlias = UpdaterEvent | IndexReplaced | IndexUnwritable
OnUpdaterEvent: TypeAlias = Callable[[UpdaterEvent], None]
