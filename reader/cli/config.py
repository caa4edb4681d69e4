"""The commands ``newsreader config ...``: write, check and show the settings file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reader.cli.arguments import STANDARD_STREAM, HelpfulGroup, json_option
from reader.cli.output import out, print_json
from reader.core.errors import ReaderError, describe_error
from reader.core.paths import Paths
from reader.core.text import format_count, show_path
from reader.exit import print_notice

if TYPE_CHECKING:
    from reader.config.settings import Config, ConfigNote


@click.group(cls=HelpfulGroup)
def config() -> None:
    """Write, check and show the settings file, config.toml."""


@config.command(short_help="Write a settings file with every default, commented.")
@click.argument("file", required=False)
@click.option("--print", "to_stdout", is_flag=True, help="Print it instead.")
def init(file: str | None, to_stdout: bool) -> None:
    """Write config.toml, or FILE, with every setting at its default and what it does; - is standard output.

    A file that exists is never changed.
    """
    from reader.config.template import KeysOfAction, template
    from reader.tui.keys.actions import ACTIONS, GROUPS

    by_group = sorted(ACTIONS, key=lambda action: GROUPS.index(action.group))
    text = template(KeysOfAction(each.group, each.name, each.keys, each.title) for each in by_group)
    if to_stdout or file == STANDARD_STREAM:
        out(text)
        return
    path = _path(file)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Private, as a proxy may have a password.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as target:
            target.write(text)
    except OSError as error:
        if os.path.lexists(path):
            hint = "`newsreader config init --print` prints the defaults, to copy from."
            raise ReaderError(f"{show_path(path)} exists already, and was not changed.", hint) from None
        raise ReaderError(f"{show_path(path)} could not be written: {describe_error(error)}.") from error
    print_notice(f"Wrote {show_path(path)}: every setting at its default, as a comment.")


@config.command(short_help="Find mistakes in the settings file.")
@click.argument("file", required=False)
def check(file: str | None) -> None:
    """Print what is wrong in config.toml, or FILE, line by line; the exit status is 1 if anything is."""
    path = _path(file)
    if not os.path.lexists(path):
        if file is not None:
            raise ReaderError(f"There is no file {show_path(path)}.", "Check the spelling.")
        hint = "`newsreader config init` writes one with all of them."
        print_notice(f"There is no {show_path(path)}: the defaults are in force. {hint}")
        return
    found = _load(path)
    name = show_path(path)
    problems = [*found.problems, *_missing_programs(found)]
    for problem in sorted(problems):
        out(f"{problem.text(name)}\n")
    for note in found.notes:
        out(f"{note._replace(message=f'note: {note.message}').text(name)}\n")
    print_notice(f"{format_count(len(problems), 'problem')} in {name}." if problems else f"{name} is valid.")
    if problems:
        sys.exit(1)


@config.command(short_help="Show every setting in force, and where it is set.")
@json_option
def show(as_json: bool) -> None:
    """Show the value of every setting, and whether it is the default or which line of config.toml sets it.

    Standard error says what is wrong in the file, and which programs are refused or missing.
    """
    from reader.config.template import as_toml, in_force
    from reader.tui.keys import bindings
    from reader.tui.keys.actions import ACTIONS

    path = _path(None)
    found = _load(path)
    keys = {action.name: bindings.keys_of(action, found.keys) for action in ACTIONS}
    settings = list(in_force(found, _lines(found), {**keys, **found.keys}))
    problems = sorted([*found.problems, *_missing_programs(found)])
    name = show_path(path)
    if as_json:
        print_json(
            {
                "file": name if path.exists() else None,
                "settings": [
                    each._asdict() | {"source": "default" if each.line is None else "file"} for each in settings
                ],
                "problems": [each._asdict() for each in problems],
                "notes": [each._asdict() for each in found.notes],
            }
        )
        return
    out(as_toml(settings, path.name))
    print_notice(f"The settings file is {name}{'' if path.exists() else ', which does not exist'}.")
    for problem in problems:
        print_notice(problem.text(name))


def _path(file: str | None) -> Path:
    if file == "":
        raise ReaderError("The file name is empty.")
    return Path(file) if file is not None else Paths.from_environment().config_file


def _load(path: Path) -> Config:
    from reader.tui.loaders.config import load_app_config

    return load_app_config(path)


def _lines(found: Config) -> dict[tuple[str, ...], int]:
    from reader.config.load import read_text
    from reader.config.toml_lines import lines_of

    is_set = found.values or found.programs or found.macros
    return lines_of(read_text(found.path)[0]) if found.path is not None and is_set else {}


def _missing_programs(found: Config) -> Iterator[ConfigNote]:
    from reader.config.settings import ConfigNote
    from reader.desktop.programs import find_program

    lines = _lines(found)
    named: dict[tuple[str, ...], tuple[str, ...]] = {
        (name,): getattr(found, name) for name in ("browser", "pager", "editor")
    }
    named |= {("programs", name): program.run for name, program in found.programs.items()}
    for names, words in named.items():
        try:
            if words:
                find_program([os.path.expanduser(words[0]), *words[1:]], _label(names), "")
        except ReaderError as error:
            yield ConfigNote(lines.get(names, 0), error.message)


def _label(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"[{'.'.join(names)}] run"
