"""Exit of the program: every failure becomes a sentence on stderr and an exit status."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn, TextIO

from reader.core.errors import ReaderError, describe_error
from reader.core.paths import Paths
from reader.core.text import clean, show_path

FAILED = 2
"""The exit status of a failed command."""
INTERRUPTED = 130
"""128 + SIGINT, as in shells."""


NOTICE = "newsreader: "
"""What a message for the user begins with on stderr."""


def print_notice(sentence: str) -> None:
    """Print a message for the user on stderr, separate from data."""
    sys.stderr.write(f"{NOTICE}{sentence}\n")
    sys.stderr.flush()


def discard(stream: TextIO) -> None:
    """Discard what could not be written to a stream: the interpreter would try again at exit, and report that."""
    with contextlib.suppress(OSError):  # a stream without a file
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def run_main(act: Callable[[], int]) -> NoReturn:
    """Run ``act`` and exit with the status that it returns, or with that of its failure."""
    from reader.core import logs

    if sys.stdout is None or sys.stderr is None:  # closed by the parent process
        if sys.stderr is not None:
            print_notice("Output could not be written: standard output is closed.")
        sys.exit(FAILED)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # Characters that the terminal's encoding lacks must not stop the program.
            stream.reconfigure(errors="replace")
    paths = Paths.from_environment()
    logs.start_logging(paths.log_file)
    status = FAILED
    problem = ""
    try:
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.default_int_handler)  # until now, reader.__main__ has handled it
        status = act()
    except ReaderError as error:
        problem = str(error)
    except OSError as error:
        what = f"{show_path(error.filename)} cannot be used" if error.filename else "Output could not be written"
        problem = f"{what}: {describe_error(error)}."
        discard(sys.stdout)
    except KeyboardInterrupt:
        status = INTERRUPTED
    except Exception as error:
        import logging

        logging.getLogger(__name__).exception("unexpected error")
        words = clean(str(error)) or type(error).__name__
        problem = f"Internal error in newsreader: {words}. Details: {paths.log_file}"
    if problem:
        try:
            print_notice(problem)
        except OSError:  # the disk is full for standard error, too
            discard(sys.stderr)
    sys.exit(status)
