"""The commands ``open``, ``list``, ``show``, ``count`` and ``mark``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Literal

import click

from reader.cli import arguments, output
from reader.cli.arguments import json_option, query_argument
from reader.cli.output import out, print_json
from reader.cli.session import group_stories, on_library, with_library
from reader.core.errors import ReaderError
from reader.core.marks import MarkChange
from reader.core.ordering import SORT_KEYS, Sort, SortKey
from reader.core.paths import Paths
from reader.core.text import format_count
from reader.exit import print_notice

if TYPE_CHECKING:
    from reader.core.model import Row
    from reader.library.library import Library
    from reader.query.ast import Query

_BATCH_ROWS = 1000


@click.command("open", short_help="Open PATH in the app, like `newsreader PATH`.")
@click.argument("path", required=False)
@arguments.offline_option
def open_(path: str | None, offline: bool) -> None:
    """Open PATH, a folder or a document, in the app. PATH alone does the same."""
    from reader.startup import Opening
    from reader.tui.app import run

    paths = Paths.from_environment()
    sys.exit(run(Opening(path, paths), paths, offline=offline))


@click.command("list", cls=arguments.QueryCommand, short_help="List articles in PATH.")
@arguments.optional_path_argument
@query_argument
@click.option(
    "--sort",
    "by",
    type=click.Choice((*SORT_KEYS, "relevance")),
    default="quality",
    show_default=True,
    help="The sort order.",
)
@click.option("--reverse", is_flag=True, help="Sort lowest or oldest first. Unknown values come last either way.")
@click.option("--limit", type=arguments.WholeNumber(), help="Print at most this many articles.")
@json_option
@on_library
def list_(
    library: Library,
    *,
    query: Query,
    by: SortKey | Literal["relevance"],
    reverse: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """List the articles in PATH, or those that match QUERY. Without PATH, those of your feeds.

    `sort:` and `limit:` in QUERY override the options.

    A terminal shows a table, with estimates such as ~62 where heat or quality is unknown.
    A pipe receives one line per article, with tabs between quality, heat, date (UTC),
    source, title and path.
    """
    if by == "relevance":
        if reverse:
            raise ReaderError("--sort relevance cannot be reversed: the best match always comes first.")
        query, by = replace(query, sort=query.sort or "relevance"), "quality"
    sort = Sort(by, reverse)
    if as_json or sys.stdout.isatty():
        group_stories(library)
    rowids = arguments.find_rows(library, query, sort)[:limit]
    batches = (rowids[start : start + _BATCH_ROWS] for start in range(0, len(rowids), _BATCH_ROWS))
    rest = (row for batch in batches for row in library.articles.rows(batch))
    rows = chain([*islice(rest, 1)], rest)  # reads the first batch, so that damage shows before any output
    if as_json:
        output.print_json_array(_row_records(library, rows))
    elif sys.stdout.isatty():
        output.print_table(rows)
    else:
        for row in rows:
            out("\t".join(output.tsv_cells(row)) + "\n")
    if not rowids and limit != 0:
        some = len(library.articles.order(sort)) > 0
        print_notice(f"No article in {library.name} matches." if some else f"There are no articles in {library.name}.")
    output.report_problems(library)


@click.command("count", cls=arguments.QueryCommand, short_help="Count articles in PATH.")
@arguments.optional_path_argument
@query_argument
@on_library
def count_(library: Library, query: Query) -> None:
    """Print how many articles PATH has, or how many match QUERY. Without PATH, those of your feeds."""
    from reader.query.ast import depends_on_stories

    if depends_on_stories(query):
        group_stories(library)
    out(f"{library.search.run(query, Sort()).count}\n")
    output.report_problems(library)


@click.command(cls=arguments.QueryCommand, short_help="Mark articles in PATH as read, starred or tagged.")
@arguments.optional_path_argument
@arguments.required_query_argument
@click.option("--read", is_flag=True, help="Mark them as read.")
@click.option("--unread", is_flag=True, help="Mark them as unread.")
@click.option("--star", is_flag=True, help="Star them.")
@click.option("--unstar", is_flag=True, help="Unstar them.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Add this tag. May be repeated.")
@click.option("--untag", "untags", multiple=True, metavar="TAG", help="Remove this tag. May be repeated.")
def mark(
    path: str,
    *,
    query: Query,
    read: bool,
    unread: bool,
    star: bool,
    unstar: bool,
    tags: tuple[str, ...],
    untags: tuple[str, ...],
) -> None:
    """Mark every article in PATH that matches QUERY. Pressing `u` in the app undoes it in one step.

    Without PATH, those of your feeds.
    """
    from reader.library.stores import back_up_marks

    for on, off, names in ((read, unread, "--read and --unread"), (star, unstar, "--star and --unstar")):
        if on and off:
            raise ReaderError(f"{names} contradict each other.", "Leave one of them out.")
    change = MarkChange(read if read or unread else None, star if star or unstar else None, tags, untags)
    if change == MarkChange():
        raise ReaderError("No mark was given.", "Use --read, --star, --tag or their opposites.")
    arguments.check_query(query)

    def mark_matches(library: Library) -> None:
        if not library.marks.store.is_saved:
            raise ReaderError("Nothing was marked because marks cannot be saved.")
        rowids = arguments.find_rows(library, query, Sort())
        done = library.marks.apply_to_rows(rowids, change).description
        print_notice(f"{done or format_count(len(rowids), 'article') + ' found; nothing to change'}.")
        back_up_marks(library.marks.store, print_notice)

    with_library(path, mark_matches)


@click.command(short_help="Print an article.")
@arguments.optional_path_argument
@click.argument("which")
@click.option("--page", "as_page", is_flag=True, help="Print the fetched page instead of the document.")
@json_option
@on_library
def show(library: Library, which: str, as_page: bool, as_json: bool) -> None:
    """Print the article WHICH (a file name, path or id) in PATH. Without PATH, that of your feeds."""
    if as_json and not as_page:
        group_stories(library)
    rowid = library.articles.find(which)
    (row,) = library.articles.rows([rowid])
    if as_page:
        _show_page(library, row, as_json=as_json)
        return
    article = library.articles.load(rowid)
    if not as_json:
        output.print_article(article)
        return
    from reader.export.records import article_record

    ids = _ids_with_page(library, [row.id])
    print_json(article_record(article, row, has_page=None if ids is None else bool(ids)))


def _show_page(library: Library, row: Row, *, as_json: bool) -> None:
    """Print the fetched page of an article. Raises ReaderError if there is none."""
    pages = library.pages
    page = pages.page(row.id)
    if pages.notice:
        print_notice(pages.notice)
    if page is None:
        message = f"{row.path} has no cached page."
        if not row.links.best:
            raise ReaderError(f"{message} The document has no URL.", "Without --page, its own text is printed.")
        failure = pages.failure(row.id)
        if failure is not None:
            message += f" {failure.error}"
        raise ReaderError(message, "Fetch it with `newsreader fetch`, or by pressing `f` in the app.")
    if as_json:
        from reader.export.records import page_record

        print_json(page_record(page))
    else:
        output.print_page(page)


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
