"""Progress bars of indexing and of fetching, above the key bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from reader.core.events import BulkProgress, DownloadProgress, Progress, format_duration, progress_facts, share_done
from reader.core.text import cell_width, format_size
from reader.tui.theme.styles import draw_line

_MIN_DOCUMENTS = 200
"""Fewer documents are indexed before the bar could be seen."""
_MIN_DOCUMENTS_AT_ONCE = 2000
"""For fewer documents, wait a second to see whether they take long."""
_MIN_BAR = 8
_MAX_BAR = 40


class Wording(NamedTuple):
    """One way to describe the progress in a line."""

    parts: tuple[str, ...]
    """The most important part comes first."""
    has_bar: bool = True
    has_name: bool = True


def fitting(name: str, wordings: Sequence[Wording], cells: int) -> tuple[Wording, int]:
    """Return the first wording that fits into ``cells`` cells, else the last one, and the width of its bar.

    No part is cut.
    """
    for wording in wordings:
        before = cell_width(name) + (3 if wording.has_bar else 1) if wording.has_name else -1  # one blank on the left
        room = cells - before - sum(cell_width(part) + 2 for part in wording.parts)
        if room >= (_MIN_BAR if wording.has_bar else 0):
            return wording, min(_MAX_BAR, room) if wording.has_bar else 0
    return wordings[-1], 0


class _BarLine(Widget):
    """Draws a name, a bar, and as many facts as fit."""

    def draw(self, name: str, share: float, wordings: Sequence[Wording]) -> Strip:
        """Return the line; ``share`` is from 0 to 1, and ``wordings`` begins with the longest one."""
        wording, bar = fitting(name, wordings, self.size.width)
        filled = round(bar * share)
        pieces = [(f" {name}{'  ' if bar else ''}", "text")] if wording.has_name else []
        pieces += [("━" * filled, "accent"), ("━" * (bar - filled), "track")]
        for index, part in enumerate(wording.parts):
            gap = "  " if index or wording.has_name else " "
            pieces.append((gap + part, "quiet" if index else "text"))
        return draw_line(self, pieces)


class IndexingBar(_BarLine):
    """Shows the progress of indexing; hidden when there is none."""

    progress: reactive[Progress] = reactive(Progress())

    def watch_progress(self, progress: Progress) -> None:
        """Show the bar if there is much to index, and hide it at the end."""
        minimum = _MIN_DOCUMENTS if progress.seconds > 1 else _MIN_DOCUMENTS_AT_ONCE
        self.display = not progress.finished and progress.total + progress.before >= minimum

    def render_line(self, y: int) -> Strip:
        """Draw the bar."""
        share = 0 if self.progress.walking else share_done(self.progress)
        parts = progress_facts(self.progress)
        fewer = [Wording(parts[:number]) for number in range(len(parts), 0, -1)]
        return self.draw("Reading", share, (*fewer, Wording(parts[:1], has_bar=False)))


class BulkFetchBar(_BarLine):
    """Shows the progress of a bulk fetch; hidden when there is none."""

    progress: reactive[BulkProgress | None] = reactive[BulkProgress | None](None)
    keys: reactive[tuple[str, str]] = reactive(("F", "X"))
    """The keys that pause and stop the fetch."""

    def watch_progress(self, progress: BulkProgress | None) -> None:
        """Show the bar while a bulk fetch runs."""
        self.display = progress is not None

    def render_line(self, y: int) -> Strip:
        """Draw the bar."""
        progress = self.progress
        if progress is None:
            return draw_line(self, ())
        pause, stop = self.keys
        over = progress.done + progress.cached + progress.failed
        share = over / max(1, over + progress.left)
        return self.draw("Paused" if progress.paused else "Fetching", share, wordings_of(progress, pause, stop))


class DownloadBar(_BarLine):
    """Shows the progress of the running downloads; hidden when there are none."""

    downloads: reactive[tuple[DownloadProgress, ...]] = reactive[tuple[DownloadProgress, ...]](())
    key: reactive[str] = reactive("")
    """The key that cancels one."""

    def watch_downloads(self, downloads: tuple[DownloadProgress, ...]) -> None:
        """Show the bar while anything is downloaded."""
        self.display = bool(downloads)

    def render_line(self, y: int) -> Strip:
        """Draw the bar."""
        done, total = (sum(getattr(each, name) for each in self.downloads) for name in ("done", "total"))
        return self.draw(
            "Downloading", min(1.0, done / total) if total else 0, download_wordings(self.downloads, self.key)
        )


def download_wordings(downloads: Sequence[DownloadProgress], key: str) -> tuple[Wording, ...]:
    """Return the wordings for downloads, from the longest to the shortest."""
    done, rate = (sum(getattr(each, name) for each in downloads) for name in ("done", "rate"))
    is_known = bool(downloads) and all(each.total for each in downloads)
    total = sum(each.total for each in downloads)
    size = f"{format_size(done)} of {format_size(total)}" if is_known else format_size(done)
    files = (f"{len(downloads)} files",) if len(downloads) > 1 else ()
    pace = (f"{format_size(rate)}/s",) if rate else ()
    left = (f"{format_duration((total - done) / rate)} left",) if is_known and rate >= 1 and total > done else ()
    cancel = f"{key} cancels"
    return (
        Wording((size, *files, cancel, *pace, *left), has_bar=is_known),
        Wording((size, cancel, *pace), has_bar=is_known),
        Wording((size, cancel), has_bar=False),
        Wording((size, cancel), has_bar=False, has_name=False),
        Wording((size,), has_bar=False, has_name=False),
    )


def wordings_of(progress: BulkProgress, pause: str, stop: str) -> tuple[Wording, ...]:
    """Return the wordings for a bulk fetch, from the longest to the shortest.

    The keys are dropped after everything but the number. The name is dropped before them: the key that resumes
    shows that the fetch is paused.
    """
    fetched = progress.done + progress.cached
    total = fetched + progress.failed + progress.left
    failed = f", {progress.failed:,} failed"
    every = f"{fetched:,} fetched{failed}, {progress.left:,} left"
    short = f"{fetched:,} of {total:,}"
    keys = f"{pause} resumes, {stop} stops" if progress.paused else f"{pause} pauses, {stop} stops"
    is_running = progress.rate > 0 and not progress.paused
    rate = (f"{progress.rate:.1f}/s",) if is_running else ()
    left = (f"{format_duration(progress.left / progress.rate)} left",) if is_running else ()
    long_rate = (f"{progress.rate:.1f} per second",) if is_running else ()
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
