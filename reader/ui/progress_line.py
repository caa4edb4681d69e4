"""The lines above the keys while something takes its time: a bar, how much of how much, the time left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from reader.jobs.progress import Progress, duration, facts, share_done
from reader.text import width
from reader.ui.inks import ink

if TYPE_CHECKING:
    from reader.jobs.fetch_news import Gathered

_WORTH_SHOWING = 200
"""Documents; fewer are read before one has looked."""
_WORTH_SHOWING_AT_ONCE = 2000
"""Documents; of fewer it turns out after a second whether one has to wait for them."""
_LEAST_BAR = 8
_MOST_BAR = 40


class _BarLine(Widget):
    """Draws a line: what goes on, a bar, and what there is room for of what is said of it."""

    def draw(self, name: str, share: float, said: Sequence[str]) -> Strip:
        """Return it; ``share`` is from 0 to 1, and of what is ``said`` the first is the most important."""
        quiet = ink(self, "quiet")
        shown = [*said]
        room = self.size.width - width(name) - 3
        while len(shown) > 1 and sum(width(each) + 2 for each in shown) + _LEAST_BAR > room:
            shown.pop()
        bar = max(0, min(_MOST_BAR, room - sum(width(each) + 2 for each in shown)))
        filled = round(bar * share)
        segments = [
            Segment(f" {name}  ", ink(self, "text")),
            Segment("━" * filled, ink(self, "accent")),
            Segment("━" * (bar - filled), ink(self, "track")),
            Segment("  " + shown[0], ink(self, "text")),
            *(Segment("  " + each, quiet) for each in shown[1:]),
        ]
        return Strip(segments).adjust_cell_length(self.size.width, quiet)


class ProgressLine(_BarLine):
    """Shows how far the reading of the folder is; not there when nothing is read."""

    progress: reactive[Progress] = reactive(Progress())

    def watch_progress(self, progress: Progress) -> None:
        """Come when there is much to read, and go when it is read."""
        worth = _WORTH_SHOWING if progress.seconds > 1 else _WORTH_SHOWING_AT_ONCE
        self.display = not progress.finished and progress.total + progress.before >= worth

    def render_line(self, y: int) -> Strip:
        """Draw what there is room for."""
        if y:
            return Strip.blank(self.size.width, ink(self, "quiet"))
        share = 0 if self.progress.walking else share_done(self.progress)
        return self.draw("Reading", share, facts(self.progress))


class GatheringLine(_BarLine):
    """Shows how far the fetching of many originals is; not there when none are fetched."""

    gathered: reactive[Gathered | None] = reactive["Gathered | None"](None)
    keys: reactive[tuple[str, str]] = reactive(("F", "X"))
    """The keys that pause and stop it."""

    def watch_gathered(self, gathered: Gathered | None) -> None:
        """Come when it begins, and go when it ends."""
        self.display = gathered is not None

    def render_line(self, y: int) -> Strip:
        """Draw what there is room for."""
        gathered = self.gathered
        if y or gathered is None:
            return Strip.blank(self.size.width, ink(self, "quiet"))
        pause, stop = self.keys
        over = gathered.done + gathered.cached + gathered.failed
        total = over + gathered.left
        said = [f"{gathered.done + gathered.cached:,} fetched, {gathered.failed:,} failed, {gathered.left:,} left"]
        said.append(f"{pause} goes on, {stop} stops" if gathered.paused else f"{pause} pauses, {stop} stops")
        if gathered.rate and not gathered.paused:
            said.append(f"{duration(gathered.left / gathered.rate)} left")
            said.append(f"{gathered.rate:.1f} a second")
        return self.draw("Paused" if gathered.paused else "Fetching", over / max(1, total), said)
