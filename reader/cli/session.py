"""The library a command works on: open it, bring its index up to date, show progress on stderr."""

from __future__ import annotations

import contextlib
import functools
import math
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from reader.cli import output
from reader.core.errors import ReaderError
from reader.core.paths import Paths
from reader.exit import print_notice

if TYPE_CHECKING:
    from reader.core.events import Progress
    from reader.library.library import Library
    from reader.storage.sqlite.lock import KeepWaiting

Result = TypeVar("Result")

ALWAYS_GROUPED = 2_000
"""Up to so many articles are grouped into stories by every command, which takes less than half a second."""
_SECONDS_FOR_GROUPING = 30.0
"""How long a command about stories waits for another newsreader that is grouping them."""
SECONDS_BETWEEN_LINES = 5.0
"""How often progress is printed as a line when stderr is not a terminal."""


@contextlib.contextmanager
def open_library(path: str) -> Iterator[Library]:
    """Open the library at ``path`` and close it afterwards. Raises ReaderError."""
    from reader.library.library import Library

    if not path:
        raise ReaderError("The folder name is empty.", "Use `.` for the current folder.")
    with contextlib.closing(Library.open(Path(path), Paths.from_environment())) as library:
        _ = library.reading  # which may add a notice about the settings
        for notice in library.notices:
            print_notice(notice)
        library.marks.store.report_to(print_notice)
        yield library


def with_library(path: str, act: Callable[[Library], Result]) -> Result:
    """Open the library at ``path``, bring its index up to date and return the result of ``act``.

    If the index turns out to be damaged, it is rebuilt and ``act`` runs again, unless it has printed output already.
    """
    from reader.storage.sqlite.lock import NO_WAIT, BusyError

    output.printed_anything = False
    with open_library(path) as library:
        try:
            _refresh_fully(library, NO_WAIT)
        except BusyError:
            print_notice(f"Another newsreader is reading {library.name}; the result covers what it has read so far.")
        except ReaderError as error:
            if not error.unwritable or library.index.in_memory:
                raise
            print_notice(f"{error.message} The index is kept in memory.")
            library.use_memory()
            _refresh_fully(library, NO_WAIT)

        def act_on_stories() -> Result:
            if library.index.totals().articles <= ALWAYS_GROUPED:
                group_stories(library)
            return act(library)

        return run_or_rebuild(library, act_on_stories, NO_WAIT)


def on_library(act: Callable[..., None]) -> Callable[..., None]:
    """Make the function of a command with a PATH of ``act(library, ...)``, as :func:`with_library` calls it."""

    @functools.wraps(act)
    def run(path: str, **options: Any) -> None:
        with_library(path, lambda library: act(library, **options))

    return run


def group_stories(library: Library, *, patient: bool = False) -> None:
    """Group what is not grouped yet into stories; of a large folder only for commands that need it.

    ``patient``: wait a while for another newsreader that is doing so, and say so.
    """
    from reader.indexing.stories import update_stories
    from reader.storage.sqlite.lock import NO_WAIT, BusyError

    wait = wait_policy(f"grouping {library.name}", _SECONDS_FOR_GROUPING) if patient else NO_WAIT
    try:
        for _ in update_stories(library.index, quality=library.estimates_quality, seen=False, wait=wait):
            pass
    except BusyError:
        if patient:
            print_notice(f"It is still grouping {library.name}; the result covers what it has grouped so far.")
    except ReaderError as error:
        if error.damaged:
            raise
        print_notice(f"{error.message} Stories are not up to date.")
    if rules := library.rules:
        _run_rules(rules.apply_to_grouped)


def _run_rules(apply: Callable[[], object]) -> None:
    try:
        apply()
    except ReaderError as error:
        if error.damaged:
            raise
        print_notice(f"No rule has run. {error}")


def run_or_rebuild(library: Library, act: Callable[[], Result], wait: KeepWaiting) -> Result:
    """Return the result of ``act``; if the index turns out to be damaged, rebuild it and run ``act`` again."""
    try:
        return act()
    except ReaderError as error:
        if not (error.damaged and library.renew()):
            raise
        if output.printed_anything:
            raise ReaderError(error.message, "It was moved aside; run the command again.") from error
        _refresh_fully(library, wait)
        return act()


def _refresh_fully(library: Library, wait: KeepWaiting) -> None:
    for _ in refresh_library(library, wait):
        pass


def refresh_library(library: Library, wait: KeepWaiting, *, rebuild: bool = False) -> Iterator[Progress]:
    """Bring the index up to date, as :func:`reader.indexing.refresh.refresh` does; a damaged index is rebuilt."""
    from reader.indexing.refresh import refresh

    try:
        yield from refresh(library, rebuild=rebuild, wait=wait, seen=False)
    except ReaderError as error:
        if not (error.damaged and library.renew()):
            raise
        yield from refresh(library, wait=wait, seen=False)
    if rules := library.rules:
        _run_rules(rules.apply_to_new)


def wait_policy(doing: str = "reading this folder", seconds: float = math.inf) -> KeepWaiting:
    """Return a policy that waits for another newsreader, ``seconds`` at most, and prints one notice about it."""
    until = time.monotonic() + seconds

    @functools.cache
    def notice() -> None:
        print_notice(f"Waiting for another newsreader that is {doing}.")

    def wait() -> bool:
        notice()
        return time.monotonic() < until

    return wait


ShowProgress: TypeAlias = Callable[[int, int | None, str, bool], None]
"""Shows how many are done of a total (None if unknown), facts about it, and whether it is finished."""


@contextlib.contextmanager
def progress_display(title: str) -> Iterator[ShowProgress]:
    """Show progress on stderr: as a bar in a terminal, else as a line every few seconds."""
    if not sys.stderr.isatty():
        last_line = time.monotonic()

        def show_line(done: int, total: int | None, facts: str, finished: bool) -> None:
            nonlocal last_line
            if facts and not finished and time.monotonic() > last_line + SECONDS_BETWEEN_LINES:
                last_line = time.monotonic()
                print_notice(f"{facts}.")

        yield show_line
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn(title), BarColumn(), TextColumn("{task.fields[facts]}"))
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None, facts="")

        def show_bar(done: int, total: int | None, facts: str, finished: bool) -> None:
            bar.update(task, completed=done, total=total, facts=facts)

        yield show_bar
