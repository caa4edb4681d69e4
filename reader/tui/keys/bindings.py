"""Bindings and key labels, made from the actions.

A screen or widget takes the bindings of its scope with :func:`bindings` and has an
``action_`` method for each.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping

from textual.binding import ActiveBinding, Binding, BindingType
from textual.keys import KEY_NAME_REPLACEMENTS

from reader.config.declarations import MACRO, PROGRAM
from reader.config.settings import Config
from reader.core.text import clean
from reader.tui.keys.actions import ACTIONS, FOOTERS, GROUPS, Action, KeyContext, Scope, own_action
from reader.tui.keys.sequences import Keys

CHAINS: tuple[tuple[Scope, ...], ...] = (
    ("app", "browse", "panes", "list"),
    ("app", "browse", "panes", "article"),
    ("text",),
    ("panes", "views"),
    ("entry",),
    ("listing", "heat"),
)
"""Scopes in which a key does one thing; in the sidebar, / filters entries, in a text it searches the text."""
BY_NAME = {action.name: action for action in ACTIONS}
NAMES = frozenset(BY_NAME)
SPOKEN = {
    "question_mark": "?", "slash": "/", "left_square_bracket": "[", "right_square_bracket": "]",
    "exclamation_mark": "!", "pagedown": "PgDn", "pageup": "PgUp", "up": "↑", "down": "↓", "left": "←",
    "right": "→", "home": "Home",
    "end": "End", "space": "Space", "enter": "Enter", "escape": "Esc", "tab": "Tab", "backspace": "Backspace",
    "less_than_sign": "<", "greater_than_sign": ">",
    "asterisk": "*", "left_parenthesis": "(", "right_parenthesis": ")", "colon": ":", "comma": ",", "full_stop": ".",
    "semicolon": ";", "underscore": "_",
    "plus": "+", "minus": "-", "equals_sign": "=", "delete": "Del", "insert": "Ins",
    **{f"f{number}": f"F{number}" for number in range(1, 25)},
}  # fmt: skip


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


def bound_keys(active: Mapping[str, ActiveBinding]) -> dict[str, str]:
    """Return the keys that do something, with their actions; those of no action of the registry have an empty one.

    Textual's scroll keys do nothing if there is nothing to scroll.
    """
    return {
        key: binding.id if binding.id in NAMES else ""
        for key, (_, binding, *_) in active.items()
        if binding.id in NAMES or not binding.action.startswith(("page_", "scroll_"))
    }


def footer(where: KeyContext) -> list[tuple[Action, str]]:
    """Return the actions that the key bar shows in a context, each with its label."""
    quit_word = "quit" if where in {"empty", "list", "chosen", "story", "in_story"} else "back"
    return [(BY_NAME[name], word) for name, word in (*FOOTERS[where], ("help", "help"), ("quit", quit_word))]


def pressed_key_label(key: str, character: str | None) -> str:
    """Return the label of a pressed key: its character if that is visible, else its usual name."""
    if key.startswith(("alt+", "ctrl+", "super+", "meta+", "hyper+")):
        return key_label(key)
    if character and len(character) == 1 and character.isprintable() and not character.isspace():
        return character if not unicodedata.combining(character) and character == clean(character) else "This key"
    return key_label(key) if key in SPOKEN or "+" in key else "This key"


def key_label(keys: str) -> str:
    """Return the label of keys, such as ``j  ↓``, ``Ctrl+d`` or ``g g``."""
    return "  ".join(" ".join(map(_spoken_key, key.split())) for key in keys.split(",")).strip() or "no key"


def _spoken_key(key: str) -> str:
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    return "+".join([*(modifier.capitalize() for modifier in modifiers), SPOKEN.get(last, last)])


def keys_of(action: Action, keymap: Mapping[str, str]) -> str:
    """Return the keys of ``action``: those of the keymap, else the default keys."""
    return keymap.get(action.name, action.keys)


def first_key(name: str, keymap: Mapping[str, str]) -> str:
    """Return the first key of the action ``name``, as a label."""
    return key_label(keys_of(BY_NAME[name], keymap).split(",")[0])


def sequence_of(key: str) -> Keys:
    """Return keys that are separated by spaces, with Textual's names, such as ``question_mark`` for ``?``."""
    return tuple(map(_long_name, key.split()))


def _long_name(key: str) -> str:
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    if len(last) == 1 and not last.isalnum():
        name = unicodedata.name(last, last).lower().replace("-", "_").replace(" ", "_")
        last = KEY_NAME_REPLACEMENTS.get(name, name)
    return "+".join([*modifiers, last])


def keys_alone(action: Action, keymap: Mapping[str, str]) -> list[str]:
    """Return the keys of ``action`` that are pressed alone, with Textual's names."""
    return [sequence_of(key)[0] for key in keys_of(action, keymap).split(",") if key and " " not in key]


def sequences(keymap: Mapping[str, str], own: Collection[str] = ()) -> dict[str, list[Keys]]:
    """Return the keys that Textual does not know: those to press one after the other, and all of ``own`` actions."""
    found = {
        name: [sequence_of(key) for key in keys.split(",") if " " in key or name in own]
        for name, keys in keymap.items()
    }
    return {name: keys for name, keys in found.items() if keys}


def textual_keymap(keymap: Mapping[str, str], also: Collection[str] = ()) -> dict[str, str]:
    """Return the single keys for Textual.

    An action with a sequence, without a key, or in ``also`` gets a name that no key has, so that it is bound even where
    another action has its keys.
    """
    found = {}
    for name in (*keymap, *(name for name in also if name not in keymap)):
        keys = keys_of(BY_NAME[name], keymap).split(",") if name in BY_NAME else []
        single = keys_alone(BY_NAME[name], keymap) if name in BY_NAME else []
        found[name] = ",".join([*single, f"<{name}>"] if name in also or len(single) < len(keys) else single)
    return found


def single_keys(keymap: Mapping[str, str]) -> dict[str, str]:
    """Return the single-character key of each action that has one."""
    every = {action.name: [key.strip() for key in keys_of(action, keymap).split(",")] for action in ACTIONS}
    return {name: min(keys, key=len) for name, keys in every.items() if min(map(len, keys)) == 1}


def own_actions(config: Config) -> dict[str, Action]:
    """Return the actions that the user has made: programs and macros."""
    own = {}
    for name, program in config.programs.items():
        words = f"Run “{clean(' '.join(program.run))}” with the article."
        own[PROGRAM + name] = own_action(PROGRAM + name, clean(program.title) or name, words)
    for name, steps in config.macros.items():
        titles = (BY_NAME[step].title if step in BY_NAME else own[step].title for step in steps)
        own[MACRO + name] = own_action(MACRO + name, name, f"{', then '.join(titles)}.")
    return own


def groups(own: Collection[Action] = ()) -> Iterator[tuple[str, list[Action]]]:
    """Yield the actions by group, in the order of :data:`GROUPS`, and after them the user's own."""
    for group in GROUPS:
        yield group, [action for action in ACTIONS if action.group == group]
    if own:
        yield "Programs and macros", list(own)
