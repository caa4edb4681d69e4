"""A web page -> its article.

Several candidates compete: trafilatura in its fast mode; all text of the main element; readability, if those two
differ; and the text in the page's own JSON-LD, against which they are measured. Each is taken as it is, except for
boilerplate, which is removed: nothing is cut to another candidate or inserted from one.

Importing the libraries takes a third of a second, a page tens of milliseconds. The libraries are not made for hostile
pages, so this runs in a worker process that can be killed.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reader.content.blocks import Block, Heading, Paragraph, Span
from reader.content.html.builder import MAX_BLOCKS, cut_notice, parse_html
from reader.content.html.inline import paragraphs
from reader.content.html.links import WEB, resolve_link
from reader.content.page import Extract
from reader.core.tokenize import words
from reader.extraction.cleanup import article_text, clean_article, linked_share, solid, text_of_block
from reader.extraction.content_markers import Placeholders, without_placeholders
from reader.extraction.extractors import all_blocks, readability_blocks, trafilatura_blocks
from reader.extraction.json_ld import as_html, script_text, structured_data
from reader.extraction.main_element import main_element
from reader.extraction.metadata import Metadata, base_url_of, read_metadata
from reader.extraction.page_tree import MAX_CHARACTERS, decode, parse, size_of
from reader.extraction.prune import prepare

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_ELEMENTS = 15_000
"""Elements of a page for the extractors, whose time grows faster than its size; a larger page is not extracted."""
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
_SHORT_LINE = 60
"""Maximum characters, without blanks, of a line that may stand between paragraphs, such as a heading or a time."""
_SNIFFED = 1_000
"""Bytes that are checked for binary data."""
_SHINGLE = 4
_MAX_MEAN_WORD = 16
"""Mean characters of a word in scripts with blanks between words."""
_MIN_DATA_WORDS = 60
"""Words of a text in JSON-LD; a shorter one is a summary."""
_RECALL_OF_DATA = 0.8
"""The share of the JSON-LD text that a candidate must have to need no other."""
_NEAR_DATA = 0.75
"""The similarity (F1) to the JSON-LD text at which a candidate is preferred to that text."""


def extract(source: bytes | str, url: str = "", charset: str = "") -> Extract | None:
    """Return the article of a page, or None if it has none.

    ``source`` is HTML, XHTML or plain text; :func:`reader.extraction.page_tree.decode` decodes bytes. Relative URLs
    are resolved against ``url``, that of the page. Pure; never raises.
    """
    if isinstance(source, bytes) and b"\0" in source[:_SNIFFED] and not source.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return None  # an image, a PDF or a program: of texts, only UTF-16, which starts with its BOM, has NULs
    text = decode(source, charset)[:MAX_CHARACTERS]
    if not _TAG.search(text):
        return _with_metadata(_plain(text), Metadata())
    parsed = parse(text)
    if parsed is None:
        return None
    tree = parsed.tree
    base_url = base_url_of(tree, resolve_link(url, "", WEB))
    data = structured_data(tree)
    metadata = read_metadata(tree, data, base_url)
    from_scripts = script_text(tree)
    page = _Page(tree, prepare(tree, base_url), base_url, metadata)
    article = _with_metadata(page.best(data.body, from_scripts), metadata)
    if article is None and not parsed.is_whole:
        # Nested too deep for lxml. parse_html has no such limit, but takes the whole page for the article.
        article = _with_metadata(page.cleaned(parse_html(text, base_url)), metadata)
    return article


def _with_metadata(blocks: tuple[Block, ...], metadata: Metadata) -> Extract | None:
    """Return an article with its metadata; None if its text is too short to be one."""
    size = len(words(article_text(blocks)))
    if size < MIN_WORDS:
        return None
    found = metadata
    return Extract(blocks, size, found.title, found.byline, found.published_at, found.site, found.image)


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
        return best

    def _agreed(self) -> tuple[Block, ...]:
        """Return trafilatura's candidate if the main element agrees with it, else the one nearest to the others."""
        extracted = self.cleaned(trafilatura_blocks(self.tree, self.placeholders, self.base_url))
        element = main_element(self.tree)
        if element is not None and _agrees_with_element(extracted, element):
            return extracted
        whole = () if element is None else self.cleaned(all_blocks(element, self.placeholders, self.base_url))
        if _completes(whole, extracted):
            return whole
        shingles = [_shingles(extracted), _shingles(whole)]
        if _similarity(*shingles) >= _AGREED:
            return whole if _is_lump(extracted) else extracted
        candidates = [extracted, whole, self._readability()]
        shingles.append(_shingles(candidates[2]))
        votes = [sum(_similarity(mine, others) for others in shingles if others is not mine) for mine in shingles]
        # Of equally similar candidates, the longer one.
        return max(zip(votes, map(_size, candidates), candidates, strict=True), key=lambda voted: voted[:2])[2]

    def _readability(self) -> tuple[Block, ...]:
        return self.cleaned(readability_blocks(self.tree, self.placeholders, self.base_url))

    def _parsed(self, html: str) -> tuple[Block, ...]:
        return self.cleaned(parse_html(html, self.base_url))

    def cleaned(self, blocks: Sequence[Block]) -> tuple[Block, ...]:
        """Return blocks without boilerplate and without what repeats the metadata."""
        return clean_article(blocks, self.metadata.title, self.metadata.byline, self.metadata.titles)


def _main_part(tree: HtmlElement) -> HtmlElement:
    """Return the only ``article``, ``main`` or ``body`` of a page, else the page."""
    found = (list(tree.iter(name)) for name in ("article", "main", "body"))
    return next((each[0] for each in found if len(each) == 1), tree)


def _size(blocks: Sequence[Block]) -> int:
    return sum(len(solid(text_of_block(block))) for block in blocks)


def _is_lump(blocks: Sequence[Block]) -> bool:
    """Return whether all text is in one block, as when an extractor gives up and takes the text of everything."""
    size = _size(blocks)
    return size > _SHORT / 2 and max(_size([block]) for block in blocks) > 0.9 * size


def _completes(whole: Sequence[Block], extracted: Sequence[Block]) -> bool:
    """Return whether a candidate is another with nothing but short lines added, such as headings and times.

    A heading that is linked, or not right above text of the other, may be the headline of another article.
    """
    known = solid(article_text(extracted))
    position = 0
    is_above = False  # the previous line is an added heading
    for block in whole:
        line = solid(text_of_block(block))
        if known.startswith(line, position):
            position += len(line)
            is_above = is_above and not line
        elif is_above or len(line) > _SHORT_LINE or linked_share(block) >= 0.5:
            return False
        else:
            is_above = isinstance(block, Heading)
    return 0 < position == len(known) and not is_above


def _nearest_to_data(
    best: tuple[Block, ...], data: tuple[Block, ...], other: Callable[[], tuple[Block, ...]]
) -> tuple[Block, ...]:
    """Return the candidate that is nearest to the text in JSON-LD, or that text if none is near.

    ``other`` computes another candidate.
    """
    wanted, have = _word_shingles(data), _word_shingles(best)
    if wanted.total() < _MIN_DATA_WORDS or (have & wanted).total() / wanted.total() >= _RECALL_OF_DATA:
        return best
    candidates = [(_similarity(_word_shingles(blocks), wanted), blocks) for blocks in (best, other())]
    return max([*candidates, (_NEAR_DATA, data)], key=lambda candidate: candidate[0])[1]


def _agrees_with_element(blocks: Sequence[Block], element: HtmlElement) -> bool:
    """Return whether a candidate has about the text of an element with all its headings and items."""
    raw = _shingles_of(without_placeholders(" ".join(element.itertext())))
    if _is_lump(blocks) or _similarity(_shingles(blocks), raw) < _AGREED_WITH_ELEMENT:
        return False
    text = solid(article_text(blocks))
    parts = (solid("".join(part.itertext())) for part in element.iter("h2", "h3", "h4", "h5", "h6", "li"))
    return all(without_placeholders(part) in text for part in parts)


def _shingles(blocks: Sequence[Block]) -> Counter[tuple[str, ...]]:
    """Return four words each, with case and accents, to compare candidates from the same tree."""
    return _shingles_of(article_text(blocks))


def _shingles_of(text: str) -> Counter[tuple[str, ...]]:
    pieces: Sequence[str] = _PIECE.findall(text)
    if len(pieces) * _MAX_MEAN_WORD < len(text):  # a script without blanks between words
        pieces = "".join(pieces)
    return _runs(pieces)


def _word_shingles(blocks: Sequence[Block]) -> Counter[tuple[str, ...]]:
    """Return four words each, as the search index has them, to compare texts from different sources."""
    return _runs(words(article_text(blocks)))


def _runs(pieces: Sequence[str]) -> Counter[tuple[str, ...]]:
    if len(pieces) < _SHINGLE:
        return Counter([tuple(pieces)])
    return Counter(zip(*(pieces[start:] for start in range(_SHINGLE)), strict=False))


def _similarity(one: Counter[tuple[str, ...]], other: Counter[tuple[str, ...]]) -> float:
    """Return the similarity of two texts: the F1 of their shingles."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0
