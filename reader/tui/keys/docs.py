"""The keys as Markdown, for README and docs: made from the registry, so that they cannot disagree.

``python -m reader.tui.keys.docs`` prints the table of the README, with ``--full`` that of docs/keys.md.
"""

from __future__ import annotations

import sys

from reader.tui.keys import bindings

_WHERE: dict[str, str] = {
    "Text": "(while a text is read in full)",
    "Views": "(in the pane of views, but for the first two)",
    "Write": "(in a line that is written in)",
}
"""What to say of a group whose keys do something else elsewhere."""


def short_table() -> str:
    """Return the README's table: keys and title of each action, by group."""
    rows = ["| keys | what they do |", "|---|---|"]
    for group, found in bindings.groups():
        rows.append(f"| **{group}** {_WHERE.get(group, '')}".rstrip() + " | |")
        rows += [f"| {_keys(action)} | {action.title} |" for action in found]
    return "\n".join(rows) + "\n"


def full_table() -> str:
    """Return the table of docs/keys.md: every action with its name and its help."""
    parts = []
    for group, found in bindings.groups():
        rows = [f"| `{action.name}` | {_keys(action)} | {action.title} | {action.help} |" for action in found]
        parts += [f"## {group}\n", "| action | keys | title | what it does |", "|---|---|---|---|", *rows, ""]
    return "\n".join(parts)


def _keys(action: bindings.Action) -> str:
    return ", ".join(f"`{key}`" for key in bindings.key_label(action.keys).split())


if __name__ == "__main__":
    sys.stdout.write(full_table() if "--full" in sys.argv else short_table())
