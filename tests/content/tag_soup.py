"""Markup that stresses the parsers, and what must be true of their results."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator

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
)
from reader.core.text import clean_block

_TAGS = [
    *("a", "b", "i", "code", "s", "p", "div", "br", "hr", "li", "ul", "ol", "dl", "dt", "dd", "h1", "h3", "pre"),
    *("blockquote", "table", "tr", "td", "th", "caption", "figure", "figcaption", "img", "iframe", "video", "source"),
    *("script", "style", "svg", "title", "details", "summary", "select"),
]
_HREFS = ["https://x.org/a", "/b?c=d&e", "javascript:x", "mailto:a@b.c", "http://[", "&#x202e;", "a b"]
_PIECES = [
    *(
        "&#27;",
        "&#x202e;",
        "&amp;lt;",
        "&nbsp;",
        "&zwj;",
        "&#",
        "<",
        ">",
        '"',
        "'",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "</",
    ),
    *("\u202e", "\x1b[31m", "\u200d", "\u200c", "\u0301" * 6, "\ud800", "\u2028", "\r", "\n", "\t", "  ", "\n\n"),
    *("日本語、", "「中」。", "👩‍👩‍👧", "❤️", "🇩🇪", "क्षि", "عربي", "می‌خواهم", "é", "word", "long" * 30),
    *("*", "**", "_", "`", "```\n", "~~", "[", "](", ")", "![", "# ", "> ", "- ", "1. ", "|", "|-|-|", "\\", "    "),
]

soup: st.SearchStrategy[str] = st.lists(
    st.one_of(
        st.sampled_from(_TAGS).map("<{}>".format),
        st.sampled_from(_TAGS).map("</{}>".format),
        st.tuples(
            st.sampled_from(["a href", "img alt=x src", "iframe src", "td colspan"]), st.sampled_from(_HREFS)
        ).map(lambda pair: f'<{pair[0]}="{pair[1]}">'),
        st.sampled_from(_PIECES),
        st.text(max_size=20),
    ),
    max_size=40,
).map("".join)
"""Tags, markup of both kinds, entities and text in all scripts, in any order."""


def hostile(size: int) -> list[str]:
    """Return texts of about ``size`` characters for which a careless parser is quadratic or recurses."""
    units = [
        *(
            "<p>",
            "<",
            "</",
            "<a ",
            '<a b="',
            '<a d=">" \'',
            "<!--",
            "<![CDATA[",
            "<![",
            "<!",
            "<?",
            "<div>",
            "<b>",
            "<b><i>",
        ),
        *(
            "<blockquote>",
            "<ul><li>",
            "<table><tr><td>x",
            "<td>x",
            "<iframe>",
            "<video><source>",
            "<svg ",
            "<br>",
            "x<br>",
        ),
        *(
            "<title>",
            "<pre>",
            "<dl><dt>",
            "<figure><figcaption>",
            "</a ",
            "</i>",
            "&",
            "&#",
            "&#9",
            "\u0301",
            "\u200d",
            " ",
            "\n",
        ),
    ]
    whole = [unit * (size // len(unit)) for unit in units]
    half = size // 8
    return [
        *whole,
        "<b>" * half + "</i>" * half,
        "<a " + "x=1 " * (size // 4) + ">",
        "<a" + " " * size,
        "<a " + "= " * (size // 2),
        '<a d=">" ' * (size // 9) + "'",
        "<blockquote>" * (size // 26) + "</blockquote>" * (size // 26),
        "<table>" + "<td colspan=99>x" * (size // 16),
        "&#" + "9" * size + ";",
        "<pre>a" + " " * size + "b</pre>",
        "<pre>a" + "\n" * size + "b</pre>",
        "<pre>" + " \n" * (size // 2) + "b</pre>",
        "<pre>" + "x\t" * (size // 2) + "</pre>",
        "<h1>" + "#" * size + "x</h1>",
        "<h1>" + "#" * size + "</h1>",
        "<b>y</b>" + "&emsp;" * (size // 6) + "<b>x</b>",
        "<code>" + "`" * size + "x</code>",
        "<p>" + "_" * size,
        "字、（" * (size // 3),
        "（" * size,
        f"<a href=http://x.org/{'y' * 5000}>" + "x<p>" * (size // 4),
        "<table><tr>" + "<td>x" * (size // 10) + "<tr><td>y" * (size // 18),
        "<table><tr><th>" + "x " * (size // 4) + "<th>y" * 40 + "<tr><td>a<td>b" * (size // 28),
        "<ul><li>" * 9 + "<pre>" + "x\n" * (size // 2),
    ]


def is_linear(work: Callable[[str], object], make: Callable[[int], str], size: int) -> bool:
    """Whether ``work`` on ``make(size)`` takes less than 13 times as long as on an eighth of it.

    Linear work takes 8 times as long, quadratic work 64 times. CPU times, the best of several, repeated if the result
    looks bad, since the machine may be busy. Under 10 ms is too short to compare.
    """
    short, long = make(size // 8), make(size)
    best_short = best_long = float("inf")
    for _ in range(8):
        best_long = min(best_long, seconds(work, long))
        if best_long < 0.01:
            return True
        best_short = min(best_short, seconds(work, short), seconds(work, short))
        if best_long < 13 * best_short:
            return True
    return False


def seconds(work: Callable[[str], object], source: str) -> float:
    """Return the CPU time that ``work`` takes.

    Without the time of other threads, and without collecting the garbage of other tests.
    """
    gc.disable()
    try:
        start = time.thread_time()
        work(source)
        return time.thread_time() - start
    finally:
        gc.enable()


def depth(blocks: Iterable[Block]) -> int:
    """Return how deep containers are nested."""
    deepest = 0
    for block in blocks:
        match block:
            case Quote(blocks=inner):
                deepest = max(deepest, 1 + depth(inner))
            case ListBlock(items=items):
                deepest = max([deepest, *(1 + depth(item) for item in items)])
            case Table():
                deepest = max(deepest, 1)
    return deepest


def every_string(blocks: Iterable[Block]) -> Iterator[str]:
    """Yield every string in ``blocks`` that could reach a screen or a browser."""
    for block in blocks:
        match block:
            case Heading(spans=spans) | Paragraph(spans=spans):
                yield from _strings(spans)
            case Quote(blocks=inner):
                yield from every_string(inner)
            case ListBlock(items=items):
                for item in items:
                    yield from every_string(item)
            case CodeBlock(text=text, language=language):
                yield from (text, language)
            case Table(header=header, rows=rows):
                for cell in (cell for row in (header, *rows) for cell in row):
                    yield from _strings(cell)
            case Figure(url=url, alt=alt, caption=caption):
                yield from (url, alt, *_strings(caption))
            case Embed(url=url):
                yield url
            case Rule():
                pass


def _strings(spans: Iterable[Span]) -> Iterator[str]:
    for span in spans:
        yield from (span.text, span.href)


def is_clean(text: str) -> bool:
    """Whether nothing in ``text`` could affect a terminal."""
    return clean_block(text) == text
