"""Whether a fetched page may replace the stored page of the same article (pure).

Sites answer with 200 for pages that are not the article: a teaser in front of a paywall, the front page, a consent
wall, a maintenance notice. These cannot be recognized for every site and language, but they can be compared with the
stored page: an article that was corrected, shortened or continued still shares much of its text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reader.content.blocks import plain_text
from reader.core.text import format_count
from reader.core.tokenize import spaced_body_words

if TYPE_CHECKING:
    from reader.content.page import Page

_MIN_LENGTH = 0.5
"""Share of the stored page's words; a shorter page is at most a part of it."""
_MIN_SHARED = 0.15
"""Share of the shorter page's shingles. Two articles of one site share a few percent at most: names and phrases."""
_CLEARLY_LONGER = 1.5
"""A page at the same URL with this many times the words is no stub: the stored page may be one."""
_SHINGLE = 4
"""Words, as in the extraction benchmarks."""
_FRONT_PAGES = frozenset({"", "/", "/index.html", "/index.htm", "/index.php", "/home", "/home.html"})


def reason_to_keep(stored: Page, page: Page) -> str:
    """Return why ``page`` is no later version of ``stored``, in words; empty if it may be one."""
    now, before = page.extract.words, stored.extract.words
    stored_size = f"the stored page has {format_count(before, 'word')}"
    if _is_front_page(page.final_url) and not _is_front_page(page.url) and not _is_front_page(stored.final_url):
        return f"the page now leads to the front page; {stored_size}"
    if now < before * _MIN_LENGTH:
        return f"the page now has only {format_count(now, 'word')}; {stored_size}"
    moved = page.final_url != stored.final_url
    if (moved or now < before * _CLEARLY_LONGER) and _shared_text(stored, page) < _MIN_SHARED:
        return f"the page now has a different text of {format_count(now, 'word')}; {stored_size}"
    return ""


def _is_front_page(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path.lower() in _FRONT_PAGES and not parts.query


def _shared_text(one: Page, other: Page) -> float:
    """Return the share of the shorter text's shingles that the other contains; 1 if there are too few to compare."""
    first, second = (_shingles(plain_text(page.extract.blocks)) for page in (one, other))
    shorter = min(len(first), len(second))
    return len(first & second) / shorter if shorter else 1.0


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = spaced_body_words(text).split()
    return {tuple(words[start : start + _SHINGLE]) for start in range(len(words) - _SHINGLE + 1)}
