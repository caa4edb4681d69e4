"""Lists of feeds: OPML 1 and 2, and the ``urls`` file of newsboat. Pure; nothing that a list names is ever run.

OPML is read by its tags and attributes, in whatever state of repair they are: no entity is expanded, and no parser of
XML is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from reader.content.html.encodings import detect_encoding
from reader.content.html.tokenizer import ATTRIBUTE
from reader.core.errors import ReaderError
from reader.core.text import clean, format_count, truncate, unescape
from reader.core.urls import canonical_url, safe_url
from reader.feeds.formats.convert import without_feed_scheme
from reader.feeds.model import FeedError

MAX_BYTES = 10_000_000
"""Size limit of a list."""
_MAX_DEPTH = 20
"""Folders in each other; feeds in deeper ones are in the last of these."""
_SHOWN = 60
"""Cells of a text that is quoted."""
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[|\]\]>", re.DOTALL)
_TAG = re.compile(r"""<(/?)(opml|body|outline)\b((?:[^<>"'/]++|"[^"<]*+"|'[^'<]*+'|/(?!>))*+)(/?)>""", re.IGNORECASE)
_ADDRESSES = ("xmlurl", "feedurl", "url")
_FEED_TYPES = {"rss", "rss1", "atom", "feed", "jsonfeed", "pie", "link", ""}
_WORD = re.compile(r'"((?:[^"\\]|\\.)*+)"|(\S+)')


@dataclass(frozen=True, slots=True)
class OpmlFeed:
    """A feed in a list."""

    url: str
    title: str = ""
    group: str = ""
    """The folders that it is in, joined with ``/``; empty outside of folders."""
    site_url: str = ""
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedList:
    """What a list of feeds says."""

    feeds: tuple[OpmlFeed, ...]
    """Each once."""
    warnings: tuple[str, ...] = ()
    """What was left out, and why, in sentences."""


class _Collector:
    """Collects feeds, each once, and what is wrong with the others."""

    def __init__(self) -> None:
        self.feeds: dict[str, OpmlFeed] = {}
        self._repeated = 0
        self.warnings: list[str] = []

    def add(self, feed: OpmlFeed) -> None:
        """Add a feed whose address is not checked yet."""
        name = feed.title or feed.url
        try:
            url = safe_url(without_feed_scheme(feed.url.strip()))
        except ReaderError as error:
            self.refuse(name, error.message)
            return
        key = canonical_url(url)
        if key in self.feeds:
            self._repeated += 1
            return
        self.feeds[key] = OpmlFeed(url, feed.title, feed.group, _safe_or_empty(feed.site_url), feed.topics)

    def refuse(self, name: str, reason: str) -> None:
        """Note why a feed is left out."""
        shown = truncate(clean(name).partition("://")[0] if "@" in name else clean(name), _SHOWN)  # no password
        self.warnings.append(f"“{shown}” is left out: {reason}")

    def result(self) -> FeedList:
        """Return all feeds."""
        if self._repeated:
            are = "is" if self._repeated == 1 else "are"
            self.warnings.append(f"{format_count(self._repeated, 'repeated feed')} {are} left out.")
        if not self.feeds and not self.warnings:
            self.warnings.append("The list names no feeds.")
        return FeedList(tuple(self.feeds.values()), tuple(self.warnings))


def read_feed_list(data: bytes) -> FeedList:
    """Return a list of feeds, in OPML, as newsboat's ``urls`` file, or with one address a line. Raises FeedError."""
    text = _decoded(data)
    return _read_outlines(text) if text.lstrip().startswith("<") else _read_lines(text)


def _decoded(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise FeedError(f"It is larger than {MAX_BYTES // 1_000_000} MB, too large for a list of feeds.")
    text = data.decode(detect_encoding(data), "replace").removeprefix("\ufeff")
    if "\0" in text:  # a program or an archive, each line of which would be an address to complain about
        raise _no_list()
    return text


def _no_list() -> FeedError:
    return FeedError("This is not a list of feeds.", "A list is an OPML file, or has an address on each line.")


# OPML.


def _read_outlines(text: str) -> FeedList:
    found, groups, has_root, is_whole = _Collector(), [""], False, False
    for tag in _TAG.finditer(_COMMENT.sub("", text)):
        closing, name, inside, self_closing = tag.groups()
        if name.lower() != "outline":
            has_root |= name.lower() == "opml"
            is_whole |= bool(closing) and name.lower() == "opml"
        elif not closing:
            folder = _read_outline(_attributes(inside), groups[-1], found)
            if not self_closing:
                is_group = folder and groups[-1].count("/") < _MAX_DEPTH
                groups.append(f"{groups[-1]}/{folder}".strip("/") if is_group else groups[-1])
        elif len(groups) > 1:
            groups.pop()
    if not has_root and not found.feeds:
        raise _no_list()
    if not is_whole:
        found.warnings.append("The list ends early or is damaged; what could be read counts.")
    return found.result()


def _read_outline(attributes: Mapping[str, str], group: str, found: _Collector) -> str:
    """Read an outline and return its name if it is a folder, otherwise ""."""
    name = clean(attributes.get("text") or attributes.get("title") or "")
    kind = attributes.get("type", "").strip().lower()
    address = next((attributes[each] for each in _ADDRESSES if attributes.get(each, "").strip()), "")
    if "xmlurl" not in attributes and kind not in _FEED_TYPES - {"link", ""}:
        return "" if address else name.replace("/", "-")
    if "filtercmd" in attributes:
        found.refuse(name or address, "newsreader runs no filters that a list names.")
    elif address.lstrip().startswith(("|", "exec:", "filter:")):
        found.refuse(name or address, "newsreader runs no commands that a list names.")
    elif not address.strip():
        found.refuse(name, "its outline has no xmlUrl.")
    else:
        topics = _topics(attributes.get("category", "").split(","))
        title = "" if name == address.strip() else name  # programs write the address if they know no title
        found.add(OpmlFeed(address, title, group, attributes.get("htmlurl", ""), topics))
    return ""


def _topics(words: Iterable[str]) -> tuple[str, ...]:
    """Return topics without what means something else in OPML: commas, and slashes at their ends."""
    return tuple(dict.fromkeys(filter(None, (clean(each.replace(",", " ")).strip("/ ") for each in words))))


def _attributes(source: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in ATTRIBUTE.finditer(source):
        key, *values = each.groups()
        found.setdefault(key.lower(), unescape(next((value for value in values if value is not None), "")))
    return found


def _safe_or_empty(url: str) -> str:
    try:
        return safe_url(url)
    except ReaderError:
        return ""


def write_opml(feeds: Iterable[OpmlFeed]) -> bytes:
    """Return feeds as OPML 2.0, with a folder for each group. Its order is that of the feeds within each group."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        "  <head><title>Feeds of newsreader</title></head>",
        "  <body>",
        *_outlines([(tuple(filter(None, each.group.split("/"))), each) for each in feeds], "    "),
        "  </body>",
        "</opml>",
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _outlines(feeds: Sequence[tuple[tuple[str, ...], OpmlFeed]], indent: str) -> Iterator[str]:
    """Yield the outlines of feeds, each with the folders that are still to be opened for it."""
    groups: dict[str, list[tuple[tuple[str, ...], OpmlFeed]]] = {}
    for folders, feed in feeds:
        if folders:
            groups.setdefault(folders[0], []).append((folders[1:], feed))
        else:
            yield f"{indent}{_outline(feed)}"
    for name, inner in groups.items():
        yield f"{indent}<outline text={_quoted(name)} title={_quoted(name)}>"
        yield from _outlines(inner, f"{indent}  ")
        yield f"{indent}</outline>"


def _outline(feed: OpmlFeed) -> str:
    name = _quoted(feed.title or feed.url)
    site = f" htmlUrl={_quoted(feed.site_url)}" if feed.site_url else ""
    category = f" category={_quoted(','.join(_topics(feed.topics)))}" if feed.topics else ""
    return f'<outline type="rss" text={name} title={name} xmlUrl={_quoted(feed.url)}{site}{category}/>'


def _quoted(text: str) -> str:
    return f'"{escape(clean(text))}"'


# Lines.


def _read_lines(text: str) -> FeedList:
    """Return the feeds of lines as newsboat has them: an address, then tags, of which ``~Title`` is the title."""
    found, has_commands = _Collector(), False
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        address, *tags = (_unquoted(each) for each in _WORD.finditer(line))
        title = next((clean(tag[1:]) for tag in tags if tag.startswith("~")), "")
        topics = _topics(tag for tag in tags if not tag.startswith(("~", "!")))
        if address.startswith(("exec:", "filter:", "|")):
            has_commands = True
            found.refuse(title or address, "newsreader runs no commands that a list names.")
        elif address.startswith("query:"):
            found.refuse(title or address.split(":")[1], "it is a query of newsboat; a saved view does the same.")
        else:
            found.add(OpmlFeed(address, title, topics[0].replace("/", "-") if topics else "", "", topics))
    if not found.feeds and not has_commands:
        raise _no_list()
    return found.result()


def _unquoted(word: re.Match[str]) -> str:
    return word[2] or re.sub(r"\\(.)", r"\1", word[1] or "")
