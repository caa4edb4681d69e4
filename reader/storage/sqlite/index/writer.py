"""Changing the index: batches of documents in, orders kept, one transaction each.

There is one writer at a time (:mod:`reader.storage.sqlite.lock`). What it has written shows in
lists once :meth:`Writer.show` has brought the orders up to date.
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
"""As a file's time of change: it could not be read, so the next refresh tries again."""

RecordValues: TypeAlias = tuple[object, ...]
"""The values of a :class:`reader.documents.index_record.IndexRecord`, in order."""


_Stat: TypeAlias = tuple[int, int, str, str]
"""Time of change, size, title and excerpt: archives give all their files one time, so that alone says little."""


class ParsedFile(NamedTuple):
    """A document as it goes into the index."""

    name: bytes
    """Of the file, in its folder."""
    mtime_ns: int
    size: int
    record: RecordValues | None
    """None for what is no document."""
    problems: Sequence[tuple[int, str, str]]
    """Line, field and message of each."""


class Known(NamedTuple):
    """A file as it went into the index."""

    rowid: int
    mtime_ns: int
    size: int


class KnownFolder(NamedTuple):
    """A folder as it was when all its files had been taken in."""

    rowid: int
    digest: bytes | None
    """See :meth:`reader.documents.files.FolderListing.digest`; None when some file has to be looked at again."""


_CONTRADICTIONS = (
    "SELECT 1 FROM files WHERE folder NOT IN (SELECT rowid FROM folders)",
    "SELECT 1 FROM files WHERE rowid > (SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'files')",
    "SELECT 1 FROM articles WHERE rowid NOT IN (SELECT rowid FROM files)",
    "SELECT 1 FROM articles WHERE rowid NOT IN (SELECT rowid FROM details)",
    "SELECT 1 FROM details WHERE rowid NOT IN (SELECT rowid FROM articles)",
)
"""What finds rows in no sound index."""
_TABLES_OF_A_FILE = {
    "articles": "rowid",
    "details": "rowid",
    "codes": "rowid",
    "slots": "rowid",
    "urls": "article",
    "problems": "file",
}
_CACHE_KIB = 64 * 1024
_WORTH_THREADS = 20_000
"""Row numbers; fewer articles are sorted sooner than threads are begun."""
_NAMES_AT_ONCE = 500
"""So many parameters does every SQLite take."""
_PATCHABLE = 4096
"""Beyond so many changes the orders are made anew anyway, so that they need not be remembered one by one."""


class IndexWriter:
    """Changes one index. Every method may raise StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changed: set[int] | None = set()
        """Row numbers whose place in the orders may have changed; None for too many."""
        self._mark = 1 + int.from_bytes(os.urandom(7), "big")
        """As the fact ``unshown``, that nobody else has changed anything."""
        self._written = False
        self._moves = _Moves({}, {})
        self._labels = columns.LabelCodes()
        self._frequent: fulltext.FrequentSets | None = None
        """Sets that were made while sorting, and are to be kept."""
        self.sorting_threads = 2
        """How many orders are made anew at a time."""
        self.moved = 0
        """Files that were found again at another place."""
        self.carried: list[tuple[int, int]] = []
        """Identities that changed because a document without an address was moved: the former, the present one."""
        with database.read() as db:
            db.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
            (unshown,) = db.execute("SELECT value FROM facts WHERE name = 'unshown'").fetchone()
            if unshown:  # whoever wrote last came to no end
                self._changed = None

    # What is there.

    def articles(self) -> int:
        """Return how many articles lists show."""
        with self._database.read() as db:
            return sort_orders.length(db)

    def is_empty(self) -> bool:
        """Return whether no file has ever been taken in, or none is left."""
        with self._database.read() as db:
            return db.execute("SELECT 1 FROM files LIMIT 1").fetchone() is None

    def folders(self) -> dict[bytes, KnownFolder]:
        """Return every folder, by its path."""
        with self._database.read() as db:
            rows = db.execute("SELECT path, rowid, digest FROM folders")
            return {path: KnownFolder(rowid, digest) for path, rowid, digest in rows}

    def files(self, folder: int) -> dict[bytes, Known]:
        """Return the files of a folder, by name."""
        with self._database.read() as db:
            rows = db.execute("SELECT name, rowid, mtime_ns, size FROM files WHERE folder = ?", [folder])
            return {name: Known(*values) for name, *values in rows}

    def file(self, folder: int, name: bytes) -> Known | None:
        """Return one file of a folder."""
        with self._database.read() as db:
            query = "SELECT rowid, mtime_ns, size FROM files WHERE folder = ? AND name = ?"
            found = db.execute(query, [folder, name]).fetchone()
            return None if found is None else Known(*found)

    def folder_problems(self) -> list[Problem]:
        """Return what is wrong with files and folders that cannot even be read."""
        with self._database.read() as db:
            query = "SELECT path, line, field, message FROM problems WHERE file IS NULL"
            return [Problem(*values) for values in db.execute(query)]

    # Changing it.

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Keep all that is changed inside, or nothing of it."""
        with self._writing():
            yield

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._database.write() as db:
                yield db
        except BaseException:
            self._labels = columns.LabelCodes()  # what was new is not in the table after all
            raise

    def invalidate_all(self) -> None:
        """Have every file read anew by the refresh that follows; what is known stays in the lists until then.

        Raises StorageError, which says that the index is damaged, when it contradicts itself: it is no ground to
        build on.
        """
        with self._database.read() as db:
            sound = db.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)
            if not sound or any(db.execute(f"SELECT EXISTS ({query})").fetchone()[0] for query in _CONTRADICTIONS):
                self._database.damaged = True
                raise StorageError(self._database.path, corruption_error())
        with self._database.write() as db:
            db.execute("UPDATE files SET mtime_ns = ?", [NOT_PARSED])
            db.execute("UPDATE folders SET digest = NULL")
            self._touch(db, None)

    def begin_first_time(self) -> None:
        """Leave out, until :meth:`finish`, what would slow the first reading of a folder down."""
        with self._database.write() as db:
            for name in LATE_INDEXES:
                db.execute(f"DROP INDEX IF EXISTS {name}")
            fulltext.collect(db, much=True)

    def finish(self) -> None:
        """Make what :meth:`begin_first_time` left out, and hand everything written over to the main file."""
        with self._database.read() as db:
            there = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
        missing = {name: keys for name, keys in LATE_INDEXES.items() if name not in there}
        if missing:
            self._written = True
            with self._database.write() as db:
                for name, keys in missing.items():
                    db.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {keys}")
                fulltext.collect(db, much=False)
        self._make_sets()
        if self._written:
            self._database.checkpoint(truncate=True)

    def _are_sets_due(self) -> bool:
        with self._database.read() as db:
            return fulltext.are_due(db)

    def _make_sets(self) -> None:
        """Make ready what very many articles match."""
        made, self._frequent = self._frequent, None
        if self._are_sets_due():
            self._written = True
            with self._database.write() as db:
                # Where there are no locks, another may have written since they were made.
                fulltext.keep(db, made if made is not None and fulltext.is_present(db, made) else fulltext.computed(db))

    def has_wasted_words(self) -> bool:
        """Return whether most of what words take is of no use any more."""
        with self._database.read() as db:
            return fulltext.is_wasteful(db, sort_orders.length(db))

    def begin_words_anew(self) -> None:
        """Forget the words of all articles, and have every file read anew by the refresh that follows."""
        with self._database.write() as db:
            fulltext.empty(db)
            self.invalidate_all()

    def prepare_move_detection(self, gone: Iterable[int]) -> None:
        """Take documents that come from now on, if they are the same, for those of ``gone`` at a new place."""
        by_id: dict[int, list[int]] = {}
        by_stat: dict[_Stat, list[int]] = {}
        with self._database.read() as db:
            for rowid in gone:
                found = db.execute(
                    "SELECT id, title, excerpt, mtime_ns, size, "
                    "original_url || ifnull(web_url, '') || amp_url || cdn_amp_url "
                    "FROM articles JOIN files USING (rowid) JOIN details USING (rowid) WHERE rowid = ?",
                    [rowid],
                ).fetchone()
                if found is None:
                    continue
                id_, title, excerpt, mtime_ns, size, urls = found
                if urls:
                    by_id.setdefault(id_, []).append(rowid)
                else:  # its identity is its path: what else does not change by moving?
                    by_stat.setdefault((mtime_ns, size, title, excerpt), []).append(rowid)
        self._moves = _Moves(by_id, by_stat)

    def apply(self, folder: bytes, taken: Iterable[ParsedFile]) -> None:
        """Take in documents of ``folder``, new ones or in the place of their former selves."""
        with self._writing() as db:
            own = _folder(db, folder)
            (last,) = db.execute("SELECT ifnull(max(seq), 0) FROM sqlite_sequence").fetchone()
            intake = RowInserter(db, self._labels, own, last)
            every = [*taken]
            for each, rowid in zip(every, self._rows_for(db, own, every, last), strict=True):
                name, _, _, record, problems = each
                shown = show_path(folder + b"/" + name if folder else name) if problems else ""
                intake.add(rowid, shown, record, problems)
            _forget(db, intake.former)
            intake.write()
            self._touch(db, intake.changed)
        self._database.checkpoint()

    def _rows_for(self, db: sqlite3.Connection, folder: int, taken: Sequence[ParsedFile], last: int) -> list[int]:
        """Return the row of each file, kept as it is now; new ones go on after ``last``."""
        rowids: dict[bytes, int] = {}
        if self._moves:
            for each in taken:
                moved = self._moved(db, folder, each)
                if moved is not None:
                    rowids[each.name] = moved
        rest = [each for each in taken if each.name not in rowids] if rowids else taken
        # By path, not by a row number read before: where there are no locks, another may have changed it.
        for start in range(0, len(rest), _NAMES_AT_ONCE):
            names = [each.name for each in rest[start : start + _NAMES_AT_ONCE]]
            marks = ",".join("?" * len(names))
            query = f"SELECT name, rowid FROM files WHERE folder = ? AND name IN ({marks})"  # noqa: S608
            rowids.update(db.execute(query, [folder, *names]))
        again = [(mtime_ns, size, rowids[name]) for name, mtime_ns, size, *_ in rest if name in rowids]
        fresh = [(name, mtime_ns, size) for name, mtime_ns, size, *_ in rest if name not in rowids]
        rowids.update((name, last + at) for at, (name, _, _) in enumerate(fresh, start=1))
        db.executemany("UPDATE files SET mtime_ns = ?, size = ? WHERE rowid = ?", again)
        db.executemany(
            "INSERT INTO files (rowid, folder, name, mtime_ns, size) VALUES (?, ?, ?, ?, ?)",
            [(rowids[name], folder, name, mtime_ns, size) for name, mtime_ns, size in fresh],
        )
        return [rowids[each.name] for each in taken]

    def _moved(self, db: sqlite3.Connection, folder: int, taken: ParsedFile) -> int | None:
        """Return the row of a document that was elsewhere before, now at its new place."""
        query = "SELECT 1 FROM files WHERE folder = ? AND name = ?"
        if taken.record is None or db.execute(query, (folder, taken.name)).fetchone():
            return None
        rowid, former = self._moves.claim(taken)
        if rowid is not None:
            db.execute(
                "UPDATE files SET folder = ?, name = ?, mtime_ns = ?, size = ? WHERE rowid = ?",
                (folder, taken.name, taken.mtime_ns, taken.size, rowid),
            )
            self.moved += 1
            if former:
                (before,) = db.execute("SELECT id FROM articles WHERE rowid = ?", [rowid]).fetchone()
                now = taken.record[0]
                assert isinstance(now, int)
                self.carried.append((before, now))
        return rowid

    def remove(self, rowids: Iterable[int]) -> None:
        """Forget files that are gone, but those that were found again elsewhere in the meantime."""
        gone = [rowid for rowid in rowids if rowid not in self._moves.claimed]
        if not gone:
            return
        with self._database.write() as db:
            _forget(db, gone)
            db.executemany("DELETE FROM files WHERE rowid = ?", [(rowid,) for rowid in gone])
            self._touch(db, gone)

    def set_digests(self, digests: Mapping[bytes, bytes | None]) -> None:
        """Remember what folders looked like when all their files had been taken in; None for "look again"."""
        if not digests:
            return
        with self._database.write() as db:
            db.executemany(
                "INSERT INTO folders (path, digest) VALUES (?, ?) ON CONFLICT DO UPDATE SET digest = excluded.digest",
                digests.items(),
            )

    def remove_folders(self, rowids: Iterable[int]) -> None:
        """Forget folders that are gone; their files go by :meth:`remove`."""
        rows = [(rowid,) for rowid in rowids]
        if rows:
            with self._database.write() as db:
                db.executemany("DELETE FROM folders WHERE rowid = ?", rows)

    def set_folder_problems(self, problems: Sequence[Problem]) -> None:
        """Replace what is wrong with files and folders that cannot even be read."""
        # A transaction that changes nothing would still wake every other instance.
        if set(self.folder_problems()) == set(problems):
            return
        with self._database.write() as db:
            db.execute("DELETE FROM problems WHERE file IS NULL")
            rows = [(None, p.path, p.line, p.field, p.message) for p in problems]
            db.executemany("INSERT INTO problems VALUES (?, ?, ?, ?, ?)", rows)
            self._touch(db, ())

    def report(self, reading: ReadProgress | None) -> None:
        """Tell those who wait how far it is; None for nothing to wait for."""
        told = reading or ReadProgress(0, 0, 0, walking=False, began=0)
        began = int(told.began * 1000)
        numbers = ((told.done, "done"), (told.total, "total"), (told.before, "before"))
        values = (*numbers, (told.walking, "walking"), (began, "began"))
        with self._database.write() as db:
            db.executemany("UPDATE facts SET value = ? WHERE name = ?", values)

    def publish(self, *, complete: bool = False) -> bool:
        """Bring the orders up to date with what was written, so that lists show it; return whether anything was.

        With ``complete``, they now have the whole folder.
        """
        changed = self._changed
        with self._database.read() as db:
            facts = dict(db.execute("SELECT name, value FROM facts WHERE name IN ('unshown', 'complete')").fetchall())
            unshown, completes = facts["unshown"], complete and not facts["complete"]
            if not unshown and not completes:
                return False
            length = sort_orders.length(db)
            (last,) = db.execute("SELECT ifnull(max(rowid), 0) FROM files").fetchone()
        others = unshown != self._mark  # have changed rows too, where there are no locks to keep them from it
        anew = unshown and (others or changed is None or not sort_orders.is_worth_patching(len(changed), length))
        made = self._sorted(sets=complete) if anew and last >= _WORTH_THREADS else {}
        with self._database.write() as db:
            for sort, rowids in made.items():
                sort_orders.keep(db, sort, rowids)
            if anew and not made:
                sort_orders.make(db)
            elif changed and not anew:
                sort_orders.patch(db, changed)
                columns.patch(db, changed)
            if anew:
                columns.make(db)
            if completes:
                db.execute("UPDATE facts SET value = 1 WHERE name = 'complete'")
            db.execute("UPDATE facts SET value = 0 WHERE name = 'unshown'")
            db.execute("UPDATE facts SET value = value + 1 WHERE name = 'generation'")
        self._changed = set()
        self._database.checkpoint()
        return True

    def _sorted(self, *, sets: bool) -> dict[Sort, array[int]]:
        """Sort everything anew, some orders at a time; empty where what was written is seen by this connection only.

        With ``sets``, what :meth:`_make_sets` keeps is made at the same time, unless lists would have to wait for it.
        """
        if not self._database.is_shared():
            return {}

        def computed(sort: Sort) -> array[int]:
            with self._database.dedicated_connection() as db:
                return sort_orders.computed(db, sort)

        def frequent() -> fulltext.FrequentSets:
            with self._database.dedicated_connection() as db:
                db.execute("BEGIN")
                return fulltext.computed(db)

        with ThreadPoolExecutor(self.sorting_threads) as threads:
            beside = threads.submit(frequent) if sets and self.sorting_threads > 1 and self._are_sets_due() else None
            made = dict(zip(sort_orders.SORTS, threads.map(computed, sort_orders.SORTS), strict=True))
            self._frequent = None if beside is None else beside.result()
        return made

    def _touch(self, db: sqlite3.Connection, rowids: Iterable[int] | None) -> None:
        """Remember that rows are not yet shown as they are, on disk too: whoever writes next may be another."""
        self._written = True
        db.execute(
            "UPDATE facts SET value = CASE value WHEN 0 THEN :me ELSE -1 END "
            "WHERE name = 'unshown' AND value NOT IN (:me, -1)",
            {"me": self._mark},
        )
        if rowids is None:
            self._changed = None
        elif self._changed is not None:
            self._changed.update(rowids)
            if len(self._changed) > _PATCHABLE:
                self._changed = None


class _Moves:
    """Documents that are gone, by what they can be known again by."""

    def __init__(self, by_id: dict[int, list[int]], by_stat: dict[_Stat, list[int]]) -> None:
        self._by_id = by_id
        self._by_stat = by_stat
        self.claimed: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._by_id or self._by_stat)

    def claim(self, taken: ParsedFile) -> tuple[int | None, bool]:
        """Return the row of the same document at its former place, and whether its identity was that place."""
        assert taken.record is not None
        id_, title, excerpt, *_ = taken.record
        assert isinstance(id_, int)
        assert isinstance(title, str)
        assert isinstance(excerpt, str)
        rows = self._by_id.get(id_)
        former = False
        if not rows:
            rows = self._by_stat.get((taken.mtime_ns, taken.size, title, excerpt))
            former = bool(rows)
        if not rows:
            return None, False
        rowid = rows.pop()
        self.claimed.add(rowid)
        return rowid, former


def _folder(db: sqlite3.Connection, path: bytes) -> int:
    found = db.execute("SELECT rowid FROM folders WHERE path = ?", [path]).fetchone()
    if found is not None:
        return int(found[0])
    # Not RETURNING: for that SQLite opens a savepoint, for which FTS5 writes out what it has collected.
    rowid = db.execute("INSERT INTO folders (path) VALUES (?)", [path]).lastrowid
    assert rowid is not None
    return rowid


def _forget(db: sqlite3.Connection, rowids: Iterable[int]) -> None:
    rows = [(rowid,) for rowid in rowids]
    if rows:
        db.execute("UPDATE facts SET value = value + ? WHERE name = 'dead_slots'", [len(rows)])
    for table, column in _TABLES_OF_A_FILE.items():
        db.executemany(f"DELETE FROM {table} WHERE {column} = ?", rows)  # noqa: S608 - constants
