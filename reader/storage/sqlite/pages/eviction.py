"""Eviction from the page file: images first, then pages, the oldest first; and measures of its unused space."""

from __future__ import annotations

import sqlite3
from collections.abc import Container, Set
from typing import NamedTuple

from reader.core.errors import ReaderError
from reader.core.marks import int_to_id
from reader.storage.sqlite.pages import fulltext

JOURNAL_BYTES = 2_000_000
"""A longer write-ahead log is emptied."""
_MAX_FREE_BYTES = 500_000
"""Unused space that the file may keep, besides one eighth of its size."""
_MAX_WASTE = 1 / 3
"""Removed pages in the full-text table per existing page; more are worth rebuilding the table."""
_SLACK = 1_000_000
"""Excess bytes of the file that are not worth rebuilding the full-text table."""


class PruneResult(NamedTuple):
    """What was removed."""

    pages: int
    images: int
    size: int
    """In bytes."""


def size_of(db: sqlite3.Connection) -> int:
    """Return the total size of all pages and images in bytes. Raises sqlite3.Error."""
    return int(db.execute("SELECT bytes FROM totals").fetchone()[0])


def evict(
    db: sqlite3.Connection,
    limit: int,
    starred: Set[int] | None,
    *,
    page: int | None = None,
    image: str | None = None,
    protected: Container[str] = frozenset(),
) -> PruneResult:
    """Remove the oldest images and pages until at most ``limit`` bytes are left.

    ``page``, ``image`` and the pages of ``starred`` and ``protected`` articles are never
    removed. If ``starred`` is None, no page is. Raises sqlite3.Error.
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
        if id_ not in starred and id_ != page and int_to_id(id_) not in protected:
            pages.append((id_,))
            size -= bytes_
    db.executemany("DELETE FROM images WHERE url = ?", images)
    db.executemany("DELETE FROM pages WHERE id = ?", pages)
    return PruneResult(len(pages), len(images), before - size)


def has_waste(db: sqlite3.Connection) -> bool:
    """Return whether the full-text table should be rebuilt, or is being rebuilt. Raises sqlite3.Error."""
    if fulltext.is_rebuilding(db):
        return True
    used = _bytes(db, "page_count") - _bytes(db, "freelist_count")
    return used > size_of(db) * 5 // 4 + _SLACK and fulltext.waste(db) > _MAX_WASTE


def has_free_space(db: sqlite3.Connection) -> bool:
    """Return whether much of the file is unused. Raises sqlite3.Error."""
    return _bytes(db, "freelist_count") > _MAX_FREE_BYTES + _bytes(db, "page_count") // 8


def vacuum(db: sqlite3.Connection) -> None:
    """Return the unused space of the file to the file system, outside a transaction. Raises sqlite3.Error."""
    db.executescript("PRAGMA incremental_vacuum")  # execute() would stop after the first page


def _bytes(db: sqlite3.Connection, pragma: str) -> int:
    (pages,), (size,) = (db.execute(f"PRAGMA {each}").fetchone() for each in (pragma, "page_size"))
    return int(pages * size)


class NoRoomError(ReaderError):
    """The cache is full of pages that must not be removed."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"There is no room for more pages in {limit / 1_000_000:,.0f} MB.",
            "Set a larger cache_mb under [fetch] in config.toml, or run `newsreader cache clear`, which removes all "
            "pages except those of starred articles.",
        )


def no_image_room_error(size: int, limit: int) -> ReaderError:
    """Return the error for an image of ``size`` bytes that does not fit into ``limit`` bytes."""
    needed, available = (f"{each / 1_000_000:,.1f} MB" for each in (size, limit))
    hint = "Set a larger cache_mb under [fetch] in config.toml."
    return ReaderError(f"There is no room for an image of {needed} in a cache of {available}.", hint)
