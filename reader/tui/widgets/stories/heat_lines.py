"""How hot topics and sources are as bars, and the place of a bar in a plot of time. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reader.core.text import cell_width, fit_cells, format_count, truncate
from reader.stories.model import Bar
from reader.tui.widgets.text import formats
from reader.tui.widgets.text.lines import BLANK, Line, Run

_LABEL = range(8, 34)
_NUMBERS = 17
"""The cells of the number of articles and the heat."""


def bar_lines(sections: Sequence[tuple[str, Sequence[Bar]]], cells: int, *, selected: int) -> tuple[Line, ...]:
    """Return a line for each bar of each section, under the heading of the section."""
    lines: list[Line] = []
    every = [bar for _, bars in sections for bar in bars]
    hottest = max((bar.heat or 0 for bar in every), default=0) or 1
    label = max(_LABEL[0], min(_LABEL[-1], cells // 3, max((cell_width(bar.label) for bar in every), default=0)))
    at = 0
    for heading, bars in sections:
        if not bars:
            continue
        columns = f"{'articles':>8} {'heat':>5}"
        lines += [BLANK, (Run(fit_cells(heading, label + 2), "heading"), Run(columns, "quiet"))]
        most = max(bar.articles for bar in bars)
        for bar in bars:
            lines.append(tuple(_bar(bar, most, hottest, label, cells, is_selected=at == selected, at=at)))
            at += 1
    return tuple(lines[1:])


def _bar(bar: Bar, most: int, hottest: float, label: int, cells: int, *, is_selected: bool, at: int) -> Iterator[Run]:
    text, quiet = ("selected-title", "selected-quiet") if is_selected else ("text", "quiet")
    score = "selected-score" if is_selected else "score"
    room = max(0, cells - label - _NUMBERS - 4)
    drawn = formats.bar(bar.articles, max(1, most), room)
    heat = formats.score(None if bar.heat is None else round(bar.heat), estimated=bar.is_estimate)
    yield Run("▌ " if is_selected else "  ", "accent", item=at)
    yield Run(f"{fit_cells(bar.label, label)} ", text, item=at)
    yield Run(f"{bar.articles:>7,} ", quiet, item=at)
    yield Run(f"{heat:>5} {formats.shade(bar.heat, hottest)} ", quiet, item=at)
    yield Run(fit_cells(drawn, room), score, item=at, lightness=formats.lightness(bar.heat, hottest))


def bars_to_plot(bars: Sequence[Bar], selected: int, cells: int) -> tuple[Sequence[Bar], int]:
    """Return the bars that a plot shows, and which is selected: if they are far too many, those around that one."""
    if len(bars) <= 2 * cells:  # two share a cell
        return bars, selected
    begin = max(0, min(selected - cells // 2, len(bars) - cells))
    return bars[begin : begin + cells], selected - begin


def time_marker(bars: Sequence[Bar], selected: int, cells: int) -> str:
    """Return the line below a plot of ``bars``: which one is selected and, if there is room, the first and last."""
    if not bars:
        return truncate("No article has a date.", cells)
    bar = bars[selected]
    heat = "" if bar.heat is None else f", heat {'~' * bar.is_estimate}{round(bar.heat)}"
    text = f"{bar.label}: {format_count(bar.articles, 'article')}{heat}"
    # Sparkline draws in cell c the bar c * len(bars) // cells, rounded down.
    first_cell, end = (-(-each * cells // len(bars)) for each in (selected, selected + 1))
    middle = (first_cell + end - 1) // 2
    left, right = middle - 1, cells - middle - 2
    if right >= min(cell_width(text), left):
        line = f"{' ' * middle}▲ {truncate(text, max(0, right))}"
    else:
        line = f"{truncate(text, left)} ▲".rjust(middle + 1)
    first, last = bars[0].label, bars[-1].label
    if line.startswith(" " * (len(first) + 3)):
        line = first + line[len(first) :]
    room = cells - cell_width(line)
    return line + last.rjust(room) if room >= len(last) + 3 else line
