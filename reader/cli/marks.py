"""The commands ``newsreader state ...``, by which machines share marks."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click

from reader.core.errors import ReaderError, describe_error
from reader.core.exit import print_notice
from reader.core.paths import Paths
from reader.core.text import format_count, show_path

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
    from reader.core.atomic_write import write_atomically
    from reader.export.marks import export_marks

    with export_marks(Paths.from_environment(), print_notice) as lines:
        if file == _STANDARD:
            for line in lines:
                sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
        else:
            write_atomically(Path(file), lines)


@state.command("import", short_help="Merge the marks of FILE with those here.")
@click.argument("file")
def import_(file: str) -> None:
    """Merge the marks of FILE, an export, with those here: of each the later change holds; - is standard input.

    A line that is not understood is told by its number, and nothing is imported.
    """
    from reader.export.marks import import_marks

    name = "standard input" if file == _STANDARD else show_path(file)
    with _opened(file, name) as source:
        imported = import_marks(Paths.from_environment(), source, name, print_notice)
    print_notice(
        f"{name} has {format_count(imported.marks, 'mark')}, of which {imported.merged:,} were new or later than here."
    )
    for kind, number in sorted(imported.items.items()):
        print_notice(f"It has {format_count(number, f'saved {kind}')} as well.")
    if imported.in_future:
        print_notice(
            f"{format_count(imported.in_future, 'mark')} in it had a time in the future: "
            "a clock was wrong, there or here. "
            "What you change here from now on is later still."
        )


@contextlib.contextmanager
def _opened(file: str, name: str) -> Iterator[BinaryIO]:
    try:
        if file == _STANDARD:
            yield _standard_input()
        else:
            with Path(file).open("rb") as source:
                yield source
    except OSError as error:
        raise ReaderError(
            f"{name} cannot be read: {describe_error(error)}.", "Check the spelling. Nothing was imported."
        ) from error


def _standard_input() -> BinaryIO:
    if sys.stdin is None:  # closed by whoever has started us
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return sys.stdin.buffer
