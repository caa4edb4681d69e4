"""Dialogs with a title, a filter and a list of lines: the help, and the problems of the documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from reader.core.model import Problem
from reader.core.text import cell_width, fit_cells, format_count, truncate
from reader.query.completion import EXAMPLES
from reader.tui.keys import bindings
from reader.tui.keys.actions import Action, Group, KeyContext
from reader.tui.terminal.overlay import use_latest_size
from reader.tui.timings import DelayedCall, timings_of
from reader.tui.widgets.article_list.columns import type_legend
from reader.tui.widgets.messages import StatusMessage
from reader.tui.widgets.prompt.prompt import LineInput
from reader.tui.widgets.text.line_view import LineView
from reader.tui.widgets.text.lines import BLANK, Line, have_words, labeled, line_of
from reader.tui.widgets.text.scroll_view import Direction

_SYMBOLS = (
    ("•", "unread; read articles are dimmed"),
    ("⇩", "its page is saved: it can be read offline"),
    ("✗", "its page could not be fetched; the article says why"),
    ("▸ ▾", "a story that is folded or unfolded, in a list that is grouped by story"),
    ("×5", "5 sources report the story of this article"),
    ("(3)", "3 articles of a folded story, all of one source"),
    ("=2", "2 documents are copies of this article"),
    ("~62", "an estimate, as the document does not say it"),
    ("–", "unknown quality, heat or date; always sorted last"),
    ("›", "a related item that is a document of this folder"),
    ("", type_legend()),
    ("mouse", "click selects, a second click opens; the header sorts; the wheel scrolls"),
)


_GROUPS_OF: dict[KeyContext, Group] = {
    "text": "Reader", "linked": "Reader", "link": "Reader",
    "entries": "Sidebar", "views": "Sidebar", "feed": "Sidebar", "entry": "Prompt",
}  # fmt: skip
"""Contexts in which keys mean something else than in the list and the article, with their help groups."""
_HERE: dict[KeyContext, str] = {
    "empty": "In the empty list", "list": "In the list", "chosen": "With several articles selected",
    "story": "On a folded story", "in_story": "In an unfolded story",
    "article": "In the article", "related": "In the related items", "folded": "On “More”", "unfolded": "On “More”",
}  # fmt: skip
"""The headings of the keys of the other contexts."""
_FILTER_KEYS = {"ctrl+d": "half_down", "ctrl+u": "half_up", "home": "top", "end": "end"}
"""Keys that scroll although the filter has them too."""
_WIDE = 76
"""Cells from which on a description is beside its title,"""
_TITLE = 24
"""which then has these; on fewer, it is below."""
_FILLERS = ("go", "move", "select", "to", "the", "a", "article")
NOTHING: tuple[Line, ...] = (line_of("Nothing matches these words.", "quiet"),)
"""The lines of a dialog in which the filter finds nothing."""
_SHOWN = 1000
"""Problems that are laid out at once; the filter narrows them down, and the command lists all."""


class LinesOfDialog(LineView, inherit_bindings=False):
    """The lines; the dialog acts on their keys."""


class ListingScreen(ModalScreen[None]):
    """Shows lines that a filter narrows down. Subclasses implement :meth:`lines_for`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings.dialog_bindings(),
        *bindings.bindings("listing"),
        Binding("escape", "leave", "Close", id="entry.leave"),
        Binding("enter", "accept", "Close", priority=True),
        *(Binding(key, f"move('{how}')", show=False, priority=True) for key, how in _FILTER_KEYS.items()),
    ]

    def __init__(self, title: str, keymap: Mapping[str, str]) -> None:
        """``keymap`` has the keys by action, as far as they are not the default ones."""
        super().__init__()
        self._heading = title
        self.keymap = dict(keymap)
        filter_key = f"{bindings.first_key('text.search', keymap)} filter"
        self._field = LineInput(placeholder=filter_key, id="listing-filter", compact=True)
        self.view = LinesOfDialog(id="listing-lines", measure=200)
        self._foot = Static(id="listing-foot")
        self._end = DelayedCall(self)

    def lines_for(self, words: Sequence[str], width: int) -> tuple[Line, ...]:
        """Return the lines that contain all of ``words`` (in lower case), for ``width`` cells."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Yield a box with the filter at its top."""
        with Vertical(id="listing"):
            yield Static(Content(self._heading), id="listing-title")
            yield from self.above_lines()
            yield self._field
            yield self.view
            yield self._foot

    def above_lines(self) -> Iterable[Widget]:
        """Return what is below the title. Subclasses may override it."""
        return ()

    @property
    def foot(self) -> str:
        """The last line: the keys. Subclasses may override it."""
        page = bindings.key_label(bindings.keys_of(bindings.BY_NAME["move.page_down"], self.keymap).rpartition(",")[2])
        return f"{self.labels('move.down', 'move.up')} {page} scroll   {self.usual_foot}"

    @property
    def usual_foot(self) -> str:
        """The keys of every dialog."""
        return f"{self.labels('text.search')} filter   {self.labels('quit')} close"

    def labels(self, *actions: str) -> str:
        """Return the first key of each action."""
        return " ".join(bindings.first_key(name, self.keymap) for name in actions)

    @property
    def has_filter_focus(self) -> bool:
        """Whether the user types a filter."""
        return self._field.has_focus

    @property
    def key_place(self) -> tuple[type, bool, bool]:
        """Whether the filter or the lines have the focus."""
        return type(self), self._field.has_focus, self.view.has_focus

    def show_typed(self, typed: str, follows: tuple[tuple[str, str], ...]) -> None:
        """Show the typed keys, and those that may follow, in the last line."""
        words = "   ".join([typed, *(f"{key} {word}" for key, word in follows)])
        self._end.stop()
        foot = f"Enter results   {self.labels('entry.leave')} clear or close" if self._field.has_focus else self.foot
        self._foot.update(Content(words or foot))

    def show_message(self, text: str, *, warning: bool = False, transient: bool = False) -> None:
        """Show a sentence in the last line for a while."""
        self._foot.update(Content(text))
        self._end.start(timings_of(self).message, lambda: self.show_typed("", ()))

    def on_mount(self) -> None:
        """Focus the lines."""
        self._foot.update(Content(self.foot))
        self.view.focus()
        self.call_after_refresh(self.fill)

    def on_resize(self, event: events.Resize) -> None:
        """Wrap the lines for the new width."""
        use_latest_size(self, event)
        self.call_after_refresh(self.fill)

    @on(StatusMessage)
    def _show_status(self, event: StatusMessage) -> None:
        self.show_message(event.text)

    @on(events.DescendantFocus)
    def _show_foot(self) -> None:
        self.show_typed("", ())

    @on(Input.Changed)
    def _filter_changed(self) -> None:
        self.fill()

    def fill(self, *, y: int | None = 0) -> None:
        """Show the lines that the filter finds, from the line ``y`` on or, with None, from where they are scrolled."""
        words = self._field.value.lower().split()
        self.view.show_lines(self.lines_for(words, self.view.text_width), y=y)

    def action_search(self) -> None:
        """Go to the filter."""
        self._field.focus()

    def action_accept(self) -> None:
        """Go from the filter to what it has found, or close the dialog."""
        if self._field.has_focus:
            self.set_focus(self.view)
        else:
            self.action_leave()

    def action_leave(self) -> None:
        """Clear the filter, or close the dialog."""
        if self._field.value:
            self._field.clear()
        elif self.is_active:  # otherwise it is closing already
            self.dismiss()

    def action_move(self, direction: Direction) -> None:
        """Scroll the lines."""
        self.view.action_move(direction)


class HelpScreen(ListingScreen):
    """The current keys, in groups."""

    def __init__(self, keymap: Mapping[str, str], where: KeyContext = "list", own: Sequence[Action] = ()) -> None:
        """``where`` is the current context: its keys are listed first. ``own`` are the user's own actions."""
        super().__init__("Keys, symbols and queries", keymap)
        self._where: KeyContext = where
        self._own = own

    def lines_for(self, words: Sequence[str], width: int) -> tuple[Line, ...]:  # noqa: D102 - see ListingScreen
        lines: list[Line] = []
        groups = sorted(bindings.groups(self._own), key=lambda each: each[0] != _GROUPS_OF.get(self._where))
        if self._where in _HERE and not words:
            groups.insert(0, (_HERE[self._where], [action for action, _ in bindings.footer(self._where)]))
        labels = (bindings.key_label(bindings.keys_of(a, self.keymap)) for _, found in groups for a in found)
        most = 34 if width >= 100 else 24 if width >= 76 else 16
        keys = max(16, min(most, 4 + max(map(cell_width, labels))))
        for group, found in groups:
            # Here and narrow, only titles: on one screen, as the groups below describe the same keys.
            brief = width < _WIDE and group in _HERE.values()
            rows = [
                (bindings.key_label(bindings.keys_of(a, self.keymap)), a.title, "" if brief else a.help) for a in found
            ]
            lines += _group(group, [row for row in rows if have_words((group, *row), words)], width, keys)
        symbols = [(symbol, text, "") for symbol, text in _SYMBOLS if have_words(("symbols", symbol, text), words)]
        lines += _group("Symbols", symbols, width)
        queries = [
            (query, "", text) for query, text in EXAMPLES if have_words(("queries search /", query, text), words)
        ]
        lines += _group("Queries", queries, width, keys=28)
        return tuple(lines[1:]) or NOTHING


class ProblemsScreen(ListingScreen):
    """Every problem with its file, line and field."""

    def __init__(self, problems: Sequence[Problem], keymap: Mapping[str, str], *, complete: bool = True) -> None:
        """``complete`` says whether all documents have been read."""
        documents = format_count(len({problem.path for problem in problems}), "document")
        super().__init__(f"{format_count(len(problems), 'problem')} in {documents}" if problems else "Problems", keymap)
        self._problems = problems
        self._none = "All documents are fine." if complete else "No problems so far; documents are still being read."

    def lines_for(self, words: Sequence[str], width: int) -> tuple[Line, ...]:
        """Return the problems, grouped by file."""
        if not self._problems:
            return (line_of(self._none, "quiet"),)
        lines: list[Line] = []
        path = ""
        shown = 0
        for problem in self._problems:
            if shown >= _SHOWN:
                lines += [BLANK, line_of("There are more; `newsreader check` lists all of them.", "quiet")]
                break
            if not have_words((problem.path, problem.field, problem.message), words):
                continue
            shown += 1
            if problem.path != path:
                path = problem.path
                lines += [BLANK, line_of(truncate(path, width), "title")]
            where = f"  line {problem.line}"
            what = f"{problem.field}: {problem.message}" if problem.field else problem.message
            lines += labeled(line_of(f"{where:<12}", "quiet"), what, width)
        return tuple(lines[1:]) or NOTHING


def _adds_nothing(title: str, text: str) -> bool:
    """Whether a description only repeats its title."""
    return set(text.lower().rstrip(".").split()) <= {*title.lower().split(), *_FILLERS}


def _group(name: str, rows: Sequence[tuple[str, str, str]], cells: int, keys: int = 16) -> list[Line]:
    if not rows:
        return []
    lines: list[Line] = [BLANK, line_of(name, "heading")]
    for key, title, description in rows:
        text = "" if title and _adds_nothing(title, description) else description
        label = line_of(fit_cells(f"  {key}", keys), "accent")
        if title and text and cells < _WIDE:
            lines += labeled(label, title, cells)
            lines += labeled(line_of(" " * keys), text, cells, "quiet")
            continue
        if title and text:
            label += line_of(fit_cells(title, _TITLE))
        lines += labeled(label, text or title, cells, "quiet" if title and text else "text")
    return lines
