"""The commands ``newsreader state ...``, which share marks between machines."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from reader.cli.arguments import STANDARD_STREAM, HelpfulGroup, input_name, open_input
from reader.core.paths import Paths
from reader.core.text import format_count
from reader.exit import print_notice


@click.group(cls=HelpfulGroup)
def state() -> None:
    """Share marks (read, starred, tags) between machines.

    Export them on one machine and import them on another, by way of any file sync or git. The later change of each
    mark wins, so the order and number of imports do not matter.
    """


@state.command("export", short_help="Write all marks to FILE.")
@click.argument("file")
def export(file: str) -> None:
    """Write all marks to FILE as JSON lines in a stable order; - is standard output."""
    from reader.core.atomic_write import write_atomically
    from reader.export.marks import export_marks

    with export_marks(Paths.from_environment(), print_notice) as lines:
        if file == STANDARD_STREAM:
            sys.stdout.buffer.writelines(lines)
            sys.stdout.buffer.flush()
        else:
            write_atomically(Path(file), lines)


@state.command("import", short_help="Merge the marks in FILE into yours.")
@click.argument("file")
def import_(file: str) -> None:
    """Merge the marks in FILE, an export, into yours; - is standard input. The later change of each mark wins.

    If a line is not valid, its number is reported and nothing is imported.
    """
    from reader.export.marks import import_marks

    name = input_name(file)
    with open_input(file, "Nothing was imported.") as source:
        imported = import_marks(Paths.from_environment(), source, name, print_notice)
    print_notice(f"{name} has {format_count(imported.marks, 'mark')}; {imported.merged:,} were new or more recent.")
    for kind, number in sorted(imported.items.items()):
        print_notice(f"It also has {format_count(number, f'saved {kind}')}.")
    if imported.in_future:
        print_notice(
            f"{format_count(imported.in_future, 'mark')} in it had a time in the future: a clock is or was wrong, "
            "there or here. Your next changes still count as more recent."
        )
