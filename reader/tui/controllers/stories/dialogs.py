"""What leads from an article to its story and beyond: a list of its neighbors, a digest, the heat of the list."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from reader.tui.session import Session

if TYPE_CHECKING:
    from textual.screen import Screen

    from reader.query.ast import Node, Query
    from reader.stories.model import Digest, HeatStatistics, Period


class StoryDialogsController:
    """Opens what shows stories, and lists of them."""

    def __init__(self, session: Session, target: Callable[[], int], run_query: Callable[[str, int], bool]) -> None:
        """``target`` returns the article that a key applies to, or -1; ``run_query`` lists what a query finds."""
        self._session = session
        self._target = target
        self._run_query = run_query

    def run(self, action: str) -> None:
        """Run an action of the registry."""
        session = self._session
        if action == "heat":
            session.open_dialog(self._load_heat, "story dialog")
        elif (rowid := self._target()) == -1:
            session.show_message("There is no article here.", transient=True)
        elif action == "story.digest":
            session.open_dialog(partial(self._load_digest, rowid), "story dialog")
        else:
            session.gate.begin_loading("list")
            session.gate.hold()  # the next keys are for the list, not for the text or the pane that it replaces
            session.background.start(partial(self._list_neighbors, rowid), "neighbors")

    async def _list_neighbors(self, rowid: int) -> None:
        """Show the story of an article and all articles that are linked with it, as a list."""
        session, library = self._session, self._session.library
        before = session.query.query
        try:
            ids = await session.background.run(library.index.ids_by_row, [rowid])
            if rowid in ids and await session.background.run(library.stories.has_links, rowid):
                self._run_query(f"near:{ids[rowid]}", rowid)
                key = session.key("back")
                session.show_message(f"The story of the article, and what is linked with it. {key} goes back.")
            else:
                from reader.tui.loaders.neighbors import say_none

                await say_none(session, "No other article here is linked with this one, or about the same event.")
        finally:
            if session.query.query == before:  # otherwise the list ends it
                session.gate.end_loading("list")
            session.gate.release()

    async def _load_digest(self, rowid: int) -> Screen[None] | None:
        """Return what the sources of the story of an article say, side by side."""
        digest = await self._session.background.run(self._digest_of, rowid)
        if digest is None:
            from reader.tui.loaders.neighbors import say_none

            await say_none(self._session, "No other article here is about the same event.")
            return None
        from reader.tui.screens.story_digest import DigestScreen

        return DigestScreen(digest, self._session.config.keys)

    def _digest_of(self, rowid: int) -> Digest | None:
        story = self._session.library.stories.of(rowid)
        return None if story is None else self._session.library.stories.digest(story)

    async def _load_heat(self) -> Screen[None] | None:
        """Return how many articles of the list there are by time, and how hot topics and sources are."""
        statistics = await self._statistics(None)
        if not statistics.articles:
            self._session.show_message("There are no articles here.", transient=True)
            return None
        from reader.tui.screens.heat_view import HeatScreen

        label = self._session.query.label or self._session.library.name
        return HeatScreen(label, statistics, self._session.config.keys, self._zoom, self._narrow)

    async def _statistics(self, period: Period | None) -> HeatStatistics:
        session = self._session
        return await session.background.run(session.library.stories.statistics, session.matching, period)

    def _zoom(self, period: Period, show: Callable[[HeatStatistics], object]) -> None:
        async def job() -> None:
            show(await self._statistics(period))

        self._session.background.start(job, "heat")

    def _narrow(self, text: str) -> None:
        """Narrow the query of the list to a bar."""
        narrowed = narrowed_query(self._session.query.query, text)
        if self._run_query(narrowed, -1):
            self._session.show_message(f"Narrowed to {text}. {self._session.key('back')} goes back.")


def narrowed_query(query: Query | None, text: str) -> str:
    """Return a query that finds what ``query`` and ``text`` find; another date replaces that of ``query``."""
    from dataclasses import replace

    from reader.query.ast import And, DateCondition, Query
    from reader.query.parser import format_query, parse_query

    query = query or Query()
    added = parse_query(text).where
    parts: list[Node] = [*query.where.parts] if isinstance(query.where, And) else [query.where] if query.where else []
    if isinstance(added, DateCondition):
        parts = [part for part in parts if not (isinstance(part, DateCondition) and part.relation == added.relation)]
    if added is not None and added not in parts:
        parts.append(added)
    return format_query(replace(query, where=And(tuple(parts)) if len(parts) > 1 else next(iter(parts), None)))
