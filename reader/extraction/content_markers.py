"""Placeholders for content that the extractors would lose: code listings, numbered lists, quotes, rules, images. Pure.

The extractors preserve text and little else. So such content is marked in the text itself, with private-use
characters that :func:`reader.extraction.page_tree.decode` removes from pages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from reader.content.markdown.writer import MAX_DEPTH
from reader.extraction.page_tree import drop, elements, size_of, text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

IMAGE_HOST = "picture.invalid"
"""The host in placeholder URLs of images; no host can have this name (RFC 2606)."""
_IMAGE = re.compile(rf'<img\b(?:[^>]*?"https://{re.escape(IMAGE_HOST)}/([0-9]{{1,8}})\.png")?[^>]*>')
HELD, HELD_END = "\ue0c6", "\ue0c7"
"""Surround the text of a listing, list, quote or rule; the first occurs twice, around its index."""
# Digits that no library counts as part of a word.
_HIDE_DIGITS = {ord(digit): 0xE0D0 + index for index, digit in enumerate("0123456789")}
_SHOW_DIGITS = {hidden: chr(digit) for digit, hidden in _HIDE_DIGITS.items()}
_HELD = re.compile(f"{HELD}([\ue0d0-\ue0d9]{{1,8}}){HELD}[^{HELD_END}]*{HELD_END}")
_PLACEHOLDERS = re.compile("[\ue0c0-\ue0d9]")

_LANGUAGE = re.compile(r"(?:^|\s)(?:lang(?:uage)?-|brush:\s*|highlight-source-|highlight-)([\w+#.-]{1,32})", re.ASCII)
_NUMBER = re.compile("[0-9]{1,6}", re.ASCII)
_AROUND_RULES = {"body", "div", "section", "article", "main", "td", "center"}
"""Parents of a rule that separates parts of an article; elsewhere it belongs to a box or a menu."""


@dataclass(slots=True)
class Placeholders:
    """The content that the placeholders of a page stand for, as HTML."""

    images: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    """Code listings, numbered lists, quotes and rules."""

    def replace(self, element: HtmlElement, html: str = "") -> None:
        """Replace an element, or other HTML for it, by a paragraph with its placeholder and its text.

        The extractors count the text.
        """
        from lxml.etree import tostring

        text = without_placeholders(text_of(element))
        self.others.append(html or tostring(element, encoding="unicode", method="html", with_tail=False))
        number = str(len(self.others) - 1).translate(_HIDE_DIGITS)
        element.clear(keep_tail=True)
        element.tag, element.text = "p", f"{HELD}{number}{HELD}{text}{HELD_END}"

    def add_image(self, attributes: Mapping[str, str], caption: str) -> str:
        """Return the placeholder URL of an image; the extractors recognize images by its extension."""
        values = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
        self.images.append(f"<figure><img{values}><figcaption>{escape(caption)}</figcaption></figure>")
        return f"https://{IMAGE_HOST}/{len(self.images) - 1}.png"

    def resolve(self, html: str) -> str:
        """Return HTML with the content of the page in place of its placeholders, and without other images."""
        html = _IMAGE.sub(lambda image: self._find(self.images, image[1]), html)
        return _HELD.sub(lambda held: self.resolve(self._find(self.others, held[1].translate(_SHOW_DIGITS))), html)

    @staticmethod
    def _find(contents: list[str], index: str | None) -> str:
        return contents[int(index)] if index and int(index) < len(contents) else ""


def replace_code(tree: HtmlElement, placeholders: Placeholders) -> None:
    """Replace each code listing by a paragraph with its placeholder."""
    for listing in elements(tree, "pre", "listing", "xmp"):
        for line in listing.iter("br"):
            line.tail = "\n" + (line.tail or "")
        text = re.sub(r"\r\n?", "\n", "".join(listing.itertext())).strip("\n")
        if not text.strip():
            drop(listing)
            continue
        parent = listing.getparent()
        around = [] if parent is None else [parent]
        named = [_LANGUAGE.search(part.get("class") or "") for part in (listing, *listing.iter("code"), *around)]
        language = next((found[1] for found in named if found), "") or listing.get("lang") or ""
        placeholders.replace(listing, f'<pre class="language-{escape(language)}">{escape(text)}</pre>')


def replace_lists(tree: HtmlElement, placeholders: Placeholders) -> None:
    """Replace each outermost list with explicit numbers by a paragraph with its placeholder."""
    numbered = set(filter(_has_numbers, elements(tree, "ol")))
    for outermost in [element for element in numbered if numbered.isdisjoint(element.iterancestors("ol"))]:
        placeholders.replace(outermost)


def _has_numbers(numbered: HtmlElement) -> bool:
    start = (numbered.get("start") or "").strip()
    values = ((item.get("value") or "").strip() for item in numbered.iterchildren("li"))
    return any(map(_NUMBER.fullmatch, values)) or (start != "1" and bool(_NUMBER.fullmatch(start)))


def replace_rules(tree: HtmlElement, placeholders: Placeholders) -> None:
    """Replace each rule between parts of a text by a paragraph with its placeholder."""
    for rule in elements(tree, "hr"):
        parent = rule.getparent()
        if parent is not None and parent.tag in _AROUND_RULES:
            placeholders.replace(rule)


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
        has_code = next(figure.iter("table", "pre", "code"), None) is not None
        if has_code and next(figure.iter("blockquote"), None) is None:
            figure.tag = "div"
            for caption in figure.iter("figcaption"):
                caption.tag = "p"


def flatten_quotes(tree: HtmlElement) -> None:
    """Unwrap quotes that are nested deeper than they are shown, which slow extractors down.

    The ``footer`` of a quote names its source; it becomes a paragraph, as other footers are removed.
    """
    for quote in elements(tree, "blockquote"):
        if len(list(quote.iterancestors("blockquote"))) >= MAX_DEPTH:
            quote.drop_tag()
        else:
            for foot in elements(quote, "footer"):
                foot.tag = "p"


def replace_quotes(tree: HtmlElement, placeholders: Placeholders) -> None:
    """Replace each quote by its text, since extractors flatten quotes, and save its HTML.

    A quote with most of the page's text is the article itself.
    """
    whole = size_of(tree)
    for quote in elements(tree, "blockquote"):
        if next(quote.iterancestors("blockquote"), None) is not None or 2 * size_of(quote) > whole:
            continue
        figure = next(quote.iterancestors("figure"), None)
        box = quote if figure is None or len(list(figure.iter("blockquote"))) > 1 else figure
        if box.getparent() is not None and size_of(box):
            placeholders.replace(box)


def without_placeholders(text: str) -> str:
    """Return a text without placeholder characters."""
    return _PLACEHOLDERS.sub("", text)
