"""Places on the main screen: at which article each view was left, and where in the article one was."""

from __future__ import annotations

from textual import on

from reader.config.settings import Config
from reader.core.ordering import list_key
from reader.startup import FirstFrame
from reader.tui import messages
from reader.tui.screens.searching import Searching
from reader.tui.widgets.article_list.article_list import ArticleList


class Placing(Searching):
    """Keeps where the person is, when they leave it, and when they stay there for a moment."""

    def __init__(self, first: FirstFrame, settings: Config) -> None:
        super().__init__(first, settings)
        self.view_name = list_key(first.order.sort)
        """What the view in the list is called."""
        self.is_placed = first.index > 0
        """Whether an article is selected because the list was left at it."""

    @on(ArticleList.SelectionSettled)
    def keep_place(self) -> None:
        """Keep at which article the list is, if the person has moved there."""
        articles = self.articles
        if articles.moved and len(articles.view):
            line = articles.cursor - articles.scroll_offset.y
            self._desk.left_view(self.view_name, articles.view.position_at(articles.cursor, line))
        articles.moved = False

    def keep_places(self) -> None:
        """Keep all there is to keep, because the program ends."""
        self.keep_position()
        self.keep_place()

    def view_placed(self, event: messages.ViewLoaded, *, searched: bool) -> None:
        """Take note of which view is in the list now; ``searched``, that it is the answer to another query."""
        if searched:
            self.is_placed = event.place is not None
            self.articles.moved = False
        elif event.name != self.view_name:
            self.is_placed = False
            self.articles.moved = (
                self.articles.user_selected
            )  # the article that is held has a place in this order as well
        else:
            self.is_placed |= event.place is not None
        self.view_name = event.name
