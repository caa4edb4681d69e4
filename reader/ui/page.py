"""A subject -> the lines of the article pane. Pure: no widget, no library, no clock of its own.

A line is a tuple of runs; a run names its ink (a component style of the pane), so that
themes decide on colours, and may lead somewhere: to an address or to a related item.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from reader.errors import ReaderError
from reader.model import Image, Json
from reader.prose.blocks import Mark, Paragraph, Span, links, plain_text
from reader.prose.layout import layout
from reader.text import cut, fit, steady, width
from reader.ui import formats
from reader.ui.subject import Item, Subject
from reader.urls import safe, shorten

_LINKS_SHOWN = 200
"""Links of a text that are listed below it."""
_OF_WIDTH = re.compile("[ \u2500-\u259f]+")
"""What there is more or less of as lines are longer or shorter: blanks, rules and frames."""


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a line in one ink."""

    text: str
    ink: str = "text"
    mark: Mark = Mark.NONE
    href: str = ""
    item: int = -1
    """The related item this belongs to, or -1."""
    lightness: float = 1.0
    """For the ink of scores: how strong, from 0 to 1."""


Line = tuple[Run, ...]
BLANK: Line = ()


@dataclass(frozen=True, slots=True)
class Fixed:
    """The lines above and below the related items, made for ``width`` cells."""

    head: tuple[Line, ...]
    foot: tuple[Line, ...]
    width: int
    before: Sequence[int] = (0,)
    """How many characters stand above each line of the head, and above the line that follows it."""

    def place(self, y: int) -> int:
        """Return which place of the text the line ``y`` begins at, in a measure that holds for every width.

        That is the characters above it; below the head, where lines are cut and not
        wrapped, each line counts for one.
        """
        last = len(self.before) - 1
        return self.before[y] if y <= last else self.before[last] + y - last

    def line(self, place: int) -> int:
        """Return the line that a place is in."""
        last = len(self.before) - 1
        beyond = place - self.before[last]
        return last + beyond if beyond >= 0 else max(0, bisect_right(self.before, place) - 1)


@dataclass(frozen=True, slots=True)
class Page:
    """Lines, and which of them belong to each related item."""

    lines: tuple[Line, ...]
    items: tuple[range, ...] = ()


def head(subject: Subject, cells: int) -> tuple[Line, ...]:
    """Return everything above the related items, at most ``cells`` wide."""
    lines: list[Line] = [_line(text, "title") for text in _wrap(subject.title, cells)]
    lines += _wrap_facts(_first_facts(subject), cells)
    lines += _wrap_facts(_second_facts(subject), cells)
    if subject.told_by:
        note = f"Not a document of this folder: this is what “{subject.told_by}” says of it. o opens the original."
        lines += [BLANK, *(_line(text, "quiet") for text in _wrap(note, cells))]
    # Where the text begins with its excerpt, word for word, once is enough.
    excerpt = "" if subject.blocks and _begins(plain_text(subject.blocks), subject.excerpt) else subject.excerpt
    for paragraph in filter(None, (part.strip() for part in excerpt.split("\n\n"))):
        lines += [BLANK, *(_line(text) for text in _wrap(" ".join(paragraph.split()), cells))]
    if subject.blocks:
        lines.append(BLANK)
        lines += [tuple(map(_from_span, line)) for line in layout(subject.blocks, cells)]
    lines += _pictures(subject.images, cells)
    lines += _links(subject, cells)
    return tuple(lines)


def fixed(subject: Subject, cells: int) -> Fixed:
    """Return what stays on the page of ``subject`` whichever related item is selected; the costly part of it."""
    above = head(subject, cells)
    before = array("I", accumulate(map(_characters, above), initial=0))
    return Fixed(above, tuple(_more(subject, cells)), cells, before)


def _characters(line: Line) -> int:
    """Return how many characters of a line there are at any width: without blanks and frames; an empty one has one."""
    return max(1, sum(len(_OF_WIDTH.sub("", run.text)) for run in line))


def page(subject: Subject, around: Fixed, *, selected: int, visited: frozenset[int], now: datetime) -> Page:
    """Return the whole page, with the related items between what stays.

    ``selected`` is the item whose excerpt is shown, or -1; ``visited`` are those that
    were opened already.
    """
    lines: list[Line] = [*around.head]
    places: list[range] = []
    related = len(subject.items) - subject.members
    for at, item in enumerate(subject.items):
        if at == 0 and related:
            lines += [BLANK, _line(f"Related ({related})", "heading")]
        if at == related:
            kind = cut(subject.type, max(1, around.width - 16)) or "collection"
            lines += [BLANK, _line(f"In this {kind} ({subject.members})", "heading")]
        start = len(lines)
        lines += _item(item, at, around.width, selected=at == selected, visited=at in visited, now=now)
        places.append(range(start, len(lines)))
    return Page((*lines, *around.foot), tuple(places))


# --- parts ----------------------------------------------------------------------------------


def _first_facts(subject: Subject) -> list[Run]:
    facts = [Run(subject.source, "fact")] if subject.source else []
    if subject.authors:
        facts.append(Run("by " + ", ".join(subject.authors), "quiet"))
    facts.append(Run(formats.full_date(subject.published_at) or "no date", "quiet"))
    related = len(subject.items) - subject.members
    if related:
        facts.append(Run(f"{related} related", "quiet"))
    return facts


def _second_facts(subject: Subject) -> list[Run]:
    facts = [
        *_score_fact("quality", subject.quality, formats.QUALITY_FULL),
        *_score_fact("heat", subject.heat, formats.HEAT_FULL),
    ]
    kind = " ".join(filter(None, (subject.category, subject.type)))
    if kind:
        facts.append(Run(kind, "quiet"))
    if subject.topics:
        facts.append(Run(", ".join(subject.topics), "quiet"))
    facts += [Run(f"#{tag}", "fact") for tag in subject.tags]
    if subject.published is False:
        facts.append(Run("not published", "quiet"))
    return facts


def _score_fact(name: str, value: int | float | None, full: int) -> list[Run]:
    bar = formats.bar(value, full, 4)
    text = f"{name} {formats.score(value)}" + (f" {bar}" if bar else "")
    return [Run(text, "score", lightness=formats.lightness(value, full)) if bar else Run(text, "quiet")]


def _wrap_facts(facts: list[Run], cells: int) -> Iterator[Line]:
    """Yield facts parted by a middle dot; one that does not fit begins a line of its own."""
    line: list[Run] = []
    used = 0
    for fact in facts:
        text = cut(fact.text, cells)
        if line and used + 3 + width(text) > cells:
            yield tuple(line)
            line, used = [], 0
        if line:
            line.append(Run(" · ", "quiet"))
            used += 3
        line.append(Run(text, fact.ink, lightness=fact.lightness))
        used += width(text)
    if line:
        yield tuple(line)


def _pictures(images: Iterable[Image], cells: int) -> Iterator[Line]:
    for number, image in enumerate(images):
        if number == 0:
            yield BLANK
        size = f"{image.width}×{image.height}" if image.width and image.height else ""
        caption = " · ".join(filter(None, ("Picture", image.title, size, image.attribution)))
        address = _address(image.url)
        for text in (*_wrap(caption, cells), *_wrap(image.url, cells)):
            yield (Run(text, "quiet", href=address),)


def _links(subject: Subject, cells: int) -> Iterator[Line]:
    """Yield the addresses of the article, then those that its text leads to; whole, since a terminal may only show."""
    named = [
        ("Original", subject.links.original),
        ("Web", subject.links.web),
        ("AMP", subject.links.amp),
        ("AMP cache", subject.links.cdn_amp),
    ]
    seen: set[str] = set()
    for name, url in named:
        if not url or url in seen:
            continue
        if not seen:
            yield BLANK
        seen.add(url)
        yield from _labelled(fit(name, 10) if cells >= 24 else "", url, url, cells)
    inside = [(text, href) for text, href in links(subject.blocks) if href not in seen]
    if inside:
        yield BLANK
        yield _line(cut(f"Links in the text ({len(inside)})", cells), "heading")
    for text, href in inside[:_LINKS_SHOWN]:
        if text != href:
            yield _line(cut(text, cells), "quiet")
        yield from _labelled("  ", href, href, cells)
    if len(inside) > _LINKS_SHOWN:
        yield _line(cut(f"and {len(inside) - _LINKS_SHOWN:,} more", cells), "quiet")


def _labelled(label: str, text: str, href: str, cells: int) -> Iterator[Line]:
    """Yield ``text`` in as many lines as it takes, behind a label in the first of them."""
    blank = " " * width(label)
    for number, line in enumerate(_wrap(text, max(8, cells - width(label)))):
        yield (Run(blank if number else label, "quiet"), Run(line, "link", href=href))


def _item(item: Item, at: int, cells: int, *, selected: bool, visited: bool, now: datetime) -> Iterator[Line]:
    """Yield a related item: one line, or, selected, its whole title and its excerpt."""
    ink = "selected" if selected else "quiet" if visited else "text"
    quiet = "selected-quiet" if selected else "quiet"
    value, full = (
        (item.heat, formats.HEAT_FULL)
        if item.quality is None and item.heat is not None
        else (item.quality, formats.QUALITY_FULL)
    )
    wide = cells >= 60
    bar, gap = (formats.bar(value, full, 3), "  ") if wide else (formats.shade(value, full), " ")
    score = "selected-score" if selected else "score" if bar.strip() else "quiet"
    gutter = Run("▌" if selected else "›" if item.rowid is not None else " ", "accent", item=at)
    number = Run(
        f"{' ' if wide else ''}{formats.score(value):>3} {fit(bar, 3 if wide else 1)} ",
        score,
        item=at,
        lightness=formats.lightness(value, full),
    )
    date = Run(fit(formats.short_date(item.published_at, now), 9) + gap, quiet, item=at)
    start = 1 + width(number.text) + width(date.text)
    if not selected:
        room = 16 if wide else 10 if cells >= 44 else 0
        source = Run(fit(item.source, room) + gap if room else "", quiet, item=at)
        title = Run(fit(item.title, max(1, cells - start - width(source.text))), ink, item=at)
        yield gutter, number, date, source, title
        return
    here = " · in this folder" if item.rowid is not None else ""
    facts = cut(f"{item.source}{here}", max(1, cells - start))
    yield _filled((gutter, number, date, Run(facts, quiet, item=at)), cells, at)
    inner = max(8, cells - 2)
    for text in _wrap(item.title, inner):
        yield _filled((Run("▌ ", "accent", item=at), Run(text, "selected-title", item=at)), cells, at)
    for text in _wrap(" ".join(item.excerpt.split()), inner) if item.excerpt else ():
        yield _filled((Run("▌ ", "accent", item=at), Run(text, "selected", item=at)), cells, at)


def _filled(line: Line, cells: int, at: int) -> Line:
    """Return ``line`` with the ground of the selection drawn to its end."""
    used = sum(width(run.text) for run in line)
    return (*line, Run(" " * max(0, cells - used), "selected", item=at))


def _more(subject: Subject, cells: int) -> Iterator[Line]:
    facts = [(name, entry) for name, value in subject.extra.items() for entry in _entries(name, value)]
    if subject.secured_bytes is not None:
        facts.append(("secured", (f"secured payload, {subject.secured_bytes:,} bytes", "")))
    if subject.path:
        facts.append(("file", (subject.path, "")))
    if not facts:
        return
    yield BLANK
    yield _line("More", "heading")
    label = min(18, max(4, cells - 12), max(width(name) for name, _ in facts) + 2)
    last = ""
    for name, (text, href) in facts:
        for line in _wrap(text, max(8, cells - label)) or [""]:
            yield (
                Run(fit("" if name == last else name, label), "quiet"),
                Run(line, "link" if href else "text", href=href),
            )
            last = name


def _entries(name: str, value: Json) -> list[tuple[str, str]]:
    """Return a further field as (text, address) pairs, one a line: a list of plain values is one, of fields many."""
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return [entry for item in value for entry in _entries(name, item)]
    if isinstance(value, dict) and isinstance(value.get("url"), str):
        address = _address(str(value["url"]))
        title = _words("", value.get("title") or value.get("name") or value.get("type") or "")
        return [(" · ".join(filter(None, (title, shorten(address, 60) or str(value["url"])))), address)]
    if isinstance(value, str) and value.lstrip().startswith("<"):
        from reader.prose.html import parse_html  # imported late: few documents have such fields

        blocks = parse_html(value)
        return [(f"{text} · {shorten(href, 60)}", href) for text, href in links(blocks)] or [(plain_text(blocks), "")]
    text = _words(name, value)
    return [(text, _address(text))]


def _words(name: str, value: Json) -> str:
    """Return a value in words: lists by dots, fields as name and value."""
    if value is None:
        return formats.UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " · ".join(_words(name, item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(key, item)}" for key, item in value.items())
    if isinstance(value, float):
        return f"{value:.4g}"
    text = " ".join(str(value).split())
    return formats.duration(text) if name == "length" else text


# --- how ------------------------------------------------------------------------------------


def _line(text: str, ink: str = "text") -> Line:
    return (Run(text, ink),)


def _wrap(text: str, cells: int) -> list[str]:
    """Return ``text`` in lines of at most ``cells`` cells, wrapped like any paragraph."""
    return ["".join(span.text for span in line) for line in layout((Paragraph((Span(steady(text)),)),), cells)]


def _from_span(span: Span) -> Run:
    return Run(span.text, "text", span.mark, span.href)


def _begins(text: str, beginning: str) -> bool:
    """Whether ``text`` begins with ``beginning``, its white space and cut end aside."""
    words = beginning.split()
    return len(words) >= 4 and text[: 2 * len(beginning) + 64].split()[: len(words) - 1] == words[:-1]


def _address(text: str) -> str:
    """Return ``text`` as an address that can be opened, or nothing."""
    if not text.startswith(("http://", "https://")):
        return ""
    try:
        return safe(text)
    except ReaderError:
        return ""
