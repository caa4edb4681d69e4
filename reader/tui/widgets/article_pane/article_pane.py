"""The article pane: facts, text, and the related items one can walk through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from textual import events
from textual.message import Message
from textual.reactive import reactive

from reader.tui.keys import bindings
from reader.tui.widgets.text.reading_position import PlacedView

if TYPE_CHECKING:
    from reader.tui.widgets.article_pane.content import ArticleContent, RelatedItem
    from reader.tui.widgets.article_pane.lines import PaneLayout
    from reader.tui.widgets.text.lines import Line


class ArticlePane(PlacedView):
    """Shows one subject. The lines above the related items come ready made; those below follow the selection."""

    BINDINGS = bindings.bindings("article")

    selected: reactive[int] = reactive(-1, repaint=False)
    """The related item that is selected, or -1."""

    class RelatedItemOpened(Message):
        """The person wants to see a related item."""

        def __init__(self, item: RelatedItem, at: int) -> None:
            super().__init__()
            self.item = item
            self.at = at

    class Left(Message):
        """The person wants back to the list."""

    class OpenTextRequested(Message):
        """The person wants to read the whole text."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.before_blur: Callable[[], None] = lambda: None
        """Called when what is pressed next is not meant for the article."""
        self.subject: ArticleContent | None = None
        self._around: PaneLayout | None = None
        self._item_lines: tuple[range, ...] = ()
        """Which lines belong to each related item."""
        self._waiting: list[Callable[[], None]] | None = None
        """What was asked for while another subject was on its way; None when none is."""
        self._message: Callable[[int], tuple[Line, ...]] = lambda _: ()
        self._visited: dict[str, set[int]] = {}

    def begin_loading(self) -> None:
        """Keep back what is asked for until the next subject is shown: it is meant for that one."""
        self._waiting = self._waiting or []

    def when_loaded(self, act: Callable[[], None]) -> None:
        """Do something with the subject that the person means: the one shown, or the one on its way."""
        if self._waiting is None:
            act()
        else:
            self._waiting.append(act)

    def _go_on(self) -> None:
        acts, self._waiting = self._waiting or (), None
        for act in acts:
            act()

    def show(
        self, subject: ArticleContent, around: PaneLayout, *, y: int = 0, selected: int = -1, place: int | None = None
    ) -> None:
        """Show ``subject``, most of whose lines come ready made as ``around``, scrolled to ``y``, or to a ``place``."""
        self.subject = subject
        self.selected = min(selected, len(subject.items) - 1)
        self._around = around
        lines = self._made()
        self.show_text(lines, around, y=y, place=place)
        if around.width != self.text_width:
            self.post_message(self.WidthChanged(self))
        self._go_on()

    def refit(self, around: PaneLayout) -> None:
        """Take the lines for another width; the eye stays at the same place of the text."""
        self._around = around
        self.fit_text(self._made(), around)
        self._keep_item_in_sight()

    def pop_position(self) -> tuple[str, int] | None:
        """Return the article that the person has scrolled since this was asked last, and its place; else None."""
        place = self.pop_changed()
        return None if place is None or self.subject is None or not self.subject.id else (self.subject.id, place)

    def show_message(self, lines_for: Callable[[int], tuple[Line, ...]]) -> None:
        """Show some lines, made for a width in cells, in the place of an article."""
        self.subject = None
        self.selected = -1
        self._around = None
        self._item_lines = ()
        self._message = lines_for
        self.show_untracked(lines_for(self.text_width))
        self._go_on()

    def _made(self) -> tuple[Line, ...]:
        """Return the lines of the subject."""
        subject = self.subject
        if subject is None or self._around is None:
            return ()
        from reader.tui.widgets.article_pane.lines import (
            compose_lines,  # imported late: the first frame has no article yet
        )

        made = compose_lines(
            subject,
            self._around,
            selected=self.selected,
            visited=frozenset(self._visited.get(subject.path or subject.title, ())),
            now=datetime.now().astimezone(),
        )
        self._item_lines = made.items
        return made.lines

    def on_resize(self) -> None:
        """Ask for lines of the new width."""
        super().on_resize()
        if self.subject is None:
            self.show_lines(self._message(self.text_width))
        elif self._around is None or self.text_width != self._around.width:
            self.post_message(self.WidthChanged(self))

    # Related items.

    @property
    def item(self) -> RelatedItem | None:
        """The related item that is selected."""
        return self.subject.items[self.selected] if self.subject is not None and self.selected >= 0 else None

    def select_item(self, at: int) -> None:
        """Select a related item, or with -1 none, and bring it into sight."""
        self.scroll_by_itself()
        items = len(self.subject.items) if self.subject is not None else 0
        self.selected = max(-1, min(at, items - 1))
        if self._around is not None:
            self.show_lines(self._made())
        self._keep_item_in_sight()
        self.hold()

    def _keep_item_in_sight(self) -> None:
        if self.selected < 0:
            return
        lines = self._item_lines[self.selected]
        heading = 1 if self.selected == 0 else 0
        top, height = self.scroll_offset.y, self.size.height
        if lines.start - heading < top:
            self.scroll_to(y=lines.start - heading, animate=False, immediate=True, force=True)
        elif lines.stop > top + height:
            self.scroll_to(y=min(lines.start, lines.stop - height), animate=False, immediate=True, force=True)

    def open_item(self) -> None:
        """Ask to see the selected item, and remember that it was."""
        item = self.item
        if item is None or self.subject is None:
            return
        self._visited.setdefault(self.subject.path or self.subject.title, set()).add(self.selected)
        self.post_message(self.RelatedItemOpened(item, self.selected))

    # Mouse and keys.

    def on_click(self, event: events.Click) -> None:
        """Select a related item under the mouse, open the selected one, or follow a link."""
        offset = event.get_content_offset(self)
        line = self.line_at(offset.y) if offset is not None else ()
        at = next((run.item for run in line if run.item >= 0), -1)
        if at < 0:
            return  # Textual goes on to LineView's handler, which follows links
        if at == self.selected:
            self.open_item()
        else:
            self.select_item(at)

    def action_down(self) -> None:
        """Down a line, or to the next related item."""
        if self.selected < 0:
            super().action_down()
        else:
            if self.selected + 1 == len(self.subject.items if self.subject else ()):
                self.post_message(self.EndReached("This is the last related item."))
            self.select_item(self.selected + 1)

    def action_up(self) -> None:
        """Up a line, or to the previous related item; above the first, back to the text."""
        if self.selected < 0:
            super().action_up()
        else:
            self.select_item(self.selected - 1)

    def action_top(self) -> None:
        """To the top of the text, or to the first related item."""
        if self.selected < 0:
            super().action_top()
        else:
            self.select_item(0)

    def action_end(self) -> None:
        """To the end of the text, or to the last related item."""
        if self.selected < 0 or self.subject is None:
            super().action_end()
        else:
            self.select_item(len(self.subject.items) - 1)

    def _scroll_by(self, lines: int) -> None:
        self.when_loaded(partial(super()._scroll_by, lines))

    def action_leave(self) -> None:
        """Out of the related items, then out of the article."""
        if self.selected >= 0:
            self.select_item(-1)
        else:
            self.before_blur()
            self.post_message(self.Left())

    def action_enter(self) -> None:
        """To the whole text, or to the related item that is selected."""
        self.when_loaded(self._enter)

    def _enter(self) -> None:
        if self.selected >= 0:
            self.open_item()
        else:
            self.before_blur()
            self.post_message(self.OpenTextRequested())
