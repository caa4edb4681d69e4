from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.content.blocks import CodeBlock, TextStyle
from reader.content.markdown.parser import parse_markdown
from reader.content.page import Extract, Page
from reader.core.model import Links
from reader.core.text import cell_width
from reader.tui.widgets.reader.lines import (
    ReaderLayout,
    ReaderText,
    SearchableText,
    TextNotice,
    fold_character,
    lay_out_text,
)
from reader.tui.widgets.text.formats import ago
from reader.tui.widgets.text.lines import Line, LineMap, line_of
from reader.tui.widgets.text.link_hints import hint_labels

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOURCE = """\
First words with [a link](https://a.example/) in them.

## A heading

> Quoted words that go on for longer than one line of so few cells as we have here.

### Another

- one [again](https://a.example/)
- two [more](https://b.example/long/path)
"""


def page(**changes: object) -> Page:
    made = Page(
        id="0123456789abcdef",
        way="original",
        url="https://www.jurist.org/x",
        final_url="https://www.jurist.org/x",
        extract=Extract(parse_markdown(SOURCE), 460),
        fetched_at=NOW - timedelta(hours=3),
        checked_at=NOW - timedelta(hours=3),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def text(**changes: object) -> ReaderText:
    made = ReaderText(
        id="0123456789abcdef",
        title="A title",
        kind="page",
        blocks=parse_markdown(SOURCE),
        source="Jurist",
        byline="Ann Author",
        published_at=NOW,
        links=Links(original="https://www.jurist.org/x"),
        page=page(),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def plain(lines: tuple[Line, ...]) -> list[str]:
    return ["".join(run.text for run in line).rstrip() for line in lines]


def test_the_header_shows_kind_source_age_and_length() -> None:
    shown = plain(lay_out_text(text(), 72, NOW).lines)
    assert shown[1] == "A title"
    assert shown[2].startswith("Jurist · by Ann Author · 21 November 2026")
    assert shown[3] == "The original at jurist.org, fetched 3 hours ago · 460 words, 2 min"


def test_a_narrow_header_still_shows_the_age() -> None:
    assert "fetched 3 hours ago · 460 words, 2 min" in plain(lay_out_text(text(), 38, NOW).lines)


def test_the_header_shows_when_a_page_was_revalidated() -> None:
    asked = page(fetched_at=NOW - timedelta(days=3), checked_at=NOW - timedelta(seconds=20))
    facts = " ".join(plain(lay_out_text(text(page=asked), 72, NOW).lines)[3:5])
    assert "fetched 3 days ago" in facts
    assert "checked just now" in facts
    same_day = page(fetched_at=NOW - timedelta(days=3, hours=2), checked_at=NOW - timedelta(days=3))
    assert "unchanged" not in "".join(plain(lay_out_text(text(page=same_day), 72, NOW).lines))


def code(cells: int) -> ReaderLayout:
    return lay_out_text(text(blocks=(CodeBlock("first = call(with_many, arguments)\nsecond = 2"),)), cells, NOW)


def test_the_wrap_sign_of_code_is_not_part_of_the_text() -> None:
    narrow, wide = code(25), code(72)
    assert plain(narrow.lines[narrow.text.start : narrow.text.stop]) == [
        "  first = call(with_many,",
        "↳  arguments)",
        "  second = 2",
    ]
    (sign,) = (run for line in narrow.lines for run in line if run.text == "↳ ")
    assert TextStyle.MUTED in sign.text_style
    assert not SearchableText(narrow.lines).find("↳")
    assert SearchableText(narrow.lines).find("with_many, arguments")
    narrow_length, wide_length = (
        laid.offset_of(laid.text.stop - 1) - laid.offset_of(laid.text.start) for laid in (narrow, wide)
    )
    assert narrow_length == wide_length, "positions are the same at every width"


def test_an_arrow_in_the_text_is_searchable() -> None:
    laid = lay_out_text(text(blocks=(CodeBlock("↳ written"),)), 40, NOW)
    assert SearchableText(laid.lines).find("↳ written")


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("web", "The web page at"),
        ("amp", "The AMP copy at"),
        ("cdn_amp", "The AMP cache's copy at"),
        ("archive", "The Wayback Machine's capture at"),
    ],
)
def test_the_header_shows_the_kind_of_address(way: str, words: str) -> None:
    assert any(line.startswith(words) for line in plain(lay_out_text(text(page=page(way=way)), 72, NOW).lines))


def test_text_that_is_not_a_page_says_so() -> None:
    body = plain(lay_out_text(text(page=None, kind="body"), 72, NOW).lines)
    assert any(line.startswith("From the document · ") for line in body)
    assert "Excerpt only" in plain(lay_out_text(text(page=None, kind="excerpt"), 72, NOW).lines)


def test_links_are_numbered_and_listed() -> None:
    laid = lay_out_text(text(), 72, NOW)
    shown = plain(laid.lines)
    assert "First words with a link¹ in them." in shown
    assert laid.links == ("https://a.example/", "https://b.example/long/path")
    end = shown.index("Links (2)")
    assert end >= laid.text.stop
    assert shown[end + 1 :] == [" 1 a link", "   https://a.example/", " 2 more", "   https://b.example/long/path"]
    assert {run.href for line in laid.lines[end:] for run in line if run.href} == set(laid.links)


def test_headings_are_listed_with_their_lines() -> None:
    laid = lay_out_text(text(), 72, NOW)
    shown = plain(laid.lines)
    assert [shown[line] for line in laid.headings[1:]] == ["A heading", "Another"]
    assert laid.headings[0] == 0


def test_notices_follow_the_text() -> None:
    laid = lay_out_text(
        text(page=None, kind="excerpt"), 40, NOW, (TextNotice("It could not be fetched."), TextNotice("Try again."))
    )
    shown = plain(laid.lines)
    assert shown.index("It could not be fetched.") >= laid.text.stop
    assert shown.index("Try again.") < shown.index("Links (2)")


@given(st.integers(8, 200))
def test_lines_fit_the_width(cells: int) -> None:
    laid = lay_out_text(text(), cells, NOW, (TextNotice("Some words about what went wrong here."),))
    assert all(sum(cell_width(run.text) for run in line) <= cells for line in laid.lines)
    assert all(laid.line_at(laid.offset_of(y)) == y for y in laid.headings)


@pytest.mark.parametrize(
    ("source", "length", "minutes"),
    [
        ("", "0 words", 1),
        ("It isn’t 3.5. " * 230, "690 words", 3),
        ("今天天气很好。" * 130, "780 characters", 3),
        ("日本語の文章です。" * 175, "1,400 characters", 4),
        ("오늘은 날씨가 좋다. " * 150, "1,200 characters", 2),
        ("วันนี้อากาศดี " * 200, "2,600 characters", 3),
        ("Der Präsident sagte 你好. " * 92, "368 words", 2),
    ],
)
def test_the_length_of_a_text(source: str, length: str, minutes: int) -> None:
    shown = plain(lay_out_text(ReaderText("i", "T", "body", parse_markdown(source)), 80, NOW).lines)
    assert f"From the document · {length}, {minutes} min" in shown


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-5, "just now"), (59, "just now"), (60, "1 minute ago"), (7300, "2 hours ago"), (86400 * 3, "3 days ago")],
)
def test_age_in_words(seconds: int, expected: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW) == expected


def test_uncounted_lines_have_the_position_of_the_text_below() -> None:
    measured = LineMap(before=(0, 10, 10, 10, 10, 30))
    assert measured.line_at(10) == 4
    spots = [measured.position_of(line) for line in range(6)]
    assert spots == [(0, 0, 0), (10, 3, 3), (10, 2, 3), (10, 1, 3), (10, 0, 3), (30, 0, 0)]
    assert [measured.line_of(spot) for spot in spots] == [*range(6)]
    without = LineMap(before=(0, 10, 30))
    assert [without.line_of(spot) for spot in spots] == [0, 1, 1, 1, 1, 2]
    larger = LineMap(before=(0, 10, 10, 10, 10, 10, 10, 10, 30))
    assert [larger.line_of(spot) for spot in spots] == [0, 1, 3, 5, 7, 8]
    assert [larger.line_of(without.position_of(line)) for line in range(3)] == [0, 7, 8]
    wider = LineMap(before=(0, 5, 30))
    assert [wider.line_of(spot) for spot in spots] == [0, 1, 1, 1, 1, 2]


# Searching.


def found(lines: list[str], wanted: str) -> list[list[str]]:
    """Return the pieces of each match of ``wanted``."""
    places = SearchableText([line_of(line) for line in lines]).find(wanted)
    pieces: list[list[str]] = [[] for _ in range(len(places))]
    for number, line in enumerate(lines):
        for which, start, end in places.in_line(number):
            assert pieces[which] or places.line(which) == number
            pieces[which].append(line[start:end])
    assert all(pieces)
    for number in range(len(lines) + 1):
        first = places.first_from(number)
        assert all((places.line(which) >= number) == (which >= first) for which in range(len(places)))
    return pieces


@pytest.mark.parametrize(
    ("lines", "wanted", "pieces"),
    [
        (["One two one."], "one", [["One"], ["one"]]),
        (["Die Straße", "ist nass"], "STRASSE", [["Straße"]]),
        (["un café noir"], "cafe", [["café"]]),
        (["words that go", "on in the next"], "go on", [["go", "on"]]),
        (["▎ a quote that", "▎ goes on"], "that goes", [["that", "goes"]]),
        (["人脸识别技术"], "识别", [["识别"]]),
        (["a  b"], "a b", [["a  b"]]),
        (["nothing"], "some", []),
        (["nothing"], "", []),
        (["nothing"], "   ", []),
    ],
)
def test_search_finds_written_text(lines: list[str], wanted: str, pieces: list[list[str]]) -> None:
    assert [["".join(each).strip("\n") for each in match] for match in found(lines, wanted)] == pieces or [
        [piece.strip() for piece in match if piece.strip()] for match in found(lines, wanted)
    ] == pieces


@given(st.lists(st.text(st.sampled_from("ab  \tÉ人▎"), max_size=12), max_size=5))
def test_every_folded_character_has_its_column(lines: list[str]) -> None:
    searchable = SearchableText([line_of(line) for line in lines])
    for number, (start, end) in enumerate(pairwise(searchable.starts)):
        columns = searchable.columns(number)
        assert len(columns) == end - start
        assert columns == sorted(columns)


@given(st.lists(st.text(max_size=30), max_size=5), st.text(max_size=5))
def test_every_match_reads_as_the_search_text(lines: list[str], wanted: str) -> None:
    def plainly(text: str) -> str:
        return "".join(map(fold_character, text)).translate({ord(c): None for c in " \n\t"}).replace("─", "")

    lines = ["".join(char for char in line if char == " " or not char.isspace()) for line in lines]
    for match in found(lines, wanted):
        sought = "".join(wanted.split())
        if all(char.isalnum() for char in sought):
            assert "".join(map(fold_character, sought)) in plainly("".join(match))


# Hints.


@given(st.integers(0, 800))
def test_hint_labels_are_unique_and_prefix_free(number: int) -> None:
    labels = hint_labels(number)
    assert len(set(labels)) == number
    assert len({len(label) for label in labels}) <= 1
