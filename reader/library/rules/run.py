"""What a list of rules does to a set of articles. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from reader.core.marks import HIDDEN, READ, STARRED, TAG, MarkChange, tag_key
from reader.library.rules.rules_file import ArrivalRule
from reader.storage.sqlite.index import bitmap

Rows = int
"""A set of articles: bits by row id, as :mod:`reader.storage.sqlite.index.bitmap` has it."""


@dataclass(slots=True)
class RuleOutcome:
    """What rules do; all sets are disjoint from those of articles that the rules leave alone."""

    counts: list[tuple[ArrivalRule, int]] = field(default_factory=list)
    """The rules, each with the number of articles that it takes."""
    read: Rows = 0
    starred: Rows = 0
    tagged: dict[str, Rows] = field(default_factory=dict)
    """By tag; hidden articles have the tag HIDDEN."""
    fetched: Rows = 0

    @property
    def hidden(self) -> Rows:
        """The articles that are hidden."""
        return self.tagged.get(HIDDEN, 0)

    def fetched_rowids(self) -> list[int]:
        """Return the articles whose originals are to be fetched."""
        return list(bitmap.to_rows(self.fetched))

    def marks(self) -> dict[str, Rows]:
        """Return the articles that get each mark, by its name."""
        tagged = {TAG + tag_key(tag): rows for tag, rows in self.tagged.items()}
        return {READ: self.read, STARRED: self.starred, **tagged}

    def changes(self) -> list[tuple[MarkChange, Rows]]:
        """Return the marks to set, each with its articles."""
        changes = [(MarkChange(read=True), self.read), (MarkChange(starred=True), self.starred)]
        changes += [(MarkChange(add_tags=(tag,)), rows) for tag, rows in self.tagged.items()]
        return [(change, rows) for change, rows in changes if rows]


def rules_on_arrival(rules: Sequence[ArrivalRule]) -> list[ArrivalRule]:
    """Return the rules that need not wait until articles are grouped.

    Others need stories, or come after one that does and that may stop them.
    """
    until = next((n for n, rule in enumerate(rules) if rule.needs_stories and "stop" in rule.do), len(rules))
    return [rule for rule in rules[:until] if not rule.needs_stories]


def run_rules(
    rules: Sequence[ArrivalRule], matches: Sequence[Rows], articles: Rows, only: Sequence[Rows] | None = None
) -> RuleOutcome:
    """Return what ``rules`` do to ``articles``, in order; ``matches`` are the articles that the query of each finds.

    To articles that are not among its ``only``, a rule does nothing, except that it stops later ones.
    """
    outcome = RuleOutcome()
    for rule, found, its_own in zip(rules, matches, only or [articles] * len(rules), strict=True):
        matching = found & articles
        rows = matching & its_own
        outcome.counts.append((rule, rows.bit_count()))
        for tag in (*rule.tags, *([HIDDEN] if "hide" in rule.do else [])):
            outcome.tagged[tag] = outcome.tagged.get(tag, 0) | rows
        if "read" in rule.do:
            outcome.read |= rows
        if "star" in rule.do:
            outcome.starred |= rows
        if "fetch" in rule.do:
            outcome.fetched |= rows
        if "stop" in rule.do:
            articles &= ~matching
    return outcome
