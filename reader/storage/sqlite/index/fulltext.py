"""The words of all articles: an FTS5 table, and precomputed row sets of frequent words.

The table stores no text (``content=''``), so no row can be deleted from it. An article whose words change gets a
new row number in it, its slot, which is never the row id of a document. Its previous slot is ignored.

Words and prefixes that occur in many articles have a precomputed set (:mod:`reader.storage.sqlite.index.bitmap`),
because returning that many matches one by one takes too long between two keys. Articles added after the sets were
computed are also in a second, small table: to match a prefix, FTS5 reads every word of the table with it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from reader.storage.sqlite.index import bitmap
from reader.storage.sqlite.index.facts import read_fact

COLUMNS = ("title", "excerpt", "source", "topics", "body", "more")
"""The last has authors and the fields that are shown under "More"."""

SCHEMA = f"""
CREATE VIRTUAL TABLE words USING fts5({", ".join(COLUMNS)}, content='', tokenize='ascii');
CREATE VIRTUAL TABLE late_words USING fts5(
    {", ".join(COLUMNS)}, content='', tokenize='ascii', columnsize=0, detail=column
);
CREATE TABLE slots ( -- of articles whose slot differs from their row id
    rowid INTEGER PRIMARY KEY,
    slot INTEGER NOT NULL
);
CREATE TABLE sets (id INTEGER PRIMARY KEY, numbers BLOB NOT NULL);
CREATE TABLE frequent (word TEXT NOT NULL, prefix INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (word, prefix))
    WITHOUT ROWID
"""
# The tokenizer `ascii` treats ASCII letters and digits and all characters beyond ASCII as parts of words. The text
# written here is words (reader.core.tokenize) separated by spaces, so SQLite finds exactly these words.

_DEFAULT_SETTINGS = {"automerge": 4, "hashsize": 1 << 20}
_BULK_SETTINGS = {"automerge": 0, "hashsize": 16 << 20}
"""FTS5 settings for the first scan of a folder. FTS5 still merges sixteen segments of one level."""
SET_COLUMNS = (COLUMNS, ("title",), ("body", "more"))
"""The combinations of columns for which each frequent word has a set."""
_FREQUENT_SHARE = 16
"""A word is frequent if one in this many articles has it."""
_MIN_ARTICLES = 5_000
"""With fewer articles there are no sets: matches are returned fast enough without."""
_MAX_SETS = 4_000
_MAX_PREFIX = 64
"""Characters of the longest prefix that may have a set."""
_MIN_DEAD_SLOTS = 10_000
"""With fewer dead slots the table is never rebuilt."""
_MAX_LATE = 20_000
"""The sets are computed again when more articles than this were added after them."""


def insert(db: sqlite3.Connection, rows: Sequence[tuple[int, *tuple[str, ...]]]) -> None:
    """Insert rows of a slot and the words of each column. Raises sqlite3.Error."""
    for table in ("words", "late_words") if frequent_below(db) else ("words",):
        db.executemany(f"INSERT INTO {table} (rowid, {', '.join(COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)  # noqa: S608


def set_bulk_mode(db: sqlite3.Connection, *, enabled: bool) -> None:
    """Let FTS5 buffer more words and merge fewer segments while a folder is scanned. Raises sqlite3.Error."""
    for name, value in _BULK_SETTINGS.items() if enabled else _DEFAULT_SETTINGS.items():
        db.execute("INSERT INTO words (words, rank) VALUES (?, ?)", (name, value))


def new_slots(db: sqlite3.Connection, rowids: Sequence[int]) -> list[int]:
    """Return a new slot for each article of ``rowids``, whose words have changed. Raises sqlite3.Error."""
    if not rowids:
        return []
    last = last_slot(db)
    slots = [*range(last + 1, last + 1 + len(rowids))]
    # New documents get row ids after these, so that no number is both a slot and a row id.
    db.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'files'", [slots[-1]])
    db.executemany("INSERT OR REPLACE INTO slots VALUES (?, ?)", zip(rowids, slots, strict=True))
    return slots


def is_wasteful(db: sqlite3.Connection, articles: int) -> bool:
    """Return whether most of the table belongs to dead slots. Raises sqlite3.Error."""
    return read_fact(db, "dead_slots") > max(articles, _MIN_DEAD_SLOTS)


def clear(db: sqlite3.Connection) -> None:
    """Delete all words; every article must be inserted again. Raises sqlite3.Error."""
    db.execute("INSERT INTO words (words) VALUES ('delete-all')")
    db.execute("INSERT INTO late_words (late_words) VALUES ('delete-all')")
    for table in ("sets", "frequent"):
        db.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
    db.execute("UPDATE facts SET value = 0 WHERE name = 'frequent_below'")
    # Inserting an article again counts its previous slot as dead, but all slots are gone already.
    db.execute("UPDATE facts SET value = -(SELECT count(*) FROM articles) WHERE name = 'dead_slots'")


# Queries.


def columns_of(field: str) -> tuple[str, ...]:
    """Return the columns that a field of the query language searches."""
    return {"any": COLUMNS, "text": ("body", "more")}.get(field, (field,))


def expression(phrase: Sequence[str], columns: Sequence[str], *, prefix: bool) -> str:
    """Return the MATCH expression for a phrase in one of ``columns``; with ``prefix``, its last word is a prefix.

    No word can be an operator: words are letters, digits and combining marks, in double quotes.
    """
    assert all(char not in word for word in phrase for char in '" \0')
    within = "" if len(columns) == len(COLUMNS) else f"{{{' '.join(columns)}}} : "
    return f'{within}"{" ".join(phrase)}"{" *" if prefix else ""}'


def matching_slots(db: sqlite3.Connection, match: str, size: int, *, late: bool = False) -> int:
    """Return the set of matching slots below ``size``. Raises sqlite3.Error.

    With ``late``, only articles that were added after the frequent sets were computed.
    """
    table = "late_words" if late else "words"
    return bitmap.select_rows(db, f"SELECT rowid FROM {table} WHERE {table} MATCH :value", match, size)  # noqa: S608


def bm25_scores(
    db: sqlite3.Connection, match: str, weights: Sequence[float], size: int, *, limit: int | None = None
) -> dict[int, float]:
    """Return the BM25 score of each matching slot below ``size``, lower is better. Raises sqlite3.Error.

    With ``limit``, only the best ones.
    """
    marks = ", ".join("?" * len(weights))
    query = f"SELECT rowid, bm25(words, {marks}) AS score FROM words WHERE words MATCH ? AND rowid < ?"  # noqa: S608
    if limit is not None:
        query += f" ORDER BY score LIMIT {limit:d}"
    return dict(db.execute(query, (*weights, match, size)).fetchall())


def frequent_set(db: sqlite3.Connection, word: str, columns: tuple[str, ...], *, prefix: bool) -> int | None:
    """Return the precomputed set of a word, without ``late_words``, or None. Raises sqlite3.Error."""
    if columns not in SET_COLUMNS:
        return None
    query = "SELECT numbers FROM frequent f JOIN sets s ON s.id = f.id + ? WHERE word = ? AND prefix = ?"
    row = db.execute(query, (SET_COLUMNS.index(columns), word, prefix)).fetchone()
    return None if row is None else int.from_bytes(row[0], "little")


def frequent_below(db: sqlite3.Connection) -> int:
    """Return the slot below which the frequent sets are complete, 0 if there are none. Raises sqlite3.Error."""
    return read_fact(db, "frequent_below")


# Frequent sets.


class _PrefixNode(NamedTuple):
    """A prefix whose words are being read in order."""

    text: str
    frequent: list[int]
    """Indexes in the result of the sets of longer prefixes and words that are frequent themselves."""
    rare: list[tuple[str, bool]]
    """The rest of its words and prefixes, and whether each is a prefix."""
    upper_bound: list[int]
    """One number: at most this many articles have a word with this prefix."""


class FrequentSets(NamedTuple):
    """Computed sets of frequent words and prefixes."""

    below: int
    """The sets are of slots below this one."""
    sets: list[list[int]]
    """Lists of one set for each of :data:`SET_COLUMNS`."""
    names: list[tuple[str, bool, int]]
    """Words, whether each is a prefix, and its index in ``sets``."""


def are_sets_due(db: sqlite3.Connection) -> bool:
    """Return whether the frequent sets should be computed again. Raises sqlite3.Error."""
    last = last_slot(db)
    below = frequent_below(db)
    return last >= _MIN_ARTICLES and last + 1 - below > (max(_MAX_LATE, below // _FREQUENT_SHARE) if below else 0)


def compute_sets(db: sqlite3.Connection) -> FrequentSets:
    """Compute the sets of frequent words. Slow. Raises sqlite3.Error."""
    size = last_slot(db) + 1
    threshold = max(1, size // _FREQUENT_SHARE)
    result = FrequentSets(size, [], [])
    db.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, words, 'row')")
    try:
        stack: list[_PrefixNode] = []
        for word, count in db.execute("SELECT term, doc FROM vocabulary"):
            while stack and not word.startswith(stack[-1].text):
                _pop_prefix(db, stack, threshold, result)
            ends = range(len(stack) + 1, min(len(word), _MAX_PREFIX) + 1)
            stack.extend([_PrefixNode(word[:end], [], [], [0]) for end in ends])
            for node in stack:
                node.upper_bound[0] += count
            if count >= threshold:
                result.sets.append(_word_sets(db, word, size, prefix=False))
                result.names.append((word, False, len(result.sets) - 1))
                stack[-1].frequent.append(len(result.sets) - 1)
            else:
                stack[-1].rare.append((word, False))
        while stack:
            _pop_prefix(db, stack, threshold, result)
    finally:
        db.execute("DROP TABLE temp.vocabulary")
    return result


def _pop_prefix(db: sqlite3.Connection, stack: list[_PrefixNode], threshold: int, result: FrequentSets) -> None:
    """Remove the longest prefix, all of whose words were read, and add its sets if it is frequent."""
    node = stack.pop()
    parent = stack[-1] if stack else None
    if node.upper_bound[0] < threshold or len(result.names) >= _MAX_SETS:
        if parent is not None:
            # This covers the sets of longer prefixes as well, if there was no room for this one.
            parent.rare.append((node.text, True))
        return
    if len(node.frequent) == 1 and not node.rare:
        index = node.frequent[0]
    else:
        union = [0] * len(SET_COLUMNS)
        for sets in (
            *(result.sets[index] for index in node.frequent),
            *(_word_sets(db, word, result.below, prefix=prefix) for word, prefix in node.rare),
        ):
            union = [one | other for one, other in zip(union, sets, strict=True)]
        result.sets.append(union)
        index = len(result.sets) - 1
    result.names.append((node.text, True, index))
    if parent is not None:
        parent.frequent.append(index)


def _word_sets(db: sqlite3.Connection, word: str, size: int, *, prefix: bool) -> list[int]:
    return [matching_slots(db, expression([word], columns, prefix=prefix), size) for columns in SET_COLUMNS]


def store_sets(db: sqlite3.Connection, sets: FrequentSets) -> None:
    """Store the sets for :func:`frequent_set`. Raises sqlite3.Error."""
    db.execute("DELETE FROM frequent")
    db.execute("DELETE FROM sets")
    numbered = enumerate(chain.from_iterable(sets.sets))
    data = ((index, rows.to_bytes((rows.bit_length() + 7) >> 3, "little")) for index, rows in numbered)
    db.executemany("INSERT INTO sets VALUES (?, ?)", data)
    names = [(word, prefix, index * len(SET_COLUMNS)) for word, prefix, index in sets.names]
    db.executemany("INSERT INTO frequent VALUES (?, ?, ?)", names)
    db.execute("INSERT INTO late_words (late_words) VALUES ('delete-all')")
    db.execute("UPDATE facts SET value = ? WHERE name = 'frequent_below'", [sets.below])


def last_slot(db: sqlite3.Connection) -> int:
    """Return the highest row id or slot in use; they share one sequence. Raises sqlite3.Error."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'files'").fetchone()
    return 0 if row is None else int(row[0])
