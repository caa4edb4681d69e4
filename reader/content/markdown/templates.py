"""What static site generators and MDX mix into Markdown for their programs. Pure.

Template tags (``{{< figure … >}}``, ``{% include … %}``), attribute lists (``{:.class}``, ``{#id}``), components
(``<TabItem label="…">``) and comments (``%%…%%``) are no text. The words, images and URLs in them are kept.
"""

from __future__ import annotations

import html
import re

_BRACES = r"\{(?:[^{}]++|\{(?:[^{}]++|\{[^{}]*+\})*+\})*+\}"
_HTML = r"(?i:details|summary|table|t[dhr]|video|audio|iframe|img|pre|code|script|style|div|p|br|a|[uo]l|li|h\d)\b"
COMPONENT = re.compile(
    rf"</?(?!{_HTML})[A-Z][\w.]*[a-z][\w.]*(?:\s(?:[^<>{{}}\"'`]++|\"[^\"]*+\"|'[^']*+'|{_BRACES})*+)?/?>", re.ASCII
)
"""A tag of a component of MDX. Tags of HTML that begin with a capital letter are none."""
_QUOTED = r"(?:[^{}\"]|\"(?:[^\"\\]|\\.)*+\")*?"
_TEMPLATE = (
    rf"\{{\{{[<%]{_QUOTED}[>%]\}}\}}|\{{%{_QUOTED}%\}}"
    # Other braces may be text, except for the variables of a site, filters and calls.
    rf"|(?<!\$)\{{\{{-?\s*(?:(?:site|page|layout|post|include|content)\b[^{{}}]*|[\"'][^{{}}]*\|[^{{}}]*|\w+\({_QUOTED}\)\s*)\}}\}}"
)
# A list of attributes ends a line, follows what it belongs to, or begins as no text does.
_ATTRIBUTES = (
    r"[ \t]*(?<![\\$\w{])\{::?/?[ \t]*(?:[.#\w][^{}\n]*)?\}"
    r"|(?:[ \t]+|^|(?<=[)\]*_`]))\{[#.][A-Za-z][^{}\n]*\}(?=[ \t]*$)|(?<=[)\]*_`])\{[#.][A-Za-z][^{}\n]*\}"
    r"|(?<=\))\{[ \t]*(?:width|height|class|style|target|rel|loading|align|lang|fig-[a-z]+)=[^{}\n]*\}"
)
_CODE = r"(?<!`)(?:`[^`]++`(?!`)|``(?!`)(?:[^`]++|`(?!`))*+``(?!`))"
_PARTS = re.compile(
    rf"(?P<kept>{_CODE}|\\[{{%<])|(?P<template>{_TEMPLATE})|(?P<component>{COMPONENT.pattern})"
    r"|\A[^\n]*\n\{:[ \t]*toc[^{}\n]*\}|\A\[(?:TOC|toc|\[(?:TOC|toc|_TOC_)\])\]\Z"  # a table of contents
    rf"|{_ATTRIBUTES}|\{{/\*[^{{}}]*\*/\}}"
    r"|(?<![\d%])%%(?!%)[^%]+%%(?!%)"  # a comment of Obsidian
    r"|[ \n]\^(?=[\w-]{4,}\Z)[A-Za-z0-9-]+\Z",  # the name of a block in Obsidian
    re.ASCII | re.MULTILINE,
)
_MAY_HAVE = re.compile(r"[{<]|%%|\s\^|\A\[\[?_?[Tt]")
_PARAMETER = re.compile(
    r"(?:([A-Za-z][\w-]*)\s*(?:=|:(?!//))\s*)?(?:\"((?:[^\"\\]|\\.)*+)\"|'([^']*)'|`([^`]*)`|([^\s\"'=,()`]+))",
    re.ASCII,
)
_TEXTS = ("title", "label", "caption", "text", "summary", "content", "author")
_IMAGE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|avif|bmp)$", re.IGNORECASE)
_LINKS = ("Link", "Button", "Card")
_PATHS = ("include", "link", "ref", "relref")
"""Template tags whose first parameter is the path of a file."""
_VIDEOS = {"youtube": "https://www.youtube.com/watch?v={}", "vimeo": "https://vimeo.com/{}"}


def without_templates(source: str) -> str:
    """Return a paragraph of Markdown, or HTML, without what is for programs; takes linear time."""
    return _PARTS.sub(_replaced, source) if _MAY_HAVE.search(source) else source


def _replaced(found: re.Match[str]) -> str:
    if found["kept"]:
        return found[0]
    source, start, end = found.string, found.start(), found.end()
    if found["component"]:
        return shown(found[0], "span")
    if not found["template"] or source[max(0, start - 2) : start].endswith(("](", '"', "'")):  # in a URL
        return ""
    has_line = source[start - 1 : start] in ("", "\n") and source[end : end + 1] in ("", "\n")
    return shown(found[0], "p" if has_line else "span")


def shown(tag: str, element: str) -> str:
    """Return the words, the image or the URL in a tag, as HTML; plain words in an element of that name."""
    (_, name), *given = _parameters(tag.strip("{}<>%- \n\t")) or [("", "/")]
    if name.startswith(("/", "end")):
        return "</a>" if name.endswith(_LINKS) else ""
    named = {key.lower(): value for key, value in given if key and not value.startswith("{")}
    plain = [value for key, value in given if not key]
    if name.endswith(_LINKS) and (target := named.get("href") or named.get("to")):
        return f'<a href="{_escaped(target)}">'
    if (video := _VIDEOS.get(name.lower())) and (ids := [*filter(None, [named.get("id")]), *plain]):
        named, plain = {}, [ids[0] if ":" in ids[0] else video.format(ids[0])]
    texts = " · ".join(_escaped(named[key]) for key in _TEXTS if named.get(key))
    bold = f"<p><strong>{texts}</strong></p>" if texts else ""
    image = next(filter(None, map(named.get, ("src", "url", "path", "image_path"))), "")
    if image and (_IMAGE.search(image) or "fig" in name.lower() or "im" in name.lower()):
        alt = _escaped(named.get("alt", ""))
        return f'<figure><img src="{_escaped(image)}" alt="{alt}"><figcaption>{texts}</figcaption></figure>'
    if address := next((each for each in (*named.values(), *plain) if each.startswith(("https://", "http://"))), ""):
        return f'{bold}<iframe src="{_escaped(address)}"></iframe>'
    if name not in _PATHS:
        bold += "".join(f"<{element}>{_escaped(text)}</{element}>" for text in plain if " " in text)
    return bold


def _parameters(source: str) -> list[tuple[str, str]]:
    """Return the parameters of a tag as name and value; the first is its own name."""
    found = _PARAMETER.findall(source)
    return [(name, next(filter(None, values), "").replace('\\"', '"')) for name, *values in found]


def _escaped(text: str) -> str:
    """Return text as HTML within Markdown, in which a backslash is markup."""
    return html.escape(text).replace("\\", "&#92;")
