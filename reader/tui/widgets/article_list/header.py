"""The column heads of the list: name, sort key and direction."""

from __future__ import annotations

from rich.segment import Segment
from textual import events, on
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from reader.core.ordering import Sort, SortKey
from reader.core.text import fit_cells
from reader.tui.theme.styles import theme_style
from reader.tui.widgets.article_list.columns import Columns, columns


class ListHeader(Widget):
    """Shows the names of the columns; those that sort with their key and direction."""

    sort: reactive[Sort | None] = reactive[Sort | None](Sort())
    """The sort order; None for relevance."""
    types: reactive[bool] = reactive(False)

    class SortChosen(Message):
        """The user clicked a column to sort by it."""

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
        """Action -> its key, where that is a single character."""

    def render_line(self, y: int) -> Strip:
        """Draw the column heads."""
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

    @on(events.Click)
    def _sort_by_clicked(self, event: events.Click) -> None:
        column = self._columns().at(event.x)
        if column is not None and column.name in {"quality", "heat", "date"}:
            self.post_message(self.SortChosen(column.name))

    def _columns(self) -> Columns:
        return columns(max(1, self.size.width), types=self.types)
