"""The command ``newsreader extract``: the article of a page that one has already."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from reader.cli.output import ascii_only, out
from reader.core.errors import ReaderError, describe_error
from reader.core.exit import print_notice
from reader.core.text import show_path

if TYPE_CHECKING:
    from reader.content.page import Extract

MAX_BYTES = 5_000_000
"""Of a page: what is fetched has no more, either."""
_STANDARD = "-"


@click.command(short_help="Print the article of FILE, a web page.")
@click.argument("file")
@click.option("--url", default="", help="Where the page came from; relative addresses in it are resolved by it.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "text", "json"]),
    default="markdown",
    show_default=True,
    help="text: the article's words only, no title, links or captions.",
)
def extract(file: str, *, url: str, form: str) -> None:
    """Print the article of FILE, an HTML page or plain text, without what stands around it; - is standard input.

    The page is read in a process of its own that may have 10 seconds and 512 MB.
    """
    from reader.workers.extract_tasks import ExtractionResult
    from reader.workers.sandbox import ExtractError, SandboxPool

    name = "standard input" if file == _STANDARD else show_path(file)
    page = _read(file, name)
    _refuse_other_files(page, name)
    with contextlib.closing(SandboxPool()) as extractor:
        try:
            answer = ExtractionResult.from_values(extractor.call("page", page, url, ""))
            words = str(extractor.call("words", page, url, "")) if form == "text" and answer.extract else ""
        except ExtractError as error:
            raise ReaderError(f"{name}: {error.message}", error.hint) from error
    if answer.extract is None:
        from reader.extraction.stubs.classify import NO_ARTICLE

        why = "" if answer.stub == NO_ARTICLE else f": the page {answer.stub}"
        raise ReaderError(f"No article was found in {name}{why}.", _hint(answer.stub))
    if answer.stub:
        print_notice(f"{name}: the page {answer.stub}.")
    if form == "text":
        out(f"{words}\n")
    elif form == "json":
        import json  # late, as all that a command needs

        from reader.export.records import extract_record

        record = extract_record(answer.extract, url, answer.stub)
        out(json.dumps(record, ensure_ascii=ascii_only(), indent=2) + "\n")
    else:
        out(_headed(answer.extract))


def _hint(stub: str) -> str:
    """Return what can be done about a page that is something else."""
    from reader.extraction.stubs.classify import NO_ARTICLE, PAYWALL

    if stub == PAYWALL:
        return "Whoever has a subscription can read the rest in the browser, and save the page from there."
    if stub == NO_ARTICLE:
        return "It may be a page of links, or one that scripts fill; the browser can save it as it looks."
    return "Save the page again once the browser shows the article."


def _refuse_other_files(page: bytes, name: str) -> None:
    """Raise ReaderError for what is no page: nothing at all, a PDF, a picture, bytes that are no text."""
    from reader.web.response.content_type import describe, sniff  # late, as all that a command needs

    if not page.strip():
        raise ReaderError(f"{name} is empty.", "Give it a web page: HTML, XHTML or plain text.")
    kind = sniff(page)
    if kind not in ("text/html", "text/plain"):
        what = "no text" if kind == "application/octet-stream" else describe(kind)
        raise ReaderError(f"{name} is {what}, in which no article is looked for.", "Give it a web page, or plain text.")


def _headed(found: Extract) -> str:
    """Return an article as Markdown, under its title and a line of who wrote it, where and when."""
    from reader.content.blocks import Heading, Paragraph, Span, TextStyle
    from reader.content.markdown.parser import to_markdown

    when = found.published_at.date().isoformat() if found.published_at else ""
    about = ", ".join(filter(None, (found.byline, found.site, when)))
    head = [Heading(1, (Span(found.title),))] if found.title else []
    line = [Paragraph((Span(about, TextStyle.ITALIC),))] if about else []
    return "\n".join(filter(None, (to_markdown([*head, *line]), found.markdown)))


def _read(file: str, name: str) -> bytes:
    """Return a page. Raises ReaderError when it cannot be read or is too large."""
    try:
        if file == _STANDARD:
            page = _standard_input().read(MAX_BYTES + 1)
        else:
            with Path(file).open("rb") as source:
                page = source.read(MAX_BYTES + 1)
    except IsADirectoryError as error:
        raise ReaderError(f"{name} is a directory.", "Name a file in it.") from error
    except OSError as error:
        raise ReaderError(f"{name} cannot be read: {describe_error(error)}.", "Check the spelling.") from error
    if len(page) > MAX_BYTES:
        raise ReaderError(f"{name} has more than {MAX_BYTES // 1_000_000} MB, which no article has.")
    return page


def _standard_input() -> BinaryIO:
    if sys.stdin is None:  # closed by whoever has started us
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return sys.stdin.buffer
