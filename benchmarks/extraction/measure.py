"""How close an extracted text is to the reference: the measure of the public article-extraction-benchmark. Pure.

That is github.com/scrapinghub/article-extraction-benchmark: texts are bags of four consecutive words; for each page
the found, wrongly found and missed ones give its precision and recall; both are
averaged over all pages, and F1 is computed from the averages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from statistics import fmean
from typing import NamedTuple

SHINGLE = 4
"""Consecutive words."""
_WORD = re.compile(r"\w+")


class Score(NamedTuple):
    """Precision and recall, from 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


class PageScore(NamedTuple):
    """The score of one page, and whether it counts for each average."""

    score: Score
    found_any: bool
    has_any: bool


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Return the runs of four words of a text; a text with fewer words is one run."""
    words = _WORD.findall(text)
    rows = (tuple(words[at : at + SHINGLE]) for at in range(max(1, len(words) - SHINGLE + 1)))
    return Counter(row for row in rows if row)


def compare(true: str, found: str) -> PageScore:
    """Return how close ``found`` is to ``true``."""
    wanted, have = shingles(true), shingles(found)
    both = (wanted & have).total()
    wrong, missed = have.total() - both, wanted.total() - both
    if not wrong and not missed:
        score = Score(1.0, 1.0)
    else:
        score = Score(both / (both + wrong) if both else 0.0, both / (both + missed) if both else 0.0)
    return PageScore(score, bool(have), bool(wanted))


def average(pages: Iterable[PageScore]) -> Score:
    """Return the score of many pages; pages without any text found do not count for precision."""
    pages = list(pages)
    precisions = [page.score.precision for page in pages if page.found_any]
    recalls = [page.score.recall for page in pages if page.has_any]
    return Score(fmean(precisions) if precisions else 0.0, fmean(recalls) if recalls else 0.0)
