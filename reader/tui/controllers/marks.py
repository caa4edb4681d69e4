"""Marks: read, starred and tags, set by key or by reading, and undo."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from reader.core.marks import MarkChange
from reader.core.text import clean, truncate
from reader.tui.background import WRITES
from reader.tui.prompts import Prompt
from reader.tui.session import Session
from reader.tui.timings import DelayedCall
from reader.tui.widgets.article_list.rows import LocalChange

if TYPE_CHECKING:
    from reader.core.model import Row
    from reader.library.saved_views.store import SavedViews
    from reader.query.ast import Query
    from reader.storage.sqlite.marks.undo import MarkResult
    from reader.tui.widgets.article_pane.content import ArticleContent
    from reader.tui.widgets.panes import Panes
    from reader.tui.widgets.prompt.completion import Completion
    from reader.tui.widgets.prompt.prompt import PromptLine

_SHOWN = 40
"""Characters of a name in a message."""
_NO_ARTICLE = "There is no article to {} here."


class MarksController:
    """Changes the marks of the articles that a key applies to, and marks articles read as they are read."""

    def __init__(
        self,
        session: Session,
        panes: Panes,
        saved_views: Callable[[], SavedViews],
        followers: Sequence[Callable[[MarkResult], str | None]],
    ) -> None:
        """``saved_views`` are undone together with marks; use them only in worker threads.

        Each of the ``followers`` gets an undone step, there too, and returns the sentence about it if it is about a
        file of theirs.
        """
        self._session = session
        self._panes = panes
        self._list = panes.articles
        self._saved_views = saved_views
        self._followers = followers
        self._read_timer = DelayedCall(self._list)
        self._marked_rowid = -1
        """The article that was selected when the user set marks, perhaps before it was shown, or -1."""
        self._running = 0
        """How many changes are running of which the list shows nothing yet: undo, and those of many articles."""
        self._newest = 0
        """The number of the last one that is on disk."""
        self._busy_timer = DelayedCall(self._list)
        """Shows a message when a change takes long."""
        session.first_frame_shown.subscribe(lambda _: session.background.start(self._load_can_undo, "undo"))
        self._known_tags: list[str] = []
        self._tag_hint = ""
        """What the line below the prompt for tags explains."""

    async def _load_can_undo(self) -> None:
        """Find out whether there is something to undo from an earlier session."""
        self._session.set_can_undo(await self._session.background.run(self._session.library.marks.store.can_undo))

    # Marking by reading.

    def article_shown(self, content: ArticleContent) -> None:
        """Mark the article in the pane read if it stays there, and if the settings say so."""
        self._read_timer.stop()
        if content.rowid is None:
            return
        marked, self._marked_rowid = self._marked_rowid, -1
        config = self._session.config
        if config.mark_read == "rest" and content.rowid != marked:
            self._read_timer.start(config.mark_read_after, partial(self._mark_if_still_read, content))

    def article_failed(self) -> None:
        """Cancel: an article that cannot be read is not marked read."""
        self._read_timer.stop()

    def restart_read_timer(self) -> None:
        """Restart the timer that marks the article in the pane read."""
        content = self._panes.article.content
        if content is not None and content.rowid == self._list.rowid != -1:
            self.article_shown(content)

    def mark_read(self, rowid: int) -> None:
        """Mark an article read because the user has opened it: without a message, and not as a step of undo."""
        if rowid == -1 or self._session.config.mark_read == "never":
            return
        change, rows = MarkChange(read=True), self._list.rows.get_all([rowid])

        def save() -> str:
            self._session.library.marks.apply_to_rows([rowid], change, undoable=False)
            return ""

        if rows is None or self._is_list_outdated:  # not in the list: a related article that the query does not find
            self._write(save)
        elif not rows[0].read:
            self._mark(rows, change, by_user=False)

    @property
    def _is_list_outdated(self) -> bool:
        """Whether marks may have changed without the list, so that only the disk knows what a key changes."""
        return bool(self._running) or self._list.rows.saved_changes < self._newest

    def _stop_marking_read(self) -> None:
        """Leave the selected article as the user marks it."""
        self._read_timer.stop()
        self._marked_rowid = self._list.rowid

    def _mark_if_still_read(self, content: ArticleContent) -> None:
        pane, row = self._panes.article, self._list.row
        # Not while the user only looks at the list, or types.
        is_reading = (self._list.user_selected or pane.has_focus) and not self._session.prompts.is_open
        is_shown = is_reading and pane.content is content and pane.is_on_screen
        if is_shown and row is not None and row.rowid == content.rowid and not row.read:
            self.mark_read(row.rowid)

    # Marking by key. ``rowids`` are the articles that the key applies to.

    def toggle(self, mark: Literal["read", "starred"], rowids: Sequence[int]) -> None:
        """Set a mark, or remove it if all the articles have it."""
        if mark == "read":
            self._stop_marking_read()
        rows = self._list.rows.get_all(rowids)
        if not rowids:
            self._session.show_message(_NO_ARTICLE.format("mark"), transient=True)
        elif rows is None or self._is_list_outdated:
            self._mark_many(partial(self._session.library.marks.toggle, rowids, mark), self._of(rowids))
        else:
            value = not all(getattr(row, mark) for row in rows)
            change = MarkChange(read=value) if mark == "read" else MarkChange(starred=value)
            self._mark(rows, change, of=self._of(rowids))
        self._list.clear_range()

    def _of(self, rowids: Sequence[int]) -> str:
        """Return what articles are of, for messages: the selected story, if they are all of it."""
        is_story = len(rowids) > 1 and rowids == self._list.order.articles_of(self._list.rowid)
        return " of the story" if is_story else ""

    def mark_all_read(self, selected: tuple[str, Query | None] | None) -> None:
        """Mark every article of the list read or, if a line of the sidebar is ``selected``, every one of that."""
        library, order = self._session.library, self._session.order
        name, query = selected or ("", None)
        if query is None and (selected is not None or not len(order.all_rowids)):
            self._session.show_message(_NO_ARTICLE.format("mark"), transient=True)
            return

        def mark() -> MarkResult:
            rowids = order.all_rowids if query is None else library.search.run(query, order.sort).order().rowids
            return library.marks.apply_to_rows(rowids, MarkChange(read=True))

        self._stop_marking_read()
        self._mark_many(mark, f" of “{truncate(name, _SHOWN)}”" if name else "")
        self._list.clear_range()

    def _mark(self, rows: list[Row], change: MarkChange, *, by_user: bool = True, of: str = "") -> None:
        """Change the marks of rows: at once on the screen, then on disk."""
        local = LocalChange(frozenset(row.id for row in rows), change)
        self._list.mark(local)

        def save() -> str:
            description = self._session.library.marks.apply(local.ids, change, undoable=by_user).description
            message = _describe(change) if len(rows) == 1 else self._of_many(description, of)
            return message if by_user else ""

        self._write(save, [change.applied_to(row) for row in rows], local)

    def _mark_many(self, mark: Callable[[], MarkResult], of: str) -> None:
        self._announce(f"Marking the articles{of} …")
        self._write(lambda: self._of_many(mark().description, of))

    def _of_many(self, description: str, of: str = "") -> str:
        """Return the message for a change of many articles, with what they are ``of``, and how to undo it."""
        described = re.sub(r"(\d articles?)\b", rf"\1{of}", description, count=1)
        return f"{described}. {self._session.undo_hint}" if description else "Nothing changed."

    def undo(self, *, redo: bool = False) -> None:
        """Undo the last change of marks or views; with ``redo``, redo the change undone last."""
        if not redo:
            self._stop_marking_read()
        self._announce("Redoing …" if redo else "Undoing …")

        def undo_or_redo() -> str:
            step = self._saved_views().undo(redo=redo)
            if step is None:
                return f"There is nothing to {'redo' if redo else 'undo'}."
            return next(filter(None, (follow(step) for follow in self._followers)), step.sentence)

        self._write(undo_or_redo)

    def _write(
        self, save: Callable[[], str], rows: Sequence[Row] | None = None, local: LocalChange | None = None
    ) -> None:
        """Call ``save`` in a worker thread, and show the message it returns.

        ``rows`` are those it changes, as the list shows them already because of ``local``. Without them, it may change
        any article, and the list is loaded again; so it is if ``save`` fails.
        """
        session = self._session
        can_undo = session.can_undo
        self._running += local is None

        def save_and_count() -> str:
            nonlocal can_undo
            message = save()
            can_undo = session.library.marks.store.can_undo()
            session.saved_changes += 1
            if local is not None:
                local.number = session.saved_changes
            else:
                self._newest = session.saved_changes
            return message

        async def job() -> None:
            try:
                message = await session.background.write(save_and_count)
            except Exception:
                if local is not None:
                    self._list.rows.forget_change(local)
                session.marks_changed.publish(None)
                raise
            finally:
                if local is None:
                    self._running -= 1
                    self._busy_timer.stop()
            session.marks_changed.publish(rows)
            session.set_can_undo(can_undo)
            self._show(message)
            if local is not None and local.change.add_tags:  # read again, since tags keep their first spelling
                self._list.post_message(self._list.RowsRequested([row.rowid for row in rows or ()]))
            if local is None or local.change.read is not None:
                from reader.tui.loaders.article_list import count

                await count(session)

        session.background.start(job, WRITES, exclusive=False)

    def _show(self, message: str) -> None:
        if not message:
            return
        is_saved = self._session.library.marks.store.is_saved
        until = "" if is_saved else " Only until you quit: marks cannot be saved."
        self._session.show_message(message + until, warning=not is_saved)

    def _announce(self, message: str) -> None:
        """Show a message, unless the change ends in a moment."""
        delay = self._session.timings.until_busy_message
        self._busy_timer.start(delay, lambda: self._session.show_message(message))

    # Tags.

    def edit_tags(self, rowids: Sequence[int]) -> None:
        """Ask for the tags of articles."""
        rows = self._list.rows.get_all(rowids)
        if not rowids:
            self._session.show_message(_NO_ARTICLE.format("tag"), transient=True)
            return
        row = rows[0] if len(rowids) == 1 and rows else None
        text = "" if row is None else ", ".join((*row.tags, ""))
        label = "Tags: " if row is not None else f"Tags for {len(rowids):,} articles{self._of(rowids)}: "
        several = "" if row is not None else "Adds tags to all of them; -tag removes one. "
        self._tag_hint = f"{several}Separate tags with commas."
        tag = partial(self._tag, rowids, row, self._of(rowids))
        prompt = Prompt(tag, self._show_tag_hint, rejects=self._is_bad_tag, complete=self._complete_tag)
        self._session.prompts.open(prompt, label, text)
        self._session.background.start(self._load_tags, "tags")

    async def _load_tags(self) -> None:
        self._known_tags = await self._session.background.run(self._session.library.marks.store.tags)
        self._session.prompts.update(self._show_tag_hint)

    def _complete_tag(self, text: str, cursor: int) -> Completion:
        from reader.tui.widgets.prompt.completion import complete_tag

        return complete_tag(text, cursor, self._known_tags)

    def _show_tag_hint(self, line: PromptLine) -> None:
        line.show_hint(self._tag_hint)

    def _is_bad_tag(self, line: PromptLine) -> bool:
        from reader.core.marks import tag_error
        from reader.tui.widgets.prompt.completion import split_tags

        faults = (tag_error(tag.removeprefix("-")) for tag in split_tags(clean(line.text)))
        fault = next(filter(None, faults), "")
        if fault:
            line.hint(fault, warning=True)
        return bool(fault)

    def _tag(self, rowids: Sequence[int], row: Row | None, of: str, text: str) -> None:
        """Add and remove tags; of one article, ``row``, the text names all tags, but those added meanwhile stay."""
        from reader.tui.widgets.prompt.completion import split_tags

        given = split_tags(text)
        add = {tag.casefold(): tag for tag in given if not tag.startswith("-")}
        remove = {tag[1:].strip().casefold(): tag[1:] for tag in given if tag.startswith("-")}
        if row is not None:
            had = {tag.casefold(): tag for tag in row.tags}
            missing = {key: tag for key, tag in had.items() if key not in add or key in remove}
            add = {key: tag for key, tag in add.items() if key not in had and key not in remove}
            remove = missing
        change = MarkChange(add_tags=tuple(add.values()), remove_tags=tuple(remove.values()))
        if row is None:
            self._mark_many(partial(self._session.library.marks.apply_to_rows, rowids, change), of)
        elif change == MarkChange():
            self._session.show_message("Nothing changed.")
        else:
            self._mark([row], change)
        self._list.clear_range()


def _describe(change: MarkChange) -> str:
    """Return a message for the change of one article."""
    parts = []
    if change.read is not None:
        parts.append("Marked read." if change.read else "Marked unread.")
    if change.starred is not None:
        parts.append("Starred." if change.starred else "Star removed.")
    if change.add_tags:
        parts.append(f"Tagged {', '.join(change.add_tags)}.")
    if change.remove_tags:
        parts.append(f"Removed {', '.join(change.remove_tags)}.")
    return " ".join(parts)
