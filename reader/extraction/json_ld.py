"""The data in a page: JSON-LD (schema.org), and the JSON from which scripts render the page. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reader.content.html.linked_data import is_article, linked_objects, listed, objects
from reader.core.text import clean, clean_block, unescape

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_BODY_KEYS = re.compile(
    r"^(?:article_?body|body|body_?html|body_?text|content|content_?html|html|rendered|text|markup|value|story|paragraphs?"
    r"|description_?html|rich_?text)$",
    re.IGNORECASE,
)
_TAGS = re.compile(r"<(?:p|br|h[1-6]|li|div|blockquote)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…。！？।؟]")


@dataclass(slots=True)
class StructuredData:
    """What the JSON-LD of a page says about its article."""

    headline: str = ""
    author: str = ""
    published: str = ""
    publisher: str = ""
    image: str = ""
    body: str = ""
    """``articleBody`` verbatim: plain text or HTML."""
    words: int = 0
    """``wordCount``, or 0."""
    is_free: bool | None = None
    """``isAccessibleForFree``, or None."""
    locked: list[str] = field(default_factory=list)
    """CSS selectors of the parts that are not free (``hasPart``)."""


def structured_data(tree: HtmlElement) -> StructuredData:
    """Return what the page's JSON-LD says about its article; the first value of each kind wins. Never raises."""
    found = StructuredData()
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower():
            for thing in linked_objects(script.text or ""):
                _read_access(thing, found)
                if is_article(thing):
                    _read_article(thing, found)
    return found


def _read_access(thing: dict[str, object], found: StructuredData) -> None:
    """Read whether access is free, by schema.org and Google's rules for paywalled content."""
    free = str(thing.get("isAccessibleForFree", "")).rpartition("/")[2].lower()
    if free in ("true", "false"):
        selector = thing.get("cssSelector")
        if selector is None:
            found.is_free = found.is_free is not False and free == "true"
        elif free == "false":
            found.locked += _strings(selector)


def _read_article(thing: dict[str, object], found: StructuredData) -> None:
    if len(str(thing.get("articleBody") or thing.get("text") or "")) > len(found.body):
        found.body = _first(thing.get("articleBody")) or _first(thing.get("text"))
    count = str(thing.get("wordCount") or "")
    found.words = found.words or (int(count) if count.isascii() and count.isdecimal() and len(count) < 7 else 0)
    found.headline = found.headline or clean(unescape(_first(thing.get("headline")) or _first(thing.get("name"))))
    found.author = found.author or _names(thing.get("author"))
    found.published = found.published or _first(thing.get("datePublished"))
    found.publisher = found.publisher or _names(thing.get("publisher"))
    found.image = found.image or _url_of(thing.get("image"))


def _strings(value: object) -> list[str]:
    return [text for text in listed(value) if isinstance(text, str)]


def _first(value: object) -> str:
    return next((text for text in _strings(value) if text.strip()), "")


def _names(value: object) -> str:
    """Return the names of persons or organizations, each once."""
    names = [_first(person.get("name")) if isinstance(person, dict) else person for person in listed(value)[:20]]
    found = [clean(unescape(name)) for name in _strings(names) if not name.startswith(("http:", "https:"))]
    return ", ".join(dict.fromkeys(filter(None, found)))


def _url_of(value: object) -> str:
    images = listed(value)
    urls = [image.get("url") or image.get("contentUrl") if isinstance(image, dict) else image for image in images]
    return _first(urls).strip()


# --- text -----------------------------------------------------------------------------------


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
            return "".join(text for piece in inner if isinstance(piece, dict) for text in _strings(piece.get("text")))
        value = next((v for k, v in value.items() if _BODY_KEYS.match(k) and isinstance(v, str)), "")
    return value if isinstance(value, str) else ""


def _is_prose(text: str) -> bool:
    """Return whether a string has the length and the sentence ends of prose; data and code do not."""
    return len(text) > 400 and len(_SENTENCE_END.findall(text)) * 400 > len(text) and "{" not in text[:2]
