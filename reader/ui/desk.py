"""Where the main screen leaves its requests: each is carried out in a worker thread and answered by a message.

Nothing here touches a widget. Of requests of one kind (a view, an article) only the
latest is answered.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.message import Message
from textual.widget import Widget
from textual.worker import get_current_worker

from reader.errors import ReaderError
from reader.ui import messages

if TYPE_CHECKING:
    from reader.jobs.beside import Beside
    from reader.jobs.news import Told
    from reader.library.library import Library
    from reader.library.view import Sort
    from reader.model import Row
    from reader.ui.subject import Item, Subject

# What a worker needs is imported by the worker: the list is on screen before it.

KEEPING = "keeping"
"""The group of the workers that write what is to be kept; the app does not end before they have."""
VIEW = "view"
"""The group of the workers that bring views."""
ROWS = "rows"
"""The group of the workers that bring rows."""
_ROWS_AHEAD = 4
"""Screens of rows that come with a view."""


class Desk:
    """Asks ``library`` on behalf of ``screen``."""

    def __init__(self, screen: Widget, library: Library, keeper: Beside | None = None) -> None:
        self._screen = screen
        self._library = library
        self._keeper = keeper
        self._closed = False
        self._marks: deque[tuple[Row, bool, str]] = deque()
        self._marking = threading.Lock()
        self._marks_done = 0
        """Marks that are on disk; rows that were read when there were fewer may be out of date."""

    def begin(self) -> None:
        """Have the folder compared with the index, and watched; what comes of it is told by messages."""

        self._run(self.begin_now, "keeper")

    def begin_now(self) -> None:
        """Do so in this thread, which must not be the screen's."""
        from reader.jobs.beside import keeper_of

        if self._keeper is None:
            self._keeper = keeper_of(self._library)
        if self._closed:  # meanwhile
            self._keeper.close()
        else:
            self._keeper.listen(self._pass_on)

    def close(self) -> None:
        """End that; what is written is kept."""
        self._closed = True
        if self._keeper is not None:
            self._keeper.close()

    def renew(self) -> None:
        """Ask to open the index anew, which is set aside if it is damaged, and to build what is in its place."""

        def work() -> None:
            from reader.jobs.progress import Progress

            if self._keeper is not None:
                self._keeper.close()  # it has the former file open
            self._keeper = None
            self._library.renew()
            self.begin_now()
            self._post(messages.Refreshed(Progress(shown=True)))

        self._run(work, "keeper")

    def _pass_on(self, news: Told) -> None:
        """Tell the screen, from the keeper's thread."""
        from reader.jobs.news import Away, Marks, Said

        if isinstance(news, Said):
            self._post(messages.Said(news.text, warning=news.warning))
        elif isinstance(news, Away):
            self._post(messages.Away(gone=news.gone))
        elif not isinstance(news, Marks):
            self._post(messages.Refreshed(news))
        elif news.version != self._library.marks_counted():  # otherwise they are ours
            self._post(messages.MarksChanged())

    def view(self, sort: Sort, keep: int, height: int, lost: tuple[int, str] | None = None) -> None:
        """Ask for the view of ``sort``, the rows around the article ``keep``, and the counts.

        ``lost`` is the row number and the identity of an article that was selected, and is looked for.
        """

        def work() -> None:
            marks = self._marks_done
            view = self._library.view(sort)
            at = view.find(keep)
            back = None
            if lost is not None:
                rowid, id_ = lost
                places = map(view.find, (rowid, *(self._library.documents_of(id_) if id_ else ())))
                back = next((place for place in places if place is not None), None)
            start = max(0, ((at if back is None else back) or 0) - _ROWS_AHEAD // 2 * height)
            near = view.rowids[start : start + _ROWS_AHEAD * height]
            # And both ends, where a key may lead before others are asked for.
            rows = self._library.rows(list(dict.fromkeys([*near, *view.rowids[:height], *view.rowids[-height:]])))
            types = self._library.has_other_types()
            counts = self._library.counts()
            loaded = messages.ViewLoaded(view, rows, counts, keep=keep, at=at, back=back, types=types, marks=marks)
            self._post_unless_cancelled(loaded)

        self._run(work, VIEW)

    def rows(self, rowids: list[int]) -> None:
        """Ask for rows."""

        def work() -> None:
            marks = self._marks_done
            self._post(messages.RowsLoaded(self._library.rows(rowids), marks))

        self._run(work, ROWS, exclusive=False)

    def document(self, rowid: int, width: int, *, y: int = 0, selected: int = -1, again: bool = False) -> None:
        """Ask for a document, laid out for ``width`` cells, to be shown from line ``y``, or where it is ``again``."""

        def work() -> None:
            from reader.ui.page import fixed
            from reader.ui.subject import of_document

            try:
                subject = of_document(self._library, rowid)
            except ReaderError as error:
                self._post_unless_cancelled(messages.SubjectFailed(error))
                return
            around = fixed(subject, width)
            self._post_unless_cancelled(messages.SubjectLoaded(subject, around, y, selected, again))

        self._run(work, "article")

    def item(self, item: Item, told_by: str, width: int) -> None:
        """Ask for what the document ``told_by`` says of a related item."""

        def work() -> None:
            from reader.ui.page import fixed
            from reader.ui.subject import of_item

            subject = of_item(item, told_by)
            self._post_unless_cancelled(messages.SubjectLoaded(subject, fixed(subject, width)))

        self._run(work, "article")

    def refit(self, subject: Subject, width: int) -> None:
        """Ask for the lines of a subject that is shown already, for another width."""

        def work() -> None:
            from reader.ui.page import fixed

            self._post_unless_cancelled(messages.SubjectRefitted(subject, fixed(subject, width)))

        self._run(work, "refit")

    def refresh(self) -> None:
        """Ask to compare the folder with the index now, and to say what came of it."""
        if self._keeper is not None:
            self._keeper.ask()

    def mark_read(self, row: Row, *, read: bool, told: str = "") -> None:
        """Ask to mark an article, and to say ``told`` when that is on disk. Carried out in the order of asking."""
        self._marks.append((row, read, told))

        def work() -> None:
            # Threads begin in any order; whichever comes first takes what was asked for first.
            with self._marking:
                marked, now_read, words = self._marks.popleft()
                self._library.mark_read([marked.id], read=now_read)
                self._marks_done += 1
                done = self._marks_done
            if not any(later.id == marked.id for later, _, _ in tuple(self._marks)):
                for changed in self._library.rows([marked.rowid]):
                    self._post(messages.Marked(changed, words, done))
            self._post(messages.Counted(self._library.counts()))

        self._run(work, KEEPING, exclusive=False)

    def remember(self, name: str, value: str) -> None:
        """Ask to keep a small fact between runs."""
        self._run(lambda: self._library.remember(name, value), KEEPING, exclusive=False)

    def remember_folder(self) -> None:
        """Ask to keep which folder this is. Not to find it again is no reason to say anything now."""

        def work() -> None:
            with contextlib.suppress(ReaderError):
                self._library.remember_folder()

        self._run(work, KEEPING, exclusive=False)

    def problems(self) -> None:
        """Ask what is wrong with the documents."""
        self._run(lambda: self._post(messages.ProblemsLoaded(self._library.problems())), "problems")

    def open(self, url: str) -> None:
        """Ask to open an address in the person's browser."""

        def work() -> None:
            from reader.ui.addresses import open_address

            self._post(messages.Opened(url, open_address(url)))

        self._run(work, "browser", exclusive=False)

    def _run(self, work: Callable[[], object], group: str, *, exclusive: bool = True) -> None:
        self._screen.run_worker(work, group=group, exclusive=exclusive, thread=True, exit_on_error=False)

    def _post(self, message: Message) -> None:
        self._screen.post_message(message)

    def _post_unless_cancelled(self, message: Message) -> None:
        if not get_current_worker().is_cancelled:
            self._post(message)
