"""Reads ``[programs]`` and ``[macros]``: the actions that users make themselves."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from reader.config.declarations import MACRO, PROGRAM, PROGRAM_FIELDS, PROGRAM_SETTINGS, command_words
from reader.config.names import did_you_mean, nearest, shown_name
from reader.config.settings import Program

Problem = tuple[tuple[str, ...], str, str]
"""The names that lead to the place, a sentence and advice."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_FIELD = re.compile(r"\{(\w+)\}")


def own_names(programs: Mapping[str, Any], macros: Mapping[str, Any]) -> list[str]:
    """Return the names of the actions that the tables define, valid or not."""
    return [*(PROGRAM + name for name in programs), *(MACRO + name for name in macros)]


def read_programs(table: Mapping[str, Any], problems: list[Problem]) -> dict[str, Program]:
    """Return the valid programs in ``[programs]`` by name, after adding the problems of the others."""
    found = {}
    for name, value in table.items():
        wrong = _wrong_name("programs", name) or _wrong_program(name, value)
        if wrong:
            problems.append((("programs", name), *wrong))
        else:
            found[name] = Program(**{**value, "run": tuple(command_words(value["run"]))})
    return found


def _wrong_program(name: str, value: Any) -> tuple[str, str] | None:
    where = f"[programs.{name}]"
    if not isinstance(value, dict) or "run" not in value:
        return f"{where} must be a table with run, the program and its arguments.", ""
    for setting, given in value.items():
        declared = PROGRAM_SETTINGS.get(setting)
        if declared is None:
            return f"{where} has no setting “{shown_name(setting)}”.", _hint(setting, [*PROGRAM_SETTINGS])
        if not declared.is_valid(given):
            return f"{where} {setting} must be {declared.must_be}.", ""
    program, *words = command_words(value["run"])
    if _FIELD.search(program):
        return f"{where} run must begin with the name of a program.", ""
    for field in (field for word in words for field in _FIELD.findall(word)):
        if field not in PROGRAM_FIELDS:
            return f"{where} run: there is no field {{{shown_name(field)}}}.", _hint(field, PROGRAM_FIELDS)
    return None


def read_macros(
    table: Mapping[str, Any], actions: Collection[str], problems: list[Problem]
) -> dict[str, tuple[str, ...]]:
    """Return the valid macros in ``[macros]`` by name, after adding the problems of the others."""
    found = {}
    for name, value in table.items():
        wrong = _wrong_name("macros", name) or _wrong_macro(name, value, actions)
        if wrong:
            problems.append((("macros", name), *wrong))
        else:
            found[name] = tuple(value)
    return found


def _wrong_macro(name: str, value: Any, actions: Collection[str]) -> tuple[str, str] | None:
    if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
        return f'[macros] {name} must be a list of actions, such as ["mark.star", "unread.next"].', ""
    for action in value:
        if action.startswith(MACRO):
            return f"[macros] {name}: a macro cannot run another one.", "Name its actions instead."
        if action not in actions:
            hint = _hint(action, actions)
            return f"[macros] {name}: there is no action “{shown_name(action)}”.", hint
    return None


def _wrong_name(table: str, name: str) -> tuple[str, str] | None:
    if _NAME.fullmatch(name):
        return None
    return f"[{table}] “{shown_name(name)}” is not a name.", "Use lower-case letters, digits, - and _."


def _hint(name: str, names: Collection[str]) -> str:
    return did_you_mean(nearest(name, names)) or (f"There are: {', '.join(names)}." if len(names) < 20 else "")
