"""The bytes of a web page -> text that a parser takes."""

from __future__ import annotations

import re

from reader.core.encodings import detect_encoding
from reader.core.text import unescape

# XML takes no other characters, and lxml with it (XML 1.0, section 2.2); C1 controls are taken out with them.
_NOT_XML = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&#(?=[0-9]|[xX][0-9a-fA-F])(?:[xX]0*+([0-9a-fA-F]*+)|0*+([0-9]*+));?", re.ASCII)


def decode(source: bytes | str, charset: str = "") -> str:
    """Return a page as text without the characters and numeric references that XML does not take.

    ``charset`` is what the server said; :func:`reader.core.encodings.detect_encoding` says what that
    counts for. Broken bytes become U+FFFD; never raises.
    """
    text = source if isinstance(source, str) else source.decode(detect_encoding(source, charset), "replace")
    text = text.removeprefix("\ufeff")
    text = _NOT_XML.sub("", text)
    return _REFERENCE.sub(_harmless, text) if "&#" in text else text


def _harmless(found: re.Match[str]) -> str:
    """Return a numeric reference, or what it stands for when a parser would choke on it or misread it."""
    digits = found[1] or found[2] or "0"
    number = int(digits, 16 if found[1] else 10) if len(digits) < 8 else 0
    if number in (9, 10, 13) or number >= 0xA0 or 0x20 <= number < 0x7F:
        return found[0] if number < 0x110000 and not _NOT_XML.match(chr(number)) else ""
    # unescape knows that &#146; is meant as Windows-1252, as the HTML standard says (13.2.5.80).
    return _NOT_XML.sub("", unescape(f"&#{number};"))
