"""The keymap: what a preset and ``[keys]`` in config.toml make of the default keys, and what is wrong there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from textual.keys import Keys as TextualKeys

from reader.config.load import KeysCheck
from reader.config.names import nearest, shown_name
from reader.config.settings import DEFAULT_PRESET
from reader.core.text import clean
from reader.tui.keys import bindings
from reader.tui.keys.actions import ACTIONS, Action, own_action
from reader.tui.keys.sequences import Keys, overlap

_MODIFIERS = {"ctrl", "shift", "alt", "super"}
_HOW = (
    'Write keys as "x", "X", "ctrl+x", "f5", "enter" or "question_mark", several separated by commas, and keys that '
    'are pressed one after the other as "g r".'
)


def check_keys(table: Mapping[str, Any], preset: str = DEFAULT_PRESET, own_names: Iterable[str] = ()) -> KeysCheck:
    """Return the keymap that a preset and the table ``[keys]`` mean, with what is wrong in the table.

    ``own_names`` are those of the user's own actions, which have no default keys.
    An action that is not in the table loses the default keys that the table gives to others; in the keymap it then has
    those that remain, or an empty text.
    """
    found = KeysCheck({**preset_keys(preset)}, [], [])
    actions = {**bindings.BY_NAME, **{name: own_action(name) for name in own_names}}
    own = {name: keys for name, value in table.items() if (keys := _valid_keys(name, value, actions, found))}
    taken: list[tuple[Action, str]] = []
    for name, keys in own.items():
        for key in list(keys):
            other, theirs = _owner(actions[name], key, taken)
            if not other:
                taken.append((actions[name], key))
                continue
            keys.remove(key)
            gives = f"[keys] gives “{clean(key)}” to {other} and to {name}"
            if theirs != bindings.sequence_of(key):
                gives = f"[keys] gives “{bindings.key_label(' '.join(theirs))}” to {other} and “{clean(key)}” to {name}"
            found.problems.append((name, f"{gives}; {name} does not get it.", "Choose another key for one of them."))
    found.keymap.update({name: ",".join(keys) for name, keys in own.items() if keys})
    for action in ACTIONS if taken else ():
        if not own.get(action.name):
            _yield_keys(action, taken, found)
    return found


def preset_keys(preset: str) -> Mapping[str, str]:
    """Return the keys of a preset, as far as they are not the default ones."""
    if preset == DEFAULT_PRESET:
        return {}
    from reader.tui.keys import presets

    return presets.KEYS[preset]


def clashes(one: Action, other: Action) -> bool:
    """Whether two actions need different keys: there is a place where both apply."""
    return any(set(chain) & set(one.scopes) and set(chain) & set(other.scopes) for chain in bindings.CHAINS)


def _owner(action: Action, key: str, taken: Iterable[tuple[Action, str]]) -> tuple[str, Keys]:
    """Return the other action that has ``key``, or keys that rule it out, where ``action`` applies, with these keys."""
    sequence = bindings.sequence_of(key)
    for other, theirs in taken:
        keys = bindings.sequence_of(theirs)
        if overlap(keys, sequence) and (other is not action or keys != sequence) and clashes(action, other):
            return other.name, keys
    return "", ()


def _valid_keys(name: str, value: Any, actions: Mapping[str, Action], found: KeysCheck) -> list[str]:
    """Return the valid ones of the keys that are set for an action, after reporting the others."""
    if name not in actions:
        near = nearest(name, actions)
        hint = "Actions have names such as “open” and “mark.star”; put those with a dot in quotes."
        found.problems.append(
            (name, f"[keys] has no action “{shown_name(name)}”.", f"Did you mean “{near}”? {hint}" if near else hint)
        )
        return []
    if not isinstance(value, str) or not value.strip():
        found.problems.append((name, f'[keys] {name} must be a key in quotes, such as "x" or "ctrl+x".', ""))
        return []
    in_prompt = "entry" in actions[name].scopes
    valid: list[str] = []
    for key in (" ".join(part.split()) for part in value.split(",")):
        pressed = key.split() or [""]
        if unknown := next((each for each in pressed if not _is_key(each)), None):
            near = nearest(unknown, _similar(unknown))
            message = f"[keys] {name}: there is no key “{shown_name(unknown)}”."
            found.problems.append((name, message, f"Did you mean “{near}”? {_HOW}" if near else _HOW))
        elif not key:
            found.problems.append((name, f"[keys] {name}: there is no key “”.", _HOW))
        elif in_prompt and (len(key) == 1 or len(pressed) > 1):
            what = "a character that you can type" if len(key) == 1 else "more than one key"
            hint = 'Keys of the prompt must be single keys but not characters; use one such as "ctrl+n" or "escape".'
            found.problems.append((name, f"[keys] {name}: “{clean(key)}” is {what}.", hint))
        else:
            valid.append(key)
    return valid


@cache
def _known() -> frozenset[str]:
    return frozenset({key.value for key in TextualKeys} | set(bindings.SPOKEN))


def _is_key(key: str) -> bool:
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    return set(modifiers) <= _MODIFIERS and ((len(last) == 1 and last == clean(last)) or last in _known())


def _similar(key: str) -> set[str]:
    last = key.rpartition("+")[2]
    return {*_known(), *(f"{each}+{last}" for each in _MODIFIERS if _is_key(last))}


def _yield_keys(action: Action, taken: Iterable[tuple[Action, str]], found: KeysCheck) -> None:
    """Take those of an action's default keys away that are set for another action in the same place.

    If the key begins a sequence now, pressing it twice does what it did.
    """
    kept: list[str] = []
    lost: list[tuple[str, str]] = []
    for key in bindings.keys_of(action, found.keymap).split(","):
        other, keys = _owner(action, key, taken)
        if not other:
            kept.append(key)
            continue
        lost.append((other, " ".join(keys)))
        twice = f"{key} {key}"
        if keys[1:] and " " not in key and not _owner(action, twice, taken)[0]:
            kept.append(twice)
    if lost:
        found.keymap[action.name] = ",".join(kept)
        rest = f"{', '.join(map(bindings.key_label, kept))} only" if kept else "no key"
        for to, key in lost:
            note = f"[keys] gives “{bindings.key_label(key)}” to {to}, so {action.name} has {rest}."
            found.notes.append((to, note, ""))
