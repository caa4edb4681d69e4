"""Marks on the main screen: an article that is read, and whatever else the person says of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual import on
from textual.timer import Timer

from reader.model import Row
from reader.opening import First
from reader.ui import messages
from reader.ui.marks import Marks
from reader.ui.screens.reading import Reading

if TYPE_CHECKING:
    from reader.ui.subject import Subject

_SECONDS_UNTIL_READ = 2.0


class Marking(Reading):
    """Marks by key, and by reading."""

    def __init__(self, first: First, keymap: Mapping[str, str]) -> None:
        super().__init__(first, keymap)
        self._reading: Timer | None = None
        self._marks = Marks()

    def subject_shown(self, subject: Subject) -> None:
        """Mark it read unless it is left soon."""
        self._stop_reading()
        self._reading = self.set_timer(_SECONDS_UNTIL_READ, lambda: self._read_if_still(subject))

    def subject_failed(self) -> None:
        """What cannot be read is not marked read."""
        self._stop_reading()

    def article_entered(self) -> None:
        """Mark it read: it was chosen."""
        row = self.articles.row
        if row is not None and not row.read:
            self._mark(row, read=True)

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.stop()
            self._reading = None

    def _read_if_still(self, subject: Subject) -> None:
        """Mark an article read that has been in the pane all the while."""
        row = self.articles.row
        reading = self.articles.touched or self.article.has_focus  # not just looking at the list
        shown = reading and self.article.subject is subject and self.article.is_on_screen
        if shown and row is not None and row.rowid == subject.rowid and not row.read:
            self._mark(row, read=True)

    def action_toggle_read(self) -> None:
        """Mark the selected article read, or unread again."""
        row = self.articles.row
        if row is None:
            self.say("There is no article to mark here.", passing=True)
        else:
            self._stop_reading()  # whoever marks an article by hand wants it so
            self._mark(row, read=not row.read, told="Marked unread." if row.read else "Marked read.")

    def _mark(self, row: Row, *, read: bool, told: str = "") -> None:
        # Shown at once; should writing fail, the list is read anew.
        self.articles.update_row(self._marks.make(row, read=read))
        self._desk.mark_read(row, read=read, told=told)

    @on(messages.Marked)
    def _show_mark(self, event: messages.Marked) -> None:
        self._marks.kept(event.row, event.marks)
        self.articles.update_row(event.row)
        if event.told:
            self.say(event.told)
