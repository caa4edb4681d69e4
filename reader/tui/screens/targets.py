"""What a key applies to: the open text, the selected range, the selected article or story."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reader.core.model import Links
    from reader.tui.controllers.article_pane import ArticlePaneController
    from reader.tui.controllers.reader import ReaderController
    from reader.tui.widgets.article_pane.content import ArticleContent
    from reader.tui.widgets.panes import Panes


class KeyTargets:
    """Looks in the reader, the list and the article pane."""

    def __init__(self, panes: Panes, pane_content: ArticlePaneController, reader: ReaderController) -> None:
        self._panes = panes
        self._articles = panes.articles
        self._pane_content = pane_content
        self._reader = reader

    def rowids(self) -> Sequence[int]:
        """Return the open text, else the selected range, else the selected article, or all of a folded story."""
        if self._reader.is_open:
            return self._reader.rowids()
        rowid = self._articles.rowid
        return self._articles.selected_range or (self._articles.order.articles_of(rowid) if rowid != -1 else ())

    def rowid(self) -> int:
        """Return the document that a key for one applies to: the open text, else that in pane or list; or -1."""
        if self._reader.is_open:
            return next(iter(self._reader.rowids()), -1)
        return self._pane_content.requested_rowid if self._panes.article.has_focus else self._articles.rowid

    def readable(self) -> ArticleContent | int | None:
        """Return what can be read in full: the open text, else what the pane or the list has."""
        return self._reader.source if self._reader.is_open else self._pane_content.readable()

    def links(self) -> Links:
        """Return the URLs that a key applies to."""
        if not self._reader.is_open:
            return self._pane_content.links
        links, row = self._reader.links, self._articles.row
        if links is not None:
            return links
        from reader.core.model import Links

        return row.links if row is not None and [row.rowid] == self._reader.rowids() else Links()
