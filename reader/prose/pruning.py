"""What is done to a page's tree before its article is looked for.

What no article has is taken out, and what the extractors would lose or spoil is put into
a form that they carry through: pictures with their captions, and listings of programs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reader.prose.furniture import is_box, is_for_the_ear, is_large_box
from reader.prose.shifted import NAMES, shifted
from reader.prose.targets import WEB, target
from reader.prose.tree import drop, elements, size_of, text_of
from reader.text import clean

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
"""Stands before and behind the number that a list begins with, at the beginning of its first item."""
_NUMBERED = re.compile(f"{NUMBER}([0-9]*){NUMBER}")
_OURS = re.compile(f"[{CODE}-{NUMBER}]")

_GONE = (
    *("applet", "audio", "button", "canvas", "embed", "iframe", "input", "math", "nav", "noindex"),
    *("object", "script", "select", "style", "svg", "template", "textarea", "video", "amp-ad", "amp-sidebar"),
    *("amp-consent", "amp-analytics", "amp-social-share", "amp-user-notification"),
)
_HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_NOISY_ROLES = {
    "navigation",
    "banner",
    "complementary",
    "search",
    "dialog",
    "alertdialog",
    "menu",
    "menubar",
    "toolbar",
}
_KEPT = {
    "html",
    "body",
    "main",
    "h1",
    "table",
    "tbody",
    "tr",
    "td",
    "pre",
    "code",
    "blockquote",
    "em",
    "strong",
    "b",
    "i",
}
_SOURCES = (
    "data-src",
    "data-original",
    "data-lazy-src",
    "data-lazy",
    "data-img-src",
    "data-hi-res-src",
    "data-url",
    "src",
)
_SETS = ("data-srcset", "data-lazy-srcset", "srcset")
_ICON = re.compile(
    r"(?:^|[\s_-])(?:avatar|icon|logo|emoji|pixel|spacer|gravatar|badge|sprite|tracking)(?:$|[\s_-])", re.IGNORECASE
)
_LANGUAGE = re.compile(r"(?:^|\s)(?:lang(?:uage)?-|brush:\s*|highlight-source-|highlight-)([\w+#.-]{1,32})", re.ASCII)
_MOST_WRAPPERS = 20
"""Forms and the like of which is asked whether the whole page is in them."""
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_NAMING = ("data-component", "data-testid")
_INLINE = {"a", "abbr", "cite", "font", "ins", "label", "mark", "q", "small", "span", "sub", "sup", "time", "u"}
_ASIDE = {"aside", "footer"}
_AT_LEAST = 0.4
"""Of the running text of a page, how much has to be left of it, whatever boxes are called."""
_RESTS = 200
"""Characters of running text that have to be left when a large box of comments is taken out."""
_START = re.compile("[0-9]{1,6}", re.ASCII)
_PIXELS = re.compile(r"\s*(\d{1,5})(?:px)?\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the page; see :class:`reader.prose.blocks.Figure`."""

    url: str
    alt: str = ""
    caption: str = ""
    width: str = ""
    height: str = ""


@dataclass(slots=True)
class Held:
    """What is kept of a page beside its tree."""

    pictures: list[Picture] = field(default_factory=list)

    def keep(self, picture: Picture) -> str:
        """Return the address that stands for a picture; its end is what the extractors know a picture by."""
        self.pictures.append(picture)
        return f"https://{PICTURE_HOST}/{len(self.pictures) - 1}.png"

    def find(self, address: str) -> Picture | None:
        """Return the picture that an address stands for."""
        number = address.removeprefix(f"https://{PICTURE_HOST}/").removesuffix(".png")
        kept = number.isascii() and number.isdecimal() and len(number) < 9 and int(number) < len(self.pictures)
        return self.pictures[int(number)] if kept else None


def prepare(tree: HtmlElement, base_url: str) -> Held:
    """Change ``tree`` into what the extractors do best with; returns what is put back behind them."""
    held = Held()
    _blank_ours(tree)
    for image in elements(tree, "amp-img"):
        image.tag = "img"
    for name in NAMES:
        for element in elements(tree, name):
            if element.text and not len(element):
                element.text = shifted(element.text, name)
    _hold_pictures(tree, base_url, held)
    _drop_widgets(tree)
    _prune(tree)
    _prune_links(tree)
    _mark_code(tree)
    _mark_lists(tree)
    _quote(tree)
    _part_live(tree)
    return held


def show_code(text: str) -> str:
    """Return a listing with its own line breaks and blanks."""
    return text.translate(_SHOW_BLANKS)


def begins_with(text: str) -> str:
    """Return the number that a list begins with whose first item has this text; empty for the usual one."""
    found = _NUMBERED.match(text.lstrip())
    return found[1] if found else ""


def without_number(text: str) -> str:
    """Return the text of an item without that number."""
    return _NUMBERED.sub("", text)


def _blank_ours(tree: HtmlElement) -> None:
    """Take out of the text what stands for something of ours."""
    for element in tree.iter():
        if element.text and _OURS.search(element.text):
            element.text = _OURS.sub("", element.text)
        if element.tail and _OURS.search(element.tail):
            element.tail = _OURS.sub("", element.tail)


# --- noise ----------------------------------------------------------------------------------


def _drop_widgets(tree: HtmlElement) -> None:
    """Take out what no article consists of; some frameworks put a whole page into one form, which stays."""
    whole = size_of(tree)
    for at, element in enumerate(elements(tree, "form", "dialog", "noscript")):
        if at < _MOST_WRAPPERS and 2 * size_of(element) > whole:
            element.tag = "div"
    for element in elements(tree, "form", "dialog", "noscript", *_GONE):
        drop(element)


def _prune(tree: HtmlElement) -> None:
    """Take out what is hidden, and boxes whose names say that they are not the article."""
    whole = left = prose_size(tree)
    heading = next(tree.iter("h1"), None)
    around = set(heading.iterancestors()) if heading is not None else set()
    for element in elements(tree):
        if not isinstance(element.tag, str) or element.tag in _KEPT or element in around or element is tree:
            continue
        if element.getparent() is None or not (element.tag in _ASIDE or _is_noise(element)):
            continue
        inside = prose_size(element)
        is_large = is_large_box(element.get("id") or "") or is_large_box(element.get("class") or "")
        # A name misleads where it would take the article itself.
        fits = 3 * inside < left and left - inside >= _AT_LEAST * whole
        if fits or inside == 0 or (is_large and left - inside > _RESTS):
            drop(element)
            left -= inside
            whole -= inside if is_large else 0


def _is_noise(element: HtmlElement) -> bool:
    get = element.get
    if get("hidden") is not None or get("aria-hidden") == "true" or _HIDDEN.search(get("style") or ""):
        return True
    if (get("role") or "") in _NOISY_ROLES:
        return True
    names = get("class") or ""
    if element.tag in _INLINE:  # a word of a sentence, however it is called
        return is_for_the_ear(names)
    if is_box(names) or any(is_box(get(attribute) or "") for attribute in _NAMING):
        return True
    return is_box(get("id") or "") and not _is_named_after_heading(element)


def _is_named_after_heading(element: HtmlElement) -> bool:
    """Whether an id was made from the words of a heading, as of a section about newsletters."""
    if element.tag in _HEADINGS:
        return True
    heading = next(element.iter(*_HEADINGS), None)
    said = re.sub(r"\W+", "-", text_of(heading).lower()).strip("-") if heading is not None else ""
    return len(said) > 3 and (element.get("id") or "").lower().startswith(said) and prose_size(element) > 0


def _prune_links(tree: HtmlElement) -> None:
    """Take out menus that no name gives away: short links with hardly anything between."""
    for element in elements(tree, "div", "ul", "ol", "td", "table", "section", "p", "center", "header", "dl"):
        links = [len(text_of(link)) for link in element.iter("a")]
        if (
            len(links) < 3
            or element.getparent() is None
            or next(element.iter("h1", "code", "pre", "img"), None) is not None
        ):
            continue
        total = len(text_of(element))
        inside_article = next((True for _ in element.iterancestors("article")), False)
        if sum(links) > (0.9 if inside_article else 0.7) * total and total < 60 * len(links):
            if element.tag in ("div", "section", "table", "td") and prose_size(element) * 4 > total:
                continue
            drop(element)


def prose_size(element: HtmlElement) -> int:
    """Return the characters of an element's running text: that of paragraphs and of long pieces, not of links."""
    total = 0
    for inner in element.iter(
        "p", "div", "td", "li", "section", "article", "span", "font", "body", "blockquote", "pre"
    ):
        own = len((inner.text or "").strip()) + sum(
            len((child.tail or "").strip()) + (len(text_of(child)) if child.tag in ("b", "i", "em", "strong") else 0)
            for child in inner
        )
        if inner.tag == "p" or own > 60:
            total += own
    return total


# --- pictures -------------------------------------------------------------------------------


def _hold_pictures(tree: HtmlElement, base_url: str, held: Held) -> None:
    """Put one picture where a figure was, its caption kept aside, and its real address into every other."""
    for figure in elements(tree, "figure"):
        if figure.getparent() is not None and not any(True for _ in figure.iter("table", "pre", "blockquote")):
            _hold_figure(figure, base_url, held)
    for image in elements(tree, "img"):
        if not (image.get("src") or "").startswith(f"https://{PICTURE_HOST}/"):
            picture = _picture(image, base_url, "")
            if picture is None:
                drop(image)
            else:
                _set_picture(image, held.keep(picture), picture)
    for element in elements(tree, "picture"):
        element.drop_tag()


def _hold_figure(figure: HtmlElement, base_url: str, held: Held) -> None:
    captions = [text_of(caption) for caption in figure.iter("figcaption")]
    caption = clean(" ".join(captions))
    found = [picture for image in figure.iter("img") if (picture := _picture(image, base_url, ""))]
    unique = list({picture.url: picture for picture in reversed(found)}.values())[::-1]
    if not unique:
        if any(True for _ in figure.iter("figcaption")):
            for inner in list(figure.iter("figcaption")):
                drop(inner)
        return
    figure.tag = "p"
    tail, figure.text = figure.tail, None
    for child in list(figure):
        figure.remove(child)
    figure.attrib.clear()
    figure.tail = tail
    for at, picture in enumerate(unique):
        told = caption if at == len(unique) - 1 else ""
        kept = Picture(picture.url, picture.alt, told, picture.width, picture.height)
        image = figure.makeelement("img")
        _set_picture(image, held.keep(kept), kept)
        figure.append(image)


def _set_picture(image: HtmlElement, address: str, picture: Picture) -> None:
    image.attrib.clear()
    image.set("src", address)
    if picture.alt:
        image.set("alt", picture.alt)


def _picture(image: HtmlElement, base_url: str, caption: str) -> Picture | None:
    get = image.get
    if _ICON.search(f"{get('class') or ''} {get('id') or ''}"):
        return None
    sizes = [int(found[1]) for name in ("width", "height") if (found := _PIXELS.fullmatch(get(name) or ""))]
    if sizes and max(sizes) < 48:  # icons, and pictures that count visitors
        return None
    addresses = [get(name) or "" for name in _SOURCES]
    addresses += [_largest(get(name) or "") for name in _SETS]
    url = next(filter(None, (target(address, base_url, WEB) for address in addresses)), "")
    if not url:
        return None
    alt = clean(get("alt") or "")
    return Picture(url, alt, caption, get("width") or "", get("height") or "")


def _largest(srcset: str) -> str:
    """Return the largest picture of a ``srcset`` (HTML, 4.8.4.2.1)."""
    best, size = "", -1.0
    for candidate in re.split(r",\s+", srcset[:20_000]):
        url, _, descriptor = candidate.strip().partition(" ")
        try:
            weight = float(descriptor.strip().rstrip("wx") or 1)
        except ValueError:
            weight = 0.0
        if url and weight > size:
            best, size = url, weight
    return best


# --- listings, quotes, live blogs -------------------------------------------------------------


def _mark_code(tree: HtmlElement) -> None:
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


def _mark_lists(tree: HtmlElement) -> None:
    """Write with which number a list begins, which an extractor forgets, into its first item."""
    for numbered in elements(tree, "ol"):
        number = (numbered.get("start") or "").strip()
        item = next(numbered.iterchildren("li"), None)
        if item is not None and _START.fullmatch(number) and number != "1":
            item.text = f"{NUMBER}{number}{NUMBER}{item.text or ''}"


def _quote(tree: HtmlElement) -> None:
    """Write the quotation marks of ``q``, which the extractors take for a block."""
    for quote in elements(tree, "q"):
        quote.text = f"“{quote.text or ''}"
        if len(quote):
            quote[-1].tail = f"{quote[-1].tail or ''}”"
        else:
            quote.text += "”"
        quote.drop_tag()


def _part_live(tree: HtmlElement) -> None:
    """Leave one article on a page with many, as the first would be taken.

    The entries of a live blog, and articles inside of articles, become parts; so do the
    other articles of a page where one has the heading of all.
    """
    for article in elements(tree, "article"):
        if next((True for outer in article.iterancestors("article")), False):
            article.tag = "section"
    articles = elements(tree, "article")
    group = [(article, next(article.iter("h1"), None) is not None) for article in articles]
    headed = [article for article, has_heading in group if has_heading]
    if headed:
        for article, _ in group:
            if article is not headed[0]:
                article.tag = "section"
    elif len(group) > 2 and sum(prose_size(article) > 120 for article, _ in group) * 2 > len(group):
        for article, _ in group:
            article.tag = "section"
