"""The one place that holds input back until its target is ready.

Keys can be faster than the screen: after Enter, Space is meant for the article that Enter
opens. So keys wait while the focus moves, and an action that needs a list, an article or
a text that is still loading waits for it, with every key behind it. The actions of one key
run like keys that were pressed at once.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Literal

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

from reader.tui.keys import bindings
from reader.tui.keys.actions import ACTIONS
from reader.tui.timings import Timings

Resource = Literal["list", "unread", "article", "text", "prompt"]
"""What an action or a key can wait for."""
_LIST: tuple[Resource, ...] = ("list", "unread")
_ARTICLE: tuple[Resource, ...] = ("list", "unread", "article")
_TEXT: tuple[Resource, ...] = ("text",)
_ABOUT_SELECTION = (
    "mark.read", "mark.star", "mark.tags", "mark.all_read", "undo", "redo", "unread.next", "unread.previous", "open",
    "open.amp", "copy", "fetch", "fetch.again", "fetch.archive", "fetch.all", "search", "read.hide", "list.group",
    "story.list", "story.digest", "heat", "enclosure.open", "enclosure.download",
)  # fmt: skip
NEEDS: Mapping[str, Mapping[str, tuple[Resource, ...]]] = {
    "ArticleList": dict.fromkeys(("move", "enter", "screen.into", "leave", "choose", "extend"), _LIST),
    "ArticlePane": dict.fromkeys(("move", "enter", "screen.into"), _ARTICLE),
    "Panes": {"related": _ARTICLE},
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
}
"""What each action needs, by class of node and by action, with its arguments if it is bound with arguments."""
_CHECKS = 10
"""How many times in a row the app has to be found idle before it stops waiting."""
_MOST_CHECKS = 200
"""How many times in all: then it stops waiting, busy or not, for keys alone may keep it busy."""
_BUSY = 0.03
"""The share of a processor that the app uses at least while it has work, on the busiest machine."""


def hold_keys(widget: Widget) -> None:
    """Hold keys back for the widget that is about to take the focus from ``widget``."""
    gate = getattr(widget.app, "gate", None)
    if isinstance(gate, InputGate):
        gate.hold()


def hold_for_text(widget: Widget) -> None:
    """Hold keys and actions back for the text that a link of ``widget`` leads to."""
    gate = getattr(widget.app, "gate", None)
    if isinstance(gate, InputGate):
        gate.begin_loading("text")
        gate.hold()


def release_keys(widget: Widget) -> None:
    """Release the keys that were held back, as the focus does not move or has moved."""
    gate = getattr(widget.app, "gate", None)
    if isinstance(gate, InputGate):
        gate.release(to_input=True)


@contextmanager
def keys_held(widget: Widget) -> Iterator[None]:
    """Have ``widget`` see the next keys again, even those it has passed on, once it has changed what they mean."""
    gate = getattr(widget.app, "gate", None)
    if isinstance(gate, InputGate):
        gate.hold()
    yield
    if isinstance(gate, InputGate):
        gate.release()


class InputGate:
    """Holds keys and actions back, and releases them in order."""

    def __init__(self, app: App[None], timings: Timings, keymap: Mapping[str, str]) -> None:
        self._app = app
        self._timings = timings
        self.take_keys(keymap)
        self.prompt_takes_keys: Callable[[], bool] = lambda: False
        """Whether a prompt takes the keys, so that no dialog is above it."""
        self._keys: list[events.Key] = []
        self._returned = 0
        """How many of the first held keys had already been forwarded."""
        self.is_moving = False
        """Whether the focus is moving to the widget that the next keys are meant for."""
        self._hold_id = 0
        self._loading: set[Resource] = set()
        self.is_selecting: Callable[[], bool] = lambda: False
        """Whether a selection is unhandled, so that its article is not even loading."""
        self.is_busy: Callable[[], bool] = lambda: False
        """Whether another process works on something that an action waits for."""
        self._deferred: deque[tuple[tuple[Resource, ...], Callable[[], Awaitable[object]]]] = deque()
        """Deferred actions, each with what it needs."""
        self._impatient = False
        """Whether keys no longer wait for the deferred actions."""
        self._is_running_deferred = False
        self._deferred_on: Screen[object] | None = None
        """The screen on which the first of them have run."""
        self._steps: deque[Callable[[], Awaitable[object]]] = deque()
        """What a key has still to do, one after the other."""
        self.is_closed = False
        """Whether the app is about to quit: nothing may be opened, and all input is dropped."""

    def take_keys(self, keymap: Mapping[str, str]) -> None:
        """Take the keys of the settings, by action."""
        closing = (bindings.keys_alone(bindings.BY_NAME[name], keymap) for name in ("entry.leave", "help"))
        self._closing_keys = frozenset({"enter", *(key for keys in closing for key in keys)})
        # What q means depends on what the keys before it open.
        app_actions = (action for action in ACTIONS if action.scopes == ("app",) and action.name != "quit")
        self._app_keys = frozenset(key for action in app_actions for key in bindings.keys_alone(action, keymap))

    # Keys while the focus moves.

    @property
    def is_holding(self) -> bool:
        """Whether keys are held back."""
        return self._is_waiting or bool(self._steps)

    @property
    def _is_waiting(self) -> bool:
        return self.is_moving or (bool(self._deferred) and not self._impatient)

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

    def intercept(self, event: events.InputEvent) -> bool:
        """Return whether ``event`` is held back or dropped. Keys pass here on their way down, and up again."""
        if self.is_closed:
            return True
        if not isinstance(event, events.Key):
            return False
        is_global = not self.is_moving and event.key in self._app_keys and not self.prompt_takes_keys()
        if self.is_holding and not is_global:
            self._keys.insert(self._returned if event.is_forwarded else len(self._keys), event)
            self._returned += event.is_forwarded
            return True
        is_closing = event.key in self._closing_keys and not (event.is_printable or event.is_forwarded)
        if is_closing and self.prompt_takes_keys():
            self.hold()  # the next keys are not for the prompt, unless it stays open
        return False

    async def _end_hold(self, hold_id: int) -> None:
        if hold_id == self._hold_id and self.is_moving:
            self.is_moving = False
            self._loading.discard("prompt")  # it is there, or was closed before it got the focus
            await self._run_deferred()

    async def play(self, steps: Iterable[Callable[[], Awaitable[object]]]) -> None:
        """Do ``steps`` in order, before the next keys; each waits for what those before it open and load.

        A step that returns False ends them.
        """
        self._steps.extend(steps)
        await self._drain()

    async def _drain(self) -> None:
        while self._steps and not self._is_waiting:
            if not await self._steps.popleft()():
                self._steps.clear()
        if self.is_holding:
            return
        keys, self._keys, self._returned = self._keys, [], 0
        for number, key in enumerate(keys, 1):
            await self._app.on_event(events.Key(key.key, key.character))
            if self.is_moving:  # all others wait again, without being pressed: there may be thousands
                self._keys += keys[number:]
                return

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
        if self._deferred and self._is_ready(self._deferred[0][0]):
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
        self._deferred.append((needs, run))
        return True

    def _is_ready(self, needs: Collection[Resource]) -> bool:
        return not self._loading.intersection(needs) and not ("article" in needs and self.is_selecting())

    async def _run_deferred(self) -> None:
        """Run the deferred actions that are ready; what waits behind one that opens another screen is not for that."""
        if self._is_running_deferred:
            return
        self._is_running_deferred = True
        try:
            while self._deferred and not self.is_moving and self._is_ready(self._deferred[0][0]):
                screen = self._app.screen
                if self._deferred_on not in {None, screen}:
                    self._deferred.clear()
                    break
                if screen.is_modal:  # opened since; the reader, for instance, would be above it
                    break
                self._deferred_on = screen
                _, run = self._deferred.popleft()
                await run()
        finally:
            self._is_running_deferred = False
        if not self._deferred:
            self._deferred_on = None
        await self._drain()

    def _lose_patience(self) -> None:
        self._impatient = True
        self._app.call_later(self._drain)

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
