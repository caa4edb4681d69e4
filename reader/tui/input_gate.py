"""The one place that holds input back until what it is meant for is there.

Keys can be quicker than the screen: after Enter, Space is meant for the article that Enter
opens. So keys wait while the focus moves, and an action that needs a list, an article or
a text that is still loading waits for it, with every key behind it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from textual import events

from reader.tui.keys import bindings

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.timer import Timer

    from reader.tui.timings import Timings

Resource = Literal["list", "unread", "article", "text", "prompt"]
"""What an action or a key can wait for."""
_LIST: tuple[Resource, ...] = ("list", "unread")
_ARTICLE: tuple[Resource, ...] = ("list", "unread", "article")
_TEXT: tuple[Resource, ...] = ("text",)
_SCROLLING = ("move", "down", "up", "top", "end", "half_down", "half_up", "page_down", "page_up")
_ABOUT_SELECTION = (
    "mark.read", "mark.star", "mark.tags", "mark.all_read", "undo", "redo", "unread.next", "unread.previous", "open",
    "open.amp", "copy", "fetch", "fetch.again", "fetch.archive", "fetch.all", "search",
)  # fmt: skip
NEEDS: Mapping[str, Mapping[str, tuple[Resource, ...]]] = {
    "ArticleList": dict.fromkeys((*_SCROLLING, "enter", "leave", "choose", "extend"), _LIST),
    "ArticlePane": dict.fromkeys((*_SCROLLING, "enter"), _ARTICLE),
    "Panes": {"related": _ARTICLE},
    "ReaderView": dict.fromkeys((*_SCROLLING, "links", "heading", "match"), _TEXT),
    "MainScreen": {f"run('{name}')": _LIST for name in _ABOUT_SELECTION},
    "ReaderScreen": {f"run('{name}')": _LIST for name in _ABOUT_SELECTION},
}
"""What the actions of a class of node need, by the name of the action or, with arguments, as it is bound."""


class Host(Protocol):
    """The app, as far as the gate needs it."""

    def set_timer(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call ``callback`` after ``delay`` seconds."""

    def call_later(self, callback: Callable[[], Awaitable[None]]) -> bool:
        """Call ``callback`` after the messages that are queued."""

    def call_after_refresh(self, callback: Callable[[], object]) -> bool:
        """Call ``callback`` after the next refresh."""

    async def on_event(self, event: events.Event) -> None:
        """Handle an event as if it came from the terminal."""


class _Deferred(NamedTuple):
    needs: tuple[Resource, ...]
    action: Callable[[], Awaitable[object]]


class InputGate:
    """Holds keys and actions back, and lets them go in the order in which they came."""

    def __init__(self, host: Host, timings: Timings, keymap: Mapping[str, str]) -> None:
        self._host = host
        self._timings = timings
        leave = next(action for action in bindings.ACTIONS if action.name == "entry.leave")
        self._closing_keys = frozenset({"enter", *bindings.keys_of(leave, keymap).split(",")})
        app_actions = (action for action in bindings.ACTIONS if action.scopes == ("app",))
        self._app_keys = frozenset(key for action in app_actions for key in bindings.keys_of(action, keymap).split(","))
        self.prompt_open = False
        """Whether a prompt takes the keys."""
        self._closing_key: events.Key | None = None
        """The key that closes the prompt."""
        self._keys: list[events.Key] = []
        self._returned = 0
        """How many of the first keys had been forwarded before they were held back."""
        self._moving = False
        """Whether the focus is on its way to what the next keys are meant for."""
        self._hold_id = 0
        self._loading: set[Resource] = set()
        self.is_selecting: Callable[[], bool] = lambda: False
        """Whether a selection was made that nobody has handled yet, so that its article is not even loading."""
        self._deferred: deque[_Deferred] = deque()
        self._impatient = False
        """Whether keys no longer wait for the deferred actions."""
        self._is_running_deferred = False
        self._is_closed = False

    # Keys while the focus moves.

    @property
    def is_holding(self) -> bool:
        """Whether keys are held back."""
        return self._moving or (bool(self._deferred) and not self._impatient)

    def hold(self) -> None:
        """Hold keys back until :meth:`release`, or until half a second has passed."""
        if not self._moving:
            self._moving = True
            self._hold_id += 1
            hold_id = self._hold_id
            self._host.set_timer(self._timings.key_hold, lambda: self._schedule_drain(hold_id))

    def release(self) -> None:
        """Let keys go after the next refresh, unless they are meant for a text or a prompt that is not there yet."""
        if self._moving and not self._loading & {"text", "prompt"}:
            hold_id = self._hold_id
            # What has the focus now has to be laid out first: a page of it is as long as it is high.
            self._host.call_after_refresh(lambda: self._schedule_drain(hold_id))

    def close(self) -> None:
        """Drop all further input: the app is about to end."""
        self._is_closed = True

    @property
    def is_closed(self) -> bool:
        """Whether the app is about to end, so that nothing may be opened any more."""
        return self._is_closed

    def intercept(self, event: events.InputEvent) -> bool:
        """Return whether ``event`` is held back or dropped. Keys come here on their way down, and up again."""
        if self._is_closed:
            return True
        if not isinstance(event, events.Key):
            return False
        # What was forwarded to the prompt before the key that closes it was pressed before that key.
        before_closing = self._closing_key is not None and (event is self._closing_key or event.is_forwarded)
        is_global = not self._moving and not self.prompt_open and event.key in self._app_keys
        if self.is_holding and not before_closing and not is_global:
            if event.is_forwarded:
                self._keys.insert(self._returned, event)
                self._returned += 1
            else:
                self._keys.append(event)
            return True
        if self.prompt_open and event.key in self._closing_keys and not event.is_forwarded:
            self._closing_key = event  # the prompt takes what follows until it knows that it is closed
            self.hold()
        return False

    def _schedule_drain(self, hold_id: int) -> None:
        async def drain() -> None:
            if hold_id == self._hold_id and self._moving:
                self._moving, self._closing_key = False, None
                await self._drain()

        self._host.call_later(drain)

    async def _drain(self) -> None:
        if self.is_holding:
            return
        keys, self._keys, self._returned = self._keys, [], 0
        for key in keys:
            await self._host.on_event(events.Key(key.key, key.character))

    # Actions that need something that is loading.

    def begin_loading(self, resource: Resource) -> None:
        """Note that another ``resource`` is on its way, which actions from now on are meant for."""
        self._loading.add(resource)

    def end_loading(self, resource: Resource) -> None:
        """Note that ``resource`` is there, or will not come."""
        self._loading.discard(resource)
        self.check()

    def check(self) -> None:
        """Run the deferred actions that have what they need."""
        if self._deferred and self._is_ready(self._deferred[0].needs):
            self._host.call_later(self._run_deferred)

    def defer(self, node: DOMNode, action: str, run: Callable[[], Awaitable[object]]) -> bool:
        """Return whether ``action`` of ``node`` has to wait; ``run`` is called when what it needs is there."""
        by_action = NEEDS.get(type(node).__name__, {})
        needs = by_action.get(action) or by_action.get(action.partition("(")[0], ())
        if not needs or (self._is_ready(needs) and (not self._deferred or self._is_running_deferred)):
            return False
        if not self._deferred:
            self._impatient = False
            self._host.set_timer(self._timings.action_hold, self._lose_patience)
        self._deferred.append(_Deferred(needs, run))
        return True

    def _is_ready(self, needs: Collection[Resource]) -> bool:
        return not self._loading.intersection(needs) and not ("article" in needs and self.is_selecting())

    async def _run_deferred(self) -> None:
        self._is_running_deferred = True
        try:
            while self._deferred and self._is_ready(self._deferred[0].needs):
                await self._deferred.popleft().action()
        finally:
            self._is_running_deferred = False
        if not self._deferred:
            await self._drain()

    def _lose_patience(self) -> None:
        if self._deferred:
            self._impatient = True
            self._host.call_later(self._drain)
