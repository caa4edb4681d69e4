from __future__ import annotations

import pytest

from reader.prose.extract import extract
from reader.prose.stubs import stub

PAY = "shows no more without a subscription or an account"
LINE = "The council met on Tuesday evening and decided, after a long debate, to repair the bridge before winter."


def told(body: str, title: str = "A page") -> str:
    page = f"<html><head><title>{title}</title></head><body>{body}</body></html>"
    return stub(extract(page), page)


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
            "asks to prove that one is no robot",
        ),
        ("<noscript>You need to enable JavaScript to run this app.</noscript>", "App", "asks for JavaScript"),
        (
            f"<article><p>{LINE}</p></article><div>Subscribe to continue reading. Already a subscriber?</div>",
            "Bridge",
            PAY,
        ),
        (
            "<main><h1>We value your privacy</h1><p>We and our partners use cookies and process personal data with "
            "your consent. You may withdraw your consent to cookies at any time.</p></main>",
            "Before you continue",
            "asks for consent to cookies",
        ),
    ],
)
def test_what_stands_in_an_article_s_place(body: str, title: str, reason: str) -> None:
    assert told(body, title) == reason


def test_a_long_article_is_one_whatever_stands_beside_it() -> None:
    article = "".join(f"<p>{LINE} It was vote number {at}.</p>" for at in range(20))
    assert told(f"<article>{article}</article><div>Subscribe to continue reading</div>", "404") == ""


def test_an_article_about_errors_is_none() -> None:
    article = f"<article><p>{LINE}</p><p>We were told that the page was not found, which is odd.</p></article>"
    assert told(article, "What 404 means to us") == ""
