"""An entry of a feed -> a document in the format of docs/format.md, and its name. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, count
from typing import NamedTuple

from reader.content.html.builder import parse_html
from reader.content.markdown.writer import to_markdown
from reader.core.errors import ReaderError
from reader.core.hashing import hash_bytes
from reader.core.text import clean, clean_block, truncate
from reader.core.times import format_iso
from reader.core.urls import display_host, safe_url
from reader.documents.writing import (
    ENDING,
    as_markdown_body,
    escaped,
    fields_of,
    indented,
    item_of,
    quoted,
    slug,
)
from reader.feeds.model import FeedEntry, ParsedFeed
from reader.feeds.subscriptions import Subscription

_HEADER_BYTES = 40_000
"""Less than the 64 KiB that a header may have, as some fields come after the lists."""
_LIST_LIMIT = 100
_BODY_BYTES = 3_500_000
_TITLE_CHARS, _EXCERPT_CHARS, _ID_CHARS = 1_000, 2_000, 2_000
_UNTITLED_CELLS = 80
_FUTURE = timedelta(hours=1)
"""How far in the future a date may be: clocks differ."""
_HASH = re.compile(rb'\nhash: "([0-9a-f]{16})"(?=\n)')
NO_DATE = "the feed gives none; this is when newsreader first saw the entry"


class FeedDocument(NamedTuple):
    """A document that is made of an entry."""

    folder: str
    """The folder for it, with ``/`` between the parts."""
    stem: str
    """Its name without ending; another document may have it already."""
    suffix: str
    """What follows the name in this case."""
    data: bytes

    def paths(self) -> Iterator[str]:
        """Yield the paths that it may have, the best first."""
        short = f"{self.folder}/{self.stem}"
        names = chain((short, f"{short}-{self.suffix}"), (f"{short}-{self.suffix}{n}" for n in count(2)))
        return (name + ENDING for name in names)


def document_of(
    entry: FeedEntry,
    feed: ParsedFeed,
    subscription: Subscription,
    first_seen: datetime,
    *,
    folder: str,
    changed_at: datetime | None = None,
    original_url: str = "",
) -> FeedDocument:
    """Return the document for an entry that was first seen at an aware time, and found changed at another.

    ``original_url`` is the link that it had at first, by which marks know it; empty for that of ``entry``.
    """
    date, date_note = _date(entry, first_seen)
    identity = entry.id or entry.url or f"{entry.title}\n{entry.published_text}"
    title = title_of(entry)
    return FeedDocument(
        folder,
        f"{date[:10]}-{slug(title) or 'entry'}",
        hash_bytes(identity.encode("utf-8", "replace"), 4).hex(),
        _data(
            entry,
            feed,
            subscription,
            original_url=original_url or _url(entry.url),
            title=title,
            date=date,
            date_note=date_note,
            changed_at=changed_at,
        ),
    )


def title_of(entry: FeedEntry) -> str:
    """Return the title of an entry; the start of its excerpt, or its URL, if it has none."""
    title = entry.title or truncate(clean(entry.excerpt), _UNTITLED_CELLS) or entry.url
    title = title or next((each.title or each.url for each in entry.enclosures), "")
    return clean(title)[:_TITLE_CHARS].strip() or "(no title)"


def _date(entry: FeedEntry, first_seen: datetime) -> tuple[str, str]:
    """Return when an entry counts as published, in the zone of the feed, and why if that is not what it says."""
    stated, text = (entry.published, entry.published_text) if entry.published else (entry.updated, entry.updated_text)
    if stated is None:
        return format_iso(first_seen), NO_DATE
    if stated > first_seen + _FUTURE:
        note = f"the feed gives {format_iso(stated)}, which was in the future when newsreader first saw the entry"
        return format_iso(first_seen), note
    return text or format_iso(stated), ""


def _data(
    entry: FeedEntry, feed: ParsedFeed, subscription: Subscription,
    *, original_url: str, title: str, date: str, date_note: str, changed_at: datetime | None,
) -> bytes:  # fmt: skip
    is_updated = entry.published and entry.updated and entry.updated > entry.published
    updated = (entry.updated_text or format_iso(entry.updated)) if is_updated and entry.updated else ""
    if changed_at is not None and not updated:
        updated = format_iso(changed_at.replace(microsecond=0))
    url = _url(entry.url)
    name = subscription.title or clean(feed.title) or subscription.name
    lines = [
        "---",
        *fields_of(
            (("title", escaped(title)), ("excerpt", escaped(clean_block(entry.excerpt)[:_EXCERPT_CHARS].strip())))
        ),
        f"publishedDateTime: {date}",
        *([f"updatedDateTime: {updated}"] if updated else ()),
        *fields_of(
            (("originalUrl", original_url), ("webUrl", url), ("type", entry.kind), ("language", clean(entry.language)))
        ),
        "provider:",
        *indented(fields_of((("name", escaped(name)), ("domain", _domain(entry, feed, subscription))))),
        # What tells newsreader which entry this is, should it lose all else.
        *fields_of((("feed", subscription.key), ("guid", clean(entry.id)[:_ID_CHARS]), ("dateNote", date_note))),
    ]
    size = sum(len(line.encode()) for line in lines)
    for each in _lists(entry, subscription):
        added: list[str] = []
        for item in each[1][:_LIST_LIMIT]:
            size += sum(len(line.encode()) + 2 for line in item)
            if size > _HEADER_BYTES:
                break
            added += item
        if added:
            lines += [f"{each[0]}:", *indented(added)]
    return with_hash("\n".join((*lines, "---", "", _body(entry))).encode())


def with_hash(data: bytes) -> bytes:
    """Return a document with a field in which its hash is: it then tells by itself whether it has been changed."""
    header, end, body = data.partition(b"\n---\n")
    return b'%b\nhash: "%b"%b%b' % (header, hash_bytes(data, 8).hex().encode(), end, body)


def is_as_written(data: bytes) -> bool:
    """Return whether a document is as newsreader wrote it, by its own hash."""
    found = _HASH.search(data)
    return found is not None and hash_bytes(data[: found.start()] + data[found.end() :], 8).hex().encode() == found[1]


def _lists(entry: FeedEntry, subscription: Subscription) -> Iterator[tuple[str, Sequence[list[str]]]]:
    """Yield the lists in the header: the name of each, and the lines of its items."""
    authors = dict.fromkeys(filter(None, map(clean, entry.authors)))
    topics = dict.fromkeys(filter(None, (*subscription.topics, *map(clean, entry.topics))))
    yield "authors", [[f"- {quoted(escaped(each))}"] for each in authors]
    yield "topics", [[f"- {quoted(escaped(each))}"] for each in topics]
    yield (
        "images",
        [
            item_of(
                (("url", escaped(url)), ("width", each.width), ("height", each.height), ("title", escaped(each.title)))
            )
            for each in entry.images
            if (url := _url(each.url))
        ],
    )
    yield (
        "related",
        [
            item_of((("title", escaped(clean(each.title) or url)), ("webUrl", url)))
            for each in entry.related
            if (url := _url(each.url))
        ],
    )
    if subscription.enclosures == "list":
        yield "enclosures", [
            item_of((
                ("url", url), ("type", clean(each.type)), ("length", each.length),
                ("durationSeconds", each.duration_seconds), ("title", clean(each.title)),
            ))
            for each in entry.enclosures
            if (url := _url(each.url))
        ]  # fmt: skip


def _body(entry: FeedEntry) -> str:
    """Return the content as Markdown; empty if it says no more than the excerpt."""
    if not entry.content_html:
        return ""
    body = to_markdown(parse_html(entry.content_html, entry.content_base or entry.url))
    encoded = body.encode()
    if len(encoded) > _BODY_BYTES:
        body = encoded[:_BODY_BYTES].decode("utf-8", "ignore").rpartition("\n\n")[0] + "\n"
    return as_markdown_body(body)


def _domain(entry: FeedEntry, feed: ParsedFeed, subscription: Subscription) -> str:
    return next(filter(None, map(display_host, (feed.url, entry.url, subscription.url))), "")


def _url(url: str) -> str:
    try:
        return safe_url(url) if url else ""
    except ReaderError:
        return ""
