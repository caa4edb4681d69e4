"""Marks on the main screen: an article that is read, and whatever else the person says of one or of several."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

from textual import on
from textual.timer import Timer

from reader.config.settings import Config
from reader.core.marks import MarkChange
from reader.startup import FirstFrame
from reader.tui import messages
from reader.tui.screens.parts import Purpose
from reader.tui.screens.reading import Reading
from reader.tui.widgets.article_list.article_list import ArticleList
from reader.tui.widgets.article_list.pending_marks import PendingMarks, describe_change
from reader.tui.widgets.bars.bars import KeyBar

if TYPE_CHECKING:
    from reader.core.model import Row
    from reader.tui.widgets.article_pane.content import ArticleContent

_SECONDS_UNTIL_READ = 2.0
_SECONDS_UNTIL_SAID = 0.25


class Marking(Reading):
    """Marks by key, and by reading: of what is chosen in the list or, without a choice, of what is selected."""

    def __init__(self, first: FirstFrame, settings: Config) -> None:
        super().__init__(first, settings)
        self._reading: Timer | None = None
        self._entered = -1
        """The article that the person has gone into, while it is yet to be shown; else -1."""
        self._marks = PendingMarks()
        self._saying: Timer | None = None
        """What tells of a change that takes its time."""
        self._known_tags: list[str] = []

    # By reading.

    def subject_shown(self, subject: ArticleContent) -> None:
        """Mark it read unless it is left soon; at once when the person has gone into it."""
        self._stop_reading()
        entered = self._entered
        self.article_left()
        if entered == subject.rowid:
            return
        self._reading = self.set_timer(_SECONDS_UNTIL_READ, lambda: self._read_if_still(subject))

    def subject_failed(self) -> None:
        """What cannot be read is not marked read."""
        self._entered = -1
        self._stop_reading()

    def article_entered(self) -> None:
        """Mark it read, as soon as it is shown: it was chosen."""
        subject = self.article.subject
        self._entered = self.articles.rowid
        if subject is not None and subject.rowid == self._entered == self._wanted:
            self.subject_shown(subject)

    def article_left(self) -> None:
        """Mark read what was entered, also when it is left before it could be shown."""
        entered, self._entered = self._entered, -1
        self._mark_read(entered)

    def original_opened(self, rowid: int) -> None:
        """Mark it read: it is read elsewhere."""
        self._mark_read(rowid)

    def _mark_read(self, rowid: int) -> None:
        rows = self.articles.cached_rows([rowid]) or []
        if rows and not rows[0].read:
            self._mark(rows, MarkChange(read=True), quietly=True)

    def read_on(self) -> None:
        """Look anew for how long the article in the pane is read."""
        subject = self.article.subject
        if subject is not None and subject.rowid == self._wanted != -1:
            self.subject_shown(subject)

    @on(ArticleList.SelectionConfirmed)
    def _take_hold(self) -> None:
        """Whoever takes hold of the article that was there at first reads it from now on."""
        self.read_on()

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.stop()
            self._reading = None

    def _read_if_still(self, subject: ArticleContent) -> None:
        """Mark an article read that has been in the pane all the while."""
        row = self.articles.row
        # Not who is just looking at the list, or writing.
        reading = (self.articles.user_selected or self.article.has_focus) and not self.is_asking
        shown = reading and self.article.subject is subject and self.article.is_on_screen
        if shown and row is not None and row.rowid == subject.rowid and not row.read:
            self._mark([row], MarkChange(read=True), quietly=True)

    # By key.

    def action_toggle_read(self) -> None:
        """Mark what is chosen read, or unread again."""
        self._stop_reading()  # whoever marks an article by hand wants it so
        self._toggle("read")

    def action_toggle_star(self) -> None:
        """Star what is chosen, or take the star away."""
        self._toggle("starred")

    def _toggle(self, mark: Literal["read", "starred"]) -> None:
        if self.articles.defer(partial(self._toggle, mark)):
            return
        rowids = self.meant()
        rows = self.articles.cached_rows(rowids)
        if not rowids:
            self.say("There is no article to mark here.", transient=True)
        elif rows is None:
            self._say_soon(f"Marking {len(rowids):,} articles …")
            self._desk.mark_documents(rowids, mark, None)
        else:
            value = not all(getattr(row, mark) for row in rows)
            self._mark(rows, MarkChange(read=value) if mark == "read" else MarkChange(starred=value))
        self.articles.clear_range()

    def action_all_read(self) -> None:
        """Mark every article of the list read."""
        if self.articles.defer(self.action_all_read):
            return
        rowids = self.articles.view.rowids
        if len(rowids):
            self._stop_reading()
            self._say_soon(f"Marking {len(rowids):,} articles …")
            self._desk.mark_documents(rowids, "read", value=True)
            self.articles.clear_range()
        else:
            self.say("There is no article to mark here.", transient=True)

    def _mark(self, rows: list[Row], change: MarkChange, *, quietly: bool = False) -> None:
        # Shown at once; should writing fail, the list is read anew.
        self.articles.update_rows([self._marks.make(row, change) for row in rows])
        self._desk.mark(rows, change, "" if quietly else describe_change(change))

    def meant(self) -> list[int]:
        """Return the documents that a key is about."""
        return self.articles.selected_range or [self.articles.rowid] * (self.articles.rowid != -1)

    @on(messages.Marked)
    def _show_mark(self, event: messages.Marked) -> None:
        self.articles.update_rows(self._marks.kept(event.rows, event.marks))
        subject = self.article.subject
        if subject is not None and any(row.rowid == subject.rowid and row.tags != subject.tags for row in event.rows):
            self._stale = True
            self._read_again()
        if event.told:
            self.say(event.told)
        self.marks_shown()

    def marks_shown(self) -> None:
        """Called when marks that were made here are on disk."""

    @on(ArticleList.RangeChanged)
    def _show_chosen(self, event: ArticleList.RangeChanged) -> None:
        bar = self.query_one(KeyBar)
        bar.selected_count = event.count
        if event.count:
            bar.clear()  # how many they are matters more than what was done before
        self._show_keys()

    def action_undo(self) -> None:
        """Take back the last change of marks."""
        if self.articles.defer(self.action_undo):
            return
        self._stop_reading()
        self._marks.forget()
        self._say_soon("Undoing …")
        self._desk.undo(again=False)

    def action_redo(self) -> None:
        """Make the change again that was taken back last."""
        if self.articles.defer(self.action_redo):
            return
        self._marks.forget()
        self._say_soon("Doing it again …")
        self._desk.undo(again=True)

    def _say_soon(self, text: str) -> None:
        """Say what is going on, unless it is over in a moment."""
        self.change_done()
        self._saying = self.set_timer(_SECONDS_UNTIL_SAID, lambda: self.say(text))

    def change_done(self) -> None:
        """No more need to say what is going on."""
        if self._saying is not None:
            self._saying.stop()
            self._saying = None

    # Unread articles.

    def action_unread(self, step: int) -> None:
        """Select the next unread article, or the one before."""
        self.articles.to_unread(step)

    @on(ArticleList.UnreadRequested)
    def _look_for_unread(self, event: ArticleList.UnreadRequested) -> None:
        self._desk.next_unread(self.articles.view, event.at, event.step)

    @on(messages.UnreadFound)
    def _show_unread(self, event: messages.UnreadFound) -> None:
        if event.view is self.articles.view:
            self.articles.select_unread(event.at, event.step)
        else:
            self.articles.end_loading()

    # Tags.

    def action_tags(self) -> None:
        """Edit the tags of what is chosen."""
        if self.articles.defer(self.action_tags):
            return
        tagged = self.meant()
        rows = self.articles.cached_rows(tagged)
        if not tagged:
            self.say("There is no article to tag here.", transient=True)
        elif len(tagged) == 1 and rows:
            purpose = Purpose(partial(self._tag, rows[0]), self._offer_tags, refuses=self._refuses_tags)
            self.ask(purpose, "Tags, -tag takes one away: ", ", ".join((*rows[0].tags, "")))
            self._desk.tags()
        else:
            what = f"Tags for {len(tagged):,} articles" if len(tagged) > 1 else "Tags"
            purpose = Purpose(partial(self._tag_many, tagged), self._offer_tags, refuses=self._refuses_tags)
            self.ask(purpose, f"{what}, -tag takes one away: ")
            self._desk.tags()

    @on(messages.TagsLoaded)
    def _take_tags(self, event: messages.TagsLoaded) -> None:
        self._known_tags = event.tags
        if self.entry is not None and self.asks_for(self._offer_tags):
            self._offer_tags(self.entry.text, self.entry.at)

    def _offer_tags(self, text: str, at: int) -> None:
        from reader.tui.widgets.prompt.completion import complete_tag

        if self.entry is not None:
            offer = complete_tag(text, at, self._known_tags)
            self.entry.set_completion(offer)
            self.entry.say("" if offer.words else "Tags, with commas between them.")

    def _refuses_tags(self, text: str) -> bool:
        """Say what is wrong with the first tag that can be none."""
        from reader.core.marks import tag_error
        from reader.tui.widgets.prompt.completion import split_tags

        wrong = next(filter(None, (tag_error(tag.removeprefix("-")) for tag in split_tags(text))), "")
        if wrong and self.entry is not None:
            self.entry.hint(wrong, warning=True)
        return bool(wrong)

    def _tag_many(self, rowids: list[int], text: str) -> None:
        """Give many documents the tags that were entered."""
        from reader.tui.widgets.prompt.completion import split_tags

        given = split_tags(text)
        more = [tag for tag in given if not tag.startswith("-")]
        self._desk.tag_documents(rowids, more, [tag[1:] for tag in given if tag.startswith("-")])
        self.articles.clear_range()

    def _tag(self, row: Row, text: str) -> None:
        """Give an article the tags that were entered; what has become of it meanwhile stays."""
        from reader.tui.widgets.prompt.completion import split_tags

        given = split_tags(text)
        had = {tag.casefold(): tag for tag in row.tags}
        has = {tag.casefold(): tag for tag in given if not tag.startswith("-")}
        gone = {tag[1:].strip().casefold() for tag in given if tag.startswith("-")}
        change = MarkChange(
            add_tags=tuple(tag for key, tag in has.items() if key not in had and key not in gone),
            remove_tags=tuple(tag for key, tag in had.items() if key not in has or key in gone),
        )
        if change == MarkChange():
            self.say("That changes nothing.")
        else:
            self._mark([row], change)
        self.articles.clear_range()
