"""The line above the list: what each column is, which one sorts, and how."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from reader.core.ordering import Sort, SortKey
from reader.core.text import fit_cells
from reader.tui.theme.styles import theme_style
from reader.tui.widgets.article_list.columns import Columns, columns


class ListHeader(Widget):
    """The line above the list: the key, name and direction of each column that sorts."""

    sort: reactive[Sort | None] = reactive[Sort | None](Sort())
    """The order; None for how well articles match."""
    types: reactive[bool] = reactive(False)

    class SortChosen(Message):
        """The mouse asked for an order."""

        def __init__(self, by: SortKey) -> None:
            super().__init__()
            self.by = by

    def __init__(
        self,
        sort: Sort,
        keys: dict[str, str],
        *,
        types: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self.set_reactive(ListHeader.sort, sort)
        self.set_reactive(ListHeader.types, types)
        self._keys = keys
        """Action -> the one character that is its key, if it has such a key."""

    def render_line(self, y: int) -> Strip:
        """Draw the names over the columns."""
        name = theme_style(self, "quiet")
        if y:
            return Strip.blank(self.size.width, name)
        layout = self._columns()
        segments: list[Segment] = []
        end = 0
        for column in layout.columns:
            segments.append(Segment(" " * (column.start - end), name))
            end = column.start + column.width
            match column.name:
                case "quality" | "heat" | "date":
                    segments += self._label(column.name, column.width)
                case "source" | "title":
                    segments.append(Segment(fit_cells(column.name.capitalize(), column.width), name))
                case _:
                    segments.append(Segment(" " * column.width, name))
        return Strip(segments).adjust_cell_length(self.size.width, name)

    def _label(self, by: SortKey, cells: int) -> list[Segment]:
        key = self._keys.get(f"sort.{by}", " ")
        chosen = self.sort is not None and by == self.sort.by
        arrow = ("↑" if self.sort is not None and self.sort.reverse else "↓") if chosen else ""
        gap = " " if cells > 4 else ""
        room = cells - len(key) - 2 * len(gap) - 1
        full = {"quality": "Qual", "heat": "Heat", "date": "Date"}[by]
        text = gap + (full if len(full) <= room else full[:1]) + (gap + arrow if chosen else "")
        name = theme_style(self, "strong" if chosen else "quiet")
        return [Segment(key, theme_style(self, "key")), Segment(fit_cells(text, cells - len(key)), name)]

    def on_click(self, event: events.Click) -> None:
        """Sort by the column under the mouse."""
        column = self._columns().at(event.x)
        if column is not None and column.name in {"quality", "heat", "date"}:
            by: SortKey = "quality" if column.name == "quality" else "heat" if column.name == "heat" else "date"
            self.post_message(self.SortChosen(by))

    def _columns(self) -> Columns:
        return columns(max(1, self.size.width), types=self.types)
