"""Prepare the tree of a page for the extractors. Pure.

Removes what no article contains, and replaces what the extractors would lose by placeholders
(:mod:`reader.extraction.content_markers`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reader.content.html.builder import pixels
from reader.content.html.inline import SHIFTING_ELEMENTS, to_superscript
from reader.content.html.links import WEB, resolve_link
from reader.core.text import clean
from reader.extraction import content_markers
from reader.extraction.boilerplate import is_named
from reader.extraction.content_markers import Placeholders
from reader.extraction.hidden_images import drop_hidden_images
from reader.extraction.page_tree import drop, elements, is_hidden, size_of, text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_REMOVED = (
    "applet", "audio", "button", "canvas", "embed", "iframe", "input", "math", "nav", "noindex", "object", "script",
    "select", "style", "svg", "template", "textarea", "video", "amp-ad", "amp-sidebar", "amp-consent",
    "amp-analytics", "amp-social-share", "amp-user-notification",
)  # fmt: skip
_NOISY_ROLES = {
    "navigation", "banner", "complementary", "search", "dialog", "alertdialog", "menu", "menubar", "toolbar",
}  # fmt: skip
_PROTECTED = {
    "html", "body", "main", "h1", "table", "tbody", "tr", "td", "pre", "code", "blockquote", "em", "strong", "b",
    "i",
}  # fmt: skip
_SOURCES = (
    "data-src", "data-original", "data-lazy-src", "data-lazy", "data-img-src", "data-hi-res-src", "data-url", "src",
)  # fmt: skip
_SETS = ("data-srcset", "data-lazy-srcset", "srcset")
_ICON = re.compile(
    r"(?:^|[\s_-])(?:avatar|icon|logo|emoji|pixel|spacer|gravatar|badge|sprite|tracking)(?:$|[\s_-])", re.IGNORECASE
)
_MOST_WRAPPERS = 20
"""Forms and dialogs that are checked for containing most of the page."""
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_NAMING = ("class", "data-component", "data-testid")
_INLINE = {"a", "abbr", "cite", "font", "ins", "label", "mark", "q", "small", "span", "sub", "sup", "time", "u"}
_ASIDE = {"aside", "footer"}
_AT_LEAST = 0.4
"""Share of a page's running text that must remain, whatever names the boxes have."""
_RESTS = 200
"""Characters of running text that must remain when a large box of comments is removed."""


def prepare(tree: HtmlElement, base_url: str) -> Placeholders:
    """Change ``tree`` for the extractors; return what its placeholders stand for."""
    placeholders = Placeholders()
    drop_hidden_images(tree)
    content_markers.flatten_quotes(tree)
    content_markers.move_captions(tree)
    for image in elements(tree, "amp-img"):
        image.tag = "img"
    for name in SHIFTING_ELEMENTS:
        for element in elements(tree, name):
            if element.text and not len(element):
                element.text = to_superscript(element.text, name)
    _replace_images(tree, base_url, placeholders)
    _drop_widgets(tree)
    _prune(tree)
    _prune_links(tree)
    content_markers.replace_code(tree, placeholders)
    content_markers.replace_lists(tree, placeholders)
    content_markers.replace_rules(tree, placeholders)
    _write_quotation_marks(tree)
    _leave_one_article(tree)
    content_markers.replace_quotes(tree, placeholders)
    return placeholders


# --- noise ----------------------------------------------------------------------------------


def _drop_widgets(tree: HtmlElement) -> None:
    """Remove elements that no article contains; a form around the whole page stays, as some frameworks create one."""
    whole = size_of(tree)
    for index, element in enumerate(elements(tree, "form", "dialog", "noscript")):
        if index < _MOST_WRAPPERS and 2 * size_of(element) > whole:
            element.tag = "div"
    for element in elements(tree, "form", "dialog", "noscript", *_REMOVED):
        drop(element)


def _prune(tree: HtmlElement) -> None:
    """Remove hidden elements, and boxes whose names are those of boilerplate."""
    whole = left = prose_size(tree)
    heading = next(tree.iter("h1"), None)
    around = set(heading.iterancestors()) if heading is not None else set()
    for element in elements(tree):
        if not isinstance(element.tag, str) or element.tag in _PROTECTED or element in around or element is tree:
            continue
        if element.getparent() is None or not (element.tag in _ASIDE or _is_noise(element)):
            continue
        inside = prose_size(element)
        is_large = any(is_named(element.get(name) or "", "large boilerplate") for name in ("id", "class"))
        # A name misleads if removing its box would remove the article itself.
        fits = 3 * inside < left and left - inside >= _AT_LEAST * whole
        if fits or inside == 0 or (is_large and left - inside > _RESTS):
            drop(element)
            left -= inside
            whole -= inside if is_large else 0


def _is_noise(element: HtmlElement) -> bool:
    get = element.get
    if is_hidden(element) or get("role") in _NOISY_ROLES:
        return True
    if element.tag in _INLINE:  # part of a sentence, whatever its class
        return is_named(get("class") or "", "screen reader")
    if any(is_named(get(name) or "", "boilerplate") for name in _NAMING):
        return True
    return is_named(get("id") or "", "boilerplate") and not _is_named_after_heading(element)


def _is_named_after_heading(element: HtmlElement) -> bool:
    """Return whether an id is derived from a heading, as that of a section about newsletters."""
    if element.tag in _HEADINGS:
        return True
    heading = next(element.iter(*_HEADINGS), None)
    slug = re.sub(r"\W+", "-", text_of(heading).lower()).strip("-") if heading is not None else ""
    return len(slug) > 3 and (element.get("id") or "").lower().startswith(slug) and prose_size(element) > 0


def _prune_links(tree: HtmlElement) -> None:
    """Remove menus without a telling name: short links with hardly any text between them."""
    for element in elements(tree, "div", "ul", "ol", "td", "table", "section", "p", "center", "header", "dl"):
        links = [len(text_of(link)) for link in element.iter("a")]
        if len(links) < 3 or element.getparent() is None:
            continue
        if next(element.iter("h1", "code", "pre", "img"), None) is not None:
            continue
        total = len(text_of(element))
        inside_article = next(element.iterancestors("article"), None) is not None
        if sum(links) > (0.9 if inside_article else 0.7) * total and total < 60 * len(links):
            if element.tag in ("div", "section", "table", "td") and prose_size(element) * 4 > total:
                continue
            drop(element)


def prose_size(element: HtmlElement) -> int:
    """Return the characters of running text in an element: of paragraphs and long pieces, not of links."""
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


# --- images ---------------------------------------------------------------------------------


def _replace_images(tree: HtmlElement, base_url: str, placeholders: Placeholders) -> None:
    """Replace figures and images by images with placeholder URLs."""
    made: set[HtmlElement] = set()
    for figure in elements(tree, "figure"):
        if figure.getparent() is not None and next(figure.iter("table", "pre", "blockquote"), None) is None:
            _replace_figure(figure, base_url, placeholders)
            made.update(figure.iter("img"))
    for image in elements(tree, "img"):
        if image in made:
            continue
        if found := _image_attributes(image, base_url):
            image.attrib.clear()
            image.set("src", placeholders.add_image(found, ""))
        else:
            drop(image)
    for element in elements(tree, "picture"):
        element.drop_tag()


def _replace_figure(figure: HtmlElement, base_url: str, placeholders: Placeholders) -> None:
    captions = elements(figure, "figcaption")
    caption = clean(" ".join(map(text_of, captions)))
    found: dict[str, dict[str, str]] = {}
    for image in figure.iter("img"):
        if attributes := _image_attributes(image, base_url):
            found.setdefault(attributes["src"], attributes)
    if not found:
        for element in captions:
            drop(element)
        return
    figure.clear(keep_tail=True)
    figure.tag = "p"
    for index, attributes in enumerate(found.values(), 1):
        address = placeholders.add_image(attributes, caption if index == len(found) else "")
        figure.append(figure.makeelement("img", {"src": address}))


def _image_attributes(image: HtmlElement, base_url: str) -> dict[str, str]:
    """Return the URL, the alternative text and the size of an image; nothing for an icon or without a URL."""
    get = image.get
    sizes = [size for name in ("width", "height") if (size := pixels(get(name))) is not None]
    is_small = bool(sizes) and max(sizes) < 48
    if is_small or _ICON.search(f"{get('class') or ''} {get('id') or ''}"):
        return {}
    addresses = [get(name) or "" for name in _SOURCES]
    addresses += [_largest(get(name) or "") for name in _SETS]
    url = next(filter(None, (resolve_link(address, base_url, WEB) for address in addresses)), "")
    if not url:
        return {}
    return {"src": url, "alt": clean(get("alt") or ""), "width": get("width") or "", "height": get("height") or ""}


def _largest(srcset: str) -> str:
    """Return the largest image of a ``srcset`` (HTML, 4.8.4.2.1)."""
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


def _write_quotation_marks(tree: HtmlElement) -> None:
    """Replace ``q``, which the extractors take for a block, by quotation marks."""
    for quote in elements(tree, "q"):
        quote.text = f"“{quote.text or ''}"
        if len(quote):
            quote[-1].tail = f"{quote[-1].tail or ''}”"
        else:
            quote.text += "”"
        quote.drop_tag()


def _leave_one_article(tree: HtmlElement) -> None:
    """Leave at most one ``article`` element, since the extractors take the first.

    Nested articles and the entries of a live blog become sections, and so do all others if one contains the page's
    main heading.
    """
    for article in tree.xpath("//article[ancestor::article]"):
        article.tag = "section"
    articles = elements(tree, "article")
    headed = [article for article in articles if next(article.iter("h1"), None) is not None]
    is_blog = len(articles) > 2 and 2 * sum(prose_size(article) > 120 for article in articles) > len(articles)
    for article in articles if headed or is_blog else ():
        if article not in headed[:1]:
            article.tag = "section"
