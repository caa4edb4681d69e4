"""The heat of a list: articles by time as a plot, topics and sources as bars, each to narrow the query to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar, get_args

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Sparkline, Static

from reader.core.text import clean, format_count, truncate
from reader.stories.model import Bar, HeatStatistics, Period
from reader.tui.keys import bindings
from reader.tui.screens.listings import NOTHING, ListingScreen
from reader.tui.widgets.stories.heat_lines import bar_lines, bars_to_plot, time_marker
from reader.tui.widgets.text.lines import Line, have_words
from reader.tui.widgets.text.scroll_view import Direction, move_distance, scroll_line_into_view

_LONGEST_LABEL = 60
_MOST = 200
"""Topics, and sources, that are listed."""
_PERIODS: tuple[Period, ...] = get_args(Period)


class HeatScreen(ListingScreen):
    """Bars to move through: the plot from left to right, topics and sources up and down."""

    BINDINGS: ClassVar[list[BindingType]] = bindings.bindings("heat")

    def __init__(
        self,
        label: str,
        statistics: HeatStatistics,
        keymap: Mapping[str, str],
        zoom: Callable[[Period, Callable[[HeatStatistics], object]], object],
        narrow: Callable[[str], object],
    ) -> None:
        """``zoom`` loads the statistics by another period, ``narrow`` narrows the list to what a query finds."""
        articles = format_count(statistics.articles, "article")
        super().__init__(f"{truncate(clean(label), _LONGEST_LABEL)} · {articles}", keymap)
        self._statistics = statistics
        self._zoom = zoom
        self._narrow = narrow
        self._plot = Sparkline(summary_function=max, id="heat-plot")
        self._marker = Static(id="heat-marker")
        self._selected = -1
        """The index of the bar that is selected among topics and sources; -1 for one of the plot."""
        self._moment = len(statistics.by_time) - 1
        """The index of the bar of the plot that is selected."""
        self._bars: list[Bar] = []
        """The topics and sources that the filter has found."""

    @property
    def foot(self) -> str:
        """The last line: the keys."""
        time, bars = self.labels("heat.earlier", "heat.later"), self.labels("move.down", "move.up")
        zoom = self.labels("heat.finer", "heat.coarser")
        return f"{time} time   {bars} bars   Enter narrow   {zoom} zoom   {self.labels('quit')} close"

    def above_lines(self) -> Iterable[Widget]:
        """Return the plot and the line below it."""
        return self._plot, self._marker

    def lines_for(self, words: Sequence[str], width: int) -> tuple[Line, ...]:
        """Return topics and sources whose names contain all of ``words``, as bars."""
        sections = [
            (heading, [bar for bar in bars if have_words([bar.label], words)][:_MOST])
            for heading, bars in (("Topics", self._statistics.by_topic), ("Sources", self._statistics.by_source))
        ]
        self._bars = [bar for _, bars in sections for bar in bars]
        self._selected = min(self._selected, len(self._bars) - 1)
        self._show_plot()
        return bar_lines(sections, width, selected=self._selected) or NOTHING

    def _show_plot(self) -> None:
        width = max(8, self._plot.size.width)
        bars, selected = bars_to_plot(self._statistics.by_time, self._moment, width)
        self._plot.data = [float(bar.articles) for bar in bars]
        self._marker.update(Content(time_marker(bars, selected, width)))
        self._marker.set_class(self._selected < 0, "-selected")

    def _show_bars(self) -> None:
        self.fill(y=None)
        line = next((y for y, runs in enumerate(self.view.lines) if any(run.item == self._selected for run in runs)), 0)
        scroll_line_into_view(self.view, 0 if self._selected <= 0 else line)

    # Keys.

    def action_move(self, direction: Direction) -> None:
        """Select another topic or source; up from the first leads back to the plot."""
        distance, before = move_distance(direction, self.view.size.height), self._selected
        self._selected = max(-1 if direction != "top" else 0, min(self._selected + distance, len(self._bars) - 1))
        if self._selected == before >= 0:
            self.show_message(f"This is the {'last' if distance > 0 else 'first'} bar.")
        elif self._selected == before:
            keys = self.labels("heat.earlier", "heat.later")
            self.show_message(f"This is the plot: {keys} select one of its bars." if self._bars else "No bar is found.")
        self._show_bars()

    def action_time(self, step: int) -> None:
        """Select the next bar of the plot that has articles or, with -1, the one before."""
        bars, at = self._statistics.by_time, self._moment + step
        while 0 <= at < len(bars) and not bars[at].articles:
            at += step
        if self._selected >= 0:  # the selection leaves the topics and sources for the plot
            self._selected = -1
        elif 0 <= at < len(bars):
            self._moment = at
        else:
            self.show_message(f"This is the {'last' if step > 0 else 'first'} bar of the plot.")
        self._show_bars()

    def action_zoom(self, step: int) -> None:
        """Plot shorter periods or, with -1, longer ones."""
        at = _PERIODS.index(self._statistics.period) - step
        if 0 <= at < len(_PERIODS):
            self._zoom(_PERIODS[at], self._show_zoomed)
        else:
            self.show_message(f"The plot shows {'hours, no less' if step > 0 else 'years, no more'}.")

    def _show_zoomed(self, statistics: HeatStatistics) -> None:
        if not self.is_attached:
            return
        if statistics.period == self._statistics.period:
            self.show_message("The articles are too far apart for shorter periods: Enter narrows the list first.")
            return
        label = self._statistics.by_time[self._moment].label if self._statistics.by_time else ""
        labels = [bar.label for bar in statistics.by_time]
        near = [at for at, each in enumerate(labels) if each.startswith(label) or label.startswith(each)]
        self._statistics = statistics
        self._moment = near[-1] if near else len(labels) - 1
        self.show_message(f"A bar of the plot is {'an' if statistics.period == 'hour' else 'a'} {statistics.period}.")
        self._show_bars()

    def action_accept(self) -> None:
        """Go from the filter to what it has found, or narrow the list to the selected bar."""
        if self.has_filter_focus:
            super().action_accept()
            return
        bars = self._bars if self._selected >= 0 else self._statistics.by_time
        at = self._selected if self._selected >= 0 else self._moment
        if 0 <= at < len(bars) and self.is_active:
            self.dismiss()
            self._narrow(bars[at].query)
