"""Copies: documents with the same canonical URL, or with the same title and nearly the same text."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache

from reader.core.ordering import Sort
from reader.core.tokenize import fold, words
from reader.storage.sqlite.database import json_array
from reader.storage.sqlite.index import sort_orders
from reader.storage.sqlite.stories.state import REPEATED_IDS, members_query
from reader.storage.sqlite.stories.totals import Member

_NEARLY_THE_SAME = 0.8
"""The share of common words from which two texts are nearly the same."""
_TOGETHER = 500
"""So many stories are read at a time."""
_MOST_COMPARED = 8
"""So many different texts under one title are compared with another; a column has the same title every week."""


def update(db: sqlite3.Connection, changed: Collection[int], members: Mapping[int, Sequence[Member]]) -> set[int]:
    """Store which articles are copies of those that are new, changed or in another story; return all concerned.

    The table of stories is up to date; ``members`` are the articles of those that have been read. Raises sqlite3.Error.
    """
    concerned = {*changed, *_copies(db, changed)}
    numbers = json_array(concerned)
    groups = _same_urls(db, "SELECT id FROM articles WHERE rowid IN (SELECT value FROM json_each(?))", [numbers])
    query = (
        "SELECT DISTINCT story FROM articles JOIN stories s ON s.id = story "
        "WHERE articles.rowid IN (SELECT value FROM json_each(?))"
    )
    stories = [story for (story,) in db.execute(query, [numbers])]
    titles = [(each.rowid, story, each.title) for story in stories for each in members.get(story, ())]
    titles += _titles(db, [story for story in stories if story not in members])
    groups += _same_texts(db, titles, concerned)
    # What others are copies of has not changed.
    others = {rowid for rowids in groups for rowid in rowids}.difference(concerned)
    groups += [[rowid, *_copies(db, [rowid])] for rowid in others]
    query = "SELECT rowid FROM articles WHERE copy_of IS NOT NULL AND rowid IN (SELECT value FROM json_each(?))"
    return _store(db, groups, {rowid for (rowid,) in db.execute(query, [numbers])})


def update_all(db: sqlite3.Connection) -> None:
    """Store which articles are copies of others. The table of stories is up to date. Raises sqlite3.Error."""
    groups = _same_urls(db, REPEATED_IDS, [])
    stories = [story for (story,) in db.execute("SELECT id FROM stories")]
    for start in range(0, len(stories), _TOGETHER):
        groups += _same_texts(db, _titles(db, stories[start : start + _TOGETHER]), None)
    _store(db, groups, {rowid for (rowid,) in db.execute("SELECT rowid FROM articles WHERE copy_of IS NOT NULL")})


def _store(db: sqlite3.Connection, groups: Iterable[Sequence[int]], was: set[int]) -> set[int]:
    """Store that those of each group are copies, and that of those that were copies no others are; return them all."""
    copied = _joined(groups)
    alone = was.difference(*copied)
    db.executemany("UPDATE articles SET copy_of = NULL WHERE rowid = ?", [(rowid,) for rowid in alone])
    best_first = sort_orders.terms(Sort())
    query = f"SELECT rowid FROM articles WHERE rowid IN (SELECT value FROM json_each(?)) ORDER BY {best_first}"  # noqa: S608
    for rowids in copied:
        in_order = [rowid for (rowid,) in db.execute(query, [json_array(rowids)])]
        db.executemany("UPDATE articles SET copy_of = ? WHERE rowid = ?", [(in_order[0], each) for each in in_order])
    return was.union(*copied)


def _copies(db: sqlite3.Connection, rowids: Collection[int]) -> list[int]:
    """Return the articles that are stored as copies of ``rowids``, these included."""
    query = (
        "SELECT rowid FROM articles WHERE copy_of IN "
        "(SELECT copy_of FROM articles WHERE rowid IN (SELECT value FROM json_each(?)) AND copy_of IS NOT NULL)"
    )
    return [rowid for (rowid,) in db.execute(query, [json_array(rowids)])]


def _same_urls(db: sqlite3.Connection, ids: str, parameters: Sequence[str]) -> list[list[int]]:
    """Return the groups of articles with one of the ids that the query ``ids`` returns."""
    same_url: defaultdict[int, list[int]] = defaultdict(list)
    for rowid, id_ in db.execute(f"SELECT rowid, id FROM articles WHERE id IN ({ids})", parameters):  # noqa: S608
        same_url[id_].append(rowid)
    return [rowids for rowids in same_url.values() if len(rowids) > 1]


def _titles(db: sqlite3.Connection, stories: Collection[int]) -> list[tuple[int, int, str]]:
    """Return the articles of ``stories``, given by their ids, as row id, story and title."""
    query = f"SELECT m.rowid, m.story, title FROM ({members_query()}) m JOIN articles USING (rowid)"  # noqa: S608
    return db.execute(query, {"ids": json_array(stories)}).fetchall()


def _same_texts(
    db: sqlite3.Connection, titles: Iterable[tuple[int, int, str]], concerned: set[int] | None
) -> list[list[int]]:
    """Return pairs of articles of a story with the same title and nearly the same excerpt, one of each concerned.

    None: all are.
    """
    by_title: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    folded = cache(fold)  # most titles of a large story are equal
    for rowid, story, title in titles:
        by_title[story, folded(title)].append(rowid)
    alike = []
    for rowids in by_title.values():
        new = set(rowids) if concerned is None else concerned.intersection(rowids)
        if new and len(rowids) > 1:
            alike.append([*sorted(set(rowids) - new)[-_MOST_COMPARED:], *sorted(new)])
    query = "SELECT rowid, excerpt FROM details WHERE rowid IN (SELECT value FROM json_each(?))"
    excerpts = dict(db.execute(query, [json_array(rowid for rowids in alike for rowid in rowids)]))
    pairs = []
    for rowids in alike:
        texts = [(rowid, frozenset(words(excerpts[rowid]))) for rowid in rowids]
        first = texts[:1]  # of each different text, so that a thousand copies are compared with one
        for rowid, text in texts[1:]:
            recent = first[-_MOST_COMPARED:]
            same = next((other for other, known in recent if _similarity(text, known) >= _NEARLY_THE_SAME), None)
            if same is None:
                first.append((rowid, text))
            else:
                pairs.append([same, rowid])
    return pairs


def _similarity(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0


def _joined(groups: Iterable[Sequence[int]]) -> list[set[int]]:
    """Return the groups with those joined that have an article in common."""
    group_of: dict[int, set[int]] = {}
    for group in groups:
        whole = max((group_of.setdefault(rowid, {rowid}) for rowid in group), key=len)
        for rowid in group:
            if (part := group_of[rowid]) is not whole:  # the smaller one: a thousand copies may come one by one
                whole |= part
                group_of.update(dict.fromkeys(part, whole))
    return [*{id(group): group for group in group_of.values()}.values()]
