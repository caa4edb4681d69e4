"""Lines of text as views draw them, and what pages of such lines are made with. Pure.

A line is a tuple of runs; a run names its ink, so that themes decide on colours, and may
lead somewhere: to an address or to a related item.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from reader.content.blocks import Paragraph, Span, TextStyle
from reader.content.layout.layout import CONTINUATION_SIGN, layout
from reader.core.text import cell_width, stable_width, truncate

if TYPE_CHECKING:
    from reader.images.model import ImageLine

OF_WIDTH = re.compile("[ \u2500-\u259f]+")
"""What there is more or less of as lines are longer or shorter: blanks, rules and frames."""


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a line in one ink."""

    text: str
    ink: str = "text"
    text_style: TextStyle = TextStyle.NONE
    href: str = ""
    item: int = -1
    """The related item this belongs to, or -1."""
    lightness: float = 1.0
    """For the ink of scores: how strong, from 0 to 1."""
    picture: ImageLine | None = None
    """What is drawn in the place of the text, which is as many blanks."""
    counts: bool = True
    """Whether its line is of the text, by which places are measured, and not something that comes and goes in it."""


Line = tuple[Run, ...]
BLANK: Line = ()


class TextPosition(NamedTuple):
    """A line of a text, in a measure that holds for every width and whatever size its pictures have."""

    place: int = 0
    """See :meth:`LineMap.place`."""
    above: int = 0
    """How many lines above the line of text it is that is at this place, among those of the picture there;"""
    of: int = 0
    """and how many lines those are."""


@dataclass(frozen=True, slots=True)
class LineMap:
    """Lines of which it is known where they are in the text, in a measure that holds for every width."""

    before: Sequence[int] = field(default=(0,), kw_only=True)
    """How many characters stand above each of the lines that are wrapped, and above the line that follows them."""

    def place(self, y: int) -> int:
        """Return which place of the text the line ``y`` begins at.

        That is the characters above it; where lines are cut and not wrapped, each counts for one.
        """
        last = len(self.before) - 1
        return self.before[y] if y <= last else self.before[last] + y - last

    def line(self, place: int) -> int:
        """Return the line that a place is in."""
        last = len(self.before) - 1
        beyond = place - self.before[last]
        return last + beyond if beyond >= 0 else max(0, bisect_right(self.before, place) - 1)

    def spot(self, y: int) -> TextPosition:
        """Return where the line ``y`` is, also among the lines of a picture, which are all at one place."""
        place = self.place(y)
        last = self.line(place)
        return TextPosition(place, last - y, self._same_above(last))

    def line_of(self, spot: TextPosition) -> int:
        """Return the line that a spot is in: of a picture that has become larger or smaller, as far down as it was."""
        last = self.line(spot.place)
        above = self._same_above(last) if self.place(last) == spot.place else 0
        if not spot.above or not spot.of:
            return last
        return last - (max(1, round(spot.above * above / spot.of)) if above else 0)

    def _same_above(self, line: int) -> int:
        """Return how many of the lines right above ``line`` are at the same place of the text: those of a picture."""
        at = line
        while 0 < at < len(self.before) and self.before[at - 1] == self.before[line]:
            at -= 1
        return line - at


def measure(lines: Iterable[Line]) -> Sequence[int]:
    """Return how many characters stand above each of ``lines``, and below the last, for :class:`LineMap`."""
    return array("I", accumulate(map(_characters, lines), initial=0))


def _characters(line: Line) -> int:
    """Return how many characters of a line there are at any width: without blanks and frames; an empty one has one.

    What comes and goes, such as a picture, has none.
    """
    if not all(run.counts for run in line):
        return 0
    return max(1, sum(len(OF_WIDTH.sub("", run.text)) for run in line if not _is_sign(run)))


def line_text(line: Line) -> str:
    """Return what stands in a line, with blanks for what is no text of it: what is found and copied, cell by cell."""
    return "".join(" " * len(run.text) if _is_sign(run) else run.text for run in line)


def _is_sign(run: Run) -> bool:
    # In this order: a text has a million runs, and few signs.
    return run.text == CONTINUATION_SIGN and TextStyle.DECORATION in run.text_style


def line_of(text: str, ink: str = "text") -> Line:
    """Return a line of one run."""
    return (Run(text, ink),)


def wrapped(text: str, cells: int) -> list[str]:
    """Return ``text`` in lines of at most ``cells`` cells, wrapped like any paragraph."""
    return ["".join(span.text for span in line) for line in layout((Paragraph((Span(stable_width(text)),)),), cells)]


def from_span(span: Span) -> Run:
    """Return a piece of a text that was laid out, in the ink of text."""
    return Run(span.text, "text", span.style, span.href)


def wrap_facts(facts: list[Run], cells: int) -> Iterator[Line]:
    """Yield facts parted by a middle dot; one that does not fit begins a line of its own."""
    line: list[Run] = []
    used = 0
    for fact in facts:
        text = truncate(fact.text, cells)
        if line and used + 3 + cell_width(text) > cells:
            yield tuple(line)
            line, used = [], 0
        if line:
            line.append(Run(" · ", "quiet"))
            used += 3
        line.append(Run(text, fact.ink, lightness=fact.lightness))
        used += cell_width(text)
    if line:
        yield tuple(line)


def labelled(label: str, text: str, href: str, cells: int) -> Iterator[Line]:
    """Yield ``text`` in as many lines as it takes, behind a label in the first of them."""
    blank = " " * cell_width(label)
    for number, line in enumerate(wrapped(text, max(8, cells - cell_width(label)))):
        yield (Run(blank if number else label, "quiet"), Run(line, "link", href=href))


def begins(text: str, beginning: str) -> bool:
    """Whether ``text`` begins with ``beginning``, its white space and cut end aside."""
    words = beginning.split()
    return len(words) >= 4 and text[: 2 * len(beginning) + 64].split()[: len(words) - 1] == words[:-1]
