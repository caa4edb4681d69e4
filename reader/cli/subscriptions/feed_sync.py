"""The command ``newsreader sync``: fetches feeds, and does what their settings ask for with what has arrived."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import click

from reader.cli.arguments import json_option
from reader.cli.output import out, print_json_array
from reader.cli.session import group_stories, progress_display, with_library
from reader.cli.subscriptions.feed_files import (
    NO_FEEDS,
    FeedFiles,
    in_folder_option,
    iso,
    names_argument,
    network_settings,
    open_feed_files,
)
from reader.core.errors import ReaderError
from reader.core.marks import MarkChange
from reader.core.text import clean, format_count
from reader.core.times import from_micros, time_from_now, to_micros
from reader.exit import print_notice

if TYPE_CHECKING:
    from reader.config.settings import FetchSettings
    from reader.feeds.sync import FeedResult
    from reader.library.library import Library

_SHORTEST_PAUSE, _LONGEST_PAUSE = 60.0, 600.0
"""Seconds between two runs of --watch."""
_FETCHED = ("new", "unchanged")
"""The statuses of feeds that have been fetched."""


@click.command(short_help="Fetch your feeds.")
@names_argument
@in_folder_option
@click.option("--force", is_flag=True, help="Also fetch feeds that are not due yet.")
@click.option("--watch", is_flag=True, help="Keep running, and fetch each feed when it is due.")
@click.option("--install-timer", is_flag=True, help="Print files for systemd or launchd, and how to install them.")
@click.option("--print", "printed", is_flag=True, help="The same as --install-timer.")
@json_option
def sync(
    names: tuple[str, ...],
    *,
    folder: str | None,
    force: bool,
    watch: bool,
    install_timer: bool,
    printed: bool,
    as_json: bool,
) -> None:
    """Fetch the feeds that are due, and write their new entries as documents.

    NAMES are groups, URLs or titles: the feeds that they mean are fetched even if they are not due.
    Progress goes to stderr. The exit status is 1 if some feeds failed or are not valid. If interrupted, the next run
    continues.
    """
    if install_timer or printed:
        from reader.cli.subscriptions.sync_timer import timer_files

        out(timer_files(sys.platform))
        return
    with open_feed_files() as files:
        if watch:
            _watch(files, names, folder, asked=force, as_json=as_json)
        results = _run(files, names, folder, asked=force or bool(names), as_json=as_json)
    if files.problems or any(each.status == "failed" for each in results):
        sys.exit(1)


def _watch(files: FeedFiles, names: tuple[str, ...], folder: str | None, *, asked: bool, as_json: bool) -> NoReturn:
    """Fetch feeds when they are due, and at first all if they are ``asked`` for, until the user ends it."""
    while True:
        due = 0.0
        try:
            results = _run(files, names, folder, asked=asked, as_json=as_json)
            asked = False
            due = min((each.next_due for each in results if each.next_due), default=0.0)
        except ReaderError as error:  # such as a mistake in feeds.toml, which may be corrected meanwhile
            print_notice(str(error))
        sys.stdout.flush()
        time.sleep(min(max(due - time.time(), _SHORTEST_PAUSE), _LONGEST_PAUSE))


def _run(
    files: FeedFiles,
    names: tuple[str, ...],
    folder: str | None,
    *,
    asked: bool,
    as_json: bool,
) -> list[FeedResult]:
    """Fetch feeds once and report the results."""
    import asyncio

    from reader.feeds.sync import FeedSync, is_offline
    from reader.storage.trash import Trash

    settings = network_settings(files.paths)
    chosen = files.chosen(names, folder)
    Trash(files.paths.trash_folder).drop_old(time.time())
    if not chosen:
        print_notice(NO_FEEDS)
    feeds = FeedSync(files.subscriptions, files.store, files.folders, settings)
    counts: Counter[str] = Counter()
    try:
        with progress_display("Fetching feeds") as show:

            def on_result(result: FeedResult) -> None:
                counts["done"] += 1
                counts["new"] += len(result.new)
                facts = f"{counts['done']:,} of {format_count(len(chosen), 'feed')}, {counts['new']:,} new"
                show(counts["done"], len(chosen), facts, counts["done"] == len(chosen))

            results = asyncio.run(feeds.run(chosen, asked=asked, on_result=on_result))
    except KeyboardInterrupt:
        print_notice("Interrupted. What has arrived is saved; the next run continues.")
        raise
    try:
        _follow_settings(files, settings, results)
    finally:
        if as_json:
            print_json_array(map(_record, results))
        else:
            told = results
            if len(results) > 1 and is_offline(results):
                print_notice("No feed could be reached. Check the internet connection.")
                told = [each for each in results if not each.unreached]
            out("".join(map(_lines, told)))
    print_notice(_summary(results))
    return results


def _record(result: FeedResult) -> dict[str, Any]:
    feed = result.subscription
    return {
        "url": feed.url or feed.address, "title": feed.name, "group": feed.group or None, "status": result.status,
        "new": [str(path) for path in result.new], "changed": [str(path) for path in result.changed],
        "error": result.error or None, "notice": result.notice or None, "nextDue": iso(result.next_due),
    }  # fmt: skip


def _lines(result: FeedResult) -> str:
    """Return what is worth knowing of a feed, in lines."""
    facts = [f"{len(result.new):,} new"] if result.new else []
    facts += [f"{len(result.changed):,} changed"] if result.changed else []
    sentences = [f"{', '.join(facts)}."] if facts else []
    if result.error:
        again = f" It is tried again {time_from_now(result.next_due, time.time())}." if result.next_due else ""
        sentences.append(f"{result.error}{again}")
    sentences += [result.notice] if result.notice else []
    return f"{clean(result.subscription.name)}: {' '.join(sentences)}\n" if sentences else ""


def _summary(results: Sequence[FeedResult]) -> str:
    counts = Counter(each.status for each in results)
    fetched = counts["new"] + counts["unchanged"]
    new, changed = sum(len(each.new) for each in results), sum(len(each.changed) for each in results)
    parts = [f"{format_count(fetched, 'feed')} fetched", f"{format_count(new, 'new article')}"]
    parts += [f"{changed:,} changed"] if changed else []
    parts += [f"{counts['failed']:,} failed"] if counts["failed"] else []
    parts += [f"{counts['waiting']:,} not due (--force fetches all)"] if counts["waiting"] else []
    parts += [f"{counts['paused']:,} paused"] if counts["paused"] else []
    return f"{', '.join(parts)}."


class _Followed(NamedTuple):
    """What the settings of the feeds of one folder ask for."""

    muted: list[str]
    """The paths of documents to mark read."""
    whole: dict[str, int]
    """The paths of documents whose pages are wanted, with the time when each was first seen."""


def _follow_settings(files: FeedFiles, settings: FetchSettings, results: Sequence[FeedResult]) -> None:
    """Do what the settings of the feeds ask for with new and old articles."""
    from reader.feeds.schedule import PAGES_WANTED

    now = datetime.now().astimezone()
    folders: defaultdict[Path, _Followed] = defaultdict(lambda: _Followed([], {}))
    for each in results:
        feed, root = each.subscription, files.folders.root(each.subscription)
        if feed.mute_until is not None and now.date() < feed.mute_until and each.new:
            folders[root].muted.extend(path.relative_to(root).as_posix() for path in each.new)
        is_wanted = feed.fetch == "always" and each.status in _FETCHED
        # Not only of those that are new: some may have failed, or be left over by an interruption.
        if is_wanted and (seen := files.store.seen_since(feed.key, to_micros(now - PAGES_WANTED))):
            folders[root].whole.update(seen)
    for root, wanted in folders.items():

        def act(library: Library, wanted: _Followed = wanted) -> None:
            if ids := _ids(library, wanted.muted):
                library.marks.apply([*ids.values()], MarkChange(read=True), undoable=False)
            if missing := _pages_due(library, wanted.whole, now):
                _fetch_originals(library, settings, missing)

        if root.is_dir():
            with_library(str(root), act)
    if _run_rules(files, results):
        _delete_old(files, results)


def _ids(library: Library, paths: Iterable[str]) -> dict[str, str]:
    """Return the ids of the articles at ``paths`` that are there, by path."""
    rows = {path: library.index.rowid_by_path(os.fsencode(path)) for path in paths}
    ids = library.index.ids_by_row([row for row in rows.values() if row is not None])
    return {path: ids[row] for path, row in rows.items() if row is not None and row in ids}


def _pages_due(library: Library, seen: Mapping[str, int], now: datetime) -> list[str]:
    """Return the ids of the articles at the paths in ``seen`` whose pages are missing and tried now."""
    from reader.feeds.schedule import is_page_due

    first_seen = {id_: from_micros(seen[path]) for path, id_ in _ids(library, seen).items()}
    return [
        id_
        for id_ in library.pages.missing(first_seen)
        if (failure := library.pages.failure(id_)) is None or is_page_due(first_seen[id_], failure.at, now)
    ]


def _fetch_originals(library: Library, settings: FetchSettings, ids: Sequence[str]) -> None:
    import asyncio

    from reader.fetching.bulk import fetch_all

    with progress_display("Fetching originals") as show:
        final = asyncio.run(
            fetch_all(
                library, settings, ids,
                lambda progress: show(progress.done + progress.failed, len(ids), "", progress.finished),
                lambda _: None, force=False,
            )
        )  # fmt: skip
    print_notice(final.summary)


def _run_rules(files: FeedFiles, results: Sequence[FeedResult]) -> bool:
    """Run the rules in the folders where something is new or limited; return whether no mistake keeps them from it."""
    from reader.library.rules.rules_file import RulesFile

    try:
        rules = [rule for rule in RulesFile(files.paths.rules_file).load() if rule.enabled]
    except ReaderError as error:
        print_notice(f"No rule has run, and no old document was deleted, which a rule might keep. {error}")
        return False
    if rules:
        act = group_stories if any(rule.needs_stories for rule in rules) else lambda _: None
        roots = {files.folders.root(each.subscription) for each in results if each.new or _is_limited(each)}
        for root in filter(Path.is_dir, roots):
            with_library(str(root), act)  # which runs them
    return True


def _is_limited(result: FeedResult) -> bool:
    """Whether old documents of a feed that was fetched are deleted."""
    feed = result.subscription
    return result.status in _FETCHED and bool(feed.keep_days or feed.keep_count)


def _delete_old(files: FeedFiles, results: Sequence[FeedResult]) -> None:
    """Delete the documents that are older, or more, than the feeds say, unless a rule has starred them."""
    from reader.feeds.entries.retention import delete_old
    from reader.library.stores import open_mark_store

    limited = [each.subscription for each in results if _is_limited(each)]
    if not limited:
        return
    with open_mark_store(files.paths, print_notice) as marks:
        marked = {key for keys in marks.all_but_read()[0].values() for key in keys}
    now = datetime.now(UTC)
    deleted = sum(len(delete_old(files.store, files.folders.root(each), each, now, marked)) for each in limited)
    if deleted:
        print_notice(f"Deleted {format_count(deleted, 'old document')}, as feeds.toml says.")
