"""Running the user's own programs with an article."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from reader.config.declarations import PROGRAM
from reader.core.errors import ReaderError
from reader.tui.session import Session

if TYPE_CHECKING:
    from reader.config.settings import Program
    from reader.desktop.programs import Command
    from reader.tui.widgets.article_pane.content import ArticleContent


class ProgramsController:
    """Runs programs in the terminal or in the background, and says what came of it."""

    def __init__(self, session: Session, source: Callable[[], ArticleContent | int | None]) -> None:
        """``source`` returns what is selected or open: the row id of a document, or a related item that is none."""
        self._session = session
        self._source = source

    def run(self, name: str) -> None:
        """Run the program ``name`` of the settings with the current article."""
        session, source = self._session, self._source()
        title = session.keys.own[PROGRAM + name].title
        if source is None:
            session.show_message(f"There is no article here for “{title}”.", transient=True)
            return
        program = session.config.programs[name]
        if program.terminal:
            session.gate.hold()  # the next keys are not for what it leaves
        session.background.start(partial(self._run, program, title, source), "program", exclusive=False)

    async def _run(self, program: Program, title: str, source: ArticleContent | int) -> None:
        session = self._session
        try:
            command = await session.background.run(self._prepare, program, title, source)
            if program.terminal:
                self._run_in_terminal(command, title)
            else:
                await session.background.run(command.start)
                session.show_message(f"Started “{title}”.")
                # Not one of the pool's threads: it may take hours.
                threading.Thread(target=self._wait, args=(command, title), name=title, daemon=True).start()
        except ReaderError as error:
            session.show_message(str(error), warning=True)
        finally:
            if program.terminal:
                session.gate.release()

    def _prepare(self, program: Program, title: str, source: ArticleContent | int) -> Command:
        from reader.desktop.programs import Command
        from reader.tui.loaders.program import load_input

        article = load_input(self._session.library, source)
        if not article.values["url"] and any("{url}" in word for word in program.run):
            raise ReaderError(f"This document has no URL for “{title}”.")
        return Command.of(program.run, title, article.values, article.json_line if program.json else None)

    def _run_in_terminal(self, command: Command, title: str) -> None:
        from reader.tui.terminal.suspend import suspended

        app = self._session.app
        try:
            with suspended(app):
                command.run_in_terminal()
        finally:
            app.screen.refresh(layout=True)
        self._session.show_message(f"Back from “{title}”.")

    def _wait(self, command: Command, title: str) -> None:
        background, show = self._session.background, self._session.show_message
        try:
            command.wait()
        except ReaderError as error:
            background.post(show, str(error), warning=True)
        else:
            background.post(show, f"“{title}” has finished.")
