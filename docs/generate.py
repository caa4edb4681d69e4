"""Write the parts of README.md and docs/ that are generated from the code: `.venv/bin/python docs/generate.py`.

The tables of keys come from the registry of actions, those of settings from the registry of settings, the reference of
commands from click's declarations, the tree of packages from their docstrings.
tests/test_readme.py fails when a page is out of date.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from reader.cli.main import cli
from reader.config.declarations import PROGRAM_SETTINGS, SETTINGS, TABLES
from reader.config.feed_settings import FEED_SETTINGS
from reader.config.settings import PRESETS
from reader.config.template import toml_value
from reader.documents.field_names import ALTERNATIVES
from reader.tui.keys import bindings, presets
from reader.tui.keys.actions import ACTIONS, Action

ROOT = Path(__file__).resolve().parent.parent
TEN_ACTIONS = (
    "move.down", "article.enter", "fetch", "search", "views",
    "unread.next", "mark.star", "sort.quality", "undo", "help",
)  # fmt: skip
NOTES = {
    "Reader": "These keys work while you read a text in full.",
    "Sidebar": "The first two keys also work in the list; the others work only in the sidebar.",
    "Prompt": "These keys work in the line in which you type a query, tags or a name.",
}


def ten_keys() -> str:
    """Return the table of the README."""
    by_name = {action.name: action for action in ACTIONS}
    actions = [by_name[name] for name in TEN_ACTIONS]
    rows = [f"| {_keys(action)} | {action.title} | {action.help} |" for action in actions]
    return "\n".join(["| keys | action | what it does |", "|---|---|---|", *rows, ""])


def all_keys() -> str:
    """Return every action, by group, with its name, keys, title and help."""
    parts = []
    for group, actions in bindings.groups():
        note = [NOTES[group], ""] if group in NOTES else []
        rows = [f"| `{each.name}` | {_keys(each)} | {each.title} | {each.help} |" for each in actions]
        parts += [f"## {group}", "", *note, "| action | keys | title | what it does |", "|---|---|---|---|", *rows, ""]
    return "\n".join([*parts, *_presets()])


def _presets() -> list[str]:
    """Return the keys of each preset, where they differ from the default ones."""
    columns = [presets.KEYS[name] for name in PRESETS]
    rows = [
        f"| `{action.name}` | {' | '.join(_keys(action, keymap) for keymap in columns)} |"
        for _, actions in bindings.groups()
        for action in actions
        if any(action.name in keymap for keymap in columns)
    ]
    head = [f"| action | {' | '.join(PRESETS)} |", "|---" * (len(PRESETS) + 1) + "|"]
    return ["## Presets", "", "The actions whose keys depend on `key_preset`:", "", *head, *rows, ""]


def commands(group: click.Group = cli, prefix: str = "newsreader") -> Iterator[tuple[str, click.Command]]:
    """Yield every command with the words that call it; a group yields its commands instead of itself."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def all_commands() -> str:
    """Return usage, help and options of every command."""
    return "\n".join(part for name, command in sorted(commands()) for part in _section(name, command))


def settings() -> str:
    """Return every setting, by table, with its default and what it does."""
    parts = []
    for table in ("", *TABLES):
        found = [setting for setting in (*SETTINGS, *PROGRAM_SETTINGS.values()) if setting.table == table]
        head = {"": "Above the first table", "programs": "[programs.NAME]"}.get(table, f"[{table}]")
        parts += [f"### {head}", ""]
        parts += [TABLES[table], ""] if table else []
        if found:
            parts += ["| setting | default | what it does | a change takes effect |", "|---|---|---|---|"]
            when = ("at once", "at the next start")
            parts += [
                f"| `{each.name}` | `{toml_value(each.default)}` | {_cell(each.help)} | {when[each.needs_restart]} |"
                for each in found
            ] + [""]
    return "\n".join(parts)


def field_names() -> str:
    """Return the other names of each field."""
    rows = (f"| `{field}` | {', '.join(f'`{name}`' for name in names)} |" for field, names in ALTERNATIVES.items())
    return "\n".join(["| field | other names |", "|---|---|", *rows, ""])


def feed_settings() -> str:
    """Return the settings of a feed."""
    rows = [f"| `{each.name}` | `{toml_value(each.default)}` | {_cell(each.help)} |" for each in FEED_SETTINGS]
    return "\n".join(["| setting | default | what it does |", "|---|---|---|", *rows, ""])


def packages() -> str:
    """Return every package with the first sentence of its docstring."""
    lines = ["```"]
    for path in sorted((ROOT / "reader").rglob("__init__.py"), key=lambda path: path.parent.parts):
        docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        sentence = docstring.split("\n\n", 1)[0].replace("\n", " ").split(". ", 1)[0].rstrip(".")
        lines.append(f"{path.parent.relative_to(ROOT).as_posix() + '/':<36}{sentence}")
    return "\n".join([*lines, "```", ""])


def pages() -> dict[Path, str]:
    """Return the pages with generated parts as they should be."""
    return {
        path: _replaced(path.read_text("utf-8"), text)
        for path, text in {
            ROOT / "README.md": ten_keys(),
            ROOT / "docs" / "keys.md": all_keys(),
            ROOT / "docs" / "commands.md": all_commands(),
            ROOT / "docs" / "configuration.md": settings(),
            ROOT / "docs" / "architecture.md": packages(),
            ROOT / "docs" / "format.md": field_names(),
            ROOT / "docs" / "feeds.md": feed_settings(),
        }.items()
    }


def _replaced(page: str, text: str) -> str:
    return re.sub(
        r"(<!-- generated[^>]*-->\n).*(<!-- /generated -->)", lambda m: m[1] + text + m[2], page, flags=re.DOTALL
    )


def _keys(action: Action, keymap: Mapping[str, str] | None = None) -> str:
    return ", ".join(f"`{bindings.key_label(key)}`" for key in bindings.keys_of(action, keymap or {}).split(","))


def _section(name: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=name)
    arguments = (piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]")
    yield from (f"## {' '.join([name, *arguments])}", "", inspect.cleandoc(command.help or ""), "")
    records = [each.get_help_record(context) for each in command.params if isinstance(each, click.Option)]
    rows = [f"| `{_cell(record[0])}` | {_cell(record[1])} |" for record in records if record]
    if rows:
        yield from ("| option | what it does |", "|---|---|", *rows, "")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, "utf-8")
