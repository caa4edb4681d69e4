"""What is told while originals are fetched. Small to import: the screen needs it at the start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

Status: TypeAlias = Literal["fetched", "cached", "failed"]
"""``cached``: the page that is kept holds, by its age, by its server's word, or because no newer one could be had."""


class Failure(NamedTuple):
    """One address of an article that yielded no page."""

    way: str
    """Which of its addresses, as in :data:`reader.model.Way`; empty for what concerns all of them."""
    host: str
    why: str
    """In plain words that follow a name, such as “404 Not Found at jurist.org”."""


class Trying(NamedTuple):
    """An address of an article is being asked for."""

    id: str
    way: str
    host: str


class Got(NamedTuple):
    """What came of one article."""

    id: str
    status: Status
    url: str
    """Of the page that is kept: where it was found; empty when there is none."""
    words: int
    failures: tuple[Failure, ...]
    """Each address that failed, in the order of asking; also where a page was found or kept in the end."""
    error: str
    """A sentence when it failed, or when the page that is kept could not be looked at again; else empty."""
    seconds: float
    cancelled: bool = False
    """Whether it failed because it was cancelled."""
    hint: str = ""
    """What the person can do about it, in a sentence."""
    asked: str = ""
    """The address that was, or would have been, asked for first; empty when the article names none."""
    holds: bool = False
    """Whether a server has just said that the page which is kept still holds."""


class Gathered(NamedTuple):
    """How far the fetching of many articles is."""

    done: int
    """Pages fetched."""
    cached: int
    """Articles whose page was there already."""
    failed: int
    left: int
    rate: float
    """Articles a second, of late."""
    paused: bool
    finished: bool
    told: str
    """What to say of the end in a sentence, once it is finished."""
    last: str = ""
    """The identity of the article that was ready last: it may have a page now."""
    unseen: int = 0
    """How many of ``cached`` could not be looked at again, as was asked for."""


class Pictured(NamedTuple):
    """An image that was asked for is kept now; or, with ``error``, it is not."""

    url: str
    error: str = ""


class Said(NamedTuple):
    """Something the person should know."""

    text: str
    warning: bool = False


News: TypeAlias = Trying | Got | Gathered | Pictured | Said
Tell: TypeAlias = Callable[[News], None]
