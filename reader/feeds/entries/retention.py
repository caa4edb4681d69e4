"""Deletes old documents of feeds that ask for it: never those that are starred, tagged or changed by you."""

from __future__ import annotations

import os
from collections.abc import Container
from datetime import datetime, timedelta
from pathlib import Path

from reader.core.errors import ReaderError, describe_error
from reader.core.text import show_path
from reader.core.times import to_micros
from reader.core.urls import article_key
from reader.documents.parse import parse_document
from reader.feeds.entries.known_documents import is_unchanged
from reader.feeds.subscriptions import Subscription
from reader.storage.sqlite.feeds.store import FeedStore, StoredEntry


def delete_old(
    store: FeedStore, root: Path, subscription: Subscription, now: datetime, marked: Container[int]
) -> list[str]:
    """Delete the documents that are older, or more, than ``subscription`` says; return their paths.

    ``marked`` has the ids of starred and tagged articles. Entries stay known, so that they do not come back. Raises
    ReaderError.
    """
    if not (subscription.keep_days or subscription.keep_count):
        return []
    oldest = to_micros(now - timedelta(days=subscription.keep_days)) if subscription.keep_days else None
    there = [each for each in store.entries(subscription.key) if os.path.isfile(root / each.path)]
    there.sort(key=_time, reverse=True)
    deleted = []
    for index, each in enumerate(there):
        is_old = oldest is not None and _time(each) < oldest
        if is_old or (subscription.keep_count and index >= subscription.keep_count):
            file = root / each.path
            try:
                if _may_go(file, each, marked):
                    file.unlink()
                    deleted.append(each.path)
            except OSError as error:
                raise ReaderError(f"{show_path(file)} cannot be deleted: {describe_error(error)}.") from error
    return deleted


def _time(entry: StoredEntry) -> int:
    return entry.first_seen if entry.published is None else entry.published


def _may_go(file: Path, entry: StoredEntry, marked: Container[int]) -> bool:
    data = file.read_bytes()
    if not is_unchanged(entry, data):
        return False
    url = parse_document(os.fsencode(entry.path), data).article.links.original
    return bool(url) and article_key(url, b"") not in marked  # without a URL, its id depends on the folder
