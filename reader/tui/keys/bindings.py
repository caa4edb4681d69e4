"""Bindings, key labels and the keymap check, made from the actions.

A screen or widget takes the bindings of its scope with :func:`bindings` and has an
``action_`` method for each.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from textual.binding import ActiveBinding, Binding, BindingType
from textual.keys import Keys

from reader.config.load import KeysCheck, nearest, shown_name
from reader.core.text import clean
from reader.tui.keys.actions import ACTIONS, FOOTERS, GROUPS, Action, KeyContext, Scope

CHAINS: tuple[tuple[Scope, ...], ...] = (
    ("app", "browse", "panes", "list"),
    ("app", "browse", "panes", "article"),
    ("text",),
    ("panes", "views"),
    ("entry",),
    ("listing",),
)
"""Scopes in which a key does one thing; in the sidebar, / filters entries, in a text it searches the text."""
BY_NAME = {action.name: action for action in ACTIONS}
NAMES = frozenset(BY_NAME)
_MODIFIERS = {"ctrl", "shift", "alt", "super"}

_SPOKEN = {
    "question_mark": "?", "slash": "/", "left_square_bracket": "[", "right_square_bracket": "]",
    "exclamation_mark": "!", "pagedown": "PgDn", "pageup": "PgUp", "up": "↑", "down": "↓", "left": "←",
    "right": "→", "home": "Home",
    "end": "End", "space": "Space", "enter": "Enter", "escape": "Esc", "tab": "Tab", "backspace": "Backspace",
    "less_than_sign": "<", "greater_than_sign": ">",
    "plus": "+", "minus": "-", "equals_sign": "=", "f1": "F1", "f5": "F5", "delete": "Del", "insert": "Ins",
}  # fmt: skip
_LONG_NAMES = {label: key for key, label in _SPOKEN.items() if label.isascii() and len(label) == 1}


def bindings(scope: Scope, namespace: str = "") -> list[BindingType]:
    """Return Textual's bindings for one scope; their actions are those of ``namespace``, such as ``app.``."""
    return [
        Binding(
            action.keys,
            namespace + action.method,
            action.title,
            show=False,
            key_display=key_label(action.keys.split(",")[0]),
            tooltip=action.help,
            id=action.name,
        )
        for action in ACTIONS
        if scope in action.scopes
    ]


def dialog_bindings() -> list[BindingType]:
    """Return the bindings of the app that a dialog repeats, because Textual hides the app's bindings from it."""
    return [
        each
        for each in bindings("app", "app.")
        if isinstance(each, Binding) and each.id in {"quit", "quit.now", "suspend"}
    ]


def bound_keys(active: Mapping[str, ActiveBinding]) -> frozenset[str]:
    """Return the keys that do something. Textual's scroll keys do nothing if there is nothing to scroll."""
    return frozenset(
        key
        for key, (_, binding, *_) in active.items()
        if binding.id in NAMES or not binding.action.startswith(("page_", "scroll_"))
    )


def footer(where: KeyContext) -> list[tuple[Action, str]]:
    """Return the actions that the key bar shows in a context, each with its label."""
    quit_word = "quit" if where in {"empty", "list", "chosen"} else "back"
    return [(BY_NAME[name], word) for name, word in (*FOOTERS[where], ("help", "help"), ("quit", quit_word))]


def pressed_key_label(key: str, character: str | None) -> str:
    """Return the label of a pressed key: its character if that is visible, else its usual name."""
    if key.startswith(("alt+", "ctrl+", "super+", "meta+", "hyper+")):
        return key_label(key)
    if character and len(character) == 1 and character.isprintable() and not character.isspace():
        return character if not unicodedata.combining(character) and character == clean(character) else "This key"
    return key_label(key) if key in _SPOKEN or "+" in key or re.fullmatch(r"f\d+", key) else "This key"


def key_label(keys: str) -> str:
    """Return the label of keys, such as ``j ↓`` or ``Ctrl+d``."""
    return "  ".join(_spoken_key(key.strip()) for key in keys.split(",")) or "no key"


def _spoken_key(key: str) -> str:
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    return "+".join([*(modifier.capitalize() for modifier in modifiers), _SPOKEN.get(last, last)])


def keys_of(action: Action, keymap: Mapping[str, str]) -> str:
    """Return the keys of ``action``: the user's own, else the default keys."""
    return keymap.get(action.name, action.keys)


def first_key(name: str, keymap: Mapping[str, str]) -> str:
    """Return the first key of the action ``name``, as a label."""
    return key_label(keys_of(BY_NAME[name], keymap).split(",")[0])


def check_keys(table: Mapping[str, Any]) -> KeysCheck:
    """Return the keymap that ``[keys]`` means, with what is wrong in the table.

    An action that is not in the table loses the default keys that the table gives to others; in the keymap it then has
    those that remain, or an empty text.
    """
    found = KeysCheck({}, [], [])
    own = {name: keys for name, value in table.items() if (keys := _valid_keys(name, value, found))}
    for chain in CHAINS:
        taken: dict[str, str] = {}
        for name, keys in own.items():
            for key in keys if set(chain) & set(BY_NAME[name].scopes) else ():
                other = taken.setdefault(_long_name(key), name)
                if other != name:
                    own[name] = [each for each in own[name] if each != key]
                    message = f"[keys] gives “{clean(key)}” to {other} and to {name}; {name} does not get it."
                    found.problems.append((name, message, "Choose another key for one of them."))
    own = {name: keys for name, keys in own.items() if keys}
    found.keymap.update({name: ",".join(keys) for name, keys in own.items()})
    for action in ACTIONS if own else ():
        if action.name not in own:
            _yield_keys(action, own, found)
    return found


def _valid_keys(name: str, value: Any, found: KeysCheck) -> list[str]:
    """Return the valid ones of the keys that are set for an action, after reporting the others."""
    if name not in BY_NAME:
        near = nearest(name, NAMES)
        hint = "Actions have names such as “open” and “mark.star”; put those with a dot in quotes."
        found.problems.append(
            (name, f"[keys] has no action “{shown_name(name)}”.", f"Did you mean “{near}”? {hint}" if near else hint)
        )
        return []
    if not isinstance(value, str) or not value.strip():
        found.problems.append((name, f'[keys] {name} must be a key in quotes, such as "x" or "ctrl+x".', ""))
        return []
    known = {key.value for key in Keys} | set(_SPOKEN)
    valid = []
    for key in (part.strip() for part in value.split(",")):
        *modifiers, last = key.split("+") if len(key) > 1 else [key]
        if not set(modifiers) <= _MODIFIERS or not (len(last) == 1 or last in known):
            near = nearest(key, {*known, *(f"{each}+{last}" for each in _MODIFIERS if last)})
            hint = 'Write keys as "x", "X", "ctrl+x", "f5", "enter" or "question_mark", several separated by commas.'
            message = f"[keys] {name}: there is no key “{shown_name(key)}”."
            found.problems.append((name, message, f"Did you mean “{near}”? {hint}" if near else hint))
        elif "entry" in BY_NAME[name].scopes and len(key) == 1:
            message = f"[keys] {name}: “{clean(key)}” is a character that you can type."
            hint = 'Keys of the prompt must not be characters; use one such as "ctrl+n" or "escape".'
            found.problems.append((name, message, hint))
        else:
            valid.append(key)
    return valid


def _yield_keys(action: Action, own: Mapping[str, list[str]], found: KeysCheck) -> None:
    """Take those of an action's default keys away that are set for another action in the same place."""
    taken = {
        _long_name(key): name
        for chain in CHAINS
        if set(chain) & set(action.scopes)
        for name, keys in own.items()
        if set(chain) & set(BY_NAME[name].scopes)
        for key in keys
    }
    keys = [key for key in action.keys.split(",") if _long_name(key) not in taken]
    lost = [key for key in action.keys.split(",") if _long_name(key) in taken]
    if lost:
        found.keymap[action.name] = ",".join(keys)
        left = f"{action.name} has {key_label(','.join(keys))} only" if keys else f"{action.name} has no key"
        for key in lost:
            to = taken[_long_name(key)]
            found.notes.append((to, f"[keys] gives “{key_label(key)}” to {to}, so {left}.", ""))


def _long_name(key: str) -> str:
    """Return Textual's name of a key, such as ``question_mark`` for ``?``."""
    return _LONG_NAMES.get(key, key)


def textual_keymap(keymap: Mapping[str, str]) -> dict[str, str]:
    """Return a keymap for Textual, to which an action without keys would be one with its default keys."""
    return {name: keys or "<none>" for name, keys in keymap.items()}


def single_keys(keymap: Mapping[str, str]) -> dict[str, str]:
    """Return the single-character key of each action that has one."""
    every = {action.name: [key.strip() for key in keys_of(action, keymap).split(",")] for action in ACTIONS}
    return {name: min(keys, key=len) for name, keys in every.items() if min(map(len, keys)) == 1}


def groups() -> Iterator[tuple[str, list[Action]]]:
    """Yield the actions by group, in the order of :data:`GROUPS`."""
    for group in GROUPS:
        yield group, [action for action in ACTIONS if action.group == group]
