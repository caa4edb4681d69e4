"""Pages that send on to another one by ``<meta http-equiv="refresh">`` or the header ``Refresh`` (pure).

See the HTML standard, 4.2.5.3 and 7.4.4.
"""

from __future__ import annotations

import re
from contextlib import suppress
from urllib.parse import urljoin

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
_BASE = re.compile(r"<base\b([^>]{0,2048})>", re.I)
_ATTRIBUTE = re.compile(r"""([a-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.I)
_CONTENT = re.compile(r"\s*(\d{1,6}|(?=\.))[\d.]*\s*[;,\s]\s*(?:url\s*=\s*)?(.*)", re.I | re.S)
_TAG = re.compile(r"<[^>]*>")


def refresh_target(body: bytes, charset: str, header: str = "") -> str:
    """Return where a page sends a reader soon, relative to its own URL; an empty string if it stays.

    ``header`` is the value of the header ``Refresh``, which precedes what the page says.
    A page with more than a few words is followed only if it leaves before they could be read, and if that does not
    depend on whether scripts run.
    """
    page = body[:_SEARCHED].decode(charset or "latin-1", "replace")
    if not header and "refresh" not in page.lower():
        return ""
    page = _NOT_MARKUP.sub(" ", page)
    is_short = len(_TAG.sub(" ", _NOSCRIPT.sub(" ", page)).split(None, _FEW_WORDS)) <= _FEW_WORDS
    longest = AT_ALL if is_short else AT_ONCE
    if found := _target(header, longest):
        return found
    head = page if is_short else _NOSCRIPT.sub(" ", page)
    for tag in map(_attributes, _META.finditer(head)):
        if tag.get("http-equiv", "").strip().lower() == "refresh":
            found = _target(tag.get("content", ""), longest)
            bases = (base["href"] for base in map(_attributes, _BASE.finditer(head)) if "href" in base)
            with suppress(ValueError):  # a base that is no URL counts as none
                found = found and urljoin(next(bases, ""), found)
            return found
    return ""


def _attributes(tag: re.Match[str]) -> dict[str, str]:
    """Return the attributes of a tag; the first of a name wins."""
    found = [(each[1].lower(), unescape(each[2] or each[3] or each[4] or "")) for each in _ATTRIBUTE.finditer(tag[1])]
    return dict(reversed(found))


def _target(content: str, longest: float) -> str:
    """Return the URL in the value of a refresh, if it is followed within ``longest`` seconds."""
    found = _CONTENT.fullmatch(content)
    if found is None or float(found[1] or 0) > longest:
        return ""
    url = found[2].strip()
    if url[:1] in ("'", '"'):
        url = url[1:].partition(url[0])[0]
    return url.strip()
