"""A fetched page: its article as blocks, and where and when it was fetched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from reader.content.blocks import Block
from reader.core.model import Image, UrlKind

FRESH = timedelta(hours=1)
"""Pages that were checked more recently are not requested again."""


@dataclass(frozen=True, slots=True)
class Extract:
    """The article of a web page, without anything around it. Its text is clean, like that of an ``Article``."""

    blocks: tuple[Block, ...]
    """The text; its links and images have absolute URLs."""
    words: int
    title: str = ""
    byline: str = ""
    published_at: datetime | None = None
    """An aware time in UTC, or None if the page gives none."""
    site: str = ""
    image: Image | None = None
    """The lead image that the page names."""

    @property
    def markdown(self) -> str:
        """The text as Markdown."""
        from reader.content.markdown.writer import to_markdown  # lazy: only exports need it

        return to_markdown(self.blocks)


@dataclass(frozen=True, slots=True)
class Page:
    """The fetched original of an article."""

    id: str
    """The id of the article, 16 hexadecimal digits."""
    way: UrlKind
    url: str
    """The requested URL, in the form of :func:`reader.core.urls.request_url`."""
    final_url: str
    """The URL after all redirects."""
    extract: Extract
    fetched_at: datetime
    """When the text was fetched, an aware time in UTC."""
    checked_at: datetime
    """When the server last confirmed that the page is unchanged."""
    etag: str = ""
    last_modified: str = ""
    size: int = 0
    """Bytes of the page's body as received."""

    def is_fresh(self, now: datetime) -> bool:
        """Whether the page was checked a short time ago, seen from ``now``, an aware time."""
        return timedelta(0) <= now - self.checked_at < FRESH
