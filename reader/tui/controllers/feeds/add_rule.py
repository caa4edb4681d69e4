"""Making a rule of the query: what happens to the articles that it finds when they arrive."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.core.paths import Paths
from reader.core.text import clean, truncate
from reader.tui.background import WRITES
from reader.tui.prompts import Prompt
from reader.tui.session import Session

if TYPE_CHECKING:
    from reader.library.rules.added_rules import AddedRules
    from reader.library.rules.rules_file import ArrivalRule
    from reader.storage.sqlite.marks.undo import MarkResult
    from reader.tui.widgets.prompt.completion import Completion
    from reader.tui.widgets.prompt.prompt import PromptLine

_SHOWN = 24
"""Cells of the query in the prompt."""
_TAG = "tag:"


class AddRuleController:
    """Asks what a rule does, and adds it to rules.toml."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def ask(self) -> None:
        """Ask what happens to the articles of the query."""
        query = self._session.query.text.strip()
        if not query:
            search = self._session.key("search")
            self._session.show_message(f"A rule needs a query: {search} searches for what it is about.", transient=True)
            return
        prompt = Prompt(partial(self._add, query), _describe, rejects=partial(_is_bad, query), complete=_complete)
        self._session.prompts.open(prompt, f"What to do with new articles of {truncate(query, _SHOWN)}: ")

    def _add(self, query: str, text: str) -> None:
        async def job() -> None:
            description = await self._session.background.write(lambda: self._rules().add(_rule(query, text)))
            self._session.set_can_undo(True)
            hint = self._session.undo_hint
            self._session.show_message(f"{description}, for articles that arrive from now on. {hint}")

        self._session.background.start(job, WRITES, exclusive=False)

    def undone(self, step: MarkResult) -> str | None:
        """Follow a step that was undone or redone, and return the sentence about it; None if it was no rule."""
        return self._rules().follow(step) if "rules" in step.kinds else None

    def _rules(self) -> AddedRules:
        from reader.library.rules.added_rules import AddedRules
        from reader.library.rules.rules_file import RulesFile

        library = self._session.library
        return AddedRules(library, RulesFile((library.paths or Paths.from_environment()).rules_file))


def _rule(query: str, text: str) -> ArrivalRule:
    """Return the rule for a query and words that say what it does. Raises ReaderError."""
    import shlex

    from reader.library.rules.rules_file import new_rule

    try:
        words = shlex.split(clean(text))
    except ValueError:
        raise ReaderError("A quote is not closed.") from None
    tags = [word.removeprefix(_TAG) for word in words if word.startswith(_TAG)]
    name = clean(query)[:200].strip()
    return new_rule(name, query, [word for word in words if not word.startswith(_TAG)], tags)


def _is_bad(query: str, line: PromptLine) -> bool:
    try:
        _rule(query, line.text)
    except ReaderError as error:
        what = str(error).partition("” ")[2]
        line.hint(f"The rule {what}" if what else str(error), warning=True)
        return True
    return False


def _describe(line: PromptLine) -> None:
    line.show_hint("tag:NAME adds a tag.")


def _complete(text: str, cursor: int) -> Completion:
    from reader.library.rules.rules_file import RULE_ACTIONS
    from reader.tui.widgets.prompt.completion import Completion, starting_with

    start = text.rfind(" ", 0, cursor) + 1
    unused = (word for word in (*RULE_ACTIONS, _TAG) if word not in text[:start].split())
    return Completion(start, cursor, tuple(starting_with(text[start:cursor], unused)))
