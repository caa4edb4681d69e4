"""The list, the article pane and the sidebar: which of them is shown, and which has the focus."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget

from reader.tui.keys import bindings
from reader.tui.widgets.article_list.article_list import ArticleList
from reader.tui.widgets.article_list.header import ListHeader
from reader.tui.widgets.article_pane.article_pane import ArticlePane
from reader.tui.widgets.status_message import StatusMessage

if TYPE_CHECKING:
    from reader.tui.widgets.sidebar.sidebar import Sidebar, SidebarPane


class InputHold(Protocol):
    """Holds keys back while the focus moves."""

    def hold(self) -> None:
        """Hold keys back for the widget that is about to get the focus."""

    def release(self) -> None:
        """Let the keys go that were held back."""


class CoveredContainer(Container):
    """A container that its children cover completely.

    Textual draws what is below the children with every frame, line by line, though none of it is visible. Here that is
    a single blank line.
    """

    BLANK = True


class Panes(CoveredContainer):
    """The panes. The stylesheet puts them side by side, stacks them, or shows one at a time."""

    BINDINGS = bindings.bindings("panes")

    def __init__(
        self,
        header: ListHeader,
        articles: ArticleList,
        gate: InputHold,
        *,
        shows_sidebar: Callable[[], bool],
        sidebar_pane: SidebarPane | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """``shows_sidebar`` tells whether the sidebar is beside the others; ``sidebar_pane`` is one from the start."""
        super().__init__(id=id)
        self.header = header
        """The column heads of the list."""
        self.articles = articles
        """The list of articles."""
        self.article = ArticlePane(id="article")
        """The article pane."""
        self._gate = gate
        self._shows_sidebar = shows_sidebar
        self._sidebar_pane = sidebar_pane
        articles.before_blur = self.article.before_blur = gate.hold
        if sidebar_pane is not None:
            sidebar_pane.sidebar.before_blur = gate.hold

    def compose(self) -> ComposeResult:
        """Yield the list under its header, the article pane, and the sidebar if it is shown."""
        with CoveredContainer(id="list-pane"):
            yield self.header
            yield self.articles
        yield self.article
        if self._sidebar_pane is not None:
            yield self._sidebar_pane

    # Sidebar.

    @property
    def sidebar(self) -> Sidebar | None:
        """The sidebar once it is mounted; it may be hidden."""
        pane = self._sidebar_pane
        return pane.sidebar if pane is not None and pane.sidebar.is_mounted else None

    def mount_sidebar(self, pane: SidebarPane) -> None:
        """Add the sidebar."""
        self._sidebar_pane = pane
        pane.sidebar.before_blur = self._gate.hold
        self.mount(pane)

    def set_sidebar_filter(self, text: str) -> None:
        """Show above the sidebar by which text it is filtered."""
        if self._sidebar_pane is not None:
            self._sidebar_pane.title_bar.filter = text

    @property
    def sidebar_has_focus(self) -> bool:
        """Whether keys are for the sidebar."""
        return self._sidebar_pane is not None and self._sidebar_pane.sidebar.has_focus

    @property
    def _sidebar_is_shown(self) -> bool:
        return self._sidebar_pane is not None and self._shows_sidebar()

    # Focus.

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show the pane with the focus where there is space for only one."""
        self.set_class(event.widget is self.article, "-reading")
        sidebar = self._sidebar_pane.sidebar if self._sidebar_pane is not None else None
        self.set_class(sidebar is not None and event.widget is sidebar, "-viewing")
        if event.widget is self.articles and self.article.selected >= 0:
            self.article.select_item(-1)  # in the list, keys are for the article

    def focus_list(self) -> None:
        """Give the list the focus."""
        self.remove_class("-reading", "-viewing")
        self._focus(self.articles)

    def focus_article(self) -> None:
        """Give the article pane the focus."""
        self.remove_class("-viewing")
        self.add_class("-reading")  # a hidden widget cannot take the focus
        self._focus(self.article)

    def focus_sidebar(self) -> None:
        """Give the sidebar the focus, if it is there."""
        sidebar = self.sidebar
        if sidebar is not None:
            self.remove_class("-reading")
            self.add_class("-viewing")
            self._focus(sidebar)

    def _focus(self, pane: Widget) -> None:
        if pane.has_focus:
            self._gate.release()
        else:
            self._gate.hold()
            pane.focus()

    def action_next_pane(self) -> None:
        """Move from the list to the article, its related items, the sidebar, and back to the list."""
        if self.sidebar_has_focus:
            self.focus_list()
        elif self.articles.has_focus:
            if len(self.articles.order):
                self.article.select_item(-1)
                self.focus_article()
            else:
                self._skip_article()
        elif self.article.selected < 0 and self.article.item_count:
            self.article.select_item(0)
        elif self._sidebar_is_shown:
            self.focus_sidebar()
        else:
            self.focus_list()

    def action_previous_pane(self) -> None:
        """Move through the panes in reverse order."""
        if self.articles.has_focus and self._sidebar_is_shown:
            self.focus_sidebar()
        elif self.articles.has_focus or self.sidebar_has_focus:
            if not len(self.articles.order):
                self._skip_article()
                return
            self.focus_article()
            if self.article.item_count:
                self.article.select_item(max(0, self.article.selected))
        elif self.article.selected >= 0:
            self.article.select_item(-1)
        else:
            self.focus_list()

    def _skip_article(self) -> None:
        if self.sidebar_has_focus:
            self.focus_list()
        elif self._sidebar_is_shown:
            self.focus_sidebar()
        else:
            self._say("There is no article to show.")

    def action_related(self, step: int) -> None:
        """Select the next related item or, with -1, the previous one."""
        if not self.article.item_count:
            self._say("This article has no related items.")
            return
        self.focus_article()
        index = self.article.selected + step
        if index >= self.article.item_count:
            self._say("This is the last related item.")
        elif index < 0:
            self._say("This is the first related item.")
        self.article.select_item(max(0, index))

    def _say(self, text: str) -> None:
        self.post_message(StatusMessage(text, transient=True))
