"""The store of fetched pages (validators, compressed body, extracted text) and images, one file for all folders.

It is a cache and may be deleted. A file that is damaged or has another format is set aside and
rebuilt with every page that is still readable. Beyond the size limit, images are evicted first
and then pages, the oldest first, but never those of starred articles.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Container, Iterable, Sequence, Set
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from reader.core.errors import ReaderError, describe_error
from reader.core.marks import id_to_int
from reader.core.text import show_path
from reader.core.times import from_micros, to_micros
from reader.storage.sqlite import lock
from reader.storage.sqlite.database import Database, delete_quarantined, json_array
from reader.storage.sqlite.pages import eviction, fulltext
from reader.storage.sqlite.pages.connection import PageFile
from reader.storage.sqlite.pages.eviction import PruneResult
from reader.storage.sqlite.pages.recovery import lock_path, open_or_recover, remove_leftovers
from reader.storage.sqlite.pages.schema import ROW_BYTES, PageRow, open_page_file, page_in, put, row_of, words_of

if TYPE_CHECKING:
    from reader.content.page import Page

log = logging.getLogger(__name__)

LIMIT = 500_000_000
"""Default size limit in bytes."""

_HEADROOM_DIVISOR = 50
"""Eviction frees an additional fiftieth of the limit, so that not every new page has to evict others."""
_SCAN_THRESHOLD = 20_000
"""Number of articles from which one scan of all pages replaces a lookup of each."""
_FAILURE_DAYS = 30


class FetchFailure(NamedTuple):
    """Why the last attempt to fetch an article yielded no page."""

    at: datetime
    failures: tuple[tuple[str, str, str], ...]
    """Kind, host and reason of each URL that was tried."""
    error: str


class CacheInfo(NamedTuple):
    """What the store contains."""

    path: Path | None
    """None for a store in memory."""
    pages: int
    images: int
    size: int
    """Compressed bytes of pages and images."""
    limit: int
    starred: int
    """Number of pages of starred articles."""
    oldest: datetime | None
    newest: datetime | None


class PageStore(PageFile):
    """All pages and images; use :meth:`open`. Every method is thread-safe and may raise StorageError."""

    def __init__(self, database: Database, starred: Callable[[], Set[int]]) -> None:
        super().__init__(database)
        self._starred = starred
        path = database.path
        self._leases = lock.Leases(None if path is None else path.with_name(f"{path.name}.claims"))
        self._maintenance_lock = threading.Lock()
        self._may_have_waste = True
        """Whether the file may have become larger than its content."""
        self._is_rebuilding = False
        """Whether the full-text table is being rebuilt, one step with every stored page."""
        self.limit = LIMIT
        """Size limit in bytes."""

    @classmethod
    def open(cls, path: Path | None, starred: Callable[[], Set[int]]) -> PageStore:
        """Return the store at ``path``; in memory, with a :attr:`notice`, if the file cannot be used.

        ``starred`` returns the numbers (:func:`reader.core.marks.id_to_int`) of all starred
        articles; if it raises ReaderError, no page is removed.
        """
        notice = ""
        if path is not None:
            try:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                database, notice = open_or_recover(path)
            except (ReaderError, OSError) as error:
                cause = (
                    error.message if isinstance(error, ReaderError) else f"{show_path(path)}: {describe_error(error)}."
                )
                log.warning("pages %s", show_path(path), exc_info=error)
                notice = f"{cause} Fetched pages are kept in memory until newsreader ends."
                path = None
        pages = cls(database if path is not None else open_page_file(None), starred)
        pages.notice = notice
        return pages

    @property
    def in_memory(self) -> bool:
        """Whether the content is lost when the program ends."""
        return self._database.path is None

    # Queries

    def page(self, id_: str) -> Page | None:
        """Return the page of an article."""
        return self._read(lambda db: page_in(db, id_))

    def page_without_text(self, id_: str) -> Page | None:
        """Return the page of an article, its extract without blocks: what a pane says about it."""
        return self._read(lambda db: page_in(db, id_, with_text=False))

    def ids_with_page(self) -> set[int]:
        """Return the numbers (:func:`reader.core.marks.id_to_int`) of all articles that have a page."""
        return self._read(lambda db: {id_ for (id_,) in db.execute("SELECT id FROM pages")})

    def with_words(self, phrase: Sequence[str], *, prefix: bool) -> list[int]:
        """Return the numbers of the articles whose pages contain these words in a row.

        The words are those of :func:`reader.core.tokenize.words`; with ``prefix`` the last may
        be the start of a longer one.
        """
        return self._read(lambda db: fulltext.matching(db, phrase, prefix=prefix))

    def version(self) -> int:
        """Return a number that changes whenever any program adds or removes pages or replaces the file."""
        return self._read(lambda db: int(db.execute("SELECT changes FROM totals").fetchone()[0]))

    def which_have_page(self, ids: Sequence[str]) -> frozenset[str]:
        """Return which of these articles have a page."""
        some = "SELECT pages.id FROM json_each(?) JOIN pages ON pages.id = value"
        return self._which(ids, "SELECT id FROM pages", some)

    def which_failed(self, ids: Sequence[str]) -> frozenset[str]:
        """Return for which of these articles the last attempt to fetch one failed."""
        some = "SELECT failures.id FROM json_each(?) JOIN failures ON failures.id = value"
        return self._which(ids, "SELECT id FROM failures", some)

    def _which(self, ids: Sequence[str], every: str, some: str) -> frozenset[str]:
        """Return those of ``ids`` that a query finds: ``every`` reads a whole table, ``some`` looks up a few."""
        numbers = {id_to_int(id_): id_ for id_ in ids}
        is_long = len(numbers) >= _SCAN_THRESHOLD
        query, values = (every, []) if is_long else (some, [json_array(sorted(numbers))])
        return self._read(lambda db: frozenset(numbers[id_] for (id_,) in db.execute(query, values) if id_ in numbers))

    def missing(self, ids: Iterable[str]) -> list[str]:
        """Return which of these articles have no page, in order and without duplicates."""
        unique = list(dict.fromkeys(ids))
        present = self.which_have_page(unique)
        return [id_ for id_ in unique if id_ not in present]

    def failure(self, id_: str) -> FetchFailure | None:
        """Return why the last attempt to fetch an article failed; None if it has a page or was never tried."""

        def query(db: sqlite3.Connection) -> FetchFailure | None:
            found = db.execute("SELECT at, told FROM failures WHERE id = ?", [id_to_int(id_)]).fetchone()
            if found is None:
                return None
            details = json.loads(found[1])
            failures = tuple((way, host, reason) for way, host, reason in details["failures"])
            return FetchFailure(from_micros(found[0]), failures, str(details["error"]))

        return self._read(query)

    def image(self, url: str) -> tuple[bytes, str] | None:
        """Return a stored image and its content type."""

        def query(db: sqlite3.Connection) -> tuple[bytes, str] | None:
            found = db.execute("SELECT data, content_type FROM images WHERE url = ?", [url]).fetchone()
            return None if found is None else (bytes(found[0]), str(found[1]))

        return self._read(query)

    def cached_images(self, urls: Iterable[str]) -> set[str]:
        """Return which of these images are stored."""
        wanted = json.dumps([*urls])
        sql = "SELECT url FROM images WHERE url IN (SELECT value FROM json_each(?))"
        return self._read(lambda db: {url for (url,) in db.execute(sql, [wanted])})

    def info(self) -> CacheInfo:
        """Return what the store contains. Raises ReaderError also if the marks cannot be read."""
        starred = self._starred()

        def query(db: sqlite3.Connection) -> CacheInfo:
            pages, images, size = db.execute("SELECT pages, images, bytes FROM totals").fetchone()
            oldest, newest = (
                None if each is None else from_micros(each)
                for each in db.execute("SELECT min(fetched_at), max(fetched_at) FROM pages").fetchone()
            )
            count = sum(id_ in starred for (id_,) in db.execute("SELECT id FROM pages")) if starred else 0
            return CacheInfo(self._database.path, pages, images, size, self.limit, count, oldest, newest)

        return self._read(query)

    # Leases, by which programs share the work

    def acquire_lease(self, id_: str) -> bool:
        """Reserve the fetching of an article for this program; return False if another has reserved it."""
        return self._leases.acquire(id_to_int(id_))

    def release_lease(self, id_: str) -> None:
        """End the reservation of an article."""
        self._leases.release(id_to_int(id_))

    # Changes

    def put(
        self,
        page: Page,
        body: bytes,
        charset: str = "",
        protected: Container[str] | None = None,
        expected: Page | Literal["any"] | None = "any",
    ) -> Page | None:
        """Store a page in one transaction, evict others if necessary, and return None.

        If a page other than ``expected`` is stored, change nothing and return that page, so that the caller can decide
        again. Pages of starred and of ``protected`` articles are not evicted for an article without a page: raises
        NoRoomError, and stores nothing, if there is no other space. Raises StorageError, with ``unwritable`` set if
        the disk is full.
        """
        row = row_of(page, body, charset)

        def query(db: sqlite3.Connection) -> Page | None:
            stored = page_in(db, page.id)
            if expected != "any" and stored and (expected is None or stored.fetched_at != expected.fetched_at):
                return stored
            put(db, row)
            has_room = self._make_room(db, row.id, "", protected or ())
            if not has_room and protected is not None and stored is None:
                raise eviction.NoRoomError(self.limit)
            return None

        stored = self._write(query)
        self._maintain()
        return stored

    def mark_checked(
        self, id_: str, at: datetime, etag: str = "", last_modified: str = "", final_url: str | None = None
    ) -> None:
        """Record that the server confirmed a page at ``at``, and its new validators, if any.

        Does nothing if ``final_url`` is given and the stored page came from another URL.
        """

        def query(db: sqlite3.Connection) -> None:
            found = db.execute("SELECT facts FROM pages WHERE id = ?", [id_to_int(id_)]).fetchone()
            if found is not None:
                facts = json.loads(found[0])
                if final_url not in (None, facts["final_url"]):
                    return
                facts.update({"etag": etag or facts["etag"], "last_modified": last_modified or facts["last_modified"]})
                values = [to_micros(at), json.dumps(facts), id_to_int(id_)]
                db.execute("UPDATE pages SET checked_at = ?, facts = ? WHERE id = ?", values)

        self._write(query)

    def record_failure(self, id_: str, at: datetime, failures: Iterable[Sequence[str]], error: str) -> None:
        """Record why an article could not be fetched."""
        details = json.dumps({"failures": [[*each] for each in failures], "error": error})

        def query(db: sqlite3.Connection) -> None:
            db.execute("INSERT OR REPLACE INTO failures VALUES (?, ?, ?)", [id_to_int(id_), to_micros(at), details])
            db.execute("DELETE FROM failures WHERE at < ?", [to_micros(at - timedelta(days=_FAILURE_DAYS))])

        self._write(query)

    def put_image(self, url: str, data: bytes, content_type: str) -> None:
        """Store an image, and evict others if necessary.

        Raises ReaderError if eviction cannot free enough space for it.
        """
        size = len(data) + ROW_BYTES

        def query(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM images WHERE url = ?", [url])
            row = [url, content_type, to_micros(datetime.now(UTC)), size, data]
            db.execute("INSERT INTO images VALUES (?, ?, ?, ?, ?)", row)
            if not self._make_room(db, None, url, ()):
                raise eviction.no_image_room_error(len(data), self.limit)

        self._write(query)
        self._maintain()

    def prune(self, limit: int | None = None) -> PruneResult:
        """Evict until at most ``limit`` bytes (default: :attr:`limit`) are left, and shrink the file.

        Raises ReaderError also if the marks cannot be read.
        """
        target = self.limit if limit is None else limit
        pruned = self._write(lambda db: eviction.evict(db, target, self._starred_in_transaction()))
        self._may_have_waste = True
        self._shrink()
        return pruned

    def clear(self, *, starred: bool = False) -> PruneResult:
        """Remove all images and pages, and shrink the file; pages of starred articles only with ``starred``."""

        def query(db: sqlite3.Connection) -> PruneResult:
            spared: Set[int] = frozenset() if starred else self._starred_in_transaction()
            before = db.execute("SELECT pages, images, bytes FROM totals").fetchone()
            db.execute("DELETE FROM images")
            db.execute("DELETE FROM failures")
            removed = [(id_,) for (id_,) in db.execute("SELECT id FROM pages") if id_ not in spared]
            db.executemany("DELETE FROM pages WHERE id = ?", removed)
            after = db.execute("SELECT pages, images, bytes FROM totals").fetchone()
            return PruneResult(*(was - now for was, now in zip(before, after, strict=True)))

        pruned = self._write(query)
        self._shrink()
        path = self._database.path
        if path is not None:
            delete_quarantined(path)
            # If the lock is taken, another program is recovering the file and still needs its copies.
            with contextlib.suppress(lock.BusyError), lock.locked(threading.Lock(), lock_path(path), lock.NO_WAIT):
                remove_leftovers(path)
        return pruned

    def reassign_ids(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Move the page of each first id to the second, unless that has one."""

        def query(db: sqlite3.Connection) -> None:
            columns = "fetched_at, checked_at, bytes, facts, blocks, body"
            rows = f"SELECT {columns} FROM pages JOIN texts USING (id) WHERE id = ?"  # noqa: S608 - constants
            for previous, new in pairs:
                row = db.execute(rows, [previous]).fetchone()
                if row and not db.execute("SELECT 1 FROM pages WHERE id = ?", [new]).fetchone():
                    put(db, PageRow(new, *row))
                db.execute("DELETE FROM pages WHERE id = ?", [previous])

        self._write(query)

    def remove(self, id_: str) -> bool:
        """Remove the page of an article, starred or not, and its failure; return whether there was a page."""

        def query(db: sqlite3.Connection) -> bool:
            db.execute("DELETE FROM failures WHERE id = ?", [id_to_int(id_)])
            return db.execute("DELETE FROM pages WHERE id = ?", [id_to_int(id_)]).rowcount > 0

        return self._write(query)

    def close(self) -> None:
        """Release all leases and close the file."""
        self._leases.close()
        super().close()

    # Eviction and maintenance

    def _starred_in_transaction(self) -> Set[int]:
        """Return the starred articles, read inside the transaction that removes the others. Raises ReaderError.

        Waiting for that transaction can take seconds, in which you may star an article. The marks
        are readable while others write to them, and their writers never wait for this file. Raises
        no StorageError, which would be taken for an error of this file.
        """
        try:
            return self._starred()
        except ReaderError as error:
            raise ReaderError(error.message, error.hint) from error

    def _make_room(self, db: sqlite3.Connection, page: int | None, image: str, protected: Container[str]) -> bool:
        """Evict other pages if the limit is exceeded; return whether the cache is within it now."""
        if eviction.size_of(db) <= self.limit:
            return True
        starred: Set[int] | None = None
        try:
            starred = self._starred()
        except ReaderError as error:
            log.warning("no page is evicted, since the marks cannot be read", exc_info=error)
        target = self.limit - self.limit // _HEADROOM_DIVISOR
        eviction.evict(db, target, starred, page=page, image=image, protected=protected)
        self._may_have_waste = True
        return eviction.size_of(db) <= self.limit

    def _shrink(self) -> None:
        """Rebuild the full-text table if it has waste, and return all unused space to the file system."""
        if self._read(fulltext.is_rebuilding) or self._read(fulltext.waste):
            while not self._rebuild_words():
                pass
        self._read(eviction.vacuum)
        self._checkpoint(force=True)

    def _rebuild_words(self) -> bool:
        """Start or continue to rebuild the full-text table; return whether it is complete."""
        return self._write(lambda db: fulltext.rebuild_step(db, words_of))

    def _maintain(self) -> None:
        """Do one step of the work that keeps the file about as small as its content."""
        try:
            with self._maintenance_lock:
                if self._may_have_waste:
                    self._may_have_waste = False
                    self._is_rebuilding = self._is_rebuilding or self._read(eviction.has_waste)
                    if self._read(eviction.has_free_space):
                        self._read(eviction.vacuum)
                if self._is_rebuilding and self._rebuild_words():
                    self._is_rebuilding = False
                    self._may_have_waste = True  # the old table is unused space now
        except ReaderError as error:
            if error.damaged:
                raise
            log.warning("no space can be freed in the page file", exc_info=error)  # too large a file does no harm
