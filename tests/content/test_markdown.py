from __future__ import annotations

import subprocess
import sys
import tracemalloc

import pytest
from hypothesis import example, given, settings
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
    links,
    plain_text,
)
from reader.content.body import parse_body
from reader.content.html.builder import MAX_URL_CHARS, build, parse_html
from reader.content.markdown.parser import MAX_CHARACTERS, parse_markdown
from reader.content.markdown.writer import MAX_DEPTH, to_markdown
from tests.content.tag_soup import every_string, is_clean, is_linear, soup

BASE = "https://example.org/"


def para(*spans: str | Span) -> Paragraph:
    return Paragraph(tuple(Span(span) if isinstance(span, str) else span for span in spans))


def test_each_kind_of_block() -> None:
    source = """# T *i*

a **b** ~~c~~ `d` [e](/f)\\
g

> q

2. x
   - y
3. z

```python x
  code

<b>
```

| A | B |
|---|---|
| 1 | `2` |

---

![alt](/p.png "title")
"""
    assert parse_markdown(source, BASE) == (
        Heading(1, (Span("T "), Span("i", TextStyle.ITALIC))),
        para(
            "a ",
            Span("b", TextStyle.BOLD),
            " ",
            Span("c", TextStyle.STRIKE),
            " ",
            Span("d", TextStyle.CODE),
            " ",
            Span("e", href="https://example.org/f"),
            "\n",
            "g",
        ),
        Quote((para("q"),)),
        ListBlock(((para("x"), ListBlock(((para("y"),),))), (para("z"),)), ordered=True, start=2),
        CodeBlock("  code\n\n<b>", "python"),
        Table(((Span("A"),), (Span("B"),)), (((Span("1"),), (Span("2", TextStyle.CODE),)),)),
        Rule(),
        Figure("https://example.org/p.png", "alt"),
    )


def test_html_inside() -> None:
    source = """a<br>b <b>c</b> <img src=/p.png alt=q>

<div>

**d**

<script>no</script></div>

<iframe src=//y.org/e></iframe>
"""
    assert parse_markdown(source, BASE) == (
        para("a", "\n", "b ", Span("c", TextStyle.BOLD)),
        Figure("https://example.org/p.png", "q"),
        para(Span("d", TextStyle.BOLD)),
        Embed("https://y.org/e", "embed"),
    )


def test_links_follow_the_same_rule() -> None:
    source = "[a](javascript:x) [b](<data:text/html,x>) ![c](file:///d) [e](//e.org) <mailto:f@g.h> <x@y.z>"
    assert plain_text(parse_markdown(source, BASE)) == "a b e mailto:f@g.h x@y.z"
    assert [href for _, href in links(parse_markdown(source, BASE))] == [
        "https://e.org",
        "mailto:f@g.h",
        "mailto:x@y.z",
    ]


def test_entities_pass_the_text_gate() -> None:
    assert plain_text(parse_markdown("a&#x202e;b&#27;c \ud800 &amp;#27;")) == "ab\ufffdc \ufffd &#27;"


def test_body_by_format() -> None:
    assert parse_body("*a*<br>", "html") == (para("*a*"),)
    assert parse_body("*a*", "markdown") == (para(Span("a", TextStyle.ITALIC)),)


# --- bounds --------------------------------------------------------------------------------


def test_the_source_is_bounded() -> None:
    blocks = parse_markdown("x" * (MAX_CHARACTERS + 1))
    assert [len(plain_text([block])) for block in blocks] == [MAX_CHARACTERS, 58]


@pytest.mark.parametrize("marker", ["> ", ">", "- ", "1. ", "- > "])
def test_nesting_is_flattened_and_no_text_lost(marker: str) -> None:
    for count in (MAX_DEPTH, MAX_DEPTH + 1, 10_000):
        assert plain_text(parse_markdown(marker * count + "deep")) == "deep"


@pytest.mark.parametrize(
    "unit",
    [
        "[",
        "![",
        "*",
        "*a ",
        "*a_ ",
        "`a",
        "> ",
        "[a](",
        "[](<",
        "- ",
        "<a ",
        "<!--",
        "&",
        "~a",
        "\\",
        "**x_ ",
        "[a]\n",
        "|a",
        "|",
        "# a #",
        "a*",
        "a_b__",
        "[a](b) ",
        "[a](b 'c",
        "[a]: b\n",
        "![](",
        "`` ` ",
        "> - a\n",
        "a|b\n-|-\n",
    ],
)
def test_hostile_input_is_read_in_linear_time(unit: str) -> None:
    assert is_linear(parse_markdown, lambda size: unit * (size // len(unit)), 5_000)


@pytest.mark.parametrize(
    ("before", "unit", "after"),
    [
        ("```\na", " ", "b\n```"),
        ("    a", " ", "b"),
        ("# a", "#", "x"),
        ("# a", " #", ""),
        ("[a](<", " ", "b>)"),
        ("`", " ", "a"),
    ],
)
def test_a_long_run_is_read_in_linear_time(before: str, unit: str, after: str) -> None:
    def work(source: str) -> None:
        to_markdown(parse_markdown(source))

    assert is_linear(work, lambda size: before + unit * (size // len(unit)) + after, 5_000)


def test_backtick_runs_of_every_length() -> None:
    def make(size: int) -> str:
        return " ".join("`" * length for length in range(1, int((2 * size) ** 0.5)))

    assert is_linear(parse_markdown, make, 20_000)


@pytest.mark.parametrize("length", [75_000, 7_900])
@pytest.mark.parametrize("unit", ["[a] ", "![a] ", "![[a]![a]](b) "])
@pytest.mark.parametrize("definition", ["[a]: http://x.y/{}\n\n", "[a]: http://x.y/ '{}'\n\n"])
def test_a_long_address_used_often_adds_little_text(
    definition: str, unit: str, length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    markup: list[int] = []

    def counted(source: str, base_url: str) -> tuple[Block, ...]:
        markup.append(len(source))
        return build(source, base_url)

    monkeypatch.setattr("reader.content.markdown.parser.build", counted)
    uses = unit * (6_000 // len(unit))
    blocks = parse_markdown(definition.format("&zzzzzzzzz" * (length // 10)) + uses)
    parse_markdown(definition.format("&") + uses)
    # Without a limit, 7,900 characters used hundreds of times are at least 6 million.
    assert markup[0] - markup[1] < 2 * MAX_URL_CHARS
    assert sum(map(len, every_string(blocks))) < 2 * MAX_URL_CHARS


def test_a_reference_bomb_takes_little_memory() -> None:
    source = f"[a]: http://x.y/{'z' * 7_900}\n\n" + "[a] " * 4_000  # 32 MB of URLs without the limit
    parse_markdown(source[:100])  # loads the parser
    tracemalloc.start()
    try:
        parse_markdown(source)
        assert tracemalloc.get_traced_memory()[1] < 25_000_000
    finally:
        tracemalloc.stop()


def test_an_address_used_often_stays_a_link() -> None:
    address = f"https://x.org/{'y' * 100}"
    (block,) = parse_markdown(f"[a]: {address}\n\n" + "[a] " * 1_000)
    assert isinstance(block, Paragraph)
    assert [span.href for span in block.spans if span.text == "a"] == [address] * 1_000


def test_the_parser_is_loaded_only_when_needed() -> None:
    program = "import sys, reader.content.body; sys.exit('markdown_it' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@given(soup)
@settings(max_examples=300, deadline=None)
def test_any_text_gives_clean_blocks(source: str) -> None:
    blocks = parse_markdown(source, BASE)
    assert all(map(is_clean, every_string(blocks)))
    assert all(href.startswith(("http://", "https://", "mailto:")) for _, href in links(blocks))


# --- and back ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", ""),
        ("<h2>C#</h2><p># no heading", "## C\\#\n\n\\# no heading\n"),
        ("a <b>b</b>, <i>c</i>", "a **b**, *c*\n"),
        ("a<b>b,</b>c", "a<strong>b,</strong>c\n"),
        ("<b>a</b><i>b</i>", "<strong>a</strong><em>b</em>\n"),
        ("<b>a</b>b", "**a**b\n"),
        ("<b><s>a</s></b>b", "<del><strong>a</strong></del>b\n"),
        ("<s><code>a</code></s>b", "<del>`a`</del>b\n"),
        ("<p>1. a<br>- b<br>+ c<br>&gt; d", "1\\. a\\\n\\- b\\\n\\+ c\\\n\\> d\n"),
        (
            "snake_case *_x_* a&b &amp;lt; [x](y) `z` !",
            "snake_case \\*\\_x\\_\\* a\\&b \\&lt; \\[x\\](y) \\`z\\` \\!\n",
        ),
        ("<code>a`b</code> <code>`</code>", "``a`b`` `` ` ``\n"),
        ("<pre>```\nx</pre>", "````\n```\nx\n````\n"),
        ("<a href='http://x.org/(a)?b&c'>x <b>y</b></a>z", "[x **y**](http://x.org/%28a%29?b&amp;c)z\n"),
        ("<ul><li>a<li>b<ol start=7><li>c</ol></ul><ul><li>d</ul>", "- a\n\n- b\n\n  7. c\n\n* d\n"),
        ("<ul><li>a<ul><li>b</ul></ul>", "- a\n  - b\n"),
        ("<blockquote><p>a<p>b</blockquote><hr>", "> a\n>\n> b\n\n___\n"),
        (
            "<table><tr><th>A|<th>B<tr><td>1<br>2<td><code>|</code></table>",
            "| A\\| | B |\n| --- | --- |\n| 1<br>2 | `\\|` |\n",
        ),
        (
            "<figure><img src=//x.org/p alt='a]'><figcaption>c</figure>",
            "![a\\]](https://x.org/p)\n*c*\n",
        ),
        ("<i>all <b>both</b> rest</i> and <b><i>both</i> rest</b>", "*all **both** rest* and ***both* rest**\n"),
        ("<i>see <a href=//x.org/a>this <b>one</b></a></i> x", "*see [this **one**](https://x.org/a)* x\n"),
        ("<i>see <a href=//x.org/a>this</a></i>, x", "*see* [*this*](https://x.org/a), x\n"),
        ("a<i>b <b>c</b></i>d", "a<em>b <strong>c</strong></em>d\n"),
        ("<iframe src=https://x.org/e_f></iframe>", "[https://x.org/e_f](https://x.org/e_f)\n"),
    ],
)
def test_to_markdown(source: str, expected: str) -> None:
    blocks = parse_html(source)
    assert to_markdown(blocks) == expected
    assert plain_text(parse_markdown(expected)) == plain_text(blocks)


@pytest.mark.parametrize("around", ["{}", "<blockquote>{}</blockquote>", "<ul><li>a<p>{}<li>b</ul>"])
def test_a_caption_stays_with_its_image(around: str) -> None:
    figure = "<figure><img src=//x.org/p alt=a><figcaption>A <b>caption</b> of<br><a href=//x.org>x</a></figure>"
    blocks = parse_html(around.format(figure))
    assert parse_markdown(to_markdown(blocks)) == blocks


@pytest.mark.parametrize(
    "caption",
    [
        "c",
        "<i>all</i>",
        "<i>a</i> b <b>c</b>",
        "<b>a</b> b",
        "a<i>b</i>c",
        "“q” (r) <code>s</code>",
        "1. a<br>- b<br># c",
        "*",
    ],
)
def test_a_caption_is_an_emphasized_line_below_its_image(caption: str) -> None:
    blocks = parse_html(f"<figure><img src=//x.org/p alt=a><figcaption>{caption}</figcaption></figure><p><i>d</i>")
    text = to_markdown(blocks)
    assert text.startswith("![a](https://x.org/p)\n*")
    assert "<fig" not in text
    assert parse_markdown(text) == blocks


def test_other_emphasized_lines_stay_paragraphs() -> None:
    plain_figure = Figure("https://x.org/p", "a")
    source = "![a](https://x.org/p)"
    assert parse_markdown(f"{source}\n\n*b*") == (plain_figure, para(Span("b", TextStyle.ITALIC)))
    assert parse_markdown(f"{source}\n*b* c") == (plain_figure, para(Span("b", TextStyle.ITALIC), " c"))
    assert parse_markdown(f"{source}\n*b* *c*")[0] == plain_figure
    assert parse_markdown("<figure><img src=//x.org/p alt=a><figcaption>b</figcaption></figure>") == (
        Figure("https://x.org/p", "a", (Span("b"),)),
    )


_STYLED = st.lists(
    st.tuples(
        st.sampled_from(["word", "a b ", " c", ".", "“q”", "(r)", "*", "_", "日本", "é!", "1", "~", "`"]),
        st.sampled_from(
            [
                TextStyle.NONE,
                TextStyle.BOLD,
                TextStyle.ITALIC,
                TextStyle.STRIKE,
                TextStyle.BOLD | TextStyle.ITALIC,
                TextStyle.CODE,
            ]
        ),
        st.sampled_from(["", "", "https://x.org/"]),
    ),
    min_size=1,
    max_size=8,
).map(lambda parts: tuple(Span(*part) for part in parts))


def shown(spans: tuple[Span, ...]) -> list[tuple[str, TextStyle, str]]:
    """Return each visible character with its style."""
    return [(char, span.style, span.href) for span in spans for char in span.text if not char.isspace()]


_LINKED = (TextStyle.ITALIC, "https://x.org/")


@given(_STYLED)
@example((Span("word", *_LINKED), Span("_", *_LINKED), Span("_", *_LINKED)))
@settings(max_examples=250, deadline=None)
def test_a_round_trip_preserves_every_style(spans: tuple[Span, ...]) -> None:
    (block,) = parse_markdown(to_markdown([Paragraph((Span("x "), *spans, Span(" y")))]))
    assert isinstance(block, Paragraph)
    assert shown(block.spans) == [("x", TextStyle.NONE, ""), *shown(spans), ("y", TextStyle.NONE, "")]
    (figure,) = parse_markdown(to_markdown([Figure("https://x.org/p", "a", spans)]))
    assert isinstance(figure, Figure)
    assert shown(figure.caption) == shown(spans)


def test_blocks_that_no_parser_makes() -> None:
    deep: tuple[Paragraph | Quote | ListBlock, ...] = (para("deep"),)
    for _ in range(20):
        deep = (Quote((ListBlock((deep,)),)),)
    assert plain_text(parse_markdown(to_markdown(deep))) == "deep"
    assert to_markdown((Table((), ()), para(), Heading(1, ()), ListBlock(((),)), CodeBlock(""))) == "- \n\n```\n\n```\n"
    assert to_markdown((Table((), (((Span("a"),), ()),)),)) == "|  |  |\n| --- | --- |\n| a |  |\n"
    assert to_markdown((para(Span(" ", href="http://x.org/"), Span(" a ", TextStyle.BOLD, "http://y.org")),)) == (
        "  [**a**](http://y.org) \n"
    )


_WORDS = [
    *(
        "word",
        "a*b",
        "_x_",
        "**",
        "`",
        "[l](u)",
        "&lt;b&gt;",
        "&amp;amp;",
        "# h",
        "1.",
        "-",
        "=",
        "---",
        "|",
        "~~",
        "!",
    ),
    *(
        "\\",
        "日本",
        '"q"',
        "(a)",
        "http://x.y",
        "C#",
        ":-",
        "<br>",
        "<p>",
        "<b>",
        "</b>",
        "<i>",
        "</i>",
        "<code>",
        "</code>",
    ),
    *("<a href='http://x.org/a_(b)?c&d'>", "</a>", "<ul>", "<li>", "</ul>", "<ol start=4>", "</ol>", "<blockquote>"),
    *("</blockquote>", "<table>", "<tr>", "<td>", "<th>", "</table>", "<pre>", "</pre>", "<h2>", "</h2>", "<hr>"),
]


@given(st.lists(st.tuples(st.sampled_from(_WORDS), st.sampled_from(["", " "])).map("".join), max_size=30).map("".join))
@settings(max_examples=300, deadline=None)
def test_a_round_trip_preserves_the_text(source: str) -> None:
    blocks = parse_html(source)
    assert plain_text(parse_markdown(to_markdown(blocks))) == plain_text(blocks)
