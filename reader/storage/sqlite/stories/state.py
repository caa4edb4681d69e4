"""The state of the grouping in the tables of the index."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable

from reader.storage.sqlite.database import corruption_error, json_array
from reader.storage.sqlite.index.facts import read_fact
from reader.stories.state import Changes, KeptArticle, KeptStory
from reader.stories.terms import is_packed, unpacked

_WITHOUT_DAY = 1 << 40
"""The age of an article without a date: after all others."""
_MEMBERS = (
    "SELECT rowid, story FROM articles WHERE story IN {ids} AND story <> id UNION ALL "
    "SELECT rowid, story FROM articles WHERE id IN {ids} AND story = id"
)
"""The articles of stories. Most are alone in a story with their own id: the index by story has only the others."""

REPEATED_IDS = "SELECT id FROM articles GROUP BY id HAVING count(*) > 1"
"""The query for the ids that several articles have."""


class SqliteStoryState:
    """A :class:`reader.stories.state.StoryState` in one transaction. Every method may raise sqlite3.Error."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.changed: set[int] = set()
        """The stories that were changed."""
        self.moved: set[int] = set()
        """The articles whose story became part of another."""
        self._repeated: set[int] | None = None
        """The ids that several articles have, once needed."""
        self._keys: list[tuple[int, int, int]] = []
        """Rows of the table ``found_by`` that are not written yet: in order, many take half as long as few."""

    def documents(self) -> int:
        """Return how many articles were counted; 0 if there are none."""
        return read_fact(self._db, "grouped")

    def frequencies(self, terms: Collection[int] | None) -> dict[int, int]:
        """Return how many of these have each of ``terms``, or each term of all for None; without those in none."""
        if terms is None:
            return dict(self._db.execute("SELECT term, documents FROM term_counts"))
        query = "SELECT term, documents FROM term_counts WHERE term IN (SELECT value FROM json_each(?))"
        return dict(self._db.execute(query, [json_array(terms)]))

    def article(self, rowid: int) -> KeptArticle | None:
        """Return an article, without its keys."""
        query = "SELECT rowid, story, day, text, '', vector FROM grouped WHERE rowid = ?"
        row = self._db.execute(query, [rowid]).fetchone()
        if row is not None:
            checked_vector(row[-1])
        return row and KeptArticle(*row)

    def departed(self, text: int) -> int | None:
        """Return the story of an article with this text that is gone; None if there was none."""
        query = "SELECT story FROM departed_texts WHERE text = ?"
        return next((story for (story,) in self._db.execute(query, [text])), None)

    def existing(self, ids: Collection[int]) -> set[int]:
        """Return those of these stories that have an article."""
        return {story for _, story in self._db.execute(members_query(), {"ids": json_array(ids)})} if ids else set()

    def repeated(self, ids: Collection[int]) -> Collection[int]:
        """Return those of these ids of articles that another article has, too."""
        if self._repeated is None:
            self._repeated = {id_ for (id_,) in self._db.execute(REPEATED_IDS)}
        return self._repeated.intersection(ids)

    def stories_with(self, term: int, day: int | None, limit: int) -> Iterable[int]:
        """Return the stories of the articles with this key that are nearest to a day; for None of the newest ones."""
        self.flush()
        found = "SELECT story FROM found_by JOIN grouped ON rowid = article WHERE term = ?"
        # On the day or before it, and without a day.
        age = -_WITHOUT_DAY if day is None else -day
        query = f"{found} AND age >= ? ORDER BY age, article LIMIT ?"
        stories = [story for (story,) in self._db.execute(query, (term, age, limit))]
        if day is not None:
            query = f"{found} AND age < ? ORDER BY age DESC, article DESC LIMIT ?"
            stories += [story for (story,) in self._db.execute(query, (term, age, limit))]
        return stories

    def stories(self, ids: Collection[int], limit: int) -> dict[int, KeptStory]:
        """Return those of these stories that exist, each with at most ``limit`` articles."""
        query = (
            f"SELECT m.story, g.rowid, day FROM ({members_query()}) m JOIN grouped g ON g.rowid = m.rowid "  # noqa: S608
            "ORDER BY m.story, day DESC, m.rowid DESC"
        )
        found: dict[int, list[tuple[int | None, int]]] = {}
        for story, rowid, day in self._db.execute(query, {"ids": json_array(ids)}):
            found.setdefault(story, []).append((day, rowid))
        newest = json_array(rowid for articles in found.values() for _, rowid in articles[:limit])
        query = "SELECT rowid, vector FROM grouped WHERE rowid IN (SELECT value FROM json_each(?))"
        vectors = {rowid: checked_vector(vector) for rowid, vector in self._db.execute(query, [newest])}
        return {
            story: KeptStory(len(articles), [(day, vectors[rowid]) for day, rowid in articles[:limit]])
            for story, articles in found.items()
        }

    def apply(self, changes: Changes) -> None:
        """Save what changes."""
        db = self._db
        for rowid in changes.removed:
            self._remove(rowid)
        for old, new in changes.joined.items():
            self.changed.update((old, new))
            members = [(new, rowid) for rowid, _ in db.execute(members_query("(:id)"), {"id": old})]
            self.moved.update(rowid for _, rowid in members)
            for table in ("grouped", "articles"):
                db.executemany(f"UPDATE {table} SET story = ? WHERE rowid = ?", members)  # noqa: S608 - constants
            db.execute("UPDATE departed_texts SET story = ? WHERE story = ?", (new, old))
        self.changed.update(kept.story for kept in changes.added)
        added = sorted(changes.added)
        db.executemany(
            "INSERT OR REPLACE INTO grouped VALUES (?, ?, ?, ?, ?)",
            [(kept.rowid, kept.story, kept.day, kept.text, kept.vector) for kept in added],
        )
        db.executemany("UPDATE articles SET story = ? WHERE rowid = ?", [(kept.story, kept.rowid) for kept in added])
        self._keys += [(term, _age(kept.day), kept.rowid) for kept in added for term in kept.keys]
        db.executemany("INSERT OR REPLACE INTO departed_texts VALUES (?, ?)", changes.departed.items())
        db.executemany("INSERT OR REPLACE INTO term_counts VALUES (?, ?)", sorted(changes.frequencies.items()))
        if changes.documents is not None:
            db.execute("UPDATE facts SET value = ? WHERE name = 'grouped'", [changes.documents])

    def flush(self) -> None:
        """Write what was kept back; to be called before the transaction ends."""
        self._db.executemany("INSERT OR IGNORE INTO found_by VALUES (?, ?, ?)", sorted(self._keys))
        self._keys.clear()

    def _remove(self, rowid: int) -> None:
        self.flush()
        kept = self.article(rowid)
        if kept is not None:
            self.changed.add(kept.story)
            rows = ((key, _age(kept.day), rowid) for key in unpacked(kept.vector).keys)
            self._db.executemany("DELETE FROM found_by WHERE (term, age, article) = (?, ?, ?)", rows)
            self._db.execute("DELETE FROM grouped WHERE rowid = ?", [rowid])


def checked_vector(data: object) -> bytes:
    """Return a stored vector. Raises sqlite3.Error if it cannot be one."""
    if not isinstance(data, bytes) or not is_packed(data):
        raise corruption_error()
    return data


def members_query(ids: str = "(SELECT value FROM json_each(:ids))") -> str:
    """Return the query for the row ids and stories of the articles of ``ids``, an SQL expression."""
    return _MEMBERS.format(ids=ids)


def _age(day: int | None) -> int:
    return _WITHOUT_DAY if day is None else -day
