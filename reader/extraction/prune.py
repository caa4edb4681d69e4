"""Prepare the tree of a page for the extractors. Pure.

Removes what no article contains, and replaces what the extractors would lose by placeholders
(:mod:`reader.extraction.placeholders`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reader.content.html.inline import SHIFTING_ELEMENTS, to_superscript
from reader.content.html.links import WEB, resolve_link
from reader.core.text import clean
from reader.extraction.boilerplate import is_boilerplate_name, is_large_boilerplate_name, is_screen_reader_only
from reader.extraction.placeholders import (
    IMAGE_HOST,
    ImageSource,
    Placeholders,
    flatten_quotes,
    mark_code,
    mark_lists,
    mark_rules,
    move_captions,
    remove_placeholders,
    replace_quotes,
)
from reader.extraction.tree import drop, elements, size_of, text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_REMOVED = (
    "applet", "audio", "button", "canvas", "embed", "iframe", "input", "math", "nav", "noindex", "object", "script",
    "select", "style", "svg", "template", "textarea", "video", "amp-ad", "amp-sidebar", "amp-consent",
    "amp-analytics", "amp-social-share", "amp-user-notification",
)  # fmt: skip
_HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
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
_NAMING = ("data-component", "data-testid")
_INLINE = {"a", "abbr", "cite", "font", "ins", "label", "mark", "q", "small", "span", "sub", "sup", "time", "u"}
_ASIDE = {"aside", "footer"}
_AT_LEAST = 0.4
"""Share of a page's running text that must remain, whatever the boxes are named."""
_RESTS = 200
"""Characters of running text that must remain when a large box of comments is removed."""
_PIXELS = re.compile(r"\s*(\d{1,5})(?:px)?\s*", re.ASCII)


def prepare(tree: HtmlElement, base_url: str) -> Placeholders:
    """Change ``tree`` for the extractors; return what its placeholders stand for."""
    placeholders = Placeholders()
    remove_placeholders(tree)
    flatten_quotes(tree)
    move_captions(tree)
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
    mark_code(tree)
    mark_lists(tree)
    mark_rules(tree)
    _write_quotation_marks(tree)
    _leave_one_article(tree)
    replace_quotes(tree, placeholders)
    return placeholders


# --- noise ----------------------------------------------------------------------------------


def _drop_widgets(tree: HtmlElement) -> None:
    """Remove elements that no article contains; a form around the whole page stays, as some frameworks make one."""
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
        is_large = is_large_boilerplate_name(element.get("id") or "") or is_large_boilerplate_name(
            element.get("class") or ""
        )
        # A name misleads if removing its box would remove the article itself.
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
    if element.tag in _INLINE:  # part of a sentence, whatever its class
        return is_screen_reader_only(names)
    if is_boilerplate_name(names) or any(is_boilerplate_name(get(attribute) or "") for attribute in _NAMING):
        return True
    return is_boilerplate_name(get("id") or "") and not _is_named_after_heading(element)


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
    """Replace figures and images by images with placeholder addresses."""
    for figure in elements(tree, "figure"):
        if figure.getparent() is not None and not any(True for _ in figure.iter("table", "pre", "blockquote")):
            _replace_figure(figure, base_url, placeholders)
    for image in elements(tree, "img"):
        if not (image.get("src") or "").startswith(f"https://{IMAGE_HOST}/"):
            source = _image_source(image, base_url, "")
            if source is None:
                drop(image)
            else:
                _set_placeholder(image, placeholders.add(source), source)
    for element in elements(tree, "picture"):
        element.drop_tag()


def _replace_figure(figure: HtmlElement, base_url: str, placeholders: Placeholders) -> None:
    captions = [text_of(caption) for caption in figure.iter("figcaption")]
    caption = clean(" ".join(captions))
    found = [source for image in figure.iter("img") if (source := _image_source(image, base_url, ""))]
    unique = list({source.url: source for source in reversed(found)}.values())[::-1]
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
    for index, source in enumerate(unique):
        text = caption if index == len(unique) - 1 else ""
        kept = ImageSource(source.url, source.alt, text, source.width, source.height)
        image = figure.makeelement("img")
        _set_placeholder(image, placeholders.add(kept), kept)
        figure.append(image)


def _set_placeholder(image: HtmlElement, address: str, source: ImageSource) -> None:
    image.attrib.clear()
    image.set("src", address)
    if source.alt:
        image.set("alt", source.alt)


def _image_source(image: HtmlElement, base_url: str, caption: str) -> ImageSource | None:
    get = image.get
    if _ICON.search(f"{get('class') or ''} {get('id') or ''}"):
        return None
    sizes = [int(found[1]) for name in ("width", "height") if (found := _PIXELS.fullmatch(get(name) or ""))]
    if sizes and max(sizes) < 48:  # icons and tracking pixels
        return None
    addresses = [get(name) or "" for name in _SOURCES]
    addresses += [_largest(get(name) or "") for name in _SETS]
    url = next(filter(None, (resolve_link(address, base_url, WEB) for address in addresses)), "")
    if not url:
        return None
    alt = clean(get("alt") or "")
    return ImageSource(url, alt, caption, get("width") or "", get("height") or "")


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
