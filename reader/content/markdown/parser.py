"""Markdown -> blocks.

Markdown may contain HTML, within a sentence or around whole sections. So it is converted to HTML and parsed as HTML:
one place decides what a tag means and which links are allowed, and mixtures come out right.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from reader.content.blocks import Block
from reader.content.html.builder import MAX_URL_CHARS, build, cut_notice
from reader.content.html.links import MAX_LENGTH
from reader.content.markdown.writer import MAX_DEPTH
from reader.core.text import clean_block

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MAX_CHARACTERS = 150_000
"""Characters of the source; the rest is cut off, and a final paragraph says so."""

_FIGURE_TOKENS = 5
"""Tokens of an image with a caption, at least."""
# The parser counts two levels for a list, and drops content that is nested deeper than its limit; its time grows with
# the limit. So the number of markers at the start of a line is limited first.
_PARSER_NESTING = 24
_MARKER = r"(?:[ \t]*+(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t])))"
_TOO_DEEP = re.compile(rf"^({_MARKER}{{{MAX_DEPTH}}}){_MARKER}++", re.MULTILINE | re.ASCII)


def parse_markdown(
    source: str, base_url: str = "", most: int = MAX_CHARACTERS, *, extended: bool = False
) -> tuple[Block, ...]:
    """Return ``source``, CommonMark with tables and strikethrough, as blocks.

    Extended: also with what :mod:`reader.content.markdown.extensions` reads. Our own writer needs none of that.

    Accepts any text and never raises. Bounded by ``most`` characters and by the limits of
    :mod:`reader.content.html.builder`, which also checks the links.
    """
    # Cleaned before as well as after: the Markdown parser fails on lone surrogates.
    source_kept = _TOO_DEEP.sub(r"\1 ", clean_block(source[:most]))
    blocks = build(_markup(source_kept, extended=extended), base_url)
    return (*blocks, cut_notice()) if len(source) > most else blocks


def _markup(source: str, *, extended: bool) -> str:
    """Return ``source`` as HTML whose URLs are bounded, however often it refers to a long one."""
    parser = _parser(extended=extended)
    env: dict[str, object] = {}
    found = parser.parse(source, env)
    for block in found:
        if block.children:
            block.children = _captioned(block.children)
    left = MAX_URL_CHARS
    for token in (inner for block in found for inner in block.children or ()):
        for name in ("href", "src", "title"):
            length = len(str(token.attrs.get(name, "")))
            if length > min(left, MAX_LENGTH):
                del token.attrs[name]
            else:
                left -= length
    return str(parser.renderer.render(found, parser.options, env))


def _captioned(parts: list[Token]) -> list[Token]:
    """Return the tokens of an image followed by a line in emphasis as those of a figure with a caption.

    Markdown has no captions; the writer writes them like this, as many authors do.
    """
    tokens = [part for part in parts if part.type != "text" or part.content]
    if len(tokens) < _FIGURE_TOKENS or [part.type for part in tokens[:3]] != ["image", "softbreak", "em_open"]:
        return parts
    begin, end = tokens[2], tokens[-1]
    closing = next(part for part in tokens[3:] if part.type == "em_close" and part.level == begin.level)
    if closing is not end:
        return parts
    return [_html("<figure>"), tokens[0], _html("<figcaption>"), *tokens[3:-1], _html("</figcaption></figure>")]


def _html(text: str) -> Token:
    from markdown_it.token import Token

    return Token("html_inline", "", 0, content=text)


@lru_cache(maxsize=2)
def _parser(*, extended: bool) -> MarkdownIt:
    from markdown_it import MarkdownIt  # lazy: 50 ms, and many bodies are HTML

    parser = MarkdownIt("commonmark", {"maxNesting": _PARSER_NESTING}).enable(["table", "strikethrough"])
    if extended:
        from reader.content.markdown.extensions import add_extensions

        add_extensions(parser)
    # Links are checked after parsing; the markup of links that are refused here would show as text.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    return parser
