"""Changes of your list in the app: each edits feeds.toml in place, and is a step that can be undone like marks.

The marks file has the step. feeds.db has the lines that it changed: they may contain secrets, and stay on the machine.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from reader.config.feed_settings import BY_NAME, format_minutes
from reader.core.errors import ReaderError, describe_error
from reader.core.hashing import hash_bytes
from reader.feeds.subscriptions import SOURCES, Subscription, Subscriptions, parse_setting, parse_subscriptions

if TYPE_CHECKING:
    from reader.library.library import Library
    from reader.storage.sqlite.feeds.store import FeedStore
    from reader.storage.sqlite.marks.undo import MarkResult

KIND = "feeds"
"""Kind of the items that stand for changes, by their ids."""
_MAIN = frozenset({"title", "group", "interval", "fetch"})
NOT_ON_A_LINE = frozenset({"exec", "headers", "proxy"})
"""Lists of words, and possible secrets."""
_NAME = re.compile(r'(?:^|(?<=\s))([a-z_]+)=(?:"((?:[^"\\]|\\.)*)"\s*(?=\Z|(?<=\s)[a-z_]+=))?')
"""The name of a setting in a line, with its value if that is in quotes."""
_CONTEXT = 8
"""Lines around changed ones that tell their place: more than a feed mostly has."""


class Patch(NamedTuple):
    """Lines of a text that were replaced, with some of those around them."""

    above: str
    before: str
    after: str
    below: str
    line: int
    """How many lines precede ``above``."""

    @classmethod
    def between(cls, before: str, after: str) -> Patch:
        """Return what turns one text into another."""
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
        same = _same(old, new)
        end = _same(old[same:][::-1], new[same:][::-1])
        start, stop = max(0, same - _CONTEXT), len(old) - end
        parts = old[start:same], old[same:stop], new[same : len(new) - end], old[stop : stop + _CONTEXT]
        above, removed, added, below = map("".join, parts)
        return cls(above, removed, added, below, start)

    @property
    def reversed(self) -> Patch:
        """What takes the change back."""
        return self._replace(before=self.after, after=self.before)

    def apply(self, text: str) -> str | None:
        """Return ``text`` with the change; None if the lines are not there, or there several times."""
        lines = text.splitlines(keepends=True)
        wanted = f"{self.above}{self.before}{self.below}".splitlines(keepends=True)
        if not wanted:
            return self.after if not text else None
        places = [
            at
            for at in range(len(lines) - len(wanted) + 1)
            if lines[at] == wanted[0] and lines[at : at + len(wanted)] == wanted
        ]
        if self.line in places:
            places = [self.line]
        if len(places) != 1:
            return None
        at = places[0]
        return "".join([*lines[:at], self.above, self.after, self.below, *lines[at + len(wanted) :]])


@dataclass(frozen=True, slots=True)
class FeedChanges:
    """Changes the list, and takes changes back. Methods block and raise ReaderError."""

    library: Library
    subscriptions: Subscriptions
    store: FeedStore

    def change(
        self,
        description: str,
        act: Callable[[list[Subscription]], Iterable[Subscription]],
        renamed: tuple[str, str] | None = None,
    ) -> bool:
        """Replace the feeds by what ``act`` makes of them as a described step; return whether that changed anything.

        ``renamed`` are the keys that a feed had and has, if its address changes.
        """

        def checked(feeds: list[Subscription]) -> list[Subscription]:
            wanted = [*act(feeds)]
            if len({each.key for each in wanted}) < len(wanted):
                raise ReaderError("There is a feed with this address already.")
            return wanted

        before, after = self.subscriptions.edit(checked)
        if before == after:
            return False
        if renamed is not None:
            self.store.rename(*renamed)
        number = secrets.token_hex(8)
        self.store.save_change(number, [list(Patch.between(before, after)), renamed])
        self.library.items.put(KIND, {number: True}, description=description)
        return True

    def follow(self, step: MarkResult) -> str:
        """Do in feeds.toml what was undone or redone, and return the sentence about it.

        Raises ReaderError if the file cannot be read or written now; the step then stays as it was.
        """
        number = next(name for kind, name in step.items if kind == KIND)
        try:
            return step.sentence if self._follow(number, redo=step.redo) else step.too_late("feeds.toml")
        except ReaderError:
            self.library.marks.undo(redo=not step.redo)
            raise

    def _follow(self, number: str, *, redo: bool) -> bool:
        """Return whether the lines are still as a change left them, and were changed back."""
        stored = self.store.change(number)
        if stored is None:
            return False
        values, renamed = stored
        patch = Patch(*values) if redo else Patch(*values).reversed
        is_done = False

        def edit(text: str) -> str:
            nonlocal is_done
            wrong = self._problems(text)
            edited = patch.apply(text)
            if edited is None or self._problems(edited) > wrong:
                return text
            is_done = True
            return edited

        self.subscriptions.edit_text(edit)
        if is_done and renamed:
            self.store.rename(*(renamed if redo else renamed[::-1]))
        return is_done

    def _problems(self, text: str) -> int:
        return len(parse_subscriptions(text, self.subscriptions.shown).problems)


def _same(one: list[str], other: list[str]) -> int:
    """Return how many lines two texts begin with in common."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def with_settings(keys: Iterable[str], **changes: Any) -> Callable[[list[Subscription]], list[Subscription]]:
    """Return what changes settings of the feeds with these keys."""
    chosen = frozenset(keys)
    return lambda feeds: [replace(each, **changes) if each.key in chosen else each for each in feeds]


def with_group_renamed(group: str, new: str) -> Callable[[list[Subscription]], list[Subscription]]:
    """Return what gives a group, and the groups in it, another name."""

    def act(feeds: list[Subscription]) -> list[Subscription]:
        inside = [f"{each.group}/".startswith(f"{group}/") for each in feeds]
        return [
            replace(each, group=(new + each.group[len(group) :]).strip("/")) if is_in else each
            for each, is_in in zip(feeds, inside, strict=True)
        ]

    return act


def without(keys: Iterable[str]) -> Callable[[list[Subscription]], list[Subscription]]:
    """Return what removes the feeds with these keys."""
    chosen = frozenset(keys)
    return lambda feeds: [each for each in feeds if each.key not in chosen]


def settings_line(feed: Subscription) -> str:
    """Return the settings of a feed as a line to be edited: the main ones, and those that are not as by default.

    A value that contains something like a setting is in quotes: feeds may say what they are called.
    """
    names = sorted(BY_NAME.keys() - NOT_ON_A_LINE, key=lambda name: (name in SOURCES, [*BY_NAME].index(name)))
    values = {name: _quoted(_shown(name, getattr(feed, name))) for name in names}
    unset = {name: _shown(name, getattr(Subscription(), name)) for name in values}
    return " ".join(f"{name}={text}" for name, text in values.items() if name in _MAIN or text != unset[name])


def _shown(name: str, value: Any) -> str:
    if name == "interval":
        return format_minutes(value)
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


def _quoted(text: str) -> str:
    """Return a value as it stands in a line: as it is, or in quotes if it would not be read as one value."""
    if not _NAME.search(text) and not text.startswith('"'):
        return text
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def parse_settings_line(line: str, feed: Subscription) -> dict[str, Any]:
    """Return those settings in a line that ``feed`` has otherwise. Raises ReaderError."""
    names = [*_NAME.finditer(line)]
    if not names or line[: names[0].start()].strip():
        raise ReaderError("Settings have the form name=value.", "For example interval=2h.")
    ends = [*(each.start() for each in names[1:]), len(line)]

    def value(name: re.Match[str], end: int) -> str:
        return line[name.end() : end] if name[2] is None else re.sub(r"\\(.)", r"\1", name[2])

    given = (f"{name[1]}={value(name, end)}" for name, end in zip(names, ends, strict=True))
    values = dict(map(parse_setting, given))
    return {name: value for name, value in values.items() if value != getattr(feed, name)}


def delete_documents(feed: Subscription, store: FeedStore, root: Path) -> int:
    """Delete the documents of a feed that are as newsreader wrote them in ``root``, and forget it; return how many."""
    deleted = 0
    for entry in store.entries(feed.key):
        file = root / entry.path
        try:
            if file.is_file() and hash_bytes(file.read_bytes(), 16) == entry.document_hash:
                file.unlink()
                deleted += 1
        except OSError as error:
            raise ReaderError(f"{entry.path} cannot be deleted: {describe_error(error)}.") from error
    store.forget(feed.key)
    return deleted
