"""The list, the article and the views: which of them shows, which has the focus, and the keys that lead between."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget

from reader.startup import FirstFrame
from reader.tui import messages
from reader.tui.keys import bindings
from reader.tui.widgets.article_list.article_list import ArticleList
from reader.tui.widgets.article_list.header import ListHeader
from reader.tui.widgets.article_pane.article_pane import ArticlePane

if TYPE_CHECKING:
    from reader.tui.widgets.sidebar.sidebar import Sidebar, SidebarPane


class Backing(Container):
    """Holds what covers it: a single blank line stands for all of its own.

    Textual draws what lies below with every frame, line by line, though nothing of it is seen.
    """

    BLANK = True


class Holder(Protocol):
    """Holds keys back while the focus is on its way."""

    def hold_keys(self) -> None:
        """Keep keys for what is about to have the focus."""

    def let_keys_go(self) -> None:
        """Have the keys handled that were kept."""

    @property
    def shows_sidebar(self) -> bool:
        """Whether there is a pane of views beside the others."""


class Panes(Backing):
    """The panes; the stylesheet puts them side by side, stacked, or one in the place of the other."""

    BINDINGS = bindings.bindings("panes")

    def __init__(
        self,
        first: FirstFrame,
        keys: dict[str, str],
        holder: Holder,
        *,
        side: SidebarPane | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """``side`` is the pane of views with its title, if it shows from the start."""
        super().__init__(id=id)
        self._holder = holder
        self._side = side
        self._first: FirstFrame | None = first
        self._keys = keys

    def compose(self) -> ComposeResult:
        """The list under its header, and the article."""
        first, self._first = self._first, None
        assert first is not None
        with Backing(id="list-pane"):
            yield ListHeader(first.order.sort, self._keys, types=first.types, id="header")
            articles = ArticleList(
                first.order, first.rows, at=first.index, line=first.line, types=first.types, id="list"
            )
            articles.before_blur = self._holder.hold_keys
            yield articles
        article = ArticlePane(id="article")
        article.before_blur = self._holder.hold_keys
        yield article
        if self._side is not None:
            self._side.views.before_blur = self._holder.hold_keys
            yield self._side

    @property
    def articles(self) -> ArticleList:
        """The list of articles."""
        return self.query_one(ArticleList)

    @property
    def article(self) -> ArticlePane:
        """The article pane."""
        return self.query_one(ArticlePane)

    @property
    def views(self) -> Sidebar | None:
        """The pane of views, once it was wanted; it may be hidden."""
        return self._side.views if self._side is not None and self._side.views.is_mounted else None

    def mount_sidebar(self, side: SidebarPane) -> None:
        """Take the pane of views in."""
        self._side = side
        side.views.before_blur = self._holder.hold_keys
        self.mount(side)

    def set_sidebar_filter(self, filtered: str) -> None:
        """Say above the views what they are filtered by."""
        if self._side is not None:
            self._side.title_bar.filter = filtered

    @property
    def sidebar_has_focus(self) -> bool:
        """Whether keys are about views."""
        return self._side is not None and self._side.views.has_focus

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Where there is room for one pane only, it is the one with the focus."""
        self.set_class(event.widget is self.article, "-reading")
        self.set_class(self._side is not None and event.widget is self._side.views, "-viewing")
        if event.widget is self.articles and self.article.selected >= 0:
            self.article.select_item(-1)  # in the list, keys are about the article

    def focus_list(self) -> None:
        """Give the list the focus."""
        self.remove_class("-reading", "-viewing")
        self._focus(self.articles)

    def focus_article(self) -> None:
        """Give the article the focus."""
        self.remove_class("-viewing")
        self.add_class("-reading")  # what is hidden cannot take it
        self._focus(self.article)

    def focus_sidebar(self) -> None:
        """Give the pane of views the focus, if it is there."""
        views = self.views
        if views is not None:
            self.remove_class("-reading")
            self.add_class("-viewing")
            self._focus(views)

    @property
    def _views_show(self) -> bool:
        return self._side is not None and self._holder.shows_sidebar

    def _focus(self, pane: Widget) -> None:
        if pane.has_focus:
            self._holder.let_keys_go()
        else:
            self._holder.hold_keys()
            pane.focus()

    def action_next_pane(self) -> None:
        """From the list to the article, to its related items, to the views, and round."""
        if self.sidebar_has_focus:
            self.focus_list()
        elif self.articles.has_focus:
            if len(self.articles.view):
                self.article.select_item(-1)
                self.focus_article()
            else:
                self._round()
        elif self.article.selected < 0 and self._items:
            self.article.select_item(0)
        elif self._views_show:
            self.focus_sidebar()
        else:
            self.focus_list()

    def action_previous_pane(self) -> None:
        """The same, the other way round."""
        if self.articles.has_focus and self._views_show:
            self.focus_sidebar()
        elif self.articles.has_focus or self.sidebar_has_focus:
            if not len(self.articles.view):
                self._round()
                return
            self.focus_article()
            if self._items:
                self.article.select_item(max(0, self.article.selected))
        elif self.article.selected >= 0:
            self.article.select_item(-1)
        else:
            self.focus_list()

    def _round(self) -> None:
        """Go on where there is no article to go to, or say so."""
        if self.sidebar_has_focus:
            self.focus_list()
        elif self._views_show:
            self.focus_sidebar()
        else:
            self.post_message(messages.Said("There is no article to go to.", transient=True))

    def action_related(self, step: int) -> None:
        """Select the next or previous related item."""
        # Keys can be quicker than the news of what they did: this follows the news that another article is selected on
        # its way from the list up to the screen, and so comes after it.
        act: Callable[[], object] = partial(self.article.when_loaded, partial(self._select_related, step))
        for node in reversed(self.articles.ancestors_with_self):
            if isinstance(node, Widget):
                act = partial(node.call_later, act)
        act()

    def _select_related(self, step: int) -> None:
        if not self._items:
            self.post_message(messages.Said("No related items here.", transient=True))
            return
        self.focus_article()
        at = self.article.selected + step
        if at >= self._items:
            self.post_message(messages.Said("That is the last related item.", transient=True))
        elif at < 0:
            self.post_message(messages.Said("That is the first related item.", transient=True))
        self.article.select_item(max(0, at))

    @property
    def _items(self) -> int:
        subject = self.article.subject
        return len(subject.items) if subject is not None else 0
