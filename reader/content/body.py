"""The body of a document, in whichever markup it is written."""

from __future__ import annotations

from reader.content.blocks import Block
from reader.content.html.builder import parse_html
from reader.content.markdown.parser import parse_markdown
from reader.core.model import BodyFormat


def parse_body(source: str, format: BodyFormat, base_url: str = "") -> tuple[Block, ...]:  # noqa: A002
    """Return ``source`` as blocks; never raises, and bounded as the parser of its format says."""
    return parse_html(source, base_url) if format == "html" else parse_markdown(source, base_url)
