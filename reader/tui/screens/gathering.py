"""The fetching of many originals from the main screen: begun, paused and stopped by keys, told in a line of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from reader.config.settings import Config
from reader.core.text import format_count
from reader.startup import FirstFrame
from reader.tui import messages
from reader.tui.keys import bindings
from reader.tui.screens.picturing import Picturing
from reader.tui.widgets.bars.bars import KeyBar
from reader.tui.widgets.bars.progress import BulkFetchBar

if TYPE_CHECKING:
    from textual.timer import Timer

    from reader.core.events import BulkProgress

_SECONDS_BETWEEN_LISTS = 1.0
"""Between two lists while pages come that a query is about."""
_MANY = 200
"""Originals; more are fetched only when the key is pressed twice."""


class Gathering(Picturing):
    """Fetches the originals of the list, or of all that are chosen; one reads on meanwhile."""

    def __init__(self, first: FirstFrame, settings: Config) -> None:
        super().__init__(first, settings)
        self._gathered: BulkProgress | None = None
        """How far it is; None when nothing is being fetched."""
        self._begins = False
        """Whether many were asked for, and nothing was told of them yet."""
        self._pauses = False
        """Whether a pause was asked for; what is told of it comes later."""
        self._asked_for: tuple[int, int, int] | None = None
        """What the key was pressed for once, where it is to be pressed twice: how many documents, first and last."""
        self._following: Timer | None = None
        self._last = ""
        """The article that was done last, by its identity."""

    def action_fetch_all(self) -> None:
        """Begin, pause, or go on."""
        if self._gathered is not None or self._begins:
            self._pauses = not self._pauses
            if self._pauses:
                self.originals.pause()
            else:
                self.originals.resume()
            begun = self.query_one(BulkFetchBar).gathered
            if begun is not None and self._gathered is None:  # nothing is told of it yet
                self._show_line(begun._replace(paused=self._pauses))
            return
        if self.articles.defer(self.action_fetch_all):
            return
        if self.originals.refusal:
            self.say(self.originals.refusal, warning=True)
            return
        rowids = self.articles.selected_range or self.articles.view.rowids
        if not len(rowids):
            self.say("There is no article here to fetch.", transient=True)
        elif len(rowids) > _MANY and (len(rowids), rowids[0], rowids[-1]) != self._asked_for:
            self._asked_for = (len(rowids), rowids[0], rowids[-1])
            key = bindings.first_key("fetch.all", self._keymap)
            many = (
                f"{key} again fetches the originals of {format_count(len(rowids), 'article')}, where they are not kept."
            )
            self.say(many, transient=True)
        else:
            self._asked_for = None
            self.articles.clear_range()
            self._begins, self._pauses = True, False
            self.query_one(KeyBar).clear()  # whatever it was: from now on the line above tells
            self.originals.gather(rowids)

    def _show_come(self, gathered: BulkProgress) -> None:
        """Show the original of what is read, if it may have come just now and nothing but an excerpt was there.

        Who reads the document's own text goes on with that, until they ask for the original.
        """
        view, former = self.text_view, self._last
        self._last = gathered.last
        if view is None or view.text is None or view.text.kind != "excerpt":
            return
        # Of those that are done between two messages, the last alone is named.
        if gathered.finished or former != gathered.last == view.text.id:
            self.load_again()

    def _follow(self) -> None:
        self._following = None
        self.pages_changed()

    @on(messages.Gathering)
    def _tell_beginning(self, event: messages.Gathering) -> None:
        if not event.missing:
            self._begins = False
            kept = "The original is" if event.kept == 1 else f"All {event.kept:,} originals are"
            self.say(f"{kept} kept already." if event.kept else "None of these names an address to fetch.")
        elif self._gathered is None:  # that shows at once; the process tells of it later
            from reader.core.events import BulkProgress

            self._show_line(BulkProgress(0, 0, 0, event.missing, 0.0, paused=self._pauses, finished=False, summary=""))
            if self.has_class("-zen"):  # where there is no such line
                self.say(f"Fetching {format_count(event.missing, 'original')} …", transient=True)

    @on(messages.Failed)
    def _begin_none(self, event: messages.Failed) -> None:
        if event.group == "gather":
            self._begins = False

    def action_fetch_stop(self) -> None:
        """Give up what is being fetched."""
        view = self.text_view
        if view is not None and view.text is not None and view.text.id in self.fetching:
            self.originals.cancel(view.text.id)
        elif self._gathered is not None or self._begins:
            self.originals.stop()
        elif self.fetching:
            for id_ in self.fetching:
                self.originals.cancel(id_)
        else:
            self.say("Nothing is being fetched.", transient=True)

    def _show_line(self, gathered: BulkProgress | None) -> None:
        line = self.query_one(BulkFetchBar)
        line.keys = (bindings.first_key("fetch.all", self._keymap), bindings.first_key("fetch.stop", self._keymap))
        line.gathered = gathered

    def told_of_many(self, gathered: BulkProgress) -> None:
        """Show how far it is, and say what came of it."""
        self._gathered = None if gathered.finished else gathered
        self._begins = False
        self._pauses = self._pauses and not gathered.finished
        self._show_line(self._gathered)
        self._show_come(gathered)
        if self._following is None and not gathered.finished:
            self._following = self.set_timer(_SECONDS_BETWEEN_LISTS, self._follow)
        if gathered.finished:
            self.say(gathered.summary, warning=bool(gathered.failed and not gathered.done))
            self.pages_changed()
