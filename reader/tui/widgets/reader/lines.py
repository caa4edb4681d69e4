"""The text of the reader as lines, and search in them. Pure."""

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
from reader.tui.widgets.text.image_lines import MAX_IMAGES, image_indents, insert_images, lead_image_lines
from reader.tui.widgets.text.lines import (
    BLANK,
    LAYOUT_CHARACTERS,
    Line,
    LineMap,
    Run,
    begins,
    characters_before,
    from_span,
    labelled,
    line_of,
    line_text,
    wrap_facts,
    wrapped,
)

DEFAULT_MEASURE = 72
"""The default width of a line in cells."""
WORDS_PER_MINUTE = 230
"""How fast people read text in their own language on a screen."""
_NO_LINKS = Links()
TextKind = Literal["page", "body", "excerpt"]


class TextNotice(NamedTuple):
    """A notice below a text that is not the original: why it is not, and what to do."""

    text: str
    style: str = "quiet"
    apart: bool = True
    """Whether an empty line comes before it."""


@dataclass(frozen=True, slots=True)
class ReaderText:
    """A text to read, and its metadata."""

    id: str
    """The id of the article, under which the reading position is saved."""
    title: str
    kind: TextKind
    """Where the text is from: the fetched page, the body of the document, or only its excerpt."""
    blocks: tuple[Block, ...] = ()
    source: str = ""
    byline: str = ""
    published_at: datetime | None = None
    links: Links = _NO_LINKS
    rowid: int | None = None
    """The row of the document, if it is in this folder."""
    page: Page | None = None
    images: tuple[Image, ...] = ()

    @property
    def words(self) -> int:
        """The approximate number of words."""
        if self.page is not None:
            return self.page.extract.words
        return len(plain_text(self.blocks).split())


@dataclass(frozen=True, slots=True)
class ReaderLayout(LineMap):
    """The lines of a text, ``width`` cells wide."""

    lines: tuple[Line, ...]
    width: int
    headings: tuple[int, ...]
    """The lines where headings begin, the title among them."""
    links: tuple[str, ...]
    """The targets of links, in the order of their numbers, which start at 1."""
    text: range
    """The lines of the text itself, between its metadata and the list of its links."""


def lay_out_text(
    text: ReaderText,
    cells: int,
    now: datetime,
    notices: Sequence[TextNotice] = (),
    images: Mapping[str, RenderedImage | str] | None = None,
) -> ReaderLayout:
    """Return ``text`` as lines of at most ``cells`` cells, with the list of its links; ``now`` is an aware time.

    ``images`` has, by URL, each image rendered for this width, or the reason why it could not be loaded.
    """
    images = images or {}
    lines: list[Line] = [BLANK, *(line_of(part, "title") for part in wrapped(text.title, cells))]
    lines += wrap_facts(_facts(text), cells)
    lines += wrap_facts(_provenance(text, now, cells), cells)
    lead = lead_image_of(text)
    lines += lead_image_lines(lead, images.get(lead.url), cells) if lead is not None else ()
    lines.append(BLANK)
    start = len(lines)
    numbering = LinkNumbering()
    body = [tuple(map(from_span, line)) for line in layout(numbering.blocks(text.blocks), cells)]
    lines += insert_images(body, images, cells) if images else body
    end = len(lines)
    for notice in notices:
        lines += [BLANK] * notice.apart
        lines += [line_of(part, notice.style) for part in wrapped(notice.text, cells)]
    lines += _links(numbering.links, cells)
    headings = (0, *(at for at in range(start, end) if _is_heading(lines, at)))
    links = tuple(href for _, href in numbering.links)
    return ReaderLayout(tuple(lines), cells, headings, links, range(start, end), before=characters_before(lines))


def lead_image_of(text: ReaderText) -> Image | None:
    """Return the lead image, shown below the title; None if it is part of the text."""
    lead = text.images[0] if text.images else None
    return None if lead is None or lead.url in image_indents(text.blocks) else lead


def images_in(text: ReaderText) -> dict[str, int]:
    """Return the images of a text by URL, each with its indent in cells."""
    lead = lead_image_of(text)
    first = {lead.url: 0} if lead is not None and lead.url.startswith(("http://", "https://")) else {}
    every = {**first, **image_indents(text.blocks)}
    return dict(list(every.items())[:MAX_IMAGES])


def reading_minutes(words: int) -> int:
    """Return how many minutes it takes to read ``words`` words; at least one."""
    return max(1, round(words / WORDS_PER_MINUTE))


def _facts(text: ReaderText) -> list[Run]:
    facts = [Run(text.source, "fact")] if text.source else []
    if text.byline:
        facts.append(Run(f"by {text.byline}", "quiet"))
    if text.published_at is not None:
        facts.append(Run(formats.full_date(text.published_at), "quiet"))
    return facts


def _provenance(text: ReaderText, now: datetime, cells: int) -> list[Run]:
    long = f"{format_count(text.words, 'word')}, {reading_minutes(text.words)} min"
    if text.page is not None:
        said = formats.provenance(text.page)
        when = f"fetched {formats.ago(text.page.fetched_at, now)}"
        where = said[0].upper() + said[1:]
        origin = [f"{where}, {when}"] if cell_width(where) + 2 + len(when) <= cells else [where, when]
        return [Run(fact, "quiet") for fact in (*origin, formats.confirmed(text.page, now), long) if fact]
    if text.kind == "body":
        return [Run("From the document", "quiet"), Run(long, "quiet")]
    return [Run("Excerpt only", "quiet")]


def _links(links: Sequence[tuple[str, str]], cells: int) -> Iterator[Line]:
    if not links:
        return
    yield BLANK
    yield line_of(truncate(f"Links ({len(links):,})", cells), "heading")
    label = len(str(len(links))) + 2 if cells >= 16 else 0  # space for a column of numbers
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
    """Return an excerpt as paragraphs."""
    parts = (" ".join(part.split()) for part in excerpt.split("\n\n"))
    return tuple(Paragraph((Span(part),)) for part in parts if part)


def with_excerpt(excerpt: str, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return ``blocks`` after the excerpt, unless they begin with it word for word."""
    return blocks if begins(plain_text(blocks), excerpt) else (*excerpt_blocks(excerpt), *blocks)


class SearchableText:
    """The characters of lines, without case and accents, for searching across line breaks."""

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
        """Add the usual kind of line, which begins at ``column``, without a loop over its characters."""
        if words:
            self._folded += (words.lower(), " ")
            self._lines.extend([number] * (len(words) + 1))
            self._columns.extend(range(column, column + len(words) + 1))

    def _add(self, number: int, text: str) -> None:
        for column, char in enumerate(f"{text}\n"):
            is_blank = char.isspace() or LAYOUT_CHARACTERS.match(char) is not None
            for one in " " if is_blank else fold_character(char):
                if one != " " or self._folded[-1] != " ":
                    self._folded.append(one)
                    self._lines.append(number)
                    self._columns.append(column)

    def find(self, text: str) -> Matches:
        """Return the matches of ``text``, from the top; none for an empty text."""
        folded = " ".join("".join(map(fold_character, text)).split())
        starts = array("I")
        at = self._text.find(folded) if folded else -1
        while at != -1:
            starts.append(at)
            at = self._text.find(folded, at + len(folded))
        return Matches(starts, len(folded), self._lines, self._columns)


class Matches:
    """The matches of a search; there may be a hundred thousand, so those of a line are computed on demand."""

    def __init__(self, starts: Sequence[int], length: int, lines: Sequence[int], columns: Sequence[int]) -> None:
        """``starts`` are character indexes in a SearchableText; ``lines`` and ``columns`` locate each character."""
        self._starts = starts
        self._length = length
        self._lines = lines
        self._columns = columns

    def __len__(self) -> int:
        return len(self._starts)

    def line(self, which: int) -> int:
        """Return the line in which a match begins."""
        return self._lines[self._starts[which]]

    def first_from(self, line: int) -> int:
        """Return the index of the first match in ``line`` or below; the number of matches if there is none."""
        return bisect_left(self._starts, line, key=self._lines.__getitem__)

    def in_line(self, line: int) -> Iterator[tuple[int, int, int]]:
        """Yield index, start and end of the matches in a line; one match may be in several lines."""
        begin, end = bisect_left(self._lines, line), bisect_right(self._lines, line)
        which = bisect_right(self._starts, begin - self._length)
        while which < len(self._starts) and self._starts[which] < end:
            first = max(begin, self._starts[which])
            last = min(end, self._starts[which] + self._length) - 1
            yield which, self._columns[first], self._columns[last] + 1
            which += 1


@lru_cache(maxsize=8_192)  # there are as many characters in a text of Han
def fold_character(char: str) -> str:
    """Return a character without case and accents, which may be several characters or none."""
    if char.isascii():
        return char.lower()
    return "".join(part for part in unicodedata.normalize("NFKD", char.casefold()) if not unicodedata.combining(part))
