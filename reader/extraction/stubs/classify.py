"""Decide whether a page stands in for an article: paywalls, consent pages, errors, robot checks. Pure.

Evidence is scored, and a longer text needs a higher score. A title or first heading counts if it is nothing but the
name of such a page: "Page not found" is, "404 jobs to go at steel works" is not. So do sentences that are typical of
such pages. A paywall is at the end of the article's text or right behind it, since every page of a
newspaper has "Log in" somewhere; the page's metadata counts too (``isAccessibleForFree`` and ``hasPart`` of
schema.org). The patterns are in ``patterns.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from reader.core.tokenize import words
from reader.extraction.cleanup import article_text, solid
from reader.extraction.stubs.patterns import PageKind, page_kinds, paywall_patterns
from reader.extraction.stubs.visible_text import Region, VisibleText, visible_text

if TYPE_CHECKING:
    from reader.content.page import Extract
    from reader.extraction.page_tree import ParsedPage

MAX_WORDS = 800
"""A longer text is an article, whatever is beside it."""
NO_ARTICLE = "has no article in it"
"""The reason for a page of no known kind."""
PAYWALL = "requires a subscription or an account"

_MAX_STATEMENT = 3_000
"""Characters from the start of a text in which statements are searched."""
_SHORT = 100
"""Words of a text for which a low score is enough."""
_MAX_NAME = 160
"""Maximum characters of a title that may be the name of a page kind."""
_SITE_NAME_WORDS = 5
"""Words that a title may have beside the name of a page kind, for the name of the site."""
_NAME, _VAGUE_NAME, _STATEMENT, _HINT = 3, 2, 2, 1
_SCORE, _SCORE_OF_LONG = 3, 5
_TITLE_PARTS = re.compile(r"\s+[|·•–—-]\s+|\s*[|»]\s*")
_EDGES = " .!?…:;,–—-|*#¡¿。！？"
_BEHIND = 1_500
"""Characters behind the end of an article that are searched for its paywall."""
_LAST_BLOCKS = 3
"""Blocks at the end of an article that may belong to the paywall."""
_ENDING = 24
"""Characters, without blanks, by which the end of an article is found in the page."""
_CUT_OFF = re.compile(r"(?:…|\.\.\.)\W*$")


def stub_reason(extract: Extract | None, source: ParsedPage) -> str:
    """Return what stands in for the article, or an empty string if the page has its article.

    ``extract`` is the result of :func:`reader.extraction.extract.extract_page` for ``source``. The reason follows "the
    page": "is an error page", "asks for consent to cookies".
    """
    if extract is not None and extract.words > MAX_WORDS:
        return ""
    page = visible_text(source)
    if extract is None:
        text = page.text[:_MAX_STATEMENT]
        reason = _kind_reason([*page.titles, text], text, 0, page)
        return reason or (PAYWALL if _count(paywall_patterns("statements"), text) else NO_ARTICLE)
    texts = [text for block in extract.blocks if (text := article_text([block]))]
    names = [extract.title, *page.titles, *texts[:1]]
    reason = _kind_reason(names, "\n".join(texts)[:_MAX_STATEMENT], extract.words, page)
    return reason or (PAYWALL if _is_paywalled(extract.words, texts, page) else "")


# --- error pages and the like -------------------------------------------------------------------


def _kind_reason(names: Sequence[str], text: str, size: int, page: VisibleText) -> str:
    """Return the reason of the best page kind; ``size`` is in words, 0 without an article."""
    scores = [(_score(kind, names, text, size, page), kind) for kind in page_kinds()]
    best, kind = max(scores, key=lambda score: score[0])
    needed = _SCORE_OF_LONG if size > _SHORT else _SCORE if size else _VAGUE_NAME
    return kind.reason if best >= needed else ""


def _score(kind: PageKind, names: Sequence[str], text: str, size: int, page: VisibleText) -> int:
    if size > kind.max_words:
        return 0
    name = max((_name_score(kind, name) for name in names), default=0)
    statements = _STATEMENT * min(2, _count(kind.statements, text))
    if kind.evidence == "password field" and page.has_password_field:
        statements += _STATEMENT
    if kind.evidence == "noscript" and size == 0 and _count(kind.statements, page.noscript):
        statements += _STATEMENT
    if statements and size <= kind.max_words_alone:
        statements += 1
    is_mention = not name and size > kind.max_words_alone and statements < 2 * _STATEMENT
    if is_mention or not (name or statements):
        return 0
    return name + statements + _HINT * bool(kind.hints.search(text))


def _count(patterns: Sequence[re.Pattern[str]], text: str) -> int:
    return sum(1 for pattern in patterns if pattern.search(text))


def _name_score(kind: PageKind, title: str) -> int:
    """Return the score of a title that names the page kind, alone or beside the name of a site."""
    if len(title) > _MAX_NAME:
        return 0
    whole = " ".join(title.replace("’", "'").split())
    parts = [part.strip(_EDGES) for part in _TITLE_PARTS.split(whole)]
    for part in filter(None, [whole.strip(_EDGES), *parts]):
        if part != whole.strip(_EDGES) and len(words(whole)) - len(words(part)) > _SITE_NAME_WORDS:
            continue
        if kind.names.fullmatch(part):
            return _NAME
        if kind.vague_names.fullmatch(part):
            return _VAGUE_NAME
    return 0


# --- paywalls -----------------------------------------------------------------------------------


def _is_paywalled(size: int, texts: Sequence[str], page: VisibleText) -> bool:
    """Return whether an article of ``size`` words ends at a paywall."""
    last = [text for text in texts[1:][-_LAST_BLOCKS:] if len(text) < 400]  # the first block is the article itself
    behind = _behind(texts, page)
    in_box = " ".join(text for text, region in page.pieces if region == Region.WALL)
    near = "\n".join((*last, behind, in_box))
    statements = min(2, _count(paywall_patterns("statements"), near))
    score = int(_count(paywall_patterns("offers"), near) > 0)
    if statements:
        score += statements + 1 + bool(in_box)
        score += any(_CUT_OFF.search(text) for text in texts[-1 - _LAST_BLOCKS :])
    score += _metadata_score(size, sum(map(len, texts)), page)
    needed = 2 if size <= 120 else 3 if size <= 300 else 4 if size <= 500 else 5
    return score >= needed


def _metadata_score(size: int, characters: int, page: VisibleText) -> int:
    """Return what the page's metadata adds to the score of a paywall."""
    score = 2 if page.is_locked else 0
    if page.stated_words:
        score += 2 if size < 0.6 * page.stated_words else -4 if size > 0.8 * page.stated_words else 0
    if page.is_locked and 2 * page.locked_text > characters:
        score -= 4  # the text that is not free is in the page
    return score


def _behind(texts: Sequence[str], page: VisibleText) -> str:
    """Return the text right behind the end of an article, but not that of header, footer and menus."""
    walls = (*paywall_patterns("statements"), *paywall_patterns("offers"))
    ends: list[int] = []
    for text in texts[-1 - _LAST_BLOCKS :]:
        ending = solid(text)[-_ENDING:]
        if len(ending) == _ENDING and not _count(walls, text):  # a block of the paywall itself is not the end
            pattern = r"\s*".join(map(re.escape, ending))
            ends += (found.end() for found in re.finditer(pattern, page.text))
    return page.text[max(ends) :][:_BEHIND] if ends else ""
