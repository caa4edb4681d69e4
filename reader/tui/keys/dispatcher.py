"""Does what typed keys mean: sequences, counts, and a message for a key that does nothing."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from functools import partial
from typing import Protocol, runtime_checkable

from textual import events
from textual.app import App
from textual.binding import ActiveBinding

from reader.config.declarations import MACRO
from reader.config.settings import Config
from reader.tui.input_gate import InputGate
from reader.tui.keys import bindings
from reader.tui.keys.actions import COUNTED
from reader.tui.keys.sequences import Keys, KeySequence, KeyTable, Typed, following, overlap

Follows = tuple[tuple[str, str], ...]
"""Labels of keys that may follow, each with a word."""


@runtime_checkable
class TypingScreen(Protocol):
    """A screen on which keys can be typed one after the other."""

    @property
    def key_place(self) -> Hashable:
        """The part of the screen that gets the keys; in one place they always mean the same."""

    def show_typed(self, typed: str, follows: Follows) -> None:
        """Show what was typed and what may follow; nothing without ``typed``."""

    def show_message(self, text: str, *, warning: bool = False, transient: bool = False) -> None:
        """Show a sentence."""


@runtime_checkable
class ScreenWithOwnActions(TypingScreen, Protocol):
    """A screen with an article to which the user's own actions apply."""

    async def action_run_own(self, name: str) -> None:
        """Run a program or a macro."""


def key_table(
    active: Mapping[str, ActiveBinding],
    sequences: Mapping[str, list[Keys]],
    leaving: frozenset[str],
    own: Collection[str] = (),
) -> KeyTable:
    """Return what keys mean, given Textual's bindings from the focused widget outwards.

    A sequence is ruled out by what an inner widget has for its first keys. The user's ``own`` actions, which Textual
    does not know, come last.
    """
    bound = bindings.bound_keys(active)
    seen: set[str] = set()
    found: dict[Keys, str] = {}
    of_textual = ((binding.id or "", key) for key, (_, binding, *_) in active.items())
    for name, key in (*of_textual, *((name, "") for name in own)):
        for keys in sequences.get(name, ()):
            if keys[0] not in seen and not any(overlap(keys, inner) for inner in found):
                found[keys] = name
        if key in bound:
            seen.add(key)
    return KeyTable(found, bound, leaving)


class KeyDispatcher:
    """Gets every key that no widget has taken, in order, from the app."""

    def __init__(self, app: App[None], gate: InputGate, config: Config, seconds: float) -> None:
        """A digit that does something alone waits for some ``seconds`` for the rest of a number."""
        self._app = app
        self._gate = gate
        self._seconds = seconds
        self._typed = KeySequence()
        self._presses = 0
        self.has_moved = False
        """Whether the last key has only moved within what has the focus."""
        self.take_config(config)

    def take_config(self, config: Config) -> None:
        """Take the keys, programs and macros of the settings."""
        self._keymap = keymap = config.keys
        self._macros = config.macros
        self.own = bindings.own_actions(config)
        """The user's own actions by name."""
        self._sequences = bindings.sequences(keymap, self.own)
        self._tables: dict[Hashable, KeyTable] = {}
        self._typed.reset()
        leaving = (bindings.keys_alone(bindings.BY_NAME[name], keymap) for name in ("quit", "quit.now", "suspend"))
        self._leaving = frozenset(key for keys in leaving for key in keys)

    @property
    def is_undecided(self) -> bool:
        """Whether digits wait for a key that tells whether they are a number or each do something alone."""
        return bool(self._typed.undecided)

    def takes(self, key: str) -> bool:
        """Whether a key does something here or begins a sequence, or goes on with one."""
        screen = self._app.screen
        if self._typed.is_pending or not isinstance(screen, TypingScreen):
            return True
        table = self._table(screen.key_place)
        return key in table.bound or any(keys[0] == key for keys in table.sequences)

    async def end(self) -> None:
        """End what was typed, as no key follows: digits do what they do alone, and the keys of a sequence nothing."""
        screen, digits = self._app.screen, self._typed.undecided
        if self._typed.is_pending and isinstance(screen, TypingScreen):
            screen.show_typed("", ())
        self._typed.reset()
        await self._press_alone(digits)

    def _wait_for_number(self) -> None:
        """Give undecided digits some time to become a number."""
        self._presses += 1
        if self._typed.undecided:
            self._app.set_timer(self._seconds, partial(self._end_if_last, self._presses))

    async def _end_if_last(self, press: int) -> None:
        # An app that quits has no screen any more.
        if press == self._presses and self._typed.undecided and self._app.screen_stack:
            await self.end()

    async def _press_alone(self, digits: Keys) -> None:
        """Do what digits do alone."""
        for digit in digits:
            screen = self._app.screen
            if isinstance(screen, TypingScreen) and (action := self._table(screen.key_place).action_of(digit)):
                await self.run(action, 0)

    def textual_keymap(self) -> dict[str, str]:
        """Return the keys for Textual."""
        steps = {step for steps in self._macros.values() for step in steps if step in bindings.BY_NAME}
        return bindings.textual_keymap(self._keymap, steps)

    async def press(self, event: events.Key) -> bool:
        """Return whether nothing else remains to be done with the key."""
        screen, self.has_moved = self._app.screen, False
        if not isinstance(screen, TypingScreen):
            return False
        was_pending = self._typed.is_pending
        table = self._table(screen.key_place)
        typed = self._typed.press(event.key, table)
        if typed.kind == "digits":
            screen.show_typed("", ())
            await self._press_alone(typed.keys)
            self._gate.put_back(event)
            return True
        self._wait_for_number()
        self.has_moved = typed.action.startswith("move.")
        if was_pending or typed.kind == "wait":
            screen.show_typed(*(self._hint(typed, table) if typed.kind == "wait" else ("", ())))
        match typed.kind:
            case "wait":
                pass
            case "run":
                await self.run(typed.action, typed.times)
            case "cancel":
                screen.show_message("Canceled.", transient=True)
            case "unknown":
                screen.show_message(self._nothing(bindings.key_label(" ".join(typed.keys))), transient=True)
            case "pass" if event.key not in table.bound:
                screen.show_message(
                    self._nothing(bindings.pressed_key_label(event.key, event.character)), transient=True
                )
                return False
            case "pass" if typed.times > 1 and typed.action in COUNTED:
                await self.run(typed.action, typed.times)
            case _:
                return False
        return True

    def _table(self, place: Hashable) -> KeyTable:
        table = self._tables.get(place)
        if table is None:
            active = self._app.screen.active_bindings
            own = self.own if isinstance(self._app.screen, ScreenWithOwnActions) else ()
            table = self._tables[place] = key_table(active, self._sequences, self._leaving, own)
        return table

    def _hint(self, typed: Typed, table: KeyTable) -> tuple[str, Follows]:
        cancel = ("Esc", "cancel")
        if not typed.keys:
            alone = ", ".join(self._word(table.action_of(digit)) for digit in self._typed.undecided)
            down = (bindings.first_key("move.down", self._keymap), f"{typed.times} down")
            number = ("0-9", "number") if alone and typed.times == 1 else down
            return str(typed.times), (*((("…", alone),) if alone else ()), number, cancel)
        follows = (
            (bindings.key_label(" ".join(keys)), self._word(name)) for keys, name in following(typed.keys, table)
        )
        label = bindings.key_label(" ".join(typed.keys))
        return f"{typed.times or ''} {label}".lstrip(), (*follows, cancel)

    async def run(self, name: str, times: int = 1) -> None:
        """Do an action that applies here, as often as was typed if that makes sense, or the actions of a macro."""
        steps = self._macros[name.removeprefix(MACRO)] if name.startswith(MACRO) else (name,)
        count = max(1, times) if name in COUNTED else 1
        at_once = count if name.startswith("move.") else 1
        await self._gate.play(partial(self._do, step, at_once) for step in steps * (count // at_once))

    async def _do(self, name: str, times: int) -> bool:
        """Do an action and return True, or say that it does not apply where the focus is now."""
        screen = self._app.screen
        if name in self.own and isinstance(screen, ScreenWithOwnActions):
            return await self._app.run_action(self.own[name].method, screen)
        for node, binding, *_ in screen.active_bindings.values():
            if binding.id == name:
                return all([await self._app.run_action(binding.action, node) for _ in range(times)])
        if isinstance(screen, TypingScreen):
            title = (self.own.get(name) or bindings.BY_NAME[name]).title
            screen.show_message(f"“{title}” does nothing here.", transient=True)
        return False

    def _nothing(self, label: str) -> str:
        has_help = any(active.binding.id == "help" for active in self._app.screen.active_bindings.values())
        hint = f" {bindings.first_key('help', self._keymap)} shows all keys." if has_help else ""
        return f"{label} does nothing here.{hint}"

    def _word(self, name: str) -> str:
        """Return the title of an action for the middle of a line."""
        if name in self.own:
            return self.own[name].title
        title = bindings.BY_NAME[name].title
        return title[:1].lower() + title[1:]
