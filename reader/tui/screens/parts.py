"""What every part of the main screen stands on: its widgets, its Desk, and the last line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual import events, on
from textual.screen import Screen
from textual.widget import Widget

from reader.config.settings import Config
from reader.startup import FirstFrame
from reader.tui import messages
from reader.tui.desk import Desk
from reader.tui.keys import bindings
from reader.tui.widgets.article_list.article_list import ArticleList
from reader.tui.widgets.article_pane.article_pane import ArticlePane
from reader.tui.widgets.bars.bars import KeyBar, LongMessage
from reader.tui.widgets.panes import Panes

if TYPE_CHECKING:
    from reader.tui.widgets.prompt.prompt import PromptLine


_SECONDS_HELD = 0.5
_METHODS = frozenset(action.method.partition("(")[0] for action in bindings.ACTIONS if action.scopes == ("browse",))
"""What the keys of the screen do."""


class Purpose(NamedTuple):
    """What becomes of a line that the person is asked for."""

    entered: Callable[[str], object]
    changed: Callable[[str, int], object] = lambda text, at: None
    """Called with the text and the place of the cursor, in characters."""
    left: Callable[[], object] = lambda: None
    refuses: Callable[[str], bool] = lambda text: False
    """Whether it is to be written on: something is wrong with it, and that stands below the line."""
    at_once: bool = False
    """Whether what is written shows at once, so that there is nothing left to enter."""


class Parts(Screen[None]):
    """The widgets by name, and what is said to the person."""

    def __init__(self, first: FirstFrame, settings: Config) -> None:
        super().__init__()
        self.library = first.library
        self._keymap = settings.keys
        self._desk = Desk(self, first.library, first.updater)
        self._held: list[events.Key] | None = None
        """Keys that were pressed while the focus is on its way to what they are meant for; None when it is not."""
        self._holds = 0
        """How often keys were held back."""
        self._ends: events.Key | None = None
        """The key that ends what is being written."""
        self._purpose: Purpose | None = None
        self._asked_from: Widget | None = None
        """What had the focus before a line was asked for,"""
        self._asked_then: Widget | None = None
        """and what gets it once the line is entered."""
        self._bound: dict[bindings.KeyContext, frozenset[str]] = {}
        """The keys that do something, by where the focus is."""

    @property
    def panes(self) -> Panes:
        """Both panes."""
        return self.query_one(Panes)

    @property
    def articles(self) -> ArticleList:
        """The list of articles."""
        return self.panes.articles

    @property
    def article(self) -> ArticlePane:
        """The article pane."""
        return self.panes.article

    @property
    def where(self) -> bindings.KeyContext:
        """Where the person is, as the last line has it."""
        return self.query_one(KeyBar).context

    def on_key(self, event: events.Key) -> None:
        """Say so of a key that does nothing. Textual sees to those that do something, whoever they are for."""
        bar = self.query_one(KeyBar)
        bound = self._bound.get(bar.context)
        if bound is None:
            # Textual's own keys to scroll what cannot be scrolled do nothing.
            active = self.active_bindings.items()
            ours = {
                key
                for key, it in active
                if it.binding.id in bindings.NAMES or not it.binding.action.startswith(("page_", "scroll_"))
            }
            bound = self._bound[bar.context] = frozenset(ours)
        if event.key not in bound:
            name = bindings.pressed_key_label(event.key, event.character)
            if self.entry is not None:
                self.entry.hint(f"{name} does nothing in this line.", warning=True)
            else:
                self.say(f"{name} does nothing here. ? shows every key.", transient=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While one writes, the keys of the screen are about nothing."""
        own = action in _METHODS
        return False if own and self.is_asking else super().check_action(action, parameters)

    def refocus(self, focused: Widget) -> None:
        """Keep the focus in the line that is written in; who clicks elsewhere has entered what stands in a query."""
        entry, purpose = self.entry, self._purpose
        if entry is None or purpose is None or not entry.has_had_focus or entry in focused.ancestors_with_self:
            return
        if purpose.at_once and not purpose.refuses(entry.text.strip()):
            self._asked_then = focused
            self.on_prompt_line_submitted(entry.Submitted(entry.text.strip()))
        else:
            entry.input.focus()
            entry.hint("Enter takes this, Esc leaves it.")

    # Keys can be quicker than the focus: what is typed in one go after / is meant for the line that / opens.

    def hold_keys(self) -> None:
        """Keep keys until something has got the focus, or half a second has passed."""
        if self._held is None:
            self._held = []
            self._holds += 1
            hold = self._holds
            self.set_timer(_SECONDS_HELD, lambda: self._let_go(hold))

    def let_keys_go(self) -> None:
        """Have the keys handled that were kept; those for a line that is about to come are kept on."""
        waiting = self.is_asking and not (self.entry is not None and self.entry.input.has_focus)
        if self._held is not None and not waiting:
            # Once what has the focus is laid out: a page of it is as long as it is high.
            self.call_after_refresh(self._let_go, self._holds)

    def _let_go(self, hold: int) -> None:
        self.app.post_message(messages.KeysFree(hold))

    def takes(self, key: events.Key) -> bool:
        """Return whether ``key`` is kept for later. The app asks before anybody sees it, and on its way back up."""
        # What comes back while a line is being ended was pressed before the key that ends it.
        before_the_end = self._ends is not None and (key is self._ends or key.is_forwarded)
        if self._held is not None and not before_the_end:
            self._held.append(key)
            return True
        if self.is_asking and key.key in self._ending_keys and not key.is_forwarded:
            self._ends = key  # the line takes what follows before it knows that it is at its end
            self.hold_keys()
        return False

    def freed(self, hold: int) -> list[events.Key]:
        """Return the keys that were kept, and are to be handled now; none when they are kept for something else."""
        if self._held is None or hold != self._holds:
            return []
        held, self._held, self._ends = self._held, None, None
        return held

    @property
    def _ending_keys(self) -> frozenset[str]:
        leave = next(action for action in bindings.ACTIONS if action.name == "entry.leave")
        return frozenset({"enter", *bindings.keys_of(leave, self._keymap).split(",")})

    # What the person writes.

    @property
    def is_asking(self) -> bool:
        """Whether a line is there to be written in."""
        return self._purpose is not None

    def ask(
        self,
        purpose: Purpose,
        prompt: str,
        text: str = "",
        *,
        past: Sequence[str] = (),
        then: Widget | None = None,
    ) -> None:
        """Ask for a line, in which ``text`` stands already; ``past`` is what was entered before, the latest last.

        ``then`` gets the focus once it is entered; when it is left, or without one, what had it before.
        """
        from reader.tui.widgets.prompt.prompt import PromptLine  # imported late: nobody writes before they have read

        if not self.is_asking:
            self._asked_from, self._purpose = self.focused, purpose
            self._asked_then = then or self.focused
            self.hold_keys()
            self.mount(PromptLine(prompt, text, past))

    @property
    def entry(self) -> PromptLine | None:
        """The line that is written in, if there is one."""
        if not self.is_asking:
            return None  # or on its way out
        from reader.tui.widgets.prompt.prompt import PromptLine

        return next((line for line in self.query(PromptLine) if line.is_mounted), None)

    # By name, so that the line need not be known before it is asked for.

    def on_prompt_line_changed(self, event: PromptLine.Changed) -> None:
        """Pass what is written on to whoever asked."""
        if self._purpose is not None:
            self._purpose.changed(event.text, event.at)

    def on_prompt_line_submitted(self, event: PromptLine.Submitted) -> None:
        """Pass what was entered on to whoever asked."""
        purpose = self._purpose
        if purpose is not None and purpose.refuses(event.text):
            self.let_keys_go()
            return
        self._answered(self._asked_then)
        if purpose is not None:
            purpose.entered(event.text)

    def on_prompt_line_canceled(self) -> None:
        """Tell whoever asked that nothing is entered."""
        purpose = self._purpose
        self._answered(self._asked_from)
        if purpose is not None:
            purpose.left()

    def asks_for(self, changed: Callable[[str, int], object]) -> bool:
        """Whether the line that is there tells ``changed`` what is written."""
        return self._purpose is not None and self._purpose.changed == changed

    def leave_line(self) -> None:
        """Take the line away, as if it had been left."""
        if self.is_asking:
            self.on_prompt_line_canceled()

    def _answered(self, then: Widget | None) -> None:
        """Take the line away, and give the focus to ``then``."""
        self._purpose = None
        self.query("#entry").remove()
        self.hold_keys()
        if then is self.article:
            self.panes.focus_article()
        elif then is None or then is self.articles or not then.is_attached:
            self.panes.focus_list()
        else:
            then.focus()

    def on_next_key(self) -> None:
        """Take what concerned the last key from the last line: another one is pressed."""
        self.query_one(KeyBar).on_next_key()

    def say(self, text: str, *, warning: bool = False, transient: bool = False) -> None:
        """Tell the person something in the last line; see :meth:`KeyBar.show_message`."""
        if warning and self.entry is not None:
            self.entry.hint(text, warning=True)  # which covers that line
        self.query_one(KeyBar).show_message(text, warning=warning, transient=transient)

    @on(KeyBar.TooLong)
    def _show_long(self, event: KeyBar.TooLong) -> None:
        line = self.query_one(LongMessage)
        if event.sentence:
            line.show(event.sentence, warning=event.warning)
        else:
            line.hide()

    @on(messages.Said)
    def _tell(self, event: messages.Said) -> None:
        self.say(event.text, warning=event.warning, transient=event.transient)
