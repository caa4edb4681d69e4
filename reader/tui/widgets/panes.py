"""The list, the article pane and the sidebar: which of them is shown, and which has the focus."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget

from reader.config.settings import DENSITIES, Config, Density
from reader.tui.keys import bindings
from reader.tui.widgets.article_list.article_list import ArticleList
from reader.tui.widgets.article_list.header import ListHeader
from reader.tui.widgets.article_pane.article_pane import ArticlePane
from reader.tui.widgets.messages import show_status

if TYPE_CHECKING:
    from reader.tui.input_gate import InputGate
    from reader.tui.widgets.sidebar.sections import SidebarLine
    from reader.tui.widgets.sidebar.sidebar import Sidebar, SidebarPane


STACKED, BESIDE, HIGH = 60, 100, 16
"""Columns from which on the article is below the list, and beside it; and lines below which there is one pane."""
VIEWS_BESIDE = 140
"""Columns from which on the sidebar stays beside the others; on fewer, it is there while it has the focus."""
SIDEBAR = 30
"""The columns of the sidebar."""
_COMPACT = 100
"""Columns of the list from which on a row has one line,"""
_FEW_LINES = 32
"""as it has where the list is above the article on a screen of fewer lines."""
_STEP = 4
_SHARES = range(20, 81)


class Split(NamedTuple):
    """What the user has chosen for the list."""

    density: Density = "auto"
    beside: int = 0
    """The share of the list where the article is beside it, in percent; 0 for the default,"""
    stacked: int = 0
    """and where the article is below it."""

    @classmethod
    def parse(cls, text: str, density: Density) -> Split:
        """Parse a saved choice; a ``density`` of the settings file takes precedence."""
        try:
            saved, beside, stacked = text.split()
            found = cls(saved if saved in DENSITIES else "auto", int(beside), int(stacked))
        except ValueError:  # none, or written by another version
            found = cls()
        return found if density == "auto" else found._replace(density=density)


class CoveredContainer(Container):
    """A container that its children cover completely.

    Textual draws what is below the children with every frame, line by line, though none of it is visible. Here that is
    a single blank line.
    """

    BLANK = True


class Panes(CoveredContainer):
    """The panes. The stylesheet puts them side by side, stacks them, or shows one at a time."""

    BINDINGS = bindings.bindings("panes")

    def __init__(self, header: ListHeader, articles: ArticleList, gate: InputGate, split: Split) -> None:
        super().__init__(id="panes")
        self._list_pane = CoveredContainer(header, articles, id="list-pane")
        self.header = header
        """The column heads of the list."""
        self.articles = articles
        """The list of articles."""
        self.article = ArticlePane()
        """The article pane."""
        self._gate = gate
        self.shows_sidebar: Callable[[], bool] = lambda: False
        """Returns whether the sidebar is beside the others."""
        self._sidebar_pane: SidebarPane | None = None
        self._item_to_select = -1
        """The related item to select once the article pane has the focus, or -1."""
        self._split = split
        self._usual: Density = "compact"
        """The density of a list of this size, unless the user has chosen one."""
        self.save_split: Callable[[str], object] = str
        """Saves what :meth:`Split.parse` reads."""

    def compose(self) -> ComposeResult:
        """Yield the list under its header, the article pane, and the sidebar if it is shown."""
        yield self._list_pane
        yield self.article
        if self._sidebar_pane is not None:
            yield self._sidebar_pane

    # Space.

    def divide(self) -> None:
        """Divide the space between list and article; the width of the list decides on its density."""
        width, height = self.app.size
        self.set_class(self._is_list_alone, "-list-alone")
        layout, share, styles = self._layout, self._share, self._list_pane.styles
        styles.width = f"{share}%" if layout == "beside" else None
        styles.height = f"{share}%" if layout == "stacked" else None
        if layout == "beside":
            width = (width - SIDEBAR * self.shows_sidebar()) * share // 100
        # Alone, the list is as it is above the article: it must not jump when the sidebar comes and goes.
        has_lines = height >= (_FEW_LINES if layout == "stacked" or self._is_list_alone else HIGH)
        self._usual = "comfortable" if width < _COMPACT and has_lines else "compact"
        density = self._usual if self._split.density == "auto" else self._split.density
        self.header.comfortable = density == "comfortable"
        self.articles.set_comfortable(density == "comfortable")

    @property
    def _layout(self) -> Literal["beside", "stacked", ""]:
        """Where the article is; empty if there is one pane at a time."""
        width, height = self.app.size
        is_single = width < STACKED or height < HIGH or self._is_list_alone
        return "" if is_single else "beside" if width >= BESIDE else "stacked"

    @property
    def _is_list_alone(self) -> bool:
        """Whether the list has all lines beside the sidebar, where few titles could be read above the article."""
        width, height = self.app.size
        return self.has_class("-viewing") and STACKED <= width < BESIDE and HIGH <= height < _FEW_LINES

    @property
    def _share(self) -> int:
        """The share of the list in percent."""
        if self._layout == "stacked":
            return self._split.stacked if self._split.stacked in _SHARES else 42
        usual = 60 if self.app.size.width >= VIEWS_BESIDE else 56
        return self._split.beside if self._split.beside in _SHARES else usual

    def widen_list(self, step: int) -> None:
        """Give the list a larger share of the screen or, with -1, a smaller one."""
        share = max(_SHARES[0], min(_SHARES[-1], self._share + step * _STEP))
        if not self._layout:
            show_status(self, "There is one pane at a time here.")
        elif share == self._share:
            show_status(self, f"The list is as {'large' if step > 0 else 'small'} as it gets.")
        elif self._layout == "beside":
            self._change(self._split._replace(beside=share))
        else:
            self._change(self._split._replace(stacked=share))

    def toggle_density(self) -> None:
        """Show each article of the list in one line, or in two."""
        density: Density = "compact" if self.articles.comfortable else "comfortable"
        self._change(self._split._replace(density="auto" if density == self._usual else density))

    def take_config(self, config: Config, before: Config) -> None:
        """Show the list as the settings say now."""
        self.header.keymap = config.keys
        self.articles.rows.has_periods = config.date_separators
        self.articles.drop_styles()
        self.articles.refresh()
        if config.density != before.density:
            self._split = self._split._replace(density=config.density)
            self.divide()

    def _change(self, split: Split) -> None:
        self._split = split
        self.save_split(f"{split.density} {split.beside} {split.stacked}")
        self.divide()

    # Sidebar.

    @property
    def sidebar(self) -> Sidebar | None:
        """The sidebar once it is mounted; it may be hidden."""
        pane = self._sidebar_pane
        return pane.sidebar if pane is not None and pane.sidebar.is_mounted else None

    def mount_sidebar(self, pane: SidebarPane) -> None:
        """Add the sidebar."""
        self._sidebar_pane = pane
        if self.is_attached:  # otherwise compose() adds it
            self.mount(pane)

    @property
    def sidebar_has_focus(self) -> bool:
        """Whether keys are for the sidebar."""
        return self._sidebar_pane is not None and self._sidebar_pane.sidebar.has_focus

    @property
    def sidebar_line(self) -> SidebarLine | None:
        """The selected line of the sidebar, if that has the focus."""
        return self._sidebar_pane.sidebar.line if self._sidebar_pane is not None and self.sidebar_has_focus else None

    # Focus.

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show the pane with the focus where there is space for only one."""
        self._show_pane(event.widget)
        if self._sidebar_pane is not None and event.widget is not self._sidebar_pane.sidebar:
            self._sidebar_pane.sidebar.filter_by("")  # left behind, it would hide what comes
        self.header.lit = event.widget is self.articles
        if event.widget is self.articles and self.article.selected >= 0:
            self.article.select_item(-1)  # in the list, keys are for the article
        elif event.widget is self.article and self._item_to_select >= 0:
            self.article.select_item(self._item_to_select)
            self._item_to_select = -1

    def focus_list(self) -> None:
        """Give the list the focus."""
        self._focus(self.articles)

    def focus_article(self) -> None:
        """Give the article pane the focus."""
        self._focus(self.article)

    def focus_item(self, item: int) -> None:
        """Give the article pane the focus, and select one of its related items once it has it."""
        if self.article.has_focus:
            self.article.select_item(item)
        else:
            self._item_to_select = item
        self.focus_article()

    def focus_sidebar(self) -> None:
        """Give the sidebar the focus, if it is there."""
        sidebar = self.sidebar
        if sidebar is not None:
            self._focus(sidebar)

    def _show_pane(self, pane: Widget) -> None:
        self.set_class(pane is self.article, "-reading")
        self.make_room_for_sidebar(needed=pane is self.sidebar)

    def make_room_for_sidebar(self, *, needed: bool = True) -> None:
        """Make room for the sidebar, which has the focus or is about to take it, where there is none otherwise."""
        if needed != self.has_class("-viewing"):
            self.set_class(needed, "-viewing")
            self.divide()

    def _focus(self, pane: Widget) -> None:
        self._show_pane(pane)  # a hidden widget cannot take the focus
        if pane.has_focus:
            self._gate.release()
        else:
            self._gate.hold()
            pane.focus()

    def action_pane(self, step: int) -> None:
        """Go to the next of list, article, related items and sidebar or, with -1, to the previous one."""
        if self.sidebar_has_focus:
            here = "sidebar"
        elif self.articles.has_focus:
            here = "list"
        else:
            here = "article" if self.article.selected < 0 else "related"
        stops = ["list"]
        if len(self.articles.order) or here in {"article", "related"}:
            stops += ["article", "related"] if self.article.item_count else ["article"]
        if here == "sidebar" or (self._sidebar_pane is not None and self.shows_sidebar()):
            stops.append("sidebar")
        stop = stops[(stops.index(here) + step) % len(stops)]
        if stop == here:
            show_status(self, "There is no article to show.")
        elif stop == "list":
            self.focus_list()
        elif stop == "sidebar":
            self.focus_sidebar()
        else:
            self.focus_article()
            self.article.select_item(-1 if stop == "article" else max(0, self.article.selected))

    def action_related(self, step: int) -> None:
        """Select the next related item or, with -1, the previous one."""
        if not self.article.item_count:
            has_article = self.article.content is not None
            show_status(self, "This article has no related items." if has_article else "There is no article here.")
            return
        self.focus_article()
        index = self.article.selected + step
        if index >= self.article.item_count:
            show_status(self, "This is the last related item.")
        elif index < 0:
            show_status(self, "This is the first related item.")
        self.article.select_item(max(0, min(index, self.article.item_count - 1)))

    def toggle_more(self) -> None:
        """Show or hide what is under “More”; where there is space for one pane, in the article."""
        if not self.article.display:
            self.focus_article()
        self.article.toggle_more()
