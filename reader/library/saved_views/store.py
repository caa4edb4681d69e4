"""The saved views: the file, the history behind undo, and every change of them in the app.

Each change is one step of the history and then one write of the file. Before and after it, and
whenever the file has changed, both are synchronized (:mod:`reader.library.saved_views.merge`).
It therefore does not matter what changed them in between: another window, an editor, an undo,
or a program that was killed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from reader.core.errors import ReaderError
from reader.core.ordering import Sort
from reader.core.text import clean, truncate
from reader.library.saved_views import toml_file
from reader.library.saved_views.merge import RankedView, merge_views, parse_view, rank_between, rank_views, sorted_views
from reader.library.saved_views.toml_file import LONGEST_NAME, LONGEST_QUERY, SavedView
from reader.storage.edited_file import EditedFile

if TYPE_CHECKING:
    from reader.core.model import Json
    from reader.library.library import Library
    from reader.storage.sqlite.marks.undo import MarkResult

KIND = "view"
"""Kind of the items that are the history of the views."""
_SYNCED_SETTING = "views"
"""Name of the setting that stores the state of the last synchronization."""
_MAX_ATTEMPTS = 5
_MAX_DELETED_TEXTS = 200
"""Number of deleted views whose text is remembered."""

_Views: TypeAlias = Mapping[str, RankedView]
_Changes: TypeAlias = Mapping[str, RankedView | None]
"""New values of views by name; None deletes a view."""


class _SyncedState(NamedTuple):
    """File and history after the last synchronization."""

    views: _Views
    texts: Mapping[str, str]
    """Text of current and deleted views that newsreader would have written differently."""


class SavedViews:
    """The saved views in the file at ``path``, with their history in ``library``. Thread-safe; methods may block."""

    def __init__(self, library: Library, path: Path) -> None:
        self._library = library
        self._file = EditedFile(path, "Saved views")

    def has_changed(self) -> bool:
        """Return whether the file has changed since it was last read. Raises nothing."""
        return self._file.has_changed()

    def load(self) -> list[SavedView]:
        """Return the current views, in their order. Raises ReaderError if the file is unreadable or invalid."""
        with self._file.exclusive():
            return sorted_views(self._synchronize())

    # Changes. Each returns the description of the step in the history.

    def save(self, name: str, query: str, sort: Sort | None) -> str:
        """Save a query under a name, replacing a view of that name. Raises ReaderError."""
        name = _checked_name(name)
        query = clean(query)
        if len(query) > LONGEST_QUERY:
            raise ReaderError(f"The query is longer than {LONGEST_QUERY:,} characters.", "Shorten it.")
        with self._file.exclusive():
            views = self._synchronize()
            replaced = views.get(name)
            last = max((view.rank for view in views.values()), default=None)
            rank = rank_between(last, None) if replaced is None else replaced.rank
            changes = {name: RankedView(query, toml_file.format_sort(sort), rank)}
            return self._store(views, changes, f"{'Saved' if replaced is None else 'Changed'} the view “{name}”")

    def rename(self, name: str, new: str) -> str:
        """Rename a view. Raises ReaderError if it does not exist or the new name is taken."""
        new = _checked_name(new)
        with self._file.exclusive():
            views = self._synchronize()
            view = _existing(views, name)
            if new != name and new in views:
                raise ReaderError(f"There is already a view “{_short(new)}”.", "Choose another name.")
            return self._store(views, {name: None, new: view}, f"Renamed the view “{name}” to “{new}”")

    def delete(self, name: str) -> str:
        """Delete a view. Raises ReaderError."""
        with self._file.exclusive():
            views = self._synchronize()
            _existing(views, name)
            return self._store(views, {name: None}, f"Deleted the view “{name}”")

    def move(self, name: str, step: int) -> str:
        """Move a view up (-1) or down (1); return an empty text if it is at the end already. Raises ReaderError."""
        with self._file.exclusive():
            views = self._synchronize()
            view = _existing(views, name)
            others = [each for each in views if each != name]
            index = [*views].index(name) + step
            if not 0 <= index <= len(others):
                return ""
            order = {each: views[each] for each in (*others[:index], name, *others[index:])}
            ranks = rank_views(sorted_views(order), {each: views[each] for each in others})
            changed: _Changes = {each: ranked for each, ranked in ranks.items() if ranked != views[each]}
            direction = "up" if step < 0 else "down"
            return self._store(views, changed or {name: view}, f"Moved the view “{name}” {direction}")

    def undo(self, *, redo: bool = False) -> MarkResult | None:
        """Undo or ``redo`` the last change of marks or items, and update the file.

        Raises ReaderError; if the file is the reason, the views stay as they were.
        """
        with self._file.exclusive():
            file_error: ReaderError | None = None
            try:
                self._synchronize()  # so that edits of the file are not undone
            except ReaderError as error:
                file_error = error
            marks = self._library.marks
            undone = marks.undo(redo=redo)
            if undone is None or KIND not in undone.kinds:
                return undone
            try:
                if file_error is not None:
                    raise file_error
                self._synchronize()
            except ReaderError:
                marks.undo(redo=not redo)
                raise
            return undone

    def _store(self, before: _Views, changes: _Changes, description: str) -> str:
        """Record a change as a step of the history, write it to the file, and return its description."""
        if self._library.items.put(KIND, _json(changes), description=description):
            try:
                self._synchronize()
            except ReaderError:
                self._revert(description, {name: before.get(name) for name in changes})
                raise
        return description

    def _revert(self, description: str, before: Mapping[str, RankedView | None]) -> None:
        """Undo a step that could not be written to the file, so that earlier steps can still be undone."""
        undone = self._library.marks.undo()
        if undone is not None and undone.description != description:  # an article was marked in the meantime
            self._library.marks.undo(redo=True)
            self._library.items.put(KIND, _json(before), description=None)

    # Synchronization of file and history

    def _synchronize(self) -> dict[str, RankedView]:
        """Merge file and history, update both, and return the views. Raises ReaderError."""
        for _ in range(_MAX_ATTEMPTS):
            signature, text = self._file.read()
            in_file = toml_file.parse_views(text, self._file.shown)
            base = self._load_state()
            history = _parse_views(self._library.items.get(KIND))
            merged = merge_views(rank_views(in_file, base.views), base.views, history)
            merged = rank_views(sorted_views(merged), merged)
            wanted = sorted_views(merged)
            if wanted != in_file:
                edited = toml_file.edit_views(text, wanted, self._file.shown, base.texts)
                if self._file.signature() != signature:
                    continue  # the file was changed in the meantime
                self._file.write(edited)
                text = edited
            different = {
                name: merged.get(name) for name in {**merged, **history} if merged.get(name) != history.get(name)
            }
            if different:
                self._library.items.put(KIND, _json(different), description=None)
            self._save_state(_SyncedState(merged, {**base.texts, **toml_file.custom_texts(text, wanted)}), base)
            return merged
        raise ReaderError(f"{self._file.shown} keeps changing.", "Try again in a moment.")

    def _load_state(self) -> _SyncedState:
        try:
            stored = json.loads(self._library.settings.get(_SYNCED_SETTING) or "{}")
            texts = {name: text for name, text in stored["texts"].items() if isinstance(text, str)}
            return _SyncedState(_parse_views(stored["views"]), texts)
        except (ValueError, RecursionError, KeyError, AttributeError, TypeError):  # not stored yet, or damaged
            return _SyncedState({}, {})

    def _save_state(self, state: _SyncedState, before: _SyncedState) -> None:
        deleted = [name for name in state.texts if name not in state.views]
        forgotten = set(deleted[:-_MAX_DELETED_TEXTS])
        state = state._replace(texts={name: text for name, text in state.texts.items() if name not in forgotten})
        if state != before:
            values = {"views": _json(state.views), "texts": state.texts}
            self._library.settings.set(_SYNCED_SETTING, json.dumps(values, ensure_ascii=False))


def _parse_views(values: Mapping[str, Json]) -> dict[str, RankedView]:
    return {name: view for name, value in values.items() if (view := parse_view(name, value)) is not None}


def _json(views: Mapping[str, RankedView | None]) -> dict[str, Json]:
    return {name: view and view._asdict() for name, view in views.items()}


def _checked_name(text: str) -> str:
    """Return a name in its stored form. Raises ReaderError if it is invalid."""
    name = clean(text)
    if not name:
        raise ReaderError("A view needs a name.")
    if len(name) > LONGEST_NAME:
        raise ReaderError(f"The name is longer than {LONGEST_NAME} characters.", "Choose a shorter one.")
    return name


def _existing(views: _Views, name: str) -> RankedView:
    if name not in views:
        raise ReaderError(f"The view “{_short(name)}” no longer exists.", "It was deleted or renamed.")
    return views[name]


def _short(name: str) -> str:
    return truncate(name, 40)
