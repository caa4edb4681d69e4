"""Blocks -> Markdown that reads back as the same text."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Sequence
from itertools import groupby

from reader.prose.blocks import (
    Block,
    CodeBlock,
    Embed,
    Figure,
    Heading,
    ListBlock,
    Mark,
    Paragraph,
    Quote,
    Rule,
    Span,
    Spans,
    Table,
)

MAX_DEPTH = 9
"""Quotes and lists inside each other; deeper ones are flattened, since Markdown parsers drop them."""

# What would be read as markup anywhere; an underscore inside a word and an ampersand before a blank would not.
_SPECIAL = re.compile(r"[\\`*\[\]<~|]|(?<!\w)_|_(?!\w)|&(?=[#\w])|!$")
_LINE_START = re.compile(r"^([#>+=:-])|^(\d{1,9})(?=[.)])", re.MULTILINE | re.ASCII)
_TICKS = re.compile("`+")
_UNSAFE_IN_ADDRESS = re.compile(r"[\\<>()`|\"'* ]")
_LANGUAGE = re.compile(r"[\w+#.-]*", re.ASCII)
_DELIMITERS = ((Mark.ITALIC, "*", "em"), (Mark.BOLD, "**", "strong"), (Mark.STRIKE, "~~", "del"))
_NOTHING = (Mark.NONE, "")
_HARD_BREAK = "\\\n"


def to_markdown(blocks: Iterable[Block]) -> str:
    """Return ``blocks`` as CommonMark with pipe tables and strikethrough, ending in a line break unless empty.

    What is not markup is escaped. Where Markdown has no form for something, as for a bold
    part of a word that ends in a comma, its HTML is written.
    """
    text = "\n".join(_blocks(blocks, 0))
    return f"{text}\n" if text else ""


def _blocks(blocks: Iterable[Block], depth: int, *, tight: bool = False) -> list[str]:
    """Return the lines of ``blocks``, with an empty one between each two unless ``tight``."""
    lines: list[str] = []
    bullet = "*"
    for block in blocks:
        # Two lists of one kind that follow each other would be read as one.
        bullet = "-" if isinstance(block, ListBlock) and bullet == "*" else "*"
        made = _block(block, bullet, depth)
        if made:
            lines += ["", *made] if lines and not tight else made
    return lines


def _block(block: Block, bullet: str, depth: int) -> list[str]:
    match block:
        case Heading(level=level, spans=spans):
            text = inline(spans).replace(_HARD_BREAK, " ")
            named = text.rstrip("#")
            text = named + r"\#" * (len(text) - len(named))  # "# C #" is a heading that says C
            return [f"{'#' * level} {text}"] if text else []
        case Paragraph(spans=spans):
            return _paragraph(inline(spans))
        case Quote(blocks=inner):
            if depth >= MAX_DEPTH:
                return _blocks(inner, depth)
            return [f"> {line}" if line else ">" for line in _blocks(inner, depth + 1)]
        case ListBlock():
            return _list(block, bullet, depth)
        case CodeBlock(text=text, language=language):
            return _code(text, language)
        case Table(header=header, rows=rows):
            return _table(header, rows)
        case Figure(url=url, alt=alt, caption=caption):
            picture = f"![{_escape(alt)}]({_address(url)})"
            return [picture] if not caption else ["<figure>", "", picture, "", *_caption(caption), "</figure>"]
        case Embed(url=url):
            return [f"[{_escape(url)}]({_address(url)})"]
        case Rule():
            return ["___"]  # dashes could be taken for a list or a heading


def _caption(caption: Spans) -> list[str]:
    """Return a caption in the tags that Markdown has no form for; between blank lines, its text is Markdown again."""
    return ["<figcaption>", "", *_paragraph(inline(caption)), "", "</figcaption>"]


def _paragraph(text: str) -> list[str]:
    return _LINE_START.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\", text).split("\n") if text else []


def _list(block: ListBlock, bullet: str, depth: int) -> list[str]:
    if depth >= MAX_DEPTH:
        return _blocks((inner for item in block.items for inner in item), depth)
    lines: list[str] = []
    is_loose = not all(map(_is_tight, block.items))
    for number, item in enumerate(block.items, block.start):
        marker = f"{min(number, 999_999_999)}{'.' if bullet == '-' else ')'} " if block.ordered else f"{bullet} "
        indent = " " * len(marker)
        inside = _blocks(item, depth + 1, tight=not is_loose) or [""]
        if lines and is_loose:
            lines.append("")
        lines.append(f"{marker}{inside[0]}")
        lines += [f"{indent}{line}" if line else "" for line in inside[1:]]
    return lines


def _is_tight(item: Sequence[Block]) -> bool:
    """Whether an item is a line, or a line and a list that may follow it at once: of bullets, or from 1."""
    match item:
        case [Paragraph()] | [Paragraph(), ListBlock(ordered=False)] | [Paragraph(), ListBlock(start=1)]:
            return True
    return False


def _code(text: str, language: str) -> list[str]:
    longest = max(map(len, _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    named = _LANGUAGE.match(language)
    return [f"{fence}{named[0] if named else ''}", *text.split("\n"), fence]


def _table(header: Sequence[Spans], rows: Sequence[Sequence[Spans]]) -> list[str]:
    columns = max(map(len, (header, *rows)), default=0)
    if not columns:
        return []
    # Only the header is filled up: one long row would else make as many cells of each of many short ones.
    header = (*header, *[()] * (columns - len(header)))
    return [_row(header), f"|{' --- |' * columns}", *map(_row, rows)]


def _row(cells: Sequence[Spans]) -> str:
    texts = [inline(cell, in_table=True).replace(_HARD_BREAK, "<br>") for cell in cells]
    return f"| {' | '.join(texts)} |"


# --- inside a line -------------------------------------------------------------------------


def inline(spans: Spans, *, in_table: bool = False) -> str:
    """Return ``spans`` as Markdown that may stand inside a paragraph; ``\\n`` becomes a hard break."""
    parts: list[str] = []
    for href, group in groupby(spans, key=lambda span: span.href):
        styled = _styled(list(group), in_table)
        if not href or not styled.strip():
            parts.append(styled)
            continue
        before, text, after = _split_blanks(styled)
        parts.append(f"{before}[{text}]({_address(href)}){after}")
    return "".join(parts)


def _styled(spans: list[Span], in_table: bool) -> str:
    """Return the spans of one link, or of the text between two links."""
    merged = [(mark, "".join(s.text for s in group)) for mark, group in groupby(spans, key=lambda s: s.mark)]
    parts: list[str] = []
    for at, (mark, text) in enumerate(merged):
        before, inside, after = _split_blanks(text)
        if inside:
            previous = merged[at - 1] if at and not before else _NOTHING
            following = merged[at + 1] if at + 1 < len(merged) and not after else _NOTHING
            inside = _code_span(inside, in_table) if mark & Mark.CODE else inside
            # With two styles, what the outer delimiter stands next to is the inner one.
            edges = inside if sum(bool(mark & wanted) for wanted, _, _ in _DELIMITERS) < 2 else "*"
            alone = _is_apart(edges[0], previous[0], previous[1][-1:])
            alone &= _is_apart(edges[-1], following[0], following[1][:1])
            inside = _wrapped(inside if mark & Mark.CODE else _escape(inside), mark, alone=alone)
        parts.append(f"{before}{inside}{after}".replace("\n", _HARD_BREAK))
    return "".join(parts)


def _is_apart(edge: str, mark: Mark, neighbor: str) -> bool:
    """Whether a delimiter between ``edge``, the end of a styled text, and ``neighbor`` is read as one.

    The safe half of CommonMark's rules of flanking: blanks and ASCII punctuation are fine
    outside, letters and digits inside; delimiters of two styles must not touch.
    """
    outside = not neighbor or neighbor.isspace() or neighbor in string.punctuation
    return mark == Mark.NONE and (outside or edge.isalnum())


def _wrapped(text: str, mark: Mark, *, alone: bool) -> str:
    """Return ``text`` in the delimiters of ``mark``; as HTML where a letter next to them could undo them."""
    for wanted, delimiter, tag in _DELIMITERS:
        if mark & wanted:
            text = f"{delimiter}{text}{delimiter}" if alone else f"<{tag}>{text}</{tag}>"
    return text


def _split_blanks(text: str) -> tuple[str, str, str]:
    inside = text.strip()
    if not inside:
        return text, "", ""
    start = len(text) - len(text.lstrip())
    return text[:start], inside, text[start + len(inside) :]


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)


def _code_span(text: str, in_table: bool) -> str:
    ticks = "`" * (max(map(len, _TICKS.findall(text)), default=0) + 1)
    if text.startswith("`") or text.endswith("`"):
        text = f" {text} "
    if in_table:
        text = text.replace("|", r"\|")
    return f"{ticks}{text}{ticks}"


def _address(url: str) -> str:
    return _UNSAFE_IN_ADDRESS.sub(lambda m: f"%{ord(m[0]):02X}", url).replace("&", "&amp;")
