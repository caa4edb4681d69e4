"""Marks: read, starred and tags, by key and by reading, and undo."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeVar

from reader.core.marks import MarkChange
from reader.tui.background import WRITES
from reader.tui.prompts import Prompt
from reader.tui.session import MarksChange, Session
from reader.tui.widgets.article_list.pending_marks import PendingMarks, describe_change

if TYPE_CHECKING:
    from textual.timer import Timer

    from reader.core.model import Row
    from reader.library.saved_views.store import SavedViews
    from reader.tui.widgets.article_pane.content import ArticleContent
    from reader.tui.widgets.panes import Panes

T = TypeVar("T")
_NO_ARTICLE = "There is no article to {} here."


class MarksController:
    """Marks the articles that a key is about, and those that have been read."""

    def __init__(
        self, session: Session, panes: Panes, pending: PendingMarks, saved_views: Callable[[], SavedViews]
    ) -> None:
        """``saved_views`` are undone together with marks; they are only used in worker threads."""
        self._session = session
        self._panes = panes
        self._list = panes.articles
        self._pending = pending
        self._saved_views = saved_views
        self._read_timer: Timer | None = None
        self._entered_rowid = -1
        """The article that the user has gone into before it was shown; else -1."""
        self._busy_timer: Timer | None = None
        """Says what is going on when a change takes its time."""
        self._known_tags: list[str] = []

    # By reading.

    def article_shown(self, content: ArticleContent) -> None:
        """Mark the article in the pane read if it stays there; at once when the user has gone into it."""
        self._stop_read_timer()
        if content.rowid is None:
            return
        entered = self._entered_rowid
        self.article_left()
        if entered != content.rowid:
            delay = self._session.timings.until_read
            self._read_timer = self._list.set_timer(delay, partial(self._mark_if_still_read, content))

    def article_failed(self) -> None:
        """What cannot be read is not marked read."""
        self._entered_rowid = -1
        self._stop_read_timer()

    def article_entered(self, *, is_shown: bool) -> None:
        """Mark the selected article read, as soon as it is shown."""
        self._entered_rowid = self._list.rowid
        if is_shown:
            self.restart_read_timer()

    def article_left(self) -> None:
        """Mark read what was entered, even when it is left before it could be shown."""
        entered, self._entered_rowid = self._entered_rowid, -1
        self.mark_read(entered)

    def restart_read_timer(self) -> None:
        """Begin to count again how long the article in the pane is read."""
        content = self._panes.article.content
        if content is not None and content.rowid == self._list.rowid != -1:
            self.article_shown(content)

    def mark_read(self, rowid: int) -> None:
        """Mark an article of the list read, without a word."""
        rows = self._list.cached_rows([rowid]) or []
        if rows and not rows[0].read:
            self._mark(rows, MarkChange(read=True), quietly=True)

    def _stop_read_timer(self) -> None:
        if self._read_timer is not None:
            self._read_timer.stop()
            self._read_timer = None

    def _mark_if_still_read(self, content: ArticleContent) -> None:
        pane, row = self._panes.article, self._list.row
        # Not while the user just looks at the list, or writes.
        is_reading = (self._list.user_selected or pane.has_focus) and not self._session.prompts.is_open
        is_shown = is_reading and pane.content is content and pane.is_on_screen
        if is_shown and row is not None and row.rowid == content.rowid and not row.read:
            self._mark([row], MarkChange(read=True), quietly=True)

    # By key. ``rowids`` are the articles that the key is about.

    def toggle(self, mark: Literal["read", "starred"], rowids: Sequence[int]) -> None:
        """Set a mark, or remove it where all the articles have it."""
        if mark == "read":
            self._stop_read_timer()  # a mark by hand stays
        rows = self._list.cached_rows(rowids)
        if not rowids:
            self._session.show_message(_NO_ARTICLE.format("mark"), transient=True)
        elif rows is None:
            self._mark_many(rowids, mark, None)
        else:
            value = not all(getattr(row, mark) for row in rows)
            self._mark(rows, MarkChange(read=value) if mark == "read" else MarkChange(starred=value))
        self._list.clear_range()

    def mark_all_read(self) -> None:
        """Mark every article of the list read."""
        rowids = self._session.order.rowids
        if not len(rowids):
            self._session.show_message(_NO_ARTICLE.format("mark"), transient=True)
            return
        self._stop_read_timer()
        self._mark_many(rowids, "read", value=True)
        self._list.clear_range()

    def _mark(self, rows: list[Row], change: MarkChange, *, quietly: bool = False) -> None:
        """Change the marks of rows: on the screen at once, and on disk."""
        self._list.update_rows([self._pending.apply(row, change) for row in rows])
        self._write(partial(self._save, rows, change, quietly=quietly))

    async def _save(self, rows: list[Row], change: MarkChange, *, quietly: bool) -> None:
        library, session = self._session.library, self._session

        def save() -> tuple[str, list[Row], int]:
            marked = library.marks.apply([row.id for row in rows], change)
            session.saved_changes += 1
            return marked.description, library.articles.rows([row.rowid for row in rows]), session.saved_changes

        description, saved_rows, number = await session.background.write(save)
        self._list.update_rows(self._pending.confirm(saved_rows, number))
        if not quietly:
            self._show(describe_change(change) if len(rows) == 1 else _of_many(description))
        session.marks_changed.publish(MarksChange(tuple(saved_rows), by_query=False))

    def _mark_many(self, rowids: Sequence[int], mark: Literal["read", "starred"], value: bool | None) -> None:
        self._announce(f"Marking {len(rowids):,} articles …")
        library = self._session.library
        self._change_many(lambda: library.marks.set_or_toggle(rowids, mark, value).description)

    def _change_many(self, change: Callable[[], str]) -> None:
        async def job() -> None:
            self._tell_changed(_of_many(await self._session.background.write(lambda: self._counted(change))))

        self._write(job)

    def _tell_changed(self, message: str) -> None:
        self._stop_busy_timer()
        self._session.marks_changed.publish(MarksChange())
        self._show(message)

    def undo(self, *, redo: bool = False) -> None:
        """Undo the last change of marks or views; with ``redo``, repeat the change that was undone last."""
        if not redo:
            self._stop_read_timer()
        self._pending.clear()
        self._announce("Redoing …" if redo else "Undoing …")

        async def job() -> None:
            step = await self._session.background.write(
                lambda: self._counted(lambda: self._saved_views().undo(redo=redo))
            )
            nothing = "There is nothing to redo." if redo else "There is nothing to undo."
            self._tell_changed(nothing if step is None else step.sentence)

        self._write(job)

    def _counted(self, change: Callable[[], T]) -> T:
        result = change()
        self._session.saved_changes += 1
        return result

    def _write(self, job: Callable[[], Awaitable[object]]) -> None:
        """Run a job that changes marks, take back what it showed should it fail, and count anew."""

        async def guarded() -> None:
            session = self._session
            try:
                await job()
            except Exception:
                self._stop_busy_timer()
                self._pending.clear()
                session.marks_changed.publish(MarksChange())  # what the list shows was not saved
                raise
            session.set_counts(await session.background.run(session.library.counts))

        self._session.background.start(guarded, WRITES, exclusive=False)

    def _show(self, message: str) -> None:
        if not message:
            return
        if not self._session.library.marks.are_saved:
            message = f"{message} Only until you quit: marks cannot be saved."
        self._session.show_message(message)

    def _announce(self, message: str) -> None:
        """Say what is going on, unless it is over in a moment."""
        self._stop_busy_timer()
        delay = self._session.timings.until_busy_message
        self._busy_timer = self._list.set_timer(delay, lambda: self._session.show_message(message))

    def _stop_busy_timer(self) -> None:
        if self._busy_timer is not None:
            self._busy_timer.stop()
            self._busy_timer = None

    # Tags.

    def edit_tags(self, rowids: Sequence[int]) -> None:
        """Ask for the tags of articles."""
        rows = self._list.cached_rows(rowids)
        if not rowids:
            self._session.show_message(_NO_ARTICLE.format("tag"), transient=True)
            return
        if len(rowids) == 1 and rows:
            on_submit: Callable[[str], object] = partial(self._tag_one, rows[0])
            label, text = "Tags", ", ".join((*rows[0].tags, ""))
        else:
            on_submit = partial(self._tag_many, rowids)
            label, text = f"Tags for {len(rowids):,} articles" if len(rowids) > 1 else "Tags", ""
        prompt = Prompt(on_submit, self._complete_tag, rejects=self._is_bad_tag)
        self._session.prompts.open(prompt, f"{label}, -tag takes one away: ", text)
        self._session.background.start(self._load_tags, "tags")

    async def _load_tags(self) -> None:
        self._known_tags = await self._session.background.run(self._session.library.marks.tags)
        line = self._session.prompts.line
        if line is not None and self._session.prompts.asks_for(self._complete_tag):
            self._complete_tag(line.text, line.cursor)

    def _complete_tag(self, text: str, cursor: int) -> None:
        from reader.tui.widgets.prompt.completion import complete_tag

        line = self._session.prompts.line
        if line is not None:
            completion = complete_tag(text, cursor, self._known_tags)
            line.set_completion(completion)
            line.show_hint("" if completion.words else "Separate tags with commas.")

    def _is_bad_tag(self, text: str) -> bool:
        from reader.core.marks import tag_error
        from reader.tui.widgets.prompt.completion import split_tags

        faults = (tag_error(tag.removeprefix("-")) for tag in split_tags(text))
        fault = next(filter(None, faults), "")
        line = self._session.prompts.line
        if fault and line is not None:
            line.hint(fault, warning=True)
        return bool(fault)

    def _tag_many(self, rowids: Sequence[int], text: str) -> None:
        from reader.tui.widgets.prompt.completion import split_tags

        given = split_tags(text)
        add = [tag for tag in given if not tag.startswith("-")]
        remove = [tag[1:] for tag in given if tag.startswith("-")]
        library = self._session.library
        self._change_many(
            lambda: (
                library.marks.apply_to_rows(
                    rowids, MarkChange(add_tags=tuple(add), remove_tags=tuple(remove))
                ).description
            )
        )
        self._list.clear_range()

    def _tag_one(self, row: Row, text: str) -> None:
        """Give an article the tags that were entered; tags it got meanwhile stay."""
        from reader.tui.widgets.prompt.completion import split_tags

        given = split_tags(text)
        had = {tag.casefold(): tag for tag in row.tags}
        has = {tag.casefold(): tag for tag in given if not tag.startswith("-")}
        removed = {tag[1:].strip().casefold() for tag in given if tag.startswith("-")}
        change = MarkChange(
            add_tags=tuple(tag for key, tag in has.items() if key not in had and key not in removed),
            remove_tags=tuple(tag for key, tag in had.items() if key not in has or key in removed),
        )
        if change == MarkChange():
            self._session.show_message("Nothing changed.")
        else:
            self._mark([row], change)
        self._list.clear_range()


def _of_many(description: str) -> str:
    """Return what to say of a change of many articles, and how to take it back."""
    return f"{description}. u undoes it." if description else "Nothing changed."
