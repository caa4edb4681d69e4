"""The bytes of one document -> what the index holds of it.

What is right is defined by :func:`reader.documents.parse.parse`; :func:`slow` takes it from there.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeAlias

from reader.documents.parse import parse
from reader.model import Article, Number
from reader.urls import article_id, url_key

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Trouble: TypeAlias = tuple[int, str, str]
"""What is wrong: line (1 for the first of the file), field as a path, message."""


class Brief(NamedTuple):
    """What the index holds of one document, in plain values: marshal carries them between processes."""

    id: int
    """The article's identity as the signed 64-bit number that tables hold; see :func:`reader.urls.article_id`."""
    title: str
    excerpt: str
    published_at: int | None
    """Microseconds since 1970 in UTC."""
    original_url: str
    web_url: str
    amp_url: str
    cdn_amp_url: str
    type: str
    quality: Number | None
    heat: Number | None
    provider_name: str
    provider_domain: str
    topics: str
    """Joined by line breaks: a topic is one line."""
    url_keys: tuple[int, ...]
    """The distinct :func:`reader.urls.url_key` of every address, in order of size."""


def brief(path: bytes, data: bytes) -> tuple[Brief | None, tuple[Trouble, ...]]:
    """Return what the index holds of the document ``data`` at ``path`` in its folder, and what is wrong with it.

    Never raises for any bytes. None stands for a document that cannot be read at all.
    """
    return slow(path, data)


def slow(path: bytes, data: bytes) -> tuple[Brief | None, tuple[Trouble, ...]]:
    """Return what :func:`brief` returns, by way of the whole article: what it is measured by, and its way out."""
    parsed = parse(path, data)
    troubles = tuple((problem.line, problem.field, problem.message) for problem in parsed.problems)
    return (None if parsed.article is None else brief_of(parsed.article, path)), troubles


def brief_of(article: Article, path: bytes) -> Brief:
    """Return what the index holds of ``article``, found at ``path`` in its folder."""
    links = article.links
    when = article.published_at
    keys = {key for key in map(url_key, links.every()) if key is not None}
    return Brief(
        id=int.from_bytes(bytes.fromhex(article_id(links.best, path)), "big", signed=True),
        title=article.title,
        excerpt=article.excerpt,
        published_at=None if when is None else (when - _EPOCH) // _MICROSECOND,
        original_url=links.original,
        web_url=links.web,
        amp_url=links.amp,
        cdn_amp_url=links.cdn_amp,
        type=article.type,
        quality=article.quality,
        heat=article.heat,
        provider_name=article.provider.name,
        provider_domain=article.provider.domain,
        topics="\n".join(article.topics),
        url_keys=tuple(sorted(keys)),
    )
