"""Pages of many kinds and languages, each with its true text: how much of it is extracted."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from reader.extraction.cleanup import article_text
from reader.extraction.extract import extract, extract_page
from reader.extraction.page_tree import read_page
from reader.extraction.stubs.classify import stub_reason

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "benchmarks" / "extraction"))

from measure import PageScore, Score, average, compare  # noqa: E402

PAGES = sorted((ROOT / "tests" / "data" / "extraction").glob("*.html"))


def found(path: Path) -> str:
    article = extract(path.read_bytes(), "https://www.example.org/")
    assert article is not None
    return article_text(article.blocks)


def test_there_are_a_few_dozen_pages() -> None:
    assert len(PAGES) >= 36
    assert all(page.with_suffix(".txt").exists() for page in PAGES)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_each_page_gives_about_its_true_text(path: Path) -> None:
    score = compare(path.with_suffix(".txt").read_text("utf-8"), found(path)).score
    assert score.precision >= 0.9
    assert score.recall >= 0.95


def test_all_pages_give_nearly_all_of_their_true_texts() -> None:
    scores = [compare(path.with_suffix(".txt").read_text("utf-8"), found(path)) for path in PAGES]
    assert average(scores).f1 >= 0.985


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_stubs_are_recognized(path: Path) -> None:
    page = read_page(path.read_bytes())
    reason = stub_reason(extract_page(page), page)
    assert (reason != "") == (path.stem == "paywall-teaser"), reason


# --- the measure ---------------------------------------------------------------------------


def test_the_measure_is_that_of_the_public_benchmark() -> None:
    # Five words are two runs of four. Values of the benchmark's evaluate.py for the same texts.
    assert compare("a b c d e", "a b c d e").score == (1.0, 1.0)
    assert compare("a b c d e", "a b c d x").score == (0.5, 0.5)
    assert compare("a b c d e", "a b c d").score == (1.0, 0.5)
    assert compare("a b c d", "").score == (0.0, 0.0)
    assert compare("", "").score == (1.0, 1.0)
    assert compare("a b", "a b").score == (1.0, 1.0)
    assert compare("a, b. c! d", "a b c d").score == (1.0, 1.0)


def test_a_page_without_any_text_found_does_not_count_for_precision() -> None:
    pages = [compare("a b c d", "a b c d"), compare("a b c d", "")]
    assert pages[1] == PageScore(Score(0.0, 0.0), found_any=False, has_any=True)
    assert average(pages) == (1.0, 0.5)
    assert average(pages).f1 == pytest.approx(2 / 3)
    assert average([]) == (0.0, 0.0)
