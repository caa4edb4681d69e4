"""Saved views, feeds and counts for the sidebar, in worker threads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.core.paths import Paths
from reader.core.text import format_count
from reader.core.tokenize import fold_case
from reader.library.saved_views.store import SavedViews
from reader.query.ast import QueryError
from reader.query.parser import parse_query
from reader.tui.widgets.sidebar.sections import FAILED, SidebarLine, group_id
from reader.tui.widgets.sidebar.selection import BUILT_IN_VIEWS, OF_DOCUMENTS, EntryKind

if TYPE_CHECKING:
    from reader.core.ordering import Sort
    from reader.feeds.overview import HealthKind, ListedFeed
    from reader.library.library import Library
    from reader.library.saved_views.toml_file import SavedView
    from reader.tui.session import Session

_SIGNS: Mapping[HealthKind, str] = {"": "", "trouble": FAILED, "paused": "‖", "muted": "~"}
_MOST_FOLDERS = 100
"""Folders of a group, whose query has a condition for each."""


class ViewsWatcher:
    """The saved views, whose file is watched for changes."""

    def __init__(self, session: Session, on_views: Callable[[list[SavedView]], object]) -> None:
        """``on_views`` gets the saved views, on the event loop, when another program has changed the file."""
        self.views = SavedViews(session.library, Paths.from_environment().views_file)
        self._session = session
        self._on_views = on_views
        self._fault = ""
        """An error in the file that was not reported yet."""
        self._reported_fault = ""

    def load(self) -> list[SavedView]:
        """Return the saved views, and watch their file from now on. Raises ReaderError."""
        self._session.files.watch("views.toml", self._check)
        try:
            return self.views.load()
        except ReaderError as error:
            self._reported_fault = str(error)
            raise

    def reload(self) -> list[SavedView] | None:
        """Return the saved views, which undo may have changed; None if their file cannot be read now."""
        try:
            return self.views.load()
        except ReaderError as error:
            self._fault = str(error)  # the watching thread reports it, unless it has already
            return None

    def _check(self) -> None:
        if self.views.has_changed():
            try:
                views = self.views.load()
            except ReaderError as error:
                self._fault = str(error)
                return
            self._session.background.post(self._on_views, views)
            if self._reported_fault:
                self._show("views.toml can be read again.")
            self._fault = self._reported_fault = ""
        elif self._fault and self._fault != self._reported_fault:
            # Reported only now: an editor may have been writing the file.
            self._reported_fault = self._fault
            self._show(f"{self._fault} Until then, saved views stay as they were.", warning=True)

    def _show(self, message: str, *, warning: bool = False) -> None:
        self._session.background.post(self._session.show_message, message, warning=warning)


class SidebarCounter:
    """Counts the articles of every entry of the sidebar; one count at a time."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._counted: object = None
        """The state of marks, pages and index at the last count."""
        self._values: dict[EntryKind, list[SidebarLine]] = {}
        """The values of documents,"""
        self._of_values: tuple[int, int] | None = None
        """for this generation of the index and this set of read articles,"""
        self._of_feeds: Sequence[ListedFeed] | None = None
        """and for these feeds."""

    def count(
        self, saved: Sequence[SavedView], feeds: Sequence[ListedFeed], sort: Sort
    ) -> dict[EntryKind, list[SidebarLine]] | None:
        """Return the entries that may have changed, by kind; None if nothing has. ``sort`` is the order of the list."""
        library = self._library
        generation, day = library.index.generation(), datetime.now().astimezone().date()
        state = (generation, library.marks.store.version(), day, tuple(saved), tuple(feeds), id(library.index))
        if state == self._counted:
            return None
        entries: dict[EntryKind, list[SidebarLine]] = {}
        counts = zip(BUILT_IN_VIEWS, library.search.view_counts(), strict=True)
        entries["usual"] = [SidebarLine("entry", "usual", name, *count) for name, count in counts]
        entries["view"] = [
            SidebarLine("entry", "view", view.name, *self._count_view(view.query, sort)) for view in saved
        ]
        entries["tag"] = [SidebarLine("entry", "tag", *value) for value in library.search.values("tag")]
        of_values = (generation, library.marks.row_sets().read())
        if of_values != self._of_values:
            for kind in OF_DOCUMENTS:
                self._values[kind] = [SidebarLine("entry", kind, *value) for value in library.search.values(kind)]
            self._values["folder"].sort(key=lambda entry: -(entry.articles or 0))
            self._of_values = of_values
            entries |= self._values
            self._of_feeds = None
        if feeds != self._of_feeds:
            entries |= with_feeds(feeds, self._values["folder"])
            self._of_feeds = feeds
        self._counted = state
        return entries

    def _count_view(self, text: str, sort: Sort) -> tuple[int, int] | tuple[()]:
        """Return how many articles a saved view has, and how many unread ones; nothing if its query is invalid."""
        try:
            query = parse_query(text)
        except QueryError:
            return ()
        found = self._library.search.run(query, sort)
        return found.count, (found.limited_rows & ~self._library.marks.row_sets().read()).bit_count()


def with_feeds(feeds: Sequence[ListedFeed], folders: Sequence[SidebarLine]) -> dict[EntryKind, list[SidebarLine]]:
    """Return the lines of groups and feeds, and those of all ``folders`` that are not theirs."""
    if not feeds:
        return {"feed": [], "folder": [*folders]}
    from reader.feeds.overview import folders_above, outermost

    counts = {fold_case(line.text): (line.articles or 0, line.unread or 0) for line in folders}
    lines: list[SidebarLine] = []

    def count(inside: tuple[str, ...]) -> tuple[int, int]:
        found = [counts.get(fold_case(folder), (0, 0)) for folder in inside]
        return sum(articles for articles, _ in found), sum(unread for _, unread in found)

    def add(text: str, inside: tuple[str, ...], **more: str) -> None:
        articles, unread = count(inside)
        lines.append(SidebarLine("entry", "feed", text, articles, unread, folders=inside, **more))

    by_group: defaultdict[str, list[ListedFeed]] = defaultdict(list)
    for each in feeds:
        by_group[each.subscription.group].append(each)
    for group, members in by_group.items():
        key = group_id(group)
        if group:
            within = (each for each in feeds if f"{each.subscription.group}/".startswith(f"{group}/"))
            theirs = outermost(folder for each in within for folder in each.folders)
            inside = outermost([members[0].folders[0].rpartition("/")[0], *theirs])
            # The folder of the group says the same in short, unless it has documents of others, as of removed feeds.
            inside = inside if count(inside) == count(theirs) or len(theirs) > _MOST_FOLDERS else theirs
            failing = sum(each.health.kind == "trouble" for each in members)
            words = f"{failing:,} of {format_count(len(members), 'feed')} failed." if failing else ""
            sign = _SIGNS["trouble" if failing else ""]
            add(group, inside[:_MOST_FOLDERS], id=key, group=key, sign=sign, words=words)
        for each in members:
            kind, words = each.health
            add(each.title, each.folders, id=each.subscription.key, group=key, sign=_SIGNS[kind], words=words)
    inside_of = (folder for line in lines for folder in line.folders)
    shown = {fold_case(each) for folder in inside_of for each in (folder, *folders_above(folder))}
    return {"feed": lines, "folder": [line for line in folders if fold_case(line.text) not in shown]}
