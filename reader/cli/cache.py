"""The commands ``newsreader cache ...``: what is kept of fetched pages, and how to be rid of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reader.cli.output import ascii_only, out
from reader.cli.session import answered
from reader.core.errors import ReaderError
from reader.core.exit import print_notice
from reader.core.paths import Paths
from reader.core.text import format_count, show_path

if TYPE_CHECKING:
    from reader.library.library import Library
    from reader.storage.sqlite.pages.eviction import PruneResult
    from reader.storage.sqlite.pages.store import PageStore

_MEGABYTE = 1_000_000


@click.group(no_args_is_help=False)
def cache() -> None:
    """Say what is kept of fetched pages, and remove it. Pages of starred articles stay."""


@cache.command(short_help="Say how many pages are kept, and where.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def info(as_json: bool) -> None:
    """Say how many fetched pages and images are kept, how much room they take, and where."""
    from reader.core.times import format_iso, to_local
    from reader.library.stores import open_page_store

    paths = Paths.from_environment()
    with open_page_store(paths, print_notice) as pages:
        _limit(pages, paths)
        found = pages.info()
        where = show_path(found.path) if found.path is not None else ""
        if as_json:
            import json

            record = {
                "file": where, "pages": found.pages, "images": found.images, "starredPages": found.starred,
                "bytes": found.size, "limitBytes": found.limit,
                "oldest": None if found.oldest is None else format_iso(found.oldest),
                "newest": None if found.newest is None else format_iso(found.newest),
            }  # fmt: skip
            out(json.dumps(record, ensure_ascii=ascii_only()) + "\n")
            return
        starred = f", {found.starred:,} of them of starred articles" if found.starred else ""
        out(f"{format_count(found.pages, 'page')}{starred}; {format_count(found.images, 'image')}\n")
        out(f"{_megabytes(found.size)} of at most {_megabytes(found.limit)}, in {where}\n")
        if found.oldest is not None and found.newest is not None:
            first, last = (to_local(each).date().isoformat() for each in (found.oldest, found.newest))
            out(f"fetched from {first} to {last}\n")


@cache.command(short_help="Remove the oldest pages until the rest fits.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    metavar="MB",
    help="Keep at most so many megabytes; else as the settings say.",
)
def prune(limit: int | None) -> None:
    """Remove the oldest images and pages until the rest fits; never those of starred articles."""
    from reader.library.stores import open_page_store

    paths = Paths.from_environment()
    with open_page_store(paths, print_notice) as pages:
        _limit(pages, paths)
        most = pages.limit if limit is None else limit * _MEGABYTE
        _tell(pages.prune(most))
        if (size := pages.info().size) > most:
            print_notice(f"{_megabytes(size)} are left: pages of starred articles are not removed.")


@cache.command(short_help="Remove every page and image but those of starred articles.")
@click.option("--starred", is_flag=True, help="Remove the pages of starred articles too.")
def clear(starred: bool) -> None:
    """Remove every fetched page and image, and what was set aside as damaged; pages of starred articles stay."""
    from reader.library.stores import open_page_store

    with open_page_store(Paths.from_environment(), print_notice) as pages:
        _tell(pages.clear(starred=starred))
        if left := pages.info().pages:
            print_notice(
                f"Kept {format_count(left, 'page')} of starred articles; `cache clear --starred` removes them."
            )


@cache.command(short_help="Remove the page of one article.")
@click.argument("path")
@click.argument("which")
def drop(path: str, which: str) -> None:
    """Remove the page of the article WHICH (a file name, path or id) of PATH, starred or not.

    For a page that is none of the article: what is kept gives way to nothing that seems worse, however wrong it is.
    """

    def answer(library: Library) -> None:
        (row,) = library.articles.rows([library.articles.find(which)])
        if not library.pages.remove(row.id):
            raise ReaderError(f"No page of {row.path} is kept.")
        print_notice(f"Removed the page of {row.path}.")

    answered(path, answer)


def _limit(pages: PageStore, paths: Paths) -> None:
    from reader.config.load import load_config

    pages.limit = load_config(paths.config_file).fetch.cache_mb * _MEGABYTE


def _tell(pruned: PruneResult) -> None:
    gone = f"{format_count(pruned.pages, 'page')} and {format_count(pruned.images, 'image')}"
    print_notice(f"Removed {gone}, {_megabytes(pruned.size)}.")


def _megabytes(size: int) -> str:
    return f"{size / _MEGABYTE:,.1f} MB" if size >= _MEGABYTE // 10 or not size else f"{max(1, size // 1000)} kB"
