"""What the article pane shows when there is no article. Pure."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeAlias

from reader.core.errors import ReaderError, describe_error
from reader.core.model import Counts
from reader.core.text import format_count

log = logging.getLogger(__name__)


_KeyOf: TypeAlias = Callable[[str], str]
"""Returns the key of an action, as a label."""


def empty_folder(name: str, counts: Counts, key: _KeyOf) -> tuple[str, str]:
    """Return title and text for a folder whose list is empty."""
    if counts.hidden:
        articles = "The article" if counts.hidden == 1 else f"All {counts.hidden:,} articles"
        are = "is" if counts.hidden == 1 else "are"
        return (
            f"{articles} in {name} {are} hidden.",
            f"Press {key('search')} and enter is:hidden to see what is hidden. "
            "Without the tag hidden, it is listed again.",
        )
    problems = counts.with_problems
    if problems:
        have, them = ("has", "it") if problems == 1 else ("have", "them")
        documents = format_count(problems, "document")
        return (
            f"None of the documents in {name} could be read as an article.",
            f"{documents} {have} problems: press {key('problems')} for details, fix {them}, "
            f"and press {key('refresh')} to reload.",
        )
    return (
        f"There are no documents in {name} yet.",
        f"Press {key('feeds.sync')} to fetch the feeds that write here, {key('feeds.add')} to add a feed, or "
        f"{key('quit')} to quit and open another folder. "
        "A document is a file whose name ends in .md, .txt, .html, .org, .rst, .yaml or the like. "
        f"If you have added some, press {key('refresh')}.",
    )


def nothing_found(query: str, key: _KeyOf) -> tuple[str, str]:
    """Return title and text for a query without results."""
    text = f"Press {key('search')} to change the query, or Esc to clear it. Press {key('help')} for help with queries."
    return f"No article matches /{query}", text


def unreadable(error: ReaderError, key: _KeyOf, *, away: bool) -> tuple[str, str]:
    """Return title and text for a document that cannot be read; ``away`` if the whole folder cannot."""
    if away:
        text = "The article reloads when the folder is available again. Until then, the list shows its last state."
        return "This article cannot be read now: its folder is not available.", text
    next_step = f"Press {key('refresh')} to {'update the list' if error.gone else 'try again'}."
    return error.message, f"{error.hint} {next_step}".strip()


def error_text(error: BaseException) -> str:
    """Return a sentence for an error in a worker; logs the traceback of one that is a bug."""
    if isinstance(error, ReaderError):
        return str(error)
    log.error("a worker failed", exc_info=error)
    return f"Internal error in newsreader: {describe_error(error)}. The log file has the details."
