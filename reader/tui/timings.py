"""Every delay of the app in one place, so that tests can shorten or stop the clock; and calls after a delay."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from textual.timer import Timer
from textual.widget import Widget


class Timings(NamedTuple):
    """Delays in seconds. Pass one to :class:`reader.tui.app.NewsreaderApp` to change them."""

    # A named tuple: a dataclass would add half a millisecond to every start.

    until_busy_message: float = 0.25
    """A slow change of marks says so after this long."""
    message: float = 6.0
    """A message in the key bar stays this long; a warning, twice as long."""
    least_message: float = 0.5
    """A message stays at least this long, as it may come just before a key; a warning, twice as long."""
    transient_message: float = 0.15
    """A message goes this long after the next key, so that a held key does not make it flicker."""
    number: float = 0.4
    """A digit that does something alone waits this long for the rest of a number."""
    key_hold: float = 0.5
    """Keys that wait for the focus to move are released when the app has been idle this long."""
    action_hold: float = 1.0
    """The same for keys behind an action that waits for its list, article or text."""
    list_settled: float = 3.0
    """The list position is saved after this long without a move."""
    position_settled: float = 2.0
    """The reading position is saved after this long without scrolling."""
    until_reading: float = 1.5
    """A user who has looked at a text this long is assumed to be reading its middle line."""
    hint_grace: float = 1.5
    """Enter or Esc this soon after a link was opened by typing belongs to that link."""
    images_settled: float = 0.15
    """Sixel images are drawn after this long without scrolling."""
    until_lead_image: float = 0.7
    """An article has to be selected this long before its image is requested."""
    image_retry: float = 0.5
    """Pause before a text that is in use is laid out again with a new image."""
    text_retry: float = 0.3
    """Pause before a text that is in use is loaded again."""
    rows_retry: float = 1.0
    """Pause before rows that could not be read are requested again."""
    list_refresh: float = 1.0
    """The list follows pages of a bulk fetch at most this often."""
    title: float = 0.3
    """The title of the window follows the list at most this often."""
    backup_check: float = 3600.0
    """Interval at which the daily backup of the marks is checked."""
    recount: float = 60.0
    """Interval at which the counts in the sidebar are checked: a new day may have begun."""
    count_pause: float = 0.1
    """Minimum pause between two counts of the sidebar."""
    files_poll: float = 1.0
    """Interval at which config.toml and the saved views are checked for changes."""
    index_renewal: float = 10.0
    """Minimum time between two attempts to rebuild a damaged index."""
    idle_gc: float = 1.0
    """Interval at which garbage is collected when nothing happens."""
    process_idle: float = 60.0
    """A process that fetches pages, parses texts or renders images ends after this long without work."""
    quit: float = 3.0
    """On exit, pending writes get this long."""


class DelayedCall:
    """A call after a delay, which another one replaces."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._timer: Timer | None = None

    def start(self, seconds: float, callback: Callable[[], object]) -> None:
        """Call ``callback`` in ``seconds``, in place of a call that is still to come."""
        self.stop()
        # A timer that fired before it was stopped may still call back afterwards.
        timer: Timer = self._widget.set_timer(seconds, lambda: callback() if timer is self._timer else None)
        self._timer = timer

    def stop(self) -> None:
        """Drop the call that is still to come."""
        if self._timer is not None:
            self._timer.stop()  # reset() would wait for its end first
            self._timer = None


DEFAULT_TIMINGS = Timings()


def timings_of(widget: Widget) -> Timings:
    """Return the timings of the app that ``widget`` is in; the default ones for another app."""
    timings = getattr(widget.app, "timings", DEFAULT_TIMINGS)
    return timings if isinstance(timings, Timings) else DEFAULT_TIMINGS
