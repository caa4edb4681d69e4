"""The active query: written in the prompt with the list following, from the history, or set by the sidebar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from reader.core.text import clean, format_count
from reader.tui.prompts import Prompt
from reader.tui.session import ActiveQuery, ListSnapshot, Session

if TYPE_CHECKING:
    from reader.query.ast import Query
    from reader.query.fields import ValueField
    from reader.tui.widgets.panes import Panes
    from reader.tui.widgets.prompt.completion import Completion

HISTORY = "queries"
"""The setting that holds the history of queries."""


class _BeforePrompt(NamedTuple):
    """What was on the screen before a query was written."""

    query: ActiveQuery
    snapshot: ListSnapshot


class SearchController:
    """Keeps the active query, and asks for another."""

    def __init__(
        self,
        session: Session,
        panes: Panes,
        load_list: Callable[[ListSnapshot | None], object],
        snapshot: Callable[[], ListSnapshot],
        on_accepted: Callable[[], object],
    ) -> None:
        """``load_list`` shows what the active query finds; ``on_accepted`` hears that a prompt was submitted."""
        self._session = session
        self._panes = panes
        self._load_list = load_list
        self._take_snapshot = snapshot
        self._on_accepted = on_accepted
        self._before_prompt: _BeforePrompt | None = None
        self._listed = ActiveQuery()
        """The query of the list on the screen; another may be on its way."""
        self._history: list[str] = []
        """Former queries, the latest last."""
        self._is_invalid = False
        """Whether the text in the prompt is no query."""
        self._values: Mapping[ValueField, list[str]] = {}
        """The values of fields, the most frequent first."""
        session.articles_changed.subscribe(lambda _: self._list_shown())
        session.list_failed.subscribe(self._list_failed)

    # The prompt.

    def open(self) -> None:
        """Ask for a query; the list follows what is written."""
        if self._session.prompts.is_open:
            return
        self._before_prompt = _BeforePrompt(self._session.query, self._take_snapshot())
        self._is_invalid = False
        prompt = Prompt(self._accept, self._text_changed, self._restore, lambda _: self._is_invalid, live=True)
        history, focus = self._history, self._panes.articles
        self._session.prompts.open(prompt, "/", self._session.query.text, history=history, focus_after=focus)
        self._panes.remove_class("-reading")  # with room for one pane, it is the list that follows
        self.load_history()  # another window may have added to it
        self._session.background.start(self._load_values, "values")

    def load_history(self) -> None:
        """Load former queries."""
        self._session.background.start(self._load_history, "queries")

    async def _load_history(self) -> None:
        from reader.tui.widgets.prompt.completion import parse_history

        self._history = parse_history(await self._session.background.run(self._session.library.settings.get, HISTORY))
        if self._before_prompt is not None:
            self._session.prompts.set_history(self._history)

    async def _load_values(self) -> None:
        from reader.query.fields import VALUE_FIELDS

        library = self._session.library
        self._values = await self._session.background.run(
            lambda: {field: [value.value for value in library.search.values(field)] for field in VALUE_FIELDS}
        )
        line = self._session.prompts.line
        if line is not None and self._before_prompt is not None:
            self._text_changed(line.text, line.cursor)

    def _text_changed(self, text: str, cursor: int) -> None:
        """Show what the text finds so far."""
        from reader.query.ast import QueryError
        from reader.query.parser import parse_query

        line = self._session.prompts.line
        if line is None:
            return
        line.set_completion(self._complete(text, cursor))
        try:
            query = parse_query(text)
        except QueryError as error:
            self._is_invalid = True
            line.show_error(error.message, error.start)
            return
        self._is_invalid = False
        if not self._apply(ActiveQuery.of(text, query)):
            line.show_hint(self._found_label())

    def _complete(self, text: str, cursor: int) -> Completion:
        from reader.query.completion import complete_query
        from reader.query.parser import quote_value
        from reader.tui.widgets.prompt.completion import NO_COMPLETION, Completion, starting_with

        found = complete_query(text, cursor)
        if found.kind == "none":
            return NO_COMPLETION
        words: tuple[str, ...] = found.candidates
        if found.kind != "field" and found.kind != "fixed":  # noqa: PLR1714 - mypy would not see it
            words = tuple(map(quote_value, starting_with(found.prefix, self._values.get(found.kind, []))))
        return Completion(found.start, found.end, words)

    def _found_label(self) -> str:
        """Return how many articles the list has, for the line below the query."""
        found = format_count(self._found, "article")
        if self._session.query.query is not None:
            return found
        return f"{found}. Words, topic:  source:  is:unread  quality>=40 …"

    @property
    def _found(self) -> int:
        """How many articles of the list match."""
        return len(self._session.order) - len(self._panes.articles.unmatched)

    def _accept(self, text: str) -> None:
        self._before_prompt = None
        self._on_accepted()
        if not text:
            return
        self._history = [*(query for query in self._history if query != text), text]
        from reader.tui.widgets.prompt.completion import history_with, parse_history

        def add(history: str | None) -> str:
            return history_with(parse_history(history), text)

        self._session.background.save(self._session.library.settings.update, HISTORY, add)

    def _restore(self) -> None:
        """Show what was there before the prompt."""
        before, self._before_prompt = self._before_prompt, None
        if before is not None:
            self._apply(before.query, before.snapshot)

    # Without the prompt.

    def run(self, text: str) -> bool:
        """Show what ``text`` finds; return False, and tell the user, when it is no query."""
        query = self.parse(text)
        if query is None:
            return False
        self._session.prompts.cancel()
        self._apply(ActiveQuery.of(text, query))
        return True

    def parse(self, text: str) -> Query | None:
        """Return the query, or None when it is none, which the user is told."""
        from reader.query.ast import QueryError
        from reader.query.parser import parse_query

        try:
            return parse_query(text)
        except QueryError as error:
            self._session.show_message(f"{error} The query was: {clean(text)}", warning=True)
            return None

    def drop_own_sort(self) -> None:
        """Remove the order from the query, if it names one itself."""
        active = self._session.query
        if active.query is None or active.query.sort is None:
            return
        from dataclasses import replace

        from reader.query.completion import without_field

        self._apply(ActiveQuery.of(without_field(active.text, "sort"), replace(active.query, sort=None)))

    def clear(self) -> None:
        """Show all articles again."""
        if self._session.query.query is None:
            words = "This is the list. q quits newsreader, ? shows all keys."
            self._session.show_message(words, transient=True)
            return
        self._apply(ActiveQuery())
        self._session.show_message("Showing all articles. / and ↑ bring the query back.")

    def _apply(self, active: ActiveQuery, snapshot: ListSnapshot | None = None) -> bool:
        """Make ``active`` the query, and load the list; return whether it is another query."""
        session = self._session
        is_other = active.query != session.query.query
        session.query = active
        if is_other:
            self._load_list(snapshot)
        else:
            session.query_changed.publish(active)
        return is_other

    # What is found.

    def _list_failed(self, error: Exception) -> None:
        """Go back to the query of the list on the screen."""
        from reader.tui.widgets.article_pane.placeholders import error_text

        if self._session.query != self._listed:
            self._session.query = self._listed
            self._session.query_changed.publish(self._listed)
        line = self._session.prompts.line
        if line is not None and self._before_prompt is not None:
            self._is_invalid = True
            line.hint(error_text(error), warning=True)

    def _list_shown(self) -> None:
        """Note which query the list answers, and show below the prompt how many articles it finds."""
        self._listed = self._session.query
        line = self._session.prompts.line
        if line is not None and self._before_prompt is not None and not self._is_invalid:
            line.show_hint(self._found_label())

    @property
    def found(self) -> int | None:
        """How many articles the query finds; None without one."""
        return self._found if self._session.query.query is not None else None
