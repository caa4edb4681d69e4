"""The command ``newsreader``: the group of commands, the path shorthand and how errors end the program.

Data goes to stdout, messages go to stderr. Commands import what they need when they run, so that
``--version`` and ``--help`` answer at once and ``list`` never waits for Textual.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import sys
from collections.abc import Iterator

import click

from reader import __version__
from reader.cli import articles, index
from reader.cli.config import config
from reader.cli.marks import state
from reader.cli.pages.cache import cache
from reader.cli.pages.download import download
from reader.cli.pages.extract import extract
from reader.cli.pages.fetch import fetch
from reader.cli.rules import rules
from reader.cli.stories import COMMANDS as STORY_COMMANDS
from reader.cli.subscriptions import feed_edit, feed_list
from reader.cli.subscriptions.feed_add import add, import_
from reader.cli.subscriptions.feed_parse import feeds
from reader.cli.subscriptions.feed_sync import sync
from reader.core.text import clean, show_path
from reader.exit import INTERRUPTED, discard, run_main

_OFFLINE = "--offline"


class _ClosedPipeError(Exception):
    """The reader of stdout has closed the pipe, as ``head`` does."""


@contextlib.contextmanager
def _closed_pipes_end_quietly() -> Iterator[None]:
    """Hide a closed pipe from click, which would end with exit status 1."""
    try:
        yield
    except BrokenPipeError:
        raise _ClosedPipeError from None


class _Commands(click.Group):
    """``newsreader PATH`` is short for ``newsreader open PATH``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with _closed_pipes_end_quietly():  # --help and --version print in here
            return super().parse_args(ctx, self._with_command(ctx, args))

    def _with_command(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Return ``args`` with the command that they imply, and a leading --offline moved behind its name."""
        if args[:1] == [_OFFLINE]:
            command, *rest = args[1:] if args[1:] and args[1] in self.commands else ["open", *args[1:]]
            return [command, *([_OFFLINE] if command in {"open", "fetch"} else []), *rest]
        if args and (args[0] in self.commands or args[0].startswith("-")):
            return args
        if args and not os.path.lexists(args[0]):
            similar = difflib.get_close_matches(args[0], self.commands, 1)
            hint = f" Did you mean “{similar[0]}”?" if similar else ""
            if len(args) > 1:
                ctx.fail(f"Unknown command “{show_path(args[0])}”.{hint}")
            if similar:
                ctx.fail(f"There is no folder, file or command “{show_path(args[0])}”.{hint}")
        return ["open", *args]

    def invoke(self, ctx: click.Context) -> object:
        with _closed_pipes_end_quietly():
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()  # now and not at exit, where the interpreter would report a closed pipe


@click.group(
    cls=_Commands,
    subcommand_metavar="[PATH | COMMAND ...]",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(_OFFLINE, is_flag=True, expose_value=False, help="Make no network requests (for the app and fetch).")
@click.version_option(__version__, prog_name="newsreader", message="%(prog)s %(version)s")
def cli() -> None:
    """Read a folder of news documents in the terminal.

    `newsreader FOLDER` opens a folder of documents with front matter, or a single
    document, in the app. `newsreader` alone opens the news folder if you have feeds,
    else the last folder again. `newsreader add URL` adds a feed. Press ? in the app to
    see all keys.
    """


for _command in (*articles.COMMANDS, *index.COMMANDS, *STORY_COMMANDS, add, import_, sync, feeds):
    cli.add_command(_command)
for _command in (config, download, fetch, extract, cache, rules, state):
    cli.add_command(_command)
for _command in (*feed_list.COMMANDS, *feed_edit.COMMANDS):
    feeds.add_command(_command)


def main() -> None:
    """Run the command line; every failure becomes a sentence and an exit status."""
    run_main(_run)


def _run() -> int:
    """Run the command line and return its exit status."""
    try:
        cli.main(prog_name="newsreader", standalone_mode=False)
    except click.ClickException as error:
        # Not error.show(): when a shell expands `*`, the message quotes file names, which are untrusted.
        context = getattr(error, "ctx", None)
        if context is not None:
            click.echo(context.get_usage(), err=True)
        click.echo(f"Error: {clean(error.format_message())}", err=True)
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    except _ClosedPipeError:
        discard(sys.stdout)
    return 0
