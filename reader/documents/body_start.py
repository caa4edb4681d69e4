"""What the start of a body says: its format, and a title and an excerpt if the header has none. Pure."""

from __future__ import annotations

import re

from reader.core.model import BodyFormat
from reader.core.text import clean, lazy_pattern

_PARAGRAPH_START = 4_000
"""Characters of a body in which the first paragraph is looked for."""
_MAX_EXCERPT = 500
"""Characters of a first paragraph that an excerpt has."""

# Comments alone do not make a body HTML: Markdown may begin with one too.
_html_start = lazy_pattern(
    r"(?:\s|&nbsp;|<!--(?s:.*?)-->)*+(?:<(?:(?P<page>!doctype\b|html\b)|!--|[a-z][a-z0-9]*[\s/>])|(?<=-->)\Z)",
    re.IGNORECASE,
)


_FORMATS: dict[bytes, BodyFormat] = {b".html": "html", b".htm": "html", b".org": "org", b".rst": "rst"}


def body_format_of(ending: bytes, body: str) -> BodyFormat:
    """Return the format of the body of a file whose name ends in ``ending``."""
    if known := _FORMATS.get(ending):
        return known
    found = _html_start().match(body) if ending != b".mdx" else None
    # A banner of tags may precede Markdown.
    is_markdown = found is None or (not found["page"] and "<pre" not in body and _markdown_block().search(body))
    return "markdown" if is_markdown else "html"


_markdown_block = lazy_pattern(
    r"\n[ \t]*+\n {0,3}(?:#{1,6}[ \t]+\S|```|[-*+][ \t]+\S|\d{1,3}\.[ \t]+\S|>[ \t]|!?\[[^]\[\n]+\]\()"
)
"""The start of a block after an empty line, as in no HTML."""
_heading = lazy_pattern(
    r"""(?P<before>(?:  # what may precede it:
        [ \t]*+\n|<!--(?s:.*?)-->                                                        # blank lines, comments,
        |(?:\#[^\s#]++[ \t]*+)++\n                                                      # tags of Obsidian,
        |(?:\[?!\[[^]\n]*+\]\([^)\n]*+\)(?:\]\([^)\n]*+\))?[ \t]*+)++\n                   # images and badges,
        |[ \t]*+</?(?!h\d)[a-z][^\n]*+\n                                                # HTML, modules of MDX
        |import[ ][^\n]*?["'];?[ \t]*+\n|export[ ][^\n]*+\n(?:[ \t]*+[^\s][^\n]*+\n)*+
    )*+)[ ]{0,3}
    (?:\#{1,6}[ \t]++(?P<marked>\S[^\n]*+)|<h1\b[^>\n]*+>(?P<tagged>[^<\n][^\n]*?)</h1>[ \t]*+
    |(?![*+][ ]|\d+[.)][ ]|```|~~~)(?P<underlined>[^\s#>|<-][^\n]*+)\n[ ]{0,3}(?:=++|-++)[ \t]*+)(?:\n|\Z)""",
    re.VERBOSE,
)
_org_heading = lazy_pattern(
    r"(?P<before>\s*+)\*++[ \t]++(?:(?:TODO|DONE|NEXT|WAITING)[ \t]++)?(?:\[#\w\][ \t]++)?"
    r"(?P<marked>\S[^\n]*+)(?:\n|\Z)(?P<tagged>)(?P<underlined>)"
)
_html_heading = lazy_pattern(
    r"(?P<before>)<h1\b[^>]{0,500}+>(?P<tagged>(?s:.{1,1000}?))</h1\s*+>(?P<marked>)(?P<underlined>)", re.IGNORECASE
)
_HEADING_START = 40_000
"""Characters of a page in which its first heading is looked for."""
_first_blocks = lazy_pattern(r"(?:[^]]|\](?=\()){200,1000}?\n[ \t]*\n")
"""The first blocks of a Markdown text, unless the URL of a link may be further down. Parsing the rest takes longer."""
_heading_end = lazy_pattern(r"(?:^|[ \t])(?:#+|\{[#.][^{}]*\})$")
"""Closing signs, or attributes as in ``# Title {#anchor}``."""
_org_heading_end = lazy_pattern(r"[ \t]:[\w@#%:]+:$")
_no_text = lazy_pattern(r"<!--|\.\. |(?:Image|Embedded) · \S+$|(?:#[^\s#]+\s*)+$|\{\{[^{}]*\}\}$")
"""Starts of paragraphs that are no text: comments, directives, embedded files, templates."""
_footnote_mark = lazy_pattern(r"\[\^[^\[\]\s]{1,100}\](?!:)")


def split_heading(body: str, body_format: BodyFormat) -> tuple[str, str]:
    """Return the heading that ``body`` begins with (in HTML, the first one), or "", and the text without it."""
    if body_format == "html":
        found = _html_heading().search(body, 0, _HEADING_START)
    else:
        pattern = {"markdown": _heading, "org": _org_heading}.get(body_format)
        found = pattern().match(body) if pattern else None
    if not found:
        return "", body
    from reader.content.blocks import plain_text  # lazy, as below
    from reader.content.body import parse_body

    text = found["marked"] or found["tagged"] or found["underlined"]
    text = text[:_PARAGRAPH_START].rstrip()
    if found["marked"]:
        text = (_org_heading_end if body_format == "org" else _heading_end)().sub("", text).rstrip()
    title = clean(plain_text(parse_body(text, body_format)))
    if not title:
        return "", body
    before = body[: found.start()] + found["before"]
    return title, (before if before.strip() else "") + body[found.end() :].strip("\n")


def first_paragraph(body: str, body_format: BodyFormat) -> str:
    """Return the text of the first paragraph of ``body``, on one line and not longer than an excerpt is."""
    start = _footnote_mark().sub("", body[:_PARAGRAPH_START])
    if not start.strip():
        return ""
    first = _first_blocks().match(start) if body_format == "markdown" else None
    if first and first.end() < len(start) and (found := first_paragraph(first[0], body_format)):
        return found
    from reader.content.blocks import Paragraph, spans_text  # lazy: documents of hubs have a title and an excerpt
    from reader.content.body import parse_body

    blocks = parse_body(start, body_format)
    paragraphs = (clean(spans_text(block.spans)) for block in blocks if isinstance(block, Paragraph))
    found = next((text for text in paragraphs if text and not _no_text().match(text)), "")
    return found if len(found) <= _MAX_EXCERPT else found[:_MAX_EXCERPT].rsplit(" ", 1)[0] + " …"
