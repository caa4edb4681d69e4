"""A scrolling view of ready lines that draws only those on screen."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from reader.tui.theme.styles import dimmed, theme_style
from reader.tui.widgets.text.scroll_view import LinesScrollView

if TYPE_CHECKING:
    from reader.content.blocks import TextStyle
    from reader.tui.widgets.text.highlight import Term
    from reader.tui.widgets.text.lines import Line, Run

MEASURE = 76
"""Cells of a line of text at most: longer ones are hard to follow with the eye."""
BLANK: Line = ()
_FAR = 1 << 30
"""Lines; more than there are."""
_PIECE = 64
"""Lines in which found words are looked for at a time."""


class LineView(LinesScrollView, can_focus=True):
    """Shows lines in a column of at most 76 cells, in the middle of what is wider."""

    class LinkClicked(Message):
        """The mouse asked for an address."""

        def __init__(self, href: str) -> None:
            super().__init__()
            self.href = href

    class EndReached(Message):
        """A key led against the top or the bottom."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

        def can_replace(self, message: Message) -> bool:
            """Once is enough, however long the key is held."""
            return isinstance(message, LineView.EndReached)

    def __init__(self, *, id: str | None = None, measure: int = MEASURE) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._measure = measure
        self._lines: Sequence[Line] = ()
        self._styles: dict[tuple[str, TextStyle, bool, float], Style] = {}
        self._blank: Style | None = None
        self._terms: dict[str, tuple[Term, ...]] = {}
        """Words that are drawn as found, by the ink of where they stand."""
        self._found: dict[tuple[int, str], dict[int, list[tuple[int, int]]]] = {}
        """Where they stand: piece of the lines, and ink -> line -> places in its characters."""

    # What it shows.

    @property
    def text_width(self) -> int:
        """The cells a line may take, at the present size."""
        return max(8, min(self._measure, self._room))

    @property
    def _room(self) -> int:
        # One cell at each side, and one for the scrollbar whether it shows or not, so that nothing is wrapped for it.
        # While it is hidden, it will have the whole width: there is room for one pane only.
        return (self.size.width or self.app.size.width) - 3

    def show_lines(self, lines: Sequence[Line], *, y: int | None = None) -> None:
        """Show ``lines`` in the place of the former, scrolled to ``y`` (where it was when None)."""
        self._lines = lines
        self._found.clear()
        self.set_line_count(self.size.width, len(lines))
        if y is not None:
            # By force: Textual learns only afterwards that what was short has become long and can scroll.
            self.scroll_to(y=y, animate=False, immediate=True, force=True)
        self.refresh()

    def highlight(self, titles: tuple[Term, ...], texts: tuple[Term, ...]) -> None:
        """Draw these words as found: ``titles`` in titles, ``texts`` in what is below them."""
        terms = {"title": titles, "selected-title": titles, "text": texts}
        if terms != self._terms:
            self._terms = terms
            self._found.clear()
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the line at ``y`` of the screen region."""
        at = y + self.scroll_offset.y
        line = self._lines[at] if at < len(self._lines) else BLANK
        if self._blank is None:
            self._blank = theme_style(self, "text")
        blank = self._blank
        margin = self._margin()
        segments = [Segment(" " * margin, blank)]
        for run, over in self._runs(at, line):
            if run.picture is not None:
                from reader.tui.widgets.text.image_lines import drawn  # imported late: the first frame has no pictures

                segments += drawn(run.picture)
                continue
            style = self._style(run.ink, run.text_style, link=bool(run.href), lightness=run.lightness)
            segments.append(Segment(run.text, style + theme_style(self, over) if over else style))
        return Strip(segments).adjust_cell_length(self.size.width, blank)

    def _runs(self, at: int, line: Line) -> Iterator[tuple[Run, str]]:
        """Yield the runs of a line, cut where something is to be drawn over them, with the ink of that, or nothing."""
        start = 0
        for run in line:
            end = start + len(run.text)
            if run.picture is not None:  # it is drawn as a whole
                yield run, ""
                start = end
                continue
            over = self.drawn_over(at, run.ink)
            inside = [(max(a - start, 0), min(b, end) - start, name) for a, b, name in over if a < end and b > start]
            done = 0
            for a, b, name in inside:
                if a > done:
                    yield replace(run, text=run.text[done:a]), ""
                yield replace(run, text=run.text[a:b]), name
                done = b
            if not inside:
                yield run, ""
            elif done < len(run.text):
                yield replace(run, text=run.text[done:]), ""
            start = end

    def drawn_over(self, at: int, ink: str) -> Sequence[tuple[int, int, str]]:
        """Return what is drawn over what the line ``at`` has in an ink: from, to (in characters), in which ink."""
        return [(a, b, "found") for a, b in self._found_in(at, ink)] if self._terms.get(ink) else ()

    def _found_in(self, at: int, ink: str) -> Sequence[tuple[int, int]]:
        """Return where in the line ``at`` the words of an ink stand; those of a phrase may be in two lines."""
        piece = at // _PIECE
        which = (piece, ink)
        if which not in self._found:
            from reader.tui.widgets.text.highlight import spans

            lines = ["".join(run.text for run in line) for line in self._lines[piece * _PIECE : (piece + 1) * _PIECE]]
            starts = [*accumulate((len(line) + 1 for line in lines), initial=0)]
            places: dict[int, list[tuple[int, int]]] = {}
            for start, end in spans("\n".join(lines), self._terms[ink]):
                for line in range(bisect_right(starts, start) - 1, bisect_left(starts, end)):
                    begin = piece * _PIECE + line
                    places.setdefault(begin, []).append((max(0, start - starts[line]), end - starts[line]))
            self._found[which] = places
        return self._found[which].get(at, [])

    def notify_style_update(self) -> None:
        """Forget the styles of the former theme."""
        self._styles.clear()
        self._blank = None
        super().notify_style_update()

    def _margin(self) -> int:
        return 1 + max(0, (self._room - self.text_width) // 2)

    def _style(self, name: str, mark: TextStyle, *, link: bool, lightness: float) -> Style:
        key = (name, mark, link, lightness)
        style = self._styles.get(key)
        if style is None:
            style = self._styles[key] = self._make_style(name, mark, link=link, lightness=lightness)
        return style

    def _make_style(self, name: str, mark: TextStyle, *, link: bool, lightness: float) -> Style:
        from reader.content.blocks import TextStyle  # imported late: the first frame has no text in the pane

        if TextStyle.CODE in mark:
            name = "code"
        elif TextStyle.MUTED in mark:
            name = "quiet"
        elif link and name == "text":
            name = "link"
        elif TextStyle.HEADING in mark:
            name = "title"
        style = theme_style(self, name) + Style(
            bold=TextStyle.BOLD in mark or TextStyle.HEADING in mark or None,
            italic=TextStyle.ITALIC in mark or None,
            strike=TextStyle.STRIKE in mark or None,
        )
        return style + dimmed(style, lightness)

    # Mouse and keys.

    def on_click(self, event: events.Click) -> None:
        """Follow a link under the mouse."""
        offset = event.get_content_offset(self)
        run = self.run_at(*offset) if offset is not None else None
        if run is not None and run.href:
            event.stop()
            self.post_message(self.LinkClicked(run.href))

    def run_at(self, x: int, y: int) -> Run | None:
        """Return the run under a cell of the content, if there is one."""
        at = y + self.scroll_offset.y
        left = x - self._margin()
        if not 0 <= at < len(self._lines) or left < 0:
            return None
        for run in self._lines[at]:
            cells = Segment(run.text).cell_length
            if left < cells:
                return run
            left -= cells
        return None

    def line_at(self, y: int) -> Line:
        """Return the line under a row of the content."""
        at = y + self.scroll_offset.y
        return self._lines[at] if 0 <= at < len(self._lines) else BLANK

    def action_down(self) -> None:
        """Scroll down a line."""
        self._scroll_by(1)

    def action_up(self) -> None:
        """Scroll up a line."""
        self._scroll_by(-1)

    def action_top(self) -> None:
        """Scroll to the first line."""
        self._scroll_by(-_FAR)

    def action_end(self) -> None:
        """Scroll to the last line."""
        self._scroll_by(_FAR)

    def action_half_down(self) -> None:
        """Scroll down half a page."""
        self._scroll_by(max(1, self.size.height // 2))

    def action_half_up(self) -> None:
        """Scroll up half a page."""
        self._scroll_by(-max(1, self.size.height // 2))

    def action_page_down(self) -> None:
        """Scroll down a page, keeping a line in view."""
        self._scroll_by(max(1, self.size.height - 1))

    def action_page_up(self) -> None:
        """Scroll up a page, keeping a line in view."""
        self._scroll_by(-max(1, self.size.height - 1))

    def _scroll_by(self, lines: int) -> None:
        before = self.scroll_offset.y
        target = max(0, min(before + lines, self.max_scroll_y))
        if target == before:
            self.post_message(self.EndReached("This is the end." if lines > 0 else "This is the top."))
        else:
            self.scroll_to(y=target, animate=False, immediate=True)
