"""The words of the pages that are kept: an FTS5 table in their file, which holds no text itself.

Nothing can be taken out of such a table. So each page that is put in gets a number of its own
there, its slot; what is under the slots of former pages is passed over, and gone when the
table is renewed: another is filled beside it, a few pages at a time, and then takes its place.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from reader.storage.sqlite.index.fulltext import expression
from reader.storage.sqlite.pages.page_text import words_of

SCHEMA = """
CREATE VIRTUAL TABLE words USING fts5(text, content='', tokenize='ascii');
CREATE TABLE slots (slot INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER NOT NULL UNIQUE);
CREATE TRIGGER words_out AFTER DELETE ON pages BEGIN DELETE FROM slots WHERE id = OLD.id; END
"""
_AT_ONCE = 20
"""Pages that go into the new table in one transaction: others wait for it;"""
_LONG = 500_000
"""characters of text from which on they are enough."""


def put(db: sqlite3.Connection, id_: int, text: bytes) -> None:
    """Index the words of a page's stored text and drop its former ones. Raises sqlite3.Error."""
    db.execute("DELETE FROM slots WHERE id = ?", [id_])
    slot = db.execute("INSERT INTO slots (id) VALUES (?)", [id_]).lastrowid
    db.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", [slot, words_of(text)])


def matching(db: sqlite3.Connection, phrase: Sequence[str], *, prefix: bool) -> list[int]:
    """Return the articles, by number, in whose pages these words stand in a row. Raises sqlite3.Error.

    With ``prefix`` the last of them may go on.
    """
    match = expression(phrase, ("text",), prefix=prefix)
    query = "SELECT id FROM slots WHERE slot IN (SELECT rowid FROM words WHERE words MATCH ?)"
    return [id_ for (id_,) in db.execute(query, [match])]


def waste(db: sqlite3.Connection) -> float:
    """Return how many former pages there are in the table for each that is there. Raises sqlite3.Error."""
    (there,) = db.execute("SELECT count(*) FROM slots").fetchone()
    (rows,) = db.execute("SELECT count(*) FROM words_docsize").fetchone()
    return float((rows - there) / max(there, 1))


def is_renewing(db: sqlite3.Connection) -> bool:
    """Return whether a renewal was begun and is not done. Raises sqlite3.Error."""
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'words_renewed'").fetchone() is not None


def renew(db: sqlite3.Connection) -> bool:
    """Begin to renew the table, or go a step on, and return whether it is done; for a transaction.

    Raises sqlite3.Error, zlib.error, ValueError, TypeError.
    """
    if not is_renewing(db):
        db.execute("CREATE VIRTUAL TABLE words_renewed USING fts5(text, content='', tokenize='ascii')")
    # New pages go into the former table meanwhile, and get higher slots: their turn comes.
    (last,) = db.execute("SELECT ifnull(max(id), 0) FROM words_renewed_docsize").fetchone()
    query = "SELECT slot, blocks FROM slots JOIN texts USING (id) WHERE slot > ? ORDER BY slot LIMIT ?"
    done, length = 0, 0
    for slot, stored in db.execute(query, [last, _AT_ONCE]):
        text = words_of(stored)
        db.execute("INSERT INTO words_renewed (rowid, text) VALUES (?, ?)", [slot, text])
        done, length = done + 1, length + len(text)
        if length > _LONG:
            return False
    if done == _AT_ONCE:
        return False
    db.execute("DROP TABLE words")
    db.execute("ALTER TABLE words_renewed RENAME TO words")
    return True
