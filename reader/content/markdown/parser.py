"""Markdown -> blocks, and (by way of :mod:`reader.content.markdown.writer`) blocks -> Markdown.

Markdown may hold any HTML, in the middle of a sentence or around whole sections. So it is
turned into HTML first, and read as HTML: one place decides what a tag means, what a link
may point to and what is left out, and mixtures come out right.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from reader.content.blocks import Block
from reader.content.html.builder import MAX_ADDRESSES, build, cut_notice
from reader.content.html.links import MAX_LENGTH
from reader.content.markdown.writer import MAX_DEPTH, to_markdown
from reader.core.text import clean_block

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MAX_CHARACTERS = 150_000
"""Of the source; what comes after is left out, and a last paragraph says so."""

__all__ = ["MAX_CHARACTERS", "parse_markdown", "to_markdown"]
_FIGURE = 5
"""Pieces of a picture with a caption, at least."""
# The parser counts two levels for a list and drops what is deeper than its limit, text and all; its time grows
# with the limit. So the markers that one line may open are limited first.
_PARSER_NESTING = 24
_MARKER = r"(?:[ \t]*+(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t])))"
_TOO_DEEP = re.compile(rf"^({_MARKER}{{{MAX_DEPTH}}}){_MARKER}++", re.MULTILINE | re.ASCII)


def parse_markdown(source: str, base_url: str = "", most: int = MAX_CHARACTERS) -> tuple[Block, ...]:
    """Return ``source``, CommonMark with tables and strikethrough, as blocks.

    Takes any text and never raises. Bounded by ``most`` characters and by what
    :mod:`reader.content.html.builder` says of nesting and blocks; links follow the same rule.
    """
    # Cleaned before as well as after: the Markdown parser does not take lone surrogates.
    source_kept = _TOO_DEEP.sub(r"\1 ", clean_block(source[:most]))
    blocks = build(_markup(source_kept), base_url)
    return (*blocks, cut_notice()) if len(source) > most else blocks


def _markup(source: str) -> str:
    """Return ``source`` as HTML that is not much longer, however often it refers to one long address."""
    parser, env = _parser(), {}  # type: tuple[MarkdownIt, dict[str, object]]
    found = parser.parse(source, env)
    for block in found:
        if block.children:
            block.children = _captioned(block.children)
    left = MAX_ADDRESSES
    for token in (inner for block in found for inner in block.children or ()):
        for name in ("href", "src", "title"):
            length = len(str(token.attrs.get(name, "")))
            if length > min(left, MAX_LENGTH):
                del token.attrs[name]
            else:
                left -= length
    return str(parser.renderer.render(found, parser.options, env))


def _captioned(parts: list[Token]) -> list[Token]:
    """Return a paragraph that is a picture and, on the next line, a text in emphasis, as a figure with its caption.

    So the printer writes captions, and so do many who write Markdown, which has no form for them.
    """
    kept = [part for part in parts if part.type != "text" or part.content]
    if len(kept) < _FIGURE or [part.type for part in kept[:3]] != ["image", "softbreak", "em_open"]:
        return parts
    begin, end = kept[2], kept[-1]
    closing = next(part for part in kept[3:] if part.type == "em_close" and part.level == begin.level)
    if closing is not end:
        return parts
    return [_html("<figure>"), kept[0], _html("<figcaption>"), *kept[3:-1], _html("</figcaption></figure>")]


def _html(text: str) -> Token:
    from markdown_it.token import Token

    return Token("html_inline", "", 0, content=text)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # here, because it takes 50 ms and many a body is HTML

    parser = MarkdownIt("commonmark", {"maxNesting": _PARSER_NESTING}).enable(["table", "strikethrough"])
    # Which links are links is decided once, after parsing; refused here, their markup would show as text.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    return parser
