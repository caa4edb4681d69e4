"""The addresses at which the original of an article can be fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple, get_args

from reader.core.errors import ReaderError
from reader.core.events import Failure
from reader.core.model import AddressKind, Links
from reader.core.urls import article_id, canonical_url, request_url

if TYPE_CHECKING:
    from reader.content.page import Page
    from reader.library.library import Library

_MAX_ADDRESSES = 8
_WAYS: tuple[AddressKind, ...] = get_args(AddressKind)


class Address(NamedTuple):
    """An address of an article."""

    way: AddressKind
    url: str
    """In the form of :func:`reader.core.urls.request_url`."""


class FetchTarget(NamedTuple):
    """An article to fetch."""

    id: str
    addresses: tuple[Address, ...]
    unusable: tuple[Failure, ...] = ()
    """The addresses that may not be fetched."""


def fetch_target(id_: str, links: Iterable[Links]) -> FetchTarget:
    """Return the article with the addresses of all its documents, each once.

    The order is original, web, AMP, AMP cache.
    """
    ways: tuple[tuple[AddressKind, Callable[[Links], str]], ...] = (
        ("original", lambda links: links.original),
        ("web", lambda links: links.web),
        ("amp", lambda links: links.amp),
        ("cdn_amp", lambda links: links.cdn_amp),
    )
    links = [*links]
    addresses: dict[str, Address] = {}
    unusable: list[Failure] = []
    for way, address_of in ways:
        for url in dict.fromkeys(filter(None, map(address_of, links))):
            try:
                url_to_fetch = request_url(url)
            except ReaderError as error:
                unusable.append(Failure(way, "", error.message.rstrip(".")))
            else:
                addresses.setdefault(canonical_url(url_to_fetch), Address(way, url_to_fetch))
    return FetchTarget(id_, tuple(addresses.values())[:_MAX_ADDRESSES], tuple(unusable))


def find_target(library: Library, id_: str, given: Links | None = None) -> FetchTarget:
    """Return the article with the ``given`` addresses, then those of its documents.

    Raises ReaderError if none are given and it has no document.
    """
    try:
        links = _document_links(library, id_)
    except ReaderError:
        if given is None:
            raise
        links = []
    if not links and given is None:
        raise ReaderError("This article no longer has a document.", "It was moved or deleted.")
    return fetch_target(id_, links if given is None else [given, *links])


def _document_links(library: Library, id_: str) -> list[Links]:
    only = library.folder.only
    if only is not None:  # its index is in memory, perhaps that of another process
        article = library.articles.parse(only).article
        return [article.links] if article is not None and article_id(article.links.best, only) == id_ else []
    return [row.links for row in library.articles.rows(_document_rows(library, id_))]


def _document_rows(library: Library, id_: str) -> list[int]:
    try:
        if rowids := library.articles.rowids(id_):
            return rowids
    except ReaderError as error:
        if not error.damaged:
            raise
    # Another process may have replaced the index that is open here.
    return library.articles.rowids(id_) if library.renew() else []


def is_weaker(way: AddressKind, other: AddressKind) -> bool:
    """Whether pages from ``way`` are copies of those from ``other``."""
    return _WAYS.index(way) > _WAYS.index(other)


def at_least_as_good_as(stored: Page, addresses: tuple[Address, ...]) -> tuple[Address, ...]:
    """Return the addresses up to the one of the stored page, in any spelling.

    Later addresses are only alternatives for when the earlier ones fail; their pages are no better.
    """
    source = canonical_url(stored.url)
    for index, address in enumerate(addresses):
        if canonical_url(address.url) == source:
            return addresses[: index + 1]
    return tuple(address for address in addresses if not is_weaker(address.way, stored.way))
