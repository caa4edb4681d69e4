"""Where the command begins: the app by the shortest way, every other command by :mod:`reader.cli.main`.

Most starts are ``newsreader`` or ``newsreader FOLDER``. Those need no parser of command
lines, and what they do not import they need not wait for.
"""

from __future__ import annotations

import gc
import sys

from reader.core.exit import run_main

COMMANDS = frozenset({"cache", "check", "count", "extract", "fetch", "index", "list", "mark", "open", "show", "state"})
"""The commands of :mod:`reader.cli.main`, which a test compares; a folder of such a name is opened as ``./list``."""


def main() -> None:
    """Run the command line of this process, and end it."""
    arguments = sys.argv[1:]
    if not _opens_the_app(arguments):
        from reader.cli import main as cli

        cli.main()
        return
    # What is made while starting stays until the end: to search it for garbage over and over costs a tenth of the
    # start. The app turns the collector on again once the list is on screen; see reader.tui.app.
    gc.disable()
    run_main(lambda: _open(arguments))


def _opens_the_app(arguments: list[str]) -> bool:
    if not arguments:
        return True
    return len(arguments) == 1 and not arguments[0].startswith("-") and arguments[0] not in COMMANDS


def _open(arguments: list[str]) -> int:
    from reader.core.paths import Paths
    from reader.startup import Opening

    paths = Paths.from_environment()
    opening = Opening(arguments[0] if arguments else None, paths)
    from reader.tui.app import run  # while the files are being opened: most of a start is this import

    return run(opening, paths)


if __name__ == "__main__":
    main()
