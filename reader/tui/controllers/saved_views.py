"""The sidebar: its visibility, selection and counts, and the saved views."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from reader import startup
from reader.core.text import clean
from reader.tui.background import WRITES
from reader.tui.prompts import Prompt
from reader.tui.session import Session
from reader.tui.widgets.panes import VIEWS_BESIDE

if TYPE_CHECKING:
    from reader.core.model import Row
    from reader.core.ordering import Sort
    from reader.feeds.overview import ListedFeed
    from reader.library.saved_views.store import SavedViews
    from reader.library.saved_views.toml_file import SavedView
    from reader.query.ast import Query
    from reader.tui.loaders.sidebar import SidebarCounter, ViewsWatcher
    from reader.tui.widgets.panes import Panes
    from reader.tui.widgets.prompt.completion import Completion
    from reader.tui.widgets.prompt.prompt import PromptLine
    from reader.tui.widgets.sidebar.sections import LineKey, SidebarLine, SidebarTree
    from reader.tui.widgets.sidebar.selection import EntryKind
    from reader.tui.widgets.sidebar.sidebar import SidebarCommand

_COUNT_SHARE = 4
"""The pause after a count is this many times its duration, so that counting takes a small share of the time."""


class SidebarState(NamedTuple):
    """The state of the sidebar that is saved between runs."""

    wide: bool = True
    """Whether it stays beside the other panes on a wide screen; on others it is there while it has the focus."""
    folded: frozenset[str] = frozenset()
    """The sections that are folded."""

    @classmethod
    def parse(cls, text: str) -> SidebarState:
        """Parse saved state; return the default state if it is invalid."""
        if not text:
            return cls()
        import json  # imported late: most users never open the sidebar

        try:
            found = json.loads(text)
            return cls(bool(found["wide"]), frozenset(map(str, found["folded"])))
        except (ValueError, RecursionError, KeyError, TypeError):  # written by another version
            return cls()

    def text(self) -> str:
        """Return the state as text, to be saved."""
        import json

        return json.dumps({**self._asdict(), "folded": sorted(self.folded)})


class SavedViewsController:
    """Shows the sidebar, sets the query from it and changes saved views."""

    def __init__(
        self,
        session: Session,
        panes: Panes,
        state: str,
        search: Callable[[str, Sort | None], bool],
        on_visible: Callable[[bool], object],
    ) -> None:
        """``search`` shows what a query finds, in an order; ``on_visible`` gets whether the sidebar is shown."""
        self._session = session
        self._search = search
        self._on_visible = on_visible
        self.on_filled: Callable[[], object] = lambda: None
        """Called when the sidebar is filled first."""
        self._panes = panes
        self._state = SidebarState.parse(state)
        self._tree: SidebarTree | None = None
        self._saved: list[SavedView] = []
        self._feeds: Sequence[ListedFeed] = ()
        self._queries: dict[str, Query] = {}
        """The queries of saved views by name, without the invalid ones."""
        self._counted_views: dict[str, SidebarLine] = {}
        """The lines of saved views by name, as they were last counted."""
        self._key_to_select: LineKey | None = None
        """The line to select once it appears: that of a view that was saved or renamed, or of a feed that was added."""
        self._has_begun = False
        self._is_focusing = False
        """Whether the sidebar gets the focus once it is mounted."""
        self._watcher: ViewsWatcher | None = None
        self._watcher_lock = threading.Lock()
        self._counter: SidebarCounter | None = None
        self._count_wanted = False
        self._is_counting = False
        session.articles_changed.subscribe(lambda _: self._list_changed())
        session.marks_changed.subscribe(self._marks_changed)
        session.counts_changed.subscribe(lambda _: self.count())
        panes.shows_sidebar = lambda: self.is_visible
        self._on_visible(self.is_visible)
        if self.is_visible:
            self._mount()

    # The pane.

    @property
    def is_visible(self) -> bool:
        """Whether the sidebar is shown beside the other panes."""
        return self._state.wide and self._is_wide

    @property
    def _is_wide(self) -> bool:
        return self._session.app.size.width >= VIEWS_BESIDE

    def begin(self) -> None:
        """Fill the sidebar after the first frame."""
        self._has_begun = True
        if self._panes.sidebar is not None:
            self._load()

    def mounted(self) -> None:
        """Fill the sidebar, which was just mounted, and focus it if requested."""
        if self._has_begun:
            self._load()
        if self._is_focusing:
            self._focus_sidebar()

    def _load(self) -> None:
        self._session.background.start(self._load_views, "views")
        self.on_filled()
        self.count()
        self._mark_choices()

    def fit(self) -> None:
        """Show the sidebar beside the other panes if there is room for it now."""
        panes, is_visible = self._panes, self.is_visible
        has_focus, is_wide = panes.sidebar_has_focus, self._is_wide
        if has_focus and not is_wide:
            panes.make_room_for_sidebar()  # before it could be hidden and lose the focus
        self._on_visible(is_visible)
        if is_visible:
            self._mount()
            self.count()  # what has changed while it was hidden
        elif has_focus and is_wide:
            panes.focus_list()

    def toggle(self) -> None:
        """Show and focus the sidebar; hide it if it has the focus."""
        panes = self._panes
        if panes.sidebar_has_focus:
            self._show(visible=False)
            panes.focus_list()
            return
        self._show(visible=True)
        self._session.gate.hold()
        if self._panes.sidebar is None:
            self._is_focusing = True
        else:
            self._focus_sidebar()

    def _focus_sidebar(self) -> None:
        self._is_focusing = False
        panes = self._panes
        panes.call_after_refresh(panes.focus_sidebar)  # a hidden widget cannot take the focus

    def _show(self, *, visible: bool) -> None:
        if self._is_wide and visible != self._state.wide:
            self._state = self._state._replace(wide=visible)
            self._save_state()
        self._on_visible(self.is_visible)
        if visible:
            self._mount()
            if not self._is_wide:
                self._panes.make_room_for_sidebar()
            self.count()  # what has changed while it was hidden

    def _mount(self) -> None:
        if self._tree is not None:
            return
        from reader.tui.widgets.sidebar.sections import SidebarLine, SidebarTree
        from reader.tui.widgets.sidebar.selection import BUILT_IN_VIEWS
        from reader.tui.widgets.sidebar.sidebar import SidebarPane

        self._tree = tree = SidebarTree(save_key=self._session.key("views.save"))
        tree.folded = set(self._state.folded)
        counts = self._session.counts
        known = {"All": (counts.articles, counts.unread), "Unread": (counts.unread, counts.unread)}
        tree.set({"usual": [SidebarLine("entry", "usual", name, *known.get(name, ())) for name in BUILT_IN_VIEWS]})
        self._panes.mount_sidebar(SidebarPane(tree))

    def _save_state(self) -> None:
        self._session.save_setting(startup.PANE, self._state.text())

    def folded(self) -> None:
        """Save which sections are folded."""
        if self._tree is not None:
            self._state = self._state._replace(folded=frozenset(self._tree.folded))
            self._save_state()

    # Saved views and counts.

    @property
    def store(self) -> SavedViews:
        """The store of saved views; for worker threads."""
        return self._open_watcher().views

    def _open_watcher(self) -> ViewsWatcher:
        """Return the watcher of the views file, created in the first worker thread that needs it."""
        with self._watcher_lock:
            if self._watcher is None:
                from reader.tui.loaders.sidebar import ViewsWatcher

                self._watcher = ViewsWatcher(self._session, self._show_views)
            return self._watcher

    async def _load_views(self) -> None:
        self._show_views(await self._session.background.run(lambda: self._open_watcher().load()))

    async def _reload_views(self) -> None:
        views = await self._session.background.run(lambda: self._open_watcher().reload())
        if views is not None:
            self._show_views(views)

    def _show_views(self, saved: list[SavedView]) -> None:
        from reader.query.ast import QueryError
        from reader.query.parser import parse_query
        from reader.tui.widgets.sidebar.sections import SidebarLine

        self._saved = saved
        self._queries = {}
        for view in saved:
            try:
                self._queries[view.name] = parse_query(view.query)
            except QueryError:
                continue  # it stays in the sidebar; selecting it shows the error
        if self._tree is None:
            return
        lines = (SidebarLine("entry", "view", view.name) for view in saved)
        entries = [self._counted_views.get(line.text, line) for line in lines]
        self._set_entries({"view": entries})
        self._mark_choices()
        self.count()

    def show_feeds(self, feeds: Sequence[ListedFeed], to_select: str) -> None:
        """Show these feeds in the sidebar, and once there is one with the key ``to_select``, select it."""
        self._feeds = feeds
        if to_select:
            self._key_to_select = ("entry", "feed", to_select)
        self.count()

    def count(self) -> None:
        """Count the articles of each entry if the sidebar is visible; requests in quick succession are merged."""
        if self._tree is None or not (self.is_visible or self._panes.has_class("-viewing")):
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
                if took:  # the first count is made at once, later ones after a pause
                    await asyncio.sleep(max(session.timings.count_pause, _COUNT_SHARE * took))
                self._count_wanted = False
                if self._counter is None:
                    from reader.tui.loaders.sidebar import SidebarCounter

                    self._counter = SidebarCounter(session.library)
                began = time.monotonic()
                counted = self._saved, self._feeds, session.order.sort
                entries = await session.background.run(self._counter.count, *counted)
                took = time.monotonic() - began
                if entries is not None:
                    self._show_counts(entries)
        finally:
            self._is_counting = False

    def _show_counts(self, entries: dict[EntryKind, list[SidebarLine]]) -> None:
        names = [entry.text for entry in entries["view"]]
        self._counted_views |= {entry.text: entry for entry in entries["view"]}
        if names != [view.name for view in self._saved]:
            del entries["view"]  # they have changed since and are being counted again
        self._set_entries(entries)

    def _set_entries(self, entries: Mapping[EntryKind, Sequence[SidebarLine]]) -> None:
        """Show these entries; the line that was selected stays so, unless another one is to be."""
        tree, sidebar = self._tree, self._panes.sidebar
        if tree is None:
            return
        key = None if sidebar is None else sidebar.line.key
        renamed = None if sidebar is None else tree.renamed(sidebar.line, entries.get("feed"))
        tree.set(entries)
        wanted = renamed or self._key_to_select
        if wanted is not None and any(line.key == wanted for lines in entries.values() for line in lines):
            key = wanted
            if sidebar is not None and tree.find(wanted) is None:
                sidebar.filter_by("")  # it does not match
            self._key_to_select = None
        if sidebar is not None:
            sidebar.show_lines(key)

    def _marks_changed(self, rows: Sequence[Row] | None) -> None:
        self.count()
        if rows is None and self._tree is not None:
            self._session.background.start(self._reload_views, "views")  # an import brings views too

    def _list_changed(self) -> None:
        self._mark_choices()
        self.count()

    def _mark_choices(self) -> None:
        session, sidebar = self._session, self._panes.sidebar
        query = session.query.query
        view = next((name for name, its in self._queries.items() if its == query), "")
        if view != session.view:
            session.view = view
            session.query_changed.publish(session.query)
        if sidebar is not None:
            from reader.tui.widgets.sidebar.selection import choices_in

            sidebar.choices = choices_in(query, self._queries)

    # Commands for a line.

    def run_command(self, command: SidebarCommand, line: SidebarLine) -> None:
        """Run a command of the user for a line of the sidebar."""
        match command:
            case "choose":
                self._choose(line)
            case "combine":
                self._combine(line)
            case "filter":
                self._ask_filter()
            case "leave":
                if (sidebar := self._panes.sidebar) is not None and sidebar.entries.filter:
                    sidebar.filter_by("")
                else:
                    self._panes.focus_list()
            case "rename":
                self._ask_name(line.text)
            case "delete":
                self._change(lambda views: views.delete(line.text))
            case "down" | "up":
                step = 1 if command == "down" else -1
                end = "This is the last saved view." if step > 0 else "This is the first saved view."
                self._change(lambda views: views.move(line.text, step), end)

    def selected(self) -> tuple[str, Query | None] | None:
        """Return the name of the selected line and the query it stands for, if any; None unless it has the focus."""
        if (line := self._panes.sidebar_line) is None:
            return None
        query, view = self._query_of(line), self._view_of(line)
        if query is not None and query.sort is None and view is not None:
            query = replace(query, sort=view.sort)  # it may have a limit
        return line.text, query

    def _query_of(self, line: SidebarLine) -> Query | None:
        from reader.tui.widgets.sidebar.selection import query_for

        return query_for(line.choices, self._queries) if line.choices else None

    def _view_of(self, line: SidebarLine) -> SavedView | None:
        return next((view for view in self._saved if line.kind == "view" and view.name == line.text), None)

    def _choose(self, line: SidebarLine) -> None:
        from reader.query.parser import format_query

        done = True
        if (view := self._view_of(line)) is not None:
            done = self._search(view.query, view.sort)
        elif (query := self._query_of(line)) is not None:
            done = self._search(format_query(query), None)
        if done:
            self._panes.focus_list()

    def _combine(self, line: SidebarLine) -> None:
        from reader.query.parser import format_query
        from reader.tui.widgets.sidebar.selection import toggle_choices

        query = toggle_choices(self._session.query.query, line.choices, self._queries) if line.choices else None
        if query is None:
            self._choose(line)  # it shows what is wrong with the query
        elif (text := format_query(query)) or self._session.query.query is not None:
            self._search(text, None)
        else:
            self._session.show_message("The list shows all articles already.", transient=True)

    def _ask_filter(self) -> None:
        if (sidebar := self._panes.sidebar) is not None:
            show = sidebar.filter_by
            prompt = Prompt(show, lambda line: show(line.text), lambda: show(""))
            self._session.prompts.open(prompt, "Show: ", sidebar.entries.filter)

    # Changing saved views.

    def _change(self, change: Callable[[SavedViews], str], nothing: str = "") -> None:
        """Change the saved views; show the message ``nothing`` if that changed nothing."""

        def work() -> tuple[str, list[SavedView]]:
            views = self._open_watcher().views
            return change(views), views.load()

        async def job() -> None:
            description, saved = await self._session.background.write(work)
            if description:
                self._session.set_can_undo(True)
            self._show_views(saved)
            words = f"{description}. {self._session.undo_hint}" if description else nothing
            if words:
                self._session.show_message(words, transient=not description)

        self._session.background.start(job, WRITES, exclusive=False)

    def ask_save(self) -> None:
        """Ask for a name under which to save the query and the order of the list."""
        if self._tree is None:
            self._session.background.start(self._load_views, "views")  # which names exist is not known yet
        active = self._session.query
        text, sort = active.text.strip(), self._session.order.sort
        # A query may name its own order.
        own_sort = None if active.query is not None and active.query.sort is not None else sort

        def save(name: str) -> None:
            if clean(name):
                self._key_to_select = ("entry", "view", clean(name))
                self._change(lambda views: views.save(name, text, own_sort))
            else:
                self._session.show_message("Not saved: a view needs a name.")

        self._session.prompts.open(
            Prompt(save, self._describe_save, complete=self._complete_name), "Save the view as: "
        )

    def _complete_name(self, text: str, _: int) -> Completion:
        from reader.tui.widgets.prompt.completion import Completion, starting_with

        return Completion(0, len(text), tuple(starting_with(text, (view.name for view in self._saved))))

    def _describe_save(self, line: PromptLine) -> None:
        names = [view.name for view in self._saved]
        active = self._session.query
        what = f"/{active.label}" if active.query is not None else "all articles"
        saves = f"Saves {what}." if active.query is not None else "This view will list all articles."
        line.show_hint(f"Replaces the existing view with {what}." if clean(line.text) in names else saves)

    def _ask_name(self, name: str) -> None:
        def rename(new: str) -> None:
            if clean(new) in {"", name}:
                self._session.show_message(f"The view keeps its name “{name}”.")
            else:
                self._key_to_select = ("entry", "view", clean(new))
                self._change(lambda views: views.rename(name, new))

        def is_taken(line: PromptLine) -> bool:
            new = clean(line.text)
            taken = new != name and any(view.name == new for view in self._saved)
            if taken:
                line.hint(f"There is already a view “{new}”. Choose another name.", warning=True)
            return taken

        self._session.prompts.open(Prompt(rename, rejects=is_taken), "Rename the view: ", name)
