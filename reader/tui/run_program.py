"""Runs a program of the user's, in the terminal or in the background, and says what came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError

if TYPE_CHECKING:
    from reader.desktop.programs import Command
    from reader.tui.session import Session


async def run_program(session: Session, prepare: Callable[[], Command], title: str, *, terminal: bool) -> None:
    """Run what ``prepare`` returns in a thread; until it ends if it uses the terminal. ``title`` is its name."""
    try:
        command = await session.background.run(prepare)
        if terminal:
            _run_in_terminal(session, command, title)
        else:
            await session.background.run(command.start)
            session.show_message(f"Started “{title}”.")
            # Not one of the pool's threads: it may take hours.
            threading.Thread(target=_wait, args=(session, command, title), name=title, daemon=True).start()
    except ReaderError as error:
        session.show_message(str(error), warning=True)


def _run_in_terminal(session: Session, command: Command, title: str) -> None:
    from reader.tui.terminal.suspend import suspended

    with suspended(session.app):
        command.run_in_terminal()
    session.show_message(f"Back from “{title}”.")


def _wait(session: Session, command: Command, title: str) -> None:
    background, show = session.background, session.show_message
    try:
        command.wait()
    except ReaderError as error:
        background.post(show, str(error), warning=True)
    else:
        background.post(show, f"“{title}” has finished.")
