"""Runs the rules of the user on the articles of one library."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from reader.core.marks import READ
from reader.library.marks import LibraryMarks
from reader.library.rules.rules_file import ArrivalRule, RulesFile
from reader.library.rules.run import RuleOutcome, rules_on_arrival, run_rules
from reader.storage.sqlite.index import arrived, bitmap
from reader.storage.sqlite.index.folder_index import Index
from reader.storage.sqlite.search.service import SearchService


class RuleRunner:
    """Runs the rules in ``file``. Methods may block and raise ReaderError."""

    def __init__(
        self, file: RulesFile, index: Callable[[], Index], marks: LibraryMarks, search: Callable[[], SearchService]
    ) -> None:
        """``index`` returns the current index of the articles, ``search`` what finds them."""
        self._file = file
        self._index = index
        self._marks = marks
        self._search = search

    def run(self, among: Collection[int] | None = None) -> RuleOutcome:
        """Return what the enabled rules do to the articles, or to the rows ``among`` them; change nothing."""
        return self._run(self._enabled(), among)

    @property
    def need_stories(self) -> bool:
        """Whether an enabled rule needs to know the stories of articles."""
        return any(rule.needs_stories for rule in self._enabled())

    def _enabled(self) -> list[ArrivalRule]:
        return [rule for rule in self._file.load() if rule.enabled]

    def _run(self, rules: Sequence[ArrivalRule], among: Collection[int] | None) -> RuleOutcome:
        return run_rules(rules, *self._search().matching([rule.parsed for rule in rules], among))

    def apply(self, outcome: RuleOutcome, *, undoable: bool = True) -> str:
        """Do what :meth:`run` returned, as one step; return what changed in words, empty for nothing."""
        index = self._index()
        changes = [(change, index.ids_of(bitmap.to_rows(rows))) for change, rows in outcome.changes()]
        return self._marks.apply_each(changes, undoable=undoable).description if changes else ""

    def apply_to_new(self) -> RuleOutcome:
        """Run the rules once on each article that has arrived since the last time and never had a mark.

        Rules that need stories, and those that these may stop, wait for :meth:`apply_to_grouped`.

        An article with a mark is one that the user or a rule has dealt with, here or on another machine: when an index
        is built again, every article in it is new. What rules do is no step of undo.
        """
        database = self._index().database
        arrivals = arrived.load(database)
        outcome = RuleOutcome()
        if not arrivals.ids:
            return outcome
        if rules := rules_on_arrival(self._enabled()):
            marked = self._marks.store.marked_ids()
            outcome = self._run(rules, [rowid for rowid, key in arrivals.ids.items() if key not in marked])
            self.apply(outcome, undoable=False)
        arrived.mark_seen(database, arrivals.last)
        return outcome

    def apply_to_grouped(self) -> RuleOutcome:
        """Run the rules that :meth:`apply_to_new` has left out, once on each article that has been grouped since.

        Those about copies also see earlier articles that have become copies of new ones. Left alone are articles with
        marks that no rule has given on arrival. If the user has read an earlier copy, the new one is the duplicate.
        """
        database, outcome = self._index().database, RuleOutcome()
        last, seen = arrived.seen(database)
        if last <= seen:
            return outcome
        rules = self._enabled()
        if any(rule.needs_stories for rule in rules):
            articles = arrived.load_grouped(database, seen, last)
            if not articles:  # they are not grouped yet
                return outcome
            outcome = self._run_on_grouped(rules, articles)
            self.apply(outcome, undoable=False)
        arrived.mark_grouped_seen(database, last)
        return outcome

    def _run_on_grouped(self, rules: Sequence[ArrivalRule], articles: Sequence[arrived.Grouped]) -> RuleOutcome:
        own, read = self._marked_by_user(rules, articles)
        read_before = {each.copy_of for each in articles if each.id in read and not each.is_new}
        duplicates = [each.rowid for each in articles if each.is_new and each.copy_of in read_before]
        among = [each.rowid for each in articles if each.id not in own]
        matches, rows = self._search().matching([rule.parsed for rule in rules], among, duplicates)
        size = max(each.rowid for each in articles) + 1
        earlier = bitmap.from_rows([each.rowid for each in articles if not each.is_new], size)
        done = rules_on_arrival(rules)
        only = [0 if rule in done else rows if rule.is_about_copies else rows & ~earlier for rule in rules]
        return run_rules(rules, matches, rows, only)

    def _marked_by_user(
        self, rules: Sequence[ArrivalRule], articles: Sequence[arrived.Grouped]
    ) -> tuple[set[int], set[int]]:
        """Return the ids of the articles with marks that no rule gives on arrival, and of those that have been read so.

        Which rules would have been stopped does not matter: the user may have changed their order since.
        """
        on_arrival = [replace(rule, do=tuple(set(rule.do) - {"stop"})) for rule in rules if not rule.needs_stories]
        given = self._run(on_arrival, [each.rowid for each in articles]).marks()
        ids = {each.rowid: each.id for each in articles}
        by_rule = {(ids[rowid], name) for name, rows in given.items() for rowid in bitmap.to_rows(rows)}
        changed = self._marks.store.changed_marks(ids.values())
        by_user = [each for each in changed if not each[2] or each[:2] not in by_rule]
        return {id_ for id_, *_ in by_user}, {id_ for id_, name, is_set in by_user if name == READ and is_set}
