"""What is wrong with the documents, as the command ``check`` says it."""

from __future__ import annotations

from collections.abc import Sequence

from reader.content.blocks import Paragraph, Span
from reader.content.layout.layout import layout
from reader.core.model import Problem
from reader.core.text import format_count, stable_width, truncate
from reader.tui.screens.text_list import ListingScreen
from reader.tui.widgets.text.lines import BLANK, Line, Run

_SHOWN = 1000
"""Problems that are laid out at once; who has more narrows them down, or takes the command."""


class ProblemsScreen(ListingScreen):
    """Every problem with its file, line and field."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        documents = format_count(len({problem.path for problem in problems}), "document")
        super().__init__(f"{format_count(len(problems), 'problem')} in {documents}", "type to filter")
        self._problems = problems

    def lines_for(self, words: Sequence[str], width: int) -> tuple[Line, ...]:
        """Return the problems, each under the name of its file."""
        lines: list[Line] = []
        path = ""
        shown = 0
        for problem in self._problems:
            if shown >= _SHOWN:
                lines += [BLANK, (Run("There are more; `newsreader check` lists all of them.", "quiet"),)]
                break
            text = f"{problem.path} {problem.field} {problem.message}".lower()
            if not all(word in text for word in words):
                continue
            shown += 1
            if problem.path != path:
                path = problem.path
                lines += [BLANK, (Run(truncate(path, width), "title"),)]
            where = f"  line {problem.line}"
            what = f"{problem.field}: {problem.message}" if problem.field else problem.message
            wrapped = layout((Paragraph((Span(stable_width(what)),)),), max(8, width - 12))
            for number, line in enumerate(wrapped):
                label = f"{where if number == 0 else '':<12}"
                lines.append((Run(label, "quiet"), *(Run(span.text) for span in line)))
        return tuple(lines[1:]) if lines else ((Run("Nothing matches these words.", "quiet"),),)
