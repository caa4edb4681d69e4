"""What was changed and can be undone, for all windows and all runs of one person.

Every change of marks draws a number, and each mark remembers as its ``token`` the
number of the change that made it what it is. A step can be undone as far as the marks
it changed still have its token, and redone as far as they have the token again that
they had before it. So what was altered since, by a later step or by marks taken in
from another machine, stays as it is. Undoing is itself a change, with the present time,
and holds wherever it is merged. The same goes for the things of :mod:`reader.storage.sqlite.marks.named_items`.
"""

from __future__ import annotations

import logging
import sqlite3
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from reader.core.marks import LATEST, READ
from reader.storage.sqlite.marks import named_items
from reader.storage.sqlite.marks.schema import changes_of, set_changes

log = logging.getLogger(__name__)

STEPS = 500
"""So many steps are kept,"""
CHANGES = 1_000_000
"""and so many changed marks in all of them together;"""
SURE = 100
"""but so many of the last steps that can be undone, however large they are."""


class Undone(NamedTuple):
    """A step that was undone or redone."""

    told: str
    """What the step was, such as "Marked 12 articles read"."""
    again: bool
    """Whether it was redone."""
    changed: set[int]
    """The numbers of the articles that are different now."""
    left: int
    """How many of its marks and things were changed since, and stay as they are."""
    read: set[int]
    """Articles that are read now, and were not."""
    unread: set[int]
    """Articles that are unread now, and were read."""
    version: int
    """See :meth:`reader.storage.sqlite.marks.store.State.version`."""
    kinds: frozenset[str] = frozenset()
    """The kinds of things (see :mod:`reader.storage.sqlite.marks.named_items`) of which some are different now."""

    @property
    def sentence(self) -> str:
        """What to tell the person."""
        told = self.told[:1].lower() + self.told[1:]
        rest = f" ({self.left:,} changed since, left as {'it is' if self.left == 1 else 'they are'})"
        return f"{'Redone' if self.again else 'Undone'}: {told}{rest if self.left else ''}."


class _Change(NamedTuple):
    """What a step did to one mark of many articles."""

    what: str
    value: bool
    formers: dict[int, int]
    """By the number of the article, the token that its mark had before."""


def change(db: sqlite3.Connection, step: int, what: str, numbers: str, now: int, *, value: bool) -> set[int]:
    """Set one mark of many articles as a part of a step, and return the numbers of those that were not so before.

    ``numbers`` is a JSON array, each once; ``now`` is in milliseconds since 1970 (UTC).
    """
    query = (
        "SELECT j.value, ifnull(m.token, 0) FROM json_each(:numbers) j "
        "LEFT JOIN marks m ON m.id = j.value AND m.what = :what WHERE ifnull(m.value, 0) <> :value"
    )
    formers = dict(db.execute(query, {"numbers": numbers, "what": what, "value": int(value)}).fetchall())
    if formers:
        # A change is later than what it changes, also when the clock was set back.
        db.execute(
            "INSERT INTO marks (id, what, value, changed_at, token) "
            "SELECT value, :what, :value, :now, :step FROM json_each(:numbers) WHERE true "
            "ON CONFLICT (id, what) DO UPDATE SET value = excluded.value, token = excluded.token, "
            "changed_at = max(excluded.changed_at, min(changed_at + 1, :latest))",
            {"what": what, "value": int(value), "now": now, "step": step, "latest": LATEST, "numbers": _json(formers)},
        )
        _write(db, step, _Change(what, value, formers))
    return set(formers)


def keep(db: sqlite3.Connection, step: int, told: str) -> None:
    """Keep what was written as a step; the oldest are forgotten."""
    size = _size(db, step)
    db.execute("INSERT INTO steps (number, told, undone, turn, size) VALUES (?, ?, 0, ?, ?)", [step, told, step, size])
    (steps, changes) = db.execute("SELECT count(*), sum(size) FROM steps").fetchone()
    if steps <= STEPS and changes <= CHANGES:
        return
    last = "SELECT number FROM steps WHERE NOT undone ORDER BY turn DESC LIMIT ?"
    sure = {number for (number,) in db.execute(last, [SURE])}
    # What was undone goes first: nothing leads back to most of it after further changes.
    for number, its_size in db.execute("SELECT number, size FROM steps ORDER BY undone DESC, turn").fetchall():
        if number in sure or (steps <= STEPS and changes <= CHANGES):
            break
        _forget(db, number)
        steps, changes = steps - 1, changes - its_size


def move(db: sqlite3.Connection, now: int, *, again: bool) -> Undone | None:
    """Undo the step that was done last or, with ``again``, redo the one that was undone last; None without one.

    Steps of which nothing is left to undo are passed over, and forgotten.
    """
    order = "SELECT number, told, size FROM steps WHERE undone = ? ORDER BY turn DESC"
    for number, told, size in db.execute(order, [int(again)]).fetchall():
        moved = {
            its.what: (its.value == again, _move_marks(db, number, its, now, again=again))
            for its in _changes(db, number)
        }
        kinds = named_items.move(db, number, now, again=again)
        done = sum(len(ids) for _, ids in moved.values()) + len(kinds)
        if not done:
            _forget(db, number)
            continue
        version = changes_of(db) + 1
        set_changes(db, version)
        db.execute("UPDATE steps SET undone = ?, turn = ? WHERE number = ?", [int(not again), version, number])
        value, of_read = moved.get(READ, (False, set()))
        read, unread = (of_read, set[int]()) if value else (set[int](), of_read)
        every = set[int]().union(*(ids for _, ids in moved.values()))
        return Undone(told, again, every, size - done, read, unread, version, frozenset(kinds))
    return None


def _move_marks(db: sqlite3.Connection, step: int, its: _Change, now: int, *, again: bool) -> set[int]:
    """Undo or redo one part of a step, as far as nothing was changed since; return the numbers of the articles."""
    query = (
        "SELECT j.value, m.token FROM json_each(?) j JOIN marks m ON m.id = j.value AND m.what = ? WHERE m.value <> ?"
    )
    value = int(its.value == again)
    moved = [
        (step if again else its.formers[id_], id_)
        for id_, token in db.execute(query, [_json(its.formers), its.what, value])
        if token == (its.formers[id_] if again else step)
    ]
    db.executemany(
        f"UPDATE marks SET value = {value}, token = ?, changed_at = max({now:d}, min(changed_at + 1, {LATEST})) "  # noqa: S608
        "WHERE id = ? AND what = ?",
        ((token, id_, its.what) for token, id_ in moved),
    )
    return {id_ for _, id_ in moved}


def carry(db: sqlite3.Connection, pairs: list[tuple[int, int]]) -> None:
    """Give the marks of each first article to the second as well, and let steps change both.

    Of a mark that both have the later change holds: a document that is moved away and
    back comes with what was changed meanwhile. So told twice is told once.
    """
    moved = [(former, present) for former, present in pairs if former != present]
    query = "SELECT id, what, changed_at, value, token FROM marks WHERE id IN (SELECT value FROM json_each(?))"
    of: dict[int, dict[str, tuple[int, int, int]]] = {}
    for id_, what, *mark in db.execute(query, [_json({each for pair in moved for each in pair})]):
        of.setdefault(id_, {})[what] = (mark[0], mark[1], mark[2])
    given: dict[str, dict[int, tuple[int, tuple[int, int, int]]]] = {}
    for former, present in moved:
        for what, mark in of.get(former, {}).items():
            heirs = given.setdefault(what, {})
            own = heirs[present][1] if present in heirs else of.get(present, {}).get(what)
            if own is None or mark[:2] > own[:2]:
                heirs[present] = (former, mark)
    db.executemany(
        "INSERT OR REPLACE INTO marks (id, what, changed_at, value, token) VALUES (?, ?, ?, ?, ?)",
        ((present, what, *mark) for what, heirs in given.items() for present, (_, mark) in heirs.items()),
    )
    if any(given.values()):
        _carry_steps(db, {what: {at: heir[0] for at, heir in heirs.items()} for what, heirs in given.items()})


def _carry_steps(db: sqlite3.Connection, given: Mapping[str, Mapping[int, int]]) -> None:
    """Let steps change what was given: by the name of a mark and who got it, whose it was."""
    for (number,) in db.execute("SELECT number FROM steps").fetchall():
        changed = False
        for its in _changes(db, number):
            heirs = given.get(its.what, {})
            # What led to a mark that was replaced by a later one leads nowhere any more.
            formers = {id_: token for id_, token in its.formers.items() if id_ not in heirs}
            formers |= {heir: its.formers[of] for heir, of in heirs.items() if of in its.formers}
            if formers != its.formers:
                changed = True
                _erase(db, number, its.what)
                _write(db, number, its._replace(formers=formers))
        if changed:
            db.execute("UPDATE steps SET size = ? WHERE number = ?", [_size(db, number), number])


# How it is written: numbers of 8 bytes in order, and each run of them once, as the same articles are often changed
# again. So a hundred steps need no more room than a disk has, however large they are.


def _write(db: sqlite3.Connection, step: int, its: _Change) -> None:
    import hashlib
    import zlib

    if not its.formers:
        return
    ids = sorted(its.formers)
    packed = _packed(ids)
    digest = hashlib.sha256(packed).digest()
    db.execute("INSERT OR IGNORE INTO runs (digest, ids) VALUES (?, ?)", [digest, packed])
    formers = zlib.compress(_packed(its.formers[id_] for id_ in ids), 1)
    db.execute(
        "INSERT INTO changes (step, what, value, size, run, formers) "
        "SELECT ?, ?, ?, ?, number, ? FROM runs WHERE digest = ?",
        [step, its.what, int(its.value), len(ids), formers, digest],
    )


def _changes(db: sqlite3.Connection, step: int) -> Iterator[_Change]:
    import zlib

    query = (
        "SELECT c.what, c.value, r.ids, c.formers FROM changes c LEFT JOIN runs r ON r.number = c.run WHERE c.step = ?"
    )
    for what, value, ids, formers in db.execute(query, [step]).fetchall():
        try:
            both = zip(_unpacked(ids), _unpacked(zlib.decompress(formers)), strict=True)
            yield _Change(what, bool(value), dict(both))
        except (TypeError, ValueError, zlib.error) as error:
            # Not one of the person's marks, only the way back from them: it is given up.
            log.warning("step %d cannot be undone", step, exc_info=error)


def _erase(db: sqlite3.Connection, step: int, what: str) -> None:
    db.execute("DELETE FROM changes WHERE step = ? AND what = ?", [step, what])
    db.execute("DELETE FROM runs WHERE number NOT IN (SELECT run FROM changes)")


def _forget(db: sqlite3.Connection, number: int) -> None:
    db.execute("DELETE FROM changes WHERE step = ?", [number])
    db.execute("DELETE FROM runs WHERE number NOT IN (SELECT run FROM changes)")
    named_items.forget(db, number)
    db.execute("DELETE FROM steps WHERE number = ?", [number])


def _size(db: sqlite3.Connection, step: int) -> int:
    """Return how many marks and things a step has changed."""
    (marks,) = db.execute("SELECT ifnull(sum(size), 0) FROM changes WHERE step = ?", [step]).fetchone()
    return int(marks) + named_items.size(db, step)


def _packed(numbers: Iterable[int]) -> bytes:
    run = array("q", numbers)
    if sys.byteorder == "big":  # the file may be taken to another machine
        run.byteswap()
    return run.tobytes()


def _unpacked(data: bytes) -> array[int]:
    run = array("q")
    run.frombytes(data)
    if sys.byteorder == "big":
        run.byteswap()
    return run


def _json(numbers: Iterable[int]) -> str:
    return f"[{','.join(map(str, numbers))}]"
