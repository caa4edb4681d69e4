"""What the article pane shows when there is no article. Pure."""

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
    """Return a message for a folder without articles."""
    problems = counts.with_problems if counts is not None else 0
    if problems:
        them = "it" if problems == 1 else "them"
        title = f"None of the documents in {name} could be read as an article."
        documents = format_count(problems, "document")
        have = "has" if problems == 1 else "have"
        text = f"{documents} {have} problems: press ! for details, fix {them}, and press r to reload."
    else:
        title = f"There are no documents in {name} yet."
        text = (
            "An article is a file with front matter (name: value lines between two lines of ---) "
            "whose name ends in .md, .markdown, .mdown, .txt, .html, .htm, .yaml or .yml. "
            "Add some and press r, or press q and open another folder."
        )
    return (*_paragraph(title, "title", width), BLANK, *_paragraph(text, "text", width))


def nothing_found(query: str, width: int) -> tuple[Line, ...]:
    """Return a message for a query without results."""
    title = _paragraph(f"No article matches /{query}", "title", width)
    text = "Press / to change the query, or Esc to clear it. Press ? for help with queries."
    return (*title, BLANK, *_paragraph(text, "text", width))


def reading_folder(name: str, width: int) -> tuple[Line, ...]:
    """Return a message for the time when the first documents are being read."""
    return tuple(_paragraph(f"Reading {name} …", "quiet", width))


def unreadable(error: ReaderError, width: int, *, away: bool = False) -> tuple[Line, ...]:
    """Return a message for a document that cannot be read; ``away`` if the whole folder cannot."""
    if away:
        title = "This article cannot be read now: its folder is not available."
        text = "It is read again as soon as the folder is back. Until then the list shows its last known state."
        return (*_paragraph(title, "title", width), BLANK, *_paragraph(text, "text", width))
    next_step = "Press r to update the list." if error.gone else "Press r to try again."
    hint = " ".join(filter(None, (error.hint, next_step)))
    return (*_paragraph(error.message, "title", width), BLANK, *_paragraph(hint, "text", width))


def error_text(error: BaseException) -> str:
    """Return a sentence for an error in a worker; logs the traceback of one that is a bug."""
    if isinstance(error, ReaderError):
        return str(error)
    log.error("a worker failed", exc_info=error)
    return f"Internal error in newsreader: {describe_error(error)}. The log file has the details."


def _paragraph(text: str, style: str, width: int) -> list[Line]:
    lines = layout((Paragraph((Span(stable_width(text)),)),), width)
    return [tuple(Run(span.text, style) for span in line) for line in lines]
