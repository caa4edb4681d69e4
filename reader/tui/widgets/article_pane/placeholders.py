"""What the pane says when there is no article to show. Pure."""

from __future__ import annotations

import logging

from reader.content.blocks import Paragraph, Span
from reader.content.layout.layout import layout
from reader.core.errors import ReaderError, describe_error
from reader.core.model import Counts
from reader.core.text import format_count, stable_width
from reader.tui.widgets.text.lines import BLANK, Line, Run

log = logging.getLogger(__name__)


def empty_folder(name: str, counts: Counts | None, width: int) -> tuple[Line, ...]:
    """Return what to say of a folder without a single article."""
    troubled = counts.with_problems if counts is not None else 0
    if troubled:
        title = f"Nothing in {name} could be read as an article."
        text = (
            f"{format_count(troubled, 'document')} have problems: press ! to see each with its line, "
            "mend them, and press r to look again."
            if troubled > 1
            else "One document has problems: press ! to see them, mend it, and press r to look again."
        )
    else:
        title = f"There are no documents in {name} yet."
        text = (
            "An article is a file with front matter (name: value lines between two lines of ---), "
            "and its name ends in .md, .markdown, .mdown, .txt, .html, .htm, .yaml or .yml. "
            "Put some here and press r, or press q and open another folder."
        )
    return (*_paragraph(title, "title", width), BLANK, *_paragraph(text, "text", width))


def nothing_found(query: str, width: int) -> tuple[Line, ...]:
    """Return what to say where a query finds nothing."""
    title = _paragraph(f"No article matches /{query}", "title", width)
    text = "Write fewer words with /, or take the query away with Esc. docs/queries.md tells what can be asked."
    return (*title, BLANK, *_paragraph(text, "text", width))


def reading_folder(name: str, width: int) -> tuple[Line, ...]:
    """Return what to say while the first documents are being read."""
    return tuple(_paragraph(f"Reading {name} …", "quiet", width))


def unreadable(error: ReaderError, width: int, *, away: bool = False) -> tuple[Line, ...]:
    """Return what to say of a document that has vanished or broken since it was listed; ``away``, the whole folder."""
    if away:
        title = "This article cannot be read now: its folder is not there."
        text = "It is looked for, and read again as soon as it is back. What the list shows is how it was."
        return (*_paragraph(title, "title", width), BLANK, *_paragraph(text, "text", width))
    further = "Press r to bring the list up to date." if error.gone else "Press r to try again."
    hint = " ".join(filter(None, (error.hint, further)))
    return (*_paragraph(error.message, "title", width), BLANK, *_paragraph(hint, "text", width))


def error_text(error: BaseException) -> str:
    """Return a sentence for an error that a worker ended with; the log gets the traceback."""
    if isinstance(error, ReaderError):
        return str(error)
    log.error("a worker failed", exc_info=error)
    return f"Something went wrong in newsreader itself: {describe_error(error)}. The log file has the details."


def _paragraph(text: str, ink: str, width: int) -> list[Line]:
    lines = layout((Paragraph((Span(stable_width(text)),)),), width)
    return [tuple(Run(span.text, ink) for span in line) for line in lines]
