"""The reading view: a text in a column, with links to open by letter or number, search, headings and a selection."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from textual import events, on
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip

from reader.tui.keys import bindings
from reader.tui.timings import timings_of
from reader.tui.widgets.reader.lines import DEFAULT_MEASURE, Matches, ReaderLayout, ReaderText, SearchableText
from reader.tui.widgets.status_message import StatusMessage
from reader.tui.widgets.text.line_view import LineView
from reader.tui.widgets.text.lines import line_text
from reader.tui.widgets.text.link_hints import LinkHints
from reader.tui.widgets.text.scroll_view import scroll_line_into_view, scroll_to_line

MIN_MEASURE, MAX_MEASURE = 40, 120
"""The narrowest and the widest column in cells."""
_MEASURE_STEP = 4


class ReaderView(LineView):
    """Shows one :class:`ReaderText`, laid out by a worker."""

    BINDINGS = bindings.bindings("text")

    class CloseRequested(Message):
        """The user wants to leave the text."""

    class MeasureChanged(Message):
        """The user has changed the width of the column, in cells."""

        def __init__(self, cells: int) -> None:
            super().__init__()
            self.cells = cells

    class SearchRequested(Message):
        """The user wants to enter what to search for."""

    class NextArticleRequested(Message):
        """The user wants the next unread article or, with step -1, the previous one."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, *, measure: int = DEFAULT_MEASURE, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, measure=measure)
        self.before_blur: Callable[[], None] = lambda: None
        """Called before an action that moves the focus: the next key is not meant for the text."""
        self.text: ReaderText | None = None
        self.text_layout: ReaderLayout | None = None
        self.hints = LinkHints(self, lambda: self.text_layout.links if self.text_layout is not None else ())
        self.search_text = ""
        self._searchable: SearchableText | None = None
        self._search_matches: Matches | None = None
        self._match = -1
        """The index of the match that was visited last, or -1."""
        self._selected_lines: tuple[int, int] | None = None
        """The line where the user began to select, and the line where the selection ends, or None."""
        self._shown_at = 0.0
        """When the text was shown, by time.monotonic()."""

    # Content.

    def clear(self) -> None:
        """Forget the text. Its lines stay on the screen until the next text is shown."""
        self.text = self.text_layout = self._searchable = None
        self._cancel_selection()

    def show(self, text: ReaderText, layout: ReaderLayout, *, position: int | None = None) -> None:
        """Show ``text`` from its top or from an offset in it."""
        self._shown_at = time.monotonic()
        self._set_text(text, layout)
        self.search_text = ""
        self._update_matches()
        self.show_text(layout.lines, layout, position=position)

    def refit(self, text: ReaderText, layout: ReaderLayout) -> None:
        """Show the same text in other lines or with other notices, at the same position."""
        # Someone who has read for a while looks at the middle of the view: an image above must not push it away.
        same_width = self.text_layout is not None and self.text_layout.width == layout.width
        is_reading = same_width and time.monotonic() > self._shown_at + timings_of(self).until_reading
        self._set_text(text, layout)
        self._update_matches()
        self.show_lines(layout.lines, y=self.position.refit(layout, by_middle=is_reading))

    def _set_text(self, text: ReaderText, layout: ReaderLayout) -> None:
        self.text, self.text_layout = text, layout
        self._searchable = None
        self._cancel_selection()
        self._check_width()

    def _cancel_selection(self) -> None:
        self.hints.clear()
        self.end_line_selection()

    @on(events.Resize)
    def _check_width(self) -> None:
        if self.text_layout is not None and self.text_width != self.text_layout.width:
            self.post_message(self.WidthChanged(self))

    @property
    def is_page(self) -> bool:
        """Whether the text is the fetched original."""
        return self.text is not None and self.text.kind == "page"

    @property
    def measure(self) -> int:
        """The width of the column in cells, where there is space for it."""
        return self._measure

    @measure.setter
    def measure(self, cells: int) -> None:
        self._measure = max(MIN_MEASURE, min(cells, MAX_MEASURE))
        self._check_width()

    @property
    def progress(self) -> float:
        """The share of the text above the lower edge of the view, from 0 to 1."""
        if self.text_layout is None or not self.text_layout.text:
            return 1.0
        text = self.text_layout.text
        seen = self.scroll_offset.y + self.size.height - text.start
        return max(0.0, min(1.0, seen / len(text)))

    @property
    def is_busy(self) -> bool:
        """Whether the user is choosing a link or selecting text, so that lines must not move."""
        return self.hints.is_active or self._selected_lines is not None or self.text_selection is not None

    # Width of the column.

    def action_wider(self, step: int) -> None:
        """Make the column wider by a step or, with -1, narrower."""
        measure = max(MIN_MEASURE, min(self._measure + step * _MEASURE_STEP, MAX_MEASURE))
        if measure == self._measure:
            self._say(f"The column is already at its {'maximum' if step > 0 else 'minimum'} width.")
        elif step > 0 and self.available_width <= self._measure:
            self._say("There is no space for a wider column.")
        else:
            self._change_measure(measure)

    def action_usual_width(self) -> None:
        """Give the column its default width."""
        self._change_measure(DEFAULT_MEASURE)

    def _change_measure(self, cells: int) -> None:
        self.measure = cells
        self.post_message(self.MeasureChanged(cells))
        self._say(f"{min(cells, self.available_width)} characters per line.")

    # Movement.

    def action_leave(self) -> None:
        """End the selection or the search, else leave the text."""
        if self._selected_lines is not None:
            self.end_line_selection()
        elif self.search_text:
            self.search("")
            self._say("Search ended.")
        else:
            self.before_blur()
            self.post_message(self.CloseRequested())

    def scroll_lines(self, lines: int) -> None:
        """Scroll by ``lines`` or, while lines are selected, extend the selection."""
        if self._selected_lines is None:
            super().scroll_lines(lines)
            return
        first, last = self._selected_lines
        last = max(0, min(last + lines, len(self.lines) - 1))
        self._selected_lines = (first, last)
        self.position.note_user_scroll()
        scroll_line_into_view(self, last)
        self.refresh()

    def action_heading(self, step: int) -> None:
        """Go to the next heading or, with -1, to the previous one."""
        headings = self.text_layout.headings if self.text_layout is not None else ()
        top = self.scroll_offset.y
        if step > 0:
            target = next((line for line in headings if line > top), None)
        else:
            target = next((line for line in reversed(headings) if line < top), None)
        if len(headings) < 2:
            self._say("This text has no headings.")
        elif target is None or (step > 0 and top >= self.max_scroll_y):
            self._say("This is the last heading." if step > 0 else "This is the first heading.")
        else:
            self._jump(target)

    def _jump(self, line: int) -> None:
        self.position.note_user_scroll()
        scroll_to_line(self, line)

    # Links.

    def action_links(self) -> None:
        """Show a label at every link on the screen; typing it opens the link."""
        self.hints.show()

    @on(events.Key)
    def _handle_link_key(self, event: events.Key) -> None:
        self.hints.handle_key(event)

    # Search.

    def action_search(self) -> None:
        """Ask what to search for."""
        self.before_blur()
        self.post_message(self.SearchRequested())

    def search(self, text: str) -> tuple[int, int]:
        """Search for ``text``, and go to the first match from the top of the view on.

        Return the number of that match, from 1 on, and how many there are; (0, 0) if there are none.
        """
        self.search_text = text.strip()
        self._match = -1
        self._update_matches()
        if self._search_matches:
            self._go_to_match(
                self._search_matches, self._search_matches.first_from(self.scroll_offset.y) % len(self._search_matches)
            )
        return self._match + 1, len(self._search_matches or ())

    def _update_matches(self) -> None:
        if not self.search_text or self.text_layout is None:
            self._search_matches, self._match = None, -1
        else:
            if self._searchable is None:
                self._searchable = SearchableText(self.text_layout.lines)
            self._search_matches = self._searchable.find(self.search_text)
            self._match = min(self._match, len(self._search_matches) - 1)
        self.refresh()

    def _go_to_match(self, matches: Matches, index: int) -> None:
        self._match = index
        self.refresh()
        line, height = matches.line(index), self.size.height
        if not self.scroll_offset.y <= line < self.scroll_offset.y + height:
            self._jump(max(0, line - height // 3))

    def action_match(self, step: int) -> None:
        """Go to the next match or, with -1, to the previous one; without a search, to the next unread article."""
        if not self.search_text:
            self.before_blur()
            self.post_message(self.NextArticleRequested(step))
        elif not self._search_matches:
            self._say(f"“{self.search_text}” is not in this text.")
        else:
            index = self._next_match(self._search_matches, step)
            self._go_to_match(self._search_matches, index % len(self._search_matches))
            wrapped = "" if 0 <= index < len(self._search_matches) else " (wrapped)"
            self._say(f"Match {self._match + 1:,} of {len(self._search_matches):,}{wrapped}")

    def _next_match(self, matches: Matches, step: int) -> int:
        """Return the match after the last visited one or, when that is off screen, from the view on."""
        top, bottom = self.scroll_offset.y, self.scroll_offset.y + self.size.height
        if self._match >= 0 and top <= matches.line(self._match) < bottom:
            return self._match + step
        return matches.first_from(top) if step > 0 else matches.first_from(bottom) - 1

    # Selection.

    def action_choose(self) -> None:
        """Begin to select lines, or end it."""
        if self._selected_lines is not None:
            self.end_line_selection()
        elif self.lines:
            match = self._search_matches.line(self._match) if self._search_matches and self._match >= 0 else -1
            top = self.scroll_offset.y
            bottom = min(top + self.size.height, len(self.lines))
            first = next((index for index in range(top, bottom) if self.lines[index]), top)
            start = match if top <= match < top + self.size.height else first
            self._selected_lines = (start, start)
            self.screen.clear_selection()
            self.refresh()
            self._say("Move to select lines. y copies them, Esc cancels.", transient=False)

    def end_line_selection(self) -> None:
        """Clear the selection."""
        if self._selected_lines is not None:
            self._selected_lines = None
            self.refresh()
        if self.is_attached and self.text_selection is not None:
            self.screen.clear_selection()

    @property
    def selected_text(self) -> str:
        """The text that is selected by keys or mouse; may be empty."""
        if self._selected_lines is not None:
            first, last = sorted(self._selected_lines)
            return "\n".join(self._text_of(index) for index in range(first, last + 1)).strip("\n")
        selection = self.text_selection
        return "" if selection is None else (self.get_selection(selection) or ("", ""))[0]

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text that the mouse has selected; Textual calls this."""
        rows = range(
            0 if selection.start is None else max(0, selection.start.y),
            len(self.lines) if selection.end is None else min(len(self.lines), selection.end.y + 1),
        )
        pieces = []
        for index in rows:
            start, end = selection.get_span(index) or (0, -1)
            text = self._text_of(index)
            pieces.append(text[max(0, start) : None if end == -1 else max(0, end)])
        return "\n".join(pieces), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw what the mouse has selected; Textual calls this."""
        self._selected_lines = None
        self.refresh()

    def _text_of(self, index: int) -> str:
        return line_text(self.lines[index]).rstrip() if index < len(self.lines) else ""

    # Drawing.

    def _overlays(self, index: int, style: str) -> Sequence[tuple[int, int, str]]:
        if self._selected_lines is not None and min(self._selected_lines) <= index <= max(self._selected_lines):
            return [(0, len(self._text_of(index)), "selected")]
        selection = self.text_selection
        span = selection.get_span(index) if selection is not None else None
        if span is not None:
            start, end = span
            return [(max(0, start), len(self._text_of(index)) if end == -1 else max(0, end), "selected")]
        if self._search_matches is None:
            return ()
        # Not "found": links are underlined, too.
        styles = {self._match: "found-here"}
        return [
            (start, end, styles.get(match, "found-there")) for match, start, end in self._search_matches.in_line(index)
        ]

    def render_line(self, y: int) -> Strip:
        """Draw a line with its link labels, and with the offsets that Textual needs to select text in it."""
        index = y + self.scroll_offset.y
        strip = self.hints.draw(index, super().render_line(y))
        if index < len(self.lines) and any(run.image is not None for run in self.lines[index]):
            return strip  # images cannot be copied
        return strip.apply_offsets(-self.margin, index)

    def _say(self, text: str, *, transient: bool = True) -> None:
        self.post_message(StatusMessage(text, transient=transient))
