from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.content.blocks import Paragraph, Span
from reader.core.model import Article, Image, Links, Provider, Related, Secured
from reader.core.text import cell_width
from reader.tui.loaders.article import content_of_item
from reader.tui.widgets.article_pane.content import ArticleContent, ItemSection, RelatedItem
from reader.tui.widgets.article_pane.lines import PaneLines, compose_lines, lay_out_pane
from reader.tui.widgets.text.lines import BLANK, Line, split_excerpt, with_excerpt
from tests.tui.helpers import FORBIDDEN
from tests.tui.hostile_documents import subjects

NOW = datetime(2026, 3, 15, tzinfo=UTC)
CELLS = st.integers(8, 76)


def texts(lines: Iterable[Line]) -> list[str]:
    return ["".join(run.text for run in line) for line in lines]


class Composed(NamedTuple):
    lines: tuple[Line, ...]
    items: tuple[range, ...]


def head(subject: ArticleContent, cells: int = 76) -> tuple[Line, ...]:
    return lay_out_pane(subject, cells).head


def bottom(
    subject: ArticleContent, cells: int = 76, *, after: int = 0, selected: int = -1, is_open: bool = True
) -> Composed:
    """Return the lines below the text, and the lines of each related item."""
    around = replace(lay_out_pane(subject, cells), head=(BLANK,) * after, body=(), before_head=range(after + 1))
    lines, ranges, _ = compose_lines(subject, around, selected=selected, visited=(), now=NOW, more_is_open=is_open)
    assert len(ranges) == len(subject.items) + bool(around.more)
    return Composed(lines[after:], ranges[: len(subject.items)])


def more(subject: ArticleContent, cells: int = 76) -> list[str]:
    """Return the lines that open under “More”."""
    return texts(lay_out_pane(subject, cells).more)


def content(**fields: object) -> ArticleContent:
    return ArticleContent(Article("", "Title", **fields))  # type: ignore[arg-type]


def item(title: str = "Other", rowid: int | None = None, **fields: object) -> RelatedItem:
    return RelatedItem(Related(title, **fields), rowid)  # type: ignore[arg-type]


@settings(max_examples=60)
@given(subjects(), CELLS)
def test_facts_fit_the_width_of_the_pane(subject: ArticleContent, cells: int) -> None:
    for line in texts(head(subject, cells)):
        assert cell_width(line) <= cells, line
        assert not FORBIDDEN.search(line)


@settings(max_examples=60)
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
    others = {run.item for y, line in enumerate(page.lines) if y not in covered for run in line}
    assert others <= {-1, len(subject.items)}  # “More” counts as the last item


def test_a_selected_item_shows_its_whole_title_and_its_excerpt() -> None:
    subject = replace(content(), items=(item("A title of many words " * 9, excerpt="What it says."),))
    assert "What it says." not in " ".join(texts(bottom(subject).lines))
    shown = " ".join(" ".join(texts(bottom(subject, selected=0).lines)).replace("▌", "").split())
    assert ("A title of many words " * 9).strip() in shown
    assert "What it says." in shown


def test_related_items_and_members_have_a_heading_each_with_their_number() -> None:
    lines = texts(
        bottom(
            replace(
                content(type="collection"),
                items=(item(), item(), item()),
                sections=(ItemSection("related", 1), ItemSection("members", 2)),
            )
        ).lines
    )
    assert [line for line in lines if line.endswith(")")] == ["Related (1)", "In this collection (2)"]


def test_a_related_item_in_this_folder_has_a_marker() -> None:
    first, _, second, _ = bottom(
        ArticleContent(Article("", "Title"), items=(item("Here", rowid=3), item("There")))
    ).lines[2:6]
    assert first[0].text == "›"
    assert second[0].text == " "


def test_unknown_scores_and_dates_are_shown_as_unknown() -> None:
    assert texts(head(content(quality=46)))[1:3] == ["no date", "quality 46 ━━╸ · heat –"]
    assert texts(head(content(heat=97)))[2].startswith("quality – · heat 97 ")


def test_an_article_without_any_score_has_no_words_about_scores() -> None:
    assert texts(head(content())) == ["Title", "no date"]


@pytest.mark.parametrize(("length", "shown"), [("PT1H13M34S", "1 h 13 min 34 s"), ("an hour", "an hour")])
def test_the_length_of_a_video_is_beside_its_scores(length: str, shown: str) -> None:
    subject = content(type="video", extra={"length": length})
    assert texts(head(subject))[2] == f"video · {shown}"
    assert "length" not in " ".join(more(subject))


def test_scores_are_shown_in_full() -> None:
    assert texts(head(content(quality=2699, heat=1e12)))[2:3] == ["quality 2,699 ━━━━ · heat ∞ ━━━━"]


def test_the_head_has_all_facts() -> None:
    moment = datetime(2021, 8, 1, 3, 8, tzinfo=UTC)
    subject = content(
        provider=Provider("Jurist", authors=("Ann", "Bo")),
        published_at=moment,
        type="article",
        category="news",
        quality=46,
        heat=97,
        topics=("AI", "Law"),
        excerpt="Excerpt.",
        published=False,
    )
    text = " ".join(texts(head(subject)))
    for word in ("Title", "Jurist", "Ann, Bo", "1 August 2021, 03:08 UTC", "46", "97", "news article", "AI · Law"):
        assert word in text
    assert "Excerpt." in text


def test_source_scores_and_topics_have_a_line_each() -> None:
    topics = tuple(f"Topic {n}" for n in range(12))
    subject = content(provider=Provider("Jurist", authors=("A name " * 9,)), topics=topics, excerpt="Excerpt.")
    assert texts(head(subject, 40)) == [
        "Title", "Jurist · no date …", "Topic 0 · Topic 1 · Topic 2 · Topic 3 …", "", "Excerpt.",
    ]  # fmt: skip
    shown = " ".join(" ".join(more(subject, 40)).split())
    assert " · ".join(topics) in shown
    assert ("A name " * 9).strip() in shown


def test_a_long_name_of_a_source_leaves_room_for_the_date() -> None:
    subject = content(provider=Provider("The Long Conversation: an hour with people who build things"))
    assert texts(head(subject, 40))[1] == "The Long Conversation: an h… · no date"
    assert "who build things" in " ".join(more(subject, 40)), "the whole name is under More"


def test_the_image_and_the_related_items_follow_the_excerpt_and_everything_else_is_folded() -> None:
    subject = replace(
        content(
            excerpt="Excerpt.",
            links=Links("https://www.a.org/long/address"),
            images=(Image("https://a.org/i.png", 640, 480, "An owl"),),
            published=False,
            secured=Secured("", 1400),
        ),
        items=(item(),),
    )
    layout = lay_out_pane(subject, 76, "i shows the image.")

    def shown(*, more_is_open: bool, selected: int = -1) -> list[str]:
        return texts(
            compose_lines(subject, layout, selected=selected, visited=(), now=NOW, more_is_open=more_is_open)[0]
        )

    folded = shown(more_is_open=False)
    parts = ("Excerpt.", "Image · 640×480 · An owl · i shows the image.", "Related (1)")
    assert [line for line in folded if line in parts] == list(parts)
    assert folded[-1] == "▸ More  a.org · image · published · secured"
    assert "long/address" not in "".join(folded)
    opened = shown(more_is_open=True)
    at = opened.index("▾ More")
    assert opened[:at] == folded[:-1]
    assert opened[at + 1].split() == ["original", "https://www.a.org/long/address"]
    assert shown(more_is_open=False, selected=1)[-1].strip() == folded[-1], "it can be selected"


@pytest.mark.parametrize(
    ("excerpt", "texts_of_blocks", "first"),
    [
        ("Lentils.", ["Lentils."], 1),
        ("本文です。これは試", ["本文です。これは試験です。", "二"], 1),
        ("本文 …", ["本文です。これは試験です。", "二"], 1),
        ("One two three four", ["Heading", "One two three four five.", "Six."], 2),
        ("One two", ["Heading", "Another", "Third", "One two"], 0),
        ("One two", ["Two one"], 0),
        ("One two", [], 0),
    ],
)
def test_an_excerpt_that_the_text_begins_with_is_not_repeated(
    excerpt: str, texts_of_blocks: list[str], first: int
) -> None:
    blocks = tuple(Paragraph((Span(text),)) for text in texts_of_blocks)
    expected = blocks if first else (Paragraph((Span(excerpt),)), *blocks)
    article = Article("a.md", "T", excerpt=excerpt)
    assert with_excerpt(article, blocks) == expected
    assert split_excerpt(article, blocks)[1] == blocks[first:]
    if blocks:
        assert with_excerpt(replace(article, excerpt_is_from_body=True), blocks) == blocks


def test_the_image_stands_below_the_first_paragraph_of_a_text_without_excerpt() -> None:
    subject = replace(with_body("", "First.", "Second."), items=())
    subject = replace(subject, article=replace(subject.article, images=(Image("https://a.org/i.png", 640, 480),)))
    layout = lay_out_pane(subject, 76, "i shows the image.")
    assert texts(layout.body) == ["First.", "", "Image · 640×480 · i shows the image.", "", "Second."]
    assert layout.before_body[1] == layout.before_body[3], "a position in the text does not depend on the image"


def with_body(excerpt: str, *paragraphs: str) -> ArticleContent:
    blocks = tuple(Paragraph((Span(text),)) for text in paragraphs)
    return replace(content(excerpt=excerpt), blocks=blocks, items=(item(excerpt="Words " * 40),))


def composed(subject: ArticleContent, cells: int = 76, selected: int = -1) -> PaneLines:
    layout = lay_out_pane(subject, cells)
    return compose_lines(subject, layout, selected=selected, visited=(), now=NOW)


@pytest.mark.parametrize(
    ("excerpt", "above", "below"),
    [
        ("What it says.", ["What it says."], ["First paragraph of the text.", "Second paragraph."]),
        ("First paragraph of the te", ["First paragraph of the text."], ["Second paragraph."]),
        ("First paragraph of the text. Second par", ["First paragraph of the text.", "Second paragraph."], []),
        ("", [], ["First paragraph of the text.", "Second paragraph."]),
    ],
)
def test_the_related_items_stand_between_excerpt_and_text(excerpt: str, above: list[str], below: list[str]) -> None:
    lines = texts(composed(with_body(excerpt, "First paragraph of the text.", "Second paragraph.")).lines)
    at = lines.index("Related (1)")
    assert [line for line in lines[3:at] if line] == above
    rest = [line for line in lines[at + 3 :] if line]
    assert rest == (["Text", *below] if below else [])


@given(CELLS, CELLS, st.sampled_from(["An excerpt of some words.", ""]), st.integers(0, 8))
def test_a_position_in_the_text_depends_on_neither_width_nor_selection(
    cells: int, other: int, excerpt: str, number: int
) -> None:
    subject = with_body(excerpt, *(f"Word{number}" for number in range(9)))
    before, after = composed(subject, cells), composed(subject, other, selected=0)
    line = texts(before.lines).index(f"Word{number}")
    found = after.line_map.line_of(before.line_map.position_of(line))
    assert texts(after.lines)[found] == f"Word{number}"


def test_a_document_says_plainly_what_its_unusual_fields_mean() -> None:
    shown = " ".join(" ".join(more(content(published=False, secured=Secured("", 1400)))).split())
    assert shown == (
        "published no, says the document; it is listed all the same "
        "secured 1,400 bytes, encrypted; no key for them is public, so they cannot be shown"
    )


def test_the_title_of_a_related_item_has_a_line_of_its_own() -> None:
    subject = replace(content(), items=(item("A title of five words", provider=Provider("Jurist"), quality=55),))
    assert texts(bottom(subject, 50, is_open=False).lines)[2:] == ["  55 ▆ A title of five words", "       Jurist · –"]


def test_each_address_is_listed_once_as_a_link() -> None:
    links = Links("https://a.org/", "https://a.org/", "https://a.org/amp", "https://cdn.org/")
    runs = [run for line in lay_out_pane(content(links=links), 76).more for run in line if run.href]
    assert [run.href for run in runs] == ["https://a.org/", "https://a.org/amp", "https://cdn.org/"]


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
    (line,) = [line for line in more(content(extra=HUB)) if line.startswith(name)]
    assert shown in line


def test_only_web_addresses_in_other_fields_are_links() -> None:
    hrefs = {run.href for line in bottom(content(extra=HUB)).lines for run in line}
    assert "https://a.org/go" in hrefs
    assert all(href.startswith("https://") for href in hrefs - {""})


def test_a_related_item_is_shown_from_its_entry_in_the_document() -> None:
    described = item("Other", excerpt="Words.", type="video", quality=7, extra={"length": "PT2M"})
    subject = content_of_item(described, "Teller")
    text = " ".join(texts((*head(subject), *bottom(subject).lines)))
    for word in ("Other", "Words.", "“Teller”", "video", "quality 7", "2 min"):
        assert word in text
