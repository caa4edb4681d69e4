"""The commands ``newsreader state ...``, by which machines share marks."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click

from reader import ends
from reader.errors import ReaderError, reason
from reader.paths import Paths
from reader.text import count, show_path

_STANDARD = "-"


@click.group(no_args_is_help=False)
def state() -> None:
    """Share marks (read, starred, tags) between machines.

    Export them on one, import them on the other, by any file sync or git. Of each mark the later change holds,
    so it does not matter in which order or how often that is done.
    """


@state.command("export", short_help="Write all marks to FILE.")
@click.argument("file")
def export(file: str) -> None:
    """Write all marks to FILE, as lines of JSON in a stable order; - is standard output."""
    from reader.library.library import Library

    with Library.exported(Paths.of(), ends.say) as lines:
        if file == _STANDARD:
            for line in lines:
                sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
        else:
            Library.write_whole(Path(file), lines)


@state.command("import", short_help="Merge the marks of FILE with those here.")
@click.argument("file")
def import_(file: str) -> None:
    """Merge the marks of FILE, an export, with those here: of each the later change holds; - is standard input.

    A line that is not understood is told by its number, and nothing is imported.
    """
    from reader.library.library import Library

    name = "standard input" if file == _STANDARD else show_path(file)
    with _opened(file, name) as source:
        imported = Library.imported(Paths.of(), source, name, ends.say)
    ends.say(f"{name} has {count(imported.marks, 'mark')}, of which {imported.taken:,} were new or later than here.")


@contextlib.contextmanager
def _opened(file: str, name: str) -> Iterator[BinaryIO]:
    try:
        if file == _STANDARD:
            yield sys.stdin.buffer
        else:
            with Path(file).open("rb") as source:
                yield source
    except OSError as error:
        raise ReaderError(
            f"{name} cannot be read: {reason(error)}.", "Check the spelling. Nothing was imported."
        ) from error
