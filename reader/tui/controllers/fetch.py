"""Fetching pages: one that is read, or many; commands go to the fetching process, its events come back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from reader.core.text import format_count, truncate
from reader.tui.session import FetchMode, FetchOutcome, FetchRequest, Session

if TYPE_CHECKING:
    from textual.timer import Timer

    from reader.core.events import BulkProgress, FetchEvent, FetchResult, ImageFetched
    from reader.fetching.remote import FetchClient
    from reader.tui.widgets.panes import Panes
    from reader.tui.widgets.reader.lines import ReaderText

_MANY = 200
"""Pages; more are fetched only when the key is pressed twice."""
_TITLE_CELLS = 40
"""Cells of a title within a sentence."""

Command: TypeAlias = "Callable[[FetchClient], None]"


class FetchController:
    """Sends commands to the fetching process, and tells what comes of them."""

    def __init__(self, session: Session, panes: Panes, on_image: Callable[[ImageFetched], object]) -> None:
        self._session = session
        self._panes = panes
        self._on_image = on_image
        self._guard = threading.Lock()
        self._process: FetchClient | None = None
        self._is_closed = False
        self._progress: BulkProgress | None = None
        """Of the bulk fetch; None when there is none."""
        self._shown: BulkProgress | None = None
        """What was shown last of it."""
        self._is_starting = False
        """Whether a bulk fetch was asked for that nothing was heard of yet,"""
        self._is_counting = False
        """and whether it is not known yet which pages are missing."""
        self._held_commands: list[Command] = []
        """Commands to the bulk fetch that is starting."""
        self._is_paused = False
        """Whether a pause was asked for; the process confirms it later."""
        self._confirming: tuple[int, int, int] | None = None
        """What the key was pressed for once, where it is to be pressed twice: how many articles, first and last."""
        self._follow_timer: Timer | None = None

    @property
    def refusal(self) -> str:
        """Why nothing may be fetched, in a sentence; empty where it may."""
        return self._session.config.fetch.refusal

    # One page.

    def fetch(self, text: ReaderText, mode: FetchMode, *, force: bool, is_opening: bool) -> None:
        """Fetch the page of an article."""
        self._session.fetching[text.id] = FetchRequest(text.title, mode, is_opening)
        self._send(partial(_ask, text=text, force=force, archive=mode == "archive"))

    def fetch_image(self, url: str) -> None:
        """Fetch an image into the cache."""
        self._send(lambda process: process.fetch_image(url))

    def cancel_image(self, url: str) -> None:
        """Cancel the fetch of an image."""
        self._send(lambda process: process.cancel_image(url), starts=False)

    # Many pages.

    def fetch_all(self, rowids: Sequence[int]) -> None:
        """Fetch the pages of many articles; or pause that, or resume it."""
        if self._progress is not None or self._is_starting:
            self._toggle_pause()
        elif self.refusal:
            self._session.show_message(self.refusal, warning=True)
        elif not len(rowids):
            self._session.show_message("There is no article here to fetch.", transient=True)
        elif len(rowids) > _MANY and (len(rowids), rowids[0], rowids[-1]) != self._confirming:
            self._confirming = (len(rowids), rowids[0], rowids[-1])
            articles = format_count(len(rowids), "article")
            words = (
                f"{self._session.key('fetch.all')} again fetches the originals of {articles}, where they are not kept."
            )
            self._session.show_message(words, transient=True)
        else:
            self._confirming = None
            self._panes.articles.clear_range()
            self._is_starting, self._is_counting, self._is_paused = True, True, False
            self._session.show_message("")  # from now on the progress bar tells
            self._session.background.start(partial(self._start_bulk, rowids), "bulk fetch", exclusive=False)

    async def _start_bulk(self, rowids: Sequence[int]) -> None:
        session = self._session

        def find_missing() -> tuple[list[str], int]:
            ids = session.library.articles.ids(rowids)
            missing = session.library.pages.missing(ids)
            return missing, len(ids) - len(missing)

        try:
            missing, cached = await session.background.run(find_missing)
        except Exception:
            self._is_starting = self._is_counting = False
            self._held_commands.clear()
            raise
        self._is_counting = False
        if missing:
            self._send(lambda process: process.fetch_all(missing))
        for command in self._held_commands:
            self._send(command, starts=False)
        self._held_commands.clear()
        self._tell_start(len(missing), cached)

    def _tell_start(self, missing: int, cached: int) -> None:
        if not missing:
            self._is_starting = False
            all_cached = "The original is" if cached == 1 else f"All {cached:,} originals are"
            words = f"{all_cached} cached already." if cached else "None of these articles has an address to fetch."
            self._session.show_message(words)
        elif self._progress is None:  # that shows at once; the process tells of it later
            from reader.core.events import BulkProgress

            first = BulkProgress(0, 0, 0, missing, 0.0, paused=self._is_paused, finished=False, summary="")
            self._publish(first)

    def _toggle_pause(self) -> None:
        self._is_paused = not self._is_paused
        is_paused = self._is_paused
        self._send_bulk(lambda process: process.pause() if is_paused else process.resume())
        if self._progress is None and self._shown is not None:  # the process has told nothing yet
            self._publish(self._shown._replace(paused=is_paused))

    def _publish(self, progress: BulkProgress) -> None:
        self._shown = None if progress.finished else progress
        self._session.bulk_progress.publish(progress)

    def stop(self) -> None:
        """Cancel the fetch of the text that is read; else that of many; else every other."""
        session = self._session
        if session.reading_id in session.fetching:
            self._cancel(session.reading_id)
        elif self._progress is not None or self._is_starting:
            self._send_bulk(lambda process: process.stop())
        elif session.fetching:
            for id_ in session.fetching:
                self._cancel(id_)
        else:
            session.show_message("Nothing is being fetched.", transient=True)

    def _cancel(self, id_: str) -> None:
        self._send(lambda process: process.cancel(id_), starts=False)

    # Commands arrive in the order of the requests: they are sent at once, which never waits. Those to a bulk fetch
    # wait until it is known which pages are missing.

    def _send_bulk(self, command: Command) -> None:
        if self._is_counting:
            self._held_commands.append(command)
        else:
            self._send(command, starts=False)

    def _send(self, command: Command, *, starts: bool = True) -> None:
        with self._guard:
            if self._is_closed or (self._process is None and not starts):
                return  # there is nothing to stop
            if self._process is None:
                from reader.fetching.remote import FetchClient

                session = self._session
                receive = partial(session.background.post, self._receive)
                self._process = FetchClient(session.library, session.library.paths, session.config.fetch, receive)
            command(self._process)

    def close(self) -> None:
        """End the fetching process; what it has saved is whole."""
        with self._guard:
            self._is_closed = True
            process = self._process
        if process is not None:
            process.close()

    # Events.

    def _receive(self, event: FetchEvent) -> None:
        from reader.core.events import BulkProgress, FetchAttempted, FetchResult, ImageFetched, Notice

        match event:
            case FetchAttempted():
                self._session.fetch_attempted.publish(event)
            case FetchResult():
                self._finish(event)
            case Notice():
                self._session.show_message(event.text, warning=event.warning)
            case BulkProgress():
                self._follow(event)
            case ImageFetched():
                self._on_image(event)

    def _finish(self, result: FetchResult) -> None:
        session = self._session
        request = session.fetching.pop(result.id, FetchRequest())
        if result.status == "fetched" or result.confirmed:
            session.pages_changed.publish(None)
        if result.id == session.reading_id:
            session.fetch_finished.publish(FetchOutcome(result, request.mode, request.is_opening))
            return
        name = f"“{truncate(request.title, _TITLE_CELLS)}”"
        if result.status == "fetched":
            session.show_message(f"The original of {name} is here.")
        elif result.status == "failed" and not result.cancelled:
            session.show_message(f"The original of {name} could not be fetched: {result.error}", warning=True)

    def _follow(self, progress: BulkProgress) -> None:
        """Show the progress of a bulk fetch, and what came of it."""
        session = self._session
        self._progress = None if progress.finished else progress
        self._is_starting = False
        self._is_paused = self._is_paused and not progress.finished
        self._publish(progress)
        if progress.finished:
            session.show_message(progress.summary, warning=bool(progress.failed and not progress.done))
            session.pages_changed.publish(None)
        elif self._follow_timer is None:
            self._follow_timer = self._panes.set_timer(session.timings.list_refresh, self._refresh_list)

    def _refresh_list(self) -> None:
        self._follow_timer = None
        self._session.pages_changed.publish(None)


def _ask(process: FetchClient, *, text: ReaderText, force: bool, archive: bool) -> None:
    process.fetch(text.id, text.links, force=force, archive=archive)
