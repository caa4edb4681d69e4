"""The line above the keys while the folder is being read: a bar, how much of how much, the time left."""

from __future__ import annotations

from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from reader.jobs.progress import Progress, facts, share_done
from reader.text import width
from reader.ui.inks import ink

_WORTH_SHOWING = 200
"""Documents; fewer are read before one has looked."""
_WORTH_SHOWING_AT_ONCE = 2000
"""Documents; of fewer it turns out after a second whether one has to wait for them."""
_LEAST_BAR = 8
_MOST_BAR = 40


class ProgressLine(Widget):
    """Shows how far the reading of the folder is; not there when nothing is read."""

    progress: reactive[Progress] = reactive(Progress())

    def watch_progress(self, progress: Progress) -> None:
        """Come when there is much to read, and go when it is read."""
        worth = _WORTH_SHOWING if progress.seconds > 1 else _WORTH_SHOWING_AT_ONCE
        self.display = not progress.finished and progress.total + progress.before >= worth

    def render_line(self, y: int) -> Strip:
        """Draw what there is room for."""
        quiet = ink(self, "quiet")
        if y:
            return Strip.blank(self.size.width, quiet)
        progress = self.progress
        said = [*facts(progress)]
        room = self.size.width - len(" Reading  ")
        while len(said) > 1 and sum(width(each) + 2 for each in said) + _LEAST_BAR > room:
            said.pop()
        bar = max(0, min(_MOST_BAR, room - sum(width(each) + 2 for each in said)))
        filled = 0 if progress.walking else round(bar * share_done(progress))
        segments = [
            Segment(" Reading  ", ink(self, "text")),
            Segment("━" * filled, ink(self, "accent")),
            Segment("━" * (bar - filled), ink(self, "track")),
            Segment("  " + said[0], ink(self, "text")),
            *(Segment("  " + each, quiet) for each in said[1:]),
        ]
        return Strip(segments).adjust_cell_length(self.size.width, quiet)
