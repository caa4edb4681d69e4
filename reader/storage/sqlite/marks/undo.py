"""Undo and redo of marks and named items, across all windows and sessions of a user.

Every change of marks gets a number, and each mark stores as its ``token`` the number of the
change that gave it its value. Undoing a step reverts only the marks that still carry the
token of that step; redoing it, only those that again carry the token from before it. So a
mark that a later step or a merge has changed stays unchanged. Undo is itself a change, made
now, and wins in merges like any other. The same holds for named items.
"""

from __future__ import annotations

import logging
import re
import sqlite3
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from reader.core.hashing import hash_bytes
from reader.core.marks import LATEST, READ
from reader.storage.sqlite.database import json_array
from reader.storage.sqlite.marks.schema import mark_version, set_mark_version

log = logging.getLogger(__name__)

MAX_STEPS = 500
"""Number of steps that are stored."""
MAX_CHANGES = 1_000_000
"""Number of changed marks that are stored in all steps together."""
MIN_STEPS = 100
"""Number of latest undoable steps that are always stored, however large they are."""


class MarkResult(NamedTuple):
    """The effect of a change of marks, including an undo or redo."""

    by_mark: Mapping[str, tuple[bool, set[int]]]
    """The new value of each mark, and the ids (as integers) of the articles whose mark changed.

    An article that was never marked counts as unread, unstarred and untagged.
    """
    version: int
    """The mark version after the change; see :meth:`reader.storage.sqlite.marks.store.MarkStore.version`."""
    description: str = ""
    """The step in words, such as "Marked 12 articles read"; empty if nothing changed."""
    redo: bool = False
    """Whether a step was redone, rather than undone."""
    skipped: int = 0
    """Number of the step's marks and items that have changed since and were left unchanged."""
    items: Mapping[tuple[str, str], str] = MappingProxyType({})
    """The values of the named items that changed, as JSON, by kind and name; the last value of one that is gone."""
    folder: str = ""
    """The name of the folder in which the undone or redone step was made, if it is known,"""
    is_elsewhere: bool = False
    """and whether none of its articles are in the open one."""

    @property
    def kinds(self) -> set[str]:
        """Kinds of the named items that changed."""
        return {kind for kind, _ in self.items}

    def refused(self, reason: str) -> str:
        """Return the sentence that says that the step was not undone or redone in a file, and for which reason."""
        what = self.sentence.partition(": ")[2]
        return f"{reason}: not {'redone' if self.redo else 'undone'}: {what}"

    def too_late(self, file: str) -> str:
        """Return the sentence that says that ``file`` has changed since, so that the step was not undone or redone."""
        return self.refused(f"{file} has changed there since")

    @property
    def changed(self) -> set[int]:
        """The ids of the articles that changed."""
        return set().union(*(ids for _, ids in self.by_mark.values()))

    def became(self, *, read: bool) -> set[int]:
        """Return the ids of the articles that have become read or unread."""
        value, ids = self.by_mark.get(READ, (read, set()))
        return ids if value == read else set()

    @property
    def sentence(self) -> str:
        """The sentence about an undone or redone step to show to the user."""
        step = self.description[:1].lower() + self.description[1:]
        # From “saved the view “x”, tagged ...” to “saving the view “x”, tagging ...”, but not within names.
        step = re.sub(r"(“[^”]*”)|(^|, )(\w+)ed ", lambda found: found[1] or f"{found[2]}{found[3]}ing ", step)
        rest = f" ({self.skipped:,} changed since, left as {'it is' if self.skipped == 1 else 'they are'})"
        where = f" in {self.folder or 'another folder'}" if self.is_elsewhere else ""
        return f"{'Redone' if self.redo else 'Undone'}: {step}{where}{rest if self.skipped else ''}."


class _Change(NamedTuple):
    """What a step did to one mark of many articles."""

    mark_name: str
    value: bool
    previous_tokens: dict[int, int]
    """The token that each mark had before, by article id."""


def apply_mark(
    db: sqlite3.Connection, step: int, mark_name: str, ids_json: str, now: int, *, value: bool, undoable: bool
) -> set[int]:
    """Set one mark of many articles as part of a step, and return the ids of the articles that changed.

    ``ids_json`` is a JSON array of distinct ids; ``now`` is in milliseconds since 1970 (UTC).
    """
    query = (
        "SELECT j.value, ifnull(m.token, 0) FROM json_each(:ids) j "
        "LEFT JOIN marks m ON m.id = j.value AND m.what = :name WHERE ifnull(m.value, 0) <> :value"
    )
    values = {"name": mark_name, "value": int(value)}
    previous = dict(db.execute(query, {**values, "ids": ids_json}).fetchall())
    if previous:
        # A change is always later than what it changes, even if the clock was set back.
        db.execute(
            "INSERT INTO marks (id, what, value, changed_at, token) "
            "SELECT value, :name, :value, :now, :step FROM json_each(:ids) WHERE true "
            "ON CONFLICT (id, what) DO UPDATE SET value = excluded.value, token = excluded.token, "
            "changed_at = max(excluded.changed_at, min(changed_at + 1, :latest))",
            {**values, "now": now, "step": step, "latest": LATEST, "ids": json_array(previous)},
        )
        if undoable:
            _insert_change(db, step, _Change(mark_name, value, previous))
    return set(previous)


def record_step(db: sqlite3.Connection, step: int, description: str, folder: str = "") -> None:
    """Add the changes of ``step`` to the history as one step, and drop the oldest steps beyond the limits."""
    size = _step_size(db, step)
    told = f"{description}\n{folder}" if folder else description
    db.execute("INSERT INTO steps (number, told, undone, turn, size) VALUES (?, ?, 0, ?, ?)", [step, told, step, size])
    (steps, changes) = db.execute("SELECT count(*), sum(size) FROM steps").fetchone()
    if steps <= MAX_STEPS and changes <= MAX_CHANGES:
        return
    latest = "SELECT number FROM steps WHERE NOT undone ORDER BY turn DESC LIMIT ?"
    protected = {number for (number,) in db.execute(latest, [MIN_STEPS])}
    # Undone steps go first: after further changes, most of them can no longer be redone.
    for number, its_size in db.execute("SELECT number, size FROM steps ORDER BY undone DESC, turn").fetchall():
        if number in protected or (steps <= MAX_STEPS and changes <= MAX_CHANGES):
            break
        _delete_step(db, number)
        steps, changes = steps - 1, changes - its_size


def undo(db: sqlite3.Connection, now: int, *, redo: bool) -> MarkResult | None:
    """Undo the latest step, or redo the one undone last; None if there is none.

    Steps of which nothing is left to undo or redo are dropped.
    """
    order = "SELECT number, told, size FROM steps WHERE undone = ? ORDER BY turn DESC"
    for number, told, size in db.execute(order, [int(redo)]).fetchall():
        reverted = {
            change.mark_name: (change.value == redo, _revert_marks(db, number, change, now, redo=redo))
            for change in _changes(db, number)
        }
        items = _revert_items(db, number, now, redo=redo)
        done = sum(len(ids) for _, ids in reverted.values()) + len(items)
        if not done:
            _delete_step(db, number)
            continue
        version = mark_version(db) + 1
        set_mark_version(db, version)
        db.execute("UPDATE steps SET undone = ?, turn = ? WHERE number = ?", [int(not redo), version, number])
        description, _, folder = told.partition("\n")
        return MarkResult(reverted, version, description, redo, size - done, items, folder)
    return None


def _revert_marks(db: sqlite3.Connection, step: int, change: _Change, now: int, *, redo: bool) -> set[int]:
    """Undo or redo one change of a step where nothing has changed since; return the ids of the articles."""
    query = (
        "SELECT j.value, m.token FROM json_each(?) j JOIN marks m ON m.id = j.value AND m.what = ? WHERE m.value <> ?"
    )
    value, previous = int(change.value == redo), change.previous_tokens
    reverted = [
        (step if redo else previous[id_], id_)
        for id_, token in db.execute(query, [json_array(previous), change.mark_name, value])
        if token == (previous[id_] if redo else step)
    ]
    db.executemany(
        f"UPDATE marks SET value = {value}, token = ?, changed_at = max({now:d}, min(changed_at + 1, {LATEST})) "  # noqa: S608
        "WHERE id = ? AND what = ?",
        ((token, id_, change.mark_name) for token, id_ in reverted),
    )
    return {id_ for _, id_ in reverted}


def _revert_items(db: sqlite3.Connection, step: int, now: int, *, redo: bool) -> dict[tuple[str, str], str]:
    """Undo or redo what a step did to items that have not changed since; see :attr:`MarkResult.items`."""
    value, token, expected = ("after", "step", "former") if redo else ("before", "former", "step")
    query = (
        f"SELECT c.{value}, c.{token}, k.kind, k.name, k.value FROM kept_changes c "  # noqa: S608 - constants
        f"JOIN kept k ON k.kind = c.kind AND k.name = c.name "
        f"WHERE c.step = ? AND k.token = c.{expected} AND k.value <> c.{value}"
    )
    reverted = db.execute(query, [step]).fetchall()
    db.executemany(
        f"UPDATE kept SET value = ?, token = ?, changed_at = max({now:d}, min(changed_at + 1, {LATEST})) "  # noqa: S608
        "WHERE kind = ? AND name = ?",
        [row[:4] for row in reverted],
    )
    return {(kind, name): new or old for new, _, kind, name, old in reverted}


def reassign_ids(db: sqlite3.Connection, pairs: list[tuple[int, int]]) -> None:
    """Copy the marks of each first article to the second, and let the steps in the history apply to both.

    If both have a mark, the later change wins: a document that was moved away and back brings back what changed
    meanwhile. Repeating a call has no further effect.
    """
    moved = [(old, new) for old, new in pairs if old != new]
    query = "SELECT id, what, changed_at, value, token FROM marks WHERE id IN (SELECT value FROM json_each(?))"
    marks: dict[int, dict[str, tuple[int, int, int]]] = {}
    for id_, name, *mark in db.execute(query, [json_array({each for pair in moved for each in pair})]):
        marks.setdefault(id_, {})[name] = (mark[0], mark[1], mark[2])
    copied: dict[str, dict[int, tuple[int, tuple[int, int, int]]]] = {}
    for old, new in moved:
        for name, mark in marks.get(old, {}).items():
            receivers = copied.setdefault(name, {})
            own = receivers[new][1] if new in receivers else marks.get(new, {}).get(name)
            if own is None or mark[:2] > own[:2]:
                receivers[new] = (old, mark)
    db.executemany(
        "INSERT OR REPLACE INTO marks (id, what, changed_at, value, token) VALUES (?, ?, ?, ?, ?)",
        ((new, name, *mark) for name, receivers in copied.items() for new, (_, mark) in receivers.items()),
    )
    if any(copied.values()):
        _extend_steps(db, {name: {new: old for new, (old, _) in each.items()} for name, each in copied.items()})


def _extend_steps(db: sqlite3.Connection, copied: Mapping[str, Mapping[int, int]]) -> None:
    """Apply the steps to copied marks too; ``copied`` gives, by mark name and receiver, the source article."""
    for (number,) in db.execute("SELECT number FROM steps").fetchall():
        is_changed = False
        for change in _changes(db, number):
            sources = copied.get(change.mark_name, {})
            # A receiver's own mark was replaced by a later one, so its own history no longer applies.
            previous = {id_: token for id_, token in change.previous_tokens.items() if id_ not in sources}
            previous |= {
                new: change.previous_tokens[old] for new, old in sources.items() if old in change.previous_tokens
            }
            if previous != change.previous_tokens:
                is_changed = True
                _delete_change(db, number, change.mark_name)
                _insert_change(db, number, change._replace(previous_tokens=previous))
        if is_changed:
            db.execute("UPDATE steps SET size = ? WHERE number = ?", [_step_size(db, number), number])


# Storage format: sorted 8-byte integers, and each list of ids only once, since the same articles are often changed
# again. This bounds the disk space of a hundred steps of any size.


def _insert_change(db: sqlite3.Connection, step: int, change: _Change) -> None:
    import zlib

    if not change.previous_tokens:
        return
    ids = sorted(change.previous_tokens)
    packed = _packed(ids)
    run = hash_bytes(packed, 32)
    db.execute("INSERT OR IGNORE INTO runs (digest, ids) VALUES (?, ?)", [run, packed])
    row = db.execute("SELECT number FROM runs WHERE digest = ?", [run]).fetchone()
    if row is None or row[0] is None:
        # A damaged table of the history, which no check of SQLite finds, must not keep marks from being stored.
        log.warning("step %d cannot be undone: its ids could not be stored", step)
        return
    tokens = zlib.compress(_packed(change.previous_tokens[id_] for id_ in ids), 1)
    db.execute(
        "INSERT INTO changes (step, what, value, size, run, formers) VALUES (?, ?, ?, ?, ?, ?)",
        [step, change.mark_name, int(change.value), len(ids), row[0], tokens],
    )


def _changes(db: sqlite3.Connection, step: int) -> Iterator[_Change]:
    import zlib

    query = (
        "SELECT c.what, c.value, r.ids, c.formers FROM changes c LEFT JOIN runs r ON r.number = c.run WHERE c.step = ?"
    )
    for name, value, ids, tokens in db.execute(query, [step]).fetchall():
        try:
            previous = dict(zip(_unpacked(ids), _unpacked(zlib.decompress(tokens)), strict=True))
            yield _Change(name, bool(value), previous)
        except (TypeError, ValueError, zlib.error) as error:
            # Only the history is damaged, not the marks themselves, so the change is skipped.
            log.warning("step %d cannot be undone", step, exc_info=error)


def _delete_change(db: sqlite3.Connection, step: int, mark_name: str) -> None:
    db.execute("DELETE FROM changes WHERE step = ? AND what = ?", [step, mark_name])
    db.execute("DELETE FROM runs WHERE number NOT IN (SELECT run FROM changes)")


def _delete_step(db: sqlite3.Connection, number: int) -> None:
    db.execute("DELETE FROM changes WHERE step = ?", [number])
    db.execute("DELETE FROM runs WHERE number NOT IN (SELECT run FROM changes)")
    db.execute("DELETE FROM kept_changes WHERE step = ?", [number])
    db.execute("DELETE FROM steps WHERE number = ?", [number])


def _step_size(db: sqlite3.Connection, step: int) -> int:
    """Return how many marks and items a step has changed."""
    (marks,) = db.execute("SELECT ifnull(sum(size), 0) FROM changes WHERE step = ?", [step]).fetchone()
    (items,) = db.execute("SELECT count(*) FROM kept_changes WHERE step = ?", [step]).fetchone()
    return int(marks) + int(items)


def _packed(numbers: Iterable[int]) -> bytes:
    values = array("q", numbers)
    if sys.byteorder == "big":  # the file may be copied to another machine
        values.byteswap()
    return values.tobytes()


def _unpacked(data: bytes) -> array[int]:
    values = array("q")
    values.frombytes(data)
    if sys.byteorder == "big":
        values.byteswap()
    return values
