"""The text of a page as its row has it: blocks as compressed JSON. Pure."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

from reader.core.tokenize import words

if TYPE_CHECKING:
    from reader.content.blocks import Block

_MAX_MARKDOWN = 2_000_000
"""Characters; the longest text that format 1 has."""


def pack(blocks: tuple[Block, ...]) -> bytes:
    """Return blocks as they are stored."""
    from reader.content.serialize import to_values

    # Clean text has no lone surrogates; should there be any, a question mark replaces them.
    return zlib.compress(json.dumps(to_values(blocks), ensure_ascii=False).encode("utf-8", "replace"))


def unpack(stored: bytes, url: str) -> tuple[Block, ...]:
    """Return stored blocks. Raises zlib.error and kinds of ValueError or TypeError for damage.

    ``url`` resolves the relative addresses of a text that format 1 stored as Markdown.
    """
    from reader.content.serialize import from_values

    text = zlib.decompress(stored).decode("utf-8")
    # Markdown of format 1 never starts like this: brackets at the start of a text are escaped.
    if text == "[]" or text.startswith('[["'):
        return from_values(json.loads(text))
    from reader.content.markdown.parser import parse_markdown

    return parse_markdown(text, url, most=_MAX_MARKDOWN)


def words_of(stored: bytes) -> str:
    """Return the words of a stored text for the search index. Raises what :func:`unpack` does."""
    from reader.content.blocks import plain_text

    return " ".join(words(plain_text(unpack(stored, ""))))
