"""What goes when there is too much in the file of fetched pages: images first, then pages, the oldest first."""

from __future__ import annotations

import sqlite3
from collections.abc import Set
from typing import NamedTuple


class Pruned(NamedTuple):
    """What was removed."""

    pages: int
    images: int
    size: int
    """In bytes."""


def size_of(db: sqlite3.Connection) -> int:
    """Return the bytes of all pages and images, as they are counted. Raises sqlite3.Error."""
    return int(db.execute("SELECT bytes FROM totals").fetchone()[0])


def remove(
    db: sqlite3.Connection, limit: int, starred: Set[int] | None, *, page: int | None = None, image: str | None = None
) -> Pruned:
    """Remove the oldest until no more than ``limit`` bytes are left, but never ``page`` and ``image``.

    Pages of ``starred`` articles stay; None stands for all pages. Raises sqlite3.Error.
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
        if id_ not in starred and id_ != page:
            pages.append((id_,))
            size -= bytes_
    db.executemany("DELETE FROM images WHERE url = ?", images)
    db.executemany("DELETE FROM pages WHERE id = ?", pages)
    return Pruned(len(pages), len(images), before - size)
