"""Pages that send on to another one by ``<meta http-equiv="refresh">`` (HTML standard, 4.2.5.3; pure)."""

from __future__ import annotations

import re

from reader.core.text import unescape

AT_ONCE = 5.0
"""Seconds; a page that stays longer is there to be read, unless it has hardly any text."""
AT_ALL = 60.0
"""Seconds; a page that stays longer is there to be read."""
_FEW_WORDS = 80
_SEARCHED = 300_000
"""Bytes in which the tag and the text are looked for."""
_NOT_MARKUP = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style|template|textarea|title)\b.*?(?:</\1|\Z)", re.I | re.S)
_NOSCRIPT = re.compile(r"<noscript\b.*?(?:</noscript|\Z)", re.I | re.S)
_META = re.compile(r"<meta\b([^>]{0,2048})>", re.I)
_ATTRIBUTE = re.compile(r"""([a-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.I)
_CONTENT = re.compile(r"\s*(\d{1,6}|(?=\.))[\d.]*\s*[;,\s]\s*(?:url\s*=\s*)?(.*)", re.I | re.S)
_TAG = re.compile(r"<[^>]*>")


def refresh_target(body: bytes, charset: str) -> str:
    """Return where a page sends a reader soon, as it is written there; an empty string if it stays.

    A page with more than a few words is followed only if it leaves before they could be read, and if that does not
    depend on whether scripts run.
    """
    page = body[:_SEARCHED].decode(charset or "latin-1", "replace")
    if "refresh" not in page.lower():
        return ""
    page = _NOT_MARKUP.sub(" ", page)
    is_short = len(_TAG.sub(" ", _NOSCRIPT.sub(" ", page)).split(None, _FEW_WORDS)) <= _FEW_WORDS
    head = page if is_short else _NOSCRIPT.sub(" ", page)
    for tag in _META.finditer(head):
        attributes = {found[1].lower(): found[2] or found[3] or found[4] or "" for found in _ATTRIBUTE.finditer(tag[1])}
        if attributes.get("http-equiv", "").strip().lower() == "refresh":
            return _target(unescape(attributes.get("content", "")), AT_ALL if is_short else AT_ONCE)
    return ""


def _target(content: str, longest: float) -> str:
    """Return the URL in the value of a refresh, if it is followed within ``longest`` seconds."""
    found = _CONTENT.fullmatch(content)
    if found is None or float(found[1] or 0) > longest:
        return ""
    url = found[2].strip()
    if url[:1] in ("'", '"'):
        url = url[1:].partition(url[0])[0]
    return url.strip()
