"""Where the person was: how far in each article, and at which article of each view. Kept beside the marks.

A place is no change that one would undo, nor one that others must see at once: it is in no
step of the history and does not raise the number by which marks are known to have changed.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Literal, NamedTuple

from reader.core.errors import ReaderError
from reader.core.marks import LATEST, number

if TYPE_CHECKING:
    from reader.core.ordering import Sort, View
    from reader.storage.sqlite.index.reader import Index

log = logging.getLogger(__name__)

TABLES = (
    "CREATE TABLE positions (id INTEGER PRIMARY KEY, position INTEGER NOT NULL, seen_at INTEGER NOT NULL)",
    "CREATE TABLE places (folder TEXT NOT NULL, view TEXT NOT NULL, ids TEXT NOT NULL, at INTEGER NOT NULL, "
    "line INTEGER NOT NULL, seen_at INTEGER NOT NULL, PRIMARY KEY (folder, view)) WITHOUT ROWID",
)
COLUMNS = ("id, position, seen_at FROM positions", "folder, view, ids, at, line, seen_at FROM places")
SINCE = 3
"""The first version of the file of marks that has these tables."""
POSITIONS = 10_000
"""Articles of which it is kept how far one was."""
VIEWS = 200
"""Views of one folder of which the place is kept."""
ALL_VIEWS = 10_000
"""Views of all folders together of which it is."""
_LONGEST_NAME = 2_000
_FULL_TEXT = 0x5D2F_9A61_C38E_7B04
"""What the identity of an article is combined with (exclusive or) for the place in its full text."""
_NEAR = (0, 1, -1, 2, -2, 3, -3, 4, -4)
"""The selected article and the neighbours that may stand in for it, by how many rows below, in the order of trying."""


PlaceOf = Literal["article", "text"]
"""What a place is in: the pane that tells of an article, or its full text."""


class Place(NamedTuple):
    """Where somebody was in a list."""

    articles: tuple[int, ...]
    """The selected article, then its neighbours, the nearest first: row numbers, or identities where it says so."""
    at: int
    """How many articles stood above the selected one."""
    line: int
    """On which line of the list it was, from 0."""


class Rows(NamedTuple):
    """Places as the tables hold them, column by column."""

    positions: Sequence[tuple[int, int, int]] = ()
    places: Sequence[tuple[str, str, str, int, int, int]] = ()


def place_in(view: View, at: int, line: int) -> Place:
    """Return the place at which the article ``at`` of ``view`` is selected, on a line of the list; by row numbers."""
    near = tuple(view.rowids[at + step] for step in _NEAR if 0 <= at + step < len(view))
    return Place(near, at, line)


def view_name(sort: Sort, query: str = "") -> str:
    """Return what a view is called: its order, and its query as :func:`reader.query.parser.format_query` writes it."""
    return f"{sort.by} {'up' if sort.reverse else 'down'} {query}".rstrip()


# The tables.


def make(db: sqlite3.Connection) -> None:
    """Create the tables."""
    for statement in TABLES:
        db.execute(statement)


def every(db: sqlite3.Connection) -> Rows:
    """Return all there is."""
    return Rows(*(db.execute(f"SELECT {columns}").fetchall() for columns in COLUMNS))


def take_in(db: sqlite3.Connection, rows: Rows) -> None:
    """Merge places of another file: of each the later one holds."""
    db.executemany(
        "INSERT INTO positions (id, position, seen_at) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        "position = excluded.position, seen_at = excluded.seen_at WHERE excluded.seen_at > seen_at",
        rows.positions,
    )
    db.executemany(
        "INSERT INTO places (folder, view, ids, at, line, seen_at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (folder, view) DO UPDATE SET ids = excluded.ids, at = excluded.at, line = excluded.line, "
        "seen_at = excluded.seen_at WHERE excluded.seen_at > seen_at",
        rows.places,
    )
    _trim(db)


def sound(positions: Iterable[tuple[object, ...]], places: Iterable[tuple[object, ...]]) -> Rows:
    """Return of what was read of a damaged file that which can be right."""
    return Rows(
        [
            (id_, position, min(max(at, 0), LATEST))
            for id_, position, at in positions
            if isinstance(id_, int) and isinstance(position, int) and isinstance(at, int) and position > 0
        ],
        [
            (folder, view, ids, at, line, min(max(seen, 0), LATEST))
            for folder, view, ids, at, line, seen in places
            if isinstance(folder, str) and isinstance(view, str) and isinstance(ids, str) and _identities(ids)
            if isinstance(at, int) and isinstance(line, int) and isinstance(seen, int)
        ],
    )


def carry(db: sqlite3.Connection, pairs: Iterable[tuple[int, int]]) -> None:
    """Give the places of each first identity to the second as well, unless that has one that is later."""
    to = {former: present for former, present in pairs if former != present}
    to |= {former ^ _FULL_TEXT: present ^ _FULL_TEXT for former, present in to.items()}
    numbers = json.dumps([*to])
    query = "SELECT id, position, seen_at FROM positions WHERE id IN (SELECT value FROM json_each(?))"
    positions = [(to[id_], *rest) for id_, *rest in db.execute(query, [numbers])]
    db.executemany(
        "INSERT INTO positions (id, position, seen_at) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        "position = excluded.position, seen_at = excluded.seen_at WHERE excluded.seen_at > seen_at",
        positions,
    )
    changed = []
    for folder, view, text in db.execute("SELECT folder, view, ids FROM places"):
        ids = _identities(text)
        if not to.keys().isdisjoint(ids):
            changed.append((json.dumps([to.get(id_, id_) for id_ in ids]), folder, view))
    db.executemany("UPDATE places SET ids = ? WHERE folder = ? AND view = ?", changed)


def _identities(text: str) -> list[int]:
    """Return the identities that a row holds; what is no list of numbers of 64 bits is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return []
    ids = found if isinstance(found, list) else []
    return ids if all(isinstance(id_, int) and -(1 << 63) <= id_ < 1 << 63 for id_ in ids) else []


def _trim(db: sqlite3.Connection) -> None:
    """Let those go that were seen longest ago, beyond so many."""
    if _count(db, "positions") > POSITIONS:
        db.execute(
            "DELETE FROM positions WHERE id IN (SELECT id FROM positions ORDER BY seen_at DESC, id LIMIT -1 OFFSET ?)",
            [POSITIONS],
        )
    db.execute(
        "DELETE FROM places WHERE (folder, view) IN (SELECT folder, view FROM (SELECT folder, view, "
        "row_number() OVER (PARTITION BY folder ORDER BY seen_at DESC, view) AS rank FROM places) WHERE rank > ?)",
        [VIEWS],
    )
    if _count(db, "places") > ALL_VIEWS:
        db.execute(
            "DELETE FROM places WHERE (folder, view) IN "
            "(SELECT folder, view FROM places ORDER BY seen_at DESC, folder, view LIMIT -1 OFFSET ?)",
            [ALL_VIEWS],
        )


def _count(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - our own names


class Kept:
    """The places in the file of marks, by identity; ``read`` and ``write`` lend a connection to it."""

    def __init__(
        self,
        read: Callable[[], AbstractContextManager[sqlite3.Connection]],
        write: Callable[[], AbstractContextManager[sqlite3.Connection]],
    ) -> None:
        self._read = read
        self._write = write

    def position(self, id_: int) -> int:
        """Return how far in an article one was; 0 for its top. Raises StorageError."""
        with self._read() as db:
            row = db.execute("SELECT position FROM positions WHERE id = ?", [id_]).fetchone()
        return 0 if row is None else int(row[0])

    def place(self, folder: str, view: str) -> Place | None:
        """Return the place in a view, by identities, or None. Raises StorageError."""
        with self._read() as db:
            query = "SELECT ids, at, line FROM places WHERE folder = ? AND view = ?"
            row = db.execute(query, [folder, view]).fetchone()
        return None if row is None else Place(tuple(_identities(row[0])), int(row[1]), int(row[2]))

    def keep(self, folder: str, positions: Mapping[int, int], places: Mapping[str, Place | None]) -> None:
        """Keep how far one was in articles (0: no further than the top), and places in views of a folder (None: none).

        Raises StorageError.
        """
        with self._write() as db:
            # Later than all others, whatever the clock says: what was seen last is what is kept.
            last = (
                "SELECT max(coalesce((SELECT max(seen_at) FROM positions), 0), coalesce(max(seen_at), 0)) FROM places"
            )
            now = max(time.time_ns() // 1_000_000, int(db.execute(last).fetchone()[0]) + 1)
            db.executemany("DELETE FROM positions WHERE id = ?", [[id_] for id_ in positions])
            db.executemany("DELETE FROM places WHERE folder = ? AND view = ?", [(folder, view) for view in places])
            take_in(
                db,
                Rows(
                    [(id_, position, now) for id_, position in positions.items() if position > 0],
                    [
                        (folder, view, json.dumps([*place.articles]), place.at, place.line, now)
                        for view, place in places.items()
                        if place is not None
                    ],
                ),
            )


class Places:
    """Where the person is and was in one folder. What is told here is known at once, and on disk after :meth:`write`.

    May be used from any thread; nothing but ``write``, ``position`` and ``place`` waits for a disk.
    """

    def __init__(self, kept: Kept, index: Callable[[], Index], folder: str) -> None:
        self._kept = kept
        self._index = index
        self._folder = folder
        self._guard = threading.Lock()
        self._writing = threading.Lock()
        self._positions: dict[int, int] = {}
        """Those that are not on disk yet."""
        self._views: OrderedDict[str, Place | None] = OrderedDict()
        """The places of this run by row numbers, the latest last; None for the top."""
        self._unwritten: set[str] = set()

    def left_article(self, id_: str, position: int, of: PlaceOf = "article") -> None:
        """Note how far in an article, or in its full text, one is: characters above the topmost line; 0 is its top."""
        with self._guard:
            self._positions[_key(id_, of)] = position

    def left_view(self, name: str, place: Place) -> None:
        """Note the place in a view, by row numbers. Who is at its first article begins there another time as well."""
        if len(name) > _LONGEST_NAME:
            return  # that is no query that anybody comes back to
        with self._guard:
            self._views[name] = place if place.at else None
            self._views.move_to_end(name)
            self._unwritten.add(name)
            while len(self._views) > VIEWS:
                self._unwritten.discard(self._views.popitem(last=False)[0])

    def write(self) -> None:
        """Put on disk what was noted. Raises StorageError; what could not be written is tried again the next time."""
        with self._writing:
            with self._guard:
                positions = dict(self._positions)
                views = {name: self._views[name] for name in self._unwritten}
            if not positions and not views:
                return
            self._kept.keep(self._folder, positions, self._by_identity(views))
            with self._guard:
                for id_, position in positions.items():
                    if self._positions.get(id_) == position:
                        del self._positions[id_]
                self._unwritten -= {name for name, place in views.items() if self._views.get(name) == place}

    def _by_identity(self, views: Mapping[str, Place | None]) -> dict[str, Place | None]:
        rowids = sorted({rowid for place in views.values() if place is not None for rowid in place.articles})
        ids = self._index().ids_by_row(rowids)
        return {
            name: place
            and place._replace(articles=tuple(number(ids[rowid]) for rowid in place.articles if rowid in ids))
            for name, place in views.items()
        }

    def forget_rows(self) -> None:
        """Forget row numbers: another index takes the place of the present one."""
        with self._guard:
            self._views.clear()
            self._unwritten.clear()

    def position(self, id_: str, of: PlaceOf = "article") -> int:
        """Return how far in an article, or in its full text, one was; 0 for its top."""
        key = _key(id_, of)
        with self._guard:
            if key in self._positions:
                return self._positions[key]
        try:
            return self._kept.position(key)
        except ReaderError as error:
            log.warning("places cannot be read", exc_info=error)  # news can be read without
            return 0

    def place(self, name: str, view: View) -> tuple[int, int] | None:
        """Return where in ``view``, which has a name, one was, and on which line of the list; None for its top.

        When the article is not in it any more, that is its nearest neighbour.
        """
        with self._guard:
            here = name in self._views
            place = self._views.get(name)
        if here:
            return None if place is None else _found(view, place, lambda rowid: (rowid,))
        try:
            place = self._kept.place(self._folder, name)
            return None if place is None else _found(view, place, self._rows_of)
        except ReaderError as error:
            log.warning("places cannot be read", exc_info=error)
            return None

    def _rows_of(self, key: int) -> list[int]:
        return self._index().with_id(key.to_bytes(8, "big", signed=True).hex())


def _key(id_: str, of: PlaceOf) -> int:
    return number(id_) if of == "article" else number(id_) ^ _FULL_TEXT


def _found(view: View, place: Place, rows_of: Callable[[int], Sequence[int]]) -> tuple[int, int] | None:
    for article in place.articles:
        found = [at for at in map(view.find, rows_of(article)) if at is not None]
        if found:  # of several documents of one article, that which is nearest to where it was
            return min(found, key=lambda at: abs(at - place.at)), place.line
    return (min(place.at, len(view) - 1), place.line) if len(view) else None
