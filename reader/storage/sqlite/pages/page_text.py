"""The text of a page as its row stores it: blocks as compressed JSON. Pure."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

from reader.core.tokenize import words

if TYPE_CHECKING:
    from reader.content.blocks import Block

_MAX_MARKDOWN = 2_000_000
"""Characters of the longest text that format 1 stores."""


def pack(blocks: tuple[Block, ...]) -> bytes:
    """Return blocks as they are stored."""
    from reader.content.serialize import to_values

    # Clean text has no lone surrogates; if it had, a question mark would replace them.
    return zlib.compress(json.dumps(to_values(blocks), ensure_ascii=False).encode("utf-8", "replace"))


def unpack(stored: bytes, url: str) -> tuple[Block, ...]:
    """Return stored blocks. Raises zlib.error, ValueError or TypeError if they are damaged.

    ``url`` resolves the relative links of text that format 1 stored as Markdown.
    """
    from reader.content.serialize import from_values

    text = zlib.decompress(stored).decode("utf-8")
    # Markdown of format 1 never starts like this: it escapes brackets at the start of a text.
    if text == "[]" or text.startswith('[["'):
        return from_values(json.loads(text))
    from reader.content.markdown.parser import parse_markdown

    return parse_markdown(text, url, most=_MAX_MARKDOWN)


def words_of(stored: bytes) -> str:
    """Return the words of a stored text for the search index. Raises what :func:`unpack` raises."""
    from reader.content.blocks import plain_text

    return " ".join(words(plain_text(unpack(stored, ""))))
