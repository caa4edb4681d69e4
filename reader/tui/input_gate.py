"""The one place that holds input back until its target is ready.

Keys can be faster than the screen: after Enter, Space is meant for the article that Enter
opens. So each key waits until the messages that the key before it has caused are handled, and
while the focus moves. An action that needs a list, an article or a text that is still loading
waits for it, with every key behind it. The actions of one key run like keys that were pressed
one after the other.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Literal, NamedTuple

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen

from reader.tui.keys import bindings
from reader.tui.timings import Timings

KeyOrPaste = events.Key | events.Paste
TEXT = "text"
"""Any key that types a character."""
Resource = Literal["list", "unread", "article", "text", "prompt", "search"]
"""What an action or a key can wait for."""
_LIST: tuple[Resource, ...] = ("list", "unread")
_ARTICLE: tuple[Resource, ...] = ("list", "unread", "article")
_TEXT: tuple[Resource, ...] = ("text",)
_ABOUT_SELECTION = (
    "mark.read", "mark.star", "mark.tags", "mark.all_read", "undo", "redo", "unread.next", "unread.previous", "open",
    "open.amp", "copy", "fetch", "fetch.again", "fetch.archive", "fetch.all", "search", "read.hide", "list.group",
    "story.list", "story.digest", "heat", "enclosure.open", "enclosure.download", "sort.quality", "sort.heat",
    "sort.date",
)  # fmt: skip
NEEDS: Mapping[str, Mapping[str, tuple[Resource, ...]]] = {
    "ArticleList": dict.fromkeys(("move", "enter", "screen.into", "leave", "choose", "extend"), _LIST),
    "ArticlePane": dict.fromkeys(("move", "enter", "screen.into"), _ARTICLE),
    "Panes": dict.fromkeys(("pane", "related"), _ARTICLE),
    "ReaderView": dict.fromkeys(("move", "links", "link_digit", "heading", "match", "screen.run('text.save')"), _TEXT),
    "MainScreen": {
        **{f"run('{name}')": _LIST for name in _ABOUT_SELECTION},
        "run('more')": _ARTICLE,
        "run('similar')": _ARTICLE,
        "run_own": _LIST,
    },
    "ReaderScreen": {
        **{f"run('{name}')": _LIST for name in _ABOUT_SELECTION},
        "run_own": (*_LIST, *_TEXT),
        "run('back')": _TEXT,
    },
    "Palette": dict.fromkeys(("command_list", "cursor_down", "submit"), ("search",)),
}
"""What each action needs, by class of node and by action, with its arguments if it is bound with arguments."""
_CHECKS = 10
"""How many times in a row the app has to be found idle before it stops waiting."""
_MOST_CHECKS = 200
"""How many times in all: then it stops waiting, busy or not, for keys alone may keep it busy."""
_BUSY = 0.03
"""The share of a processor that the app uses at least while it has work, on the busiest machine."""


class _Deferred(NamedTuple):
    """An action that waits."""

    needs: tuple[Resource, ...]
    screen: Screen[object]
    """The screen that it is for."""
    run: Callable[[], Awaitable[object]]


class InputGate:
    """Holds keys and actions back, and releases them in order."""

    def __init__(self, app: App[None], timings: Timings, keymap: Mapping[str, str]) -> None:
        self._app = app
        self._timings = timings
        self.take_keys(keymap)
        self.press: Callable[[KeyOrPaste], Awaitable[str]]
        """Does what a key means now, and returns the key that may follow at once, if any. The app sets it."""
        self._keys: deque[KeyOrPaste] = deque()
        """Keys that wait for those before them."""
        self._steps: deque[Callable[[], Awaitable[object]]] = deque()
        """What a key has still to do, one after the other."""
        self._is_advancing = False
        self._settling: DOMNode | None = None
        """Where the last key has caused messages that are being handled."""
        self._settle_id = 0
        self._next_at_once = ""
        """The key that does not depend on the messages of the last one, or :data:`TEXT`."""
        self.is_moving = False
        """Whether the focus is moving to the widget that the next keys are meant for."""
        self._hold_id = 0
        self._loading: set[Resource] = set()
        self.is_selecting: Callable[[], bool] = lambda: False
        """Whether a selection is unhandled, so that its article is not even loading."""
        self.is_busy: Callable[[], bool] = lambda: False
        """Whether another process works on something that an action waits for."""
        self._deferred: deque[_Deferred] = deque()
        self._impatient = False
        """Whether keys no longer wait for the deferred actions."""
        self._is_running_deferred = False
        self.is_closed = False
        """Whether the app is about to quit: nothing may be opened, and all input is dropped."""

    def take_keys(self, keymap: Mapping[str, str]) -> None:
        """Take the keys of the settings, by action."""
        leaving = (bindings.keys_alone(bindings.BY_NAME[name], keymap) for name in ("quit.now", "suspend"))
        self._urgent_keys = frozenset(key for keys in leaving for key in keys)

    # Keys, one after the other.

    @property
    def is_holding(self) -> bool:
        """Whether keys are held back."""
        return self._is_waiting or bool(self._steps or self._keys)

    @property
    def _is_waiting(self) -> bool:
        return not self._is_free or (bool(self._deferred) and not self._impatient and not self._is_covered)

    @property
    def _is_free(self) -> bool:
        return not self.is_moving and self._settling is None

    async def take(self, event: KeyOrPaste) -> None:
        """Press a key once those before it have had their effect; those that leave do not wait for what is loading."""
        if self._deferred and not self.is_moving and isinstance(event, events.Key) and event.key in self._urgent_keys:
            await self.press(event)
            return
        self._keys.append(event)
        if self._settling is not None and len(self._keys) == 1:
            self._watch()
        await self._advance()

    def put_back(self, event: KeyOrPaste) -> None:
        """Press a key again, once what was done meanwhile has had its effect."""
        self._keys.appendleft(event)

    async def play(self, steps: Iterable[Callable[[], Awaitable[object]]]) -> None:
        """Do ``steps`` in order, before the next keys; each waits for what those before it open and load.

        A step that returns False ends them.
        """
        self._steps.extend(steps)
        await self._advance()

    async def _advance(self) -> None:
        """Press the next key or do the next step, unless it has to wait."""
        if self._is_advancing or self.is_closed:
            return
        self._is_advancing = True
        try:
            while self._keys or self._steps:
                if self._is_waiting and not self._follows_at_once():
                    return
                target = self._target
                if not self._steps:
                    self._next_at_once = await self.press(self._keys.popleft())
                await self._do_step()
                self._settle(target)
        finally:
            self._is_advancing = False

    def _follows_at_once(self) -> bool:
        """Whether the next key only goes on with what the last one did, so that many take no frame each."""
        key = self._keys[0] if self._keys else None
        if self.is_moving or self._deferred or self._steps or not isinstance(key, events.Key):
            return False
        return self._next_at_once in ({key.key, TEXT} if key.is_printable else {key.key})

    async def _do_step(self) -> None:
        if self._steps and not self._is_waiting and not await self._steps.popleft()():
            self._steps.clear()

    @property
    def _target(self) -> DOMNode:
        """What gets the next key."""
        screen: Screen[object] = self._app.screen
        return screen.focused or screen

    def _settle(self, node: DOMNode) -> None:
        """Let keys wait until the messages are handled that are in the queues from ``node`` up to the app."""
        self._settle_id += 1
        self._settling = node
        self._pass_through(node, self._settle_id)

    def _pass_through(self, node: DOMNode | None, settle_id: int) -> None:
        while node is not None and node is not self._app:
            if node.call_later(self._pass_through, node.parent, settle_id):
                return
            node = node.parent  # this one is being removed
        self._app.call_later(self._settled, settle_id)

    async def _settled(self, settle_id: int) -> None:
        if settle_id != self._settle_id or not self._app.screen_stack:
            return
        if self._target is not self._settling:  # what gets the next key may not even be mounted
            self._settle(self._target)
        else:
            self._settling = None
            await self._run_deferred()

    def _watch(self) -> None:
        """Go on after a while: a widget that is removed may not tell that it has handled its messages."""

        def give_up() -> None:
            self._app.call_later(self._settled, self._settle_id)
            self._watch()

        self._unless(lambda: not self._keys, self._timings.key_hold, give_up)

    # Keys while the focus moves.

    def hold(self, *, for_input: bool = False) -> None:
        """Hold keys back until :meth:`release`, or until the app has been idle for half a second or busy for ten.

        With ``for_input`` they are meant for the input of a prompt or a dialog that is about to open.
        """
        if for_input:
            self._loading.add("prompt")
        if not self.is_moving:
            self.is_moving = True
            self._hold_id += 1
            give_up = partial(self._app.call_later, self._end_hold, self._hold_id)
            self._unless(lambda: not self.is_moving, self._timings.key_hold, give_up)

    def release(self, *, to_input: bool = False) -> None:
        """Release keys after the next refresh, unless they are meant for a text or an input that is not there yet."""
        if to_input:
            self._loading.discard("prompt")
        if self.is_moving and (to_input or not self._loading & {"text", "prompt"}):
            # The focused widget has to be laid out first: its height determines what a page is.
            self._app.call_after_refresh(self._app.call_later, self._end_hold, self._hold_id)

    def _end_hold(self, hold_id: int) -> None:
        if hold_id == self._hold_id and self.is_moving:
            self.is_moving = False
            self._loading.discard("prompt")  # it is there, or was closed before it got the focus
            self._settle(self._target)

    # Actions that need something that is loading.

    def begin_loading(self, resource: Resource) -> None:
        """Note that ``resource`` is loading; actions from now on are meant for it."""
        self._loading.add(resource)

    def end_loading(self, resource: Resource) -> None:
        """Note that ``resource`` has loaded or failed to."""
        self._loading.discard(resource)
        self.check()

    def check(self) -> None:
        """Run the deferred actions whose resources are ready."""
        if self._deferred and self._is_ready(self._deferred[0].needs):
            self._app.call_later(self._run_deferred)

    def defer(self, node: DOMNode, action: str, run: Callable[[], Awaitable[object]]) -> bool:
        """Return whether ``action`` of ``node`` has to wait; ``run`` is called when it is ready."""
        by_action = NEEDS.get(type(node).__name__, {})
        needs = by_action.get(action) or by_action.get(action.partition("(")[0], ())
        if not needs or (self._is_ready(needs) and (not self._deferred or self._is_running_deferred)):
            return False
        if not self._deferred:
            self._impatient = False
            self._unless(lambda: not self._deferred, self._timings.action_hold, self._lose_patience)
        self._deferred.append(_Deferred(needs, self._app.screen, run))
        return True

    def _is_ready(self, needs: Collection[Resource]) -> bool:
        return not self._loading.intersection(needs) and not ("article" in needs and self.is_selecting())

    async def _run_deferred(self) -> None:
        """Run the deferred actions that are ready, and drop those for a screen that another one has replaced."""
        if self._is_running_deferred:
            return
        self._is_running_deferred = True
        try:
            while self._deferred and self._is_free and self._is_ready(self._deferred[0].needs) and not self._is_covered:
                action = self._deferred.popleft()
                if action.screen is self._app.screen:
                    target = self._target
                    await action.run()
                    self._settle(target)
        finally:
            self._is_running_deferred = False
        await self._advance()

    @property
    def _is_covered(self) -> bool:
        """Whether a dialog is above the screen of the first deferred action, which waits for that; keys do not."""
        stack, below = self._app.screen_stack, self._deferred[0].screen
        return below in stack and below is not stack[-1] and stack[-1].is_modal

    def _lose_patience(self) -> None:
        self._impatient = True
        self._app.call_later(self._advance)

    def _unless(self, is_done: Callable[[], bool], seconds: float, give_up: Callable[[], object]) -> None:
        """Call ``give_up`` unless something ``is_done`` before the app has been idle for ``seconds``.

        Time in which the app works hardly counts, so that little depends on the speed of the machine.
        """
        step, idle, checks, used = seconds / _CHECKS, 0, 0, time.process_time()

        def check() -> None:
            nonlocal idle, checks, used
            before, used = used, time.process_time()
            checks += 1
            idle = idle + 1 if used - before < step * _BUSY and not self.is_busy() else max(0, idle - 1)
            if not is_done():
                self._app.set_timer(step, check) if idle < _CHECKS and checks < _MOST_CHECKS else give_up()

        self._app.set_timer(step, check)
