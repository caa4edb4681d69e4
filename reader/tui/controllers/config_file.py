"""Takes edits of config.toml in while the app runs, and says what came of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reader.tui.session import Session

if TYPE_CHECKING:
    from reader.config.settings import Config

_NOTES = "config notes"
"""Name of the setting that stores which notes the user has seen."""


class ConfigController:
    """Watches the settings file and changes the settings of the session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._seen: object = ()
        """The version of the file that was read last,"""
        self._newest: object = ()
        """and the one at the last look."""

    def begin(self) -> None:
        """Watch the file, and show notes about it once."""
        if self._session.config.path is not None:
            self._session.background.start(self._show_notes, "config notes")
            self._session.files.watch("config.toml", self._check)

    def _check(self) -> None:
        from reader.tui.loaders.config import load_app_config
        from reader.tui.loaders.watched_files import file_version

        before = self._session.config
        assert before.path is not None
        version, newest = file_version(before.path), self._newest
        self._newest = version
        if version == self._seen or version != newest:
            return  # unchanged, or an editor may still be writing it
        self._seen = version
        config = load_app_config(before.path, before)
        config = replace(config, fetch=replace(config.fetch, offline=before.fetch.offline))
        if config != before or config.problems != before.problems:
            self._session.background.post(self._apply, config)

    def _apply(self, config: Config) -> None:
        from reader.tui.loaders.config import change_message

        session, before = self._session, self._session.config
        session.change_config(config)
        if before.problems:
            session.show_message("")  # a warning about them is no longer true
        session.show_message(change_message(config, before), warning=bool(config.problems))
        if config.notes != before.notes:
            session.background.start(self._show_notes, "config notes")

    async def _show_notes(self) -> None:
        from reader.tui.loaders.config import notes_message

        session, settings = self._session, self._session.library.settings
        notes = "" if session.config.problems else notes_message(session.config)  # until they are corrected
        if notes and notes != await session.background.run(settings.get, _NOTES):
            session.save_setting(_NOTES, notes)
            session.show_message(notes)
