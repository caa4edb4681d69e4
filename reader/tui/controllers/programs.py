"""Running the user's own programs with an article."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from reader.config.declarations import PROGRAM
from reader.core.errors import ReaderError
from reader.tui.run_program import run_program
from reader.tui.session import Session

if TYPE_CHECKING:
    from reader.config.settings import Program
    from reader.desktop.programs import Command
    from reader.tui.widgets.article_pane.content import ArticleContent


class ProgramsController:
    """Runs the programs of the settings."""

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
        try:
            prepare = partial(self._prepare, program, title, source)
            await run_program(self._session, prepare, title, terminal=program.terminal)
        finally:
            if program.terminal:
                self._session.gate.release()

    def _prepare(self, program: Program, title: str, source: ArticleContent | int) -> Command:
        from reader.desktop.programs import Command
        from reader.tui.loaders.program import load_input

        article = load_input(self._session.library, source)
        if not article.values["url"] and any("{url}" in word for word in program.run):
            raise ReaderError(f"This document has no URL for “{title}”.")
        return Command.of(program.run, title, article.values, article.json_line if program.json else None)
