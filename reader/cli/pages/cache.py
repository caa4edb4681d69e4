"""The commands ``newsreader cache ...``: inspect and shrink the cache of fetched pages."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from reader.cli.arguments import HelpfulGroup, WholeNumber, json_option, optional_path_argument
from reader.cli.output import out, print_json
from reader.cli.session import on_library
from reader.core.errors import ReaderError
from reader.core.paths import Paths
from reader.core.text import format_count, show_path
from reader.exit import print_notice

if TYPE_CHECKING:
    from reader.library.library import Library
    from reader.storage.sqlite.pages.eviction import PruneResult
    from reader.storage.sqlite.pages.store import PageStore

_MEGABYTE = 1_000_000


@click.group(cls=HelpfulGroup)
def cache() -> None:
    """Inspect and shrink the cache of fetched pages."""


@cache.command(short_help="Show the size and location of the page cache.")
@json_option
def info(as_json: bool) -> None:
    """Show how many pages and images are cached, how much space they take, and where."""
    from reader.core.times import iso_or_none, to_local

    with _open_pages() as pages:
        found = pages.info()
    file = show_path(found.path) if found.path is not None else ""
    if as_json:
        record = {
            "file": file, "pages": found.pages, "images": found.images, "starredPages": found.starred,
            "bytes": found.size, "limitBytes": found.limit,
            "oldest": iso_or_none(found.oldest), "newest": iso_or_none(found.newest),
        }  # fmt: skip
        print_json(record, indent=None)
        return
    starred = f" ({found.starred:,} of starred articles)" if found.starred else ""
    out(f"{format_count(found.pages, 'page')}{starred}, {format_count(found.images, 'image')}\n")
    out(f"{_megabytes(found.size)} of at most {_megabytes(found.limit)}, in {file}\n")
    if found.oldest is not None and found.newest is not None:
        first, last = (to_local(each).date().isoformat() for each in (found.oldest, found.newest))
        out(f"fetched from {first} to {last}\n")


@cache.command(short_help="Remove the oldest pages until the cache is small enough.")
@click.option(
    "--limit",
    type=WholeNumber(),
    metavar="MB",
    help="Maximum size in megabytes; the default is the configured limit.",
)
def prune(limit: int | None) -> None:
    """Remove the oldest images and pages until the cache is small enough. Pages of starred articles stay."""
    with _open_pages(needs_limit=limit is None) as pages:
        max_bytes = pages.limit if limit is None else limit * _MEGABYTE
        _print_removed(pages.prune(max_bytes))
        if (size := pages.info().size) > max_bytes:
            print_notice(f"{_megabytes(size)} remain: pages of starred articles are not removed.")


@cache.command(short_help="Remove all pages and images except those of starred articles.")
@click.option("--starred", is_flag=True, help="Also remove the pages of starred articles.")
def clear(starred: bool) -> None:
    """Remove all fetched pages and images, and damaged cache files. Pages of starred articles stay."""
    with _open_pages() as pages:
        _print_removed(pages.clear(starred=starred))
        if left := pages.info().pages:
            remaining = f"{format_count(left, 'page')} of starred articles"
            print_notice(f"Kept {remaining}; `newsreader cache clear --starred` removes them too.")


@cache.command(short_help="Remove the cached page of one article.")
@optional_path_argument
@click.argument("which")
@on_library
def drop(library: Library, which: str) -> None:
    """Remove the cached page of the article WHICH (a file name, path or id) in PATH, starred or not.

    Use it if the page is not the article: a cached page is only replaced by one that looks at least as good.
    """
    (row,) = library.articles.rows([library.articles.find(which)])
    if not library.pages.remove(row.id):
        raise ReaderError(f"{row.path} has no cached page.")
    print_notice(f"Removed the cached page of {row.path}.")


@contextlib.contextmanager
def _open_pages(*, needs_limit: bool = False) -> Iterator[PageStore]:
    """Open the page cache with the configured size limit. Raises ReaderError if that is needed and not certain."""
    from reader.config.load import load_config, problem_lines
    from reader.library.stores import open_page_store

    paths = Paths.from_environment()
    config = load_config(paths.config_file)
    for problem in problem_lines(config):
        print_notice(problem)
    if needs_limit and config.fetch.is_uncertain:
        raise ReaderError("Nothing was removed, as cache_mb may be wrong.", "Correct config.toml, or use --limit.")
    with open_page_store(paths, print_notice) as pages:
        pages.limit = config.fetch.cache_mb * _MEGABYTE
        yield pages


def _print_removed(pruned: PruneResult) -> None:
    pages, images = format_count(pruned.pages, "page"), format_count(pruned.images, "image")
    print_notice(f"Removed {pages} and {images}, {_megabytes(pruned.size)}.")


def _megabytes(size: int) -> str:
    return f"{size / _MEGABYTE:,.1f} MB" if size >= _MEGABYTE // 10 or not size else f"{max(1, size // 1000)} kB"
