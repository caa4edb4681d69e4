"""What the main screen and the reader share: the bars at the bottom, keys and prompts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

from textual import events, on
from textual.binding import BindingsMap
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

from reader.config.declarations import MACRO, PROGRAM
from reader.core.events import BulkProgress, DownloadProgress, Progress
from reader.tui.keys import bindings
from reader.tui.keys.actions import KeyContext, Scope
from reader.tui.session import Session
from reader.tui.terminal.overlay import draw_below_overlay, use_latest_size
from reader.tui.widgets.bars.bars import KeyBar
from reader.tui.widgets.bars.progress import BulkFetchBar, DownloadBar, IndexingBar
from reader.tui.widgets.messages import StatusMessage

NOT_IN_READER = frozenset({
    "sort.quality", "sort.heat", "sort.date", "list.group", "list.density", "list.wider", "list.narrower", "search",
    "views", "views.save", "mark.all_read", "more", "unread.next", "unread.previous", "read.hide",
})  # fmt: skip
"""Actions of the list, which the reader covers."""


class BaseScreen(Screen[None]):
    """Runs actions by name, shows messages in the key bar, and opens one prompt at a time."""

    BINDINGS = bindings.bindings("browse")
    BLANK = True  # its children cover it, see CoveredContainer
    AUTO_FOCUS = ""

    def __init__(self, session: Session, commands: Mapping[str, Callable[..., object]]) -> None:
        """``commands`` are the actions by name."""
        super().__init__()
        self.session = session
        self.commands = commands
        self.key_bar = KeyBar()
        self.indexing_bar = IndexingBar(id="indexing")
        self.bulk_fetch_bar = BulkFetchBar(id="bulk-fetch")
        self.download_bar = DownloadBar(id="downloads")
        self._chains: dict[Widget | None, list[tuple[DOMNode, BindingsMap]]] = {}
        """The bindings from each widget outwards, with :attr:`_chains_keymap`."""
        self._chains_keymap: Mapping[str, str] | None = None
        self._take_keys()
        session.config_changed.subscribe(lambda _: self._take_keys())
        session.indexing_progressed.subscribe(self._indexing_progressed)
        session.bulk_progress.subscribe(self.show_bulk_progress)
        session.downloads_changed.subscribe(self.show_downloads)

    def on_resize(self, event: events.Resize) -> None:
        """Take the terminal's latest size."""
        use_latest_size(self, event)

    def bars(self) -> Iterable[Widget]:
        """Yield the bars at the bottom."""
        return self.indexing_bar, self.bulk_fetch_bar, self.download_bar, self.key_bar, self.key_bar.long_message

    def show_message(self, text: str, *, warning: bool = False, transient: bool = False) -> None:
        """Show a sentence in the key bar; with an empty one, the keys again."""
        if not text:
            self.key_bar.clear()
            return
        line = self.session.prompts.line
        if warning and line is not None:
            line.hint(text, warning=True)  # the prompt covers the key bar
        self.key_bar.show_message(text, warning=warning, transient=transient)

    def update_keys(self) -> None:
        """Show the keys of the focused widget. Screens implement it."""
        raise NotImplementedError

    @property
    def _binding_chain(self) -> list[tuple[DOMNode, BindingsMap]]:
        """Private: Textual would apply the whole keymap twice for every key, which takes milliseconds."""
        keymap = self.app._keymap
        if self._chains_keymap is not keymap:
            self._chains.clear()
            self._chains_keymap = keymap
        chain = self._chains.get(self.focused)
        if chain is None:
            chain = self._chains[self.focused] = super()._binding_chain
        return chain

    def _compositor_refresh(self) -> None:
        if not draw_below_overlay(self):
            super()._compositor_refresh()

    def restore_focus(self, widget: Widget | None) -> None:
        """Restore the focus after a prompt. Screens override this."""
        raise NotImplementedError

    def go_back(self) -> bool:
        """Leave what the user has entered, and return whether there was anything to leave. Screens implement it."""
        raise NotImplementedError

    # Keys.

    def _take_keys(self) -> None:
        """Show the keys that are set now."""
        self.show_typed("", ())
        self.key_bar.keymap = self.session.config.keys
        self.download_bar.key = self.session.key("enclosure.download")
        self.bulk_fetch_bar.keys = (self.session.key("fetch.all"), self.session.key("fetch.stop"))

    @property
    def key_place(self) -> tuple[KeyContext, Widget | None]:
        """What has the focus; nothing has it for a moment while it moves."""
        return self.key_bar.context, self.focused

    def show_typed(self, typed: str, follows: tuple[tuple[str, str], ...]) -> None:
        """Show the typed keys, and those that may follow, each with a word."""
        if typed:
            self.key_bar.clear()
        self.key_bar.typed = (typed, follows)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show the keys of the newly focused widget, and release those that were meant for it."""
        self.session.prompts.focus_moved(event.widget)
        self.update_keys()
        self.session.gate.release()

    async def action_run(self, name: str) -> None:
        """Run the action ``name`` of the registry."""
        self.commands[name]()

    async def action_run_own(self, name: str) -> None:
        """Run one of the user's own actions: a program or a macro."""
        if name.startswith(MACRO):
            await self.session.keys.run(name)
        else:
            self.commands["program"](name.removeprefix(PROGRAM))

    @on(KeyBar.ActionClicked)
    async def _run_clicked(self, event: KeyBar.ActionClicked) -> None:
        """Run the clicked action in its scope, as its key would."""
        scope = event.action.scopes[0]
        nodes: Mapping[str, DOMNode] = {"app": self.app, "browse": self}
        node = nodes.get(scope) or self.node_of_scope(scope)
        await self.app.run_action(event.action.method, default_namespace=node)

    def node_of_scope(self, scope: Scope) -> DOMNode:
        """Return the widget to which the keys of a scope belong. Screens extend this."""
        return cast("DOMNode", self.focused or self)

    # Messages and progress.

    @on(StatusMessage)
    def _show_status(self, event: StatusMessage) -> None:
        self.show_message(event.text, transient=event.transient)

    def _indexing_progressed(self, progress: Progress) -> None:
        if progress.finished or not progress.shown:  # otherwise with the list: another frame would delay keys
            self.indexing_bar.progress = progress

    def show_downloads(self, downloads: Sequence[DownloadProgress]) -> None:
        """Show the progress of the running downloads."""
        self.download_bar.set_class(self.bulk_fetch_bar.display, "-above")
        self.download_bar.downloads = tuple(downloads)

    def show_bulk_progress(self, progress: BulkProgress) -> None:
        """Show the progress of a bulk fetch."""
        self.bulk_fetch_bar.progress = None if progress.finished else progress
