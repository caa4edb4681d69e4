"""The commands ``stories``, ``related``, ``digest`` and ``stats``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import click

from reader.cli import output
from reader.cli.arguments import QueryCommand, WholeNumber, json_option, optional_path_argument, query_argument
from reader.cli.output import out, print_json, print_json_array
from reader.cli.session import group_stories, on_library
from reader.core.ordering import Sort
from reader.core.text import format_count, stable_width
from reader.core.times import format_iso
from reader.exit import print_notice

if TYPE_CHECKING:
    from reader.library.library import Library
    from reader.query.ast import Query
    from reader.stories.model import Bar, Digest, Period, Story

_BAR_WIDTH = 40
_LONGEST_GAP = 30
"""Bars without articles that are printed in succession as text; JSON has all."""
_MOST_VALUES = 20
"""Topics and sources that are printed as text; JSON has all."""


def _rows(library: Library, query: Query) -> int | None:
    """Return the set of the articles that a query finds; None for all."""
    group_stories(library, patient=True)
    if query.where is None and query.limit is None:
        return None
    return library.search.run(query, Sort()).limited_rows


@click.command(cls=QueryCommand, short_help="List the stories in PATH, the hottest first.")
@optional_path_argument
@query_argument
@click.option("--all", "with_single", is_flag=True, help="Also print articles that no other article is grouped with.")
@click.option("--limit", type=WholeNumber(), help="Print at most this many stories.")
@json_option
@on_library
def stories(library: Library, query: Query, with_single: bool, limit: int | None, as_json: bool) -> None:
    """List the stories in PATH, or those with an article that matches QUERY, the hottest first.

    A story is the articles about one event; docs/stories.md explains how they are found. A pipe receives one line per
    story, with tabs between heat, sources, articles, first and last date (UTC), id and title.
    """
    from reader.export.stories import story_record

    found = library.stories.hottest(_rows(library, query), limit, single=with_single)
    if as_json:
        ids = library.index.ids_by_row([rowid for story in found for rowid in story.rowids])
        print_json_array(story_record(story, ids) for story in found)
    elif sys.stdout.isatty():
        _print_stories(found)
    else:
        for story in found:
            out("\t".join(_cells(story)) + "\n")
    if not found and limit != 0:
        _say_none(library, query)
    output.report_problems(library)


def _say_none(library: Library, query: Query) -> None:
    """Say why nothing was printed: the folder has no stories, or the query finds none of them."""
    if query.where is None:
        print_notice(f"No two articles in {library.name} belong to the same story.")
    else:
        print_notice(f"No story in {library.name} has an article that matches the query.")


def _cells(story: Story) -> tuple[str, ...]:
    first, last = (format_iso(each) if each else "-" for each in (story.first, story.last))
    heat = output.score(story.heat, story.heat_estimate)
    return heat, str(story.sources), str(len(story.rowids)), first, last, story.id, story.title


def _print_stories(found: Iterable[Story]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    for name in ("Heat", "Sources", "Articles"):
        table.add_column(name, justify="right", no_wrap=True, min_width=len(name))
    for name in ("First", "Last"):
        table.add_column(name, no_wrap=True, min_width=10, style="dim")
    table.add_column("Id", no_wrap=True, min_width=16, style="dim")
    table.add_column("Title", ratio=1, overflow="ellipsis", no_wrap=True)
    for story in found:
        heat, sources, articles, first, last, *rest = _cells(story)
        cells = (heat, sources, articles, first[:10], last[:10], *rest)
        table.add_row(*(Text(stable_width(cell)) for cell in cells))  # Text: brackets in a title are not markup
    Console().print(table)


@click.command(short_help="List what an article is linked with.")
@optional_path_argument
@click.argument("which")
@json_option
@on_library
def related(library: Library, which: str, as_json: bool) -> None:
    """List the articles in PATH that the article WHICH (a file name, path or id) is linked with.

    Without PATH, among those of your feeds. Each has the kind of the link, its score from 0 to 1, its path, its title
    and the reason, with tabs between them.
    """
    from reader.export.stories import edge_record

    group_stories(library, patient=True)
    edges = library.stories.edges(library.articles.find(which))
    rows = {row.rowid: row for row in library.articles.rows([edge.rowid for edge in edges])}
    found = [(edge, rows[edge.rowid]) for edge in edges if edge.rowid in rows]
    if as_json:
        print_json_array(edge_record(edge, row) for edge, row in found)
    else:
        for edge, row in found:
            out("\t".join((edge.kind, f"{edge.score:.2f}", row.path, row.title, edge.reason)) + "\n")
    if not found:
        print_notice("It is linked with no other article.")


@click.command(cls=QueryCommand, short_help="Compare what the sources of a story say.")
@optional_path_argument
@query_argument
@click.option("--limit", type=WholeNumber(), default=1, show_default=True, help="Print at most this many stories.")
@json_option
@on_library
def digest(library: Library, query: Query, limit: int, as_json: bool) -> None:
    """Print the excerpts of the hottest story in PATH, or of that with an article that matches QUERY, by source.

    What most sources say comes first. In the excerpts, = marks what most sources say, and + what only one says.
    """
    from reader.export.stories import digest_record

    rows = _rows(library, query)
    found = library.stories.hottest(rows, limit)
    digests = map(library.stories.digest, found)
    if as_json:
        ids = library.index.ids_by_row([rowid for story in found for rowid in story.rowids])
        print_json_array(digest_record(each, ids) for each in digests)
    else:
        for number, each in enumerate(digests):
            out("\n" * bool(number))
            _print_digest(each)
    if not found and limit:
        _say_none(library, query)


def _print_digest(found: Digest) -> None:
    story = found.story
    days = " – ".join(dict.fromkeys(format_iso(each)[:10] for each in (story.first, story.last) if each))
    heat = output.score(story.heat, story.heat_estimate)
    facts = (format_count(story.sources, "source"), days, f"heat {heat}", f"story:{story.id}")
    out(f"{story.title}\n{' · '.join(filter(None, facts))}\n")
    if found.common:
        out("\nMost sources say:\n" + "".join(f"  = {text}\n" for text in found.common))
    for part in found.parts:
        when = format_iso(part.published_at)[:16].replace("T", " ") if part.published_at else ""
        out("\n" + " · ".join(filter(None, (part.source, when, part.title))) + "\n")
        for text, kind in part.sentences:
            out(f"  { {'common': '=', 'only': '+'}.get(kind, ' ') } {text}\n")


@click.command(cls=QueryCommand, short_help="Count articles and their heat by time, topic and source.")
@optional_path_argument
@query_argument
@click.option("--by", type=click.Choice(("hour", "day", "month", "year")), help="What one bar of the time stands for.")
@json_option
@on_library
def stats(library: Library, query: Query, by: Period | None, as_json: bool) -> None:
    """Print how many articles PATH has, or match QUERY, by time, topic and source, with their mean heat.

    Unknown heats count with their estimate. Without --by, the bars stand for hours, days, months or years, depending on
    how long the time from the first to the last article is.
    """
    from reader.export.stories import statistics_record

    found = library.stories.statistics(_rows(library, query), by)
    if by and found.period != by and found.by_time:
        print_notice(f"The articles are too far apart to count them by {by}.")
    if as_json:
        print_json(statistics_record(found))
        return
    out(f"{format_count(found.articles, 'article')}\n")
    _print_bars(f"By {found.period}", found.by_time)
    _print_bars("By topic", found.by_topic[:_MOST_VALUES], more=len(found.by_topic) - _MOST_VALUES)
    _print_bars("By source", found.by_source[:_MOST_VALUES], more=len(found.by_source) - _MOST_VALUES)


def _print_bars(title: str, bars: Sequence[Bar], more: int = 0) -> None:
    if not bars:
        return
    from rich.cells import cell_len

    width = max(cell_len(bar.label) for bar in bars)
    most = max(bar.articles for bar in bars)
    digits = len(f"{most:,}")
    out(f"\n{title}\n")
    for bar in _without_long_gaps(bars):
        if bar is None:
            out("  ...\n")
            continue
        label = bar.label + " " * (width - cell_len(bar.label))
        length = round(_BAR_WIDTH * bar.articles / most) or bool(bar.articles)
        heat = "" if bar.heat is None else f"  heat {'~' * bar.is_estimate}{bar.heat:.0f}"
        out(f"  {label}  {bar.articles:>{digits},}{heat:<11}  {'█' * length}".rstrip() + "\n")
    if more > 0:
        out(f"  and {more:,} more\n")


def _without_long_gaps(bars: Iterable[Bar]) -> Iterator[Bar | None]:
    """Yield the bars, but None for many without articles in succession, such as those after a date in the year 1."""
    for is_gap, group in groupby(bars, lambda bar: not bar.articles):
        together = [*group]
        yield from [None] if is_gap and len(together) > _LONGEST_GAP else together


COMMANDS = (stories, related, digest, stats)
