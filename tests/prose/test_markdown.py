from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.prose.blocks import (
    CodeBlock,
    Embed,
    Figure,
    Heading,
    ListBlock,
    Mark,
    Paragraph,
    Quote,
    Rule,
    Span,
    Table,
    links,
    plain_text,
)
from reader.prose.body import parse_body
from reader.prose.html import parse_html
from reader.prose.markdown import MAX_CHARACTERS, MAX_DEPTH, parse_markdown, to_markdown

from .soup import every_string, is_clean, soup

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
        Heading(1, (Span("T "), Span("i", Mark.ITALIC))),
        para(
            "a ",
            Span("b", Mark.BOLD),
            " ",
            Span("c", Mark.STRIKE),
            " ",
            Span("d", Mark.CODE),
            " ",
            Span("e", href="https://example.org/f"),
            "\n",
            "g",
        ),
        Quote((para("q"),)),
        ListBlock(((para("x"), ListBlock(((para("y"),),))), (para("z"),)), ordered=True, start=2),
        CodeBlock("  code\n\n<b>", "python"),
        Table(((Span("A"),), (Span("B"),)), (((Span("1"),), (Span("2", Mark.CODE),)),)),
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
        para("a", "\n", "b ", Span("c", Mark.BOLD)),
        Figure("https://example.org/p.png", "q"),
        para(Span("d", Mark.BOLD)),
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


def test_entities_end_at_the_gate() -> None:
    assert plain_text(parse_markdown("a&#x202e;b&#27;c \ud800 &amp;#27;")) == "ab\ufffdc \ufffd &#27;"


def test_body_by_format() -> None:
    assert parse_body("*a*<br>", "html") == (para("*a*"),)
    assert parse_body("*a*", "markdown") == (para(Span("a", Mark.ITALIC)),)


# --- bounds --------------------------------------------------------------------------------


def test_the_source_is_bounded() -> None:
    blocks = parse_markdown("x" * (MAX_CHARACTERS + 1))
    assert [len(plain_text([block])) for block in blocks] == [MAX_CHARACTERS, 43]


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
    ],
)
def test_hostile_input_ends(unit: str) -> None:
    parse_markdown(unit * (60_000 // len(unit)))


def test_backtick_runs_of_every_length() -> None:
    parse_markdown(" ".join("`" * length for length in range(1, 500)))


def test_the_parser_is_loaded_only_when_needed() -> None:
    program = "import sys, reader.prose.body; sys.exit('markdown_it' in sys.modules)"
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
        ("<figure><img src=//x.org/p alt='a]'><figcaption>c</figure>", "![a\\]](https://x.org/p)\n\nc\n"),
        ("<iframe src=https://x.org/e_f></iframe>", "[https://x.org/e_f](https://x.org/e_f)\n"),
    ],
)
def test_to_markdown(source: str, expected: str) -> None:
    blocks = parse_html(source)
    assert to_markdown(blocks) == expected
    assert plain_text(parse_markdown(expected)) == plain_text(blocks)


def test_blocks_that_no_parser_makes() -> None:
    deep: tuple[Paragraph | Quote | ListBlock, ...] = (para("deep"),)
    for _ in range(20):
        deep = (Quote((ListBlock((deep,)),)),)
    assert plain_text(parse_markdown(to_markdown(deep))) == "deep"
    assert to_markdown((Table((), ()), para(), Heading(1, ()), ListBlock(((),)), CodeBlock(""))) == "- \n\n```\n\n```\n"
    assert to_markdown((Table((), (((Span("a"),), ()),)),)) == "|  |  |\n| --- | --- |\n| a |  |\n"
    assert to_markdown((para(Span(" ", href="http://x.org/"), Span(" a ", Mark.BOLD, "http://y.org")),)) == (
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
def test_there_and_back_keeps_the_text(source: str) -> None:
    blocks = parse_html(source)
    assert plain_text(parse_markdown(to_markdown(blocks))) == plain_text(blocks)
