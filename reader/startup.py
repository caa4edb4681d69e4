"""Opening a library in a thread, up to the rows of the first frame, while Textual is being imported.

Most of the start-up time is the import of Textual. Meanwhile the files are opened and queried, so
that the first frame already contains the list. A disk that does not respond (such as a
disconnected network mount) is reported instead of blocking silently.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.core.model import Counts, ListField, Row
from reader.core.ordering import ArticleOrder, Sort, list_key, with_folded
from reader.core.paths import Paths
from reader.core.text import show_path
from reader.library.grouping_choices import GROUPED, parse_choices
from reader.library.library import Library
from reader.storage.sqlite.database import StorageError

if TYPE_CHECKING:
    from reader.indexing.process_client import UpdaterHandle


SORT = "sort"
"""Setting: the sort order."""
SPLIT = "list-split"
"""Setting: the density of the list, and its share of the screen."""
PANE = "views-pane"
"""Setting: the state of the sidebar."""
THEME = "theme"
"""Setting: the name of the theme that was chosen."""
BACKGROUND = "terminal-background"
"""Setting: how dark the terminal was when it last told."""
TIMEOUT = 20.0
"""Seconds after which a disk that does not respond is given up on."""
_SECONDS_UNTIL_NOTICE = 2.0
_SECONDS_FOR_FIRST_ROWS = 0.3
"""How long an empty first frame is delayed to get some rows."""
_SECONDS_BETWEEN_POLLS = 0.004
_SCREENS = 4
"""Screens of rows to load."""
MOST_GROUPED = 30_000
"""Articles that are grouped before the first frame; more take longer than can go unnoticed."""


@dataclass(frozen=True, slots=True)
class FirstFrame:
    """An open library and what the first frame shows."""

    library: Library
    sort: Sort | None
    """The order that was chosen last; None for the usual one."""
    order: ArticleOrder
    rows: list[Row]
    fields: frozenset[ListField]
    """What any article of the folder has."""
    counts: Counts
    theme: str
    """The name of the theme that was chosen last, or empty."""
    background: str = ""
    """The value of the setting BACKGROUND."""
    pane: str = ""
    """The value of the setting PANE."""
    split: str = ""
    """The value of the setting SPLIT."""
    grouped_lists: Mapping[str, bool] = field(default_factory=dict)
    """For each query, whether its list has a row for each story."""
    updater: UpdaterHandle | None = None
    """The index updater, if it had to start at once."""
    index: int = 0
    """Index of the selected article in ``order``."""
    line: int = 0
    """Line of the list that shows the selected article."""


def load_first_frame(library: Library, lines: int = 0, updater: UpdaterHandle | None = None) -> FirstFrame:
    """Return what the first frame of a screen with that many lines shows. Raises StorageError."""
    settings = library.settings
    counts = library.counts()
    chosen = settings.get(SORT)
    sort = Sort.parse(chosen) if chosen is not None else None
    order = library.articles.order(sort or library.articles.usual_sort())
    grouped_lists = parse_choices(settings.get(GROUPED))
    if grouped_lists.get("") and len(order) <= MOST_GROUPED:
        order = library.articles.grouped(order)
    # In a folder that was not scanned completely, the article may still be missing; no neighbor must take its place.
    position = library.positions.index_in(list_key(order.sort), order) if counts.complete else None
    index, line = position or (0, 0)
    height = max(lines, 24)
    start = max(0, index - line - (_SCREENS // 2 * height if index else 0))
    rows = library.articles.rows(with_folded(order, order.rowids[start : start + _SCREENS * height]))
    return FirstFrame(
        library,
        sort,
        order,
        rows,
        library.articles.fields(rows),
        counts,
        settings.get(THEME) or "",
        settings.get(BACKGROUND) or "",
        settings.get(PANE) or "",
        settings.get(SPLIT) or "",
        grouped_lists,
        updater,
        index,
        line,
    )


class Opening:
    """A library that is being opened: the one at ``path``, or with None the one that was open last."""

    def __init__(
        self, path: str | None, paths: Paths, *, load: Callable[[Path | None, Paths], FirstFrame] | None = None
    ) -> None:
        """Start. ``load`` opens the library; a test may pass a slow one."""
        self._path = Path(path) if path is not None else None
        self._paths = paths
        self._load = load or _open_library
        self._first: FirstFrame | None = None
        self._error: BaseException | None = None
        # A daemon, so that the program can end even if the thread hangs.
        self._thread = threading.Thread(target=self._work, name="opening", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            self._first = self._load(self._path, self._paths)
        except BaseException as error:  # noqa: BLE001 - wait() raises it again
            self._error = error

    def wait(self, on_notice: Callable[[str], None], timeout: float = TIMEOUT) -> FirstFrame:
        """Return the first frame once the library is open; ``on_notice`` gets a sentence if that takes long.

        ``timeout`` is in seconds. Raises ReaderError if there is nothing to open or the disk
        does not respond in time, and whatever else opening the library raised.
        """
        soon = min(_SECONDS_UNTIL_NOTICE, timeout)
        self._thread.join(soon)
        name = "the folder that was open last" if self._path is None else show_path(self._path)
        if self._thread.is_alive():
            on_notice(f"Waiting for {name} …")
            self._thread.join(timeout - soon)
        if self._error is not None:
            raise self._error
        if self._first is None:
            subject = name if self._path is not None else name.capitalize()
            hint = "Is it on a disk or network that is not connected? Try again when it is."
            raise ReaderError(f"{subject} does not respond.", hint)
        return self._first


def _open_library(path: Path | None, paths: Paths) -> FirstFrame:
    library = Library.open(path if path is not None else _start_folder(paths), paths)
    try:
        lines = _terminal_lines()
        try:
            first = load_first_frame(library, lines)
        except StorageError as error:
            if not (error.damaged and library.renew()):
                raise
            first = load_first_frame(library, lines)
        return _start_updater_if_empty(first, lines)
    except BaseException:
        library.close()
        raise


def _start_updater_if_empty(first: FirstFrame, lines: int) -> FirstFrame:
    """If there is nothing to show, start reading documents while Textual is still being imported.

    A moment later there is a screenful of them for the first frame.
    """
    if len(first.order):
        return first
    from reader.indexing.process_client import UpdaterHandle

    library = first.library
    before = library.index.generation()
    updater = UpdaterHandle(library)
    updater.start()
    until = time.monotonic() + _SECONDS_FOR_FIRST_ROWS
    while time.monotonic() < until and not library.index.in_memory:
        if library.index.generation() != before:
            return load_first_frame(library, lines, updater)
        time.sleep(_SECONDS_BETWEEN_POLLS)
    return replace(first, updater=updater)


def _terminal_lines() -> int:
    try:
        return os.get_terminal_size(1).lines
    except OSError:  # no terminal
        return 0


def _start_folder(paths: Paths) -> Path:
    """Return the news folder if there are feeds, else the folder that was open last. Raises ReaderError."""
    if os.path.isfile(paths.feeds_file) and os.path.isdir(paths.news_folder):
        return paths.news_folder
    last, notice = Library.last(paths)
    if last is None:
        raise ReaderError(
            f"{notice} There are no feeds yet, and no folder is given.".lstrip(),
            "`newsreader add URL` adds the feed of a site, `newsreader import FILE` those of a list, and "
            "`newsreader sync` fetches them. `newsreader FOLDER` opens a folder of documents.",
        )
    return last
