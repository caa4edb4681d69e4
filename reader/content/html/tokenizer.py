"""HTML source -> texts, start tags and end tags, in one pass and linear time.

The parser of the standard library is unsuitable: from each unclosed construct it reads to the end of the input
(Python 3.11.7 takes minutes for 50,000 of ``<a ``), it raises AssertionError for some declarations, and its handling
of scripts and comments changed within the supported minor releases. Here each character is read a bounded number
of times: an unclosed construct ends the input, as in a browser.

Follows the tokenizer of the HTML standard (section 13.2.5) where the difference is visible.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from reader.core.text import unescape

_NONE: Mapping[str, str] = MappingProxyType({})


class Token(NamedTuple):
    """A text with decoded character references, or a tag with its lower-case name."""

    kind: Literal["text", "start", "end"]
    text: str
    attributes: Mapping[str, str] = _NONE
    """By lower-case name; the first of a name wins, as in a browser."""
    inner: str = ""
    """The source inside an element whose content is skipped, such as ``video``."""


_MARKUP = re.compile(r"<(?:/?([a-zA-Z][^\s/>]*)|[/!?])")  # any other < is a less-than sign
_GAP = re.compile(r"[\s/]*+")
# One attribute. An unclosed quote is read as a letter. That happens at most once for each kind of quote, as every other
# one has a partner, so searching for the end of a value stays linear.
ATTRIBUTE = re.compile(r"""([^\s/>][^\s/>=]*+)(?:\s*+=\s*(?:"([^"]*+)"|'([^']*+)'|(?!["'])([^\s>]*+)))?""")

_SCRIPTS = ("script", "style")
_SKIPPED = {
    *("audio", "button", "canvas", "datalist", "head", "iframe", "math", "noembed", "noframes", "noscript", "object"),
    *("rp", "script", "select", "style", "svg", "template", "textarea", "title", "video"),
}
_CLOSERS = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE | re.ASCII) for name in _SKIPPED}


def tokens(source: str) -> Iterator[Token]:
    """Yield the tokens of ``source`` in order, in linear time.

    Comments, declarations and processing instructions are skipped, as are the end tags of skipped elements.
    """
    position, end = 0, len(source)
    unclosed: set[str] = set()
    while position < end:
        found = _MARKUP.search(source, position)
        opened = found.start() if found else end
        if opened > position:
            yield Token("text", unescape(source[position:opened]))
        if found is None:
            return
        if found[0].startswith("</"):
            if found[1]:
                yield Token("end", found[1].lower())
            position = _after(source, ">", opened + 2)
        elif found[1]:
            token, position = _start_tag(source, found[1].lower(), found.end())
            if token and token.text in _SKIPPED:
                inner, position = _skip_element(source, position, token.text, unclosed)
                token = token._replace(inner=inner)
            if token:
                yield token
        else:
            position = _skip_declaration(source, opened)


def _start_tag(source: str, name: str, position: int) -> tuple[Token | None, int]:
    """Return the tag whose name ends at ``position``, and the position after it; None if it is never closed."""
    attributes: dict[str, str] = {}
    while True:
        gap = _GAP.match(source, position)
        position = gap.end() if gap else position
        if source.startswith(">", position):
            return Token("start", name, attributes), position + 1
        attribute = ATTRIBUTE.match(source, position)
        if attribute is None:
            return None, len(source)
        key, *values = attribute.groups()
        attributes.setdefault(key.lower(), unescape(next((v for v in values if v is not None), "")))
        position = attribute.end()


def _skip_element(source: str, position: int, name: str, unclosed: set[str]) -> tuple[str, int]:
    """Return the source inside the element whose start tag ends at ``position``, and the position after the element.

    ``unclosed`` collects names without a further end tag, so that none is searched for twice. Such an element is empty,
    except that a script must never be shown as text.
    """
    is_script = name in _SCRIPTS
    if source.endswith("/>", 0, position) and not is_script:  # browsers do not know <iframe/>, but authors write it
        return "", position
    closer = None if name in unclosed else _CLOSERS[name].search(source, position)
    if closer:
        return source[position : closer.start()], _after(source, ">", closer.end())
    unclosed.add(name)
    return "", len(source) if is_script else position


def _skip_declaration(source: str, opened: int) -> int:
    if source.startswith("<!--", opened):
        return _after(source, "-->", opened + 2)  # from +2, because <!--> is a whole comment
    if source.startswith("<![CDATA[", opened):
        return _after(source, "]]>", opened)
    return _after(source, ">", opened)


def _after(source: str, closing: str, position: int) -> int:
    found = source.find(closing, position)
    return found + len(closing) if found >= 0 else len(source)
