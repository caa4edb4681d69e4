"""The article pane: facts, text, and related items to walk through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from textual import events, on
from textual.message import Message
from textual.reactive import reactive

from reader.tui.keys import bindings
from reader.tui.widgets.status_message import StatusMessage
from reader.tui.widgets.text.line_view import LineView
from reader.tui.widgets.text.scroll_view import Direction, move_distance, scroll_to_line

if TYPE_CHECKING:
    from reader.tui.widgets.article_pane.content import ArticleContent, RelatedItem
    from reader.tui.widgets.article_pane.lines import PaneLayout
    from reader.tui.widgets.text.lines import Line


class ArticlePane(LineView):
    """Shows one article. Its lines were laid out by a worker, except those of the related items."""

    BINDINGS = bindings.bindings("article")

    selected: reactive[int] = reactive(-1, repaint=False)
    """The index of the selected related item, or -1."""

    class RelatedItemOpened(Message):
        """The user wants to see a related item."""

        def __init__(self, item: RelatedItem, index: int) -> None:
            super().__init__()
            self.item = item
            self.index = index

    class BackRequested(Message):
        """The user wants to go back to the list."""

    class OpenTextRequested(Message):
        """The user wants to read the whole text."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.before_blur: Callable[[], None] = lambda: None
        """Called before an action that moves the focus: the next key is not meant for the pane."""
        self.content: ArticleContent | None = None
        self._layout: PaneLayout | None = None
        self._item_lines: tuple[range, ...] = ()
        """The lines of each related item."""
        self._placeholder: Callable[[int], tuple[Line, ...]] = lambda _: ()
        self._visited: dict[str, set[int]] = {}

    def show(
        self,
        content: ArticleContent,
        layout: PaneLayout,
        *,
        y: int = 0,
        selected: int = -1,
        position: int | None = None,
    ) -> None:
        """Show ``content``, scrolled to the line ``y`` or to an offset in its text."""
        self.content = content
        self.selected = min(selected, len(content.items) - 1)
        self._layout = layout
        self.show_text(self._compose_lines(), layout, y=y, position=position)
        if layout.width != self.text_width:
            self.post_message(self.WidthChanged(self))

    def refit(self, layout: PaneLayout) -> None:
        """Show the same content in lines of another width, at the same position."""
        self._layout = layout
        lines = self._compose_lines()
        self.show_lines(lines, y=self.position.refit(layout))
        self._scroll_item_into_view()

    def pop_position(self) -> tuple[str, int] | None:
        """Return id and offset of the article if the user has scrolled it since the last call."""
        offset = self.position.pop_changed()
        return None if offset is None or self.content is None or not self.content.id else (self.content.id, offset)

    def show_placeholder(self, lines_for: Callable[[int], tuple[Line, ...]]) -> None:
        """Show lines in place of an article; ``lines_for`` returns them for a width in cells."""
        self.content = None
        self.selected = -1
        self._layout = None
        self._item_lines = ()
        self._placeholder = lines_for
        self.show_untracked(lines_for(self.text_width))

    def _compose_lines(self) -> tuple[Line, ...]:
        content = self.content
        if content is None or self._layout is None:
            return ()
        from reader.tui.widgets.article_pane.lines import compose_lines  # lazy: the first frame has no article

        composed = compose_lines(
            content,
            self._layout,
            selected=self.selected,
            visited=frozenset(self._visited.get(content.path or content.title, ())),
            now=datetime.now().astimezone(),
        )
        self._item_lines = composed.items
        return composed.lines

    @on(events.Resize)
    def _fit_width(self) -> None:
        if self.content is None:
            self.show_lines(self._placeholder(self.text_width))
        elif self._layout is None or self.text_width != self._layout.width:
            self.post_message(self.WidthChanged(self))

    # Related items.

    @property
    def related_item(self) -> RelatedItem | None:
        """The related item that is selected."""
        return self.content.items[self.selected] if self.content is not None and self.selected >= 0 else None

    @property
    def item_count(self) -> int:
        """The number of related items."""
        return len(self.content.items) if self.content is not None else 0

    def select_item(self, index: int) -> None:
        """Select a related item or, with -1, none, and scroll it into view."""
        self.position.note_own_scroll()
        self.selected = max(-1, min(index, self.item_count - 1))
        if self._layout is not None:
            self.show_lines(self._compose_lines())
        self._scroll_item_into_view()
        self.position.pin()

    def _scroll_item_into_view(self) -> None:
        if self.selected < 0:
            return
        lines = self._item_lines[self.selected]
        heading = 1 if self.selected == 0 else 0
        top, height = self.scroll_offset.y, self.size.height
        if lines.start - heading < top:
            scroll_to_line(self, lines.start - heading)
        elif lines.stop > top + height:
            scroll_to_line(self, min(lines.start, lines.stop - height))

    def _open_item(self) -> None:
        item = self.related_item
        if item is not None and self.content is not None:
            self._visited.setdefault(self.content.path or self.content.title, set()).add(self.selected)
            self.post_message(self.RelatedItemOpened(item, self.selected))

    # Mouse and keys.

    @on(events.Click)
    def _select_clicked_item(self, event: events.Click) -> None:
        """Select a related item; a second click opens it. LineView goes on to follow links."""
        offset = event.get_content_offset(self)
        line = self.line_at(offset.y) if offset is not None else ()
        index = next((run.item for run in line if run.item >= 0), -1)
        if index < 0:
            return
        if index == self.selected:
            self._open_item()
        else:
            self.select_item(index)

    def action_move(self, direction: Direction) -> None:
        """Scroll the text, or select another related item; up from the first leads back to the text."""
        if self.selected < 0 or direction not in {"down", "up", "top", "end"}:
            super().action_move(direction)
        elif direction == "end":
            self.select_item(self.item_count - 1)
        elif direction == "top":
            self.select_item(0)
        else:
            index = self.selected + move_distance(direction, self.size.height)
            if index == self.item_count:
                self.post_message(StatusMessage("This is the last related item.", transient=True))
            self.select_item(index)

    def action_leave(self) -> None:
        """Leave the related items, then the article."""
        if self.selected >= 0:
            self.select_item(-1)
        else:
            self.before_blur()
            self.post_message(self.BackRequested())

    def action_enter(self) -> None:
        """Open the whole text or the selected related item."""
        if self.selected >= 0:
            self._open_item()
        else:
            self.before_blur()
            self.post_message(self.OpenTextRequested())
