from __future__ import annotations

import pytest

from reader.extraction.extract import extract_page
from reader.extraction.page_tree import read_page
from reader.extraction.stubs.classify import stub_reason
from tests.extraction.stub_cases import ARTICLES, OTHERS, SENTENCES, TEASERS

PAYWALL = "requires a subscription or an account"
LINE = "The council met on Tuesday evening and decided, after a long debate, to repair the bridge before winter."


def reason_for(body: str, title: str = "A page") -> str:
    page = f"<html><head><title>{title}</title></head><body>{body}</body></html>"
    read = read_page(page)
    return stub_reason(extract_page(read), read)


@pytest.mark.parametrize(
    ("body", "title", "reason"),
    [
        (f"<article><p>{LINE}</p><p>{LINE} Again.</p></article>", "Bridge", ""),
        ("", "", "has no article in it"),
        (
            "<h1>404</h1><p>The page you are looking for could not be found on this server.</p>",
            "404",
            "is an error page",
        ),
        ("<h1>Seite nicht gefunden</h1>", "Fehler", "is an error page"),
        (
            "<h1>Access denied</h1><p>You may not see this page.</p>",
            "",
            "is an error page",
        ),
        (
            "<p>Checking your browser before you go on. This takes five seconds, please wait.</p>",
            "Just a moment...",
            "asks you to prove that you are not a robot",
        ),
        ("<noscript>You need to enable JavaScript to run this app.</noscript>", "App", "needs JavaScript"),
        (
            f"<article><p>{LINE}</p></article><div>Subscribe to continue reading. Already a subscriber?</div>",
            "Bridge",
            PAYWALL,
        ),
        (
            "<main><h1>We value your privacy</h1><p>We and our partners use cookies and process personal data with "
            "your consent. You may withdraw your consent to cookies at any time.</p></main>",
            "Before you continue",
            "asks for consent to cookies",
        ),
    ],
)
def test_stubs_have_a_reason(body: str, title: str, reason: str) -> None:
    assert reason_for(body, title) == reason


def test_a_long_article_is_not_a_stub_whatever_surrounds_it() -> None:
    article = "".join(f"<p>{LINE} It was vote number {at}.</p>" for at in range(20))
    assert reason_for(f"<article>{article}</article><div>Subscribe to continue reading</div>", "404") == ""


def test_an_article_about_errors_is_not_a_stub() -> None:
    article = f"<article><p>{LINE}</p><p>We were told that the page was not found, which is odd.</p></article>"
    assert reason_for(article, "What 404 means to us") == ""


# --- realistic pages ------------------------------------------------------------------------


def site(title: str, inside: str, around: str = "", head: str = "") -> str:
    menu = "<header><nav><a href=/>Home</a> <a href=/news>News</a></nav></header>"
    body = f"{menu}{around}<main><article><h1>{title}</h1>{inside}</article></main><footer>About us</footer>"
    return f"<html><head><title>{title}</title>{head}</head><body>{body}</body></html>"


def reason_of_page(page: str) -> str:
    read = read_page(page)
    return stub_reason(extract_page(read), read)


@pytest.mark.parametrize(("title", "text", "reason"), OTHERS)
def test_stubs_in_many_languages_are_recognized(title: str, text: str, reason: str) -> None:
    assert reason_of_page(site(title, f"<p>{text}</p>")) == reason


@pytest.mark.parametrize(("language", "wall", "line"), TEASERS)
@pytest.mark.parametrize("around", ["<div class=paywall>{}</div>", "<div>{}</div>"])
def test_the_start_of_an_article_before_a_paywall_is_a_stub(language: str, wall: str, line: str, around: str) -> None:
    teaser = f"<p>{SENTENCES[language]}</p><p>{SENTENCES[language] * 2}</p>"
    assert reason_of_page(site("Bridge", teaser + around.format(f"<h2>{wall}</h2><p>{line}</p>"))) == PAYWALL


@pytest.mark.parametrize(("language", "title", "around"), ARTICLES)
@pytest.mark.parametrize("length", [2, 5, 9])
def test_articles_that_sound_like_stubs(language: str, title: str, around: str, length: int) -> None:
    paragraphs = "".join(f"<p>{SENTENCES[language]} {at}.</p>" for at in range(length))
    assert reason_of_page(site(title, paragraphs, around)) == ""
    behind = site(title, paragraphs).replace("<footer>", f"{around}<footer>")
    assert reason_of_page(behind) == ""


# --- metadata -------------------------------------------------------------------------------

TEXT = "".join(f"<p>{SENTENCES['en']} Part {at}.</p>" for at in range(8))
WALL = "<div class=wall><h2>Subscribe to continue reading</h2><p>This article is for subscribers only.</p></div>"


def json_ld(data: str) -> str:
    return f'<script type="application/ld+json">{{"@type": "NewsArticle", {data}}}</script>'


@pytest.mark.parametrize("form", ["false", '"False"', '"http://schema.org/False"'])
def test_a_long_start_needs_a_paywall_and_metadata(form: str) -> None:
    head = json_ld(f'"isAccessibleForFree": {form}')
    assert reason_of_page(site("Bridge", TEXT + WALL, head=head)) == PAYWALL
    assert reason_of_page(site("Bridge", TEXT, head=head)) == ""
    assert (
        reason_of_page(site("Bridge", TEXT, head=json_ld(f'"isAccessibleForFree": {form}, "wordCount": 2000')))
        == PAYWALL
    )


def test_a_complete_text_is_not_a_stub_even_if_the_metadata_calls_it_locked() -> None:
    head = json_ld('"isAccessibleForFree": false, "hasPart": {"isAccessibleForFree": false, "cssSelector": ".paid"}')
    assert reason_of_page(site("Bridge", f"<div class=paid>{TEXT}</div>{WALL}", head=head)) == ""
    assert reason_of_page(site("Bridge", f"{TEXT}<div class=paid></div>{WALL}", head=head)) == PAYWALL


def test_there_are_enough_examples_of_both() -> None:
    assert len(OTHERS) + len(TEASERS) >= 40
    assert len(ARTICLES) >= 40
    assert len({language for language, *_ in ARTICLES}) >= 10


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Town site is down", "The site of the town is down for maintenance, it said, and asked people to check back."),
        (
            "Paper adds pay wall",
            "The paper will ask readers to subscribe to continue reading after five free articles.",
        ),
        (
            "Cookies banned",
            "Sites that use cookies must ask before they do, the court said. Personal data may not leave.",
        ),
        (
            "Gone",
            "She looked for the cat on Monday, and on Tuesday in the garden of the neighbour who hated it so much.",
        ),
    ],
)
def test_a_short_item_about_stubs_is_not_one(title: str, text: str) -> None:
    assert reason_of_page(site(title, f"<p>{text}</p>")) == ""
