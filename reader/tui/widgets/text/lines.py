"""Lines of styled text, and the map from lines to positions in a text. Pure.

A line is a tuple of runs. A run names its style, so that themes decide on colors, and may
lead somewhere: to a URL or to a related item.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from reader.content.blocks import Block, Paragraph, Span, TextStyle, plain_text
from reader.content.layout.layout import CONTINUATION_SIGN, layout
from reader.core.model import Article
from reader.core.text import cell_width, stable_width, truncate

if TYPE_CHECKING:
    from reader.images.model import ImageLine

LAYOUT_CHARACTERS = re.compile("[ \u2500-\u259f]+")
"""Characters whose number depends on the width of lines: blanks, rules and box drawing."""


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a line in one style."""

    text: str
    style: str = "text"
    """A name that :func:`reader.tui.theme.styles.theme_style` knows."""
    text_style: TextStyle = TextStyle.NONE
    href: str = ""
    item: int = -1
    """The index of the related item this belongs to, or -1."""
    lightness: float = 1.0
    """The strength of the color of a score, from 0 to 1."""
    image: ImageLine | None = None
    """Drawn in place of the text, which is as many blanks."""
    counts: bool = True
    """Whether its line is part of the text that positions are measured in, not something that comes and goes."""


Line = tuple[Run, ...]
BLANK: Line = ()


class TextPosition(NamedTuple):
    """A line, in units that do not depend on the width of lines or the size of images."""

    offset: int = 0
    """See :meth:`LineMap.offset_of`."""
    above: int = 0
    """How many lines above the line of text at this offset it is, if an image is there."""
    of: int = 0
    """How many lines that image has."""


@dataclass(frozen=True, slots=True)
class LineMap:
    """Maps lines to offsets in the text, which are the same for every width."""

    before: Sequence[int] = field(default=(0,), kw_only=True)
    """How many characters are above each wrapped line, and above the line that follows the last of them."""
    width: int = field(default=0, kw_only=True)
    """The width of the lines in cells."""

    def offset_of(self, line: int) -> int:
        """Return the number of characters above ``line``; each line that is cut, not wrapped, counts as one."""
        last = len(self.before) - 1
        return self.before[line] if line <= last else self.before[last] + line - last

    def line_at(self, offset: int) -> int:
        """Return the line that contains an offset."""
        last = len(self.before) - 1
        beyond = offset - self.before[last]
        return last + beyond if beyond >= 0 else max(0, bisect_right(self.before, offset) - 1)

    def position_of(self, line: int) -> TextPosition:
        """Return the position of a line; the lines of an image all have the same offset."""
        offset = self.offset_of(line)
        last = self.line_at(offset)
        return TextPosition(offset, last - line, self._lines_at_same_offset(last))

    def line_of(self, position: TextPosition) -> int:
        """Return the line at a position; in an image that was resized, at the same share of its height."""
        last = self.line_at(position.offset)
        above = self._lines_at_same_offset(last) if self.offset_of(last) == position.offset else 0
        if not position.above or not position.of:
            return last
        return last - (max(1, round(position.above * above / position.of)) if above else 0)

    def _lines_at_same_offset(self, line: int) -> int:
        """Return how many lines right above ``line`` have its offset: those of an image."""
        start = line
        while 0 < start < len(self.before) and self.before[start - 1] == self.before[line]:
            start -= 1
        return line - start


def characters_before(lines: Iterable[Line]) -> Sequence[int]:
    """Return how many characters are above each of ``lines``, and below the last, for :class:`LineMap`."""
    return array("I", accumulate(map(_characters, lines), initial=0))


def _characters(line: Line) -> int:
    """Return how many characters of a line do not depend on its width.

    An empty line has one; one that comes and goes, such as a line of an image, has none.
    """
    if not all(run.counts for run in line):
        return 0
    return max(1, sum(len(LAYOUT_CHARACTERS.sub("", run.text)) for run in line if not _is_sign(run)))


def line_text(line: Line) -> str:
    """Return the text of a line for search and copy, with blanks for signs that the layout added."""
    return "".join(" " * len(run.text) if _is_sign(run) else run.text for run in line)


def _is_sign(run: Run) -> bool:
    # The cheap test comes first: a text may have a million runs.
    return run.text == CONTINUATION_SIGN and TextStyle.DECORATION in run.text_style


def line_of(text: str, style: str = "text") -> Line:
    """Return a line of one run."""
    return (Run(text, style),)


def have_words(texts: Iterable[str], words: Iterable[str]) -> bool:
    """Return whether texts that are shown together contain all of ``words``, which are in lower case."""
    everything = " ".join(texts).lower()
    return all(word in everything for word in words)


def wrapped(text: str, cells: int) -> list[str]:
    """Return ``text`` as the lines of a paragraph ``cells`` wide."""
    return ["".join(span.text for span in line) for line in layout((Paragraph((Span(stable_width(text)),)),), cells)]


def paragraph(text: str, cells: int, style: str = "text") -> list[Line]:
    """Return ``text`` as the lines of a paragraph ``cells`` wide, in one style."""
    return [line_of(part, style) for part in wrapped(text, cells)]


def from_span(span: Span) -> Run:
    """Return a laid-out span as a run."""
    return Run(span.text, "text", span.style, span.href)


def wrap_facts(facts: list[Run], cells: int) -> Iterator[Line]:
    """Yield lines of facts separated by dots, without empty ones; a fact that does not fit starts a new line."""
    line: list[Run] = []
    used = 0
    for fact in facts:
        if not fact.text:
            continue
        text = truncate(fact.text, cells)
        if line and used + 3 + cell_width(text) > cells:
            yield tuple(line)
            line, used = [], 0
        if line:
            line.append(Run(" · ", "quiet"))
            used += 3
        line.append(replace(fact, text=text))
        used += cell_width(text)
    if line:
        yield tuple(line)


def labeled(label: Line, text: str, cells: int, style: str = "text", href: str = "") -> Iterator[Line]:
    """Yield ``text`` as a paragraph, with ``label`` before its first line and blanks before the others."""
    indent = sum(cell_width(run.text) for run in label)
    blank = (Run(" " * indent, label[-1].style),)
    for number, line in enumerate(wrapped(text, max(8, cells - indent)) or [""]):
        yield (*(blank if number else label), Run(line, style, href=href))


_BLOCKS_TO_EXCERPT = 3
"""Within so many blocks from its beginning, a text may repeat its excerpt: a heading or an image can precede it."""


def with_excerpt(article: Article, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return ``blocks`` after the excerpt, unless it is their beginning."""
    first, rest = split_excerpt(article, blocks)
    return (*first, *rest)


def split_excerpt(article: Article, blocks: tuple[Block, ...]) -> tuple[tuple[Block, ...], tuple[Block, ...]]:
    """Return the excerpt as blocks, and the text that follows it.

    If ``blocks`` say the same, its cut last word apart, at their beginning or below a heading there, it is their
    beginning in full. If it is of the text itself, but not its beginning, there is none.
    """
    excerpt = article.excerpt
    words = excerpt.split()
    sought = " ".join(words[:-1] if len(words) >= 4 or words[-1:] == ["…"] else words)
    for start in range(min(_BLOCKS_TO_EXCERPT, len(blocks)) if sought else 0):
        text = ""
        for end in range(start, len(blocks)):
            text = f"{text} {' '.join(plain_text(blocks[end : end + 1]).split())}".strip()
            if not sought.startswith(text[: len(sought)]):
                break
            if len(text) >= len(sought):
                return blocks[: end + 1], blocks[end + 1 :]
    if article.excerpt_is_from_body and blocks:
        return (), blocks
    parts = (" ".join(part.split()) for part in excerpt.split("\n\n"))
    return tuple(Paragraph((Span(part),)) for part in parts if part), blocks
