"""The article pane: facts, text, and related items to walk through."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual import events, on
from textual.message import Message
from textual.reactive import reactive

from reader.tui.keys import bindings
from reader.tui.widgets.messages import show_status
from reader.tui.widgets.text.line_view import LineView
from reader.tui.widgets.text.scroll_view import Direction, move_distance, scroll_to_line

if TYPE_CHECKING:
    from reader.tui.keys.actions import KeyContext
    from reader.tui.widgets.article_pane.content import ArticleContent, RelatedItem
    from reader.tui.widgets.article_pane.lines import PaneLayout, PaneLines
    from reader.tui.widgets.text.lines import Line


class ArticlePane(LineView):
    """Shows one article. Its lines were laid out by a worker, except those of the related items."""

    BINDINGS = bindings.bindings("article")

    selected: reactive[int] = reactive(-1, repaint=False)
    """The index of the selected related item, or -1; “More” comes after the last of them."""

    class RelatedItemOpened(Message):
        """The user wants to see a related item."""

        def __init__(self, item: RelatedItem) -> None:
            super().__init__()
            self.item = item

    class MoreToggled(Message):
        """“More” was opened or folded."""

    class BackRequested(Message):
        """The user wants to go back to the list."""

    class OpenTextRequested(Message):
        """The user wants to read the whole text."""

    def __init__(self) -> None:
        super().__init__(id="article")
        self.content: ArticleContent | None = None
        self._layout: PaneLayout | None = None
        self._item_lines: tuple[range, ...] = ()
        """The lines of each related item, and of “More” if there is any."""
        self._more_is_open = False
        self._placeholder = ("", "")
        """Title and text that are shown instead of an article."""
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
        composed = self._arrange(layout)
        self.show_text(composed.lines, composed.line_map, y=y, position=position)

    def refit(self, layout: PaneLayout) -> None:
        """Show the same content in lines of another width, at the same position."""
        self._layout = layout
        composed = self._arrange(layout)
        self.show_lines(composed.lines, y=self.position.refit(composed.line_map))
        self._scroll_item_into_view()

    def pop_position(self) -> tuple[str, int] | None:
        """Return id and offset of the article if the user has scrolled it since the last call."""
        offset = self.position.pop_changed()
        return None if offset is None or self.content is None or not self.content.id else (self.content.id, offset)

    def show_placeholder(self, title: str, text: str = "") -> None:
        """Show a message instead of an article."""
        self.content = None
        self.selected = -1
        self._layout = None
        self._item_lines = ()
        self._placeholder = (title, text)
        self.position.start(None)
        self.show_lines(self._placeholder_lines(), y=0)

    def _placeholder_lines(self) -> Sequence[Line]:
        title, text = self._placeholder
        if not title:
            return ()
        from reader.tui.widgets.text.lines import BLANK, paragraph  # lazy: the first frame has no text

        width = self.text_width
        if not text:
            return paragraph(title, width, "quiet")
        return [*paragraph(title, width, "title"), BLANK, *paragraph(text, width)]

    def _arrange(self, layout: PaneLayout) -> PaneLines:
        assert self.content is not None
        from reader.tui.widgets.article_pane.lines import compose_lines  # lazy: the first frame has no article

        article = self.content.article
        composed = compose_lines(
            self.content,
            layout,
            selected=self.selected,
            visited=self._visited.get(article.path or article.title, ()),
            now=datetime.now().astimezone(),
            more_is_open=self._more_is_open,
        )
        self._item_lines = composed.items
        return composed

    def _arrange_again(self, layout: PaneLayout, y: int | None = None) -> None:
        """Show the lines again after the selected item or “More” has changed."""
        composed = self._arrange(layout)
        self.position.line_map = composed.line_map
        self.show_lines(composed.lines, y=y)

    @on(events.Resize)
    def _fit_placeholder(self) -> None:
        if self.content is None:
            self.show_lines(self._placeholder_lines())

    # Related items.

    @property
    def related_item(self) -> RelatedItem | None:
        """The related item that is selected."""
        at = self.selected
        return self.content.items[at] if self.content is not None and 0 <= at < len(self.content.items) else None

    @property
    def key_context(self) -> KeyContext:
        """Where keys are for: the article, a related item, or “More”."""
        if self.selected < 0:
            return "article"
        return "related" if self.selected < self.item_count else "unfolded" if self._more_is_open else "folded"

    @property
    def item_count(self) -> int:
        """The number of related items."""
        return len(self.content.items) if self.content is not None else 0

    @property
    def cursor_line(self) -> int:
        """The first line of the selected related item, else of the text on the screen."""
        return self._item_lines[self.selected].start if self.selected >= 0 else super().cursor_line

    def select_item(self, index: int) -> None:
        """Select a related item, “More” or, with -1, none, and scroll it into view."""
        self.position.user_scrolls = False
        self.selected = max(-1, min(index, len(self._item_lines) - 1))
        if self._layout is not None:
            self._arrange_again(self._layout)
        self._scroll_item_into_view()
        self.position.pin()

    def _scroll_item_into_view(self) -> None:
        if self.selected >= 0:
            lines = self._item_lines[self.selected]
            self._scroll_into_view(lines, heading=1 if self.selected == 0 else 0)

    def _scroll_into_view(self, lines: range, heading: int = 0) -> None:
        top, height = self.scroll_offset.y, self.size.height
        if lines.start - heading < top:
            scroll_to_line(self, lines.start - heading)
        elif lines.stop > top + height:
            scroll_to_line(self, min(lines.start, lines.stop - height))

    def toggle_more(self) -> None:
        """Show or hide what is under “More”, in every article."""
        if self._layout is None or not self._layout.more:
            show_status(self, "There is nothing more to show here.")
            return
        self._more_is_open = not self._more_is_open
        self.position.user_scrolls = False
        self._arrange_again(self._layout, self.scroll_offset.y)
        self._scroll_into_view(self._item_lines[-1])
        self.position.pin()
        self.post_message(self.MoreToggled())

    def _open_item(self) -> None:
        item = self.related_item
        if self.selected == self.item_count:
            self.toggle_more()
        elif item is not None and self.content is not None:
            self._visited.setdefault(self.content.article.path or self.content.article.title, set()).add(self.selected)
            self.post_message(self.RelatedItemOpened(item))

    # Mouse and keys.

    @on(events.Click)
    def _select_clicked_item(self, event: events.Click) -> None:
        """Select a related item; a second click opens it. One opens “More”. LineView goes on to follow links."""
        offset = event.get_content_offset(self)
        line = self.line_at(offset.y) if offset is not None else ()
        index = next((run.item for run in line if run.item >= 0), -1)
        if index < 0:
            return
        if index == self.item_count:
            self.toggle_more()
        elif index == self.selected:
            self._open_item()
        else:
            self.select_item(index)

    def action_move(self, direction: Direction) -> None:
        """Scroll the text, or select another related item; up from the first leads back to the text."""
        reads_more = self.selected == self.item_count and (
            direction == "down" or self._item_lines[-1].start < self.scroll_offset.y
        )
        if direction == "down" and 0 <= self.selected == self.item_count - 1 and self._layout and self._layout.body:
            self.select_item(-1)  # the text follows
        if self.selected < 0 or direction not in {"down", "up", "top", "end"} or reads_more:
            super().action_move(direction)
        else:
            ends = {"top": 0, "end": self.item_count - 1}
            index = ends.get(direction, self.selected + move_distance(direction, self.size.height))
            if index == (self.selected if direction in ends else len(self._item_lines)):
                show_status(self, f"This is the {'first' if direction == 'top' else 'last'} related item.")
            self.select_item(index)

    def action_leave(self) -> None:
        """Leave the related items, then the article."""
        if self.selected >= 0:
            self.select_item(-1)
        else:
            self.post_message(self.BackRequested())

    def action_enter(self) -> None:
        """Open the whole text or the selected related item."""
        if self.selected >= 0:
            self._open_item()
        else:
            self.post_message(self.OpenTextRequested())
