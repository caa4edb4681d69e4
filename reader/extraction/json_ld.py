"""The data in a page: JSON-LD (schema.org), and the JSON from which scripts render the page. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from reader.content.html.linked_data import is_article, objects
from reader.core.text import clean_block, unescape

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_BODY_KEYS = re.compile(
    r"^(?:article_?body|body|body_?html|body_?text|content|content_?html|html|rendered|text|markup|value|story|paragraphs?"
    r"|description_?html|rich_?text)$",
    re.IGNORECASE,
)
_TAGS = re.compile(r"<(?:p|br|h[1-6]|li|div|blockquote)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…。！？।؟]")


def article_body(objects: list[dict[str, object]]) -> str:
    """Return the longest text of an article that JSON-LD has, verbatim: plain text or HTML."""
    bodies = (thing.get(key) for thing in filter(is_article, objects) for key in ("articleBody", "text"))
    return max((body for body in bodies if isinstance(body, str)), key=len, default="")


def as_html(body: str) -> str:
    """Return a text of unknown format as HTML: unchanged if it has tags, else with its lines as paragraphs."""
    text = unescape(body) if "&lt;" in body and not _TAGS.search(body) else body
    if _TAGS.search(text):
        return text
    lines = [line.strip() for line in clean_block(unescape(text)).split("\n")]
    return "".join(f"<p>{html.escape(line)}</p>" for line in lines if line)


def script_text(tree: HtmlElement) -> str:
    """Return the longest text in the JSON from which scripts render the page, as HTML; for pages without text.

    Such JSON is in scripts like Next.js's ``__NEXT_DATA__``: strings under the usual names of an article's body, and
    lists of paragraphs.
    """
    best = ""
    for script in tree.iter("script"):
        kind = (script.get("type") or "").lower()
        if "json" in kind and "ld+json" not in kind:
            for thing in objects(script.text or ""):
                best = max(best, *_texts(thing), key=len)
    return best


def _texts(thing: dict[str, object]) -> Iterator[str]:
    yield ""
    for key, value in thing.items():
        parts = [value] if isinstance(value, str) and _BODY_KEYS.match(key) else []
        if isinstance(value, list):
            parts = list(filter(None, map(_part, value[:5_000])))
        if parts and _is_prose(" ".join(parts)) and (len(parts) > 1 or parts[0] is value):
            yield "".join(map(as_html, parts))


def _part(value: object) -> str:
    """Return the text of an entry in a list of paragraphs: a string, or an object with one under a usual name."""
    if isinstance(value, dict):
        inner = next((v for k, v in value.items() if k in ("children", "content") and isinstance(v, list)), None)
        if inner is not None:
            texts = (piece.get("text") for piece in inner if isinstance(piece, dict))
            return "".join(text for text in texts if isinstance(text, str))
        value = next((v for k, v in value.items() if _BODY_KEYS.match(k) and isinstance(v, str)), "")
    return value if isinstance(value, str) else ""


def _is_prose(text: str) -> bool:
    """Return whether a string has the length and the sentence ends of prose; data and code do not."""
    return len(text) > 400 and len(_SENTENCE_END.findall(text)) * 400 > len(text) and "{" not in text[:2]
