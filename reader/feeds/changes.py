"""Changes of your list in the app: each edits feeds.toml in place, and is a step that can be undone like marks.

The marks file has the step. feeds.db has the lines that it changed: they may contain secrets, and stay on the machine.
Documents that are deleted with a feed are moved to the trash, and so is an exported list if that is undone.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from reader.config.feed_settings import BY_NAME, format_minutes
from reader.core.atomic_write import create_atomically
from reader.core.errors import ReaderError, describe_error
from reader.core.hashing import hash_bytes
from reader.core.text import format_count, show_path
from reader.feeds.entries.known_documents import is_unchanged
from reader.feeds.subscriptions import SOURCES, Subscription, Subscriptions, parse_setting, parse_subscriptions
from reader.storage.sqlite.feeds.store import key_of_removed

if TYPE_CHECKING:
    from reader.library.library import Library
    from reader.storage.sqlite.feeds.store import FeedStore, StoredEntry
    from reader.storage.sqlite.marks.undo import MarkResult
    from reader.storage.trash import Trash

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


class _Stored(NamedTuple):
    """What a change did, as it is stored: as lists in JSON."""

    patch: Patch | None = None
    """The lines of feeds.toml that it changed; None if it exported the list."""
    renamed: tuple[str, str] | None = None
    """The keys that a feed had and has."""
    deleted: tuple[str, ...] = ()
    """The keys of the feeds whose documents were deleted."""
    root: str = ""
    """The folder of these documents, or of the exported file."""
    file: str = ""
    """The name of the exported file; empty if there is none."""
    file_hash: str = ""
    """A hash of what was written to it."""


class ChangeResult(NamedTuple):
    """What a change has done."""

    is_done: bool
    """Whether the list has changed."""
    deleted: int = 0
    """The number of documents that are in the trash."""
    failure: str = ""
    """Why others are not, as a sentence."""


@dataclass(frozen=True, slots=True)
class FeedChanges:
    """Changes the list, and takes changes back. Methods block and raise ReaderError."""

    library: Library
    subscriptions: Subscriptions
    store: FeedStore
    trash: Trash

    def change(
        self,
        description: str,
        act: Callable[[list[Subscription]], Iterable[Subscription]],
        renamed: tuple[str, str] | None = None,
        deleting: Iterable[str] = (),
    ) -> ChangeResult:
        """Replace the feeds by what ``act`` makes of them as a described step.

        ``renamed`` are the keys that a feed had and has, if its address changes. The documents of the feeds with the
        keys ``deleting`` are deleted.
        """

        def checked(feeds: list[Subscription]) -> list[Subscription]:
            wanted = [*act(feeds)]
            if len({each.key for each in wanted}) < len(wanted):
                raise ReaderError("There is a feed with this address already.")
            return wanted

        before, after = self.subscriptions.edit(checked)
        if before == after:
            return ChangeResult(is_done=False)
        root = str(self.library.folder.root)
        patch = Patch.between(before, after)
        stored = _Stored(patch, renamed, tuple(deleting), root)
        try:
            number = self._add_step(stored, description)
        except ReaderError:  # what cannot be undone is not done
            self._follow_patch(patch, None, redo=False)
            raise
        if renamed is not None:
            self.store.rename(*renamed)
        failure = self._delete(number, stored)
        return ChangeResult(True, len(self.trash.files(number)), failure)

    def export(self, file: Path, content: bytes, description: str) -> None:
        """Write a list to a new file as a described step."""
        try:
            create_atomically(file, content)
        except FileExistsError:
            raise ReaderError(f"{show_path(file)} exists already.", "Choose another name.") from None
        except OSError as error:
            raise ReaderError(f"{show_path(file)} cannot be written: {describe_error(error)}.") from error
        stored = _Stored(root=str(file.parent), file=file.name, file_hash=_hash(content))
        try:
            self._add_step(stored, description)
        except ReaderError:  # as above
            file.unlink(missing_ok=True)
            raise

    def _add_step(self, stored: _Stored, description: str) -> str:
        number = os.urandom(8).hex()
        self.store.save_change(number, stored)
        self.library.items.put(KIND, {number: True}, description=description)
        return number

    def follow(self, step: MarkResult) -> str:
        """Do in the files what was undone or redone, and return the sentence about it.

        Raises ReaderError if feeds.toml cannot be read or written now; the step then stays as it was.
        """
        number = next(name for kind, name in step.items if kind == KIND)
        try:
            values = self.store.change(number)
            if values is None:
                return step.refused("It is not known on this machine which lines of feeds.toml that changed")
            stored = _Stored(*values)
            if stored.patch is None:
                return self._follow_export(number, stored, step)
            patch = Patch(*stored.patch)
            if not self._follow_patch(patch, stored.renamed, redo=step.redo):
                return step.too_late("feeds.toml")
            try:
                also = self._follow_deletion(number, stored, redo=step.redo)
            except ReaderError:
                self._follow_patch(patch, stored.renamed, redo=not step.redo)
                raise
        except ReaderError:
            self.library.marks.undo(redo=not step.redo)
            raise
        return f"{step.sentence} {also}".rstrip()

    def _follow_patch(self, change: Patch, renamed: tuple[str, str] | None, *, redo: bool) -> bool:
        """Return whether the lines are still as a change left them, and were changed back."""
        patch = change if redo else change.reversed
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

    # Documents, which are in the trash once they are deleted.

    def _delete(self, number: str, stored: _Stored) -> str:
        """Delete the documents of feeds, and return what went wrong, as a sentence."""
        try:
            for key in stored.deleted:
                delete_documents(key, self.store, Path(stored.root), self.trash, number)
                self.store.rename(key, key_of_removed(key, number))
        except ReaderError as error:
            return str(error)
        return ""

    def _follow_deletion(self, number: str, stored: _Stored, *, redo: bool) -> str:
        """Restore the deleted documents, or delete them again; return what is to be said, as a sentence.

        Raises ReaderError if they cannot all be restored now; those that are not stay in the trash.
        """
        if not stored.deleted:
            return ""
        if redo:
            return self._delete(number, stored)
        if not self.trash.has(number):
            return "Its documents are no longer in the trash; the next sync writes those that the feed still has."
        paths, root = self.trash.files(number), Path(stored.root)
        documents = format_count(len(paths), "document")
        if root == self.library.folder.root:
            self.library.last_visit.restored(paths)
        try:
            left = self.trash.restore(number, root)
        except ReaderError as error:
            hint = f"The rest is in {show_path(self.trash.folder / number)}; undo again to continue."
            raise ReaderError(error.message, hint) from error
        # Not before: a document that is known but not there counts as deleted by the user.
        for key in stored.deleted:
            self.store.rename(key_of_removed(key, number), key)
        if left:
            return f"Of {documents}, {left} stay in {show_path(self.trash.folder / number)}: others have their names."
        return f"{documents} restored."

    def _follow_export(self, number: str, stored: _Stored, step: MarkResult) -> str:
        """Move an exported list to the trash, unless it has changed, or back from there; return the sentence."""
        folder = Path(stored.root)
        file = folder / stored.file
        if step.redo:
            if not self.trash.has(number) or self.trash.restore(number, folder):
                return step.refused(f"{show_path(file)} is there again, or no longer in the trash")
        else:
            try:
                is_unchanged = not file.is_symlink() and _hash(file.read_bytes()) == stored.file_hash
            except OSError:
                is_unchanged = False
            if not is_unchanged:
                return step.refused(f"{show_path(file)} has changed or is gone")
            self.trash.put(number, folder, [stored.file])
        return step.sentence


def _hash(content: bytes) -> str:
    return hash_bytes(content, 16).hex()


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


def delete_documents(key: str, store: FeedStore, root: Path, trash: Trash, removal: str) -> None:
    """Move the documents of a feed that are in ``root`` as newsreader wrote them to the trash. Raises ReaderError."""
    trash.drop_old(time.time())
    trash.put(removal, root, _unchanged(store.entries(key), root))


def _unchanged(entries: Iterable[StoredEntry], root: Path) -> Iterator[str]:
    """Yield the paths of the documents that are as newsreader wrote them. Raises ReaderError."""
    for entry in entries:
        file = root / entry.path
        try:
            if file.is_file() and not file.is_symlink() and is_unchanged(entry, file.read_bytes()):
                yield entry.path
        except OSError as error:
            raise ReaderError(f"{entry.path} cannot be read: {describe_error(error)}.") from error
