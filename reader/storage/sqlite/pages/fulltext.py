"""The index of the words of the stored pages, a contentless FTS5 table.

Rows cannot be deleted from such a table. Each stored page therefore gets a new row id, its
slot; rows without a slot are ignored. They disappear when the table is rebuilt: a second
table is filled, a few pages at a time, and then replaces the first.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from reader.storage.sqlite.index.fulltext import expression

SCHEMA = """
CREATE VIRTUAL TABLE words USING fts5(text, content='', tokenize='ascii');
CREATE TABLE slots (slot INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER NOT NULL UNIQUE);
CREATE TRIGGER words_out AFTER DELETE ON pages BEGIN DELETE FROM slots WHERE id = OLD.id; END
"""
_BATCH_PAGES = 20
"""Maximum pages that one transaction of a rebuild copies, as other writers wait for it."""
_BATCH_CHARACTERS = 500_000
"""Characters of text after which such a transaction ends early."""


def put(db: sqlite3.Connection, id_: int, words: str) -> None:
    """Index the words of a page in place of its previous ones. Raises sqlite3.Error."""
    db.execute("DELETE FROM slots WHERE id = ?", [id_])
    slot = db.execute("INSERT INTO slots (id) VALUES (?)", [id_]).lastrowid
    db.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", [slot, words])


def matching(db: sqlite3.Connection, phrase: Sequence[str], *, prefix: bool) -> list[int]:
    """Return the numbers of the articles whose pages contain these words in a row. Raises sqlite3.Error.

    With ``prefix`` the last word may be the start of a longer one.
    """
    match = expression(phrase, ("text",), prefix=prefix)
    query = "SELECT id FROM slots WHERE slot IN (SELECT rowid FROM words WHERE words MATCH ?)"
    return [id_ for (id_,) in db.execute(query, [match])]


def waste(db: sqlite3.Connection) -> float:
    """Return the number of removed pages in the table per existing page. Raises sqlite3.Error."""
    (pages,) = db.execute("SELECT count(*) FROM slots").fetchone()
    (rows,) = db.execute("SELECT count(*) FROM words_docsize").fetchone()
    return float((rows - pages) / max(pages, 1))


def is_rebuilding(db: sqlite3.Connection) -> bool:
    """Return whether a rebuild was started but not completed. Raises sqlite3.Error."""
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'words_renewed'").fetchone() is not None


def rebuild_step(db: sqlite3.Connection, words_of: Callable[[bytes], str]) -> bool:
    """Start or continue to rebuild the table, inside a transaction; return whether it is complete.

    ``words_of`` returns the words of a stored text. Raises sqlite3.Error, and what ``words_of`` raises.
    """
    if not is_rebuilding(db):
        db.execute("CREATE VIRTUAL TABLE words_renewed USING fts5(text, content='', tokenize='ascii')")
    # Pages stored in the meantime go into the old table and get higher slots, so a later step copies them.
    (last,) = db.execute("SELECT ifnull(max(id), 0) FROM words_renewed_docsize").fetchone()
    query = "SELECT slot, blocks FROM slots JOIN texts USING (id) WHERE slot > ? ORDER BY slot LIMIT ?"
    pages, length = 0, 0
    for slot, stored in db.execute(query, [last, _BATCH_PAGES]):
        text = words_of(stored)
        db.execute("INSERT INTO words_renewed (rowid, text) VALUES (?, ?)", [slot, text])
        pages, length = pages + 1, length + len(text)
        if length > _BATCH_CHARACTERS:
            return False
    if pages == _BATCH_PAGES:
        return False
    db.execute("DROP TABLE words")
    db.execute("ALTER TABLE words_renewed RENAME TO words")
    return True
