from __future__ import annotations

from itertools import pairwise

import pytest

from reader.core.text import cell_width
from reader.tui.widgets.article_list.columns import columns, type_legend, type_mark

WIDTHS = range(1, 301)
LEGIBLE = 30
"""Cells that hold every column and some of a title."""


@pytest.mark.parametrize("types", [False, True])
def test_columns_never_overlap(types: bool) -> None:
    for cells in WIDTHS:
        placed = columns(cells, types=types).columns
        for left, right in pairwise(placed):
            assert left.start + left.width <= right.start, cells
        assert all(column.width > 0 for column in placed)


@pytest.mark.parametrize("types", [False, True])
def test_the_title_gets_the_rest_of_the_width(types: bool) -> None:
    for cells in range(LEGIBLE, 301):
        *others, title = columns(cells, types=types).columns
        assert title.name == "title"
        assert title.start + title.width == cells
        assert title.width >= max(column.width for column in others), cells


def test_columns_keep_their_order() -> None:
    order = ["mark", "quality", "heat", "date", "source", "type", "title"]
    for cells in WIDTHS:
        names = [column.name for column in columns(cells, types=True).columns]
        assert names == [name for name in order if name in names]
        assert {"quality", "heat", "date", "title"} <= set(names)


def test_every_cell_belongs_to_its_column() -> None:
    for cells in WIDTHS:
        layout = columns(cells, types=True)
        for column in layout.columns:
            for x in range(column.start, column.start + column.width):
                assert layout.at(x) == column


def test_type_marks_take_one_cell_and_have_a_legend() -> None:
    for kind in ("video", "course", "download", "collection", "forum", "profile", "something else"):
        assert cell_width(type_mark(kind)) == 1
        assert type_mark(kind) != " "
        assert type_mark(kind) in type_legend()
    assert type_mark("article") == type_mark("") == " "
