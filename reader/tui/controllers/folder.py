"""The folder behind the list: its index is updated in the background, and its problems are shown."""

from __future__ import annotations

import contextlib
import math
import time
from functools import partial
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.core.events import (
    INDEX_DAMAGED,
    FolderAway,
    IndexChanged,
    MarksChanged,
    Notice,
    OriginalsWanted,
    UpdaterEvent,
)
from reader.tui.session import Session

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence

    from textual.screen import Screen

    from reader.core.paths import Paths
    from reader.indexing.process_client import UpdaterHandle


class FolderController:
    """Follows changes of the folder, and of the index and marks by other programs."""

    def __init__(self, session: Session, updater: UpdaterHandle | None) -> None:
        """``updater`` is given if it had to start before the first frame."""
        self._session = session
        self.updater = updater
        self._is_closed = False
        self._is_syncing = False
        """Whether feeds are being fetched."""
        self._sync_process: subprocess.Popen[bytes] | None = None
        self._is_refresh_wanted = False
        """Whether a refresh was requested before there was an updater."""
        self._renewed_at = -math.inf
        """When the index was last rebuilt, by time.monotonic()."""
        session.index_damaged.subscribe(lambda _: self._renew())

    def begin(self) -> None:
        """Compare the folder with the index, and watch it from now on."""
        session, background = self._session, self._session.background
        session.library.marks.store.report_to(lambda text: background.post(session.show_message, text, warning=True))
        background.start(lambda: background.run(self._start_updater), "updater")
        background.save(self._remember_folder)

    def _start_updater(self) -> None:
        """Start the updater, in a worker thread."""
        from reader.indexing.process_client import UpdaterHandle

        if self.updater is None:
            self.updater = UpdaterHandle(self._session.library)
        if self._is_closed:  # meanwhile
            self.updater.close()
            return
        post = self._session.background.post
        self.updater.listen(lambda event: post(self._receive, event))
        if self._is_refresh_wanted:
            self.updater.refresh()

    def _remember_folder(self) -> None:
        with contextlib.suppress(ReaderError):  # it can be opened by name again
            self._session.library.remember_folder()
            self._session.library.last_visit.left_at()  # before another window is closed

    def leave(self) -> None:
        """Note that what is listed now is not new the next time."""
        self._session.background.save(self._session.library.last_visit.end)

    def refresh(self) -> None:
        """Compare the folder with the index now."""
        name = self._session.library.name
        is_idle = self._session.progress.finished
        self._session.show_message(f"Checking for changes in {name} …" if is_idle else f"Already checking {name}.")
        if self.updater is not None:
            self.updater.refresh()
        else:
            self._is_refresh_wanted = True

    def sync_feeds(self, keys: Sequence[str] = (), what: str = "feeds") -> None:
        """Fetch the feeds with these keys, or all of this folder; what they bring is found like any new document."""
        session = self._session
        if refusal := session.config.fetch.refusal:
            session.show_message(refusal, warning=True)
        elif self._is_syncing:
            session.show_message("Feeds are being fetched already.", transient=True)
        elif (paths := session.library.paths) is None or session.library.folder.only is not None:
            session.show_message("This is a single document; feeds write to folders.", transient=True)
        else:
            self._is_syncing = True
            session.show_message(f"Fetching {what} …")
            session.background.start(partial(self._sync, paths, keys), "feeds", exclusive=False)

    async def _sync(self, paths: Paths, keys: Sequence[str]) -> None:
        from reader.tui.loaders.feeds import sync_feeds

        session = self._session

        def keep(process: subprocess.Popen[bytes]) -> None:
            self._sync_process = process
            if self._is_closed:
                process.terminate()

        try:
            outcome = await session.background.run(sync_feeds, session.library.folder, paths, keys, keep)
        finally:
            self._is_syncing, self._sync_process = False, None
        session.show_message(outcome.sentence, warning=outcome.failed)

    def close(self) -> None:
        """End the updater and a running sync; what they have written is complete."""
        self._is_closed = True
        if self._sync_process is not None:
            self._sync_process.terminate()
        if self.updater is not None:
            self.updater.close()

    # Events of the updater.

    def _receive(self, event: UpdaterEvent) -> None:
        session = self._session
        match event:
            case Notice():
                session.show_message(event.text, warning=event.warning)
            case FolderAway():
                if session.folder_is_away and not event.gone:
                    session.show_message(f"{session.library.name} is back.")
                session.folder_is_away = event.gone
                session.folder_away.publish(event.gone)
            case IndexChanged():
                session.index_replaced.publish(event.at_start)
            case OriginalsWanted():
                session.originals_wanted.publish(event.rowids)
            case MarksChanged():
                if event.version != session.library.marks.counted_version:  # otherwise the change was made here
                    session.marks_changed.publish(None)
            case _:
                session.progress = event
                session.indexing_progressed.publish(event)
                if event.finished and not session.folder_was_read:
                    session.folder_was_read = True
                    self.check_backup()  # nothing more urgent is left to do

    def check_backup(self) -> None:
        """Back up the marks if a backup is due."""
        session = self._session
        if session.folder_was_read:
            session.background.start(
                lambda: session.background.run(session.library.marks.store.backup_if_due), "backup"
            )

    # A damaged index.

    def _renew(self) -> None:
        """Set the damaged index aside and rebuild it, but not over and over on a disk that damages every index."""
        if time.monotonic() < self._renewed_at + self._session.timings.index_renewal:
            return
        self._renewed_at = time.monotonic()
        self._session.background.start(self._renew_index, "updater")

    async def _renew_index(self) -> None:
        session = self._session

        def renew() -> None:
            if self.updater is not None:
                self.updater.close()  # it has the damaged file open
            self.updater = None
            session.library.renew()
            session.background.post(session.show_message, INDEX_DAMAGED, warning=True)
            self._start_updater()

        await session.background.run(renew)
        session.index_replaced.publish(False)

    # Problems.

    def show_problems(self) -> None:
        """Show the problems of the documents."""
        self._session.open_dialog(self._load_problems, "problems")

    async def _load_problems(self) -> Screen[None]:
        session = self._session
        problems = await session.background.run(session.library.index.problems)
        from reader.tui.screens.listings import ProblemsScreen

        return ProblemsScreen(problems, session.config.keys, complete=session.progress.finished)
