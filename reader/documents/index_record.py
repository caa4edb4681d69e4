"""The index record of a document: what the index stores of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias, TypeVar

from reader.core.model import PRECISIONS, Article, Json, Number
from reader.core.text import clean
from reader.core.times import to_micros
from reader.core.tokenize import spaced_body_words, spaced_words
from reader.core.urls import article_key, url_key
from reader.documents.files import base_of_members
from reader.documents.resolve import DEFAULTS, ReadingOptions

T = TypeVar("T")

PUBLISHED, RELATED, IMAGES, BODY = 1, 2, 4, 8
"""The flags that :attr:`IndexRecord.flags` combines."""
LANGUAGE_FIELDS = ("lang", "language", "locale")
TOPIC_SEPARATOR = " \N{MIDDLE DOT} "
"""Separates the words of two topics. It is not a word, so a phrase cannot match across it."""
_MAX_CACHED = 200
"""Characters; with more, hardly any text is that of another document too."""

NOT_PARSED = -1
"""The modification time of a file that could not be read: the next refresh tries again."""

RecordProblem: TypeAlias = tuple[int, str, str]
"""A problem: line (from 1), field as a path, message."""


class IndexRecord(NamedTuple):
    """The values the index stores for a document. Plain values, so that marshal can send ``tuple(record)``."""

    id: int
    """The article id (:func:`reader.core.urls.article_id`) as a signed 64-bit number."""
    title: str
    excerpt: str
    published_at: int | None
    """Microseconds since 1970 in UTC."""
    precision: int
    """The index of the date's precision in :data:`reader.core.model.PRECISIONS`."""
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
    """Joined by line breaks."""
    url_keys: tuple[int, ...]
    """The distinct :func:`reader.core.urls.url_key` of all URLs, sorted."""
    category: str
    lang: str
    """The field ``lang``, else ``language`` or ``locale``."""
    authors: str
    """Joined by line breaks."""
    flags: int
    words: tuple[str, ...]
    """The words (:mod:`reader.core.tokenize`) of title, excerpt, source, topics, body, and everything else."""
    link_keys: tuple[int, ...]
    """The distinct :func:`reader.core.urls.url_key` of all URLs of its related items, sorted."""
    members: tuple[bytes, ...]
    """The paths of the members of a collection, without their extensions."""


def cache_short(function: Callable[[str], T]) -> Callable[[str], T]:
    """Return ``function`` with a cache of its results for short texts, which many documents share."""
    cached = lru_cache(4096)(function)
    return lambda text: cached(text) if len(text) < _MAX_CACHED else function(text)


_words_of_name = cache_short(spaced_words)
_words_of_value = cache_short(spaced_body_words)

RecordValues: TypeAlias = tuple[object, ...]
"""The values of an :class:`IndexRecord`, in order."""


class ParsedFile(NamedTuple):
    """A parsed file, to be written to the index."""

    name: bytes
    """The file name, without its folder."""
    mtime_ns: int
    size: int
    record: RecordValues | None
    """None if the file is not a document."""
    problems: Sequence[RecordProblem]


def full_record(
    path: bytes, data: bytes, options: ReadingOptions = DEFAULTS
) -> tuple[IndexRecord, tuple[RecordProblem, ...]]:
    """Return the record of the document ``data`` at ``path`` in its folder, and its problems. Never raises."""
    from reader.documents.parse import parse_document  # lazy: :mod:`reader.documents.fast_record` reads nearly all

    parsed = parse_document(path, data, options)
    problems = tuple((problem.line, problem.field, problem.message) for problem in parsed.problems)
    return record_of_article(parsed.article, path, options), problems


def record_of_article(article: Article, path: bytes, options: ReadingOptions = DEFAULTS) -> IndexRecord:
    """Return the record of a parsed article at ``path`` in its folder."""
    links = article.links
    when = article.published_at
    keys = {key for key in map(url_key, links.all_urls()) if key is not None}
    return IndexRecord(
        id=article_key(links.best, options.place(path)),
        title=article.title,
        excerpt=article.excerpt,
        published_at=None if when is None else to_micros(when),
        precision=PRECISIONS.index(article.precision),
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
        category=article.category,
        lang=language_of(article),
        authors="\n".join(article.provider.authors),
        flags=(
            (PUBLISHED if article.published else 0)
            | (RELATED if article.related else 0)
            | (IMAGES if article.images else 0)
            | (BODY if article.body.strip() else 0)
        ),
        words=index_words(
            article.title,
            article.excerpt,
            source=article.provider.name or article.provider.domain,
            topics=article.topics,
            body=article.body,
            more=(*article.provider.authors, *texts_in(article.extra)),
        ),
        link_keys=link_keys({url for related in article.related for url in related.links.all_urls()}, own=keys),
        members=member_stems(article.extra.get("items"), path),
    )


def link_keys(urls: Collection[str], own: Iterable[int | None]) -> tuple[int, ...]:
    """Return :attr:`IndexRecord.link_keys` of related items with ``urls``; ``own`` are the keys of the document's."""
    return tuple(sorted({key for key in map(url_key, urls) if key is not None}.difference(own))) if urls else ()


def member_stems(members: Json, path: bytes) -> tuple[bytes, ...]:
    """Return :attr:`IndexRecord.members` of the document at ``path`` with the field ``items``."""
    if not isinstance(members, list):
        return ()
    base = base_of_members(path)
    return tuple(dict.fromkeys(base + os.fsencode(name) for name in members if isinstance(name, str)))


def language_of(article: Article) -> str:
    """Return the field ``lang``, else ``language`` or ``locale``, else ""."""
    given = {key.lower(): value for key, value in article.extra.items()} if article.extra else {}
    values = map(given.get, LANGUAGE_FIELDS)
    return next((found for each in values if isinstance(each, str) and (found := clean(each))), "")


def texts_in(value: Json | Mapping[str, Json]) -> Iterator[str]:
    """Yield the texts and numbers that "More" shows of a field of another kind."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)
    elif value not in {None, ""} and not isinstance(value, bool):
        yield str(value)


def index_words(*texts: str, source: str, topics: Iterable[str], body: str, more: Sequence[str]) -> tuple[str, ...]:
    """Return :attr:`IndexRecord.words` of ``texts``, which are title and excerpt, and of the rest."""
    return (
        *map(spaced_words, texts),
        _words_of_name(source),
        TOPIC_SEPARATOR.join(map(_words_of_name, topics)),
        spaced_body_words(body) if body else "",
        TOPIC_SEPARATOR.join(map(_words_of_value, more)) if more else "",
    )
