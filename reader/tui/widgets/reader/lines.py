"""What the reading view shows: the original of an article as it is kept, or what there is in its place. Pure.

:func:`lay` makes lines of it, :class:`SearchableText` finds what is written in those.
"""

from __future__ import annotations

import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal, NamedTuple

from reader.content.blocks import Block, Paragraph, Span, TextStyle, plain_text
from reader.content.layout.layout import layout
from reader.content.link_numbers import LinkNumbering
from reader.content.page import Page
from reader.core.model import Image, Links
from reader.core.text import cell_width, fit_cells, format_count, truncate
from reader.images.model import RenderedImage
from reader.tui.widgets.text import formats
from reader.tui.widgets.text.image_lines import MOST, figures, lead_lines, with_pictures
from reader.tui.widgets.text.lines import (
    BLANK,
    OF_WIDTH,
    Line,
    LineMap,
    Run,
    begins,
    from_span,
    labelled,
    line_of,
    line_text,
    measure,
    wrap_facts,
    wrapped,
)

USUAL_MEASURE = 72
"""Cells of a line, unless the person wants another."""
WORDS_A_MINUTE = 230
"""What people read of a text in their own language on a screen."""
_NO_LINKS = Links()
TextKind = Literal["page", "body", "excerpt"]


class TextNotice(NamedTuple):
    """What is said below a text that is not the original: why it is not, what to do."""

    text: str
    ink: str = "quiet"
    apart: bool = True
    """Whether an empty line stands before it."""


@dataclass(frozen=True, slots=True)
class ReaderText:
    """A text to read, and what is known of it."""

    id: str
    """The identity of the article; its place in the text is kept by it."""
    title: str
    kind: TextKind
    """Where the text is from: a page that was fetched, the document itself, or there is none but the excerpt."""
    blocks: tuple[Block, ...] = ()
    source: str = ""
    byline: str = ""
    published_at: datetime | None = None
    links: Links = _NO_LINKS
    rowid: int | None = None
    """The document it belongs to, if it is one of this folder."""
    page: Page | None = None
    images: tuple[Image, ...] = ()

    @property
    def words(self) -> int:
        """How many words there are, about."""
        if self.page is not None:
            return self.page.extract.words
        return len(plain_text(self.blocks).split())


@dataclass(frozen=True, slots=True)
class ReaderLayout(LineMap):
    """The lines of a text for ``width`` cells."""

    lines: tuple[Line, ...]
    width: int
    headings: tuple[int, ...]
    """The lines in which a heading of the text begins, the title among them."""
    links: tuple[str, ...]
    """Where the links lead to, in the order of their numbers, which begin with 1."""
    text: range
    """The lines of the text itself: between what is known of it and the list of its links."""


def lay_out_text(
    text: ReaderText,
    cells: int,
    now: datetime,
    notices: Sequence[TextNotice] = (),
    pictures: Mapping[str, RenderedImage | str] | None = None,
) -> ReaderLayout:
    """Return ``text`` as lines of at most ``cells`` cells, with the list of its links; ``now`` is an aware time.

    ``pictures`` are those that are there, by address, made for so many cells; or why one is not.
    """
    pictures = pictures or {}
    lines: list[Line] = [BLANK, *(line_of(part, "title") for part in wrapped(text.title, cells))]
    lines += wrap_facts(_facts(text), cells)
    lines += wrap_facts(_provenance(text, now, cells), cells)
    lead = lead_of(text)
    lines += lead_lines(lead, pictures.get(lead.url), cells) if lead is not None else ()
    lines.append(BLANK)
    start = len(lines)
    numbering = LinkNumbering()
    body = [tuple(map(from_span, line)) for line in layout(numbering.blocks(text.blocks), cells)]
    lines += with_pictures(body, pictures, cells) if pictures else body
    end = len(lines)
    for notice in notices:
        lines += [BLANK] * notice.apart
        lines += [line_of(part, notice.ink) for part in wrapped(notice.text, cells)]
    lines += _links(numbering.links, cells)
    headings = (0, *(at for at in range(start, end) if _is_heading(lines, at)))
    links = tuple(href for _, href in numbering.links)
    return ReaderLayout(tuple(lines), cells, headings, links, range(start, end), before=measure(lines))


def lead_of(text: ReaderText) -> Image | None:
    """Return the picture of the whole article, which stands below its title; None where it stands in the text."""
    lead = text.images[0] if text.images else None
    return None if lead is None or lead.url in figures(text.blocks) else lead


def pictures_in(text: ReaderText) -> dict[str, int]:
    """Return what pictures a text has, by address, each with the cells that what it stands in takes from its line."""
    lead = lead_of(text)
    first = {lead.url: 0} if lead is not None and lead.url.startswith(("http://", "https://")) else {}
    every = {**first, **figures(text.blocks)}
    return dict(list(every.items())[:MOST])


def minutes(words: int) -> int:
    """Return how many minutes it takes to read so many words; at least one."""
    return max(1, round(words / WORDS_A_MINUTE))


def _facts(text: ReaderText) -> list[Run]:
    facts = [Run(text.source, "fact")] if text.source else []
    if text.byline:
        facts.append(Run(f"by {text.byline}", "quiet"))
    if text.published_at is not None:
        facts.append(Run(formats.full_date(text.published_at), "quiet"))
    return facts


def _provenance(text: ReaderText, now: datetime, cells: int) -> list[Run]:
    long = f"{format_count(text.words, 'word')}, {minutes(text.words)} min"
    if text.page is not None:
        said = formats.provenance(text.page)
        when = f"fetched {formats.ago(text.page.fetched_at, now)}"
        where = said[0].upper() + said[1:]
        origin = [f"{where}, {when}"] if cell_width(where) + 2 + len(when) <= cells else [where, when]
        return [Run(fact, "quiet") for fact in (*origin, formats.confirmed(text.page, now), long) if fact]
    if text.kind == "body":
        return [Run("The document's own text", "quiet"), Run(long, "quiet")]
    return [Run("The excerpt", "quiet")]


def _links(links: Sequence[tuple[str, str]], cells: int) -> Iterator[Line]:
    if not links:
        return
    yield BLANK
    yield line_of(truncate(f"Links ({len(links):,})", cells), "heading")
    label = len(str(len(links))) + 2 if cells >= 16 else 0  # where there is room for a column of numbers
    for number, (text, href) in enumerate(links, 1):
        mark = fit_cells(f"{number} ", label, right=True) if label else ""
        shown = [text] if text != href else []
        for at, part in enumerate(part for each in shown for part in wrapped(each, max(8, cells - label))):
            yield Run(mark if at == 0 else " " * label, "accent"), Run(part, "text", href=href)
        yield from labelled(" " * label if shown else mark, href, href, cells)


def _is_heading(lines: Sequence[Line], at: int) -> bool:
    def heads(line: Line) -> bool:
        return bool(line) and TextStyle.HEADING in line[0].text_style

    return heads(lines[at]) and not heads(lines[at - 1])


def excerpt_blocks(excerpt: str) -> tuple[Block, ...]:
    """Return an excerpt as blocks, one a paragraph."""
    parts = (" ".join(part.split()) for part in excerpt.split("\n\n"))
    return tuple(Paragraph((Span(part),)) for part in parts if part)


def with_excerpt(excerpt: str, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return the text of a document after its excerpt, unless it begins with that word for word."""
    return blocks if begins(plain_text(blocks), excerpt) else (*excerpt_blocks(excerpt), *blocks)


# --- finding --------------------------------------------------------------------------------


class SearchableText:
    """The characters of lines, without case and accents; what is wrapped is one text."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._folded: list[str] = [" "]
        self._lines = array("I", [0])
        self._columns = array("I", [0])
        for number, line in enumerate(lines):
            text = line_text(line)
            words = text.strip(" ")
            if words.isascii() and words.isprintable() and "  " not in words:
                self._add_plain(number, words, len(text) - len(text.lstrip(" ")))
            else:
                self._add(number, text)
        self._text = "".join(self._folded)
        self._folded.clear()

    def _add_plain(self, number: int, words: str, column: int) -> None:
        """Take in a line as most are, which begins at ``column``: a million characters are not looked at one by one."""
        if words:
            self._folded += (words.lower(), " ")
            self._lines.extend([number] * (len(words) + 1))
            self._columns.extend(range(column, column + len(words) + 1))

    def _add(self, number: int, text: str) -> None:
        for column, char in enumerate(f"{text}\n"):
            is_blank = char.isspace() or OF_WIDTH.match(char) is not None
            for one in " " if is_blank else fold(char):
                if one != " " or self._folded[-1] != " ":
                    self._folded.append(one)
                    self._lines.append(number)
                    self._columns.append(column)

    def find(self, wanted: str) -> Matches:
        """Return where ``wanted`` stands, from the top; nowhere when it is nothing."""
        sought = " ".join("".join(map(fold, wanted)).split())
        starts = array("I")
        at = self._text.find(sought) if sought else -1
        while at != -1:
            starts.append(at)
            at = self._text.find(sought, at + len(sought))
        return Matches(starts, len(sought), self._lines, self._columns)


class Matches:
    """Where something stands in lines. There may be a hundred thousand places: those of a line are told when asked."""

    def __init__(self, starts: Sequence[int], length: int, lines: Sequence[int], columns: Sequence[int]) -> None:
        """``starts`` are characters of a SearchableText, ``lines`` and ``columns`` where each of those stands."""
        self._starts = starts
        self._length = length
        self._lines = lines
        self._columns = columns

    def __len__(self) -> int:
        return len(self._starts)

    def line(self, which: int) -> int:
        """Return the line in which a place begins."""
        return self._lines[self._starts[which]]

    def first_from(self, line: int) -> int:
        """Return which place is the first that begins in ``line`` or below; as many as there are, when none does."""
        return bisect_left(self._starts, line, key=self._lines.__getitem__)

    def in_line(self, line: int) -> Iterator[tuple[int, int, int]]:
        """Yield what of them is in a line: which it is, and from which to which character; one may be in several."""
        begin, end = bisect_left(self._lines, line), bisect_right(self._lines, line)
        which = bisect_right(self._starts, begin - self._length)
        while which < len(self._starts) and self._starts[which] < end:
            first = max(begin, self._starts[which])
            last = min(end, self._starts[which] + self._length) - 1
            yield which, self._columns[first], self._columns[last] + 1
            which += 1


@lru_cache(maxsize=8_192)  # there are as many characters in a text of Han
def fold(char: str) -> str:
    """Return a character without case and accents; may be several, or none."""
    if char.isascii():
        return char.lower()
    return "".join(part for part in unicodedata.normalize("NFKD", char.casefold()) if not unicodedata.combining(part))


# --- hints ----------------------------------------------------------------------------------

_LETTERS = "asdfghjklqwertyuiopzxcvbnm"


def hint_labels(number: int) -> list[str]:
    """Return so many labels of letters, all of one length, those that lie best under the fingers first."""
    length = 1
    while len(_LETTERS) ** length < number:
        length += 1
    return [_label(at, length) for at in range(number)]


def _label(at: int, length: int) -> str:
    letters = []
    for _ in range(length):
        at, which = divmod(at, len(_LETTERS))
        letters.append(_LETTERS[which])
    return "".join(letters)  # the first letter changes fastest, so that it is different on neighbours
