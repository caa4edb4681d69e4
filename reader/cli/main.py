"""The command ``newsreader``. Data goes to stdout, talk to stderr.

What a command needs is imported inside it, so that ``--version`` and ``--help`` answer
at once and ``list`` never waits for Textual.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import sys
from collections.abc import Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import click

from reader import __version__
from reader.cli.cache import cache
from reader.cli.extract import extract
from reader.cli.fetch import fetch, show_page
from reader.cli.marks import state
from reader.cli.output import ascii_only, out, plain_cells, print_article, print_json, print_table
from reader.cli.query_args import QueryCommand, chosen, found, parsed, words_of_query
from reader.cli.session import answered, census, opened, patience, refreshed, shown
from reader.core.exit import INTERRUPTED, print_notice, run_main
from reader.core.marks import MarkChange
from reader.core.paths import Paths
from reader.core.text import clean, format_count, show_path

if TYPE_CHECKING:
    from reader.core.model import Row
    from reader.library.library import Library

_SORTS = ["quality", "heat", "date"]
_EXIT_PROBLEMS = 1
_OFFLINE = "--offline"
_ROWS_AT_ONCE = 1000


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
        # `newsreader --offline FOLDER` opens the app; a command has the option behind its name.
        offline, rest = args[:1] == [_OFFLINE], args[1:]
        if offline and rest and rest[0] in self.commands:
            args = [rest[0], *([_OFFLINE] if rest[0] in {"open", "fetch"} else []), *rest[1:]]
        elif offline:
            args = ["open", _OFFLINE, *rest]
        elif not args or (args[0] not in self.commands and not args[0].startswith("-")):
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
@click.option(_OFFLINE, is_flag=True, expose_value=False, help="Let nothing go out to the web (for the app and fetch).")
@click.version_option(__version__, prog_name="newsreader", message="%(prog)s %(version)s")
def cli() -> None:
    """Read a folder of news documents in the terminal.

    `newsreader FOLDER` opens the app on a folder of documents with front matter, or on
    a single document; `newsreader` alone opens the last folder again. In the app, ?
    shows every key.
    """


@cli.command("open", short_help="Open PATH in the app; PATH alone does the same.")
@click.argument("path", required=False)
@click.option("--offline", is_flag=True, help="Let nothing go out to the web.")
def open_(path: str | None, offline: bool) -> None:
    """Open PATH, a folder or a document, in the app (PATH alone does the same)."""
    from reader.startup import Opening
    from reader.tui.app import run

    paths = Paths.from_environment()
    sys.exit(run(Opening(path, paths), paths, offline=offline))


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
    from reader.core.ordering import SORT_KEYS, Sort

    wanted = parsed(query)

    def answer(library: Library) -> None:
        sort = Sort(next(name for name in SORT_KEYS if name == by), reverse)
        rowids = found(library, wanted, sort)[:limit]
        every = (
            row
            for start in range(0, len(rowids), _ROWS_AT_ONCE)
            for row in library.articles.rows(rowids[start : start + _ROWS_AT_ONCE])
        )
        rows = chain([*islice(every, 1)], every)  # damage shows before anything is printed
        if as_json:
            print_json(_records(library, rows))
        elif sys.stdout.isatty():
            print_table(rows)
        else:
            for row in rows:
                out("\t".join(plain_cells(row)) + "\n")
        if rowids or limit == 0:
            return
        if query and len(library.articles.order(sort)):
            print_notice(f"No article in {library.name} matches.")
        else:
            print_notice(f"There are no articles in {library.name}." + _pointer_to_check(library))

    answered(path, answer)


@cli.command("count", cls=QueryCommand, short_help="Say how many articles of PATH there are, or QUERY finds.")
@click.argument("path")
@click.argument("query", nargs=-1, callback=words_of_query)
def count_(path: str, query: tuple[str, ...]) -> None:
    """Print how many articles PATH has, or QUERY finds (docs/queries.md)."""
    from reader.core.ordering import Sort

    wanted = parsed(query)
    answered(path, lambda library: out(f"{library.search.run(wanted, Sort()).count}\n"))


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
    from reader.core.errors import ReaderError
    from reader.core.ordering import Sort

    if not any((read, unread, starred, unstarred, tags, untags)):
        raise ReaderError("It is not said how to mark them.", "Use --read, --star, --tag and their opposites.")
    if (read and unread) or (starred and unstarred):
        raise ReaderError("An article cannot be marked both ways at once.", "Leave one of the two options out.")
    wanted = chosen(query)

    def answer(library: Library) -> None:
        if not library.marks.are_saved:
            raise ReaderError("Nothing is marked.", "It would not be kept.")
        rowids = found(library, wanted, Sort())
        is_read = True if read else False if unread else None
        is_starred = True if starred else False if unstarred else None
        told = library.marks.apply_to_rows(
            rowids, MarkChange(read=is_read, starred=is_starred, add_tags=tuple(tags), remove_tags=tuple(untags))
        ).description
        print_notice(f"{told}." if told else f"{format_count(len(rowids), 'article')} found, and nothing to change.")

    answered(path, answer)


@cli.command()
@click.argument("path")
@click.argument("which")
@click.option("--page", "as_page", is_flag=True, help="Print its original, as it was fetched and is kept.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with every field.")
def show(path: str, which: str, as_page: bool, as_json: bool) -> None:
    """Print the article WHICH (a file name, path or id) of PATH."""

    def answer(library: Library) -> None:
        rowid = library.articles.find(which)
        if as_page:
            show_page(library, rowid, as_json=as_json)
            return
        article = library.articles.load(rowid)
        (row,) = library.articles.rows([rowid])
        if as_json:
            import json

            from reader.export.records import article_record

            having = _having(library, [row.id])
            has_page = None if having is None else bool(having)
            record = article_record(
                article, row.id, read=row.read, starred=row.starred, tags=row.tags, has_page=has_page
            )
            out(json.dumps(record, ensure_ascii=ascii_only(), indent=2) + "\n")
        else:
            print_article(article)

    answered(path, answer)


@cli.command(short_help="Say what is wrong with the documents of PATH.")
@click.argument("path")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array of objects.")
def check(path: str, as_json: bool) -> None:
    """Say what is wrong with the documents of PATH, a line each; exit status 1 when anything is.

    A line is FILE:LINE: FIELD: MESSAGE, where FIELD is "document" for what is wrong as a whole.
    """

    def answer(library: Library) -> bool:
        problems = library.articles.problems()
        if as_json:
            from reader.export.records import problem_record

            print_json(problem_record(problem) for problem in problems)
        else:
            for problem in problems:
                place = f"{problem.path}:{problem.line}"
                out(f"{place}: {problem.field or 'document'}: {problem.message}\n")
        counts = library.counts()
        if problems:
            documents = format_count(counts.with_problems, "document")
            print_notice(f"{format_count(len(problems), 'problem')} in {documents}.")
        else:
            print_notice(f"{format_count(counts.articles, 'document')}, no problems.")
        return bool(problems)

    if answered(path, answer):
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
    from reader.core.errors import ReaderError
    from reader.core.events import Progress, describe_outcome

    with opened(path) as library:
        if library.index.in_memory:
            if library.folder.only is not None:
                raise ReaderError(f"No index is kept of {library.name}, a single document.", "Name its folder.")
            raise ReaderError(
                f"No index can be kept of {library.name}.",
                "See that the cache directory can be written, or name another in NEWSREADER_CACHE_DIR.",
            )
        progress = Progress()
        try:
            with shown() as show:
                for progress in refreshed(library, patience(), rebuild=rebuild):
                    show(progress)
        except KeyboardInterrupt:
            print_notice("Interrupted. What is read so far is kept; the next time goes on from there.")
            raise
        totals = census(library)
        if as_json:
            import json

            from reader.export.records import index_record

            record = index_record(library.target, progress, totals)
            out(json.dumps(record, ensure_ascii=ascii_only()) + "\n")
        else:
            counted = ((totals.articles, "article"), (totals.documents, "document"), (totals.problems, "problem"))
            articles, documents, problems = (format_count(number, noun) for number, noun in counted)
            done = describe_outcome(progress)
            out(f"{articles} in {documents}, {problems}; {done}, in {progress.seconds:.1f} s.\n")
    if strict and totals.problems:
        sys.exit(_EXIT_PROBLEMS)


cli.add_command(state)
cli.add_command(fetch)
cli.add_command(extract)
cli.add_command(cache)


def _records(library: Library, rows: Iterator[Row]) -> Iterator[dict[str, Any]]:
    """Yield rows as records, with whether their originals are kept."""
    from reader.export.records import row_record

    having: frozenset[str] | None = frozenset()
    while part := [*islice(rows, _ROWS_AT_ONCE)]:
        having = None if having is None else _having(library, [row.id for row in part])
        yield from (row_record(row, has_page=None if having is None else row.id in having) for row in part)


def _having(library: Library, ids: list[str]) -> frozenset[str] | None:
    """Return which of these articles have a page; None, and a word about it, when that cannot be known."""
    from reader.core.errors import ReaderError

    try:
        return library.pages.which_have_page(ids)
    except ReaderError as error:
        print_notice(str(error))
        return None


def _pointer_to_check(library: Library) -> str:
    troubled = library.counts().with_problems
    if not troubled:
        return ""
    return f" {format_count(troubled, 'document')} could not be read; `newsreader check` says why."


def main() -> None:
    """Run the command; every failure becomes a sentence and an exit status."""
    run_main(_run)


def _run() -> int:
    """Run the command and return its exit status."""
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
        return INTERRUPTED
    except _ClosedPipeError:
        # The interpreter would complain once more when it flushes at exit, so give it somewhere to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
