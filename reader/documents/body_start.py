"""What the start of a body says: its format, and a title and an excerpt if the header has none. Pure."""

from __future__ import annotations

import re

from reader.core.model import BodyFormat
from reader.core.text import clean, lazy_pattern

_PARAGRAPH_START = 4_000
"""Characters of a body in which the first paragraph is looked for."""
_MAX_EXCERPT = 500
"""Characters of a first paragraph that an excerpt has."""

# Comments alone do not make a body HTML: Markdown may begin with one too.
_html_start = lazy_pattern(
    r"(?:\s|&nbsp;|<!--(?s:.*?)-->)*+(?:<(?:(?P<page>!doctype\b|html\b)|!--|[a-z][a-z0-9]*[\s/>])|(?<=-->)\Z)",
    re.IGNORECASE,
)


_FORMATS: dict[bytes, BodyFormat] = {b".html": "html", b".htm": "html", b".org": "org", b".rst": "rst"}


def body_format_of(ending: bytes, body: str) -> BodyFormat:
    """Return the format of the body of a file whose name ends in ``ending``."""
    if known := _FORMATS.get(ending):
        return known
    found = _html_start().match(body) if ending != b".mdx" else None
    # A banner of tags may precede Markdown.
    is_markdown = found is None or (not found["page"] and "<pre" not in body and _markdown_block().search(body))
    return "markdown" if is_markdown else "html"


_markdown_block = lazy_pattern(
    r"\n[ \t]*+\n {0,3}(?:#{1,6}[ \t]+\S|```|[-*+][ \t]+\S|\d{1,3}\.[ \t]+\S|>[ \t]|!?\[[^]\[\n]+\]\()"
)
"""The start of a block after an empty line, as in no HTML."""
_heading = lazy_pattern(
    r"(?:[ \t]*+\n|<!--(?s:.*?)-->)*+ {0,3}"  # comments and blank lines may come first
    r"(?:\#{1,6}[ \t]++(\S[^\n]*+)"
    r"|(?![*+] |\d+[.)] |```|~~~)([^\s#>|<-][^\n]*+)\n {0,3}(?:=++|-++)[ \t]*+)(?:\n|\Z)"
)
_first_blocks = lazy_pattern(r"(?:[^]]|\](?=\()){200,1000}?\n[ \t]*\n")
"""The first blocks of a Markdown text, unless the URL of a link may be further down. Parsing the rest takes longer."""
_heading_end = lazy_pattern(r"(?:^|[ \t])(?:#+|\{[#.][^{}]*\})$")
"""Closing signs, or attributes as in ``# Title {#anchor}``."""
_no_text = lazy_pattern(r"<!--|\.\. |(?:Image|Embedded) · \S+$|\{\{[^{}]*\}\}$")
"""Starts of paragraphs that are no text: comments, directives, embedded files, templates."""
_footnote_mark = lazy_pattern(r"\[\^[^\[\]\s]{1,100}\](?!:)")


def split_heading(body: str) -> tuple[str, str]:
    """Return the heading that the Markdown text ``body`` begins with, or "", and the text without it."""
    found = _heading().match(body)
    if not found:
        return "", body
    from reader.content.blocks import plain_text  # lazy, as below
    from reader.content.markdown.parser import parse_markdown

    line = (found[1] or found[2])[:_PARAGRAPH_START].rstrip()
    if found[1]:
        line = _heading_end().sub("", line).rstrip()
    title = clean(plain_text(parse_markdown(line, extended=True)))
    return (title, body[found.end() :].strip("\n")) if title else ("", body)


def first_paragraph(body: str, body_format: BodyFormat) -> str:
    """Return the text of the first paragraph of ``body``, on one line and not longer than an excerpt is."""
    start = _footnote_mark().sub("", body[:_PARAGRAPH_START])
    if not start.strip():
        return ""
    first = _first_blocks().match(start) if body_format == "markdown" else None
    if first and first.end() < len(start) and (found := first_paragraph(first[0], body_format)):
        return found
    from reader.content.blocks import Paragraph, spans_text  # lazy: documents of hubs have a title and an excerpt
    from reader.content.body import parse_body

    blocks = parse_body(start, body_format)
    paragraphs = (clean(spans_text(block.spans)) for block in blocks if isinstance(block, Paragraph))
    found = next((text for text in paragraphs if text and not _no_text().match(text)), "")
    return found if len(found) <= _MAX_EXCERPT else found[:_MAX_EXCERPT].rsplit(" ", 1)[0] + " …"
