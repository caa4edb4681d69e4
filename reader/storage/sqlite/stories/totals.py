"""What a story adds up to: its sources, its time, its best article and its heat."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from reader.core.model import without_www
from reader.storage.sqlite.database import json_array
from reader.storage.sqlite.index.facts import read_fact
from reader.storage.sqlite.stories.state import members_query
from reader.stories.heat import Coverage, Scale, computed_heat, on_scale, source_weight

DAY_IN_MICROS = 86_400_000_000
HIGHEST_RANK = 0xFFFF
"""Of articles in their story; in a story of more articles, neighbors share ranks."""


class HeatContext(NamedTuple):
    """What estimates of heat are relative to."""

    newest: int
    """The day of the newest article, counted since 1970."""
    scale: Scale

    def heat(self, coverage: Coverage) -> float:
        """Return the estimated heat of a story."""
        return self.estimate(computed_heat(coverage, self.newest))

    def estimate(self, computed: float) -> float:
        """Return the estimate that a computed heat gives."""
        return round(on_scale(computed, self.scale), 1)


class Member(NamedTuple):
    """What an article adds to its story."""

    rowid: int
    story: int
    quality: float | None
    heat: float | None
    published_at: int | None
    links: int
    story_rank: int
    heat_estimate: float | None
    name: str
    domain: str
    """Of its source."""
    title: str
    id: int


def load_context(db: sqlite3.Connection) -> HeatContext:
    """Return what the estimates in the index are relative to. Raises sqlite3.Error."""
    return HeatContext(
        read_fact(db, "stories_day"), db.execute("SELECT computed, known FROM heat_scale ORDER BY computed").fetchall()
    )


class ChangedArticles(NamedTuple):
    """Articles of which something changed."""

    rows: set[int]
    heats: set[int]
    """Those of which the heat may have changed: only these move in lists."""


def members_of(db: sqlite3.Connection, stories: Collection[int]) -> dict[int, list[Member]]:
    """Return the articles of each of ``stories``, given by their ids, the best first. Raises sqlite3.Error."""
    query = (
        "SELECT a.rowid, a.story, ifnull(quality, quality_estimate), heat, published_at, links, story_rank, "  # noqa: S608
        "heat_estimate, provider_name, provider_domain, title, id "
        f"FROM ({members_query()}) m JOIN articles a USING (rowid) JOIN details USING (rowid) "
        "ORDER BY ifnull(quality, quality_estimate) DESC, published_at IS NULL, published_at"
    )
    members: dict[int, list[Member]] = {story: [] for story in stories}
    for row in db.execute(query, {"ids": json_array(stories)}):
        members[row[1]].append(Member._make(row))
    for found in members.values():
        _sort_equal(found)
    return members


def update(db: sqlite3.Connection, members: Mapping[int, Sequence[Member]], context: HeatContext) -> ChangedArticles:
    """Bring stories up to date with their articles, which :func:`members_of` returned; return those that changed.

    Raises sqlite3.Error.
    """
    ids = "SELECT id FROM stories WHERE id IN (SELECT value FROM json_each(?))"
    known = {story for (story,) in db.execute(ids, [json_array(members)])}
    changed = ChangedArticles(set(), set())
    several, ranks = [], []
    for story, found in members.items():
        if not found:
            continue
        if (len(found) > 1) != (story in known):  # it gets its number now, or loses it
            changed.rows.update(each.rowid for each in found)
        coverage = coverage_of(found)
        heat = context.heat(coverage)
        if len(found) > 1:
            several.append(_totals(story, found, coverage, heat))
        for rank, each in zip(_ranks(found), found, strict=True):
            estimate = heat if each.heat is None else None
            if (rank, estimate) != (each.story_rank, each.heat_estimate):
                ranks.append((rank, estimate, each.rowid))
                changed.rows.add(each.rowid)
                if estimate != each.heat_estimate:
                    changed.heats.add(each.rowid)
    db.executemany("UPDATE articles SET story_rank = ?, heat_estimate = ? WHERE rowid = ?", ranks)
    db.executemany(_STORE, several)
    remove(db, {story for story, found in members.items() if len(found) < 2})
    return changed


def remove(db: sqlite3.Connection, stories: Collection[int]) -> None:
    """Remove stories, given by their ids, that do not have several articles. Raises sqlite3.Error."""
    db.execute("DELETE FROM stories WHERE id IN (SELECT value FROM json_each(?))", [json_array(stories)])


_COLUMNS = "id, best, articles, sources, weight, first, last, earliest, links, heat, heat_estimate"
_STORE = (
    f"INSERT INTO stories ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608 - constants
    "ON CONFLICT (id) DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS.split(", ")[1:])
)


def _totals(story: int, found: Sequence[Member], coverage: Coverage, heat: float) -> tuple[object, ...]:
    dates = [each.published_at for each in found if each.published_at is not None]
    first = min(dates, default=None)
    earliest = min((each for each in found if each.published_at == first), key=_by_time)
    known = max((each.heat for each in found if each.heat is not None), default=None)
    times = (first, max(dates, default=None))
    totals = (found[0].rowid, len(found), coverage.sources, coverage.weight)
    return (story, *totals, *times, earliest.rowid, coverage.links, known, heat)


def _ranks(found: Sequence[Member]) -> list[int]:
    """Return a rank for each article, ascending.

    They keep those that they have if there is room for the others in between, so that few rows change.
    """
    ranks = [each.story_rank for each in found]
    if len(ranks) == 1:
        return ranks
    last, start = 0, 0
    for place, rank in enumerate([*ranks, HIGHEST_RANK + 1]):
        if rank > last:
            missing = place - start
            if missing >= rank - last:
                return [(HIGHEST_RANK + 1) * number // (len(ranks) + 1) for number in range(1, len(ranks) + 1)]
            if missing:
                step = (rank - last) / (missing + 1)
                ranks[start:place] = [last + int(step * number) for number in range(1, missing + 1)]
            last, start = rank, place + 1
    return ranks


def by_time(published_at: int | None, source: str, title: str, id_: int) -> tuple[bool, int, str, str, int]:
    """Return what articles of a story are sorted by: their time, then source and title, so that all see one order."""
    return published_at is None, published_at or 0, source.casefold(), title.casefold(), id_


def _by_time(each: Member) -> tuple[bool, int, str, str, int]:
    return by_time(each.published_at, each.name or each.domain, each.title, each.id)


def coverage_of(found: Sequence[Member]) -> Coverage:
    """Return the coverage that articles of one story give it.

    Where only its domain is known, a source is the one with this domain that has a name in another article. What has
    no source at all adds none, but counts as one if it is all there is.
    """
    qualities: dict[tuple[str, str], float | None] = {}
    for each in found:  # the best first
        qualities.setdefault((each.name, each.domain), each.quality)
    names = {without_www(domain): name for name, domain in reversed(qualities) if name and domain}
    best: dict[str, float | None] = {}
    for (name, domain), quality in qualities.items():
        bare = without_www(domain)
        best.setdefault(without_www(name or names.get(bare, bare)).casefold(), quality)
    dates = [each.published_at for each in found if each.published_at is not None]
    links = sum([each.links for each in found])
    if len(best) > 1:
        best.pop("", None)
    first, last = (min(dates) // 1_000_000, max(dates) // 1_000_000) if dates else (None, None)
    return Coverage(round(sum(map(source_weight, best.values())), 6), len(best), first, last, links)


def _sort_equal(found: list[Member]) -> None:
    """Sort articles that have the same quality and time, in a list that is sorted by these."""
    start = 0
    for end in range(1, len(found) + 1):
        if end == len(found) or _quality_and_time(found[end]) != _quality_and_time(found[start]):
            if end - start > 1:
                found[start:end] = sorted(found[start:end], key=_by_time)
            start = end


def _quality_and_time(each: Member) -> tuple[float | None, int | None]:
    return each.quality, each.published_at
