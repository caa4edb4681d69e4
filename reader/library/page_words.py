"""The words of the pages that are kept: an FTS5 table in their file, which holds no text itself.

Nothing can be taken out of such a table. So each page that is put in gets a number of its own
there, its slot; what is under the slots of former pages is passed over, and gone when the
table is made anew.
"""

from __future__ import annotations

import re
import sqlite3
import zlib
from collections.abc import Sequence

from reader.library.fulltext import expression
from reader.words import words

SCHEMA = """
CREATE VIRTUAL TABLE words USING fts5(text, content='', tokenize='ascii');
CREATE TABLE slots (slot INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER NOT NULL UNIQUE);
CREATE TRIGGER words_out AFTER DELETE ON pages BEGIN DELETE FROM slots WHERE id = OLD.id; END
"""
_WASTE = 1_000
"""Former pages; fewer are no reason to make the table anew."""
_LINK = re.compile(r"\]\([^()\s]{1,4000}\)")
"""Where a link of a text leads to: nobody looks for its words."""


def put(db: sqlite3.Connection, id_: int, markdown: str) -> None:
    """Take in the words of a page in the place of its former ones. Raises sqlite3.Error."""
    db.execute("DELETE FROM slots WHERE id = ?", [id_])
    slot = db.execute("INSERT INTO slots (id) VALUES (?)", [id_]).lastrowid
    text = " ".join(words(_LINK.sub("] ", markdown)))
    db.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", [slot, text])


def matching(db: sqlite3.Connection, phrase: Sequence[str], *, prefix: bool) -> list[int]:
    """Return the articles, by number, in whose pages these words stand in a row. Raises sqlite3.Error.

    With ``prefix`` the last of them may go on.
    """
    match = expression(phrase, ("text",), prefix=prefix)
    query = "SELECT id FROM slots WHERE slot IN (SELECT rowid FROM words WHERE words MATCH ?)"
    return [id_ for (id_,) in db.execute(query, [match])]


def tidy(db: sqlite3.Connection) -> None:
    """Make the table anew where most of it is of pages that are gone. Raises sqlite3.Error."""
    (there,) = db.execute("SELECT count(*) FROM slots").fetchone()
    (last,) = db.execute("SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'slots'").fetchone()
    (begun,) = db.execute("SELECT ifnull(min(slot), ?) FROM slots", [last + 1]).fetchone()
    if there and last - begun + 1 - there <= max(there, _WASTE):
        return
    if last:
        db.execute("INSERT INTO words (words) VALUES ('delete-all')")
        db.execute("DELETE FROM slots")
        for id_, markdown in db.execute("SELECT id, markdown FROM texts").fetchall():
            put(db, id_, zlib.decompress(markdown).decode("utf-8"))
