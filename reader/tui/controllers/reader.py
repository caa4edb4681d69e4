"""The text in the reader: its page, layout and notices."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.core.model import Links
from reader.core.text import format_count
from reader.core.urls import canonical_url, safe_url
from reader.tui.prompts import Prompt
from reader.tui.session import FetchMode, FetchRequest, Session
from reader.tui.widgets.text.formats import ORIGINS
from reader.tui.widgets.text.length import count, unit_of

if TYPE_CHECKING:
    from reader.core.events import BulkProgress, FetchAttempted, FetchResult
    from reader.tui.loaders.text import LoadedText
    from reader.tui.widgets.article_pane.content import ArticleContent
    from reader.tui.widgets.prompt.prompt import PromptLine
    from reader.tui.widgets.reader.header import ReaderPane
    from reader.tui.widgets.reader.lines import ReaderLayout, ReaderText, TextImages, TextNotice

_TRAIL = 99
"""How many texts back you can go, less one."""
WIDTH_SETTING = "text-width"
"""The setting that holds the width of the column."""


class ReaderController:
    """Opens a text in the reader, follows its page and lays it out."""

    def __init__(
        self,
        session: Session,
        fetch: Callable[[ReaderText, FetchRequest, bool], object],
        *,
        show_screen: Callable[[], Awaitable[object]],
        on_shown: Callable[[ReaderText], object],
        on_closed: Callable[[], object],
        on_read: Callable[[int], object],
    ) -> None:
        """``show_screen`` returns when the reader is laid out; ``on_read`` gets the row id of an opened document."""
        self._session = session
        self._fetch = fetch
        self._show_screen = show_screen
        self._on_shown = on_shown
        self._on_closed = on_closed
        self._on_read = on_read
        self.images: Callable[[ReaderText], TextImages] = lambda _: ({}, "")
        """Returns the loaded images of a text by URL, or why one is missing, and a note; for worker threads."""
        self._pane: ReaderPane | None = None
        self.source: ArticleContent | int | None = None
        """What is being read or loaded: the row id of a document, or other content; None for nothing."""
        self._fetch_mode: FetchMode | None = None
        """How to fetch the page once the text is loaded; None for not at all."""
        self._only_if_missing = False
        """Whether to fetch it only if there is no text."""
        self._trail: list[ArticleContent | int] = []
        """The texts whose links led here, the first one first."""
        self._width = 0
        """Width of the column in cells, as the user set it; 0 for the default."""
        self._notices: tuple[TextNotice, ...] = ()
        """The notices below the text, which explain why it is not the original."""
        self._last_fetched = ""
        """The id of the article that a bulk fetch finished last."""
        self._searches: list[str] = []
        """Search terms used in texts, the latest last."""
        session.fetch_attempted.subscribe(self._fetch_attempted)
        session.fetch_finished.subscribe(self._fetch_finished)
        session.bulk_progress.subscribe(self._bulk_progressed)

    def attach(self, pane: ReaderPane) -> None:
        """Set the widgets of the reader, which are created on first use."""
        self._pane = pane
        pane.view.measure = self._width or pane.view.measure

    @property
    def pane(self) -> ReaderPane:
        """The widgets of the reader."""
        assert self._pane is not None, "the reader is attached before it is used"
        return self._pane

    @property
    def is_open(self) -> bool:
        """Whether a text is open or loading."""
        return self.source is not None

    @property
    def text(self) -> ReaderText | None:
        """The text on the screen."""
        return self._pane.view.text if self._pane is not None and self.is_open else None

    # Open and close.

    def open(self, source: ArticleContent | int, fetch_mode: FetchMode | None) -> None:
        """Open a text, and fetch its page as ``fetch_mode`` says; None for not at all."""
        self._trail.clear()
        self._start(source, fetch_mode)

    def follow(self, href: str, open_outside: Callable[[str], object]) -> None:
        """Read the page of a link here, fetched unless it is stored.

        ``open_outside`` opens what is no page to read.
        """
        text, source = self.text, self.source
        if text is None or source is None:
            return  # the text that the link was in is gone
        try:
            url, key = safe_url(href), canonical_url(href)
        except ReaderError:
            open_outside(href)
            return
        page = (text.page.final_url,) if text.page is not None else ()
        is_own = key in {canonical_url(each) for each in (*text.links.all_urls(), *page)}
        if is_own and "#" in url:
            self._session.show_message("This link leads to another place in this text.", transient=True)
        elif is_own or href in text.media:
            open_outside(href)
        else:
            from reader.tui.loaders.text import linked_page

            self.save_position()
            self._trail = [*self._trail[-_TRAIL:], source]
            self._start(linked_page(url), "fetch", only_if_missing=True)

    @property
    def can_go_back(self) -> bool:
        """Whether a link led to the text."""
        return bool(self._trail)

    def back(self) -> None:
        """Return to the text whose link led here."""
        if not self._trail:
            self._session.show_message("No link led here; there is no text to go back to.", transient=True)
            return
        self.save_position()
        self._start(self._trail.pop(), None)

    def _start(
        self, source: ArticleContent | int, fetch_mode: FetchMode | None, *, only_if_missing: bool = False
    ) -> None:
        self.source, self._fetch_mode, self._only_if_missing = source, fetch_mode, only_if_missing
        self._notices = ()
        self._session.gate.begin_loading("text")
        self._session.gate.hold()
        self._session.reading_id = ""
        if self._pane is not None:  # keys no longer apply to the previous text
            self._pane.view.clear()
            self._pane.header.status = ""
        self._session.background.start(partial(self._open, source), "text")

    async def _load(self, source: ArticleContent | int, shown: ReaderText | None = None) -> LoadedText:
        from reader.tui.loaders.text import load_reader

        session, width = self._session, self.pane.view.text_width
        args = session.library, session.body_parser, source, width, self.images
        return await session.background.run(load_reader, *args, shown=shown)

    async def _open(self, source: ArticleContent | int) -> None:
        await self._show_screen()
        self.pane.view.focus()
        try:
            loaded = await self._load(source)
        except ReaderError as error:
            self.close()
            self._session.show_message(str(error), warning=True)
        else:
            self._show(loaded)

    def _show(self, loaded: LoadedText) -> None:
        text, view = loaded.text, self.pane.view
        if text.rowid is not None:
            self.source = text.rowid  # to be read again once there is a page
        view.show(text, loaded.layout, position=loaded.position)
        self._shown(text)
        self._session.gate.end_loading("text")
        self._session.gate.release()
        if text.rowid is not None:
            self._on_read(text.rowid)
        mode, self._fetch_mode = None if self._only_if_missing and text.kind != "excerpt" else self._fetch_mode, None
        can_fetch = text.links.best and not self._session.config.fetch.refusal
        if mode or (text.kind == "excerpt" and not can_fetch):
            self.request_page(mode or "fetch", is_opening=True)  # or say why there is no page
        elif text.kind == "excerpt" and text.id not in self._session.fetching:
            self._show_notices(_notice(f"{self._session.key('fetch')} fetches the original.", "quiet"))

    def _shown(self, text: ReaderText) -> None:
        self._notices = ()
        self._session.reading_id = text.id
        self.pane.update_header()
        self.pane.header.status = "fetching …" if text.id in self._session.fetching else ""
        self._on_shown(text)

    def close(self) -> bool:
        """Close the text; return whether one was open."""
        if not self.is_open:
            return False
        self.save_position()
        self.source, self._fetch_mode = None, None
        self._trail.clear()
        self._session.reading_id = ""
        self._session.background.cancel("text")
        self._session.gate.end_loading("text")
        self.pane.view.clear()
        self._on_closed()
        self.pane.view.drop_lines()
        return True

    def save_position(self) -> None:
        """Save the position in the text, if the user has scrolled."""
        text = self._pane.view.text if self._pane is not None else None
        if text is None or not text.id:
            return
        position = self.pane.view.position.pop_changed()
        if position is not None and text.kind != "excerpt":
            self._session.library.positions.set_article(text.id, position, "text")
            self._session.background.save(self._session.library.positions.write)

    # Reloading.

    def reload(self) -> None:
        """Reload the text, which may have a page by now; not while the user is choosing a link or selecting lines."""
        text, source = self.text, self.source
        if text is None or source is None:
            return
        if self.pane.view.is_busy:
            self.pane.view.set_timer(self._session.timings.text_retry, self.reload)
            return

        async def job() -> None:
            loaded = await self._load(source, text)
            if source is self.source:
                self._show_again(loaded)

        self._session.background.start(job, "text")

    def _show_again(self, loaded: LoadedText) -> None:
        before, text, view = self.text, loaded.text, self.pane.view
        if before is not None and before.kind == text.kind != "page":
            return  # there is no page
        self.save_position()
        if before is not None and before.kind == text.kind:
            view.refit(text, loaded.layout)  # the page has changed: keep the position
        else:
            # A position in the document's own text does not exist in its page.
            is_body = before is not None and before.kind == "body"
            view.show(text, loaded.layout, position=None if is_body else loaded.position)
        self._shown(text)

    def lay_out(self) -> None:
        """Lay out the text again: for its width, its notices and its images."""
        view = self._pane.view if self._pane is not None else None
        text = view.text if view is not None else None
        if view is None or text is None:
            return

        async def job() -> None:
            from reader.tui.widgets.reader.lines import lay_out_text

            now, width, notices = datetime.now().astimezone(), view.text_width, self._notices

            def lay_out() -> ReaderLayout:
                images, note = self.images(text)
                return lay_out_text(text, width, now, notices, images, image_note=note)

            layout = await self._session.background.run_alone("text layout", lay_out)
            if view.text is text:
                view.refit(text, layout)
                self.pane.update_header()

        self._session.background.start(job, "text layout")

    # The page.

    def request_page(self, mode: FetchMode, *, is_opening: bool = False) -> None:
        """Fetch the page of the text, unless fetching is off, there is no URL, or it would not help."""
        text = self.text
        if text is None:
            return
        page = text.page
        is_fresh = mode == "fetch" and page is not None and page.is_fresh(datetime.now(UTC))
        if is_opening and is_fresh:
            return
        refusal = self._session.config.fetch.refusal
        if not text.links.best:
            self._show_notices(_notice("This document has no URL to fetch."))
        elif refusal and page is None:
            self._show_notices(_notice(refusal, "warning"))
        elif page is not None and mode == "archive" and page.way != "archive":
            words = f"This is {ORIGINS[page.way]}; the archive is only for originals that cannot be fetched."
            self._session.show_message(words, transient=True)
        elif is_fresh and not refusal:
            self._session.show_message(
                f"{self._session.key('fetch.again')} checks for a newer version.", transient=True
            )
        elif refusal:
            if not (is_opening and mode == "fetch"):
                self._session.show_message(refusal, warning=True)
        else:
            self._show_notices(())
            # If a capture is shown, ask the archive for a newer one.
            force = mode == "force" or (mode == "archive" and page is not None)
            self._fetch(text, FetchRequest(text.title, mode, is_opening), force)
            self.pane.header.status = "fetching …"

    def _fetch_attempted(self, event: FetchAttempted) -> None:
        if event.id == self._session.reading_id != "":
            self.pane.header.status = f"fetching from {event.host} …"

    def _fetch_finished(self, outcome: tuple[FetchResult, FetchRequest]) -> None:
        """Show the fetched page, or say why there is none."""
        text, (result, request) = self.text, outcome
        if text is None:
            return
        self.pane.header.status = ""
        if result.status == "fetched" or (result.status == "cached" and not result.error):
            self.reload()  # a page that is still valid shows when that was checked
        if result.status == "failed" and not result.cancelled:
            self._show_notices(self._why_failed(result))
        else:
            self._report_result(text, result, request)

    def _report_result(self, text: ReaderText, result: FetchResult, request: FetchRequest) -> None:
        page, session = text.page, self._session
        if result.status == "cached" and result.error and page is not None:
            from reader.tui.widgets.text.formats import ago

            now = datetime.now().astimezone()
            session.show_message(f"{result.error} The cached page is from {ago(page.fetched_at, now)}.", warning=True)
        elif result.cancelled:
            session.show_message(f"Fetching was stopped. {session.key('fetch')} starts again.", transient=True)
        elif request.is_opening and request.mode == "fetch":
            pass  # the result is visible
        elif result.status == "fetched":
            if page is not None:
                session.show_message("The page was fetched again.")
        elif result.confirmed:
            session.show_message("The page is still current.")

    def _why_failed(self, result: FetchResult) -> tuple[TextNotice, ...]:
        """Return why there is no page, URL by URL, and what the user can do."""
        from reader.tui.widgets.reader.lines import TextNotice
        from reader.web.responses import name_host

        names = {str(way): name for way, name in ORIGINS.items()}
        notices = [] if result.failures else [TextNotice(result.error, "warning")]
        for failure in result.failures:
            what = names.get(failure.way, "it")
            words = f"{what[:1].upper()}{what[1:]}{'' if notices else ' could not be fetched'}"
            words += f": {name_host(failure.why, failure.host)}."
            notices.append(TextNotice(words, apart=False) if notices else TextNotice(words, "warning"))
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
            if notices:  # it is loaded already, perhaps out of view: the key still gets an answer
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
        """Show the page of the text if a bulk fetch may have stored it and only an excerpt is shown.

        A document's own text stays until the user asks for its page.
        """
        text, before = self.text, self._last_fetched
        self._last_fetched = progress.last
        if text is None or text.kind != "excerpt":
            return
        # Of the articles finished between two events, only the last one is named.
        if progress.finished or before != progress.last == text.id:
            self.reload()

    # What keys apply to.

    def rowids(self) -> list[int]:
        """Return the row id of the article being read, if it has a document."""
        text, rowid = self.text, self.source
        if not isinstance(rowid, int):
            rowid = rowid.rowid if rowid is not None else None
        if rowid is None:
            return []
        if text is None or not text.id:
            return [rowid]
        library = self._session.library
        try:
            if library.index.ids_of([rowid]) == [text.id]:
                return [rowid]
            return library.index.rowids_by_id(text.id)[:1]  # another article has this row now
        except ReaderError:  # the index cannot be read at the moment; the list reports it
            return []

    @property
    def links(self) -> Links | None:
        """The URL of the selected link, else the URLs of the text; None while it is not loaded."""
        text = self.text
        if text is None:
            return None
        return Links(url) if (url := self.pane.view.selected_link.href) else text.links

    def copy_selection(self, copy_url: Callable[[], object]) -> None:
        """Copy the selected lines of the open text, or else the URL."""
        selected = self.pane.view.selected_text if self.is_open else ""
        if not selected:
            copy_url()
            return
        self._session.app.copy_to_clipboard(selected)
        self.pane.view.end_line_selection()
        unit = unit_of(selected)
        self._session.show_message(f"Copied {format_count(count(selected, unit), unit.name)}.")

    # Column width, search and pager.

    async def load_width(self) -> None:
        """Load the column width that the user set last."""
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
        """Ask for a search term; the text follows as the user types."""
        view, prompts = self.pane.view, self._session.prompts
        if not self.is_open or prompts.is_open:
            return
        before = view.search_text
        if before and before not in self._searches:
            self._searches.append(before)

        def changed(line: PromptLine) -> None:
            number, total = view.search(line.text)
            nothing = "" if not line.text.strip() else "Not in this text."
            line.show_hint(f"{number:,} of {total:,}" if total else nothing)

        prompt = Prompt(lambda _: None, changed, lambda: view.search(before), live=True)
        prompts.open(prompt, "Search text: ", history=self._searches, focus_after=view)

    def show_in_pager(self) -> None:
        """Show the text in the user's pager or editor."""
        text = self.text
        if text is None:
            return
        from reader.tui.terminal.pager import show_in_pager
        from reader.tui.terminal.suspend import suspended

        try:
            with suspended(self.pane.app):
                name = show_in_pager(text, self._session.private_folder(), config=self._session.config)
        except ReaderError as error:
            self._session.show_message(str(error), warning=True)
        else:
            self._session.show_message(f"Back from {name}.")


def _notice(text: str, ink: str = "text") -> tuple[TextNotice, ...]:
    from reader.tui.widgets.reader.lines import TextNotice

    return (TextNotice(text, ink),)
