"""After any changes of a folder, a refresh makes the index match it."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from reader.core.events import Progress
from reader.core.ordering import SORT_KEYS, Sort
from reader.core.paths import Paths
from reader.indexing.refresh import RefreshLimits, refresh
from reader.library.library import Library

# "x.md" may be a document or a folder; "a" and "a-b" are neighbors that a plain string comparison would confuse.
_FOLDERS = ("", "a", "a/b", "a-b", "x.md")
_NAMES = ("1.md", "2.md", "x.md")
_FILES = tuple(os.path.join(folder, name) for folder in _FOLDERS for name in _NAMES)
_PLACES = st.sampled_from((*_FILES, *_FOLDERS[1:]))


class Write(NamedTuple):
    path: str


class Remove(NamedTuple):
    path: str


class Rename(NamedTuple):
    source: str
    target: str


class Make(NamedTuple):
    """An empty folder."""

    path: str


_Change = Write | Remove | Rename | Make
_CHANGES = st.lists(
    st.one_of(
        st.builds(Write, st.sampled_from(_FILES)),
        st.builds(Remove, _PLACES),
        st.builds(Rename, _PLACES, _PLACES),
        st.builds(Make, st.sampled_from(_FOLDERS[1:])),
    ),
    max_size=8,
)


class World:
    """A folder, its changes, and what a watcher would report."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._number = itertools.count()
        self.touched: set[str] = set()

    def do(self, change: _Change) -> None:
        """Make a change, if it is possible."""
        try:
            match change:
                case Write(path):
                    self._make(os.path.dirname(path))
                    self._write(path)
                case Remove(path):
                    self._remove(path)
                case Rename(source, target):
                    inside = self._below(source)
                    self._make(os.path.dirname(target))
                    (self.root / source).rename(self.root / target)
                    self.touched |= {source, target, *inside}
                case Make(path):
                    self._make(path)
        except OSError:  # for example, a folder is where the file should be: then it has not happened
            pass

    def _make(self, folder: str) -> None:
        for path in itertools.accumulate(folder.split("/"), os.path.join) if folder else ():
            if not (self.root / path).is_dir():
                (self.root / path).mkdir()
                self.touched.add(path)

    def _write(self, path: str) -> None:
        number = next(self._number)
        (self.root / path).write_text(f"---\ntitle: t{number}\nquality: {number % 7}\n---\n")
        # The second of two changes within one tick of the clock cannot be noticed.
        os.utime(self.root / path, ns=(0, number * 1000))
        self.touched.add(path)

    def _remove(self, path: str) -> None:
        self.touched |= {path, *self._below(path)}
        if (self.root / path).is_dir():
            shutil.rmtree(self.root / path)
        else:
            (self.root / path).unlink()

    def _below(self, path: str) -> list[str]:
        return [os.path.relpath(inner, self.root) for inner in (self.root / path).rglob("*")]

    def reported_paths(self, watched: frozenset[bytes]) -> set[bytes]:
        """Return and clear what a watcher of the folders ``watched`` reports."""
        touched, self.touched = self.touched, set()
        return {os.fsencode(path) for path in touched if os.fsencode(os.path.dirname(path)) in watched}

    def documents(self) -> dict[str, str]:
        """Return the path and title of every document."""
        files = [path for path in self.root.rglob("*.md") if path.is_file()]
        return {os.path.relpath(path, self.root): path.read_text().split()[2] for path in files}


def _listed(library: Library) -> dict[str, str]:
    rowids = library.articles.order(Sort()).rowids
    rows = library.articles.rows(rowids)
    assert len(rows) == len(set(rowids)) == library.counts().articles
    for key in SORT_KEYS:
        for reverse in (False, True):
            assert sorted(library.articles.order(Sort(key, reverse)).rowids) == sorted(rowids)
    return {row.path: row.title for row in rows}


def _numbers(library: Library) -> dict[str, int]:
    """Return the row ids by title."""
    rowids = library.articles.order(Sort()).rowids
    return {row.title: rowid for rowid, row in zip(rowids, library.articles.rows(rowids), strict=True)}


def _whole(library: Library, stop: Event | None = None) -> Progress:
    *_, last = refresh(library, stop)
    assert last.finished
    return last


def _in_a_world(check: Callable[[World, Library], None]) -> None:
    with tempfile.TemporaryDirectory() as place:
        world = World(Path(place))
        library = Library.open(world.root, Paths.from_environment())
        try:
            check(world, library)
        finally:
            library.close()


@settings(max_examples=40)
@given(_CHANGES, st.lists(_CHANGES, max_size=3))
def test_watcher_events_are_enough_for_any_change(before: list[_Change], batches: list[list[_Change]]) -> None:
    def check(world: World, library: Library) -> None:
        for change in before:
            world.do(change)
        _whole(library)
        assert _listed(library) == world.documents()
        world.touched.clear()
        for batch in batches:
            for change in batch:
                world.do(change)
            *_, last = refresh(library, paths=world.reported_paths(set(library.index.folder_paths().values())))
            assert last.finished
            assert _listed(library) == world.documents()
            assert library.index.problems() == []
            folders = {
                os.fsencode(os.path.relpath(path, world.root)) for path in world.root.rglob("*") if path.is_dir()
            }
            assert set(library.index.folder_paths().values()) == folders | {b""}
        nothing = _whole(library)
        assert (nothing.done, nothing.changed, nothing.removed, nothing.moved) == (0, 0, 0, 0)
        assert _listed(library) == world.documents()

    _in_a_world(check)


@settings(max_examples=40)
@given(_CHANGES, _CHANGES, st.booleans())
def test_a_moved_document_keeps_its_rowid(before: list[_Change], after: list[_Change], partial: bool) -> None:
    def check(world: World, library: Library) -> None:
        for change in before:
            world.do(change)
        _whole(library)
        then, numbers = world.documents(), _numbers(library)
        world.touched.clear()
        for change in after:
            world.do(change)
        *_, last = refresh(
            library, paths=world.reported_paths(set(library.index.folder_paths().values())) if partial else None
        )
        now, same = world.documents(), _numbers(library)
        assert _listed(library) == now
        # If another document has taken its place, a move looks like two changed documents.
        left = {title for path, title in then.items() if path not in now}
        moved = {title for path, title in now.items() if title in left and path not in then}
        assert {title: same[title] for title in moved} == {title: numbers[title] for title in moved}
        assert last.moved >= len(moved)
        stayed = {title for path, title in now.items() if then.get(path) == title}
        assert {title: same[title] for title in stayed} == {title: numbers[title] for title in stayed}

    _in_a_world(check)


_ONE_BY_ONE = RefreshLimits(first_batch=1, write_together=1)
"""Reads and writes every document separately, so that a refresh can end between any two."""


class _After(Event):
    """Set after it was checked a number of times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._left = times

    def is_set(self) -> bool:
        self._left -= 1
        return self._left < 0


@settings(max_examples=40)
@given(before=_CHANGES, batches=st.lists(st.tuples(_CHANGES, st.integers(0, 12), st.booleans()), max_size=3))
def test_interrupted_refreshes_lose_and_leave_nothing(
    before: list[_Change], batches: list[tuple[list[_Change], int, bool]]
) -> None:
    def check(world: World, library: Library) -> None:
        for change in before:
            world.do(change)
        _whole(library)
        for changes, looks, partial in batches:
            for change in changes:
                world.do(change)
            paths = world.reported_paths(set(library.index.folder_paths().values())) if partial else None
            for _ in refresh(library, _After(looks), paths=paths, limits=_ONE_BY_ONE):
                pass
        _whole(library)
        assert _listed(library) == world.documents()
        assert _whole(library).done == 0

    _in_a_world(check)
