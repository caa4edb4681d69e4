"""Which lists have a row for each story: each query has a choice of its own, which is remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from reader.core.text import format_count
from reader.library.grouping_choices import GROUPED, with_choice
from reader.tui.session import Session

if TYPE_CHECKING:
    from reader.core.ordering import ArticleOrder
    from reader.query.ast import Query


class GroupingController:
    """Groups the list by story, or shows every article again."""

    def __init__(self, session: Session, reload: Callable[[], object], choices: Mapping[str, bool]) -> None:
        """``reload`` loads the list again; ``choices`` says for each query whether its list is grouped."""
        self._session = session
        self._reload = reload
        self._choices = {**choices}
        self._changed_at: ArticleOrder | None = None
        """The list on the screen when the user changed the grouping, until another is shown."""
        session.articles_changed.subscribe(self._announce)
        session.list_failed.subscribe(lambda _: self._restore())

    def begin(self) -> None:
        """Group the list on the screen if it was too long for the first frame."""
        if self.is_grouped() != self._session.order.is_grouped:
            self._reload()

    def is_grouped(self) -> bool:
        """Return whether the list of the active query is grouped: as chosen for it, else as that of all articles.

        A query for one story is not, unless that was chosen: its list would be a single row.
        """
        query = self._session.query.query
        chosen = self._choices.get(_key(query))
        return chosen if chosen is not None else self._choices.get("", False) and not _asks_for_story(query)

    def toggle(self) -> None:
        """Group the list, or show every article again; remember it for this query."""
        if not len(self._session.order):
            self._session.show_message("There are no articles here to group.", transient=True)
            return
        self._changed_at = self._session.order
        self._choose(not self.is_grouped())
        key, is_grouped = _key(self._session.query.query), self.is_grouped()
        self._session.background.save(
            self._session.library.settings.update, GROUPED, partial(with_choice, key=key, is_grouped=is_grouped)
        )
        self._session.gate.begin_loading("list")
        self._reload()

    def _choose(self, is_grouped: bool) -> None:
        self._choices[_key(self._session.query.query)] = is_grouped

    def _announce(self, order: ArticleOrder) -> None:
        if self._changed_at is None or self._changed_at is order:
            return
        self._changed_at = None
        session, articles = self._session, format_count(len(order.all_rowids), "article")
        if not order.is_grouped:
            session.show_message("Every article has a row of its own again.")
        elif len(order) == len(order.all_rowids):
            session.background.start(partial(self._announce_no_stories, articles), "grouping")
        else:
            rows, key = format_count(len(order), "row"), session.key("list.group")
            session.show_message(f"Grouped by story: {articles} in {rows}. {key} shows every article.")

    async def _announce_no_stories(self, articles: str) -> None:
        are_known = await self._session.background.run(self._session.library.stories.are_known)
        if are_known:
            self._session.show_message(f"No two articles here are about the same event: {articles}.")
        else:
            self._session.show_message("Stories are still being found. The list follows.")

    def _restore(self) -> None:
        """Take the last choice back, as the list could not be loaded."""
        if self._changed_at is not None:
            self._changed_at = None
            self._choose(not self.is_grouped())


def _asks_for_story(query: Query | None) -> bool:
    from reader.query.ast import StoryCondition, leaves

    return query is not None and any(isinstance(leaf, StoryCondition) for leaf, _ in leaves(query.where))


def _key(query: Query | None) -> str:
    if query is None:
        return ""
    from reader.query.parser import format_query

    return format_query(query)
