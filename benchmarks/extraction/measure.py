"""How near an extracted text is to the true one: the measure of the public article-extraction-benchmark. Pure.

That is github.com/scrapinghub/article-extraction-benchmark: texts are taken as bags of four words each; of each page
the shares of those found, wrongly found and missed are taken, and from these its precision and recall; both are
averaged over all pages, each for itself, and F1 is made of the two averages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from statistics import fmean
from typing import NamedTuple

SHINGLE = 4
"""Words in a row."""
_WORD = re.compile(r"\w+")


class Score(NamedTuple):
    """How much of what was found is true, and how much of what is true was found: 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of the two."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


class PageScore(NamedTuple):
    """The score of one page, and whether it counts for either average."""

    score: Score
    found_any: bool
    has_any: bool


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Return the words of a text, four in a row; of a text with fewer, all of them as one."""
    words = _WORD.findall(text)
    rows = (tuple(words[at : at + SHINGLE]) for at in range(max(1, len(words) - SHINGLE + 1)))
    return Counter(row for row in rows if row)


def compare(true: str, found: str) -> PageScore:
    """Return how near ``found`` is to ``true``."""
    wanted, have = shingles(true), shingles(found)
    both = (wanted & have).total()
    wrong, missed = have.total() - both, wanted.total() - both
    if not wrong and not missed:
        score = Score(1.0, 1.0)
    else:
        score = Score(both / (both + wrong) if both else 0.0, both / (both + missed) if both else 0.0)
    return PageScore(score, bool(have), bool(wanted))


def average(pages: Iterable[PageScore]) -> Score:
    """Return the score of many pages; one without any text found does not count for precision."""
    pages = list(pages)
    precisions = [page.score.precision for page in pages if page.found_any]
    recalls = [page.score.recall for page in pages if page.has_any]
    return Score(fmean(precisions) if precisions else 0.0, fmean(recalls) if recalls else 0.0)
