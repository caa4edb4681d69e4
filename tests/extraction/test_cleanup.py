from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.content.blocks import CodeBlock, Figure, Heading, ListBlock, Paragraph, Quote, Rule, Span
from reader.content.html.builder import parse_html
from reader.extraction.boilerplate import find_date, is_line, is_named, without_by
from reader.extraction.cleanup import article_text, clean_article, linked_share

LONG = "The council met on Tuesday evening and decided, after a long debate, to repair the bridge before winter"


def para(text: str, href: str = "") -> Paragraph:
    return Paragraph((Span(text, href=href),))


def heading(text: str, level: int = 2) -> Heading:
    return Heading(level, (Span(text),))


def cleaned(html: str, title: str = "", byline: str = "") -> str:
    return article_text(clean_article(parse_html(html), title, byline))


# --- lines and names ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        *(
            "Advertisement",
            "ADVERTISEMENT",
            "Share",
            "Share this article",
            "Facebook Twitter WhatsApp",
            "Read more",
            "Anzeige",
        ),
        *(
            "Read more: The bridge is closed",
            "Also read: x",
            "Lire aussi : Le pont",
            "相关阅读：大桥",
            "Читайте также: Мост",
        ),
        *(
            "Sign up for our newsletter",
            "Get the news in your inbox",
            "Follow us on Facebook and Twitter.",
            "5 min read",
        ),
        *(
            "© 2024 The Post",
            "All rights reserved.",
            "Photo: Jane Doe",
            "Loading…",
            "3 comments",
            "责任编辑：王磊",
            "Print",
        ),
        *(
            "Click here to subscribe",
            "Tags: a, b",
            "We use cookies to make this better.",
            "Story continues below",
            "3 / 12",
        ),
    ],
)
def test_lines_of_pages(line: str) -> None:
    assert is_line(line, "boilerplate")


@pytest.mark.parametrize(
    "line",
    [
        *(
            LONG,
            "Share prices fell.",
            "He shared the bread.",
            "Follow the river to the bridge.",
            "Next, add the salt.",
            "",
        ),
        *(
            "Subscribe to a theory, and you are stuck with it.",
            "Read more books, she said.",
            "Photography is an art.",
            "1984",
        ),
        *(
            "Print was dead, they said.",
            "Loading the boat took an hour.",
            "More people came than ever.",
            "Comments welcome here",
        ),
    ],
)
def test_lines_of_articles(line: str) -> None:
    assert not is_line(line, "boilerplate")


@pytest.mark.parametrize(
    "line", ["Related", "More from News", "You may also like", "Mehr zum Thema", "関連記事", "3 Comments"]
)
def test_headings_of_what_follows_an_article(line: str) -> None:
    assert is_line(line, "heading")


@pytest.mark.parametrize(
    "line", ["Relatedness", "More is different", "The comments of the king", "Share and share alike", ""]
)
def test_headings_of_articles(line: str) -> None:
    assert not is_line(line, "heading")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        *(
            ("3 May 2024", True),
            ("Published: 2024-05-03 10:00", True),
            ("2024年5月3日 09:30", True),
            ("May 3, 2024 5:00 am", True),
        ),
        *(
            ("12 сентября 2023, 10:00", True),
            ("05.06.2024, 07:10 Uhr", True),
            ("On 3 May 2024 he died", False),
            ("1984", False),
        ),
    ],
)
def test_dates(line: str, expected: bool) -> None:
    assert is_line(line, "date") == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        *(("By Jane Doe", True), ("BY JANE DOE", True), ("Von Karl Meier", True), ("By Ann Lee and Bo O'Neill", True)),
        *(("By the river", False), ("By Monday it was gone", False), ("Bye", False), ("By", False)),
    ],
)
def test_bylines(line: str, expected: bool) -> None:
    assert is_line(line, "byline") == expected


def test_names_of_boxes() -> None:
    for name in (
        "related-posts",
        "post__share",
        "articleShare",
        "cookie-banner",
        "Newsletter",
        "c-footer",
        "author-bio",
        "x ads",
    ):
        assert is_named(name, "boilerplate"), name
    for name in (
        "loads",
        "article",
        "shared-memory-x1",
        "navy",
        "footage",
        "biography",
        "padding",
        "adsorption",
        "upload",
        "",
    ):
        assert not is_named(name, "boilerplate"), name
    assert is_named("article__standfirst", "standfirst")
    assert is_named("comments-area", "boilerplate")
    assert is_named("x sr-only", "screen reader")
    found = find_date("by Joan on 14 April 2021")
    assert found is not None
    assert found[0] == "14 April 2021"
    assert without_by("By Jane") == without_by("作者：Jane") == "Jane"


@given(st.text(max_size=300))
def test_any_line_is_checked_quickly(text: str) -> None:
    for kind in ("boilerplate", "heading", "date", "byline", "no name"):
        assert is_line(text, kind) in (True, False)
    find_date(text)
    assert is_named(text, "boilerplate") in (True, False)


# --- articles ----------------------------------------------------------------------------------


def test_lines_above_the_text_are_removed() -> None:
    page = (
        f"<h1>A bridge!</h1><p>By Jane Doe</p><p>3 May 2024</p><p>Jane Doe, 3 May 2024</p><p>{LONG}.</p><p>Jane Doe</p>"
    )
    assert cleaned(page, "A bridge", "Jane Doe") == f"{LONG}."
    assert cleaned(f"<ul><li>By Ann Lee<li>3 May 2024</ul><p>{LONG}.") == f"{LONG}."
    assert cleaned(f"<p>{LONG}.</p><p>It was 3 May 2024.") == f"{LONG}.\n\nIt was 3 May 2024."


def test_blocks_after_the_text_are_removed() -> None:
    links = "<ul><li><a href=//x.org/a>One</a><li><a href=//x.org/b>Two</a></ul>"
    assert cleaned(f"<p>{LONG}.</p><h2>Related</h2>{links}<h2>Comments</h2><p>Nice.</p>") == f"{LONG}."
    assert cleaned(f"<p>{LONG}.</p>{links}") == f"{LONG}."
    assert cleaned(f"<p>{LONG}.</p><h2>Related</h2><p>{LONG}, too.</p>") == f"{LONG}.\n\nRelated\n\n{LONG}, too."
    assert cleaned(f"<p>{LONG}.</p><h2>Notes</h2><hr>") == f"{LONG}."


def test_teasers_are_removed_from_a_long_text() -> None:
    text = [f"{LONG}, vote {at}." for at in range(6)]
    teaser = "<p><a href=//x.org/a>Why the bridge is closed again</a></p>"
    assert cleaned(
        f"<p>{text[0]}</p><p>{text[1]}</p>{teaser}" + "".join(f"<p>{t}</p>" for t in text[2:])
    ) == "\n\n".join(text)
    short = f"<p>{text[0]}</p>{teaser}<p>{text[1]}</p>"
    assert "Why the bridge" in cleaned(short)


def test_an_image_is_shown_once() -> None:
    figures = clean_article((Figure("https://x.org/a"), para("words"), Figure("https://x.org/a")))
    assert figures == (Figure("https://x.org/a"), para("words"))


def test_rules_at_the_ends_and_empty_lines_are_removed() -> None:
    assert clean_article((Rule(), para("words"), para(" "), Rule(), heading("End"))) == (para("words"),)
    assert clean_article(()) == ()


def test_a_list_stays_whatever_its_items_are() -> None:
    services = ListBlock(((para("WhatsApp"),), (para("Signal"),)))
    assert clean_article((para("words"), services)) == (para("words"), services)


def test_dates_that_are_headings_stay() -> None:
    days = "".join(f"<h2>{day} May 2024</h2><p>{LONG}, vote {day}.</p>" for day in (14, 15, 16))
    assert cleaned(f"<p>13 May 2024</p>{days}").startswith("14 May 2024\n\nThe council")


def test_a_refrain_stays() -> None:
    stanzas = [f"{LONG}, once more.", "And others.", f"{LONG}, once more."]
    assert cleaned("".join(f"<p>{stanza}</p>" for stanza in stanzas)) == "\n\n".join(stanzas)


@pytest.mark.parametrize("line", ["“Listen.”", "Close!", "Print?", "– Share", "Save."])
def test_what_somebody_says_is_no_button(line: str) -> None:
    assert not is_line(line, "boilerplate")


def test_captions_are_not_words_of_the_article() -> None:
    blocks = parse_html("<p>a</p><figure><img src=//x.org/p alt=b><figcaption>c</figcaption></figure><pre>d\n\ne</pre>")
    assert article_text(blocks) == "a\n\nd\n\ne"
    assert linked_share(para("a", "https://x.org")) == 1.0
    assert linked_share(CodeBlock("a")) == 0.0
    assert linked_share(Quote((para("a"), para("b", "https://x.org")))) == 0.5


@given(
    st.lists(st.sampled_from(["Share", "Related", LONG, "x", "3 May 2024", "By Jane Doe"]).map(para) | st.just(Rule()))
)
def test_cleaning_again_changes_little(blocks: list[Paragraph | Rule]) -> None:
    once = clean_article(blocks)
    assert len(clean_article(once)) <= len(once) <= len(blocks)
