"""Runs the rules of the user on the articles of one library."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from reader.library.rules.rules_file import RulesFile
from reader.library.rules.run import Outcome, run_rules
from reader.storage.sqlite.index import arrived, bitmap

if TYPE_CHECKING:
    from reader.library.library import Library


class LibraryRules:
    """The rules in ``file``, for the articles of ``library``. Methods may block and raise ReaderError."""

    def __init__(self, library: Library, file: RulesFile) -> None:
        self._library = library
        self._file = file

    def run(self, among: Collection[int] | None = None) -> Outcome:
        """Return what the enabled rules do to the articles, or to the rows ``among`` them; change nothing."""
        rules = [rule for rule in self._file.load() if rule.enabled]
        matches, articles = self._library.search.matching([rule.parsed for rule in rules], among)
        return run_rules(rules, matches, articles)

    def apply(self, outcome: Outcome, *, undoable: bool = True) -> str:
        """Do what :meth:`run` returned, as one step; return what changed in words, empty for nothing."""
        index = self._library.index
        changes = [(change, index.ids_of(bitmap.to_rows(rows))) for change, rows in outcome.changes()]
        return self._library.marks.apply_each(changes, undoable=undoable).description if changes else ""

    def apply_to_new(self) -> Outcome:
        """Run the rules once on each article that has arrived since the last time and never had a mark.

        An article with a mark is one that the user or a rule has dealt with, here or on another machine: when an index
        is built again, every article in it is new. What rules do is no step of undo.
        """
        database = self._library.index.database
        arrivals = arrived.load(database)
        if not arrivals.ids:
            return Outcome()
        outcome = Outcome()
        if self._file.load():
            marked = self._library.marks.store.marked_ids()
            outcome = self.run([rowid for rowid, key in arrivals.ids.items() if key not in marked])
            self.apply(outcome, undoable=False)
        arrived.mark_seen(database, arrivals.last)
        return outcome
