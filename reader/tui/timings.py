"""Every delay of the app in one place, so that tests can shorten or stop the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from textual.widget import Widget


class Timings(NamedTuple):
    """Delays in seconds. Pass one to :class:`reader.tui.app.NewsreaderApp` to change them."""

    # A named tuple: a dataclass would add half a millisecond to every start.

    until_read: float = 2.0
    """An article that stays in the pane this long is marked read."""
    until_busy_message: float = 0.25
    """A slow change of marks says so after this long."""
    message: float = 6.0
    """A message in the key bar stays this long; a warning, twice as long."""
    transient_message: float = 0.15
    """A transient message goes this long after the next key, so that a held key does not make it flicker."""
    key_hold: float = 0.5
    """Keys that wait for the focus to move are released after this long at the latest."""
    action_hold: float = 1.0
    """Keys behind an action that waits for its list, article or text are released after this long."""
    list_settled: float = 3.0
    """The list position is saved after this long without a move."""
    position_settled: float = 2.0
    """The reading position is saved after this long without scrolling."""
    until_reading: float = 1.5
    """Someone who has looked at a text this long is assumed to be at its middle line."""
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
    backup_check: float = 3600.0
    """Interval at which the daily backup of the marks is checked."""
    recount: float = 60.0
    """Interval at which the counts in the sidebar are checked: a new day may have begun."""
    count_pause: float = 0.1
    """Least pause between two counts of the sidebar."""
    views_poll: float = 1.0
    """Interval at which the file of saved views is checked for changes."""
    index_renewal: float = 10.0
    """Least time between two attempts to rebuild a damaged index."""
    idle_gc: float = 1.0
    """Interval at which garbage is collected when nothing happens."""
    quit: float = 3.0
    """At the end, pending writes get this long."""


DEFAULT_TIMINGS = Timings()


def timings_of(widget: Widget) -> Timings:
    """Return the timings of the app that ``widget`` is in; the default ones for another app."""
    timings = getattr(widget.app, "timings", DEFAULT_TIMINGS)
    return timings if isinstance(timings, Timings) else DEFAULT_TIMINGS
