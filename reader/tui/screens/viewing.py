"""Views on the main screen: the pane beside the list, what is chosen in it, and the saved ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual import events, on

from reader import startup
from reader.config.settings import Config
from reader.core.text import clean
from reader.startup import FirstFrame
from reader.tui import messages
from reader.tui.keys import bindings
from reader.tui.screens.parts import Purpose
from reader.tui.screens.placing import Placing

if TYPE_CHECKING:
    from reader.core.ordering import Sort
    from reader.library.saved_views.toml_file import SavedView
    from reader.query.ast import Query
    from reader.tui.widgets.sidebar.sidebar import Sidebar, SidebarPane
    from reader.tui.widgets.sidebar.tree import SidebarLine, SidebarTree

_WIDE = 140
"""Columns from which on the pane shows unless it was hidden."""
_NARROW = 60
"""Columns below which it takes the place of the others while it has the focus."""

_SECONDS_BETWEEN_COUNTS = 60.0
"""At which it is looked whether anything has changed that can be counted; if nothing has, nothing is."""


class _Kept(NamedTuple):
    """What is remembered of the pane between runs."""

    wide: bool = True
    """Whether it shows on a wide screen,"""
    narrow: bool = False
    """and on a narrower one."""
    folded: frozenset[str] = frozenset()

    @classmethod
    def of(cls, text: str) -> _Kept:
        """Return what was kept as ``text``; what cannot be understood is as usual."""
        if not text:
            return cls()
        import json  # imported late: whoever has never touched the pane does not wait for it

        try:
            found = json.loads(text)
            return cls(bool(found["wide"]), bool(found["narrow"]), frozenset(map(str, found["folded"])))
        except (ValueError, RecursionError, KeyError, TypeError):  # by another version
            return cls()

    def text(self) -> str:
        """Return it as it is kept."""
        import json

        return json.dumps({**self._asdict(), "folded": sorted(self.folded)})


class Viewing(Placing):
    """The pane of views sets the query, and shows what of it can be chosen there."""

    def __init__(self, first: FirstFrame, settings: Config) -> None:
        super().__init__(first, settings)
        self._pane = _Kept.of(first.pane)
        self._tree: SidebarTree | None = None
        self._saved: list[SavedView] = []
        self._queries_of_views: dict[str, Query] = {}
        self._articles_of_views: dict[str, int | None] = {}
        """How many articles each view has, as it was counted last."""
        self._selected_then: str | None = None
        """The name of a view that is to be selected in the pane once it is there."""
        self._counts = first.counts
        self._begun = False
        self._going = False
        """Whether the pane is to have the focus, and is not there yet."""

    # The pane.

    @property
    def shows_sidebar(self) -> bool:
        """Whether there is a pane of views beside the others."""
        width = self.app.size.width
        return width >= _NARROW and (self._pane.wide if width >= _WIDE else self._pane.narrow)

    def side_pane(self, *, wanted: bool = False) -> SidebarPane | None:
        """Return the pane with its title; None when it does not show, and nobody wants it."""
        shows = self.shows_sidebar
        self.set_class(shows, "-views")
        if not (shows or wanted):
            return None
        from reader.tui.widgets.sidebar.selection import KINDS
        from reader.tui.widgets.sidebar.sidebar import SidebarPane
        from reader.tui.widgets.sidebar.tree import SidebarEntry, SidebarTree

        self._tree = tree = SidebarTree(save_key=bindings.first_key("views.save", self._keymap))
        for kind in KINDS:
            if kind in self._pane.folded:
                tree.fold(kind)
        known = {"All": self._counts.articles, "Unread": self._counts.unread}
        tree.set(
            {"usual": [SidebarEntry(entry.text, known.get(entry.text)) for entry in tree if entry.kind == "usual"]}
        )
        return SidebarPane(tree)

    @on(messages.Begun)
    def _begin_views(self) -> None:
        self._begun = True
        self.set_interval(_SECONDS_BETWEEN_COUNTS, self._count_views)  # another day may have begun
        if self._views is not None:
            self._ask_for_views()

    def on_sidebar_ready(self) -> None:
        """Fill the pane, and go there if that was wanted."""
        if self._begun:  # otherwise the first frame comes first
            self._ask_for_views()
        if self._going:
            self._go_to_views()

    def _ask_for_views(self) -> None:
        self._desk.views.load()
        self._count_views()
        self._mark_chosen()

    @on(events.Resize)
    def _fit_views(self) -> None:
        """Show the pane where there is room for it now, or take it away."""
        shows, focused = self.shows_sidebar, self.panes.sidebar_has_focus
        if focused and self.app.size.width < _NARROW:
            self.panes.add_class("-viewing")  # before it could be hidden, and lose the focus
        self.set_class(shows, "-views")
        if shows:
            self._make_pane()
            self._count_views()  # what has changed while it was hidden
        elif focused and self.app.size.width >= _NARROW:
            self.panes.focus_list()

    def _make_pane(self) -> None:
        if self._tree is None:
            side = self.side_pane(wanted=True)
            if side is not None:
                self.panes.mount_sidebar(side)

    def action_views(self) -> None:
        """Show the pane and go there; hide it when one is there."""
        if self.panes.sidebar_has_focus:
            self._show_pane(show=False)
            self.panes.focus_list()
            return
        self._show_pane(show=True)
        self.hold_keys()
        if self._views is None:
            self._going = True
        else:
            self._go_to_views()

    def _go_to_views(self) -> None:
        self._going = False
        self.call_after_refresh(self.panes.focus_sidebar)  # what is hidden cannot take it

    def _show_pane(self, *, show: bool) -> None:
        width = self.app.size.width
        if width >= _NARROW:
            kept = self._pane._replace(wide=show) if width >= _WIDE else self._pane._replace(narrow=show)
            if kept != self._pane:
                self._pane = kept
                self._remember_pane()
        self.set_class(self.shows_sidebar, "-views")
        if show:
            self._make_pane()
            if width < _NARROW:
                self.panes.add_class("-viewing")
            self._count_views()  # what has changed while it was hidden

    def _remember_pane(self) -> None:
        self._desk.remember(startup.PANE, self._pane.text())

    @property
    def _views(self) -> Sidebar | None:
        return self.panes.views

    # What it shows.

    @on(messages.SavedViews)
    def _take_saved(self, event: messages.SavedViews) -> None:
        from reader.query.ast import QueryError
        from reader.query.parser import parse_query
        from reader.tui.widgets.sidebar.tree import SidebarEntry

        self._saved = event.views
        self._queries_of_views = {}
        for view in event.views:
            try:
                self._queries_of_views[view.name] = parse_query(view.query)
            except QueryError:
                continue  # it stays in the pane; who chooses it is told what is wrong
        tree, views = self._tree, self._views
        if tree is None:
            return
        key = None if views is None else views.line.key
        tree.set({"view": [SidebarEntry(view.name, self._articles_of_views.get(view.name)) for view in event.views]})
        name, self._selected_then = self._selected_then, None
        if views is not None:
            views.show_lines(key if name is None else ("entry", "view", name))
        self._mark_chosen()
        self._count_views()

    def _count_views(self) -> None:
        if self._tree is not None and (self.shows_sidebar or self.panes.has_class("-viewing")):
            self._desk.views.count(self._saved, self.articles.view.sort)

    @on(messages.ViewsCounted)
    def _take_counts(self, event: messages.ViewsCounted) -> None:
        tree, views = self._tree, self._views
        if tree is None:
            return
        names = [entry.value for entry in event.entries["view"]]
        self._articles_of_views |= {entry.value: entry.articles for entry in event.entries["view"]}
        if names != [view.name for view in self._saved]:
            del event.entries["view"]  # they have changed since, and are being counted again
        key = None if views is None else views.line.key
        tree.set(event.entries)
        if views is not None:
            views.show_lines(key)

    @on(messages.MarksChanged)
    def _views_may_have_changed(self) -> None:
        if self._tree is not None:
            self._desk.views.look()  # an import brings views as well

    @on(messages.ViewLoaded)
    @on(messages.Counted)
    def _counts_changed(self) -> None:
        self._count_views()

    def view_shown(self) -> None:
        """Tell what was found, and mark in the pane what of it can be chosen there."""
        super().view_shown()
        self._mark_chosen()

    def _mark_chosen(self) -> None:
        views = self._views
        if views is not None:
            from reader.tui.widgets.sidebar.selection import choices_in

            views.show_choices(choices_in(self.asked.query, self._queries_of_views))

    # What is wished for there. By name, so that the pane need not be known before it shows.

    def on_sidebar_end_reached(self, event: Sidebar.EndReached) -> None:
        """Say what a key found nothing to do with."""
        self.say(event.words, transient=True)

    def on_sidebar_folded(self) -> None:
        """Remember which sections are folded."""
        if self._tree is not None:
            self._pane = self._pane._replace(folded=frozenset(self._tree.folded))
            self._remember_pane()

    def on_sidebar_command_requested(self, event: Sidebar.CommandRequested) -> None:
        """Do with a line of the pane what the person wants."""
        line = event.line
        match event.command:
            case "choose":
                self._choose(line)
            case "combine":
                self._combine(line)
            case "filter":
                self._ask_filter()
            case "leave":
                self._leave_views()
            case "rename":
                self._ask_name(line.text)
            case "delete":
                self._desk.change_views(lambda views: views.delete(line.text))
            case "down" | "up":
                step = 1 if event.command == "down" else -1
                end = "This is the last saved view." if step > 0 else "This is the first saved view."
                self._desk.change_views(lambda views: views.move(line.text, step), end)

    def _leave_views(self) -> None:
        if self._tree is not None and self._tree.filter:
            self._filter("", 0)
            self.let_keys_go()
        else:
            self.panes.focus_list()

    def _choose(self, line: SidebarLine) -> None:
        from reader.query.parser import format_query
        from reader.tui.widgets.sidebar.selection import query_for

        view = self._saved_view(line)
        done = True
        if view is not None:
            done = self.search_for(view.query, view.sort)
        elif line.choice is not None and line.kind != "view":
            query = query_for(line.choice, self._queries_of_views)
            done = self.search_for("" if query is None else format_query(query))
        if done:
            self.panes.focus_list()
        else:
            self.let_keys_go()

    def _combine(self, line: SidebarLine) -> None:
        from reader.query.parser import format_query
        from reader.tui.widgets.sidebar.selection import toggle_choice

        choice = line.choice
        query = None if choice is None else toggle_choice(self.asked.query, choice, self._queries_of_views)
        if query is not None:
            self.search_for(format_query(query))
        else:
            self._choose(line)  # it says what is wrong with the query

    def _saved_view(self, line: SidebarLine) -> SavedView | None:
        return next((view for view in self._saved if line.kind == "view" and view.name == line.text), None)

    def _ask_filter(self) -> None:
        text = "" if self._tree is None else self._tree.filter
        self.ask(Purpose(lambda text: self._filter(text, 0), self._filter, lambda: self._filter("", 0)), "Show: ", text)

    def _filter(self, text: str, _: int) -> None:
        tree, views = self._tree, self._views
        text = text.strip()
        if tree is None or views is None or text == tree.filter:
            return
        key = views.line.key
        tree.filter_by(text)
        views.show_lines(key)
        if tree.find(key) is None:
            kind = key[1]
            others = (
                at
                for at, line in enumerate(tree)
                if (line.what == "entry" if text else (line.what, line.kind) == ("more", kind))
            )
            views.select(next(others, 0))
        self.panes.set_sidebar_filter(text)

    # The saved ones.

    def action_save_view(self) -> None:
        """Ask for a name to save the query and the order of the list by."""
        if self._tree is None:
            self._desk.views.load()  # the pane was never there: names that are taken are not known yet
        text = self.asked.text.strip()
        sort: Sort | None = self.articles.view.sort
        if self.asked.query is not None and self.asked.query.sort is not None:
            sort = None  # the query says it itself

        def save(name: str) -> None:
            if clean(name):
                self._selected_then = clean(name)
                self._desk.change_views(lambda views: views.save(name, text, sort))
            else:
                self.say("Not saved: a view needs a name.")

        self.ask(Purpose(save, self._tell_name), "Save the view as: ")

    def _tell_name(self, name: str, _: int) -> None:
        from reader.tui.widgets.prompt.completion import Completion, starting_with

        if self.entry is not None:
            self.entry.set_completion(
                Completion(0, len(name), tuple(starting_with(name, (view.name for view in self._saved))))
            )
            there = any(view.name == clean(name) for view in self._saved)
            what = f"/{self.asked.shown}" if self.asked.query is not None else "all articles"
            self.entry.say(f"There is a view of this name: it becomes {what}." if there else f"Saves {what}.")

    def _ask_name(self, name: str) -> None:
        def rename(new: str) -> None:
            if clean(new) in {"", name}:
                self.say(f"The view is still called “{name}”.")
            else:
                self._selected_then = clean(new)
                self._desk.change_views(lambda views: views.rename(name, new))

        def is_taken(new: str) -> bool:
            taken = clean(new) != name and any(view.name == clean(new) for view in self._saved)
            if taken and self.entry is not None:
                self.entry.hint(f"There is a view “{clean(new)}” already. Choose another name.", warning=True)
            return taken

        self.ask(Purpose(rename, refuses=is_taken), "Rename the view: ", name)
