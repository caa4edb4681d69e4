"""Screens over each other: a modal one over part of another, which stays visible; and the size that all have."""

from __future__ import annotations

from typing import Any

from textual.events import Event, MouseEvent, Resize
from textual.geometry import Region
from textual.screen import ModalScreen, Screen
from textual.strip import Strip
from textual.widget import Widget


class OverlayScreen(ModalScreen[None]):
    """A modal screen that covers part of another, which is still drawn and still gets the mouse.

    Private: ``Screen._compositor_refresh``, ``Screen._compositor``, ``Compositor._dirty_regions`` and ``App._display``,
    because Textual draws what is below a modal screen a frame later, and the whole of it for each change;
    ``Screen._forward_event``, because it gives a modal screen every mouse event.
    """

    AUTO_FOCUS = ""

    def __init__(self, below: Screen[Any], content: Widget) -> None:
        """``content`` is everything that the screen shows."""
        super().__init__()
        self.below = below
        self.content = content
        self._is_drawing = False

    def on_resize(self, event: Resize) -> None:
        """Take the terminal's latest size."""
        use_latest_size(self, event)

    def _compositor_refresh(self) -> None:
        if self.app.screen is not self:  # another screen is on top
            super()._compositor_refresh()
            return
        self._is_drawing = True
        _draw_part(self, self.content.region)
        self._is_drawing = False

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return what is below, for screenshots and for screens on top; otherwise it is not drawn here."""
        if self._is_drawing:
            return [Strip.blank(crop.width)] * crop.height
        return self.below._compositor.render_strips()[crop.y : crop.bottom]

    def get_widget_at(self, x: int, y: int) -> tuple[Widget, Region]:
        """Return the widget that gets the mouse at this point, with its region."""
        return super().get_widget_at(x, y) if self.content.region.contains(x, y) else self.below.get_widget_at(x, y)

    def _forward_event(self, event: Event) -> None:
        if isinstance(event, MouseEvent) and not self._takes_mouse(event):
            self.below._forward_event(event)
        else:
            super()._forward_event(event)

    def _takes_mouse(self, event: MouseEvent) -> bool:
        captured = self.app.mouse_captured
        return self.content.region.contains(event.x, event.y) if captured is None else captured.screen is self


def use_latest_size(screen: Screen[Any], event: Resize) -> None:
    """Let a resize event of a screen carry the size that the terminal has now. Call it before Textual handles it.

    A screen that is resized sends itself another event with the same size. If the terminal has changed again
    meanwhile, the events of both sizes can follow each other forever, or the older one wins.
    """
    event.size = event.virtual_size = event.container_size = screen.app.size


def draw_below_overlay(screen: Screen[Any]) -> bool:
    """Draw what has changed on ``screen`` if an overlay covers part of it; return whether one does."""
    overlay = screen.app.screen
    if not isinstance(overlay, OverlayScreen) or overlay.below is not screen:
        return False
    # An overlay is at the bottom; it has no region before its first layout.
    height = overlay.content.region.y or screen.size.height
    _draw_part(screen, Region(0, 0, screen.size.width, height))
    return True


def _draw_part(screen: Screen[Any], part: Region) -> None:
    compositor = screen._compositor
    dirty = (region.intersection(part) for region in compositor._dirty_regions)
    compositor._dirty_regions = {region for region in dirty if region}
    screen.app._display(screen, compositor.render_update(screen_stack=screen.app._background_screens))
    screen._dirty_widgets.clear()
