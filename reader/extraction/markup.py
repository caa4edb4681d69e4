"""Rewrites what sites build with classes and scripts as plain HTML, which reader.content.html reads. Pure.

Before the libraries see a page, only what hides its text changes (:func:`open_page`); the rest is done in the box of
the article (:func:`simplify`). Names of classes are in ``boilerplate.toml``.
"""

from __future__ import annotations

import re
from functools import cache, partial
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from reader.content.html.hidden import HiddenElements
from reader.extraction.boilerplate import is_named
from reader.extraction.extractors import LINE_BREAK, MARKS
from reader.extraction.page_tree import HEADINGS, INLINE, attributes_of, drop, is_hidden, size_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.html import HtmlElement

    _Size: TypeAlias = Callable[[HtmlElement], int]
    """:func:`size_of` with a cache, as many elements may be in one box."""

_NEVER = ("applet", "canvas", "embed", "noindex", "object", "script", "select", "style", "textarea")
_AMP = {f"amp-{name}": name for name in ("audio", "iframe", "img", "video")}
_PLAYERS = {
    "lite-youtube": ("videoid", "https://youtu.be/"),
    "amp-youtube": ("data-videoid", "https://youtu.be/"),
    "amp-vimeo": ("data-videoid", "https://vimeo.com/"),
    "amp-twitter": ("data-tweetid", "https://x.com/i/status/"),
}
"""Elements of players, with the attribute that has the id, and what is before it in the URL."""
_TEX = "math-tex"
_FORMULA_URL = re.compile(r"latex|mathtex|mimetex|equation\?tex=|/math/render/|cht=tx", re.IGNORECASE)
_LANGUAGE = re.compile(r"(?:^|\s)(?:lang(?:uage)?-|brush:\s*|highlight-source-|highlight-)([\w+#.-]{1,32})", re.ASCII)
_PRE = re.compile(r"white-space\s*:\s*pre(-line|-wrap)?", re.IGNORECASE)
_INDENT = re.compile(r"(?:margin|padding)(?:-inline-start|-left)\s*:\s*(\d+)(?:\.\d+)?(em|px)", re.IGNORECASE)
_INDENT_CLASS = re.compile(r"\bi(?:n|ndent)?-?(\d)\b")
_SOURCE_LINE = re.compile(r"\n([ \t]*)")
_LONGEST_CAPTION = 600
_MEDIA = ("img", "video", "audio", "iframe", "picture")
_NOT_FIGURES = ("table", "pre", "blockquote", "figure", "code")


def open_page(tree: HtmlElement) -> None:
    """Remove from a page what is no text, and hidden images, so that they are never fetched; show templates."""
    rules = HiddenElements()
    for sheet in tree.iter("style"):
        if next(sheet.iterancestors("noscript"), None) is None:  # where scripts run, nothing in there counts
            rules.add_style_sheet(sheet.text or "")
    for script in tree.iter("script"):
        if (script.get("type") or "").startswith("math/tex"):
            script.tag = "span"
            script.set("class", _TEX)
    for template in list(tree.iter("template")):
        if template.get("shadowrootmode") or template.get("shadowroot"):
            template.tag = "div"
        else:
            drop(template)
    for element in list(tree.iter(*_NEVER)):
        drop(element)
    _drop_hidden_images(tree, rules)


def _drop_hidden_images(tree: HtmlElement, rules: HiddenElements) -> None:
    size = size_of(tree)

    @cache
    def is_seen(box: HtmlElement | None) -> bool:
        if box is None:
            return True
        if not rules.hides(str(box.tag), attributes_of(box)):
            return is_seen(box.getparent())
        is_whole = 5 * size_of(box) > size  # a script shows it
        if is_whole:
            box.attrib.pop("style", None)
        return is_whole

    for image in list(tree.iter("img", "amp-img", "picture")):
        around = image.getparent()
        if rules.hides_image(attributes_of(image)) or not is_seen(around):
            drop(around if around is not None and around.tag == "picture" else image)


def simplify(box: HtmlElement) -> None:
    """Rewrite the box of an article, with its marks."""
    for element in list(box.iter("*")):
        if element is not box and _is_no_text(element, element.get("class") or ""):
            drop(element)
        else:
            _rewrite(element, str(element.tag), element.get("class") or "")
    for write, name in (
        (partial(_write_button, cache(size_of)), "button"),
        (_write_listing_of_table, "table"),
        (_name_language, "pre"),
        (_write_noscript, "noscript"),
        (partial(_write_caption, cache(size_of), cache(_has_image)), "*"),
        (_write_figure, "figure"),
    ):
        for element in list(box.iterdescendants(name)):
            if element.getparent() is not None:
                write(element)


def _rewrite(element: HtmlElement, tag: str, names: str) -> None:
    if tag in _AMP:
        element.tag = _AMP[tag]
    elif tag in _PLAYERS:
        attribute, address = _PLAYERS[tag]
        element.tag = "iframe"
        element.set("src", f"{address}{element.get(attribute)}")
    elif tag == "img":
        _write_image(element, names)
    elif names == "katex-mathml" and next(element.iter("math"), None) is None:  # its last line is the TeX
        text = MARKS.sub("", element.text_content()).strip()
        element.clear(keep_tail=True)
        element.text = text.rpartition("\n")[2].strip()
    elif element.get("role") == "button" and element.get("aria-expanded") is not None:
        element.tag = "button"
    elif tag == "cite" and MARKS.sub("", element.text_content()).endswith((":", "wrote")):
        element.tag = "p"
    elif tag == "div" and len(element) and element[0].tag in HEADINGS and size_of(element[0]) == size_of(element):
        element.drop_tag()
    else:
        _write_lines(element, names)


def _is_no_text(element: HtmlElement, names: str) -> bool:
    """Return whether an element shows nothing of its own: a link to a heading, a copy of a formula, a line number."""
    is_unseen = (is_hidden(element) and element.get("aria-hidden") != "true") or is_named(names, "screen reader")
    if is_unseen and element.tag in INLINE - {"img"}:
        return True
    if element.tag == "a" and (element.get("href") or "").startswith("#") and next(element.iter("img"), None) is None:
        return not any(map(str.isalnum, text_of(element)))
    if is_named(names, "edit link") or element.tag == "mjx-math":
        return True
    if is_named(names, "line number"):
        return text_of(element).replace(" ", "").isdecimal()
    if not is_named(names, "formula copy"):
        return False
    around, below = element.getparent(), element.getnext()
    if below is not None and below.get("class") == _TEX:
        return True
    is_beside = around is not None and next(around.iter("math"), None) is not None
    return is_beside and next(element.iter("math"), None) is None


def _write_image(image: HtmlElement, names: str) -> None:
    """Show images of formulas and of initials as text; drop icons."""
    alt, behind = image.get("alt") or "", MARKS.sub("", image.tail or "")
    if alt and (is_named(names, "formula image") or _FORMULA_URL.search(image.get("src") or "")):
        image.tag = "math"
        image.set("alttext", alt)
    elif len(alt) == 1 and alt.isalpha() and behind[:1].islower():
        image.tag, image.text = "span", alt
    elif is_named(f"{names} {image.get('id') or ''}", "icon"):
        drop(image)


# --- lines --------------------------------------------------------------------------------------------


def _write_lines(element: HtmlElement, names: str) -> None:
    """Write lines of verse, and lines that only a style separates, with line breaks."""
    style = element.get("style") or ""
    is_lines = _PRE.search(style)
    if not is_lines and not is_named(names, "line of verse"):
        return
    if is_lines and "\n" in element.text_content().strip():
        if is_lines[1] is None or element.tag == "code":
            element.tag = "pre"
        else:
            for inner in element.iter("*"):
                inner.text = _with_breaks(inner.text)
                inner.tail = inner.tail if inner is element else _with_breaks(inner.tail)
    elif element.tag in ("div", "p", "span") and all(inner.tag in INLINE for inner in element.iterdescendants("*")):
        found = _INDENT.search(style)
        depth = int(found[1]) if found and found[2] == "em" else int(found[1]) // 16 if found else 0
        if not found and (number := _INDENT_CLASS.search(names)):
            depth = int(number[1])
        text = element.text or ""
        mark = text[: bool(MARKS.match(text))]
        element.text = mark + "\N{NO-BREAK SPACE}" * 2 * min(depth, 20) + text[len(mark) :]
        if element.tag == "div":
            element.tag = "span"
            element.addnext(element.makeelement("br", {}))


def _with_breaks(text: str | None) -> str | None:
    """Return a text with signs for its line breaks, and with its indents."""
    return text and _SOURCE_LINE.sub(lambda found: LINE_BREAK + "\N{NO-BREAK SPACE}" * len(found[1]), text)


# --- buttons and code ---------------------------------------------------------------------------------


def _write_button(size: _Size, button: HtmlElement) -> None:
    """Keep the words of buttons that are named in a sentence, or that open an answer; drop other buttons."""
    around, below = button.getparent(), button.getnext()
    if around is None:
        return
    if around.tag in ("p", "li", "td", "dd") and size(around) > 2 * size(button):
        button.tag = "kbd"
    elif below is not None and is_hidden(below):
        button.tag = "h4"
    elif (around.tag in HEADINGS | {"dt"} and size(around) == size(button)) or button.get("aria-expanded"):
        button.drop_tag()
    else:
        drop(button)


def _write_listing_of_table(table: HtmlElement) -> None:
    """Make a listing of a table with code in one column and line numbers in the others, if any."""
    cells = [cell for cell in table.iter("td") if not text_of(cell).replace(" ", "").isdecimal()]
    cells = [cell for cell in cells if size_of(cell) or is_named(cell.get("class") or "", "code")]
    rows = [cell.getparent() for cell in cells]
    if not cells or len(set(rows)) < len(rows) or not all(map(_is_code, cells)):
        return
    for cell in cells:
        for inner in cell.iter("pre", "td"):
            inner.tag = "div"
        cell.tail = None
    table.clear(keep_tail=True)
    table.tag = "pre"
    table.extend(cells)


def _is_code(cell: HtmlElement) -> bool:
    return is_named(cell.get("class") or "", "code") or next(cell.iter("pre"), None) is not None


def _name_language(listing: HtmlElement) -> None:
    named = chain([listing], listing.iter("code"), list(listing.iterancestors())[:2])
    found = (match[1] for part in named if (match := _LANGUAGE.search(part.get("class") or "")))
    if language := next(found, ""):
        listing.set("class", f"language-{language}")


# --- images -------------------------------------------------------------------------------------------


def _write_noscript(fallback: HtmlElement) -> None:
    """Show images that are there without scripts only; most are copies of an image beside them."""
    images = dict.fromkeys(fallback.iter("img"))
    beside = [other for other in (fallback.getprevious(), fallback.getnext()) if other is not None]
    near = [image for other in beside for image in other.iter("img") if image not in images]
    if images and not any(map(_has_source, near)):
        for image in near:
            drop(image)
        for image in images:
            fallback.addprevious(image)
            image.tail = None
    drop(fallback)


def _has_image(element: HtmlElement) -> bool:
    return next(element.iter("img"), None) is not None


def _has_source(image: HtmlElement) -> bool:
    return any("src" in name and not value.startswith("data:") for name, value in image.attrib.items())


def _write_caption(size: _Size, has_image: Callable[[HtmlElement], bool], element: HtmlElement) -> None:
    """Make a figure of the nearest box that has an image and hardly more than this caption."""
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    if element.tag in (*INLINE - {"span"}, *_MEDIA, "figcaption", "caption") or not is_named(names, "caption"):
        return
    if next(element.iterdescendants("img", "pre", "figcaption"), None) is not None:
        return
    for around in list(element.iterancestors())[:4]:
        if size(around) > _LONGEST_CAPTION + size(element):
            return
        if has_image(around):
            element.tag = "figcaption"
            around.tag = around.tag if around.tag == "li" else "figure"
            return


def _write_figure(figure: HtmlElement) -> None:
    """Leave images, media and one caption of a figure; a figure of a text is that text."""
    inside = list(figure.iterdescendants(*_NOT_FIGURES))
    if [one.tag for one in inside] not in ([], ["figure"]):
        for caption in figure.iterchildren("figcaption"):
            caption.tag = "p"
        figure.tag = "div"
        return
    media = [one for one in figure.iter(*_MEDIA) if not any(around.tag in _MEDIA for around in one.iterancestors())]
    captions = list(figure.iter("figcaption"))
    text = " ".join(dict.fromkeys(text_of(caption) for caption in captions or [figure])).strip()
    for one in media:
        one.tail = None
    figure.clear(keep_tail=True)
    figure.extend(media)
    if text and media:
        caption = figure.makeelement("figcaption", {})
        caption.text = text
        figure.append(caption)
