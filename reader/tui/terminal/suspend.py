"""Suspends the app while another program uses the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from textual.app import App, SuspendNotSupported

from reader.core.errors import ReaderError


@contextmanager
def suspended(app: App[None]) -> Iterator[None]:
    """Release the terminal to another program. Raises ReaderError if that is impossible, and what the block raises.

    Errors of the block are raised after the terminal is back: Textual restores it only after a block without errors.
    Then the screen is laid out again.
    """
    failure: BaseException | None = None
    try:
        with app.suspend():
            try:
                yield
            except BaseException as error:  # noqa: BLE001 - raised below
                failure = error
    except SuspendNotSupported:
        raise ReaderError("This terminal cannot run another program.") from None
    finally:
        app.screen.refresh(layout=True)
    if failure is not None:
        raise failure
