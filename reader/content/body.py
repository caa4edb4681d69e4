"""The body of a document: which markup it is written in, and its blocks. Pure."""

from __future__ import annotations

import re

from reader.content.blocks import Block
from reader.content.html.builder import parse_html
from reader.content.markdown.parser import parse_markdown
from reader.core.model import BodyFormat

_PROLOG = 20_000
"""Characters that are searched for the first tag of a page."""
# What may precede the first tag (HTML, section 13.1): a byte order mark, blanks, comments, an XML declaration.
_PAGE_START = re.compile(
    r"\ufeff?(?:\s++|<!--(?:(?!-->).)*+-->|<\?[^>]*+>)*+<(?:!doctype\s++html|html|head|body)\b", re.I | re.S
)


def parse_body(source: str, format: BodyFormat, base_url: str = "") -> tuple[Block, ...]:  # noqa: A002
    """Return ``source`` as blocks. Never raises; the limits are those of the parser of its format."""
    if format == "html":
        return parse_html(source, base_url)
    if format == "org":
        from reader.content.markdown.org import org_to_markdown  # lazy: rare

        source = org_to_markdown(source)
    elif format == "rst":
        from reader.content.markdown.rst import rst_to_markdown

        source = rst_to_markdown(source)
    return parse_markdown(source, base_url, extended=True)


def is_whole_page(body: str) -> bool:
    """Return whether a body is a whole HTML page with menus and all, from which its article must be extracted."""
    return bool(_PAGE_START.match(body[:_PROLOG]))
