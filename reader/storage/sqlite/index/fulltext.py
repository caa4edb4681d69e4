"""The words of all articles: an FTS5 table, and ready-made sets for what very many articles have.

The table holds no text, only which word is where (``content=''``), so nothing can be taken
out of it. So an article whose words have changed gets a new number there, its slot, which is
never the row number of a document; what is under its former number is passed over.

A word, or beginning of words, that is in a great part of all articles has its set of numbers
ready made (:mod:`reader.storage.sqlite.search.bitmap`), because handing over that many matches one by one
takes longer than a person waits between two keys. What comes later than these sets goes into a
second table too, which is small: to ask for a beginning, FTS5 looks at every word that
begins so, wherever it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from reader.storage.sqlite.search import bitmap, row_sets

COLUMNS = ("title", "excerpt", "source", "topics", "body")

SCHEMA = """
CREATE VIRTUAL TABLE words USING fts5(title, excerpt, source, topics, body, content='', tokenize='ascii');
CREATE VIRTUAL TABLE late_words USING fts5(
    title, excerpt, source, topics, body, content='', tokenize='ascii', columnsize=0, detail=column
);
CREATE TABLE slots ( -- of articles whose number in words is not their row
    rowid INTEGER PRIMARY KEY,
    slot INTEGER NOT NULL
);
CREATE TABLE sets (id INTEGER PRIMARY KEY, numbers BLOB NOT NULL);
CREATE TABLE frequent (word TEXT NOT NULL, prefix INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (word, prefix))
    WITHOUT ROWID
"""
# The tokenizer `ascii` takes letters and digits of ASCII and everything beyond ASCII as parts of words, and what is
# written here is words (reader.core.tokenize) with spaces between: so its words are exactly ours.

_USUAL = {"automerge": 4, "hashsize": 1 << 20}
_MUCH = {"automerge": 0, "hashsize": 16 << 20}
"""While a folder is read for the first time; sixteen pieces of one size are merged all the same."""
WITH_SETS = (COLUMNS, ("title",), ("body",))
"""Columns, taken together, for which there are ready-made sets: of each word, one for each of these."""
_SHARE = 16
"""Worth a set is what one article in so many has."""
_WORTH_SETS = 5_000
"""Articles; of fewer, matches are handed over at once."""
_MOST_SETS = 4_000
_LONGEST = 64
"""Characters of a beginning that may have a set."""
_WASTE = 10_000
"""Former selves of articles; fewer are no reason to begin anew."""
_MOST_LATER = 20_000
"""So many later articles may be asked of the table before the sets are made anew."""


def insert(db: sqlite3.Connection, rows: Sequence[tuple[int, str, str, str, str, str]]) -> None:
    """Take in words: slot, then those of each column. Raises sqlite3.Error."""
    db.executemany("INSERT INTO words (rowid, title, excerpt, source, topics, body) VALUES (?, ?, ?, ?, ?, ?)", rows)
    if frequent_below(db):
        db.executemany(
            "INSERT INTO late_words (rowid, title, excerpt, source, topics, body) VALUES (?, ?, ?, ?, ?, ?)", rows
        )


def collect(db: sqlite3.Connection, *, much: bool) -> None:
    """Have FTS5 collect more words before it writes them, and merge less of what it wrote. Raises sqlite3.Error."""
    for name, value in _MUCH.items() if much else _USUAL.items():
        db.execute("INSERT INTO words (words, rank) VALUES (?, ?)", (name, value))


def new_slots(db: sqlite3.Connection, rowids: Sequence[int]) -> list[int]:
    """Return a new slot for each article of ``rowids``, whose words have changed. Raises sqlite3.Error."""
    if not rowids:
        return []
    (last,) = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'files'").fetchone()
    slots = [*range(last + 1, last + 1 + len(rowids))]
    # Row numbers of documents go on after these, so that no number ever means two things.
    db.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'files'", [slots[-1]])
    db.executemany("INSERT OR REPLACE INTO slots VALUES (?, ?)", zip(rowids, slots, strict=True))
    return slots


def is_wasteful(db: sqlite3.Connection, articles: int) -> bool:
    """Return whether most of the table is of articles that have changed since. Raises sqlite3.Error."""
    (dead,) = db.execute("SELECT value FROM facts WHERE name = 'dead_slots'").fetchone()
    return bool(dead > max(articles, _WASTE))


def empty(db: sqlite3.Connection) -> None:
    """Forget all words; every article must be taken in anew. Raises sqlite3.Error."""
    db.execute("INSERT INTO words (words) VALUES ('delete-all')")
    db.execute("INSERT INTO late_words (late_words) VALUES ('delete-all')")
    for table in ("sets", "frequent"):
        db.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
    db.execute("UPDATE facts SET value = 0 WHERE name = 'frequent_below'")
    # Every article will have a former self that is gone already.
    db.execute("UPDATE facts SET value = -(SELECT count(*) FROM articles) WHERE name = 'dead_slots'")


# --- asking --------------------------------------------------------------------------------


def expression(phrase: Sequence[str], columns: Sequence[str], *, prefix: bool) -> str:
    """Return what to MATCH: these words in a row, the last of which may go on with ``prefix``, in one of ``columns``.

    Nothing in a word can be an operator: it is letters, numbers and marks, between double quotes.
    """
    assert all(char not in word for word in phrase for char in '" \0')
    within = "" if len(columns) == len(COLUMNS) else f"{{{' '.join(columns)}}} : "
    return f'{within}"{" ".join(phrase)}"{" *" if prefix else ""}'


def matching(db: sqlite3.Connection, match: str, size: int, *, late: bool = False) -> int:
    """Return the set of slots below ``size`` that match; with ``late``, of those that ready-made sets know nothing of.

    Raises sqlite3.Error.
    """
    table = "late_words" if late else "words"
    select = f"SELECT rowid FROM {table} WHERE {table} MATCH ? AND rowid < ? ORDER BY rowid"  # noqa: S608 - constants
    return row_sets.select_rows(db, select, (match, size), size)


def scored(
    db: sqlite3.Connection, match: str, weights: Sequence[float], size: int, *, most: int | None = None
) -> dict[int, float]:
    """Return how well the slots below ``size`` match, by BM25, the lower the better; only the best with ``most``.

    Raises sqlite3.Error.
    """
    marks = ", ".join("?" * len(weights))
    query = f"SELECT rowid, bm25(words, {marks}) AS score FROM words WHERE words MATCH ? AND rowid < ?"  # noqa: S608
    if most is not None:
        query += f" ORDER BY score LIMIT {most:d}"
    return dict(db.execute(query, (*weights, match, size)).fetchall())


def frequent(db: sqlite3.Connection, word: str, of_columns: tuple[str, ...], *, prefix: bool) -> int | None:
    """Return a ready-made set, of what is not in ``late_words``; None where there is none. Raises sqlite3.Error."""
    if of_columns not in WITH_SETS:
        return None
    query = "SELECT numbers FROM frequent f JOIN sets s ON s.id = f.id + ? WHERE word = ? AND prefix = ?"
    found = db.execute(query, (WITH_SETS.index(of_columns), word, prefix)).fetchone()
    return None if found is None else bitmap.from_bytes(found[0])


def frequent_below(db: sqlite3.Connection) -> int:
    """Return the slot from which on the ready-made sets know nothing. Raises sqlite3.Error."""
    return int(db.execute("SELECT value FROM facts WHERE name = 'frequent_below'").fetchone()[0])


# --- making the sets -----------------------------------------------------------------------


class _Node(NamedTuple):
    """A beginning of words, while those that begin with it are being read in order."""

    text: str
    parts: list[int]
    """Sets of longer beginnings that are frequent themselves, by their place in the result."""
    rest: list[tuple[str, bool]]
    """What else there is below it, all of it seldom: a word, and whether as a beginning."""
    most: list[int]
    """One number: at most so many articles have a word that begins so."""


class FrequentSets(NamedTuple):
    """Ready-made sets."""

    below: int
    sets: list[list[int]]
    """In each, one for each of :data:`WITH_SETS`."""
    names: list[tuple[str, bool, int]]
    """A word, whether as a beginning, and which of ``sets`` it has."""


def are_due(db: sqlite3.Connection) -> bool:
    """Return whether the ready-made sets should be made anew. Raises sqlite3.Error."""
    last = _last(db)
    below = frequent_below(db)
    return last >= _WORTH_SETS and last + 1 - below > (max(_MOST_LATER, below // _SHARE) if below else 0)


def computed(db: sqlite3.Connection) -> FrequentSets:
    """Return the ready-made sets of what there is now. Takes long. Raises sqlite3.Error."""
    size = _last(db) + 1
    limit = max(1, size // _SHARE)
    result = FrequentSets(size, [], [])
    db.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, words, 'row')")
    try:
        open_: list[_Node] = []
        for word, count in db.execute("SELECT term, doc FROM vocabulary"):
            while open_ and not word.startswith(open_[-1].text):
                _close(db, open_, limit, result)
            ends = range(len(open_) + 1, min(len(word), _LONGEST) + 1)
            open_.extend([_Node(word[:end], [], [], [0]) for end in ends])
            for node in open_:
                node.most[0] += count
            if count >= limit:
                result.sets.append(_with_word(db, word, size, prefix=False))
                result.names.append((word, False, len(result.sets) - 1))
                open_[-1].parts.append(len(result.sets) - 1)
            else:
                open_[-1].rest.append((word, False))
        while open_:
            _close(db, open_, limit, result)
    finally:
        db.execute("DROP TABLE temp.vocabulary")
    return result


def _close(db: sqlite3.Connection, open_: list[_Node], limit: int, result: FrequentSets) -> None:
    """Judge the longest open beginning, all of whose words have been read."""
    node = open_.pop()
    above = open_[-1] if open_ else None
    if node.most[0] < limit or len(result.names) >= _MOST_SETS:
        if above is not None:
            above.rest.append((node.text, True))
            # What was made for longer ones, where there is no room for this one, is in it.
        return
    if len(node.parts) == 1 and not node.rest:
        which = node.parts[0]
    else:
        union = [0] * len(WITH_SETS)
        for more in (
            *(result.sets[part] for part in node.parts),
            *(_with_word(db, word, result.below, prefix=prefix) for word, prefix in node.rest),
        ):
            union = [one | other for one, other in zip(union, more, strict=True)]
        result.sets.append(union)
        which = len(result.sets) - 1
    result.names.append((node.text, True, which))
    if above is not None:
        above.parts.append(which)


def _with_word(db: sqlite3.Connection, word: str, size: int, *, prefix: bool) -> list[int]:
    return [matching(db, expression([word], of_columns, prefix=prefix), size) for of_columns in WITH_SETS]


def is_present(db: sqlite3.Connection, made: FrequentSets) -> bool:
    """Return whether nothing has come since ``made`` was computed. Raises sqlite3.Error."""
    return made.below == _last(db) + 1


def keep(db: sqlite3.Connection, made: FrequentSets) -> None:
    """Have ready-made sets for :func:`frequent`. Raises sqlite3.Error."""
    db.execute("DELETE FROM frequent")
    db.execute("DELETE FROM sets")
    db.executemany("INSERT INTO sets VALUES (?, ?)", _numbered(made.sets))
    names = [(word, prefix, which * len(WITH_SETS)) for word, prefix, which in made.names]
    db.executemany("INSERT INTO frequent VALUES (?, ?, ?)", names)
    db.execute("INSERT INTO late_words (late_words) VALUES ('delete-all')")
    db.execute("UPDATE facts SET value = ? WHERE name = 'frequent_below'", [made.below])


def _numbered(sets: Sequence[Sequence[int]]) -> Iterator[tuple[int, bytes]]:
    return ((at, bitmap.to_bytes(each)) for at, each in enumerate(chain.from_iterable(sets)))


def _last(db: sqlite3.Connection) -> int:
    found = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'files'").fetchone()
    return 0 if found is None else int(found[0])
