"""The bodies of Org and reStructuredText files."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reader.content.blocks import plain_text
from reader.content.body import parse_body
from reader.content.markdown.writer import to_markdown
from reader.core.model import BodyFormat
from tests.content.tag_soup import every_string, is_clean, is_linear

ORG = {
    "A /b/ *c* =d *e*= ~f~ +g+ 1*2*3 a/b/c": "A *b* **c** `d *e*` `f` ~~g~~ 1*2*3 a/b/c\n",
    "[[https://b.org/c][d *e*]] [[https://b.org/]] [[id:x][y]] [[file:a.org::*z]]": (
        "[d **e**](https://b.org/c) [https://b.org/](https://b.org/) *y* *a.org*\n"
    ),
    "[[file:a.png]]": "Image · a.png\n",
    "* TODO A :b:c:\n:PROPERTIES:\n:ID: x\n:END:\n** D\nE": "# TODO A #b #c\n\n## D\n\nE\n",
    "- [ ] a\n- [X] b\n- [-] c\n- d :: e": "- ☐ a\n- ☑ b\n- ◪ c\n- **d** e\n",
    "a\n#+begin_src py\n* b\n#+end_src\nc": "a\n\n```py\n* b\n```\n\nc\n",
    "#+BEGIN_QUOTE\na /b/\n#+END_QUOTE": "> a *b*\n",
    "#+begin_note\na\n#+end_note\n#+begin_center\nb\n#+end_center": "> **Note**\n>\n> a\n\nb\n",
    "#+begin_export html\n<b>a\n#+end_export\n# b\n#+attr_html: c\n#+caption: d": "*d*\n",
    "| a | b |\n|---+---|\n| 1 | 2 |": "| a | b |\n| --- | --- |\n| 1 | 2 |\n",
    ": a  *b*\n: c": "```\na  *b*\nc\n```\n",
    "a[fn:1] b[fn:: c]\n\n[fn:1] d": "a[1] b[2]\n\n___\n\n1. d\n2. c\n",
}
RST = {
    "A\n===\n\nb\n\nC\n---\n\nd\n\nE\n===": "# A\n\nb\n\n## C\n\nd\n\n# E\n",
    "===\n A\n===\n\nB\n===": "# A\n\n## B\n",
    "``a`` `b <https://b.org/>`_ :ref:`c <d>` :py:func:`~e.f` `G`_\n\n.. _G: https://g.org/": (
        "`a` [b](https://b.org/) *c* `e.f` [G](https://g.org/)\n"
    ),
    ".. note::\n\n   a\n\n   .. code:: py\n      :number-lines:\n\n      b\n": (
        "> **Note**\n>\n> a\n>\n> ```py\n> b\n> ```\n"
    ),
    ".. tip:: a\n   b\n\nc": "> **Tip**\n>\n> a b\n\nc\n",
    ".. admonition:: A *b*\n\n   c": "> **A *b***\n>\n> c\n",
    ".. image:: https://b.org/c.png\n   :alt: d": "![d](https://b.org/c.png)\n",
    ".. toctree::\n   a\n\n.. comment\n   b\n\n.. _c:\n\nd": "d\n",
    ".. topic:: A\n\n   b": "**A**\n\nb\n",
    "A::\n\n    *b*\n      c\n\nd": "A:\n\n```\n*b*\n  c\n```\n\nd\n",
    "+--+--+\n| a| b|\n+--+--+": "```\n+--+--+\n| a| b|\n+--+--+\n```\n",
    "| a\n| b": "a\\\nb\n",
    "a [1]_ [#b]_\n\n.. [1] c\n.. [#b] d": "a [1] [2]\n\n___\n\n1. c\n2. d\n",
    ".. youtube:: dQw4w9WgXcQ": "[https://www.youtube.com/watch?v=dQw4w9WgXcQ](https://www.youtube.com/watch?v=dQw4w9WgXcQ)\n",
}


@pytest.mark.parametrize(
    ("format_", "source", "expected"),
    [*(("org", *each) for each in ORG.items()), *(("rst", *each) for each in RST.items())],
)
def test_each_form(format_: BodyFormat, source: str, expected: str) -> None:
    written = to_markdown(parse_body(source, format_, "https://a.org/"))
    assert re.sub(r"\\([\[\]#*|<])", r"\1", written) == expected


_signs = st.sampled_from(
    [
        *("* ", "** ", "- ", "- [ ] ", "| ", ": ", "#+begin_quote\n", "#+end_quote\n", "#+begin_src\n", "#+end_src\n"),
        *(
            "====\n",
            "---\n",
            ".. note::\n",
            ".. note:: ",
            "   ",
            "::\n",
            "\n",
            "\n\n",
            "*",
            "/",
            "=",
            "~",
            "`",
            "`_",
            "[[",
        ),
        # Without "][": what stands before it is where a link leads, not a word of the text.
        *("]]", "#+begin_note\n", "#+end_note\n"),
    ]
)


@pytest.mark.parametrize("format_", ["org", "rst"])
@given(st.lists(_signs, max_size=25))
@example(["[[", ".. note:: ", "]]"])
@example(["[[", "| ", "]]"])
@settings(max_examples=200, deadline=None)
def test_no_word_is_lost(format_: BodyFormat, signs: list[str]) -> None:
    source = "".join(f"{sign}xword{number}y " for number, sign in enumerate(signs))
    blocks = parse_body(source, format_)
    text = plain_text(blocks)
    assert all(map(is_clean, every_string(blocks)))
    assert [number for number in range(len(signs)) if f"word{number}y" not in text] == []


@pytest.mark.parametrize("format_", ["org", "rst"])
@pytest.mark.parametrize(
    "unit",
    [
        *(
            "* a\n",
            "*a ",
            "/a",
            "[[a",
            "[[a][",
            "[fn:",
            "[fn::",
            "| a\n",
            ": a\n",
            "#+begin_src\n",
            "#+begin_note\n",
            "#+a: b\n",
        ),
        *(
            "- a :: b\n",
            "- a",
            ".. note::\n",
            ".. note::\n\n   a\n\n",
            "a::\n",
            "a::\n\n   b\n",
            "a\n---\n",
            "`a <",
            "`a`_",
            ":a:`",
            "[1]_",
        ),
        *(".. [1] a\n", ".. _a: https://b.org\n", "+---+\n", "=== ===\n", "| a\n", "   ", " a\n"),
    ],
)
def test_hostile_input_is_read_in_linear_time(format_: BodyFormat, unit: str) -> None:
    assert is_linear(lambda source: parse_body(source, format_), lambda size: unit * (size // len(unit)), 5_000)


def test_deep_nesting_is_no_error() -> None:
    source = "".join(f"{'   ' * depth}.. note::\n\n" for depth in range(100)) + "   " * 100 + "deep"
    assert "deep" in plain_text(parse_body(source, "rst"))
    assert "deep" in plain_text(parse_body("#+begin_note\n" * 500 + "deep", "org"))
