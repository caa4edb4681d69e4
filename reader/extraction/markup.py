"""Rewrites what sites build with classes and scripts as plain HTML, which reader.content.html reads. Pure.

Before the libraries see a page, only what hides its text changes (:func:`open_page`); the rest is done in the box of
the article (:func:`simplify`).
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from reader.extraction.article_tree import HEADINGS, is_footnotes
from reader.extraction.boilerplate import is_named
from reader.extraction.extractors import KEEP, MARKS, marks_in
from reader.extraction.hidden_images import drop_hidden_images
from reader.extraction.page_tree import INLINE, drop, elements, is_hidden, prose_size, size_of, text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_NEVER = ("applet", "canvas", "embed", "noindex", "object", "script", "select", "style", "textarea")
_MATH_COPY = re.compile(r"(?:^|\s)(?:katex-html|MathJax\S*|mjx-chtml|mwe-math-fallback\S*)(?:\s|$)")
_MATH_IMAGE = re.compile(r"(?:^|\s)(?:latex|mwe-math-fallback\S*)(?:\s|$)")
_TEX = "math-tex"
_VIDEO = {"lite-youtube": "videoid", "amp-youtube": "data-videoid"}
_VERSE = re.compile(r"(?:^|[\s_-])(?:line|verse)(?:\s|$)")
_EDIT_LINK = re.compile(
    r"(?:^|\s)(?:mw-editsection|headerlink|header-link|anchorjs-link|heading-anchor|anchor)(?:\s|$)"
)
_CODE_CELL = re.compile(r"(?:^|[\s_-])(?:code|blob-code|hljs-ln-code)(?:[\s_-]|$)")
_LINE_NUMBERS = re.compile(
    r"(?:^|[\s_-])(?:line-?numbers?(?:-rows)?|lineno?s?|linenos?|gutter|blob-num|ln|hljs-ln-n(?:umbers)?)(?:\s|$)", re.I
)
_LANGUAGE = re.compile(r"(?:^|\s)(?:lang(?:uage)?-|brush:\s*|highlight-source-|highlight-)([\w+#.-]{1,32})", re.ASCII)
_CAPTION = re.compile(r"(?:^|[\s_-])captions?(?:$|[\s_-])|caption-?text", re.IGNORECASE)
_ICON = re.compile(
    r"(?:^|[\s_-])(?:avatar|icon|logo|pixel|spacer|gravatar|badge|sprite|tracking)(?:$|[\s_-])", re.IGNORECASE
)
_LONGEST_CAPTION = 600
_AUTHOR = re.compile(r"(?:^|[\s_-])(?:author|creator|username|user-?name|poster|fn)(?:$|[\s_-])", re.IGNORECASE)
_NOTE_MARKER = re.compile(r"[\[(]?\s*(\w{1,4}|[*†‡])\s*[\])]?")
_BACK_LINKS = frozenset("↩↑^⏎↵←⤴")
_ENTRY = 60
"""Characters of running text that a box must have to be an entry."""
_MIN_ENTRIES = 3
"""Boxes with a time each that make a live blog or a thread."""


def open_page(tree: HtmlElement) -> None:
    """Remove from a page what is no text; show what stands in templates."""
    drop_hidden_images(tree)
    for script in elements(tree, "script"):
        if (script.get("type") or "").startswith("math/tex"):
            script.tag = "span"
            script.set("class", _TEX)
    for element in elements(tree, *_NEVER):
        drop(element)
    for template in elements(tree, "template"):
        if template.get("shadowrootmode") or template.get("shadowroot"):
            template.tag = "div"
        else:
            drop(template)
    for formula in elements(tree, "math"):  # hidden where a picture shows it
        for around in formula.iterancestors("span"):
            around.attrib.pop("style", None)


def simplify(box: HtmlElement, chosen: set[str]) -> None:
    """Rewrite the box of an article, with its marks; ``chosen`` are those of its texts."""
    for element in list(box.iter("*")):
        names = element.get("class") or ""
        is_unseen = element.tag in INLINE - {"img"} and (is_hidden(element) or is_named(names, "screen reader"))
        is_copy = element.tag == "mjx-math" or (_MATH_COPY.search(names) and _is_beside_formula(element))
        is_number = _LINE_NUMBERS.search(names) and MARKS.sub("", "".join(text_of(element).split())).isdecimal()
        if is_unseen or is_copy or is_number or (_EDIT_LINK.search(names) and _is_edit_link(element)):
            drop(element)
        elif element.tag == "img" and _MATH_IMAGE.search(names):
            element.tag = "math"
            element.set("alttext", element.get("alt") or "")
        elif element.tag == "amp-img":
            element.tag = "img"
        elif video := _VIDEO.get(str(element.tag)):
            element.tag = "iframe"
            element.set("src", f"https://youtu.be/{element.get(video)}")
        elif str(element.tag).startswith("mjx-"):
            element.tag = "span"
        elif _VERSE.search(names) and _is_line(element):
            element.tag = "span"
            element.addnext(element.makeelement("br", {}))
        elif element.tag == "cite" and MARKS.sub("", element.text_content()).endswith((":", "wrote")):
            element.tag = "p"
    _show_buttons(box)
    _write_code(box)
    _show_noscript_images(box)
    _write_figures(box)
    _write_footnotes(box)
    _write_entries(box, chosen)


def _is_line(element: HtmlElement) -> bool:
    """Return whether an element has one line of text; not in listings, which have lines of their own."""
    is_line = element.tag == "div" and all(inner.tag in INLINE for inner in element.iterdescendants("*"))
    return is_line and next(element.iterancestors("pre"), None) is None


def _is_beside_formula(element: HtmlElement) -> bool:
    """Return whether what looks like a formula is there for browsers that cannot draw the formula itself."""
    around, below = element.getparent(), element.getnext()
    if below is not None and below.get("class") == _TEX:
        return True
    return (
        next(element.iter("math"), None) is None and around is not None and next(around.iter("math"), None) is not None
    )


def _is_edit_link(element: HtmlElement) -> bool:
    return "edit" in (element.get("class") or "") or len(MARKS.sub("", text_of(element))) <= 1


def _show_buttons(box: HtmlElement) -> None:
    """Keep the words of buttons that are named in a sentence, or that open an answer; drop other buttons."""
    for button in elements(box, "button"):
        around, below = button.getparent(), button.getnext()
        if around is not None and around.tag in ("p", "li", "td", "dd") and size_of(around) > 2 * size_of(button):
            button.tag = "kbd"
        elif below is not None and is_hidden(below):
            button.tag = "h4"
        elif around is not None and around.tag in HEADINGS:
            button.drop_tag()
        elif around is not None:
            drop(button)


# --- code -------------------------------------------------------------------------------------------


def _write_code(box: HtmlElement) -> None:
    """Write listings in tables as listings."""
    for table in elements(box, "table"):
        cells = [cell for cell in table.iter("td") if _CODE_CELL.search(cell.get("class") or "")]
        if not cells or table.getparent() is None:
            continue
        listings = [listing for cell in cells for listing in cell.iter("pre")]
        lines = ["".join(cell.itertext()) for cell in cells] if not listings else map(_listed, listings)
        table.clear(keep_tail=True)
        table.tag, table.text = "pre", KEEP + MARKS.sub("", "\n".join(line.strip("\n") for line in lines))
    for listing in elements(box, "pre"):
        around = listing.getparent()
        named = [listing, *listing.iter("code"), *([around] if around is not None else [])]
        found = [match[1] for part in named if (match := _LANGUAGE.search(part.get("class") or ""))]
        if found:
            listing.set("class", f"language-{found[0]}")


def _listed(listing: HtmlElement) -> str:
    for line in listing.iter("br"):
        line.tail = "\n" + (line.tail or "")
    return "".join(listing.itertext())


# --- images -----------------------------------------------------------------------------------------


def _show_noscript_images(box: HtmlElement) -> None:
    """Show images that are there without scripts only; most are copies of an image beside them."""
    for fallback in elements(box, "noscript"):
        around = fallback.getparent()
        images = list(fallback.iter("img"))
        above = fallback.getprevious()
        near = [] if above is None else list(above.iter("img"))
        if not images or any(_has_source(image) for image in near):
            drop(fallback)
        elif around is not None:
            for image in near:
                drop(image)
            for image in images:
                fallback.addprevious(image)
                image.tail = None
            drop(fallback)


def _has_source(image: HtmlElement) -> bool:
    return any("src" in name and not value.startswith("data:") for name, value in image.attrib.items())


def _write_figures(box: HtmlElement) -> None:
    """Make figures of images with captions; drop icons, and captions without an image."""
    for image in elements(box, "img"):
        if _ICON.search(f"{image.get('class') or ''} {image.get('id') or ''}") and image.get("alt", "").isascii():
            drop(image)
    for element in [element for element in box.iter("div", "p", "span", "li") if element is not box]:
        is_caption = _CAPTION.search(f"{element.get('class') or ''} {element.get('id') or ''}")
        if is_caption and next(element.iterdescendants("img", "p", "pre"), None) is None:
            _caption(element)
    for figure in elements(box, "figure"):
        if figure.getparent() is not None:
            _write_figure(figure)


def _caption(element: HtmlElement) -> None:
    """Make a figure of the nearest box that has an image and hardly more than this caption."""
    if next(element.iterancestors("figure"), None) is not None:
        element.tag = "figcaption"
        return
    for around in list(element.iterancestors("div", "p", "span", "a", "section", "li"))[:3]:
        if size_of(around) > _LONGEST_CAPTION + size_of(element):
            return
        if next(around.iter("img"), None) is not None:
            around.tag, element.tag = "figure" if around.tag != "li" else "li", "figcaption"
            return


def _write_figure(figure: HtmlElement) -> None:
    """Leave images, media, tables and one caption of a figure; a figure of a text is that text."""
    if next(figure.iterdescendants("table", "pre", "blockquote", "figure", "code"), None) is not None:
        is_gallery = len(list(figure.iterdescendants("figure"))) > 1
        for caption in figure.iterchildren("figcaption"):
            caption.tag, caption.text = "p", KEEP * is_gallery + (caption.text or "")
        figure.tag = "div"
        return
    media = list(figure.iter("img", "video", "audio", "iframe", "picture"))
    captions = elements(figure, "figcaption")
    text = " ".join(dict.fromkeys(MARKS.sub("", text_of(caption)) for caption in captions or [figure])).strip()
    pictures = [one for one in media if not any(one in around.iter("*") for around in media if around is not one)]
    for one in pictures:
        one.tail = None
    figure.clear(keep_tail=True)
    figure.extend(pictures)
    if text and pictures:
        caption = figure.makeelement("figcaption", {})
        caption.text = KEEP + text
        figure.append(caption)


# --- notes ------------------------------------------------------------------------------------------


def _write_footnotes(box: HtmlElement) -> None:
    """Show the markers of notes as raised numbers, and drop the links from notes back to the text."""
    targets = {element.get("id"): element for element in box.iter("*") if element.get("id")}
    for link in elements(box, "a"):
        address = link.get("href") or ""
        if not address.startswith("#"):
            continue
        text, target = MARKS.sub("", text_of(link)), targets.get(address[1:])
        is_back = text.strip("\ufe0e\ufe0f ") in _BACK_LINKS
        if _is_in_notes(link) and (len(text) < 3 or is_back):
            if is_back or next(link.iterancestors("li"), None) is not None:
                drop(link)
            else:  # the only marker that the note has
                link.drop_tag()
        elif target is not None and (found := _NOTE_MARKER.fullmatch(text)) and _is_in_notes(target):
            around = link.getparent()
            mark = link if around is None or around.tag != "sup" else around
            mark.clear(keep_tail=True)
            mark.tag, mark.text = "sup", KEEP + found[1]


def _is_in_notes(element: HtmlElement) -> bool:
    return any(map(is_footnotes, (element, *element.iterancestors())))


# --- live blogs and threads ---------------------------------------------------------------------------


def _write_entries(box: HtmlElement, chosen: set[str]) -> None:
    """Write author and time above each entry of a live blog or a thread.

    Entries are boxes of one parent, alike, each with a text and a time. If most have chosen texts, the others are the
    article's, too.
    """
    size = cache(prose_size)
    entries: dict[HtmlElement, dict[HtmlElement, HtmlElement]] = {}
    for time in elements(box, "time"):
        around = time.getparent()
        if around is None or (around.tag in ("p", "li", "td") and size_of(around) > 2 * _ENTRY):
            continue
        path = list(time.iterancestors())
        outers = [outer for outer in path[: path.index(box)] if size(outer) > _ENTRY]
        entry = next((outer for outer in reversed(outers) if size(outer) == size(outers[0])), None)
        if entry is not None and (parent := entry.getparent()) is not None:
            entries.setdefault(parent, {}).setdefault(entry, time)
    for alike in entries.values():
        others = [entry for entry in alike if not marks_in(entry) & chosen]
        if len(alike) >= _MIN_ENTRIES and 2 * len(others) < len(alike):
            for entry in others:
                _keep_texts(entry)
            for entry, time in alike.items():
                _write_entry(entry, time)


def _keep_texts(entry: HtmlElement) -> None:
    for element in entry.iter("*"):
        if element.text and len(element.text) > _ENTRY:
            element.text = KEEP + element.text[1:]
        if element.tail and len(element.tail) > _ENTRY:
            element.tail = KEEP + element.tail[1:]


def _write_entry(entry: HtmlElement, time: HtmlElement) -> None:
    named = (inner for inner in entry.iter("a", "span", "div", "b", "strong") if _is_author(inner))
    author = next(named, None)
    words = [MARKS.sub("", text_of(part)) for part in (author, time) if part is not None]
    around = time.getparent()
    for part in (author, around if around is not None and around.tag == "p" else time):
        if part is not None and part.getparent() is not None:
            drop(part)
    line = entry.makeelement("p", {})
    line.text, line.tail, entry.text = KEEP + " · ".join(filter(None, words)), entry.text, None
    entry.insert(0, line)


def _is_author(element: HtmlElement) -> bool:
    names = f"{element.get('class') or ''} {element.get('itemprop') or ''} {element.get('rel') or ''}"
    return bool(_AUTHOR.search(names)) and 0 < size_of(element) < _ENTRY
