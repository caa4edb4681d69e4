"""Elements of feeds in XML as feedparser sees them: names, attributes, text, people, markup. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, TypeAlias

from reader.feeds.formats import feedparser_feed

if TYPE_CHECKING:
    from lxml.etree import _Element

Element: TypeAlias = "_Element"
Fields: TypeAlias = dict[str, Any]

_XHTML = "http://www.w3.org/1999/xhtml"
_MAX_DEPTH = 100
"""Elements in each other of content of type xhtml."""
_READ_NAMES = (
    "author author_detail authors category content contributors created created_parsed entries guidislink href id "
    "image keywords language link links published published_parsed subtitle subtitle_detail summary "
    "summary_detail tags title title_detail updated updated_parsed url"
)
READ = frozenset(_READ_NAMES.split())
"""Fields that an unknown element of that name would change."""


class OtherShapeError(Exception):
    """The feed has a shape that feedparser must read."""


def name_of(element: Element) -> str:
    """Return the name that feedparser gives an element, as ``title`` or ``dc_creator``. Raises OtherShapeError."""
    return _name(str(element.tag), element.prefix)


@cache
def _name(tag: str, prefix: str | None) -> str:
    namespace, _, local = tag.rpartition("}")
    known = feedparser_feed.NAMESPACES.get(namespace[1:].lower(), prefix)
    if "backend.userland.com/rss" in namespace.lower():
        raise OtherShapeError
    return f"{known}_{local}".lower() if known else local.lower()


def attributes_of(element: Element) -> Fields:
    """Return the attributes by feedparser's names."""
    found: Fields = {}
    for key, value in element.attrib.items():
        name = str(key).lower()
        if name.startswith("{"):
            namespace, _, local = name[1:].partition("}")
            prefix = feedparser_feed.NAMESPACES.get(namespace)
            name = f"{prefix}:{local}" if prefix else local
        found[name] = value.lower() if name in {"rel", "type"} else value
    return found


def plain_attributes(element: Element) -> Fields:
    """Return the attributes of an element without base and language of its own. Raises OtherShapeError."""
    found = attributes_of(element) if element.attrib else {}
    if not found.keys().isdisjoint({"base", "lang", "xml:base", "xml:lang"}):
        raise OtherShapeError
    return found


def with_href(found: Fields) -> Fields:
    """Return attributes with the address that they contain as ``href``."""
    address = found.get("url", found.get("uri", found.get("href")))
    return (
        {**{name: found[name] for name in found if name not in {"url", "uri"}}, "href": address} if address else found
    )


def text_of(element: Element) -> str:
    """Return the text of an element without markup, as feedparser mends it. Raises OtherShapeError."""
    return mended(raw_text_of(element))


def raw_text_of(element: Element) -> str:
    """Return the text of an element without markup. Raises OtherShapeError."""
    if len(element):
        raise OtherShapeError
    return (element.text or "").strip()


def mended(text: str) -> str:
    """Return a text without common errors of encoding."""
    return text if text.isascii() else feedparser_feed.mend(text)


def person_of(element: Element) -> Fields:
    """Return name and email address of a person. Raises OtherShapeError."""
    found: Fields = {}
    for child in element:
        name = name_of(child).removeprefix("itunes_")
        if name in {"name", "email"}:
            found[name] = raw_text_of(child)
        elif name not in {"uri", "url", "homepage"} and (name in READ or feedparser_feed.is_known(name) or len(child)):
            raise OtherShapeError
    return found


def xhtml_of(element: Element) -> Iterator[str]:
    """Yield the markup inside an element of type xhtml; without its ``div`` if that is all. Raises OtherShapeError."""
    first = element[0] if len(element) == 1 else None
    if first is not None and first.tag == f"{{{_XHTML}}}div" and not f"{element.text or ''}{first.tail or ''}".strip():
        plain_attributes(first)
        element = first
    yield from _markup(element, 0)


def _quoted(value: str) -> str:
    return '"{}"'.format(escape(value, quote=False).replace('"', "&quot;"))


def _markup(element: Element, depth: int) -> Iterator[str]:
    yield escape(element.text or "", quote=False)
    for child in element:
        namespace, _, name = str(child.tag).lower().rpartition("}")
        if namespace[1:] != _XHTML or name in {"body", "svg", "math"} or depth > _MAX_DEPTH:
            raise OtherShapeError
        attributes = "".join(f" {key}={_quoted(value)}" for key, value in plain_attributes(child).items())
        yield f"<{name}{attributes}>"
        yield from _markup(child, depth + 1)
        yield f"</{name}>"
        yield escape(child.tail or "", quote=False)
