"""Estimates for the whole folder: the scale of heat, and the quality that documents seem to have."""

from __future__ import annotations

import sqlite3
import time
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from reader.core.ordering import Sort
from reader.documents.index_record import IMAGES
from reader.storage.sqlite.database import json_array
from reader.storage.sqlite.index import sort_orders
from reader.storage.sqlite.stories.totals import DAY_IN_MICROS, HeatContext
from reader.stories.heat import Coverage, computed_heat, scale_of, source_weight
from reader.stories.quality import Completeness, estimated_quality, median_quality

_FUTURE = 1
"""Days after today; later dates are mistakes, which say nothing about the age of other articles."""


def newest_day(db: sqlite3.Connection) -> int:
    """Return the day of the newest article, counted since 1970; 0 if no article has a date. Raises sqlite3.Error."""
    latest = (time.time() // 86_400 + _FUTURE + 1) * DAY_IN_MICROS
    for rowid in sort_orders.iterate_order(db, Sort("date")):
        row = db.execute("SELECT published_at FROM articles WHERE rowid = ?", [rowid]).fetchone()
        if row is not None and (row[0] is None or row[0] < latest):
            return (row[0] or 0) // DAY_IN_MICROS
    return 0


def update_all(db: sqlite3.Connection) -> None:
    """Estimate the heat of all articles anew, for a new day. Raises sqlite3.Error."""
    day = newest_day(db)
    db.execute("UPDATE facts SET value = ? WHERE name = 'stories_day'", [day])
    stories = db.execute("SELECT number, weight, sources, first, last, links FROM stories")
    computed = {
        number: computed_heat(Coverage(weight, sources, _second(first), _second(last), links), day)
        for number, weight, sources, first, last, links in stories
    }
    ours, known = array("d"), array("d")
    for _, heat, _, of_coverage in _computed(db, "heat IS NOT NULL", day, computed):
        ours.append(of_coverage)
        known.append(heat)
    scale = scale_of(ours, known)
    db.execute("DELETE FROM heat_scale")
    db.executemany("INSERT INTO heat_scale VALUES (?, ?)", scale)
    estimate = HeatContext(day, scale).estimate
    unknown = _computed(db, "heat IS NULL", day, computed)
    changed = ((new, rowid) for rowid, _, was, of_coverage in unknown if (new := estimate(of_coverage)) != was)
    _write(db, "UPDATE articles SET heat_estimate = ? WHERE rowid = ?", changed)
    of_stories = ((estimate(of_coverage), number) for number, of_coverage in computed.items())
    _write(db, "UPDATE stories SET heat_estimate = ? WHERE number = ?", of_stories)


def _computed(
    db: sqlite3.Connection, where: str, day: int, of_stories: Mapping[int, float]
) -> Iterator[tuple[int, Any, Any, float]]:
    """Yield articles, their heat, the estimate of it, and the heat that the coverage of their story gives.

    ``of_stories`` are those of the stories, by their numbers.
    """
    query = (
        "SELECT a.rowid, a.heat, a.heat_estimate, number, ifnull(quality, quality_estimate), published_at, a.links "  # noqa: S608
        f"FROM articles a LEFT JOIN stories s ON s.id = a.story WHERE a.story IS NOT NULL AND a.{where}"
    )

    for rowid, heat, estimate, number, quality, published_at, links in db.execute(query):
        if number is None:
            at = _second(published_at)
            yield rowid, heat, estimate, computed_heat(Coverage(source_weight(quality), 1, at, at, links), day)
        else:
            yield rowid, heat, estimate, of_stories[number]


def _second(micros: int | None) -> int | None:
    return None if micros is None else micros // 1_000_000


def update_links(db: sqlite3.Connection) -> None:
    """Count the links of all articles. Raises sqlite3.Error."""
    (last,) = db.execute("SELECT ifnull(max(rowid), 0) FROM articles").fetchone()
    counts = array("I", bytes(4 * (last + 1)))
    query = (
        "SELECT l.article, a.rowid FROM links l JOIN articles a ON a.id = l.key UNION ALL "
        "SELECT l.article, u.article FROM links l JOIN urls u ON u.url = l.key"
    )
    for one, other in db.execute(query):
        if one != other:
            counts[one] += 1
            counts[other] += 1
    rows = db.execute("SELECT rowid, links FROM articles")
    new = ((counts[rowid], rowid) for rowid, links in rows if counts[rowid] != links)
    _write(db, "UPDATE articles SET links = ? WHERE rowid = ?", new)


# Quality.


def update_medians(db: sqlite3.Connection) -> None:
    """Store the median quality of each source. Raises sqlite3.Error."""
    by_source: defaultdict[int, array[float]] = defaultdict(lambda: array("d"))
    query = "SELECT source, quality FROM articles JOIN codes USING (rowid) WHERE quality IS NOT NULL AND source"
    for source, quality in db.execute(query):
        by_source[source].append(quality)
    medians = ((source, median_quality(qualities)) for source, qualities in by_source.items())
    db.execute("DELETE FROM source_quality")
    rows = [(source, median) for source, median in medians if median is not None]
    db.executemany("INSERT INTO source_quality VALUES (?, ?)", rows)


def update_quality(db: sqlite3.Connection, rowids: Collection[int] | None) -> Sequence[int]:
    """Estimate the quality of those of ``rowids`` that have none, None for all articles; return those that changed.

    Raises sqlite3.Error.
    """
    query = (
        "SELECT a.rowid, quality_estimate, sz, flags, published_at IS NOT NULL, source, original_url <> '', "
        "d.topics <> '', median FROM articles a JOIN details d ON d.rowid = a.rowid JOIN codes c ON c.rowid = a.rowid "
        "LEFT JOIN slots s ON s.rowid = a.rowid LEFT JOIN words_docsize w ON w.id = ifnull(slot, a.rowid) "
        "LEFT JOIN source_quality USING (source) WHERE quality IS NULL"
    )
    parameters: list[Any] = []
    if rowids is not None:
        query += " AND a.rowid IN (SELECT value FROM json_each(?))"
        parameters = [json_array(rowids)]

    def estimates() -> Iterator[tuple[float, int]]:
        for rowid, was, sizes, flags, dated, source, has_url, has_topics, median in db.execute(query, parameters):
            _, excerpt, _, _, body, _ = _numbers(sizes or bytes(6))
            found = Completeness(excerpt, body, bool(flags & IMAGES), dated, bool(source), has_url, has_topics)
            new = round(estimated_quality(found, median), 1)
            if new != was:
                yield new, rowid

    return _write(db, "UPDATE articles SET quality_estimate = ? WHERE rowid = ?", estimates())


def forget_quality(db: sqlite3.Connection) -> Sequence[int]:
    """Remove all estimates of quality; return the articles that had one. Raises sqlite3.Error."""
    changed = array(
        "I", (rowid for (rowid,) in db.execute("SELECT rowid FROM articles WHERE quality_estimate IS NOT NULL"))
    )
    db.execute("UPDATE articles SET quality_estimate = NULL WHERE quality_estimate IS NOT NULL")
    return changed


def _numbers(data: bytes) -> list[int]:
    """Return the numbers of words of each column, as FTS5 stores them: seven bits a byte, the highest first."""
    numbers, number = [], 0
    for byte in data:
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            numbers.append(number)
            number = 0
    return numbers


def _write(db: sqlite3.Connection, statement: str, rows: Iterable[tuple[float, int]]) -> Sequence[int]:
    """Execute ``statement`` for all rows, after these are read; return the last value of each."""
    # Reading and writing one table at a time: an update must not move what is still to be read.
    numbers, rowids = array("d"), array("I")
    for number, rowid in rows:
        numbers.append(number)
        rowids.append(rowid)
    db.executemany(statement, zip(numbers, rowids, strict=True))
    return rowids
