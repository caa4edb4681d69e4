"""The reading view: a text in a column, with links to open by letter or number, a search, headings and a selection."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip

from reader.tui.keys import bindings
from reader.tui.widgets.reader.lines import USUAL_MEASURE, Matches, ReaderLayout, ReaderText, SearchableText
from reader.tui.widgets.text.lines import line_text
from reader.tui.widgets.text.link_hints import LinkedView

_SECONDS_UNTIL_READING = 1.5
"""After which somebody who looks at a text is taken to be at its middle line."""
MEASURES = (40, 120)
"""The narrowest and the widest column, in cells."""
_MEASURE_STEP = 4


class ReaderView(LinkedView):
    """Shows one :class:`ReaderText`, laid out by a worker."""

    BINDINGS = bindings.bindings("text")

    class Left(Message):
        """The person wants back."""

    class MeasureChanged(Message):
        """The person wants a column of another width."""

        def __init__(self, cells: int) -> None:
            super().__init__()
            self.cells = cells

    class SearchRequested(Message):
        """The person wants to write what is looked for; ``step`` is 1, or -1 to begin with the one above."""

    class NextArticleRequested(Message):
        """The person wants the next unread article, or with -1 the one before: nothing is searched for."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, *, measure: int = USUAL_MEASURE, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, measure=measure)
        self.before_blur: Callable[[], None] = lambda: None
        """Called when what is pressed next is not meant for the text."""
        self.text: ReaderText | None = None
        self.laid: ReaderLayout | None = None
        self._searchable: SearchableText | None = None
        self.wanted = ""
        """What is searched for."""
        self._matches: Matches | None = None
        self._match = -1
        """Which of them is the one that was gone to last, or -1."""
        self._chosen: tuple[int, int] | None = None
        """The line from which and the line to which the person chooses, or None."""
        self._shown_at = 0.0
        """When the text was shown, by time.monotonic()."""
        self._waiting: list[Callable[[], None]] | None = None

    # What it shows.

    def begin_loading(self) -> None:
        """Another text is on its way, and what is asked for from now on is meant for that one: keep it back.

        The former stays on the screen, but no key is about it any more.
        """
        self._waiting = []
        self.text = self.laid = self._searchable = None
        self.end_line_selection()
        self.forget_hints()

    def forget(self) -> None:
        """Nobody reads any more: what was asked for and not done yet is not done."""
        self._waiting = None
        self.end_line_selection()
        self.forget_hints()

    def show(self, text: ReaderText, laid: ReaderLayout, *, place: int | None = None) -> None:
        """Show ``text``, from its top or from a ``place``."""
        self._shown_at = time.monotonic()
        self._take(text, laid)
        self.wanted = ""
        self._search_again()
        self.show_text(laid.lines, laid, place=place)
        self._after()

    def fit(self, text: ReaderText, laid: ReaderLayout) -> None:
        """Show the same text in other lines, or with other notices; the eye stays where it is."""
        # Whoever has read for a while is in the middle of the text: a picture that comes above is not to push it away.
        same = self.laid is not None and self.laid.width == laid.width
        reading = same and time.monotonic() > self._shown_at + _SECONDS_UNTIL_READING
        self._take(text, laid)
        self._search_again()
        self.fit_text(laid.lines, laid, by_middle=reading)

    def _take(self, text: ReaderText, laid: ReaderLayout) -> None:
        self.text, self.laid = text, laid
        self._searchable = None
        self.forget_hints()
        self.end_line_selection()
        if laid.width != self.text_width:
            self.post_message(self.WidthChanged(self))

    def _after(self) -> None:
        acts, self._waiting = self._waiting or (), None
        for act in acts:
            act()

    def when_loaded(self, act: Callable[[], None]) -> None:
        """Do something with the text that the person means: the one shown, or the one on its way."""
        if self._waiting is None:
            act()
        else:
            self._waiting.append(act)

    def on_resize(self) -> None:
        """Ask for lines of the new width."""
        super().on_resize()
        if self.laid is not None and self.text_width != self.laid.width:
            self.post_message(self.WidthChanged(self))

    @property
    def is_page(self) -> bool:
        """Whether what is shown is the original."""
        return self.text is not None and self.text.kind == "page"

    @property
    def measure(self) -> int:
        """The width of the column, in cells, where there is room for it."""
        return self._measure

    @measure.setter
    def measure(self, cells: int) -> None:
        self._measure = max(MEASURES[0], min(cells, MEASURES[1]))
        if self.laid is not None and self.text_width != self.laid.width:
            self.post_message(self.WidthChanged(self))

    @property
    def share(self) -> float:
        """How much of the text is above the lower edge of the view, from 0 to 1."""
        if self.laid is None or not self.laid.text:
            return 1.0
        text = self.laid.text
        seen = self.scroll_offset.y + self.size.height - text.start
        return max(0.0, min(1.0, seen / len(text)))

    def action_wider(self, step: int) -> None:
        """Make the column wider by a step, or with -1 narrower."""
        wanted = max(MEASURES[0], min(self._measure + step * _MEASURE_STEP, MEASURES[1]))
        if wanted == self._measure:
            words = "The column is as wide as it gets." if step > 0 else "The column is as narrow as it gets."
            self._say(words)
        elif step > 0 and self._room <= self._measure:
            self._say("There is no room for a wider column.")
        else:
            self._set_measure(wanted)

    def action_usual_width(self) -> None:
        """Make the column as wide as it is unless one changes it."""
        self._set_measure(USUAL_MEASURE)

    def _set_measure(self, cells: int) -> None:
        self.measure = cells
        self.post_message(self.MeasureChanged(cells))
        self._say(f"Lines of {min(cells, self._room)} characters.")

    def action_leave(self) -> None:
        """Out of what was begun: choosing, the search; else out of the text."""
        if self._chosen is not None:
            self.end_line_selection()
        elif self.wanted:
            self.search("")
            self._say("The search is over.")
        else:
            self.before_blur()
            self.post_message(self.Left())

    def _scroll_by(self, lines: int) -> None:
        self.when_loaded(lambda: self._move_by(lines))

    def _move_by(self, lines: int) -> None:
        if self._chosen is None:
            super()._scroll_by(lines)
            return
        first, last = self._chosen
        self._chosen = (first, max(0, min(last + lines, len(self._lines) - 1)))
        self.steer()
        self.scroll_line_into_view(self._chosen[1])
        self.refresh()

    @property
    def is_busy(self) -> bool:
        """Whether the person is about something on the screen: letters over links, lines that are being chosen."""
        return self.is_hinting or self._chosen is not None or self.text_selection is not None

    def numbered_links(self) -> tuple[str, ...]:
        """Return where the links lead to, in the order of their numbers."""
        return self.laid.links if self.laid is not None else ()

    # Headings.

    def action_heading(self, step: int) -> None:
        """To the next heading, or with -1 to the one before."""
        self.when_loaded(lambda: self._to_heading(step))

    def _to_heading(self, step: int) -> None:
        headings = self.laid.headings if self.laid is not None else ()
        top = self.scroll_offset.y
        if step > 0:
            target = next((line for line in headings if line > top), None)
        else:
            target = next((line for line in reversed(headings) if line < top), None)
        if len(headings) < 2:
            self._say("There are no headings in this text.")
        elif target is None or (step > 0 and top >= self.max_scroll_y):
            self._say("That is the last heading." if step > 0 else "That is the first heading.")
        else:
            self._jump(target)

    def _jump(self, line: int) -> None:
        self.steer()
        self.scroll_to(y=line, animate=False, immediate=True, force=True)

    # Searching.

    def action_search(self) -> None:
        """Ask what to look for."""
        self.before_blur()
        self.post_message(self.SearchRequested())

    def search(self, wanted: str) -> tuple[int, int]:
        """Look for ``wanted``, and go to the first place from the top of the view on.

        Return which place that is, from 1 on, of how many; 0 of 0 when there is none.
        """
        self.wanted = wanted.strip()
        self._match = -1
        self._search_again()
        if self._matches:
            self._go_to(self._matches, self._matches.first_from(self.scroll_offset.y) % len(self._matches))
        return self._match + 1, len(self._matches or ())

    def _search_again(self) -> None:
        """Look for the same in other lines."""
        if not self.wanted or self.laid is None:
            self._matches, self._match = None, -1
        else:
            if self._searchable is None:
                self._searchable = SearchableText(self.laid.lines)
            self._matches = self._searchable.find(self.wanted)
            self._match = min(self._match, len(self._matches) - 1)
        self.refresh()

    def _go_to(self, matches: Matches, at: int) -> None:
        self._match = at
        self.refresh()
        line, height = matches.line(at), self.size.height
        if not self.scroll_offset.y <= line < self.scroll_offset.y + height:
            self._jump(max(0, line - height // 3))

    def action_match(self, step: int) -> None:
        """To the next place of what is searched for, or with -1 to the one before; round at the ends."""
        self.when_loaded(lambda: self._to_match(step))

    def _to_match(self, step: int) -> None:
        if not self.wanted:
            self.before_blur()
            self.post_message(self.NextArticleRequested(step))
        elif not self._matches:
            self._say(f"“{self.wanted}” is not in this text.")
        else:
            at = self._next_match(self._matches, step)
            self._go_to(self._matches, at % len(self._matches))
            round_ = "" if 0 <= at < len(self._matches) else " (round)"
            self._say(f"{self._match + 1:,} of {len(self._matches):,}{round_}")

    def _next_match(self, matches: Matches, step: int) -> int:
        """Return which place comes next: from the one gone to last, or from the view, where one has scrolled away."""
        top, bottom = self.scroll_offset.y, self.scroll_offset.y + self.size.height
        if self._match >= 0 and top <= matches.line(self._match) < bottom:
            return self._match + step
        return matches.first_from(top) if step > 0 else matches.first_from(bottom) - 1

    # Choosing and copying.

    def action_choose(self) -> None:
        """Begin to choose lines, or end it."""
        if self._chosen is not None:
            self.end_line_selection()
        elif self._lines:
            here = self._matches.line(self._match) if self._matches and self._match >= 0 else -1
            top = self.scroll_offset.y
            start = here if top <= here < top + self.size.height else self._first_line(top)
            self._chosen = (start, start)
            self.screen.clear_selection()
            self.refresh()
            self._say("Move to choose lines, y copies them, Esc lets go.", transient=False)

    def _first_line(self, top: int) -> int:
        bottom = min(top + self.size.height, len(self._lines))
        return next((at for at in range(top, bottom) if self._lines[at]), top)

    def end_line_selection(self) -> None:
        """Let go of what was chosen."""
        if self._chosen is not None:
            self._chosen = None
            self.refresh()
        if self.is_attached and self.text_selection is not None:
            self.screen.clear_selection()

    @property
    def selected_text(self) -> str:
        """What is chosen, by keys or by mouse, as it stands there; may be empty."""
        if self._chosen is not None:
            first, last = sorted(self._chosen)
            return "\n".join(self._text_of(at) for at in range(first, last + 1)).strip("\n")
        selection = self.text_selection
        return "" if selection is None else (self.get_selection(selection) or ("", ""))[0]

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return what the mouse has selected; for Textual."""
        rows = range(
            0 if selection.start is None else max(0, selection.start.y),
            len(self._lines) if selection.end is None else min(len(self._lines), selection.end.y + 1),
        )
        pieces = []
        for at in rows:
            start, end = selection.get_span(at) or (0, -1)
            text = self._text_of(at)
            pieces.append(text[max(0, start) : None if end == -1 else max(0, end)])
        return "\n".join(pieces), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw what the mouse has selected; for Textual."""
        self._chosen = None
        self.refresh()

    def _text_of(self, at: int) -> str:
        return line_text(self._lines[at]).rstrip() if at < len(self._lines) else ""

    # How it is drawn.

    def drawn_over(self, at: int, ink: str) -> Sequence[tuple[int, int, str]]:
        """Return what is chosen or found in a line."""
        if self._chosen is not None and min(self._chosen) <= at <= max(self._chosen):
            return [(0, len(self._text_of(at)), "selected")]
        selection = self.text_selection
        span = selection.get_span(at) if selection is not None else None
        if span is not None:
            start, end = span
            return [(max(0, start), len(self._text_of(at)) if end == -1 else max(0, end), "selected")]
        if self._matches is None:
            return ()
        # Links are underlined, too.
        names = {self._match: "found-here"}
        return [(a, b, names.get(which, "found-there")) for which, a, b in self._matches.in_line(at)]

    def render_line(self, y: int) -> Strip:
        """Draw a line with what Textual needs to select in it, but for pictures: nothing of them is copied."""
        at = y + self.scroll_offset.y
        strip = super().render_line(y)
        if at < len(self._lines) and any(run.picture is not None for run in self._lines[at]):
            return strip
        return strip.apply_offsets(-self._margin(), at)
