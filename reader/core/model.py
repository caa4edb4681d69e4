"""The data types of the program: articles, related items, problems, rows of a list.

All values are immutable. ``documents.parse`` has passed every string of an :class:`Article` through
:mod:`reader.core.text`, so it is safe to show. Field names are the documents' own in Python's style
(``publishedDateTime`` is ``published_at``); :mod:`reader.export.records` translates them back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal, TypeAlias

Number: TypeAlias = int | float
Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
BodyFormat = Literal["markdown", "html"]
AddressKind = Literal["original", "web", "amp", "cdn_amp", "archive"]
"""Which of an article's addresses a page came by; the last is a capture of the Wayback Machine."""

_EMPTY: Mapping[str, Json] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Image:
    """An image of an article; ``width`` and ``height`` are in pixels."""

    url: str
    width: int | None = None
    height: int | None = None
    title: str = ""
    attribution: str = ""
    is_cached: bool | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """Who published an article."""

    name: str = ""
    domain: str = ""
    images: tuple[Image, ...] = ()
    authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses of an article; each is http(s) and percent-encoded, or empty."""

    original: str = ""
    web: str = ""
    amp: str = ""
    cdn_amp: str = ""

    @property
    def best(self) -> str:
        """The address to open or copy: the first that is not empty; empty if all are."""
        return self.original or self.web or self.amp or self.cdn_amp

    @property
    def amp_copy(self) -> str:
        """The AMP form of the page, from the publisher or else from the AMP cache; may be empty."""
        return self.amp or self.cdn_amp

    def every(self) -> tuple[str, ...]:
        """All addresses, best first, without duplicates."""
        return tuple(dict.fromkeys(u for u in (self.original, self.web, self.amp, self.cdn_amp) if u))


@dataclass(frozen=True, slots=True)
class Related:
    """An article as another document describes it; it has no file of its own here."""

    title: str
    excerpt: str = ""
    published_at: datetime | None = None
    links: Links = Links()
    type: str = ""
    provider: Provider = Provider()
    quality: Number | None = None
    heat: Number | None = None
    images: tuple[Image, ...] = ()
    extra: Mapping[str, Json] = field(default_factory=lambda: _EMPTY)


@dataclass(frozen=True, slots=True)
class Secured:
    """A payload that only its publisher can decrypt; stored but never shown."""

    text: str
    """The field as written: base64 ciphertext, ``;``, base64 initialisation vector."""
    size: int
    """Bytes of ciphertext."""


@dataclass(frozen=True, slots=True)
class Article:
    """A complete document."""

    path: str
    """Path relative to the folder, with ``/`` between the parts."""
    title: str
    excerpt: str = ""
    category: str = ""
    type: str = ""
    published_at: datetime | None = None
    """A time in UTC, or None if unknown."""
    published: bool | None = None
    links: Links = Links()
    quality: Number | None = None
    heat: Number | None = None
    """None when unknown, which documents write as -1."""
    provider: Provider = Provider()
    topics: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    related: tuple[Related, ...] = ()
    secured: Secured | None = None
    body: str = ""
    body_format: BodyFormat = "markdown"
    extra: Mapping[str, Json] = field(default_factory=lambda: _EMPTY)
    """All other fields of the front matter, by name."""

    @property
    def source(self) -> str:
        """The name to show for the publisher: its name, else its domain; may be empty."""
        return self.provider.name or self.provider.domain


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem in a document, which is listed anyway if possible."""

    path: str
    line: int
    """1 for the first line of the file."""
    field: str
    """The field as a path, such as ``related[2].quality``; empty for the whole document."""
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the article list: the values that the index has of a document."""

    rowid: int
    """Identifies the document while the library is open; not stable between runs."""
    id: str
    """The article's identity, 16 hexadecimal digits; see :func:`reader.core.urls.article_id`."""
    path: str
    title: str
    excerpt: str
    published_at: datetime | None
    links: Links
    type: str
    quality: Number | None
    heat: Number | None
    provider_name: str
    provider_domain: str
    topics: tuple[str, ...]
    read: bool = False
    starred: bool = False
    tags: tuple[str, ...] = ()
    """The tags of the user, as first spelled, sorted without regard to case."""

    @property
    def source(self) -> str:
        """The name to show for the publisher: its name, else its domain; may be empty."""
        return self.provider_name or self.provider_domain


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers in the top bar."""

    articles: int
    unread: int
    with_problems: int
    """Documents with problems."""
    complete: bool = True
    """Whether the folder has been read completely; otherwise there are more."""


@dataclass(frozen=True, slots=True)
class IndexTotals:
    """The totals of an index."""

    articles: int
    documents: int
    """Files that were read, whether they are articles or not."""
    problems: int
    with_problems: int
    """Documents with problems, and files and folders that cannot be read."""


@dataclass(frozen=True, slots=True)
class ReadProgress:
    """How far an instance is that is reading many documents. Numbers are documents."""

    done: int
    total: int
    before: int
    """Documents that were read before it began."""
    walking: bool
    """Whether it may find more documents."""
    began: float
    """When it began to read, in seconds since 1970."""
