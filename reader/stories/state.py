"""What the grouping keeps between runs, as rows of tables. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class KeptArticle(NamedTuple):
    """A row: what is kept of an article."""

    rowid: int
    story: int
    """The id of its story; each article has one, also if it is alone in it."""
    day: int | None
    """When it was published, in days since 1970."""
    text: int
    """A hash of its text, 64 bits with sign."""
    keys: Sequence[int]
    """The terms that it is found by: at most eight numbers of 32 bits."""
    vector: bytes
    """Its weighted terms; ``terms.unpacked`` reads them."""


class KeptStory(NamedTuple):
    """A story as read from the rows of its articles."""

    size: int
    newest: Sequence[tuple[int | None, bytes]]
    """The day and the vector of its newest articles; of one day, those of the highest row ids."""


@dataclass(slots=True)
class Changes:
    """What one step changes; to be applied in this order, in one transaction."""

    removed: list[int] = field(default_factory=list)
    """The row ids of articles that are gone."""
    joined: dict[int, int] = field(default_factory=dict)
    """Stories that became part of another: all their articles, also those that departed, belong to the other now."""
    added: list[KeptArticle] = field(default_factory=list)
    departed: dict[int, int] = field(default_factory=dict)
    """The story in which an article of this text was, which is gone; replaces an older one."""
    documents: int | None = None
    """How many articles were counted."""
    frequencies: Mapping[int, int] = field(default_factory=dict)
    """How many of them have each of these terms; replaces the older numbers."""


class StoryState(Protocol):
    """What the grouping needs of its tables."""

    def documents(self) -> int:
        """Return how many articles were counted; 0 if there are none."""
        ...

    def frequencies(self, terms: Collection[int] | None) -> dict[int, int]:
        """Return how many of these have each of ``terms``, or each term of all for None; without those in none."""
        ...

    def article(self, rowid: int) -> KeptArticle | None:
        """Return an article; its keys may be left out."""
        ...

    def departed(self, text: int) -> int | None:
        """Return the story of an article with this text that is gone; None if there was none."""
        ...

    def existing(self, ids: Collection[int]) -> set[int]:
        """Return those of these stories that have an article."""
        ...

    def repeated(self, ids: Collection[int]) -> Collection[int]:
        """Return those of these ids of articles that another article may have, too."""
        ...

    def stories_with(self, term: int, day: int | None, limit: int) -> Iterable[int]:
        """Return the stories of the articles with this key that are nearest to a day; for None of the newest ones.

        At least so many as ``limit`` on either side of the day, if there are so many; those without a day come last.
        The same story may come more than once.
        """
        ...

    def stories(self, ids: Collection[int], limit: int) -> dict[int, KeptStory]:
        """Return those of these stories that exist, each with at most ``limit`` articles."""
        ...

    def apply(self, changes: Changes) -> None:
        """Save what changes."""
        ...
