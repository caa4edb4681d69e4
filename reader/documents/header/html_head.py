"""What the head of an HTML page says about its article: JSON-LD, OpenGraph, meta elements, title."""

from __future__ import annotations

from collections.abc import Iterator

from reader.content.html.linked_data import is_article, linked_objects, listed
from reader.content.html.tokenizer import Token, tokens
from reader.documents.field_names import FieldNames
from reader.documents.header.nodes import Header, HeaderNode, MappingNode, ScalarNode, SequenceNode

_MAX_SOURCE = 256 * 1024
"""Characters at the start of a page that are looked at."""
# The names of meta elements for each field, the best first (OpenGraph, Dublin Core, and what many sites use).
_META = {
    "title": ("og:title", "twitter:title", "dc.title", "citation_title", "<title>"),
    "excerpt": ("og:description", "description", "twitter:description", "dc.description"),
    "date": (
        "article:published_time", "og:published_time", "og:article:published_time", "date", "pubdate", "dc.date",
        "dc.date.issued", "dc.date.created", "dcterms.issued", "dcterms.created", "dcterms.date", "sailthru.date",
        "citation_publication_date", "publish-date", "parsely-pub-date", "<time>",
    ),
    "updated": ("article:modified_time", "og:updated_time", "last-modified", "dcterms.modified"),
    "url": ("canonical", "og:url"),
    "site": ("og:site_name", "application-name", "dc.publisher"),
    "author": ("author", "article:author", "dc.creator", "citation_author", "parsely-author"),
    "image": ("og:image", "og:image:url", "twitter:image"),
    "keywords": ("article:tag", "keywords", "news_keywords"),
    "lang": ("lang", "og:locale"),
}  # fmt: skip
_META_NAMES = frozenset(name for names in _META.values() for name in names)
_FIELD_NAMES = FieldNames()
_LISTS = {"article:tag", "author", "citation_author", "article:author"}
_OWN_URL = "<url>"
"""The address of the first article in JSON-LD, which counts only if the page names no canonical one."""
_JSON_LD = {
    "url": _OWN_URL, "mainEntityOfPage": _OWN_URL,
    "headline": "title", "description": "excerpt", "datePublished": "date", "dateModified": "updated",
    "author": "author", "publisher": "site", "keywords": "keywords", "image": "image", "inLanguage": "lang",
}  # fmt: skip


_TEXTS = {_OWN_URL: ("@id", "url"), "image": ("url", "contentUrl", "name")}
"""Where the text of an object in JSON-LD is, if not in its name or URL."""


def read_html_head(source: str) -> Header:
    """Return the fields that the head of the page ``source`` has, named as in front matter. Never raises."""
    found: dict[str, list[str]] = {}
    entries: dict[str, HeaderNode] = {}
    for token in _head_tokens(source[:_MAX_SOURCE]):
        attributes = token.attributes
        if token.text == "html":
            _add(found, "lang", attributes.get("lang", ""))
        elif token.text == "title":
            _add(found, "<title>", " ".join(token.inner.split()))
        elif token.text == "meta":
            name = next(filter(None, map(attributes.get, ("property", "name", "itemprop"))), "")
            _add(found, name, attributes.get("content", ""))
        elif token.text == "time" and ("pubdate" in attributes or attributes.get("itemprop") == "datePublished"):
            _add(found, "<time>", attributes.get("datetime", ""))
        elif token.text == "link" and "canonical" in attributes.get("rel", "").lower().split():
            _add(found, "canonical", attributes.get("href", ""))
        elif token.text == "script" and "ld+json" in attributes.get("type", "").lower():
            _read_json_ld(token.inner, entries)
    own_url = entries.pop(_OWN_URL, None)
    for name, node in _fields_of(found):
        entries.setdefault(name, node)
    if own_url:
        entries.setdefault("url", own_url)
    return Header(MappingNode(entries, 1))


def _fields_of(found: dict[str, list[str]]) -> Iterator[tuple[str, HeaderNode]]:
    """Yield what the elements ``found`` in a head give, the best first."""
    for field, names in _META.items():
        given = [name for name in names if name in found]
        if field == "url":  # a canonical one may be only a path
            given.sort(key=lambda name: not found[name][0].startswith("http"))
        if name := next(iter(given), ""):
            yield field, _node(found[name] if name in _LISTS else found[name][:1])
    for name, texts in found.items():
        if name not in _META_NAMES and _FIELD_NAMES.field_of(name):  # as in front matter, for Pelican
            yield name, _node(texts)


def _head_tokens(source: str) -> Iterator[Token]:
    for token in tokens(source):
        if token.kind == "start":
            yield token
            if token.text == "head":  # the tokenizer skips what is inside
                yield from (inner for inner in tokens(token.inner) if inner.kind == "start")


def _add(found: dict[str, list[str]], name: str, value: str) -> None:
    if value.strip():
        found.setdefault(name.strip().lower(), []).append(value.strip())


def _read_json_ld(source: str, entries: dict[str, HeaderNode]) -> None:
    for thing in filter(is_article, linked_objects(source)):
        for name, field in _JSON_LD.items():
            texts = [text for value in listed(thing.get(name)) if (text := _text_of(value, field))]
            if texts and field not in entries and not (field == _OWN_URL and entries):
                entries[field] = _node(texts)


def _text_of(value: object, field: str) -> str:
    if isinstance(value, dict):
        value = next((each for key in _TEXTS.get(field, ("name", "url")) if (each := value.get(key))), "")
    return value.strip() if isinstance(value, str) else ""


def _node(texts: list[str]) -> HeaderNode:
    items = tuple(ScalarNode(text, 1, plain=False) for text in texts)
    return items[0] if len(items) == 1 else SequenceNode(items, 1)
