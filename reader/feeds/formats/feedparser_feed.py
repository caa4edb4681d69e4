"""feedparser: the reference for every feed in XML, and the only reader of those that are not well-formed.

It gets bytes, never an address or a name of a file, so it neither fetches nor opens anything. It does not sanitize
HTML, which is made safe where it is read (:mod:`reader.content.html`), nor resolve addresses in it.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import re
from functools import cache
from types import SimpleNamespace
from typing import Any

import feedparser
from feedparser import api, encodings, urls
from feedparser.html import _cp1252

from reader.content.html.encodings import codec_for_label, detect_encoding
from reader.core.text import clean
from reader.feeds.formats.convert import RawFeed

_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([^\s\"';]+)", re.IGNORECASE)
_DECLARED = re.compile(rb"""(<\?xml[^>]{0,200}?\sencoding\s*=\s*)("[^"]{0,40}"|'[^']{0,40}')""")
_START = re.compile(rb"<(?:!DOCTYPE|!--|(?:\w+:)?(?:rss|feed|rdf|channel)\b)", re.IGNORECASE)
_WIDE = re.compile(
    rb"""^<\?xml[^>]{0,200}?\sencoding\s*=\s*["'](?:utf|ucs|iso-10646-ucs)[-_]?(?:16|32|2|4)""", re.IGNORECASE
)
"""A declaration that would be unreadable if it were true."""
_XML_START = re.compile(rb"<\?xml\s")
_BEFORE_DOCTYPE = re.compile(rb"(?:<\?.*?\?>|<!--.*?-->|[^<]++)*+(?=<!DOCTYPE)", re.DOTALL)
_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[>]*(?:\[(.*?)\]\s*)?>", re.DOTALL)
_SAFE_ENTITY = re.compile(rb"""<!ENTITY(\s+\w{1,40}\s+"(?:&#\w{1,8};|[^"&%<>]{0,100})")\s*>""")
_ABSOLUTE = re.compile(r"https?://[A-Za-z0-9.-]+(?:/[\w.~%+,!@*()/:=&-]*)?(?:\?[\w.~%+,!@*()/:=&-]+)?", re.ASCII)
"""Addresses that no base changes."""
_RSS_PREFIX = re.compile(rb"<(/?)rss:(?=\w)")
_LONG_ADDRESS = re.compile(r"[\w.+-]+@(?:[\w-]+\.)+[a-z]{5,}(?![\w.-])", re.IGNORECASE)
"""An email address whose end feedparser takes for a name, as it expects at most four letters after the last dot."""
_MOST_AUTHOR = 1000
"""Longer texts are not searched for an address, which takes quadratic time."""
_C1 = re.compile("[\x80-\x9f]")
_UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_GARBAGE = 4096
"""Bytes before the first tag that are skipped."""

_PARSER: Any = api.StrictFeedParser
NAMESPACES: dict[str, str] = {uri.lower(): prefix for uri, prefix in _PARSER.namespaces.items()}
"""The prefixes that feedparser gives to namespaces, in lower case."""


def to_utf8(data: bytes, content_type: str = "") -> bytes:
    """Return a feed in UTF-8, whatever its encoding, without what precedes its first tag. Never raises."""
    data = _without_garbage(data)
    charset = _CHARSET.search(content_type)
    name = detect_encoding(data, charset[1] if charset else "")
    if data.startswith(_UTF_32):
        name = "utf-32"
    elif _WIDE.search(data):
        name = "utf-8"
    elif data.isascii() or (name == "utf-8" and b"\x00" in data[:4]):
        name = ""  # any encoding that the feed or its server names: there are some that use only bytes of ASCII
    if name.startswith("utf-"):
        # Also if the feed or its server says otherwise, if some bytes are wrong, or if a character is cut off.
        data = _DECLARED.sub(rb"\1'utf-8'", data.decode(name, "replace").removeprefix("\ufeff").encode(), 1)
        content_type = "application/xml"
    found: dict[str, Any] = {}
    converted = b""
    with contextlib.suppress(UnicodeError, ValueError):  # the name of the encoding is nonsense
        headers = {"content-type": content_type} if content_type else {}
        converted = encodings.convert_to_utf8(headers, data, found)
    is_other = isinstance(found.get("bozo_exception"), feedparser.CharacterEncodingOverride)
    if not converted or (is_other and name and name == codec_for_label(_declared_label(data))):
        # It is in no encoding of the name that it gives, or in one that Python knows by another name.
        converted = _DECLARED.sub(rb"\1'utf-8'", data.decode(name or "utf-8", "replace").encode(), 1)
    converted = _without_entities(converted)
    if b"<rss:channel" in converted and b"xmlns:rss" not in converted:
        return _RSS_PREFIX.sub(rb"<\1", converted)  # a prefix without a namespace, which feedparser does not know
    return converted


def _declared_label(data: bytes) -> str:
    found = _DECLARED.search(data, 0, _GARBAGE)
    return found[2][1:-1].decode("ascii", "replace") if found else ""


def _without_garbage(data: bytes) -> bytes:
    """Return a feed from its first tag on, if that is near the beginning."""
    start, declaration = _START.search(data, 0, _GARBAGE), _XML_START.search(data, 0, _GARBAGE)
    if declaration and (not start or declaration.start() < start.start() or start[0] == b"<!--"):
        start = declaration
    return data[start.start() :] if start and b"\x00" not in data[: start.start()] else data


def _without_entities(data: bytes) -> bytes:
    """Return a feed without its document type, except for entities that are short texts.

    Neither feedparser nor our own reader then expands entities in entities, or asks for files.
    """
    found = _BEFORE_DOCTYPE.match(data)
    if found is None:
        return data
    start = found.end()
    found = _DOCTYPE.match(data, start)
    if found is None:  # it never ends
        return data[:start] + data[start + len(b"<!DOCTYPE") :]
    entities = b"".join(b"\n<!ENTITY %b>" % each for each in _SAFE_ENTITY.findall(found[1] or b""))
    replacement = b"<!DOCTYPE feed [%b\n]>" % entities if entities else b""
    return data[:start] + replacement + data[found.end() :]


def wrong_encoding(data: bytes) -> str:
    """Return what is wrong with the encoding that a feed declares, as a sentence; empty if nothing is."""
    name = _declared_label(data) or "utf-8"
    codec = codec_for_label(name)
    if not codec:
        return f"Its encoding “{clean(name)}” is unknown."
    try:
        data.decode(codec)
    except UnicodeDecodeError as error:
        return f"It is not in its encoding, {clean(name)}: the bytes after {error.start:,} are not valid."
    return ""


def read(data: bytes, url: str) -> RawFeed:
    """Return a feed in UTF-8. ``url`` is the base of its relative addresses."""
    headers = {"content-type": "application/xml", "content-location": url}
    try:
        found = feedparser.parse(
            io.BytesIO(data), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception:  # noqa: BLE001 - of any kind: it trips over end tags that it does not expect
        parser = _TolerantParser(url, None, "utf-8", {})
        parser.resolve_relative_uris = parser.sanitize_html = False
        parser.feed(data.decode("utf-8", "replace"))
        return RawFeed(parser.version, parser.feeddata, parser.entries)
    return RawFeed(found.version or "", found.feed, found.entries)


class _TolerantParser(api.LooseFeedParser):  # type: ignore[misc]
    """feedparser's parser for feeds that are not well-formed, which goes on after a tag that it fails on."""

    def unknown_starttag(self, tag: str, attrs: Any) -> None:
        """Read a start tag."""
        with contextlib.suppress(Exception):
            super().unknown_starttag(tag, attrs)

    def unknown_endtag(self, tag: str) -> None:
        """Read an end tag."""
        with contextlib.suppress(Exception):
            super().unknown_endtag(tag)


def looks_like_html(text: str) -> bool:
    """Return whether a text that says nothing about its type is HTML, as feedparser guesses it."""
    return bool(_PARSER.looks_like_html(text))


@cache
def is_known(tag: str) -> bool:
    """Return whether feedparser gives a meaning to a tag, named as ``title`` or ``dc_creator``."""
    return hasattr(_PARSER, f"_start_{tag}") or hasattr(_PARSER, f"_end_{tag}")


def mend(text: str) -> str:
    """Return a text without the common errors of encoding, as feedparser mends them."""
    with contextlib.suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return text.translate(_cp1252) if _C1.search(text) else text  # translate() is slow


def _sync_author_detail(parser: Any, key: str = "author") -> None:
    """Split an author given in one text, as feedparser does, but with any email address."""
    context = parser._get_context()
    people = context.get(f"{key}s") or [{}]
    text = "" if people[-1] else context.get(key) or ""
    if text and ("@" not in text or len(text) > _MOST_AUTHOR):
        people[-1]["name"] = text
        return
    _split_as_feedparser(parser, key)
    if address := _LONG_ADDRESS.search(text):
        name = re.sub(r"\(\)|<>|&lt;&gt;", "", text.replace(address[0], "")).strip()
        people[-1]["name"], people[-1]["email"] = name.removeprefix("(").removesuffix(")").strip(), address[0]


def _end_url(parser: Any) -> None:
    """Take the ``url`` in an image of an entry for the address of the image, of which feedparser keeps nothing."""
    _end_url_as_feedparser(parser)
    if parser.inentry and parser.inimage:
        _keep_image(parser, parser._get_context().get("href"))


def _end_link(parser: Any) -> None:
    """Leave the link of an entry as it is if the element is empty: it may be that of its guid."""
    context = parser._get_context()
    link = context.get("link")
    parser.pop("link")
    if parser.inentry and not context.get("link"):
        context.pop("link", None)
        if link:
            context["link"] = link


def _end_image(parser: Any) -> None:
    """Take the text of an image of an entry for its address."""
    text = parser.pop("image")
    parser.inimage = 0
    if parser.inentry:
        _keep_image(parser, text)


def _keep_image(parser: Any, address: str | None) -> None:
    if address:
        parser._get_context().setdefault("image", {"href": address})


_split_as_feedparser: Any = _PARSER._sync_author_detail
_end_url_as_feedparser: Any = _PARSER._end_url
for _each in (api.StrictFeedParser, api.LooseFeedParser):
    _each._sync_author_detail = _sync_author_detail
    _each._end_url, _each._end_image, _each._end_link = _end_url, _end_image, _end_link
    _each.can_be_relative_uri = _each.can_be_relative_uri - {"id"}  # an id does not depend on where the feed is


def split_author(text: str) -> dict[str, str]:
    """Return name and email address of an author given in one text, as ``ann@example.org (Ann)``."""
    found = feedparser.FeedParserDict(author=text, authors=[feedparser.FeedParserDict()])
    _PARSER._sync_author_detail(SimpleNamespace(_get_context=lambda: found))
    return dict(found["authors"][0])


def join_base(base: str, relative: str) -> str:
    """Return the base of addresses in an element with ``xml:base``."""
    if not base:
        return str(urls._urljoin(base, relative))
    return str(urls.make_safe_absolute_uri(base, relative) or base)


def resolve(base: str, address: str) -> str:
    """Return an address in a feed, resolved against its base."""
    if _ABSOLUTE.fullmatch(address):
        return address
    return str(urls._urljoin(base, address))
