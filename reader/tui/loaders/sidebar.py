"""Saved views and counts for the sidebar, in worker threads."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.core.paths import Paths
from reader.library.saved_views.store import SavedViews
from reader.query.ast import QueryError
from reader.query.parser import parse_query
from reader.tui.widgets.sidebar.selection import BUILT_IN_VIEWS, OF_DOCUMENTS, EntryKind
from reader.tui.widgets.sidebar.tree import SidebarEntry

if TYPE_CHECKING:
    from reader.core.ordering import Sort
    from reader.library.library import Library
    from reader.library.saved_views.toml_file import SavedView

log = logging.getLogger(__name__)


class ViewsWatcher:
    """The saved views, and a thread that follows what somebody writes into their file."""

    def __init__(
        self,
        library: Library,
        seconds: float,
        on_views: Callable[[list[SavedView]], object],
        on_message: Callable[[str, bool], object],
    ) -> None:
        """The callbacks are called in the watching thread, ``on_message`` with a sentence and whether it is a warning.

        The file is checked every ``seconds``.
        """
        self.views = SavedViews(library, Paths.from_environment().views_file)
        self._seconds = seconds
        self._on_views = on_views
        self._on_message = on_message
        self._closed = threading.Event()
        self._is_watching = False
        self._fault = ""
        """What is wrong with the file and was not reported yet."""
        self._reported_fault = ""

    def load(self) -> list[SavedView]:
        """Return the saved views, and watch their file from now on. Raises ReaderError."""
        if not self._is_watching:
            self._is_watching = True
            threading.Thread(target=self._watch, name="views", daemon=True).start()
        try:
            return self.views.load()
        except ReaderError as error:
            self._reported_fault = str(error)
            raise

    def reload(self) -> list[SavedView] | None:
        """Return the saved views, which may have changed in the history; None when their file cannot be read now."""
        try:
            return self.views.load()
        except ReaderError as error:
            self._fault = str(error)  # the watching thread reports it, unless that was done already
            return None

    def close(self) -> None:
        """End the thread."""
        self._closed.set()

    def _watch(self) -> None:
        while not self._closed.wait(self._seconds):
            try:
                self._check()
            except ReaderError as error:
                self._fault = str(error)
            except Exception:  # in a thread whose end nobody would see
                log.exception("saved views are no longer followed")
                self._on_message("The file of saved views is no longer watched.", True)
                return

    def _check(self) -> None:
        if self.views.has_changed():
            self._on_views(self.views.load())
            if self._reported_fault:
                self._on_message("views.toml can be read again.", False)
            self._fault = self._reported_fault = ""
        elif self._fault and self._fault != self._reported_fault:
            # Reported only now: an editor may have been in the midst of writing.
            self._reported_fault = self._fault
            self._on_message(f"{self._fault} Until then, saved views stay as they were.", True)


class SidebarCounter:
    """Counts the articles of everything that the sidebar offers; one count at a time."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._counted: object = None
        """The state of everything at the last count."""
        self._values: dict[EntryKind, list[SidebarEntry]] = {}
        """The values of documents, of the index as it was at"""
        self._generation = -1
        """this generation."""

    def count(self, saved: Sequence[SavedView], sort: Sort) -> dict[EntryKind, list[SidebarEntry]] | None:
        """Return the entries that may have changed, by kind; None when nothing has. ``sort`` is the list's order."""
        library = self._library
        generation, day = library.generation(), datetime.now().astimezone().date()
        state = (generation, library.marks.version(), day, tuple(saved), id(library.index))
        if state == self._counted:
            return None
        entries: dict[EntryKind, list[SidebarEntry]] = {}
        tallies = zip(BUILT_IN_VIEWS, library.search.tallies(), strict=True)
        entries["usual"] = [SidebarEntry(name, number) for name, number in tallies]
        entries["view"] = [SidebarEntry(view.name, self._count_view(view.query, sort)) for view in saved]
        entries["tag"] = [SidebarEntry(*value) for value in library.search.values("tag")]
        if generation != self._generation or not self._values:
            for kind in OF_DOCUMENTS:
                self._values[kind] = [SidebarEntry(*value) for value in library.search.values(kind)]
            self._values["folder"].sort(key=lambda entry: -(entry.articles or 0))
            self._generation = generation
            entries |= self._values
        self._counted = state
        return entries

    def _count_view(self, text: str, sort: Sort) -> int | None:
        try:
            query = parse_query(text)
        except QueryError:
            return None
        return self._library.search.run(query, sort).count
