"""A web page -> its article.

trafilatura chooses the texts of the article, in its fast mode. Where that is less than half of the running text of the
page, readability is asked, and believed if it has the same texts and more. What they chose, with what belongs between,
becomes blocks; boilerplate is removed from these. JSON-LD and script data serve only pages that have little text in
themselves.

Importing the libraries takes a third of a second, a page tens of milliseconds. The libraries are not made for hostile
pages, so this runs in a worker process that can be killed.
"""

from __future__ import annotations

import re
from copy import deepcopy
from html import escape
from typing import TYPE_CHECKING

from reader.content.blocks import Block
from reader.content.html.builder import parse_html
from reader.content.html.links import WEB, resolve_link
from reader.content.page import Extract
from reader.core.tokenize import words
from reader.extraction.article_tree import article_tree, drop_noise, reduce, standfirst
from reader.extraction.cleanup import article_text, clean_article
from reader.extraction.extractors import (
    ENTRY,
    LINE_BREAK,
    MARKS,
    NOTE,
    chosen_by_readability,
    chosen_by_trafilatura,
    chosen_size,
    mark_texts,
    marks_in,
)
from reader.extraction.footnotes import mark_notes
from reader.extraction.json_ld import article_body, as_html, script_text
from reader.extraction.markup import open_page, simplify
from reader.extraction.metadata import Metadata, base_url_of, read_metadata
from reader.extraction.page_tree import ParsedPage, prose_size, read_page, size_of
from reader.extraction.threads import mark_entries

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_ELEMENTS = 15_000
"""Elements of a page for the libraries, whose time grows faster than its size; a larger page is not given to them."""
MAX_TEXT = 600_000
"""Characters of text of a page for the libraries."""
MAX_IN_PARAGRAPH = 1_000
"""Elements of a ``p`` for the libraries, whose time grows with their square; a larger one is made a ``div``."""
MIN_WORDS = 8
"""A text with fewer words is not an article."""

_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_FEW_WORDS = 100
"""A page with fewer may have its text in data only."""


def extract(source: bytes | str, url: str = "", charset: str = "") -> Extract | None:
    """Return the article of a page, or None if it has none.

    ``source`` is HTML, XHTML or plain text; :func:`reader.extraction.page_tree.decode` decodes bytes. Relative URLs
    are resolved against ``url``, that of the page. Pure; never raises.
    """
    return extract_page(read_page(source, charset), url)


def extract_page(page: ParsedPage, url: str = "") -> Extract | None:
    """Return the article of a page that is read already; its tree keeps what a reader of the page sees."""
    if page.tree is None:
        return _article(_plain(page.text), Metadata())
    tree, page.tree = page.tree, deepcopy(page.tree)
    alive = list(tree.iter())  # lxml makes an object for an element each time it is met and none is alive
    base_url = base_url_of(tree, page.head, resolve_link(url, "", WEB))
    metadata = read_metadata(tree, page.head, base_url)
    data = (as_html(article_body(page.head.objects)), script_text(tree))
    article = _article(_from_markup(tree, base_url, metadata), metadata)
    del alive
    # lxml drops what is nested too deep; parse_html has no such limit, but takes the whole page for the article.
    for html in filter(None, (*data, "" if page.is_whole else page.text)):
        size = article.words if article else 0
        if size < _FEW_WORDS:
            other = _article(_cleaned(parse_html(html, base_url), metadata), metadata)
            article = other if other and other.words > 2 * size else article
    return article


def _article(blocks: tuple[Block, ...], metadata: Metadata) -> Extract | None:
    """Return an article with its metadata; None if its text is too short to be one."""
    size = len(words(article_text(blocks)))
    if size < MIN_WORDS:
        return None
    return Extract(blocks, size, metadata.title, metadata.byline, metadata.published_at, metadata.site, metadata.image)


def _plain(text: str) -> tuple[Block, ...]:
    """Return plain text as paragraphs, which blank lines separate."""
    return parse_html("".join(f"<p>{escape(part)}</p>" for part in _BLANK_LINE.split(text)))


def _from_markup(tree: HtmlElement, base_url: str, metadata: Metadata) -> tuple[Block, ...]:
    """Return the article in the markup of a page; changes the tree."""
    open_page(tree)
    if sum(1 for _ in tree.iter()) > MAX_ELEMENTS or size_of(tree) > MAX_TEXT:
        box = _main_part(tree)
        drop_noise(box)
        return _cleaned(_blocks(box, base_url), metadata)
    for paragraph in tree.iter("p"):
        if sum(1 for _ in paragraph.iter()) > MAX_IN_PARAGRAPH:
            paragraph.tag = "div"
    mark_texts(tree)
    chosen = _chosen(tree)
    is_thread = mark_entries(tree, chosen)
    chosen |= {ENTRY, NOTE}
    if not marks_in(tree) & chosen:
        return ()
    chosen |= standfirst(tree, chosen)
    mark_notes(tree, chosen)
    box = article_tree(tree, chosen)
    simplify(box)
    reduce(box, chosen)
    return _cleaned(_blocks(box, base_url), metadata, is_thread=is_thread)


def _chosen(tree: HtmlElement) -> set[str]:
    """Return the marks of the article's texts; leaves the tree unchanged."""
    chosen = chosen_by_trafilatura(tree)
    size = chosen_size(tree, chosen)
    if 2 * size >= prose_size(tree):
        return chosen
    other = chosen_by_readability(tree)
    if not chosen:
        return other
    completes = 2 * chosen_size(tree, chosen & other) > size and 2 * chosen_size(tree, other) > 3 * size
    return other if completes else chosen


def _blocks(box: HtmlElement, base_url: str) -> tuple[Block, ...]:
    """Return a tree as blocks."""
    from lxml.etree import tostring

    html = tostring(box, encoding="unicode", method="html", with_tail=False)
    return parse_html(MARKS.sub("", html.replace(LINE_BREAK, "<br>")), base_url)


def _cleaned(blocks: tuple[Block, ...], metadata: Metadata, *, is_thread: bool = False) -> tuple[Block, ...]:
    """Return blocks without boilerplate and without what repeats the metadata."""
    return clean_article(blocks, metadata.title, None if is_thread else metadata.byline, metadata.titles)


def _main_part(tree: HtmlElement) -> HtmlElement:
    """Return the only ``article``, ``main`` or ``body`` of a page, else the page."""
    found = (list(tree.iter(name)) for name in ("article", "main", "body"))
    return next((each[0] for each in found if len(each) == 1), tree)
