"""The entry point: opens the app directly, leaves every other command line to :mod:`reader.cli.main`.

Most command lines are ``newsreader`` or ``newsreader FOLDER``. They need no command line parser, so start-up skips it.
"""

from __future__ import annotations

import gc
import sys

from reader.core.exit import run_main

COMMANDS = frozenset({"cache", "check", "count", "extract", "fetch", "index", "list", "mark", "open", "show", "state"})
"""The commands of :mod:`reader.cli.main`; to open a folder of such a name, write ``./list``. A test compares both."""


def main() -> None:
    """Run the command line of this process, and exit."""
    arguments = sys.argv[1:]
    if not _opens_app(arguments):
        from reader.cli import main as cli

        cli.main()
        return
    # Objects made during start-up live until the end, so collecting garbage meanwhile costs a tenth of the start
    # for nothing. The app enables the collector once the list is on the screen; see reader.tui.app.
    gc.disable()
    run_main(lambda: _open(arguments))


def _opens_app(arguments: list[str]) -> bool:
    if not arguments:
        return True
    return len(arguments) == 1 and not arguments[0].startswith("-") and arguments[0] not in COMMANDS


def _open(arguments: list[str]) -> int:
    from reader.core.paths import Paths
    from reader.startup import Opening

    paths = Paths.from_environment()
    opening = Opening(arguments[0] if arguments else None, paths)
    from reader.tui.app import run  # most of the start-up time; meanwhile a thread opens the files

    return run(opening, paths)


if __name__ == "__main__":
    main()
