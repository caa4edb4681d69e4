"""Fetches feeds for the app: ``newsreader sync`` in a process of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import NamedTuple

from reader.core.paths import Paths
from reader.core.text import clean, truncate
from reader.documents.files import Folder
from reader.exit import NOTICE
from reader.workers.process import command_line

NO_FEEDS = "No feed writes to this folder. `newsreader add URL` adds one."
_SHOWN = 120
"""Characters of an error."""


class SyncOutcome(NamedTuple):
    """What has become of the feeds."""

    sentence: str
    failed: bool


def sync_feeds(folder: Folder, paths: Paths, on_start: Callable[[subprocess.Popen[bytes]], object]) -> SyncOutcome:
    """Fetch the feeds of a folder, due or not, and return the outcome; blocks until it is there.

    ``on_start`` gets the process. It may be ended at any time: the next run continues.
    """
    is_news = paths.news_folder.resolve() == folder.root.resolve()
    place = () if is_news else ("--folder", str(folder.root))
    process = subprocess.Popen(
        command_line("reader.cli.main", "sync", "--force", "--json", *place),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl+C in the terminal is for the app alone
    )
    on_start(process)
    output, notices = process.communicate()
    return outcome_of(output, notices, process.returncode)


def outcome_of(output: bytes, notices: bytes, status: int) -> SyncOutcome:
    """Return what the command says in ``output``, JSON, and in ``notices``, lines of which the last one sums up."""
    lines = [line.removeprefix(NOTICE) for line in notices.decode("utf-8", "replace").splitlines() if line.strip()]
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
