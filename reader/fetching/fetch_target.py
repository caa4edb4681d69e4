"""The URLs at which the original of an article can be fetched."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple, get_args

from reader.core.errors import ReaderError
from reader.core.events import Failure
from reader.core.model import Links, UrlKind
from reader.core.urls import article_id, canonical_url, request_url

if TYPE_CHECKING:
    from reader.content.page import Page
    from reader.library.library import Library

_MAX_URLS = 8
_WAYS: tuple[UrlKind, ...] = get_args(UrlKind)


class TargetUrl(NamedTuple):
    """A URL of an article."""

    way: UrlKind
    url: str
    """In the form of :func:`reader.core.urls.request_url`."""


class FetchTarget(NamedTuple):
    """An article to fetch."""

    id: str
    urls: tuple[TargetUrl, ...]
    unusable: tuple[Failure, ...] = ()
    """The URLs that may not be fetched."""


def fetch_target(id_: str, links: Iterable[Links]) -> FetchTarget:
    """Return the article with the URLs of all its documents, each once. The order is original, web, AMP, AMP cache."""
    links = [*links]
    urls: dict[str, TargetUrl] = {}
    unusable: list[Failure] = []
    for way in _WAYS[:-1]:  # without the archive
        for url in dict.fromkeys(getattr(each, way) for each in links):
            if not url:
                continue
            try:
                url_to_fetch = request_url(url)
            except ReaderError as error:
                unusable.append(Failure(way, "", error.reason))
            else:
                urls.setdefault(canonical_url(url_to_fetch), TargetUrl(way, url_to_fetch))
    return FetchTarget(id_, tuple(urls.values())[:_MAX_URLS], tuple(unusable))


def find_target(library: Library, id_: str, given: Links | None = None) -> FetchTarget:
    """Return the article with the ``given`` URLs, then those of its documents.

    Raises ReaderError if none are given and it has no document.
    """
    try:
        links = _document_links(library, id_, renews=given is None)
    except ReaderError:
        if given is None:
            raise
        links = []
    if not links and given is None:
        raise ReaderError("This article no longer has a document.", "It was moved or deleted.")
    return fetch_target(id_, links if given is None else [given, *links])


def _document_links(library: Library, id_: str, *, renews: bool) -> list[Links]:
    only = library.folder.only
    if only is not None:  # its index is in memory, perhaps that of another process
        article = library.articles.parse(only).article
        return [article.links] if article_id(article.links.best, library.reading.place(only)) == id_ else []
    return [row.links for row in library.articles.rows(_document_rows(library, id_, renews=renews))]


def _document_rows(library: Library, id_: str, *, renews: bool) -> list[int]:
    try:
        if (rowids := library.index.rowids_by_id(id_)) or not renews:  # the page of a link has no document
            return rowids
    except ReaderError as error:
        if not error.damaged:
            raise
    # Another process may have replaced the index that is open here.
    return library.index.rowids_by_id(id_) if library.renew() else []


def is_weaker(way: UrlKind, other: UrlKind) -> bool:
    """Whether pages from ``way`` are copies of those from ``other``."""
    return _WAYS.index(way) > _WAYS.index(other)


def at_least_as_good_as(stored: Page, urls: tuple[TargetUrl, ...]) -> tuple[TargetUrl, ...]:
    """Return the URLs up to the one of the stored page, in any spelling.

    Later URLs are only alternatives for when the earlier ones fail; their pages are no better.
    """
    source = canonical_url(stored.url)
    for index, each in enumerate(urls):
        if canonical_url(each.url) == source:
            return urls[: index + 1]
    return tuple(each for each in urls if not is_weaker(each.way, stored.way))
