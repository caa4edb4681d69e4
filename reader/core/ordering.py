"""How articles are sorted, sorted lists of them, and positions in such lists. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal, NamedTuple, get_args

SortKey = Literal["quality", "heat", "date"]
SORT_KEYS: tuple[SortKey, ...] = get_args(SortKey)
FoldState = Literal["", "folded", "unfolded", "inside"]
"""What a row is: an article, a folded story, the best article of an unfolded story, or another article of it."""
MAX_FOLDED = 24
"""Articles of a folded story that are held: the row of a larger story does not know the rest."""
_MAX_OF_STORIES = 2000
"""Articles of folded stories that are requested at once."""
_NEIGHBORS = (0, 1, -1, 2, -2, 3, -3, 4, -4)
"""Offsets of the selected article and of the neighbors that may replace it, in the order in which they are tried."""


class Sort(NamedTuple):
    """A sort order: highest or newest first unless ``reverse``. Unknown values come last either way.

    An unknown heat is sorted by its estimate. Ties are broken by date, newest first, then by title, in both directions.
    """

    by: SortKey = "quality"
    reverse: bool = False

    def reversed(self) -> Sort:
        """Return the opposite order."""
        return Sort(self.by, not self.reverse)

    def __str__(self) -> str:
        """Return the order in its stored form, such as "date down"."""
        return f"{self.by} {'up' if self.reverse else 'down'}"

    @classmethod
    def parse(cls, text: str | None) -> Sort:
        """Return the order that ``str()`` wrote, or the default order for any other text."""
        by, _, direction = (text or "").partition(" ")
        return next((cls(key, direction == "up") for key in SORT_KEYS if key == by), cls())


@dataclass(frozen=True, slots=True)
class ListPosition:
    """Where the selection stood in a list."""

    articles: tuple[int, ...]
    """The selected article, then its neighbors, nearest first: row ids, or article ids where stated."""
    index: int
    """Index of the selected article in the list."""
    line: int
    """Line of the list widget that showed it, from 0."""


@dataclass(frozen=True, slots=True)
class ArticleOrder:
    """A sorted list of articles, as compact row ids; a list that is grouped has a row for each story."""

    sort: Sort
    rowids: array[int]

    @property
    def is_grouped(self) -> bool:
        """Whether it has a row for each story."""
        return False

    @property
    def all_rowids(self) -> array[int]:
        """The row ids of all articles."""
        return self.rowids

    def index_of(self, rowid: int) -> int | None:
        """Return the index of the row of an article, or None if the list does not contain it."""
        return index_in(self.rowids, self.row_of(rowid))

    def row_of(self, rowid: int) -> int:
        """Return the row id of the row that stands for an article of the list."""
        return rowid

    def articles_of(self, rowid: int) -> Sequence[int]:
        """Return the articles that a row of the list stands for."""
        return (rowid,)

    def story_of(self, rowid: int) -> Sequence[int]:
        """Return the articles of the list that are of the story of a row, the row itself first."""
        return (rowid,)

    def fold_state(self, rowid: int) -> FoldState:
        """Return what the row of an article is."""
        return ""

    def fold(self, rowid: int, *, unfold: bool = False) -> ArticleOrder:
        """Return the list with the story of a row folded or, with ``unfold``, unfolded."""
        return self

    def folded_like(self, order: ArticleOrder, selected: int = -1) -> ArticleOrder:
        """Return the list with the same stories unfolded as in another, where ``selected`` keeps a row of its own."""
        return self

    def without(self, rowids: Collection[int]) -> ArticleOrder:
        """Return the list without these articles."""
        left = [rowid for rowid in self.rowids if rowid not in rowids]
        return ArticleOrder(self.sort, array(self.rowids.typecode, left))

    def position_at(self, index: int, line: int) -> ListPosition:
        """Return the position with the article at ``index`` selected on ``line`` of the list, by row ids."""
        near = tuple(self.rowids[index + step] for step in _NEIGHBORS if 0 <= index + step < len(self))
        return ListPosition(near, index, line)

    def __len__(self) -> int:
        return len(self.rowids)


def with_folded(order: ArticleOrder, rowids: Iterable[int]) -> list[int]:
    """Return rows of a list, each once, and the articles of folded stories among them."""
    wanted = list(dict.fromkeys(rowids))
    folded = (each for rowid in wanted for each in order.articles_of(rowid)[1:MAX_FOLDED])
    return [*wanted, *islice(folded, _MAX_OF_STORIES)]


def index_in(rowids: array[int], rowid: int) -> int | None:
    """Return the index of ``rowid`` in ``rowids``, which has it at most once, or None. A million take a millisecond."""
    if rowid < 0:
        return None
    data, size = rowids.tobytes(), rowids.itemsize
    wanted = array(rowids.typecode, [rowid]).tobytes()
    # From the end, which takes a third of the time: the first byte of a number differs more than its last.
    at = data.rfind(wanted)
    while at >= 0 and at % size:  # a match across the boundary of two numbers
        at = data.rfind(wanted, 0, at + size - 1)
    return at // size if at >= 0 else None


def list_key(sort: Sort, query: str = "") -> str:
    """Return the key under which a list position is stored; ``query`` as the query parser writes it."""
    return f"{sort} {query}".rstrip()
