"""Bytes to what a feed says. Only sandboxed worker processes parse (:mod:`reader.feeds.feed_tasks`)."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace

from reader.feeds.formats import convert, feedparser_feed, json_feed, repair, xml_feed
from reader.feeds.model import MAX_BYTES, FeedError, ParsedFeed

_HEAD = 65_536
"""Bytes before the first entry, at most, that are searched for what says when a feed does not change."""
_HTML = re.compile(
    rb"\s*+(?:<\?xml[^>]*+>\s*+)?+(?:<!--(?>.*?-->)\s*+)*+<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_FEED = re.compile(
    rb"<(?:[^\s<>:]{1,40}:)?(?:rss|feed|channel|item|entry)\b|purl\.org/rss|/2005/atom|netscape\.com/rdf", re.IGNORECASE
)
"""What every feed in XML has somewhere. Without it, a page is not read as one: a large one takes minutes."""
_SKIPPED = re.compile(rb"<(skipHours|skipDays)\s*>(.{0,2000}?)</\1\s*>", re.I | re.S)
_VALUE = re.compile(rb"<(?:hour|day)\s*>\s*(\w{1,9})\s*<", re.I)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def parse_feed(data: bytes, *, url: str = "", content_type: str = "", fast: bool = True) -> ParsedFeed:
    """Return what a feed says. Raises FeedError.

    ``url`` is where it comes from, the base of its relative addresses, and ``content_type`` the server's header. Unless
    ``fast``, only feedparser reads it.
    """
    data = unpacked(data)
    if not data.strip():
        raise FeedError("It is empty.")
    if json_feed.is_json(data):
        return json_feed.read(data, url)
    data = feedparser_feed.to_utf8(data, content_type)
    if _HTML.match(data) and not _FEED.search(data):
        raise _no_feed(data)
    whole = repair.whole_part(data)
    raw = _read(whole or data, url, fast=fast)
    if not raw.version and not raw.entries and not _is_old(data):
        raise _no_feed(data)
    hours, days = _skipped(data)
    return replace(convert.to_model(raw, url), skip_hours=hours, skip_days=days, is_complete=whole is None)


def unpacked(data: bytes) -> bytes:
    """Return the data, decompressed as far as it can be if it was compressed with gzip. Raises FeedError."""
    if data.startswith(b"\x1f\x8b"):
        try:
            data = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(data, MAX_BYTES + 1)
        except zlib.error:
            raise FeedError("It is compressed, and cannot be decompressed.") from None
    if len(data) > MAX_BYTES:
        raise FeedError(f"It is larger than {MAX_BYTES // 1_000_000} MB, too large for a feed.")
    return data


def _read(data: bytes, url: str, *, fast: bool) -> convert.RawFeed:
    """Return a feed in UTF-8, read by ourselves if possible, else by feedparser, after mending it if necessary."""
    raw = xml_feed.read(data, url) if fast else None
    if raw is None and xml_feed.error_in(data):
        mended = repair.mend(data)
        if xml_feed.error_in(mended):
            mended = repair.balance(mended)
        if not xml_feed.error_in(mended):
            data = mended
            raw = xml_feed.read(data, url) if fast else None
    return raw or feedparser_feed.read(data, url)


def _is_old(data: bytes) -> bool:
    """Return whether it is CDF, from before RSS, or RSS 0.90 with an address that feedparser does not know."""
    return repair.root_of(data) == b"channel" or b"netscape.com/rdf" in data[:_HEAD]


def _no_feed(data: bytes) -> FeedError:
    if _HTML.match(data):
        return FeedError("It is a web page, not a feed.", "The address of its feed may be on the page.")
    if b"<opml" in data[:_HEAD].lower():
        return FeedError("It is a list of feeds (OPML), not a feed.", "Import it with newsreader import.")
    return FeedError("It is no feed: neither RSS nor Atom nor JSON Feed.")


def _skipped(data: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the hours and days that RSS names in ``skipHours`` and ``skipDays``, of which feedparser keeps one."""
    found = {name.lower(): _VALUE.findall(values) for name, values in _SKIPPED.findall(data[:_HEAD])}
    hours = {int(each) % 24 for each in found.get(b"skiphours", []) if each.isdigit()}
    days = {each.decode().lower() for each in found.get(b"skipdays", []) if each.isascii()}
    return tuple(sorted(hours)), tuple(number for number, day in enumerate(_DAYS) if day in days)
