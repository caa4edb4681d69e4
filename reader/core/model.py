"""The data types of the program: articles, related items, problems, rows of a list.

All values are immutable. ``documents.parse`` has passed every string of an :class:`Article` through
:mod:`reader.core.text`, so it is safe to show. Field names are the documents' own in Python's style
(``publishedDateTime`` is ``published_at``); :mod:`reader.export.records` translates them back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias, get_args

Number: TypeAlias = int | float
Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
ListField = Literal["quality", "heat", "date", "source", "topics", "type"]
_WWW = re.compile(r"\Awww\.(?=[^/?#:]+\.[^/?#:])")  # not in "www.com", where the rest is not a host
LIST_FIELDS: tuple[ListField, ...] = get_args(ListField)
"""What a list may show of an article beside its title."""
Precision = Literal["time", "day", "month", "year"]
"""What a date says: a moment, or only its day, month or year."""
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
OriginalState = Literal["", "saved", "failed"]
"""Whether the page of an article is saved, so that it can be read offline, or could not be fetched."""
BodyFormat = Literal["markdown", "html", "org", "rst"]
UrlKind = Literal["original", "web", "amp", "cdn_amp", "archive"]
"""The kind of URL that a page was fetched from; the last is a capture of the Wayback Machine."""


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
    """The URLs of an article; each is http(s) and percent-encoded, or empty."""

    original: str = ""
    web: str = ""
    amp: str = ""
    cdn_amp: str = ""

    @property
    def best(self) -> str:
        """The URL to open or copy: the first that is not empty; empty if all are."""
        return self.original or self.web or self.amp or self.cdn_amp

    @property
    def amp_copy(self) -> str:
        """The AMP form of the page, from the publisher or else from the AMP cache; may be empty."""
        return self.amp or self.cdn_amp

    def all_urls(self) -> tuple[str, ...]:
        """All URLs, best first, without duplicates."""
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
    extra: Mapping[str, Json] = field(default_factory=dict)
    precision: Precision = "time"
    """That of ``published_at``."""

    @property
    def source(self) -> str:
        """The name to show for the publisher: its name, else its domain; may be empty."""
        return without_www(self.provider.name or self.provider.domain)


@dataclass(frozen=True, slots=True)
class Secured:
    """A payload that only its publisher can decrypt; stored but never shown."""

    text: str
    """The field as written: base64 ciphertext, ``;``, base64 initialization vector."""
    size: int
    """Bytes of ciphertext."""


@dataclass(frozen=True, slots=True)
class Article:
    """A complete document."""

    path: str
    """Path relative to the folder, with ``/`` between the parts."""
    title: str
    excerpt: str = ""
    """If the document has none, the first paragraph of the body."""
    excerpt_is_from_body: bool = False
    category: str = ""
    type: str = ""
    published_at: datetime | None = None
    """A time in UTC, or None if unknown."""
    precision: Precision = "time"
    """That of ``published_at``; if it is not a time, that is the local start of a day, month or year."""
    updated_at: datetime | None = None
    updated_precision: Precision = "time"
    published: bool | None = None
    links: Links = Links()
    quality: Number | None = None
    heat: Number | None = None
    """None if unknown, which documents write as -1."""
    provider: Provider = Provider()
    topics: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    related: tuple[Related, ...] = ()
    secured: Secured | None = None
    body: str = ""
    body_format: BodyFormat = "markdown"
    extra: Mapping[str, Json] = field(default_factory=dict)
    """All other fields of the front matter, by name."""

    @property
    def source(self) -> str:
        """The name to show for the publisher: its name, else its domain; may be empty."""
        return without_www(self.provider.name or self.provider.domain)


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
    """A row of the article list: the values that the index has for a document."""

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
    authors: tuple[str, ...] = ()
    precision: Precision = "time"
    """That of ``published_at``."""
    read: bool = False
    starred: bool = False
    tags: tuple[str, ...] = ()
    """The tags of the user, as first spelled, sorted without regard to case."""
    original: OriginalState = ""
    """What is known of its original."""
    heat_estimate: Number | None = None
    """Its heat by the coverage of its story, if the document does not say; None also until it is estimated."""
    quality_estimate: Number | None = None
    """Likewise its quality."""
    story: str = ""
    """The id of its story; empty if that has no other article."""
    sources: int = 0
    """How many sources its story has; 0 without a story."""
    copies: int = 1
    """How many documents of the folder are copies of it, itself included."""

    @property
    def source(self) -> str:
        """The name to show for the publisher: its name, else its domain; may be empty."""
        return without_www(self.provider_name or self.provider_domain)

    def has(self, name: ListField) -> bool:
        """Return whether this is known or estimated; as to the type, whether it is anything but an article."""
        if name == "type":
            return self.type not in {"", "article"}
        if name in {"quality", "heat"} and getattr(self, f"{name}_estimate") is not None:
            return True
        return getattr(self, "published_at" if name == "date" else name) not in (None, "", ())


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers in the top bar."""

    articles: int
    unread: int
    with_problems: int
    """Documents with problems, and files and folders that are not read."""
    complete: bool = True
    """Whether the folder has been read completely; otherwise there are more."""
    unlisted: int = 0
    """Files and folders that are not read, so that no article stands for them."""
    hidden: int = 0
    """Hidden articles, which the other numbers leave out."""
    finds_hidden: bool = False
    """Whether the query of the list finds hidden articles, too."""
    unread_found: int | None = None
    """Unread articles that the query of the list finds; None without a query."""


@dataclass(frozen=True, slots=True)
class IndexTotals:
    """The totals of an index."""

    articles: int
    problems: int
    with_problems: int
    """Documents with problems, and files and folders that are not read."""
    complete: bool
    """Whether the folder has been read completely."""
    unlisted: int
    """Files and folders that are not read: broken links, FIFOs, folders without permission."""


@dataclass(frozen=True, slots=True)
class ReadProgress:
    """The progress of an instance that is reading many documents. Numbers are documents."""

    done: int
    total: int
    before: int
    """Documents that were read before it began."""
    walking: bool
    """Whether it may find more documents."""
    began: float
    """When it began to read, in seconds since 1970."""


def without_www(host: str) -> str:
    """Return a host without ``www.``; any other text as it is."""
    return _WWW.sub("", host) if host.startswith("www.") else host
