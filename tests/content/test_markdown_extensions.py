"""Markdown as Obsidian, GitHub, Hugo, Jekyll, Zola, MkDocs, Docusaurus and MDX write it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.content.blocks import Block, CodeBlock, Paragraph, Span, links, plain_text
from reader.content.body import parse_body
from reader.content.markdown.parser import parse_markdown
from reader.content.markdown.writer import to_markdown
from reader.core.text import clean
from tests.content.tag_soup import every_string, is_clean, is_linear


def read(source: str) -> tuple[Block, ...]:
    return parse_body(source, "markdown", "https://a.org/")


def written(source: str) -> str:
    """Return the blocks as plain Markdown, without escapes."""
    return re.sub(r"\\([\[\]#!$_*<={%])", r"\1", to_markdown(read(source))).replace("&#105;", "i")


CALLOUTS = {
    "> [!note] A *title*\n> Body.": "> **A *title***\n>\n> Body.\n",
    "> [!warning]\n> Body.": "> **Warning**\n>\n> Body.\n",
    "> [!WARNING]\\\n> Body.": "> **Warning**\n>\n> Body.\n",
    "> [!tip]- Folded [[Note|label]]": "> **Folded *label***\n",
    "> [!quote|author]+ Said\n>> [!todo]\n>> Inner": "> **Said**\n>\n> > **Todo**\n> >\n> > Inner\n",
    "> [link](https://b.org/)": "> [link](https://b.org/)\n",
    ":::note\nBody.\n\n- a\n:::\nAfter": "> **Note**\n>\n> Body.\n>\n> - a\n\nAfter\n",
    ":::tip[The *title*]{.x}\nBody\n:::": "> **The *title***\n>\n> Body\n",
    "::: warning Look out\nBody\n:::": "> **Look out**\n>\n> Body\n",
    "::: {.callout-note}\nBody\n:::": "> **Note**\n>\n> Body\n",
    '::: {.callout-tip title="T"}\nBody\n:::': "> **T**\n>\n> Body\n",
    "::::: group\n:::: tip\nA\n::::\nB\n:::::\nC": "> **Tip**\n>\n> A\n\nB\n\nC\n",
    "> :::danger\n> A\n> :::\n> B": "> > **Danger**\n> >\n> > A\n>\n> B\n",
    '!!! note "Title"\n    A *b*.\n\n    C\nAfter': "> **Title**\n>\n> A *b*.\n>\n> C\n\nAfter\n",
    "??? danger\n    A": "> **Danger**\n>\n> A\n",
    '!!! note ""\n    A': "> A\n",
    "- a\n\n    !!! tip\n        b": "- a\n\n  > **Tip**\n  >\n  > b\n",
    "!!! note that nothing is below": "!!! note that nothing is below\n",
    '=== "One"\n\n    A\n\n=== "Two"\n\n    B': "**One**\n\nA\n\n**Two**\n\nB\n",
}
LISTS = {
    "- [ ] a\n- [x] b\n- [X] c\n- [/] d\n- [-] e": "- ☐ a\n- ☑ b\n- ☑ c\n- ◪ d\n- ☒ e\n",
    "1. [ ] a": "1. ☐ a\n",
    "- [x](https://b.org/) a": "- [x](https://b.org/) a\n",
    "- [x] a\n\n[x]: https://b.org/": "- [x](https://b.org/) a\n",
    "[ ] no item": "[ ] no item\n",
    "Term\n: One *i*\n: Two\n\n    more\n\nOther\n\n:   Three\n    lazy": (
        "- **Term**\n\n  One *i*\n\n  Two\n\n  more\n\n* **Other**\n\n  Three lazy\n"
    ),
    "# H\n: no term": "# H\n\n\\: no term\n",
}
FOOTNOTES = {
    "A[^b] c[^1].\n\n[^1]: One\n[^b]: Two\n    lines.\n\n    And *more*.\n\nEnd": "A[1] c[2].\n\nEnd\n\n___\n\n"
    "1. Two lines.\n\n   And *more*.\n\n2. One\n",
    "A ^[in [line](https://b.org/)] b": "A [1] b\n\n___\n\n1. in [line](https://b.org/)\n",
    "A[^1]\n\n[^1]: b[^2]\n[^2]: c\n[^3]: d": "A[1]\n\n___\n\n1. b[2]\n2. c\n3. d\n",
    "[^1]: a\n[^1]: b": "___\n\n1. a\n2. b\n",
    "[^none] `[^1]`\n\n[^1]: a": "[^none] `[^1]`\n\n___\n\n1. a\n",
    "[a[^1]](https://b.org/)\n\n[^1]: c": "[a[1]](https://b.org/)\n\n___\n\n1. c\n",
}
INLINE = {
    "See [[Daily/2024|my day]], [[Note]], [[Note#Part#Sub]], [[#Part]], [[Note#^b1]].": (
        "See *my day*, *Note*, *Note › Part › Sub*, *Part*, *Note*.\n"
    ),
    "[see [[note]] here](https://b.org/)": "[see *note* here](https://b.org/)\n",
    "[[1]](https://b.org/)": "[[1]](https://b.org/)\n",
    "[[1]]\n\n[1]: https://b.org/": "[[1](https://b.org/)]\n",
    "`[[a]]` \\[[b]] [[]] [[c\nd]]": "`[[a]]` [[b]] [[]] [[c d]]\n",
    "| [[a\\|b]] | ![[c\\|d]] |\n|-|-|": "| *b* | Embedded · d |\n| --- | --- |\n",
    "![[a.png|100]]": "Image · a.png\n",
    "a ![[n#Part]] b": "a\n\nEmbedded · n › Part\n\nb\n",
    "![[a.png|A harbor]]": "Image · A harbor\n",
    "a ==b *c*== d": "a **b *c*** d\n",
    "a == b == c, a==b && c==d, `==e==`": "a == b == c, a==b && c==d, `==e==`\n",
    "[==x==](https://b.org/)": "[**x**](https://b.org/)\n",
    "$a_1 * b_1 * c$, \\$5 and *i* $6": "$a_1 * b_1 * c$, $5 and *i* $6\n",
    "[$5_m](https://b.org/) or C$": "[$5_m](https://b.org/) or C$\n",
    "a %%hidden *b*%% c, 50%% of 20%%": "a c, 50%% of 20%%\n",
    "a\n\n%%\nhidden\n\n# b\n%%\n\nc": "a\n\nc\n",
    "%% never closed": "%% never closed\n",
    "A block. ^a1b2c3": "A block.\n",
    "x ^2": "x ^2\n",
    "#tag #other": "#tag #other\n",
}
SITES = {
    "{{< youtube dQw4w9WgXcQ >}}": "[https://www.youtube.com/watch?v=dQw4w9WgXcQ]"
    "(https://www.youtube.com/watch?v=dQw4w9WgXcQ)\n",
    '{{ vimeo(id="146022717") }}': "[https://vimeo.com/146022717](https://vimeo.com/146022717)\n",
    "{% embed https://b.org/c %}": "[https://b.org/c](https://b.org/c)\n",
    '{{< figure src="i.png" alt="A" caption="C" >}}': "![A](https://a.org/i.png)\n*C*\n",
    '{{< figure\n  src="https://b.org/i.png"\n>}}': "![](https://b.org/i.png)\n",
    'Take {{< tooltip "two words" >}} and {{% x %}}go{{% /x %}}.': "Take two words and go.\n",
    '{{% notice tip "Look out" %}}\n*Body*\n{{% /notice %}}': "Look out\n\n*Body*\n",
    '{% include note.html content="A \\"b\\"" %}': '**A "b"**\n',
    '{% quote(author="V") %}\nBody\n{% end %}': "**V**\n\nBody\n",
    '[p]({% post_url 2010-07-21-x %}) [q]({{ site.baseurl }}/q) [r]({{< ref "r.md" >}})': (
        "p [q](https://a.org/q) r\n"
    ),
    "{{ site.title }}{{ page.x | y }} `{{ a.b }}` {{name}} ${{ secrets.X }}": "`{{ a.b }}` {{name}} ${{ secrets.X }}\n",
    "{% comment %}\nhidden\n{% endcomment %}\na": "a\n",
    "# A {#id}\n\nb *c*{:.d} `e`{:.f}\n{: .g #h}\n\n## I {: #j}": "# A\n\nb *c* `e`\n\n## I\n",
    "* TOC\n{:toc}\n\n[TOC]\n\n[[toc]]\n\na": "a\n",
    '![a](i.png){:width="5"}![b](j.png){width=50%}': "![a](https://a.org/i.png)\n\n![b](https://a.org/j.png)\n",
    "(cat){e<=1} f{x} {a: 1}": "(cat){e<=1} f{x} {a: 1}\n",
    "import A from 'a';\nimport {\n  B,\n} from \"b\"\n\nexport const c = {\n  d: 1,\n}\n\ne": "e\n",
    "import duties from 'China' rose": "import duties from 'China' rose\n",
    '<Tabs>\n  <TabItem value="n" label="The tab" default>\n\n  *a*\n\n  </TabItem>\n</Tabs>': "**The tab**\n\n*a*\n",
    "<Steps>\n1. a\n</Steps>\n<Tip>**b**</Tip>": "1. a\n\n**b**\n",
    "<C a={[1, 2]}/>a <Comp x={y => <b>{z}</b>} y={{c: 'd'}}/>": "<C a={[1, 2]}/>a\n",
    "<Chart data={[1, 2]} style={{color: 'red'}}\n  x='y'\n/>\na {/* hidden */}": "a\n",
    '<Link to="/x">a *b*</Link> <Video src="https://b.org/v.mp4" />': (
        "[a *b*](https://a.org/x)\n\n[https://b.org/v.mp4](https://b.org/v.mp4)\n"
    ),
    "<Details>\n<Summary>A</Summary>\n\nb\n\n</Details>": "**A**\n\nb\n",
}


@pytest.mark.parametrize(("source", "expected"), [*{**CALLOUTS, **LISTS, **FOOTNOTES, **INLINE, **SITES}.items()])
def test_each_extension(source: str, expected: str) -> None:
    assert written(source) == expected


@pytest.mark.parametrize(
    ("source", "code", "language"),
    [
        ("{% highlight ruby linenos %}\ndef a\n  {{ b }}\nend\n{% endhighlight %}", "def a\n  {{ b }}\nend", "ruby"),
        ('{{< highlight go "linenos=table" >}}\na\n\nb\n{{< /highlight >}}', "a\n\nb", "go"),
        ("a\n$$\nb_1 \\\\\n* c\n$$", "$$\nb_1 \\\\\n* c\n$$", ""),
        ("$$ a_1 * b $$", "$$ a_1 * b $$", ""),
        ("~~~\n:::note\n[^1]: [[x]]\n{{< y >}}\n~~~", ":::note\n[^1]: [[x]]\n{{< y >}}", ""),
    ],
)
def test_code_and_formulas_are_as_written(source: str, code: str, language: str) -> None:
    assert read(source)[-1] == CodeBlock(code, language)


def test_markdown_that_the_program_wrote_has_no_extensions() -> None:
    source = "[[a]] ==b== {{< c >}} $d_1*e*$"
    assert plain_text(parse_markdown(source)) == "[[a]] ==b== {{< c >}} $d_1e$"


# Nothing between these is for programs, whichever are missing.
_SIGNS = [
    *(
        ":::note\n",
        ":::\n",
        ":::",
        "!!! tip\n",
        '??? "',
        "[^1]: ",
        "[^1]",
        "^[",
        "==",
        "$",
        "$$",
        "$$\n",
        "[[",
        "]]",
        "![[",
    ),
    *(
        "> [!note] ",
        "> ",
        "- [ ] ",
        "- [x]",
        '=== "Tab"\n',
        ": ",
        ":   ",
        "\n",
        "\n\n",
        "    ",
        "  ",
        "%%",
        "{% raw %}",
    ),
    *(
        "{:.c}",
        "{#a}",
        "{{< x >}}",
        "{{<",
        "<Tabs>\n",
        "</Tabs>\n",
        "<Tab ",
        "`",
        "*",
        "|",
        "#",
        "[",
        "](https://b.org/)",
    ),
    *("{% highlight x %}\n", "{% endhighlight %}\n", "[toc]", "```\n", "1. ", " ^abcd\n\n", "\\", "[[a|"),
]
_soup = st.lists(st.one_of(st.sampled_from(_SIGNS), st.just("word ")), max_size=40).map("".join)


@given(_soup)
@settings(max_examples=400, deadline=None)
def test_any_text_gives_clean_blocks(source: str) -> None:
    blocks = read(source)
    assert all(map(is_clean, every_string(blocks)))
    assert all(href.startswith(("http://", "https://")) for _, href in links(blocks))


_KEEPING = [sign for sign in _SIGNS if sign.strip() not in {"%%", "<Tab", "[[a|", "{{<", ":::", "|"}]


@given(st.lists(st.sampled_from(_KEEPING), max_size=25))
@settings(max_examples=400, deadline=None)
def test_no_word_is_lost(signs: list[str]) -> None:
    # A word after each sign; one at the end of a line, which the last sign may have begun.
    source = "".join(
        f"{sign}{'' if sign.endswith(chr(10)) else 'x'}word{number}y " for number, sign in enumerate(signs)
    )
    text = plain_text(read(source))
    lost = [number for number in range(len(signs)) if f"word{number}y" not in text]
    assert not lost, (source, text)


@pytest.mark.parametrize(
    "unit",
    [
        *(
            ":::note\n",
            ":::note\na\n:::\n",
            "!!! a\n",
            "!!! a\n    b\n",
            "!!! a\n\n",
            "[^1]: a\n",
            "[^1]",
            "^[a",
            "^[a]",
            "^[",
        ),
        *(
            "[[a",
            "[[a]]",
            "![[",
            "==a",
            "==a== ",
            "==",
            "$a",
            "$a_$ ",
            "$$",
            "$$\n",
            "$$\na\n",
            "%%",
            "%%a\n",
            "%% a\n\n",
        ),
        *(
            "{{<",
            '{{< "',
            "{{< a >}}",
            "{%",
            "{% a %}",
            "{{ a(",
            "{{ site.a",
            "{:",
            "{:.a}",
            "{#a",
            "{/*",
            "{",
            "<Ab ",
            "<Ab {",
        ),
        *(
            '<Ab a="',
            "<Ab>\n",
            "<Ab>\n\n",
            "</Ab>",
            "<Ab\n",
            "`a",
            "`` ` ",
            "a\n: b\n",
            ": a\n",
            "a\n\n: b\n\n",
            "- [ ] a\n",
        ),
        *(
            "> [!a] b\n\n",
            "import {\n\n",
            "import 'a'\n",
            "export const a=\n\n",
            "{% highlight a %}\n",
            " ^abcd\n\n",
            "TOC\n{:toc}",
        ),
        *('=== "a"\n    b\n', "[^1]: a\n\n    b\n\n", "]({{", "[a]({{ site.b }})", "Aa", "<Aa"),
    ],
)
def test_hostile_input_is_read_in_linear_time(unit: str) -> None:
    assert is_linear(read, lambda size: unit * (size // len(unit)), 5_000)


def test_deep_nesting_is_no_error() -> None:
    source = "".join(f"{'    ' * depth}!!! note\n" for depth in range(200)) + "    " * 200 + "deep"
    assert "deep" in plain_text(read(source))
    assert "deep" in plain_text(read(":::note\n" * 200 + "deep"))


_SIGNS = st.sampled_from([
    "{{< x >}}", "{%", "%}", "%%", "==", "$", "$$", "^[", "{:", "{#a}", "{.b}", "import x from 'y'", "[[a]]", "words",
    "export const a = {", "![[b.png]]", "::: note", "!!! note", "??? note", '===+ "x"', ": def", "{/* x */}", "^abcd",
    "[^1]", "[^1]: x", "|", "- [ ] x", "&amp;", "{{ site.x }}", "\\", "`", '<Tab x="y y">', "{", "}", "[TOC]", "$x$",
])  # fmt: skip
_LINES = st.lists(_SIGNS, min_size=1, max_size=5).flatmap(
    lambda signs: st.sampled_from([clean(" ".join(signs)), clean("".join(signs))])
)


@given(st.lists(_LINES, min_size=1, max_size=3))
def test_text_that_looks_like_markup_of_other_programs_is_written_so_that_it_stays_text(lines: list[str]) -> None:
    written = to_markdown([Paragraph((Span(line),)) for line in lines])
    read = plain_text(parse_markdown(written, extended=True))
    assert [clean(line) for line in read.split("\n") if line] == lines
