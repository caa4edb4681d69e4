"""Removes images that a page hides, so that they are never fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reader.content.html.hidden import HiddenElements
from reader.extraction.page_tree import drop, elements

if TYPE_CHECKING:
    from lxml.html import HtmlElement


def drop_hidden_images(tree: HtmlElement) -> None:
    """Remove the images of a page that it hides itself or with an element around them."""
    images = elements(tree, "img", "amp-img", "picture")
    if not images:
        return
    rules = HiddenElements()
    for sheet in elements(tree, "style"):
        if next(sheet.iterancestors("noscript"), None) is None:  # where scripts run, nothing in there counts
            rules.add_style_sheet(sheet.text or "")
    known: dict[HtmlElement, bool] = {}
    for image in images:
        if rules.hides_image(_attributes(image)) or _is_inside_hidden(image, rules, known):
            around = image.getparent()
            drop(around if around is not None and around.tag == "picture" else image)


def _is_inside_hidden(image: HtmlElement, rules: HiddenElements, known: dict[HtmlElement, bool]) -> bool:
    """Return whether an element around an image hides it; ``known`` has the answers so far."""
    path: list[HtmlElement] = []
    is_hidden = False
    for element in image.iterancestors():
        if element in known:
            is_hidden = known[element]
            break
        path.append(element)
    for element in reversed(path):
        is_hidden = known[element] = is_hidden or rules.hides(str(element.tag), _attributes(element))
    return is_hidden


def _attributes(element: HtmlElement) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}
