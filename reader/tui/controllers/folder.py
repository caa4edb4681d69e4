"""The folder behind the list: its index is kept up to date, and its problems are shown."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.tui.session import MarksChange, Session

if TYPE_CHECKING:
    from reader.core.model import Problem
    from reader.indexing.events import UpdaterEvent
    from reader.indexing.remote import UpdaterHandle


class FolderController:
    """Hears of changes of the folder and of what other programs do to the index and the marks."""

    def __init__(
        self, session: Session, updater: UpdaterHandle | None, show_problems: Callable[[Sequence[Problem]], object]
    ) -> None:
        """``updater`` is there if it had to begin before the first frame."""
        self._session = session
        self.updater = updater
        self._show_problems = show_problems
        self._is_closed = False
        self._is_refresh_wanted = False
        """Whether a refresh was asked for before there was an updater."""
        self._renewed_at = -math.inf
        """When the index was rebuilt last, by time.monotonic()."""
        session.index_damaged.subscribe(lambda _: self._renew())

    def begin(self) -> None:
        """Compare the folder with the index, and watch it from now on."""
        self._session.background.start(self._begin, "updater")
        self._session.background.save(self._remember_folder)

    async def _begin(self) -> None:
        await self._session.background.run(self._start_updater)

    def _start_updater(self) -> None:
        """Start the updater, in a worker thread."""
        from reader.indexing.remote import create_updater

        if self.updater is None:
            self.updater = create_updater(self._session.library)
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

    def refresh(self) -> None:
        """Compare the folder with the index now."""
        name = self._session.library.name
        reading = "is already being read."
        looking = f"Checking for changes in {name} …"
        self._session.show_message(looking if self._session.folder.progress.finished else f"{name} {reading}")
        if self.updater is not None:
            self.updater.refresh()
        else:
            self._is_refresh_wanted = True

    def close(self) -> None:
        """End the updater; what it has written is whole."""
        self._is_closed = True
        if self.updater is not None:
            self.updater.close()

    # Events of the updater.

    def _receive(self, event: UpdaterEvent) -> None:
        from reader.core.events import Notice
        from reader.indexing.events import FolderAway, IndexChanged, MarksChanged

        session = self._session
        match event:
            case Notice():
                session.show_message(event.text, warning=event.warning)
            case FolderAway():
                self._set_away(is_away=event.gone)
            case IndexChanged():
                session.index_replaced.publish(None)
            case MarksChanged():
                if event.version != session.library.marks.counted_version:  # otherwise the change was made here
                    session.marks_changed.publish(MarksChange())
            case _:
                session.folder = session.folder._replace(progress=event)
                session.indexing_progressed.publish(event)
                if event.finished and not session.folder.was_read:
                    session.folder = session.folder._replace(was_read=True)
                    self._check_backup()  # now that nothing more pressing is to be done

    def _set_away(self, *, is_away: bool) -> None:
        session = self._session
        if session.folder.is_away and not is_away:
            session.show_message(f"{session.library.name} is back.")
        session.folder = session.folder._replace(is_away=is_away)
        session.folder_away.publish(is_away)

    def _check_backup(self) -> None:
        session = self._session

        async def job() -> None:
            await session.background.run(session.library.marks.backup_if_due)

        session.background.start(job, "backup")

    def check_backup(self) -> None:
        """Back the marks up, if that is due."""
        if self._session.folder.was_read:
            self._check_backup()

    # A damaged index.

    def _renew(self) -> None:
        """Set the damaged index aside and build another, not again and again on a disk that damages every one."""
        if time.monotonic() < self._renewed_at + self._session.timings.index_renewal:
            return
        self._renewed_at = time.monotonic()
        self._session.background.start(self._renew_index, "updater")

    async def _renew_index(self) -> None:
        from reader.indexing.events import INDEX_DAMAGED

        session = self._session

        def renew() -> None:
            if self.updater is not None:
                self.updater.close()  # it has the damaged file open
            self.updater = None
            session.library.renew()
            session.background.post(lambda: session.show_message(INDEX_DAMAGED, warning=True))
            self._start_updater()

        await session.background.run(renew)
        session.index_replaced.publish(None)

    # Problems.

    def show_problems(self) -> None:
        """Show what is wrong with the documents."""
        self._session.background.start(self._load_problems, "problems")

    async def _load_problems(self) -> None:
        session = self._session
        problems = await session.background.run(session.library.articles.problems)
        if problems:
            self._show_problems(problems)
        else:
            so_far = "" if session.folder.progress.finished else " so far"
            session.show_message(f"No problems in the documents that were read{so_far}.")
