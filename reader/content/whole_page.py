"""Whether what stands in a document is a piece of HTML or a whole page. Pure."""

from __future__ import annotations

import re

_LOOKED_AT = 20_000
"""Characters; what comes before a page's first tag is no longer."""
# What may stand before the first tag (HTML, 13.1): a byte order mark, blanks, comments, an XML declaration.
_BEGIN = re.compile(
    r"\ufeff?(?:\s++|<!--(?:(?!-->).)*+-->|<\?[^>]*+>)*+<(?:!doctype\s++html|html|head|body)\b", re.I | re.S
)


def is_whole_page(body: str) -> bool:
    """Return whether a body is a whole HTML page, menus and all, so that its article has to be looked for."""
    return bool(_BEGIN.match(body[:_LOOKED_AT]))
