from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from reader.content.blocks import CodeBlock, Figure, Heading, ListBlock, Quote, Table
from reader.content.markdown.parser import parse_markdown
from reader.content.page import Extract
from reader.extraction.cleanup import article_text
from reader.extraction.extract import extract

URL = "https://www.example.org/news/1"
LONG = "A sentence that is long enough to be taken for running text by any extractor that counts letters."


def page(body: str, head: str = "") -> str:
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"


def extracted(source: bytes | str, url: str = URL, charset: str = "") -> Extract:
    found = extract(source, url, charset)
    assert found is not None
    return found


def test_a_page_becomes_its_article() -> None:
    found = extracted(
        page(
            "<nav><a href=/>Home</a></nav><main><article><h1>Big news here today</h1><p class=byline>By Jane Doe</p>"
            f"<p>{LONG} It has a <b>bold</b> word and a <a href='/x'>link</a>.</p>"
            "<figure><img data-src='/a/pic?id=3' src='data:image/gif;base64,xx' alt='A pic'>"
            "<figcaption>The caption here.</figcaption></figure>"
            f"<h2>Further on</h2><p>{LONG} Again, in another paragraph.</p>"
            "<ul><li>One item<ul><li>nested a<li>nested b</ul><li>Two item</ul>"
            "<pre><code class='language-python'>def f(x):\n\n    return   x\n</code></pre>"
            "<blockquote><p>Quoted text stands here.</p><p>And more.</p></blockquote>"
            "<table><tr><th>A<th>B<tr><td>1<td>2</table>"
            f"<p>{LONG} This is the last of it.</p><p><a href=/r>Read more: something else</a></p>"
            "</article></main><footer>Copyright</footer>",
            "<title>Big news here today | The Site</title><meta property='og:site_name' content='The Site'>"
            "<meta property='article:published_time' content='2026-05-03T10:00:00+02:00'>"
            "<meta property='og:image' content='/lead.jpg'>",
        )
    )
    assert (found.title, found.byline, found.site) == ("Big news here today", "Jane Doe", "The Site")
    assert found.published_at == datetime(2026, 5, 3, 8, tzinfo=UTC)
    assert found.image is not None
    assert found.image.url == "https://www.example.org/lead.jpg"
    blocks = parse_markdown(found.markdown)
    kinds = {type(block): block for block in blocks}
    assert kinds[CodeBlock] == CodeBlock("def f(x):\n\n    return   x", "python")
    assert isinstance(kinds[Figure], Figure)
    assert (kinds[Figure].url, kinds[Figure].alt) == ("https://www.example.org/a/pic?id=3", "A pic")
    assert kinds[Figure].caption[0].text == "The caption here."
    assert {Heading, ListBlock, Quote, Table} <= set(kinds)
    assert "[link](https://www.example.org/x)" in found.markdown
    assert "**bold**" in found.markdown
    for boilerplate in ("Read more", "Copyright", "Home", "By Jane", "Big news"):
        assert boilerplate not in found.markdown


def test_empty_input_has_no_article() -> None:
    for source in (
        "",
        "   ",
        b"",
        "<html></html>",
        page(""),
        page("<nav><a href=/>Home</a></nav>"),
        "\0\0",
        b"\xff\xfe",
    ):
        assert extract(source, URL) is None


def test_a_control_reference_costs_only_itself() -> None:
    found = extracted(page(f"<article><p>{LONG}&#27;[31m red</p><p>{LONG}&#x1b; &#0; &#146;</p></article>"))
    assert "[31m red" in found.markdown.replace("\\", "")
    assert "’" in found.markdown
    assert "\x1b" not in found.markdown


def test_plain_text_keeps_its_paragraphs() -> None:
    assert extracted(f"{LONG}\nIt goes on.\n\n{LONG}").markdown == f"{LONG} It goes on.\n\n{LONG}\n"


# --- what the page says its text is --------------------------------------------------------


SENTENCES = [f"{LONG[:-1]}, and it says something else than any other, being number {at}." for at in range(12)]


STORY = (
    "The council met on Tuesday to settle the question of the old mill, which has stood empty since the flood.",
    "Engineers said that its northern wall leans by eleven centimetres and that a wet winter may bring it down.",
    "Two neighbors offered to buy the ground for an orchard, but the deed of 1911 forbids any planting there.",
    "After three hours of argument the members agreed to pay for a survey before a single stone is moved.",
    "The mayor called a delay of eight weeks a fair price for a decision that everybody could accept.",
    "Work can begin in September at the earliest, when the river is low enough for a crane to stand in its bed.",
)
PARAGRAPHS = [f"<p>{sentence}</p>" for sentence in STORY]


def with_data(body: str, paragraphs: list[str]) -> str:
    data = {"@context": "https://schema.org", "@type": "NewsArticle", "articleBody": "\n\n".join(paragraphs)}
    return page(body, f"<script type='application/ld+json'>{json.dumps(data)}</script>")


def text_of(source: str) -> str:
    article = extract(source, URL)
    return "" if article is None else article_text(article.blocks)


def test_text_missing_in_the_markup_is_taken_from_the_data() -> None:
    markup = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES[:2])
    assert text_of(with_data(f"<article>{markup}</article>", SENTENCES)) == "\n\n".join(SENTENCES)


@pytest.mark.parametrize(("start", "end"), [(0, 1), (0, 4), (1, 5), (2, 6)])
def test_text_missing_in_the_data_stays(start: int, end: int) -> None:
    # The data may be a summary, or only a part of the article.
    found = text_of(with_data(f"<article>{''.join(PARAGRAPHS)}</article>", list(STORY[start:end])))
    assert found == "\n\n".join(STORY)


def test_text_above_the_article_is_not_added_to_it() -> None:
    hyphenated = re.sub(r"(\w\w)(\w\w)", "\\1\N{SOFT HYPHEN}\\2", PARAGRAPHS[0])
    found = text_of(page(f"<article><h1>The old mill</h1>{hyphenated}{''.join(PARAGRAPHS[1:])}</article>"))
    assert found.replace("\N{SOFT HYPHEN}", "") == "\n\n".join(STORY)  # the first paragraph stands there once
    motto = "<header><h1>Mill Gazette</h1><div class=subtitle>News of the valley since 1871, every day</div></header>"
    assert text_of(page(f"{motto}<article>{''.join(PARAGRAPHS)}</article>")) == "\n\n".join(STORY)


def test_headlines_of_other_articles_are_not_added() -> None:
    headlines = ("A ferry runs aground in fog", "Bakers strike over flour")
    teasers = "".join(f"<h3><a href=/other>{headline}</a></h3>" for headline in headlines)
    source = page(f"<main>{''.join(PARAGRAPHS[:3])}<div class=teasers>{teasers}</div>{''.join(PARAGRAPHS[3:])}</main>")
    assert text_of(source) == "\n\n".join(STORY)


def test_an_article_of_one_paragraph_is_not_avoided() -> None:
    around = "".join(
        f"<p>Box {at} talks of goods that somebody wants to sell here for reasons of his.</p>" for at in "ab"
    )
    text = " ".join(SENTENCES[:6])
    assert text_of(page(f"<article><p>{text}</p></article><div>{around}</div>")) == text


def test_headings_and_times_that_an_extractor_loses_stay() -> None:
    entries = [f"{at + 12}:05\n\nEntry {at}\n\n{sentence}" for at, sentence in enumerate(STORY)]
    boxes = [
        f"<article class=post><header><time>{at + 12}:05</time><h3>Entry {at}</h3></header>{paragraph}</article>"
        for at, paragraph in enumerate(PARAGRAPHS)
    ]
    assert text_of(page(f"<main>{''.join(boxes)}</main>")) == "\n\n".join(entries)


def test_the_markup_is_preferred_if_it_is_similar_to_the_data() -> None:
    markup = "".join(f"<p><b>{sentence}</b></p>" for sentence in SENTENCES)
    assert "**" in extracted(with_data(f"<article>{markup}</article>", SENTENCES)).markdown


def test_a_very_long_page_is_cut_and_says_so() -> None:
    text = text_of(page("<article>" + "".join(f"<p>{LONG} {at}.</p>" for at in range(21_000)) + "</article>"))
    assert text.startswith(f"{LONG} 0.")
    assert text.endswith("The rest of this text is not shown because it is too long.")
    assert text_of("word and word\n\n" * 100_000).endswith("The rest of this text is not shown because it is too long.")


def test_an_error_of_a_library_leaves_the_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from trafilatura import core

    def raises(*_: object, **__: object) -> None:
        raise IndexError("an error of the library")

    monkeypatch.setattr(core, "bare_extraction", raises)
    assert text_of(page("<article>" + "".join(f"<p>{sentence}</p>" for sentence in SENTENCES))) == "\n\n".join(
        SENTENCES
    )
    assert "readability is asked" in caplog.text
