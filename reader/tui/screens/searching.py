"""Queries on the main screen: the line they are written in, what they find as one types, and those of before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from textual import on

from reader.config.settings import Config
from reader.core.text import clean, format_count
from reader.startup import FirstFrame
from reader.tui import messages
from reader.tui.screens.marking import Marking
from reader.tui.screens.parts import Purpose
from reader.tui.widgets.article_list.article_list import ArticleList
from reader.tui.widgets.bars.bars import TopBar

if TYPE_CHECKING:
    from reader.core.ordering import Sort
    from reader.query.ast import Query, TextField, ValueField
    from reader.tui.widgets.prompt.completion import Completion
    from reader.tui.widgets.text.highlight import Term

_PAST = "queries"
"""The name by which the library remembers them."""


class Asked(NamedTuple):
    """A query as it was written, and what it means; None for no query."""

    text: str = ""
    query: Query | None = None

    @property
    def shown(self) -> str:
        """The text as a safe line."""
        return clean(self.text)


class Back(NamedTuple):
    """What is to be as it was, in a list that is on its way."""

    rowid: int
    """The article that was selected,"""
    top: int
    """the first row on the screen,"""
    fallen: frozenset[int] = frozenset()
    """what did not match any more and had stayed,"""
    anchor_rowid: int = -1
    """and the article at which a choice of several was begun, or -1."""


class _Before(NamedTuple):
    """What was on the screen before a query was written."""

    asked: Asked
    back: Back


class Searching(Marking):
    """The list shows what the query finds, or everything without one."""

    def __init__(self, first: FirstFrame, settings: Config) -> None:
        super().__init__(first, settings)
        self.asked = Asked()
        self._terms: tuple[Term, ...] = ()
        """The words that articles are found by, to be drawn so in titles,"""
        self._texts: tuple[Term, ...] = ()
        """and those in the text below."""
        self._before: _Before | None = None
        self._listed = Asked()
        """What the list shows, while what was asked for may be on its way."""
        self._past: list[str] = []
        """Former queries, the latest last."""
        self._wrong = False
        """Whether what stands in the line is no query."""
        self._values: Mapping[ValueField, list[str]] = {}
        """What the fields of articles hold, the most frequent first; by the name of the field."""

    # What whoever shows the list wants to know.

    def list_again(self, back: Back | None = None) -> None:
        """Called when the list is to show what ``asked`` finds, as it was when that is told."""

    # The line.

    def action_search(self) -> None:
        """Open the line for a query."""
        if self.is_asking:
            return
        if self.articles.defer(self.action_search):
            return
        articles = self.articles
        back = Back(articles.rowid, int(articles.scroll_offset.y), articles.fallen, articles.anchor_rowid)
        self._before = _Before(self.asked, back)
        self._wrong = False
        purpose = Purpose(self._keep, self._search, self._restore, self._refuses, at_once=True)
        self.ask(purpose, "/", self.asked.text, past=self._past, then=self.articles)
        self.panes.remove_class("-reading")  # where there is room for one pane, it is the list that follows
        self._learn_past()  # other windows may have asked something meanwhile
        self._desk.values()

    @on(messages.Begun)
    def _learn_past(self) -> None:
        self._desk.former_queries(_PAST)

    @on(messages.FormerQueries)
    def _take_past(self, event: messages.FormerQueries) -> None:
        self._past = event.queries
        if self.entry is not None and self._before is not None:
            self.entry.set_history(event.queries)

    @on(messages.ValuesCounted)
    def _take_values(self, event: messages.ValuesCounted) -> None:
        self._values = event.values
        entry = self.entry
        if entry is not None and self._before is not None:
            self._search(entry.text, entry.at)

    def _search(self, text: str, at: int) -> None:
        """Show what is found by what has been written so far."""
        from reader.query.ast import QueryError
        from reader.query.parser import parse_query

        entry = self.entry
        if entry is None:
            return
        entry.set_completion(self._offered(text, at))
        try:
            query = parse_query(text)
        except QueryError as error:
            self._wrong = True
            entry.show_error(error.message, error.start)
            return
        self._wrong = False
        if not self._set(text, query):
            entry.say(self._said())

    def _set(self, text: str, query: Query, *, listing: bool = True, back: Back | None = None) -> bool:
        """Have the list show what ``query`` finds, if it is to be listed; return whether that is something else."""
        from reader.query.ast import Query

        asked = Asked(text, None if query == Query() else query)
        same = asked.query == self.asked.query
        self.asked = asked
        self._terms = _terms(query, "any", "title")
        self._texts = _terms(query, "any", "excerpt", "body", "text")
        if same or not listing:
            self.query_one(TopBar).query_text = self.asked.shown
        else:
            self.list_again(back)
        return not same

    def _offered(self, text: str, at: int) -> Completion:
        from reader.query.completion import complete_query
        from reader.query.parser import quote_value
        from reader.tui.widgets.prompt.completion import NOTHING, Completion, starting_with

        found = complete_query(text, at)
        if found.kind == "none":
            return NOTHING
        words: tuple[str, ...] = found.candidates
        if found.kind != "field" and found.kind != "fixed":  # noqa: PLR1714 - mypy would not see it
            words = tuple(map(quote_value, starting_with(found.prefix, self._values.get(found.kind, []))))
        return Completion(found.start, found.end, words)

    def _said(self) -> str:
        """Return how many articles the list has, for the line below the query."""
        found = format_count(self._found, "article")
        return found if self.asked.query is not None else f"{found}. Words, topic:  source:  is:unread  quality>=40 …"

    @property
    def _found(self) -> int:
        """How many articles of the list match."""
        return len(self.articles.view) - len(self.articles.fallen)

    def _refuses(self, _: str) -> bool:
        return self._wrong

    def _keep(self, text: str) -> None:
        """Leave it at what is found, and remember the query."""
        self._before = None
        self._show_keys()
        self.read_on()
        if text:
            self._past = [*(query for query in self._past if query != text), text]
            self._desk.remember_query(_PAST, text)

    def _restore(self) -> None:
        """Show what was there before."""
        before, self._before = self._before, None
        if before is not None:
            self._ask_again(before.asked, back=before.back)
        self._show_keys()

    def _ask_again(self, asked: Asked, *, listing: bool = True, back: Back | None = None) -> None:
        from reader.query.ast import Query

        self._set(asked.text, asked.query or Query(), listing=listing, back=back)

    # Without the line.

    def search_for(self, text: str, sort: Sort | None = None) -> bool:
        """Show what the query ``text`` finds, in the order of ``sort`` unless that is None or the query has its own.

        A text that is no query is told to the person, the list stays as it is, and False is returned.
        """
        from reader.query.ast import QueryError
        from reader.query.parser import parse_query

        try:
            query = parse_query(text)
        except QueryError as error:
            self.say(f"{error} The query was: {clean(text)}", warning=True)
            return False
        self.leave_line()
        if sort is not None:
            self.sort_by(sort)
        self._set(text, query)
        return True

    def sort_by(self, sort: Sort) -> None:
        """Called to have another order, should it be another."""

    def drop_own_sort(self) -> None:
        """Take the order from the query, if it names one itself."""
        query = self.asked.query
        if query is None or query.sort is None:
            return
        from dataclasses import replace

        from reader.query.completion import without_field

        self._set(without_field(self.asked.text, "sort"), replace(query, sort=None))

    @on(ArticleList.Left)
    def _let_query_go(self) -> None:
        """Show everything again; without a query there is nowhere to go."""
        if self.asked.query is None:
            self.say("This is the list. q leaves newsreader, ? shows every key.", transient=True)
            return
        self._ask_again(Asked())
        self.say("All articles again. / and ↑ bring the query back.")

    # What is found.

    def _highlight(self) -> None:
        if len(self.articles.view):
            self.article.highlight(self._terms, self._texts)
        else:
            self.article.highlight((), ())  # what it says is ours

    def search_failed(self, told: str) -> None:
        """Go on with what the list shows; what was asked for could not be had."""
        if self.asked != self._listed:
            self._ask_again(self._listed, listing=False)
        if self.entry is not None and self._before is not None:
            self._wrong = True
            self.entry.hint(told, warning=True)

    def view_shown(self) -> None:
        """Tell how many were found, above the list and, while one writes, below the query."""
        bar = self.query_one(TopBar)
        bar.query_text = self.asked.shown
        self._listed = self.asked
        bar.shown = self._found if self.asked.query is not None else None
        self.call_after_refresh(self._highlight)  # the list first: it is what one waits for
        entry = self.entry
        if entry is not None and self._before is not None and not self._wrong:
            entry.say(self._said())


def _terms(query: Query, *fields: TextField) -> tuple[Term, ...]:
    """Return the words by which articles are found in ``fields``, to be drawn so."""
    from reader.query.completion import query_words
    from reader.tui.widgets.text.highlight import parse_term

    found = (parse_term(each.text, prefix=each.prefix) for each in query_words(query.where, fields))
    return tuple(each for each in found if each is not None)
