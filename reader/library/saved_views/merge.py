"""Three-way merge of the views in the file and the views in the history. Pure.

The file is authoritative and defines the order. Undo works on the history (items of kind
``view`` in :mod:`reader.storage.sqlite.marks.named_items`). The base of the merge is the state
of the last synchronization. A change in the file wins; where the file has not changed, a change
in the history wins: an undo, or marks imported from another machine.
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
    """A view as the history stores it."""

    query: str
    sort: str
    rank: float
    """Views are sorted by rank, so that moving one changes only that one."""


def parse_view(name: str, value: Json) -> RankedView | None:
    """Return the view stored under ``name``; None if it is invalid, as in a file from another machine."""
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
        number = float(rank)
    except OverflowError:  # an integer of hundreds of digits
        return None
    return None if math.isnan(number) else RankedView(query, sort, number)


def rank_views(views: Sequence[SavedView], known: Mapping[str, RankedView]) -> dict[str, RankedView]:
    """Return ``views`` with ranks in their order; as many as possible keep their rank in ``known``."""
    old = [known[view.name].rank if view.name in known else None for view in views]
    unmoved = _longest_rising(old)
    ranks: list[float] = []
    for index, rank in enumerate(old):
        if index in unmoved and rank is not None:
            ranks.append(rank)
            continue
        low = ranks[-1] if ranks else None
        after = next((other for other in range(index + 1, len(views)) if other in unmoved), None)
        high = None if after is None else old[after]
        ranks.append(rank_between(low, high, (after or 0) - index + 1))
    if any(not first < second for first, second in pairwise(ranks)):
        ranks = [float(index) for index in range(len(views))]  # no float is left between two of them
    return {
        view.name: RankedView(view.query, format_sort(view.sort), rank) for view, rank in zip(views, ranks, strict=True)
    }


def rank_between(low: float | None, high: float | None, parts: int = 2) -> float:
    """Return the first of the numbers that divide the interval between two ranks into ``parts``."""
    if low is None:
        return 0.0 if high is None else high - (parts - 1)
    return low + 1 if high is None else low + (high - low) / parts


def _longest_rising(ranks: Sequence[float | None]) -> frozenset[int]:
    """Return the indexes of a longest increasing subsequence of the finite ranks; all other views have moved."""
    ends: list[float] = []
    last: list[int] = []
    previous: dict[int, int] = {}
    for index, rank in enumerate(ranks):
        if rank is None or math.isinf(rank):
            continue
        length = bisect_left(ends, rank)
        previous[index] = last[length - 1] if length else -1
        ends[length : length + 1] = [rank]
        last[length : length + 1] = [index]
    found: set[int] = set()
    index = last[-1] if last else -1
    while index != -1:
        found.add(index)
        index = previous[index]
    return frozenset(found)


def merge_views(
    file: Mapping[str, RankedView], base: Mapping[str, RankedView], history: Mapping[str, RankedView]
) -> dict[str, RankedView]:
    """Return the merged views in their order; ``base`` is the state in which ``file`` and ``history`` were equal."""
    merged: dict[str, RankedView] = {}
    for name in {**file, **history}:
        view = history.get(name) if file.get(name) == base.get(name) else file.get(name)
        if view is not None:
            merged[name] = view
    return dict(sorted(merged.items(), key=lambda item: (item[1].rank, item[0])))


def sorted_views(views: Mapping[str, RankedView]) -> list[SavedView]:
    """Return the views, without their ranks, in the order of the mapping."""
    return [SavedView(name, view.query, sort_of(view.sort)) for name, view in views.items()]
