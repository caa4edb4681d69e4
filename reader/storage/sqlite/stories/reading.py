"""Reads stories and what is like an article from the index."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from reader.core.marks import int_to_id
from reader.core.ordering import Sort
from reader.core.times import from_micros
from reader.storage.sqlite.database import json_array
from reader.storage.sqlite.index import columns, sort_orders
from reader.storage.sqlite.stories.state import checked_vector, members_query
from reader.storage.sqlite.stories.totals import by_time
from reader.stories.heat import Coverage, source_weight
from reader.stories.model import Story
from reader.stories.terms import Vector, unpacked

_TOGETHER = 500
_WITH_A_TERM = 200
"""So many articles that are found by a term are looked at."""
_COMPARED = 300


def story_number(db: sqlite3.Connection, rowid: int) -> int | None:
    """Return the number of the story of an article, if it has others. Raises sqlite3.Error."""
    query = "SELECT number FROM articles a JOIN stories s ON s.id = a.story WHERE a.rowid = ?"
    return next((number for (number,) in db.execute(query, [rowid])), None)


def hottest_first(db: sqlite3.Connection, mask: bytes | None = None) -> list[int]:
    """Return the numbers of all stories, or of those with an article in ``mask``. Raises sqlite3.Error."""
    query = "SELECT number FROM stories ORDER BY ifnull(heat, heat_estimate) DESC, last DESC, number"
    numbers = [number for (number,) in db.execute(query)]
    if mask is None:
        return numbers
    found = {number for number, wanted in zip(columns.load(db, "story"), mask, strict=False) if wanted}
    return [number for number in numbers if number in found]


def without_story(db: sqlite3.Connection, mask: bytes | None = None) -> list[int]:
    """Return the articles without a story, the hottest first; only those in ``mask``. Raises sqlite3.Error."""
    numbers = columns.load(db, "story")
    return [
        rowid
        for rowid in sort_orders.load_order(db, Sort("heat"))
        if not (rowid < len(numbers) and numbers[rowid]) and (mask is None or (rowid < len(mask) and mask[rowid]))
    ]


def stories(db: sqlite3.Connection, numbers: Iterable[int]) -> Iterator[Story]:
    """Yield stories in the order of their ``numbers``. Raises sqlite3.Error."""
    wanted = [*numbers]
    for start in range(0, len(wanted), _TOGETHER):
        part = wanted[start : start + _TOGETHER]
        query = (
            "SELECT number, s.id, title, first, last, sources, s.heat, s.heat_estimate FROM stories s "
            "JOIN articles a ON a.rowid = best WHERE number IN (SELECT value FROM json_each(?))"
        )
        rows = {row[0]: row[1:] for row in db.execute(query, [json_array(part)])}
        members = _members(db, [row[0] for row in rows.values()])
        for number in part:
            if number in rows:
                id_, title, first, last, sources, heat, estimate = rows[number]
                begin, end = (None if each is None else from_micros(each) for each in (first, last))
                yield Story(int_to_id(id_), title, tuple(members[id_]), begin, end, sources, heat, estimate)


def _members(db: sqlite3.Connection, ids: Collection[int]) -> dict[int, list[int]]:
    query = (
        "SELECT m.story, m.rowid, published_at, iif(provider_name = '', provider_domain, provider_name), title, a.id "  # noqa: S608
        f"FROM ({members_query()}) m JOIN articles a USING (rowid) JOIN details USING (rowid)"
    )
    rows = db.execute(query, {"ids": json_array(ids)}).fetchall()
    found: defaultdict[int, list[int]] = defaultdict(list)
    for story, rowid, *_ in sorted(rows, key=lambda row: by_time(*row[2:])):
        found[story].append(rowid)
    return found


def coverage(db: sqlite3.Connection, rowid: int) -> tuple[float | None, Coverage] | None:
    """Return the estimated heat of an article and the coverage of its story; None if it is gone. Raises sqlite3.Error.

    An article that is alone has a coverage, too.
    """
    query = (
        "SELECT a.heat_estimate, weight, sources, first, last, s.links, "
        "ifnull(quality, quality_estimate), published_at, a.links "
        "FROM articles a LEFT JOIN stories s ON s.id = a.story WHERE a.rowid = ?"
    )
    for estimate, *of_story, quality, published_at, links in db.execute(query, [rowid]):
        alone = [source_weight(quality), 1, published_at, published_at, links]
        weight, sources, *times, all_links = alone if of_story[0] is None else of_story
        begin, end = (None if each is None else each // 1_000_000 for each in times)
        return estimate, Coverage(weight, sources, begin, end, all_links)
    return None


class Near(NamedTuple):
    """An article that is like another one."""

    rowid: int
    score: float
    """From 0 to 1."""
    terms: list[int]
    """The terms that both have, the most telling first."""


def nearest(db: sqlite3.Connection, rowid: int, count: int) -> list[Near]:
    """Return the articles whose text is most like that of an article. Raises sqlite3.Error."""
    row = db.execute("SELECT vector FROM grouped WHERE rowid = ?", [rowid]).fetchone()
    if row is None:
        return []
    own = unpacked(checked_vector(row[0]))
    shared: defaultdict[int, int] = defaultdict(int)
    query = "SELECT article FROM found_by WHERE term = ? ORDER BY age, article LIMIT ?"
    for term, weight in own.by_term().items():
        for (other,) in db.execute(query, [term, _WITH_A_TERM]):
            shared[other] += weight
    shared.pop(rowid, None)
    compared = sorted(shared, key=lambda other: (-shared[other], other))[:_COMPARED]
    query = "SELECT rowid, vector FROM grouped WHERE rowid IN (SELECT value FROM json_each(?))"
    found = [
        _near(own, other, unpacked(checked_vector(data))) for other, data in db.execute(query, [json_array(compared)])
    ]
    return sorted(found, key=lambda each: (-each.score, each.rowid))[:count]


def _near(own: Vector, rowid: int, other: Vector) -> Near:
    weights = other.by_term()
    products = {term: weight * weights[term] for term, weight in own.by_term().items() if term in weights}
    length = sum(weight * weight for weight in own.weights) * sum(weight * weight for weight in other.weights)
    terms = sorted(products, key=lambda term: (-products[term], term))
    return Near(rowid, sum(products.values()) / length**0.5 if length else 0.0, terms)
