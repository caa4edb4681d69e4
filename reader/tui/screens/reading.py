"""The article pane of the main screen: what it shows, the way through related items and back, and its links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events, on
from textual.app import SuspendNotSupported

from reader.config.settings import Config
from reader.core.errors import ReaderError
from reader.core.model import Links
from reader.core.urls import display_host, shorten_url
from reader.startup import FirstFrame
from reader.tui import messages
from reader.tui.screens.parts import Parts
from reader.tui.terminal import graphics
from reader.tui.widgets.article_list.article_list import ArticleList
from reader.tui.widgets.article_pane.article_pane import ArticlePane
from reader.tui.widgets.article_pane.history import BackEntry, BackStack
from reader.tui.widgets.bars.bars import KeyBar, TopBar

if TYPE_CHECKING:
    from reader.images.model import RenderedImage
    from reader.tui.widgets.article_pane.content import ArticleContent
    from reader.tui.widgets.text.lines import Line


class Reading(Parts):
    """Shows the selected article, or the related item that was followed from it."""

    def __init__(self, first: FirstFrame, settings: Config) -> None:
        super().__init__(first, settings)
        self._trail = BackStack()
        self._wanted = -1
        """The document that the pane shows or is about to show."""
        self._stale = False
        """Whether what the pane shows may have changed on disk."""

    # What whoever marks articles wants to know.

    def subject_shown(self, subject: ArticleContent) -> None:
        """Called when the pane shows another document, or a document anew."""

    def subject_failed(self) -> None:
        """Called when the pane cannot show a document."""

    def article_entered(self) -> None:
        """Called when the person has gone into the selected article."""

    def article_left(self) -> None:
        """Called when the person goes back to the list."""

    def original_opened(self, rowid: int) -> None:
        """Called when the original of a document was opened in the browser."""

    def nothing_selected(self) -> None:
        """Called when there is no article to show."""

    # What whoever shows pictures tells.

    def lead_kept(self) -> tuple[str, RenderedImage] | None:
        """Return the picture in the pane, with its address; None when there is none."""
        return None

    def lead_of(self, subject: ArticleContent) -> RenderedImage | None:
        """Return the picture of what the pane shows, if it is there."""
        return None

    # What the pane shows.

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show the keys that matter where the focus is, and let those go that were meant for it."""
        if self.is_asking:
            self.refocus(event.widget)
        self._show_keys()
        self.let_keys_go()

    def _show_keys(self) -> None:
        bar = self.query_one(KeyBar)
        if self.is_asking:
            bar.context = "entry"
        elif self.panes.sidebar_has_focus:
            bar.context = "views"
        elif not len(self.articles.view):
            bar.context = "empty"
        elif not self.article.has_focus:
            bar.context = "chosen" if bar.selected_count else "list"
        else:
            bar.context = "related" if self.article.selected >= 0 else "article"
        subject = self.article.subject
        related = subject is not None and len(subject.items) > 0
        bar.idle = frozenset(() if related else ("related.next",)) | frozenset(() if len(self._trail) else ("back",))

    def _show_selected(self, rowid: int) -> None:
        if rowid == -1:
            self.nothing_selected()
        elif rowid != self._wanted:
            self.keep_position()
            self._wanted = rowid
            self.article.begin_loading()
            # Once the list has been drawn: reading a document in a thread would hold its lines up.
            self.call_after_refresh(self._ask_for, rowid)

    def _ask_for(self, rowid: int) -> None:
        if rowid == self._wanted:
            self._desk.document(rowid, self.article.text_width)

    def _go_to(self, rowid: int, *, top: int | None = None, y: int | None = None, selected: int = -1) -> None:
        """Show a document, selected in the list too; from line ``y``, or where it was left."""
        self.keep_position()
        self._wanted = rowid  # so that selecting it does not ask for it as well
        at = self.articles.view.index_of(rowid)
        if at is not None:
            self.articles.select(at, top=top)
        self._show_document(rowid, y=y, selected=selected)

    def _show_document(self, rowid: int, *, y: int | None, selected: int) -> None:
        self.keep_position()
        self._wanted = rowid
        self._stale = False
        self.article.begin_loading()
        self._desk.document(rowid, self.article.text_width, y=y, selected=selected)

    @on(ArticlePane.Rested)
    def keep_position(self) -> None:
        """Keep where in the article the person is, if they have scrolled it."""
        left = self.article.pop_position()
        if left is not None:
            self._desk.left_article(*left)

    def _read_again(self) -> None:
        # Once a refresh has come to its end, not with each of its batches: that would take time from keys.
        if self._stale and self.articles.rowid == self._wanted != -1:
            self._desk.document(self._wanted, self.article.text_width, again=True, lead=self.lead_kept())
        self._stale = False

    @on(messages.SubjectLoaded)
    def _show_subject(self, event: messages.SubjectLoaded) -> None:
        before = self.article.subject
        if event.again and before is not None and before.rowid == event.subject.rowid:
            if before == event.subject:
                return
            event.y, event.selected, event.place = self.article.scroll_offset.y, self.article.selected, None
        self.keep_position()
        self.article.show(event.subject, event.around, y=event.y, selected=event.selected, place=event.place)
        self._show_keys()
        if event.subject.rowid is not None:
            self.subject_shown(event.subject)

    @on(messages.SubjectFailed)
    def _show_failure(self, event: messages.SubjectFailed) -> None:
        from reader.tui.widgets.article_pane.placeholders import unreadable

        def lines(width: int) -> tuple[Line, ...]:
            return unreadable(event.error, width, away=self.is_away)

        self.subject_failed()
        self.keep_position()
        self.article.show_message(lines)
        if event.error.damaged:  # the index, not the document
            self._desk.renew()

    @on(messages.SubjectRefitted)
    def _refit(self, event: messages.SubjectRefitted) -> None:
        if event.subject is self.article.subject:
            self.article.refit(event.around)

    @on(ArticlePane.WidthChanged)
    def _fit_article(self, event: ArticlePane.WidthChanged) -> None:
        if event.view is self.article and self.article.subject is not None:
            subject = self.article.subject
            self._desk.refit(subject, self.article.text_width, self.lead_of(subject))

    @property
    def is_away(self) -> bool:
        """Whether the folder cannot be read now."""
        return self.query_one(TopBar).away

    # In and out.

    @on(ArticleList.Entered)
    def _enter_article(self) -> None:
        if self.articles.rowid == -1:
            self.say("There is no article to read here.", transient=True)
            self.let_keys_go()
            return
        if self.panes.has_class("-reading"):  # pressed again before the focus had moved
            self.article.action_enter()
            self.let_keys_go()
            return
        self._show_selected(self.articles.rowid)  # the pane may show a related item
        self.panes.focus_article()
        self.article_entered()

    @on(ArticlePane.Left)
    def _leave_article(self) -> None:
        self.article_left()
        self.panes.focus_list()

    @on(ArticlePane.EndReached)
    @on(ArticleList.EndReached)
    def _say_end(self, event: ArticlePane.EndReached) -> None:
        self.say(event.words, transient=True)

    # Related items.

    @on(ArticlePane.RelatedItemOpened)
    def _follow_item(self, event: ArticlePane.RelatedItemOpened) -> None:
        subject = self.article.subject
        if subject is None or subject.rowid is None:
            return  # only documents have related items
        top, y = self.articles.scroll_offset.y, self.article.scroll_offset.y
        self._trail.push(BackEntry(subject.rowid, top, y, self.article.selected))
        self._show_keys()
        if event.item.rowid is None:
            self.keep_position()
            self._wanted = -1
            self.article.begin_loading()
            self._desk.item(event.item, subject.title, self.article.text_width)
        else:
            self._go_to(event.item.rowid)
        self.say("Backspace goes back.")

    def action_back(self) -> None:
        """Return to where a related item was followed from."""
        place = self._trail.pop()
        if place is None:
            self.say("There is nowhere to go back to yet.", transient=True)
            return
        self._show_keys()
        self.panes.focus_article()
        self._go_to(place.rowid, top=place.top, y=place.y, selected=place.selected)

    # Links.

    @on(ArticlePane.LinkClicked)
    def _follow_link(self, event: ArticlePane.LinkClicked) -> None:
        self._open(event.href, "")

    def action_open(self) -> None:
        """Open the original of what is selected in the browser."""
        if self.articles.defer(self.action_open):
            return
        self._open(self.links().best, "This document names no address to open.")

    def action_open_amp(self) -> None:
        """Open the AMP copy of what is selected in the browser."""
        if self.articles.defer(self.action_open_amp):
            return
        self._open(self.links().amp_copy, "There is no AMP copy of this. o opens the original.")

    def _open(self, url: str, otherwise: str) -> None:
        if url:
            self.say(f"Opening {display_host(url) or 'the link'} …")
            own = self.articles.row is not None and url in self.articles.row.links.every()
            self._desk.open(url, self.articles.rowid if own else -1)
        else:
            self.say(otherwise if self.articles.rowid != -1 else "There is no article to open here.", transient=True)

    @on(messages.Opened)
    def _tell_opened(self, event: messages.Opened) -> None:
        outcome = event.outcome
        if outcome.copy:
            self.app.copy_to_clipboard(outcome.copy)
        text, warning = outcome.text, outcome.warning
        if outcome.in_terminal is not None:
            # A text browser takes the terminal over, as the person who named it in $BROWSER wants.
            from reader.tui.addresses import run_in_terminal

            try:
                with graphics.suspended(self.app):
                    run_in_terminal(outcome.in_terminal, event.url)
            except (ReaderError, SuspendNotSupported) as error:
                text, warning = str(error), True
            self.refresh(layout=True)
        self.say(text, warning=warning)
        if event.rowid != -1 and not (warning or outcome.copy):
            self.original_opened(event.rowid)

    def action_copy(self) -> None:
        """Copy the address of what is selected."""
        if self.articles.defer(self.action_copy):
            return
        url = self.links().best
        if url:
            self.app.copy_to_clipboard(url)
            self.say(f"Copied {shorten_url(url, max(20, self.size.width - 9))}")
        elif self.articles.rowid == -1:
            self.say("There is no article here whose address could be copied.", transient=True)
        else:
            self.say("This document names no address to copy.", transient=True)

    def links(self) -> Links:
        """Return the addresses that a key is about."""
        subject, row = self.article.subject, self.articles.row
        if row is not None and (subject is None or (row.rowid == self._wanted and subject.rowid != row.rowid)):
            return row.links  # the pane has not come so far yet, or cannot show it
        if self.article.item is not None:
            return self.article.item.links
        return subject.links if subject is not None else Links()
