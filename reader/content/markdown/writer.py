"""Blocks -> Markdown that parses back to the same text."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal, TypeAlias

from reader.content.blocks import (
    Block,
    CodeBlock,
    Embed,
    Figure,
    Heading,
    ListBlock,
    Paragraph,
    Quote,
    Rule,
    Span,
    Spans,
    Table,
    TextStyle,
    spans_text,
)

MAX_DEPTH = 9
"""Nested quotes and lists; deeper ones are flattened, since Markdown parsers drop them."""

# Characters that are markup anywhere. An underscore between two letters or digits and an ampersand before a blank are
# not. (An underscore is ``\\w`` itself, so ``\\w`` cannot tell whether one is between letters.)
# The second line has what only other programs' Markdown takes for markup, as far as this reader does, too.
_SPECIAL = re.compile(
    r"[\\`*\[\]<~|]|(?<![^\W_])_|_(?![^\W_])|&(?=[#\w])|!$"
    r"|\{(?=[{%:.#/]|\w+=)|%(?=%)|=(?==)|\$(?=[^$\n]*\$|\$)|\^(?=[\w-]{4,}$)"
)
_MAYBE_SPECIAL = re.compile(r"[\\`*\[\]<~|_&!{%=$^]")
"""The characters with which the above begins. Few texts have one, and they are found much faster."""
_LINE_START = re.compile(r"^([#>+=:-]|!(?=!!)|\?(?=\?\?))|^(\d{1,9})(?=[.)])", re.MULTILINE | re.ASCII)
_CODE_LINE = re.compile(r"^[ie](?=(?:(?<=i)mport\s.*[\"'{]|(?<=e)xport\s.*[={(}*]))", re.MULTILINE)
"""What MDX takes for code, although it may be text."""
_MAYBE_LINE_START = re.compile(r"[#>+=:!?\dei-]")
"""The characters with which the two above begin."""
_TICKS = re.compile("`+")
_UNSAFE_IN_URL = re.compile(r"[\\<>()`|\"'* ]")
_LANGUAGE = re.compile(r"[\w+#.-]*", re.ASCII)
_DELIMITERS = {TextStyle.STRIKE: ("~~", "del"), TextStyle.BOLD: ("**", "strong"), TextStyle.ITALIC: ("*", "em")}
"""Outermost first."""
_STYLED = "**"
_HARD_BREAK = "\\\n"


def to_markdown(blocks: Iterable[Block]) -> str:
    """Return ``blocks`` as CommonMark with pipe tables and strikethrough, ending in a line break unless empty.

    Special characters are escaped. HTML is written where Markdown has no form, as for a bold part of a word that ends
    in a comma.
    """
    text = "\n".join(_blocks(blocks, 0))
    return f"{text}\n" if text else ""


def _blocks(blocks: Iterable[Block], depth: int, *, tight: bool = False) -> list[str]:
    """Return the lines of ``blocks``, with an empty line between each two unless ``tight``."""
    lines: list[str] = []
    bullet = "*"
    before: Block | None = None
    for block in blocks:
        # Adjacent lists with the same marker would be read as one, and numbers have one marker that reads well.
        bullet = "-" if isinstance(block, ListBlock) and bullet == "*" else "*"
        made = _block(block, bullet, depth)
        if made:
            between = ["<!-- -->", ""] if _is_numbered(before) and _is_numbered(block) else []
            lines += ["", *between, *made] if lines and not tight else made
            before = block
    return lines


def _is_numbered(block: Block | None) -> bool:
    return isinstance(block, ListBlock) and block.ordered


def _block(block: Block, bullet: str, depth: int) -> list[str]:
    match block:
        case Heading(level=level, spans=spans):
            text = inline(spans).replace(_HARD_BREAK, " ")
            named = text.rstrip("#")
            text = named + r"\#" * (len(text) - len(named))  # "# C #" is the heading "C"
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
            return [f"![{_escape(alt)}]({_url(url)})", *_caption(caption)]
        case Embed(url=url, title=title):
            return [f"[{_escape(title or url)}]({_url(url)})"]
        case Rule():
            return ["___"]  # dashes can also mean a list or a heading


def _caption(caption: Spans) -> list[str]:
    """Return a caption as a line in emphasis right below its image, which the parser recognizes.

    Italics in it are written with underscores, as two asterisks mean bold.
    """
    text = inline(caption, italic="_").strip()
    return _paragraph(f"*{text}*") if text else []


def _paragraph(text: str) -> list[str]:
    if not text:
        return []
    if "\n" in text or _MAYBE_LINE_START.match(text):
        text = _LINE_START.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\", text)
        text = _CODE_LINE.sub(lambda m: f"&#{ord(m[0])};", text)
    return text.split("\n")


def _list(block: ListBlock, bullet: str, depth: int) -> list[str]:
    if depth >= MAX_DEPTH:
        return _blocks((inner for item in block.items for inner in item), depth)
    lines: list[str] = []
    is_loose = not all(map(_is_tight, block.items))
    for number, item in enumerate(block.items, block.start):
        marker = f"{min(number, 999_999_999)}. " if block.ordered else f"{bullet} "
        indent = " " * len(marker)
        inside = _blocks(item, depth + 1, tight=not is_loose) or [""]
        if lines and is_loose:
            lines.append("")
        lines.append(f"{marker}{inside[0]}")
        lines += [f"{indent}{line}" if line else "" for line in inside[1:]]
    return lines


def _is_tight(item: Sequence[Block]) -> bool:
    """Return whether an item is one line, or a line and a list that may follow without an empty line."""
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
    # Only the header is padded: else one long row would pad each of many short rows.
    header = (*header, *[()] * (columns - len(header)))
    return [_row(header), f"|{' --- |' * columns}", *map(_row, rows)]


def _row(cells: Sequence[Spans]) -> str:
    texts = [inline(cell, in_table=True).replace(_HARD_BREAK, "<br>") for cell in cells]
    return f"| {' | '.join(texts)} |"


# --- inside a line -------------------------------------------------------------------------


def inline(spans: Spans, *, in_table: bool = False, italic: str = "*") -> str:
    """Return ``spans`` as Markdown for the inside of a paragraph; ``\\n`` becomes a hard break.

    ``italic`` is the delimiter of italics.
    """
    pieces = groupby(spans, key=lambda span: (span.style, span.href))
    merged = [Span(spans_text(group), style, href) for (style, href), group in pieces]
    return _Inline(in_table, italic).text(merged, (), "", "")


_Style: TypeAlias = TextStyle | str
"""A text style, or the URL of a link."""


@dataclass(frozen=True, slots=True)
class _Inline:
    """Spans -> Markdown; the style of the longest run is outermost, as an author would write it."""

    in_table: bool
    italic: str

    def text(self, spans: Sequence[Span], inside: tuple[_Style, ...], before: str, after: str) -> str:
        """Return spans that share the styles ``inside``, whose delimiters the caller writes.

        ``before`` and ``after`` are the characters around them, outside those delimiters; :data:`_STYLED` stands for
        another delimiter.
        """
        parts: list[str] = []
        runs = list(_runs(spans, inside))
        for index, (style, run) in enumerate(runs):
            left = _edge(runs[index - 1], -1) if index else before
            right = _edge(runs[index + 1], 0) if index + 1 < len(runs) else after
            if style is None:
                parts += (self._plain(span).replace("\n", _HARD_BREAK) for span in run)
                continue
            blank, inner, rest = _without_blanks(run)
            parts.append(blank.replace("\n", _HARD_BREAK))
            if inner:
                parts.append(self._styled(style, inner, inside, " " if blank else left, " " if rest else right))
            parts.append(rest.replace("\n", _HARD_BREAK))
        return "".join(parts)

    def _plain(self, span: Span) -> str:
        """Return a span without styles other than code."""
        before, text, after = _split_blanks(span.text)
        if not text or not span.style & TextStyle.CODE:
            return _escape(span.text)
        ticks = "`" * (max(map(len, _TICKS.findall(text)), default=0) + 1)
        if text.startswith("`") or text.endswith("`"):
            text = f" {text} "
        if self.in_table:
            text = text.replace("|", r"\|")
        return f"{before}{ticks}{text}{ticks}{after}"

    def _styled(self, style: _Style, spans: Sequence[Span], inside: tuple[_Style, ...], left: str, right: str) -> str:
        """Return spans with the delimiters of a style, or its HTML tags where a neighboring letter would undo them."""
        if isinstance(style, str):
            return f"[{self.text(spans, (*inside, style), '', '')}]({_url(style)})"
        sign, tag = (self.italic, "em") if style is TextStyle.ITALIC else _DELIMITERS[style]
        made = self.text(spans, (*inside, style), left, right)
        first, last = (self._inner_edge(spans[index], index, (*inside, style)) for index in (0, -1))
        # Nested delimiters could end these, and underscores between letters are no delimiters.
        is_nested = any(other is not None for other, _ in _runs(spans, (*inside, style)))
        strict = is_nested or self.italic == "_" or any(isinstance(other, TextStyle) for other in inside)
        fits = _is_apart(first, left, strict=strict) and _is_apart(last, right, strict=strict)
        if fits:
            return f"{sign}{made}{sign}"
        groups = [list(group) for _, group in groupby(spans, key=lambda span: span.href)]
        if len(groups) == 1:
            return f"<{tag}>{made}</{tag}>"
        # Delimiters that cannot surround all spans surround the inside of each link and the text outside.
        lefts = [left, *(")" if group[-1].href else "[" for group in groups[:-1])]
        rights = [*("[" if group[0].href else ")" for group in groups[1:]), right]
        return "".join(map(self.text, groups, [inside] * len(groups), lefts, rights))

    def _inner_edge(self, span: Span, index: int, inside: tuple[_Style, ...]) -> str:
        """Return the character next to the delimiters of the styles ``inside``; adjacent asterisks are one."""
        others = [style for style in _styles(span) if style not in inside]
        if span.style & TextStyle.CODE or (others and (not isinstance(others[0], TextStyle) or self.italic == "_")):
            return "`"
        is_star = all(style in (TextStyle.BOLD, TextStyle.ITALIC) for style in (inside[-1], *others))
        return span.text[index] if is_star or not others else "`"


def _runs(spans: Sequence[Span], inside: tuple[_Style, ...]) -> Iterator[tuple[_Style | None, Sequence[Span]]]:
    """Yield runs of spans, each with the style that lasts longest, or None without a further style."""
    index = 0
    while index < len(spans):
        lengths = {style: _length(spans, index, style) for style in _styles(spans[index]) if style not in inside}
        longest = max(lengths, key=lambda style: lengths[style], default=None)
        length = 1 if longest is None else lengths[longest]
        yield longest, spans[index : index + length]
        index += length


def _length(spans: Sequence[Span], start: int, style: _Style) -> int:
    end = start
    while end < len(spans) and style in _styles(spans[end]):
        end += 1
    return end - start


def _styles(span: Span) -> list[_Style]:
    """Return the styles of a span except code, outermost first where they last equally long."""
    links: list[_Style] = [span.href] if span.href else []
    return [*links, *(style for style in _DELIMITERS if style & span.style)] if span.style else links


def _edge(run: tuple[_Style | None, Sequence[Span]], index: Literal[0, -1]) -> str:
    """Return the first or last character of a run; :data:`_STYLED` if that is a delimiter."""
    style, spans = run
    text = spans[index].text
    char = text[index : index + 1 or None]
    if style is None:
        return "`" if spans[index].style & TextStyle.CODE else char
    if char.isspace():
        return char
    return (")" if index else "[") if isinstance(style, str) else _STYLED


def _without_blanks(spans: Sequence[Span]) -> tuple[str, list[Span], str]:
    """Return leading blanks, the spans without blanks at their ends, and trailing blanks."""
    before, text, after = _split_blanks(spans_text(spans))
    start, end = len(before), len(before) + len(text)
    inner: list[Span] = []
    for span in spans:
        inner.append(replace(span, text=span.text[max(0, start) : max(0, end)]))
        start, end = start - len(span.text), end - len(span.text)
    return before, [span for span in inner if span.text], after


def _split_blanks(text: str) -> tuple[str, str, str]:
    inside = text.strip()
    return text.partition(inside) if inside else (text, "", "")


def _is_apart(edge: str, neighbor: str, *, strict: bool) -> bool:
    """Return whether a delimiter between ``edge``, the end of a styled text, and ``neighbor`` is read as one.

    A safe subset of CommonMark's flanking rules: blanks and ASCII punctuation outside, letters and digits inside;
    delimiters of two styles must not touch. Strict: it can only open, or only close, whatever delimiters are inside.
    """
    if neighbor == _STYLED:
        return False
    is_open = not neighbor or neighbor.isspace()
    is_point = is_open or neighbor in string.punctuation
    return is_open or (is_point and edge.isalnum()) if strict else is_point or edge.isalnum()


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text) if _MAYBE_SPECIAL.search(text) else text


def _url(url: str) -> str:
    return _UNSAFE_IN_URL.sub(lambda m: f"%{ord(m[0]):02X}", url).replace("&", "&amp;")
