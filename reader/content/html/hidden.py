"""Which images a page hides, so that they are not fetched: most of these only count readers.

What hides an image is its own attributes and style, those of an element around it, and rules of the page's style sheets
for a tag, class or id. Rules that depend on more, such as on an element around it or on a width, are not read. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

_MAX_CSS = 500_000
"""Characters of all style sheets of a page."""
_MAX_RULES = 2_000
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_AT_RULE = re.compile(r"(?<![^{};])\s*+@[^{};]*+(?:;|\{(?:[^{}]*+\{[^{}]*+\})*+[^{}]*+\})")
_RULE = re.compile(r"(?<![^{}])([^{}]++)\{([^{}]*+)\}")
_SELECTOR = re.compile(r"([a-z][a-z0-9]*+)?((?:[.#][\w-]++)*+)", re.IGNORECASE)
_NAME = re.compile(r"[.#][\w-]+")
_PROPERTIES = ("display", "visibility", "width", "height", "max-width", "max-height")
_TINY = re.compile(r"\s*+0*(?:0[a-z%]*+|[01](?:\.\d*+)?(?:px)?)\s*+", re.IGNORECASE | re.ASCII)
"""A width or height of at most one pixel."""
_WHOLE = ("html", "body", "main", "article")
"""Elements that a script shows if they are hidden, for otherwise the page would have nothing."""
_LAZY = ("data-src", "data-original", "data-lazy-src", "data-srcset", "data-lazy-srcset")
"""Attributes of an image that a script shows."""


class _Rule(NamedTuple):
    """A rule for elements of one tag, if any, with certain classes and ids."""

    tag: str
    names: frozenset[str]
    style: Mapping[str, str]


class HiddenElements:
    """Tells which elements a page hides."""

    def __init__(self) -> None:
        self._rules: dict[str, list[_Rule]] = {}
        """Rules by a class, id or tag that elements must have."""
        self._css_left, self._rules_left = _MAX_CSS, _MAX_RULES

    def add_style_sheet(self, css: str) -> None:
        """Read the text of a ``style`` element."""
        css = _COMMENT.sub(" ", css[: self._css_left])
        self._css_left -= len(css)
        for selectors, text in _RULE.findall(_AT_RULE.sub(" ", css)):
            if style := _declarations(text):
                for selector in selectors.split(","):
                    self._add_rule(selector.strip(), style)

    def _add_rule(self, selector: str, style: Mapping[str, str]) -> None:
        found = _SELECTOR.fullmatch(selector)
        if not found or not selector or self._rules_left <= 0:
            return
        self._rules_left -= 1
        tag, names = (found[1] or "").lower(), frozenset(_NAME.findall(found[2]))
        self._rules.setdefault(min(names, default=tag), []).append(_Rule(tag, names, style))

    def hides(self, tag: str, attributes: Mapping[str, str]) -> bool:
        """Whether an element is hidden with all that is in it."""
        if tag in _WHOLE or not (attributes or self._rules):
            return False
        return "hidden" in attributes or _is_invisible(self._style_of(tag, attributes))

    def hides_image(self, attributes: Mapping[str, str]) -> bool:
        """Whether an image itself is hidden, or too small to be seen."""
        style = self._style_of("img", attributes)
        sizes = [attributes.get("width"), attributes.get("height"), *(style.get(name) for name in _PROPERTIES[2:])]
        if any(size is not None and _TINY.fullmatch(size) for size in sizes):
            return True
        return self.hides("img", attributes) and not any(attributes.get(name) for name in _LAZY)

    def _style_of(self, tag: str, attributes: Mapping[str, str]) -> dict[str, str]:
        """Return what the rules and the style of an element say; later rules win, whatever their selectors."""
        style: dict[str, str] = {}
        if self._rules:
            names = {f".{name}" for name in attributes.get("class", "").split()}
            if id_ := attributes.get("id"):
                names.add(f"#{id_}")
            for name in (tag, *sorted(names)):
                for rule in self._rules.get(name, ()):
                    if rule.names <= names and rule.tag in ("", tag):
                        style.update(rule.style)
        style.update(_declarations(attributes.get("style", "")))
        return style


def _declarations(text: str) -> dict[str, str]:
    """Return those declarations of a style that can hide something."""
    if not text:
        return {}
    pairs = (declaration.partition(":") for declaration in text.lower().split(";"))
    found = ((name.strip(), value.partition("!")[0].strip()) for name, _, value in pairs)
    return {name: value for name, value in found if name in _PROPERTIES}


def _is_invisible(style: Mapping[str, str]) -> bool:
    return style.get("display") == "none" or style.get("visibility") in {"hidden", "collapse"}
