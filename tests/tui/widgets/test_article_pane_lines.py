from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.core.model import Links, Related
from reader.core.text import cell_width
from reader.tui.loaders.article import content_of_item
from reader.tui.widgets.article_pane.content import ArticleContent, RelatedItem
from reader.tui.widgets.article_pane.lines import ComposedLines, PaneLayout, compose_lines, head_lines, lay_out_pane
from reader.tui.widgets.text.lines import BLANK, Line
from tests.tui.helpers import FORBIDDEN
from tests.tui.hostile_documents import subjects

NOW = datetime(2026, 3, 15, tzinfo=UTC)
CELLS = st.integers(8, 76)


def texts(lines: Iterable[Line]) -> list[str]:
    return ["".join(run.text for run in line) for line in lines]


def bottom(subject: ArticleContent, cells: int = 76, *, after: int = 0, selected: int = -1) -> ComposedLines:
    around = PaneLayout((BLANK,) * after, lay_out_pane(subject, cells).foot, cells)
    whole = compose_lines(subject, around, selected=selected, visited=frozenset(), now=NOW)
    return ComposedLines(whole.lines[after:], whole.items)


def item(title: str = "Other", **fields: object) -> RelatedItem:
    usual = {"source": "", "published_at": None, "quality": None, "heat": None, "excerpt": "", "links": Links()}
    return RelatedItem(title, **{**usual, **fields})  # type: ignore[arg-type]


@settings(max_examples=150)
@given(subjects(), CELLS)
def test_facts_fit_the_width_of_the_pane(subject: ArticleContent, cells: int) -> None:
    for line in texts(head_lines(subject, cells)):
        assert cell_width(line) <= cells, line
        assert not FORBIDDEN.search(line)


@settings(max_examples=150)
@given(subjects(), st.integers(24, 76), st.integers(-1, 4))
def test_related_items_and_fields_fit_the_width_of_the_pane(subject: ArticleContent, cells: int, at: int) -> None:
    page = bottom(subject, cells, selected=min(at, len(subject.items) - 1))
    for line in texts(page.lines):
        assert cell_width(line) <= cells, line
        assert not FORBIDDEN.search(line)


@given(subjects(), CELLS, st.integers(0, 50), st.integers(-1, 4))
def test_related_items_start_at_the_reported_lines(subject: ArticleContent, cells: int, after: int, at: int) -> None:
    at = min(at, len(subject.items) - 1)
    page = bottom(subject, cells, after=after, selected=at)
    assert len(page.items) == len(subject.items)
    for number, lines in enumerate(page.items):
        assert len(lines) > 0
        for line in (page.lines[y - after] for y in lines):
            assert {run.item for run in line} == {number}
    covered = {y - after for lines in page.items for y in lines}
    assert all(run.item == -1 for y, line in enumerate(page.lines) if y not in covered for run in line)


def test_a_selected_item_shows_its_whole_title_and_its_excerpt() -> None:
    subject = ArticleContent("Title", items=(item("A title of many words " * 9, excerpt="What it says."),))
    assert "What it says." not in " ".join(texts(bottom(subject).lines))
    shown = " ".join(" ".join(texts(bottom(subject, selected=0).lines)).replace("▌", "").split())
    assert ("A title of many words " * 9).strip() in shown
    assert "What it says." in shown


def test_related_items_and_members_have_a_heading_each_with_their_number() -> None:
    lines = texts(bottom(ArticleContent("Title", type="collection", items=(item(), item(), item()), members=2)).lines)
    assert [line for line in lines if line.endswith(")")] == ["Related (1)", "In this collection (2)"]


def test_a_related_item_in_this_folder_has_a_marker() -> None:
    first, second = bottom(ArticleContent("Title", items=(item("Here", rowid=3), item("There")))).lines[2:4]
    assert first[0].text == "›"
    assert second[0].text == " "


def test_unknown_scores_and_dates_are_shown_as_unknown() -> None:
    facts = " ".join(texts(head_lines(ArticleContent("Title"), 76)))
    assert "quality –" in facts
    assert "heat –" in facts
    assert "no date" in facts
    assert "-1" not in facts


def test_the_head_has_all_facts() -> None:
    moment = datetime(2021, 8, 1, 3, 8, tzinfo=UTC)
    subject = ArticleContent(
        "Title", "Jurist", ("Ann", "Bo"), moment, "article", "news", 46, 97, ("AI", "Law"), "Excerpt.", published=False
    )
    text = " ".join(texts(head_lines(subject, 76)))
    for word in ("Title", "Jurist", "Ann, Bo", "1 August 2021, 03:08 UTC", "46", "97", "news article", "AI, Law"):
        assert word in text
    assert "Excerpt." in text
    assert "not published" in text


def test_each_address_is_listed_once_as_a_link() -> None:
    links = Links("https://a.org/", "https://a.org/", "https://a.org/amp", "https://cdn.org/")
    runs = [run for line in head_lines(ArticleContent("Title", links=links), 76) for run in line if run.href]
    assert [run.href for run in runs] == ["https://a.org/", "https://a.org/amp", "https://cdn.org/"]


def test_the_secured_payload_is_shown_as_a_size() -> None:
    assert "secured payload, 1,400 bytes" in " ".join(texts(bottom(ArticleContent("Title", secured_bytes=1400)).lines))


HUB = {
    "length": "PT1H13M34S",
    "levels": ["beginner", "advanced"],
    "price": {"amount": 9.5, "free": False},
    "ratings": {"count": 12, "mean": 4.125},
    "members": 1234,
    "location": "Berlin",
    "bio": "Writes.",
    "items": ["_courses/one", "_courses/two"],
    "featuredContent": '<iframe src="https://www.youtube.com/embed/x"></iframe>',
    "actions": [
        {"url": "https://a.org/go", "type": "download", "title": "Get it"},
        {"url": "javascript:x", "type": "no"},
    ],
    "whatever": None,
}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("length", "1 h 13 min 34 s"),
        ("levels", "beginner · advanced"),
        ("price", "amount 9.5, free no"),
        ("ratings", "count 12, mean 4.125"),
        ("members", "1234"),
        ("location", "Berlin"),
        ("bio", "Writes."),
        ("items", "_courses/one · _courses/two"),
        ("featuredContent", "youtube.com"),
        ("actions", "Get it · a.org/go"),
        ("whatever", "–"),
    ],
)
def test_other_fields_are_listed_by_name(name: str, shown: str) -> None:
    lines = texts(bottom(ArticleContent("Title", extra=HUB)).lines)
    more = lines[lines.index("More") :]
    (line,) = [line for line in more if line.startswith(name)]
    assert shown in line


def test_only_web_addresses_in_other_fields_are_links() -> None:
    hrefs = {run.href for line in bottom(ArticleContent("Title", extra=HUB)).lines for run in line}
    assert "https://a.org/go" in hrefs
    assert all(href.startswith("https://") for href in hrefs - {""})


def test_a_related_item_is_shown_from_its_entry_in_the_document() -> None:
    related = Related("Other", type="video", extra={"length": "PT2M"})
    subject = content_of_item(item("Other", excerpt="Words.", related=related, quality=7), "Teller")
    text = " ".join(texts((*head_lines(subject, 76), *bottom(subject).lines)))
    for word in ("Other", "Words.", "“Teller”", "video", "quality 7", "2 min"):
        assert word in text
