"""A scrolling view of lines that draws only those on screen."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.geometry import Offset, Region
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollDown, ScrollTo, ScrollUp
from textual.strip import Strip

from reader.tui.terminal.window import hyperlink
from reader.tui.theme.styles import blended, theme_style
from reader.tui.widgets.messages import LatestMessage, show_status
from reader.tui.widgets.text.image_overlay import ImageOverlay
from reader.tui.widgets.text.reading_position import ReadingPosition
from reader.tui.widgets.text.scroll_view import (
    Direction,
    draw_lines,
    move_distance,
    screen_offset,
    scroll_to_line,
    set_line_count,
)

if TYPE_CHECKING:
    from reader.content.blocks import TextStyle
    from reader.tui.widgets.text.highlight import Term
    from reader.tui.widgets.text.lines import Line, LineMap, Run

MEASURE = 76
"""The maximum width of a line in cells: longer ones are hard to follow with the eye."""
_NARROWEST = 20
"""The width of a line in a terminal that is narrower, where it is cut off: a long text at a few cells a line would take
more memory than all the rest."""
BLANK: Line = ()
_SEARCH_LINES = 64
"""Lines that are searched for highlighted words at a time."""
Span = tuple[int, int]
"""Start and end in the characters of a line."""


class LineView(ScrollView, can_focus=True):
    """Shows lines in a centered column."""

    class LinkClicked(Message):
        """The user clicked a link."""

        def __init__(self, href: str) -> None:
            super().__init__()
            self.href = href

    class PositionSettled(Message):
        """The user has scrolled and then paused."""

    class WidthChanged(LatestMessage):
        """The lines need to be laid out for another width."""

    def __init__(self, *, id: str | None = None, measure: int = MEASURE) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.set_reactive(LineView.auto_links, False)  # otherwise each link under the mouse redraws the whole view
        self.lines: Sequence[Line] = ()
        self.position = ReadingPosition(self, lambda: self.post_message(self.PositionSettled()))
        self._images = ImageOverlay(self)
        self._measure = measure
        self._styles: dict[tuple[str, TextStyle, bool, float], Style] = {}
        self._blank_style: Style | None = None
        self._terms: dict[str, tuple[Term, ...]] = {}
        """The words to highlight, by the style of the text they are in."""
        self._matches: dict[tuple[int, str], dict[int, list[Span]]] = {}
        """Where those words are: block of lines and style -> line -> spans."""

    # Content.

    @property
    def text_width(self) -> int:
        """The width of a line in cells, at the present size."""
        return max(_NARROWEST, min(self._measure, self.available_width))

    @property
    def available_width(self) -> int:
        """The cells that a line could have: one is left free on each side, one for the scroll bar."""
        # A hidden view will have the whole width: it is hidden because there is space for one pane only.
        return (self.size.width or self.app.size.width) - 3

    @property
    def margin(self) -> int:
        """The cells to the left of the lines."""
        return 1 + max(0, (self.available_width - self._measure) // 2)

    def show_lines(self, lines: Sequence[Line], *, y: int | None = None) -> None:
        """Show ``lines``, scrolled to the line ``y``; with None, as far as before."""
        self.lines = lines
        self._matches.clear()
        set_line_count(self, len(lines))
        if y is not None:
            scroll_to_line(self, y)
        self.check_width()
        self.refresh()

    def show_text(self, lines: Sequence[Line], line_map: LineMap, *, y: int = 0, position: int | None = None) -> None:
        """Show another text, scrolled to the line ``y``, or to an offset in the text."""
        self.position.start(line_map)
        line = y if position is None else line_map.line_at(position)
        self.show_lines(lines, y=line)
        # Also where the text is too short now to be scrolled that far.
        self.position.pin(self.scroll_offset.y if position is None else line)

    def highlight(self, titles: tuple[Term, ...], texts: tuple[Term, ...]) -> None:
        """Highlight ``titles`` in titles, ``texts`` in the text below them."""
        terms = {"title": titles, "selected-title": titles, "text": texts}
        if terms != self._terms:
            self._terms = terms
            self._matches.clear()
            self.refresh()

    @property
    def cursor_screen_offset(self) -> Offset:
        """Where the terminal's cursor is while the view has the focus, as of a text input."""
        return screen_offset(self, self.cursor_line, self.margin)

    @property
    def cursor_line(self) -> int:
        """The line that someone reads who follows the cursor: the first on the screen with text."""
        top = self.scroll_offset.y
        shown = range(top, min(top + self.size.height, len(self.lines)))
        return next((line for line in shown if self.lines[line]), top)

    # Drawing.

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw a region, with Sixel images where the terminal takes them."""
        strips = super().render_lines(crop) if any(self.styles.gutter) else draw_lines(self, crop, self._blank)
        return self._images.apply(strips, crop, self.lines, self.margin)

    @property
    def _blank(self) -> Style:
        """The style of blanks around the lines."""
        if self._blank_style is None:
            self._blank_style = theme_style(self, "text")
        return self._blank_style

    def render_line(self, y: int) -> Strip:
        """Draw the line in row ``y``."""
        segments = [Segment(" " * self.margin, self._blank)]
        for run, overlay in self._styled_runs(y + self.scroll_offset.y, self.line_at(y)):
            if run.image is not None:
                from reader.tui.widgets.text.image_lines import image_segments  # lazy: the first frame has no images

                segments += image_segments(run.image)
                continue
            style = self._run_style(run)
            if overlay:
                style += theme_style(self, overlay)
            if run.href and getattr(self.app, "hyperlinks", False):
                style = hyperlink(style, run.href)
            segments.append(Segment(run.text, style))
        return Strip(segments).adjust_cell_length(self.size.width, self._blank)

    def _styled_runs(self, index: int, line: Line) -> Iterator[tuple[Run, str]]:
        """Yield the runs of a line, split where a style overlays them, each with that style or ''."""
        start = 0
        for run in line:
            done, end = 0, len(run.text)
            # An image is drawn as a whole.
            for from_, to, style in self._overlays(index, run.style) if run.image is None else ():
                first, last = max(from_ - start, done), min(to - start, end)
                if first < last:
                    if first > done:
                        yield replace(run, text=run.text[done:first]), ""
                    yield replace(run, text=run.text[first:last]), style
                    done = last
            if not done:
                yield run, ""
            elif done < end:
                yield replace(run, text=run.text[done:]), ""
            start += end

    def _overlays(self, index: int, style: str) -> Sequence[tuple[int, int, str]]:
        """Return the spans of a line, in text of ``style``, that another style overlays, each with that style."""
        if not self._terms.get(style):
            return ()
        return [(start, end, "found") for start, end in self._matches_in(index, style)]

    def _matches_in(self, index: int, style: str) -> Sequence[Span]:
        """Return where the highlighted words are in a line; a phrase may span two lines."""
        first = index // _SEARCH_LINES * _SEARCH_LINES
        key = (first, style)
        if key not in self._matches:
            from reader.tui.widgets.text.highlight import spans

            texts = ["".join(run.text for run in line) for line in self.lines[first : first + _SEARCH_LINES]]
            starts = [*accumulate((len(text) + 1 for text in texts), initial=0)]
            by_line: dict[int, list[Span]] = {}
            for start, end in spans("\n".join(texts), self._terms[style]):
                for line in range(bisect_right(starts, start) - 1, bisect_left(starts, end)):
                    by_line.setdefault(first + line, []).append((max(0, start - starts[line]), end - starts[line]))
            self._matches[key] = by_line
        return self._matches[key].get(index, [])

    def _run_style(self, run: Run) -> Style:
        name, text_style, link, lightness = key = (run.style, run.text_style, bool(run.href), run.lightness)
        cached = self._styles.get(key)
        if cached is not None:
            return cached
        from reader.content.blocks import TextStyle  # lazy: the first frame has no text

        if TextStyle.CODE in text_style:
            name = "code"
        elif TextStyle.MUTED in text_style:
            name = "quiet"
        elif link and name == "text":
            name = "link"
        elif TextStyle.HEADING in text_style:
            name = "heading"
        background = "surface" if name.startswith("selected") and not self.has_focus else ""
        style = theme_style(self, name, background) + Style(
            bold=TextStyle.BOLD in text_style or TextStyle.HEADING in text_style or None,
            italic=TextStyle.ITALIC in text_style or None,
            strike=TextStyle.STRIKE in text_style or None,
        )
        if lightness < 1:
            quiet = "selected-quiet" if name.startswith("selected") else "quiet"
            style = blended(theme_style(self, quiet, background), style, lightness)
        self._styles[key] = style
        return style

    def notify_style_update(self) -> None:
        """Drop the styles of the previous theme."""
        self._styles.clear()
        self._blank_style = None
        super().notify_style_update()

    @on(events.Focus)
    @on(events.Blur)
    def _dim_selection(self) -> None:
        self._styles.clear()
        self.refresh()

    # Mouse and keys.

    @on(events.Click)
    def _follow_link(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        run = self.run_at(*offset) if offset is not None else None
        if run is not None and run.href:
            event.stop()
            self.post_message(self.LinkClicked(run.href))

    def run_at(self, x: int, y: int) -> Run | None:
        """Return the run at a cell of the content, if there is one."""
        left = x - self.margin
        if left < 0:
            return None
        for run in self.line_at(y):
            cells = Segment(run.text).cell_length
            if left < cells:
                return run
            left -= cells
        return None

    def line_at(self, y: int) -> Line:
        """Return the line in row ``y`` of the content."""
        index = y + self.scroll_offset.y
        return self.lines[index] if 0 <= index < len(self.lines) else BLANK

    def action_move(self, direction: Direction) -> None:
        """Scroll by a line or a page, or to either end."""
        self.scroll_lines(move_distance(direction, self.size.height))

    def scroll_lines(self, lines: int) -> None:
        """Scroll by ``lines`` for the user, or say that this is the end."""
        self.position.user_scrolls = True
        before = self.scroll_offset.y
        target = max(0, min(before + lines, self.max_scroll_y))
        if target == before:
            show_status(self, "This is the end." if lines > 0 else "This is the top.")
        else:
            self.scroll_to(y=target, animate=False, immediate=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow the reading position."""
        super().watch_scroll_y(old_value, new_value)
        self.position.scrolled()

    @on(events.Resize)
    def _note_resize(self) -> None:
        self.position.resized()
        self.check_width()

    def check_width(self) -> None:
        """Request new lines if those of the text were laid out for another width."""
        line_map = self.position.line_map
        if line_map is not None and line_map.width != self.text_width:
            self.post_message(self.WidthChanged())

    @on(events.MouseScrollDown)
    @on(events.MouseScrollUp)
    @on(ScrollTo)
    @on(ScrollDown)
    @on(ScrollUp)
    def _note_user_scroll(self) -> None:
        """Textual scrolls by mouse wheel and scroll bar; note that it does so for the user."""
        self.position.user_scrolls = True
