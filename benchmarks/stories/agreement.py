"""How well stories match labelled events."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from typing import NamedTuple


class Score(NamedTuple):
    """B-cubed precision and recall (Bagga and Baldwin, 1998): means over all articles."""

    precision: float
    """The share of an article's story that is about its event."""
    recall: float
    """The share of an article's event that is in its story."""

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def b_cubed(labels: Sequence[Hashable], stories: Sequence[Hashable]) -> Score:
    """Compare the stories of articles with the labels of their events."""
    events, found, both = Counter(labels), Counter(stories), Counter(zip(labels, stories, strict=True))
    pairs = [*zip(labels, stories, strict=True)]
    return Score(
        sum(both[pair] / found[pair[1]] for pair in pairs) / len(pairs),
        sum(both[pair] / events[pair[0]] for pair in pairs) / len(pairs),
    )


def mixtures(labels: Sequence[str], stories: Sequence[Hashable]) -> list[str]:
    """Return stories of several events, those first that mix most articles."""
    return _worst(stories, labels)


def splits(labels: Sequence[str], stories: Sequence[Hashable]) -> list[str]:
    """Return events in several stories, those first of which most articles are outside the largest one."""
    return [
        f"{label}: {' + '.join(map(str, sizes))}"
        for label, sizes in sorted(
            ((label, _sizes(parts)) for label, parts in _grouped(labels, stories).items() if len(parts) > 1),
            key=lambda each: (max(each[1]) - sum(each[1]), each[0]),
        )
    ]


def _worst(groups: Sequence[Hashable], parts: Sequence[str]) -> list[str]:
    mixed = [Counter(counts) for counts in _grouped(groups, parts).values() if len(counts) > 1]
    mixed.sort(key=lambda counts: (max(counts.values()) - counts.total(), sorted(counts.items())))
    return [" + ".join(f"{count} {label}" for label, count in counts.most_common()) for counts in mixed]


def _grouped(groups: Sequence[Hashable], parts: Sequence[Hashable]) -> dict[Hashable, Counter[Hashable]]:
    found: dict[Hashable, Counter[Hashable]] = defaultdict(Counter)
    for group, part in zip(groups, parts, strict=True):
        found[group][part] += 1
    return found


def _sizes(parts: Counter[Hashable]) -> list[int]:
    return sorted(parts.values(), reverse=True)
