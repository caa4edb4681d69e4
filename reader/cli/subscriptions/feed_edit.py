"""The commands ``newsreader feeds edit``, ``pause`` and ``remove``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from reader.cli.arguments import json_option
from reader.cli.output import print_json, print_json_array
from reader.cli.subscriptions.feed_files import (
    FeedFiles,
    feed_record,
    names_argument,
    open_feed_files,
)
from reader.core.errors import ReaderError
from reader.core.text import format_count, format_list, show_path
from reader.exit import print_notice

if TYPE_CHECKING:
    from reader.feeds.subscriptions import Subscription


@click.command(short_help="Change settings of a feed.")
@click.argument("name")
@click.argument("settings", nargs=-1, required=True)
@json_option
def edit(name: str, settings: tuple[str, ...], *, as_json: bool) -> None:
    """Change settings of the feed NAME, a URL or a title, in feeds.toml.

    SETTINGS have the form `interval=2h` or `group=Linux`. An empty value sets the default; lists are separated by
    commas. docs/feeds.md lists the settings. Documents that were written before stay where they are.
    """
    from reader.feeds.subscriptions import parse_setting
    from reader.storage.sqlite.feeds.store import FeedState

    with open_feed_files() as files:
        feed = files.one(name)
        changes = dict(map(parse_setting, settings))
        files.subscriptions.update(feed.key, **changes)
        (changed,) = [
            each
            for each in files.subscriptions.load()
            if each.key == feed.key or each.url == changes.get("url", feed.url)
        ]
        if changed.key != feed.key:
            files.store.rename(feed.key, changed.key)
        if as_json:
            print_json(feed_record(changed, files.store.states().get(changed.key, FeedState())))
    print_notice(f"Changed {format_list(changes)} of “{changed.name}”.")


@click.command(short_help="Stop fetching feeds, or resume.")
@names_argument
@click.option("--resume", is_flag=True, help="Fetch them again.")
@json_option
def pause(names: tuple[str, ...], *, resume: bool, as_json: bool) -> None:
    """Stop fetching the feeds that NAMES mean (groups, URLs or titles), or with --resume fetch them again."""
    from reader.feeds.changes import with_settings

    with open_feed_files() as files:
        chosen = _named(files, names)
        keys = {each.key for each in chosen}
        files.subscriptions.change(with_settings(keys, paused=not resume))
        if as_json:
            print_json_array({"url": each.url or each.address, "paused": not resume} for each in chosen)
    print_notice(f"{format_count(len(chosen), 'feed')} {'resumed' if resume else 'paused'}.")


@click.command(short_help="Remove feeds from your list.")
@names_argument
@click.option("--documents", is_flag=True, help="Also delete their documents, except those you have changed.")
@json_option
def remove(names: tuple[str, ...], *, documents: bool, as_json: bool) -> None:
    """Remove the feeds that NAMES mean (groups, URLs or titles) from feeds.toml. Their documents stay by default."""
    from reader.feeds.changes import without
    from reader.storage.trash import DAYS

    with open_feed_files() as files:
        chosen = _named(files, names)
        files.subscriptions.change(without(each.key for each in chosen))
        removed = f"{format_count(len(chosen), 'feed')} removed"
        try:
            deleted = {each.key: _delete_documents(files, each) if documents else 0 for each in chosen}
        except ReaderError as error:
            message = f"{removed}, but not all documents were deleted: {error.message}"
            raise ReaderError(message, error.hint) from error
        if as_json:
            print_json_array({"url": each.url or each.address, "deleted": deleted[each.key]} for each in chosen)
        trash = show_path(files.paths.trash_folder)
    number = format_count(sum(deleted.values()), "document")
    also = f", and {number} deleted: for {DAYS} days, they are in {trash}" if documents else "; the documents stay"
    print_notice(f"{removed}{also}.")


def _delete_documents(files: FeedFiles, feed: Subscription) -> int:
    """Delete the documents of a feed, and forget it; return how many there were."""
    from reader.feeds.changes import delete_documents
    from reader.storage.trash import Trash

    trash, removal = Trash(files.paths.trash_folder), os.urandom(8).hex()
    delete_documents(feed.key, files.store, files.folders.root(feed), trash, removal)
    files.store.forget(feed.key)
    return len(trash.files(removal))


def _named(files: FeedFiles, names: tuple[str, ...]) -> list[Subscription]:
    if not names:
        raise ReaderError("No feed is named.", "Name groups, titles or URLs; `newsreader feeds list` shows them.")
    return files.chosen(names)


COMMANDS = (edit, pause, remove)
"""Commands of the group ``feeds``."""
