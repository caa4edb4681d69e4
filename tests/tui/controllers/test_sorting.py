"""Sorting by key and by mouse."""

from __future__ import annotations

from pathlib import Path

import pytest

from reader.core.model import Row
from reader.tui.widgets.article_list.header import ListHeader
from tests.conftest import MakeFolder
from tests.tui.helpers import NARROW, SIDE, document, open_app

FIELDS = {"1": "quality", "2": "heat", "3": "published_at"}
NAMES = {"1": "Qual", "2": "Heat", "3": "Date"}


@pytest.fixture
def mixed(make_folder: MakeFolder) -> Path:
    """Articles of which some do not say how good, how hot or how old they are."""
    return make_folder(
        {
            "a.md": document("Apple", "quality: 10", "heat: 300", "publishedDateTime: 2021-01-03T00:00:00Z"),
            "b.md": document("Banana", "quality: 90", "heat: -1", "publishedDateTime: 2021-01-01T00:00:00Z"),
            "c.md": document("Cherry", "heat: 30"),
            "d.md": document("Damson", "quality: 50", "publishedDateTime: 2021-01-02T00:00:00Z"),
            "e.md": document("Elder", "quality: 50", "heat: 100", "publishedDateTime: 2021-01-04T00:00:00Z"),
            "f.md": document("Fig", "heat: -1"),
        }
    )


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        ("", "BEDACF"),
        ("1", "AEDBCF"),  # of two that are equal, the newer one comes first in both
        ("2", "AECDBF"),
        ("22", "CEADBF"),
        ("3", "EADBCF"),
        ("33", "BDAECF"),
        ("31", "BEDACF"),
    ],
)
async def test_unknown_values_sort_last_in_both_directions(mixed: Path, keys: str, order: str) -> None:
    async with open_app(mixed) as reader:
        await reader.press(*keys)
        assert "".join(row.title[0] for row in reader.rows) == order


def known_first(rows: list[Row], field: str) -> bool:
    unknown = [getattr(row, field) is None for row in rows]
    return unknown == sorted(unknown)


@pytest.mark.parametrize("size", [SIDE, NARROW])
@pytest.mark.parametrize("key", ["1", "2", "3"])
async def test_the_header_shows_key_name_and_direction(mixed: Path, key: str, size: tuple[int, int]) -> None:
    name = NAMES[key] if size == SIDE or key == "3" else NAMES[key][0]
    async with open_app(mixed, size) as reader:
        await reader.press("2" if key != "2" else "3", key)
        assert f"{key} {name} ↓" in reader.list_header
        assert reader.list_header.count("↓") == 1
        assert known_first(reader.rows, FIELDS[key])
        await reader.press(key)
        assert f"{key} {name} ↑" in reader.list_header
        assert "↓" not in reader.list_header
        assert known_first(reader.rows, FIELDS[key])
        assert "unknown last" in reader.message


async def test_the_selection_follows_the_article(mixed: Path) -> None:
    async with open_app(mixed) as reader:
        await reader.press("j", "j")
        title = reader.row.title
        places = set()
        for key in "1223311":
            await reader.press(key)
            assert (reader.row.title, reader.pane_title) == (title, title)
            places.add(reader.article_list.cursor)
        assert len(places) > 1


async def test_the_selected_article_keeps_its_screen_line(make_folder: MakeFolder) -> None:
    folder = make_folder(
        {f"{n}.md": document(f"N{n}", f"quality: {n}", f"heat: {(n * 37) % 200 + 1}") for n in range(200)}
    )
    async with open_app(folder) as reader:
        await reader.press("pagedown", "pagedown", "j")
        line = reader.article_list.cursor - reader.article_list.scroll_offset.y
        title = reader.row.title
        await reader.press("2")
        assert reader.row.title == title
        top = reader.article_list.scroll_offset.y
        assert reader.article_list.cursor - top == line or top in (0, reader.article_list.max_scroll_y)


async def test_a_click_on_the_header_sorts_and_another_reverses(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        for label, by in (("3 Date", "date"), ("2 Heat", "heat"), ("1 Qual", "quality")):
            at = reader.list_header.index(label)
            for reverse in (False, True):
                await reader.click(ListHeader, at + 2, 0)
                assert (reader.sort.by, reader.sort.reverse) == (by, reverse)
        sort = reader.sort
        await reader.click(ListHeader, reader.list_header.index("Title"), 0)
        assert reader.sort == sort


async def test_unknown_scores_are_a_dash_in_the_list(mixed: Path) -> None:
    async with open_app(mixed) as reader:
        (line,) = [line for line in reader.lines if "Fig" in line[:70]]
        assert line[:40].split()[:4] == ["•", "–", "–", "–"]
        assert "-1" not in reader.text
