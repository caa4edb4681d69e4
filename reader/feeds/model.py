"""What a feed says, whatever its format. All text is plain and clean, except ``content_html``.

Values are immutable and can be turned into plain values and back (see :mod:`marshal`), for worker processes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from reader.content.enclosures import Enclosure
from reader.core.errors import ReaderError
from reader.core.times import from_micros, to_micros

FeedKind = Literal["rss", "atom", "json"]
KIND_NAMES = {"rss": "RSS", "atom": "Atom", "json": "JSON Feed"}
EntryKind = Literal["article", "audio", "video"]
MAX_BYTES = 50_000_000
"""Size limit of a feed."""


class FeedError(ReaderError):
    """A file is no feed, or no feed that can be read."""


@dataclass(frozen=True, slots=True)
class FeedImage:
    """An image that a feed gives for an entry; ``width`` and ``height`` are in pixels."""

    url: str
    width: int | None = None
    height: int | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A page that an entry names as related."""

    url: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An entry of a feed."""

    id: str = ""
    """The guid, or the id of Atom, as the feed gives it; empty if it gives none."""
    title: str = ""
    url: str = ""
    """The page of the entry: absolute, or empty."""
    published: datetime | None = None
    """A time in UTC."""
    updated: datetime | None = None
    """A time in UTC."""
    published_text: str = ""
    """``published`` as ISO 8601 in the zone that the feed gives."""
    updated_text: str = ""
    """``updated`` as ISO 8601 in the zone that the feed gives."""
    authors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    language: str = ""
    excerpt: str = ""
    content_html: str = ""
    """The content, or else the summary, as untrusted HTML with its URLs as they are; empty if there is none."""
    content_base: str = ""
    """What relative URLs in ``content_html`` are relative to."""
    images: tuple[FeedImage, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    related: tuple[FeedLink, ...] = ()
    kind: EntryKind = "article"


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed."""

    title: str = ""
    url: str = ""
    """The page that the feed is about: absolute, or empty."""
    self_url: str = ""
    """The feed's own address, as it says."""
    description: str = ""
    language: str = ""
    authors: tuple[str, ...] = ()
    image: str = ""
    """The URL of its logo."""
    topics: tuple[str, ...] = ()
    ttl_minutes: int | None = None
    """How long it may be kept before it is asked for again."""
    skip_hours: tuple[int, ...] = ()
    """Hours of the day in UTC, 0 to 23, in which it does not change."""
    skip_days: tuple[int, ...] = ()
    """Days of the week, 0 (Monday) to 6, on which it does not change."""
    kind: FeedKind = "rss"
    entries: tuple[FeedEntry, ...] = ()
    is_complete: bool = True
    """False if the file ends early; the entries are those that are whole."""

    def to_values(self) -> tuple[Any, ...]:
        """Return the feed as plain values."""
        return _plain(self, entries=tuple(_plain(entry) for entry in self.entries))

    @classmethod
    def from_values(cls, plain: Any) -> ParsedFeed:
        """Return a feed that was turned into plain values."""
        values = dict(zip(_FEED_FIELDS, plain, strict=True))
        return cls(**values | {"entries": tuple(map(_entry, values["entries"]))})


_FEED_FIELDS = tuple(each.name for each in fields(ParsedFeed))
_ENTRY_FIELDS = tuple(each.name for each in fields(FeedEntry))
_TIMES = ("published", "updated")
_PARTS = {"images": FeedImage, "enclosures": Enclosure, "related": FeedLink}


def _plain(value: ParsedFeed | FeedEntry, **replaced: Any) -> tuple[Any, ...]:
    """Return the values of the fields: times as microseconds, parts as tuples."""

    def of(name: str) -> Any:
        if name in replaced:
            return replaced[name]
        found = getattr(value, name)
        if name in _TIMES:
            return None if found is None else to_micros(found)
        if name in _PARTS:
            return tuple(tuple(getattr(part, each.name) for each in fields(part)) for part in found)
        return found

    return tuple(map(of, _FEED_FIELDS if isinstance(value, ParsedFeed) else _ENTRY_FIELDS))


def _entry(plain: Any) -> FeedEntry:
    values = dict(zip(_ENTRY_FIELDS, plain, strict=True))
    for name in _TIMES:
        values[name] = None if values[name] is None else from_micros(values[name])
    for name, part in _PARTS.items():
        values[name] = tuple(part(*each) for each in values[name])
    return FeedEntry(**values)
