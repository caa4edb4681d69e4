"""A web page -> its article.

Three opinions: trafilatura in its fast mode, whose XML we walk; readability where the
first is short of what the page has; and what the page's own JSON-LD says its text is,
which both are measured by. What is left of the page's furniture is taken out behind them.

Heavy (a third of a second to import its libraries, tens of milliseconds a page), and its
libraries are not made for hostile pages: it is run in a worker process that can be ended.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from reader.content.blocks import Block, Paragraph, Span
from reader.content.html.builder import MAX_BLOCKS, cut_notice, parse_html
from reader.content.html.inline import paragraphs
from reader.content.html.links import WEB, resolve_link
from reader.content.page import Extract
from reader.core.tokenize import words
from reader.extraction.cleanup import article_text, clean_article, with_headings
from reader.extraction.extractors import all_blocks, readability_blocks, trafilatura_blocks
from reader.extraction.json_ld import StructuredData, as_html, script_text, structured_data
from reader.extraction.main_element import main_element, standfirst
from reader.extraction.metadata import Metadata, base_url_of, read_metadata
from reader.extraction.placeholders import Placeholders, without_ours
from reader.extraction.prune import prepare
from reader.extraction.tree import MAX_CHARACTERS, decode, parse, size_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_ELEMENTS = 15_000
"""Of a page that is given to the extractors, whose time grows faster than its size; of a longer one all is taken."""
MAX_TEXT = 600_000
"""Characters of text of such a page."""
MIN_WORDS = 8
"""Fewer words are no article."""

_TAG = re.compile(r"<[a-zA-Z!?/]")
_PIECE = re.compile(r"\w+")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_SHORT = 600
"""Characters; a text with fewer may be one paragraph, or no article."""
_SAME = 0.95
"""How near (F1) two opinions are to each other that need no third."""
_ABOUT_THE_SAME = 0.9
"""The same of an opinion and the bare text of an element, which has the page's furniture in it as well."""
_LUMP = 0.5
"""What an opinion loses whose text has no paragraphs."""
_BINARY_LOOK = 1_000
"""Bytes that are looked at for that."""
_SHINGLE = 4
_LONGEST_MEAN = 16
"""Characters of the mean word of a script that has blanks between words."""
_TOO_FEW_TO_TRUST = 60
"""Words of a JSON-LD body; one with fewer is a summary."""
_NEAR = 0.75
"""How near (F1) an opinion has to be to the JSON-LD body to be taken before it."""


@dataclass(frozen=True, slots=True)
class ExtractedArticle:
    """The article of a page as blocks, for those who want its words alone."""

    blocks: tuple[Block, ...]
    about: Metadata


def extract(source: bytes | str, url: str = "", charset: str = "") -> Extract | None:
    """Return the article of a page, or None when there is none in it.

    ``source`` is HTML, XHTML or plain text; bytes are decoded as
    :func:`reader.extraction.tree.decode` says. ``url`` is where it came from; relative
    addresses are resolved against it. Pure; raises nothing on account of what is in the page.
    """
    article = extract_article(source, url, charset)
    if article is None:
        return None
    about = article.about
    return Extract(
        blocks=article.blocks,
        words=len(words(article_text(article.blocks))),
        title=about.title,
        byline=about.byline,
        published_at=about.published_at,
        site=about.site,
        image=about.image,
    )


def extract_article(source: bytes | str, url: str = "", charset: str = "") -> ExtractedArticle | None:
    """Return the article of a page as blocks, or None; takes what :func:`extract` takes."""
    if isinstance(source, bytes) and _is_binary(source):
        return None
    text = decode(source, charset)[:MAX_CHARACTERS]
    url = resolve_link(url, "", WEB)
    if not _TAG.search(text):
        return _or_none(ExtractedArticle(_plain(text), Metadata()))
    parsed = parse(text)
    if parsed is None:
        return None
    tree = parsed.tree
    base_url = base_url_of(tree, url)
    said = structured_data(tree)
    about = read_metadata(tree, said, base_url)
    data = script_text(tree)
    page = _Page(tree, prepare(tree, base_url), base_url, about)
    found = _or_none(ExtractedArticle(page.best(said, data), about))
    if found is None and not parsed.is_whole:
        # Too deep for the parser of the extractors; ours reads markup of any depth, though not what is an article.
        found = _or_none(ExtractedArticle(page.tidied(parse_html(text, base_url)), about))
    return found


def _is_binary(source: bytes) -> bool:
    """Whether bytes are those of a picture, a PDF or a program: text has no NUL, but for the UTF-16 with its mark."""
    return b"\0" in source[:_BINARY_LOOK] and not source.startswith((BOM_UTF16_LE, BOM_UTF16_BE))


def _or_none(article: ExtractedArticle) -> ExtractedArticle | None:
    return article if len(words(article_text(article.blocks))) >= MIN_WORDS else None


def _plain(text: str) -> tuple[Block, ...]:
    """Return plain text as paragraphs, parted by blank lines."""
    parts = _BLANK_LINE.split(text.strip()[: MAX_TEXT + 1], MAX_BLOCKS)
    is_cut = len(text.strip()) > MAX_TEXT or len(parts) > MAX_BLOCKS
    found = (paragraphs([Span(" ".join(part.split()))]) for part in parts[:MAX_BLOCKS])
    blocks = tuple(Paragraph(spans) for part in found for spans in part)
    return (*blocks, cut_notice()) if is_cut else blocks


@dataclass(frozen=True, slots=True)
class _Page:
    """A prepared page, and the opinions about it."""

    tree: HtmlElement
    held: Placeholders
    base_url: str
    about: Metadata

    def best(self, said: StructuredData, data: str) -> tuple[Block, ...]:
        """Return the best of the opinions; ``data`` is what the page's scripts have of a text."""
        if sum(1 for _ in self.tree.iter()) > MAX_ELEMENTS or size_of(self.tree) > MAX_TEXT:
            return self.tidied(all_blocks(_main(self.tree), self.held, self.base_url))
        best = self._agreed()
        if said.body:
            best = _checked(best, self._read(as_html(said.body)), self._second)
        if data and _size(best) < _SHORT:
            other = self._read(data)
            best = other if _size(other) > 2 * _size(best) else best
        return self._begun(best)

    def _begun(self, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        """Return blocks with the sentence that stands under the heading before them, unless they say the same."""
        lead = standfirst(self.tree)
        (made, *rest) = self.tidied(parse_html(f"<p>{escape(lead)}</p>", "")) or (None,)
        if made is None or rest or not blocks:
            return blocks
        said, text = words(lead), words(article_text(blocks))
        known = Counter(pairwise(text))
        pairs = Counter(pairwise(said))
        return blocks if (pairs & known).total() > 0.6 * pairs.total() else (made, *blocks)

    def _agreed(self) -> tuple[Block, ...]:
        """Return the first opinion where the third is about the same, else the one that is nearest to the other two."""
        one = self.tidied(trafilatura_blocks(self.tree, self.held, self.base_url))
        held = main_element(self.tree)
        if held is not None and _holds_the_same(one, held):
            return one
        three = () if held is None else self.tidied(all_blocks(held, self.held, self.base_url))
        counts = [_rows(one), _rows(three)]
        if _alike(*counts) >= _SAME and not _is_lump(one):
            return with_headings(one, three)
        opinions = [one, three, self._second()]
        counts.append(_rows(opinions[2]))
        votes = [sum(_alike(mine, others) for others in counts if others is not mine) for mine in counts]
        votes = [vote - _LUMP * _is_lump(blocks) for vote, blocks in zip(votes, opinions, strict=True)]
        best = opinions[votes.index(max(votes))]
        return best if best is three else with_headings(best, three)

    def _second(self) -> tuple[Block, ...]:
        return self.tidied(readability_blocks(self.tree, self.held, self.base_url))

    def _read(self, html: str) -> tuple[Block, ...]:
        return self.tidied(parse_html(html, self.base_url))

    def tidied(self, blocks: Sequence[Block]) -> tuple[Block, ...]:
        return clean_article(blocks, self.about.title, self.about.byline, self.about.titles)


def _main(tree: HtmlElement) -> HtmlElement:
    """Return the part of a page that calls itself its main one."""
    for name in ("article", "main", "body"):
        found = list(tree.iter(name))
        if len(found) == 1:
            return found[0]
    return tree


def _size(blocks: Sequence[Block]) -> int:
    return sum(len("".join(article_text([block]).split())) for block in blocks)


def _is_lump(blocks: Sequence[Block]) -> bool:
    """Whether all text is in one piece, as where an extractor has given up and took the text of everything."""
    size = _size(blocks)
    return size > _SHORT / 2 and max(_size([block]) for block in blocks) > 0.9 * size


def _checked(
    best: tuple[Block, ...], said: tuple[Block, ...], other: Callable[[], tuple[Block, ...]]
) -> tuple[Block, ...]:
    """Return the opinion that is nearest to what the page says its text is, or that itself where none is near.

    ``other`` asks for the second opinion.
    """
    wanted = _shingles(said)
    if wanted.total() < _TOO_FEW_TO_TRUST:
        return best
    found, exact = _overlap(best, wanted)
    if found >= 0.8:
        return _bounded(best, wanted) if found >= 0.9 and exact < 0.9 else best
    opinions = [(_f1(*_overlap(blocks, wanted)), blocks) for blocks in (best, other())]
    return max([*opinions, (_NEAR, said)], key=lambda opinion: opinion[0])[1]


def _bounded(blocks: tuple[Block, ...], wanted: Counter[tuple[str, ...]]) -> tuple[Block, ...]:
    """Return blocks from the first to the last that the page's own text has."""
    known = set(wanted)
    at = [i for i, block in enumerate(blocks) if known & set(_shingles([block]))]
    return blocks[at[0] : at[-1] + 1] if at else blocks


def _holds_the_same(blocks: Sequence[Block], held: HtmlElement) -> bool:
    """Whether an opinion has about the text of an element, and all its headings and items: the quick way to agree."""
    if _is_lump(blocks) or _alike(_rows(blocks), _rows_of(without_ours(" ".join(held.itertext())))) < _ABOUT_THE_SAME:
        return False
    said = "".join(article_text(blocks).split())
    parts = ("".join("".join(part.itertext()).split()) for part in held.iter("h2", "h3", "h4", "h5", "h6", "li"))
    return all(without_ours(part) in said for part in parts)


def _rows(blocks: Sequence[Block]) -> Counter[tuple[str, ...]]:
    """Return the words, four in a row, without folding case and accents: for opinions about one tree."""
    return _rows_of(article_text(blocks))


def _rows_of(text: str) -> Counter[tuple[str, ...]]:
    pieces: Sequence[str] = _PIECE.findall(text)
    if len(pieces) * _LONGEST_MEAN < len(text):  # a script without blanks between words
        pieces = "".join(pieces)
    if len(pieces) < _SHINGLE:
        return Counter([tuple(pieces)])
    return Counter(zip(pieces, pieces[1:], pieces[2:], pieces[3:], strict=False))


def _shingles(blocks: Sequence[Block]) -> Counter[tuple[str, ...]]:
    found = words(article_text(blocks))
    return Counter(tuple(found[at : at + _SHINGLE]) for at in range(max(1, len(found) - _SHINGLE + 1)))


def _overlap(blocks: Sequence[Block], wanted: Counter[tuple[str, ...]]) -> tuple[float, float]:
    """Return which part of the wanted text the blocks have, and which part of the blocks is wanted."""
    have = _shingles(blocks)
    both = (have & wanted).total()
    return both / max(1, wanted.total()), both / max(1, have.total())


def _alike(one: Counter[tuple[str, ...]], other: Counter[tuple[str, ...]]) -> float:
    """Return how near two texts are to each other (F1 of their shingles)."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


def _f1(recall: float, precision: float) -> float:
    return 2 * recall * precision / (recall + precision) if recall + precision else 0.0
