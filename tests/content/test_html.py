from __future__ import annotations

import pytest
from hypothesis import given, settings

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
    links,
    plain_text,
)
from reader.content.html.builder import MAX_BLOCKS, MAX_CHARACTERS, MAX_NESTING, MAX_URL_CHARS, parse_html
from reader.content.markdown.parser import parse_markdown
from reader.content.markdown.writer import to_markdown
from tests.content.tag_soup import depth, every_string, hostile, is_clean, is_linear, soup

BASE = "https://example.org/news/page.html"


def text(source: str) -> str:
    return plain_text(parse_html(source))


def para(*spans: str | Span) -> Paragraph:
    return Paragraph(tuple(Span(span) if isinstance(span, str) else span for span in spans))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", ""),
        ("bare text", "bare text"),
        ("<p>one<p>two", "one\n\ntwo"),
        ("<div>one<div>two</div></div>three", "one\n\ntwo\n\nthree"),
        ("a<br>b", "a\nb"),
        ("a<br/><br />b", "a\n\nb"),
        ("a<br>&nbsp;<br>b", "a\n\nb"),
        ("<br><br>a<br><br><br>", "a"),
        ("<p>&nbsp;</p><p> \n </p>x<p></p>", "x"),
        ("  a \n\t b  ", "a b"),
        ("a&nbsp;b", "a\xa0b"),
        ("<p>&emsp;a&emsp;<p>&#x3000;", "a"),
        ("a &nbsp; &nbsp; b", "a b"),
        ("<b>a </b> b", "a b"),
        ("a &lt;b&gt; &amp;amp; &eacute;&#x41;", "a <b> &amp; éA"),
        ("1 < 2 <3 & 4", "1 < 2 <3 & 4"),
        ("a</nope></p></b></table></ul></td>b", "a\n\nb"),
        ("a<script>x < 1</script>b<style>p{}</style>c<SCRIPT>z</ScRiPt >d", "abcd"),
        ("<head><title>T</title></head><body>x</body>", "x"),
        ("<svg><text>no</text></svg><template>no</template><noscript>no</noscript><object>no</object>x", "x"),
        (
            "<form><label>Name</label><input value=no><select><option>no</select><textarea><p>no</textarea></form>",
            "Name",
        ),
        ("a<!-- <p>no --> b<!-->c<!doctype html><?php no ?>d<![CDATA[ <b>no</b> ]]>e", "a bcde"),
        ("kept<script>never shown", "kept"),
        ("kept<!-- never shown", "kept"),
        ("kept <a href='x", "kept"),
        ("kept <a /", "kept"),
        ("<select>kept", "kept"),
        ("<font color=red><u><span>x</span></u></font>", "x"),
        ("<details><summary>S</summary>inside</details>", "S\n\ninside"),
        ("<ul><li>a<li>b<ul><li>c</ul><li>d</ul>", "a\nb\n\nc\nd"),
        ("<table><caption>C</caption><tr><td>a<td>b<tr><td>c<td>d</table>", "C\n\na\tb\nc\td"),
        ("&#27;[31m&#x202e;x&#0;&#x9b;y&#xd800;", "[31mx\ufffd›y\ufffd"),
        ("a</>b</ c>d", "abd"),
        (f"&#{'9' * 5000};x", "\ufffdx"),
    ],
)
def test_text(source: str, expected: str) -> None:
    assert text(source) == expected


def test_marks() -> None:
    assert parse_html("a <b>b <i>c</b> d</i> <code>e</code><s>f</s>") == (
        para(
            "a ",
            Span("b ", TextStyle.BOLD),
            Span("c", TextStyle.BOLD | TextStyle.ITALIC),
            Span(" d", TextStyle.ITALIC),
            " ",
            Span("e", TextStyle.CODE),
            Span("f", TextStyle.STRIKE),
        ),
    )


def test_an_unclosed_style_ends_with_its_item_or_cell() -> None:
    (listed,) = parse_html("<ul><li><b>a<li>b</ul>")
    assert listed == ListBlock(((para(Span("a", TextStyle.BOLD)),), (para("b"),)))


def test_headings() -> None:
    assert parse_html("<h1>A<br>b</h1>c<h3>d") == (
        Heading(1, (Span("A"), Span(" "), Span("b"))),
        para("c"),
        Heading(3, (Span("d"),)),
    )


def test_lists() -> None:
    assert parse_html("<ol start=3><li>a<li><p>b</p><p>c</p></ol>") == (
        ListBlock(((para("a"),), (para("b"), para("c"))), ordered=True, start=3),
    )
    assert parse_html("<ul><li>a</li><ul><li>b</li></ul></ul>") == (
        ListBlock(((para("a"), ListBlock(((para("b"),),))),)),
    )
    assert parse_html("<li>a<li>b") == (ListBlock(((para("a"),), (para("b"),))),)
    assert parse_html("<ul>a<li></ul>") == (ListBlock(((para("a"),),)),)
    assert parse_html("<ol start=-5><li>a</ol>") == (ListBlock(((para("a"),),), ordered=True),)
    assert parse_html("<ul><li>a<blockquote>q</li><li>b</ul>") == (
        ListBlock(((para("a"), Quote((para("q"),))), (para("b"),))),
    )


def test_definitions() -> None:
    assert parse_html("<dl><dt>t<dd>d<dt>u<dd>e</dl>f<dd>g") == (
        ListBlock(((para(Span("t", TextStyle.BOLD)), para("d")), (para(Span("u", TextStyle.BOLD)), para("e")))),
        para("f"),
        para("g"),
    )


def test_code_keeps_its_lines() -> None:
    source = '<pre><code class="x language-py">\ndef f():\n\n    return &lt;1\n</code></pre>'
    assert parse_html(source) == (CodeBlock("def f():\n\n    return <1", "py"),)
    assert parse_html("<pre>a<br>b<div>c</div><div>d</div></pre>") == (CodeBlock("a\nb\nc\nd"),)
    assert parse_html("<pre><ol><li>a<li>b</ol></pre>") == (CodeBlock("a\nb"),)
    assert parse_html('<pre><span style="display: block">a</span><span style="display:block">b</span></pre>') == (
        CodeBlock("a\nb"),
    )
    assert parse_html("<pre>a<li>b</pre>") == (CodeBlock("a\nb"),)
    assert parse_html("<pre> \n </pre>") == ()
    assert parse_html("<blockquote><pre>a</blockquote>b") == (Quote((CodeBlock("a"),)), para("b"))


def test_tables() -> None:
    source = "<table><thead><tr><th>A<th>B</thead><tr><td>1<p>2</td><td colspan=2><b>3</b></table>"
    assert parse_html(source) == (
        Table(((Span("A"),), (Span("B"),)), (((Span("1"), Span("\n"), Span("2")), (Span("3", TextStyle.BOLD),), ()),)),
    )
    assert parse_html("<table><td>a<td>b</table>") == (Table((), (((Span("a"),), (Span("b"),)),)),)


@pytest.mark.parametrize(
    "source",
    ["<table><tr><td>x</table>", "<table><tr><td><ul><li>x</ul><td></table>", "<table>x", "<td>x</td>", "<table><tr>x"],
)
def test_a_table_for_layout_is_its_content(source: str) -> None:
    blocks = parse_html(source)
    assert plain_text(blocks) == "x"
    assert not any(isinstance(block, Table) for block in blocks)


def test_an_end_tag_in_a_cell_closes_nothing_outside_the_table() -> None:
    (listed,) = parse_html("<ul><li><table><tr><td>a</ul><td>b</table><li>c</ul>")
    assert isinstance(listed, ListBlock)
    assert len(listed.items) == 2


def test_quotes_and_rules() -> None:
    assert parse_html("<blockquote>a<blockquote>b</blockquote></blockquote><hr>c") == (
        Quote((para("a"), Quote((para("b"),)))),
        Rule(),
        para("c"),
    )
    assert parse_html("<blockquote></blockquote>") == ()


def test_links() -> None:
    blocks = parse_html(
        '<a href="a b.html">x <b>y</b></a> <a href="mailto:m@x.org">m</a> <a href="a b.html">z</a>', BASE
    )
    assert links(blocks) == (("x y", "https://example.org/news/a%20b.html"), ("m", "mailto:m@x.org"))
    assert links(parse_html("<pre>x</pre><hr><iframe src=//x.org/e></iframe>")) == (("Embedded", "https://x.org/e"),)
    assert links(parse_html("<a href='//x.org/'>x</a>")) == (("x", "https://x.org/"),)


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        " java\nscript:alert(1)",
        "&#1;javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "http://[",
        "http://",
        "https:///x",
        "//[x",
        "",
        "relative",
        "https://x.org/" + "a" * 9000,
    ],
)
def test_other_targets_are_plain_text(href: str) -> None:
    assert parse_html(f'<a href="{href}">x</a>') == (para("x"),)


def test_a_link_closed_in_an_inner_container_does_not_continue() -> None:
    blocks = parse_html("<a href=//x.org/>a<blockquote>b</a>c</blockquote>d")
    assert blocks[-1] == para("d")


def test_links_contain_no_hidden_characters() -> None:
    ((_, href),) = links(parse_html("<a href='https://x.org/&#x202e;&#27;a&#8203;b'>x</a>"))
    assert href == "https://x.org/ab"


def test_images() -> None:
    assert parse_html("a<img src=/p.png alt=' A\n b ' width=640 height='480px'>b", BASE) == (
        para("a"),
        Figure("https://example.org/p.png", "A b", (), 640, 480),
        para("b"),
    )
    assert parse_html("<img alt=x><img src='data:x' alt=y>") == ()
    assert parse_html("<img src='data:x' data-src=/p.png title=t width=50%>", BASE) == (
        Figure("https://example.org/p.png", "t"),
    )
    assert parse_html("<img src=https://x.org/count width=1 height=1>") == ()


def test_a_caption_that_repeats_the_alternative_text_is_left_out() -> None:
    assert parse_html("<img src=//x.org/p.png alt=Agenda><span>Agenda</span><p>Agenda") == (
        Figure("https://x.org/p.png", "Agenda"),
        para("Agenda"),
    )


def test_emoji_are_text() -> None:
    assert text("a <img src=/i.png alt=':winking_face:'> b<img class='x Emoji' alt='😀'>") == "a :winking_face: b😀"


def test_figures() -> None:
    assert parse_html("<figure><img src=//x.org/p.png><figcaption>A <b>b</b></figcaption></figure>") == (
        Figure("https://x.org/p.png", "", (Span("A "), Span("b", TextStyle.BOLD))),
    )
    assert parse_html("<figure><pre>x</pre><figcaption>A<p>b</figcaption></figure>") == (
        CodeBlock("x"),
        para("A", "\n", "b"),
    )
    assert parse_html("<figcaption>a</figcaption>") == (para("a"),)


def test_embeds() -> None:
    source = (
        "<iframe src=//www.youtube.com/embed/x>no</iframe><video><source src=/v.mp4>no</video>"
        "<audio src=/a.mp3></audio><embed src=/e><iframe src='javascript:x'></iframe><video></video>"
        "<iframe src=/f title=' The <b>launch</b> ' />kept"
    )
    assert parse_html(source, BASE) == (
        Embed("https://www.youtube.com/embed/x", "video"),
        Embed("https://example.org/v.mp4", "video"),
        Embed("https://example.org/a.mp3", "audio"),
        Embed("https://example.org/e", "embed"),
        Embed("https://example.org/f", "embed", "The <b>launch</b>"),
        para("kept"),
    )


def test_attributes_of_any_shape() -> None:
    for shape in (
        "href=https://x.org/",
        'HREF = "https://x.org/"',
        "/href='https://x.org/'/",
        'a="b href=https://x.org/',
    ):
        assert links(parse_html(f"<a {shape}>x</a>"))[:1] == (("x", "https://x.org/"),)
    assert links(parse_html("<a href=//x.org/1 href=//x.org/2>x</a>")) == (("x", "https://x.org/1"),)


# --- bounds --------------------------------------------------------------------------------


def test_nesting_is_flattened() -> None:
    for tag in ("blockquote", "ul><li", "table><tr><td>y<td"):
        name = tag.split(">", maxsplit=1)[0]
        blocks = parse_html(f"<{tag}>x" * 1000 + f"</{name}>" * 1000 + "after")
        assert depth(blocks) <= MAX_NESTING
        assert plain_text(blocks).count("x") == 1000
        assert blocks[-1] == para("after")


def test_the_number_of_blocks_is_bounded() -> None:
    blocks = parse_html("<p>x" * (MAX_BLOCKS + 10))
    assert len(blocks) == MAX_BLOCKS + 1
    assert blocks[-1] == para(Span("The rest of this text is not shown because it is too long.", TextStyle.MUTED))


def test_the_source_is_bounded() -> None:
    blocks = parse_html("x" * (MAX_CHARACTERS + 1))
    assert [len(plain_text([block])) for block in blocks] == [MAX_CHARACTERS, 58]


@pytest.mark.parametrize("at", range(len(hostile(100))), ids=lambda at: hostile(100)[at][:20])
def test_hostile_input_is_read_in_linear_time(at: int) -> None:
    def work(source: str) -> None:
        blocks = parse_html(source, BASE)
        to_markdown(blocks)
        plain_text(blocks)
        links(blocks)

    assert is_linear(work, lambda size: hostile(size)[at], 10_000)


@pytest.mark.parametrize(
    "source",
    [
        f"<a href=https://x.org/{'y' * 7_000}>" + "x<p>" * 5_000,
        f"<a href=https://x.org/{'y' * 7_000}>" + "x<br>" * 5_000,
        f"<a href=https://x.org/{'y' * 7_000}><table><tr>" + "<td>x" * 5_000,
        "<a href=a>x</a> " * 5_000,
        "<img src=a>" * 5_000,
        "<embed src=a>" * 5_000,
    ],
    ids=lambda source: source[-12:],
)
def test_the_size_of_all_addresses_is_bounded(source: str) -> None:
    blocks = parse_html(source, f"https://x.org/{'b' * 7_000}/")
    written = to_markdown(blocks)
    assert len(written) < 2 * MAX_URL_CHARS + 10 * len(source)  # an embed also shows its URL
    assert "(https://x.org/" in written


def test_an_address_that_its_base_makes_too_long_is_dropped() -> None:
    assert parse_html("<a href=a>b</a>", f"https://x.org/{'b' * 8_000}/") == (para("b"),)


def test_short_rows_are_not_padded() -> None:
    source = "<table><tr><td>a<td>b<td>c<tr><td>d</table>"
    markdown = to_markdown(parse_html(source))
    assert markdown == "|  |  |  |\n| --- | --- | --- |\n| a | b | c |\n| d |\n"
    assert plain_text(parse_markdown(markdown)) == plain_text(parse_html(source))


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        ("\n \n\t\n  a\n\n b \n \n", "  a\n\n b"),
        (" \n", None),
        ("  a", "  a"),
    ],
)
def test_blank_lines_around_code_are_left_out(inside: str, code: str | None) -> None:
    assert parse_html(f"<pre>{inside}</pre>") == ((CodeBlock(code),) if code else ())


@given(soup)
@settings(max_examples=300, deadline=None)
def test_any_text_gives_clean_blocks(source: str) -> None:
    blocks: tuple[Block, ...] = parse_html(source, BASE)
    assert depth(blocks) <= MAX_NESTING
    assert all(map(is_clean, every_string(blocks)))
    assert all(href.startswith(("http://", "https://", "mailto:")) for _, href in links(blocks))


def test_words_keep_their_readings() -> None:
    assert plain_text(parse_html("<ruby>表示<rt>ひょうじ</rt></ruby>された")) == "表示(ひょうじ)された"
    assert plain_text(parse_html("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rt>じ</ruby>は")) == "漢(かん)字(じ)は"
    assert plain_text(parse_html("He said <q>so</q>.")) == "He said “so”."


def test_a_reversed_list_counts_down() -> None:
    for source in ("<ol reversed><li>a<li>b</ol>", "<ol reversed start=2><li>a<li>b</ol>"):
        assert parse_html(source) == (
            ListBlock(((para("a"),),), ordered=True, start=2),
            ListBlock(((para("b"),),), ordered=True, start=1),
        )


def test_cells_show_lists_and_images() -> None:
    table = parse_html("<table><tr><td>a<td><ul><li>n<li>e</ul><tr><td>b<br>c<td><img src=//x.org/i alt=I></table>")
    assert table == (
        Table(
            (),
            (
                ((Span("a"),), (Span("n"), Span(" / "), Span("e"))),
                ((Span("b"), Span("\n"), Span("c")), (Span("I", href="https://x.org/i"),)),
            ),
        ),
    )
