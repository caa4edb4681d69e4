"""The reading view: a text in a column, with links to open by letter or number, search, headings and a selection."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal

from textual import events, on
from textual.binding import Binding
from textual.message import Message
from textual.reactive import reactive
from textual.selection import Selection
from textual.strip import Strip

from reader.tui.keys import bindings
from reader.tui.terminal.window import name_hyperlinks
from reader.tui.timings import timings_of
from reader.tui.widgets.messages import show_status
from reader.tui.widgets.reader.lines import DEFAULT_MEASURE, ReaderLayout, ReaderText, SearchableText
from reader.tui.widgets.text.line_view import LineView, Span
from reader.tui.widgets.text.lines import line_text
from reader.tui.widgets.text.link_hints import LinkHints
from reader.tui.widgets.text.link_selection import LinkSelection
from reader.tui.widgets.text.scroll_view import scroll_line_into_view, scroll_to_line

MIN_MEASURE, MAX_MEASURE = 40, 120
"""The narrowest and the widest column in cells."""
_MEASURE_STEP = 4
_NO_LAYOUT = ReaderLayout((), (), (), range(0))
_NO_MATCHES = SearchableText(()).find("")


class ReaderView(LineView):
    """Shows one :class:`ReaderText`, laid out by a worker."""

    BINDINGS = [
        *bindings.bindings("text"),
        *(Binding(digit, f"link_digit('{digit}')", show=False) for digit in "0123456789"),
    ]

    class CloseRequested(Message):
        """The user wants to leave the text."""

    class MeasureChanged(Message):
        """The user has changed the width of the column."""

    class NextArticleRequested(Message):
        """The user wants the next unread article or, with step -1, the previous one."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    has_link: reactive[bool] = reactive(False, repaint=False)
    """Whether a link is selected and on the screen, so that keys are for it."""

    def __init__(self) -> None:
        super().__init__(id="text", measure=DEFAULT_MEASURE)
        self.text: ReaderText | None = None
        self.text_layout = _NO_LAYOUT
        self.hints = LinkHints(self, lambda: self.text_layout.links)
        self.search_text = ""
        self._searchable: SearchableText | None = None
        self._search_matches = _NO_MATCHES
        self._match = -1
        """The index of the match that was visited last, or -1."""
        self._selected_lines: tuple[int, int] | None = None
        """The line where the user began to select, and the line where the selection ends, or None."""
        self.selected_link = LinkSelection(self, lambda: self.text_layout.text, self._note_link)
        self._shown_at = 0.0
        """When the text was shown, by time.monotonic()."""

    # Content.

    def clear(self) -> None:
        """Forget the text. Its lines stay on the screen until the next text is shown, or until :meth:`drop_lines`."""
        self._set_text(None, _NO_LAYOUT)

    def drop_lines(self) -> None:
        """Free the lines of the text that was shown last; those of a long one take megabytes."""
        self.position.start(None)
        self.show_lines((), y=0)

    def show(self, text: ReaderText, layout: ReaderLayout, *, position: int | None = None) -> None:
        """Show ``text`` from its top or from an offset in it."""
        self._shown_at = time.monotonic()
        self.search_text = ""
        self._set_text(text, layout)
        self.show_text(layout.lines, layout, position=position)

    def refit(self, text: ReaderText, layout: ReaderLayout) -> None:
        """Show the same text in other lines or with other notices, at the same position."""
        # Someone who has read for a while looks at the middle of the view: an image above must not push it away.
        same_width = self.text_layout.width == layout.width
        is_reading = same_width and time.monotonic() > self._shown_at + timings_of(self).until_reading
        selected = self.selected_link.place
        self._set_text(text, layout)
        self.show_lines(layout.lines, y=self.position.refit(layout, by_middle=is_reading))
        self.selected_link.restore(selected)

    def _set_text(self, text: ReaderText | None, layout: ReaderLayout) -> None:
        self.text, self.text_layout, self._searchable = text, layout, None
        self._update_matches()
        self.hints.clear()
        self.selected_link.clear()
        self.end_line_selection()

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
        self.check_width()

    @property
    def progress(self) -> float:
        """The share of the text above the lower edge of the view, from 0 to 1."""
        text = self.text_layout.text
        if not text:
            return 1.0
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
            show_status(self, f"The column is already at its {'maximum' if step > 0 else 'minimum'} width.")
        elif step > 0 and self.available_width <= self._measure:
            show_status(self, "There is no space for a wider column.")
        else:
            self._change_measure(measure)

    def action_usual_width(self) -> None:
        """Give the column its default width."""
        self._change_measure(DEFAULT_MEASURE)

    def _change_measure(self, cells: int) -> None:
        self.measure = cells
        self.post_message(self.MeasureChanged())
        show_status(self, f"{min(cells, self.available_width)} characters per line.")

    # Movement.

    def action_leave(self) -> None:
        """End the selection or the search, else leave the text."""
        if self._selected_lines is not None:
            self.end_line_selection()
        elif self.selected_link.href:
            self.selected_link.clear()
        elif self.search_text:
            self.search("")
            show_status(self, "Search ended.")
        else:
            self.post_message(self.CloseRequested())

    def scroll_lines(self, lines: int) -> None:
        """Scroll by ``lines`` or, while lines are selected, extend the selection."""
        if self._selected_lines is None:
            super().scroll_lines(lines)
            return
        first, last = self._selected_lines
        last = max(0, min(last + lines, len(self.lines) - 1))
        self._selected_lines = (first, last)
        self.position.user_scrolls = True
        scroll_line_into_view(self, last)
        self.refresh()

    def action_heading(self, step: int) -> None:
        """Go to the next heading or, with -1, to the previous one."""
        headings = self.text_layout.headings
        top = self.scroll_offset.y
        ahead = [line for line in headings[::step] if (line - top) * step > 0]
        if len(headings) < 2:
            show_status(self, "This text has no headings.")
        elif not ahead or (step > 0 and top >= self.max_scroll_y):
            show_status(self, "This is the last heading." if step > 0 else "This is the first heading.")
        else:
            self._jump(ahead[0])

    def _jump(self, line: int) -> None:
        self.position.user_scrolls = True
        scroll_to_line(self, line)

    # Links.

    def _note_link(self) -> None:
        self.has_link = bool(self.selected_link.href)

    def action_links(self, what: Literal["label", "next", "previous", "read"] = "label") -> None:
        """Show a label at every link on the screen, select a link, or read the page of the selected one."""
        if what in {"next", "previous"}:
            self.selected_link.move(1 if what == "next" else -1)
        elif what == "read" and self.selected_link.href:
            self.post_message(self.LinkClicked(self.selected_link.href))
        else:
            self.hints.show()

    def action_link_digit(self, digit: str) -> None:
        """Begin the number of a link, which opens it."""
        self.hints.type_digit(digit)

    @on(events.Key)
    def _handle_link_key(self, event: events.Key) -> None:
        self.hints.handle_key(event)

    # Search.

    def search(self, text: str) -> tuple[int, int]:
        """Search for ``text``, and go to the first match from the top of the view on.

        Return the number of that match, from 1 on, and how many there are; (0, 0) if there are none.
        """
        self.search_text = text.strip()
        self._match = -1
        self._update_matches()
        matches = self._search_matches
        if matches:
            self._go_to_match(matches.first_from(self.scroll_offset.y) % len(matches))
        return self._match + 1, len(matches)

    def _update_matches(self) -> None:
        if self.search_text and self._searchable is None:
            self._searchable = SearchableText(self.text_layout.lines)
        self._search_matches = self._searchable.find(self.search_text) if self._searchable is not None else _NO_MATCHES
        self._match = min(self._match, len(self._search_matches) - 1)
        self.refresh()

    def _go_to_match(self, index: int) -> None:
        self._match = index
        self.refresh()
        line, height = self._search_matches.line(index), self.size.height
        if not self.scroll_offset.y <= line < self.scroll_offset.y + height:
            self._jump(max(0, line - height // 3))

    def action_match(self, step: int) -> None:
        """Go to the next match or, with -1, to the previous one; without a search, to the next unread article."""
        if not self.search_text:
            self.post_message(self.NextArticleRequested(step))
        elif not self._search_matches:
            show_status(self, f"“{self.search_text}” is not in this text.")
        else:
            index, count = self._next_match(step), len(self._search_matches)
            self._go_to_match(index % count)
            wrapped = "" if 0 <= index < count else " (wrapped)"
            show_status(self, f"Match {self._match + 1:,} of {count:,}{wrapped}")

    def _next_match(self, step: int) -> int:
        """Return the match after the last visited one or, when that is off screen, from the view on."""
        matches = self._search_matches
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
            self._selected_lines = (self.cursor_line, self.cursor_line)
            self.screen.clear_selection()
            self.refresh()
            show_status(self, "Move to select lines. y copies them, Esc cancels.", transient=False)

    @property
    def cursor_line(self) -> int:
        """The end of the selection, the match that was visited last if it is on the screen, else the first line."""
        if self._selected_lines is not None:
            return self._selected_lines[1]
        match, top = self._search_matches.line(self._match) if self._match >= 0 else -1, self.scroll_offset.y
        return match if top <= match < top + self.size.height else super().cursor_line

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
        spans = ((index, self._selected_span(index)) for index in range(len(self.lines)))
        return "\n".join(self._text_of(index)[slice(*span)] for index, span in spans if span is not None).strip("\n")

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text that is selected; Textual calls this."""
        return self.selected_text, "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw what the mouse has selected; Textual calls this."""
        self._selected_lines = None
        self.refresh()

    def _selected_span(self, index: int) -> Span | None:
        if self._selected_lines is not None:
            is_selected = min(self._selected_lines) <= index <= max(self._selected_lines)
            return (0, len(self._text_of(index))) if is_selected else None
        span = self.text_selection.get_span(index) if self.text_selection is not None else None
        if span is None:
            return None
        start, end = span
        return max(0, start), len(self._text_of(index)) if end == -1 else max(0, end)

    def _text_of(self, index: int) -> str:
        return line_text(self.lines[index]).rstrip() if index < len(self.lines) else ""

    # Drawing.

    def _overlays(self, index: int, style: str) -> Sequence[tuple[int, int, str]]:
        if (span := self._selected_span(index)) is not None:
            return [(*span, "selected")]
        if (link := self.selected_link.span_in(index)) is not None:
            return [(*link, "found-here")]
        # Not the style "found": links are underlined, too.
        styles = {self._match: "found-here"}
        found = self._search_matches.in_line(index) if self._search_matches else ()
        return [(start, end, styles.get(match, "found-there")) for match, start, end in found]

    def render_line(self, y: int) -> Strip:
        """Draw a line with its link labels, and with the offsets that Textual needs to select text in it."""
        index = y + self.scroll_offset.y
        strip = self.hints.draw(index, super().render_line(y))
        line = self.line_at(y)
        if any(run.image is not None for run in line):
            return strip  # images cannot be copied
        strip = strip.apply_offsets(-self.margin, index)
        return name_hyperlinks(strip) if any(run.href for run in line) else strip
