"""The text in the reader: which one, its page, its layout, and what is said below it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

from reader.core.errors import ReaderError
from reader.core.model import Links
from reader.core.text import format_count
from reader.tui.prompts import Prompt
from reader.tui.session import FetchMode, FetchOutcome, Session
from reader.tui.widgets.text.formats import ORIGINS

if TYPE_CHECKING:
    from reader.core.events import BulkProgress, FetchAttempted, FetchResult
    from reader.images.model import RenderedImage
    from reader.tui.loaders.text import LoadedText
    from reader.tui.terminal.pager import Pager
    from reader.tui.widgets.article_pane.content import ArticleContent
    from reader.tui.widgets.reader.header import ReaderPane
    from reader.tui.widgets.reader.lines import ReaderText, TextNotice

WIDTH_SETTING = "text-width"
"""The setting that holds the width of the column."""


class Fetch(Protocol):
    """Fetches the page of a text."""

    def __call__(self, text: ReaderText, mode: FetchMode, *, force: bool, is_opening: bool) -> None:
        """Begin."""


class ReaderController:
    """Opens a text in the reader, follows its page, and lays it out."""

    def __init__(
        self,
        session: Session,
        fetch: Fetch,
        *,
        on_shown: Callable[[ReaderText], object],
        on_closed: Callable[[], object],
        on_read: Callable[[int], object],
    ) -> None:
        """``on_read`` hears of the row number of a document whose text was opened."""
        self._session = session
        self._fetch = fetch
        self._on_shown = on_shown
        self._on_closed = on_closed
        self._on_read = on_read
        self.images: Callable[[ReaderText], Mapping[str, RenderedImage | str]] = lambda _: {}
        """Returns the images of a text that are there, by address, or why one is not."""
        self._pane: ReaderPane | None = None
        self.source: ArticleContent | int | None = None
        """What is read or about to be: a document by its row number, or other content; None when nothing is."""
        self._fetch_mode: FetchMode | None = None
        """How to fetch the page once the text is there; None for not at all."""
        self._width = 0
        """Of the column in cells, as it was chosen last; 0 for the usual one."""
        self._notices: tuple[TextNotice, ...] = ()
        """What is said below the text, because it is not the original."""
        self._last_fetched = ""
        """The id of the article that a bulk fetch finished last."""
        self._pager: Pager | None = None
        self._searches: list[str] = []
        """What was searched for in texts, the latest last."""
        session.fetch_attempted.subscribe(self._fetch_attempted)
        session.fetch_finished.subscribe(self._fetch_finished)
        session.bulk_progress.subscribe(self._bulk_progressed)

    def attach(self, pane: ReaderPane) -> None:
        """Take the widgets of the reader, which is made when it is first needed."""
        self._pane = pane
        pane.view.measure = self._width or pane.view.measure

    @property
    def pane(self) -> ReaderPane:
        """The widgets of the reader."""
        assert self._pane is not None, "the reader is attached before it is used"
        return self._pane

    @property
    def is_open(self) -> bool:
        """Whether a text is read, or about to be."""
        return self.source is not None

    @property
    def text(self) -> ReaderText | None:
        """The text on the screen."""
        return self._pane.view.text if self._pane is not None and self.is_open else None

    # In and out.

    def open(self, source: ArticleContent | int, fetch_mode: FetchMode | None) -> None:
        """Show a text, and fetch its page unless ``fetch_mode`` is None and there is more than an excerpt."""
        self.source, self._fetch_mode = source, fetch_mode
        self._notices = ()
        self._session.gate.begin_loading("text")
        self._session.gate.hold()
        self._session.reading_id = ""
        if self._pane is not None:
            self._clear(self._pane)
        self._session.background.start(partial(self._load, source), "text")

    def _clear(self, pane: ReaderPane) -> None:
        """Remove the text that was read before: no key is about it any more."""
        pane.view.clear()
        pane.header.status = ""

    async def _load(self, source: ArticleContent | int) -> None:
        from reader.tui.loaders.text import load_reader

        session = self._session
        await session.services.show_reader()
        view = self.pane.view
        view.focus()
        try:
            loaded = await session.background.run(
                load_reader, session.library, session.body_parser, source, view.text_width
            )
        except ReaderError as error:
            self.close()
            session.show_message(str(error), warning=True)
        else:
            self._show(loaded)

    def _show(self, loaded: LoadedText) -> None:
        text, view = loaded.text, self.pane.view
        if text.rowid is not None:
            self.source = text.rowid  # to be read anew when there is a page
        view.show(text, loaded.layout, position=loaded.position)
        self._shown(text)
        self._session.gate.end_loading("text")
        self._session.gate.release()
        if text.rowid is not None:
            self._on_read(text.rowid)
        mode, self._fetch_mode = self._fetch_mode, None
        if mode or text.kind == "excerpt":
            self.request_page(mode or "fetch", is_opening=True)

    def _shown(self, text: ReaderText) -> None:
        self._notices = ()
        self._session.reading_id = text.id
        self.pane.update_header()
        self.pane.header.status = "fetching …" if text.id in self._session.fetching else ""
        self._on_shown(text)

    def close(self) -> None:
        """Leave the text."""
        if not self.is_open:
            return
        self.save_position()
        self.source, self._fetch_mode = None, None
        self._session.reading_id = ""
        self._session.background.cancel("text")
        self._session.gate.end_loading("text")
        self.pane.view.clear()
        self._session.services.hide_reader()
        self._on_closed()

    def save_position(self) -> None:
        """Save where in the text the user is, if they have scrolled there."""
        text = self._pane.view.text if self._pane is not None else None
        if text is None or not text.id:
            return
        position = self.pane.view.position.pop_changed()
        if position is not None and text.kind != "excerpt":
            self._session.library.positions.set_article(text.id, position, "text")
            self._session.background.save(self._session.library.positions.write)

    # The same text anew.

    def reload(self) -> None:
        """Load the text again, which may have a page by now; not while its links or lines are being chosen."""
        text, source = self.text, self.source
        if text is None or source is None:
            return
        if self.pane.view.is_busy:
            self.pane.view.set_timer(self._session.timings.text_retry, self.reload)
            return

        async def job() -> None:
            from reader.tui.loaders.text import load_reader

            session, width = self._session, self.pane.view.text_width
            function = partial(load_reader, session.library, session.body_parser, source, width, text)
            loaded = await session.background.run(function)
            if source is self.source:
                self._show_again(loaded)

        self._session.background.start(job, "text")

    def _show_again(self, loaded: LoadedText) -> None:
        before, text, view = self.text, loaded.text, self.pane.view
        if before is not None and before.kind == text.kind != "page":
            return  # there is no page
        self.save_position()
        if before is not None and before.kind == text.kind:
            view.refit(text, loaded.layout)  # a page that has changed: the reader stays at the same position
        else:
            # A position in the document's own text is none in its page.
            is_body = before is not None and before.kind == "body"
            view.show(text, loaded.layout, position=None if is_body else loaded.position)
        self._shown(text)

    def lay_out(self) -> None:
        """Lay the text out anew: for its width, with its notices, with its images."""
        view = self._pane.view if self._pane is not None else None
        text = view.text if view is not None else None
        if view is None or text is None:
            return

        async def job() -> None:
            from reader.tui.widgets.reader.lines import lay_out_text

            now = datetime.now().astimezone()
            function = partial(lay_out_text, text, view.text_width, now, self._notices, self.images(text))
            layout = await self._session.background.run(function)
            if view.text is text:
                view.refit(text, layout)
                self.pane.update_header()

        self._session.background.start(job, "text layout")

    # The page.

    def request_page(self, mode: FetchMode, *, is_opening: bool = False) -> None:
        """Fetch the page of the text, unless that is not allowed, there is no address, or it would be of no use."""
        text = self.text
        if text is None:
            return
        page, refusal = text.page, self._session.config.fetch.refusal
        if not text.links.best:
            self._show_notices(_notice("This document has no address to fetch."))
        elif refusal and page is None:
            self._show_notices(_notice(refusal, "warning"))
        elif page is not None and mode == "archive" and page.way != "archive":
            words = f"This is {ORIGINS[page.way]}; the archive is only for originals that cannot be fetched."
            self._session.show_message(words, transient=True)
        elif refusal:
            if not (is_opening and mode == "fetch"):
                self._session.show_message(refusal, warning=True)
        else:
            self._show_notices(())
            # With a capture on the screen, the archive is asked whether there is a newer one.
            force = mode == "force" or (mode == "archive" and page is not None)
            self._fetch(text, mode, force=force, is_opening=is_opening)
            self.pane.header.status = "fetching …"

    def _fetch_attempted(self, event: FetchAttempted) -> None:
        if event.id == self._session.reading_id != "":
            self.pane.header.status = f"fetching from {event.host} …"

    def _fetch_finished(self, outcome: FetchOutcome) -> None:
        """Show the page that was fetched, or say why there is none."""
        text, result = self.text, outcome.result
        if text is None:
            return
        self.pane.header.status = ""
        if result.status == "fetched" or (result.status == "cached" and (text.page is None or result.confirmed)):
            self.reload()  # a page that is still valid tells since when that is known
        if result.status == "failed" and not result.cancelled:
            self._show_notices(self._why_failed(result))
        else:
            self._tell_result(text, outcome)

    def _tell_result(self, text: ReaderText, outcome: FetchOutcome) -> None:
        result, page, session = outcome.result, text.page, self._session
        if result.status == "cached" and result.error and page is not None:
            from reader.tui.widgets.text.formats import ago

            now = datetime.now().astimezone()
            session.show_message(f"{result.error} What is kept is from {ago(page.fetched_at, now)}.", warning=True)
        elif result.cancelled:
            session.show_message(f"Fetching was stopped. {session.key('fetch')} starts again.", transient=True)
        elif outcome.is_opening and outcome.mode == "fetch":
            pass  # one sees it
        elif result.status == "fetched":
            if page is not None:
                session.show_message("It was fetched again.")
        elif result.confirmed:
            session.show_message("It is still current.")
        elif page is not None:
            session.show_message(f"{session.key('fetch.again')} checks for a newer version.", transient=True)

    def _why_failed(self, result: FetchResult) -> tuple[TextNotice, ...]:
        """Return why there is no page, address by address, and what can be done about it."""
        from reader.tui.widgets.reader.lines import TextNotice

        names = {str(way): name for way, name in ORIGINS.items()}
        notices = [TextNotice("The original could not be fetched." if result.failures else result.error, "warning")]
        for failure in result.failures:
            what = names.get(failure.way, "it")
            where = f"{what} at {failure.host}" if failure.host else what
            notices.append(TextNotice(f"{where[:1].upper()}{where[1:]}: {failure.why}.", apart=False))
        key = self._session.key
        ways = f"{key('fetch')} tries again, {key('open')} opens it in the browser"
        if not any(failure.way == "archive" for failure in result.failures):
            ways += f", {key('fetch.archive')} asks the Wayback Machine"
        notices.append(TextNotice(f"{result.hint} {ways}.".strip(), "text"))
        return tuple(notices)

    def _show_notices(self, notices: tuple[TextNotice, ...]) -> None:
        text = self.text
        if text is None:
            return
        if notices == self._notices:
            if notices:  # it is there already, maybe out of sight: the key is answered all the same
                is_warning = notices[0].style == "warning"
                self._session.show_message(notices[0].text, warning=is_warning, transient=True)
            return
        self._notices = notices
        if text.kind == "page" and notices:
            self._notices = ()
            self._session.show_message(" ".join(notice.text for notice in notices[:2]), warning=True)
        else:
            self.lay_out()

    def _bulk_progressed(self, progress: BulkProgress) -> None:
        """Show the page of the text, if a bulk fetch may have brought it and there is nothing but an excerpt.

        A document's own text stays until its page is asked for.
        """
        text, before = self.text, self._last_fetched
        self._last_fetched = progress.last
        if text is None or text.kind != "excerpt":
            return
        # Of the articles that are done between two events, the last alone is named.
        if progress.finished or before != progress.last == text.id:
            self.reload()

    # What keys are about.

    def rowids(self) -> list[int]:
        """Return the document of the article that is read, if it is one."""
        text, rowid = self.text, self.source
        if not isinstance(rowid, int):
            rowid = rowid.rowid if rowid is not None else None
        if rowid is None:
            return []
        if text is None or not text.id:
            return [rowid]
        library = self._session.library
        try:
            if library.articles.ids([rowid]) == [text.id]:
                return [rowid]
            return library.articles.rowids(text.id)[:1]  # the row is of another article now
        except ReaderError:  # the index cannot be read just now; the list says so
            return []

    @property
    def links(self) -> Links | None:
        """The addresses of the text; None while it is not there."""
        return self.text.links if self.text is not None else None

    def copy_selection(self) -> bool:
        """Copy the lines that are selected; return False when none are."""
        selected = self.pane.view.selected_text
        if not selected:
            return False
        self._session.services.copy_to_clipboard(selected)
        self.pane.view.end_line_selection()
        self._session.show_message(f"Copied {format_count(len(selected.split()), 'word')}.")
        return True

    # The column, searching, and the pager.

    async def load_width(self) -> None:
        """Load the width of the column that was chosen last."""
        saved = await self._session.background.run(self._session.library.settings.get, WIDTH_SETTING) or ""
        if saved.isascii() and saved.isdecimal() and len(saved) < 5:
            self._width = int(saved)
            if self._pane is not None:
                self._pane.view.measure = self._width

    def set_width(self, cells: int) -> None:
        """Save the width of the column."""
        self._width = cells
        self._session.save_setting(WIDTH_SETTING, str(cells))

    def ask_search(self) -> None:
        """Ask what to search for; the text follows what is written."""
        view, prompts = self.pane.view, self._session.prompts
        if not self.is_open or prompts.is_open:
            return
        before = view.search_text
        if before and before not in self._searches:
            self._searches.append(before)

        def changed(text: str, _: int) -> None:
            number, total = view.search(text)
            if prompts.line is not None:
                nothing = "" if not text.strip() else "Not in this text."
                prompts.line.show_hint(f"{number:,} of {total:,}" if total else nothing)

        prompt = Prompt(lambda _: None, changed, lambda: view.search(before), live=True)
        prompts.open(prompt, "In the text: ", history=self._searches, focus_after=view)

    def show_in_pager(self) -> None:
        """Show the text in the user's pager or editor."""
        text = self.text
        if text is None:
            return
        from textual.app import SuspendNotSupported

        from reader.tui.terminal import graphics
        from reader.tui.terminal.pager import Pager

        self._pager = self._pager or Pager()
        try:
            with graphics.suspended(self.pane.app):
                name = self._pager.show(text)
        except SuspendNotSupported:
            self._session.show_message("This terminal cannot run another program.", warning=True)
        except ReaderError as error:
            self._session.show_message(str(error), warning=True)
        else:
            self._session.show_message(f"Back from {name}.")
        self.pane.screen.refresh(layout=True)

    def remove_files(self) -> None:
        """Remove the files that were made for the pager. May raise OSError."""
        if self._pager is not None:
            self._pager.cleanup()


def _notice(text: str, ink: str = "text") -> tuple[TextNotice, ...]:
    from reader.tui.widgets.reader.lines import TextNotice

    return (TextNotice(text, ink),)
