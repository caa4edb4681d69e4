"""Runs the rules of the user on the articles of one library."""

from __future__ import annotations

from collections.abc import Callable, Collection

from reader.library.marks import LibraryMarks
from reader.library.rules.rules_file import RulesFile
from reader.library.rules.run import RuleOutcome, run_rules
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
        rules = [rule for rule in self._file.load() if rule.enabled]
        matches, articles = self._search().matching([rule.parsed for rule in rules], among)
        return run_rules(rules, matches, articles)

    def apply(self, outcome: RuleOutcome, *, undoable: bool = True) -> str:
        """Do what :meth:`run` returned, as one step; return what changed in words, empty for nothing."""
        index = self._index()
        changes = [(change, index.ids_of(bitmap.to_rows(rows))) for change, rows in outcome.changes()]
        return self._marks.apply_each(changes, undoable=undoable).description if changes else ""

    def apply_to_new(self) -> RuleOutcome:
        """Run the rules once on each article that has arrived since the last time and never had a mark.

        An article with a mark is one that the user or a rule has dealt with, here or on another machine: when an index
        is built again, every article in it is new. What rules do is no step of undo.
        """
        database = self._index().database
        arrivals = arrived.load(database)
        outcome = RuleOutcome()
        if not arrivals.ids:
            return outcome
        if self._file.load():
            marked = self._marks.store.marked_ids()
            outcome = self.run([rowid for rowid, key in arrivals.ids.items() if key not in marked])
            self.apply(outcome, undoable=False)
        arrived.mark_seen(database, arrivals.last)
        return outcome
