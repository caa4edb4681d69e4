"""Writes to the index: batches of documents, one transaction each, and the sort orders.

There is one writer at a time (:mod:`reader.storage.sqlite.lock`). Lists show what it wrote once
:meth:`IndexWriter.publish` has updated the orders.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple

from reader.core.model import Problem, ReadProgress
from reader.core.ordering import Sort
from reader.core.text import show_path
from reader.documents.files import join_path
from reader.documents.index_record import NOT_PARSED, IndexRecord, ParsedFile
from reader.storage.sqlite.database import Database, StorageError, corruption_error, insert_rows, json_array
from reader.storage.sqlite.index import arrived, columns, documents, fulltext, sort_orders
from reader.storage.sqlite.index.facts import read_fact
from reader.storage.sqlite.index.schema import LATE_INDEXES
from reader.storage.sqlite.stories import story_columns

if TYPE_CHECKING:
    from reader.storage.sqlite.stories.totals import ChangedArticles


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
        """Value of the fact ``unshown`` while only this writer has unpublished changes."""
        self._has_written = False
        self._removed: dict[object, list[int]] = {}
        """Rows of removed documents by article id, or by modification time, size, title and excerpt.

        Files from an archive often share one time, so that alone is not enough.
        """
        self._claimed: set[int] = set()
        """Those of them that were found again."""
        self._labels = columns.LabelCodes()
        self._frequent: fulltext.FrequentSets | None = None
        """Sets computed while sorting, to be stored by :meth:`finish`."""
        self.sorting_threads = 2
        """How many orders are sorted at a time."""
        self.moved = self.unread = 0
        """How many files were found again at another path, and how many could not be read."""
        self.changed_ids: list[tuple[int, int]] = []
        """The previous and current ids of articles without a URL whose document was moved."""
        with database.read() as db:
            db.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
            if read_fact(db, "unshown"):  # the last writer did not publish all its changes
                self._changed = None

    # Reading.

    def article_count(self) -> int:
        """Return the number of articles in the orders."""
        with self._database.read() as db:
            return sort_orders.article_count(db)

    def is_empty(self) -> bool:
        """Return whether the index contains no files."""
        return not self._database.select("SELECT 1 FROM files LIMIT 1")

    def folders(self) -> dict[bytes, KnownFolder]:
        """Return all folders by path."""
        rows = self._database.select("SELECT path, rowid, digest FROM folders")
        return {path: KnownFolder(rowid, digest) for path, rowid, digest in rows}

    def files(self, folder: int) -> dict[bytes, KnownFile]:
        """Return the files of a folder by name."""
        rows = self._database.select("SELECT name, rowid, mtime_ns, size FROM files WHERE folder = ?", [folder])
        return {name: KnownFile(*values) for name, *values in rows}

    def file(self, folder: int, name: bytes) -> KnownFile | None:
        """Return a file of a folder, or None."""
        query = "SELECT rowid, mtime_ns, size FROM files WHERE folder = ? AND name = ?"
        return next((KnownFile(*row) for row in self._database.select(query, [folder, name])), None)

    def folder_problems(self) -> list[Problem]:
        """Return the problems of files and folders that cannot be read."""
        query = "SELECT path, line, field, message FROM problems WHERE file IS NULL"
        return [Problem(*values) for values in self._database.select(query)]

    # Writing.

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit all changes made inside, or none if an exception is raised."""
        try:
            with self._database.write() as db:
                yield db
        except BaseException:
            self._labels.clear()  # new codes were rolled back
            raise
        self._database.checkpoint()

    def invalidate_all(self) -> None:
        """Make the next refresh parse every file again; lists keep their articles until then.

        Raises StorageError with ``damaged`` if the index is damaged or inconsistent.
        """
        intact = self._database.select("PRAGMA integrity_check(1)") == [("ok",)]
        if not intact or any(self._database.select(f"{query} LIMIT 1") for query in _INCONSISTENCIES):
            self._database.damaged = True
            raise StorageError(self._database.path, corruption_error())
        with self._database.write() as db:
            db.execute("UPDATE files SET mtime_ns = ?", [NOT_PARSED])
            db.execute("UPDATE folders SET digest = NULL")
            self._mark_changed(db, None)

    def invalidate_outdated(self, options: str, zone: str) -> bool:
        """Make the next refresh parse what depends on other reading options or another time zone; return whether any.

        Dates without a time are stored as the start of their day in the local time zone.
        """
        now = {"options": zlib.crc32(options.encode()), "zone": zlib.crc32(zone.encode())}
        query = "SELECT name, value FROM facts WHERE name IN ('options', 'zone')"
        before = dict(self._database.select(query))
        if before == now:
            return False
        dated = "WHERE rowid IN (SELECT rowid FROM articles WHERE precision > 0)"
        where = dated if before["options"] == now["options"] else ""
        with self._database.write() as db:
            db.executemany("UPDATE facts SET value = ? WHERE name = ?", [(value, name) for name, value in now.items()])
            if before["zone"] == 0:  # a new index
                return False
            changed = db.execute(f"UPDATE files SET mtime_ns = ? {where}", [NOT_PARSED]).rowcount  # noqa: S608 - constants
            if changed:
                db.execute("UPDATE folders SET digest = NULL")
                self._mark_changed(db, None)
        return changed > 0

    @property
    def has_old_ids(self) -> bool:
        """Whether an earlier version indexed this folder, so that marks may have previous ids."""
        return self._database.select("SELECT value FROM facts WHERE name = 'old_ids'") == [(1,)]

    def forget_old_ids(self) -> None:
        """Note that the marks have been carried over."""
        with self._database.write() as db:
            db.execute("UPDATE facts SET value = 0 WHERE name = 'old_ids'")

    def begin_bulk_load(self) -> None:
        """Drop the indexes that slow down the first scan of a folder, until :meth:`finish`."""
        with self._database.write() as db:
            for name in LATE_INDEXES:
                db.execute(f"DROP INDEX IF EXISTS {name}")
            fulltext.set_bulk_mode(db, enabled=True)

    def finish(self) -> None:
        """Create the indexes that :meth:`begin_bulk_load` dropped and the frequent sets, then checkpoint the WAL."""
        present = self._database.select("SELECT name FROM sqlite_master WHERE type = 'index'")
        missing = {name: keys for name, keys in LATE_INDEXES.items() if (name,) not in present}
        if missing:
            self._has_written = True
            with self._database.write() as db:
                for name, keys in missing.items():
                    db.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {keys}")
                fulltext.set_bulk_mode(db, enabled=False)
        sets, self._frequent = self._frequent, None
        if self._are_sets_due():
            self._has_written = True
            with self._database.write() as db:
                # On file systems without locks, another process may have written since they were computed.
                if sets is None or sets.below != fulltext.last_slot(db) + 1:
                    sets = fulltext.compute_sets(db)
                fulltext.store_sets(db, sets)
        if self._has_written:
            self._database.checkpoint(truncate=True)

    def _are_sets_due(self) -> bool:
        with self._database.read() as db:
            return fulltext.are_sets_due(db)

    def reset_wasted_words(self) -> bool:
        """Delete all words if most are of previous versions of articles; return whether all files must be parsed."""
        with self._database.read() as db:
            if not fulltext.is_wasteful(db, sort_orders.article_count(db)):
                return False
        with self._database.write() as db:
            fulltext.clear(db)
            self.invalidate_all()
        return True

    def prepare_move_detection(self, removed: Iterable[int]) -> None:
        """Let :meth:`apply` recognize documents of ``removed`` rows that were moved to another path."""
        self._removed, self._claimed = {}, set()
        with self._database.read() as db:
            query = (
                "SELECT rowid, id, mtime_ns, size, title, excerpt, "
                "original_url || ifnull(web_url, '') || amp_url || cdn_amp_url FROM articles JOIN files USING (rowid) "
                "JOIN details USING (rowid) WHERE rowid IN (SELECT value FROM json_each(?))"
            )
            for rowid, id_, *fingerprint, urls in db.execute(query, [json_array(removed)]):
                # Without a URL, the id is derived from the path, so compare what a move does not change.
                self._removed.setdefault(id_ if urls else tuple(fingerprint), []).append(rowid)

    def apply(self, folder: bytes, parsed: Iterable[ParsedFile]) -> None:
        """Add the files of ``folder``, replacing their previous versions."""
        with self.transaction() as db:
            folder_rowid = documents.find_or_add_folder(db, folder)
            last = fulltext.last_slot(db)
            files = [*parsed]
            rowids = self._update_files(db, folder_rowid, files, last)
            documents.delete(db, [rowid for rowid in rowids if rowid <= last])
            problems = [
                (rowid, show_path(join_path(folder, file.name)), *problem)
                for file, rowid in zip(files, rowids, strict=True)
                for problem in file.problems
            ]
            db.executemany("INSERT INTO problems VALUES (?, ?, ?, ?, ?)", problems)
            documents.insert(db, folder_rowid, zip(rowids, files, strict=True), last, self._labels)
            self._mark_changed(db, rowids)

    def _update_files(self, db: sqlite3.Connection, folder: int, files: Sequence[ParsedFile], last: int) -> list[int]:
        """Update the table of files and return the row id of each file; new ones are above ``last``."""
        rowids: dict[bytes, int] = {}
        if self._removed:
            for file in files:
                moved = self._claim_moved(db, folder, file)
                if moved is not None:
                    rowids[file.name] = moved
        rest = [file for file in files if file.name not in rowids] if rowids else files
        self.unread += sum(file.mtime_ns == NOT_PARSED for file in rest)
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
        rows = ((rowids[name], folder, name, mtime_ns, size) for name, mtime_ns, size in new)
        insert_rows(db, "files (rowid, folder, name, mtime_ns, size)", rows)
        return [rowids[file.name] for file in files]

    def _claim_moved(self, db: sqlite3.Connection, folder: int, file: ParsedFile) -> int | None:
        """If the file was moved here, update its row and return the row id."""
        query = "SELECT 1 FROM files WHERE folder = ? AND name = ?"
        if file.record is None or db.execute(query, (folder, file.name)).fetchone():
            return None
        record = IndexRecord._make(file.record)
        fingerprint = (file.mtime_ns, file.size, record.title, record.excerpt)
        key = record.id if self._removed.get(record.id) else fingerprint
        if not self._removed.get(key):
            return None
        rowid = self._removed[key].pop()
        self._claimed.add(rowid)
        db.execute(
            "UPDATE files SET folder = ?, name = ?, mtime_ns = ?, size = ? WHERE rowid = ?",
            (folder, file.name, file.mtime_ns, file.size, rowid),
        )
        self.moved += 1
        if key is fingerprint:
            (previous,) = db.execute("SELECT id FROM articles WHERE rowid = ?", [rowid]).fetchone()
            self.changed_ids.append((previous, record.id))
        return rowid

    def remove(self, rowids: Iterable[int]) -> None:
        """Delete files, except those that were found again at another path."""
        removed = [rowid for rowid in rowids if rowid not in self._claimed]
        if not removed:
            return
        with self._database.write() as db:
            documents.delete(db, removed)
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
        facts = [(value, name) for name, value in {**asdict(stored), "began": int(stored.began * 1000)}.items()]
        with self._database.write() as db:
            db.executemany("UPDATE facts SET value = ? WHERE name = ?", facts)

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
                columns.update(db, changed)
            if rebuild:
                columns.rebuild(db)
            if completes:
                db.execute("UPDATE facts SET value = 1 WHERE name = 'complete'")
                arrived.begin(db, last)
            db.execute("UPDATE facts SET value = 0 WHERE name = 'unshown'")
            db.execute("UPDATE facts SET value = value + 1 WHERE name = 'generation'")
        self._changed = set()
        self._database.checkpoint()
        return True

    def publish_stories(self, changed: ChangedArticles | None) -> None:
        """Let lists show what is known of stories; ``changed`` are the articles with changes, None for too many."""
        with self._database.write() as db:
            if changed is None or not sort_orders.is_worth_patching(len(changed.heats), sort_orders.article_count(db)):
                sort_orders.rebuild_heat(db)
            else:
                sort_orders.patch(db, changed.heats, sort_orders.HEAT_SORTS)
            story_columns.update(db, changed and changed.rows)
            db.execute("UPDATE facts SET value = value + 1 WHERE name = 'generation'")
        self._database.checkpoint()

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
