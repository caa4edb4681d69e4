"""Queries on the main screen: the line they are written in, what they find as one types, and those of before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from textual import on

from reader.opening import First
from reader.text import count
from reader.ui import messages
from reader.ui.bars import TopBar
from reader.ui.matching import Term, term
from reader.ui.screens.marking import Marking
from reader.ui.screens.parts import Purpose

if TYPE_CHECKING:
    from reader.library.query import Query
    from reader.ui.entering import Offer

_PAST = "queries"
"""The name by which the library remembers them."""
_KEPT = 100


class Asked(NamedTuple):
    """A query as it was written, and what it means; None for no query."""

    text: str = ""
    query: Query | None = None


class _Before(NamedTuple):
    """What was on the screen before a query was written."""

    asked: Asked
    rowid: int
    top: int


class Searching(Marking):
    """The list shows what the query finds, or everything without one."""

    def __init__(self, first: First, keymap: Mapping[str, str]) -> None:
        super().__init__(first, keymap)
        self.asked = Asked()
        self._before: _Before | None = None
        self._values: dict[str, list[str]] = {}
        """What the fields of articles hold, the most frequent first; by the name of the field."""
        self._queries: list[str] = []

    def list_again(self, *, searching: bool = False) -> None:
        """Called when the list is to show something else; ``searching``, the result of another query."""

    def action_search(self) -> None:
        """Open the line for a query."""
        before = self.articles
        self._before = _Before(self.asked, before.rowid, int(before.scroll_offset.y))
        self._desk.search_help(_PAST)
        text = self.asked.text
        self.ask(Purpose(self._keep, self._search, self._restore), "/", text, self._queries)

    @on(messages.SearchHelp)
    def _take_help(self, event: messages.SearchHelp) -> None:
        self._values = event.values
        self._queries = _read(event.past)
        if self.entry is not None:
            self.entry.set_past(self._queries)

    def _search(self, text: str, at: int) -> None:
        """Show what is found by what has been written so far."""
        from reader.library.query import Query, QueryError
        from reader.library.query_text import parse

        entry = self.entry
        if entry is None:
            return
        entry.offer(self._offered(text, at), self._said())
        if text == self.asked.text:
            return
        try:
            query = parse(text)
        except QueryError as error:
            entry.wrong(error.message, error.start)
            return
        self.asked = Asked(text, None if query == Query() else query)
        self.list_again(searching=True)

    def _offered(self, text: str, at: int) -> Offer:
        from reader.library.query_help import complete
        from reader.library.query_text import quoted
        from reader.ui.entering import NOTHING, Offer

        found = complete(text, at)
        if found.kind == "none" or (found.kind == "field" and not found.prefix):
            return NOTHING
        words: tuple[str, ...] = found.candidates
        if found.kind not in {"field", "fixed"}:
            begun = found.prefix.casefold()
            known = self._values.get(found.kind, [])
            words = tuple(quoted(value) for value in known if value.casefold().startswith(begun))
        return Offer(found.start, found.end, words)

    def _said(self) -> str:
        """Return how many articles the list has, for the line below the query."""
        return count(len(self.articles.view), "article")

    def view_shown(self) -> None:
        """Tell how many were found, above the list and, while one writes, below the query."""
        bar = self.query_one(TopBar)
        bar.query_text = self.asked.text
        bar.shown = len(self.articles.view) if self.asked.query is not None else None
        entry = self.entry
        if entry is not None and self._before is not None:
            entry.say_found(self._said())

    def _keep(self, text: str) -> None:
        """Leave it at what is found, and remember the query."""
        self._before = None
        if text and self.asked.text.strip() == text:
            self._queries = [*(each for each in self._queries if each != text), text][-_KEPT:]
            self.remember(_PAST, json.dumps(self._queries))
        elif text:
            self.say("That query cannot be understood; the list shows what was found before.", warning=True)

    def _restore(self) -> None:
        """Show what was there before."""
        before, self._before = self._before, None
        if before is not None and before.asked != self.asked:
            self.asked = before.asked
            self.list_again(searching=True)
            self.go_back_to(before.rowid, before.top)

    def go_back_to(self, rowid: int, top: int) -> None:
        """Called to have an article selected, with ``top`` the first row of the list, once the list is there."""

    def let_query_go(self) -> bool:
        """Show everything again; return whether there was a query."""
        if self.asked.query is None:
            return False
        self.asked = Asked()
        self.list_again(searching=True)
        self.say("All articles again.")
        return True

    @property
    def terms(self) -> tuple[Term, ...]:
        """The words that articles are found by, to be drawn so in their titles."""
        if self.asked.query is None:
            return ()
        from reader.library.query_help import words_of

        found = (term(each.text, prefix=each.prefix) for each in words_of(self.asked.query.where))
        return tuple(each for each in found if each is not None)


def _read(kept: str | None) -> list[str]:
    """Return the queries that were kept; what is no list of texts is none."""
    try:
        found = json.loads(kept or "[]")
    except ValueError:
        return []
    return [text for text in found if isinstance(text, str)][-_KEPT:] if isinstance(found, list) else []
