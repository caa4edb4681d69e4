"""Our own reader of well-formed feeds, many times faster than feedparser and equal to it.

It follows feedparser's rules, described in its words, and gives up on what it does not know to be equal: a feed that is
not well-formed, a document type, elements of unknown meaning with children, markup where text should be, dates that
only feedparser understands. Then feedparser reads the feed. Tests compare the two, and so does
``benchmarks/feeds.py`` for the feeds of any folder.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lxml import etree

from reader.feeds.formats import feedparser_feed
from reader.feeds.formats.convert import RawFeed
from reader.feeds.formats.timestamps import read_timestamp
from reader.feeds.formats.xml_elements import (
    READ,
    Element,
    Fields,
    OtherShapeError,
    attributes_of,
    mended,
    name_of,
    person_of,
    plain_attributes,
    raw_text_of,
    text_of,
    with_href,
    xhtml_of,
)

_ATOM = "http://www.w3.org/2005/Atom"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_VERSIONS = {_ATOM.lower(): "atom10", "http://purl.org/rss/1.0/": "rss10"}
"""By namespace: the first that a feed declares counts."""
_NAMESPACES = feedparser_feed.NAMESPACES
_STANDARD = frozenset(_NAMESPACES.values())
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY|ATTLIST|ELEMENT)")
_HEAD = 4096
"""Bytes in which declarations are searched for."""
_BASE = re.compile(rb"\bbase\s*=", re.IGNORECASE)
_HTML, _XHTML_TYPE, _TEXT = "text/html", "application/xhtml+xml", "text/plain"
_TYPES = {"text": _TEXT, "plain": _TEXT, "html": _HTML, "xhtml": _XHTML_TYPE}
_ENTITY_IN_URL = re.compile(r"&([A-Za-z0-9_]+);")
_HARMLESS = ("admin_", "cc_", "creativecommons_", "geo_", "georss_", "gml_", "psc_")
"""Beginnings of names of which feedparser keeps nothing that is read here."""
_IGNORED_NAMES = (
    "cloud copyright dc_publisher dc_rights dcterms_valid email expirationdate feedburner_browserfriendly "
    "generator homepage itunes_block itunes_email itunes_explicit itunes_name media_credit media_license "
    "media_player media_rating media_restriction name rights uri url webmaster"
)
_IGNORED = frozenset(_IGNORED_NAMES.split())
"""Elements to which feedparser gives a meaning, but none that is read here."""


def read(data: bytes, url: str) -> RawFeed | None:
    """Return a feed in UTF-8, or None if feedparser must read it. ``url`` is the base of its relative addresses."""
    if has_declarations(data) or (not url and _BASE.search(data)):
        return None
    parser = _parser()
    try:
        root = etree.fromstring(data, parser)
        return None if len(parser.error_log) else _Reader(url).read(root)
    except (etree.XMLSyntaxError, OtherShapeError):
        return None


def has_declarations(data: bytes) -> bool:
    """Return whether a feed begins with a document type or entities."""
    return bool(_DECLARATION.search(data, 0, _HEAD))


def error_in(data: bytes) -> str:
    """Return why a feed in UTF-8 is not well-formed, without a full stop; empty if it is."""
    parser = _parser()
    try:
        etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        return str(error.msg).replace(" (<string>, ", " (").rstrip(".")
    return parser.error_log[0].message if len(parser.error_log) else ""


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)


class _Reader:
    """Reads one feed. The attributes are those of feedparser's parser, with the same meaning."""

    def __init__(self, url: str) -> None:
        self.base = url
        self.lang = ""
        self.is_atom = False
        self.feed: Fields = {}
        self.entries: list[Fields] = []
        self.context = self.feed
        """The entry that is being read, the feed or its image."""
        self.in_entry = False
        self.depths: dict[str, int] = {}
        """How deep the fields of the entry were found: a field that is less deep replaces them."""
        self.title_depth = -1
        self.has_content = False

    def read(self, root: Element) -> RawFeed:
        """Return the feed. Raises OtherShapeError."""
        namespaces = [each.lower() for each in root.nsmap.values()]
        for prefix, namespace in zip(root.nsmap, namespaces, strict=True):
            if prefix in _STANDARD and _NAMESPACES.get(namespace, prefix) != prefix:
                raise OtherShapeError  # it is the usual prefix of another namespace
        version = next((_VERSIONS[each] for each in namespaces if each in _VERSIONS), "")
        self._enter(root)
        if root.tag == "rss" and [each.tag for each in root] == ["channel"]:
            self._read_channel(root[0], 2)
            return RawFeed("rss20", self.feed, self.entries)
        self.is_atom = version == "atom10"
        if root.tag == f"{{{_ATOM}}}feed" and self.is_atom:
            self._read_children(root, 1)
        elif root.tag == f"{{{_RDF}}}RDF" and version:
            self._read_rdf(root)
        else:
            raise OtherShapeError
        return RawFeed(version, self.feed, self.entries)

    def _read_rdf(self, root: Element) -> None:
        for child in root:
            name = name_of(child)
            if name == "channel":
                self._read_channel(child, 2)
            elif name == "item":
                self._read_entry(child, 2)
            elif name not in {"image", "textinput"} or any(name_of(each) in {"item", "entry"} for each in child.iter()):
                raise OtherShapeError  # feedparser keeps nothing but entries of those two

    def _read_channel(self, channel: Element, depth: int) -> None:
        if not self._enter(channel).keys().isdisjoint({"lastmod", "href"}):
            raise OtherShapeError
        self._read_children(channel, depth)

    def _read_children(self, parent: Element, depth: int) -> None:
        """Read the children of an element, which are at the depth below it."""
        for child in parent:
            name = name_of(child)
            if reading := _READERS.get(name):
                reading(self, child, depth + 1)
            elif feedparser_feed.is_known(name) and name not in _IGNORED and not name.startswith(_HARMLESS):
                raise OtherShapeError
            else:
                self._read_unknown(child, name, depth + 1)

    def _read_unknown(self, element: Element, name: str, depth: int) -> None:
        if len(element):
            for child in element.iterdescendants():
                inner = name_of(child)
                if inner in READ or (feedparser_feed.is_known(inner) and not inner.startswith(_HARMLESS)):
                    raise OtherShapeError
        if name in READ:
            raise OtherShapeError
        if name in {"ttl", "logo", "icon", "itunes_duration"}:
            text = text_of(element)
            if not element.attrib:
                text = feedparser_feed.resolve(self.base, text) if text and name in {"logo", "icon"} else text
            self._store(name, {} if element.attrib else text, depth)

    # Base and language.

    def _enter(self, element: Element) -> Fields:
        """Return the attributes of an element after taking over the base and language that it gives."""
        if not element.attrib:
            return {}
        found = attributes_of(element)
        if base := found.get("xml:base", found.get("base")):
            self.base = feedparser_feed.join_base(self.base, base)
        lang = found.get("xml:lang", found.get("lang"))
        if lang is not None:
            self.lang = lang
            if lang and element.getparent() is None and element.tag != f"{{{_RDF}}}RDF":
                self.feed["language"] = lang.replace("_", "-")
        return found

    # Entries.

    def _read_entry(self, element: Element, depth: int) -> None:
        if self.in_entry:
            raise OtherShapeError
        base, lang = self.base, self.lang
        found = self._enter(element)
        if "lastmod" in found or "href" in found:
            raise OtherShapeError
        self.context, self.in_entry, self.depths, self.title_depth = {}, True, {}, -1
        self.entries.append(self.context)
        if about := found.get("rdf:about"):
            self.context["id"] = about
        self._read_children(element, depth)
        self.context, self.in_entry, self.has_content = self.feed, False, False
        self.base, self.lang = base, lang

    def _store(self, name: str, value: Any, depth: int) -> None:
        if not self.in_entry:
            self.context[name] = value
        elif depth <= self.depths.get(name, depth):
            self.depths[name] = depth
            self.context[name] = value

    def _keep_text(self, name: str, element: Element, depth: int) -> str:
        text = text_of(element)
        self._store(name, text, depth)
        return text

    # Text that may be HTML.

    def _read_content(self, element: Element, default: str) -> tuple[Fields, str]:
        """Return what the element says about its content, and the content."""
        base, lang = self.base, self.lang
        found = self._enter(element)
        kind = _TYPES.get(found.get("type", default).lower(), found.get("type", default).lower())
        if "mode" in found or kind not in {_TEXT, _HTML, _XHTML_TYPE} or (kind == _XHTML_TYPE and not self.is_atom):
            raise OtherShapeError
        text = mended("".join(xhtml_of(element)).strip()) if kind == _XHTML_TYPE else text_of(element)
        if kind == _TEXT and not self.is_atom and feedparser_feed.looks_like_html(text):
            kind = _HTML
        detail = {"type": kind, "language": self.lang.replace("_", "-") or None, "base": self.base, "value": text}
        if "src" in found:
            detail["src"] = found["src"]
        self.base, self.lang = base, lang
        return detail, text

    def _read_title(self, element: Element, depth: int) -> None:
        detail, text = self._read_content(element, _TEXT)
        if not -1 < self.title_depth <= depth:
            self._store("title", text, depth)
            self.context["title_detail"] = detail
        if text:
            self.title_depth = depth

    def _read_media_title(self, element: Element, depth: int) -> None:
        before = self.title_depth
        self._read_title(element, depth)
        self.title_depth = before

    def _read_subtitle(self, element: Element, depth: int) -> None:
        self.context["subtitle_detail"], text = self._read_content(element, _TEXT)
        self._store("subtitle", text, depth)

    def _read_summary(self, element: Element, depth: int) -> None:
        self._read_summary_or_content("summary", element, _TEXT, depth)

    def _read_description(self, element: Element, depth: int) -> None:
        self._read_summary_or_content("description", element, _HTML, depth)

    def _read_summary_or_content(self, name: str, element: Element, default: str, depth: int) -> None:
        if "summary" in self.context and not self.has_content:
            self._read_main(element, depth)
            return
        detail, text = self._read_content(element, default)
        if name == "description":
            name = "summary" if self.in_entry else "subtitle"
        self._store(name, text, depth)
        self.context[f"{name}_detail"] = detail

    def _read_main(self, element: Element, depth: int, default: str = _TEXT) -> None:
        self.has_content = True
        detail, text = self._read_content(element, default)
        if self.in_entry:
            self.context.setdefault("content", []).append(detail)
        self.context.setdefault("summary", text)

    def _read_encoded(self, element: Element, depth: int) -> None:
        self._read_main(element, depth, _HTML)

    # Addresses.

    def _read_id(self, element: Element, depth: int) -> None:
        is_link = plain_attributes(element).get("ispermalink", "true") == "true"
        text = self._keep_text("id", element, depth)
        if is_link:
            self.context.setdefault("link", text)

    def _read_link(self, element: Element, depth: int) -> None:
        found = with_href(plain_attributes(element))
        rel = found.setdefault("rel", "alternate")
        kind = found.setdefault("type", "application/atom+xml" if rel == "self" else _HTML).lower()
        links: list[Fields] = self.context.setdefault("links", [])
        links.append(found)
        if "href" in found:
            found["href"] = feedparser_feed.resolve(self.base, found["href"])
            if rel == "alternate" and _TYPES.get(kind, kind) in {_HTML, _XHTML_TYPE}:
                self.context["link"] = found["href"]
            return
        text = raw_text_of(element)
        text = mended(feedparser_feed.resolve(self.base, text) if text else text)
        if self.in_entry:
            text = text.replace("&amp;", "&")
        text = _ENTITY_IN_URL.sub(r"&\1", text) if "&" in text else text
        if text or not self.in_entry:
            self.context["link"] = found["href"] = text

    def _read_enclosure(self, element: Element, depth: int) -> None:
        found = with_href(plain_attributes(element))
        found["rel"] = "enclosure"
        self.context.setdefault("links", []).append(found)
        self._read_children(element, depth)

    # People.

    def _read_author(self, element: Element, depth: int) -> None:
        authors: list[Fields] = self.context.setdefault("authors", [])
        if not len(element):
            if text := text_of(element):
                self.context["author"] = text
            authors.append(feedparser_feed.split_author(text))
            return
        if (element.text or "").strip() or any((each.tail or "").strip() for each in element):
            raise OtherShapeError
        person = person_of(element)
        if "author" in self.context or (authors and not person.get("name")):
            raise OtherShapeError  # feedparser may give it the name of the one before, or the other way around
        authors.append(person)

    def _read_owner(self, element: Element, depth: int) -> None:
        if element.text and element.text.strip():
            raise OtherShapeError
        if person := person_of(element):
            authors = self.context.setdefault("authors", [])
            if authors and not authors[-1]:
                raise OtherShapeError  # as above
            authors[-1:] = [{**(authors[-1] if authors else {}), **person}]

    def _read_contributor(self, element: Element, depth: int) -> None:
        person_of(element)

    # Topics, dates and the rest.

    def _read_category(self, element: Element, depth: int) -> None:
        found = plain_attributes(element)
        term = found.get("term")
        self._add_tag(term, found.get("scheme", found.get("domain")), found.get("label"))
        if text := text_of(element):
            self._add_term(text)

    def _read_media_category(self, element: Element, depth: int) -> None:
        found = plain_attributes(element)
        scheme = found.get("scheme", found.get("domain")) if "scheme" in found else _MEDIA_SCHEME
        self._add_tag(found.get("term"), scheme, found.get("label"))
        if text := text_of(element):
            self._add_term(text)

    def _read_itunes_category(self, element: Element, depth: int) -> None:
        self._add_tag(plain_attributes(element).get("text"), _ITUNES_SCHEME, None)
        if len(element):
            if any((each or "").strip() for each in (element.text, *(child.tail for child in element))):
                raise OtherShapeError
            self._read_children(element, depth)
        elif text := text_of(element):
            self._add_term(text)

    def _read_keywords(self, element: Element, depth: int) -> None:
        scheme = _ITUNES_SCHEME if name_of(element) == "itunes_keywords" else None
        if not element.attrib:  # feedparser reads none with attributes
            for term in text_of(element).split(","):
                if term.strip():
                    self._add_tag(term.strip(), scheme, None)

    def _add_tag(self, term: str | None, scheme: str | None, label: str | None) -> None:
        tags: list[Fields] = self.context.setdefault("tags", [])
        value = {"term": term, "scheme": scheme, "label": label}
        if (term or scheme or label) and value not in tags:
            tags.append(value)

    def _add_term(self, term: str) -> None:
        tags = self.context["tags"]
        if tags and not tags[-1]["term"]:
            tags[-1]["term"] = term
        else:
            self._add_tag(term, None, None)

    def _read_date(self, element: Element, depth: int) -> None:
        text = self._keep_text(_DATES[name_of(element)], element, depth)
        if text and self.in_entry and read_timestamp(text) is None:
            raise OtherShapeError

    def _read_language(self, element: Element, depth: int) -> None:
        self._keep_text("language", element, depth)

    def _read_image(self, element: Element, depth: int) -> None:
        plain_attributes(element)
        self.title_depth = -1
        if self.in_entry:
            if text := text_of(element):
                self.context.setdefault("image", {"href": text})
            return
        self.context = self.feed.setdefault("image", {})
        for child in element:
            name = name_of(child)
            if name in {"url", "href", "width", "height"}:
                if name == "url":
                    text = raw_text_of(child)
                    self.context["href"] = mended(feedparser_feed.resolve(self.base, text) if text else text)
            elif name in {"title", "link", "description"}:
                _READERS[name](self, child, depth + 1)
            else:
                raise OtherShapeError
        self.context = self.feed

    def _read_text_input(self, element: Element, depth: int) -> None:
        self.title_depth = -1
        for child in element:
            name = name_of(child)
            if name not in {"title", "link", "description", "name"}:
                raise OtherShapeError
            if text_of(child) and name == "title":
                self.title_depth = depth + 1

    def _read_itunes_image(self, element: Element, depth: int) -> None:
        found = plain_attributes(element)
        if address := found.get("href") or found.get("url"):
            self.context["image"] = {"href": address}

    def _read_source(self, element: Element, depth: int) -> None:
        """Skip what an entry says about the feed that it was taken from."""
        if not self.in_entry or any(len(each) and "author" not in str(each.tag) for each in element):
            raise OtherShapeError
        has_title = any(name_of(each) == "title" and (each.text or "").strip() for each in element)
        self.title_depth = depth + 1 if has_title else -1
        self.context["source"] = {"authors": [person_of(each) for each in element if name_of(each) == "author"]}

    def _read_media(self, element: Element, depth: int) -> None:
        self.context.setdefault("media_content", []).append(plain_attributes(element))
        self._read_children(element, depth)

    def _read_thumbnail(self, element: Element, depth: int) -> None:
        found = plain_attributes(element)
        text = text_of(element)
        if text:
            found.setdefault("url", feedparser_feed.resolve(self.base, text))
        self.context.setdefault("media_thumbnail", []).append(found)


_MEDIA_SCHEME = "http://search.yahoo.com/mrss/category_schema"
_ITUNES_SCHEME = "http://www.itunes.com/"
_DATES = {
    "pubdate": "published", "published": "published", "issued": "published", "dcterms_issued": "published",
    "updated": "updated", "modified": "updated", "lastbuilddate": "updated", "dc_date": "updated",
    "dcterms_modified": "updated", "created": "created", "dcterms_created": "created",
}  # fmt: skip
_Reading = Callable[[_Reader, "Element", int], None]
_READERS: dict[str, _Reading] = {
    name: reading
    for names, reading in (
        ("item entry", _Reader._read_entry),
        ("title dc_title", _Reader._read_title),
        ("media_title", _Reader._read_media_title),
        ("subtitle tagline itunes_subtitle", _Reader._read_subtitle),
        ("summary itunes_summary", _Reader._read_summary),
        ("description dc_description media_description", _Reader._read_description),
        ("content", _Reader._read_main),
        ("content_encoded", _Reader._read_encoded),
        ("id guid", _Reader._read_id),
        ("link", _Reader._read_link),
        ("enclosure", _Reader._read_enclosure),
        ("author managingeditor dc_creator dc_author itunes_author", _Reader._read_author),
        ("itunes_owner", _Reader._read_owner),
        ("contributor", _Reader._read_contributor),
        ("category keywords dc_subject", _Reader._read_category),
        ("media_category", _Reader._read_media_category),
        ("itunes_category", _Reader._read_itunes_category),
        ("media_keywords itunes_keywords", _Reader._read_keywords),
        (" ".join(_DATES), _Reader._read_date),
        ("language dc_language", _Reader._read_language),
        ("image", _Reader._read_image),
        ("textinput", _Reader._read_text_input),
        ("itunes_image itunes_link", _Reader._read_itunes_image),
        ("source", _Reader._read_source),
        ("media_group", _Reader._read_children),
        ("media_content", _Reader._read_media),
        ("media_thumbnail", _Reader._read_thumbnail),
    )
    for name in names.split()
}
