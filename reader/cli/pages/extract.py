"""The command ``newsreader extract``: the article of a web page in a file."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

from reader.cli.arguments import input_name, open_input
from reader.cli.output import out, print_json
from reader.core.errors import ReaderError
from reader.exit import print_notice

if TYPE_CHECKING:
    from reader.content.page import Extract

MAX_BYTES = 5_000_000
"""Size limit of a page, as for fetched ones."""


@click.command(short_help="Extract the article from FILE, a web page.")
@click.argument("file")
@click.option("--url", default="", help="URL of the page; relative links are resolved against it.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "text", "json"]),
    default="markdown",
    show_default=True,
    help="text prints the words of the article only, without title, links and captions.",
)
def extract(file: str, *, url: str, form: str) -> None:
    """Extract the article from FILE (HTML or plain text) and print it; - is standard input.

    A separate process reads the page, limited to 10 seconds and 512 MB.
    """
    from reader.workers.extract_tasks import ExtractionResult
    from reader.workers.sandbox import ExtractError, SandboxPool

    name = input_name(file)
    page = _read(file, name)
    with contextlib.closing(SandboxPool()) as sandbox:
        try:
            result = ExtractionResult.from_values(sandbox.call("page", page, url, ""))
            words = str(sandbox.call("words", page, url, "")) if form == "text" and result.extract else ""
        except ExtractError as error:
            raise ReaderError(f"{name}: {error.message}", error.hint) from error
    if result.extract is None:
        raise _no_article(name, result.stub)
    if result.stub:
        print_notice(f"{name}: the page {result.stub}.")
    if form == "text":
        out(f"{words}\n")
    elif form == "json":
        from reader.export.records import extract_record

        print_json(extract_record(result.extract, url, result.stub))
    else:
        out(_markdown(result.extract))


def _read(file: str, name: str) -> bytes:
    """Return the contents of a page. Raises ReaderError if it cannot be read, is too large, empty or not text."""
    from reader.web.response.content_type import describe, sniff

    with open_input(file, "Check the spelling.") as source:
        page = source.read(MAX_BYTES + 1)
    if len(page) > MAX_BYTES:
        raise ReaderError(f"{name} is larger than {MAX_BYTES // 1_000_000} MB, too large for an article.")
    if not page.strip():
        raise ReaderError(f"{name} is empty.", "Use a web page: HTML, XHTML or plain text.")
    kind = sniff(page)
    if kind not in ("text/html", "text/plain"):
        found = "a binary file" if kind == "application/octet-stream" else describe(kind)
        raise ReaderError(f"{name} is {found}, not a web page.", "Use HTML, XHTML or plain text.")
    return page


def _no_article(name: str, stub: str) -> ReaderError:
    """Return the error for a page without an article; ``stub`` says what the page is instead."""
    from reader.extraction.stubs.classify import NO_ARTICLE, PAYWALL

    if stub == NO_ARTICLE:
        hint = "It may be a list of links or need scripts; open it in a browser and save it from there."
        return ReaderError(f"No article was found in {name}.", hint)
    hint = "Save the page again once the browser shows the article."
    if stub == PAYWALL:
        hint = "If you have a subscription, open the page in a browser and save it from there."
    return ReaderError(f"No article was found in {name}: the page {stub}.", hint)


def _markdown(article: Extract) -> str:
    """Return an article as Markdown, with its title and a line with author, site and date above."""
    from reader.content.blocks import Heading, Paragraph, Span, TextStyle
    from reader.content.markdown.writer import to_markdown

    date = article.published_at.date().isoformat() if article.published_at else ""
    byline = ", ".join(filter(None, (article.byline, article.site, date)))
    title = [Heading(1, (Span(article.title),))] if article.title else []
    facts = [Paragraph((Span(byline, TextStyle.ITALIC),))] if byline else []
    return "\n".join(filter(None, (to_markdown([*title, *facts]), article.markdown)))
