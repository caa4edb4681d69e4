"""Opening a library, in a thread of its own, up to the rows that the list shows first.

Most of a start is the import of Textual. Meanwhile the files are opened and asked, so
that the first frame has the list in it. And a disk that does not answer (a network
mount that is gone) keeps nobody waiting without a word.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reader.core.errors import ReaderError
from reader.core.model import Counts, Row
from reader.core.ordering import SORT_KEYS, ArticleOrder, Sort
from reader.core.paths import Paths
from reader.core.text import show_path
from reader.library.library import Library
from reader.storage.sqlite.database import StorageError
from reader.storage.sqlite.marks.positions import list_key

if TYPE_CHECKING:
    from reader.indexing.remote import UpdaterHandle


SORT = "sort"
"""The name by which the library remembers the order."""
PANE = "views-pane"
"""The name by which it remembers whether views show, and how."""
THEME = "theme"
"""The name by which the library remembers the theme."""
PATIENCE = 20.0
"""Seconds after which a disk that does not answer is given up."""
_SECONDS_UNTIL_TOLD = 2.0
_SECONDS_FOR_FIRST_ROWS = 0.3
"""That a first frame without a row would come at once is of little use."""
_SECONDS_BETWEEN_LOOKS = 0.004
_SCREENS = 4
"""Screens of rows that are read in advance."""


class FirstFrame(NamedTuple):
    """A library, and what the first frame shows of it."""

    library: Library
    view: ArticleOrder
    rows: list[Row]
    types: bool
    counts: Counts
    theme: str
    """The name of the theme that was chosen last, or empty."""
    pane: str = ""
    """What was remembered of the pane of views."""
    keeper: UpdaterHandle | None = None
    """What keeps the index up to date, where it had to begin at once."""
    at: int = 0
    """The place of the article that is selected in it,"""
    line: int = 0
    """and on which line of the list it is."""


def load_first_frame(library: Library, lines: int = 0, keeper: UpdaterHandle | None = None) -> FirstFrame:
    """Return what the first frame of so many lines shows of ``library``. Raises StorageError."""
    view = library.articles.order(parse_sort(library.settings.get(SORT)))
    counts = library.counts()
    # Of a folder that was not read to its end the article may be missing yet, and no neighbour is to take its place.
    at, line = (library.positions.place(list_key(view.sort), view) if counts.complete else None) or (0, 0)
    height = max(lines, 24)
    start = max(0, at - line - (_SCREENS // 2 * height if at else 0))
    rows = library.articles.rows(view.rowids[start : start + _SCREENS * height])
    theme, pane = (library.settings.get(name) or "" for name in (THEME, PANE))
    return FirstFrame(library, view, rows, library.articles.has_other_types(), counts, theme, pane, keeper, at, line)


def parse_sort(kept: str | None) -> Sort:
    """Return the order that was in force last."""
    by, _, direction = (kept or "").partition(" ")
    return next((Sort(key, reverse=direction == "up") for key in SORT_KEYS if key == by), Sort())


class Opening:
    """A library that is being opened: the one at ``path``, or with None the one that was open last."""

    def __init__(self, path: str | None, paths: Paths, *, reach: Callable[[Path | None, Paths], FirstFrame] | None = None):
        """Begin. ``reach`` does the opening; a test can give one that takes its time."""
        self._path = Path(path) if path is not None else None
        self._paths = paths
        self._reach = reach or _reach
        self._first: FirstFrame | None = None
        self._error: BaseException | None = None
        # A daemon, so that the program can end although this hangs.
        self._thread = threading.Thread(target=self._work, name="opening", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            self._first = self._reach(self._path, self._paths)
        except BaseException as error:  # noqa: BLE001 - it is raised again where it is waited for
            self._error = error

    def wait(self, tell: Callable[[str], None], patience: float = PATIENCE) -> FirstFrame:
        """Return the library once it is open; tell, when that takes long, what it waits for.

        ``patience`` is in seconds. Raises ReaderError when there is nothing to open, or
        when the disk has not answered by then, and whatever else opening it raised.
        """
        soon = min(_SECONDS_UNTIL_TOLD, patience)
        self._thread.join(soon)
        name = "the folder that was open last" if self._path is None else show_path(self._path)
        if self._thread.is_alive():
            tell(f"Waiting for {name} …")
            self._thread.join(patience - soon)
        if self._error is not None:
            raise self._error
        if self._first is None:
            raise ReaderError(
                f"{name[:1].upper()}{name[1:]} does not answer." if self._path is None else f"{name} does not answer.",
                "Is it on a disk, or behind a network, that is not there? Try again when it is.",
            )
        return self._first


def _reach(path: Path | None, paths: Paths) -> FirstFrame:
    library = Library.open(path if path is not None else _last_folder(paths), paths)
    try:
        lines = _lines()
        try:
            first = load_first_frame(library, lines)
        except StorageError as error:
            if not (error.damaged and library.renew()):
                raise
            first = load_first_frame(library, lines)
        return _kept(first, lines)
    except BaseException:
        library.close()
        raise


def _kept(first: FirstFrame, lines: int) -> FirstFrame:
    """Have documents read while Textual is still being imported, where there is nothing to show without.

    A moment later there is a screen of them, which the first frame can begin with.
    """
    if len(first.view):
        return first
    from reader.indexing.remote import create_updater

    library = first.library
    before = library.generation()
    keeper = create_updater(library)
    keeper.start()
    until = time.monotonic() + _SECONDS_FOR_FIRST_ROWS
    while time.monotonic() < until and not library.index.in_memory:
        if library.generation() != before:
            return load_first_frame(library, lines, keeper)
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    return first._replace(keeper=keeper)


def _lines() -> int:
    try:
        return os.get_terminal_size(1).lines
    except OSError:  # no terminal; whoever needs one says so
        return 0


def _last_folder(paths: Paths) -> Path:
    last, notice = Library.last(paths)
    if last is None:
        raise ReaderError(
            f"{notice} Which folder of news shall it be?".lstrip(),
            "Begin with `newsreader FOLDER`, such as `newsreader seeds/`; then `newsreader` alone opens it again.",
        )
    return last
