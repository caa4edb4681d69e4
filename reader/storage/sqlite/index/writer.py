"""Writes to the index: batches of documents, one transaction each, and the sort orders.

There is one writer at a time (:mod:`reader.storage.sqlite.lock`). Lists show what it wrote once
:meth:`IndexWriter.publish` has updated the orders.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeAlias

from reader.core.model import Problem, ReadProgress
from reader.core.ordering import Sort
from reader.core.text import show_path
from reader.storage.sqlite.database import Database, StorageError, corruption_error
from reader.storage.sqlite.index import columns, fulltext, sort_orders
from reader.storage.sqlite.index.insert import RowInserter
from reader.storage.sqlite.index.schema import LATE_INDEXES

NOT_PARSED = -1
"""The modification time of a file that could not be read: the next refresh tries again."""

RecordValues: TypeAlias = tuple[object, ...]
"""The values of a :class:`reader.documents.index_record.IndexRecord`, in order."""

_Fingerprint: TypeAlias = tuple[int, int, str, str]
"""Modification time, size, title and excerpt. Files from an archive often share one time, so that is not enough."""


class ParsedFile(NamedTuple):
    """A parsed file, to be written to the index."""

    name: bytes
    """The file name, without its folder."""
    mtime_ns: int
    size: int
    record: RecordValues | None
    """None if the file is not a document."""
    problems: Sequence[tuple[int, str, str]]
    """The line, field and message of each problem."""


class KnownFile(NamedTuple):
    """A file in the index, with its modification time and size when it was indexed."""

    rowid: int
    mtime_ns: int
    size: int


class KnownFolder(NamedTuple):
    """A folder in the index."""

    rowid: int
    digest: bytes | None
    """Its :meth:`reader.documents.files.FolderListing.digest`; None if some of its files must be checked again."""


_INCONSISTENCIES = (
    "SELECT 1 FROM files WHERE folder NOT IN (SELECT rowid FROM folders)",
    "SELECT 1 FROM files WHERE rowid > (SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'files')",
    "SELECT 1 FROM articles WHERE rowid NOT IN (SELECT rowid FROM files)",
    "SELECT 1 FROM articles WHERE rowid NOT IN (SELECT rowid FROM details)",
    "SELECT 1 FROM details WHERE rowid NOT IN (SELECT rowid FROM articles)",
)
"""Queries that return rows only if the index is inconsistent."""
_DOCUMENT_TABLES = {
    "articles": "rowid",
    "details": "rowid",
    "codes": "rowid",
    "slots": "rowid",
    "urls": "article",
    "problems": "file",
}
_CACHE_KIB = 64 * 1024
_MIN_ROWS_FOR_THREADS = 20_000
"""With fewer row ids, sorting takes less time than starting threads."""
_NAMES_PER_QUERY = 500
"""Below the limit of parameters of every SQLite version."""
_MAX_PATCHED = 4096
"""After more changes the orders are rebuilt, so single row ids are no longer tracked."""


class IndexWriter:
    """Writes to one index. Every method may raise StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changed: set[int] | None = set()
        """Row ids whose index in the orders may have changed; None for too many to track."""
        self._mark = 1 + int.from_bytes(os.urandom(7), "big")
        """Value of the fact ``unshown`` while nobody but this writer has unpublished changes."""
        self._has_written = False
        self._moves = _MoveDetector({}, {})
        self._labels = columns.LabelCodes()
        self._frequent: fulltext.FrequentSets | None = None
        """Sets computed while sorting, to be stored by :meth:`finish`."""
        self.sorting_threads = 2
        """How many orders are sorted at a time."""
        self.moved = 0
        """The number of files found again at another path."""
        self.changed_ids: list[tuple[int, int]] = []
        """The former and present ids of articles without a URL whose document was moved."""
        with database.read() as db:
            db.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
            (unshown,) = db.execute("SELECT value FROM facts WHERE name = 'unshown'").fetchone()
            if unshown:  # the last writer did not publish all its changes
                self._changed = None

    # Reading.

    def article_count(self) -> int:
        """Return the number of articles in the orders."""
        with self._database.read() as db:
            return sort_orders.article_count(db)

    def is_empty(self) -> bool:
        """Return whether the index contains no files."""
        with self._database.read() as db:
            return db.execute("SELECT 1 FROM files LIMIT 1").fetchone() is None

    def folders(self) -> dict[bytes, KnownFolder]:
        """Return all folders by path."""
        with self._database.read() as db:
            rows = db.execute("SELECT path, rowid, digest FROM folders")
            return {path: KnownFolder(rowid, digest) for path, rowid, digest in rows}

    def files(self, folder: int) -> dict[bytes, KnownFile]:
        """Return the files of a folder by name."""
        with self._database.read() as db:
            rows = db.execute("SELECT name, rowid, mtime_ns, size FROM files WHERE folder = ?", [folder])
            return {name: KnownFile(*values) for name, *values in rows}

    def file(self, folder: int, name: bytes) -> KnownFile | None:
        """Return a file of a folder, or None."""
        with self._database.read() as db:
            query = "SELECT rowid, mtime_ns, size FROM files WHERE folder = ? AND name = ?"
            row = db.execute(query, [folder, name]).fetchone()
            return None if row is None else KnownFile(*row)

    def folder_problems(self) -> list[Problem]:
        """Return the problems of files and folders that cannot be read."""
        with self._database.read() as db:
            query = "SELECT path, line, field, message FROM problems WHERE file IS NULL"
            return [Problem(*values) for values in db.execute(query)]

    # Writing.

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all changes made inside, or none if an exception is raised."""
        with self._write():
            yield

    @contextlib.contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._database.write() as db:
                yield db
        except BaseException:
            self._labels = columns.LabelCodes()  # new codes in the cache were rolled back
            raise

    def invalidate_all(self) -> None:
        """Make the next refresh parse every file again; lists keep their articles until then.

        Raises StorageError with ``damaged`` if the index is damaged or inconsistent.
        """
        with self._database.read() as db:
            intact = db.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)
            if not intact or any(db.execute(f"SELECT EXISTS ({query})").fetchone()[0] for query in _INCONSISTENCIES):
                self._database.damaged = True
                raise StorageError(self._database.path, corruption_error())
        with self._database.write() as db:
            db.execute("UPDATE files SET mtime_ns = ?", [NOT_PARSED])
            db.execute("UPDATE folders SET digest = NULL")
            self._mark_changed(db, None)

    def begin_bulk_load(self) -> None:
        """Drop the indexes that slow down the first scan of a folder, until :meth:`finish`."""
        with self._database.write() as db:
            for name in LATE_INDEXES:
                db.execute(f"DROP INDEX IF EXISTS {name}")
            fulltext.set_bulk_mode(db, enabled=True)

    def finish(self) -> None:
        """Create the indexes that :meth:`begin_bulk_load` dropped and the frequent sets, then checkpoint the WAL."""
        with self._database.read() as db:
            present = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
        missing = {name: keys for name, keys in LATE_INDEXES.items() if name not in present}
        if missing:
            self._has_written = True
            with self._database.write() as db:
                for name, keys in missing.items():
                    db.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {keys}")
                fulltext.set_bulk_mode(db, enabled=False)
        self._update_frequent_sets()
        if self._has_written:
            self._database.checkpoint(truncate=True)

    def _are_sets_due(self) -> bool:
        with self._database.read() as db:
            return fulltext.are_sets_due(db)

    def _update_frequent_sets(self) -> None:
        sets, self._frequent = self._frequent, None
        if self._are_sets_due():
            self._has_written = True
            with self._database.write() as db:
                # On file systems without locks, another process may have written since they were computed.
                if sets is None or not fulltext.is_current(db, sets):
                    sets = fulltext.compute_sets(db)
                fulltext.store_sets(db, sets)

    def has_wasted_words(self) -> bool:
        """Return whether most of the full-text table belongs to former versions of articles."""
        with self._database.read() as db:
            return fulltext.is_wasteful(db, sort_orders.article_count(db))

    def reset_words(self) -> None:
        """Delete the words of all articles, and make the next refresh parse every file again."""
        with self._database.write() as db:
            fulltext.clear(db)
            self.invalidate_all()

    def prepare_move_detection(self, removed: Iterable[int]) -> None:
        """Let :meth:`apply` recognize documents of ``removed`` rows that were moved to another path."""
        by_id: dict[int, list[int]] = {}
        by_fingerprint: dict[_Fingerprint, list[int]] = {}
        with self._database.read() as db:
            for rowid in removed:
                row = db.execute(
                    "SELECT id, title, excerpt, mtime_ns, size, "
                    "original_url || ifnull(web_url, '') || amp_url || cdn_amp_url "
                    "FROM articles JOIN files USING (rowid) JOIN details USING (rowid) WHERE rowid = ?",
                    [rowid],
                ).fetchone()
                if row is None:
                    continue
                id_, title, excerpt, mtime_ns, size, urls = row
                if urls:
                    by_id.setdefault(id_, []).append(rowid)
                else:  # its id is derived from its path, so compare what a move does not change
                    by_fingerprint.setdefault((mtime_ns, size, title, excerpt), []).append(rowid)
        self._moves = _MoveDetector(by_id, by_fingerprint)

    def apply(self, folder: bytes, parsed: Iterable[ParsedFile]) -> None:
        """Add the files of ``folder``, replacing their former versions."""
        with self._write() as db:
            folder_rowid = _find_or_add_folder(db, folder)
            (last,) = db.execute("SELECT ifnull(max(seq), 0) FROM sqlite_sequence").fetchone()
            inserter = RowInserter(db, self._labels, folder_rowid, last)
            files = [*parsed]
            for file, rowid in zip(files, self._update_files(db, folder_rowid, files, last), strict=True):
                name, _, _, record, problems = file
                shown = show_path(folder + b"/" + name if folder else name) if problems else ""
                inserter.add(rowid, shown, record, problems)
            _delete_documents(db, inserter.replaced)
            inserter.insert()
            self._mark_changed(db, inserter.added)
        self._database.checkpoint()

    def _update_files(self, db: sqlite3.Connection, folder: int, files: Sequence[ParsedFile], last: int) -> list[int]:
        """Update the table of files and return the row id of each file; new ones are above ``last``."""
        rowids: dict[bytes, int] = {}
        if self._moves:
            for file in files:
                moved = self._claim_moved(db, folder, file)
                if moved is not None:
                    rowids[file.name] = moved
        rest = [file for file in files if file.name not in rowids] if rowids else files
        # By name, not by a row id read earlier: without locks, another process may have changed it.
        for start in range(0, len(rest), _NAMES_PER_QUERY):
            names = [file.name for file in rest[start : start + _NAMES_PER_QUERY]]
            marks = ",".join("?" * len(names))
            query = f"SELECT name, rowid FROM files WHERE folder = ? AND name IN ({marks})"  # noqa: S608
            rowids.update(db.execute(query, [folder, *names]))
        changed = [(mtime_ns, size, rowids[name]) for name, mtime_ns, size, *_ in rest if name in rowids]
        new = [(name, mtime_ns, size) for name, mtime_ns, size, *_ in rest if name not in rowids]
        rowids.update((name, last + index) for index, (name, _, _) in enumerate(new, start=1))
        db.executemany("UPDATE files SET mtime_ns = ?, size = ? WHERE rowid = ?", changed)
        db.executemany(
            "INSERT INTO files (rowid, folder, name, mtime_ns, size) VALUES (?, ?, ?, ?, ?)",
            [(rowids[name], folder, name, mtime_ns, size) for name, mtime_ns, size in new],
        )
        return [rowids[file.name] for file in files]

    def _claim_moved(self, db: sqlite3.Connection, folder: int, file: ParsedFile) -> int | None:
        """If the file was moved here, update its row and return the row id."""
        query = "SELECT 1 FROM files WHERE folder = ? AND name = ?"
        if file.record is None or db.execute(query, (folder, file.name)).fetchone():
            return None
        rowid, id_changed = self._moves.claim(file)
        if rowid is not None:
            db.execute(
                "UPDATE files SET folder = ?, name = ?, mtime_ns = ?, size = ? WHERE rowid = ?",
                (folder, file.name, file.mtime_ns, file.size, rowid),
            )
            self.moved += 1
            if id_changed:
                (former,) = db.execute("SELECT id FROM articles WHERE rowid = ?", [rowid]).fetchone()
                present = file.record[0]
                assert isinstance(present, int)
                self.changed_ids.append((former, present))
        return rowid

    def remove(self, rowids: Iterable[int]) -> None:
        """Delete files, except those that were found again at another path."""
        removed = [rowid for rowid in rowids if rowid not in self._moves.claimed]
        if not removed:
            return
        with self._database.write() as db:
            _delete_documents(db, removed)
            db.executemany("DELETE FROM files WHERE rowid = ?", [(rowid,) for rowid in removed])
            self._mark_changed(db, removed)

    def set_digests(self, digests: Mapping[bytes, bytes | None]) -> None:
        """Store the digests of fully indexed folders by path; None if a folder must be checked again."""
        if not digests:
            return
        with self._database.write() as db:
            db.executemany(
                "INSERT INTO folders (path, digest) VALUES (?, ?) ON CONFLICT DO UPDATE SET digest = excluded.digest",
                digests.items(),
            )

    def remove_folders(self, rowids: Iterable[int]) -> None:
        """Delete folders; delete their files with :meth:`remove`."""
        rows = [(rowid,) for rowid in rowids]
        if rows:
            with self._database.write() as db:
                db.executemany("DELETE FROM folders WHERE rowid = ?", rows)

    def set_folder_problems(self, problems: Sequence[Problem]) -> None:
        """Replace the problems of files and folders that cannot be read."""
        # Even a transaction without changes wakes all other instances.
        if set(self.folder_problems()) == set(problems):
            return
        with self._database.write() as db:
            db.execute("DELETE FROM problems WHERE file IS NULL")
            rows = [(None, p.path, p.line, p.field, p.message) for p in problems]
            db.executemany("INSERT INTO problems VALUES (?, ?, ?, ?, ?)", rows)
            self._mark_changed(db, ())

    def set_progress(self, progress: ReadProgress | None) -> None:
        """Store the progress for other instances, see :meth:`Index.read_progress`; None when done."""
        stored = progress or ReadProgress(0, 0, 0, walking=False, began=0)
        began = int(stored.began * 1000)
        numbers = ((stored.done, "done"), (stored.total, "total"), (stored.before, "before"))
        values = (*numbers, (stored.walking, "walking"), (began, "began"))
        with self._database.write() as db:
            db.executemany("UPDATE facts SET value = ? WHERE name = ?", values)

    def publish(self, *, complete: bool = False) -> bool:
        """Update the orders and columns, so that lists show all changes; return whether there were any.

        ``complete`` states that the whole folder was scanned.
        """
        changed = self._changed
        with self._database.read() as db:
            facts = dict(db.execute("SELECT name, value FROM facts WHERE name IN ('unshown', 'complete')").fetchall())
            unshown, completes = facts["unshown"], complete and not facts["complete"]
            if not unshown and not completes:
                return False
            articles = sort_orders.article_count(db)
            (last,) = db.execute("SELECT ifnull(max(rowid), 0) FROM files").fetchone()
        others = unshown != self._mark  # without locks, other processes may have changed rows too
        rebuild = unshown and (others or changed is None or not sort_orders.is_worth_patching(len(changed), articles))
        orders = self._sort_in_threads(sets=complete) if rebuild and last >= _MIN_ROWS_FOR_THREADS else {}
        with self._database.write() as db:
            for sort, rowids in orders.items():
                sort_orders.store_order(db, sort, rowids)
            if rebuild and not orders:
                sort_orders.rebuild(db)
            elif changed and not rebuild:
                sort_orders.patch(db, changed)
                columns.patch(db, changed)
            if rebuild:
                columns.rebuild(db)
            if completes:
                db.execute("UPDATE facts SET value = 1 WHERE name = 'complete'")
            db.execute("UPDATE facts SET value = 0 WHERE name = 'unshown'")
            db.execute("UPDATE facts SET value = value + 1 WHERE name = 'generation'")
        self._changed = set()
        self._database.checkpoint()
        return True

    def _sort_in_threads(self, *, sets: bool) -> dict[Sort, array[int]]:
        """Sort all orders in threads; empty if only this connection sees the database.

        With ``sets``, compute the frequent sets at the same time, unless that delays the lists.
        """
        if not self._database.is_shared():
            return {}

        def sorted_rowids(sort: Sort) -> array[int]:
            with self._database.dedicated_connection() as db:
                return sort_orders.sorted_rowids(db, sort)

        def compute_sets() -> fulltext.FrequentSets:
            with self._database.dedicated_connection() as db:
                db.execute("BEGIN")
                return fulltext.compute_sets(db)

        with ThreadPoolExecutor(self.sorting_threads) as threads:
            future = (
                threads.submit(compute_sets) if sets and self.sorting_threads > 1 and self._are_sets_due() else None
            )
            orders = dict(zip(sort_orders.SORTS, threads.map(sorted_rowids, sort_orders.SORTS), strict=True))
            self._frequent = None if future is None else future.result()
        return orders

    def _mark_changed(self, db: sqlite3.Connection, rowids: Iterable[int] | None) -> None:
        """Record unpublished changes, also in the database: the next writer may be another process."""
        self._has_written = True
        db.execute(
            "UPDATE facts SET value = CASE value WHEN 0 THEN :me ELSE -1 END "
            "WHERE name = 'unshown' AND value NOT IN (:me, -1)",
            {"me": self._mark},
        )
        if rowids is None:
            self._changed = None
        elif self._changed is not None:
            self._changed.update(rowids)
            if len(self._changed) > _MAX_PATCHED:
                self._changed = None


class _MoveDetector:
    """Finds removed documents that appear again at another path."""

    def __init__(self, by_id: dict[int, list[int]], by_fingerprint: dict[_Fingerprint, list[int]]) -> None:
        self._by_id = by_id
        self._by_fingerprint = by_fingerprint
        self.claimed: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._by_id or self._by_fingerprint)

    def claim(self, file: ParsedFile) -> tuple[int | None, bool]:
        """Return the row id of the removed document, and whether its article id changes with its path."""
        assert file.record is not None
        id_, title, excerpt, *_ = file.record
        assert isinstance(id_, int)
        assert isinstance(title, str)
        assert isinstance(excerpt, str)
        rowids = self._by_id.get(id_)
        id_changed = False
        if not rowids:
            rowids = self._by_fingerprint.get((file.mtime_ns, file.size, title, excerpt))
            id_changed = bool(rowids)
        if not rowids:
            return None, False
        rowid = rowids.pop()
        self.claimed.add(rowid)
        return rowid, id_changed


def _find_or_add_folder(db: sqlite3.Connection, path: bytes) -> int:
    row = db.execute("SELECT rowid FROM folders WHERE path = ?", [path]).fetchone()
    if row is not None:
        return int(row[0])
    # Not RETURNING: SQLite opens a savepoint for it, which makes FTS5 flush its buffered words.
    rowid = db.execute("INSERT INTO folders (path) VALUES (?)", [path]).lastrowid
    assert rowid is not None
    return rowid


def _delete_documents(db: sqlite3.Connection, rowids: Iterable[int]) -> None:
    rows = [(rowid,) for rowid in rowids]
    if rows:
        db.execute("UPDATE facts SET value = value + ? WHERE name = 'dead_slots'", [len(rows)])
    for table, column in _DOCUMENT_TABLES.items():
        db.executemany(f"DELETE FROM {table} WHERE {column} = ?", rows)  # noqa: S608 - constants
