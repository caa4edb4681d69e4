"""Pages made to break an extractor: nothing is raised, nothing unclean is returned, and time is bounded."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.content.markdown.parser import parse_markdown
from reader.content.page import Extract
from reader.core.text import clean, clean_block
from reader.extraction.extract import extract, extract_page
from reader.extraction.page_tree import read_page
from reader.extraction.stubs.classify import stub_reason
from tests.content.tag_soup import every_string, is_clean, soup

URL = "https://www.example.org/news/1"
LINE = "A sentence that is long enough to be taken for running text by any extractor that counts letters. "
P = f"<p>{LINE}</p>"
SECONDS = 2.5
"""A quarter of a worker's time limit, for pages of at most a quarter of the size that is fetched."""

SHOWN = 10_000
"""Characters at both ends of a text that are also checked as they are shown: between them is repetition."""

HOSTILE = {
    "deep boxes": "<div>" * 50_000 + LINE * 5 + "</div>" * 50_000,
    "deep inline": "<p>" + "<span>" * 50_000 + LINE * 5,
    "paragraphs": "<article>" + f"<p>{LINE[:40]}</p>" * 6_000,
    "paragraphs for the extractors": "<article>" + P * 3_500,
    "items": "<article>" + P + "<ul>" + "<li>item text" * 3_500,
    "nested items": "<article>" + P + "<ul><li>x " * 4_000 + P,
    "links": "<article>" + P + "<p>" + "<a href=/x>link</a> " * 3_500,
    "line breaks": "<article>" + "text<br>" * 3_500,
    "cells": "<article>" + P + "<table><tr>" + "<td>cell" * 3_500,
    "nested tables": "<article>" + P + "<table><tr><td>" * 4_000 + LINE,
    "pictures": "<article>" + P + "<img src=/a.jpg width=500>" * 3_500,
    "figures": "<article>" + P + "<figure><img src=/a.jpg><figcaption>x</figcaption></figure>" * 1_500,
    "nested noise": "<article>" + P + "<div class='share'>" * 4_000 + P,
    "many articles": ("<article>" + P + "</article>") * 4_000,
    "forms": "<form>" * 4_000 + P * 5,
    "one long text": "<article><p>" + LINE * 15_000,
    "words of one letter": "<article><p>" + "a " * 500_000,
    "one long name": "<article>" + P * 4 + "<p class='" + "x" * 1_200_000 + "'>",
    "many pictures in one": "<article>" + P * 4 + "<img srcset='" + "a.jpg 1w, " * 120_000 + "'>",
    "program": "<script>" + "x<" * 600_000 + "</script>" + P * 5,
    "attributes": "<p " + " ".join(f"a{at}=1" for at in range(75_000)) + ">" + P * 5,
    "deep quotes": "<blockquote>" * 250 + f"<p>{LINE[:40]}</p>" * 3_500,
    "open tags": "<a " * 250_000 + P,
    "open scripts": "<script><style>" * 75_000 + P,
    "open heads": "<head><noscript><title>" * 50_000 + P,
    "signs": "<" * 250_000,
    "ampersands": "&" * 250_000,
    "references": "<p>" + "&#27;" * 37_500 + P * 3,
    "half references": "<p>" + "&#x" * 62_500 + P * 3,
    "comments": "<!--" * 500_000 + P * 5,
    "declarations": "<!DOCTYPE " * 240_000 + P * 5,
    "deep data": "<script type=application/ld+json>" + "[" * 500_000 + "</script>" + P * 5,
    "much data": "<script type=application/ld+json>["
    + '{"@type":"NewsArticle","articleBody":"x y z w"},' * 30_000
    + "{}]</script>"
    + P * 5,
    "a long body in data": '<script type=application/ld+json>{"@type":"NewsArticle","articleBody":"'
    + LINE * 10_000
    + '"}</script>'
    + P * 5,
    "no markup": LINE * 15_000,
    "blank lines": "word\n\n" * 25_000,
    "blanks": "<p>" + " " * 1_200_000 + LINE,
    "marks on one letter": "<article><p>a" + "\u0301" * 500_000 + "</p>" + P * 3,
    "lines of buttons": "<article>" + P * 5 + f"<p>share {'facebook ' * 40}x</p>" * 4_000,
    "base": "<base href='http://[" + "x" * 50_000 + "'>" + P * 5,
    "notes on one line": "<article>" + P * 5 + "<p>" + "x <a href=#n>1</a> " * 8_000 + "</p><div id=n>" + "<p>x" * 500,
    "captions": "<article>" + P * 5 + "<div class=caption>x</div>" * 4_000,
    "hidden pictures": "<article>" + P * 5 + "<div style='display:none'><img src=x>x</div>" * 3_500,
    "empty headings": "<article>" + P * 5 + "<h2></h2><br>" * 2_000 + P,
    "buttons in one line": "<article>" + P * 5 + "<p>" + "word <button>x</button>" * 3_500,
    "times in one box": P * 5 + "<div>" + "<b></b> 12:30 " * 4_000,
    "listings": "<article>" + P * 3 + "<pre><code>x\n</code></pre>" * 4_000,
    "one listing": "<article>" + P * 3 + "<pre>" + "x\n" * 500_000,
}


REASONS = {"", "has no article in it"}


def assert_clean(found: Extract | None) -> None:
    if found is None:
        return
    markdown = found.markdown
    assert markdown == clean_block(markdown)
    for text in (found.title, found.byline, found.site, *([found.image.url, found.image.title] if found.image else [])):
        assert text == clean(text)
    for part in {markdown[:SHOWN], markdown[-SHOWN:]}:
        assert all(map(is_clean, every_string(parse_markdown(part, URL))))
    assert found.published_at is None or found.published_at.utcoffset() is not None


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_takes_a_bounded_time(name: str) -> None:
    page = f"<html><body>{HOSTILE[name]}" if "<" in HOSTILE[name] else HOSTILE[name]
    begin = time.process_time()
    read = read_page(page.encode())
    found = extract_page(read, URL)
    assert stub_reason(found, read) in REASONS
    assert time.process_time() - begin < SECONDS
    assert_clean(found)


@pytest.mark.parametrize("box", ["h3", "figure"])
def test_entries_of_a_thread_that_are_headings_or_figures_do_no_harm(box: str) -> None:
    entry = f"<{box} class=entry><time>18:05</time><div class=text>{P}</div></{box}>"
    extract(f"<main>{entry * 4}</main>".encode(), URL)


def test_text_that_is_too_deep_is_still_found() -> None:
    found = extract("<html><body>" + "<div>" * 1_000 + P * 5, URL)
    assert found is not None
    assert "running text" in found.markdown


@pytest.mark.parametrize(
    "page",
    [
        b"\xff\xfe<\x00h\x00",
        b"\xef\xbb\xbf" + P.encode() * 3 + b"\xff\xfe\xfa",
        P.encode("utf-16"),
        b"<meta charset=utf-16>" + P.encode() * 3,
        b"<meta charset=unicode_escape>" + P.encode() * 3 + b"\\x1b",
        b"<meta charset=no-such-thing>" + P.encode() * 3,
        b"<?xml version='1.0' encoding='\xff'?>" + P.encode() * 3,
        b"<article>" + P.encode() * 3 + b"\x00\x00<p>\x1b]0;x\x07</p>",
    ],
)
@pytest.mark.parametrize("charset", ["", "utf-8", "hex", "idna", "cp1252", "utf-7", "x" * 10_000, "\0"])
def test_broken_bytes_and_charsets(page: bytes, charset: str) -> None:
    assert_clean(extract(page, URL, charset))


@given(soup, st.sampled_from(["", URL, "javascript:alert(1)", "http://[", "//x", "\x1b"]))
@settings(max_examples=60, deadline=None)
def test_any_markup_gives_clean_text_or_none(source: str, url: str) -> None:
    for page in (source, f"<html><body><article>{P * 3}{source}{P}</article>", f"<head>{source}</head>{P * 4}"):
        read = read_page(page)
        found = extract_page(read, url)
        assert_clean(found)
        assert_clean(extract(page.encode("utf-8", "surrogatepass"), url))
        assert stub_reason(found, read) == clean(stub_reason(found, read))


@given(st.binary(max_size=400), st.sampled_from(["", "utf-8", "gb18030", "shift_jis", "utf-16"]))
@settings(max_examples=60, deadline=None)
def test_any_bytes_give_clean_text_or_none(source: bytes, charset: str) -> None:
    assert_clean(extract(source, URL, charset))
    assert_clean(extract(P.encode() + source + P.encode(), URL, charset))
