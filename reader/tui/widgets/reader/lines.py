"""The text of the reader as lines, and search in them. Pure."""

from __future__ import annotations

import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Literal, NamedTuple, TypeAlias

from reader.content.blocks import Block, Embed, TextStyle, plain_text
from reader.content.layout.layout import layout
from reader.content.link_numbers import LinkNumbering
from reader.content.page import Page
from reader.core.model import Image, Links, Precision
from reader.core.text import cell_width, fit_cells, format_count, truncate
from reader.core.urls import display_host
from reader.images.model import RenderedImage
from reader.tui.widgets.text import formats
from reader.tui.widgets.text.image_lines import MAX_IMAGES, image_indents, insert_images, lead_image_lines, note_lines
from reader.tui.widgets.text.length import Unit, count, unit_of
from reader.tui.widgets.text.lines import (
    BLANK,
    LAYOUT_CHARACTERS,
    Line,
    LineMap,
    Run,
    characters_before,
    from_span,
    labeled,
    line_of,
    line_text,
    paragraph,
    wrap_facts,
)

DEFAULT_MEASURE = 72
"""The default width of a line in cells."""
_SAMPLE = 10
"""Blocks that tell the script of a text."""
_NO_LINKS = Links()
TextKind = Literal["page", "body", "excerpt"]
TextImages: TypeAlias = tuple[Mapping[str, RenderedImage | str], str]
"""By URL each image of a text or the reason why it could not be loaded, and a note about those that are not loaded."""


class TextNotice(NamedTuple):
    """A notice below a text that is not the original: why it is not, and what to do."""

    text: str
    style: str = "quiet"
    apart: bool = True
    """Whether an empty line comes before it."""


@dataclass(frozen=True)
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
    precision: Precision = "time"
    links: Links = _NO_LINKS
    rowid: int | None = None
    """The row of the document, if it is in this folder."""
    page: Page | None = None
    images: tuple[Image, ...] = ()

    @cached_property
    def unit(self) -> Unit:
        """What the text is counted in."""
        return unit_of(plain_text(self.blocks[:_SAMPLE]))

    @cached_property
    def length(self) -> int:
        """The approximate number of words or characters."""
        if self.page is not None:
            return self.page.extract.words
        return count(plain_text(self.blocks), self.unit)

    def minutes(self, share: float = 1) -> int:
        """Return how many minutes it takes to read a share of the text; at least one."""
        return max(1, round(self.length * share / self.unit.per_minute))

    @cached_property
    def media(self) -> Set[str]:
        """The URLs of images and players, which are no pages to read."""
        embeds = (block.url for block in self.blocks if isinstance(block, Embed))
        return {*self.image_indents, *embeds, *(image.url for image in self.images)}

    @cached_property
    def image_indents(self) -> Mapping[str, int]:
        """The indent in cells of each image among the blocks, by its URL."""
        return image_indents(self.blocks)


@dataclass(frozen=True, slots=True)
class ReaderLayout(LineMap):
    """The lines of a text."""

    lines: tuple[Line, ...]
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
    *,
    image_note: str = "",
) -> ReaderLayout:
    """Return ``text`` as lines of at most ``cells`` cells, with the list of its links; ``now`` is an aware time.

    ``images`` has, by URL, each image rendered for this width, or the reason why it could not be loaded;
    ``image_note`` is about those that are not loaded.
    """
    images = images or {}
    lines = [BLANK, *paragraph(text.title, cells, "title")]
    lines += wrap_facts(_facts(text), cells)
    lines += wrap_facts(_provenance(text, now, cells), cells)
    lead = lead_image_of(text)
    lines += lead_image_lines(lead, images.get(lead.url), cells) if lead is not None else ()
    lines += note_lines(image_note, cells)
    lines.append(BLANK)
    start = len(lines)
    numbering = LinkNumbering()
    body = [tuple(map(from_span, line)) for line in layout(numbering.blocks(text.blocks), cells)]
    lines += insert_images(body, images, cells) if images else body
    end = len(lines)
    for notice in notices:
        lines += [BLANK] * notice.apart
        lines += paragraph(notice.text, cells, notice.style)
    lines += _links(numbering.links, cells)
    heads = [bool(line) and TextStyle.HEADING in line[0].text_style for line in lines]
    headings = (0, *(at for at in range(start, end) if heads[at] and not heads[at - 1]))
    links = tuple(href for _, href in numbering.links)
    before = characters_before(lines)
    return ReaderLayout(tuple(lines), headings, links, range(start, end), before=before, width=cells)


def lead_image_of(text: ReaderText) -> Image | None:
    """Return the lead image, shown below the title; None if it is part of the text."""
    lead = text.images[0] if text.images else None
    return None if lead is None or lead.url in text.image_indents else lead


def images_in(text: ReaderText) -> dict[str, int]:
    """Return the images of a text by URL, each with its indent in cells."""
    lead = lead_image_of(text)
    first = {lead.url: 0} if lead is not None and lead.url.startswith(("http://", "https://")) else {}
    every = {**first, **text.image_indents}
    return dict(list(every.items())[:MAX_IMAGES])


def _facts(text: ReaderText) -> list[Run]:
    byline = f"by {text.byline}" if text.byline else ""
    date = formats.full_date(text.published_at, text.precision)
    return [Run(text.source, "accent", href=text.links.best), Run(byline, "quiet"), Run(date, "quiet")]


def _provenance(text: ReaderText, now: datetime, cells: int) -> list[Run]:
    long = f"{format_count(text.length, text.unit.name)}, {text.minutes()} min"
    if text.page is not None:
        origin = formats.ORIGINS[text.page.way]
        when = f"fetched {formats.ago(text.page.fetched_at, now)}"
        where = f"{origin[0].upper()}{origin[1:]} at {display_host(text.page.final_url)}"
        source = [f"{where}, {when}"] if cell_width(where) + 2 + len(when) <= cells else [where, when]
        return [Run(fact, "quiet") for fact in (*source, formats.confirmed(text.page, now), long)]
    if text.kind == "body":
        return [Run("From the document", "quiet"), Run(long, "quiet")]
    return [Run("Excerpt only" if text.blocks else "Not fetched", "quiet")]


def _links(links: Sequence[tuple[str, str]], cells: int) -> Iterator[Line]:
    if not links:
        return
    yield BLANK
    yield line_of(truncate(f"Links ({len(links):,})", cells), "heading")
    label = len(str(len(links))) + 2 if cells >= 16 else 0  # space for a column of numbers
    for number, (text, href) in enumerate(links, 1):
        mark = fit_cells(f"{number} ", label, right=True) if label else ""
        if text != href:
            yield from labeled(line_of(mark, "accent"), text, cells, "text", href)
            mark = " " * label
        yield from labeled(line_of(mark, "quiet"), href, cells, "link", href)


class SearchableText:
    """The characters of lines, without case and accents, for searching across line breaks."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        folded = [" ".join(_fold(line_text(line)).split()) for line in lines]
        self._text = "".join(f"{part} " for part in folded if part)
        self.starts = array("I", accumulate((len(part) + bool(part) for part in folded), initial=0))
        """Where each line begins in the folded text, and where that ends."""

    def find(self, text: str) -> Matches:
        """Return the matches of ``text``, from the top; none for an empty text."""
        folded = " ".join("".join(map(fold_character, text)).split())
        starts, whole, length = array("I"), self._text, len(folded)
        at = whole.find(folded) if folded else -1
        while at >= 0:
            starts.append(at)
            at = whole.find(folded, at + length)
        return Matches(self, starts, length)

    def columns(self, line: int) -> list[int]:
        """Return the column in a line of each of its folded characters, and of the blank after them."""
        columns: list[int] = []
        before = " "
        for column, char in enumerate(f"{line_text(self._lines[line])}\n"):
            for one in " " if char.isspace() else _fold(char):
                if one != " " or before != " ":
                    columns.append(column)
                    before = one
        return columns


class Matches:
    """The matches of a search; there may be a hundred thousand, so those of a line are computed on demand."""

    def __init__(self, text: SearchableText, starts: Sequence[int], length: int) -> None:
        """``starts`` are indexes in the folded text, ``length`` is in its characters."""
        self._text = text
        self._starts = starts
        self._length = length

    def __len__(self) -> int:
        return len(self._starts)

    def line(self, which: int) -> int:
        """Return the line in which a match begins."""
        return bisect_right(self._text.starts, self._starts[which]) - 1

    def first_from(self, line: int) -> int:
        """Return the index of the first match in ``line`` or below; the number of matches if there is none."""
        lines = self._text.starts
        return bisect_left(self._starts, lines[min(line, len(lines) - 1)])

    def in_line(self, line: int) -> Iterator[tuple[int, int, int]]:
        """Yield index, start and end of the matches in a line; one match may be in several lines."""
        begin, end = self._text.starts[line : line + 2]
        which = bisect_right(self._starts, begin - self._length)
        if which < len(self._starts) and self._starts[which] < end:
            columns = self._text.columns(line)
            while which < len(self._starts) and self._starts[which] < end:
                first = max(begin, self._starts[which])
                last = min(end, self._starts[which] + self._length) - 1
                yield which, columns[first - begin], columns[last - begin] + 1
                which += 1


def _fold(text: str) -> str:
    """Return ``text`` without case and accents, with blanks for layout characters."""
    if text.isascii():
        return text.lower()
    return "".join(map(fold_character, LAYOUT_CHARACTERS.sub(" ", text)))


@lru_cache(maxsize=8_192)  # there are as many characters in a text of Han
def fold_character(char: str) -> str:
    """Return a character without case and accents, which may be several characters or none."""
    if char.isascii():
        return char.lower()
    return "".join(part for part in unicodedata.normalize("NFKD", char.casefold()) if not unicodedata.combining(part))
