"""A fetched page: its article as blocks, and where and when it was fetched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reader.content.blocks import Block
from reader.core.model import AddressKind, Image


@dataclass(frozen=True, slots=True)
class Extract:
    """The article of a web page without anything around it. All text is clean, as that of an ``Article`` is."""

    blocks: tuple[Block, ...]
    """The text; its links and images have absolute addresses."""
    words: int
    title: str = ""
    byline: str = ""
    published_at: datetime | None = None
    """An aware time in UTC, or None when the page gives none."""
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
    """The original of an article as it was fetched."""

    id: str
    """The id of the article, 16 hexadecimal digits."""
    way: AddressKind
    url: str
    """The requested address, in the form of :func:`reader.core.urls.request_url`."""
    final_url: str
    """The address after all redirects."""
    extract: Extract
    fetched_at: datetime
    """When the text was fetched, an aware time in UTC."""
    checked_at: datetime
    """When the server last confirmed that the page is unchanged."""
    etag: str = ""
    last_modified: str = ""
    size: int = 0
    """Bytes of the page's body as received."""
