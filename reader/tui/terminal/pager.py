"""Shows a text in the user's pager or editor, while the app is suspended."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from reader.core.errors import ReaderError, describe_error
from reader.core.text import clean
from reader.desktop.programs import program_name, quoted, run_in_terminal, runs_code, split_command
from reader.tui.widgets.reader.lines import DEFAULT_MEASURE, ReaderText, lay_out_text
from reader.tui.widgets.text.lines import line_text

_VARIABLES = ("PAGER", "VISUAL", "EDITOR")
_DEFAULTS = ("less", "more", "vi", "nano")
_NOT_IN_NAMES = re.compile(r"[^\w-]+", re.ASCII)
_HINT = "Set PAGER to a program that is installed, such as less."


def find_viewer(environ: Mapping[str, str], which: Callable[[str], str | None] = shutil.which) -> list[str]:
    """Return the pager and its arguments.

    It is named by ``$PAGER``, ``$VISUAL`` or ``$EDITOR``; without these, the first common one that is installed.
    Raises ReaderError if the named program cannot be used, or none is installed.
    """
    for variable in _VARIABLES:
        line = environ.get(variable, "").strip()
        if not line:
            continue
        words = split_command(line, variable)
        if runs_code(words):
            raise ReaderError(f"{variable} is set to {quoted(line)}, which makes a shell run a string.", _HINT)
        program = which(words[0]) if words else None
        if program is None:
            raise ReaderError(f"{variable} names {quoted(words[0] if words else line)}, which is not installed.", _HINT)
        return [program, *words[1:]]
    program = next(filter(None, map(which, _DEFAULTS)), None)
    if program is None:
        raise ReaderError("No pager was found.", _HINT)
    return [program]


def as_file(text: ReaderText, now: datetime) -> str:
    """Return a text with its links, wrapped to the default width."""
    lines = (line_text(line).rstrip() for line in lay_out_text(text, DEFAULT_MEASURE, now).lines)
    return "\n".join([*lines, "", text.links.best]).strip() + "\n"


class Pager:
    """Opens texts as temporary files that only the user can read."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def show(self, text: ReaderText, environ: Mapping[str, str] = os.environ) -> str:
        """Run the pager on ``text`` until the user quits it, and return its name. Raises ReaderError."""
        argv = find_viewer(environ)
        name = _NOT_IN_NAMES.sub("-", text.title)[:60].strip("-") or "text"
        try:
            if self._folder is None or not Path(self._folder.name).is_dir():  # /tmp may be cleaned
                self._folder = tempfile.TemporaryDirectory(prefix="newsreader-")
            path = Path(self._folder.name) / f"{name}.txt"
            path.write_text(as_file(text, datetime.now().astimezone()), "utf-8", "replace")
            status = run_in_terminal([*argv, os.fspath(path)])
        except OSError as error:
            raise ReaderError(
                f"{clean(program_name(argv[0]))} could not show the text: {describe_error(error)}.", _HINT
            ) from error
        if status:
            raise ReaderError(f"{clean(program_name(argv[0]))} failed (exit status {status}).", _HINT)
        return clean(program_name(argv[0]))

    def cleanup(self) -> None:
        """Delete the files; for an exit that runs no other cleanup."""
        if self._folder is not None:
            self._folder.cleanup()
