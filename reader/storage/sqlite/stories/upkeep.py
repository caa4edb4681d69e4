"""Keeps the tables of stories up to date with the articles."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator, Sequence

from reader.storage.sqlite.database import json_array
from reader.storage.sqlite.index.facts import read_fact
from reader.storage.sqlite.stories import copies, edges, estimates, totals, waiting
from reader.storage.sqlite.stories.state import REPEATED_IDS, SqliteStoryState
from reader.storage.sqlite.stories.totals import ChangedArticles
from reader.stories.grouping import MOST_REVIEWED, Grouping

_ADDED_TOGETHER = 500
_SECONDS_OF_A_TRANSACTION = 2.0
_INTERVAL = 20
"""The interval between commits, as a multiple of the time that one takes: pages that are all over the tables."""


def is_due(db: sqlite3.Connection, *, quality: bool) -> bool:
    """Return whether there is anything to do; ``quality`` says whether to estimate it. Raises sqlite3.Error."""
    return is_unfinished(db) or read_fact(db, "stories_quality") != quality


def is_unfinished(db: sqlite3.Connection) -> bool:
    """Return whether articles are still to be grouped, or lists do not show it yet. Raises sqlite3.Error."""
    return waiting.has_any(db) or read_fact(db, "stories_unshown") != 0


def begin(db: sqlite3.Connection) -> bool:
    """Note that lists will lack changes; return whether they show all earlier ones. Raises sqlite3.Error."""
    is_first = not read_fact(db, "stories_unshown")
    db.execute("UPDATE facts SET value = 1 WHERE name = 'stories_unshown'")
    if not read_fact(db, "grouped") and db.execute("SELECT EXISTS (SELECT 1 FROM grouped)").fetchone()[0]:
        _start_over(db)
    return is_first


def _start_over(db: sqlite3.Connection) -> None:
    """Forget what the first grouping has saved: it was killed, and has not saved how many articles have each word."""
    for table in ("grouped", "found_by", "departed", "departed_texts"):
        db.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
    db.execute("UPDATE articles SET story = NULL WHERE story IS NOT NULL")


def end(db: sqlite3.Connection) -> None:
    """Note that lists show all changes. Raises sqlite3.Error."""
    db.execute("UPDATE facts SET value = 0 WHERE name = 'stories_unshown'")


def take_departed(db: sqlite3.Connection) -> ChangedArticles:
    """Take articles that are gone or changed out of their stories; return the articles whose rows changed.

    Raises sqlite3.Error.
    """
    departed = db.execute("SELECT rowid, copy_of FROM departed").fetchall()
    if not departed:
        return ChangedArticles(set(), set())
    db.execute("DELETE FROM departed")
    state = SqliteStoryState(db)
    grouping = Grouping(state)
    for rowid, _ in departed:
        grouping.remove(rowid)
    of_copies = {copy_of for _, copy_of in departed if copy_of is not None}
    query = "SELECT rowid FROM articles WHERE copy_of IN (SELECT value FROM json_each(?))"
    left = {rowid for (rowid,) in db.execute(query, [json_array(of_copies)])}
    changed = _update(db, left, state.changed)
    changed.heats.update(rowid for rowid, _ in departed)
    changed.rows.update(left, changed.heats)
    return changed


def to_add(db: sqlite3.Connection) -> tuple[Sequence[int], bool]:
    """Return the articles to be grouped, newest first, and whether this is a review. Raises sqlite3.Error."""
    rowids = waiting.newest_first(db)
    is_review = Grouping(SqliteStoryState(db)).is_review_due(len(rowids))
    if is_review:
        waiting.add_alone(db, MOST_REVIEWED)
        rowids = waiting.newest_first(db)
    return rowids, is_review


def add_few(db: sqlite3.Connection, rowids: Sequence[int], *, quality: bool) -> ChangedArticles:
    """Group a few articles; return the articles whose rows changed. Raises sqlite3.Error."""
    state = SqliteStoryState(db)
    Grouping(state).add(*waiting.articles(db, rowids))
    state.flush()
    if quality:
        estimates.update_quality(db, rowids)
    linked = {other for find in (edges.listed, edges.listing) for _, other in find(db, rowids)}
    counts = edges.count_links(db, {*rowids, *linked})
    db.executemany("UPDATE articles SET links = ? WHERE rowid = ?", [(count, rowid) for rowid, count in counts.items()])
    query = "SELECT story FROM articles WHERE story IS NOT NULL AND rowid IN (SELECT value FROM json_each(?))"
    stories = state.changed | {story for (story,) in db.execute(query, [json_array(linked)])}
    changed = _update(db, {*rowids, *state.moved}, stories)
    changed.heats.update(rowids)
    changed.rows.update(rowids, linked, state.moved)
    return changed


def add_many(db: sqlite3.Connection, rowids: Iterable[int], *, review: bool) -> Iterator[None]:
    """Group articles; yields now and then, when all changes may be committed. Raises sqlite3.Error.

    ``review`` says whether those that are alone are among them.

    :func:`update_all` must follow, or :func:`update_totals` to show what is known.
    """
    state = SqliteStoryState(db)
    due = 0.0
    for _ in Grouping(state).add_all(waiting.articles(db, rowids), review=review):
        begin = time.monotonic()
        if begin > due:
            state.flush()
            yield
            now = time.monotonic()
            due = now + max(_SECONDS_OF_A_TRANSACTION, _INTERVAL * (now - begin))
    state.flush()


def _update(db: sqlite3.Connection, rowids: Collection[int], stories: Collection[int]) -> ChangedArticles:
    """Update what is known of ``stories`` and of the copies of ``rowids``; return the articles whose rows changed."""
    members = totals.members_of(db, stories)
    changed = totals.update(db, members, totals.load_context(db))
    changed.rows.update(copies.update(db, rowids, members))
    return changed


# The whole folder.


def is_outdated(db: sqlite3.Connection, *, quality: bool) -> bool:
    """Return whether the estimates of all articles must be made anew. Raises sqlite3.Error."""
    return read_fact(db, "stories_day") != estimates.newest_day(db) or read_fact(db, "stories_quality") != quality


def update_all(db: sqlite3.Connection, *, quality: bool, only_estimates: bool) -> None:
    """Make the estimates of all articles anew; unless ``only_estimates``, also find links and copies anew.

    Raises sqlite3.Error.
    """
    if not only_estimates:
        estimates.update_links(db)
    if quality:
        estimates.update_medians(db)
        changed = estimates.update_quality(db, None)
    else:
        changed = estimates.forget_quality(db)
    db.execute("UPDATE facts SET value = ? WHERE name = 'stories_quality'", [quality])
    # What stories add up to has changed with the quality of their articles, and with links.
    if only_estimates:
        articles = "SELECT story FROM articles WHERE rowid IN (SELECT value FROM json_each(?))"
        of_changed = f"SELECT id FROM stories WHERE id IN ({articles})"  # noqa: S608 - constants
        _update_totals(db, [story for (story,) in db.execute(of_changed, [json_array(changed)])])
    else:
        update_totals(db)
        copies.update_all(db)
    estimates.update_all(db)


def update_totals(db: sqlite3.Connection) -> None:
    """Find anew which stories have several articles, and what they add up to. Raises sqlite3.Error."""
    # Two articles with one id can be in the story with that id.
    several = f"SELECT story FROM articles WHERE story <> id UNION {REPEATED_IDS}"  # noqa: S608 - constants
    db.execute(f"DELETE FROM stories WHERE id NOT IN ({several})")  # noqa: S608 - constants
    _update_totals(db, [story for (story,) in db.execute(several)])


def _update_totals(db: sqlite3.Connection, stories: Sequence[int]) -> None:
    context = totals.load_context(db)
    for start in range(0, len(stories), _ADDED_TOGETHER):
        totals.update(db, totals.members_of(db, stories[start : start + _ADDED_TOGETHER]), context)
