"""The main screen: the list, and the article that is selected in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from textual import events, on
from textual.app import ComposeResult, SuspendNotSupported
from textual.dom import DOMNode
from textual.reactive import reactive
from textual.screen import Screen
from textual.timer import Timer

from reader import opening
from reader.errors import ReaderError
from reader.jobs.progress import Progress
from reader.library.view import Sort, SortKey
from reader.model import Links, Row
from reader.opening import First
from reader.ui import actions, messages
from reader.ui.article_list import ArticleList
from reader.ui.article_view import ArticleView
from reader.ui.bars import KeyBar, LongMessage, TopBar
from reader.ui.desk import KEEPING, ROWS, VIEW, Desk
from reader.ui.list_header import ListHeader
from reader.ui.marks import Marks
from reader.ui.panes import Panes
from reader.ui.progress_line import ProgressLine
from reader.ui.trail import Place, Trail
from reader.urls import host, shorten

if TYPE_CHECKING:
    from reader.ui.page import Line
    from reader.ui.subject import Subject

_SECONDS_UNTIL_READ = 2.0
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


class BrowseScreen(Screen[None]):
    """List and article side by side, stacked, or one at a time, as the terminal allows."""

    BINDINGS = actions.bindings("browse")
    BLANK = True  # as Backing: its parts cover it

    sort: reactive[Sort] = reactive(Sort(), init=False, repaint=False)

    def __init__(self, first: First, keymap: Mapping[str, str], notice: str = "") -> None:
        super().__init__()
        self.library = first.library
        self._first: First | None = first
        self._keymap = keymap
        self._notice = notice
        """What the person should know from the start."""
        self.set_reactive(BrowseScreen.sort, first.view.sort)
        self._desk = Desk(self, first.library, first.keeper)
        self._trail = Trail()
        self._wanted = -1
        """The document that the pane shows or is about to show."""
        self._folder_read = False
        self._stale = False
        """Whether what the pane shows may have changed on disk."""
        self._progress = Progress(finished=True)
        """How far the refresh is that goes on, or the last one was."""
        self._reading: Timer | None = None
        self._marks = Marks()
        self._lost: _Lost | None = None
        self._bound: dict[actions.Focus, frozenset[str]] = {}
        """The keys that do something, by where the focus is."""

    def compose(self) -> ComposeResult:
        """Lay the panes out; the stylesheet arranges them."""
        first, self._first = self._first, None
        assert first is not None
        yield TopBar(self.library.name, first.counts, id="top")
        yield Panes(first, actions.single_keys(self._keymap), id="panes")
        yield ProgressLine(id="progress")
        yield KeyBar(self._keymap, id="keys")
        yield LongMessage(id="message")

    def on_mount(self) -> None:
        """Show what the index knows; everything else begins when that is on the screen."""
        self.panes.focus_list()
        self.watch(self.article, "selected", self._show_keys, init=False)
        if len(self.articles.view):
            self.article.wait()  # whatever is asked of it before its article comes is meant for that one
        self.set_class(not len(self.articles.view), "-empty")
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """Compare the folder with the list, and read the article that is selected in it."""
        self.post_message(messages.Begun())
        self._show_nothing_if_empty()
        if self._wanted == -1:
            self._show_selected(self.articles.rowid)
        self._desk.begin()
        self._desk.remember_folder()
        if self._notice:
            self.say(self._notice, warning=True)

    def on_unmount(self) -> None:
        """End what goes on beside the screen."""
        self._desk.close()

    # The parts.

    @property
    def panes(self) -> Panes:
        """Both panes."""
        return self.query_one(Panes)

    @property
    def articles(self) -> ArticleList:
        """The list of articles."""
        return self.query_one(ArticleList)

    @property
    def article(self) -> ArticleView:
        """The article pane."""
        return self.query_one(ArticleView)

    def on_descendant_focus(self, _: events.DescendantFocus) -> None:
        """Show the keys that matter where the focus is."""
        self._show_keys()

    def _show_keys(self) -> None:
        bar = self.query_one(KeyBar)
        if not len(self.articles.view):
            bar.where = "empty"
        elif not self.article.has_focus:
            bar.where = "list"
        else:
            bar.where = "related" if self.article.selected >= 0 else "article"
        subject = self.article.subject
        related = subject is not None and len(subject.items) > 0
        bar.idle = frozenset(() if related else ("related.next",)) | frozenset(() if len(self._trail) else ("back",))

    def on_key(self, event: events.Key) -> None:
        """Say so of a key that does nothing. Textual sees to those that do something, whoever they are for."""
        bar = self.query_one(KeyBar)
        bound = self._bound.get(bar.where)
        if bound is None:
            bound = self._bound[bar.where] = frozenset(self.active_bindings)
        if event.key not in bound:
            self.say(f"{actions.spoken(event.key)} does nothing here. ? shows every key.", passing=True)

    def move_on(self) -> None:
        """Take what concerned the last key from the last line: another one is pressed."""
        self.query_one(KeyBar).move_on()

    def say(self, text: str, *, warning: bool = False, passing: bool = False) -> None:
        """Tell the person something in the last line; see :meth:`KeyBar.say`."""
        self.query_one(KeyBar).say(text, warning=warning, passing=passing)

    @on(KeyBar.TooLong)
    def _show_long(self, event: KeyBar.TooLong) -> None:
        line = self.query_one(LongMessage)
        if event.sentence:
            line.show(event.sentence, warning=event.warning)
        else:
            line.hide()

    def _reload_view(self, *, sorting: bool = False) -> None:
        # Until the person takes hold of an article, another order begins at its top; and so does a folder that is
        # read for the first time, whose best articles may come last.
        untouched = not (self.articles.touched or self.article.has_focus) and (sorting or not self._folder_read)
        lost = None if self._lost is None else (self._lost.rowid, self._lost.id)
        self._desk.view(self.sort, -1 if untouched else self.articles.rowid, max(self.size.height, 24), lost)

    def on_failure(self, group: str, words: str, *, damaged: bool = False) -> None:
        """Tell of a worker of ``group`` that failed, and take back what was shown in advance.

        An index that turns out to be ``damaged`` is built anew at once.
        """
        self.say(words, warning=True)
        if damaged and group in {VIEW, ROWS}:
            self._desk.renew()
        if group == KEEPING:
            self._marks.forget()
            self._reload_view()  # what the list shows was not kept
        elif group == VIEW:
            self.articles.go_on()
        elif group == ROWS:
            self.articles.forget_asked()

    # What the workers learned.

    @on(messages.ViewLoaded)
    def _show_view(self, event: messages.ViewLoaded) -> None:
        first = not len(self.articles.view)
        self.query_one(TopBar).counts = event.counts
        self.query_one(ProgressLine).progress = self._progress
        if event.view.sort != self.sort:
            return  # the person has chosen another order meanwhile, which is on its way
        header = self.query_one(ListHeader)
        if header.sort != self.sort:
            header.sort = self.sort
            words = _SORT_WORDS[self.sort.by][self.sort.reverse]
            self.say(f"Sorted by {self.sort.by}, {words}; unknown last.")
        self.articles.types = header.types = event.types
        # One may have moved on since it was asked for.
        moved = self.articles.touched and event.keep != self.articles.rowid
        at = event.view.find(self.articles.rowid) if moved else event.at
        back = self._found_again(event)
        lost = self._about_to_lose() if at is None and back is None and (moved or event.keep != -1) else None
        self.articles.show(event.view, self._marks.on(event.rows, event.marks), at=at if back is None else back)
        if lost is not None:
            self._lost = lost._replace(instead=self.articles.rowid)
        self.articles.go_on()
        self.set_class(not len(event.view), "-empty")
        self._show_nothing_if_empty()
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
            self.say("The article is not in the list any more: its file is gone, or cannot be read.", warning=True)
        return _Lost(rowid, "" if row is None else row.id, -1, place)

    def _found_again(self, event: messages.ViewLoaded) -> int | None:
        """Return where an article is that was lost and is there again, if nobody has moved on meanwhile."""
        lost = self._lost
        if lost is None or event.back is None:
            return None
        self._lost = None
        if self.articles.rowid != lost.instead:
            return None
        rowid = event.view.rowids[event.back]
        y, selected = lost.place or (0, -1)
        self._show_document(rowid, y=y, selected=selected)
        if lost.place is not None:
            self.panes.focus_article()
            self.say("The article is back.")
        return event.back

    @on(messages.RowsLoaded)
    def _show_rows(self, event: messages.RowsLoaded) -> None:
        self.articles.supply(self._marks.on(event.rows, event.marks))

    @on(ArticleList.RowsWanted)
    def _fetch_rows(self, event: ArticleList.RowsWanted) -> None:
        self._desk.rows(event.rowids)

    @on(messages.SubjectLoaded)
    def _show_subject(self, event: messages.SubjectLoaded) -> None:
        before = self.article.subject
        if event.again and before is not None and before.rowid == event.subject.rowid:
            if before == event.subject:
                return
            event.y, event.selected = self.article.scroll_offset.y, self.article.selected
        self.article.show(event.subject, event.around, y=event.y, selected=event.selected)
        self._show_keys()
        if event.subject.rowid is not None:
            self._stop_reading()
            self._reading = self.set_timer(_SECONDS_UNTIL_READ, lambda: self._read_if_still(event.subject))

    @on(messages.SubjectFailed)
    def _show_failure(self, event: messages.SubjectFailed) -> None:
        from reader.ui.states import unreadable

        def lines(width: int) -> tuple[Line, ...]:
            return unreadable(event.error, width)

        self._stop_reading()
        self.article.show_message(lines)
        if event.error.damaged:  # the index, not the document
            self._desk.renew()

    @on(messages.SubjectRefitted)
    def _refit(self, event: messages.SubjectRefitted) -> None:
        if event.subject is self.article.subject:
            self.article.refit(event.around)

    @on(messages.Counted)
    def _show_counts(self, event: messages.Counted) -> None:
        self.query_one(TopBar).counts = event.counts
        self._show_nothing_if_empty()

    @on(messages.Refreshed)
    def _show_progress(self, event: messages.Refreshed) -> None:
        progress = self._progress = event.progress
        if progress.finished or not progress.shown:  # otherwise with the view: a frame more would keep keys waiting
            self.query_one(ProgressLine).progress = progress
        self._stale |= progress.shown or self.article.subject is None
        if progress.shown or (progress.finished and not self._folder_read):
            self._reload_view()
        elif progress.finished:
            self._read_again()
        if progress.finished:
            self._folder_read = True

    def _read_again(self) -> None:
        # Once a refresh has come to its end, not with each of its batches: that would take time from keys.
        if self._stale and self.articles.rowid == self._wanted != -1:
            self._desk.document(self._wanted, self.article.text_width, again=True)
        self._stale = False

    @on(messages.Marked)
    def _show_mark(self, event: messages.Marked) -> None:
        self._marks.kept(event.row, event.marks)
        self.articles.update_row(event.row)
        if event.told:
            self.say(event.told)

    @on(messages.Said)
    def _tell(self, event: messages.Said) -> None:
        self.say(event.text, warning=event.warning, passing=event.passing)

    @on(messages.MarksChanged)
    def _show_marks(self) -> None:
        self._reload_view()

    @on(messages.Away)
    def _show_away(self, event: messages.Away) -> None:
        self.query_one(TopBar).away = event.gone

    @on(messages.Opened)
    def _tell_opened(self, event: messages.Opened) -> None:
        outcome = event.outcome
        if outcome.copy:
            self.app.copy_to_clipboard(outcome.copy)
        text, warning = outcome.text, outcome.warning
        if outcome.in_terminal is not None:
            # A text browser takes the terminal over, as the person who named it in $BROWSER wants.
            from reader.ui.addresses import run_in_terminal

            try:
                with self.app.suspend():
                    run_in_terminal(outcome.in_terminal, event.url)
            except (ReaderError, SuspendNotSupported) as error:
                text, warning = str(error), True
            self.refresh(layout=True)
        self.say(text, warning=warning)

    @on(messages.ProblemsLoaded)
    def _show_problems(self, event: messages.ProblemsLoaded) -> None:
        if event.problems:
            from reader.ui.screens.problems import ProblemsScreen

            self.app.push_screen(ProblemsScreen(event.problems))
        else:
            so_far = "" if self._progress.finished else " so far"
            self.say(f"Nothing was wrong with the documents that were read{so_far}.")

    # What the panes ask for.

    @on(ArticleList.Selected)
    def _show_selected_row(self, event: ArticleList.Selected) -> None:
        if event.rowid == self.articles.rowid:
            self._show_selected(event.rowid)
            if self._lost is not None and event.rowid != self._lost.instead:
                self._lost = None

    def _show_selected(self, rowid: int) -> None:
        if rowid == -1:
            self._show_nothing_if_empty()
        elif rowid != self._wanted:
            self._wanted = rowid
            self.article.wait()
            # Once the list has been drawn: reading a document in a thread would hold its lines up.
            self.call_after_refresh(self._ask_for, rowid)

    def _ask_for(self, rowid: int) -> None:
        if rowid == self._wanted:
            self._desk.document(rowid, self.article.text_width)

    def _show_nothing_if_empty(self) -> None:
        if len(self.articles.view):
            return
        from reader.ui.states import empty_folder, reading_folder

        self._wanted = -1
        counts = self.query_one(TopBar).counts

        def lines(width: int) -> tuple[Line, ...]:
            name = self.library.name
            return empty_folder(name, counts, width) if self._folder_read else reading_folder(name, width)

        self.article.show_message(lines)

    @on(ArticleList.Entered)
    def _enter_article(self) -> None:
        if self.articles.rowid == -1:
            self.say("There is no article to read here.", passing=True)
            return
        self._lost = None
        if self.panes.has_class("-reading"):  # pressed again before the focus had moved
            self.article.action_enter()
            return
        self._show_selected(self.articles.rowid)  # the pane may show a related item
        self.panes.focus_article()
        row = self.articles.row
        if row is not None and not row.read:
            self._mark(row, read=True)

    @on(ArticleList.Left)
    def _stay(self) -> None:
        self.say("This is the list. q leaves newsreader, ? shows every key.", passing=True)

    @on(ArticleView.Left)
    def _leave_article(self) -> None:
        self.panes.focus_list()

    @on(ArticleView.NothingRelated)
    def _nothing_related(self) -> None:
        self.say("No related items here. o opens the original in the browser.", passing=True)

    @on(ArticleView.EndReached)
    @on(ArticleList.EndReached)
    def _say_end(self, event: ArticleView.EndReached) -> None:
        self.say(event.words, passing=True)

    @on(ArticleView.WidthChanged)
    def _fit_article(self) -> None:
        if self.article.subject is not None:
            self._desk.refit(self.article.subject, self.article.text_width)

    @on(ArticleView.LinkClicked)
    def _follow_link(self, event: ArticleView.LinkClicked) -> None:
        self._open(event.href, "")

    @on(ArticleView.ItemOpened)
    def _follow_item(self, event: ArticleView.ItemOpened) -> None:
        subject = self.article.subject
        if subject is None or subject.rowid is None:
            return  # only documents have related items
        top, y = self.articles.scroll_offset.y, self.article.scroll_offset.y
        self._trail.push(Place(subject.rowid, top, y, self.article.selected))
        self._show_keys()
        if event.item.rowid is None:
            self._wanted = -1
            self.article.wait()
            self._desk.item(event.item, subject.title, self.article.text_width)
        else:
            self._go_to(event.item.rowid)
        self.say("Backspace goes back.")

    def _go_to(self, rowid: int, *, top: int | None = None, y: int = 0, selected: int = -1) -> None:
        """Show a document, selected in the list too."""
        self._wanted = rowid  # so that selecting it does not ask for it as well
        at = self.articles.view.find(rowid)
        if at is not None:
            self.articles.select(at, top=top)
        self._show_document(rowid, y=y, selected=selected)

    def _show_document(self, rowid: int, *, y: int, selected: int) -> None:
        self._wanted = rowid
        self.article.wait()
        self._desk.document(rowid, self.article.text_width, y=y, selected=selected)

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.stop()
            self._reading = None

    def _read_if_still(self, subject: Subject) -> None:
        """Mark an article read that has been in the pane all the while."""
        row = self.articles.row
        reading = self.articles.touched or self.article.has_focus  # not just looking at the list
        shown = reading and self.article.subject is subject and self.article.is_on_screen
        if shown and row is not None and row.rowid == subject.rowid and not row.read:
            self._mark(row, read=True)

    # Keys.

    def action_sort(self, by: SortKey) -> None:
        """Sort by ``by``, or the other way round when that is how it is sorted."""
        self.sort = self.sort.flipped() if self.sort.by == by else Sort(by)

    def watch_sort(self, sort: Sort) -> None:
        """Ask for the new order. Header and message change with the list, in one frame."""
        self.articles.wait()
        self._reload_view(sorting=True)
        self._desk.remember(opening.SORT, f"{sort.by} {'up' if sort.reverse else 'down'}")

    @on(ListHeader.SortChosen)
    def _sort_by_mouse(self, event: ListHeader.SortChosen) -> None:
        self.action_sort(event.by)

    @on(KeyBar.Chosen)
    async def _act_by_mouse(self, event: KeyBar.Chosen) -> None:
        """Do what the key would do, where the key would do it."""
        focused = self.article if self.article.has_focus else self.articles
        places: dict[actions.Scope, DOMNode] = {"app": self.app, "browse": self, "panes": self.panes}
        await self.app.run_action(event.action.method, default_namespace=places.get(event.action.scopes[0], focused))

    def action_back(self) -> None:
        """Return to where a related item was followed from."""
        place = self._trail.pop()
        if place is None:
            self.say("There is nowhere to go back to yet.", passing=True)
            return
        self._show_keys()
        self.panes.focus_article()
        self._go_to(place.rowid, top=place.top, y=place.y, selected=place.selected)

    def action_open(self) -> None:
        """Open the original of what is selected in the browser."""
        self._open(self._links().best, "This document names no address to open.")

    def _open(self, url: str, otherwise: str) -> None:
        if url:
            self.say(f"Opening {host(url) or 'the link'} …")
            self._desk.open(url)
        else:
            self.say(otherwise if self.articles.rowid != -1 else "There is no article to open here.", passing=True)

    def action_open_amp(self) -> None:
        """Open the AMP copy of what is selected in the browser."""
        self._open(self._links().amp_copy, "There is no AMP copy of this. o opens the original.")

    def action_copy(self) -> None:
        """Copy the address of what is selected."""
        url = self._links().best
        if url:
            self.app.copy_to_clipboard(url)
            self.say(f"Copied {shorten(url, max(20, self.size.width - 9))}")
        elif self.articles.rowid == -1:
            self.say("There is no article here whose address could be copied.", passing=True)
        else:
            self.say("This document names no address to copy.", passing=True)

    def _links(self) -> Links:
        subject, row = self.article.subject, self.articles.row
        if row is not None and row.rowid == self._wanted and (subject is None or subject.rowid != row.rowid):
            return row.links  # the pane has not come so far yet, or cannot show it
        if self.article.item is not None:
            return self.article.item.links
        return subject.links if subject is not None else Links()

    def action_toggle_read(self) -> None:
        """Mark the selected article read, or unread again."""
        row = self.articles.row
        if row is None:
            self.say("There is no article to mark here.", passing=True)
        else:
            self._stop_reading()  # whoever marks an article by hand wants it so
            self._mark(row, read=not row.read, told="Marked unread." if row.read else "Marked read.")

    def _mark(self, row: Row, *, read: bool, told: str = "") -> None:
        # Shown at once; should writing fail, the list is read anew.
        self.articles.update_row(self._marks.make(row, read=read))
        self._desk.mark_read(row, read=read, told=told)

    def action_refresh_folder(self) -> None:
        """Compare the folder with the list again."""
        self.say(f"Looking for changes in {self.library.name} …")
        self._desk.refresh()

    def action_problems(self) -> None:
        """Show what is wrong with the documents."""
        self._desk.problems()
