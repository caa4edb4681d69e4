"""What goes when there is too much in the file of fetched pages: images first, then pages, the oldest first.

And when the file is larger than what is in it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Container, Set
from typing import NamedTuple

from reader.core.errors import ReaderError
from reader.core.marks import int_to_id
from reader.storage.sqlite.pages import fulltext

JOURNAL_BYTES = 2_000_000
"""The write-ahead log is emptied once it is longer."""
_FREE_BYTES = 500_000
"""Room that may stay unused in the file."""
_MUCH_WASTE = 1 / 3
"""Words of former pages, per page that is there, that are worth the renewal of the table."""
_SLACK = 1_000_000
"""Bytes that a file may be too large without a renewal."""


class PruneResult(NamedTuple):
    """What was removed."""

    pages: int
    images: int
    size: int
    """In bytes."""


def size_of(db: sqlite3.Connection) -> int:
    """Return the bytes of all pages and images, as they are counted. Raises sqlite3.Error."""
    return int(db.execute("SELECT bytes FROM totals").fetchone()[0])


def evict(
    db: sqlite3.Connection,
    limit: int,
    starred: Set[int] | None,
    *,
    page: int | None = None,
    image: str | None = None,
    stays: Container[str] = frozenset(),
) -> PruneResult:
    """Remove the oldest until no more than ``limit`` bytes are left, but never ``page`` and ``image``.

    Pages of ``starred`` articles stay; None stands for all pages. So do those of the articles, by
    their identities, that ``stays`` has. Raises sqlite3.Error.
    """
    size = before = size_of(db)
    images, pages = [], []
    for url, bytes_ in db.execute("SELECT url, bytes FROM images ORDER BY fetched_at"):
        if size <= limit:
            break
        if url != image:
            images.append((url,))
            size -= bytes_
    for id_, bytes_ in db.execute("SELECT id, bytes FROM pages ORDER BY fetched_at"):
        if size <= limit or starred is None:
            break
        if id_ not in starred and id_ != page and int_to_id(id_) not in stays:
            pages.append((id_,))
            size -= bytes_
    db.executemany("DELETE FROM images WHERE url = ?", images)
    db.executemany("DELETE FROM pages WHERE id = ?", pages)
    return PruneResult(len(pages), len(images), before - size)


def has_waste(db: sqlite3.Connection) -> bool:
    """Return whether the file is so much larger than its pages that their words are to be renewed, or are just now.

    Raises sqlite3.Error.
    """
    if fulltext.is_renewing(db):
        return True
    used = _bytes(db, "page_count") - _bytes(db, "freelist_count")
    return used > size_of(db) * 5 // 4 + _SLACK and fulltext.waste(db) > _MUCH_WASTE


def has_free(db: sqlite3.Connection) -> bool:
    """Return whether much of the file is unused. Raises sqlite3.Error."""
    return _bytes(db, "freelist_count") > _FREE_BYTES + _bytes(db, "page_count") // 8


def give_back(db: sqlite3.Connection) -> None:
    """Give back to the system what is unused in the file; outside of a transaction. Raises sqlite3.Error."""
    db.executescript("PRAGMA incremental_vacuum")  # execute() would end it after the first page


def _bytes(db: sqlite3.Connection, pragma: str) -> int:
    (pages,), (size,) = (db.execute(f"PRAGMA {each}").fetchone() for each in (pragma, "page_size"))
    return int(pages * size)


class NoRoomError(ReaderError):
    """There is no room for a page but that of pages that are to stay."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"There is no room for more pages in {limit / 1_000_000:,.0f} MB.",
            "More have room with a larger cache_mb under [fetch] in config.toml; `newsreader cache clear` removes all "
            "but those of starred articles.",
        )


def no_image_room_error(size: int, limit: int) -> ReaderError:
    """Return that an image of so many bytes has no room."""
    what, most = (f"{each / 1_000_000:,.1f} MB" for each in (size, limit))
    hint = "There is more with a larger cache_mb under [fetch] in config.toml."
    return ReaderError(f"Its {what} have no room among the {most} that are kept.", hint)
