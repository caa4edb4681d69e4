"""The reader: a screen that shows one text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult

from reader.core.text import format_count
from reader.tui.keys.actions import KeyContext
from reader.tui.screens.base import NOT_IN_READER, BaseScreen
from reader.tui.widgets.reader.header import ReaderPane
from reader.tui.widgets.reader.reader_view import ReaderView
from reader.tui.widgets.text.line_view import LineView

if TYPE_CHECKING:
    from textual.widget import Widget

    from reader.core.events import BulkProgress
    from reader.tui.controllers.images import ImagesController
    from reader.tui.controllers.links import LinksController
    from reader.tui.controllers.reader import ReaderController
    from reader.tui.session import Session


class ReaderScreen(BaseScreen):
    """Created once, and pushed over the main screen for each text."""

    def __init__(
        self,
        session: Session,
        commands: Mapping[str, Callable[[], object]],
        *,
        reader: ReaderController,
        links: LinksController,
        images: ImagesController,
        open_next: Callable[[int], object],
    ) -> None:
        """``open_next`` opens the next unread article, or with -1 the previous one."""
        super().__init__(session, commands)
        self._reader = reader
        self._links = links
        self._images = images
        self._open_next = open_next
        self.pane = ReaderPane(session.library.name)
        reader.attach(self.pane)
        images.attach_reader(self.pane.view)
        self.indexing_bar.progress = session.progress

    def compose(self) -> ComposeResult:
        """Yield the header, the text and the bars."""
        yield self.pane
        yield from self.bars()

    def on_mount(self) -> None:
        """Show other keys while a link is selected."""
        view = self.pane.view
        self.watch(view, "has_link", self.update_keys, init=False)
        self.watch(view, "scroll_y", view.selected_link.scrolled, init=False)

    def update_keys(self) -> None:
        """Show the keys of the reader, or of the selected link."""
        text: KeyContext = "linked" if self._reader.can_go_back else "text"
        self.key_bar.context = "link" if self.pane.view.has_link else text
        self.key_bar.idle = frozenset(["fetch"]) if self.pane.view.is_page else frozenset(["text.save"])

    def restore_focus(self, widget: Widget | None) -> None:
        """Give the focus to the text."""
        self.pane.view.focus()

    def on_screen_suspend(self) -> None:
        """Show the bars again next time."""
        if not self.session.prompts.is_open:
            self.remove_class("-zen")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the actions of the list."""
        if action == "run" and parameters and parameters[0] in NOT_IN_READER:
            return False
        return super().check_action(action, parameters)

    def action_zen(self) -> None:
        """Hide everything but the text, or show it again."""
        self.toggle_class("-zen")
        if self.has_class("-zen"):
            self.show_message(f"{self.session.key('text.zen')} shows the bars again.", transient=True)

    def action_search(self) -> None:
        """Ask what to search for in the text."""
        self._reader.ask_search()

    def action_pager(self) -> None:
        """Open the text in the user's pager or editor."""
        self._reader.show_in_pager()

    def show_bulk_progress(self, progress: BulkProgress) -> None:
        """Show the progress of a bulk fetch; if the bars are hidden, only its start."""
        is_start = self.bulk_fetch_bar.progress is None and not progress.finished
        super().show_bulk_progress(progress)
        if is_start and self.has_class("-zen"):
            self.show_message(f"Fetching {format_count(progress.left, 'original')} …", transient=True)

    def on_resize(self, event: events.Resize) -> None:
        """Request images that fit."""
        self.call_after_refresh(self._images.fit)

    def go_back(self) -> bool:
        """Close the text."""
        self._close()
        return True

    @on(ReaderView.CloseRequested)
    def _close(self) -> None:
        self._reader.close()

    @on(ReaderView.NextArticleRequested)
    def _next(self, event: ReaderView.NextArticleRequested) -> None:
        self._open_next(event.step)

    @on(ReaderView.MeasureChanged)
    def _save_width(self) -> None:
        self._reader.set_width(self.pane.view.measure)

    @on(LineView.LinkClicked)
    def _open_link(self, event: LineView.LinkClicked) -> None:
        self._reader.follow(event.href, self._links.open)

    @on(LineView.WidthChanged)
    def _lay_out(self) -> None:
        self._reader.lay_out()
        self.call_after_refresh(self._images.fit)

    @on(LineView.PositionSettled)
    def _save_position(self) -> None:
        self._reader.save_position()
