"""The active query: typed in the prompt, recalled from the history or set by the sidebar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from reader.core.text import clean, format_count
from reader.tui.prompts import Prompt
from reader.tui.session import ActiveQuery, ListSnapshot, Session

if TYPE_CHECKING:
    from reader.query.ast import ValueField
    from reader.tui.widgets.panes import Panes
    from reader.tui.widgets.prompt.completion import Completion
    from reader.tui.widgets.prompt.prompt import PromptLine

HISTORY = "queries"
"""The setting that holds the history of queries."""


class SearchController:
    """Holds the active query and requests lists for it."""

    def __init__(
        self,
        session: Session,
        panes: Panes,
        load_list: Callable[[ListSnapshot | None], object],
        snapshot: Callable[[], ListSnapshot],
        on_accepted: Callable[[], object],
    ) -> None:
        """``load_list`` loads what the active query finds; ``on_accepted`` is called when a prompt is submitted."""
        self._session = session
        self._panes = panes
        self._load_list = load_list
        self._take_snapshot = snapshot
        self._on_accepted = on_accepted
        self._before_prompt: tuple[ActiveQuery, ListSnapshot] | None = None
        self._listed = ActiveQuery()
        """The query of the list on the screen; a list for another may be loading."""
        self._history: list[str] = []
        """Earlier queries, the latest last."""
        self._is_invalid = False
        """Whether the text in the prompt is not a valid query."""
        self._values: Mapping[ValueField, list[str]] = {}
        """The values of fields, the most frequent first."""
        session.articles_changed.subscribe(lambda _: self._list_shown())
        session.list_failed.subscribe(self._list_failed)

    # The prompt.

    def open(self) -> None:
        """Open the prompt for a query; the list follows as the user types."""
        if self._session.prompts.is_open:
            return
        self._before_prompt = self._session.query, self._take_snapshot()
        self._is_invalid = False
        prompt = Prompt(
            self._accept,
            self._text_changed,
            self._restore,
            lambda _: self._is_invalid,
            live=True,
            complete=self._complete,
        )
        history, focus = self._history, self._panes.articles
        text = self._session.query.text
        # With a space, so that what one types is another word.
        self._session.prompts.open(prompt, "/", text and f"{text} ", history=history, focus_after=focus)
        self._panes.remove_class("-reading")  # with room for one pane, show the list, which follows
        self._session.background.start(self.load_history, "queries")  # another window may have added to them
        self._session.background.start(self._load_values, "values")

    async def load_history(self) -> None:
        """Load earlier queries."""
        from reader.tui.widgets.prompt.completion import parse_history

        self._history = parse_history(await self._session.background.run(self._session.library.settings.get, HISTORY))
        if self._before_prompt is not None:
            self._session.prompts.set_history(self._history)

    async def _load_values(self) -> None:
        from reader.query.ast import VALUE_FIELDS

        library = self._session.library
        self._values = await self._session.background.run(
            lambda: {field: [value.value for value in library.search.values(field)] for field in VALUE_FIELDS}
        )
        self._session.prompts.update(self._text_changed)

    def _text_changed(self, line: PromptLine) -> None:
        """Show what the text finds so far."""
        from reader.query.ast import QueryError
        from reader.query.parser import parse_query

        try:
            query = parse_query(line.text)
        except QueryError as error:
            self._is_invalid = True
            line.show_error(error.message, error.start, error.hint)
            return
        self._is_invalid = False
        if not self._apply(ActiveQuery.of(line.text.strip(), query)):
            line.show_hint(self._found_label())

    def _complete(self, text: str, cursor: int) -> Completion:
        from reader.query.completion import complete_query
        from reader.query.parser import quote_value
        from reader.tui.widgets.prompt.completion import Completion, starting_with

        found = complete_query(text, cursor)
        words = found.candidates
        if found.field is not None:
            words = tuple(map(quote_value, starting_with(found.prefix, self._values.get(found.field, []))))
        return Completion(found.start, found.end, words)

    def _found_label(self) -> str:
        """Return how many articles match, for the line below the query."""
        found = format_count(self._found, "article")
        is_query = self._session.query.query is not None
        return found if is_query else f"{found}. Words, topic:  source:  is:unread  quality>=40 …"

    @property
    def _found(self) -> int:
        """How many articles of the list match."""
        return len(self._session.order.all_rowids) - len(self._panes.articles.unmatched)

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
        """Restore what was there before the prompt opened."""
        before, self._before_prompt = self._before_prompt, None
        if before is not None:
            self._apply(*before)

    # Without the prompt.

    def run(self, text: str, snapshot: ListSnapshot | None = None) -> bool:
        """Show what ``text`` finds, as in ``snapshot``; return False after a message if it is not a valid query."""
        from reader.query.ast import QueryError
        from reader.query.parser import parse_query

        try:
            query = parse_query(text)
        except QueryError as error:
            self._session.show_message(f"{error} The query was: {clean(text)}", warning=True)
            return False
        self._session.prompts.cancel()
        self._apply(ActiveQuery.of(text, query), snapshot)
        return True

    def way_back(self) -> Callable[[], bool]:
        """Return what lists again what is listed now, unless it is listed still."""
        before, snapshot = self._session.query, self._take_snapshot()

        def go_back() -> bool:
            if is_other := self._apply(before, snapshot):
                self._panes.focus_list()
            return is_other

        return go_back

    def toggle_read(self) -> None:
        """Hide read articles, or show them again; the selected article stays."""
        from reader.query.parser import format_query
        from reader.tui.widgets.sidebar.selection import SidebarChoice, choices_in, toggle_choice

        unread = SidebarChoice("usual", "Unread")
        query = toggle_choice(self._session.query.query, unread, {})
        assert query is not None, "only a saved view can have an invalid query"
        before = self._take_snapshot()
        before = before._replace(top=None, unmatched=frozenset([before.rowid]))
        self._apply(ActiveQuery.of(format_query(query), query), before)
        is_hidden = unread in choices_in(query, {})
        hidden = f"Read articles are hidden. {self._session.key('read.hide')} shows them."
        self._session.show_message(hidden if is_hidden else "Read articles are shown again.")

    def drop_own_sort(self) -> None:
        """Remove the sort order that the query itself names."""
        active = self._session.query
        if active.query is None or active.query.sort is None:
            return
        from dataclasses import replace

        from reader.query.completion import without_field

        self._apply(ActiveQuery.of(without_field(active.text, "sort"), replace(active.query, sort=None)))

    def clear(self) -> None:
        """Show all articles again."""
        if self._session.query.query is None:
            keys = self._session.key("quit"), self._session.key("help")
            words = f"You are in the list. {keys[0]} quits, {keys[1]} shows all keys."
            self._session.show_message(words, transient=True)
            return
        self._apply(ActiveQuery())
        self._session.show_message("Showing all articles. / and ↑ bring the query back.")

    def _apply(self, active: ActiveQuery, snapshot: ListSnapshot | None = None) -> bool:
        """Make ``active`` the query and load its list; return whether the query changed."""
        session = self._session
        is_other = active.query != session.query.query
        session.query = active
        if is_other:
            self._load_list(snapshot)
        else:
            session.query_changed.publish(active)
        return is_other

    # Results.

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
        """Note which query the list answers, and show how many articles match below the prompt."""
        self._listed = self._session.query
        line = self._session.prompts.line
        if line is not None and self._before_prompt is not None and not self._is_invalid:
            line.show_hint(self._found_label())

    @property
    def found(self) -> int | None:
        """How many articles the query finds; None without one."""
        return self._found if self._session.query.query is not None else None
