"""Fetches and finds feeds for the app: ``newsreader sync`` and ``add`` in processes of their own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from reader.core.paths import Paths
from reader.core.text import clean, truncate
from reader.documents.files import Folder
from reader.exit import NOTICE
from reader.feeds.model import KIND_NAMES
from reader.workers.process import command_line

NO_FEEDS = "No feed writes to this folder. `newsreader add URL` adds one."
_SHOWN = 120
"""Characters of an error."""


class SyncOutcome(NamedTuple):
    """What has become of the feeds."""

    sentence: str
    failed: bool


class Feed(NamedTuple):
    """A feed that may be added, in words; one of several may be in the list already."""

    url: str
    title: str
    kind: str
    """Such as “Atom”; empty if it is not known."""
    newest: tuple[str, ...]
    """Date and title of its newest entries; none if it has not been looked at."""
    is_listed: bool


class Lookup(NamedTuple):
    """What is at an address: a feed, or the feeds that a page names; or an error."""

    feed: Feed | None = None
    choices: tuple[Feed, ...] = ()
    error: str = ""


OnStart: TypeAlias = Callable[[subprocess.Popen[bytes]], object]
"""Gets the process, which may be ended at any time."""


def folder_setting(folder: Folder, paths: Paths) -> str:
    """Return the setting ``folder`` of feeds that write to a folder: empty for the news folder."""
    return "" if paths.news_folder.resolve() == folder.root.resolve() else str(folder.root)


def sync_feeds(folder: Folder, paths: Paths, keys: Sequence[str], on_start: OnStart) -> SyncOutcome:
    """Fetch the feeds of a folder with these keys, or all, due or not, and return the outcome once it is there.

    If the process is ended, the next run continues.
    """
    place = folder_setting(folder, paths)
    return outcome_of(
        *_run(on_start, "sync", "--force", "--json", *(("--folder", place) if place else ()), "--", *keys)
    )


def look_up(address: str, on_start: OnStart) -> Lookup:
    """Return what is at an address; blocks until it is there."""
    output, notices, _ = _run(on_start, "add", "--dry-run", "--json", "--", address)
    try:
        record = json.loads(output)
    except ValueError:
        lines = _lines(notices)
        return Lookup(error=clean(lines[-1]) if lines else "Nothing was found; the log file may say why.")
    if "feeds" in record:
        return Lookup(choices=tuple(map(_feed, record["feeds"])))
    if not record["url"]:
        return Lookup(error="Files are added with the command newsreader add.")
    return Lookup(feed=_feed(record))


def _feed(record: dict[str, Any]) -> Feed:
    newest = (f"{(each['published'] or '–')[:10]:<10}  {clean(each['title'])}" for each in record["entries"])
    kind = KIND_NAMES.get(record["kind"], "")
    return Feed(record["url"], clean(record["title"] or ""), kind, tuple(newest), record.get("listed", False))


def _run(on_start: OnStart, *arguments: str) -> tuple[bytes, bytes, int]:
    """Run a command, and return its output, its notices and its exit status."""
    process = subprocess.Popen(
        command_line("reader.cli.main", *arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl+C in the terminal is for the app alone
    )
    on_start(process)
    output, notices = process.communicate()
    return output, notices, process.returncode


def _lines(notices: bytes) -> list[str]:
    return [line.removeprefix(NOTICE) for line in notices.decode("utf-8", "replace").splitlines() if line.strip()]


def outcome_of(output: bytes, notices: bytes, status: int) -> SyncOutcome:
    """Return what the command says in ``output``, JSON, and in ``notices``, lines of which the last one sums up."""
    lines = _lines(notices)
    summary = clean(lines[-1]) if lines else "Feeds could not be fetched; the log file may say why."
    try:
        records = json.loads(output)
    except ValueError:  # the error is the last line
        return SyncOutcome(summary, failed=True)
    if not records:
        return SyncOutcome(NO_FEEDS, failed=False)
    failed = [record for record in records if record["status"] == "failed"]
    if failed:
        title, error = (clean(str(failed[0][key] or "")) for key in ("title", "error"))
        summary += f" {truncate(title, 40)}: {truncate(error, _SHOWN)}"
    return SyncOutcome(summary, failed=bool(status))
