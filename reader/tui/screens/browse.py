"""The main screen: the list, and the article that is selected in it.

What it does is told in twelve classes, each standing on the one before: the widgets
(:mod:`parts`), the article pane (:mod:`reading`), marks (:mod:`marking`), queries
(:mod:`searching`), places (:mod:`placing`), views (:mod:`viewing`), texts (:mod:`texts`), originals
(:mod:`originals`), pictures (:mod:`picture_switch`, :mod:`picturing`), the fetching of many (:mod:`gathering`), and
here the list and how far the folder is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.dom import DOMNode
from textual.reactive import reactive

from reader import startup
from reader.config.settings import Config
from reader.core.errors import ReaderError
from reader.core.events import Progress
from reader.core.ordering import Sort, SortKey
from reader.startup import FirstFrame
from reader.tui import messages
from reader.tui.desk import KEEPING, ROWS, UNREAD, VIEW
from reader.tui.keys import bindings
from reader.tui.screens.gathering import Gathering
from reader.tui.screens.searching import Back
from reader.tui.widgets.article_list.article_list import ArticleList
from reader.tui.widgets.article_list.header import ListHeader
from reader.tui.widgets.bars.bars import KeyBar, LongMessage, TopBar
from reader.tui.widgets.bars.progress import BulkFetchBar, IndexingBar
from reader.tui.widgets.panes import Panes

if TYPE_CHECKING:
    from reader.tui.widgets.text.lines import Line

_SECONDS_UNTIL_ASKED_AGAIN = 1.0
"""For rows that could not be read; they are on the screen, and wanted as long as that is so."""
_SECONDS_BETWEEN_BACKUPS = 3600.0
"""At which it is looked whether the marks are to be backed up, which is once a day."""
_SORT_WORDS = {
    "quality": ("best first", "worst first"),
    "heat": ("hottest first", "coolest first"),
    "date": ("newest first", "oldest first"),
}


class _Lost(NamedTuple):
    """An article that was selected and is not there any more; files that are written anew vanish for a moment."""

    rowid: int
    id: str
    """Empty when it is not known."""
    instead: int
    """What is selected in its place, or -1; once that changes, nobody wants to go back."""
    place: tuple[int, int] | None
    """Where somebody was reading it: the topmost line, and the related item that was selected."""


class BrowseScreen(Gathering):
    """List and article side by side, stacked, or one at a time, as the terminal allows."""

    BINDINGS = bindings.bindings("browse")
    BLANK = True  # as Backing: its parts cover it

    sort: reactive[Sort] = reactive(Sort(), init=False, repaint=False)

    def __init__(self, first: FirstFrame, settings: Config, notice: str = "") -> None:
        super().__init__(first, settings)
        self._first: FirstFrame | None = first
        self._notice = notice
        """What the person should know from the start."""
        self.set_reactive(BrowseScreen.sort, first.order.sort)
        self._folder_read = False
        self._progress = Progress(finished=True)
        """How far the refresh is that goes on, or the last one was."""
        self._lost: _Lost | None = None
        self._sorted = first.order.sort
        """The order that was told last."""
        self._searching = False
        """Whether the list that is on its way is the answer to another query."""
        self._back_to: Back | None = None
        """What is to be in it as it was, if it was there before."""
        self._to_hold = False
        """Whether marks were made since the list was asked for last: what falls out by them is to stay."""

    def compose(self) -> ComposeResult:
        """Lay the panes out; the stylesheet arranges them."""
        first, self._first = self._first, None
        assert first is not None
        yield TopBar(self.library.name, first.counts, id="top")
        yield Panes(first, bindings.single_keys(self._keymap), self, side=self.side_pane(), id="panes")
        yield IndexingBar(id="progress")
        yield BulkFetchBar(id="gathering")
        yield KeyBar(self._keymap, id="keys")
        yield LongMessage(id="message")

    def on_mount(self) -> None:
        """Show what the index knows; everything else begins when that is on the screen."""
        self.panes.focus_list()
        self.watch(self.article, "selected", self._show_keys, init=False)
        if len(self.articles.view):
            self.article.begin_loading()  # whatever is asked of it before its article comes is meant for that one
        self.set_class(not len(self.articles.view), "-empty")
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """Compare the folder with the list, and read the article that is selected in it."""
        self.post_message(messages.Begun())
        self.nothing_selected()
        if self._wanted == -1:
            self._show_selected(self.articles.rowid)
        self._desk.begin()
        self._desk.remember_folder()
        if self._notice:
            self.say(self._notice, warning=True)

    def on_unmount(self) -> None:
        """End what goes on beside the screen."""
        self._desk.close()
        self.originals.close()

    def list_again(self, back: Back | None = None) -> None:
        """Have the list show what another query finds, as it was when that is told."""
        self._searching, self._back_to = True, back
        self._lost = None  # it is not looked for in what somebody asked for since
        self._to_hold = False
        self.articles.user_selected = False
        self.articles.clear_range()
        self.articles.begin_loading()
        self._reload_view()

    def _reload_view(self, *, sorting: bool = False, marked: bool = False) -> None:
        # Until the person takes hold of an article, another order begins at its top; and so does a folder that is
        # read for the first time, whose best articles may come last.
        untouched = not self._is_held and (sorting or not (self._folder_read or self.is_placed))
        lost = None if self._lost is None else (self._lost.rowid, self._lost.id)
        back = self._back_to if self._searching else None
        keep = back.rowid if back is not None else -1 if untouched else self.articles.rowid
        self._to_hold |= marked and not self._searching
        if self._searching:
            held: Sequence[int] = () if back is None else [*back.fallen]
        else:
            held = self._held_articles(marked=self._to_hold)
        placed = self._searching or (untouched and not sorting)
        self._desk.view(
            self.sort,
            keep,
            max(self.size.height, 24),
            lost=lost,
            query=self.asked.query,
            held=held,
            placed=placed,
        )

    def list_changed(self) -> None:
        """Have the list show what the query finds now."""
        self._reload_view()

    @property
    def _is_held(self) -> bool:
        """Whether the person has taken hold of the selected article."""
        return self.articles.user_selected or self.article.has_focus

    def _held_articles(self, *, marked: bool) -> Sequence[int]:
        """Return the articles that stay in the list although they may not match any more.

        What falls out by a mark stays until one moves on.
        """
        if marked and self.asked.query is not None:
            from reader.query.completion import depends_on_marks

            if depends_on_marks(self.asked.query.where):
                return self.articles.view.rowids
        return [*self.articles.fallen]

    @on(messages.Failed)
    def _tell_failure(self, event: messages.Failed) -> None:
        """Tell of what could not be done, and take back what was shown in advance. A damaged index is built anew."""
        from reader.tui.widgets.article_pane.placeholders import error_text

        group, error = event.group, event.error
        self.say(error_text(error), warning=True)
        if isinstance(error, ReaderError) and error.damaged and group in {VIEW, ROWS}:
            self._desk.renew()
        if group == KEEPING:
            self.change_done()
            self._marks.forget()
            self._reload_view()  # what the list shows was not kept
        elif group == VIEW:
            self._searching, self._back_to = False, None
            self.search_failed(error_text(error))
            self.articles.end_loading()
        elif group == UNREAD:
            self.articles.end_loading()
        elif group == ROWS:
            self.set_timer(_SECONDS_UNTIL_ASKED_AGAIN, self.articles.request_missing_rows)

    def remember(self, name: str, value: str) -> None:
        """Keep a small fact between runs."""
        self._desk.remember(name, value)

    @on(messages.ViewLoaded)
    def _show_view(self, event: messages.ViewLoaded) -> None:
        first = not len(self.articles.view)
        self.query_one(TopBar).counts = event.counts
        self.query_one(IndexingBar).progress = self._progress
        if event.sort != self.sort or event.query != self.asked.query:
            return  # the person has chosen another order or query meanwhile, which is on its way
        header = self.query_one(ListHeader)
        by_words = bool(self._terms or self._texts)
        ranked = event.query is not None and event.query.sort == "relevance" and by_words
        header.sort = None if ranked else event.view.sort
        if self._sorted != self.sort:
            self._sorted = self.sort
            words = _SORT_WORDS[self.sort.by][self.sort.reverse]
            self.say(f"Sorted by {self.sort.by}, {words}; unknown last.")
        self.articles.types = header.types = event.types
        # One may have moved on since it was asked for.
        moved = self.articles.user_selected and event.keep != self.articles.rowid
        at = event.view.index_of(self.articles.rowid) if moved else event.at
        back = self._found_again(event)
        lost = None
        top = None
        if self._searching:
            # What is found is looked at from its top, or where it was left; what was there before, where it was.
            left, line = event.place or (0, 0)
            at, top = left, max(0, left - line)
            if self._back_to is not None:
                at, top = event.view.index_of(self._back_to.rowid), self._back_to.top
        elif event.place is not None and not self._is_held:
            at, top = event.place[0], max(0, event.place[0] - event.place[1])
        elif event.keep == -1 and not moved:
            at = 0
        elif at is None and back is None and (moved or event.keep != -1):
            lost = self._about_to_lose()
        before = self.articles.rowid
        place = at if back is None else back
        rows = self._marks.on(event.rows, event.marks)
        if self._searching or event.name != self.view_name:
            self.keep_place()
        self.articles.show(event.view, rows, at=place, top=top, terms=self._terms, fallen=event.fallen)
        self.view_placed(event, searched=self._searching)
        if self._searching and self._back_to is not None:
            self.articles.extend_from(self._back_to.anchor_rowid)
        self._searching, self._back_to, self._to_hold = False, None, False
        self.view_shown()
        if self._lost is not None and self._lost.instead == before:
            self._lost = self._lost._replace(instead=self.articles.rowid)  # nobody has moved: it is looked for on
        elif lost is not None:
            self._lost = lost._replace(instead=self.articles.rowid)
        self.articles.end_loading()
        self.set_class(not len(event.view) and event.query is None, "-empty")
        self.nothing_selected()
        self._show_keys()
        if first and len(event.view):
            self._show_selected(self.articles.rowid)
            self._stale = False
        elif self._progress.finished:
            self._read_again()

    def _about_to_lose(self) -> _Lost | None:
        """Return the selected article, which is not in the list any more; whoever was reading it is told."""
        rowid, row = self.articles.rowid, self.articles.row
        if rowid == -1:
            return None
        place = None
        if self.article.has_focus:
            # What comes in its place is not what they chose.
            place = (self.article.scroll_offset.y, self.article.selected)
            self.panes.focus_list()
        if place is not None or self.articles.user_selected:
            why = "" if self.asked.query is None else "it does not match any more, or "
            gone = f"The article is not in the list any more: {why}its file is gone, or cannot be read."
            self.say(gone, warning=True)
        return _Lost(rowid, "" if row is None else row.id, -1, place)

    def _found_again(self, event: messages.ViewLoaded) -> int | None:
        """Return where an article is that was lost and is there again, if nobody has moved on meanwhile."""
        lost = self._lost
        if lost is None or event.back is None:
            return None
        self._lost = None
        if self.articles.rowid != lost.instead or self.article.has_focus:
            return None
        rowid = event.view.rowids[event.back]
        y, selected = lost.place or (None, -1)
        self._show_document(rowid, y=y, selected=selected)
        if lost.place is not None:
            self.panes.focus_article()
            self.say("The article is back.")
        return event.back

    @on(messages.RowsLoaded)
    def _show_rows(self, event: messages.RowsLoaded) -> None:
        self.articles.add_rows(self._marks.on(event.rows, event.marks))

    @on(ArticleList.RowsRequested)
    def _fetch_rows(self, event: ArticleList.RowsRequested) -> None:
        self._desk.rows(event.rowids)

    def marks_shown(self) -> None:
        """Look which articles do not match any more, now that marks are on disk."""
        if self._held_articles(marked=True):
            self._reload_view(marked=True)

    @on(messages.Counted)
    def _show_counts(self, event: messages.Counted) -> None:
        self.query_one(TopBar).counts = event.counts
        self.nothing_selected()

    @on(messages.ListsChanged)
    def _show_change(self) -> None:
        self._stale = True
        self._reload_view()

    @on(messages.Refreshed)
    def _show_progress(self, event: messages.Refreshed) -> None:
        progress = self._progress = event.progress
        if progress.finished or not progress.shown:  # otherwise with the view: a frame more would keep keys waiting
            self.query_one(IndexingBar).progress = progress
        self._stale |= progress.shown or self.article.subject is None
        if progress.shown or (progress.finished and not self._folder_read):
            self._reload_view()
        elif progress.finished:
            self._read_again()
        if progress.finished and not self._folder_read:
            self._folder_read = True
            # Now that nothing more pressing is to be done.
            self._desk.back_up()
            self.set_interval(_SECONDS_BETWEEN_BACKUPS, self._desk.back_up)

    @on(messages.MarksChanged)
    def _show_marks(self, event: messages.MarksChanged) -> None:
        self._stale = True  # the pane shows tags
        self.change_done()
        self._reload_view(marked=True)
        if event.told:
            self.say(event.told)

    @on(messages.Away)
    def _show_away(self, event: messages.Away) -> None:
        bar = self.query_one(TopBar)
        if bar.away and not event.gone:
            self.say(f"{self.library.name} is back.")
            self._stale = True
        bar.away = event.gone
        if self.article.subject is None:
            self._stale = True
            self._read_again()  # to say why, or to show what can be read again

    @on(messages.ProblemsLoaded)
    def _show_problems(self, event: messages.ProblemsLoaded) -> None:
        if event.problems:
            from reader.tui.screens.problems import ProblemsScreen

            self.app.push_screen(ProblemsScreen(event.problems))
        else:
            so_far = "" if self._progress.finished else " so far"
            self.say(f"Nothing was wrong with the documents that were read{so_far}.")

    @on(ArticleList.Selected)
    def _show_selected_row(self, event: ArticleList.Selected) -> None:
        if event.rowid == self.articles.rowid:
            self._show_selected(event.rowid)
            if self._lost is not None and event.rowid != self._lost.instead:
                self._lost = None

    def nothing_selected(self) -> None:
        """Say in the pane why there is no article, if there is none."""
        if len(self.articles.view):
            return
        from reader.tui.widgets.article_pane.placeholders import empty_folder, nothing_found, reading_folder

        self._wanted = -1
        counts = self.query_one(TopBar).counts
        asked = self.asked

        def lines(width: int) -> tuple[Line, ...]:
            name = self.library.name
            if asked.query is not None:
                return nothing_found(asked.shown, width)
            return empty_folder(name, counts, width) if self._folder_read else reading_folder(name, width)

        self.article.show_message(lines)

    def action_sort(self, by: SortKey) -> None:
        """Sort by ``by``, or the other way round when that is how it is sorted."""
        shown = self.query_one(ListHeader).sort  # the query may have named it
        self.drop_own_sort()
        self.sort_by(shown.reversed() if shown is not None and shown.by == by else Sort(by))

    def sort_by(self, sort: Sort) -> None:
        """Have another order, should it be another."""
        self.sort = sort

    def watch_sort(self, sort: Sort) -> None:
        """Ask for the new order. Header and message change with the list, in one frame."""
        self.articles.begin_loading()
        self._reload_view(sorting=True)
        self._desk.remember(startup.SORT, str(sort))

    @on(ListHeader.SortChosen)
    def _sort_by_mouse(self, event: ListHeader.SortChosen) -> None:
        self.action_sort(event.by)

    @on(KeyBar.ActionClicked)
    async def _act_by_mouse(self, event: KeyBar.ActionClicked) -> None:
        """Do what the key would do, where the key would do it."""
        views = self.panes.views if self.panes.sidebar_has_focus else None
        focused = views or self.text_view or (self.article if self.article.has_focus else self.articles)
        places: dict[bindings.Scope, DOMNode] = {"app": self.app, "browse": self, "panes": self.panes}
        await self.app.run_action(event.action.method, default_namespace=places.get(event.action.scopes[0], focused))

    def action_refresh_folder(self) -> None:
        """Compare the folder with the list again."""
        reading = "is being read already; what has changed is told at the end."
        looking = f"Looking for changes in {self.library.name} …"
        self.say(looking if self._progress.finished else f"{self.library.name} {reading}")
        self._desk.refresh()

    def action_problems(self) -> None:
        """Show what is wrong with the documents."""
        self._desk.problems()
