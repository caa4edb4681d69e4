"""The face of the library: all that the screen and the commands see of it."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, NamedTuple
from urllib.parse import quote_from_bytes, unquote_to_bytes

from reader.core.errors import ReaderError
from reader.core.model import Article, Counts, IndexTotals, Json, Problem, Row
from reader.core.ordering import Sort, View
from reader.core.paths import Paths
from reader.core.text import show_path
from reader.documents.files import EXTENSIONS, Folder, read_file
from reader.storage.sqlite.index.reader import Index
from reader.storage.sqlite.marks.positions import Places
from reader.storage.sqlite.marks.store import Marked, Said, State

if TYPE_CHECKING:
    from datetime import datetime

    from reader.documents.parse import ParsedDocument
    from reader.query.ast import Query
    from reader.storage.sqlite.marks.undo import Undone
    from reader.storage.sqlite.pages.store import Pages
    from reader.storage.sqlite.search.evaluate import Stop
    from reader.storage.sqlite.search.mark_sets import MarkedRows
    from reader.storage.sqlite.search.results import Found
    from reader.storage.sqlite.search.service import Asking, Tallies, ValueCount, ValueKind

log = logging.getLogger(__name__)

_LAST_FOLDER = "last-folder"
_FIRST_LOOK, _LARGEST_LOOK = 500, 50_000
"""Articles that are looked at for an unread one, at first and at most at a time."""

_AHEAD = 86_400.0
"""Seconds by which clocks may differ without a word."""
_ID = re.compile(r"[0-9a-f]{16}")


class Imported(NamedTuple):
    """What came of importing marks."""

    marks: int
    """How many there were,"""
    taken: int
    """and how many of them were new here or later than those here."""
    things: dict[str, int]
    """How many things with names there were, by their kind; see :meth:`Library.keep`."""
    ahead: int
    """How many marks have a time that has not come yet: some clock was wrong."""


class VanishedError(ReaderError):
    """A document is no longer in the index."""

    gone = True


class Library:
    """One open folder of documents. Every method may be called from any thread, and may wait for the disk."""

    def __init__(
        self,
        folder: Folder,
        index: Index,
        state: State,
        notices: tuple[str, ...] = (),
        index_file: Path | None = None,
        *,
        paths: Paths | None = None,
    ) -> None:
        self.folder = folder
        self.index = index
        self._index_file = index_file
        self.paths = paths
        """Where files of ours are; None where there are none but those given."""
        self._opening_pages = threading.Lock()
        self._pages: Pages | None = None
        self.notices = notices
        """Sentences the person should see once: what could not be opened as usual."""
        self._state = state
        self._counting = threading.Lock()
        self._counted = (-1, -1)
        """Generation of the index and version of the marks by which was counted:"""
        self._read_articles = 0
        self._asked: Asking | None = None
        self._marked_rows: MarkedRows | None = None
        self.places = Places(state.places, lambda: self.index, self._quoted_target())
        """How far the person was in articles, and at which article of which view."""

    @classmethod
    def open(cls, path: Path, paths: Paths) -> Library:
        """Open the folder at ``path``, or the single document. Raises ReaderError when there is none."""
        folder = Folder.of(path)
        # A single document is read at once and needs no file to remember it.
        index_file = paths.index_file(folder.root) if folder.only is None else None
        index, index_notice = Index.open(index_file)
        state, state_notice = State.open(paths.state_file)
        return cls(folder, index, state, tuple(filter(None, (index_notice, state_notice))), index_file, paths=paths)

    @property
    def pages(self) -> Pages:
        """The originals that were fetched, of the articles of every folder; opened by whoever asks first."""
        with self._opening_pages:
            if self._pages is None:
                self._pages = _pages(None if self.paths is None else self.paths.pages_file, self._state)
            return self._pages

    def renew(self) -> bool:
        """Close the index, which is set aside if damaged, and open what is in its place; False when it cannot be."""
        if self._index_file is None:
            return False
        self.index.close()
        self.index, _ = Index.open(self._index_file)
        self.places.forget_rows()
        return not self.index.in_memory

    @staticmethod
    def last(paths: Paths) -> tuple[Path | None, str]:
        """Return the folder or document that was opened last, and a sentence when the marks could not be opened."""
        state, notice = State.open(paths.state_file)
        try:
            kept = state.recall(_LAST_FOLDER)
        finally:
            state.close()
        return (None if kept is None else Path(os.fsdecode(unquote_to_bytes(kept)))), notice

    @staticmethod
    @contextlib.contextmanager
    def exported(paths: Paths, tell: Callable[[str], None]) -> Iterator[Iterator[bytes]]:
        """Lend the lines of an export of all marks; ``tell`` the person what had to be done about their file.

        Raises ReaderError when it cannot be used.
        """
        from reader.export import marks as exchange

        with _own_state(paths, tell) as state, closing(state.marks()) as entries:
            yield exchange.export_lines(entries)

    @staticmethod
    def imported(paths: Paths, file: BinaryIO, name: str, tell: Callable[[str], None]) -> Imported:
        """Merge an export, which is to be called ``name``, with the marks here; all of it or nothing.

        Raises ReaderError, with the number of the line that is not understood, and OSError.
        """
        from reader.export import marks as exchange

        marks = exchange.parse_export(file, name)
        things = Counter(kind for (kind, _), thing in marks.things.items() if thing.value)  # else it was deleted
        soon = (time.time() + _AHEAD) * 1000
        ahead = sum(mark.at > soon for mark in marks.marks.values())
        with _own_state(paths, tell) as state:
            return Imported(len(marks.marks), state.take_in(marks, backup=True), dict(things), ahead)

    @staticmethod
    @contextlib.contextmanager
    def fetched(paths: Paths, tell: Callable[[str], None]) -> Iterator[Pages]:
        """Lend the fetched originals; ``tell`` the person what had to be done about a file.

        Raises ReaderError when there is no file that could be used.
        """
        with _own_state(paths, tell) as state, closing(_pages(paths.pages_file, state)) as pages:
            if pages.in_memory:
                raise ReaderError(pages.notice)
            if pages.notice:
                tell(pages.notice)
            yield pages

    @staticmethod
    def write_whole(path: Path, pieces: Iterable[bytes]) -> None:
        """Write a file of the person's, whole or not at all. Raises ReaderError."""
        from reader.export import marks as exchange

        exchange.write_atomically(path, pieces)

    def remember_folder(self) -> None:
        """Keep which folder this is, for :meth:`last`. Raises StorageError."""
        self._state.remember(_LAST_FOLDER, self._quoted_target())

    def _quoted_target(self) -> str:
        # Quoted, because the name of a folder need not be text, and a text is what is kept.
        return quote_from_bytes(os.fsencode(self.target))

    @property
    def name(self) -> str:
        """What to call this library: the name of the folder or of the document."""
        return show_path(self.folder.only or os.fsencode(self.folder.root.name)) or "/"

    @property
    def target(self) -> Path:
        """What to open to come back here: the folder, or the single document."""
        only = self.folder.only
        return self.folder.root if only is None else self.folder.root / os.fsdecode(only)

    def generation(self) -> int:
        """Return a number that rises whenever lists have changed."""
        return self.index.generation()

    def view(self, sort: Sort) -> View:
        """Return every article in the order of ``sort``."""
        return View(sort, self.index.order(sort))

    def search(self, query: Query, sort: Sort, now: datetime | None = None, stop: Stop | None = None) -> Found:
        """Return the articles that match, in the order that ``query`` asks for, or else in that of ``sort``.

        ``now``, an aware time, is what dates such as ``today`` are seen from. ``stop`` is
        asked every fraction of a millisecond: a newer search can take the place of one
        that nobody waits for any more. Raises StoppedError then, and ReaderError.
        """
        return self._asking().search(query, sort, now, stop)

    def values(
        self, kind: ValueKind, within: Query | None = None, now: datetime | None = None, stop: Stop | None = None
    ) -> list[ValueCount]:
        """Return which values the articles that match ``within``, or all, have, and how many have each.

        Those of most articles first; folders by name, without a last slash, and
        with what is in the folders below them. Of values that differ in
        case alone one stands for all. Raises as :meth:`search` does.
        """
        return self._asking().values(kind, within, now, stop)

    def tallies(self, now: datetime | None = None, stop: Stop | None = None) -> Tallies:
        """Return how many articles there are, unread, starred, and dated today. Raises as :meth:`search` does."""
        return self._asking().tallies(now, stop)

    def _asking(self) -> Asking:
        with self._counting:
            if self._asked is None:
                from reader.storage.sqlite.search.mark_sets import MarkedRows
                from reader.storage.sqlite.search.page_sets import PagedRows
                from reader.storage.sqlite.search.service import (
                    Asking,  # imported late: the first frame asks for everything
                )

                self._marked_rows = MarkedRows(self._state, self._rows_of)
                pages = PagedRows(lambda: self.pages, self._rows_of)
                self._asked = Asking(lambda: self.index, self._marked_rows, pages)
            return self._asked

    def _rows_of(self, ids: Iterable[int]) -> list[int]:
        return self.index.rows_of(ids)  # of the present index: it may be renewed

    def rows(self, rowids: Sequence[int]) -> list[Row]:
        """Return the rows of ``rowids`` in that order, with their marks; those that are gone are left out."""
        found = self.index.rows(rowids)
        if rowids and not found:
            self.index.check()  # not one of them: what was overwritten need not look damaged
        said = self._said([row.id for row in found.values()])
        return [
            replace(row, **said[row.id]._asdict()) if row.id in said else row
            for row in (found[rowid] for rowid in rowids if rowid in found)
        ]

    def _said(self, ids: Sequence[str]) -> dict[str, Said]:
        try:
            return self._state.said(ids)
        except ReaderError as error:
            # News can be read without marks. The next start finds the damage and tells of it.
            log.warning("marks cannot be read", exc_info=error)
            return {}

    def counts(self) -> Counts:
        """Return how many articles, unread articles and documents with problems there are."""
        totals = self.index.totals()
        return Counts(totals.articles, totals.articles - self._read_count(), totals.with_problems, totals.complete)

    def marks_version(self) -> int:
        """Return a number that rises with every change of marks or things, whoever makes it. Raises ReaderError."""
        return self._state.version()

    def marks_counted(self) -> int:
        """Return :meth:`marks_version` as it was when :meth:`counts` or :meth:`mark_read` was called last, or -1."""
        return self._counted[1]

    def _read_count(self) -> int:
        """Return how many articles are read; counted anew only when index or marks have changed behind our back."""
        try:
            with self._counting:
                now = (self.index.generation(), self._state.version())
                if self._counted != now:
                    self._read_articles = self.index.count_among(self._state.all_read())
                    self._counted = now
                return self._read_articles
        except ReaderError as error:
            log.warning("marks cannot be read", exc_info=error)
            return 0

    def census(self) -> IndexTotals:
        """Count everything, which takes its time in a large folder."""
        totals = self.index.totals()
        return IndexTotals(totals.articles, self.index.documents(), self.index.problem_count(), totals.with_problems)

    def keep_in_memory(self) -> None:
        """Go on with an index that ends with the program, because nothing can be written where it was."""
        former, self.index = self.index, self.index.copied_to_memory()
        self._index_file = None
        former.close()

    def folders(self) -> frozenset[bytes]:
        """Return every folder that was looked through, relative to this one, which is the empty path."""
        return self.index.folders()

    def has_other_types(self) -> bool:
        """Return whether any document is something else than an article, such as a video."""
        return self.index.has_other_types()

    def article(self, rowid: int) -> Article:
        """Return a document, read afresh from its file.

        Raises ReaderError when it is gone, cannot be read or is no document any more.
        """
        path = self.index.path(rowid)
        if path is None:
            raise VanishedError("This document is no longer in the folder.", "It was moved or deleted.")
        parsed = self.read(path)
        if parsed.article is None:
            what = parsed.problems[0].message if parsed.problems else "it is empty"
            raise ReaderError(f"{show_path(path)} can no longer be read as a document: {what}.", "See ! for details.")
        return parsed.article

    def read(self, path: bytes) -> ParsedDocument:
        """Return what the file at ``path`` says. Raises ReaderError when it cannot be read at all."""
        from reader.documents.parse import (
            parse_document,  # imported late: a list of what is known already needs no parser
        )

        return parse_document(path, read_file(self.folder, path).data)

    def identities(self, rowids: Sequence[int]) -> list[str]:
        """Return the identities of the articles of these documents, each once."""
        return self.index.ids(rowids)

    def documents_of(self, id_: str) -> list[int]:
        """Return the row numbers of the documents of one article: none, one, or several that are the same."""
        return self.index.with_id(id_)

    def locate(self, urls: Iterable[str]) -> int | None:
        """Return the row number of the document that one of these addresses belongs to, the first that does."""
        return next((found for found in map(self.index.with_url, urls) if found is not None), None)

    def members(self, rowid: int, names: Sequence[str]) -> list[int | None]:
        """Return the documents that a collection names, as row numbers or None, in order.

        A name is a path without ending, from the folder above the collection's own.
        """
        own = self.index.path(rowid) or b""
        base = own.rsplit(b"/", 2)[0] + b"/" if own.count(b"/") >= 2 else b""
        found: list[int | None] = []
        for name in names:
            paths = (base + os.fsencode(name + ending) for ending in sorted(EXTENSIONS))
            found.append(next((at for at in map(self.index.with_path, paths) if at is not None), None))
        return found

    def find(self, which: str) -> int:
        """Return the row number of the article that a person means by a path, a file name, its stem or an id.

        Raises ReaderError when there is none, or more than one.
        """
        exact = self.index.with_path(os.fsencode(which.removeprefix("./")))
        if exact is not None:
            return exact
        found = self.index.with_id(which) if _ID.fullmatch(which) else []
        found = found or self._named(which)
        if not found:
            raise ReaderError(
                f"There is no article “{show_path(os.fsencode(which))}” in {self.name}.",
                "Name it by its path, file name or id, as `newsreader list --json` gives them.",
            )
        if len(found) > 1:
            paths = ", ".join(row.path for row in self.rows(found[:5]))
            more = f" and {len(found) - 5} more" if len(found) > 5 else ""
            raise ReaderError(f"{len(found)} documents are called that: {paths}{more}.", "Name one by its path.")
        return found[0]

    def _named(self, which: str) -> list[int]:
        """Return the articles with this absolute path, file name, or file name without its ending."""
        wanted = os.fsencode(which)
        if os.path.isabs(wanted):
            inside = os.path.relpath(os.path.realpath(wanted), os.fsencode(self.folder.root))
            found = self.index.with_path(inside)
            return [] if found is None else [found]
        paths = [(path, rowid) for rowid, path in self.index.paths()]
        by_name = [rowid for path, rowid in paths if path.rsplit(b"/", 1)[-1] == wanted]
        by_name = by_name or [rowid for path, rowid in paths if show_path(path) == which]  # as `list` prints it
        by_stem = [rowid for path, rowid in paths if os.path.splitext(path.rsplit(b"/", 1)[-1])[0] == wanted]
        return sorted(self.index.rows(by_name or by_stem))

    def problems(self) -> list[Problem]:
        """Return everything that is wrong with the documents, by path and line."""
        return self.index.problems()

    def mark_read(self, ids: Iterable[str], *, read: bool) -> None:
        """Mark articles read or unread; on disk when this returns. Raises ReaderError."""
        self.mark(ids, read=read)

    def mark(
        self,
        ids: Iterable[str],
        *,
        read: bool | None = None,
        starred: bool | None = None,
        add_tags: Iterable[str] = (),
        remove_tags: Iterable[str] = (),
        told: str = "",
    ) -> Marked:
        """Change marks of articles, all or none of them; on disk when this returns, and one step for :meth:`undo`.

        What is None stays as it is. ``told`` is what the step is called; without it, that
        is put into words. Raises ReaderError: StorageError, or for what can be no tag.
        """
        added, removed = [*add_tags], [*remove_tags]
        with self._counting:
            marked = self._state.mark(ids, read=read, starred=starred, add_tags=added, remove_tags=removed, told=told)
            if marked.changed:  # the version of a change that changed nothing is that of somebody else's
                self._count(marked, only_read=starred is None and not added and not removed)
            return marked

    def mark_rows(
        self,
        rowids: Sequence[int],
        *,
        read: bool | None = None,
        starred: bool | None = None,
        add_tags: Iterable[str] = (),
        remove_tags: Iterable[str] = (),
    ) -> Marked:
        """Change marks of the articles of many documents, as :meth:`mark` does."""
        ids = self.index.ids(rowids)
        return self.mark(ids, read=read, starred=starred, add_tags=add_tags, remove_tags=remove_tags)

    def mark_documents(
        self, rowids: Sequence[int], mark: Literal["read", "starred"], value: bool | None = None
    ) -> Marked:
        """Set one mark of the articles of many documents, as :meth:`mark` does.

        Without a ``value``: of those that have it not, if there are any; else it is taken from all of them.
        """
        ids = self.index.ids(rowids)
        if value is None:
            said = self._state.said(ids)
            value = any(not getattr(said.get(id_), mark, False) for id_ in ids)
        return self.mark(ids, read=value if mark == "read" else None, starred=value if mark == "starred" else None)

    @staticmethod
    def fault_of_tag(text: str) -> str:
        """Return why ``text`` can be no tag, in a sentence, or nothing."""
        from reader.core.marks import tag

        try:
            tag(text)
        except ReaderError as error:
            return str(error)
        return ""

    def tags(self) -> list[str]:
        """Return every tag that is in use, as it is shown, in alphabetical order without regard to case."""
        return self._state.tags()

    def next_unread(self, view: View, start: int, step: int) -> int | None:
        """Return the place of the first unread article in ``view`` from ``start`` on, down (1) or up (-1)."""
        size, places = _FIRST_LOOK, range(start, len(view) if step > 0 else -1, step)
        while places:
            part, places = places[:size], places[size:]
            ids = self.index.ids_by_row([view.rowids[at] for at in part])
            read = self._state.read_among(set(ids.values()))
            for at in part:
                id_ = ids.get(view.rowids[at])
                if id_ is not None and id_ not in read:
                    return at
            size = min(2 * size, _LARGEST_LOOK)
        return None

    def keep(self, kind: str, things: Mapping[str, Json], *, told: str) -> int:
        """Keep things of a kind by name, such as saved views, all or none; None deletes one.

        On disk when this returns, and one step for :meth:`undo`, called ``told``, as in
        "Saved the view “AI”". Return how many are different now. Raises ReaderError.
        """
        return self._state.keep(kind, things, told=told)

    def take_over(self, kind: str, things: Mapping[str, Json]) -> int:
        """Keep things of a kind as they are in a file of the person's; None deletes one.

        No step for :meth:`undo`: former steps leave alone what this changes. Return how many are different
        now. Raises ReaderError.
        """
        return self._state.take_over(kind, things)

    def kept(self, kind: str) -> dict[str, Json]:
        """Return the things of a kind by name, in the order of their names. Raises ReaderError."""
        return self._state.kept(kind)

    def undo(self) -> Undone | None:
        """Take back the last change of marks or things, of this run or an earlier one, here or in another window.

        None when there is none. What was changed since otherwise stays. Raises ReaderError.
        """
        with self._counting:
            undone = self._state.undo()
            self._count(undone)
            return undone

    def redo(self) -> Undone | None:
        """Take back the last :meth:`undo`; None when there is none. Raises ReaderError."""
        with self._counting:
            redone = self._state.redo()
            self._count(redone)
            return redone

    def _count(self, change: Marked | Undone | None, *, only_read: bool = False) -> None:
        """Keep the number of read articles right, and the sets of marked ones, so that nothing need be counted anew."""
        generation, version = self._counted
        if change is not None and self._marked_rows is not None:
            self._marked_rows.note(change.version, change.read, change.unread, change.changed, only_read=only_read)
        if change is not None and version == change.version - 1:
            self._counted = (generation, change.version)
            self._read_articles += self.index.count_among(change.read) - self.index.count_among(change.unread)

    def backup_marks(self) -> Path | None:
        """Make the day's backup of the marks, if one is due; return where, or None. Raises ReaderError."""
        return self._state.backup_if_due()

    def carry_marks(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Let articles keep their marks whose identity has changed: the former one, the present one."""
        self._state.carry(pairs)

    def remember(self, name: str, value: str) -> None:
        """Keep a small fact about the session between runs."""
        self._state.remember(name, value)

    @property
    def keeps_marks(self) -> bool:
        """Whether marks are kept; not when their file cannot be used, as a notice of the start has told."""
        return not self._state.ends_with_program

    def remember_with(self, name: str, change: Callable[[str | None], str]) -> None:
        """Keep what ``change`` makes of a small fact, whichever window it is of. Raises StorageError."""
        self._state.remember_with(name, change)

    def recall(self, name: str) -> str | None:
        """Return what :meth:`remember` kept, or None."""
        return self._state.recall(name)

    def close(self) -> None:
        """Close the files."""
        self.index.close()
        self._state.close()
        with self._opening_pages:
            if self._pages is not None:
                self._pages.close()


def _pages(path: Path | None, state: State) -> Pages:
    from reader.storage.sqlite.pages.store import Pages  # imported late: the first frame shows none of them

    def starred() -> frozenset[int]:
        if not state.is_kept:  # it may be that not all marks are in it
            raise ReaderError("Which articles are starred is not known, as the marks cannot be used.")
        return frozenset(state.all_starred())

    return Pages.open(path, starred)


@contextlib.contextmanager
def _own_state(paths: Paths, tell: Callable[[str], None]) -> Iterator[State]:
    """Open the file of marks. Raises ReaderError when it cannot be used: memory is nothing to share marks with."""
    state, notice = State.open(paths.state_file)
    with closing(state):
        if not state.is_kept:
            raise ReaderError(notice)
        if notice:
            tell(notice)
        yield state
