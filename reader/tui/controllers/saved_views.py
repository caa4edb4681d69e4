"""The sidebar: whether it shows, what is chosen in it, its counts, and the saved views."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from reader import startup
from reader.core.text import clean
from reader.tui.background import WRITES
from reader.tui.prompts import Prompt
from reader.tui.session import MarksChange, Session

if TYPE_CHECKING:
    from reader.core.ordering import Sort
    from reader.library.saved_views.store import SavedViews
    from reader.library.saved_views.toml_file import SavedView
    from reader.query.ast import Query
    from reader.tui.loaders.sidebar import SidebarCounter, ViewsWatcher
    from reader.tui.widgets.panes import Panes
    from reader.tui.widgets.sidebar.selection import EntryKind
    from reader.tui.widgets.sidebar.sidebar import Sidebar, SidebarCommand, SidebarPane
    from reader.tui.widgets.sidebar.tree import SidebarEntry, SidebarLine, SidebarTree

_WIDE = 140
"""Columns from which on the sidebar shows unless it was hidden."""
_NARROW = 60
"""Columns below which it takes the place of the other panes while it has the focus."""
_COUNT_SHARE = 4
"""The pause after a count is this many times as long as the count, which so takes a small share of the time."""


class SidebarState(NamedTuple):
    """What is saved of the sidebar between runs."""

    wide: bool = True
    """Whether it shows on a wide screen,"""
    narrow: bool = False
    """and on a narrower one."""
    folded: frozenset[str] = frozenset()
    """The sections that are folded."""

    @classmethod
    def parse(cls, text: str) -> SidebarState:
        """Return the state that was saved as ``text``; the usual one if it cannot be understood."""
        if not text:
            return cls()
        import json  # imported late: most people never touch the sidebar

        try:
            found = json.loads(text)
            return cls(bool(found["wide"]), bool(found["narrow"]), frozenset(map(str, found["folded"])))
        except (ValueError, RecursionError, KeyError, TypeError):  # by another version
            return cls()

    def text(self) -> str:
        """Return it as it is saved."""
        import json

        return json.dumps({**self._asdict(), "folded": sorted(self.folded)})


class SavedViewsController:
    """Shows the sidebar, sets the query by it, and changes saved views."""

    def __init__(
        self,
        session: Session,
        state: str,
        search: Callable[[str, Sort | None], bool],
        on_visible: Callable[[bool], object],
    ) -> None:
        """``search`` shows what a text finds, in an order; ``on_visible`` hears whether the sidebar shows."""
        self._session = session
        self._search = search
        self._on_visible = on_visible
        self._panes: Panes | None = None
        self._state = SidebarState.parse(state)
        self._tree: SidebarTree | None = None
        self._saved: list[SavedView] = []
        self._queries: dict[str, Query] = {}
        """The queries of saved views, by name, without those that are none."""
        self._view_counts: dict[str, int | None] = {}
        self._name_to_select: str | None = None
        """A saved view to select in the sidebar once it is there."""
        self._has_begun = False
        self._is_focusing = False
        """Whether the sidebar is to get the focus once it is mounted."""
        self._watcher: ViewsWatcher | None = None
        self._watcher_lock = threading.Lock()
        self._counter: SidebarCounter | None = None
        self._count_wanted = False
        self._is_counting = False
        session.articles_changed.subscribe(lambda _: self._list_changed())
        session.marks_changed.subscribe(self._marks_changed)
        session.counts_changed.subscribe(lambda _: self._count())

    # The pane.

    @property
    def is_visible(self) -> bool:
        """Whether the sidebar stands beside the other panes."""
        width = self._session.services.screen_width()
        return width >= _NARROW and (self._state.wide if width >= _WIDE else self._state.narrow)

    def attach(self, panes: Panes) -> None:
        """Take the panes in which the sidebar is mounted."""
        self._panes = panes

    def first_pane(self) -> SidebarPane | None:
        """Return the sidebar for the first frame, or None when it does not show."""
        is_visible = self.is_visible
        self._on_visible(is_visible)
        return self._make_pane() if is_visible else None

    def _make_pane(self) -> SidebarPane:
        from reader.tui.widgets.sidebar.selection import KINDS
        from reader.tui.widgets.sidebar.sidebar import SidebarPane
        from reader.tui.widgets.sidebar.tree import SidebarEntry, SidebarTree

        self._tree = tree = SidebarTree(save_key=self._session.key("views.save"))
        for kind in KINDS:
            if kind in self._state.folded:
                tree.fold(kind)
        counts = self._session.counts
        known = {"All": counts.articles, "Unread": counts.unread}
        tree.set({"usual": [SidebarEntry(line.text, known.get(line.text)) for line in tree if line.kind == "usual"]})
        return SidebarPane(tree)

    def begin(self) -> None:
        """Fill the sidebar, now that the first frame is on the screen."""
        self._has_begun = True
        if self._sidebar is not None:
            self._load()

    def mounted(self) -> None:
        """Fill the sidebar, which is there now, and go there if that was wanted."""
        if self._has_begun:
            self._load()
        if self._is_focusing:
            self._focus_sidebar()

    def _load(self) -> None:
        self._session.background.start(self._load_views, "views")
        self._count()
        self._mark_choices()

    def fit(self) -> None:
        """Show the sidebar where there is room for it now, or hide it."""
        panes, is_visible = self._mounted_panes, self.is_visible
        has_focus, is_wide = panes.sidebar_has_focus, self._session.services.screen_width() >= _NARROW
        if has_focus and not is_wide:
            panes.add_class("-viewing")  # before it could be hidden, and lose the focus
        self._on_visible(is_visible)
        if is_visible:
            self._mount()
            self._count()  # what has changed while it was hidden
        elif has_focus and is_wide:
            panes.focus_list()

    def toggle(self) -> None:
        """Show the sidebar and go there; hide it from within."""
        panes = self._mounted_panes
        if panes.sidebar_has_focus:
            self._show(visible=False)
            panes.focus_list()
            return
        self._show(visible=True)
        self._session.gate.hold()
        if self._sidebar is None:
            self._is_focusing = True
        else:
            self._focus_sidebar()

    def _focus_sidebar(self) -> None:
        self._is_focusing = False
        panes = self._mounted_panes
        panes.call_after_refresh(panes.focus_sidebar)  # what is hidden cannot take it

    def _show(self, *, visible: bool) -> None:
        width = self._session.services.screen_width()
        if width >= _NARROW:
            state = self._state._replace(wide=visible) if width >= _WIDE else self._state._replace(narrow=visible)
            if state != self._state:
                self._state = state
                self._save_state()
        self._on_visible(self.is_visible)
        if visible:
            self._mount()
            if width < _NARROW:
                self._mounted_panes.add_class("-viewing")
            self._count()  # what has changed while it was hidden

    def _mount(self) -> None:
        if self._tree is None:
            self._mounted_panes.mount_sidebar(self._make_pane())

    def _save_state(self) -> None:
        self._session.save_setting(startup.PANE, self._state.text())

    @property
    def _mounted_panes(self) -> Panes:
        assert self._panes is not None, "the screen attaches its panes before anybody uses them"
        return self._panes

    @property
    def _sidebar(self) -> Sidebar | None:
        return None if self._panes is None else self._panes.sidebar

    def folded(self) -> None:
        """Save which sections are folded."""
        if self._tree is not None:
            self._state = self._state._replace(folded=frozenset(self._tree.folded))
            self._save_state()

    # Saved views and counts.

    @property
    def store(self) -> SavedViews:
        """The saved views themselves; for worker threads."""
        return self._views_watcher.views

    @property
    def _views_watcher(self) -> ViewsWatcher:
        """What reads the file of saved views; made in the worker thread that needs it first."""
        with self._watcher_lock:
            if self._watcher is None:
                from reader.tui.loaders.sidebar import ViewsWatcher

                session, post = self._session, self._session.background.post

                def on_message(text: str, warning: bool) -> None:
                    post(lambda: session.show_message(text, warning=warning))

                self._watcher = ViewsWatcher(
                    session.library, session.timings.views_poll, partial(post, self._show_views), on_message
                )
            return self._watcher

    def _load_from_file(self) -> list[SavedView]:
        return self._views_watcher.load()

    def _reload_from_file(self) -> list[SavedView] | None:
        return self._views_watcher.reload()

    async def _load_views(self) -> None:
        self._show_views(await self._session.background.run(self._load_from_file))

    async def _reload_views(self) -> None:
        views = await self._session.background.run(self._reload_from_file)
        if views is not None:
            self._show_views(views)

    def _show_views(self, saved: list[SavedView]) -> None:
        from reader.query.ast import QueryError
        from reader.query.parser import parse_query
        from reader.tui.widgets.sidebar.tree import SidebarEntry

        self._saved = saved
        self._queries = {}
        for view in saved:
            try:
                self._queries[view.name] = parse_query(view.query)
            except QueryError:
                continue  # it stays in the sidebar; choosing it says what is wrong
        tree, sidebar = self._tree, self._sidebar
        if tree is None:
            return
        key = None if sidebar is None else sidebar.line.key
        tree.set({"view": [SidebarEntry(view.name, self._view_counts.get(view.name)) for view in saved]})
        name, self._name_to_select = self._name_to_select, None
        if sidebar is not None:
            sidebar.show_lines(key if name is None else ("entry", "view", name))
        self._mark_choices()
        self._count()

    def recount(self) -> None:
        """Count again: another day may have begun."""
        self._count()

    def _count(self) -> None:
        """Count what can be chosen, if it can be seen; many requests in a row are one."""
        if self._tree is None or not (self.is_visible or self._mounted_panes.has_class("-viewing")):
            return
        self._count_wanted = True
        if not self._is_counting:
            self._is_counting = True
            self._session.background.start(self._count_job, "sidebar counts", exclusive=False)

    async def _count_job(self) -> None:
        session = self._session
        try:
            took = 0.0
            while self._count_wanted:
                if took:  # the first count is made at once, others soon
                    await asyncio.sleep(max(session.timings.count_pause, _COUNT_SHARE * took))
                self._count_wanted = False
                if self._counter is None:
                    from reader.tui.loaders.sidebar import SidebarCounter

                    self._counter = SidebarCounter(session.library)
                began = time.monotonic()
                entries = await session.background.run(self._counter.count, list(self._saved), session.order.sort)
                took = time.monotonic() - began
                if entries is not None:
                    self._show_counts(entries)
        finally:
            self._is_counting = False

    def _show_counts(self, entries: dict[EntryKind, list[SidebarEntry]]) -> None:
        tree, sidebar = self._tree, self._sidebar
        if tree is None:
            return
        names = [entry.value for entry in entries["view"]]
        self._view_counts |= {entry.value: entry.articles for entry in entries["view"]}
        if names != [view.name for view in self._saved]:
            del entries["view"]  # they have changed since, and are being counted again
        key = None if sidebar is None else sidebar.line.key
        tree.set(entries)
        if sidebar is not None:
            sidebar.show_lines(key)

    def _marks_changed(self, change: MarksChange) -> None:
        if change.by_query and self._tree is not None:
            self._session.background.start(self._reload_views, "views")  # an import brings views as well

    def _list_changed(self) -> None:
        self._mark_choices()
        self._count()

    def _mark_choices(self) -> None:
        sidebar = self._sidebar
        if sidebar is not None:
            from reader.tui.widgets.sidebar.selection import choices_in

            sidebar.show_choices(choices_in(self._session.query.query, self._queries))

    # What is asked of a line.

    def run_command(self, command: SidebarCommand, line: SidebarLine) -> None:
        """Do with a line of the sidebar what the user wants."""
        match command:
            case "choose":
                self._choose(line)
            case "combine":
                self._combine(line)
            case "filter":
                self._ask_filter()
            case "leave":
                self._leave()
            case "rename":
                self._ask_name(line.text)
            case "delete":
                self._change(lambda views: views.delete(line.text))
            case "down" | "up":
                step = 1 if command == "down" else -1
                end = "This is the last saved view." if step > 0 else "This is the first saved view."
                self._change(lambda views: views.move(line.text, step), end)

    def _leave(self) -> None:
        if self._tree is not None and self._tree.filter:
            self._filter("")
            self._session.gate.release()
        else:
            self._mounted_panes.focus_list()

    def _choose(self, line: SidebarLine) -> None:
        from reader.query.parser import format_query
        from reader.tui.widgets.sidebar.selection import query_for

        view = next((view for view in self._saved if line.kind == "view" and view.name == line.text), None)
        done = True
        if view is not None:
            done = self._search(view.query, view.sort)
        elif line.choice is not None and line.kind != "view":
            query = query_for(line.choice, self._queries)
            done = self._search("" if query is None else format_query(query), None)
        if done:
            self._mounted_panes.focus_list()
        else:
            self._session.gate.release()

    def _combine(self, line: SidebarLine) -> None:
        from reader.query.parser import format_query
        from reader.tui.widgets.sidebar.selection import toggle_choice

        choice = line.choice
        query = None if choice is None else toggle_choice(self._session.query.query, choice, self._queries)
        if query is not None:
            self._search(format_query(query), None)
        else:
            self._choose(line)  # it says what is wrong with the query

    def _ask_filter(self) -> None:
        text = "" if self._tree is None else self._tree.filter
        prompt = Prompt(self._filter, lambda text, _: self._filter(text), lambda: self._filter(""))
        self._session.prompts.open(prompt, "Show: ", text)

    def _filter(self, text: str) -> None:
        tree, sidebar = self._tree, self._sidebar
        text = text.strip()
        if tree is None or sidebar is None or text == tree.filter:
            return
        key = sidebar.line.key
        tree.filter_by(text)
        sidebar.show_lines(key)
        if tree.find(key) is None:
            kind = key[1]
            others = (
                index
                for index, line in enumerate(tree)
                if (line.what == "entry" if text else (line.what, line.kind) == ("more", kind))
            )
            sidebar.select(next(others, 0))
        self._mounted_panes.set_sidebar_filter(text)

    # Changing saved views.

    def _change(self, change: Callable[[SavedViews], str], nothing: str = "") -> None:
        """Change the saved views; ``nothing`` is said when that changed nothing."""

        def work() -> tuple[str, list[SavedView]]:
            views = self._views_watcher.views
            return change(views), views.load()

        async def job() -> None:
            description, saved = await self._session.background.write(work)
            self._show_views(saved)
            words = f"{description}. u undoes it." if description else nothing
            if words:
                self._session.show_message(words, transient=not description)

        self._session.background.start(job, WRITES, exclusive=False)

    def ask_save(self) -> None:
        """Ask for a name under which to save the query and the order of the list."""
        if self._tree is None:
            self._session.background.start(self._load_views, "views")  # which names are taken is not known yet
        active = self._session.query
        text, sort = active.text.strip(), self._session.order.sort
        # A query may name its order itself.
        own_sort = None if active.query is not None and active.query.sort is not None else sort

        def save(name: str) -> None:
            if clean(name):
                self._name_to_select = clean(name)
                self._change(lambda views: views.save(name, text, own_sort))
            else:
                self._session.show_message("Not saved: a view needs a name.")

        self._session.prompts.open(Prompt(save, self._describe_save), "Save the view as: ")

    def _describe_save(self, name: str, _: int) -> None:
        from reader.tui.widgets.prompt.completion import Completion, starting_with

        line = self._session.prompts.line
        if line is None:
            return
        names = [view.name for view in self._saved]
        line.set_completion(Completion(0, len(name), tuple(starting_with(name, names))))
        active = self._session.query
        what = f"/{active.label}" if active.query is not None else "all articles"
        is_taken = clean(name) in names
        line.show_hint(f"A view of this name exists and becomes {what}." if is_taken else f"Saves {what}.")

    def _ask_name(self, name: str) -> None:
        def rename(new: str) -> None:
            if clean(new) in {"", name}:
                self._session.show_message(f"The view keeps its name “{name}”.")
            else:
                self._name_to_select = clean(new)
                self._change(lambda views: views.rename(name, new))

        def is_taken(new: str) -> bool:
            taken = clean(new) != name and any(view.name == clean(new) for view in self._saved)
            line = self._session.prompts.line
            if taken and line is not None:
                line.hint(f"There is already a view “{clean(new)}”. Choose another name.", warning=True)
            return taken

        self._session.prompts.open(Prompt(rename, rejects=is_taken), "Rename the view: ", name)

    def close(self) -> None:
        """End the thread that watches the file of saved views."""
        if self._watcher is not None:
            self._watcher.close()
