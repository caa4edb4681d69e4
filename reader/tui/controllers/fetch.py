"""Fetching pages, one or many: commands go to the fetching process, its events come back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from reader.core.text import format_count, truncate
from reader.tui.session import FetchRequest, Session

if TYPE_CHECKING:
    from pathlib import Path

    from textual.timer import Timer

    from reader.config.settings import Config
    from reader.core.events import BulkProgress, FetchEvent, FetchResult
    from reader.fetching.process_client import FetchClient
    from reader.tui.widgets.panes import Panes
    from reader.tui.widgets.reader.lines import ReaderText

_MANY = 200
"""Pages; to fetch more, the user has to press the key twice."""
_TITLE_CELLS = 40
"""Cells of a title within a sentence."""

Command: TypeAlias = "Callable[[FetchClient], None]"


class FetchController:
    """Sends commands to the fetching process and handles its events."""

    def __init__(self, session: Session, panes: Panes) -> None:
        self._session = session
        self._panes = panes
        self._process: FetchClient | None = None
        self._is_closed = False
        self._progress: BulkProgress | None = None
        """The progress of the bulk fetch; None if there is none."""
        self._shown: BulkProgress | None = None
        """The progress that was shown last."""
        self._is_starting = False
        """Whether a bulk fetch was requested that has not reported yet,"""
        self._held_commands: list[Command] | None = None
        """and the commands for it while the missing pages are still being counted."""
        self._is_paused = False
        """Whether a pause was requested; the process confirms it later."""
        self._confirming: tuple[int, int, int] | None = None
        """The request that waits for a second key press: number of articles, first and last row."""
        self._follow_timer: Timer | None = None
        self._arrived: list[int] = []
        """Articles whose originals rules ask for, until the running bulk fetch has ended."""
        session.originals_wanted.subscribe(self._fetch_arrived)
        session.config_changed.subscribe(self._config_changed)

    def _config_changed(self, before: Config) -> None:
        fetch = self._session.config.fetch
        if self._process is not None and fetch != before.fetch:
            self._process.change_settings(fetch)

    # One page.

    def fetch(self, text: ReaderText, request: FetchRequest, force: bool) -> None:
        """Fetch the page of an article; with ``force``, even if it was just fetched."""
        self._session.fetching[text.id] = request
        archive = request.mode == "archive"
        self._send(lambda process: process.fetch(text.id, text.links, force=force, archive=archive))

    def fetch_image(self, url: str) -> None:
        """Fetch an image into the cache."""
        self._send(lambda process: process.fetch_image(url))

    def cancel_image(self, url: str) -> None:
        """Cancel the fetch of an image."""
        self._send(lambda process: process.cancel_image(url), starts=False)

    def download(self, url: str, path: Path, *, accepts_pages: bool) -> None:
        """Download an enclosure to ``path``, or go on with it."""
        self._send(lambda process: process.download(url, path, accepts_pages=accepts_pages))

    def cancel_download(self, path: Path) -> None:
        """Cancel a download; what has come is kept."""
        self._cancel(str(path))

    # Many pages.

    def fetch_all(self, rowids: Sequence[int]) -> None:
        """Fetch the pages of many articles; pause or resume a running bulk fetch."""
        refusal = self._session.config.fetch.refusal
        if self._progress is not None or self._is_starting:
            self._toggle_pause()
        elif refusal:
            self._session.show_message(refusal, warning=True)
        elif not len(rowids):
            self._session.show_message("There is no article here to fetch.", transient=True)
        elif len(rowids) > _MANY and (len(rowids), rowids[0], rowids[-1]) != self._confirming:
            self._confirming = (len(rowids), rowids[0], rowids[-1])
            key, articles = self._session.key("fetch.all"), format_count(len(rowids), "article")
            words = f"Press {key} again to fetch {articles}; cached ones are skipped."
            self._session.show_message(words, transient=True)
        else:
            self._confirming = None
            self._panes.articles.clear_range()
            self._session.show_message("")  # from now on the progress bar shows it
            self._begin_bulk(rowids)

    def _fetch_arrived(self, rowids: Sequence[int]) -> None:
        """Fetch the originals that rules ask for, once no other bulk fetch is running."""
        self._arrived += rowids
        if self._arrived and not (self._progress or self._is_starting or self._session.config.fetch.refusal):
            wanted, self._arrived = self._arrived, []
            self._begin_bulk(wanted, by_rule=True)

    def _begin_bulk(self, rowids: Sequence[int], *, by_rule: bool = False) -> None:
        self._is_starting, self._held_commands, self._is_paused = True, [], False
        job = partial(self._start_bulk, rowids, by_rule=by_rule)
        self._session.background.start(job, "bulk fetch", exclusive=False)

    async def _start_bulk(self, rowids: Sequence[int], *, by_rule: bool) -> None:
        session = self._session

        def find_missing() -> tuple[list[str], int]:
            ids = session.library.index.ids_of(rowids)
            missing = session.library.pages.missing(ids)
            return missing, len(ids) - len(missing)

        try:
            missing, cached = await session.background.run(find_missing)
        except Exception:
            self._is_starting, self._held_commands = False, None
            raise
        held, self._held_commands = self._held_commands or [], None
        if missing:
            self._send(lambda process: process.fetch_all(missing))
        for command in held:
            self._send(command, starts=False)
        if by_rule and not missing:
            self._is_starting = False
        else:
            self._report_start(len(missing), cached)

    def _report_start(self, missing: int, cached: int) -> None:
        if not missing:
            self._is_starting = False
            all_cached = "The original is" if cached == 1 else f"All {cached:,} originals are"
            words = f"{all_cached} cached already." if cached else "None of these articles has a URL to fetch."
            self._session.show_message(words)
        elif self._progress is None:  # this shows at once; the process confirms it later
            from reader.core.events import BulkProgress

            self._publish(BulkProgress(left=missing, paused=self._is_paused))

    def _toggle_pause(self) -> None:
        self._is_paused = is_paused = not self._is_paused
        self._send_bulk(lambda process: process.pause() if is_paused else process.resume())
        if self._progress is None and self._shown is not None:  # the process has not reported yet
            self._publish(self._shown._replace(paused=is_paused))

    def _publish(self, progress: BulkProgress) -> None:
        self._shown = None if progress.finished else progress
        self._session.bulk_progress.publish(progress)

    def stop(self) -> None:
        """Cancel the fetch of the text being read; else the bulk fetch; else all others."""
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

    # Commands arrive in the order of the requests: they are sent at once, which never blocks. Commands for a bulk fetch
    # wait until the missing pages are known.

    def _send_bulk(self, command: Command) -> None:
        if self._held_commands is not None:
            self._held_commands.append(command)
        else:
            self._send(command, starts=False)

    def _send(self, command: Command, *, starts: bool = True) -> None:
        if self._is_closed or (self._process is None and not starts):
            return  # there is nothing to stop
        if self._process is None:
            from reader.fetching.context import FetchTimings
            from reader.fetching.process_client import FetchClient

            session, post = self._session, self._session.background.post
            self._process = FetchClient(
                session.library,
                session.config.fetch,
                lambda event: post(self.receive, event),
                FetchTimings(idle=session.timings.process_idle),
                in_thread=session.fetches_in_thread,
            )
        command(self._process)

    def close(self) -> None:
        """End the fetching process; what it has saved is complete."""
        self._is_closed = True
        if self._process is not None:
            self._process.close()

    # Events.

    def receive(self, event: FetchEvent) -> None:
        """Handle an event of the fetching process."""
        from reader.core.events import BulkProgress, DownloadProgress, FetchAttempted, FetchResult, ImageFetched, Notice

        match event:
            case FetchAttempted():
                self._session.fetch_attempted.publish(event)
            case FetchResult():
                self._finish(event)
            case Notice():
                self._session.show_message(event.text, warning=event.warning)
            case BulkProgress():
                self._follow(event)
            case DownloadProgress():
                self._session.download_progressed.publish(event)
            case ImageFetched():
                self._session.image_fetched.publish(event)

    def _finish(self, result: FetchResult) -> None:
        session = self._session
        request = session.fetching.pop(result.id, FetchRequest())
        if result.status in {"fetched", "failed"} or result.confirmed:
            session.pages_changed.publish(None)
        if result.id == session.reading_id:
            session.fetch_finished.publish((result, request))
            return
        name = f"“{truncate(request.title, _TITLE_CELLS)}”"
        if result.status == "fetched":
            session.show_message(f"The original of {name} has been fetched.")
        elif result.status == "failed" and not result.cancelled:
            session.show_message(f"The original of {name} could not be fetched: {result.error}", warning=True)

    def _follow(self, progress: BulkProgress) -> None:
        """Show the progress of a bulk fetch and its result."""
        session = self._session
        self._progress = None if progress.finished else progress
        self._is_starting = False
        self._is_paused = self._is_paused and not progress.finished
        self._publish(progress)
        if progress.finished:
            session.show_message(progress.summary, warning=progress.failed > progress.without_url and not progress.done)
            session.pages_changed.publish(None)
            self._fetch_arrived(())
        elif self._follow_timer is None:
            self._follow_timer = self._panes.set_timer(session.timings.list_refresh, self._refresh_list)

    def _refresh_list(self) -> None:
        self._follow_timer = None
        self._session.pages_changed.publish(None)
