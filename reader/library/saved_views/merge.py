"""Views in the file and views in the history, brought to one state. Pure.

The file is the truth, and has the order; the history (the kept things of
:mod:`reader.storage.sqlite.marks.named_items`, kind ``view``) is what undo works on. Of both it is known how
they were when they agreed last. What has changed since in the file holds; where the file
has not changed, what has changed in the history does: an undo, or marks taken in from
another machine.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from reader.core.model import Json
from reader.core.text import clean
from reader.library.saved_views.toml_file import LONGEST_NAME, LONGEST_QUERY, SavedView, format_sort, sort_of


class RankedView(NamedTuple):
    """A view as the history has it."""

    query: str
    sort: str
    rank: float
    """Views are in the order of their ranks, so that moving one changes only that one."""

    def json(self) -> Json:
        """Return it as it is kept."""
        return {"query": self.query, "sort": self.sort, "rank": self.rank}


def parse_view(name: str, value: Json) -> RankedView | None:
    """Return the view that was kept under ``name``; None for what is none, as files come from elsewhere, too."""
    if not isinstance(value, dict) or not name or len(name) > LONGEST_NAME or clean(name) != name:
        return None
    query, sort, rank = value.get("query"), value.get("sort", ""), value.get("rank", math.inf)
    if not isinstance(query, str) or clean(query) != query or len(query) > LONGEST_QUERY:
        return None
    if not isinstance(sort, str) or (sort and sort_of(sort) is None):
        return None
    if isinstance(rank, bool) or not isinstance(rank, int | float):
        return None
    try:
        place = float(rank)
    except OverflowError:  # a whole number of hundreds of digits
        return None
    return None if math.isnan(place) else RankedView(query, sort, place)


def rank_views(views: Sequence[SavedView], known: Mapping[str, RankedView]) -> dict[str, RankedView]:
    """Return the views of a file with their ranks: those that are ``known``, as far as the order is still theirs."""
    ranks = [known[view.name].rank if view.name in known else None for view in views]
    kept = _rising(ranks)
    result: list[float] = []
    for at, rank in enumerate(ranks):
        if at in kept and rank is not None:
            result.append(rank)
            continue
        low = result[-1] if result else None
        after = next((other for other in range(at + 1, len(views)) if other in kept), None)
        high = None if after is None else ranks[after]
        result.append(rank_between(low, high, (after or 0) - at + 1))
    if any(not first < second for first, second in pairwise(result)):
        result = [float(at) for at in range(len(views))]  # there is no number left between two of them
    return {
        view.name: RankedView(view.query, format_sort(view.sort), rank)
        for view, rank in zip(views, result, strict=True)
    }


def rank_between(low: float | None, high: float | None, parts: int = 2) -> float:
    """Return the first of the numbers that cut what is between two ranks into ``parts``."""
    if low is None:
        return 0.0 if high is None else high - (parts - 1)
    return low + 1 if high is None else low + (high - low) / parts


def _rising(ranks: Sequence[float | None]) -> frozenset[int]:
    """Return the places of a longest run of rising ranks; the others have been moved."""
    ends: list[float] = []
    last: list[int] = []
    before: dict[int, int] = {}
    for at, rank in enumerate(ranks):
        if rank is None or math.isinf(rank):
            continue
        length = bisect_left(ends, rank)
        before[at] = last[length - 1] if length else -1
        ends[length : length + 1] = [rank]
        last[length : length + 1] = [at]
    return frozenset(_chain(before, last[-1])) if last else frozenset()


def _chain(before: Mapping[int, int], at: int) -> list[int]:
    found: list[int] = []
    while at != -1:
        found.append(at)
        at = before[at]
    return found


def merge_views(
    file: Mapping[str, RankedView], agreed: Mapping[str, RankedView], history: Mapping[str, RankedView]
) -> dict[str, RankedView]:
    """Return the views as they are to be, in their order; ``agreed`` is how both were when they were the same."""
    found: dict[str, RankedView] = {}
    for name in {**file, **history}:
        there, then, here = file.get(name), agreed.get(name), history.get(name)
        view = here if there == then else there
        if view is not None:
            found[name] = view
    return dict(sorted(found.items(), key=lambda each: (each[1].rank, each[0])))


def sorted_views(views: Mapping[str, RankedView]) -> list[SavedView]:
    """Return the views in the order they stand in, without their ranks."""
    return [SavedView(name, view.query, sort_of(view.sort)) for name, view in views.items()]
