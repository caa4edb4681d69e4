"""Bindings, key labels and the keymap check, made from the actions.

A screen or widget takes the bindings of its scope with :func:`bindings` and has an
``action_`` method for each.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from textual.binding import Binding, BindingType
from textual.keys import Keys

from reader.core.errors import ReaderError
from reader.core.text import clean
from reader.tui.keys.actions import ACTIONS, FOOTERS, GROUPS, Action, Group, KeyContext, Scope

# Re-exported: callers need not know where actions are declared.
__all__ = [
    "ACTIONS",
    "CHAINS",
    "GROUPS",
    "NAMES",
    "Action",
    "Group",
    "KeyContext",
    "Scope",
    "bindings",
    "check_keymap",
    "first_key",
    "footer",
    "groups",
    "key_label",
    "keys_of",
    "pressed_key_label",
    "single_keys",
]  # fmt: skip

CHAINS: tuple[tuple[Scope, ...], ...] = (
    ("app", "browse", "panes", "list"),
    ("app", "browse", "panes", "article"),
    ("text",),
    ("panes", "views"),
    ("entry",),
)
"""Scopes in which a key does one thing. In the pane of views, / and the like are about views, in a text about it."""
NAMES = frozenset(action.name for action in ACTIONS)

_SPOKEN = {
    "question_mark": "?", "slash": "/", "left_square_bracket": "[", "right_square_bracket": "]",
    "exclamation_mark": "!", "pagedown": "PgDn", "pageup": "PgUp", "up": "↑", "down": "↓", "left": "←",
    "right": "→", "home": "Home",
    "end": "End", "space": "Space", "enter": "Enter", "escape": "Esc", "tab": "Tab", "backspace": "Backspace",
    "plus": "+", "minus": "-", "equals_sign": "=", "f1": "F1", "f5": "F5", "delete": "Del", "insert": "Ins",
}  # fmt: skip


def bindings(scope: Scope) -> list[BindingType]:
    """Return Textual's bindings for one scope."""
    return [
        Binding(
            action.keys,
            action.method,
            action.title,
            show=False,
            key_display=key_label(action.keys.split(",")[0]),
            tooltip=action.help,
            id=action.name,
        )
        for action in ACTIONS
        if scope in action.scopes
    ]


def footer(where: KeyContext) -> list[tuple[Action, str]]:
    """Return the actions that the key bar shows in a context, each with its label."""
    by_name = {action.name: action for action in ACTIONS}
    return [(by_name[name], word) for name, word in FOOTERS[where]]


def pressed_key_label(key: str, character: str | None) -> str:
    """Return the label of a pressed key: its character if that is visible, else its common name."""
    if key.startswith(("alt+", "ctrl+", "super+", "meta+", "hyper+")):
        return key_label(key)
    if character and len(character) == 1 and character.isprintable() and not character.isspace():
        return character if not unicodedata.combining(character) and character == clean(character) else "This key"
    return key_label(key) if key in _SPOKEN or "+" in key or re.fullmatch(r"f\d+", key) else "This key"


def key_label(keys: str) -> str:
    """Return the label of keys, such as ``j ↓`` or ``Ctrl+d``."""
    return "  ".join(_spoken_key(key.strip()) for key in keys.split(","))


def _spoken_key(key: str) -> str:
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    return "+".join([*(modifier.capitalize() for modifier in modifiers), _SPOKEN.get(last, last)])


def keys_of(action: Action, keymap: Mapping[str, str]) -> str:
    """Return the keys of ``action``: the user's own, else the default ones."""
    return keymap.get(action.name, action.keys)


def first_key(name: str, keymap: Mapping[str, str]) -> str:
    """Return the first key of the action ``name``, as a label."""
    action = next(action for action in ACTIONS if action.name == name)
    return key_label(keys_of(action, keymap).split(",")[0])


def check_keymap(keymap: Mapping[str, str]) -> None:
    """Check the user's keys. Raises ReaderError for an unknown key or one bound twice."""
    known = {key.value for key in Keys} | set(_SPOKEN)
    for name, keys in keymap.items():
        for key in (part.strip() for part in keys.split(",")):
            *modifiers, last = key.split("+") if len(key) > 1 else [key]
            if not set(modifiers) <= {"ctrl", "shift", "alt", "super"} or not (len(last) == 1 or last in known):
                raise ReaderError(
                    f"config.toml: [keys] {name}: there is no key “{clean(key)}”.",
                    'Write keys as "x", "X", "ctrl+x", "f5", "enter" or "question_mark", several separated by commas.',
                )
    for action in ACTIONS:
        written = [key.strip() for key in keymap.get(action.name, "").split(",") if len(key.strip()) == 1]
        if "entry" in action.scopes and written:
            raise ReaderError(
                f"config.toml: [keys] {action.name}: “{clean(written[0])}” is a character that you can type.",
                'Keys of the prompt must not be characters; use one such as "ctrl+n" or "escape".',
            )
    for chain in CHAINS:
        taken: dict[str, str] = {}
        for action in ACTIONS:
            if not set(chain) & set(action.scopes):
                continue
            for key in (part.strip() for part in keys_of(action, keymap).split(",")):
                other = taken.setdefault(key, action.name)
                if other != action.name:
                    raise ReaderError(
                        f"config.toml: [keys] gives “{clean(key)}” to {other} and to {action.name}.",
                        "Each key can do one thing; name other keys for one of them.",
                    )


def single_keys(keymap: Mapping[str, str]) -> dict[str, str]:
    """Return, for each action that has one, a key of a single character."""
    every = {action.name: [key.strip() for key in keys_of(action, keymap).split(",")] for action in ACTIONS}
    return {name: min(keys, key=len) for name, keys in every.items() if min(map(len, keys)) == 1}


def groups() -> Iterator[tuple[str, list[Action]]]:
    """Yield the actions by group, in the order of :data:`GROUPS`."""
    for group in GROUPS:
        yield group, [action for action in ACTIONS if action.group == group]
