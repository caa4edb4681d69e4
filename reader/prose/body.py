"""The body of a document, in whichever markup it is written."""

from __future__ import annotations

from reader.model import BodyFormat
from reader.prose.blocks import Block
from reader.prose.html import parse_html
from reader.prose.markdown import parse_markdown


def parse_body(source: str, format: BodyFormat, base_url: str = "") -> tuple[Block, ...]:  # noqa: A002
    """Return ``source`` as blocks; never raises, and bounded as the parser of its format says."""
    return parse_html(source, base_url) if format == "html" else parse_markdown(source, base_url)
