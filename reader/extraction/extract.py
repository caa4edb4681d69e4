"""A web page -> its article.

Several candidates compete: trafilatura in its fast mode; all text of the main element; readability, where those two
differ; and the text in the page's own JSON-LD, against which they are measured. Boilerplate that the best candidate
still contains is removed.

Importing the libraries takes a third of a second, a page tens of milliseconds. The libraries are not made for hostile
pages, so this runs in a worker process that can be killed.
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
from reader.extraction.json_ld import as_html, script_text, structured_data
from reader.extraction.main_element import main_element, standfirst
from reader.extraction.metadata import Metadata, base_url_of, read_metadata
from reader.extraction.placeholders import Placeholders, without_placeholders
from reader.extraction.prune import prepare
from reader.extraction.tree import MAX_CHARACTERS, decode, parse, size_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_ELEMENTS = 15_000
"""Elements of a page for the extractors, whose time grows faster than its size; a larger page is taken whole."""
MAX_TEXT = 600_000
"""Characters of text of a page for the extractors."""
MIN_WORDS = 8
"""A text with fewer words is not an article."""

_TAG = re.compile(r"<[a-zA-Z!?/]")
_PIECE = re.compile(r"\w+")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_SHORT = 600
"""Characters; a shorter text may be a single paragraph, or no article."""
_AGREED = 0.95
"""The similarity (F1) of two candidates that need no third."""
_AGREED_WITH_ELEMENT = 0.9
"""The same for a candidate and the raw text of an element, which contains boilerplate as well."""
_LUMP_PENALTY = 0.5
"""Subtracted from the votes of a candidate whose text has no paragraphs."""
_SNIFFED = 1_000
"""Bytes that are checked for binary data."""
_SHINGLE = 4
_MAX_MEAN_WORD = 16
"""Mean characters of a word in scripts with blanks between words."""
_MIN_DATA_WORDS = 60
"""Words of a text in JSON-LD; a shorter one is a summary."""
_NEAR_DATA = 0.75
"""The similarity (F1) to the JSON-LD text at which a candidate is preferred to that text."""


@dataclass(frozen=True, slots=True)
class ExtractedArticle:
    """The article of a page as blocks, with its metadata."""

    blocks: tuple[Block, ...]
    metadata: Metadata


def extract(source: bytes | str, url: str = "", charset: str = "") -> Extract | None:
    """Return the article of a page, or None when it has none.

    ``source`` is HTML, XHTML or plain text; bytes are decoded by :func:`reader.extraction.tree.decode`. ``url`` is the
    address of the page, against which relative addresses are resolved. Pure; no page makes it raise.
    """
    article = extract_article(source, url, charset)
    if article is None:
        return None
    metadata = article.metadata
    return Extract(
        blocks=article.blocks,
        words=len(words(article_text(article.blocks))),
        title=metadata.title,
        byline=metadata.byline,
        published_at=metadata.published_at,
        site=metadata.site,
        image=metadata.image,
    )


def extract_article(source: bytes | str, url: str = "", charset: str = "") -> ExtractedArticle | None:
    """Return the article of a page as blocks, or None; the arguments are those of :func:`extract`."""
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
    data = structured_data(tree)
    metadata = read_metadata(tree, data, base_url)
    from_scripts = script_text(tree)
    page = _Page(tree, prepare(tree, base_url), base_url, metadata)
    article = _or_none(ExtractedArticle(page.best(data.body, from_scripts), metadata))
    if article is None and not parsed.is_whole:
        # Nested too deep for lxml. Our own parser has no such limit, but takes the whole page for the article.
        article = _or_none(ExtractedArticle(page.cleaned(parse_html(text, base_url)), metadata))
    return article


def _is_binary(source: bytes) -> bool:
    """Return whether bytes are an image, a PDF or a program: only UTF-16 text, which starts with its BOM, has NULs."""
    return b"\0" in source[:_SNIFFED] and not source.startswith((BOM_UTF16_LE, BOM_UTF16_BE))


def _or_none(article: ExtractedArticle) -> ExtractedArticle | None:
    return article if len(words(article_text(article.blocks))) >= MIN_WORDS else None


def _plain(text: str) -> tuple[Block, ...]:
    """Return plain text as paragraphs, which blank lines separate."""
    parts = _BLANK_LINE.split(text.strip()[: MAX_TEXT + 1], MAX_BLOCKS)
    is_cut = len(text.strip()) > MAX_TEXT or len(parts) > MAX_BLOCKS
    found = (paragraphs([Span(" ".join(part.split()))]) for part in parts[:MAX_BLOCKS])
    blocks = tuple(Paragraph(spans) for part in found for spans in part)
    return (*blocks, cut_notice()) if is_cut else blocks


@dataclass(frozen=True, slots=True)
class _Page:
    """A prepared page and its candidates for the article."""

    tree: HtmlElement
    placeholders: Placeholders
    base_url: str
    metadata: Metadata

    def best(self, data_body: str, from_scripts: str) -> tuple[Block, ...]:
        """Return the best candidate.

        ``data_body`` is the text in JSON-LD, ``from_scripts`` the HTML of the text in other script data.
        """
        if sum(1 for _ in self.tree.iter()) > MAX_ELEMENTS or size_of(self.tree) > MAX_TEXT:
            return self.cleaned(all_blocks(_main_part(self.tree), self.placeholders, self.base_url))
        best = self._agreed()
        if data_body:
            best = _nearest_to_data(best, self._parsed(as_html(data_body)), self._readability)
        if from_scripts and _size(best) < _SHORT:
            other = self._parsed(from_scripts)
            best = other if _size(other) > 2 * _size(best) else best
        return self._with_standfirst(best)

    def _with_standfirst(self, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        """Return blocks with the standfirst before them, unless they contain it."""
        text = standfirst(self.tree)
        (first, *rest) = self.cleaned(parse_html(f"<p>{escape(text)}</p>", "")) or (None,)
        if first is None or rest or not blocks:
            return blocks
        known = Counter(pairwise(words(article_text(blocks))))
        pairs = Counter(pairwise(words(text)))
        return blocks if (pairs & known).total() > 0.6 * pairs.total() else (first, *blocks)

    def _agreed(self) -> tuple[Block, ...]:
        """Return trafilatura's candidate if the main element agrees with it, else the one nearest to the others."""
        extracted = self.cleaned(trafilatura_blocks(self.tree, self.placeholders, self.base_url))
        element = main_element(self.tree)
        if element is not None and _agrees_with_element(extracted, element):
            return extracted
        whole = () if element is None else self.cleaned(all_blocks(element, self.placeholders, self.base_url))
        shingles = [_shingles(extracted), _shingles(whole)]
        if _similarity(*shingles) >= _AGREED and not _is_lump(extracted):
            return with_headings(extracted, whole)
        candidates = [extracted, whole, self._readability()]
        shingles.append(_shingles(candidates[2]))
        votes = [sum(_similarity(mine, others) for others in shingles if others is not mine) for mine in shingles]
        votes = [vote - _LUMP_PENALTY * _is_lump(blocks) for vote, blocks in zip(votes, candidates, strict=True)]
        best = candidates[votes.index(max(votes))]
        return best if best is whole else with_headings(best, whole)

    def _readability(self) -> tuple[Block, ...]:
        return self.cleaned(readability_blocks(self.tree, self.placeholders, self.base_url))

    def _parsed(self, html: str) -> tuple[Block, ...]:
        return self.cleaned(parse_html(html, self.base_url))

    def cleaned(self, blocks: Sequence[Block]) -> tuple[Block, ...]:
        """Return blocks without boilerplate and without what repeats the metadata."""
        return clean_article(blocks, self.metadata.title, self.metadata.byline, self.metadata.titles)


def _main_part(tree: HtmlElement) -> HtmlElement:
    """Return the only ``article``, ``main`` or ``body`` of a page, else the page."""
    for name in ("article", "main", "body"):
        found = list(tree.iter(name))
        if len(found) == 1:
            return found[0]
    return tree


def _size(blocks: Sequence[Block]) -> int:
    return sum(len("".join(article_text([block]).split())) for block in blocks)


def _is_lump(blocks: Sequence[Block]) -> bool:
    """Return whether all text is in one block, as when an extractor gives up and takes the text of everything."""
    size = _size(blocks)
    return size > _SHORT / 2 and max(_size([block]) for block in blocks) > 0.9 * size


def _nearest_to_data(
    best: tuple[Block, ...], data: tuple[Block, ...], other: Callable[[], tuple[Block, ...]]
) -> tuple[Block, ...]:
    """Return the candidate that is nearest to the text in JSON-LD, or that text if none is near.

    ``other`` computes another candidate.
    """
    wanted = _word_shingles(data)
    if wanted.total() < _MIN_DATA_WORDS:
        return best
    recall, precision = _overlap(best, wanted)
    if recall >= 0.8:
        return _trimmed(best, wanted) if recall >= 0.9 and precision < 0.9 else best
    candidates = [(_f1(*_overlap(blocks, wanted)), blocks) for blocks in (best, other())]
    return max([*candidates, (_NEAR_DATA, data)], key=lambda candidate: candidate[0])[1]


def _trimmed(blocks: tuple[Block, ...], wanted: Counter[tuple[str, ...]]) -> tuple[Block, ...]:
    """Return blocks from the first to the last that share words with the wanted text."""
    known = set(wanted)
    index = [i for i, block in enumerate(blocks) if known & set(_word_shingles([block]))]
    return blocks[index[0] : index[-1] + 1] if index else blocks


def _agrees_with_element(blocks: Sequence[Block], element: HtmlElement) -> bool:
    """Return whether a candidate has about the text of an element with all its headings and items."""
    raw = _shingles_of(without_placeholders(" ".join(element.itertext())))
    if _is_lump(blocks) or _similarity(_shingles(blocks), raw) < _AGREED_WITH_ELEMENT:
        return False
    text = "".join(article_text(blocks).split())
    parts = ("".join("".join(part.itertext()).split()) for part in element.iter("h2", "h3", "h4", "h5", "h6", "li"))
    return all(without_placeholders(part) in text for part in parts)


def _shingles(blocks: Sequence[Block]) -> Counter[tuple[str, ...]]:
    """Return four words each, with case and accents, to compare candidates from the same tree."""
    return _shingles_of(article_text(blocks))


def _shingles_of(text: str) -> Counter[tuple[str, ...]]:
    pieces: Sequence[str] = _PIECE.findall(text)
    if len(pieces) * _MAX_MEAN_WORD < len(text):  # a script without blanks between words
        pieces = "".join(pieces)
    if len(pieces) < _SHINGLE:
        return Counter([tuple(pieces)])
    return Counter(zip(pieces, pieces[1:], pieces[2:], pieces[3:], strict=False))


def _word_shingles(blocks: Sequence[Block]) -> Counter[tuple[str, ...]]:
    """Return four words each, as the search index has them, to compare texts from different sources."""
    found = words(article_text(blocks))
    return Counter(tuple(found[index : index + _SHINGLE]) for index in range(max(1, len(found) - _SHINGLE + 1)))


def _overlap(blocks: Sequence[Block], wanted: Counter[tuple[str, ...]]) -> tuple[float, float]:
    """Return the recall and the precision of blocks against the wanted shingles."""
    have = _word_shingles(blocks)
    both = (have & wanted).total()
    return both / max(1, wanted.total()), both / max(1, have.total())


def _similarity(one: Counter[tuple[str, ...]], other: Counter[tuple[str, ...]]) -> float:
    """Return the similarity of two texts: the F1 of their shingles."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


def _f1(recall: float, precision: float) -> float:
    return 2 * recall * precision / (recall + precision) if recall + precision else 0.0
