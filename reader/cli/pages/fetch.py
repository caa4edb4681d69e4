"""The command ``newsreader fetch``: the pages of articles from the web."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from reader.cli import arguments
from reader.cli.output import out, print_json_array
from reader.cli.session import progress_display, with_library
from reader.core.errors import ReaderError
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.core.text import format_count
from reader.exit import print_notice

if TYPE_CHECKING:
    from reader.config.settings import FetchSettings
    from reader.core.events import BulkProgress, FetchResult
    from reader.library.library import Library
    from reader.query.ast import Query


@click.command(cls=arguments.QueryCommand, short_help="Fetch the original pages of articles in PATH.")
@arguments.optional_path_argument
@arguments.query_argument
@click.option("--force", is_flag=True, help="Also check whether cached pages are still current.")
@click.option("--archive", is_flag=True, help="Try the Wayback Machine for pages that cannot be fetched.")
@arguments.offline_option
@arguments.json_option
def fetch(path: str, *, query: Query, force: bool, archive: bool, offline: bool, as_json: bool) -> None:
    """Fetch the original page of every article in PATH, or of those that match QUERY, unless it is cached.

    Without PATH, of those of your feeds. Progress goes to stderr, failures go to stdout. The exit status is 1 if a
    fetch failed or if, with --force, a page could not be checked. If interrupted, the next run continues.
    """
    from dataclasses import replace

    from reader.config.load import load_config, problem_lines

    config = load_config(Paths.from_environment().config_file)
    settings = replace(config.fetch, offline=offline, archive=config.fetch.archive or archive)
    if settings.refusal:
        for problem in problem_lines(config):
            print_notice(problem)
        raise ReaderError(settings.refusal)

    def fetch_matches(library: Library) -> bool:
        ids = library.index.ids_of(arguments.find_rows(library, query, Sort()))
        if not ids and len(library.articles.order(Sort())):
            if as_json:
                print_json_array(())
            print_notice(f"No article in {library.name} matches.")
            return True
        return fetch_pages(library, settings, ids, force=force, as_json=as_json)

    if not with_library(path, fetch_matches):
        sys.exit(1)


def fetch_pages(
    library: Library, settings: FetchSettings, ids: Sequence[str], *, force: bool, as_json: bool = False
) -> bool:
    """Fetch pages and report the results; return whether every article has a page, checked if ``force`` asks for it."""
    import asyncio

    from reader.export.records import fetch_record
    from reader.fetching.bulk import fetch_all

    pages = library.pages
    if pages.notice:
        print_notice(pages.notice)
    if pages.in_memory:
        raise ReaderError("Nothing was fetched because pages cannot be saved.")
    results: dict[str, FetchResult] = {}

    def add_result(result: FetchResult) -> None:
        results[result.id] = result

    try:
        with progress_display("Fetching") as show:

            def show_progress(progress: BulkProgress) -> None:
                done = progress.done + progress.cached + progress.failed
                total = done + progress.left
                # A bar without a total would never look complete.
                show(done if total else 1, total or 1, _facts(progress), progress.finished)

            final = asyncio.run(fetch_all(library, settings, ids, show_progress, add_result, force=force))
    except KeyboardInterrupt:
        fetched = sum(result.status == "fetched" for result in results.values())
        saved = f"{format_count(fetched, 'page')} fetched and saved" if fetched else "Nothing was fetched yet"
        print_notice(f"Interrupted. {saved}; the next run continues from there.")
        raise
    finally:  # only once the progress bar is gone, which would garble what goes to stdout
        if as_json:
            print_json_array(map(fetch_record, _all_results(library, ids, results)))
        else:
            _print_failures(library, results.values())
    if final.left:
        raise ReaderError(final.summary, "The next run continues from there.")
    print_notice(final.summary)
    return not final.failed and not final.unverified


def _print_failures(library: Library, results: Iterable[FetchResult]) -> None:
    """Print, one line each, why articles have no page or why theirs could not be checked."""
    for result in results:
        if result.error:
            rows = library.articles.rows(library.index.rowids_by_id(result.id)[:1])
            out(f"{rows[0].path if rows else result.id}: {result.error}\n")


def _all_results(library: Library, ids: Sequence[str], results: dict[str, FetchResult]) -> Iterator[FetchResult]:
    """Yield the result of each article; an article skipped because of its cached page counts as ``cached``."""
    from reader.core.events import FetchResult

    for id_ in ids:
        if id_ in results:
            yield results[id_]
        elif (page := library.pages.page(id_)) is not None:
            yield FetchResult(id_, "cached", page.final_url, page.extract.words)


def _facts(progress: BulkProgress) -> str:
    counted = (
        (progress.cached - progress.unverified, "already cached"),
        (progress.unverified, "not checked"),
        (progress.failed, "failed"),
        (progress.left, "left"),
    )
    facts = [f"{progress.done:,} fetched", *(f"{number:,} {words}" for number, words in counted if number > 0)]
    if progress.rate:
        facts.append(f"{progress.rate:g}/s")
    return ", ".join(facts)
