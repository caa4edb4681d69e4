"""Originals on the main screen: fetching the one that is read, and telling what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from textual import on

from reader.config.settings import Config
from reader.core.text import truncate
from reader.startup import FirstFrame
from reader.tui import messages
from reader.tui.keys import bindings
from reader.tui.screens.texts import How, Texts
from reader.tui.widgets.text.formats import WAYS

if TYPE_CHECKING:
    from reader.core.events import BulkProgress, FetchResult
    from reader.tui.widgets.reader.lines import ReaderText, TextNotice


_TITLE = 40
"""Cells of a title in the middle of a sentence."""


class Asked(NamedTuple):
    """An article whose original somebody has asked for."""

    title: str
    how: How
    opening: bool = True
    """Whether it was asked for by opening the text: what is there already is then no news."""


class Originals(Texts):
    """Fetches the original of what is read, and says why where there is none."""

    def __init__(self, first: FirstFrame, settings: Config) -> None:
        super().__init__(first, settings)
        self.fetching: dict[str, Asked] = {}
        """The articles that are being fetched because somebody asked for each."""

    def original_wanted(self, text: ReaderText, how: How, *, opening: bool) -> None:
        """Fetch the original of what is shown, unless nothing may be fetched, it has no address, or it is no use."""
        page, refusal = text.page, self.originals.refusal
        if not text.links.best:
            self._tell_notices(_no_address(text))
        elif refusal and page is None:
            self._tell_notices(_refused(refusal))
        elif page is not None and how == "archive" and page.way != "archive":
            self.say(f"This is {WAYS[page.way]}; the archive is for what cannot be had.", transient=True)
        elif refusal:
            if not (opening and how == "fetch"):
                self.say(refusal, warning=True)
        else:
            self.fetching[text.id] = Asked(text.title, how, opening)
            self._tell_notices(())
            # Whoever asks for the archive with a capture before their eyes wants to know whether there is a newer one.
            force = how == "force" or (how == "archive" and page is not None)
            self.originals.fetch(text.id, text.links, force=force, archive=how == "archive")

    @on(messages.Fetching)
    def _hear(self, event: messages.Fetching) -> None:
        from reader.core.events import BulkProgress, FetchAttempted, FetchResult, Notice

        news, view = event.news, self.text_view
        here = view.text.id if view is not None and view.text is not None else None
        if isinstance(news, FetchAttempted):
            if news.id == here and self.text_pane is not None:
                self.text_pane.bar.state = f"fetching from {news.host} …"
        elif isinstance(news, FetchResult):
            self._got(news, self.fetching.pop(news.id, Asked("", "fetch")), is_here=news.id == here)
        elif isinstance(news, Notice):
            self.say(news.text, warning=news.warning)
        elif isinstance(news, BulkProgress):
            self.told_of_many(news)

    def text_shown(self, text: ReaderText) -> None:
        """Say whether its original is on its way."""
        super().text_shown(text)
        if self.text_pane is not None:
            self.text_pane.bar.state = "fetching …" if text.id in self.fetching else ""

    def told_of_many(self, gathered: BulkProgress) -> None:
        """Called with what is told of fetching many."""

    def pages_changed(self) -> None:
        """Have pane and list tell of pages that have come."""
        self._stale = True  # the pane tells of them
        self._read_again()
        if self.asked.query is not None:
            from reader.query.completion import depends_on_pages

            if depends_on_pages(self.asked.query.where):
                self.list_changed()

    def list_changed(self) -> None:
        """Called when the list may show something else for the same query."""

    def _got(self, got: FetchResult, asked: Asked, *, is_here: bool) -> None:
        if got.status == "fetched" or got.confirmed:
            self.pages_changed()
        pane = self.text_pane
        if not is_here or pane is None or pane.view.text is None or self.text_of is None:
            name = f"“{truncate(asked.title, _TITLE)}”"
            if got.status == "fetched":
                self.say(f"The original of {name} has come.")
            elif got.status == "failed" and not got.cancelled:
                self.say(f"The original of {name} could not be fetched: {got.error}", warning=True)
            return
        pane.bar.state = ""
        text = pane.view.text
        if got.status == "fetched" or (got.status == "cached" and (text.page is None or got.confirmed)):
            self.load_again()  # one that holds tells since when that is known
        if got.status == "cached" and got.error and text.page is not None:
            from reader.tui.widgets.text.formats import ago

            now = datetime.now().astimezone()
            self.say(f"{got.error} What is kept is from {ago(text.page.fetched_at, now)}.", warning=True)
        elif got.status == "failed" and not got.cancelled:
            self._tell_notices(self._why_not(got))
        elif got.cancelled:
            self.say(f"Fetching was stopped. {bindings.first_key('fetch', self._keymap)} begins anew.", transient=True)
        elif asked.opening and asked.how == "fetch":
            pass  # one sees it
        elif got.status == "fetched":
            if text.page is not None:
                self.say("It was fetched anew.")
        elif got.confirmed:
            self.say("It still holds: the server has no other.")
        elif text.page is not None:
            again = bindings.first_key("fetch.again", self._keymap)
            self.say(f"{again} looks for a newer original.", transient=True)

    def _why_not(self, got: FetchResult) -> tuple[TextNotice, ...]:
        """Return why there is no original, address by address, and what can be done about it."""
        from reader.tui.widgets.reader.lines import TextNotice

        names = {str(way): name for way, name in WAYS.items()}
        notices = [TextNotice("The original could not be fetched." if got.failures else got.error, "warning")]
        for failure in got.failures:
            what = names.get(failure.way, "it")
            where = f"{what} at {failure.host}" if failure.host else what
            notices.append(TextNotice(f"{where[:1].upper()}{where[1:]}: {failure.why}.", apart=False))
        again, browser, archive = (
            bindings.first_key(name, self._keymap) for name in ("fetch", "open", "fetch.archive")
        )
        ways = f"{again} tries again, {browser} opens it in the browser"
        if not any(failure.way == "archive" for failure in got.failures):
            ways += f", {archive} looks for it in the Wayback Machine"
        notices.append(TextNotice(f"{got.hint} {ways}.".strip(), "text"))
        return tuple(notices)

    def _tell_notices(self, notices: tuple[TextNotice, ...]) -> None:
        pane = self.text_pane
        if pane is None or pane.view.text is None:
            return
        if notices == self.notices:
            if notices:  # it stands there already, maybe out of sight: the key is answered all the same
                self.say(notices[0].text, warning=notices[0].ink == "warning", transient=True)
            return
        self.notices = notices
        if pane.view.text.kind == "page" and notices:
            self.notices = ()
            self.say(" ".join(notice.text for notice in notices[:2]), warning=True)
        else:
            self.refit_text()


def _no_address(text: ReaderText) -> tuple[TextNotice, ...]:
    from reader.tui.widgets.reader.lines import TextNotice

    return (TextNotice("This document names no address that can be fetched.", "text"),)


def _refused(why: str) -> tuple[TextNotice, ...]:
    from reader.tui.widgets.reader.lines import TextNotice

    return (TextNotice(why, "warning"),)
