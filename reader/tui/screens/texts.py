"""Texts on the main screen: the reading view over list and pane, and the keys that are about what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from textual import on

from reader.config.settings import Config
from reader.core.errors import ReaderError
from reader.core.model import Links
from reader.startup import FirstFrame
from reader.tui import messages
from reader.tui.keys import bindings
from reader.tui.originals_desk import MEASURE, OriginalsDesk
from reader.tui.screens.parts import Purpose
from reader.tui.screens.viewing import Viewing
from reader.tui.terminal import graphics
from reader.tui.widgets.article_pane.article_pane import ArticlePane
from reader.tui.widgets.bars.bars import KeyBar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.widget import Widget

    from reader.images.model import RenderedImage
    from reader.tui.terminal.pager import Pager
    from reader.tui.widgets.article_pane.content import ArticleContent
    from reader.tui.widgets.reader.header import ReaderPane
    from reader.tui.widgets.reader.lines import ReaderText, TextNotice
    from reader.tui.widgets.reader.reader_view import ReaderView

How = Literal["fetch", "force", "archive"]
"""How an original is fetched: unless it was within the hour; in any case; or from the archive too."""
_SECONDS_UNTIL_TRIED_AGAIN = 0.3
_ABOUT_THE_LIST = frozenset({"sort", "search", "views", "save_view", "all_read", "back", "unread"})
"""What the keys of the screen do that is not about the text which covers the list."""


class Texts(Viewing):
    """Shows what there is to read of an article: its page, where one is kept, or what there is in its place."""

    def __init__(self, first: FirstFrame, settings: Config) -> None:
        super().__init__(first, settings)
        self.originals = OriginalsDesk(
            first.library, settings.fetch, self._desk.bodies, self._desk.run, self.post_message
        )
        self.text_pane: ReaderPane | None = None
        self.text_of: ArticleContent | int | None = None
        """What is read, or about to be: a document by its row number, or what is none; None when nothing is."""
        self._turn = 0
        """The how manieth text was opened or left last: answers to other questions are not looked at."""
        self._is_coming = False
        """Whether a text is on its way."""
        self._then: How | None = None
        """How its original is to be fetched, once the text is there; None when it is not."""
        self._came_from: Widget | None = None
        """What had the focus before the text."""
        self._outside: Pager | None = None
        self._past_searches: list[str] = []
        """What was searched for in texts, the latest last."""
        self._measure = 0
        """How wide the column was the last time, in cells; 0 while that is not known."""
        self.notices: tuple[TextNotice, ...] = ()
        """What is said below the text, as it is not the original."""

    # What whoever fetches originals wants to know.

    def original_wanted(self, text: ReaderText, how: How, *, opening: bool) -> None:
        """Called when the original of what is shown is to be fetched; ``opening``: the text has just been opened."""

    # What whoever shows pictures wants to know, and tells.

    def text_shown(self, text: ReaderText) -> None:
        """Called when a text is shown, or shown anew."""

    def text_left(self) -> None:
        """Called when no text is shown any more."""

    def pictures_of(self, text: ReaderText) -> Mapping[str, RenderedImage | str]:
        """Return the pictures of a text that are there, by address, or why one is not."""
        return {}

    # The width of the column.

    @on(messages.Begun)
    def _recall_measure(self) -> None:
        self.originals.recall(MEASURE)

    @on(messages.Recalled)
    def _take_measure(self, event: messages.Recalled) -> None:
        if event.name == MEASURE and event.value.isascii() and event.value.isdecimal() and len(event.value) < 5:
            self._measure = int(event.value)
            if self.text_pane is not None:
                self.text_pane.view.measure = self._measure

    # In and out.

    @property
    def is_reading(self) -> bool:
        """Whether a text covers list and pane."""
        return self.text_of is not None

    @property
    def text_view(self) -> ReaderView | None:
        """The reading view, while it shows."""
        return self.text_pane.view if self.text_pane is not None and self.is_reading else None

    @on(ArticlePane.OpenTextRequested)
    def _read_on(self) -> None:
        """Read what there is of the article; the original is fetched where there is nothing else."""
        self._read(None)

    def action_fetch(self) -> None:
        """Read the original of what is selected."""
        if self.articles.defer(self.action_fetch):
            return
        self._read("fetch")

    def action_fetch_again(self) -> None:
        """Ask anew for the original."""
        if self.articles.defer(self.action_fetch_again):
            return
        self._read("force")

    def action_fetch_archive(self) -> None:
        """Look for a capture of the original."""
        if self.articles.defer(self.action_fetch_archive):
            return
        self._read("archive")

    def _read(self, then: How | None) -> None:
        if self.is_reading:
            view = self.text_view
            if view is not None and view.text is not None:
                self.original_wanted(view.text, then or "fetch", opening=False)
            return
        subject = self._selected_subject()
        if subject is None:
            self.say("There is no article to read here.", transient=True)
            self.let_keys_go()
        else:
            self._came_from = self.focused
            self._open_text(subject, then)

    def _open_text(self, subject: ArticleContent | int, then: How | None) -> None:
        """Show the text of something over list and pane."""
        self.keep_position()
        self.text_of, self._then = subject, then
        self._turn += 1
        self._is_coming = True
        self.notices = ()
        self.hold_keys()
        if self.text_pane is None:
            from reader.tui.widgets.reader.header import ReaderPane

            pane = self.text_pane = ReaderPane(self.library.name)
            pane.view.measure = self._measure or pane.view.measure
            pane.view.before_blur = self.hold_keys
            links = next(action for action in bindings.ACTIONS if action.name == "text.links")
            pane.view.keys_of_links = frozenset(key.strip() for key in bindings.keys_of(links, self._keymap).split(","))
            self.mount(pane)
        self.text_pane.view.begin_loading()
        self.text_pane.bar.state = ""
        self.add_class("-text")
        self.call_after_refresh(self._ask_for_text)

    def _selected_subject(self) -> ArticleContent | int | None:
        """Return what is selected: a document of the list, or a related item that is none."""
        item, subject = self.article.item, self.article.subject
        if item is not None and subject is not None and self.article.has_focus:
            if item.rowid is not None:
                return item.rowid
            from reader.tui.widgets.article_pane.content import content_of_item

            return content_of_item(item, subject.title)
        if subject is not None and subject.rowid is None and self._wanted == -1:
            return subject
        return self.articles.rowid if self.articles.rowid != -1 else None

    def _ask_for_text(self) -> None:
        pane = self.text_pane
        if pane is not None and self.text_of is not None:
            pane.view.focus()
            self.originals.text(self.text_of, pane.view.text_width, self._turn)

    def let_keys_go(self) -> None:
        """Have the keys handled that were kept; while a text is on its way they are meant for that one."""
        if not self._is_coming:
            super().let_keys_go()

    @on(messages.TextLoaded)
    def _show_text(self, event: messages.TextLoaded) -> None:
        pane, text = self.text_pane, event.text
        if pane is None or not self.is_reading or event.turn != self._turn:
            return  # one reads something else by now
        before = pane.view.text
        if event.again and before is not None and before.kind == text.kind != "page":
            return  # no page has come
        self._is_coming = False
        self.keep_position()
        if event.again and before is not None and before.kind == text.kind:
            pane.view.fit(text, event.laid)  # a page that has changed: the eye stays where it was
        else:
            # A place in the document's own text is none in its page.
            own = event.again and before is not None and before.kind == "body"
            pane.view.show(text, event.laid, place=None if own else event.place)
        self.notices = ()
        pane.tell()
        self.text_shown(text)
        self._show_keys()
        self.let_keys_go()
        if event.again:
            return
        if text.rowid is not None:
            self.original_opened(text.rowid)
        then, self._then = self._then, None
        if then or text.kind == "excerpt":
            self.original_wanted(text, then or "fetch", opening=True)

    @on(messages.TextFailed)
    def _tell_no_text(self, event: messages.TextFailed) -> None:
        if self.is_reading and event.turn == self._turn:
            self._leave_text()
            self.say(str(event.error), warning=True)

    @on(messages.TextRefitted)
    def _refit_text(self, event: messages.TextRefitted) -> None:
        pane = self.text_pane
        if pane is not None and pane.view.text is event.text:
            pane.view.fit(event.text, event.laid)
            pane.tell()

    @on(ArticlePane.WidthChanged)
    def _fit_text(self, event: ArticlePane.WidthChanged) -> None:
        pane = self.text_pane
        if pane is not None and event.view is pane.view and pane.view.text is not None:
            self.refit_text()

    def load_again(self) -> None:
        """Have the text loaded anew, of which there may be a page now; not while somebody is at its links or lines."""
        view = self.text_view
        if view is None or view.text is None or self.text_of is None:
            return
        if view.is_busy:
            self.set_timer(_SECONDS_UNTIL_TRIED_AGAIN, self.load_again)
        else:
            self.originals.text(self.text_of, view.text_width, self._turn, now=view.text)

    def refit_text(self) -> None:
        """Have the lines of the text made anew: for its width, with what is said below it, with its pictures."""
        view = self.text_pane.view if self.text_pane is not None else None
        if view is not None and view.text is not None:
            self.originals.refit(view.text, view.text_width, self.notices, self.pictures_of(view.text))

    def on_reader_view_left(self) -> None:
        """Go back to where the text was opened."""
        self._leave_text()

    def _leave_text(self) -> None:
        self.keep_position()
        self.text_of, self._then = None, None
        self._turn += 1
        self._is_coming = False
        if self.text_pane is not None:
            self.text_pane.view.forget()
        self.remove_class("-text", "-zen")
        self.text_left()
        came_from = self._came_from
        if came_from is self.article:
            self.panes.focus_article()
        else:
            self.panes.focus_list()
        self._show_keys()

    def keep_position(self) -> None:
        """Keep where in the article and in its text the person is, if they have scrolled there."""
        super().keep_position()
        view = self.text_pane.view if self.text_pane is not None else None
        if view is None or view.text is None or not view.text.id:
            return
        left = view.pop_changed()
        if left is not None and view.text.kind != "excerpt":
            self._desk.left_article(view.text.id, left, "text")

    def on_reader_view_measure_changed(self, event: ReaderView.MeasureChanged) -> None:
        """Keep the width of the column."""
        self._measure = event.cells
        self._desk.remember(MEASURE, str(event.cells))

    def on_reader_view_next_article_requested(self, event: ReaderView.NextArticleRequested) -> None:
        """Go on with the next unread article."""
        before = self.articles.rowid
        self.action_unread(event.step)

        def go() -> None:
            if self.articles.rowid not in {-1, before}:
                self._open_text(self.articles.rowid, None)
            else:
                self.let_keys_go()

        if not self.articles.defer(go):
            go()

    def action_zen(self) -> None:
        """Show nothing but the text, or everything again."""
        self.toggle_class("-zen")
        if self.has_class("-zen"):
            self.say(f"{bindings.first_key('text.zen', self._keymap)} brings the lines back.", transient=True)

    def action_outside(self) -> None:
        """Open the text in the person's pager or editor."""
        view = self.text_view
        if view is None or view.text is None:
            return
        from textual.app import SuspendNotSupported

        from reader.tui.terminal.pager import Pager

        self._outside = self._outside or Pager()
        try:
            with graphics.suspended(self.app):
                name = self._outside.show(view.text)
        except SuspendNotSupported:
            self.say("The terminal cannot be handed over here.", warning=True)
        except ReaderError as error:
            self.say(str(error), warning=True)
        else:
            self.say(f"Back from {name}.")
        self.refresh(layout=True)

    def tidy_outside(self) -> None:
        """Take away the files that were made for the pager. May raise OSError."""
        if self._outside is not None:
            self._outside.tidy()

    # What keys are about, while one reads.

    def _show_keys(self) -> None:
        super()._show_keys()
        if self.is_reading and not self.is_asking:
            bar = self.query_one(KeyBar)
            bar.context = "text"
            is_page = self.text_pane is not None and self.text_pane.view.is_page
            bar.idle = frozenset(["fetch"]) if is_page else frozenset()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a text covers the list, keys are not about the list."""
        if self.is_reading and action in _ABOUT_THE_LIST:
            return False
        return super().check_action(action, parameters)

    def meant(self) -> list[int]:
        """Return the documents that a key is about."""
        if self.text_of is None:
            return super().meant()
        view = self.text_view
        if not isinstance(self.text_of, int):
            return []
        if view is None or view.text is None or not view.text.id:
            return [self.text_of]
        return self._documents_of(view.text.id, self.text_of)

    def _documents_of(self, id_: str, rowid: int) -> list[int]:
        """Return the document of the article that is read: ``rowid``, or another, if that is of another article now."""
        rows = self.articles.cached_rows([rowid])
        try:
            if (rows[0].id == id_) if rows else (self.library.articles.ids([rowid]) == [id_]):
                return [rowid]
            return self.library.articles.rowids(id_)[:1]
        except ReaderError:  # the index cannot be read just now; the list says so
            return []

    def links(self) -> Links:
        """Return the addresses that a key is about."""
        view, row = self.text_view, self.articles.row
        if view is None:
            return super().links()
        if view.text is not None:
            return view.text.links
        return row.links if row is not None and row.rowid == self.text_of else Links()

    def action_copy(self) -> None:
        """Copy what is chosen in the text, or the address."""
        view = self.text_view
        chosen = "" if view is None else view.selected_text
        if view is None or not chosen:
            super().action_copy()
            return
        from reader.core.text import format_count

        self.app.copy_to_clipboard(chosen)
        view.end_line_selection()
        self.say(f"Copied {format_count(len(chosen.split()), 'word')}.")

    # Searching in the text.

    def on_reader_view_search_requested(self) -> None:
        """Ask what to look for; the text follows as it is written."""
        view = self.text_view
        if view is None or self.is_asking:
            return
        before = view.wanted
        if before and before not in self._past_searches:
            self._past_searches.append(before)

        def changed(text: str, at: int) -> None:
            where, of = view.search(text)
            if self.entry is not None:
                self.entry.say(f"{where:,} of {of:,}" if of else "" if not text.strip() else "Not in this text.")

        def left() -> None:
            view.search(before)

        purpose = Purpose(lambda text: None, changed, left, at_once=True)
        self.ask(purpose, "In the text: ", past=self._past_searches, then=view)
