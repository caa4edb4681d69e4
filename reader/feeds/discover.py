"""The feeds of a web page. Pure: nothing is fetched.

What a page declares comes first (``<link rel="alternate">``), then the feeds of YouTube's pages, which YouTube does not
always declare, and last what only looks like a feed: links whose address or text says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urljoin, urlsplit

from reader.content.html.encodings import detect_encoding
from reader.content.html.tokenizer import Token, tokens
from reader.core.errors import ReaderError
from reader.core.text import clean
from reader.core.urls import canonical_url, display_host, safe_url
from reader.feeds.formats.convert import without_feed_scheme

_TYPES = {
    "application/rss+xml": "rss", "application/atom+xml": "atom", "application/feed+json": "json",
    "application/rdf+xml": "rss", "application/x-rss+xml": "rss", "application/x.atom+xml": "atom",
    "application/x-atom+xml": "atom", "application/x-netcdf": "", "text/rss+xml": "rss", "text/atom+xml": "atom",
    "text/rss": "rss", "text/xml": "", "application/xml": "", "application/json": "json",
}  # fmt: skip
"""Media types of feeds, with the kind of feed that they say."""
_GENERAL = {"text/xml", "application/xml", "application/json"}
"""Types that are feeds only if the rest looks like one: a WordPress page declares its API as JSON."""
_LOOKS_LIKE_FEED = re.compile(
    r"(?:^|[/?&=._-])(?:feeds?|rss2?|atom|rdf)(?:$|[/?&=._-])|\.(?:rss|atom|rdf)(?:$|[?#])|/index\.xml(?:$|[?#])",
    re.IGNORECASE,
)
_TEXT_OF_LINK = re.compile(
    r"(?:rss|atom|json)?[ -]?feeds?|rss(?: ?2\.0)?|atom(?: ?1\.0)?|subscribe via rss", re.IGNORECASE
)
_KINDS = (
    ("json", re.compile(r"json", re.I)),
    ("atom", re.compile(r"atom", re.I)),
    ("rss", re.compile(r"rss|rdf", re.I)),
)
_COMMENTS = re.compile(r"\bcomments?\b", re.IGNORECASE)
_NOT_A_FEED = re.compile(r"\.(?:html?|php|png|jpe?g|gif|svg|css|js|pdf|zip|opml)(?:$|[?#])", re.IGNORECASE)
_YOUTUBE = "https://www.youtube.com/feeds/videos.xml"
_YOUTUBE_HOSTS = {"youtube.com", "m.youtube.com", "music.youtube.com", "youtube-nocookie.com"}
_CHANNEL = re.compile(r"UC[\w-]{22}", re.ASCII)
_CHANNEL_IN_PAGE = [
    re.compile(rf"{before}(UC[\w-]{{22}})", re.ASCII)
    for before in (
        r'"external(?:Channel)?Id"\s*:\s*"',
        r'itemprop="(?:channelId|identifier)"\s+content="',
        r'(?:"browseId"\s*:\s*"|/channel/)',
    )
]
"""What precedes the channel that a page is about, the surest first: pages link to other channels, too."""
_PLAYLIST = re.compile(r"(?!RD)[\w-]{12,64}", re.ASCII)
"""Not the mixes that YouTube makes for a viewer, which have no feed."""
_MAX_FOUND = 50
_MAX_CHARS, _MAX_LINKS = 3_000_000, 1_000
"""Of a page, so much of its beginning is searched, and so many links that look like feeds are looked at."""


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that a page names."""

    url: str
    title: str = ""
    kind: str = ""
    """``rss``, ``atom`` or ``json``; empty if the page does not say."""
    is_declared: bool = True
    """False if it only looks like a feed."""


def find_feeds(page: bytes | str, url: str) -> list[FoundFeed]:
    """Return the feeds of a page, the best first: declared ones in order, those of comments after them."""
    if not isinstance(page, str):
        page = page[: 4 * _MAX_CHARS].decode(detect_encoding(page), "replace")
    text = page[:_MAX_CHARS]
    linked = _Links(url)
    linked.read(text)
    declared = [each for each in linked.found if each.is_declared]
    candidates = [
        *(each for each in declared if not _is_about_comments(each)),
        *_of_youtube(text, url),
        *(each for each in declared if _is_about_comments(each)),
        *(each for each in linked.found if not each.is_declared and not _is_about_comments(each)),
    ]
    unique: dict[str, FoundFeed] = {}
    for each in candidates:
        unique.setdefault(canonical_url(each.url), each)
    return list(unique.values())[:_MAX_FOUND]


class _Links:
    """Collects the links of a page that may be feeds."""

    def __init__(self, url: str) -> None:
        self._base = url
        self._anchor = ""
        self._words: list[str] = []
        self.found: list[FoundFeed] = []

    def read(self, source: str) -> None:
        """Collect the links of a page, or of its head."""
        for token in tokens(source):
            if token.kind == "text":
                if self._anchor:
                    self._words.append(token.text)
            elif token.kind == "end":
                if token.text == "a":
                    self._end_anchor()
            elif token.text == "head":
                self.read(token.inner)
            else:
                self._start(token)
        self._end_anchor()

    def _start(self, token: Token) -> None:
        attributes = token.attributes
        href = attributes.get("href", "").strip()
        if token.text == "base" and href:
            self._base = _absolute(self._base, href) or self._base
        elif token.text == "link" and href:
            self._add_declared(token, href)
        elif token.text == "a":
            self._end_anchor()
            self._anchor = href
            self._words = [attributes.get("title", ""), attributes.get("aria-label", "")]

    def _add_declared(self, token: Token, href: str) -> None:
        rels = token.attributes.get("rel", "").lower().split()
        media_type = token.attributes.get("type", "").partition(";")[0].strip().lower()
        title = clean(token.attributes.get("title", ""))
        if not {"alternate", "feed"} & set(rels) or "stylesheet" in rels:
            return
        if media_type not in _TYPES and not ("feed" in rels and not media_type):
            return
        if media_type in _GENERAL and not (_LOOKS_LIKE_FEED.search(href) or _TEXT_OF_LINK.fullmatch(title)):
            return
        if address := _absolute(self._base, href):
            self.found.append(FoundFeed(address, title, _TYPES.get(media_type, "") or _kind(href)))

    def _end_anchor(self) -> None:
        href, self._anchor = self._anchor, ""
        if not href or len(self.found) >= _MAX_LINKS:
            return
        words = [clean(each) for each in self._words]
        text = clean(" ".join(words))
        path = href.partition("#")[0]
        is_named = any(_TEXT_OF_LINK.fullmatch(each) for each in (*words, text) if each)
        if (_LOOKS_LIKE_FEED.search(path) and not _NOT_A_FEED.search(path)) or (is_named and path):
            address = _absolute(self._base, path)
            if address and not _is_page_itself(address, self._base):
                self.found.append(FoundFeed(address, text, _kind(href), is_declared=False))


def _absolute(base: str, href: str) -> str:
    try:
        return safe_url(urljoin(base, without_feed_scheme(href)))
    except (ReaderError, ValueError):
        return ""


def _is_page_itself(address: str, page: str) -> bool:
    try:
        return canonical_url(address) == canonical_url(page)
    except ReaderError:
        return False


def _kind(href: str) -> str:
    return next((kind for kind, pattern in _KINDS if pattern.search(href.rpartition("//")[2].partition("/")[2])), "")


def _is_about_comments(feed: FoundFeed) -> bool:
    return bool(_COMMENTS.search(feed.title) or _COMMENTS.search(urlsplit(feed.url).path))


def _of_youtube(page: str, url: str) -> Iterator[FoundFeed]:
    """Yield the feeds of a page of YouTube: a playlist, a channel, or the channel of a video."""
    if display_host(url) not in _YOUTUBE_HOSTS:
        return
    parts = urlsplit(url)
    playlist = parse_qs(parts.query).get("list", [""])[0]
    if _PLAYLIST.fullmatch(playlist):
        yield FoundFeed(f"{_YOUTUBE}?playlist_id={playlist}", "", "atom")
    first, _, name = parts.path.strip("/").partition("/")
    channel = name.partition("/")[0] if first == "channel" else ""
    if not _CHANNEL.fullmatch(channel):
        channel = next((found[1] for each in _CHANNEL_IN_PAGE if (found := each.search(page))), "")
    if channel:
        yield FoundFeed(f"{_YOUTUBE}?channel_id={channel}", "", "atom")
    elif first == "user" and name:
        yield FoundFeed(f"{_YOUTUBE}?user={quote(name.partition('/')[0])}", "", "atom")
