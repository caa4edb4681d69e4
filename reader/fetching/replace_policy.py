"""Whether a page may take the place of the one that is kept of the same article. Pure.

Sites answer with 200 for what is none of the article: a teaser before a pay wall, the front page, a wall of
consent, a notice of maintenance. What such pages say cannot be known for every site and language, but what is kept
is known: what an article becomes when it is corrected, shortened or carried on has much of it still.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reader.content.blocks import plain_text
from reader.core.text import format_count
from reader.core.tokenize import spaced_body_words

if TYPE_CHECKING:
    from reader.content.page import Page

_LEAST = 0.5
"""Of the kept page's words; with fewer, what has come is a part of it at most."""
_SHARED = 0.15
"""Of the shorter one's shingles. Two articles of one site share some hundredths at most: names, phrases."""
_CLEARLY_LONGER = 1.5
"""So many times the words of what is kept, at the same address, are no stub of it: a notice that became an article."""
_SHINGLE = 4
"""Words, as the benchmarks of extraction take them."""
_FRONT = frozenset({"", "/", *(f"/{name}" for name in ("index.html", "index.htm", "index.php", "home", "home.html"))})


def reason_to_keep(kept: Page, page: Page) -> str:
    """Return why ``page`` is no later state of ``kept``, in words that follow a colon; empty when it may be."""
    now, before = page.extract.words, kept.extract.words
    words = f"{format_count(before, 'word')} are kept" if before != 1 else "1 word is kept"
    if _is_front(page.final_url) and not _is_front(page.url) and not _is_front(kept.final_url):
        return f"it leads to the front page now; {words}"
    if now < before * _LEAST:
        return f"it has only {format_count(now, 'word')} now, of {before:,} that are kept"
    moved = page.final_url != kept.final_url
    if (moved or now < before * _CLEARLY_LONGER) and _shared(kept, page) < _SHARED:
        return f"it has another text now, of {format_count(now, 'word')}; {words}"
    return ""


def _is_front(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path.lower() in _FRONT and not parts.query


def _shared(one: Page, other: Page) -> float:
    """Return how much of the shorter one's shingles the other has; 1 where there are too few to tell."""
    first, second = (_shingles(plain_text(page.extract.blocks)) for page in (one, other))
    least = min(len(first), len(second))
    return len(first & second) / least if least else 1.0


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = spaced_body_words(text).split()
    return {tuple(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1)}
