"""The command ``newsreader``. Data goes to stdout, talk to stderr.

What a command needs is imported inside it, so that ``--version`` and ``--help`` answer
at once and ``list`` never waits for Textual.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import sys
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from reader import __version__, ends
from reader.cli_print import ascii_only, out, plain_cells, print_article, print_json, print_table, said
from reader.cli_query import QueryCommand, chosen, found, parsed, words_of_query
from reader.cli_state import state
from reader.paths import Paths
from reader.text import clean, count, show_path

if TYPE_CHECKING:
    from reader.jobs.progress import Progress
    from reader.library.library import Census, Library
    from reader.library.lock import Wait

Answer = TypeVar("Answer")

_SORTS = ["quality", "heat", "date"]
_EXIT_PROBLEMS = 1
_ROWS_AT_ONCE = 1000
_SECONDS_BETWEEN_LINES = 5.0


class _ClosedPipeError(Exception):
    """Whoever read what we write has seen enough, as ``head`` has."""


@contextlib.contextmanager
def _pipes() -> Iterator[None]:
    """Take a closed pipe out of the hands of click, which would make it exit status 1."""
    try:
        yield
    except BrokenPipeError:
        raise _ClosedPipeError from None


class _Commands(click.Group):
    """``newsreader PATH`` is short for ``newsreader open PATH``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and not args[0].startswith("-")):
            if len(args) > 1 and not os.path.lexists(args[0]):  # two words of which the first is no path: a slip
                near = difflib.get_close_matches(args[0], self.commands, 1)
                hint = f" Did you mean “{near[0]}”?" if near else ""
                ctx.fail(f"There is no command “{show_path(args[0])}”.{hint}")
            args = ["open", *args]
        with _pipes():  # --help and --version are answered in here
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        with _pipes():
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()  # here, and not at exit, where a closed pipe would make the interpreter complain


@click.group(
    cls=_Commands,
    subcommand_metavar="[PATH | COMMAND ...]",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="newsreader", message="%(prog)s %(version)s")
def cli() -> None:
    """Read a folder of news documents in the terminal.

    `newsreader FOLDER` opens the app on a folder of documents with front matter, or on
    a single document; `newsreader` alone opens the last folder again. In the app, ?
    shows every key.
    """


@cli.command("open", short_help="Open PATH in the app; PATH alone does the same.")
@click.argument("path", required=False)
def open_(path: str | None) -> None:
    """Open PATH, a folder or a document, in the app (PATH alone does the same)."""
    from reader.opening import Opening
    from reader.ui.app import run

    paths = Paths.of()
    sys.exit(run(Opening(path, paths), paths))


@cli.command("list", cls=QueryCommand, short_help="List the articles of PATH, or those that QUERY finds.")
@click.argument("path")
@click.argument("query", nargs=-1, callback=words_of_query)
@click.option("--sort", "by", type=click.Choice(_SORTS), default="quality", show_default=True, help="Order by this.")
@click.option("--reverse", is_flag=True, help="Lowest or oldest first. What is unknown comes last either way.")
@click.option("--limit", type=click.IntRange(min=0), help="Print at most this many.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array of objects.")
def list_(path: str, *, query: tuple[str, ...], by: str, reverse: bool, limit: int | None, as_json: bool) -> None:
    """List the articles of PATH, or those that QUERY finds (docs/queries.md); `sort:` and `limit:` in it come first.

    In a terminal this is a table; into a pipe, one line an article, with tabs between
    quality, heat, date (UTC), source, title and path.
    """
    from reader.library.view import SORT_KEYS, Sort

    wanted = parsed(query)

    def answer(library: Library) -> None:
        sort = Sort(next(name for name in SORT_KEYS if name == by), reverse)
        rowids = found(library, wanted, sort)[:limit]
        every = (
            row
            for start in range(0, len(rowids), _ROWS_AT_ONCE)
            for row in library.rows(rowids[start : start + _ROWS_AT_ONCE])
        )
        rows = chain([*islice(every, 1)], every)  # damage shows before anything is printed
        if as_json:
            from reader.records import row_record

            print_json(row_record(row) for row in rows)
        elif sys.stdout.isatty():
            print_table(rows)
        else:
            for row in rows:
                out("\t".join(plain_cells(row)) + "\n")
        if rowids or limit == 0:
            return
        if query and len(library.view(sort)):
            ends.say(f"No article in {library.name} matches.")
        else:
            ends.say(f"There are no articles in {library.name}." + _pointer_to_check(library))

    _answer(path, answer)


@cli.command("count", cls=QueryCommand, short_help="Say how many articles of PATH there are, or QUERY finds.")
@click.argument("path")
@click.argument("query", nargs=-1, callback=words_of_query)
def count_(path: str, query: tuple[str, ...]) -> None:
    """Print how many articles PATH has, or QUERY finds (docs/queries.md)."""
    from reader.library.view import Sort

    wanted = parsed(query)
    _answer(path, lambda library: out(f"{library.search(wanted, Sort()).count}\n"))


@cli.command(cls=QueryCommand, short_help="Mark the articles that QUERY finds read, starred, tagged, or not.")
@click.argument("path")
@click.argument("query", nargs=-1, required=True, callback=words_of_query)
@click.option("--read", is_flag=True, help="Mark them read.")
@click.option("--unread", is_flag=True, help="Mark them unread.")
@click.option("--star", "starred", is_flag=True, help="Star them.")
@click.option("--unstar", "unstarred", is_flag=True, help="Take the star away.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Give them this tag. May be repeated.")
@click.option("--untag", "untags", multiple=True, metavar="TAG", help="Take this tag from them. May be repeated.")
def mark(
    path: str,
    *,
    query: tuple[str, ...],
    read: bool,
    unread: bool,
    starred: bool,
    unstarred: bool,
    tags: tuple[str, ...],
    untags: tuple[str, ...],
) -> None:
    """Mark every article of PATH that QUERY finds (docs/queries.md). One step, which `u` in the app takes back."""
    from reader.errors import ReaderError
    from reader.library.view import Sort

    if not any((read, unread, starred, unstarred, tags, untags)):
        raise ReaderError("It is not said how to mark them.", "Use --read, --star, --tag and their opposites.")
    if (read and unread) or (starred and unstarred):
        raise ReaderError("An article cannot be marked both ways at once.", "Leave one of the two options out.")
    wanted = chosen(query)

    def answer(library: Library) -> None:
        if not library.keeps_marks:
            raise ReaderError("Nothing is marked.", "It would not be kept.")
        rowids = found(library, wanted, Sort())
        is_read = True if read else False if unread else None
        is_starred = True if starred else False if unstarred else None
        told = library.mark_rows(rowids, read=is_read, starred=is_starred, add_tags=tags, remove_tags=untags).told
        ends.say(f"{told}." if told else f"{count(len(rowids), 'article')} found, and nothing to change.")

    _answer(path, answer)


@cli.command()
@click.argument("path")
@click.argument("which")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with every field.")
def show(path: str, which: str, as_json: bool) -> None:
    """Print the article WHICH (a file name, path or id) of PATH."""

    def answer(library: Library) -> None:
        rowid = library.find(which)
        article = library.article(rowid)
        (row,) = library.rows([rowid])
        if as_json:
            import json

            from reader.records import article_record

            record = article_record(article, row.id, read=row.read, starred=row.starred, tags=row.tags)
            out(json.dumps(record, ensure_ascii=ascii_only(), indent=2) + "\n")
        else:
            print_article(article)

    _answer(path, answer)


@cli.command(short_help="Say what is wrong with the documents of PATH.")
@click.argument("path")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array of objects.")
def check(path: str, as_json: bool) -> None:
    """Say what is wrong with the documents of PATH, a line each; exit status 1 when anything is.

    A line is FILE:LINE: FIELD: MESSAGE, where FIELD is "document" for what is wrong as a whole.
    """

    def answer(library: Library) -> bool:
        problems = library.problems()
        if as_json:
            from reader.records import problem_record

            print_json(problem_record(problem) for problem in problems)
        else:
            for problem in problems:
                place = f"{problem.path}:{problem.line}"
                out(f"{place}: {problem.field or 'document'}: {problem.message}\n")
        counts = library.counts()
        if problems:
            ends.say(f"{count(len(problems), 'problem')} in {count(counts.troubled, 'document')}.")
        else:
            ends.say(f"{count(counts.articles, 'document')}, no problems.")
        return bool(problems)

    if _answer(path, answer):
        sys.exit(_EXIT_PROBLEMS)


@cli.command(short_help="Bring the index of PATH up to date, without the app.")
@click.argument("path")
@click.option("--rebuild", is_flag=True, help="Read every document anew, changed or not.")
@click.option("--strict", is_flag=True, help="Exit status 1 when documents have problems.")
@click.option("--json", "as_json", is_flag=True, help="Print the totals as one JSON object.")
def index(path: str, rebuild: bool, strict: bool, as_json: bool) -> None:
    """Bring the index of the folder PATH up to date, so that the app finds everything ready.

    Progress goes to stderr, totals to stdout. What is interrupted goes on the next time.
    """
    from reader.errors import ReaderError
    from reader.jobs.progress import Progress, outcome

    with _opened(path) as library:
        if library.index.in_memory:
            if library.folder.only is not None:
                raise ReaderError(f"No index is kept of {library.name}, a single document.", "Name its folder.")
            raise ReaderError(
                f"No index can be kept of {library.name}.",
                "See that the cache directory can be written, or name another in NEWSREADER_CACHE_DIR.",
            )
        progress = Progress()
        try:
            with _shown() as show:
                for progress in _refreshed(library, _patience(), rebuild=rebuild):
                    show(progress)
        except KeyboardInterrupt:
            ends.say("Interrupted. What is read so far is kept; the next time goes on from there.")
            raise
        census = _census(library)
        if as_json:
            import json

            from reader.records import index_record

            record = index_record(library.target, progress, census)
            out(json.dumps(record, ensure_ascii=ascii_only()) + "\n")
        else:
            out(
                f"{count(census.articles, 'article')} in {count(census.documents, 'document')}, "
                f"{count(census.problems, 'problem')}; {outcome(progress)}, in {progress.seconds:.1f} s.\n"
            )
    if strict and census.problems:
        sys.exit(_EXIT_PROBLEMS)


cli.add_command(state)


# --- how ------------------------------------------------------------------------------------


@contextlib.contextmanager
def _opened(path: str) -> Iterator[Library]:
    """Open the library at ``path``."""
    from reader.errors import ReaderError
    from reader.library.library import Library

    if not path:
        raise ReaderError("The name of the folder is empty.", "`.` is the current one.")
    library = Library.open(Path(path), Paths.of())
    try:
        for notice in library.notices:
            ends.say(notice)
        yield library
    finally:
        library.close()


def _answer(path: str, answer: Callable[[Library], Answer]) -> Answer:
    """Return what ``answer`` makes of the library at ``path``, once that is up to date with its folder.

    An index that turns out to be damaged meanwhile is built anew, and ``answer`` called again, unless something was
    printed already.
    """
    from reader.errors import ReaderError
    from reader.library.lock import NOT_AT_ALL, BusyError

    said.clear()
    with _opened(path) as library:
        try:
            for _ in _refreshed(library, NOT_AT_ALL):
                pass
        except BusyError:
            ends.say(f"Another newsreader is reading {library.name} just now; this is what it has read so far.")
        except ReaderError as error:
            if not error.unwritable or library.index.in_memory:
                raise
            ends.say(f"{error.message} The index is kept in memory.")
            library.keep_in_memory()
            for _ in _refreshed(library, NOT_AT_ALL):
                pass
        try:
            return answer(library)
        except ReaderError as error:
            if not (error.damaged and library.renew()):
                raise
            if said:
                raise ReaderError(error.message, "It is set aside; run the same again for the whole.") from error
            for _ in _refreshed(library, NOT_AT_ALL):
                pass
            return answer(library)


def _census(library: Library) -> Census:
    """Count everything; damage that nobody has met before is met here, and the index built anew."""
    from reader.errors import ReaderError

    try:
        return library.census()
    except ReaderError as error:
        if not (error.damaged and library.renew()):
            raise
        for _ in _refreshed(library, _patience()):
            pass
        return library.census()


def _refreshed(library: Library, wait: Wait, *, rebuild: bool = False) -> Iterator[Progress]:
    """Bring the index up to date, as ``refresh`` does; one that turns out to be damaged is built anew."""
    from reader.errors import ReaderError
    from reader.jobs.indexing import refresh

    try:
        yield from refresh(library, rebuild=rebuild, wait=wait, seen=False)
    except ReaderError as error:
        if not (error.damaged and library.renew()):
            raise
        yield from refresh(library, wait=wait, seen=False)


@contextlib.contextmanager
def _shown() -> Iterator[Callable[[Progress], None]]:
    """Show progress on stderr: a bar in a terminal, a line now and then elsewhere."""
    from reader.jobs.progress import facts

    if not sys.stderr.isatty():
        told = [0.0]

        def say(progress: Progress) -> None:
            if progress.total and progress.seconds > told[0] + _SECONDS_BETWEEN_LINES:
                told[0] = progress.seconds
                ends.say(f"{', '.join(facts(progress))}.")

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
            said = "  ".join(facts(progress)) if progress.total else ""
            bar.update(task, completed=done + progress.before, total=total and total + progress.before, facts=said)

        yield draw


def _patience() -> Callable[[], bool]:
    """Return what waits for another newsreader for as long as it takes, and says so once."""
    told: list[bool] = []

    def wait() -> bool:
        if not told:
            told.append(True)
            ends.say("Another newsreader is reading this folder; waiting for it.")
        return True

    return wait


def _pointer_to_check(library: Library) -> str:
    troubled = library.counts().troubled
    if not troubled:
        return ""
    return f" {count(troubled, 'document')} could not be read; `newsreader check` says why."


def main() -> None:
    """Run the command; every failure becomes a sentence and an exit status."""
    ends.run(_run)


def _run() -> int:
    """Run the command and return its exit status, for what only click knows of; the rest is for :mod:`reader.ends`."""
    try:
        cli.main(prog_name="newsreader", standalone_mode=False)
    except click.ClickException as error:
        # Not error.show(): a shell's `*` makes the names of a stranger's files part of the message.
        context = getattr(error, "ctx", None)
        if context is not None:
            click.echo(context.get_usage(), err=True)
        click.echo(f"Error: {clean(error.format_message())}", err=True)
        return error.exit_code
    except click.Abort:
        return ends.INTERRUPTED
    except _ClosedPipeError:
        # The interpreter would complain once more when it flushes at exit, so give it somewhere to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
