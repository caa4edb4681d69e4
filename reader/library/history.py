"""What was changed and can be undone, for all windows and all runs of one person.

Every change of marks draws a number, and each mark remembers as its ``token`` the
number of the change that made it what it is. A step can be undone as far as the marks
it changed still have its token, and redone as far as they have the token again that
they had before it. So what was altered since, by a later step or by marks taken in
from another machine, stays as it is. Undoing is itself a change, with the present time,
and holds wherever it is merged.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from reader.library.marks import LATEST, READ
from reader.library.schema import changes_of, set_changes

STEPS = 500
"""So many steps are kept,"""
CHANGES = 500_000
"""and so many changed marks in all of them together; the last step is kept however large it is."""


class Undone(NamedTuple):
    """A step that was undone or redone."""

    told: str
    """What the step was, such as "Marked 12 articles read"."""
    again: bool
    """Whether it was redone."""
    changed: set[int]
    """The numbers of the articles that are different now."""
    left: int
    """How many of its marks were changed since, and stay as they are."""
    read: set[int]
    """Articles that are read now, and were not."""
    unread: set[int]
    """Articles that are unread now, and were read."""
    version: int
    """See :meth:`reader.library.state.State.version`."""

    @property
    def sentence(self) -> str:
        """What to tell the person."""
        told = self.told[:1].lower() + self.told[1:]
        rest = f" ({self.left:,} changed since, left as {'it is' if self.left == 1 else 'they are'})"
        return f"{'Redone' if self.again else 'Undone'}: {told}{rest if self.left else ''}."


def change(db: sqlite3.Connection, step: int, what: str, numbers: str, now: int, *, value: bool) -> set[int]:
    """Set one mark of many articles as a part of a step, and return the numbers of those that were not so before.

    ``numbers`` is a JSON array, each once; ``now`` is in milliseconds since 1970 (UTC).
    """
    db.execute(
        "INSERT INTO changes (step, what, id, value, former) "
        "SELECT :step, :what, j.value, :value, ifnull(m.token, 0) "
        "FROM json_each(:numbers) j LEFT JOIN marks m ON m.id = j.value AND m.what = :what "
        "WHERE ifnull(m.value, 0) <> :value",
        {"step": step, "what": what, "value": int(value), "numbers": numbers},
    )
    # A change is later than what it changes, also when the clock was set back.
    db.execute(
        "INSERT INTO marks (id, what, value, changed_at, token) "
        "SELECT id, what, value, :now, step FROM changes WHERE step = :step AND what = :what "
        "ON CONFLICT (id, what) DO UPDATE SET value = excluded.value, token = excluded.token, "
        "changed_at = max(excluded.changed_at, min(changed_at + 1, :latest))",
        {"step": step, "what": what, "now": now, "latest": LATEST},
    )
    return {id_ for (id_,) in db.execute("SELECT id FROM changes WHERE step = ? AND what = ?", [step, what])}


def keep(db: sqlite3.Connection, step: int, told: str) -> None:
    """Keep what :func:`change` has written as a step, and forget the oldest ones beyond what is kept."""
    (size,) = db.execute("SELECT count(*) FROM changes WHERE step = ?", [step]).fetchone()
    db.execute("INSERT INTO steps (number, told, undone, turn, size) VALUES (?, ?, 0, ?, ?)", [step, told, step, size])
    (steps, changes) = db.execute("SELECT count(*), sum(size) FROM steps").fetchone()
    for number, its_size in db.execute("SELECT number, size FROM steps ORDER BY turn").fetchall():
        if number == step or (steps <= STEPS and changes <= CHANGES):
            break
        _forget(db, number)
        steps, changes = steps - 1, changes - its_size


def move(db: sqlite3.Connection, now: int, *, again: bool) -> Undone | None:
    """Undo the step that was done last or, with ``again``, redo the one that was undone last; None without one.

    Steps of which nothing is left to undo are passed over, and forgotten.
    """
    order = "SELECT number, told, size FROM steps WHERE undone = ? ORDER BY turn DESC"
    for number, told, size in db.execute(order, [int(again)]).fetchall():
        token, former = ("former", "step") if again else ("step", "former")
        value = "c.value" if again else "1 - c.value"
        of_step = (
            "FROM changes c JOIN marks m ON m.id = c.id AND m.what = c.what "
            f"WHERE c.step = :step AND m.token = c.{token} AND m.value <> {value}"
        )
        rows = db.execute(f"SELECT c.id, c.what, {value} {of_step}", {"step": number}).fetchall()
        if not rows:
            _forget(db, number)
            continue
        db.execute(
            "INSERT INTO marks (id, what, value, changed_at, token) "
            f"SELECT c.id, c.what, {value}, :now, c.{former} {of_step} "
            "ON CONFLICT (id, what) DO UPDATE SET value = excluded.value, token = excluded.token, "
            "changed_at = max(excluded.changed_at, min(changed_at + 1, :latest))",
            {"step": number, "now": now, "latest": LATEST},
        )
        version = changes_of(db) + 1
        set_changes(db, version)
        db.execute("UPDATE steps SET undone = ?, turn = ? WHERE number = ?", [int(not again), version, number])
        read = {id_ for id_, what, now_set in rows if what == READ and now_set}
        unread = {id_ for id_, what, now_set in rows if what == READ and not now_set}
        return Undone(told, again, {row[0] for row in rows}, size - len(rows), read, unread, version)
    return None


def carry(db: sqlite3.Connection, pairs: list[tuple[int, int]]) -> None:
    """Give the marks of each first article to the second as well, unless it has its own, and let steps change both."""
    heirs: dict[int, set[int]] = {}
    for former, present in pairs:
        if former != present:
            heirs.setdefault(former, set()).add(present)
    every = f"[{','.join(str(heir) for each in heirs.values() for heir in each)}]"
    own = set(db.execute("SELECT id, what FROM marks WHERE id IN (SELECT value FROM json_each(?))", [every]))
    db.executemany(
        "INSERT OR IGNORE INTO marks (id, what, value, changed_at, token) "
        "SELECT ?2, what, value, changed_at, token FROM marks WHERE id = ?1",
        pairs,
    )
    numbers = f"[{','.join(map(str, heirs))}]"
    query = "SELECT step, what, id, value, former FROM changes WHERE id IN (SELECT value FROM json_each(?))"
    changes = [
        (step, what, heir, value, former)
        for step, what, id_, value, former in db.execute(query, [numbers]).fetchall()
        for heir in heirs[id_]
        if (heir, what) not in own
    ]
    insert = "INSERT OR IGNORE INTO changes (step, what, id, value, former) VALUES (?, ?, ?, ?, ?)"
    db.executemany(insert, changes)
    counted = "UPDATE steps SET size = (SELECT count(*) FROM changes WHERE step = number) WHERE number = ?"
    db.executemany(counted, {(change[0],) for change in changes})


def _forget(db: sqlite3.Connection, number: int) -> None:
    db.execute("DELETE FROM changes WHERE step = ?", [number])
    db.execute("DELETE FROM steps WHERE number = ?", [number])
