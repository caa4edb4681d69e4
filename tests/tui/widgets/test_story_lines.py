"""The timeline of a story in the article pane, its digest, and the heat of a list, as lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reader.core.model import Article, Links, Provider, Row
from reader.core.text import cell_width
from reader.stories.model import Bar, Digest, DigestPart, DigestSentence, Story
from reader.tui.widgets.article_pane.content import ArticleContent, ItemSection, RelatedItem
from reader.tui.widgets.article_pane.lines import compose_lines, lay_out_pane
from reader.tui.widgets.stories.digest_lines import digest_lines
from reader.tui.widgets.stories.heat_lines import bar_lines, bars_to_plot, time_marker
from reader.tui.widgets.text.lines import Line
from tests.tui.hostile_documents import cleaned

NOW = datetime(2026, 3, 15, tzinfo=UTC)


def texts(lines: Iterable[Line]) -> list[str]:
    return ["".join(run.text for run in line).rstrip() for line in lines]


def item(rowid: int, when: datetime | None, source: str, *, is_saved: bool = False) -> RelatedItem:
    row = Row(rowid, f"{rowid:016x}", "", f"Title {rowid}", "", when, Links(), "", 60, None, source, "", ())
    return RelatedItem(row, rowid, is_saved=is_saved)


def pane(subject: ArticleContent, cells: int = 70, selected: int = -1) -> list[str]:
    layout = lay_out_pane(subject, cells)
    return texts(compose_lines(subject, layout, selected=selected, visited=(), now=NOW).lines)


STORY = ArticleContent(
    Article(
        "a.md", "Own", published_at=datetime(2026, 3, 2, 12, tzinfo=UTC), provider=Provider("Own source"), quality=50
    ),
    items=(
        item(1, datetime(2026, 3, 1, 9, 30, tzinfo=UTC), "Reuters"),
        item(2, datetime(2026, 3, 6, 8, tzinfo=UTC), "BBC", is_saved=True),
    ),
    sections=(ItemSection("story", 2),),
    place_in_story=1,
    rowid=9,
    heat_estimate=62,
    heat_reason="~62: 3 sources in 5 days",
)


def test_a_story_is_a_timeline_with_its_first_article_this_one_and_gaps() -> None:
    lines = pane(STORY)
    start = lines.index("Same story (3 articles)")
    assert lines[start + 1 : start + 5] == [
        "›◆  1 Mar 09:30  60 ▆ Reuters     Title 1",
        " ●  2 Mar 12:00  50 ▅ Own source  this article",
        "  ┊ 4 days later",
        "›·  6 Mar 08:00  60 ▆ BBC         Title 2 ⇩",
    ]


@pytest.mark.parametrize("cells", [40, 70])
def test_the_dates_of_a_story_of_several_years_have_the_year(cells: int) -> None:
    lines = pane(replace(STORY, items=(item(1, datetime(2024, 12, 31, 9, tzinfo=UTC), "AP"), STORY.items[1])), cells)
    assert [line[2:13] for line in lines if line[1:2] in {"◆", "●", "·"}] == [
        " 31 Dec 24 ", "  2 Mar 26 ", "  6 Mar 26 "
    ]  # fmt: skip
    assert "  ┊ 426 days later" in lines


@pytest.mark.parametrize("cells", [40, 50, 60, 100])
def test_a_source_takes_at_most_a_quarter_of_its_line_and_no_www(cells: int) -> None:
    when = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    lines = pane(replace(STORY, items=(item(1, when, "www.a-very-long-name-of-a-newspaper.com"),)), cells)
    line = next(line for line in lines if "◆" in line)
    assert "a-very" in line
    assert "www" not in line
    assert "Titl" in line
    if cells == 100:
        assert "a-very-long-name-of-a-ne…" in line


def test_a_day_without_a_time_is_shown_without_one() -> None:
    lines = pane(replace(STORY, article=replace(STORY.article, precision="day")))
    assert " ●  2 Mar        50 ▅ Own source  this article" in lines


def test_facts_are_briefer_where_there_is_little_room() -> None:
    assert "Own source · 2 March 2026, 12:00 UTC" in pane(STORY, 40)
    assert "quality 50 ━━╸ · heat ~62 ━" in pane(STORY, 40)
    assert "Own source · 2 Mar 2026, 12:00" in pane(STORY, 32)
    assert "quality 50 · heat ~62" in pane(STORY, 24)


def test_an_estimate_is_explained_below_the_scores() -> None:
    lines = pane(STORY)
    assert lines[lines.index("~62: 3 sources in 5 days") - 1] == "quality 50 ━━╸ · heat ~62 ━"


def test_a_long_story_says_how_many_articles_are_not_listed() -> None:
    lines = pane(ArticleContent(STORY.article, items=STORY.items, sections=(ItemSection("story", 2, 50),), rowid=9))
    assert "Same story (51 articles)" in lines
    assert "  and 48 more" in lines
    lines = pane(replace(STORY, sections=(ItemSection("story", 2, 50, 30),)))
    first = lines.index("Same story (51 articles)") + 1
    assert lines[first + 1 : first + 3] == ["  ┊ 30 more", " ●  2 Mar 12:00  50 ▅ Own source  this article"]
    assert "  and 18 more" in lines


def test_a_selected_article_of_a_story_is_shown_in_full() -> None:
    assert " ".join(pane(STORY, selected=1)).count("BBC · ") == 1


def digest(*parts: DigestPart, common: Sequence[str] = ()) -> Digest:
    story = Story("0" * 16, "Title", (1, 2), None, None, len(parts), None, None)
    return Digest(story, tuple(common), parts)


def part(source: str, *sentences: tuple[str, str]) -> DigestPart:
    said = tuple(DigestSentence(text, kind) for text, kind in sentences)  # type: ignore[arg-type]
    return DigestPart(1, source, None, f"Title of {source}", said)


def test_sources_are_side_by_side_with_what_only_one_says_marked() -> None:
    subject = digest(
        part("BBC", ("All say so.", "common"), ("Only the BBC.", "only")),
        part("AP", ("All say so.", "common")),
        common=["All say so."],
    )
    wide, narrow = texts(digest_lines(subject, (), 80)), texts(digest_lines(subject, (), 40))
    assert wide[:2] == ["What most sources say", "• All say so."]
    assert next(line.split() for line in wide if "BBC" in line) == ["BBC", "AP"]
    assert any(line.startswith("◆ Only the BBC.") for line in wide)
    assert "BBC" in narrow
    assert "AP" in narrow
    assert texts(digest_lines(subject, ("only the",), 40)).count("AP") == 0


@given(st.lists(st.builds(part, cleaned, st.tuples(cleaned, st.just("only"))), max_size=5), st.integers(8, 150))
def test_a_digest_fits_its_width(parts: list[DigestPart], cells: int) -> None:
    for line in texts(digest_lines(digest(*parts, common=["Common."]), (), cells)):
        assert cell_width(line) <= max(cells, 12)


BARS = [Bar(f"2026-03-{number:02}", f"date:2026-03-{number:02}", number, 50.0) for number in range(1, 31)]


@given(st.integers(0, 29), st.integers(1, 30), st.integers(8, 200))
@example(1, 7, 8)
@example(3, 15, 21)
def test_the_marker_of_the_plot_points_at_its_bar(selected: int, count: int, cells: int) -> None:
    at = min(selected, count - 1)
    marker = time_marker(BARS[:count], at, cells)
    assert cell_width(marker.rstrip()) <= cells
    if cells >= count:
        assert marker.index("▲") * count // cells == at


@given(st.integers(0, 29), st.integers(1, 30), st.integers(1, 40))
def test_a_plot_of_far_too_many_bars_shows_those_around_the_selected_one(at: int, count: int, cells: int) -> None:
    bars = BARS[:count]
    selected = min(at, count - 1)
    shown, index = bars_to_plot(bars, selected, cells)
    assert shown[index] is bars[selected]
    assert len(shown) == (count if count <= 2 * cells else cells)


def test_the_plot_says_where_it_begins_and_ends() -> None:
    text = "▲ 2026-03-15: 15 articles, heat 50"
    assert time_marker(BARS, 14, 80) == f"2026-03-01{' ' * 28}{text}"
    assert time_marker(BARS, 14, 100) == f"2026-03-01{' ' * 38}{text}{' ' * 8}2026-03-30"
    assert time_marker(BARS, 29, 60).startswith("2026-03-01  ")
    assert time_marker(BARS, 0, 20).split("▲")[0] == ""


def test_each_bar_has_its_number_and_heat_and_the_selected_one_a_mark() -> None:
    bars = [Bar("courts", "topic:courts", 40, 120.0), Bar("rivers", "topic:rivers", 20, None)]
    estimated = Bar("A", "source:A", 10, 62.4, is_estimate=True)
    lines = bar_lines([("Topics", bars), ("Sources", [estimated])], 60, selected=1)
    shown = texts(lines)
    assert shown[0].split() == ["Topics", "articles", "heat"]
    assert shown[1].split()[:3] == ["courts", "40", "120"]
    assert shown[2].startswith("▌ rivers")
    assert shown[1].count("━") > 1.5 * shown[2].count("━")
    assert shown[5].split()[:3] == ["A", "10", "~62"]
    assert [line[0].item for line in lines if line] == [-1, 0, 1, -1, 2]
