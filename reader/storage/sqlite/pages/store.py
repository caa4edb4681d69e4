"""Fetched originals: validators, compressed body, extracted text, images. One file for all folders, bounded.

A cache: it may vanish, and one that is damaged or of another format is set aside and
made anew, with every page that can still be read. When it grows over its limit,
images go first and then pages, the oldest first, but never those of starred articles.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Container, Iterable, Iterator, Sequence, Set
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reader.core.errors import ReaderError, describe_error
from reader.core.marks import id_to_int
from reader.core.text import show_path
from reader.storage.sqlite import lock
from reader.storage.sqlite.database import Database, StorageError, open_database
from reader.storage.sqlite.pages import eviction, fulltext
from reader.storage.sqlite.pages.connection import PageFile
from reader.storage.sqlite.pages.eviction import PruneResult
from reader.storage.sqlite.pages.leases import Leases
from reader.storage.sqlite.pages.recovery import open_or_recover, quarantined_files, remove_leftovers
from reader.storage.sqlite.pages.schema import ROW_BYTES, micros, page_in, prepare, put, row_of, time_of

if TYPE_CHECKING:
    from reader.content.page import Page

log = logging.getLogger(__name__)

LIMIT = 500_000_000
"""Bytes that are kept when nobody says otherwise."""

_ROOM = 50
"""When there is too much, one part in so many is freed besides, so that not every page makes room for itself."""
_MANY = 20_000
"""From so many articles on, all pages there are are read in one go."""
_DAYS_OF_FAILURES = 30


class FetchFailure(NamedTuple):
    """Why an article had no page when it was last asked for."""

    at: datetime
    failures: tuple[tuple[str, str, str], ...]
    """Way, host and reason of each address."""
    error: str


class CacheInfo(NamedTuple):
    """What is kept."""

    path: Path | None
    """None in memory."""
    pages: int
    images: int
    size: int
    """Bytes of pages and images, compressed."""
    limit: int
    starred: int
    """Pages of starred articles."""
    oldest: datetime | None
    newest: datetime | None


class PageStore(PageFile):
    """The pages of one person. Use :meth:`open`. Every method may be called from any thread and raise StorageError."""

    def __init__(self, database: Database, starred: Callable[[], Set[int]]) -> None:
        super().__init__(database)
        self._starred = starred
        path = database.path
        self._leases = Leases(None if path is None else path.with_name(f"{path.name}.claims"))
        self._tidying = threading.Lock()
        self._is_suspect = True
        """Whether the file may have become larger than what is in it."""
        self._is_renewing = False
        """Whether its words are made anew, a bit with every page."""
        self.limit = LIMIT
        """Bytes that may be kept."""

    @classmethod
    def open(cls, path: Path | None, starred: Callable[[], Set[int]]) -> PageStore:
        """Return the pages kept at ``path``, or in memory where that cannot be used, which :attr:`notice` tells.

        ``starred`` gives the numbers (:func:`reader.core.marks.id_to_int`) of all starred
        articles; when it raises ReaderError no page is removed.
        """
        notice = ""
        if path is not None:
            try:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                database, notice = open_or_recover(path)
            except (ReaderError, OSError) as error:
                what = (
                    error.message if isinstance(error, ReaderError) else f"{show_path(path)}: {describe_error(error)}."
                )
                log.warning("pages %s", show_path(path), exc_info=error)
                notice = f"{what} Fetched pages are kept in memory, until newsreader ends."
                path = None
        pages = cls(database if path is not None else open_database(None, prepare, durable=False), starred)
        pages.notice = notice
        return pages

    @property
    def in_memory(self) -> bool:
        """Whether it ends with the program."""
        return self._database.path is None

    # What is there.

    def page(self, id_: str) -> Page | None:
        """Return the page of an article."""

        return self._read(lambda db: page_in(db, id_))

    def ids_with_page(self) -> set[int]:
        """Return the numbers (:func:`reader.core.marks.id_to_int`) of all articles that have a page."""
        return self._read(lambda db: {id_ for (id_,) in db.execute("SELECT id FROM pages")})

    def with_words(self, phrase: Sequence[str], *, prefix: bool) -> list[int]:
        """Return the numbers of the articles in whose pages these words stand in a row.

        Words as :func:`reader.core.tokenize.words` makes them; with ``prefix`` the last may go on.
        """
        return self._read(lambda db: fulltext.matching(db, phrase, prefix=prefix))

    def version(self) -> int:
        """Return a number that changes whenever pages have come or gone, or the file has, whoever has changed them."""
        return self._read(lambda db: int(db.execute("SELECT changes FROM totals").fetchone()[0]))

    def which_have_page(self, ids: Sequence[str]) -> frozenset[str]:
        """Return which of these articles have a page."""
        numbers = {id_to_int(id_): id_ for id_ in ids}
        if len(numbers) >= _MANY:
            return frozenset(numbers[each] for each in numbers.keys() & self.ids_with_page())
        wanted = f"[{','.join(map(str, sorted(numbers)))}]"
        query = "SELECT pages.id FROM json_each(?) JOIN pages ON pages.id = value"
        return self._read(lambda db: frozenset(numbers[each] for (each,) in db.execute(query, [wanted])))

    def missing(self, ids: Iterable[str]) -> list[str]:
        """Return which of these articles have no page, each once, in their order."""
        every = list(dict.fromkeys(ids))
        there = self.which_have_page(every)
        return [id_ for id_ in every if id_ not in there]

    def failure(self, id_: str) -> FetchFailure | None:
        """Return why an article had no page when it was last asked for; None when it has one, or nobody has asked."""

        def act(db: sqlite3.Connection) -> FetchFailure | None:
            found = db.execute("SELECT at, told FROM failures WHERE id = ?", [id_to_int(id_)]).fetchone()
            if found is None:
                return None
            told = json.loads(found[1])
            return FetchFailure(time_of(found[0]), tuple((w, h, y) for w, h, y in told["failures"]), str(told["error"]))

        return self._read(act)

    def which_failed(self, ids: Sequence[str]) -> frozenset[str]:
        """Return which of these articles had no page when they were last asked for."""
        failed = self._read(lambda db: {id_ for (id_,) in db.execute("SELECT id FROM failures")})
        return frozenset(id_ for id_ in ids if id_to_int(id_) in failed) if failed else frozenset()

    def image(self, url: str) -> tuple[bytes, str] | None:
        """Return a kept image and its content type."""
        query = "SELECT data, content_type FROM images WHERE url = ?"

        def act(db: sqlite3.Connection) -> tuple[bytes, str] | None:
            found = db.execute(query, [url]).fetchone()
            return None if found is None else (bytes(found[0]), str(found[1]))

        return self._read(act)

    def info(self) -> CacheInfo:
        """Return what is kept. Raises ReaderError also when the marks cannot be read."""
        starred = self._starred()

        def act(db: sqlite3.Connection) -> CacheInfo:
            pages, images, size = db.execute("SELECT pages, images, bytes FROM totals").fetchone()
            oldest, newest = db.execute("SELECT min(fetched_at), max(fetched_at) FROM pages").fetchone()
            kept = sum(id_ in starred for (id_,) in db.execute("SELECT id FROM pages")) if starred else 0
            first, last = (None if each is None else time_of(each) for each in (oldest, newest))
            return CacheInfo(self._database.path, pages, images, size, self.limit, kept, first, last)

        return self._read(act)

    # Sharing the work with other programs.

    def acquire_lease(self, id_: str) -> bool:
        """Say that this program is about to fetch an article; False when another says so."""
        return self._leases.acquire(id_to_int(id_))

    def release_lease(self, id_: str) -> None:
        """Say that it is done with it."""
        self._leases.release(id_to_int(id_))

    # Changing it.

    def put(self, page: Page, body: bytes, charset: str = "") -> None:
        """Keep a page in the place of its former self, in one transaction, and make room for it.

        Raises StorageError, of which ``unwritable`` says that the disk is full.
        """
        row = row_of(page, body, charset)
        self._write(lambda db: put(db, row))
        self._make_room(row.id)
        self._tidy_up()

    def put_if_unchanged(
        self, former: Page | None, page: Page, body: bytes, charset: str = "", stays: Container[str] | None = None
    ) -> Page | None:
        """Keep a page as :meth:`put` does, where ``former`` is what is there, or nothing; else return what is there.

        So whoever has judged that it may take the place of ``former`` can judge anew. Neither
        starred articles nor those that ``stays`` has give their pages up for one that has had none:
        raises NoRoomError where there is no room but theirs, and nothing is kept.
        """
        row = row_of(page, body, charset)

        def act(db: sqlite3.Connection) -> Page | None:
            there = page_in(db, page.id)
            if there is not None and (former is None or there.fetched_at != former.fetched_at):
                return there
            put(db, row)
            if stays is not None and eviction.size_of(db) > self.limit:
                starred = self._starred_if_known()
                eviction.evict(db, self._limit_with_room(), starred, page=row.id, stays=stays)
                self._is_suspect = True
                if there is None and eviction.size_of(db) > self.limit:
                    raise eviction.NoRoomError(self.limit)
            return None

        there = self._write(act)
        if there is None and stays is None:
            self._make_room(row.id)
        self._tidy_up()
        return there

    def mark_checked(
        self, id_: str, at: datetime, etag: str = "", last_modified: str = "", final_url: str | None = None
    ) -> None:
        """Note that a page's server says that it still holds; its validators may be newer ones.

        Nothing is noted where the page that is there was not found at ``final_url``, if that is given.
        """

        def act(db: sqlite3.Connection) -> None:
            found = db.execute("SELECT facts FROM pages WHERE id = ?", [id_to_int(id_)]).fetchone()
            if found is not None:
                facts = json.loads(found[0])
                if final_url not in (None, facts["final_url"]):
                    return
                facts.update({"etag": etag or facts["etag"], "last_modified": last_modified or facts["last_modified"]})
                db.execute(
                    "UPDATE pages SET checked_at = ?, facts = ? WHERE id = ?",
                    [micros(at), json.dumps(facts), id_to_int(id_)],
                )

        self._write(act)

    def record_failure(self, id_: str, at: datetime, failures: Iterable[Sequence[str]], error: str) -> None:
        """Note why there is no page of an article."""
        told = json.dumps({"failures": [[*each] for each in failures], "error": error})

        def act(db: sqlite3.Connection) -> None:
            db.execute("INSERT OR REPLACE INTO failures VALUES (?, ?, ?)", [id_to_int(id_), micros(at), told])
            db.execute("DELETE FROM failures WHERE at < ?", [micros(at - timedelta(days=_DAYS_OF_FAILURES))])

        self._write(act)

    def put_image(self, url: str, data: bytes, content_type: str) -> None:
        """Keep an image, and make room for it.

        Raises ReaderError when there is no room for it however much is removed.
        """
        size = len(data) + ROW_BYTES

        def act(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM images WHERE url = ?", [url])
            row = [url, content_type, micros(datetime.now(UTC)), size, data]
            db.execute("INSERT INTO images VALUES (?, ?, ?, ?, ?)", row)
            if eviction.size_of(db) <= self.limit:
                return
            eviction.evict(db, self._limit_with_room(), self._starred_if_known(), image=url)
            if eviction.size_of(db) > self.limit:
                raise eviction.no_image_room_error(len(data), self.limit)
            self._is_suspect = True

        self._write(act)
        self._tidy_up()

    def prune(self, limit: int | None = None) -> PruneResult:
        """Remove the oldest until no more than ``limit`` bytes (else :attr:`limit`) are kept, and give the room back.

        Raises ReaderError also when the marks cannot be read.
        """
        pruned = self._remove(self.limit if limit is None else limit, None)
        self._give_back()
        return pruned

    def clear(self, *, starred: bool = False) -> PruneResult:
        """Remove every image and every page; those of starred articles only with ``starred``. Give the room back."""

        def act(db: sqlite3.Connection) -> PruneResult:
            kept: Set[int] = frozenset() if starred else self._starred_now()
            before = db.execute("SELECT pages, images, bytes FROM totals").fetchone()
            db.execute("DELETE FROM images")
            db.execute("DELETE FROM failures")
            gone = [(id_,) for (id_,) in db.execute("SELECT id FROM pages") if id_ not in kept]
            db.executemany("DELETE FROM pages WHERE id = ?", gone)
            after = db.execute("SELECT pages, images, bytes FROM totals").fetchone()
            return PruneResult(*(was - now for was, now in zip(before, after, strict=True)))

        pruned = self._write(act)
        self._give_back()
        self._remove_set_aside()
        return pruned

    def remove(self, id_: str) -> bool:
        """Remove the page of one article, starred or not, and why it had none before; return whether there was one."""

        def act(db: sqlite3.Connection) -> bool:
            db.execute("DELETE FROM failures WHERE id = ?", [id_to_int(id_)])
            return db.execute("DELETE FROM pages WHERE id = ?", [id_to_int(id_)]).rowcount > 0

        return self._write(act)

    def _remove_set_aside(self) -> None:
        path = self._database.path
        if path is None:
            return
        for each in quarantined_files(path):
            each.unlink(missing_ok=True)
        # Unless another is just now saving what can be saved.
        with (
            contextlib.suppress(lock.BusyError),
            lock.locked(threading.Lock(), path.with_name(path.name + ".lock"), lock.NO_WAIT),
        ):
            remove_leftovers(path)

    def close(self) -> None:
        """Close the file."""
        self._leases.close()
        super().close()

    # How.

    def _limit_with_room(self) -> int:
        return self.limit - self.limit // _ROOM

    def _starred_now(self) -> Set[int]:
        """Return what is starred, within the transaction that removes the rest. Raises ReaderError, no StorageError.

        To wait for that transaction may take seconds, in which somebody stars an article. The file of marks can be
        read however long others write to it, and nobody who writes to it waits for this one. (A StorageError would
        be taken for one of this file.)
        """
        try:
            return self._starred()
        except ReaderError as error:
            raise ReaderError(error.message, error.hint) from error

    def _starred_if_known(self) -> Set[int] | None:
        try:
            return self._starred()
        except ReaderError as error:
            log.warning("no page is removed for an image", exc_info=error)
            return None

    def _make_room(self, but: int) -> None:
        with _at_leisure():
            if self._read(eviction.size_of) > self.limit:
                self._remove(self._limit_with_room(), but)

    def _remove(self, limit: int, but: int | None) -> PruneResult:
        removed = self._write(lambda db: eviction.evict(db, limit, self._starred_now(), page=but))
        self._is_suspect = True
        return removed

    def _give_back(self) -> None:
        """Make the file as small as what is in it."""
        if self._read(fulltext.is_renewing) or self._read(fulltext.waste):
            while not self._write(fulltext.renew):
                pass
        self._read(eviction.give_back)
        self._checkpoint(whole=True)

    def _tidy_up(self) -> None:
        """Do a bit of what keeps the file about as small as what is in it."""
        with self._tidying, _at_leisure():
            if self._is_suspect:
                self._is_suspect = False
                self._is_renewing = self._is_renewing or self._read(eviction.has_waste)
                if self._read(eviction.has_free):
                    self._read(eviction.give_back)
            if self._is_renewing and self._write(fulltext.renew):
                self._is_renewing = False
                self._is_suspect = True  # the former table is free now


@contextlib.contextmanager
def _at_leisure() -> Iterator[None]:
    """Do what is no harm if it is left: rather too much than a page lost that the person wants to keep."""
    try:
        yield
    except ReaderError as error:
        if isinstance(error, StorageError) and error.damaged:
            raise
        log.warning("no room can be made among the pages", exc_info=error)
