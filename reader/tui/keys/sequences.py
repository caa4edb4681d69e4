"""Key sequences and counts: what the keys typed so far mean. Pure; :mod:`reader.tui.keys.dispatcher` acts on it.

A key that begins no sequence and no number is passed on at once. A digit that does something alone may begin a number
too: the next key tells, or that none comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from reader.tui.keys.actions import COUNTED

Keys = tuple[str, ...]
"""Keys to press one after the other, with Textual's names."""
MAX_COUNT = 999
_DIGITS = tuple("0123456789")


class KeyTable(NamedTuple):
    """What keys mean in one place."""

    sequences: Mapping[Keys, str]
    """The action of each sequence; none is the beginning of another."""
    bound: Mapping[str, str]
    """Single keys that do something, with their actions; keys of no action of the registry have an empty one."""
    leaving: frozenset[str]
    """Single keys that end a sequence and do what they always do."""

    def action_of(self, key: str) -> str:
        """Return the action of a key that is pressed alone, if it has one."""
        return self.sequences.get((key,)) or self.bound.get(key, "")

    def begins_number(self, digit: str) -> bool:
        """Whether ``digit`` may be the first one of a number; where every digit does something, none is."""
        if digit not in _DIGITS[1:] or any(keys[0] == digit and keys[1:] for keys in self.sequences):
            return False
        return self._is_free(digit) or (bool(self.action_of(digit)) and any(map(self._is_free, _DIGITS[1:])))

    def _is_free(self, digit: str) -> bool:
        return digit not in self.bound and all(keys[0] != digit for keys in self.sequences)


class Typed(NamedTuple):
    """What the keys typed so far mean."""

    kind: Literal["pass", "wait", "run", "unknown", "cancel", "digits"]
    """``pass``: the key alone does what it is bound to. ``wait``: more keys have to follow. ``run``: do ``action``.
    ``unknown``: no sequence begins like this. ``cancel``: the user has canceled what was typed. ``digits``: the digits
    before the key, in ``keys``, were no number: each does what it does alone, and then the key is to be pressed again.
    """
    keys: Keys
    """The keys of the sequence, including the last one."""
    times: int = 0
    """How often to do it; 0 if no number was typed."""
    action: str = ""
    """The action of the sequence, or of the key alone if it has one."""


class KeySequence:
    """The keys that were typed of a sequence, and the number before them."""

    def __init__(self) -> None:
        self.keys: Keys = ()
        self._digits = ""
        self._all_act = True
        """Whether each digit does something alone, so that only the next key tells whether they are a number."""

    @property
    def is_pending(self) -> bool:
        """Whether keys were typed that mean nothing without those that follow."""
        return bool(self.keys or self._digits)

    @property
    def undecided(self) -> Keys:
        """The digits if they may still be keys that do something alone, and nothing was typed after them."""
        return tuple(self._digits) if self._all_act and not self.keys else ()

    @property
    def _count(self) -> int:
        return min(int(self._digits or 0), MAX_COUNT)

    def reset(self) -> None:
        """Forget what was typed."""
        self.keys = ()
        self._drop_digits()

    def _drop_digits(self) -> None:
        self._digits, self._all_act = "", True

    def press(self, key: str, table: KeyTable) -> Typed:
        """Return what the typed keys mean with ``key`` after them."""
        if not self.keys and key in _DIGITS and (self._digits or table.begins_number(key)):
            self._digits += key
            self._all_act = self._all_act and bool(table.action_of(key))
            return Typed("wait", (), self._count)
        typed = self._meaning(key, table)
        # A number of 1 says nothing: there the digit was meant for what it does alone.
        repeats = typed.action in COUNTED and self._count > 1
        if self._digits and self._all_act and not repeats and typed.kind not in {"wait", "cancel"}:
            digits = tuple(self._digits)
            self._drop_digits()
            return Typed("digits", digits)
        if typed.kind == "wait":
            self.keys = typed.keys
        else:
            self.reset()
        return typed

    def _meaning(self, key: str, table: KeyTable) -> Typed:
        keys, count = (*self.keys, key), self._count
        if action := table.sequences.get(keys):
            return Typed("run", keys, count, action)
        if any(each[: len(keys)] == keys for each in table.sequences):
            return Typed("wait", keys, count)
        if key in table.leaving:
            return Typed("pass", (key,))
        if key == "escape" and self.is_pending:
            return Typed("cancel", keys, count)
        return Typed("unknown", keys, count) if self.keys else Typed("pass", keys, count, table.bound.get(key, ""))


def following(keys: Keys, table: KeyTable) -> Iterable[tuple[Keys, str]]:
    """Yield what may be typed after ``keys``, each with its action."""
    for each, action in table.sequences.items():
        if each[: len(keys)] == keys:
            yield each[len(keys) :], action


def overlap(one: Keys, other: Keys) -> bool:
    """Whether only one of two sequences can be typed: they are equal, or one begins with the other."""
    length = min(len(one), len(other))
    return one[:length] == other[:length]
