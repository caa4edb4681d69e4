"""How the program ends: every failure becomes a sentence on stderr and an exit status."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NoReturn

from reader.core.errors import ReaderError, describe_error
from reader.core.paths import Paths
from reader.core.text import clean

FAILED = 2
"""The exit status of what could not be done."""
INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""


def print_notice(sentence: str) -> None:
    """Tell the person something, without mixing it into data."""
    sys.stderr.write(f"newsreader: {sentence}\n")
    sys.stderr.flush()


def run_main(act: Callable[[], int]) -> NoReturn:
    """Do ``act`` and end the program with the exit status that it returns, or with what its failure deserves."""
    from reader.core import logs

    if sys.stdout is None or sys.stderr is None:  # closed by whoever started us: there is nobody to tell
        sys.exit(FAILED)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # What a terminal of another encoding cannot show is no reason to stop.
            stream.reconfigure(errors="replace")
    paths = Paths.from_environment()
    logs.start_logging(paths.log_file)
    try:
        status = act()
    except ReaderError as error:
        print_notice(str(error))
        status = FAILED
    except OSError as error:
        print_notice(f"This could not be written: {describe_error(error)}.")
        status = FAILED
    except KeyboardInterrupt:
        status = INTERRUPTED
    except Exception as error:
        import logging

        logging.getLogger(__name__).exception("unexpected error")
        words = clean(str(error)) or type(error).__name__
        print_notice(f"Something went wrong in newsreader itself: {words}. Details: {paths.log_file}")
        status = FAILED
    sys.exit(status)
