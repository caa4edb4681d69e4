"""Requests about views, carried out in threads: the saved ones, those that somebody edits meanwhile, and counts.

A part of :class:`reader.tui.desk.Desk`; as there, nothing touches a widget.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from reader.core.errors import ReaderError
from reader.core.paths import Paths
from reader.tui import messages

if TYPE_CHECKING:
    from reader.core.ordering import Sort
    from reader.library.library import Library
    from reader.library.saved_views.store import SavedViews
    from reader.library.saved_views.toml_file import SavedView
    from reader.tui.widgets.sidebar.selection import EntryKind
    from reader.tui.widgets.sidebar.tree import SidebarEntry

log = logging.getLogger(__name__)

VIEWS = "views"
"""The group of the workers that read the saved views."""
COUNTING = "counting views"
"""The group of the worker that counts."""
_SECONDS_BETWEEN_LOOKS = 1.0
_SHARE = 4
"""Counting again waits this many times as long as it took, so that it has a small share of the time,"""
_SECONDS_BETWEEN_COUNTS = 0.1
"""and at least so long: a key that is held down marks 30 articles a second."""


class Run(Protocol):
    """Has something done by a worker."""

    def __call__(self, work: Callable[[], object], group: str, *, exclusive: bool = True) -> None:
        """Begin."""


class ViewsDesk:
    """Asks for views on behalf of a screen."""

    def __init__(self, library: Library, run: Run, post: Callable[[Message], None]) -> None:
        self._library = library
        self._run = run
        self._post = post
        self._making = threading.Lock()
        self._views: SavedViews | None = None
        self._closed = threading.Event()
        self._watching = False
        self._wrong = ""
        """What is wrong with the file and yet to be told,"""
        self._told_wrong = ""
        """and what was told last."""
        self._counting = threading.Lock()
        self._busy = False
        """Whether a worker is counting,"""
        self._wanted: tuple[Sequence[SavedView], Sort] | None = None
        """and what is to be counted then, if anything."""
        self._counted: object = None
        """The state of everything when it was counted last,"""
        self._values: dict[EntryKind, list[SidebarEntry]] = {}
        """the values that documents have,"""
        self._generation = -1
        """and the generation of the index that they are of."""

    @property
    def saved(self) -> SavedViews:
        """The saved views themselves; for workers."""
        from reader.library.saved_views.store import SavedViews

        with self._making:
            if self._views is None:
                self._views = SavedViews(self._library, Paths.from_environment().views_file)
            return self._views

    def close(self) -> None:
        """End what goes on beside the screen."""
        self._closed.set()

    # The saved ones.

    def load(self) -> None:
        """Ask for the saved views, now and whenever their file has changed."""

        def work() -> None:
            if not self._watching:
                self._watching = True
                threading.Thread(target=self._watch, name="views", daemon=True).start()
            try:
                self.tell()
            except ReaderError as error:
                self._told_wrong = str(error)
                raise

        self._run(work, VIEWS)

    def look(self) -> None:
        """Ask for the saved views again, as something else than their file may have changed them."""

        def work() -> None:
            try:
                self.tell()
            except ReaderError as error:
                self._wrong = str(error)  # whoever watches the file tells it, unless it is told already

        self._run(work, VIEWS)

    def tell(self) -> None:
        """Tell the screen the saved views there are, from a worker. Raises ReaderError."""
        self._post(messages.SavedViews(self.saved.look()))

    def change(self, change: Callable[[SavedViews], str], otherwise: str) -> None:
        """Change the saved views, in a worker, and tell; ``otherwise`` is said when nothing was changed.

        Raises ReaderError.
        """
        told = change(self.saved)
        self.tell()
        self._post(messages.Said(f"{told}. u undoes it." if told else otherwise, transient=not told))

    def undo(self, *, again: bool) -> str | None:
        """Undo the last change of marks or views, in a worker, or do it ``again``; return what that was.

        None when there is none. Raises ReaderError.
        """
        from reader.library.saved_views.store import KIND

        undone = self.saved.undo(again=again)
        if undone is not None and KIND in undone.kinds:
            self.tell()
        return None if undone is None else undone.sentence

    def _watch(self) -> None:
        """Follow what somebody writes into the file."""
        while not self._closed.wait(_SECONDS_BETWEEN_LOOKS):
            try:
                if self.saved.changed():
                    self.tell()
                    if self._told_wrong:
                        self._post(messages.Said("views.toml can be read again."))
                    self._wrong = self._told_wrong = ""
                elif self._wrong and self._wrong != self._told_wrong:
                    # Told only now: an editor may have been in the midst of writing.
                    self._told_wrong = self._wrong
                    self._post(messages.Said(f"{self._wrong} Until then views are as they were.", warning=True))
            except ReaderError as error:
                self._wrong = str(error)
            except Exception:  # in a thread whose end nobody sees
                log.exception("saved views are no longer followed")
                self._post(messages.Said("Saved views are no longer read when their file changes.", warning=True))
                return

    # Counts.

    def count(self, saved: Sequence[SavedView], sort: Sort) -> None:
        """Ask how many articles there are of everything one can choose; many requests in a row are one.

        ``sort`` is the order of the list, which is at hand.
        """
        with self._counting:
            self._wanted = (saved, sort)
            if self._busy:
                return
            self._busy = True
        self._run(self._count, COUNTING, exclusive=False)

    def _count(self) -> None:
        took = 0.0
        try:
            while (wanted := self._next()) is not None:
                # One round at once; others soon.
                if took and self._closed.wait(max(_SECONDS_BETWEEN_COUNTS, _SHARE * took)):
                    return
                began = time.monotonic()
                self._count_now(*wanted)
                took = time.monotonic() - began
        except BaseException:
            with self._counting:
                self._busy = False
            raise

    def _next(self) -> tuple[Sequence[SavedView], Sort] | None:
        """Return what is to be counted; None ends the worker."""
        with self._counting:
            wanted, self._wanted = self._wanted, None
            self._busy = wanted is not None
            return wanted

    def _count_now(self, saved: Sequence[SavedView], sort: Sort) -> None:
        from reader.query.ast import QueryError
        from reader.query.parser import parse_query
        from reader.tui.widgets.sidebar.selection import OF_DOCUMENTS, USUAL
        from reader.tui.widgets.sidebar.tree import SidebarEntry

        library = self._library
        generation, day = library.generation(), datetime.now().astimezone().date()
        state = (generation, library.marks.version(), day, tuple(saved), id(library.index))
        if state == self._counted:
            return
        entries: dict[EntryKind, list[SidebarEntry]] = {}
        numbers = library.search.tallies()
        entries["usual"] = [SidebarEntry(name, number) for name, number in zip(USUAL, numbers, strict=True)]
        entries["view"] = []
        for view in saved:
            try:
                query = parse_query(view.query)
            except QueryError:
                entries["view"].append(SidebarEntry(view.name, None))
            else:
                entries["view"].append(SidebarEntry(view.name, library.search.run(query, sort).count))
        entries["tag"] = [SidebarEntry(*each) for each in library.search.values("tag")]
        if generation != self._generation or not self._values:
            for kind in OF_DOCUMENTS:
                self._values[kind] = [SidebarEntry(*each) for each in library.search.values(kind)]
            self._values["folder"].sort(key=lambda entry: -(entry.articles or 0))
            self._generation = generation
            entries |= self._values
        self._counted = state
        self._post(messages.ViewsCounted(entries))
