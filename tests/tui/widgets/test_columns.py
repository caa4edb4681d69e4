from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.core.model import LIST_FIELDS
from reader.core.text import cell_width
from reader.tui.widgets.article_list.columns import columns, type_legend, type_mark

WIDTHS = range(1, 301)
LEGIBLE = 30
"""Cells for every column and part of a title."""
FIELDS = st.sets(st.sampled_from(LIST_FIELDS)).map(frozenset)
ALL = frozenset(LIST_FIELDS)


@given(st.integers(1, 300), FIELDS, st.booleans())
def test_columns_never_overlap_and_are_those_with_values(width: int, fields: frozenset[str], comfortable: bool) -> None:
    layout = columns(width, fields, comfortable=comfortable)
    assert len(layout.lines) == 1 + comfortable
    for line in layout.lines:
        for left, right in pairwise(line):
            assert left.start + left.width <= right.start
        assert all(column.width > 0 for column in line)
    names = {column.name for line in layout.lines for column in line}
    assert names <= fields | {"mark", "title"}
    assert names >= (fields & {"quality", "heat", "date"}) | {"mark", "title"}


@pytest.mark.parametrize("comfortable", [False, True])
def test_the_title_gets_the_rest_of_the_width(comfortable: bool) -> None:
    for cells in range(LEGIBLE, 301):
        lines = columns(cells, ALL, comfortable=comfortable).lines
        *others, title = lines[0]
        assert title.name == "title"
        assert title.start + title.width == cells
        assert title.width >= max(column.width for column in others), cells
        assert not comfortable or title.width == cells - 3


@given(st.integers(LEGIBLE, 300), FIELDS)
def test_a_hidden_column_leaves_its_cells_to_the_title(width: int, fields: frozenset[str]) -> None:
    shown, every = (columns(width, each, comfortable=False).lines[0][-1].width for each in (fields, ALL))
    assert shown >= every or shown >= 60  # or the source has taken them


def test_columns_keep_their_order() -> None:
    order = ["mark", "quality", "heat", "date", "source", "type", "title"]
    for cells in WIDTHS:
        names = [column.name for column in columns(cells, ALL, comfortable=False).lines[0]]
        assert names == [name for name in order if name in names]
        assert {"quality", "heat", "date", "title"} <= set(names)


@pytest.mark.parametrize("comfortable", [False, True])
def test_every_cell_belongs_to_its_column(comfortable: bool) -> None:
    for cells in WIDTHS:
        layout = columns(cells, ALL, comfortable=comfortable)
        for column in layout.lines[-1]:
            for x in range(column.start, column.start + column.width):
                assert layout.at(x) == column


def test_there_are_bars_only_in_a_wide_list() -> None:
    assert [bool(columns(cells, ALL, comfortable=False).bar) for cells in (99, 100)] == [False, True]


def test_type_marks_take_one_cell_and_have_a_legend() -> None:
    for kind in ("video", "course", "download", "collection", "forum", "profile", "something else"):
        assert cell_width(type_mark(kind)) == 1
        assert type_mark(kind) != " "
        assert type_mark(kind) in type_legend()
    assert type_mark("article") == type_mark("") == " "
