"""What the extractors would lose or spoil, put into a form that they carry through, and back.

They keep text and little else, so what a listing, a quote, a rule or a list's number is stands
in the text itself while they work, in characters that no page may use.
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

PICTURE_HOST = "picture.invalid"
"""Stands for the pictures of a page; a name that no host can have (RFC 2606)."""
CODE = "\ue0c0"
"""Begins a listing; the next two characters stand for its line breaks and blanks, which would be folded."""
CODE_BREAK, CODE_BLANK, CODE_TAB = "\ue0c1", "\ue0c2", "\ue0c3"
_HIDE_BLANKS = str.maketrans({"\n": CODE_BREAK, " ": CODE_BLANK, "\t": CODE_TAB})
_SHOW_BLANKS = str.maketrans({CODE_BREAK: "\n", CODE_BLANK: " ", CODE_TAB: "\t", CODE: None})
NUMBER = "\ue0c4"
"""Stands before and behind the number that an item has, at the beginning of its text."""
RULE = "\ue0c5"
"""Stands for a line across."""
QUOTE, QUOTE_END = "\ue0c6", "\ue0c7"
"""Stand around a quote's text; the first twice, with the number between that it is held under."""
# Figures that are no letters or figures to anybody who counts words.
_HIDE_FIGURES = {ord(figure): 0xE0D0 + at for at, figure in enumerate("0123456789")}
_SHOW_FIGURES = {hidden: chr(figure) for figure, hidden in _HIDE_FIGURES.items()}
_FIGURES = "[\ue0d0-\ue0d9]"
_NUMBERED = re.compile(f"{NUMBER}({_FIGURES}*){NUMBER}")
_HELD = re.compile(f"{RULE}|{QUOTE}({_FIGURES}{{1,8}}){QUOTE}[^{QUOTE_END}]*{QUOTE_END}")
_OURS = re.compile("[\ue0c0-\ue0d9]")

_LANGUAGE = re.compile(r"(?:^|\s)(?:lang(?:uage)?-|brush:\s*|highlight-source-|highlight-)([\w+#.-]{1,32})", re.ASCII)
_START = re.compile("[0-9]{1,6}", re.ASCII)
_AROUND_RULES = {"body", "div", "section", "article", "main", "td", "center"}
"""What may have a line across between the parts of an article; elsewhere it draws a box or a menu."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the page; see :class:`reader.content.blocks.Figure`."""

    url: str
    alt: str = ""
    caption: str = ""
    width: str = ""
    height: str = ""


@dataclass(slots=True)
class Placeholders:
    """What is kept of a page beside its tree."""

    pictures: list[Picture] = field(default_factory=list)
    quotes: list[str] = field(default_factory=list)
    """Quotes as HTML, with all that is in them."""

    def keep(self, picture: Picture) -> str:
        """Return the address that stands for a picture; its end is what the extractors know a picture by."""
        self.pictures.append(picture)
        return f"https://{PICTURE_HOST}/{len(self.pictures) - 1}.png"

    def find(self, address: str) -> Picture | None:
        """Return the picture that an address stands for."""
        number = address.removeprefix(f"https://{PICTURE_HOST}/").removesuffix(".png")
        kept = number.isascii() and number.isdecimal() and len(number) < 9 and int(number) < len(self.pictures)
        return self.pictures[int(number)] if kept else None


# --- into the tree ------------------------------------------------------------------------------


def blank_ours(tree: HtmlElement) -> None:
    """Take out of the text what stands for something of ours."""
    for element in tree.iter():
        if element.text and _OURS.search(element.text):
            element.text = _OURS.sub("", element.text)
        if element.tail and _OURS.search(element.tail):
            element.tail = _OURS.sub("", element.tail)


def mark_code(tree: HtmlElement) -> None:
    """Make each listing one element of text that is carried through as it is."""
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
        # An extractor gives every code its language, which is how a block's is told from a line's.
        listing.set("lang", language or "text")
        listing.text = f"{CODE}{language}{CODE_BREAK}{text.translate(_HIDE_BLANKS)}"


def mark_lists(tree: HtmlElement) -> None:
    """Write the numbers that items say they have, and those that lists begin with, into the items' texts."""
    for numbered in elements(tree, "ol"):
        first = next(numbered.iterchildren("li"), None)
        for item in numbered.iterchildren("li"):
            number = (item.get("value") or (numbered.get("start") if item is first else "") or "").strip()
            if _START.fullmatch(number) and (item is not first or number != "1"):
                item.text = f"{NUMBER}{number.translate(_HIDE_FIGURES)}{NUMBER}{item.text or ''}"


def mark_rules(tree: HtmlElement) -> None:
    """Make each line across between the parts of a text a paragraph that stands for one."""
    for rule in elements(tree, "hr"):
        parent = rule.getparent()
        if parent is not None and parent.tag in _AROUND_RULES:
            rule.tag, rule.text = "p", RULE
            rule.attrib.clear()


def part_captions(tree: HtmlElement) -> None:
    """Put the captions of tables before them, where an extractor takes them for a row.

    Those of figures that are no pictures become a paragraph.
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
    """Take quotes out of quotes where there are more of them than are shown; extractors take long over those.

    Who said a quote stands at its foot, which pages call as they call the foot of all.
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


def hold_quotes(tree: HtmlElement, held: Placeholders) -> None:
    """Put the text alone where each quote was, which extractors flatten, and keep it with all that is in it.

    A quote that has most of the page's text is the article itself, as some pages have it.
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
        held.quotes.append(tostring(box, encoding="unicode", method="html", with_tail=False))
        number = str(len(held.quotes) - 1).translate(_HIDE_FIGURES)
        said = _OURS.sub("", " ".join(text_of(box).translate(_SHOW_BLANKS).split()))
        for child in list(box):
            box.remove(child)
        box.attrib.clear()
        box.tag, box.text = "p", f"{QUOTE}{number}{QUOTE}{said}{QUOTE_END}"


# --- and back -----------------------------------------------------------------------------------


def show_code(text: str) -> str:
    """Return a listing with its own line breaks and blanks."""
    return text.translate(_SHOW_BLANKS)


def number_of(text: str) -> str:
    """Return the number that an item with this text says it has; empty for one that follows the one before it."""
    found = _NUMBERED.match(text.lstrip())
    return found[1].translate(_SHOW_FIGURES) if found else ""


def without_number(text: str) -> str:
    """Return the text of an item without that number."""
    return _NUMBERED.sub("", text)


def without_ours(text: str) -> str:
    """Return a text without anything that stands for something of ours."""
    return _OURS.sub("", text)


def parted(text: str, held: Placeholders) -> Iterator[tuple[str, str]]:
    """Yield the pieces of a text, each as (text, HTML): one of the two is empty. HTML is what was held, or a rule."""
    at = 0
    for found in _HELD.finditer(text):
        if found.start() > at:
            yield text[at : found.start()], ""
        number = int(found[1].translate(_SHOW_FIGURES)) if found[1] else -1
        if number < len(held.quotes):
            yield "", "<hr>" if number < 0 else held.quotes[number]
        at = found.end()
    if at < len(text):
        yield text[at:], ""
