"""What the main screen and the reader have in common: the bars at the bottom, keys, and prompts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, cast

from textual import events, on
from textual.screen import Screen

from reader.tui.keys import bindings
from reader.tui.widgets.bars.bars import KeyBar, LongMessage
from reader.tui.widgets.bars.progress import BulkFetchBar, IndexingBar
from reader.tui.widgets.status_message import StatusMessage

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.widget import Widget

    from reader.core.events import BulkProgress, Progress
    from reader.tui.session import Session

NOT_IN_READER = frozenset({
    "sort.quality", "sort.heat", "sort.date", "search", "views", "views.save", "mark.all_read", "back", "unread.next",
    "unread.previous",
})  # fmt: skip
"""Actions that are about the list, which the reader covers."""


class BaseScreen(Screen[None]):
    """Runs actions by their names, shows messages in the key bar, and opens no two prompts at once."""

    BINDINGS = bindings.bindings("browse")
    BLANK = True  # its parts cover it, see Backing
    AUTO_FOCUS = ""

    def __init__(self, session: Session, commands: Mapping[str, Callable[[], object]]) -> None:
        """``commands`` are the actions by name."""
        super().__init__()
        self.session = session
        self.commands = commands
        self.key_bar = KeyBar(session.keymap, id="keys")
        self.indexing_bar = IndexingBar(id="indexing")
        self.bulk_fetch_bar = BulkFetchBar(id="bulk-fetch")
        self._long_message = LongMessage(id="message")
        self._bound_keys: dict[bindings.KeyContext, frozenset[str]] = {}
        """The keys that do something, by context."""
        self.bulk_fetch_bar.keys = (session.key("fetch.all"), session.key("fetch.stop"))
        session.indexing_progressed.subscribe(self._indexing_progressed)
        session.bulk_progress.subscribe(self.show_bulk_progress)

    def bars(self) -> Iterable[Widget]:
        """Return the bars at the bottom, to compose them."""
        return self.indexing_bar, self.bulk_fetch_bar, self.key_bar, self._long_message

    def show_message(self, text: str, *, warning: bool = False, transient: bool = False) -> None:
        """Show a sentence in the key bar, or with an empty one the keys again."""
        if not text:
            self.key_bar.clear()
            return
        line = self.session.prompts.line
        if warning and line is not None:
            line.hint(text, warning=True)  # the prompt covers the key bar
        self.key_bar.show_message(text, warning=warning, transient=transient)

    def update_keys(self) -> None:
        """Show the keys that matter where the focus is. Screens extend it."""
        if self.session.prompts.is_open:
            self.key_bar.context = "entry"

    def restore_focus(self, widget: Widget | None) -> None:
        """Give the focus back after a prompt. Screens say what to."""
        raise NotImplementedError

    # Keys.

    def on_key(self, event: events.Key) -> None:
        """Report a key that does nothing. Textual handles all others."""
        context = self.key_bar.context
        bound = self._bound_keys.get(context)
        if bound is None:
            # Textual's own keys that scroll what cannot be scrolled do nothing.
            bound = self._bound_keys[context] = frozenset(
                key
                for key, active in self.active_bindings.items()
                if active.binding.id in bindings.NAMES or not active.binding.action.startswith(("page_", "scroll_"))
            )
        if event.key in bound:
            return
        name = bindings.pressed_key_label(event.key, event.character)
        line = self.session.prompts.line
        if line is not None:
            line.hint(f"{name} does nothing here.", warning=True)
        else:
            self.show_message(f"{name} does nothing here. ? shows all keys.", transient=True)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show the keys that matter where the focus is now, and let go those that were meant for it."""
        self.session.prompts.focus_moved(event.widget)
        self.update_keys()
        self.session.gate.release()

    async def action_run(self, name: str) -> None:
        """Run the action ``name`` of the registry."""
        self.commands[name]()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the actions of the screen while a prompt is open."""
        if action == "run" and self.session.prompts.is_open:
            return False
        return super().check_action(action, parameters)

    @on(KeyBar.ActionClicked)
    async def _run_clicked(self, event: KeyBar.ActionClicked) -> None:
        """Do what the key would do, where the key would do it."""
        scope = event.action.scopes[0]
        nodes: Mapping[str, DOMNode] = {"app": self.app, "browse": self}
        node = nodes.get(scope) or self.node_of_scope(scope)
        await self.app.run_action(event.action.method, default_namespace=node)

    def node_of_scope(self, scope: bindings.Scope) -> DOMNode:
        """Return the widget to which the keys of a scope belong. Screens extend it."""
        return cast("DOMNode", self.focused or self)

    # Messages and progress.

    @on(KeyBar.TooLong)
    def _show_long_message(self, event: KeyBar.TooLong) -> None:
        if event.text:
            self._long_message.show(event.text, warning=event.warning)
        else:
            self._long_message.hide()

    @on(StatusMessage)
    def _show_status(self, event: StatusMessage) -> None:
        self.show_message(event.text, warning=event.warning, transient=event.transient)

    def _indexing_progressed(self, progress: Progress) -> None:
        if progress.finished or not progress.shown:  # otherwise with the list: a frame more would keep keys waiting
            self.indexing_bar.progress = progress

    def show_bulk_progress(self, progress: BulkProgress) -> None:
        """Show how far a bulk fetch is."""
        self.bulk_fetch_bar.progress = None if progress.finished else progress
