"""The command ``newsreader fetch``, and what prints a page that was fetched."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from reader.cli import session
from reader.cli.output import ascii_only, out, print_json, print_page
from reader.cli.query_args import QueryCommand, found, parsed, words_of_query
from reader.cli.session import answered
from reader.core.errors import ReaderError
from reader.core.exit import print_notice
from reader.core.paths import Paths
from reader.core.text import format_count

if TYPE_CHECKING:
    from reader.config.settings import FetchSettings
    from reader.core.events import BulkProgress, FetchResult
    from reader.library.library import Library

_EXIT_FAILED = 1


@click.command(cls=QueryCommand, short_help="Fetch the originals of the articles of PATH, or those that QUERY finds.")
@click.argument("path")
@click.argument("query", nargs=-1, callback=words_of_query)
@click.option("--force", is_flag=True, help="Ask also for those that have a page, whether it still holds.")
@click.option("--archive", is_flag=True, help="Where an article cannot be had, ask the Wayback Machine for it.")
@click.option("--offline", is_flag=True, help="Let nothing go out to the web: says so, and ends.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array of objects.")
def fetch(path: str, *, query: tuple[str, ...], force: bool, archive: bool, offline: bool, as_json: bool) -> None:
    """Fetch the original of every article of PATH, or of those that QUERY finds (docs/queries.md), that has none yet.

    Progress goes to stderr, what failed to stdout; exit status 1 when anything did, or when, by
    --force, a page could not be looked at again. What is interrupted goes on the next time.
    """
    from dataclasses import replace

    from reader.config.load import load_config

    settings = load_config(Paths.from_environment().config_file).fetch
    settings = replace(settings, offline=offline, archive=settings.archive or archive)
    if settings.refusal:
        raise ReaderError(settings.refusal)
    wanted = parsed(query)

    def answer(library: Library) -> bool:
        from reader.core.ordering import Sort

        ids = library.index.ids_of(found(library, wanted, Sort()))
        if not ids and len(library.articles.order(Sort())):
            if as_json:
                print_json(iter(()))
            print_notice(f"No article in {library.name} matches.")
            return True
        return _fetch(library, settings, ids, force=force, as_json=as_json)

    if not answered(path, answer):
        sys.exit(_EXIT_FAILED)


def _fetch(library: Library, settings: FetchSettings, ids: Sequence[str], *, force: bool, as_json: bool) -> bool:
    """Fetch these articles and tell what came of it; return whether all that was asked for could be had."""
    import asyncio  # imported late, as all that a command needs

    from reader.export.records import fetch_record
    from reader.fetching.run_once import fetch_all

    pages = library.pages
    if pages.notice:
        print_notice(pages.notice)
    if pages.in_memory:
        raise ReaderError("Nothing is fetched.", "It could not be kept.")
    heard: dict[str, FetchResult] = {}

    def hear(got: FetchResult) -> None:
        heard[got.id] = got

    final: BulkProgress | None = None
    try:
        with _shown(len(ids)) as show:
            final = asyncio.run(fetch_all(library, settings, ids, show, hear, force=force))
    except KeyboardInterrupt:
        fetched = sum(got.status == "fetched" for got in heard.values())
        kept = f"{format_count(fetched, 'page')} fetched and kept" if fetched else "What is kept stays as it was"
        print_notice(f"Interrupted. {kept}; the next time goes on from there.")
        raise
    finally:  # not while the bar is there: it would be in the way, and take what is written to stdout
        if as_json:
            print_json(map(fetch_record, _every(library, ids, heard)))
        else:
            _say_failures(library, heard.values())
    if final.left:
        raise ReaderError(final.summary, "The next time goes on from there.")
    print_notice(final.summary)
    return not final.failed and not final.unverified


def _say_failures(library: Library, every: Iterable[FetchResult]) -> None:
    """Print why articles have no page, or why theirs could not be looked at again, a line each."""
    for got in every:
        if got.error:
            rows = library.articles.rows(library.articles.rowids(got.id)[:1])
            out(f"{rows[0].path if rows else got.id}: {got.error}\n")


def _every(library: Library, ids: Sequence[str], heard: dict[str, FetchResult]) -> Iterator[FetchResult]:
    """Yield what came of each article; those that were not asked for, because they have a page, are there too."""
    from reader.core.events import FetchResult

    for id_ in ids:
        if id_ in heard:
            yield heard[id_]
        elif (page := library.pages.page(id_)) is not None:
            yield FetchResult(id_, "cached", page.final_url, page.extract.words, (), "", 0.0)


@contextlib.contextmanager
def _shown(total: int) -> Iterator[Callable[[BulkProgress], None]]:
    """Show progress on stderr: a bar in a terminal, a line now and then elsewhere."""
    import time

    if not sys.stderr.isatty():
        told = [time.monotonic()]

        def say(gathered: BulkProgress) -> None:
            if not gathered.finished and time.monotonic() > told[0] + session.SECONDS_BETWEEN_LINES:
                told[0] = time.monotonic()
                print_notice(f"{_facts(gathered)}.")

        yield say
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("Fetching"), BarColumn(), TextColumn("{task.fields[facts]}"))
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=total or 1, facts="")

        def draw(gathered: BulkProgress) -> None:
            done = gathered.done + gathered.cached + gathered.failed
            every = done + gathered.left
            bar.update(task, completed=done if every else 1, total=every or 1, facts=_facts(gathered))

        yield draw


def _facts(gathered: BulkProgress) -> str:
    facts = [f"{gathered.done:,} fetched"]
    if gathered.cached > gathered.unverified:
        facts.append(f"{gathered.cached - gathered.unverified:,} there already")
    if gathered.unverified:
        facts.append(f"{gathered.unverified:,} not looked at again")
    if gathered.failed:
        facts.append(f"{gathered.failed:,} failed")
    if gathered.left:
        facts.append(f"{gathered.left:,} left")
    if gathered.rate:
        facts.append(f"{gathered.rate:g}/s")
    return ", ".join(facts)


def show_page(library: Library, rowid: int, *, as_json: bool) -> None:
    """Print the kept original of an article. Raises ReaderError when there is none."""
    (row,) = library.articles.rows([rowid])
    page = library.pages.page(row.id)
    if library.pages.notice:
        print_notice(library.pages.notice)
    if page is None:
        if not row.links.best:
            raise ReaderError(
                f"No page of {row.path} is kept: the document names no address.",
                "Without --page its own text is printed.",
            )
        failed = library.pages.failure(row.id)
        why = f" {failed.error}" if failed is not None else ""
        raise ReaderError(
            f"No page of {row.path} is kept.{why}", "`newsreader fetch` fetches those of a folder, `f` in the app one."
        )
    if as_json:
        import json

        from reader.export.records import page_record

        out(json.dumps(page_record(page), ensure_ascii=ascii_only(), indent=2) + "\n")
    else:
        print_page(page)
