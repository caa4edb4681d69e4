"""The one registry of actions: bindings, last line, palette and help are all made from it.

An action is named once, here, with its usual keys and what it does. A screen or widget
takes the bindings of its scope with :func:`bindings` and has an ``action_`` method for
each. The name is also what a person writes under ``[keys]`` in the configuration.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple, get_args

from textual.binding import Binding, BindingType
from textual.keys import Keys

from reader.errors import ReaderError
from reader.text import clean

Scope = Literal["app", "browse", "panes", "list", "article", "views", "entry"]
Focus = Literal["empty", "list", "chosen", "article", "related", "views", "entry"]
Group = Literal["Move", "Read", "Find", "Views", "Mark", "Links", "Sort", "Folder", "Write", "App"]
GROUPS: tuple[Group, ...] = get_args(Group)


class Action(NamedTuple):
    """Something a person can do."""

    name: str
    """Stable; used in the configuration file."""
    keys: str
    """The usual keys, as Textual names them, separated by commas."""
    method: str
    """Textual's action: the part behind ``action_``, with arguments in brackets."""
    title: str
    """A few words, for palette and help."""
    help: str
    """A sentence."""
    group: Group
    scopes: tuple[Scope, ...]
    palette: bool = True


_PANES: tuple[Scope, ...] = ("list", "article")
_MOVING: tuple[Scope, ...] = (*_PANES, "views")

ACTIONS: tuple[Action, ...] = (
    Action(
        "sort.quality",
        "1",
        "sort('quality')",
        "Sort by quality",
        "Best first; again: worst first. Unknown quality is always last.",
        "Sort",
        ("browse",),
    ),
    Action(
        "sort.heat",
        "2",
        "sort('heat')",
        "Sort by heat",
        "Hottest first; again: coolest first. Unknown heat is always last.",
        "Sort",
        ("browse",),
    ),
    Action(
        "sort.date",
        "3",
        "sort('date')",
        "Sort by date",
        "Newest first; again: oldest first. Unknown dates are always last.",
        "Sort",
        ("browse",),
    ),
    Action(
        "move.down",
        "j,down",
        "down",
        "Down",
        "Next article or view; in the article, down a line; among related items, the next.",
        "Move",
        _MOVING,
        palette=False,
    ),
    Action(
        "move.up",
        "k,up",
        "up",
        "Up",
        "Previous article or view; in the article, up a line; among related items, the previous.",
        "Move",
        _MOVING,
        palette=False,
    ),
    Action(
        "move.top",
        "g,home",
        "top",
        "Top",
        "To the first article or view, or the top of the article.",
        "Move",
        _MOVING,
        palette=False,
    ),
    Action(
        "move.end",
        "G,end",
        "end",
        "End",
        "To the last article or view, or the end of the article.",
        "Move",
        _MOVING,
        palette=False,
    ),
    Action(
        "move.half_down",
        "ctrl+d",
        "half_down",
        "Half a page down",
        "Down by half a page.",
        "Move",
        _MOVING,
        palette=False,
    ),
    Action("move.half_up", "ctrl+u", "half_up", "Half a page up", "Up by half a page.", "Move", _MOVING, palette=False),
    Action(
        "move.page_down", "pagedown,space", "page_down", "Page down", "Down by a page.", "Move", _PANES, palette=False
    ),
    Action("move.page_up", "pageup", "page_up", "Page up", "Up by a page.", "Move", _MOVING, palette=False),
    Action(
        "article.enter",
        "enter,l,right",
        "enter",
        "Read",
        "Into the article; there, into its related items; there, to the item itself.",
        "Read",
        _PANES,
        palette=False,
    ),
    Action(
        "article.leave",
        "h,escape,left",
        "leave",
        "Back to the list",
        "Out of the related items, then out of the article; in the list, away from what a query found.",
        "Read",
        _PANES,
        palette=False,
    ),
    Action(
        "pane.next",
        "tab",
        "next_pane",
        "Next pane",
        "From the list to the article, to its related items, to the views, and round.",
        "Move",
        ("panes",),
        palette=False,
    ),
    Action(
        "pane.previous",
        "shift+tab",
        "previous_pane",
        "Previous pane",
        "The other way round.",
        "Move",
        ("panes",),
        palette=False,
    ),
    Action(
        "related.next",
        "]",
        "related(1)",
        "Next related item",
        "Select the next related item and show its excerpt.",
        "Read",
        ("panes",),
    ),
    Action(
        "related.previous",
        "[",
        "related(-1)",
        "Previous related item",
        "Select the previous related item.",
        "Read",
        ("panes",),
    ),
    Action(
        "back",
        "backspace",
        "back",
        "Go back",
        "To where you were before you followed a related item, with its place.",
        "Read",
        ("browse",),
    ),
    Action(
        "open",
        "o",
        "open",
        "Open in the browser",
        "Open the original of what is selected: the article, or the related item.",
        "Links",
        ("browse",),
    ),
    Action(
        "open.amp",
        "O",
        "open_amp",
        "Open the AMP copy",
        "Open the AMP copy in the browser, when there is one.",
        "Links",
        ("browse",),
    ),
    Action(
        "copy",
        "y",
        "copy",
        "Copy the link",
        "Copy the address of what is selected (through the terminal, OSC 52).",
        "Links",
        ("browse",),
    ),
    Action(
        "mark.read",
        "m",
        "toggle_read",
        "Mark read or unread",
        "Mark the article, or all that are chosen, read, or unread again.",
        "Mark",
        ("browse",),
    ),
    Action(
        "mark.star",
        "s",
        "toggle_star",
        "Star",
        "Star the article, or all that are chosen, or take the star away.",
        "Mark",
        ("browse",),
    ),
    Action(
        "mark.tags",
        "t",
        "tags",
        "Tags",
        "Edit the tags of the article, or of all that are chosen. Tab completes.",
        "Mark",
        ("browse",),
    ),
    Action(
        "mark.all_read", "M", "all_read", "Mark all read", "Mark every article of the list read.", "Mark", ("browse",)
    ),
    Action(
        "choose",
        "v",
        "choose",
        "Choose several",
        "Begin to choose articles, or end it; what marks one marks them all. The mouse does it too.",
        "Mark",
        ("list",),
    ),
    Action(
        "choose.down",
        "shift+down,J",
        "extend(1)",
        "Choose the next too",
        "Choose the article below as well.",
        "Mark",
        ("list",),
        palette=False,
    ),
    Action(
        "choose.up",
        "shift+up,K",
        "extend(-1)",
        "Choose the previous too",
        "Choose the article above as well.",
        "Mark",
        ("list",),
        palette=False,
    ),
    Action(
        "undo",
        "u",
        "undo",
        "Undo",
        "Take back the last change of marks or views, of this run or an earlier one.",
        "Mark",
        ("browse",),
    ),
    Action("redo", "ctrl+r", "redo", "Redo", "Make the change again that was taken back last.", "Mark", ("browse",)),
    Action(
        "unread.next",
        "n",
        "unread(1)",
        "Next unread",
        "To the next article that is not read.",
        "Move",
        ("browse",),
    ),
    Action(
        "unread.previous",
        "N",
        "unread(-1)",
        "Previous unread",
        "To the previous article that is not read.",
        "Move",
        ("browse",),
    ),
    Action(
        "search",
        "slash",
        "search",
        "Search",
        "Write a query; the list follows as you type. Tab completes, up and down bring former queries, Esc goes back.",
        "Find",
        ("browse",),
    ),
    Action(
        "views",
        "b",
        "views",
        "Views",
        "Show the pane of views and go there; again: hide it.",
        "Views",
        ("browse",),
    ),
    Action(
        "views.save",
        "w",
        "save_view",
        "Save the view",
        "Give the query and the order of the list a name, to find them again among the views.",
        "Views",
        ("browse",),
    ),
    Action(
        "views.choose",
        "enter,l",
        "choose",
        "Choose",
        "Show what the view or the value finds, and nothing else; a section folds.",
        "Views",
        ("views",),
        palette=False,
    ),
    Action(
        "views.combine",
        "space",
        "combine",
        "Add or take away",
        "Several of one kind: any of them. Of different kinds: all of them.",
        "Views",
        ("views",),
        palette=False,
    ),
    Action(
        "views.fold",
        "h,left",
        "fold",
        "Fold",
        "Fold the section.",
        "Views",
        ("views",),
        palette=False,
    ),
    Action(
        "views.unfold",
        "right",
        "unfold",
        "Unfold",
        "Unfold the section, or show all of it.",
        "Views",
        ("views",),
        palette=False,
    ),
    Action(
        "views.filter",
        "slash",
        "filter",
        "Filter",
        "Show only those that have in them what you write; Esc takes it away.",
        "Views",
        ("views",),
        palette=False,
    ),
    Action(
        "views.rename",
        "e",
        "rename",
        "Rename",
        "Give the saved view another name.",
        "Views",
        ("views",),
        palette=False,
    ),
    Action(
        "views.delete",
        "d",
        "delete",
        "Delete",
        "Delete the saved view; undo brings it back.",
        "Views",
        ("views",),
        palette=False,
    ),
    Action(
        "views.move_down",
        "J,alt+down",
        "move(1)",
        "Move down",
        "Move the saved view down.",
        "Views",
        ("views",),
        palette=False,
    ),
    Action(
        "views.move_up",
        "K,alt+up",
        "move(-1)",
        "Move up",
        "Move the saved view up.",
        "Views",
        ("views",),
        palette=False,
    ),
    Action(
        "views.page_down",
        "pagedown",
        "page_down",
        "Page down",
        "Down by a page.",
        "Views",
        ("views",),
        palette=False,
    ),
    Action(
        "views.leave",
        "escape",
        "leave",
        "Back to the list",
        "Take the filter away, or go back to the list.",
        "Views",
        ("views",),
        palette=False,
    ),
    Action(
        "entry.complete",
        "tab",
        "complete(1)",
        "Complete",
        "Put in what could be meant; again: the next.",
        "Write",
        ("entry",),
        palette=False,
    ),
    Action(
        "entry.complete_back",
        "shift+tab",
        "complete(-1)",
        "Complete, backwards",
        "The one before.",
        "Write",
        ("entry",),
        palette=False,
    ),
    Action(
        "entry.earlier", "up", "past(-1)", "Earlier", "What was entered before.", "Write", ("entry",), palette=False
    ),
    Action(
        "entry.later", "down", "past(1)", "Later", "What was entered after that.", "Write", ("entry",), palette=False
    ),
    Action(
        "entry.leave",
        "escape",
        "entry_leave",
        "Leave the line",
        "Leave everything as it was.",
        "Write",
        ("entry",),
        palette=False,
    ),
    Action(
        "refresh",
        "r,f5",
        "refresh_folder",
        "Look for changes",
        "Compare the folder with the list again.",
        "Folder",
        ("browse",),
    ),
    Action(
        "problems",
        "!",
        "problems",
        "Problems",
        "What is wrong with the documents: file, line, field.",
        "Folder",
        ("browse",),
    ),
    Action("help", "question_mark,f1", "help", "Help", "Every key, searchable.", "App", ("app",)),
    Action(
        "palette",
        "ctrl+p",
        "command_palette",
        "Palette",
        "Find any command by name, themes among them.",
        "App",
        ("app",),
        palette=False,
    ),
    Action(
        "theme", "T", "toggle_theme", "Light or dark", "Change between the light and the dark theme.", "App", ("app",)
    ),
    Action("quit", "q,ctrl+q", "quit", "Quit", "Leave newsreader; everything is kept.", "App", ("app",)),
)

_FOOTERS: dict[Focus, tuple[tuple[str, str], ...]] = {
    "empty": (
        ("search", "search"),
        ("refresh", "look again"),
        ("problems", "problems"),
        ("help", "help"),
        ("quit", "quit"),
    ),
    "list": (
        ("article.enter", "read"),
        ("related.next", "related"),
        ("open", "open"),
        ("search", "search"),
        ("views", "views"),
        ("mark.read", "mark"),
        ("mark.star", "star"),
        ("mark.tags", "tags"),
        ("unread.next", "next unread"),
        ("undo", "undo"),
        ("help", "help"),
        ("quit", "quit"),
    ),
    "chosen": (
        ("mark.read", "mark"),
        ("mark.star", "star"),
        ("mark.tags", "tags"),
        ("choose", "let go"),
        ("undo", "undo"),
        ("help", "help"),
        ("quit", "quit"),
    ),
    "views": (
        ("views.choose", "choose"),
        ("views.combine", "add"),
        ("views.filter", "filter"),
        ("views.fold", "fold"),
        ("views.rename", "rename"),
        ("views.delete", "delete"),
        ("views", "hide"),
        ("undo", "undo"),
        ("help", "help"),
        ("quit", "quit"),
    ),
    "entry": (("entry.complete", "complete"), ("entry.earlier", "earlier"), ("entry.leave", "leave")),
    "article": (
        ("article.leave", "list"),
        ("move.page_down", "page"),
        ("related.next", "related"),
        ("open", "open"),
        ("copy", "copy"),
        ("back", "back"),
        ("help", "help"),
        ("quit", "quit"),
    ),
    "related": (
        ("article.enter", "show"),
        ("related.next", "next"),
        ("article.leave", "article"),
        ("open", "open"),
        ("copy", "copy"),
        ("back", "back"),
        ("help", "help"),
        ("quit", "quit"),
    ),
}
"""What the last line shows for each place of the focus, with a word that fits there."""

CHAINS: tuple[tuple[Scope, ...], ...] = (
    ("app", "browse", "panes", "list"),
    ("app", "browse", "panes", "article"),
    ("panes", "views"),
    ("entry",),
)
"""Scopes in which a key does one thing. In the pane of views, / and the like are about views."""
NAMES = frozenset(action.name for action in ACTIONS)

_SPOKEN = {
    "question_mark": "?", "slash": "/", "left_square_bracket": "[", "right_square_bracket": "]",
    "exclamation_mark": "!", "pagedown": "PgDn", "pageup": "PgUp", "up": "↑", "down": "↓", "left": "←",
    "right": "→", "home": "Home",
    "end": "End", "space": "Space", "enter": "Enter", "escape": "Esc", "tab": "Tab", "backspace": "Backspace",
    "f1": "F1", "f5": "F5", "delete": "Del", "insert": "Ins",
}  # fmt: skip


def bindings(scope: Scope) -> list[BindingType]:
    """Return Textual's bindings for one scope."""
    return [
        Binding(
            action.keys,
            action.method,
            action.title,
            show=False,
            key_display=spoken(action.keys.split(",")[0]),
            tooltip=action.help,
            id=action.name,
        )
        for action in ACTIONS
        if scope in action.scopes
    ]


def footer(where: Focus) -> list[tuple[Action, str]]:
    """Return the actions that the last line shows when the focus is there, each with a word for it."""
    by_name = {action.name: action for action in ACTIONS}
    return [(by_name[name], word) for name, word in _FOOTERS[where]]


def spoken_press(key: str, character: str | None) -> str:
    """Return what to call a key that was pressed: what it writes, if one can see that, or a name people know."""
    if key.startswith(("alt+", "ctrl+", "super+", "meta+", "hyper+")):
        return spoken(key)
    if character and len(character) == 1 and character.isprintable() and not character.isspace():
        return character if not unicodedata.combining(character) and character == clean(character) else "This key"
    return spoken(key) if key in _SPOKEN or "+" in key or re.fullmatch(r"f\d+", key) else "This key"


def spoken(keys: str) -> str:
    """Return keys as a person calls them, such as ``j ↓`` or ``Ctrl+d``."""
    return "  ".join(_spoken_key(key.strip()) for key in keys.split(","))


def _spoken_key(key: str) -> str:
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    return "+".join([*(modifier.capitalize() for modifier in modifiers), _SPOKEN.get(last, last)])


def keys_of(action: Action, keymap: Mapping[str, str]) -> str:
    """Return the keys of ``action``: the person's own, else the usual ones."""
    return keymap.get(action.name, action.keys)


def check(keymap: Mapping[str, str]) -> None:
    """Look a person's keys over. Raises ReaderError for a key that does not exist and for one that is given twice."""
    known = {key.value for key in Keys} | set(_SPOKEN)
    for name, keys in keymap.items():
        for key in (part.strip() for part in keys.split(",")):
            *modifiers, last = key.split("+") if len(key) > 1 else [key]
            if not set(modifiers) <= {"ctrl", "shift", "alt", "super"} or not (len(last) == 1 or last in known):
                raise ReaderError(
                    f"config.toml: [keys] {name}: there is no key “{clean(key)}”.",
                    'Keys are written "x", "X", "ctrl+x", "f5", "enter", "question_mark"; several with commas between.',
                )
    for action in ACTIONS:
        written = [key.strip() for key in keymap.get(action.name, "").split(",") if len(key.strip()) == 1]
        if "entry" in action.scopes and written:
            raise ReaderError(
                f"config.toml: [keys] {action.name}: “{clean(written[0])}” is written into the line.",
                'A key of the line is one that writes nothing, such as "ctrl+n" or "escape".',
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
