"""What the head of an HTML page says about its article: JSON-LD, OpenGraph, other meta elements, title. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reader.content.html.linked_data import is_article, linked_objects, listed
from reader.core.text import unescape

_NAMES = {
    "title": (
        "@headline", "@name", "og:title", "twitter:title", "dc.title", "dcterms.title", "citation_title",
        "parsely-title", "sailthru.title", "<title>",
    ),
    "excerpt": ("@description", "og:description", "description", "twitter:description", "dc.description"),
    "date": (
        "@datePublished", "article:published_time", "og:published_time", "og:article:published_time", "datepublished",
        "date", "pubdate", "publishdate", "publish-date", "dc.date", "dc.date.issued", "dc.date.created",
        "dcterms.issued", "dcterms.created", "dcterms.date", "parsely-pub-date", "sailthru.date", "article.published",
        "published_at", "cxenseparse:recs:publishtime", "citation_publication_date", "release_date", "<time>",
    ),
    "updated": ("@dateModified", "article:modified_time", "og:updated_time", "last-modified", "dcterms.modified"),
    "url": ("<link>", "og:url", "@url", "@mainEntityOfPage"),
    "site": ("og:site_name", "application-name", "al:ios:app_name", "dc.publisher", "@publisher"),
    "author": (
        "@author", "author", "article:author", "dc.creator", "dcterms.creator", "citation_author", "parsely-author",
        "sailthru.author", "byl",
    ),
    "image": ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src", "@image"),
    "keywords": ("@keywords", "article:tag", "keywords", "news_keywords"),
    "lang": ("@inLanguage", "<html>", "og:locale"),
}  # fmt: skip
"""What gives each field, the best first: properties in JSON-LD (``@``), elements (``<``), and names of ``meta``."""
_ALL_NAMES = frozenset(name for names in _NAMES.values() for name in names)
_PROPERTIES = tuple(name for names in _NAMES.values() for name in names if name.startswith("@"))
_LISTS = frozenset({"keywords", "news_keywords"})
"""Each of these texts is a list with commas, and several are one list."""
_OF_FIRST_ARTICLE = _NAMES["url"]
"""An article behind the first in JSON-LD may complete it, but has a page of its own."""
_TEXTS = {"@url": ("@id", "url"), "@mainEntityOfPage": ("@id", "url"), "@image": ("url", "contentUrl", "name")}
"""Where the text of an object in JSON-LD is, if not in its name or URL."""


class PageHead:
    """Collects what the elements of a page say, element by element."""

    fields = tuple(_NAMES)

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        """Texts by their names in the table, and by other names of ``meta`` elements."""
        self.objects: list[dict[str, object]] = []
        """All objects in JSON-LD."""

    def add(self, tag: str, attributes: Mapping[str, str], inner: str) -> None:
        """Read an element; ``inner`` is the text or source in it."""
        get = attributes.get
        if tag == "meta":
            for attribute in ("property", "name", "itemprop"):
                self._add(get(attribute, "").strip().lower(), get("content", ""))
        elif tag == "html":
            self._add("<html>", get("lang", ""))
        elif tag == "title":
            self._add("<title>", " ".join(inner.split()))
        elif tag == "time" and (get("pubdate") is not None or get("itemprop") == "datePublished"):
            self._add("<time>", get("datetime", ""))
        elif tag == "link" and "canonical" in get("rel", "").lower().split():
            self._add("<link>", get("href", ""))
        elif tag == "script" and "ld+json" in get("type", "").lower():
            self._add_json_ld(inner)

    def values(self, field: str) -> Iterator[list[str]]:
        """Yield what each of the names of a field gives, the best first; only authors and keywords are several."""
        names = [name for name in _NAMES[field] if name in self.texts]
        if field == "url":  # a canonical one may be only a path
            names.sort(key=lambda name: not self.texts[name][0].startswith("http"))
        for name in names:
            texts = self.texts[name]
            yield [", ".join(texts)] if name in _LISTS else texts if field in {"author", "keywords"} else texts[:1]

    def first(self, field: str) -> str:
        """Return the best text of a field, or an empty one."""
        return next(self.values(field), [""])[0]

    def others(self) -> Iterator[tuple[str, list[str]]]:
        """Yield the texts of ``meta`` elements whose names are not in the table."""
        return ((name, texts) for name, texts in self.texts.items() if name not in _ALL_NAMES)

    def _add(self, name: str, text: str) -> None:
        if name and text.strip():
            self.texts.setdefault(name, []).append(text.strip())

    def _add_json_ld(self, source: str) -> None:
        """Read the articles in a script; the first that has a property gives it."""
        found = linked_objects(source)
        self.objects += found
        for article in filter(is_article, found):
            known = {name for name in _PROPERTIES if name in self.texts}
            for name in _PROPERTIES:
                if name not in known and not (known and name in _OF_FIRST_ARTICLE):
                    for value in listed(article.get(name[1:])):
                        self._add(name, _text_of(value, _TEXTS.get(name, ("name", "url"))))


def _text_of(value: object, keys: tuple[str, ...]) -> str:
    values = [each for key in keys for each in listed(value.get(key))] if isinstance(value, dict) else [value]
    return unescape(next((text for text in values if isinstance(text, str) and text.strip()), ""))
