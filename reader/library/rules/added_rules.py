"""Rules that were added in the app: each is a step that can be undone like marks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.core.text import truncate
from reader.library.rules.rules_file import ArrivalRule, RulesFile, new_rule

if TYPE_CHECKING:
    from reader.core.model import Json
    from reader.library.library import Library
    from reader.storage.sqlite.marks.undo import MarkResult

KIND = "rules"
"""Kind of the items that stand for added rules, by their names."""


@dataclass(frozen=True, slots=True)
class AddedRules:
    """Adds rules to the file, and takes them back. Methods block and raise ReaderError."""

    library: Library
    file: RulesFile

    def add(self, rule: ArrivalRule) -> str:
        """Add a rule at the end, and return the description of the step."""
        if self._find(rule.name) is not None:
            raise ReaderError(f"{self.file.shown} has a rule of this name already.", "Change it there.")
        description = f"Added the rule “{truncate(rule.name, 60)}”"
        self.file.put(rule)
        self.library.items.put(KIND, {rule.name: _json(rule)}, description=description)
        return description

    def follow(self, step: MarkResult) -> str | None:
        """Do in the file what was undone or redone, and return the sentence about it; None if it was no rule.

        A rule that has changed since stays. If the file cannot be read or written now, the step stays as it was.
        """
        found = next(((name, value) for (kind, name), value in step.items.items() if kind == KIND), None)
        if found is None:
            return None
        name, value = found
        rule = new_rule(name, *json.loads(value))
        try:
            present = self._find(name)
            if present != (None if step.redo else rule):
                return step.too_late("rules.toml")
            if step.redo:
                self.file.put(rule)
            else:
                self.file.remove(name)
        except ReaderError:
            self.library.marks.undo(redo=not step.redo)
            raise
        return step.sentence

    def _find(self, name: str) -> ArrivalRule | None:
        return next((each for each in self.file.load() if each.name == name), None)


def _json(rule: ArrivalRule) -> Json:
    return [rule.query, [*rule.do], [*rule.tags]]
