"""What leads from an article to others, as lines: its story as a timeline, its related items, who cites it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from reader.core.model import Number, Row
from reader.core.text import cell_width, fit_cells, format_count, truncate
from reader.core.times import to_local
from reader.tui.widgets.article_pane.content import ArticleContent, Described, ItemSection, RelatedItem, SectionKind
from reader.tui.widgets.text import formats
from reader.tui.widgets.text.lines import BLANK, Line, Run, line_of, paragraph

ITEM_LINES = 2
"""The lines of an item that is not selected; one in a timeline."""
_HEADINGS: dict[SectionKind, str] = {
    "story": "Same story",
    "related": "Related",
    "cited by": "Cited by",
    "shared": "With the same related item",
    "duplicate": "Copies",
    "similar": "More like this",
}
_WITH_TIME, _WITH_SOURCE = 44, 56
"""Cells from which on a timeline has times, and sources."""
_SOURCE_SHARE = 0.25
"""The largest share of a line for its source."""
_DATE, _DATE_AND_YEAR, _DATE_AND_TIME = 6, 9, 12
_SAVED = " ⇩"


class ItemLines(NamedTuple):
    """Some lines, and what they belong to."""

    lines: tuple[Line, ...]
    item: int = -1
    """The index of the item, or -1 for a heading and the like."""
    most: int = 0
    """How many of the lines an item has that is not selected."""


def item_lines(
    content: ArticleContent, cells: int, *, selected: int, visited: Collection[int], now: datetime
) -> Iterator[ItemLines]:
    """Yield all items with their headings; ``selected`` is the index of the one that is shown in full."""
    at = 0
    for section in content.sections or (ItemSection("related", len(content.items)),) * bool(content.items):
        items = content.items[at : at + section.size]
        yield _other(BLANK, line_of(truncate(_heading(content, section, cells), cells), "heading"))
        if section.kind == "story":
            yield from _timeline(
                content, items, at, cells, skipped=section.skipped, selected=selected, visited=visited, now=now
            )
        else:
            for index, item in enumerate(items, at):
                is_selected = index == selected
                lines = _item(item, index, cells, selected=is_selected, visited=index in visited, now=now)
                yield ItemLines(tuple(lines), index, ITEM_LINES)
        if (more := section.total - section.size - section.skipped) > 0:
            yield _other(line_of(truncate(f"  and {more:,} more", cells), "quiet"))
        at += section.size


def _other(*lines: Line) -> ItemLines:
    return ItemLines(lines, most=len(lines))


def _heading(content: ArticleContent, section: ItemSection, cells: int) -> str:
    if section.kind == "members":
        kind = truncate(content.article.type, max(1, cells - 16)) or "collection"
        return f"In this {kind} ({section.size})"
    number = max(section.size, section.total)
    if section.kind == "story":  # its timeline has this article, too
        return f"{_HEADINGS[section.kind]} ({format_count(number + 1, 'article')})"
    return f"{_HEADINGS[section.kind]} ({number:,})"


def _timeline(
    content: ArticleContent,
    items: Sequence[RelatedItem],
    start: int,
    cells: int,
    *,
    skipped: int,
    selected: int,
    visited: Collection[int],
    now: datetime,
) -> Iterator[ItemLines]:
    """Yield the articles of a story, the earliest first, with the article itself, gaps of days and what is skipped."""
    moments = [*enumerate(items, start)]
    moments.insert(max(0, content.place_in_story), (-1, RelatedItem(content.article)))
    sources = max(cell_width(item.described.source) for _, item in moments)
    source = min(sources, int(cells * _SOURCE_SHARE)) if cells >= _WITH_SOURCE else 0
    years = {to_local(each.described.published_at).year for _, each in moments if each.described.published_at}
    before: datetime | None = None
    for number, (index, item) in enumerate(moments):
        when = item.described.published_at
        if number == 1 and skipped:
            yield _other(line_of(truncate(f"  ┊ {skipped:,} more", cells), "quiet"))
        elif when is not None and before is not None:
            days = (to_local(when).date() - to_local(before).date()).days
            if days > 1:
                yield _other(line_of(truncate(f"  ┊ {format_count(days, 'day')} later", cells), "quiet"))
        before = when or before
        if index == selected and index >= 0:
            yield ItemLines(tuple(_item(item, index, cells, selected=True, visited=False, now=now)), index, 1)
            continue
        sign = "◆" if number == 0 and when is not None else "●" if index < 0 else "·"
        own = _Score.of(content.article.quality, content.quality_estimate, formats.QUALITY_FULL)
        score = own if index < 0 else _Score.of_item(item.described)
        line = _moment(
            item, index, cells, source, sign=sign, visited=index in visited, score=score, has_year=len(years) > 1
        )
        yield ItemLines((line,), index, 1)


def _moment(
    item: RelatedItem, at: int, cells: int, source: int, *, sign: str, visited: bool, score: _Score, has_year: bool
) -> Line:
    """Return a line of a timeline: date, quality, source and title."""
    described = item.described
    width = _DATE_AND_YEAR if has_year else _DATE_AND_TIME if cells >= _WITH_TIME else _DATE
    when = fit_cells(_date(described, has_year=has_year, has_time=width == _DATE_AND_TIME), width)
    saved = _SAVED if item.is_saved else ""
    pieces = [
        Run("›" if at >= 0 else " ", "accent", item=at),
        Run(f"{sign} ", "accent" if sign != "·" else "quiet", item=at),
        Run(f"{when} ", "quiet", item=at),
        Run(f"{score.text} ", score.style, item=at, lightness=score.lightness),
    ]
    if source:
        pieces.append(Run(f"{fit_cells(described.source, source)}  ", "quiet", item=at))
    used = sum(cell_width(run.text) for run in pieces)
    beside = "" if source else truncate(described.source, int(cells * _SOURCE_SHARE))
    named = f"{beside}: {described.title}" if beside else described.title
    title = "this article" if at < 0 else named
    style = "accent" if at < 0 else "quiet" if visited else "text"
    pieces.append(Run(truncate(title, max(1, cells - used - len(saved))), style, item=at))
    return (*pieces, Run(saved, "quiet", item=at)) if saved else tuple(pieces)


def _date(described: Described, *, has_year: bool, has_time: bool) -> str:
    if described.published_at is None:
        return formats.UNKNOWN
    day = to_local(described.published_at)
    if described.precision in {"month", "year"}:
        return f"{day:%b %y}" if described.precision == "month" else str(day.year)
    time = f" {day:%H:%M}" if has_time and described.precision == "time" else ""
    year = f" {day:%y}" if has_year else ""
    return f"{day.day:>2} {day:%b}{year}{time}"


class _Score(NamedTuple):
    """A score as it is drawn."""

    text: str
    style: str
    lightness: float

    @classmethod
    def of(cls, known: Number | None, estimate: Number | None, full: int) -> _Score:
        """Return a score that is known, else estimated; ``full`` fills its shade."""
        value = known if known is not None else estimate
        shade = formats.shade(value, full)
        text = f"{formats.score(value, estimated=known is None):>3} {shade}"
        style = "score" if shade.strip() and known is not None else "quiet"
        return cls(text, style, formats.lightness(value, full))

    @classmethod
    def of_item(cls, described: Described) -> _Score:
        """Return the quality of an item or, if only that is known, its heat."""
        if described.quality is None and described.heat is not None:
            return cls.of(described.heat, None, formats.HEAT_FULL)
        estimate = described.quality_estimate if isinstance(described, Row) else None
        return cls.of(described.quality, estimate, formats.QUALITY_FULL)


def _item(item: RelatedItem, at: int, cells: int, *, selected: bool, visited: bool, now: datetime) -> Iterator[Line]:
    """Yield an item: a line for its title, one for source and date or, if selected, all of it."""
    described = item.described
    quiet = "selected-quiet" if selected else "quiet"
    score = _Score.of_item(described)
    style = "selected-score" if selected else score.style
    gutter = Run("▌" if selected else "›" if item.rowid is not None else " ", "accent", item=at)
    number = f"{score.text} "
    indent = 1 + cell_width(number)
    room = max(8, cells - indent)
    start: Line = (gutter, Run(number, style, item=at, lightness=score.lightness))
    when = formats.short_date(described.published_at, now, precision=described.precision).strip()
    here = "in this folder" if selected and item.rowid is not None else ""
    saved = "⇩ saved" if item.is_saved else ""
    reason = "" if selected else item.reason
    facts = truncate(" · ".join(filter(None, (reason, described.source, when, here, saved))), room)
    if not selected:
        yield (*start, Run(truncate(described.title, room), "quiet" if visited else "text", item=at))
        yield (Run(" " * indent + facts, quiet, item=at),)
        return
    lines = [*paragraph(described.title, room, "selected-title"), line_of(facts, quiet)]
    lines += paragraph(item.reason, room, quiet) if item.reason else []
    lines += paragraph(" ".join(described.excerpt.split()), room, "selected") if described.excerpt else []
    for (run,) in lines:
        yield filled((*start, replace(run, item=at)), cells, at)
        start = (gutter, Run(" " * (indent - 1), quiet, item=at))


def filled(line: Line, cells: int, at: int) -> Line:
    """Return ``line`` with the background of the selection up to its end."""
    used = sum(cell_width(run.text) for run in line)
    return (*line, Run(" " * max(0, cells - used), "selected", item=at))
