"""The terminal's window: its title and cursor, and a notification when a bulk fetch ends unseen."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reader.tui.session import Session
from reader.tui.terminal.window import driver_of, notification, takes_commands, title_of, write_raw

if TYPE_CHECKING:
    from textual.timer import Timer

    from reader.core.events import BulkProgress


class WindowController:
    """Follows the list, the counts and the settings from the first frame on."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._timer: Timer | None = None
        """Runs until the title is written."""
        session.first_frame_shown.subscribe(lambda _: self._begin())

    def _begin(self) -> None:
        session = self._session
        session.articles_changed.subscribe(lambda _: self._title_changed())
        session.query_changed.subscribe(lambda _: self._title_changed())
        session.counts_changed.subscribe(lambda _: self._title_changed())
        session.bulk_progress.subscribe(self._follow_fetch)
        session.config_changed.subscribe(lambda _: self._take_settings())
        self._take_settings()

    def _take_settings(self) -> None:
        if (driver := driver_of(self._session.app)) is not None:
            driver.show_cursor(self._session.config.terminal.cursor)
        self._title_changed()

    def _title_changed(self) -> None:
        # Query and counts change one after the other, and with each letter of a query.
        if self._timer is None and takes_commands(os.environ):
            self._timer = self._session.app.set_timer(self._session.timings.title, self._write_title)

    def _write_title(self) -> None:
        session, driver = self._session, driver_of(self._session.app)
        self._timer = None
        if driver is not None:
            query, counts = session.query, session.counts
            unread = counts.unread if query.query is None else counts.unread_found or 0
            where = session.view or query.label or session.library.name
            driver.set_title(title_of(where, unread) if session.config.terminal.title else "")

    def _follow_fetch(self, progress: BulkProgress) -> None:
        app, wanted = self._session.app, self._session.config.terminal.notify
        if wanted and progress.finished and not app.app_focus and takes_commands(os.environ):
            write_raw(app, notification(progress.summary, os.environ))
