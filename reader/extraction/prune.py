"""What is done to a page's tree before its article is looked for.

What no article has is taken out, and what the extractors would lose or spoil is put into
a form that they carry through (:mod:`reader.extraction.placeholders`), pictures with their captions
here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reader.content.html.inline import SHIFTING_ELEMENTS, to_superscript
from reader.content.html.links import WEB, resolve_link
from reader.core.text import clean
from reader.extraction.boilerplate import is_boilerplate_name, is_large_boilerplate_name, is_screen_reader_only
from reader.extraction.placeholders import (
    PICTURE_HOST,
    Picture,
    Placeholders,
    blank_ours,
    flatten_quotes,
    hold_quotes,
    mark_code,
    mark_lists,
    mark_rules,
    part_captions,
)
from reader.extraction.tree import drop, elements, size_of, text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

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
_PIXELS = re.compile(r"\s*(\d{1,5})(?:px)?\s*", re.ASCII)


def prepare(tree: HtmlElement, base_url: str) -> Placeholders:
    """Change ``tree`` into what the extractors do best with; returns what is put back behind them."""
    held = Placeholders()
    blank_ours(tree)
    flatten_quotes(tree)
    part_captions(tree)
    for image in elements(tree, "amp-img"):
        image.tag = "img"
    for name in SHIFTING_ELEMENTS:
        for element in elements(tree, name):
            if element.text and not len(element):
                element.text = to_superscript(element.text, name)
    _hold_pictures(tree, base_url, held)
    _drop_widgets(tree)
    _prune(tree)
    _prune_links(tree)
    mark_code(tree)
    mark_lists(tree)
    mark_rules(tree)
    _quote(tree)
    _part_live(tree)
    hold_quotes(tree, held)
    return held


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
        is_large = is_large_boilerplate_name(element.get("id") or "") or is_large_boilerplate_name(
            element.get("class") or ""
        )
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
        return is_screen_reader_only(names)
    if is_boilerplate_name(names) or any(is_boilerplate_name(get(attribute) or "") for attribute in _NAMING):
        return True
    return is_boilerplate_name(get("id") or "") and not _is_named_after_heading(element)


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


def _hold_pictures(tree: HtmlElement, base_url: str, held: Placeholders) -> None:
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


def _hold_figure(figure: HtmlElement, base_url: str, held: Placeholders) -> None:
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
    url = next(filter(None, (resolve_link(address, base_url, WEB) for address in addresses)), "")
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


# --- quotation marks, live blogs ----------------------------------------------------------------


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
