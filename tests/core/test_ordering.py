from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.core.model import Article, Number
from reader.core.ordering import SORT_KEYS, ArticleOrder, Sort, SortKey, index_in
from reader.library.library import Library
from reader.storage.sqlite.index.folder_index import Index
from tests.storage.parsed_file_helpers import put

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]
OpenLibrary = Callable[[Path], Library]

_SORTS = [Sort(by, reverse) for by in SORT_KEYS for reverse in (False, True)]
_NUMBERS = st.none() | st.integers(-3, 3) | st.sampled_from([0.5, 2.5])


def test_an_order_has_a_length_and_the_index_of_a_row() -> None:
    view = ArticleOrder(Sort(), array("I", [3, 1, 2]))
    assert len(view) == 3
    assert [view.index_of(rowid) for rowid in (3, 1, 2, 4, -1)] == [0, 1, 2, None, None]


def test_an_order_can_be_reversed() -> None:
    assert Sort("heat").reversed() == Sort("heat", reverse=True)
    assert Sort("heat").reversed().reversed() == Sort("heat")


def _document(title: str, quality: str = "", heat: str = "", date: str = "") -> str:
    return f"---\ntitle: {title}\nquality: {quality}\nheat: {heat}\npublishedDateTime: {date}\n---\n"


@pytest.mark.parametrize(
    ("by", "highest_first", "lowest_first"),
    [
        ("quality", "best new-tie old-tie low none", "low new-tie old-tie best none"),
        ("heat", "best old-tie low new-tie none", "low old-tie best new-tie none"),
        ("date", "new-tie low old-tie best none", "best old-tie low new-tie none"),
    ],
)
def test_unknown_values_come_last_in_both_directions(
    make_folder: MakeFolder, library: OpenLibrary, by: SortKey, highest_first: str, lowest_first: str
) -> None:
    opened = library(
        make_folder(
            {
                "1.md": _document("none"),
                "2.md": _document("low", "2", "1", "2021-03-01"),
                "3.md": _document("old-tie", "5", "3", "2021-02-01"),
                "4.md": _document("best", "9.5", "7", "2021-01-01"),
                "5.md": _document("new-tie", "5", "-1", "2021-04-01"),
            }
        )
    )

    def titles(reverse: bool) -> list[str]:
        return [row.title for row in opened.articles.rows(opened.articles.order(Sort(by, reverse)).rowids)]

    assert titles(reverse=False) == highest_first.split()
    assert titles(reverse=True) == lowest_first.split()


@pytest.mark.parametrize("sort", _SORTS)
def test_ties_are_broken_by_title_ignoring_case(make_folder: MakeFolder, library: OpenLibrary, sort: Sort) -> None:
    documents = {f"{title}.md": _document(title, "5", "5", "2021-01-01") for title in ("b", "A", "a2", "C")}
    opened = library(make_folder(documents))
    assert [row.title for row in opened.articles.rows(opened.articles.order(sort).rowids)] == ["A", "a2", "b", "C"]


@given(st.lists(_NUMBERS, max_size=12), st.booleans())
def test_any_values_are_sorted_with_unknown_ones_last(values: list[Number | None], reverse: bool) -> None:
    index, _ = Index.open(None)
    put(index, *(Article(f"{at}.md", "t", quality=value) for at, value in enumerate(values)))
    rowids = index.order(Sort("quality", reverse))
    rows = index.rows(rowids)
    index.close()
    known = sorted((value for value in values if value is not None), reverse=not reverse)
    assert [rows[rowid].quality for rowid in rowids] == known + [None] * values.count(None)


@given(st.lists(st.integers(0, 2**32 - 1), max_size=40, unique=True), st.integers(0, 2**32 - 1))
def test_a_row_is_found_whatever_bytes_its_neighbors_have(rowids: list[int], wanted: int) -> None:
    numbers = array("I", rowids)
    assert index_in(numbers, wanted) == (rowids.index(wanted) if wanted in rowids else None)
    for at, rowid in enumerate(rowids):
        assert index_in(numbers, rowid) == at
    straddling = array("I", [0x01020304, 0x05060708])
    for shift in (1, 2, 3):
        (between,) = array("I", straddling.tobytes()[shift : shift + 4])
        assert index_in(straddling, between) is None
    assert index_in(array("I", [1, 0x100, 0]), 1) == 0, "not across the other two"
