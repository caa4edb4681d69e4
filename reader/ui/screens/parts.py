"""What every part of the main screen stands on: its widgets, its Desk, and the last line."""

from __future__ import annotations

from collections.abc import Mapping

from textual import events, on
from textual.screen import Screen

from reader.opening import First
from reader.ui import actions, messages
from reader.ui.article_list import ArticleList
from reader.ui.article_view import ArticleView
from reader.ui.bars import KeyBar, LongMessage
from reader.ui.desk import Desk
from reader.ui.panes import Panes


class Parts(Screen[None]):
    """The widgets by name, and what is said to the person."""

    def __init__(self, first: First, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self.library = first.library
        self._keymap = keymap
        self._desk = Desk(self, first.library, first.keeper)
        self._bound: dict[actions.Focus, frozenset[str]] = {}
        """The keys that do something, by where the focus is."""

    @property
    def panes(self) -> Panes:
        """Both panes."""
        return self.query_one(Panes)

    @property
    def articles(self) -> ArticleList:
        """The list of articles."""
        return self.query_one(ArticleList)

    @property
    def article(self) -> ArticleView:
        """The article pane."""
        return self.query_one(ArticleView)

    def on_key(self, event: events.Key) -> None:
        """Say so of a key that does nothing. Textual sees to those that do something, whoever they are for."""
        bar = self.query_one(KeyBar)
        bound = self._bound.get(bar.where)
        if bound is None:
            bound = self._bound[bar.where] = frozenset(self.active_bindings)
        if event.key not in bound:
            self.say(f"{actions.spoken(event.key)} does nothing here. ? shows every key.", passing=True)

    def move_on(self) -> None:
        """Take what concerned the last key from the last line: another one is pressed."""
        self.query_one(KeyBar).move_on()

    def say(self, text: str, *, warning: bool = False, passing: bool = False) -> None:
        """Tell the person something in the last line; see :meth:`KeyBar.say`."""
        self.query_one(KeyBar).say(text, warning=warning, passing=passing)

    @on(KeyBar.TooLong)
    def _show_long(self, event: KeyBar.TooLong) -> None:
        line = self.query_one(LongMessage)
        if event.sentence:
            line.show(event.sentence, warning=event.warning)
        else:
            line.hide()

    @on(messages.Said)
    def _tell(self, event: messages.Said) -> None:
        self.say(event.text, warning=event.warning, passing=event.passing)
