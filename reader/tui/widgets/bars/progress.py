"""The lines above the keys while something takes its time: a bar, how much of how much, the time left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from reader.core.events import Progress, format_duration, progress_facts, share_done
from reader.core.text import cell_width
from reader.tui.theme.styles import theme_style

if TYPE_CHECKING:
    from reader.core.events import BulkProgress

_WORTH_SHOWING = 200
"""Documents; fewer are read before one has looked."""
_WORTH_SHOWING_AT_ONCE = 2000
"""Documents; of fewer it turns out after a second whether one has to wait for them."""
_LEAST_BAR = 8
_MOST_BAR = 40


class Wording(NamedTuple):
    """One way to fill a line: what is said in it, and what stands before that."""

    parts: tuple[str, ...]
    """The first is the most important."""
    has_bar: bool = True
    has_name: bool = True


def fitting(name: str, wordings: Sequence[Wording], cells: int) -> tuple[Wording, int]:
    """Return the first of the wordings for which a line of so many cells has room, else the last; and cells of its bar.

    Nothing is shown in part: what has no room is left out whole.
    """
    for wording in wordings:
        before = (
            cell_width(name) + (3 if wording.has_bar else 1) if wording.has_name else -1
        )  # one blank stands at the left
        room = cells - before - sum(cell_width(part) + 2 for part in wording.parts)
        if room >= (_LEAST_BAR if wording.has_bar else 0):
            return wording, min(_MOST_BAR, room) if wording.has_bar else 0
    return wordings[-1], 0


class _BarLine(Widget):
    """Draws a line: what goes on, a bar, and what there is room for of what is said of it."""

    def draw(self, name: str, share: float, wordings: Sequence[Wording]) -> Strip:
        """Return it; ``share`` is from 0 to 1, and the wordings begin with the fullest."""
        quiet = theme_style(self, "quiet")
        wording, bar = fitting(name, wordings, self.size.width)
        filled = round(bar * share)
        segments = []
        if wording.has_name:
            segments.append(Segment(f" {name}{' ' * (2 if bar else 0)}", theme_style(self, "text")))
        segments += [
            Segment("━" * filled, theme_style(self, "accent")),
            Segment("━" * (bar - filled), theme_style(self, "track")),
        ]
        for at, part in enumerate(wording.parts):
            gap = "  " if at or wording.has_name else " "
            segments.append(Segment(gap + part, quiet if at else theme_style(self, "text")))
        return Strip(segments).adjust_cell_length(self.size.width, quiet)


class IndexingBar(_BarLine):
    """Shows how far the reading of the folder is; not there when nothing is read."""

    progress: reactive[Progress] = reactive(Progress())

    def watch_progress(self, progress: Progress) -> None:
        """Come when there is much to read, and go when it is read."""
        worth = _WORTH_SHOWING if progress.seconds > 1 else _WORTH_SHOWING_AT_ONCE
        self.display = not progress.finished and progress.total + progress.before >= worth

    def render_line(self, y: int) -> Strip:
        """Draw what there is room for."""
        if y:
            return Strip.blank(self.size.width, theme_style(self, "quiet"))
        share = 0 if self.progress.walking else share_done(self.progress)
        said = progress_facts(self.progress)
        fewer = [Wording(said[:parts]) for parts in range(len(said), 0, -1)]
        return self.draw("Reading", share, (*fewer, Wording(said[:1], has_bar=False)))


class BulkFetchBar(_BarLine):
    """Shows how far the fetching of many originals is; not there when none are fetched."""

    gathered: reactive[BulkProgress | None] = reactive["BulkProgress | None"](None)
    keys: reactive[tuple[str, str]] = reactive(("F", "X"))
    """The keys that pause and stop it."""

    def watch_gathered(self, gathered: BulkProgress | None) -> None:
        """Come when it begins, and go when it ends."""
        self.display = gathered is not None

    def render_line(self, y: int) -> Strip:
        """Draw what there is room for."""
        gathered = self.gathered
        if y or gathered is None:
            return Strip.blank(self.size.width, theme_style(self, "quiet"))
        pause, stop = self.keys
        over = gathered.done + gathered.cached + gathered.failed
        share = over / max(1, over + gathered.left)
        return self.draw("Paused" if gathered.paused else "Fetching", share, wordings_of(gathered, pause, stop))


def wordings_of(gathered: BulkProgress, pause: str, stop: str) -> tuple[Wording, ...]:
    """Return what to say of the fetching of many, from the fullest to the shortest; the keys go last but the number.

    The name goes before the keys: where they end the pause, one sees that there is one.
    """
    fetched = gathered.done + gathered.cached
    total = fetched + gathered.failed + gathered.left
    failed = f", {gathered.failed:,} failed"
    every = f"{fetched:,} fetched{failed}, {gathered.left:,} left"
    short = f"{fetched:,} of {total:,}"
    keys = f"{pause} goes on, {stop} stops" if gathered.paused else f"{pause} pauses, {stop} stops"
    going = gathered.rate > 0 and not gathered.paused
    rate = (f"{gathered.rate:.1f}/s",) if going else ()
    left = (f"{format_duration(gathered.left / gathered.rate)} left",) if going else ()
    long_rate = (f"{gathered.rate:.1f} a second",) if going else ()
    return (
        Wording((every, keys, *long_rate, *left)),
        Wording((every, keys, *rate, *left)),
        Wording((every, keys, *rate)),
        Wording((every, keys, *rate), has_bar=False),
        Wording((every, keys), has_bar=False),
        Wording((every, keys), has_bar=False, has_name=False),
        Wording((short + failed, keys), has_bar=False, has_name=False),
        Wording((short, keys), has_bar=False, has_name=False),
        Wording((short,), has_bar=False, has_name=False),
    )
