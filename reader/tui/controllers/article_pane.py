"""The content of the article pane: the selected article, or a related item that was followed from it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.core.model import Links, Row
from reader.tui.session import ActiveQuery, Session

if TYPE_CHECKING:
    from reader.core.events import Progress
    from reader.core.ordering import ArticleOrder
    from reader.tui.loaders.article import LeadImages, LoadedArticle
    from reader.tui.widgets.article_pane.content import ArticleContent, RelatedItem
    from reader.tui.widgets.article_pane.lines import PaneLayout
    from reader.tui.widgets.panes import Panes

_MAX_BACK = 200
"""Maximum number of steps to go back."""


class ArticlePaneController:
    """Loads articles into the pane, and remembers the way back from related items and lists."""

    def __init__(
        self,
        session: Session,
        panes: Panes,
        *,
        on_shown: Callable[[ArticleContent], object],
        on_failed: Callable[[], object],
    ) -> None:
        """``on_shown`` gets new or reloaded content; ``on_failed`` is called if a document cannot be read."""
        self._session = session
        self._panes = panes
        self._list = panes.articles
        self._pane = panes.article
        self._on_shown = on_shown
        self._on_failed = on_failed
        self.lead_images: Callable[[], LeadImages] = lambda: lambda _: ""
        self.requested_rowid = -1
        """The document that the pane shows or is loading; -1 for none."""
        self._needs_reload = False
        """Whether the content may have changed."""
        self.back_stack: deque[Callable[[], bool]] = deque(maxlen=_MAX_BACK)
        """What returns to where the user came from; False if it changes nothing."""
        self._with_similar: set[int] = set()
        """The documents below which those with a similar text are listed."""
        session.articles_changed.subscribe(self._articles_changed)
        session.marks_changed.subscribe(self._marks_changed)
        session.pages_changed.subscribe(lambda _: self.reload())
        session.counts_changed.subscribe(lambda _: self.show_placeholder())
        session.indexing_progressed.subscribe(self._indexing_progressed)
        session.index_replaced.subscribe(lambda _: self._mark_stale())
        session.folder_away.subscribe(self._folder_away)

    @property
    def can_go_back(self) -> bool:
        """Whether the user came here from elsewhere."""
        return len(self.back_stack) > 0

    # Loading.

    def select(self, rowid: int) -> None:
        """Show the article that is selected in the list; with -1, say why there is none."""
        if rowid == -1:
            self.show_placeholder()
        elif rowid != self.requested_rowid:
            self.save_position()
            self.requested_rowid = rowid
            if self._pane.selected >= 0:
                self._pane.select_item(-1)  # the next keys are for another article
            self._session.gate.begin_loading("article")
            # After the list is drawn: reading a document in a thread would delay its lines.
            self._pane.call_after_refresh(self._load_if_still_requested, rowid)
        self._session.gate.check()

    def _load_if_still_requested(self, rowid: int) -> None:
        if rowid == self.requested_rowid:
            self._load(rowid, self._show)

    def show_document(self, rowid: int, top: int | None = None, selected: int = -1) -> None:
        """Show a document from line ``top`` on, else from where it was left, with a related item selected."""
        self.save_position()
        self.requested_rowid = rowid
        self._needs_reload = False
        self._session.gate.begin_loading("article")
        show = partial(self._show, top=top or 0, selected=selected)
        self._load(rowid, show, with_position=top is None)

    def _go_to(self, rowid: int, *, first_row: int | None = None, top: int | None = None, selected: int = -1) -> None:
        """Show a document, and select it in the list if it is there."""
        self.save_position()
        self.requested_rowid = rowid  # so that selecting it does not load it again
        index = self._session.order.index_of(rowid)
        if index is not None and self._session.order.rowids[index] == rowid:  # otherwise folded in a story
            self._list.select(index, top=first_row)
        self.show_document(rowid, top, selected)

    def _load(
        self, rowid: int, show: Callable[[LoadedArticle], object], *, with_position: bool = True, can_fail: bool = False
    ) -> None:
        async def job() -> None:
            from reader.tui.loaders.article import load_article

            session, width = self._session, self._pane.text_width
            args = session.library, session.body_parser, rowid, width, self.lead_images()
            try:
                loaded = await session.background.run(
                    load_article, *args, with_position=with_position, with_similar=rowid in self._with_similar
                )
            except ReaderError as error:
                if not can_fail:
                    self._show_failure(error)
            else:
                show(loaded)

        self._session.background.start(job, "article")

    def reload(self) -> None:
        """Reload the document, which may have changed."""
        self._needs_reload = True
        self._reload_if_needed()

    def _reload_if_needed(self) -> None:
        rowid, needed, self._needs_reload = self.requested_rowid, self._needs_reload, False
        if needed and rowid != -1 and not self._list.has_unhandled_selection:  # otherwise another is about to load
            # One that was walked to stays as it is if its file is gone: nothing else is about to take its place.
            self._load(rowid, self._show_again, can_fail=rowid != self._list.rowid)

    def _show_again(self, loaded: LoadedArticle) -> None:
        before = self._pane.content
        if before is None or before.rowid != loaded.content.rowid:
            self._show(loaded)
        elif before != loaded.content:
            loaded = loaded._replace(position=None)
            self._show(loaded, top=int(self._pane.scroll_offset.y), selected=self._pane.selected)

    def _show(self, loaded: LoadedArticle, *, top: int = 0, selected: int = -1) -> None:
        self.save_position()
        self._pane.show(loaded.content, loaded.layout, y=top, selected=selected, position=loaded.position)
        self._session.gate.end_loading("article")
        self._on_shown(loaded.content)

    def _show_failure(self, error: ReaderError) -> None:
        from reader.tui.widgets.article_pane.placeholders import unreadable

        self._on_failed()
        self.save_position()
        self._pane.show_placeholder(*unreadable(error, self._session.key, away=self._session.folder_is_away))
        self._session.gate.end_loading("article")
        self._session.report_damage(error)

    def show_placeholder(self) -> None:
        """Say why there is no article, if there is none."""
        if len(self._session.order):
            return
        from reader.tui.widgets.article_pane.placeholders import empty_folder, nothing_found

        self.requested_rowid = -1
        session = self._session
        if session.query.query is not None:
            self._pane.show_placeholder(*nothing_found(session.query.label, session.key))
        elif session.folder_was_read and session.counts.complete and not session.counts.articles:
            self._pane.show_placeholder(*empty_folder(session.library.name, session.counts, session.key))
        else:  # or the list with the articles that are counted is about to come
            self._pane.show_placeholder(f"Reading {session.library.name} …")
        session.gate.end_loading("article")

    def lay_out(self) -> None:
        """Lay out the content again, for another width or another image."""
        content = self._pane.content
        if content is None:
            return

        async def job() -> None:
            layout = await self._layout_of(content)
            if content is self._pane.content:
                self._pane.refit(layout)

        self._session.background.start(job, "article layout")

    async def _layout_of(self, content: ArticleContent) -> PaneLayout:
        from reader.tui.widgets.article_pane.lines import lay_out_pane

        width, lead_of = self._pane.text_width, self.lead_images()
        return await self._session.background.run(lambda: lay_out_pane(content, width, lead_of(content)))

    # Changes of the data.

    def _articles_changed(self, order: ArticleOrder) -> None:
        self.show_placeholder()
        if len(order) and self.requested_rowid == -1 and self._pane.content is None:
            self.select(self._list.rowid)
            self._needs_reload = False
        elif self._session.progress.finished:
            # Not with each batch of a refresh: that would take time from keys.
            self._reload_if_needed()

    def _marks_changed(self, rows: Sequence[Row] | None) -> None:
        content = self._pane.content
        if rows is None:
            self._mark_stale()
        elif content is not None and any(row.rowid == content.rowid and row.tags != content.tags for row in rows):
            self.reload()

    def _mark_stale(self) -> None:
        """Reload the content together with the list, which is loading."""
        self._needs_reload = True

    def _indexing_progressed(self, progress: Progress) -> None:
        self._needs_reload |= progress.shown or self._pane.content is None
        if progress.finished and self._session.folder_was_read and not progress.shown:
            self._reload_if_needed()  # otherwise together with the list

    def _folder_away(self, is_away: bool) -> None:
        if not is_away or self._pane.content is None:
            self._needs_reload = True
        if self._pane.content is None:
            self._reload_if_needed()  # to say why, or to show what can be read again

    def highlight(self, query: ActiveQuery) -> None:
        """Highlight the words of ``query``, in articles only."""
        if len(self._session.order):
            self._pane.highlight(query.title_terms, query.body_terms)
        else:
            self._pane.highlight((), ())

    def save_position(self) -> None:
        """Save the position in the article, if the user has scrolled."""
        left = self._pane.pop_position()
        if left is not None:
            self._session.library.positions.set_article(*left)
            self._session.background.save(self._session.library.positions.write)

    # Related items.

    def follow(self, item: RelatedItem) -> None:
        """Show a related item and add the current article to the back stack."""
        content = self._pane.content
        if content is None or content.rowid is None:
            return  # only documents have related items
        first_row, top = self._list.top, int(self._pane.scroll_offset.y)
        self.back_stack.append(partial(self._return_to, content.rowid, first_row, top, self._pane.selected))
        if item.rowid is None:
            self._show_related(item, content.article.title)
        else:
            self._go_to(item.rowid)
        self._session.show_message("Backspace goes back.")

    def _show_related(self, item: RelatedItem, described_by: str) -> None:
        self.save_position()
        self.requested_rowid = -1
        self._session.gate.begin_loading("article")

        async def job() -> None:
            from reader.tui.loaders.article import LoadedArticle, content_of_item

            content = content_of_item(item, described_by)
            self._show(LoadedArticle(content, await self._layout_of(content)))

        self._session.background.start(job, "article")

    def toggle_similar(self, rowid: int, leave_text: Callable[[], bool]) -> None:
        """List the articles with a text like that of the article, and select the first of them; or hide them again.

        Its row id must be ``rowid``, that of the text if one is open. That is left, and then they are always listed:
        behind it, the user did not see them.
        """
        content = self._pane.content
        if content is None or content.rowid is None or not content.rowid == self.requested_rowid == rowid:
            self._session.show_message("There is no article here to compare others with.", transient=True)
            return
        is_wanted = leave_text() or not _lists_similar(content)
        (self._with_similar.add if is_wanted else self._with_similar.discard)(content.rowid)

        def show(loaded: LoadedArticle) -> None:
            sections = loaded.content.sections
            self._show(loaded._replace(position=None), top=int(self._pane.scroll_offset.y))
            if is_wanted and _lists_similar(loaded.content):
                self._panes.focus_item(len(loaded.content.items) - sections[-1].size)
            elif is_wanted:
                from reader.tui.loaders.neighbors import say_none

                none = partial(say_none, self._session, "No article of the folder has a similar text.")
                self._session.background.start(none, "similar")
            self._session.gate.release()

        self._session.gate.begin_loading("article")
        self._session.gate.hold()  # the next keys are for the articles that it lists
        self._load(content.rowid, show, with_position=False)

    def back(self) -> None:
        """Return to the article or the list that the user came from."""
        while self.back_stack:
            if self.back_stack.pop()():
                return
        self._session.show_message("There is nothing to go back to.", transient=True)

    def _return_to(self, rowid: int, first_row: int, top: int, selected: int) -> bool:
        self._panes.focus_article()
        self._go_to(rowid, first_row=first_row, top=top, selected=selected)
        return True

    # What keys apply to.

    @property
    def links(self) -> Links:
        """The URLs of the selected related item or article."""
        content, row = self._pane.content, self._list.row
        if row is not None and (content is None or (row.rowid == self.requested_rowid and content.rowid != row.rowid)):
            return row.links  # the pane is still loading it, or cannot show it
        if self._pane.related_item is not None:
            return self._pane.related_item.described.links
        return content.article.links if content is not None else Links()

    def readable(self) -> ArticleContent | int | None:
        """Return what the reader can open: the content of the pane, else the row id of the selected article."""
        item, content, rowid = self._pane.related_item, self._pane.content, self._list.rowid
        if self._pane.has_focus and self.requested_rowid != -1:
            rowid = self.requested_rowid  # perhaps a related article that the list does not have
        if item is not None and content is not None and self._pane.has_focus:
            if item.rowid is not None:
                return item.rowid
            from reader.tui.loaders.article import content_of_item

            return content_of_item(item, content.article.title)
        if content is not None and content.rowid is None and self.requested_rowid == -1:
            return content
        if content is not None and content.rowid == rowid == self.requested_rowid and not self._needs_reload:
            return content  # no need to read it again
        return rowid if rowid != -1 else None


def _lists_similar(content: ArticleContent) -> bool:
    return bool(content.sections) and content.sections[-1].kind == "similar"
