"""A feed in the words of feedparser to the model.

feedparser and our own reader of XML both describe a feed with nested dictionaries, in the words of feedparser's
documentation. So what becomes of a feed does not depend on which of the two has read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urljoin

from reader.content.enclosures import Enclosure
from reader.core.errors import ReaderError
from reader.core.text import clean, unescape
from reader.core.urls import safe_url
from reader.feeds.formats import plain_text
from reader.feeds.formats.timestamps import Timestamp, read_timestamp
from reader.feeds.model import EntryKind, FeedEntry, FeedImage, FeedKind, FeedLink, ParsedFeed

_HTML_TYPES = frozenset({"text/html", "html", "application/xhtml+xml", "xhtml"})
_TEXT_TYPES = frozenset({"text/plain", "text", "plain", ""})
_MEDIA = frozenset({"audio", "video", "image"})
_PLAYABLE = frozenset({"audio", "video"})
_MediaFile: TypeAlias = tuple[Enclosure, str, Mapping[str, Any]]
_FLASH = "application/x-shockwave-flash"
_RDF = frozenset({"rss090", "rss10"})
"""Versions in which the id of an entry is its address."""
_DURATION = re.compile(r"(?:(\d+):)?(\d+):(\d+)(?:\.\d*)?|(\d+)(?:\.\d*)?", re.ASCII)
_NOT_IN_URLS = re.compile(r"[\t\r\n]+\s*")
_FEED_SCHEME = re.compile(r"^feed:(?:(?://)?(?=https?:)|//)", re.IGNORECASE)
_MAILTO = re.compile(r"\s*[(<]?mailto:[)>]?")
_LOOKS_LIKE_URL = re.compile(r"(?:https?:)?/|feed:", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_TAG = re.compile(r"</?[A-Za-z][^<>@]*>")
"""Markup in the name of a person; an email address may be in angle brackets."""
_ESCAPED_TWICE = re.compile(
    r"\s*&lt;(?:p|div|h[1-6]|ul|ol|table|blockquote|figure|img|span)\b[^<]*&gt;\s*", re.IGNORECASE
)
"""Nothing but elements whose tags were escaped once too often."""
_IANA = "http://www.iana.org/assignments/relation/"
"""What may precede a relation of a link, by RFC 4287, 4.2.7.2."""


class RawFeed(NamedTuple):
    """A feed in the words of feedparser."""

    version: str
    """As ``rss20`` or ``atom10``; empty if unknown."""
    feed: Mapping[str, Any]
    entries: Sequence[Mapping[str, Any]]


def to_model(raw: RawFeed, url: str) -> ParsedFeed:
    """Return a feed that comes from ``url``, which may be empty, as the model has it."""
    feed = raw.feed
    kind: FeedKind = "atom" if raw.version.startswith("atom") else "rss"
    links = _links(feed)
    self_url = web_url(_first(links, "self"), url)
    base = url or self_url
    site = web_url(_text(feed, "link") or _first(links, "alternate"), base)
    base = base or site
    image = feed.get("image")
    picture = (_text(image, "href") if isinstance(image, dict) else "") or _text(feed, "logo") or _text(feed, "icon")
    language, authors = language_of(feed.get("language")), _authors(feed)
    return ParsedFeed(
        title=_plain(feed, "title"),
        url=site,
        self_url=self_url,
        description=plain_text.shorten(_plain(feed, "subtitle") or _plain(feed, "summary")),
        language=language,
        authors=authors,
        image=web_url(picture, base),
        topics=_topics(feed),
        ttl_minutes=to_number(feed.get("ttl")),
        kind=kind,
        # By RFC 4287, 4.1.2; RSS has no such rule.
        entries=tuple(
            _entry(each, base, language, authors if kind == "atom" else (), has_pages_as_ids=raw.version in _RDF)
            for each in raw.entries
        ),
    )


def web_url(text: str, base: str = "") -> str:
    """Return an address in a feed as an absolute URL that may be opened; empty if it is none."""
    text = without_feed_scheme(_NOT_IN_URLS.sub("", text).strip()).replace("&amp;", "&")
    if not text:
        return ""
    try:
        if not _SCHEME.match(text):
            text = urljoin(base, text)
            if text.startswith("//"):
                text = f"https:{text}"
        return safe_url(text)
    except (ReaderError, ValueError):
        return ""


def without_feed_scheme(address: str) -> str:
    """Return an address that begins with ``feed:``, as of a link for a feed reader, without it."""
    found = _FEED_SCHEME.match(address)
    if found is None:
        return address
    rest = address[found.end() :]
    return rest if rest.lower().startswith(("http:", "https:")) else f"http://{rest}"


def to_number(value: Any) -> int | None:
    """Return a whole number that a feed gives as text or number; None if it is none, or nonsense."""
    if isinstance(value, str):
        value = value.strip().replace(",", "")
        value = int(value) if value.isdecimal() and len(value) < 16 else None
    if isinstance(value, float):
        value = int(value) if 0 <= value < 1e15 else None
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**15 else None


def to_seconds(value: Any) -> int | None:
    """Return a duration, given in seconds or as ``1:02:03``, in seconds; None if it is none."""
    found = _DURATION.fullmatch(value.strip()[:30]) if isinstance(value, str) else None
    if found is None:
        return to_number(value)
    hours, minutes, seconds, only_seconds = (int(part or 0) for part in found.groups())
    return only_seconds or (hours * 60 + minutes) * 60 + seconds


def unique(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the texts that are not empty, each once, whatever its case."""
    found: dict[str, str] = {}
    for text in texts:
        if text:
            found.setdefault(text.casefold(), text)
    return tuple(found.values())


def language_of(value: Any) -> str:
    """Return the code of a language; empty if it is none."""
    return clean(value).replace("_", "-")[:35] if isinstance(value, str) else ""


def text_as_html(text: str) -> str:
    """Return plain text as HTML with its paragraphs and line breaks."""
    paragraphs = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return "".join(f"<p>{escape(each, quote=False).replace(chr(10), '<br>')}</p>" for each in paragraphs if each)


def kind_of(kinds: Iterable[str]) -> EntryKind:
    """Return what an entry is, by the kinds of its files."""
    found = set(kinds)
    return "video" if "video" in found else "audio" if "audio" in found else "article"


def kind_of_file(file: Enclosure) -> str:
    """Return what a file is, as ``audio`` or ``image``, by its type or else its URL; empty if that is unknown."""
    return "video" if file.type == _FLASH else file.likely_type.partition("/")[0]


def _entry(
    entry: Mapping[str, Any], base: str, language: str, authors: tuple[str, ...], *, has_pages_as_ids: bool
) -> FeedEntry:
    links = _links(entry)
    content = _content(entry)
    content_text = _text(content, "value")
    content_base = web_url(str(content.get("base") or ""), base) or base
    published, updated = _time(entry, "published") or _time(entry, "created"), _time(entry, "updated")
    published = published or updated
    linked = list(_linked_files(entry, links, base))
    media = list(_media_files(entry, base))
    shown = {"image", "text"}
    files = [file for file, kind, _ in media if kind in _PLAYABLE or (file.type and kind not in shown)]
    own_languages = (entry.get("language"), content.get("language"), _detail(entry, "title").get("language"))
    return FeedEntry(
        id=clean(_text(entry, "id")),
        title=_plain(entry, "title"),
        url=web_url(_page(entry, links) or (_text(entry, "id") if has_pages_as_ids else ""), base)
        or web_url(_first(links, "alternate"), base),
        published=published.moment if published else None,
        updated=updated.moment if updated else None,
        published_text=published.text if published else "",
        updated_text=updated.text if updated else "",
        authors=_authors(entry) or (_authors(entry["source"]) if "source" in entry else authors),
        topics=_topics(entry),
        language=next(filter(None, map(language_of, own_languages)), language),
        excerpt=_excerpt(entry, content),
        content_html=content_text if _is_html(content) else text_as_html(content_text),
        content_base=content_base,
        images=_images(entry, linked, media, base),
        enclosures=_unique_by_url([*linked, *files]),
        related=_related(links, base),
        kind=kind_of([*map(kind_of_file, linked), *(kind for _, kind, _ in media)]),
    )


# Text.


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""


def _detail(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = found.get(f"{name}_detail")
    return value if isinstance(value, dict) else {}


def _is_html(detail: Mapping[str, Any]) -> bool:
    return str(detail.get("type") or "").lower() in _HTML_TYPES


def _plain(found: Mapping[str, Any], name: str) -> str:
    """Return a field as one line of plain text."""
    text = _text(found, name)
    return plain_text.from_html(text) if _is_html(_detail(found, name)) else plain_text.from_text(text)


def _content(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the content of an entry, or else its summary; HTML before plain text, the longest first."""
    contents = entry.get("content")
    found = [
        each
        for each in (contents if isinstance(contents, list) else [])
        if _text(each, "value") and (_is_html(each) or _text(each, "type").lower() in _TEXT_TYPES)
    ]
    if found:
        best = max(found, key=lambda each: (_is_html(each), len(each["value"])))
        return {**best, "value": _unescaped(best, "value", best)}
    # The subtitle is that of iTunes, of one line.
    name = next((each for each in ("summary", "subtitle") if _text(entry, each)), "")
    detail = _detail(entry, name)
    return {**detail, "value": _unescaped(entry, name, detail)} if name else {}


def _unescaped(found: Mapping[str, Any], name: str, detail: Mapping[str, Any]) -> str:
    """Return a field, decoded once more if it is HTML all of whose tags were escaped twice."""
    text = _text(found, name)
    is_escaped = detail.get("type") == "text/html" and _ESCAPED_TWICE.fullmatch(text)
    return unescape(text) if is_escaped else text


def _excerpt(entry: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    """Return the summary of an entry, or the beginning of its content, as plain text."""
    detail = _detail(entry, "summary") or content
    sources = [(_unescaped(entry, "summary", detail), _is_html(detail)), (_text(content, "value"), _is_html(content))]
    limit = 2 * plain_text.MAX_EXCERPT
    texts = (
        plain_text.from_html(text, limit) if is_html else plain_text.from_text(text[: 4 * limit])
        for text, is_html in sources
    )
    return plain_text.shorten(next(filter(None, texts), ""))


def _time(entry: Mapping[str, Any], name: str) -> Timestamp | None:
    # Not entry.get(): feedparser's dictionaries answer with another date if this one is missing.
    text = dict.get(entry, name) if isinstance(entry, dict) else None
    if not isinstance(text, str) or not text.strip():
        return None
    found = read_timestamp(text.strip())
    parsed = dict.get(entry, f"{name}_parsed") if found is None and isinstance(entry, dict) else None
    if parsed is None:
        return found
    try:
        year, month, day, hour, minute, second = parsed[:6]
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except (ValueError, TypeError):
        return None
    return Timestamp(moment, moment.isoformat())


# Lists.


def _dicts(found: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    values = found.get(name)
    return (each for each in (values if isinstance(values, list) else ()) if isinstance(each, dict))


def _links(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        {**each, "rel": _text(each, "rel").removeprefix(_IANA) or "alternate"}
        for each in _dicts(found, "links")
        if _text(each, "href")
    ]


def _first(links: list[Mapping[str, Any]], rel: str) -> str:
    return next((_text(each, "href") for each in links if each.get("rel") == rel), "")


def _page(entry: Mapping[str, Any], links: list[Mapping[str, Any]]) -> str:
    """Return the link of an entry: the first to a page, or a guid that looks like one."""
    link = _text(entry, "link")
    pages = [each["href"] for each in links if each.get("rel") == "alternate" and _is_html(each)]
    if link in pages:
        return str(pages[0])
    return link if link != _text(entry, "id") or _LOOKS_LIKE_URL.match(link) else ""


def _authors(found: Mapping[str, Any]) -> tuple[str, ...]:
    people = _dicts(found, "authors")
    return unique(_name(_text(each, "name")) or clean(_text(each, "email")) for each in people)


def _name(text: str) -> str:
    """Return the name of a person, of which feedparser takes a parenthesis at the end for that around the name."""
    name = plain_text.from_html(text) if _TAG.search(text) else plain_text.from_text(text)
    name = _MAILTO.sub("", name)
    return f"{name})" if name.count("(") == name.count(")") + 1 else name


def _topics(found: Mapping[str, Any]) -> tuple[str, ...]:
    return unique(plain_text.from_text(_text(each, "label") or _text(each, "term")) for each in _dicts(found, "tags"))


def _linked_files(entry: Mapping[str, Any], links: list[Mapping[str, Any]], base: str) -> Iterator[Enclosure]:
    duration = to_seconds(entry.get("itunes_duration"))
    for each in links:
        if each.get("rel") == "enclosure":
            title = plain_text.from_text(_text(each, "title"))
            media_type, length = clean(_text(each, "type")).lower(), to_number(each.get("length"))
            media_type = "" if media_type == "text/html" else media_type  # what feedparser says of any link of Atom
            file = Enclosure(web_url(each["href"], base), media_type, length, title=title)
            yield replace(file, duration_seconds=duration) if kind_of_file(file) in _PLAYABLE else file


def _media_files(entry: Mapping[str, Any], base: str) -> Iterator[_MediaFile]:
    """Yield the files of Media RSS, each with its kind and all that the feed says of it."""
    for each in _dicts(entry, "media_content"):
        length, duration = to_number(each.get("filesize")), to_seconds(each.get("duration"))
        file = Enclosure(web_url(_text(each, "url"), base), clean(_text(each, "type")).lower(), length, duration)
        medium = _text(each, "medium").strip().lower()
        yield file, medium if medium in _MEDIA else kind_of_file(file), each


def _unique_by_url(files: list[Enclosure]) -> tuple[Enclosure, ...]:
    found: dict[str, Enclosure] = {}
    for each in files:
        if each.url:
            found.setdefault(each.url, each)
    return tuple(found.values())


def _images(
    entry: Mapping[str, Any], linked: list[Enclosure], media: list[_MediaFile], base: str
) -> tuple[FeedImage, ...]:
    found: dict[str, FeedImage] = {}

    def add(url: str, source: Mapping[str, Any]) -> None:
        if url := web_url(url, base):
            width, height = to_number(source.get("width")), to_number(source.get("height"))
            found.setdefault(url, FeedImage(url, width or None, height or None))

    for file, kind, said in media:
        if kind == "image":
            add(file.url, said)
    for each in _dicts(entry, "media_thumbnail"):
        add(_text(each, "url"), each)
    if isinstance(image := entry.get("image"), dict):
        add(_text(image, "href"), image)
    for file in linked:
        if kind_of_file(file) == "image":
            add(file.url, {})
    return tuple(found.values())


def _related(links: list[Mapping[str, Any]], base: str) -> tuple[FeedLink, ...]:
    found = (
        FeedLink(web_url(each["href"], base), plain_text.from_text(_text(each, "title")))
        for each in links
        if each.get("rel") in {"related", "via"}
    )
    return tuple(dict.fromkeys(each for each in found if each.url))
