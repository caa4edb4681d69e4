"""The main screen: the list, the selected article and the sidebar.

It composes the widgets, hands them to the controllers, and routes messages and actions.
:meth:`MainScreen._commands` says which method runs for which action.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult

from reader.startup import SPLIT, FirstFrame
from reader.tui.controllers.article_list import ArticleListController
from reader.tui.controllers.article_pane import ArticlePaneController
from reader.tui.controllers.config_file import ConfigController
from reader.tui.controllers.enclosures.enclosures import EnclosuresController
from reader.tui.controllers.feeds.add_rule import AddRuleController
from reader.tui.controllers.feeds.feed_list import FeedListController
from reader.tui.controllers.fetch import FetchController
from reader.tui.controllers.folder import FolderController
from reader.tui.controllers.images import ImagesController
from reader.tui.controllers.links import LinksController
from reader.tui.controllers.marks import MarksController
from reader.tui.controllers.programs import ProgramsController
from reader.tui.controllers.reader import ReaderController
from reader.tui.controllers.saved_views import SavedViewsController
from reader.tui.controllers.search import SearchController
from reader.tui.controllers.stories.grouped_lists import GroupingController
from reader.tui.keys.actions import KeyContext, Scope
from reader.tui.screens.base import BaseScreen
from reader.tui.screens.reader_layer import ReaderLayer
from reader.tui.screens.targets import KeyTargets
from reader.tui.session import FetchMode, ListSnapshot, Session
from reader.tui.widgets.article_list.article_list import ArticleList
from reader.tui.widgets.article_list.header import ListHeader
from reader.tui.widgets.article_pane.article_pane import ArticlePane
from reader.tui.widgets.bars.bars import TopBar
from reader.tui.widgets.panes import Panes, Split
from reader.tui.widgets.text.line_view import LineView

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.widget import Widget

    from reader.core.ordering import Sort
    from reader.tui.screens.reader import ReaderScreen
    from reader.tui.widgets.article_pane.content import ArticleContent
    from reader.tui.widgets.reader.lines import ReaderText
    from reader.tui.widgets.sidebar.sidebar import Sidebar


_FOLDS: Mapping[str, KeyContext] = {"folded": "story", "unfolded": "in_story", "inside": "in_story"}
"""Where keys are for in a list that is grouped, by what is selected."""


class MainScreen(BaseScreen):
    """List and article side by side, stacked, or one at a time, as the terminal allows."""

    def __init__(self, first: FirstFrame, session: Session, notice: str = "") -> None:
        """``notice`` is shown at the start."""
        super().__init__(session, {})
        self._notice = notice
        self.panes = panes = Panes(
            ListHeader(first.order.sort, session.config.keys, first.fields),
            ArticleList(first.order, first.rows, first.fields, index=first.index, line=first.line),
            session.gate,
            Split.parse(first.split, session.config.density),
        )
        panes.articles.rows.has_periods = session.config.date_separators
        panes.save_split = partial(session.save_setting, SPLIT)
        self.articles = panes.articles
        self.article = panes.article
        self.top_bar = TopBar(session.library.name, first.counts)
        self.saved_views = SavedViewsController(session, panes, first.pane, self._run_query, self._show_sidebar)
        self.feeds = FeedListController(session, self.saved_views.show_feeds)
        self.saved_views.on_filled = self.feeds.begin
        self.config_file = ConfigController(session)
        self.folder = FolderController(session, first.updater)
        self.rules = AddRuleController(session)
        undone = (self.feeds.undone, self.rules.undone)
        self.marks = MarksController(session, panes, lambda: self.saved_views.store, undone)
        self.pane_content = ArticlePaneController(
            session, panes, on_shown=self._article_shown, on_failed=self.marks.article_failed
        )
        self.list_content = ArticleListController(session, panes, first.sort, self.pane_content.show_document)
        self.grouping = GroupingController(session, self.list_content.reload, first.grouped_lists)
        self.list_content.is_grouped = self.grouping.is_grouped
        self.search = SearchController(
            session, panes, self.list_content.load_query, self.list_content.snapshot, self._query_accepted
        )
        self.links = LinksController(session, self.articles, self.marks.mark_read)
        self.fetch = FetchController(session, panes)
        self._layer = ReaderLayer(self, session, self._make_reader)
        self.reader = ReaderController(
            session,
            self.fetch.fetch,
            show_screen=self._layer.show,
            on_shown=self._text_shown,
            on_closed=self._text_closed,
            on_read=self.marks.mark_read,
        )
        self._targets = KeyTargets(panes, self.pane_content, self.reader)
        self.programs = ProgramsController(session, self._targets.readable)
        self.enclosures = EnclosuresController(session, self._targets.readable, self.fetch, self.links.open)
        self.images = ImagesController(
            session,
            self.article,
            self.fetch.fetch_image,
            self.fetch.cancel_image,
            lay_out_pane=self.pane_content.lay_out,
            lay_out_text=self.reader.lay_out,
        )
        self.pane_content.lead_images = self.images.lead_images
        self.reader.images = self.images.of_text
        self.commands = self._commands()
        session.gate.is_selecting = lambda: self.articles.has_unhandled_selection
        session.articles_changed.subscribe(lambda _: self._list_shown())
        session.query_changed.subscribe(lambda _: self._update_top_bar())
        session.counts_changed.subscribe(partial(setattr, self.top_bar, "counts"))
        session.can_undo_changed.subscribe(lambda _: self.update_keys())
        session.config_changed.subscribe(lambda before: panes.take_config(session.config, before))
        session.folder_away.subscribe(partial(setattr, self.top_bar, "folder_missing"))
        self.set_class(not len(first.order), "-empty")

    def _commands(self) -> Mapping[str, Callable[..., object]]:
        """Return the function for each action of the screen, by its name in the registry."""
        list_content, marks, search, targets = self.list_content, self.marks, self.search, self._targets
        return {
            **{f"sort.{by}": partial(self._sort, by) for by in ("quality", "heat", "date")},
            "list.group": self.grouping.toggle,
            "list.density": self.panes.toggle_density,
            "list.wider": partial(self.panes.widen_list, 1),
            "list.narrower": partial(self.panes.widen_list, -1),
            "unread.next": partial(list_content.select_unread, 1),
            "unread.previous": partial(list_content.select_unread, -1),
            "search": search.open,
            "read.hide": search.toggle_read,
            "mark.read": lambda: marks.toggle("read", targets.rowids()),
            "mark.star": lambda: marks.toggle("starred", targets.rowids()),
            "mark.tags": lambda: marks.edit_tags(targets.rowids()),
            "mark.all_read": lambda: marks.mark_all_read(self.saved_views.selected()),
            "undo": marks.undo,
            "redo": partial(marks.undo, redo=True),
            "fetch": partial(self.read, "fetch"),
            "fetch.again": partial(self.read, "force"),
            "fetch.archive": partial(self.read, "archive"),
            "fetch.all": lambda: self.fetch.fetch_all(self.articles.selected_range or self.session.order.all_rowids),
            "fetch.stop": self.fetch.stop,
            "images": self.images.toggle,
            "images.always": self.images.change_default,
            "more": self.panes.toggle_more,
            "similar": self._show_similar,
            **{name: partial(self._show_stories, name) for name in ("story.list", "story.digest", "heat")},
            "back": self._back,
            "open": lambda: self.links.open(targets.links().best, nothing="This document has no URL to open."),
            "open.amp": lambda: self.links.open(targets.links().amp_copy, nothing="There is no AMP copy of this."),
            **{f"enclosure.{name}": getattr(self.enclosures, name) for name in ("open", "download")},
            "copy": lambda: self.reader.copy_selection(lambda: self.links.copy(targets.links())),
            "text.save": lambda: self.links.save_page(self.reader.text),
            "views": self.saved_views.toggle,
            "views.save": self.saved_views.ask_save,
            "refresh": self.folder.refresh,
            "feeds.sync": lambda: self.folder.sync_feeds(*self.feeds.selected(self.panes.sidebar_line)),
            "feeds.add": lambda: self.feeds.add(self.panes.sidebar_line),
            "feeds.export": self.feeds.export,
            "rules.add": self.rules.ask,
            "problems": self.folder.show_problems,
            "program": self.programs.run,
        }

    def compose(self) -> ComposeResult:
        """Lay the panes out; the stylesheet arranges them."""
        yield self.top_bar
        yield self.panes
        yield from self.bars()

    def on_mount(self) -> None:
        """Show what the index knows; everything else starts after the first frame."""
        self.panes.focus_list()
        self.watch(self.article, "selected", self._item_selected, init=False)
        if len(self.articles.order):
            self.session.gate.begin_loading("article")
        self.call_after_refresh(self.begin)

    def begin(self) -> None:
        """Compare the folder with the list, and load the selected article."""
        session = self.session
        self.pane_content.show_placeholder()
        if self.pane_content.requested_rowid == -1:
            self.pane_content.select(self.articles.rowid)
        session.first_frame_shown.publish(None)
        self.folder.begin()
        self.grouping.begin()
        session.background.start(self.search.load_history, "queries")
        self.saved_views.begin()
        session.background.start(self.reader.load_width, "reader width")
        session.background.start(self.images.load_setting, "images setting")
        self.config_file.begin()
        self.app.app_resume_signal.subscribe(self, lambda _: self._resume())
        self.app.theme_changed_signal.subscribe(self, lambda _: self.images.request())  # it is transparent
        self.set_interval(session.timings.recount, self.saved_views.count)
        self.set_interval(session.timings.backup_check, self.folder.check_backup)
        if self._notice:
            self.show_message(self._notice, warning=True)

    def _resume(self) -> None:
        """Draw everything again after another program has used the terminal."""
        (self.reader_screen or self).refresh()  # Textual refreshes the top screen alone, which may be a prompt
        self.images.terminal.send_again()

    def on_unmount(self) -> None:
        """End the processes and threads of the controllers."""
        self.folder.close()
        self.fetch.close()
        self.feeds.close()
        self.images.close()
        self.session.close()

    def save_positions(self) -> None:
        """Save the positions in the list, the article and the text before the app exits."""
        self.pane_content.save_position()
        self.reader.save_position()
        self.list_content.save_position()
        self.folder.leave()

    # What keys apply to.

    @on(ArticlePane.MoreToggled)
    def update_keys(self) -> None:
        """Show the keys for the focused widget."""
        bar = self.key_bar
        if (line := self.panes.sidebar_line) is not None:
            bar.context = line.key_context
        elif not len(self.articles.order):
            bar.context = "empty"
        elif not self.article.has_focus:
            fold: KeyContext = _FOLDS.get(self.articles.order.fold_state(self.articles.rowid), "list")
            bar.context = "chosen" if bar.selected_count else fold
        else:
            bar.context = self.article.key_context
        does = {"related.next": self.article.item_count > 0, "back": self.pane_content.can_go_back}
        idle = frozenset(name for name, can in {**does, "undo": self.session.can_undo}.items() if not can)
        bar.idle = idle | (self.panes.sidebar.idle if self.panes.sidebar else set())

    def node_of_scope(self, scope: Scope) -> DOMNode:
        """Return the widget to which the keys of a scope belong."""
        if scope == "panes":
            return self.panes
        sidebar = self.panes.sidebar if self.panes.sidebar_has_focus else None
        return sidebar or (self.article if self.article.has_focus else self.articles)

    def restore_focus(self, widget: Widget | None) -> None:
        """Restore the focus after a prompt or the reader."""
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
    def _article_selected(self) -> None:
        rowid = self.articles.rowid
        self.articles.has_unhandled_selection = False
        self.pane_content.select(rowid)
        self.list_content.selection_changed(rowid)
        if self.articles.order.is_grouped:
            self.update_keys()

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
            self.show_message("")  # the number of results matters more than an earlier message
        self.update_keys()

    @on(ArticleList.Entered)
    def _enter_article(self) -> None:
        self.pane_content.select(self.articles.rowid)  # the pane may show a related item
        if not self.reader.is_open:  # otherwise clicked twice
            self.read(None)

    def action_into(self) -> None:
        """Go from the list into the article; from there, open its text or the selected related item."""
        if self.article.has_focus:
            self.article.action_enter()
        elif not len(self.articles.order):
            self.show_message("There is no article to read here.", transient=True)
        elif self.articles.clear_range() or not self.articles.fold(unfold=True):
            self.pane_content.select(self.articles.rowid)  # the pane may show a related item
            self.panes.focus_article()

    def go_back(self) -> bool:
        """Go from the article or the sidebar to the list."""
        if self.panes.sidebar_has_focus or self.article.has_focus:
            self.panes.focus_list()
        else:
            return False
        return True

    @on(ArticleList.LeaveRequested)
    def _clear_query(self) -> None:
        self.search.clear()

    def _list_shown(self) -> None:
        session = self.session
        self._update_top_bar()
        self.indexing_bar.progress = session.progress
        self.set_class(not len(session.order) and session.query.query is None, "-empty")
        self.call_after_refresh(self._highlight)  # the list first: the user is waiting for it
        self.update_keys()

    def _highlight(self) -> None:
        self.pane_content.highlight(self.session.query)

    def _update_top_bar(self) -> None:
        self.top_bar.query_text = self.session.query.label
        self.top_bar.matches = self.search.found

    # The article.

    def _article_shown(self, content: ArticleContent) -> None:
        self.update_keys()
        self.marks.article_shown(content)
        # After the pane has drawn it.
        self.call_after_refresh(self.images.article_shown, content)

    @on(ArticlePane.BackRequested)
    def _leave_article(self) -> None:
        self.panes.focus_list()

    def _item_selected(self, before: int, now: int) -> None:
        self.update_keys()
        content = self.article.content
        if before < 0 <= now and content is not None and content.rowid is not None:
            self.marks.mark_read(content.rowid)

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
        if self.reader.is_open:
            self.reader.back()
        else:
            self.pane_content.back()
            self.update_keys()

    # The reader.

    @on(ArticlePane.OpenTextRequested)
    def _read_article(self) -> None:
        self.read(None)

    def read(self, mode: FetchMode | None) -> None:
        """Read what is selected; fetch the page as ``mode`` says, or if there is nothing else to read."""
        if self.reader.is_open:
            self.reader.request_page(mode or "fetch")
            return
        source = self.pane_content.readable()
        if source is None:
            self.show_message("There is no article to read here.", transient=True)
        else:
            self._layer.focus_before = self.focused
            self.pane_content.save_position()
            self.reader.open(source, mode)

    def open_next(self, step: int) -> None:
        """Open the next unread article in the reader, or with -1 the previous one."""
        before = self.articles.rowid
        self.session.gate.hold()

        def then() -> None:
            if self.articles.rowid not in {-1, before}:
                self.reader.save_position()
                self.reader.open(self.articles.rowid, None)
            else:
                self.session.gate.release()

        self.list_content.select_unread(step, then)

    @property
    def reader_screen(self) -> ReaderScreen | None:
        """The reader, while it is on the screen."""
        return self._layer.screen

    def _make_reader(self) -> ReaderScreen:
        from reader.tui.screens.reader import ReaderScreen

        return ReaderScreen(
            self.session,
            self.commands,
            reader=self.reader,
            links=self.links,
            images=self.images,
            open_next=self.open_next,
        )

    def _text_shown(self, text: ReaderText) -> None:
        self.images.text_shown(text)
        (self.reader_screen or self).update_keys()

    def _text_closed(self) -> None:
        self._layer.hide()
        self.images.text_closed()
        self.restore_focus(self._layer.focus_before)
        self.update_keys()

    # Queries and the sidebar. By name, so that the sidebar is imported when it is first shown.

    def _run_query(self, text: str, sort: Sort | None) -> bool:
        """Show the results of ``text``, in ``sort`` unless that is None or the query names its own order."""
        is_valid = self.search.run(text)
        if is_valid and sort is not None:
            self.list_content.sort_by(sort)
        return is_valid

    def _show_stories(self, action: str) -> None:
        from reader.tui.controllers.stories.dialogs import StoryDialogsController

        StoryDialogsController(self.session, self._targets.rowid, self._list_query).run(action)

    def _list_query(self, text: str, selected: int = -1) -> bool:
        """List what ``text`` finds, from the top or with an article selected; return whether it is a valid query."""
        self.reader.close()
        self.panes.focus_list()
        self.pane_content.back_stack.append(self.search.way_back())
        return self.search.run(text, ListSnapshot(selected, None) if selected != -1 else None)

    def _show_similar(self) -> None:
        shown = self._targets.rowid() if self.reader.is_open else self.pane_content.requested_rowid
        self.pane_content.toggle_similar(shown, self.reader.close)

    def _query_accepted(self) -> None:
        self.update_keys()
        self.marks.restart_read_timer()

    def _show_sidebar(self, is_visible: bool) -> None:
        self.set_class(is_visible, "-views")
        self.panes.divide()

    def on_sidebar_ready(self) -> None:
        """Fill the sidebar, and follow which of its keys apply."""
        self.watch(self.panes.sidebar, "idle", self.update_keys, init=False)  # type: ignore[arg-type]
        self.saved_views.mounted()

    def on_sidebar_folded(self) -> None:
        """Save which sections are folded."""
        self.saved_views.folded()

    def on_sidebar_command_requested(self, event: Sidebar.CommandRequested) -> None:
        """Run a command for a line of the sidebar."""
        is_feed = event.line.kind == "feed" and event.command in {"rename", "delete", "pause"}
        (self.feeds if is_feed else self.saved_views).run_command(event.command, event.line)

    def on_resize(self, event: events.Resize) -> None:
        """Fit the panes and the images to the size of the screen."""
        self.panes.divide()
        self.saved_views.fit()
        self.call_after_refresh(self.images.fit)
