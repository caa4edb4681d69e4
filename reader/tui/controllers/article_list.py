"""Which articles the list shows, in which order, and which one stays selected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from reader import startup
from reader.core.errors import ReaderError
from reader.core.ordering import Sort, SortKey, list_key
from reader.tui.session import ListSnapshot, Session

if TYPE_CHECKING:
    from reader.core.events import Progress
    from reader.core.model import Row
    from reader.tui.loaders.article_list import ListRequest, LoadedList
    from reader.tui.widgets.panes import Panes

_SORT_WORDS = {
    "quality": ("best first", "worst first"),
    "heat": ("hottest first", "coolest first"),
    "date": ("newest first", "oldest first"),
}
_LEAST_HEIGHT = 24
"""Minimum number of rows to load; the first list is loaded before the terminal's size is known."""


class LostSelection(NamedTuple):
    """A selected article that has disappeared; files vanish for a moment while they are rewritten."""

    rowid: int
    id: str
    """Empty if it is not known."""
    replacement: int
    """What is selected in its place, or -1; once that changes, the lost article is no longer wanted."""
    pane_position: tuple[int, int] | None
    """Where it was being read: the top line of the pane, and the selected related item."""


class ArticleListController:
    """Loads the list, preserves the selection and remembers the position in each list."""

    def __init__(
        self, session: Session, panes: Panes, sort: Sort | None, show_article: Callable[[int, int | None, int], object]
    ) -> None:
        """``sort`` was chosen; ``show_article`` shows a document from a given line, with a related item selected."""
        self._session = session
        self._panes = panes
        self._list = panes.articles
        self._header = panes.header
        self._show_article = show_article
        self._sort = self._announced_sort = sort
        """The chosen order; None for the usual one."""
        self._lost: LostSelection | None = None
        self._is_new_query = False
        """Whether the list that is loading answers another query."""
        self._snapshot: ListSnapshot | None = None
        """What that list should look like, if it was shown before."""
        self._retain_unmatched = False
        """Whether marks have changed since the last load, so that articles that no longer match stay."""
        self._is_sorting = False
        """Whether that list is in another order."""
        self._is_settling = False
        """Whether that list is the result of bringing the index up to date for the first time."""
        self._name = list_key(session.order.sort)
        """The name of the list in the table of positions."""
        self.is_grouped: Callable[[], bool] = lambda: False
        """Returns whether the list of the active query has a row for each story."""
        self._was_restored = self._list.cursor > 0
        """Whether the article was selected because the list was left there."""
        self._was_whole = False
        """Whether a list has been shown since the whole folder was read."""
        self._was_empty = False
        """Whether the folder was empty then: all that comes, such as from a first fetch of feeds, is one first list."""
        self._list.on_changed = partial(setattr, session, "order")
        session.marks_changed.subscribe(self._marks_changed)
        session.pages_changed.subscribe(self._pages_changed)
        session.first_frame_shown.subscribe(lambda _: self._load_originals())
        session.indexing_progressed.subscribe(self._indexing_progressed)
        session.index_replaced.subscribe(lambda at_start: self.reload(is_settling=at_start))

    # Other orders and queries.

    def sort_by_column(self, by: SortKey) -> None:
        """Sort by ``by``, or reverse the order if the list is already sorted by it."""
        if by not in self._list.fields:
            self._session.show_message(f"No article here has a known {by}: the order stays.", transient=True)
            return
        # The order may be loading; that of the header may come from the query.
        shown = self._sort if self._sort != self._announced_sort else self._header.sort
        self.sort_by(shown.reversed() if shown is not None and shown.by == by else Sort(by))

    def sort_by(self, sort: Sort) -> None:
        """Load another order; header and message change together with the list, in one frame."""
        if sort == self._sort:
            return
        self._sort = sort
        self._session.gate.begin_loading("list")
        self.reload(is_sorting=True)
        self._session.save_setting(startup.SORT, f"{sort.by} {'up' if sort.reverse else 'down'}")

    def load_query(self, snapshot: ListSnapshot | None) -> None:
        """Load the list of the active query: as in ``snapshot``, else from where it was left, else from the top."""
        self._is_new_query, self._snapshot = True, snapshot
        self._lost = None
        self._retain_unmatched = False
        self._list.user_selected = False
        self._list.clear_range()
        self._session.gate.begin_loading("list")
        self.reload()

    def snapshot(self) -> ListSnapshot:
        """Return the current state of the list, for :meth:`load_query`."""
        articles = self._list
        return ListSnapshot(articles.rowid, articles.top, articles.unmatched, articles.anchor_rowid)

    # What changes beneath the list.

    def _marks_changed(self, rows: Sequence[Row] | None) -> None:
        if rows is None or self._retained(marked=True):
            self.reload(marked=True)

    def _pages_changed(self, _: None) -> None:
        query = self._session.query.query
        if query is not None:
            from reader.query.completion import depends_on_pages

            if depends_on_pages(query.where):
                self.reload()
                return
        self._load_originals()

    def _indexing_progressed(self, progress: Progress) -> None:
        if progress.shown or (progress.finished and not self._session.folder_was_read):
            self.reload()

    def selection_changed(self, rowid: int) -> None:
        """Forget the lost article once the user has moved on from its replacement."""
        if self._lost is not None and rowid != self._lost.replacement:
            self._lost = None

    # Loading.

    def reload(self, *, is_sorting: bool = False, is_settling: bool = False, marked: bool = False) -> None:
        """Load what the query finds now; ``marked`` says that marks have changed."""
        # Until the user selects an article, another order starts at its top; so does a folder that is read or filled
        # for the first time, whose best articles may come last, and whose stories, which tell the hottest, even later.
        self._is_sorting |= is_sorting  # a load that has not come to its end is replaced by this one
        self._is_settling |= is_settling
        is_whole = self._was_whole and not self._is_settling and not self._was_empty
        untouched = not self._is_held and (self._is_sorting or not (is_whole or self._was_restored))
        snapshot = self._snapshot if self._is_new_query else None
        self._retain_unmatched |= marked and not self._is_new_query
        if self._is_new_query:
            retained: Sequence[int] = () if snapshot is None else [*snapshot.unmatched]
        else:
            retained = self._retained(marked=self._retain_unmatched)
        from reader.tui.loaders.article_list import ListRequest

        request = ListRequest(
            self._sort,
            self._session.query.query,
            snapshot.rowid if snapshot is not None else -1 if untouched else self._list.rowid,
            max(self._panes.app.size.height, _LEAST_HEIGHT),
            None if self._lost is None else (self._lost.rowid, self._lost.id),
            retained,
            self._is_new_query or (untouched and not self._is_sorting),
            self.is_grouped(),
        )
        self._session.background.start(partial(self._load, request), "list")

    async def _load(self, request: ListRequest) -> None:
        from reader.tui.loaders.article_list import load_list

        session = self._session
        try:
            loaded = await session.background.run_stoppable(lambda stop: load_list(session, request, stop))
        except Exception as error:
            self._is_new_query, self._snapshot = False, None
            session.list_failed.publish(error)
            session.report_damage(error)
            session.gate.end_loading("list")
            raise
        if loaded is not None:
            self._show(request, loaded)

    @property
    def _is_held(self) -> bool:
        """Whether the user has moved to or entered the selected article."""
        return self._list.user_selected or self._panes.article.has_focus

    def _retained(self, *, marked: bool) -> Sequence[int]:
        """Return the articles that stay in the list although they may no longer match.

        An article that no longer matches because of a mark stays until the selection moves on.
        """
        query = self._session.query.query
        if marked and query is not None:
            from reader.query.completion import depends_on_marks

            if depends_on_marks(query.where):
                return self._session.order.all_rowids
        return [*self._list.unmatched]

    def _show(self, request: ListRequest, loaded: LoadedList) -> None:
        loaded = self._folded(request, loaded)
        session, articles, order = self._session, self._list, loaded.order
        session.matching = loaded.matching
        if loaded.saved_changes == session.saved_changes:
            session.set_counts(loaded.counts)
        else:  # marks were saved since they were counted
            from reader.tui.loaders.article_list import count

            session.background.start(partial(count, session), "counts")
        wanted = self._sort, session.query.query, self.is_grouped()
        if (request.sort, request.query, request.is_grouped) != wanted:
            return  # another list is loading
        self._is_sorting = self._is_settling = False
        self._was_whole = session.folder_was_read
        self._was_empty |= self._was_whole and loaded.counts.complete and not loaded.counts.articles
        self._show_header(request, loaded)
        index, top, is_losing = self._place(request, loaded)
        recovered = self._recover(loaded)
        lost = self._lose() if is_losing and recovered is None else None
        before = articles.rowid
        if self._is_new_query or loaded.name != self._name:
            self.save_position()
        articles.show(
            order,
            loaded.rows,
            saved_changes=loaded.saved_changes,
            index=index if recovered is None else recovered,
            top=top,
            terms=session.query.title_terms,
            unmatched=loaded.unmatched,
        )
        session.order = order
        self._note_position(loaded)
        if self._snapshot is not None:
            articles.extend_from(self._snapshot.anchor_rowid)
        self._is_new_query, self._snapshot, self._retain_unmatched = False, None, False
        if self._lost is not None and self._lost.replacement == before:
            self._lost = self._lost._replace(replacement=articles.rowid)  # the selection has not moved: keep looking
        elif lost is not None:
            self._lost = lost._replace(replacement=articles.rowid)
        session.articles_changed.publish(order)
        session.gate.end_loading("list")

    def _folded(self, request: ListRequest, loaded: LoadedList) -> LoadedList:
        """Return the list with the stories unfolded that are now, unless it answers another query."""
        kept = self._list.rowid if self._is_held else -1
        if self._is_new_query or (order := loaded.order.folded_like(self._list.order, kept)) is loaded.order:
            return loaded
        recovered, rowids = loaded.recovered_index, loaded.order.rowids
        return loaded._replace(
            order=order,
            selected_index=order.index_of(request.selected_rowid),
            recovered_index=None if recovered is None else order.index_of(rowids[recovered]),
            position=loaded.position and (order.index_of(rowids[loaded.position[0]]) or 0, loaded.position[1]),
        )

    def _show_header(self, request: ListRequest, loaded: LoadedList) -> None:
        query = self._session.query
        by_words = bool(query.title_terms or query.body_terms)
        is_ranked = request.query is not None and request.query.sort == "relevance" and by_words
        self._header.sort = None if is_ranked else loaded.order.sort
        if self._announced_sort != (sort := self._sort) and sort is not None:
            self._announced_sort = sort
            words = _SORT_WORDS[sort.by][sort.reverse]
            last = "unknown last"
            if sort.by == "heat" and any(row.heat is None for row in loaded.rows if row.has("heat")):
                last += ". Values with a ~ are estimates"
            elif sort.by == "quality" and any(row.quality_estimate is not None for row in loaded.rows):
                last = "estimates (~) and unknown last, newest first"
            self._session.show_message(f"Sorted by {sort.by}, {words}; {last}.")
        if len(loaded.order):
            self._list.fields = self._header.fields = loaded.fields

    def _place(self, request: ListRequest, loaded: LoadedList) -> tuple[int | None, int | None, bool]:
        """Return the selected index, the first row on screen, and whether the selected article is gone."""
        articles, order, position = self._list, loaded.order, loaded.position
        if self._is_new_query:
            # A new result starts at its top or where it was left; an earlier list returns to where it was.
            if self._snapshot is not None:
                return order.index_of(self._snapshot.rowid), self._snapshot.top, False
            first, line = position or (0, 0)
            return first, max(0, first - line), False
        if position is not None and not self._is_held:
            return position[0], max(0, position[0] - position[1]), False
        # The user may have moved on since the request.
        moved = articles.user_selected and request.selected_rowid != articles.rowid
        if request.selected_rowid == -1 and not moved:
            return 0, None, False
        index = order.index_of(articles.rowid) if moved else loaded.selected_index
        return index, None, index is None

    def _lose(self) -> LostSelection | None:
        """Return the selected article, which has disappeared; notify a user who was reading it."""
        rowid, row, pane = self._list.rowid, self._list.row, self._panes.article
        if rowid == -1:
            return None
        position = None
        if pane.has_focus:
            # The user did not choose the article that replaces it.
            position = (pane.scroll_offset.y, pane.selected)
            self._panes.focus_list()
        if position is not None or self._list.user_selected:
            why = "" if self._session.query.query is None else "it no longer matches, or "
            gone = f"The article is no longer in the list: {why}its file is gone or cannot be read."
            self._session.show_message(gone, warning=True)
        return LostSelection(rowid, "" if row is None else row.id, -1, position)

    def _recover(self, loaded: LoadedList) -> int | None:
        """Return the index of a lost article that is back, if the selection has not moved since."""
        lost, index = self._lost, loaded.recovered_index
        if lost is None or index is None:
            return None
        self._lost = None
        if self._list.rowid != lost.replacement or self._panes.article.has_focus:
            return None
        top, selected = lost.pane_position or (None, -1)
        self._show_article(loaded.order.rowids[index], top, selected)
        if lost.pane_position is not None:
            self._panes.focus_article()
            self._session.show_message("The article is back.")
        return index

    # Rows.

    def load_rows(self, rowids: Sequence[int]) -> None:
        """Load rows that the list is about to draw."""
        self._session.background.start(partial(self._load_rows, rowids), "rows", exclusive=False)

    async def _load_rows(self, rowids: Sequence[int]) -> None:
        from reader.tui.loaders.article_list import load_rows

        try:
            rows, saved_changes = await self._session.background.run(load_rows, self._session, rowids)
        except ReaderError as error:
            self._list.set_timer(self._session.timings.rows_retry, self._list.request_missing_rows)
            self._session.report_damage(error)
            raise
        self._list.add_rows(rows, saved_changes)

    def _load_originals(self) -> None:
        """Load which of the loaded articles can be read offline."""

        async def job() -> None:
            from reader.tui.loaders.article_list import with_originals

            rows = list(self._list.rows.values())
            self._list.show_originals(await self._session.background.run(with_originals, self._session.library, rows))

        self._session.background.start(job, "originals")

    # The next unread article.

    def select_unread(self, step: int, then: Callable[[], object] = lambda: None) -> None:
        """Select the next unread article, or with -1 the previous one, and call ``then``."""
        index, is_known = self._list.rows.find_unread(self._list.order, self._list.cursor, step)
        if is_known:
            self._select_found(index, step, then)
        elif index is not None:
            self._session.gate.begin_loading("unread")
            self._session.background.start(partial(self._select_unread, index, step, then), "unread")

    async def _select_unread(self, start: int, step: int, then: Callable[[], object]) -> None:
        session = self._session
        order = session.order
        try:
            found = await session.background.run(session.library.articles.next_unread, order, start, step)
        except Exception:  # a newer request, which cancels this one, still loads
            session.gate.end_loading("unread")
            raise
        if order is session.order:
            self._select_found(found, step, then)
        session.gate.end_loading("unread")

    def _select_found(self, index: int | None, step: int, then: Callable[[], object]) -> None:
        if index is not None:
            self._list.select(index)
        else:
            counts = self._session.counts
            unread = counts.unread if self._session.query.query is None else counts.unread_found
            where = ("below" if step > 0 else "above") if unread else "in the list"
            self._session.show_message(f"No unread article {where}.", transient=True)
        then()

    # Positions.

    def save_position(self) -> None:
        """Save the position in the list, if the user has moved there."""
        articles = self._list
        if articles.user_moved and len(articles.order):
            line = articles.cursor - articles.top
            library = self._session.library
            library.positions.set_list(self._name, articles.order.position_at(articles.cursor, line))
            self._session.background.save(library.positions.write)
        articles.user_moved = False

    def _note_position(self, loaded: LoadedList) -> None:
        if self._is_new_query:
            self._was_restored = loaded.position is not None
            self._list.user_moved = False
        elif loaded.name != self._name:
            self._was_restored = False
            self._list.user_moved = self._list.user_selected  # it has a position in this order too
        else:
            self._was_restored |= loaded.position is not None
        self._name = loaded.name
