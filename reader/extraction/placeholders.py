"""Placeholders for content that the extractors would lose: code listings, quotes, rules, numbers, images. Pure.

The extractors preserve text and little else. So while they work, such content is marked in the text itself with
private-use characters, which are removed from the page before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reader.content.markdown.writer import MAX_DEPTH
from reader.extraction.tree import drop, elements, size_of, text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

IMAGE_HOST = "picture.invalid"
"""The host in placeholder addresses of images; no host can have this name (RFC 2606)."""
CODE = "\ue0c0"
"""Starts a code listing; the next characters stand for its line breaks, blanks and tabs."""
CODE_BREAK, CODE_BLANK, CODE_TAB = "\ue0c1", "\ue0c2", "\ue0c3"
_HIDE_BLANKS = str.maketrans({"\n": CODE_BREAK, " ": CODE_BLANK, "\t": CODE_TAB})
_SHOW_BLANKS = str.maketrans({CODE_BREAK: "\n", CODE_BLANK: " ", CODE_TAB: "\t", CODE: None})
NUMBER = "\ue0c4"
"""Surrounds the number of a list item at the start of its text."""
RULE = "\ue0c5"
"""Stands for a horizontal rule."""
QUOTE, QUOTE_END = "\ue0c6", "\ue0c7"
"""Surround the text of a quote; the first occurs twice, around the index of the quote."""
# Digits that no library counts as part of a word.
_HIDE_DIGITS = {ord(digit): 0xE0D0 + index for index, digit in enumerate("0123456789")}
_SHOW_DIGITS = {hidden: chr(digit) for digit, hidden in _HIDE_DIGITS.items()}
_DIGITS = "[\ue0d0-\ue0d9]"
_NUMBERED = re.compile(f"{NUMBER}({_DIGITS}*){NUMBER}")
_QUOTE_OR_RULE = re.compile(f"{RULE}|{QUOTE}({_DIGITS}{{1,8}}){QUOTE}[^{QUOTE_END}]*{QUOTE_END}")
_PLACEHOLDERS = re.compile("[\ue0c0-\ue0d9]")

_LANGUAGE = re.compile(r"(?:^|\s)(?:lang(?:uage)?-|brush:\s*|highlight-source-|highlight-)([\w+#.-]{1,32})", re.ASCII)
_START = re.compile("[0-9]{1,6}", re.ASCII)
_AROUND_RULES = {"body", "div", "section", "article", "main", "td", "center"}
"""Parents of a rule that separates parts of an article; elsewhere it belongs to a box or a menu."""


@dataclass(frozen=True, slots=True)
class ImageSource:
    """An image of the page; see :class:`reader.content.blocks.Figure`."""

    url: str
    alt: str = ""
    caption: str = ""
    width: str = ""
    height: str = ""


@dataclass(slots=True)
class Placeholders:
    """The content that the placeholders of a page stand for."""

    images: list[ImageSource] = field(default_factory=list)
    quotes: list[str] = field(default_factory=list)
    """Quotes as HTML."""

    def add(self, image: ImageSource) -> str:
        """Return the placeholder address of an image; the extractors recognize images by its extension."""
        self.images.append(image)
        return f"https://{IMAGE_HOST}/{len(self.images) - 1}.png"

    def find(self, address: str) -> ImageSource | None:
        """Return the image of a placeholder address, or None for another address."""
        number = address.removeprefix(f"https://{IMAGE_HOST}/").removesuffix(".png")
        is_known = number.isascii() and number.isdecimal() and len(number) < 9 and int(number) < len(self.images)
        return self.images[int(number)] if is_known else None


# --- insert -------------------------------------------------------------------------------------


def remove_placeholders(tree: HtmlElement) -> None:
    """Remove all placeholder characters that the page itself contains."""
    for element in tree.iter():
        if element.text and _PLACEHOLDERS.search(element.text):
            element.text = _PLACEHOLDERS.sub("", element.text)
        if element.tail and _PLACEHOLDERS.search(element.tail):
            element.tail = _PLACEHOLDERS.sub("", element.tail)


def mark_code(tree: HtmlElement) -> None:
    """Turn each code listing into one element of text that the extractors preserve."""
    for listing in elements(tree, "pre", "listing", "xmp"):
        for line in listing.iter("br"):
            line.tail = "\n" + (line.tail or "")
        text = "".join(listing.itertext())
        text = re.sub(r"\r\n?", "\n", text).strip("\n")
        named = [_LANGUAGE.search(inner.get("class") or "") for inner in (listing, *listing.iter("code"))]
        parent = listing.getparent()
        if parent is not None:
            named.append(_LANGUAGE.search(parent.get("class") or ""))
        language = next((found[1] for found in named if found), "") or (listing.get("lang") or "")
        for child in list(listing):
            listing.remove(child)
        listing.attrib.clear()
        if not text.strip():
            drop(listing)
            continue
        listing.tag = "code"
        # trafilatura preserves the attribute; a code element with a language is a block.
        listing.set("lang", language or "text")
        listing.text = f"{CODE}{language}{CODE_BREAK}{text.translate(_HIDE_BLANKS)}"


def mark_lists(tree: HtmlElement) -> None:
    """Write explicit numbers of items and start numbers of lists into the texts of the items."""
    for numbered in elements(tree, "ol"):
        first = next(numbered.iterchildren("li"), None)
        for item in numbered.iterchildren("li"):
            number = (item.get("value") or (numbered.get("start") if item is first else "") or "").strip()
            if _START.fullmatch(number) and (item is not first or number != "1"):
                item.text = f"{NUMBER}{number.translate(_HIDE_DIGITS)}{NUMBER}{item.text or ''}"


def mark_rules(tree: HtmlElement) -> None:
    """Turn each rule between parts of a text into a paragraph with its placeholder."""
    for rule in elements(tree, "hr"):
        parent = rule.getparent()
        if parent is not None and parent.tag in _AROUND_RULES:
            rule.tag, rule.text = "p", RULE
            rule.attrib.clear()


def move_captions(tree: HtmlElement) -> None:
    """Move the captions of tables before them, since trafilatura takes them for rows.

    The captions of figures without an image become paragraphs.
    """
    for caption in elements(tree, "caption"):
        table = caption.getparent()
        if table is not None and table.tag == "table":
            caption.tag, caption.tail = "p", None
            table.addprevious(caption)
    for figure in elements(tree, "figure"):
        if (
            next(figure.iter("table", "pre", "code"), None) is not None
            and next(figure.iter("blockquote"), None) is None
        ):
            figure.tag = "div"
            for caption in figure.iter("figcaption"):
                caption.tag = "p"


def flatten_quotes(tree: HtmlElement) -> None:
    """Unwrap quotes that are nested deeper than we show, on which extractors take long.

    The ``footer`` of a quote names its source; it becomes a paragraph, as other footers are removed.
    """
    deep: dict[HtmlElement, int] = {}
    for quote in elements(tree, "blockquote"):
        around = next(quote.iterancestors("blockquote"), None)
        depth = 1 if around is None else deep.get(around, 0) + 1
        if depth > MAX_DEPTH:
            quote.drop_tag()
        else:
            deep[quote] = depth
            for foot in elements(quote, "footer"):
                foot.tag = "p"


def replace_quotes(tree: HtmlElement, placeholders: Placeholders) -> None:
    """Replace each quote by its text, since extractors flatten quotes, and save its HTML.

    A quote with most of the page's text is the article itself.
    """
    from lxml.etree import tostring

    whole = size_of(tree)
    for quote in elements(tree, "blockquote"):
        if next(quote.iterancestors("blockquote"), None) is not None or 2 * size_of(quote) > whole:
            continue
        figure = next(quote.iterancestors("figure"), None)
        box = quote if figure is None or len(list(figure.iter("blockquote"))) > 1 else figure
        parent = box.getparent()
        if parent is None or not size_of(box):
            continue
        placeholders.quotes.append(tostring(box, encoding="unicode", method="html", with_tail=False))
        number = str(len(placeholders.quotes) - 1).translate(_HIDE_DIGITS)
        text = _PLACEHOLDERS.sub("", " ".join(text_of(box).translate(_SHOW_BLANKS).split()))
        for child in list(box):
            box.remove(child)
        box.attrib.clear()
        box.tag, box.text = "p", f"{QUOTE}{number}{QUOTE}{text}{QUOTE_END}"


# --- resolve ------------------------------------------------------------------------------------


def show_code(text: str) -> str:
    """Return a code listing with its line breaks and blanks."""
    return text.translate(_SHOW_BLANKS)


def number_of(text: str) -> str:
    """Return the explicit number in the text of a list item, or an empty string."""
    found = _NUMBERED.match(text.lstrip())
    return found[1].translate(_SHOW_DIGITS) if found else ""


def without_number(text: str) -> str:
    """Return the text of a list item without its number."""
    return _NUMBERED.sub("", text)


def without_placeholders(text: str) -> str:
    """Return a text without placeholder characters."""
    return _PLACEHOLDERS.sub("", text)


def split_placeholders(text: str, placeholders: Placeholders) -> Iterator[tuple[str, str]]:
    """Yield the pieces of a text as (text, HTML), one of them empty; HTML is that of a quote or a rule."""
    index = 0
    for found in _QUOTE_OR_RULE.finditer(text):
        if found.start() > index:
            yield text[index : found.start()], ""
        number = int(found[1].translate(_SHOW_DIGITS)) if found[1] else -1
        if number < len(placeholders.quotes):
            yield "", "<hr>" if number < 0 else placeholders.quotes[number]
        index = found.end()
    if index < len(text):
        yield text[index:], ""
