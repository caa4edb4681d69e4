"""What is wrong with a feed, in sentences, for the people who make it. Only worker processes check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from reader.core.text import clean, truncate
from reader.feeds.formats import feedparser_feed, json_feed, xml_feed
from reader.feeds.formats.timestamps import read_timestamp
from reader.feeds.model import FeedEntry, ParsedFeed
from reader.feeds.parse import parse_feed, unpacked

_SHOWN = 60
"""Cells of a text that is quoted."""
_AHEAD = timedelta(days=1)


def problems_of(data: bytes) -> list[str]:
    """Return what is wrong with a feed, each as a sentence. Raises FeedError if it cannot be read at all."""
    data = unpacked(data)
    feed = parse_feed(data)
    found = list(_of_feed(feed))
    if feed.kind == "json":
        if not feed.is_complete:
            found.insert(0, "The JSON is not valid, or ends early.")
    else:
        found = [*_of_file(data, feed), *found, *_of_dates(data)]
    return found


def _of_file(data: bytes, feed: ParsedFeed) -> Iterator[str]:
    if not feed.is_complete:
        yield "The file ends before the feed does. The entries that are whole are read."
    if message := feedparser_feed.wrong_encoding(data):
        yield message
    if message := xml_feed.error_in(feedparser_feed.to_utf8(data)):
        yield f"It is not well-formed XML: {clean(message)}."
    elif xml_feed.has_declarations(data):
        yield "It has a document type or entities of its own, which are not expanded."
    if not json_feed.is_json(data) and not data.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith((b"<", b"\x00<")):
        yield "Something precedes its first tag."


def _of_feed(feed: ParsedFeed) -> Iterator[str]:
    if not feed.title:
        yield "The feed has no title."
    if not feed.url:
        yield "The feed has no link to the site that it is about, or one that cannot be opened."
    if not feed.entries:
        yield "The feed has no entries."
    now = datetime.now(UTC)
    yield from _entries(feed, "no id, so that a changed link makes a new entry", lambda each: not each.id)
    yield from _entries(feed, "no link that can be opened", lambda each: not each.url and not each.enclosures)
    yield from _entries(feed, "neither a title nor content", lambda each: not each.title and not each.excerpt)
    yield from _entries(feed, "no date", lambda each: each.published is None)
    yield from _entries(
        feed, "a date in the future", lambda each: each.published is not None and each.published > now + _AHEAD
    )
    for id, count in Counter(each.id for each in feed.entries if each.id).most_common():  # noqa: A001
        if count == 1:
            break
        yield f"{count} entries have the same id, “{truncate(id, _SHOWN)}”."


def _entries(feed: ParsedFeed, what: str, is_wrong: Any) -> Iterator[str]:
    """Yield how many entries of a feed have something wrong, with the title of the first."""
    wrong: list[FeedEntry] = [each for each in feed.entries if is_wrong(each)]
    if wrong:
        count = "1 entry has" if len(wrong) == 1 else f"{len(wrong):,} entries have"
        name = truncate(wrong[0].title or wrong[0].id or wrong[0].url, _SHOWN)
        first = f", {'the first ' if len(wrong) > 1 else ''}“{name}”" if name else ""
        yield f"{count} {what}{first}."


def _of_dates(data: bytes) -> Iterator[str]:
    """Yield the dates that cannot be read."""
    seen = set()
    for entry in feedparser_feed.read(feedparser_feed.to_utf8(data), "").entries:
        for name in ("published", "updated", "created"):
            text = _date_text(entry, name)
            if text and text not in seen and read_timestamp(text) is None:
                seen.add(text)
                yield f"“{truncate(clean(text), _SHOWN)}” is no date that can be read for certain."


def _date_text(entry: Mapping[str, Any], name: str) -> str:
    value = dict.get(entry, name) if isinstance(entry, dict) else None
    return value.strip() if isinstance(value, str) else ""
