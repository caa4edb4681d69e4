"""Pages that stand in an article's place: pay walls, walls of consent, errors, checks for robots. Pure.

What counts, and where it has to stand. What a page is called: a title or first heading that is nothing
but the name of such a page, as “Page not found” is and “404 jobs to go at steel works” is not. What its text
says to the reader. For pay walls, what stands at the end of the article's text or right behind it, since every
page of a paper has “Log in” somewhere; and what the page tells programs (schema.org's
``isAccessibleForFree`` and ``hasPart``). Each is worth some points, and the longer the text is, the more
of them it takes. The patterns are in :mod:`reader.extraction.stubs.patterns`.
"""

from __future__ import annotations

import re

from reader.core.model import Extract
from reader.core.tokenize import words
from reader.extraction.stubs.patterns import KINDS, OFFERS, WALLS, PageKind
from reader.extraction.stubs.visible_text import Region, VisibleText, visible_text
from reader.extraction.tree import decode

MAX_WORDS = 800
"""A longer text is an article, whatever stands beside it."""
NO_ARTICLE = "has no article in it"
"""What is said of a page that is nothing in particular."""
PAYWALL = "shows no more without a subscription or an account"

_SEARCHED = 2_000_000
"""Characters of the page."""
_SHORT = 100
"""Words of a text whose name is enough."""
_BESIDE_A_NAME = 5
"""Words that may stand beside a name in a title: those of the site."""
_NAME, _VAGUE, _SAYS, _FITS = 3, 2, 2, 1
_ENOUGH, _ENOUGH_LONG = 3, 5
_PARTS = re.compile(r"\s+[|·•–—-]\s+|\s*[|»]\s*")
_EDGES = " .!?…:;,–—-|*#¡¿。！？"
_BEHIND = 1_500
"""Characters behind an article's end."""
_LAST = 3
"""Blocks at an article's end of which the wall may be one."""
_ENDING = 24
"""Characters, without blanks, that an article's end is found by."""
_CUT = re.compile(r"(?:…|\.\.\.)\W*$")
_BLANKS = re.compile(r"\s+")


def stub_reason(extract: Extract | None, source: bytes | str, charset: str = "") -> str:
    """Return what a page is that stands where the article should be, as the rest of a sentence; empty for an article.

    ``extract`` is what :func:`reader.extraction.extract.extract` made of ``source``. The answer
    follows "the page": "is an error page", "asks for consent to cookies", and so on.
    """
    if extract is not None and extract.words > MAX_WORDS:
        return ""
    page = visible_text(decode(source, charset)[:_SEARCHED])
    if extract is None:
        said = page.text[:3_000]
        return _kind([*page.titles, said], said, 0, page) or (PAYWALL if _says(WALLS, said) else NO_ARTICLE)
    blocks = _texts(extract.markdown)
    names = [extract.title, *page.titles, *blocks[:1]]
    return _kind(names, "\n".join(blocks)[:3_000], extract.words, page) or _wall(extract, blocks, page)


def _texts(markdown: str) -> list[str]:
    """Return the texts of an article, block by block."""
    from reader.content.markdown.parser import parse_markdown  # late: it takes 50 ms to import, and many a page is long
    from reader.extraction.cleanup import text_of_block

    return list(filter(None, map(text_of_block, parse_markdown(markdown))))


# --- other pages --------------------------------------------------------------------------------


def _kind(names: list[str], said: str, size: int, page: VisibleText) -> str:
    """Return what kind of page it is, by its names and what it says; ``size`` in words, 0 where there is no article."""
    points = [(_points(kind, names, said, size, page), kind) for kind in KINDS]
    best, kind = max(points, key=lambda pair: pair[0])
    enough = _ENOUGH_LONG if size > _SHORT else _ENOUGH if size else _VAGUE
    return kind.reason if best >= enough else ""


def _points(kind: PageKind, names: list[str], said: str, size: int, page: VisibleText) -> int:
    if size > kind.max_words:
        return 0
    named = max((_named(kind, name) for name in names), default=0)
    says = _SAYS * min(2, _says(kind.statements, said))
    if kind.reason == "asks to sign in" and page.has_password:
        says += _SAYS
    if kind.reason == "asks for JavaScript" and _says(kind.statements, page.noscript) and size == 0:
        says += _SAYS
    if says and size <= kind.max_words_alone:
        says += 1
    if not named and size > kind.max_words_alone and says < 2 * _SAYS:
        return 0  # one sentence, in a text that may be about such pages
    return named + says + _FITS * bool(kind.hints.search(said)) if named or says else 0


def _says(patterns: tuple[re.Pattern[str], ...], text: str) -> int:
    return sum(1 for pattern in patterns if pattern.search(text))


def _named(kind: PageKind, name: str) -> int:
    """Return what a title is worth that is the name of such a page, alone or beside the name of a site."""
    if len(name) > 160:
        return 0
    whole = " ".join(name.replace("’", "'").split())
    parts = [part.strip(_EDGES) for part in _PARTS.split(whole)]
    for part in filter(None, [whole.strip(_EDGES), *parts]):
        if part != whole.strip(_EDGES) and len(words(whole)) - len(words(part)) > _BESIDE_A_NAME:
            continue
        if kind.names.fullmatch(part):
            return _NAME
        if kind.vague.fullmatch(part):
            return _VAGUE
    return 0


# --- pay walls ----------------------------------------------------------------------------------


def _wall(extract: Extract, blocks: list[str], page: VisibleText) -> str:
    last = [text for text in blocks[1:][-_LAST:] if len(text) < 400]  # what is first is the text itself
    behind, aside = _behind(blocks, page)
    told = " ".join(text for text, place in page.pieces if place == Region.WALL)
    near = "\n".join((*last, behind, told))
    says = min(2, _says(WALLS, f"{near}\n{aside}"))
    points = (says + 1 if says else 0) + bool(told and says) + bool(OFFERS.search(near))
    points += any(_CUT.search(text) for text in blocks[-1 - _LAST :]) if says else 0
    if page.said.is_free is False:
        points += 2
    if page.said.words:
        points += 2 if extract.words < 0.6 * page.said.words else -4 if extract.words > 0.8 * page.said.words else 0
    if 2 * page.locked_text > sum(map(len, blocks)) and page.said.is_free is False:
        points -= 4  # what the page says is not free is there
    enough = 2 if extract.words <= 120 else 3 if extract.words <= 300 else 4 if extract.words <= 500 else 5
    return PAYWALL if points >= enough else ""


def _behind(blocks: list[str], page: VisibleText) -> tuple[str, str]:
    """Return what stands right behind an article's text, and what stands there in boxes beside it."""
    solid: list[str] = []
    starts: list[int] = []
    length = 0
    for text, _ in page.pieces:
        starts.append(length)
        solid.append(_BLANKS.sub("", text))
        length += len(solid[-1])
    whole = "".join(solid)
    # A block that is itself of the wall is not where the text ends.
    texts = [text for text in blocks[-1 - _LAST :] if not _says(WALLS, text) and not OFFERS.search(text)]
    ends = [whole.rfind(_BLANKS.sub("", text)[-_ENDING:]) for text in texts if len(text) >= _ENDING]
    end = max(ends, default=-1)
    if end < 0:
        return "", ""
    following = [
        piece for piece, start in zip(page.pieces, starts, strict=True) if end < start <= end + _ENDING + _BEHIND
    ]
    inside = (text for text, place in following if place in (Region.TEXT, Region.WALL))
    return "\n".join(inside), "\n".join(text for text, place in following if place == Region.ASIDE)
