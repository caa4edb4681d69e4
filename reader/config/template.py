"""Writes settings as TOML: the commented file of ``newsreader config init``, and what is in force."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from reader.config.declarations import OWN_THEME, PROGRAM_SETTINGS, SETTINGS, TABLES, Setting
from reader.config.settings import Config

_HEAD = """\
# The settings of newsreader, each with its default. To change one, remove the # at the start of its line.
# newsreader reads this file again when you save it; `newsreader config check` finds mistakes in it.
"""
_RESTART = " Takes effect at the next start."


class KeysOfAction(NamedTuple):
    """The keys of an action, which belong to ``[keys]``."""

    group: str
    name: str
    keys: str
    title: str


class InForce(NamedTuple):
    """A setting with its value."""

    table: str
    name: str
    value: Any
    line: int | None
    """The line that sets it; None if that is the default."""


def template(actions: Iterable[KeysOfAction]) -> str:
    """Return config.toml with every setting at its default, as a comment."""
    parts = [_HEAD]
    for table, settings in groupby(SETTINGS, lambda setting: setting.table):
        header = f"#[{table}]" if table == OWN_THEME else f"[{table}]"
        parts += [f"\n{header}\n{_comment(TABLES[table])}"] if table else []
        parts += [
            f"\n{_comment(setting.help + _RESTART * setting.needs_restart)}#{_line(setting.name, setting.default)}\n"
            for setting in settings
        ]
    parts.append(f"\n[keys]\n{_comment(TABLES['keys'])}")
    for group, found in groupby(actions, lambda action: action.group):
        parts.append(f"\n# {group}\n")
        parts += [f"#{_line(each.name, ', '.join(each.keys.split(',')), each.title)}\n" for each in found]
    parts += [f"\n[macros]\n{_comment(TABLES['macros'])}", f"\n[programs]\n{_comment(TABLES['programs'])}"]
    parts += [_comment(f"{each.name}: {each.help}") for each in PROGRAM_SETTINGS.values()]
    return "".join(parts)


def in_force(config: Config, lines: Mapping[tuple[str, ...], int], keys: Mapping[str, str]) -> Iterator[InForce]:
    """Yield every setting; ``keys`` are those of every action."""
    values = config.values
    for setting in SETTINGS:
        if setting.table == OWN_THEME:
            continue
        line = lines.get(setting.path, 0) if setting.path in values else None
        yield InForce(setting.table, setting.name, _shown(setting, values.get(setting.path, setting.default)), line)
    for path in sorted(path for path in values if len(path) > 2):  # [themes.NAME]
        yield InForce(".".join(path[:-1]), path[-1], values[path], lines.get(path, 0))
    for name, value in keys.items():
        line = lines.get(("keys", name), 0) if ("keys", name) in values else None
        yield InForce("keys", name, ", ".join(value.split(",")), line)
    for name, steps in config.macros.items():
        yield InForce("macros", name, list(steps), lines.get(("macros", name), 0))
    for name, program in config.programs.items():
        line = lines.get(("programs", name), 0)
        yield from (InForce(f"programs.{name}", each, getattr(program, each), line) for each in PROGRAM_SETTINGS)


def as_toml(settings: Iterable[InForce], file: str) -> str:
    """Return settings as TOML, with comments that say where each comes from."""
    parts = []
    for table, found in groupby(settings, lambda each: each.table):
        parts += [f"\n[{table}]\n"] if table else []
        for each in found:
            origin = "default" if each.line is None else f"{file}:{each.line}"
            parts.append(f"{_line(each.name, each.value, origin)}\n")
    return "".join(parts)


def toml_value(value: Any) -> str:
    """Return a value as TOML, of which JSON's texts, lists, booleans and whole numbers are a part."""
    return json.dumps(value, ensure_ascii=False)


def _line(name: str, value: Any, comment: str = "") -> str:
    key = name if name.replace("_", "").isalnum() else f'"{name}"'
    text = f"{key} = {toml_value(value)}"
    return f"{text:<40} # {comment}" if comment else text


def _comment(text: str) -> str:
    return "".join(f"# {line}\n" for line in textwrap.wrap(text, 108))


def _shown(setting: Setting, value: Any) -> Any:
    if setting.name != "proxy" or "@" not in value:
        return value
    scheme, _, address = value.partition("://")
    return f"{scheme}://***@{address.rpartition('@')[2]}"
