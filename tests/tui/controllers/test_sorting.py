"""Sorting by key and by mouse."""

from __future__ import annotations

from pathlib import Path

import pytest

from reader.config.settings import Config, Density
from reader.core.model import Row
from reader.tui.widgets.article_list.header import ListHeader
from tests.conftest import MakeFolder
from tests.tui.helpers import NARROW, SIDE, document, open_app

FIELDS = {"1": "quality", "2": "heat", "3": "published_at"}
NAMES = {"1": "Qual", "2": "Heat", "3": "Date"}


@pytest.fixture
def mixed(make_folder: MakeFolder) -> Path:
    """Articles, some of unknown quality, heat or date."""
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
        ("1", "AEDBCF"),  # of two equal ones, the newer one comes first in both directions
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


@pytest.mark.parametrize(("size", "density"), [(SIDE, "auto"), (NARROW, "auto"), (NARROW, "compact")])
@pytest.mark.parametrize("key", ["1", "2", "3"])
async def test_the_header_shows_key_name_and_direction(
    mixed: Path, key: str, size: tuple[int, int], density: Density
) -> None:
    name = NAMES[key] if density == "auto" else NAMES[key][0]
    gap = "" if density == "compact" and key != "3" else " "  # narrow columns have no space for it
    async with open_app(mixed, size, Config(density=density)) as reader:
        await reader.press("2" if key != "2" else "3", key)
        assert f"{key} {name}{gap}↓" in reader.list_header
        assert reader.list_header.count("↓") == 1
        assert known_first(reader.rows, FIELDS[key])
        await reader.press(key)
        assert f"{key} {name}{gap}↑" in reader.list_header
        assert "↓" not in reader.list_header
        assert known_first(reader.rows, FIELDS[key])
        assert "unknown last" in reader.message


async def test_estimates_of_quality_are_said_to_be_last(mixed: Path) -> None:
    async with open_app(mixed, grouping=True) as reader:
        await reader.press("2", "1")
        assert [row.quality_estimate is None for row in reader.rows] == [True] * 4 + [False] * 2
        assert reader.message == "Sorted by quality, best first; estimates (~) and unknown last, newest first."


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
        line = reader.article_list.cursor - reader.article_list.top
        title = reader.row.title
        await reader.press("2")
        assert reader.row.title == title
        articles = reader.article_list
        assert articles.cursor - articles.top == line or articles.scroll_offset.y in (0, articles.max_scroll_y)


@pytest.mark.parametrize("density", ["comfortable", "compact"])
async def test_a_click_on_the_header_sorts_and_another_reverses(mixed: Path, density: Density) -> None:
    async with open_app(mixed, settings=Config(density=density)) as reader:
        for label, by in (("3 Date", "date"), ("2 Heat", "heat"), ("1 Qual", "quality")):
            at = reader.list_header.index(label[:3])
            for reverse in (False, True):
                await reader.click(ListHeader, at + 2, 0)
                assert (reader.sort.by, reader.sort.reverse) == (by, reverse)
        sort = reader.sort
        await reader.click(ListHeader, 0, 0)
        assert reader.sort == sort


async def test_unknown_scores_are_a_dash_in_the_list(mixed: Path) -> None:
    async with open_app(mixed) as reader:
        assert reader.drawn_row(5).split() == ["•", "Fig", "–", "–", "–"]
        assert "-1" not in reader.text


async def test_a_column_without_values_is_hidden_and_sorting_by_it_says_why(make_folder: MakeFolder) -> None:
    folder = make_folder(
        {
            "a.md": document("Apple", "quality: 10", "provider: {name: Orchard}"),
            "b.md": document("Banana", "quality: 20", "publishedDateTime: 2021-01-01T00:00:00Z"),
        }
    )
    async with open_app(folder) as reader:
        assert reader.list_header.split() == ["Source", "3", "Date", "1", "Qual", "↓"]
        sort, header = reader.sort, reader.list_header
        await reader.press("2")
        assert (reader.sort, reader.list_header) == (sort, header)
        assert reader.message == "No article here has a known heat: the order stays."
        await reader.press("/", *"apple", "enter")
        assert reader.list_header.split() == ["Source", "1", "Qual", "↓"]
        await reader.press("/", *"nothing", "enter")
        assert reader.list_header.split() == ["Source", "1", "Qual", "↓"]  # an empty list says nothing


async def test_a_value_far_below_the_screen_shows_its_column(make_folder: MakeFolder) -> None:
    known = document("Known", "heat: 5", "quality: -1", "topics: [Fruit]")
    folder = make_folder({**{f"{n}.md": document(f"N{n}", f"quality: {n}") for n in range(400)}, "known.md": known})
    async with open_app(folder) as reader:
        await reader.press("slash", *"n", "backspace", "enter")
        for query in ("", "is:unread"):
            await reader.press("slash", *query, "enter")
            assert reader.list_header.split() == ["1", "Qual", "↓", "2", "Heat", "Topics"]
        await reader.press("slash", *" quality:>3", "enter")
        assert reader.list_header.split() == ["1", "Qual", "↓"]


async def test_a_list_is_by_date_until_an_article_states_its_quality(make_folder: MakeFolder) -> None:
    dated = {f"{n}.md": document(f"N{n}", f"publishedDateTime: 2021-01-0{n}T00:00:00Z") for n in (1, 2)}
    folder = make_folder(dated)
    async with open_app(folder, grouping=True) as reader:  # for the first time
        assert reader.list_header.split()[:5] == ["3", "Date", "↓", "1", "Qual"], "quality is estimated"
        assert [row.title for row in reader.rows] == ["N2", "N1"]
        (folder / "3.md").write_text(document("N3", "quality: 5"))
        await reader.press("r")
        assert reader.list_header.split()[:5] == ["3", "Date", "1", "Qual", "↓"]
        assert [row.title for row in reader.rows] == ["N3", "N2", "N1"]


async def test_the_header_says_what_it_sorts_by_if_all_values_are_unknown(make_folder: MakeFolder) -> None:
    topics = "topics: [Fruit]"
    folder = make_folder({f"{name}.md": document(name, "heat: 5", topics) for name in "ab"})
    async with open_app(folder) as reader:
        assert reader.list_header.split() == ["2", "Heat", "Topics", "by", "date:", "all", "unknown"]
        await reader.press("2")
        assert reader.list_header.split() == ["2", "Heat", "↓", "Topics"]
        await reader.resize(20, 24)
        await reader.press("/", *"sort:quality", "enter")
        assert "unknown" not in reader.list_header, "there is no room"
