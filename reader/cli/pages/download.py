"""The command ``newsreader download``: the enclosures of articles, such as episodes of podcasts."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from reader.cli import arguments
from reader.cli.output import out, print_json_array
from reader.cli.session import ShowProgress, progress_display, with_library
from reader.cli.subscriptions.feed_files import network_settings
from reader.core.errors import ReaderError
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.core.text import format_count, format_size, truncate
from reader.exit import print_notice

if TYPE_CHECKING:
    from reader.config.settings import FetchSettings
    from reader.core.events import DownloadProgress
    from reader.fetching.enclosure_files import EnclosureFile
    from reader.library.library import Library
    from reader.query.ast import Query

_NAME_CELLS = 40


class _Wanted(NamedTuple):
    article: str
    """The id of the article."""
    file: EnclosureFile


class _Result(NamedTuple):
    wanted: _Wanted
    status: str
    """``downloaded``, ``present`` or ``failed``."""
    error: str = ""


@click.command(cls=arguments.QueryCommand, short_help="Download the enclosures of articles in PATH.")
@arguments.optional_path_argument
@arguments.required_query_argument
@arguments.json_option
def download(path: str, *, query: Query, as_json: bool) -> None:
    """Download the enclosures of the articles in PATH that match QUERY, such as episodes of podcasts.

    Without PATH, of those of your feeds. The files are those that the app downloads and plays. Prints the path of each
    new file; progress goes to stderr. The exit status is 1 if one failed. If interrupted, the next run continues.
    """
    import asyncio

    arguments.check_query(query)
    paths = Paths.from_environment()
    settings = network_settings(paths)

    def find(library: Library) -> list[_Wanted]:
        from reader.fetching.enclosure_files import files_of

        ids = library.index.ids_by_row(arguments.find_rows(library, query, Sort()))
        found = (
            _Wanted(id_, file)
            for row, id_ in ids.items()
            for file in files_of(library.articles.load(row), settings, paths)
        )
        return list({each.file.path: each for each in found}.values())

    wanted = with_library(path, find)
    results: list[_Result] = []
    try:
        with progress_display("Downloading") as show:
            asyncio.run(_download_all(wanted, settings, results, show))
    except KeyboardInterrupt:
        print_notice("Interrupted. What has come is kept; the next run continues from there.")
        raise
    finally:
        _report(results, as_json=as_json)
    if any(each.error for each in results):
        sys.exit(1)


async def _download_all(
    wanted: Sequence[_Wanted], settings: FetchSettings, results: list[_Result], show: ShowProgress
) -> None:
    """Download what is not there, one file after the other, and append a result for each."""
    from reader.fetching.download import download
    from reader.web.client import WebClient
    from reader.web.options import options_of

    async with WebClient(options_of(settings)) as client:
        for number, each in enumerate(wanted, 1):
            enclosure, path, is_downloaded = each.file
            facts = f"{number} of {len(wanted)}, {truncate(enclosure.name, _NAME_CELLS)}"

            def show_progress(progress: DownloadProgress, facts: str = facts) -> None:
                of_all = f" of {format_size(progress.total)}" if progress.total else ""
                size = f"{format_size(progress.done)}{of_all}, {format_size(int(progress.rate))}/s"
                show(progress.done, progress.total or None, f"{facts}, {size}", progress.finished)

            show(0, None, facts, False)
            try:
                if not is_downloaded:
                    limit = settings.download_mb * 1_000_000
                    await download(
                        client, enclosure.url, path, limit, accepts_pages=enclosure.is_page, on_progress=show_progress
                    )
                results.append(_Result(each, "present" if is_downloaded else "downloaded"))
            except ReaderError as error:
                results.append(_Result(each, "failed", str(error)))


def _report(results: Sequence[_Result], *, as_json: bool) -> None:
    if as_json:
        print_json_array(map(_record, results))
    for each in () if as_json else results:
        if each.error:
            out(f"{each.wanted.file.enclosure.url}: {each.error}\n")
        elif each.status == "downloaded":
            out(f"{each.wanted.file.path}\n")
    counts = {status: sum(each.status == status for each in results) for status in ("downloaded", "present", "failed")}
    facts = [f"{format_count(counts['downloaded'], 'file')} downloaded"]
    facts += [f"{counts['present']:,} already there"] if counts["present"] else []
    facts += [f"{counts['failed']:,} failed"] if counts["failed"] else []
    print_notice(f"{', '.join(facts)}.")


def _record(result: _Result) -> dict[str, Any]:
    article, file = result.wanted
    return {
        "article": article, "url": file.enclosure.url, "file": str(file.path), "status": result.status,
        "error": result.error or None,
    }  # fmt: skip
