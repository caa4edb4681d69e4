"""What the article pane shows: the selected article, or a related item that was followed from it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.core.model import Links
from reader.tui.session import ActiveQuery, MarksChange, Session
from reader.tui.widgets.article_pane.history import BackEntry, BackStack

if TYPE_CHECKING:
    from reader.core.events import Progress
    from reader.core.ordering import ArticleOrder
    from reader.tui.loaders.article import LeadImage, LoadedArticle
    from reader.tui.widgets.article_pane.content import ArticleContent, RelatedItem
    from reader.tui.widgets.panes import Panes
    from reader.tui.widgets.text.lines import Line


class ArticlePaneController:
    """Loads articles into the pane, and knows the way back from related items."""

    def __init__(
        self,
        session: Session,
        panes: Panes,
        *,
        on_shown: Callable[[ArticleContent], object],
        on_failed: Callable[[], object],
    ) -> None:
        """``on_shown`` hears of other content, or of the same anew; ``on_failed`` of a document that cannot be read."""
        self._session = session
        self._panes = panes
        self._list = panes.articles
        self._pane = panes.article
        self._on_shown = on_shown
        self._on_failed = on_failed
        self.lead_image: Callable[[], LeadImage | None] = lambda: None
        """Returns the image in the pane."""
        self.requested_rowid = -1
        """The document that the pane shows or is about to show; -1 for none."""
        self._needs_reload = False
        """Whether what the pane shows may have changed."""
        self._back_stack = BackStack()
        session.articles_changed.subscribe(self._articles_changed)
        session.marks_changed.subscribe(self._marks_changed)
        session.pages_changed.subscribe(lambda _: self.reload())
        session.counts_changed.subscribe(lambda _: self.show_placeholder())
        session.indexing_progressed.subscribe(self._indexing_progressed)
        session.index_replaced.subscribe(lambda _: self._mark_stale())
        session.folder_away.subscribe(self._folder_away)

    @property
    def can_go_back(self) -> bool:
        """Whether a related item was followed."""
        return len(self._back_stack) > 0

    # Showing.

    def select(self, rowid: int) -> None:
        """Show the article that is selected in the list; with -1, say why there is none."""
        if rowid == -1:
            self.show_placeholder()
        elif rowid != self.requested_rowid:
            self.save_position()
            self.requested_rowid = rowid
            self._session.gate.begin_loading("article")
            # Once the list has been drawn: reading a document in a thread would hold its lines up.
            self._pane.call_after_refresh(self._load_if_still_requested, rowid)
        self._session.gate.check()

    def _load_if_still_requested(self, rowid: int) -> None:
        if rowid == self.requested_rowid:
            self._load(rowid)

    def show_document(self, rowid: int, top: int | None = None, selected: int = -1) -> None:
        """Show a document from line ``top`` on, or where it was left, with a related item selected."""
        self.save_position()
        self.requested_rowid = rowid
        self._needs_reload = False
        self._session.gate.begin_loading("article")
        self._load(rowid, top=top, selected=selected)

    def _go_to(self, rowid: int, *, first_row: int | None = None, top: int | None = None, selected: int = -1) -> None:
        """Show a document that is selected in the list too, if it is there."""
        self.save_position()
        self.requested_rowid = rowid  # so that selecting it does not load it as well
        index = self._session.order.index_of(rowid)
        if index is not None:
            self._list.select(index, top=first_row)
        self.show_document(rowid, top, selected)

    def _load(self, rowid: int, *, top: int | None = None, selected: int = -1) -> None:
        async def job() -> None:
            from reader.tui.loaders.article import load_article

            library, width = self._session.library, self._pane.text_width
            function = partial(
                load_article, library, self._session.body_parser, rowid, width, with_position=top is None
            )
            try:
                loaded = await self._session.background.run(function)
            except ReaderError as error:
                self._show_failure(error)
            else:
                self._show(loaded, top=top or 0, selected=selected)

        self._session.background.start(job, "article")

    def reload(self) -> None:
        """Load the document anew, which may have changed."""
        self._needs_reload = True
        self._reload_if_needed()

    def _reload_if_needed(self) -> None:
        rowid, needed, self._needs_reload = self.requested_rowid, self._needs_reload, False
        if not needed or self._list.rowid != rowid or rowid == -1:
            return

        async def job() -> None:
            from reader.tui.loaders.article import load_article

            session, width = self._session, self._pane.text_width
            load = partial(load_article, session.library, session.body_parser, rowid, width)
            function = partial(load, lead=self.lead_image())
            try:
                loaded = await self._session.background.run(function)
            except ReaderError as error:
                self._show_failure(error)
            else:
                self._show_again(loaded)

        self._session.background.start(job, "article")

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

        def lines(width: int) -> tuple[Line, ...]:
            return unreadable(error, width, away=self._session.folder.is_away)

        self._on_failed()
        self.save_position()
        self._pane.show_placeholder(lines)
        self._session.gate.end_loading("article")
        self._session.report_damage(error)

    def show_placeholder(self) -> None:
        """Say why there is no article, if there is none."""
        if len(self._session.order):
            return
        from reader.tui.widgets.article_pane.placeholders import empty_folder, nothing_found, reading_folder

        self.requested_rowid = -1
        session = self._session
        name, counts, query, was_read = session.library.name, session.counts, session.query, session.folder.was_read

        def lines(width: int) -> tuple[Line, ...]:
            if query.query is not None:
                return nothing_found(query.label, width)
            return empty_folder(name, counts, width) if was_read else reading_folder(name, width)

        self._pane.show_placeholder(lines)
        session.gate.end_loading("article")

    def lay_out(self) -> None:
        """Lay the content out anew, for another width or with another image."""
        content = self._pane.content
        if content is None:
            return

        async def job() -> None:
            from reader.tui.widgets.article_pane.lines import lay_out_pane

            lead, width = self.lead_image(), self._pane.text_width
            image = lead.image if lead is not None and content.images and content.images[0].url == lead.url else None
            layout = await self._session.background.run(partial(lay_out_pane, content, width, image=image))
            if content is self._pane.content:
                self._pane.refit(layout)

        self._session.background.start(job, "article layout")

    # What changes beneath the pane.

    def _articles_changed(self, order: ArticleOrder) -> None:
        self.show_placeholder()
        if len(order) and self.requested_rowid == -1 and self._pane.content is None:
            self.select(self._list.rowid)
            self._needs_reload = False
        elif self._session.folder.progress.finished:
            # Not with each batch of a refresh: that would take time from keys.
            self._reload_if_needed()

    def _marks_changed(self, change: MarksChange) -> None:
        content = self._pane.content
        if change.by_query:
            self._needs_reload = True  # with the list, which is on its way
        elif content is not None and any(
            row.rowid == content.rowid and row.tags != content.tags for row in change.rows
        ):
            self.reload()

    def _mark_stale(self) -> None:
        """Reload the content with the list, which is on its way."""
        self._needs_reload = True

    def _indexing_progressed(self, progress: Progress) -> None:
        self._needs_reload |= progress.shown or self._pane.content is None
        if progress.finished and self._session.folder.was_read and not progress.shown:
            self._reload_if_needed()  # otherwise with the list

    def _folder_away(self, is_away: bool) -> None:
        if not is_away or self._pane.content is None:
            self._needs_reload = True
        if self._pane.content is None:
            self._reload_if_needed()  # to say why, or to show what can be read again

    def highlight(self, query: ActiveQuery) -> None:
        """Highlight the words of ``query``, in articles alone."""
        if len(self._session.order):
            self._pane.highlight(query.title_terms, query.body_terms)
        else:
            self._pane.highlight((), ())

    def save_position(self) -> None:
        """Save where in the article the user is, if they have scrolled it."""
        left = self._pane.pop_position()
        if left is not None:
            self._session.library.positions.set_article(*left)
            self._session.background.save(self._session.library.positions.write)

    # Related items.

    def follow(self, item: RelatedItem) -> None:
        """Show a related item, and remember the way back."""
        content = self._pane.content
        if content is None or content.rowid is None:
            return  # only documents have related items
        first_row, top = int(self._list.scroll_offset.y), int(self._pane.scroll_offset.y)
        self._back_stack.push(BackEntry(content.rowid, first_row, top, self._pane.selected))
        if item.rowid is None:
            self._show_related(item, content.title)
        else:
            self._go_to(item.rowid)
        self._session.show_message("Backspace goes back.")

    def _show_related(self, item: RelatedItem, described_by: str) -> None:
        self.save_position()
        self.requested_rowid = -1
        self._session.gate.begin_loading("article")

        async def job() -> None:
            from reader.tui.loaders.article import load_related

            width = self._pane.text_width
            self._show(await self._session.background.run(load_related, item, described_by, width))

        self._session.background.start(job, "article")

    def back(self) -> None:
        """Return to where a related item was followed from."""
        entry = self._back_stack.pop()
        if entry is None:
            self._session.show_message("There is nothing to go back to.", transient=True)
            return
        self._panes.focus_article()
        self._go_to(entry.rowid, first_row=entry.top, top=entry.y, selected=entry.selected)

    # What keys are about.

    @property
    def links(self) -> Links:
        """The addresses of the related item or the article that is selected."""
        content, row = self._pane.content, self._list.row
        if row is not None and (content is None or (row.rowid == self.requested_rowid and content.rowid != row.rowid)):
            return row.links  # the pane has not come so far yet, or cannot show it
        if self._pane.related_item is not None:
            return self._pane.related_item.links
        return content.links if content is not None else Links()

    def readable(self) -> ArticleContent | int | None:
        """Return what can be read in full: what the pane shows, else the row number of the selected article."""
        item, content, rowid = self._pane.related_item, self._pane.content, self._list.rowid
        if item is not None and content is not None and self._pane.has_focus:
            if item.rowid is not None:
                return item.rowid
            from reader.tui.loaders.article import content_of_item

            return content_of_item(item, content.title)
        if content is not None and content.rowid is None and self.requested_rowid == -1:
            return content
        if content is not None and content.rowid == rowid == self.requested_rowid and not self._needs_reload:
            return content  # it need not be read again
        return rowid if rowid != -1 else None
