"""JSON Feed 1.0 and 1.1, and RSS written as JSON, to the model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from reader.content.enclosures import Enclosure
from reader.content.html.encodings import detect_encoding
from reader.core.text import clean
from reader.feeds.formats import convert, plain_text
from reader.feeds.formats.convert import (
    kind_of,
    kind_of_file,
    language_of,
    text_as_html,
    to_number,
    to_seconds,
    unique,
    web_url,
)
from reader.feeds.formats.timestamps import read_timestamp
from reader.feeds.model import FeedEntry, FeedError, FeedImage, FeedLink, ParsedFeed

_ITEMS = re.compile(r'"items"\s*:\s*\[')
_SEPARATORS = re.compile(r"[\s,]*")


def is_json(data: bytes) -> bool:
    """Return whether the data begins as a JSON object does."""
    return data[:1024].removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b"").lstrip(b"\xff\xfe \t\r\n").startswith(b"{")


def read(data: bytes, url: str) -> ParsedFeed:
    """Return a JSON feed that comes from ``url``, which may be empty. Raises FeedError."""
    text = data.decode(detect_encoding(data, markup=False), "replace").removeprefix("\ufeff")
    try:
        feed = json.loads(text, strict=False)
        is_complete = True
    except (ValueError, RecursionError):
        feed, is_complete = _beginning(text), False
    if channel := _dict(_dict(feed, "rss"), "channel"):
        return convert.to_model(_rss(channel), url)
    items = feed.get("items")
    if not isinstance(items, list) and "jsonfeed.org" not in _text(feed, "version"):
        raise FeedError("It is JSON, but no JSON Feed: it has no list “items”.")
    base = url or web_url(_text(feed, "feed_url"))
    site = web_url(_text(feed, "home_page_url"), base)
    language, authors = language_of(feed.get("language")), _authors(feed)
    entries = (each for each in items or [] if isinstance(each, dict)) if isinstance(items, list) else ()
    return ParsedFeed(
        title=plain_text.from_text(_text(feed, "title")),
        url=site,
        self_url=web_url(_text(feed, "feed_url"), base),
        description=plain_text.shorten(plain_text.from_text(_text(feed, "description"))),
        language=language,
        authors=authors,
        image=web_url(_text(feed, "icon") or _text(feed, "favicon"), base),
        kind="json",
        entries=tuple(_entry(each, base or site, language, authors) for each in entries),
        is_complete=is_complete,
    )


def _rss(channel: Mapping[str, Any]) -> convert.RawFeed:
    """Return a channel of RSS in JSON in the words of feedparser."""
    entries = [_rss_item(each) for each in _list(channel, "item") if isinstance(each, dict)]
    names = {"title": "title", "link": "link", "description": "subtitle", "language": "language", "ttl": "ttl"}
    return convert.RawFeed("rss20", {ours: _text(channel, theirs) for theirs, ours in names.items()}, entries)


def _rss_item(item: Mapping[str, Any]) -> dict[str, Any]:
    names = {"title": "title", "link": "link", "description": "summary", "pubDate": "published"}
    found: dict[str, Any] = {ours: _text(item, theirs) for theirs, ours in names.items()}
    guid, file, author = _dict(item, "guid"), _dict(item, "enclosure"), _text(item, "author")
    found["id"] = _text(item, "guid") or _text(guid, "#value")
    if not found["link"] and guid.get("isPermaLink") not in (False, "false"):
        found["link"] = found["id"]
    for name in ("title", "summary"):
        found[f"{name}_detail"] = {"type": "text/html"}
    found["links"] = [{**file, "href": _text(file, "url"), "rel": "enclosure"}]
    topics = (each if isinstance(each, dict) else {"#value": each} for each in _list(item, "category"))
    found["tags"] = [{"term": _text(each, "#value")} for each in topics]
    found["authors"] = [{"name": author}] if author else []
    return found


def _beginning(text: str) -> dict[str, Any]:
    """Return what is whole in a JSON feed that ends early. Raises FeedError."""
    start = _ITEMS.search(text)
    if start is None:
        raise FeedError("It begins like JSON but cannot be read as JSON.")
    try:
        feed = json.loads(f"{text[: start.end()]}]}}", strict=False)
    except (ValueError, RecursionError):
        feed = {}
    decoder = json.JSONDecoder(strict=False)
    position, items = start.end(), []
    while found := _SEPARATORS.match(text, position):
        try:
            item, position = decoder.raw_decode(text, found.end())
        except (ValueError, RecursionError):
            break
        items.append(item)
    return {**feed, "items": items}


def _entry(item: Mapping[str, Any], base: str, language: str, authors: tuple[str, ...]) -> FeedEntry:
    published = read_timestamp(_text(item, "date_published"))
    updated = read_timestamp(_text(item, "date_modified"))
    published = published or updated
    html = _text(item, "content_html") or text_as_html(_text(item, "content_text"))
    summary = plain_text.from_text(_text(item, "summary"))
    files = tuple(_files(item, base))
    images = dict.fromkeys(filter(None, (web_url(_text(item, name), base) for name in ("image", "banner_image"))))
    external = web_url(_text(item, "external_url"), base)
    own = web_url(_text(item, "url"), base)
    return FeedEntry(
        id=clean(_text(item, "id")),
        title=plain_text.from_text(_text(item, "title")),
        url=own or external,
        published=published.moment if published else None,
        updated=updated.moment if updated else None,
        published_text=published.text if published else "",
        updated_text=updated.text if updated else "",
        authors=_authors(item) or authors,
        topics=unique(plain_text.from_text(each) for each in _list(item, "tags") if isinstance(each, str)),
        language=language_of(item.get("language")) or language,
        excerpt=plain_text.shorten(summary or plain_text.from_html(html, 2 * plain_text.MAX_EXCERPT)),
        content_html=html or escape(_text(item, "summary"), quote=False),
        content_base=own or base,
        images=tuple(map(FeedImage, images)),
        enclosures=files,
        related=(FeedLink(external),) if own and external else (),
        kind=kind_of(map(kind_of_file, files)),
    )


def _files(item: Mapping[str, Any], base: str) -> Iterator[Enclosure]:
    for each in _list(item, "attachments"):
        if isinstance(each, dict) and (url := web_url(_text(each, "url"), base)):
            length, duration = to_number(each.get("size_in_bytes")), to_seconds(each.get("duration_in_seconds"))
            title = plain_text.from_text(_text(each, "title"))
            yield Enclosure(url, clean(_text(each, "mime_type")).lower(), length, duration, title)


def _authors(found: Mapping[str, Any]) -> tuple[str, ...]:
    people = [*_list(found, "authors"), found.get("author")]  # that of version 1.0
    names = (each.get("name") if isinstance(each, dict) else each for each in people)
    return unique(plain_text.from_text(each) for each in names if isinstance(each, str))


def _text(found: Mapping[str, Any], name: str) -> str:
    """Return a text, or a number as text, such as a title or the seconds of a date."""
    value = found.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else str(value) if _is_number(value) else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _dict(found: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = found.get(name)
    return value if isinstance(value, dict) else {}


def _list(found: Mapping[str, Any], name: str) -> list[Any]:
    """Return a list, or what stands in the place of one as its only element."""
    value = found.get(name)
    return value if isinstance(value, list) else [value] if isinstance(value, str | dict) else []
