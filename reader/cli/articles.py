"""The commands ``open``, ``list``, ``show``, ``count`` and ``mark``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reader.cli.arguments import (
    QueryCommand,
    find_rows,
    json_option,
    offline_option,
    parse_words,
    require_query,
    restore_query_words,
)
from reader.cli.output import (
    out,
    print_article,
    print_json,
    print_json_array,
    print_page,
    print_table,
    tsv_cells,
)
from reader.cli.session import with_library
from reader.core.errors import ReaderError
from reader.core.exit import print_notice
from reader.core.marks import MarkChange
from reader.core.paths import Paths
from reader.core.text import format_count

if TYPE_CHECKING:
    from reader.core.model import Row
    from reader.library.library import Library

_SORTS = ["quality", "heat", "date"]
_BATCH_ROWS = 1000
_Function = TypeVar("_Function", bound=Callable[..., Any])


@click.command("open", short_help="Open PATH in the app, like `newsreader PATH`.")
@click.argument("path", required=False)
@offline_option
def open_(path: str | None, offline: bool) -> None:
    """Open PATH, a folder or a document, in the app. PATH alone does the same."""
    from reader.startup import Opening
    from reader.tui.app import run

    paths = Paths.from_environment()
    sys.exit(run(Opening(path, paths), paths, offline=offline))


@click.command("list", cls=QueryCommand, short_help="List the articles of PATH, or those that match QUERY.")
@click.argument("path")
@click.argument("query", nargs=-1, callback=restore_query_words)
@click.option("--sort", "by", type=click.Choice(_SORTS), default="quality", show_default=True, help="Sort by this.")
@click.option("--reverse", is_flag=True, help="Sort lowest or oldest first. Unknown values come last either way.")
@click.option("--limit", type=click.IntRange(min=0), help="Print at most this many.")
@json_option
def list_(path: str, *, query: tuple[str, ...], by: str, reverse: bool, limit: int | None, as_json: bool) -> None:
    """List the articles of PATH, or those that match QUERY. `sort:` and `limit:` in QUERY override the options.

    A terminal shows a table. A pipe receives one line per article, with tabs between
    quality, heat, date (UTC), source, title and path.
    """
    from reader.core.ordering import SORT_KEYS, Sort

    wanted = parse_words(query)

    def print_list(library: Library) -> None:
        sort = Sort(next(name for name in SORT_KEYS if name == by), reverse)
        rowids = find_rows(library, wanted, sort)[:limit]
        batches = (rowids[start : start + _BATCH_ROWS] for start in range(0, len(rowids), _BATCH_ROWS))
        rest = (row for batch in batches for row in library.articles.rows(batch))
        rows = chain([*islice(rest, 1)], rest)  # reads the first batch, so that damage shows before any output
        if as_json:
            print_json_array(_row_records(library, rows))
        elif sys.stdout.isatty():
            print_table(rows)
        else:
            for row in rows:
                out("\t".join(tsv_cells(row)) + "\n")
        if not rowids and limit != 0:
            _explain_empty_list(library, has_query=bool(query) and len(library.articles.order(sort)) > 0)

    with_library(path, print_list)


def _explain_empty_list(library: Library, *, has_query: bool) -> None:
    if has_query:
        print_notice(f"No article in {library.name} matches.")
        return
    unreadable = library.counts().with_problems
    notice = f"There are no articles in {library.name}."
    if unreadable:
        notice += f" {format_count(unreadable, 'document')} could not be read; `newsreader check` says why."
    print_notice(notice)


@click.command("count", cls=QueryCommand, short_help="Count the articles of PATH, or those that match QUERY.")
@click.argument("path")
@click.argument("query", nargs=-1, callback=restore_query_words)
def count_(path: str, query: tuple[str, ...]) -> None:
    """Print how many articles PATH has, or how many match QUERY."""
    from reader.core.ordering import Sort

    wanted = parse_words(query)
    with_library(path, lambda library: out(f"{library.search.run(wanted, Sort()).count}\n"))


def _mark_option(flag: str, mark_name: str, value: bool, text: str) -> Callable[[_Function], _Function]:
    """Return an option that adds ``mark_name: value`` to the context object. Contradicting flags raise ReaderError."""

    def note(ctx: click.Context, _: click.Parameter, is_given: bool) -> None:
        if is_given and ctx.ensure_object(dict).setdefault(mark_name, value) != value:
            raise ReaderError("These options contradict each other.", "Leave one of them out.")

    return click.option(flag, is_flag=True, expose_value=False, callback=note, help=text)


@click.command(cls=QueryCommand, short_help="Mark the articles that match QUERY as read, starred or tagged.")
@click.argument("path")
@click.argument("query", nargs=-1, required=True, callback=restore_query_words)
@_mark_option("--read", "read", True, "Mark them as read.")
@_mark_option("--unread", "read", False, "Mark them as unread.")
@_mark_option("--star", "starred", True, "Star them.")
@_mark_option("--unstar", "starred", False, "Unstar them.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Add this tag. May be repeated.")
@click.option("--untag", "untags", multiple=True, metavar="TAG", help="Remove this tag. May be repeated.")
@click.pass_obj
def mark(
    flags: dict[str, bool] | None, path: str, *, query: tuple[str, ...], tags: tuple[str, ...], untags: tuple[str, ...]
) -> None:
    """Mark every article of PATH that matches QUERY. Pressing `u` in the app undoes it in one step."""
    from reader.core.ordering import Sort

    flags = flags or {}
    if not (flags or tags or untags):
        raise ReaderError("No mark was given.", "Use --read, --star, --tag or their opposites.")
    wanted = require_query(query)

    def mark_matches(library: Library) -> None:
        if not library.marks.are_saved:
            raise ReaderError("Nothing was marked because marks cannot be saved.")
        rowids = find_rows(library, wanted, Sort())
        change = library.marks.apply_to_rows(
            rowids,
            MarkChange(
                read=flags.get("read"), starred=flags.get("starred"), add_tags=tuple(tags), remove_tags=tuple(untags)
            ),
        )
        print_notice(f"{change.description or format_count(len(rowids), 'article') + ' found; nothing to change'}.")

    with_library(path, mark_matches)


@click.command(short_help="Print an article.")
@click.argument("path")
@click.argument("which")
@click.option("--page", "as_page", is_flag=True, help="Print the fetched page instead of the document.")
@json_option
def show(path: str, which: str, as_page: bool, as_json: bool) -> None:
    """Print the article WHICH (a file name, path or id) of PATH."""

    def print_it(library: Library) -> None:
        rowid = library.articles.find(which)
        if as_page:
            _show_page(library, rowid, as_json=as_json)
            return
        article = library.articles.load(rowid)
        (row,) = library.articles.rows([rowid])
        if not as_json:
            print_article(article)
            return
        from reader.export.records import article_record

        ids = _ids_with_page(library, [row.id])
        has_page = None if ids is None else bool(ids)
        print_json(
            article_record(article, row.id, read=row.read, starred=row.starred, tags=row.tags, has_page=has_page)
        )

    with_library(path, print_it)


def _show_page(library: Library, rowid: int, *, as_json: bool) -> None:
    """Print the fetched page of an article. Raises ReaderError if there is none."""
    (row,) = library.articles.rows([rowid])
    pages = library.pages
    page = pages.page(row.id)
    if pages.notice:
        print_notice(pages.notice)
    if page is None:
        message = f"No page of {row.path} is cached."
        if not row.links.best:
            raise ReaderError(f"{message} The document has no web address.", "Without --page, its own text is printed.")
        failure = pages.failure(row.id)
        if failure is not None:
            message += f" {failure.error}"
        raise ReaderError(message, "Fetch it with `newsreader fetch`, or by pressing `f` in the app.")
    if as_json:
        from reader.export.records import page_record

        print_json(page_record(page))
    else:
        print_page(page)


def _row_records(library: Library, rows: Iterator[Row]) -> Iterator[dict[str, Any]]:
    """Yield rows as records that say whether a page is cached."""
    from reader.export.records import row_record

    known = True
    while batch := [*islice(rows, _BATCH_ROWS)]:
        ids = _ids_with_page(library, [row.id for row in batch]) if known else None
        known = ids is not None
        yield from (row_record(row, has_page=None if ids is None else row.id in ids) for row in batch)


def _ids_with_page(library: Library, ids: list[str]) -> frozenset[str] | None:
    """Return which of these articles have a cached page; None, after a notice, if that cannot be determined."""
    try:
        return library.pages.which_have_page(ids)
    except ReaderError as error:
        print_notice(str(error))
        return None


COMMANDS = (open_, list_, show, count_, mark)
