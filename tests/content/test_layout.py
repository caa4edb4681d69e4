from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.content.blocks import (
    Block,
    CodeBlock,
    Embed,
    Figure,
    Heading,
    ListBlock,
    Paragraph,
    Quote,
    Rule,
    Span,
    Table,
    TextStyle,
)
from reader.content.html.builder import parse_html
from reader.content.layout.layout import layout
from reader.content.layout.wrap import Line
from reader.content.markdown.parser import parse_markdown
from reader.content.markdown.writer import to_markdown
from reader.core.text import cell_width, stable_width
from tests.content.tag_soup import hostile, is_clean, is_linear, soup


def laid_out(lines: list[Line]) -> list[str]:
    return ["".join(span.text for span in line) for line in lines]


def shown(source: str, cells: int = 20) -> list[str]:
    return laid_out(layout(parse_html(source), cells))


def test_paragraphs_are_wrapped_and_separated() -> None:
    assert shown("<p>one two three four five<p>six<br>seven") == ["one two three four", "five", "", "six", "seven"]


def test_long_words_are_broken() -> None:
    assert shown("see https://example.org/a/long/path ok", 12) == ["see", "https://exam", "ple.org/a/lo", "ng/path ok"]


def test_words_in_two_styles_stay_together() -> None:
    assert layout(parse_html("aaaa bb<b>bb</b>, c"), 8) == [
        (Span("aaaa"),),
        (Span("bb"), Span("bb", TextStyle.BOLD), Span(", c")),
    ]


def test_links_have_the_link_style() -> None:
    (line,) = layout(parse_html("a <a href='http://x.org/'>b <i>c</i></a> d"), 20)
    assert line == (
        Span("a "),
        Span("b ", TextStyle.LINK, "http://x.org/"),
        Span("c", TextStyle.LINK | TextStyle.ITALIC, "http://x.org/"),
        Span(" d"),
    )


def test_ideographs_break_anywhere_but_before_closing_punctuation() -> None:
    assert shown("这是一个很长的，中文段落。「引号」不在行首", 14) == [
        "这是一个很长",
        "的，中文段落。",
        "「引号」不在行",
        "首",
    ]
    assert shown("日本語text混ぜる", 10) == ["日本語text", "混ぜる"]


def _is_on_top(char: str) -> bool:
    return unicodedata.category(char) == "Mn"


@pytest.mark.parametrize("cells", range(8, 40))
def test_thai_and_lao_never_break_inside_a_syllable(cells: int) -> None:
    text = "การใช้เทคโนโลยีจดจำใบหน้าในที่สาธารณะน้ำมันแพงเก็บเงินได้ทำงานต่างๆ" * 5
    lao = "ຂ້າພະເຈົ້າຈຳນວນໃໝ່ໄດ້ນ້ຳ" * 12  # long enough for pieces of 200 characters
    for whole in (text, lao):
        lines = shown(whole, cells)
        assert "".join(lines) == whole
        assert not any(line[0] in "ะาำๆະາຳ" or _is_on_top(line[0]) for line in lines)
        assert not any(line[-1] in "เแโใไເແໂໃໄ" for line in lines)
        assert all(len(line) - sum(map(_is_on_top, line)) <= cells for line in lines)


def test_endless_syllables_are_broken_anywhere() -> None:
    assert "".join(shown("ำ" * 500, 8)) == "ำ" * 500
    assert max(map(len, shown("เ" * 500, 20))) <= 20


def test_emoji_are_drawn_in_their_stable_form() -> None:
    assert shown("a👩‍👩‍👧b ❤️") == ["a👩👩👧b ❤"]


def test_headings() -> None:
    lines = layout(parse_html("a<h2>B <i>c</i></h2>d"), 20)
    assert laid_out(lines) == ["a", "", "B c", "", "d"]
    assert lines[2] == (
        Span("B ", TextStyle.HEADING | TextStyle.BOLD),
        Span("c", TextStyle.HEADING | TextStyle.BOLD | TextStyle.ITALIC),
    )


def test_lists() -> None:
    source = "<ul><li>one two three four five<ul><li>x<ul><li>y</ul></ul><li><p>a<p>b</ul><ol start=9><li>c<li>d</ol>"
    assert shown(source) == [
        "• one two three four",
        "  five",
        "  ◦ x",
        "    ◦ y",
        "• a",
        "  b",
        "",
        " 9. c",
        "10. d",
    ]


def test_quotes() -> None:
    lines = layout(parse_html("<blockquote>one two three four<p>five</blockquote>"), 20)
    assert laid_out(lines) == ["▎ one two three four", "▎", "▎ five"]
    assert lines[0][0] == Span("▎ ", TextStyle.MUTED)


def test_code_loses_nothing() -> None:
    lines = layout((CodeBlock("if x:\n\n\ty = 'a long string of text'"),), 20)
    assert laid_out(lines) == ["  if x:", "", "      y = 'a long st", "↳ ring of text'"]
    assert lines[0] == (Span("  "), Span("if x:", TextStyle.CODE))


def test_a_table_that_fits() -> None:
    lines = layout(parse_html("<table><tr><th>Name<th>No<tr><td>日本<td>1<tr><td>b<td></table>"), 20)
    assert laid_out(lines) == ["Name  No", "────────", "日本  1", "b"]
    assert lines[0][0] == Span("Name", TextStyle.BOLD)
    assert lines[1] == (Span("─" * 8, TextStyle.MUTED),)


def test_a_table_that_is_too_wide_is_wrapped() -> None:
    source = "<table><tr><td>key<td>one two three four five<tr><td><td>x</table>"
    assert shown(source) == ["key  one two three", "     four five", "     x"]


def test_a_table_that_cannot_be_wrapped_is_a_list_of_values() -> None:
    head = "<tr><th>First<th>Second<th>Third<th>"
    source = f"<table>{head}<tr><td>{'a' * 9}<td>{'b' * 9}<td>{'c' * 9}<td>d<tr><td>1<td><td>3<td></table>"
    assert shown(source) == [
        "First: aaaaaaaaa",
        "Second: bbbbbbbbb",
        "Third: ccccccccc",
        "d",
        "",
        "First: 1",
        "Third: 3",
    ]
    only_head = Table(tuple((Span(letter * 9),) for letter in "abc"), ())
    assert laid_out(layout((only_head,), 20)) == ["aaaaaaaaa", "bbbbbbbbb", "ccccccccc"]


def test_images_and_embeds() -> None:
    figure = Figure("https://www.x.org/p.png", "A view", (Span("Caption"),), 640, 480)
    lines = layout((figure, Embed("https://www.youtube.com/embed/abc?x=y", "video"), Paragraph((Span("t"),))), 60)
    titled = Embed("https://x.org/a.mp3", "audio", "The horn")
    assert laid_out(layout((titled,), 60)) == ["Audio · The horn · x.org/a.mp3"]
    assert laid_out(lines) == [
        "Image · A view · 640×480",
        "https://www.x.org/p.png",
        "Caption",
        "Video · youtube.com/embed/abc",
        "",
        "t",
    ]
    assert lines[0][0] == Span(laid_out(lines)[0], TextStyle.MUTED | TextStyle.LINK, figure.url)
    assert lines[1][0].href == figure.url
    assert lines[2] == (Span("Caption", TextStyle.MUTED),)


def test_rules() -> None:
    assert layout((Rule(),), 10) == [(Span("─" * 10, TextStyle.MUTED),)]


def test_eight_cells_are_always_left_for_the_text() -> None:
    deep = "<blockquote><ul><li>" * 10 + "12345678 x<pre>12345678</pre>"
    for cells in range(8, 20):
        lines = shown(deep, cells)
        assert any(line.endswith("12345678") for line in lines)
        assert lines[-1].endswith("12345678")


@pytest.mark.parametrize("cells", [-1, 0, 7])
def test_a_narrower_view_counts_as_one_of_eight_cells(cells: int) -> None:
    assert shown("12345678 x", cells) == ["12345678", "x"]


def test_nothing_gives_nothing() -> None:
    blocks: tuple[Block, ...] = (Paragraph(()), Heading(1, ()), Quote(()), ListBlock(()), Table((), ()))
    assert layout(blocks, 20) == []


@pytest.mark.parametrize("at", range(len(hostile(100))), ids=lambda at: hostile(100)[at][:20])
@pytest.mark.parametrize("cells", [8, 72])
def test_hostile_input_is_laid_out_in_linear_time(at: int, cells: int) -> None:
    assert is_linear(lambda source: layout(parse_html(source), cells), lambda size: hostile(size)[at], 5_000)


def test_a_long_column_name_is_cut_where_it_is_repeated() -> None:
    long = "word " * 1_000
    lines = shown(f"<table><tr><th>{long}<th>{long}<th>k<tr><td>a<td>b<td>c<tr><td>d</table>", 20)
    assert lines[-1].endswith("…: d")
    assert "k: c" in lines
    assert len(lines) < 20


def test_a_start_without_a_text_to_draw_compiles_no_pattern() -> None:
    program = (
        "import sys; from reader.content.layout import layout, wrap; sys.exit(wrap._patterns.cache_info().currsize)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_one_very_long_word() -> None:
    for letter in ("x", "字", "é", "\u0301", "👩"):
        assert layout((Paragraph((Span(letter * 100_000),)), CodeBlock(letter * 100_000)), 72)


@given(soup, st.integers(8, 100))
@settings(max_examples=400, deadline=None)
def test_any_text_fits_and_is_clean(source: str, cells: int) -> None:
    for blocks in (parse_html(source, "https://x.org/"), parse_markdown(source)):
        lines = layout(blocks, cells)
        for text in laid_out(lines):
            assert cell_width(text) <= cells
        for line in lines:
            assert all(is_clean(span.text) and "\n" not in span.text for span in line)
            assert all(bool(span.href) == bool(span.style & TextStyle.LINK) for span in line)


@given(st.lists(st.text(alphabet="aé日、👩‍\u0301 <", min_size=1, max_size=30), max_size=10), st.integers(8, 40))
def test_words_stay_in_order(texts: list[str], cells: int) -> None:
    blocks = tuple(Paragraph((Span(text, TextStyle.BOLD), Span("|"))) for text in texts)
    wanted = "".join(f"{text}|" for text in texts)
    got = "".join(laid_out(layout(blocks, cells)))
    assert _letters(got) == _letters(wanted)


def _letters(text: str) -> str:
    # Combining marks beyond what any language uses are dropped, so they are not compared.
    return "".join(stable_width(text).replace("\u200d", "").replace("\u0301", "").split())


def test_a_list_that_counts_down_has_no_empty_lines() -> None:
    down = [
        ListBlock(((Paragraph((Span(text),)),),), ordered=True, start=start) for start, text in ((2, "a"), (1, "b"))
    ]
    assert laid_out(layout(down, 60)) == ["2. a", "1. b"]
    assert to_markdown(tuple(down)) == "2. a\n\n<!-- -->\n\n1. b\n"
    assert parse_markdown(to_markdown(tuple(down))) == tuple(down)
