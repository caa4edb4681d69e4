"""Which names fields have in documents of other programs, and which key of a header gives which field.

Case, ``-``, ``_`` and spaces do not count, and a dot leads into an inner mapping. An alternative name is used only
where the reader's own field is absent or empty. docs/format.md is made from this table; ``[fields]`` in config.toml
adds to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import NamedTuple

ALTERNATIVES: Mapping[str, tuple[str, ...]] = {
    "title": ("headline", "pageTitle"),
    "publishedDateTime": (
        "date", "date.created", "date.published", "date.start", "date.startDate", "pubDate", "pubDatetime",
        "publishDate", "datePublished", "published", "publishedAt", "publishedTime", "publicationDate", "created",
        "createdAt", "dateCreated", "creationDate", "posted", "postedAt", "datetime", "dateApproved",
        "dateSaved", "savedAt",
    ),
    "updatedDateTime": (
        "lastmod", "updated", "modified", "updatedAt", "updatedDate", "updateDate", "modifiedAt", "dateModified",
        "lastModified", "lastModifiedAt", "modDatetime", "dateUpdated", "last_update.date", "date.updated",
        "date.modified",
    ),
    "topics": (
        "tags", "tag", "categories", "keywords", "subjects", "fileTags", "hugoTags", "hugoCategories", "roamTags",
        "taxonomies.tags", "taxonomies.categories", "taxonomy.tag", "taxonomy.category", "extra.tags", "params.tags",
        "category",
    ),
    "excerpt": (
        "description", "summary", "subtitle", "metaDescription", "abstract", "lead", "customExcerpt",
        "extra.description", "params.description",
    ),
    "originalUrl": (
        "canonicalUrl", "canonical", "url", "link", "source", "sourceUrl", "source.url", "permalink",
        "externalUrl",
    ),
    "authors": (
        "author", "byline", "creator", "taxonomies.authors", "extra.author", "extra.authors", "params.author",
        "params.authors", "last_update.author",
    ),
    "site": ("siteName", "publication", "publisher"),
    "images": (
        "image", "cover", "coverImage", "heroImage", "thumbnail", "featuredImage", "featureImage", "cover.image",
    ),
}  # fmt: skip
"""The reader's own field -> other names of it, the best first."""
_IMAGE_TEXTS = {"alt": "alt", "alttext": "alt", "caption": "caption", "credit": "attribution"}
"""The end of a name after that of an image -> the field of the image: ``heroImageAlt``."""
_OTHER_OWN_FIELDS = (
    *("webUrl", "ampWebUrl", "cdnAmpWebUrl", "quality", "heat", "type", "provider", "related", "secured", "category"),
    *("published", "name", "lang"),
)
_OTHER_NAMES = frozenset({"slug", "layout", "status", "draft", "id", "aliases", "template", "comments", "weight"})
"""Names that are no field here, but that begin headers without an opening line."""
_IGNORED = re.compile(r"[-_\s]")


class Candidate(NamedTuple):
    """A key of a header that may give the value of a field."""

    rank: int
    """The place of its name in the table, from 0."""
    key: str
    """The key as written; a dot leads into an inner mapping."""


class FieldNames:
    """The table, with the names that the user has added."""

    def __init__(self, added: Mapping[str, Iterable[str]] | None = None) -> None:
        """``added`` has more names by field of the table; they come before the others."""
        self.added = {field: list(names) for field, names in (added or {}).items()}
        own = {_normal(field): field for field in (*ALTERNATIVES, *_OTHER_OWN_FIELDS)}
        given = {_normal(name) for more in (added or {}).values() for name in more}
        self.redefined = frozenset(field for name, field in own.items() if name in given)
        """Own fields whose names stand for others too."""
        self._fields: dict[str, tuple[str, int]] = {}
        self._inner: dict[str, dict[str, tuple[str, int]]] = {}
        for field, names in ALTERNATIVES.items():
            for rank, name in enumerate((field, *(added or {}).get(field, ()), *names)):
                outer, _, inner = name.partition(".")
                place = self._inner.setdefault(_normal(outer), {}) if inner else self._fields
                place.setdefault(_normal(inner or outer), (field, rank))

    def may_give(self, keys: Iterable[str]) -> bool:
        """Return whether a key, or one of the mapping that it holds, may give a field."""
        return any((name := _normal(key)) in self._fields or name in self._inner for key in keys)

    def candidates(self, keys: Mapping[str, Iterable[str]]) -> dict[str, list[Candidate]]:
        """Return the keys that may give each field, the best first, but topics in the order of the header.

        ``keys`` are the keys of a header, each with those of the mapping that it holds.
        """
        found: dict[str, list[Candidate]] = {}
        for key, inner in keys.items():
            name = _normal(key)
            if place := self._fields.get(name):
                found.setdefault(place[0], []).append(Candidate(place[1], key))
            if inner and (below := self._inner.get(name)):
                for each in inner:
                    if place := below.get(_normal(each)):
                        found.setdefault(place[0], []).append(Candidate(place[1], f"{key}.{each}"))
        for field, candidates in found.items():
            if field != "topics":
                candidates.sort(key=lambda candidate: candidate.rank)
        return found

    def field_of(self, key: str) -> str:
        """Return the field that ``key`` may give, or ""."""
        return self._fields.get(_normal(key.partition(".")[0]), ("", 0))[0]


def image_texts(image: str, keys: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each of ``keys`` that describes the image of the key ``image``, and the field of an image that it is."""
    for key in keys:
        name = _normal(key)
        if (field := _IMAGE_TEXTS.get(name.removeprefix(_normal(image)))) and name not in _IMAGE_TEXTS:
            yield key, field


@lru_cache(4096)
def _normal(name: str) -> str:
    return _IGNORED.sub("", name).casefold()


def is_known(name: str) -> bool:
    """Return whether documents use ``name`` for a field."""
    return _normal(name) in _known()


def has_one_value(name: str) -> bool:
    """Return whether ``name`` is known as a field that is no list."""
    return _known().get(_normal(name)) is False


def may_be_list(name: str) -> bool:
    """Return whether ``name`` is known as a field that may be a list."""
    return _known().get(_normal(name)) is True


@cache
def _known() -> Mapping[str, bool]:
    """Return the names that documents use, each with whether it may be a list."""
    found = {_normal(name): name in {"related", "aliases"} for name in (*_OTHER_OWN_FIELDS, *_OTHER_NAMES)}
    for field, names in ALTERNATIVES.items():
        is_list = field in {"topics", "authors", "images"}
        found |= {_normal(name): is_list for name in (field, *names) if "." not in name}
    return found
