"""By which addresses an article's original is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple, get_args

from reader.core.errors import ReaderError
from reader.core.events import Failure
from reader.core.model import AddressKind, Links
from reader.core.urls import canonical_url, request_url

if TYPE_CHECKING:
    from reader.content.page import Page
    from reader.library.library import Library

_MOST_ADDRESSES = 8
_WAYS: tuple[AddressKind, ...] = get_args(AddressKind)


class Address(NamedTuple):
    """One way to an article."""

    way: AddressKind
    url: str
    """In the form of :func:`reader.core.urls.request_url`."""


class FetchTarget(NamedTuple):
    """An article that is to be fetched."""

    id: str
    addresses: tuple[Address, ...]
    unusable: tuple[Failure, ...] = ()
    """Those that may not be asked for at all."""


def fetch_target(id_: str, every: Iterable[Links]) -> FetchTarget:
    """Return by which addresses to ask for the article that has these links: of all its documents, each once.

    In the order original, web, AMP, AMP cache.
    """
    ways: tuple[tuple[AddressKind, Callable[[Links], str]], ...] = (
        ("original", lambda links: links.original),
        ("web", lambda links: links.web),
        ("amp", lambda links: links.amp),
        ("cdn_amp", lambda links: links.cdn_amp),
    )
    links = [*every]
    found: dict[str, Address] = {}
    unusable: list[Failure] = []
    for way, address_of in ways:
        for url in dict.fromkeys(filter(None, map(address_of, links))):
            try:
                asked = request_url(url)
            except ReaderError as error:
                unusable.append(Failure(way, "", error.message.rstrip(".")))
            else:
                found.setdefault(canonical_url(asked), Address(way, asked))
    return FetchTarget(id_, tuple(found.values())[:_MOST_ADDRESSES], tuple(unusable))


def find_target(library: Library, id_: str, given: Links | None = None) -> FetchTarget:
    """Return by which addresses to ask for an article: by those that are given, and those of its documents.

    Raises ReaderError when none are given and no document is of it.
    """
    try:
        rowids = _documents(library, id_)
        links = [row.links for row in library.articles.rows(rowids)]
    except ReaderError:
        if given is None:
            raise
        links = []
    if not links and given is None:
        raise ReaderError("There is no document of this article any more.", "It was moved or deleted.")
    return fetch_target(id_, links if given is None else [given, *links])


def _documents(library: Library, id_: str) -> list[int]:
    try:
        if found := library.articles.rowids(id_):
            return found
    except ReaderError as error:
        if not error.damaged:
            raise
    # Another process may have built the index anew in the place of the one that is open here.
    return library.articles.rowids(id_) if library.renew() else []


def is_weaker(way: AddressKind, other: AddressKind) -> bool:
    """Whether a page that came by ``way`` is a copy of what comes by ``other``."""
    return _WAYS.index(way) > _WAYS.index(other)


def at_least_as_good_as(kept: Page, addresses: tuple[Address, ...]) -> tuple[Address, ...]:
    """Return those that come before the one that the kept page came by, and that one, however it is spelled.

    A page is no better because it comes by a way that is only taken when the others fail.
    """
    came_by = canonical_url(kept.url)
    for at, address in enumerate(addresses):
        if canonical_url(address.url) == came_by:
            return addresses[: at + 1]
    return tuple(address for address in addresses if not is_weaker(address.way, kept.way))
