"""Saved views of one person: the file, the history beside it, and every change of them in the app.

Each change is one step of the history (:meth:`reader.library.library.Library.keep`) and then
one write of the file. Before and after it, and whenever the file has changed, both are
brought to one state (:mod:`reader.library.saved_views.merge`), so it does not matter who changed what in
between: another window, an editor, an undo, or a program that ended too early.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reader.core.atomic_write import write_atomically
from reader.core.errors import ReaderError, describe_error
from reader.core.ordering import Sort
from reader.core.text import clean, show_path, truncate
from reader.library.saved_views import toml_file
from reader.library.saved_views.merge import RankedView, merge_views, parse_view, rank_between, rank_views, sorted_views
from reader.library.saved_views.toml_file import LONGEST_NAME, LONGEST_QUERY, SavedView
from reader.storage.sqlite import lock

if TYPE_CHECKING:
    from reader.core.model import Json
    from reader.library.library import Library
    from reader.storage.sqlite.marks.undo import UndoResult

log = logging.getLogger(__name__)

KIND = "view"
"""What they are called among the things that the library keeps."""
_AGREED = "views"
"""The name under which the library remembers how file and history were when they agreed last."""
_LONGEST_FILE = 64_000_000
"""Bytes; more are not read."""
_SECONDS_OF_PATIENCE = 3.0
_TRIES = 5
_TEXTS = 200
"""Views that were deleted, of which it is remembered how they were written."""

Signature = tuple[int, int, int] | None
"""What tells one state of a file from another; None for no file."""


class _Agreed(NamedTuple):
    """How file and history were when they agreed last."""

    views: Mapping[str, RankedView]
    texts: Mapping[str, str]
    """How views are or were written in the file, where somebody has written them differently than newsreader does."""


class SavedViews:
    """The saved views in the file at ``path``, with the history of ``library``. Any thread may ask, and may wait."""

    def __init__(self, library: Library, path: Path) -> None:
        self._library = library
        self._path = path
        self._shown = show_path(path)
        self._threads = threading.Lock()
        self._seen: Signature = None

    def changed(self) -> bool:
        """Return whether the file is another one than when it was read last. Raises nothing."""
        return self._signature() != self._seen

    def look(self) -> list[SavedView]:
        """Return the views there are now, in their order. Raises ReaderError when the file cannot be read or used."""
        with self._alone():
            return sorted_views(self._agree())

    # Changes. Each returns what was done, as the history calls it.

    def save(self, name: str, query: str, sort: Sort | None) -> str:
        """Save a query under a name; one that is there already is changed. Raises ReaderError."""
        name = _name(name)
        query = clean(query)
        if len(query) > LONGEST_QUERY:
            raise ReaderError(f"The query is longer than {LONGEST_QUERY:,} characters.", "Make it shorter.")

        def change(views: Mapping[str, RankedView]) -> tuple[dict[str, RankedView | None], str]:
            former = views.get(name)
            last = max((view.rank for view in views.values()), default=None)
            rank = rank_between(last, None) if former is None else former.rank
            view = RankedView(query, toml_file.format_sort(sort), rank)
            words = f"{'Saved' if former is None else 'Changed'} the view “{name}”"
            return {name: view}, words

        return self._change(change)

    def rename(self, name: str, new: str) -> str:
        """Give a view another name. Raises ReaderError when there is none of the former, or one of the new."""
        new = _name(new)

        def change(views: Mapping[str, RankedView]) -> tuple[dict[str, RankedView | None], str]:
            view = _there(views, name)
            if new != name and new in views:
                raise ReaderError(f"There is a view “{_cut(new)}” already.", "Choose another name.")
            return {name: None, new: view}, f"Renamed the view “{name}” to “{new}”"

        return self._change(change)

    def delete(self, name: str) -> str:
        """Delete a view. Raises ReaderError."""

        def change(views: Mapping[str, RankedView]) -> tuple[dict[str, RankedView | None], str]:
            _there(views, name)
            return {name: None}, f"Deleted the view “{name}”"

        return self._change(change)

    def move(self, name: str, step: int) -> str:
        """Move a view up (-1) or down (1) in the order. Return an empty text at its end. Raises ReaderError."""

        def change(views: Mapping[str, RankedView]) -> tuple[dict[str, RankedView | None], str]:
            view = _there(views, name)
            others = [each for each in views if each != name]
            place = [*views].index(name) + step
            if not 0 <= place <= len(others):
                return {}, ""
            order = [*others[:place], name, *others[place:]]
            moved = {each: views[each] for each in order}
            known = {each: its for each, its in views.items() if each != name}
            ranks = rank_views(sorted_views(moved), known)
            changed: dict[str, RankedView | None] = {each: its for each, its in ranks.items() if its != views[each]}
            direction = "up" if step < 0 else "down"
            return changed or {name: view}, f"Moved the view “{name}” {direction}"

        return self._change(change)

    def undo(self, *, again: bool = False) -> UndoResult | None:
        """Take back the last change of marks or things, or make it ``again``, and bring the file up to date.

        Raises ReaderError. When that is because of the file, views are as they were.
        """
        with self._alone():
            trouble: ReaderError | None = None
            try:
                self._agree()  # what somebody has written into the file is not undone
            except ReaderError as error:
                trouble = error
            undone = self._library.marks.redo() if again else self._library.marks.undo()
            if undone is None or KIND not in undone.kinds:
                return undone
            try:
                if trouble is not None:
                    raise trouble
                self._agree()
            except ReaderError:
                if again:
                    self._library.marks.undo()
                else:
                    self._library.marks.redo()
                raise
            return undone

    def _change(self, change: Callable[[Mapping[str, RankedView]], tuple[dict[str, RankedView | None], str]]) -> str:
        with self._alone():
            before = self._agree()
            things, told = change(before)
            if not things:
                return told
            if not self._library.items.put(KIND, _json(things), description=told):
                return told
            try:
                self._agree()
            except ReaderError:
                self._take_back(told, {name: before.get(name) for name in things})
                raise
            return told

    def _take_back(self, told: str, before: Mapping[str, RankedView | None]) -> None:
        """Make a step undone that could not be written, so that what was before it can be undone as ever."""
        undone = self._library.marks.undo()
        if undone is not None and undone.description != told:  # somebody has marked an article in this moment
            self._library.marks.redo()
            self._library.items.replace(KIND, _json(before))

    # File and history.

    def _agree(self) -> dict[str, RankedView]:
        """Bring file and history to one state, and return it. Raises ReaderError."""
        for _ in range(_TRIES):
            signature, text = self._read()
            there = toml_file.parse_views(text, self._shown)
            agreed = self._agreed()
            history = {
                name: view
                for name, value in self._library.items.get(KIND).items()
                if (view := parse_view(name, value)) is not None
            }
            both = merge_views(rank_views(there, agreed.views), agreed.views, history)
            both = rank_views(sorted_views(both), both)
            wanted = sorted_views(both)
            if wanted != there:
                written = toml_file.edit_views(text, wanted, self._shown, agreed.texts)
                if self._signature() != signature:
                    continue  # somebody was writing meanwhile
                self._write(written)
                text, signature = written, self._signature()
            self._take_over(both, history)
            self._remember(_Agreed(both, {**agreed.texts, **toml_file.custom_texts(text, wanted)}), agreed)
            self._seen = signature
            return both
        raise ReaderError(f"{self._shown} is being changed all the time.", "Try again in a moment.")

    def _take_over(self, both: Mapping[str, RankedView], history: Mapping[str, RankedView]) -> None:
        different = {name: both.get(name) for name in {**both, **history} if both.get(name) != history.get(name)}
        if different:
            self._library.items.replace(KIND, _json(different))

    def _agreed(self) -> _Agreed:
        try:
            found = json.loads(self._library.settings.get(_AGREED) or "{}")
            views = {
                name: view for name, value in found["views"].items() if (view := parse_view(name, value)) is not None
            }
            texts = {name: text for name, text in found["texts"].items() if isinstance(text, str)}
        except (ValueError, RecursionError, KeyError, AttributeError, TypeError):  # never yet, or not by us
            return _Agreed({}, {})
        return _Agreed(views, texts)

    def _remember(self, agreed: _Agreed, before: _Agreed) -> None:
        gone = [name for name in agreed.texts if name not in agreed.views]
        forgotten = set(gone[:-_TEXTS])
        agreed = _Agreed(agreed.views, {name: text for name, text in agreed.texts.items() if name not in forgotten})
        if agreed != before:
            values = {"views": _json(agreed.views), "texts": agreed.texts}
            self._library.settings.set(_AGREED, json.dumps(values, ensure_ascii=False))

    def _read(self) -> tuple[Signature, str]:
        signature = self._seen = self._signature()
        try:
            if signature is not None and not os.path.isfile(self._path):  # opening a pipe would wait for its other end
                raise ReaderError(f"{self._shown} is no file.", "Saved views are kept there: move it away.")
            with self._path.open("rb") as file:
                data = file.read(_LONGEST_FILE + 1)
            if len(data) > _LONGEST_FILE:
                raise ReaderError(f"{self._shown} is longer than {_LONGEST_FILE:,} bytes.", "Make it shorter.")
            return signature, data.decode("utf-8-sig")
        except FileNotFoundError:
            return signature, ""
        except UnicodeDecodeError as error:
            raise ReaderError(f"{self._shown} is not UTF-8: byte {error.start}.", "Save it as UTF-8.") from None
        except OSError as error:
            raise ReaderError(
                f"{self._shown} cannot be read: {describe_error(error)}.", "See that you may read it."
            ) from error

    def _write(self, text: str) -> None:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ReaderError(f"{show_path(self._path.parent)} cannot be made: {describe_error(error)}.") from error
        write_atomically(self._path, [text.encode()])

    def _signature(self) -> Signature:
        try:
            found = os.stat(self._path)  # of what a link leads to
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other threads and windows away. Raises ReaderError when one takes too long."""
        until = time.monotonic() + _SECONDS_OF_PATIENCE
        folder = self._path.parent if self._path.parent.is_dir() else None
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(lock.locked(self._threads, folder, lambda: time.monotonic() < until))
            except lock.BusyError as error:
                raise ReaderError(
                    f"Another newsreader is writing {self._shown}.", "It was waited for in vain; try again."
                ) from error
            yield


def _json(views: Mapping[str, RankedView | None]) -> dict[str, Json]:
    return {name: None if view is None else view.json() for name, view in views.items()}


def _name(text: str) -> str:
    """Return a name as it is kept. Raises ReaderError for what can be none."""
    name = clean(text)
    if not name:
        raise ReaderError("A view needs a name.")
    if len(name) > LONGEST_NAME:
        raise ReaderError(f"The name is longer than {LONGEST_NAME} characters.", "Choose a shorter one.")
    return name


def _there(views: Mapping[str, RankedView], name: str) -> RankedView:
    if name not in views:
        raise ReaderError(f"There is no view “{_cut(name)}” any more.", "Somebody has deleted or renamed it.")
    return views[name]


def _cut(name: str) -> str:
    return truncate(name, 40)
