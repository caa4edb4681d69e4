"""Does what typed keys mean: sequences, counts, and a message for a key that does nothing."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import partial
from typing import Protocol, runtime_checkable

from textual import events
from textual.app import App
from textual.binding import ActiveBinding

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


def key_table(
    active: Mapping[str, ActiveBinding], sequences: Mapping[str, list[Keys]], leaving: frozenset[str]
) -> KeyTable:
    """Return what keys mean, given Textual's bindings from the focused widget outwards.

    A sequence is ruled out by what an inner widget has for its first keys.
    """
    bound = bindings.bound_keys(active)
    seen: set[str] = set()
    found: dict[Keys, str] = {}
    for key, (_, binding, *_) in active.items():
        name = binding.id or ""
        for keys in sequences.get(name, ()):
            if keys[0] not in seen and not any(overlap(keys, inner) for inner in found):
                found[keys] = name
        if key in bound:
            seen.add(key)
    return KeyTable(found, bound, leaving)


class KeyDispatcher:
    """Gets every key that no widget has taken, in order, from the app."""

    def __init__(self, app: App[None], gate: InputGate, keymap: Mapping[str, str]) -> None:
        self._app = app
        self._gate = gate
        self._typed = KeySequence()
        self.take_keys(keymap)

    def take_keys(self, keymap: Mapping[str, str]) -> None:
        """Take the keys of the settings, by action."""
        self._keymap = keymap
        self._sequences = bindings.sequences(keymap)
        self._tables: dict[Hashable, KeyTable] = {}
        self._typed.reset()
        leaving = (bindings.keys_of(bindings.BY_NAME[name], keymap).split(",") for name in ("quit", "quit.now"))
        self._leaving = frozenset(key for keys in leaving for key in keys)

    async def press(self, event: events.Key) -> bool:
        """Return whether nothing else remains to be done with the key."""
        screen = self._app.screen
        if not isinstance(screen, TypingScreen):
            return False
        table = self._table(screen.key_place)
        was_pending = self._typed.is_pending
        typed = self._typed.press(event.key, table)
        if was_pending or typed.kind == "wait":
            screen.show_typed(*(self._hint(typed, table) if typed.kind == "wait" else ("", ())))
        match typed.kind:
            case "wait":
                pass
            case "run":
                await self._run(typed.action, typed.times)
            case "cancel":
                screen.show_message("Canceled.", transient=True)
            case "unknown":
                screen.show_message(_nothing(bindings.key_label(" ".join(typed.keys))), transient=True)
            case "pass" if event.key not in table.bound:
                screen.show_message(_nothing(bindings.pressed_key_label(event.key, event.character)), transient=True)
            case "pass" if typed.times > 1:
                active = self._app.screen.active_bindings.get(event.key)
                await self._run(active.binding.id if active else None, typed.times)
            case _:
                return False
        return True

    def _table(self, place: Hashable) -> KeyTable:
        table = self._tables.get(place)
        if table is None:
            active = self._app.screen.active_bindings
            table = self._tables[place] = key_table(active, self._sequences, self._leaving)
        return table

    def _hint(self, typed: Typed, table: KeyTable) -> tuple[str, Follows]:
        cancel = ("Esc", "cancel")
        if not typed.keys:
            return str(typed.times), ((bindings.first_key("move.down", self._keymap), f"{typed.times} down"), cancel)
        follows = (
            (bindings.key_label(" ".join(keys)), bindings.BY_NAME[name].title.lower())
            for keys, name in following(typed.keys, table)
        )
        label = bindings.key_label(" ".join(typed.keys))
        return f"{typed.times or ''} {label}".lstrip(), (*follows, cancel)

    async def _run(self, name: str | None, times: int) -> None:
        """Do an action that applies here, as often as was typed if that makes sense."""
        for node, binding, *_ in self._app.screen.active_bindings.values():
            if binding.id == name:
                run = partial(self._app.run_action, binding.action, node)
                await self._gate.play([run] * (max(1, times) if name in COUNTED else 1))
                break


def _nothing(label: str) -> str:
    return f"{label} does nothing here. ? shows all keys."
