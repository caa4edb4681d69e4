"""Key sequences and counts: what the keys typed so far mean. Pure; :mod:`reader.tui.keys.dispatcher` acts on it.

A key that begins no sequence and no count is passed on at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

Keys = tuple[str, ...]
"""Keys to press one after the other, with Textual's names."""
MAX_COUNT = 999


class KeyTable(NamedTuple):
    """What keys mean in one place."""

    sequences: Mapping[Keys, str]
    """The action of each sequence; none is the beginning of another."""
    bound: frozenset[str]
    """Single keys that do something."""
    leaving: frozenset[str]
    """Single keys that end a sequence and do what they always do."""


class Typed(NamedTuple):
    """What the keys typed so far mean."""

    kind: Literal["pass", "wait", "run", "unknown", "cancel"]
    """``pass``: the key alone does what it is bound to. ``wait``: more keys have to follow. ``run``: do ``action``.
    ``unknown``: no sequence begins like this. ``cancel``: the user has canceled what was typed.
    """
    keys: Keys
    """The keys of the sequence, including the last one."""
    times: int = 0
    """How often to do it; 0 if no number was typed."""
    action: str = ""


class KeySequence:
    """The keys that were typed of a sequence, and the number before them."""

    def __init__(self) -> None:
        self.keys: Keys = ()
        self.count = 0

    @property
    def is_pending(self) -> bool:
        """Whether keys were typed that mean nothing without those that follow."""
        return bool(self.keys or self.count)

    def reset(self) -> None:
        """Forget what was typed."""
        self.keys, self.count = (), 0

    def press(self, key: str, table: KeyTable) -> Typed:
        """Return what the typed keys mean with ``key`` after them."""
        if not self.keys and _continues_count(key, self.count, table):
            self.count = min(self.count * 10 + int(key), MAX_COUNT)
            return Typed("wait", (), self.count)
        before, keys, count = self.keys, (*self.keys, key), self.count
        self.reset()
        if action := table.sequences.get(keys):
            return Typed("run", keys, count, action)
        if any(each[: len(keys)] == keys for each in table.sequences):
            self.keys, self.count = keys, count
            return Typed("wait", keys, count)
        if key in table.leaving:
            return Typed("pass", (key,))
        if key == "escape" and (before or count):
            return Typed("cancel", keys, count)
        return Typed("unknown", keys, count) if before else Typed("pass", keys, count)


def _continues_count(key: str, count: int, table: KeyTable) -> bool:
    """Whether ``key`` is a digit of a count: any digit after the first, which has to have no meaning of its own."""
    if len(key) != 1 or not "0" <= key <= "9":
        return False
    return bool(count) or (key != "0" and key not in table.bound and all(each[0] != key for each in table.sequences))


def following(keys: Keys, table: KeyTable) -> Iterable[tuple[Keys, str]]:
    """Yield what may be typed after ``keys``, each with its action."""
    for each, action in table.sequences.items():
        if each[: len(keys)] == keys:
            yield each[len(keys) :], action


def overlap(one: Keys, other: Keys) -> bool:
    """Whether only one of two sequences can be typed: they are equal, or one begins with the other."""
    length = min(len(one), len(other))
    return one[:length] == other[:length]
