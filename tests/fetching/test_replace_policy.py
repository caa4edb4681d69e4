"""Which pages may replace a stored one: later versions of the article, and no others."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reader.content.markdown.parser import parse_markdown
from reader.content.page import Extract, Page
from reader.fetching.replace_policy import reason_to_keep

_NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
_URL = "https://news.example/2026/11/21/a-ruling"


def sentences(subject: str, first: int, last: int) -> list[str]:
    return [
        f"The {subject} of part {n} was heard on day {n * 3}, and number {n * 7} of the files says what the {subject} "
        f"of {n * 11} others had to do with it."
        for n in range(first, last)
    ]


def a_page(paragraphs: list[str], url: str = _URL, final_url: str = "") -> Page:
    text = "\n\n".join(paragraphs)
    return Page(
        "0" * 16, "original", url, final_url or url, Extract(parse_markdown(text), len(text.split())), _NOW, _NOW
    )


ARTICLE = sentences("court", 0, 20)
STORED_PAGE = a_page(ARTICLE)


@pytest.mark.parametrize(
    "paragraphs",
    [
        ARTICLE,
        [*ARTICLE, *sentences("minister", 0, 3)],
        [*sentences("minister", 0, 25), *ARTICLE],
        ARTICLE[:12],
        [*sentences("minister", 0, 10), *ARTICLE[:8]],
        [each.replace("day 9", "day 10").replace("court", "high court", 1) for each in ARTICLE],
        ["**Corrected** on Monday.", *reversed(ARTICLE)],
    ],
    ids=["the same", "longer", "a live blog goes on", "shortened", "rewritten in part", "corrected", "another order"],
)
def test_later_versions_of_an_article_replace_it(paragraphs: list[str]) -> None:
    assert reason_to_keep(STORED_PAGE, a_page(paragraphs)) == ""


def test_an_article_replaces_a_short_notice() -> None:
    notice = a_page(["The court has ruled, says the agency. More will follow here in a moment."])
    assert reason_to_keep(notice, STORED_PAGE) == ""


def test_an_article_at_a_new_address_replaces_it() -> None:
    assert reason_to_keep(STORED_PAGE, a_page(ARTICLE[:15], final_url="https://www.news.example/ruling")) == ""


STORED = "the stored page has 560 words"


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (a_page(ARTICLE[:9]), f"the page now has only 252 words; {STORED}"),
        (a_page(["Our site is under maintenance."]), f"the page now has only 5 words; {STORED}"),
        (
            a_page(sentences("minister", 30, 50)),
            "the page now has a different text of 560 words; the stored page has 560 words",
        ),
        (
            a_page(sentences("minister", 30, 80), final_url="https://news.example/courts/"),
            f"the page now has a different text of 1,400 words; {STORED}",
        ),
        (
            a_page(ARTICLE, final_url="https://news.example/"),
            "the page now leads to the front page; the stored page has 560 words",
        ),
        (
            a_page(ARTICLE, final_url="https://m.news.example/Index.html"),
            "the page now leads to the front page; the stored page has 560 words",
        ),
    ],
    ids=["a teaser", "maintenance", "another article", "a section", "the front page", "another front page"],
)
def test_other_pages_of_a_site_do_not_replace_the_article(page: Page, reason: str) -> None:
    assert reason_to_keep(STORED_PAGE, page).startswith(reason)


def test_error_pages_do_not_replace_short_articles() -> None:
    notice = a_page(sentences("court", 0, 3))
    error = (
        "We could not find what you were looking for, it may have been moved; try to search for it, or begin at the "
    )
    assert reason_to_keep(notice, a_page([error + "front page."])).startswith("the page now has only 25 words")
    assert reason_to_keep(notice, a_page([error * 2 + "front page."])).startswith("the page now has a different text")


def test_an_article_on_the_front_page_may_change() -> None:
    front = "https://one-article.example/"
    assert reason_to_keep(a_page(ARTICLE, front), a_page(ARTICLE[2:], front)) == ""
    stored_page = a_page(ARTICLE, "https://one-article.example/old", front)
    assert reason_to_keep(stored_page, a_page(ARTICLE[2:], "https://one-article.example/old", front)) == ""


def test_a_root_path_with_a_query_is_not_a_front_page() -> None:
    url = "https://news.example/?p=12"
    assert reason_to_keep(a_page(ARTICLE, url), a_page(ARTICLE, url)) == ""
    assert reason_to_keep(STORED_PAGE, a_page(ARTICLE, final_url=url)) == ""


def test_very_short_texts_are_compared_by_length() -> None:
    assert reason_to_keep(a_page(["One two three."]), a_page(["Four five."])) == ""
    assert reason_to_keep(a_page(["One"]), a_page(["Two"], final_url="https://news.example/")).endswith(
        "; the stored page has 1 word"
    )


def test_scripts_without_spaces_are_compared_by_their_characters() -> None:
    chinese = [f"法院在第{n}天审理了此案，并认为原告在{n}号文件中所说的内容属实。" for n in range(20)]
    page = a_page(chinese)
    assert reason_to_keep(page, a_page([*chinese[3:], "本文已更正。"])) == ""
    other = a_page(["网站正在维护，请稍后再来。我们为给您带来的不便深表歉意。"] * 20)
    assert reason_to_keep(page, other).startswith("the page now has a different text")
