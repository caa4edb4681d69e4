"""Queries on the main screen: the line they are written in, what they find as one types, and those of before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from textual import on

from reader.opening import First
from reader.text import count
from reader.ui import messages
from reader.ui.article_list import ArticleList
from reader.ui.bars import TopBar
from reader.ui.screens.marking import Marking
from reader.ui.screens.parts import Purpose

if TYPE_CHECKING:
    from reader.library.query import Query, TextField, ValueField
    from reader.library.view import Sort
    from reader.ui.entering import Offer
    from reader.ui.matching import Term

_PAST = "queries"
"""The name by which the library remembers them."""


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
        self._terms: tuple[Term, ...] = ()
        """The words that articles are found by, to be drawn so."""
        self._before: _Before | None = None
        self._wrong = False
        """Whether what stands in the line is no query."""
        self._values: Mapping[ValueField, list[str]] = {}
        """What the fields of articles hold, the most frequent first; by the name of the field."""

    # What whoever shows the list wants to know.

    def list_again(self) -> None:
        """Called when the list is to show what ``asked`` finds."""

    def go_back_to(self, rowid: int, top: int) -> None:
        """Called to have an article selected in the list that comes, with ``top`` the first row on the screen."""

    # The line.

    def action_search(self) -> None:
        """Open the line for a query."""
        if self.is_asking:
            return
        self._before = _Before(self.asked, self.articles.rowid, int(self.articles.scroll_offset.y))
        self._wrong = False
        purpose = Purpose(self._keep, self._search, self._restore, self._refuses)
        self.ask(purpose, "/", self.asked.text, then=self.articles)
        self.panes.remove_class("-reading")  # where there is room for one pane, it is the list that follows
        self._desk.search_help(_PAST)

    @on(messages.SearchHelp)
    def _take_help(self, event: messages.SearchHelp) -> None:
        self._values = event.values or self._values
        entry = self.entry
        if entry is not None and self._before is not None:
            entry.set_past(event.past)
            self._search(entry.text, entry.at)

    def _search(self, text: str, at: int) -> None:
        """Show what is found by what has been written so far."""
        from reader.library.query import QueryError
        from reader.library.query_text import parse

        entry = self.entry
        if entry is None:
            return
        entry.offer(self._offered(text, at))
        try:
            query = parse(text)
        except QueryError as error:
            self._wrong = True
            entry.wrong(error.message, error.start)
            return
        self._wrong = False
        if not self._set(text, query):
            entry.say(self._said())

    def _set(self, text: str, query: Query) -> bool:
        """Have the list show what ``query`` finds; return whether that is something else than before."""
        from reader.library.query import Query

        asked = Asked(text, None if query == Query() else query)
        same = asked.query == self.asked.query
        self.asked = asked
        self._terms = _terms(query, "any", "title")
        if same:
            self.query_one(TopBar).query_text = text.strip()
        else:
            self.list_again()
        return not same

    def _offered(self, text: str, at: int) -> Offer:
        from reader.library.query_help import complete
        from reader.library.query_text import quoted
        from reader.ui.entering import NOTHING, Offer

        found = complete(text, at)
        if found.kind == "none" or (found.kind == "field" and not found.prefix):
            return NOTHING
        words: tuple[str, ...] = found.candidates
        if found.kind != "field" and found.kind != "fixed":  # noqa: PLR1714 - mypy would not see it
            begun = found.prefix.casefold()
            known = self._values.get(found.kind, [])
            words = tuple(quoted(value) for value in known if value.casefold().startswith(begun))
        return Offer(found.start, found.end, words)

    def _said(self) -> str:
        """Return how many articles the list has, for the line below the query."""
        found = count(len(self.articles.view), "article")
        return found if self.asked.query is not None else f"{found}. Words, topic:  source:  is:unread  quality>=40 …"

    def _refuses(self, _: str) -> bool:
        return self._wrong

    def _keep(self, text: str) -> None:
        """Leave it at what is found, and remember the query."""
        self._before = None
        self._show_keys()
        self.read_on()
        if text:
            self._desk.remember_query(_PAST, text)

    def _restore(self) -> None:
        """Show what was there before."""
        before, self._before = self._before, None
        if before is not None and before.asked.query != self.asked.query:
            self._ask_again(before.asked)
            self.go_back_to(before.rowid, before.top)
        elif before is not None:
            self.asked = before.asked
        self._show_keys()

    def _ask_again(self, asked: Asked) -> None:
        from reader.library.query import Query

        self._set(asked.text, asked.query or Query())

    # Without the line.

    def search_for(self, text: str, sort: Sort | None = None) -> None:
        """Show what the query ``text`` finds, in the order of ``sort`` unless that is None or the query has its own.

        A text that is no query is told to the person, and the list stays as it is.
        """
        from reader.library.query import QueryError
        from reader.library.query_text import parse

        try:
            query = parse(text)
        except QueryError as error:
            self.say(f"{error} The query was: {text}", warning=True)
            return
        self.leave_line()
        if sort is not None:
            self.sort_by(sort)
        self._set(text, query)

    def sort_by(self, sort: Sort) -> None:
        """Called to have another order, should it be another."""

    def drop_own_sort(self) -> bool:
        """Take the order from the query that it names itself; return whether it named one."""
        query = self.asked.query
        if query is None or query.sort is None:
            return False
        from dataclasses import replace

        from reader.library.query_text import write

        without = replace(query, sort=None)
        self._set(write(without), without)
        return True

    @on(ArticleList.Left)
    def _let_query_go(self) -> None:
        """Show everything again; without a query there is nowhere to go."""
        if self.asked.query is None:
            self.say("This is the list. q leaves newsreader, ? shows every key.", passing=True)
            return
        self._ask_again(Asked())
        self.say("All articles again. / and ↑ bring the query back.")

    # What is found.

    def view_shown(self, fallen: int) -> None:
        """Tell how many were found, above the list and, while one writes, below the query."""
        bar = self.query_one(TopBar)
        bar.query_text = self.asked.text.strip()
        bar.shown = len(self.articles.view) - fallen if self.asked.query is not None else None
        query = self.asked.query if len(self.articles.view) else None
        self.article.highlight(() if query is None else _terms(query, "any", "title", "excerpt", "body", "text"))
        entry = self.entry
        if entry is not None and self._before is not None and not self._wrong:
            entry.say(self._said())


def _terms(query: Query, *fields: TextField) -> tuple[Term, ...]:
    """Return the words by which articles are found in ``fields``, to be drawn so."""
    from reader.library.query_help import words_of
    from reader.ui.matching import term

    found = (term(each.text, prefix=each.prefix) for each in words_of(query.where, fields))
    return tuple(each for each in found if each is not None)
