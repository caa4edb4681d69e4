"""The entry point: opens the app directly, leaves every other command line to :mod:`reader.cli.main`.

Most command lines are ``newsreader`` or ``newsreader FOLDER``. They need no command line parser, so start-up skips it.
"""

from __future__ import annotations

import gc
import os
import signal
import sys

COMMANDS = frozenset({
    "add", "cache", "check", "config", "count", "digest", "download", "extract", "feeds", "fetch", "import", "index",
    "list", "mark", "open", "related", "rules", "show", "state", "stats", "stories", "sync"})  # fmt: skip
"""The commands of :mod:`reader.cli.main`, as a test checks; to open a folder of such a name, write ``./list``."""


def main() -> None:
    """Run the command line of this process, and exit."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored, and stays so
        # Until the app or a command handles Ctrl+C: the imports take a while, and there is nothing to clean up yet.
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    arguments = sys.argv[1:]
    if not opens_app(arguments):
        from reader.cli import main as cli

        cli.main()
        return
    # Objects made during start-up live until the end, so collecting garbage meanwhile would waste a tenth of the start.
    # The app enables the collector once the list is on the screen; see reader.tui.app.
    gc.disable()
    from reader.exit import run_main

    run_main(lambda: _open(arguments))


def opens_app(arguments: list[str]) -> bool:
    """Return whether a command line opens the app, and needs no parser."""
    if not arguments:
        return True
    return len(arguments) == 1 and not arguments[0].startswith("-") and arguments[0] not in COMMANDS


def _open(arguments: list[str]) -> int:
    from reader.core.paths import Paths
    from reader.startup import Opening
    from reader.workers.malloc import limit_malloc

    limit_malloc()
    paths = Paths.from_environment()
    opening = Opening(arguments[0] if arguments else None, paths)
    _import_asyncio()
    from reader.tui.app import run  # most of the start-up time; meanwhile a thread opens the files

    return run(opening, paths)


def _import_asyncio() -> None:
    """Import asyncio without OpenSSL, as in a Python that lacks it: 4 MB and 10 ms less.

    The app makes no connections; the process that fetches has an asyncio of its own.
    """
    sys.modules["ssl"] = None  # type: ignore[assignment] # documented: importing it raises ModuleNotFoundError
    import asyncio  # noqa: F401

    del sys.modules["ssl"]


if __name__ == "__main__":
    main()
