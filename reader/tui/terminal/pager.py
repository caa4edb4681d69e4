"""Shows a text in the user's pager or editor, while the app is suspended."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from reader.config.settings import Config
from reader.core.errors import ReaderError, describe_error
from reader.core.text import clean
from reader.desktop.programs import find_program, program_name, run_in_terminal
from reader.tui.terminal.private_files import PrivateFolder
from reader.tui.widgets.reader.lines import DEFAULT_MEASURE, ReaderText, lay_out_text
from reader.tui.widgets.text.lines import line_text

_VARIABLES = ("PAGER", "VISUAL", "EDITOR")
_DEFAULTS = ("less", "more", "vi", "nano")
_NOT_IN_NAMES = re.compile(r"[^\w-]+", re.ASCII)
_HINT = "Set pager in config.toml, or PAGER, to a program that is installed, such as less."


def find_viewer(
    environ: Mapping[str, str],
    which: Callable[[str], str | None] = shutil.which,
    *,
    pager: Sequence[str] = (),
    editor: Sequence[str] = (),
) -> list[str]:
    """Return the pager and its arguments, else an editor.

    It is the ``pager`` of the settings, ``$PAGER``, the ``editor`` of the settings, ``$VISUAL`` or ``$EDITOR``;
    without these, the first common one that is installed. Raises ReaderError if the named program cannot be used, or
    none is installed.
    """
    variables = [(variable, environ.get(variable, "").strip()) for variable in _VARIABLES]
    commands = [("pager in config.toml", pager), variables[0], ("editor in config.toml", editor), *variables[1:]]
    for name, command in commands:
        if command:
            return find_program(command, name, _HINT, which)
    program = next(filter(None, map(which, _DEFAULTS)), None)
    if program is None:
        raise ReaderError("No pager was found.", _HINT)
    return [program]


def as_file(text: ReaderText, now: datetime) -> str:
    """Return a text with its links, wrapped to the default width."""
    lines = (line_text(line).rstrip() for line in lay_out_text(text, DEFAULT_MEASURE, now).lines)
    return "\n".join([*lines, "", text.links.best]).strip() + "\n"


def show_in_pager(
    text: ReaderText, folder: PrivateFolder, environ: Mapping[str, str] = os.environ, config: Config | None = None
) -> str:
    """Run the pager on ``text``, as a file in ``folder``, until the user quits it; return its name.

    Raises ReaderError.
    """
    argv = find_viewer(environ, pager=config.pager, editor=config.editor) if config else find_viewer(environ)
    program = clean(program_name(argv[0]))
    name = _NOT_IN_NAMES.sub("-", text.title)[:60].strip("-") or "text"
    try:
        path = folder.write(f"{name}.txt", as_file(text, datetime.now().astimezone()))
        status = run_in_terminal([*argv, os.fspath(path)])
    except OSError as error:
        raise ReaderError(f"{program} could not show the text: {describe_error(error)}.", _HINT) from error
    if status:
        raise ReaderError(f"{program} failed (exit status {status}).", _HINT)
    return program
