"""The library that a command is about: opened, brought up to date, and shown how far that is."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from reader.cli.output import said
from reader.core.exit import print_notice
from reader.core.paths import Paths

if TYPE_CHECKING:
    from reader.core.events import Progress
    from reader.core.model import IndexTotals
    from reader.library.library import Library
    from reader.storage.sqlite.lock import KeepWaiting

Answer = TypeVar("Answer")

SECONDS_BETWEEN_LINES = 5.0
"""For what tells progress line by line."""


@contextlib.contextmanager
def opened(path: str) -> Iterator[Library]:
    """Open the library at ``path``."""
    from reader.core.errors import ReaderError
    from reader.library.library import Library

    if not path:
        raise ReaderError("The name of the folder is empty.", "`.` is the current one.")
    library = Library.open(Path(path), Paths.from_environment())
    try:
        for notice in library.notices:
            print_notice(notice)
        yield library
    finally:
        library.close()


def answered(path: str, answer: Callable[[Library], Answer]) -> Answer:
    """Return what ``answer`` makes of the library at ``path``, once that is up to date with its folder.

    An index that turns out to be damaged meanwhile is built anew, and ``answer`` called again, unless something was
    printed already.
    """
    from reader.core.errors import ReaderError
    from reader.storage.sqlite.lock import NO_WAIT, BusyError

    said.clear()
    with opened(path) as library:
        try:
            for _ in refreshed(library, NO_WAIT):
                pass
        except BusyError:
            print_notice(f"Another newsreader is reading {library.name} just now; this is what it has read so far.")
        except ReaderError as error:
            if not error.unwritable or library.index.in_memory:
                raise
            print_notice(f"{error.message} The index is kept in memory.")
            library.use_memory()
            for _ in refreshed(library, NO_WAIT):
                pass
        try:
            return answer(library)
        except ReaderError as error:
            if not (error.damaged and library.renew()):
                raise
            if said:
                raise ReaderError(error.message, "It is set aside; run the same again for the whole.") from error
            for _ in refreshed(library, NO_WAIT):
                pass
            return answer(library)


def census(library: Library) -> IndexTotals:
    """Count everything; damage that nobody has met before is met here, and the index built anew."""
    from reader.core.errors import ReaderError

    try:
        return library.census()
    except ReaderError as error:
        if not (error.damaged and library.renew()):
            raise
        for _ in refreshed(library, patience()):
            pass
        return library.census()


def refreshed(library: Library, wait: KeepWaiting, *, rebuild: bool = False) -> Iterator[Progress]:
    """Bring the index up to date, as ``refresh`` does; one that turns out to be damaged is built anew."""
    from reader.core.errors import ReaderError
    from reader.indexing.refresh import refresh

    try:
        yield from refresh(library, rebuild=rebuild, wait=wait, seen=False)
    except ReaderError as error:
        if not (error.damaged and library.renew()):
            raise
        yield from refresh(library, wait=wait, seen=False)


@contextlib.contextmanager
def shown() -> Iterator[Callable[[Progress], None]]:
    """Show progress on stderr: a bar in a terminal, a line now and then elsewhere."""
    from reader.core.events import progress_facts

    if not sys.stderr.isatty():
        told = [0.0]

        def say(progress: Progress) -> None:
            if progress.total and progress.seconds > told[0] + SECONDS_BETWEEN_LINES:
                told[0] = progress.seconds
                print_notice(f"{', '.join(progress_facts(progress))}.")

        yield say
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("Reading"), BarColumn(), TextColumn("{task.fields[facts]}"))
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None, facts="")

        def draw(progress: Progress) -> None:
            total = progress.total or (1 if progress.finished else None)
            done = progress.done if progress.total else total or 0
            said = "  ".join(progress_facts(progress)) if progress.total else ""
            bar.update(task, completed=done + progress.before, total=total and total + progress.before, facts=said)

        yield draw


def patience() -> Callable[[], bool]:
    """Return what waits for another newsreader for as long as it takes, and says so once."""
    told: list[bool] = []

    def wait() -> bool:
        if not told:
            told.append(True)
            print_notice("Another newsreader is reading this folder; waiting for it.")
        return True

    return wait
