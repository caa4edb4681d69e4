"""The commands ``newsreader feeds edit``, ``pause`` and ``remove``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reader.cli.arguments import json_option
from reader.cli.output import print_json, print_json_array
from reader.cli.subscriptions.feed_files import (
    FeedFiles,
    feed_record,
    names_argument,
    open_feed_files,
    stored_place,
)
from reader.core.errors import ReaderError
from reader.core.text import format_count
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
    from reader.storage.sqlite.feeds.store import FeedState

    with open_feed_files() as files:
        feed = files.one(name)
        changes = dict(_setting(each) for each in settings)
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
    print_notice(f"Changed {', '.join(changes)} of “{changed.name}”.")


def _setting(text: str) -> tuple[str, Any]:
    """Return name and value of a setting that was given as text. Raises ReaderError."""
    from reader.config.feed_settings import BY_NAME
    from reader.config.names import did_you_mean, nearest, shown_name
    from reader.feeds.subscriptions import setting_problem, stored_value

    name, equals, given = text.partition("=")
    name = name.strip()
    if name not in BY_NAME:
        hint = did_you_mean(nearest(name, BY_NAME)) or f"The settings are: {', '.join(BY_NAME)}."
        raise ReaderError(f"There is no setting “{shown_name(name)}”.", hint)
    if not equals:
        raise ReaderError(f"{name} needs a value: {name}=VALUE.", f"{name}= sets the default.")
    default = BY_NAME[name].default
    value: Any = given.strip()
    if not value:
        value = default
    elif name in {"folder", "file"}:
        value = stored_place(value)
    elif isinstance(default, bool):
        value = {"true": True, "yes": True, "false": False, "no": False}.get(value.lower(), value)
    elif isinstance(default, int):
        value = int(value) if value.isascii() and value.isdigit() else value
    elif isinstance(default, list):
        value = [word.strip() for word in value.split(",") if word.strip()]
    elif isinstance(default, dict):
        raise ReaderError(
            "Headers cannot be given on the command line, where other programs see them.", "Edit feeds.toml."
        )
    if value != default and (problem := setting_problem(name, value)):
        raise ReaderError(*problem)
    return name, stored_value(name, value)


@click.command(short_help="Stop fetching feeds, or resume.")
@names_argument
@click.option("--resume", is_flag=True, help="Fetch them again.")
@json_option
def pause(names: tuple[str, ...], *, resume: bool, as_json: bool) -> None:
    """Stop fetching the feeds that NAMES mean (groups, URLs or titles), or with --resume fetch them again."""
    with open_feed_files() as files:
        chosen = _named(files, names)
        keys = {each.key for each in chosen}
        _replace(files, keys, paused=not resume)
        if as_json:
            print_json_array({"url": each.url or each.address, "paused": not resume} for each in chosen)
    print_notice(f"{format_count(len(chosen), 'feed')} {'resumed' if resume else 'paused'}.")


@click.command(short_help="Remove feeds from your list.")
@names_argument
@click.option("--documents", is_flag=True, help="Also delete their documents, except those you have changed.")
@json_option
def remove(names: tuple[str, ...], *, documents: bool, as_json: bool) -> None:
    """Remove the feeds that NAMES mean (groups, URLs or titles) from feeds.toml. Their documents stay by default."""
    with open_feed_files() as files:
        chosen = _named(files, names)
        keys = {each.key for each in chosen}
        files.subscriptions.change(lambda feeds: [each for each in feeds if each.key not in keys])
        deleted = {each.key: _delete_documents(files, each) if documents else 0 for each in chosen}
        if as_json:
            print_json_array({"url": each.url or each.address, "deleted": deleted[each.key]} for each in chosen)
    number = sum(deleted.values())
    also = f", and {format_count(number, 'document')} deleted" if documents else "; their documents stay"
    print_notice(f"{format_count(len(chosen), 'feed')} removed{also}.")


def _named(files: FeedFiles, names: tuple[str, ...]) -> list[Subscription]:
    if not names:
        raise ReaderError("No feed is named.", "Name groups, titles or URLs; `newsreader feeds list` shows them.")
    return files.chosen(names)


def _replace(files: FeedFiles, keys: set[str], **changes: Any) -> None:
    from dataclasses import replace

    files.subscriptions.change(lambda feeds: [replace(each, **changes) if each.key in keys else each for each in feeds])


def _delete_documents(files: FeedFiles, feed: Subscription) -> int:
    """Delete the documents of a feed that are as newsreader wrote them, and forget it; return how many."""
    from reader.core.errors import describe_error
    from reader.core.hashing import hash_bytes

    root: Path = files.folders.root(feed)
    deleted = 0
    for entry in files.store.entries(feed.key):
        file = root / entry.path
        try:
            if file.is_file() and hash_bytes(file.read_bytes(), 16) == entry.document_hash:
                file.unlink()
                deleted += 1
        except OSError as error:
            raise ReaderError(f"{entry.path} cannot be deleted: {describe_error(error)}.") from error
    files.store.forget(feed.key)
    return deleted


COMMANDS = (edit, pause, remove)
"""Commands of the group ``feeds``."""
