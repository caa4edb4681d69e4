"""The main screen: the list, the article that is selected in it, and the sidebar.

It composes the widgets, gives them to the controllers, and passes messages and actions on.
:meth:`MainScreen._commands` says which method runs for which action.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult

from reader.startup import FirstFrame
from reader.tui.controllers.article_list import ArticleListController
from reader.tui.controllers.article_pane import ArticlePaneController
from reader.tui.controllers.fetch import FetchController
from reader.tui.controllers.folder import FolderController
from reader.tui.controllers.images import ImagesController
from reader.tui.controllers.links import LinksController
from reader.tui.controllers.marks import MarksController
from reader.tui.controllers.reader import ReaderController
from reader.tui.controllers.saved_views import SavedViewsController
from reader.tui.controllers.search import SearchController
from reader.tui.keys import bindings
from reader.tui.screens.base import BaseScreen
from reader.tui.session import FetchMode, Session
from reader.tui.widgets.article_list.article_list import ArticleList
from reader.tui.widgets.article_list.header import ListHeader
from reader.tui.widgets.article_list.pending_marks import PendingMarks
from reader.tui.widgets.article_pane.article_pane import ArticlePane
from reader.tui.widgets.bars.bars import TopBar
from reader.tui.widgets.panes import Panes
from reader.tui.widgets.text.line_view import LineView

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.widget import Widget

    from reader.core.events import ImageFetched
    from reader.core.model import Counts, Links, Problem
    from reader.core.ordering import Sort
    from reader.images.model import RenderedImage
    from reader.tui.terminal.images import TerminalImages
    from reader.tui.widgets.article_pane.content import ArticleContent
    from reader.tui.widgets.reader.lines import ReaderText
    from reader.tui.widgets.sidebar.sidebar import Sidebar


class MainScreen(BaseScreen):
    """List and article side by side, stacked, or one at a time, as the terminal allows."""

    def __init__(self, first: FirstFrame, session: Session, notice: str = "") -> None:
        """``notice`` is what the user should know from the start."""
        super().__init__(session, {})
        self._notice = notice
        self.saved_views = SavedViewsController(session, first.pane, self._run_query, self._show_sidebar)
        self.panes = panes = Panes(
            ListHeader(first.order.sort, bindings.single_keys(session.keymap), types=first.types, id="header"),
            ArticleList(first.order, first.rows, index=first.index, line=first.line, types=first.types, id="list"),
            session.gate,
            shows_sidebar=lambda: self.saved_views.is_visible,
            sidebar_pane=self.saved_views.first_pane(),
            id="panes",
        )
        self.articles = panes.articles
        self.article = panes.article
        self.top_bar = TopBar(session.library.name, first.counts, id="top")
        self.saved_views.attach(panes)
        pending = PendingMarks()
        self.folder = FolderController(session, first.updater, self._show_problems)
        self.marks = MarksController(session, panes, pending, lambda: self.saved_views.store)
        self.pane_content = ArticlePaneController(
            session, panes, on_shown=self._article_shown, on_failed=self.marks.article_failed
        )
        self.list_content = ArticleListController(
            session, panes, panes.header, pending, self.pane_content.show_document
        )
        self.search = SearchController(
            session, panes, self.list_content.load_query, self.list_content.snapshot, self._query_accepted
        )
        self.links = LinksController(session, self.articles, self.marks.mark_read)
        self.fetch = FetchController(session, panes, self._image_fetched)
        self.reader = ReaderController(
            session,
            self.fetch.fetch,
            on_shown=self._text_shown,
            on_closed=self._text_closed,
            on_read=self.marks.mark_read,
        )
        self.images = ImagesController(
            session,
            self.article,
            self._make_terminal_images,
            self.fetch.fetch_image,
            self.fetch.cancel_image,
            lay_out_pane=self.pane_content.lay_out,
            lay_out_text=self.reader.lay_out,
        )
        self.pane_content.lead_image = lambda: self.images.lead
        self.reader.images = self.images.of_text
        self._focus_before_reader: Widget | None = None
        self.commands = self._commands()
        session.gate.is_selecting = lambda: self.articles.has_unhandled_selection
        session.articles_changed.subscribe(lambda _: self._list_shown())
        session.query_changed.subscribe(lambda _: self._update_top_bar())
        session.counts_changed.subscribe(self._counts_changed)
        session.folder_away.subscribe(self._folder_away)
        self.set_class(not len(first.order), "-empty")

    def _commands(self) -> Mapping[str, Callable[[], object]]:
        """Return what runs for each action of the screen, by its name in the registry."""
        list_content, marks, search = self.list_content, self.marks, self.search
        return {
            "sort.quality": partial(self._sort, "quality"),
            "sort.heat": partial(self._sort, "heat"),
            "sort.date": partial(self._sort, "date"),
            "unread.next": partial(list_content.select_unread, 1),
            "unread.previous": partial(list_content.select_unread, -1),
            "search": search.open,
            "mark.read": lambda: marks.toggle("read", self.target_rowids()),
            "mark.star": lambda: marks.toggle("starred", self.target_rowids()),
            "mark.tags": lambda: marks.edit_tags(self.target_rowids()),
            "mark.all_read": marks.mark_all_read,
            "undo": marks.undo,
            "redo": partial(marks.undo, redo=True),
            "fetch": partial(self.read, "fetch"),
            "fetch.again": partial(self.read, "force"),
            "fetch.archive": partial(self.read, "archive"),
            "fetch.all": lambda: self.fetch.fetch_all(self.articles.selected_range or self.session.order.rowids),
            "fetch.stop": self.fetch.stop,
            "images": self.images.toggle,
            "back": self._back,
            "open": lambda: self.links.open_best(self.target_links()),
            "open.amp": lambda: self.links.open_amp(self.target_links()),
            "copy": self._copy,
            "views": self.saved_views.toggle,
            "views.save": self.saved_views.ask_save,
            "refresh": self.folder.refresh,
            "problems": self.folder.show_problems,
        }

    def compose(self) -> ComposeResult:
        """Lay the panes out; the stylesheet arranges them."""
        yield self.top_bar
        yield self.panes
        yield from self.bars()

    def on_mount(self) -> None:
        """Show what the index knows; everything else begins when that is on the screen."""
        self.panes.focus_list()
        self.watch(self.article, "selected", self.update_keys, init=False)
        if len(self.articles.order):
            self.session.gate.begin_loading("article")
        self.call_after_refresh(self.begin)

    def begin(self) -> None:
        """Compare the folder with the list, and read the article that is selected in it."""
        session = self.session
        self.pane_content.show_placeholder()
        if self.pane_content.requested_rowid == -1:
            self.pane_content.select(self.articles.rowid)
        session.services.first_frame_shown()
        self.folder.begin()
        self.search.load_history()
        self.saved_views.begin()
        session.background.start(self.reader.load_width, "reader width")
        session.background.start(self.images.load_setting, "images setting")
        self.app.app_resume_signal.subscribe(self, lambda _: self.images.send_again())
        self.app.theme_changed_signal.subscribe(self, lambda _: self.images.request())  # what is transparent
        self.set_interval(session.timings.recount, self.saved_views.recount)
        self.set_interval(session.timings.backup_check, self.folder.check_backup)
        if self._notice:
            self.show_message(self._notice, warning=True)

    def on_unmount(self) -> None:
        """End the processes and threads of the controllers."""
        self.folder.close()
        self.saved_views.close()
        self.fetch.close()
        self.images.close()
        self.session.close()

    def save_positions(self) -> None:
        """Save where the list, the article and the text were left, because the app ends."""
        self.pane_content.save_position()
        self.reader.save_position()
        self.list_content.save_position()

    # What keys are about.

    def target_rowids(self) -> Sequence[int]:
        """Return the articles that a key is about: what is read, else the selected ones, else the selected one."""
        if self.reader.is_open:
            return self.reader.rowids()
        rowid = self.articles.rowid
        return self.articles.selected_range or [rowid] * (rowid != -1)

    def target_links(self) -> Links:
        """Return the addresses that a key is about."""
        if not self.reader.is_open:
            return self.pane_content.links
        links, row = self.reader.links, self.articles.row
        if links is not None:
            return links
        from reader.core.model import Links

        return row.links if row is not None and [row.rowid] == self.reader.rowids() else Links()

    def update_keys(self) -> None:
        """Show the keys that matter where the focus is."""
        bar = self.key_bar
        if self.panes.sidebar_has_focus:
            bar.context = "views"
        elif not len(self.articles.order):
            bar.context = "empty"
        elif not self.article.has_focus:
            bar.context = "chosen" if bar.selected_count else "list"
        else:
            bar.context = "related" if self.article.selected >= 0 else "article"
        content = self.article.content
        has_related = content is not None and len(content.items) > 0
        idle = {"related.next": not has_related, "back": not self.pane_content.can_go_back}
        bar.idle = frozenset(name for name, is_idle in idle.items() if is_idle)
        super().update_keys()

    def node_of_scope(self, scope: bindings.Scope) -> DOMNode:
        """Return the widget to which the keys of a scope belong."""
        if scope == "panes":
            return self.panes
        sidebar = self.panes.sidebar if self.panes.sidebar_has_focus else None
        return sidebar or (self.article if self.article.has_focus else self.articles)

    def restore_focus(self, widget: Widget | None) -> None:
        """Give the focus back after a prompt or the reader."""
        if widget is self.article:
            self.panes.focus_article()
        elif widget is None or widget is self.articles or not widget.is_attached:
            self.panes.focus_list()
        else:
            widget.focus()

    # The list.

    def _sort(self, by: str) -> None:
        self.search.drop_own_sort()
        self.list_content.sort_by_column(by)  # type: ignore[arg-type]

    @on(ListHeader.SortChosen)
    def _sort_by_mouse(self, event: ListHeader.SortChosen) -> None:
        self._sort(event.by)

    @on(ArticleList.Selected)
    def _article_selected(self, event: ArticleList.Selected) -> None:
        if event.rowid == self.articles.rowid:
            self.articles.has_unhandled_selection = False
            self.pane_content.select(event.rowid)
            self.list_content.selection_changed(event.rowid)

    @on(ArticleList.RowsRequested)
    def _load_rows(self, event: ArticleList.RowsRequested) -> None:
        self.list_content.load_rows(event.rowids)

    @on(ArticleList.SelectionSettled)
    def _save_list_position(self) -> None:
        self.list_content.save_position()

    @on(ArticleList.SelectionConfirmed)
    def _restart_read_timer(self) -> None:
        self.marks.restart_read_timer()

    @on(ArticleList.RangeChanged)
    def _range_changed(self, event: ArticleList.RangeChanged) -> None:
        self.key_bar.selected_count = event.count
        if event.count:
            self.show_message("")  # how many they are matters more than what was done before
        self.update_keys()

    @on(ArticleList.Entered)
    def _enter_article(self) -> None:
        rowid = self.articles.rowid
        if rowid == -1:
            self.show_message("There is no article to read here.", transient=True)
            self.session.gate.release()
        elif self.panes.has_class("-reading"):  # pressed again before the focus had moved
            self.article.action_enter()
            self.session.gate.release()
        else:
            self.pane_content.select(rowid)  # the pane may show a related item
            self.panes.focus_article()
            self.marks.article_entered(is_shown=self.pane_content.requested_rowid == rowid)

    @on(ArticleList.LeaveRequested)
    def _clear_query(self) -> None:
        self.search.clear()

    def _list_shown(self) -> None:
        session = self.session
        self._update_top_bar()
        self.indexing_bar.progress = session.folder.progress
        self.set_class(not len(session.order) and session.query.query is None, "-empty")
        self.call_after_refresh(self._highlight)  # the list first: it is what the user waits for
        self.update_keys()

    def _highlight(self) -> None:
        self.pane_content.highlight(self.session.query)

    def _counts_changed(self, counts: Counts) -> None:
        self.top_bar.counts = counts

    def _update_top_bar(self) -> None:
        bar = self.top_bar
        bar.query_text = self.session.query.label
        bar.matches = self.search.found

    # The article.

    def _article_shown(self, content: ArticleContent) -> None:
        self.update_keys()
        self.marks.article_shown(content)
        # Once the pane has drawn it.
        self.call_after_refresh(self.images.article_shown, content)

    @on(ArticlePane.BackRequested)
    def _leave_article(self) -> None:
        self.marks.article_left()
        self.panes.focus_list()

    @on(ArticlePane.RelatedItemOpened)
    def _follow_related_item(self, event: ArticlePane.RelatedItemOpened) -> None:
        self.pane_content.follow(event.item)
        self.update_keys()

    @on(LineView.LinkClicked)
    def _open_link(self, event: LineView.LinkClicked) -> None:
        self.links.open(event.href)

    @on(LineView.WidthChanged)
    def _lay_out_article(self) -> None:
        self.pane_content.lay_out()
        self.call_after_refresh(self.images.fit)

    @on(LineView.PositionSettled)
    def _save_article_position(self) -> None:
        self.pane_content.save_position()

    def _back(self) -> None:
        self.pane_content.back()
        self.update_keys()

    def _copy(self) -> None:
        if not (self.reader.is_open and self.reader.copy_selection()):
            self.links.copy(self.target_links())

    # The reader.

    @on(ArticlePane.OpenTextRequested)
    def _read_article(self) -> None:
        self.read(None)

    def read(self, mode: FetchMode | None) -> None:
        """Read what is selected; the page is fetched as ``mode`` says, or where there is nothing else."""
        if self.reader.is_open:
            self.reader.request_page(mode or "fetch")
            return
        source = self.pane_content.readable()
        if source is None:
            self.show_message("There is no article to read here.", transient=True)
            self.session.gate.release()
        else:
            self._focus_before_reader = self.focused
            self.pane_content.save_position()
            self.reader.open(source, mode)

    def open_next(self, step: int) -> None:
        """Open the next unread article in the reader, or with -1 the one before."""
        before = self.articles.rowid

        def then() -> None:
            if self.articles.rowid not in {-1, before}:
                self.reader.save_position()
                self.reader.open(self.articles.rowid, None)
            else:
                self.session.gate.release()

        self.list_content.select_unread(step, then)

    def _text_shown(self, text: ReaderText) -> None:
        self.images.text_shown(text)
        if isinstance(self.app.screen, BaseScreen):
            self.app.screen.update_keys()

    def _text_closed(self) -> None:
        self.images.text_closed()
        self.restore_focus(self._focus_before_reader)
        self.update_keys()

    def _make_terminal_images(self, shown: Callable[[], Iterable[RenderedImage]]) -> TerminalImages:
        from reader.tui.terminal.images import TerminalImages

        return TerminalImages(self.app, self.session.config.fetch.graphics, shown)

    def _image_fetched(self, event: ImageFetched) -> None:
        self.images.fetched(event.url, event.error)

    # Queries and the sidebar. By name, so that the sidebar is not imported before it shows.

    def _run_query(self, text: str, sort: Sort | None) -> bool:
        """Show what ``text`` finds, in ``sort`` unless that is None or the query has its own order."""
        if self.search.parse(text) is None:
            return False
        if sort is not None:
            self.list_content.sort_by(sort)
        return self.search.run(text)

    def _query_accepted(self) -> None:
        self.update_keys()
        self.marks.restart_read_timer()

    def _show_sidebar(self, is_visible: bool) -> None:
        self.set_class(is_visible, "-views")

    def on_sidebar_ready(self) -> None:
        """Fill the sidebar."""
        self.saved_views.mounted()

    def on_sidebar_folded(self) -> None:
        """Save which sections are folded."""
        self.saved_views.folded()

    def on_sidebar_command_requested(self, event: Sidebar.CommandRequested) -> None:
        """Do what is asked of a line of the sidebar."""
        self.saved_views.run_command(event.command, event.line)

    def on_resize(self, event: events.Resize) -> None:
        """Fit the sidebar and the images to the size of the screen."""
        self.saved_views.fit()
        self.call_after_refresh(self.images.fit)

    # The folder.

    def _folder_away(self, is_away: bool) -> None:
        self.top_bar.folder_missing = is_away

    def _show_problems(self, problems: Sequence[Problem]) -> None:
        if self.session.gate.is_closed:
            return
        from reader.tui.screens.problems import ProblemsScreen

        self.app.push_screen(ProblemsScreen(problems))
