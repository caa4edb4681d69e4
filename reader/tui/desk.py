"""Where the main screen leaves its requests: each is carried out in a worker thread and answered by a message.

Nothing here touches a widget. Of requests of one kind (a view, an article) only the
latest is answered.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from textual.message import Message
from textual.widget import Widget
from textual.worker import get_current_worker

from reader.core.errors import ReaderError
from reader.tui import messages
from reader.tui.views_desk import ViewsDesk

if TYPE_CHECKING:
    from reader.core.marks import MarkChange
    from reader.core.model import Row
    from reader.core.ordering import ArticleOrder, ListPosition, Sort
    from reader.images.model import RenderedImage
    from reader.indexing.events import UpdaterEvent
    from reader.indexing.remote import UpdaterHandle
    from reader.library.library import Library
    from reader.library.saved_views.store import SavedViews
    from reader.query.ast import Query
    from reader.storage.sqlite.marks.positions import PositionKind
    from reader.tui.widgets.article_pane.content import ArticleContent, RelatedItem
    from reader.workers.body_parser import BodyParser

# What a worker needs is imported by the worker: the list is on screen before it.

KEEPING = "keeping"
"""The group of the workers that write what is to be kept; the app does not end before they have."""
VIEW = "view"
"""The group of the workers that bring views."""
ROWS = "rows"
"""The group of the workers that bring rows."""
BACKUP = "backup"
"""The group of the worker that backs the marks up."""
UNREAD = "unread"
"""The group of the workers that look for an unread article."""
_SECONDS_BETWEEN_RENEWALS = 10.0
_ROWS_AHEAD = 4
"""Screens of rows that come with a view,"""
_ROWS_FOUND = 2
"""and with what a query finds."""


class Desk:
    """Asks ``library`` on behalf of ``screen``."""

    def __init__(self, screen: Widget, library: Library, keeper: UpdaterHandle | None = None) -> None:
        self._screen = screen
        self._library = library
        self._keeper = keeper
        self.views = ViewsDesk(library, self.run, self._post)
        self._bodies: BodyParser | None = None
        self._making = threading.Lock()
        self._closed = False
        self._asked = False
        """Whether a refresh was asked for while there was no keeper."""
        self._renewed = -math.inf
        """When the index was opened anew the last time."""
        self._changes: deque[Callable[[], object]] = deque()
        self._changing = threading.Lock()
        self._marks_done = 0
        """Changes of marks that are on disk; rows that were read when there were fewer may be out of date."""

    def begin(self) -> None:
        """Have the folder compared with the index, and watched; what comes of it is told by messages."""

        self.run(self.begin_now, "keeper")

    def begin_now(self) -> None:
        """Do so in this thread, which must not be the screen's."""
        from reader.indexing.remote import create_updater

        if self._keeper is None:
            self._keeper = create_updater(self._library)
        if self._closed:  # meanwhile
            self._keeper.close()
        else:
            self._keeper.listen(self._pass_on)
            if self._asked:
                self._keeper.refresh()

    def close(self) -> None:
        """End that; what is written is kept."""
        self._closed = True
        self.views.close()
        with self._making:
            if self._bodies is not None:
                self._bodies.close()
        if self._keeper is not None:
            self._keeper.close()

    def bodies(self) -> BodyParser:
        """Return what parses the bodies of documents; for workers."""
        from reader.workers.body_parser import BodyParser

        with self._making:
            if self._bodies is None:
                self._bodies = BodyParser()
                if self._closed:
                    self._bodies.close()
            return self._bodies

    def renew(self) -> None:
        """Ask to open the index anew, which is set aside if it is damaged, and to build what is in its place.

        On a disk that damages every index that is not done again and again: not sooner than after ten seconds.
        """
        if time.monotonic() < self._renewed + _SECONDS_BETWEEN_RENEWALS:
            return
        self._renewed = time.monotonic()

        def work() -> None:
            from reader.indexing.events import INDEX_DAMAGED

            if self._keeper is not None:
                self._keeper.close()  # it has the former file open
            self._keeper = None
            self._library.renew()
            self._post(messages.Said(INDEX_DAMAGED, warning=True))
            self.begin_now()
            self._post(messages.ListsChanged())

        self.run(work, "keeper")

    def _pass_on(self, news: UpdaterEvent) -> None:
        """Tell the screen, from the keeper's thread."""
        from reader.indexing.events import FolderAway, IndexChanged, MarksChanged, Notice

        if isinstance(news, Notice):
            self._post(messages.Said(news.text, warning=news.warning))
        elif isinstance(news, FolderAway):
            self._post(messages.Away(gone=news.gone))
        elif isinstance(news, IndexChanged):
            self._post(messages.ListsChanged())
        elif not isinstance(news, MarksChanged):
            self._post(messages.Refreshed(news))
        elif news.version != self._library.marks.counted_version:  # otherwise they are ours
            self._post(messages.MarksChanged())

    def view(
        self,
        sort: Sort,
        keep: int,
        height: int,
        *,
        lost: tuple[int, str] | None = None,
        query: Query | None = None,
        held: Sequence[int] = (),
        placed: bool = False,
    ) -> None:
        """Ask for what ``query`` finds, or everything, in the order of ``sort``, the rows around ``keep``, the counts.

        ``lost`` is the row number and the identity of an article that was selected, and is looked for.
        Those of ``held`` that do not match stay in the view. With ``placed``, it is told at
        which article the view was left, once the folder was read to its end.
        """

        def work() -> None:
            from reader.core.ordering import list_key
            from reader.query.parser import format_query

            marks = self._marks_done
            found = self._found(query, sort, held)
            if found is None:
                return  # another query has taken the place of this one
            view, fallen = found
            at = view.index_of(keep)
            back = None
            if lost is not None:
                rowid, id_ = lost
                places = map(view.index_of, (rowid, *(self._library.articles.rowids(id_) if id_ else ())))
                back = next((place for place in places if place is not None), None)
            name = list_key(view.sort, "" if query is None else format_query(query))
            counts = self._library.counts()
            place = self._library.positions.index_in(name, view) if placed and counts.complete else None
            near_at = place[0] if place is not None else (at if back is None else back) or 0
            start = max(0, near_at - _ROWS_AHEAD // 2 * height)
            # Less while somebody writes a query: the next key wants other rows.
            near = view.rowids[
                start : start + (_ROWS_FOUND if query is not None and not near_at else _ROWS_AHEAD) * height
            ]
            # And both ends, where a key may lead before others are asked for.
            rows = self._library.articles.rows(
                list(dict.fromkeys([*near, *view.rowids[:height], *view.rowids[-height:]]))
            )
            types = self._library.articles.has_other_types()
            loaded = messages.ViewLoaded(
                view,
                rows,
                counts,
                keep=keep,
                at=at,
                back=back,
                types=types,
                marks=marks,
                sort=sort,
                query=query,
                fallen=fallen,
                name=name,
                place=place,
            )
            self._post_unless_cancelled(loaded)

        self.run(work, VIEW)

    def _found(
        self, query: Query | None, sort: Sort, held: Sequence[int]
    ) -> tuple[ArticleOrder, frozenset[int]] | None:
        """Return the view, and which of ``held`` do not match; None once nobody waits for it any more."""
        if query is None:
            return self._library.articles.order(sort), frozenset()
        from reader.storage.sqlite.search.evaluate import StoppedError

        worker = get_current_worker()

        def stop() -> bool:
            return worker.is_cancelled

        try:
            found = self._library.search.run(query, sort, stop=stop)
            fallen = found.unmatched(held)
            return found.order(stop, fallen), fallen
        except StoppedError:
            return None

    def values(self) -> None:
        """Ask what the fields of articles hold, to be offered to somebody who writes a query."""

        def work() -> None:
            from reader.query.ast import VALUE_FIELDS

            values = {kind: [each.value for each in self._library.search.values(kind)] for kind in VALUE_FIELDS}
            self._post(messages.ValuesCounted(values))

        self.run(work, "values")

    def former_queries(self, past: str) -> None:
        """Ask for former queries; ``past`` is their name."""

        def work() -> None:
            from reader.tui.widgets.prompt.completion import parse_history

            self._post(messages.FormerQueries(parse_history(self._library.settings.get(past))))

        self.run(work, "queries")

    def remember_query(self, past: str, query: str) -> None:
        """Ask to keep a query with the former ones, whichever window they are of; ``past`` is their name."""

        def work() -> None:
            from reader.tui.widgets.prompt.completion import history_with, parse_history

            self._library.settings.update(past, lambda kept: history_with(parse_history(kept), query))

        self._change(work, counting=False)

    def rows(self, rowids: list[int]) -> None:
        """Ask for rows."""

        def work() -> None:
            marks = self._marks_done
            self._post(messages.RowsLoaded(self._library.articles.rows(rowids), marks))

        self.run(work, ROWS, exclusive=False)

    def document(
        self,
        rowid: int,
        width: int,
        *,
        y: int | None = None,
        selected: int = -1,
        again: bool = False,
        lead: tuple[str, RenderedImage] | None = None,
    ) -> None:
        """Ask for a document, laid out for ``width`` cells, to be shown where it was left.

        Or from line ``y``, or where it is ``again``. ``lead`` is a picture to show, if it is still the document's.
        """

        def work() -> None:
            from reader.tui.widgets.article_pane.content import load_content
            from reader.tui.widgets.article_pane.lines import lay_out_pane

            try:
                subject = load_content(self._library, rowid, self.bodies())
            except ReaderError as error:
                self._post_unless_cancelled(messages.SubjectFailed(error))
                return
            picture = lead[1] if lead and subject.images and subject.images[0].url == lead[0] else None
            around = lay_out_pane(subject, width, picture=picture)
            place = self._library.positions.article(subject.id) if y is None and subject.id else None
            self._post_unless_cancelled(
                messages.SubjectLoaded(subject, around, y or 0, selected=selected, again=again, place=place)
            )

        self.run(work, "article")

    def item(self, item: RelatedItem, described_by: str, width: int) -> None:
        """Ask for what the document ``described_by`` says of a related item."""

        def work() -> None:
            from reader.tui.widgets.article_pane.content import content_of_item
            from reader.tui.widgets.article_pane.lines import lay_out_pane

            subject = content_of_item(item, described_by)
            self._post_unless_cancelled(messages.SubjectLoaded(subject, lay_out_pane(subject, width)))

        self.run(work, "article")

    def refit(self, subject: ArticleContent, width: int, picture: RenderedImage | None = None) -> None:
        """Ask for the lines of a subject that is shown already, for another width or with another picture."""

        def work() -> None:
            from reader.tui.widgets.article_pane.lines import lay_out_pane

            self._post_unless_cancelled(
                messages.SubjectRefitted(subject, lay_out_pane(subject, width, picture=picture))
            )

        self.run(work, "refit")

    def refresh(self) -> None:
        """Ask to compare the folder with the index now, and to say what came of it."""
        if self._keeper is not None:
            self._keeper.refresh()
        else:
            self._asked = True  # it is about to begin

    # Marks: carried out in the order of asking.

    def mark(self, rows: Sequence[Row], change: MarkChange, told: str = "") -> None:
        """Ask to mark articles, and to say ``told`` when that is on disk; of several, how many they were."""

        def work() -> None:
            marked = self._library.marks.apply([row.id for row in rows], change)
            self._marks_done += 1
            words = self._lasting(told if len(rows) == 1 else _of_many(marked.description))
            self._post(
                messages.Marked(self._library.articles.rows([row.rowid for row in rows]), words, self._marks_done)
            )

        self._change(work)

    def mark_documents(self, rowids: Sequence[int], mark: Literal["read", "starred"], value: bool | None) -> None:
        """Ask to mark many documents' articles; without a ``value``, so that they all have it, or have it no more."""
        self._change_many(lambda: self._library.marks.set_or_toggle(rowids, mark, value).description)

    def tag_documents(self, rowids: Sequence[int], add: Sequence[str], remove: Sequence[str]) -> None:
        """Ask to add tags to many documents' articles, and to take tags from them."""
        from reader.core.marks import MarkChange

        change = MarkChange(add_tags=tuple(add), remove_tags=tuple(remove))
        self._change_many(lambda: self._library.marks.apply_to_rows(rowids, change).description)

    def undo(self, *, again: bool) -> None:
        """Ask to undo the last change, or to do it ``again``."""

        def work() -> None:
            undone = self.views.undo(again=again)
            self._marks_done += 1
            none = "There is nothing to do again." if again else "There is nothing to undo."
            self._post(messages.MarksChanged(none if undone is None else undone))

        self._change(work)

    def change_views(self, change: Callable[[SavedViews], str], otherwise: str = "") -> None:
        """Ask to change the saved views; ``otherwise`` is said when nothing was changed."""
        self._change(lambda: self.views.change(change, otherwise), counting=False)

    def _change_many(self, change: Callable[[], str]) -> None:
        def work() -> None:
            told = change()
            self._marks_done += 1
            self._post(messages.MarksChanged(self._lasting(_of_many(told))))

        self._change(work)

    def _lasting(self, told: str) -> str:
        """Return what to say of a change, and when it does not last, that too."""
        return (
            told if self._library.marks.are_saved or not told else f"{told} Only until you quit: marks cannot be kept."
        )

    def _change(self, change: Callable[[], object], *, counting: bool = True) -> None:
        self._changes.append(change)

        def work() -> None:
            # Threads begin in any order; whichever comes first takes what was asked for first.
            with self._changing:
                self._changes.popleft()()
            if counting:
                self._post(messages.Counted(self._library.counts()))

        self.run(work, KEEPING, exclusive=False)

    def next_unread(self, view: ArticleOrder, at: int, step: int) -> None:
        """Ask for the first unread article of ``view`` from the place ``at`` on, down (1) or up (-1)."""
        found = self._library.articles.next_unread
        self.run(lambda: self._post(messages.UnreadFound(view, found(view, at, step), step)), UNREAD)

    def tags(self) -> None:
        """Ask for every tag there is."""
        self.run(lambda: self._post(messages.TagsLoaded(self._library.marks.tags())), "tags")

    # The rest.

    def remember(self, name: str, value: str) -> None:
        """Ask to keep a small fact between runs."""
        self.run(lambda: self._library.settings.set(name, value), KEEPING, exclusive=False)

    def left_article(self, id_: str, position: int, of: PositionKind = "article") -> None:
        """Ask to keep where in an article, or in its full text, the person is."""
        self._library.positions.set_article(id_, position, of)
        self.run(self._library.positions.write, KEEPING, exclusive=False)

    def left_view(self, name: str, place: ListPosition) -> None:
        """Ask to keep at which article of a view the person is."""
        self._library.positions.set_list(name, place)
        self.run(self._library.positions.write, KEEPING, exclusive=False)

    def remember_folder(self) -> None:
        """Ask to keep which folder this is. Not to find it again is no reason to say anything now."""

        def work() -> None:
            with contextlib.suppress(ReaderError):
                self._library.remember_folder()

        self.run(work, KEEPING, exclusive=False)

    def back_up(self) -> None:
        """Ask for the day's backup of the marks, if one is due."""
        self.run(self._library.marks.backup_if_due, BACKUP)

    def problems(self) -> None:
        """Ask what is wrong with the documents."""
        self.run(lambda: self._post(messages.ProblemsLoaded(self._library.articles.problems())), "problems")

    def open(self, url: str, rowid: int) -> None:
        """Ask to open an address in the person's browser: that of a document, or with -1 of something else."""

        def work() -> None:
            from reader.tui.addresses import open_address

            self._post(messages.Opened(url, open_address(url), rowid))

        self.run(work, "browser", exclusive=False)

    def run(self, work: Callable[[], object], group: str, *, exclusive: bool = True) -> None:
        """Carry something out in a worker thread; of those of an ``exclusive`` group, the latest alone counts."""

        def guarded() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - whatever it is, the person is told; the log has the rest
                self._post(messages.Failed(group, error))

        self._screen.run_worker(guarded, group=group, exclusive=exclusive, thread=True)

    def _post(self, message: Message) -> None:
        self._screen.post_message(message)

    def _post_unless_cancelled(self, message: Message) -> None:
        if not get_current_worker().is_cancelled:
            self._post(message)


def _of_many(told: str) -> str:
    """Return what to say of a change of many articles, and how to take it back."""
    return f"{told}. u undoes it." if told else "That changes nothing."
