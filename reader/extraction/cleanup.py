"""Remove boilerplate that is left in an extracted article, block by block. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise

from reader.content.blocks import (
    Block,
    CodeBlock,
    Figure,
    Heading,
    ListBlock,
    Paragraph,
    Quote,
    Rule,
    Span,
    Table,
    leaves,
    spans_text,
)
from reader.core.text import clean
from reader.extraction import boilerplate
from reader.extraction.boilerplate import is_boilerplate_heading, letters

_ABOUT = re.compile(r",? (?:is|was|writes|works|covers|reports|lives|has (?:been|worked|written)|joined|teaches)\b")
_ENDING = 3
"""Blocks at the end that may be about the author."""
_MAX_QUOTES = 50
"""Quotes that are checked for repeating the text."""
_LONG = 5
"""Paragraphs of a long text."""
_MAX_LABEL = 60
"""Maximum characters of a paragraph that may introduce what follows, as a heading does."""
_NEAR = 8
"""Blocks at the start that may repeat title, byline and date."""


def clean_article(
    blocks: Sequence[Block], title: str = "", byline: str = "", other_titles: Iterable[str] = ()
) -> tuple[Block, ...]:
    """Return an article without boilerplate, and without repetitions of its title, byline and date."""
    remaining = [block for above, block in pairwise([Rule(), *blocks]) if not _is_boilerplate(block, above)]
    remaining = _without_opening(remaining, {letters(name) for name in (title, *other_titles) if name}, byline)
    remaining = _without_teasers(_without_other_articles(remaining))
    remaining = _without_repeats(_without_bio(remaining, byline))
    while remaining and isinstance(remaining[-1], Heading | Rule):
        remaining.pop()
    # Without the rules at the start, and with one of several in a row.
    pairs = pairwise([Rule(), *remaining])
    return tuple(block for before, block in pairs if not (isinstance(block, Rule) and isinstance(before, Rule)))


def solid(text: str) -> str:
    """Return a text without blanks, to compare the results of two extractors."""
    return "".join(text.split())


def text_of_block(block: Block) -> str:
    """Return the text of a block without images and embeds."""
    return "\n".join(line for part in leaves([block]) for line in _lines(part))


def _lines(block: Block) -> Iterable[str]:
    match block:
        case Heading(spans=spans) | Paragraph(spans=spans):
            return [spans_text(spans)]
        case CodeBlock(text=text):
            return [text]
        case Table(header=header, rows=rows):
            return ["\t".join(map(spans_text, row)).strip() for row in (header, *rows) if row]
    return []


def article_text(blocks: Iterable[Block]) -> str:
    """Return the text of an article without captions, alternative texts and URLs."""
    return "\n\n".join(filter(None, map(text_of_block, blocks)))


def linked_share(block: Block) -> float:
    """Return the share of a block's text that is inside links, from 0 to 1."""
    spans = [span for part in leaves([block]) for span in _spans(part)]
    total = sum(len(span.text.strip()) for span in spans)
    return sum(len(span.text.strip()) for span in spans if span.href) / total if total else 0.0


def _spans(block: Block) -> Iterable[Span]:
    match block:
        case Heading(spans=spans) | Paragraph(spans=spans):
            return spans
        case Table(header=header, rows=rows):
            return chain(*header, *chain(*rows))
    return []


# --- single blocks ------------------------------------------------------------------------------


def _is_boilerplate(block: Block, above: Block) -> bool:
    """Return whether a block is a line that pages insert into articles, or a list of such lines.

    A text that ends with a colon announces what stands below it, whatever that looks like.
    """
    match block:
        case Paragraph(spans=spans) | Heading(spans=spans):
            text = spans_text(spans).strip()
            return not text or boilerplate.is_boilerplate_line(text) or _is_read_more(block, text)
        case ListBlock(items=items) if not _announces(above):
            return all(_is_boilerplate(part, Rule()) for item in items for part in item)
    return False


def _announces(block: Block) -> bool:
    return isinstance(block, Paragraph) and text_of_block(block).rstrip().endswith((":", "："))


def _is_read_more(block: Block, text: str) -> bool:
    """Return whether a paragraph is a link to another article behind a label and a colon."""
    before, colon, _ = text.partition(":")
    is_short = len(before) < 24 and len(text) < 200
    return bool(colon) and is_short and linked_share(block) > 0.75 and is_boilerplate_heading(before)


def _without_opening(blocks: list[Block], titles: set[str], byline: str) -> list[Block]:
    """Return blocks without the title, byline and date at the start. A heading with a date is that of a section."""
    names = letters(byline)

    def repeats(block: Block) -> bool:
        if isinstance(block, CodeBlock | Table):
            return False
        if isinstance(block, Heading):
            return letters(text_of_block(block)) in titles
        lines = text_of_block(block).split("\n")
        return any(lines) and all(_repeats_metadata(line, titles, names) for line in lines)

    return [*(block for block in blocks[:_NEAR] if not repeats(block)), *blocks[_NEAR:]]


def _repeats_metadata(line: str, titles: set[str], names: str) -> bool:
    """Return whether a line repeats a title, or is a byline or a date."""
    text = clean(line)
    key = letters(text)
    if not key or key in titles or boilerplate.is_date(text) or boilerplate.is_byline(text):
        return True
    if not names or len(text) > 160:
        return False
    with_date = names in key and len(key) < len(names) + 50 and boilerplate.has_date(text)
    return with_date or letters(boilerplate.without_by(text)) == names


# --- what follows the article ---------------------------------------------------------------------


def _without_other_articles(blocks: list[Block]) -> list[Block]:
    """Return blocks without lists of other articles: a heading that announces them and the links below it."""
    remaining: list[Block] = []
    dropped: list[Block] = []
    for block in blocks:
        text = text_of_block(block)
        is_short = isinstance(block, Paragraph) and len(text) < _MAX_LABEL
        if isinstance(block, Heading) or (is_short and is_boilerplate_heading(text)):
            dropped = [block] if is_boilerplate_heading(text) else []
        elif dropped and len(text) >= 80 and linked_share(block) <= 0.5:
            # Running text after such a heading belongs to the article, and the heading was a real one.
            remaining += dropped if len(dropped) == 1 and isinstance(dropped[0], Heading) else []
            dropped = []
        elif dropped:
            dropped.append(block)
        if not dropped:
            remaining.append(block)
    while remaining and _is_link_list(remaining[-1]) and not (len(remaining) > 1 and _announces(remaining[-2])):
        remaining.pop()
    return remaining


def _without_teasers(blocks: list[Block]) -> list[Block]:
    """Return blocks without linked headlines of other articles between the paragraphs of a long text."""
    is_text = [isinstance(b, Paragraph) and len(text_of_block(b)) > 80 and linked_share(b) < 0.5 for b in blocks]
    if sum(is_text) < _LONG:
        return blocks
    neighbors = zip([False, *is_text], blocks, [*is_text[1:], False], strict=False)
    return [block for before, block, after in neighbors if not (before and after and _is_headline(block))]


def _is_headline(block: Block) -> bool:
    if not isinstance(block, Paragraph) or linked_share(block) < 1.0:
        return False
    text = text_of_block(block)
    return 5 <= len(text.split()) <= 25 and not text.endswith((".", "!", ":", "…"))


def _without_bio(blocks: list[Block], byline: str) -> list[Block]:
    """Return blocks without a sentence about the author at the end."""
    name = byline.partition(",")[0].strip()
    if len(name.split()) < 2:
        return blocks
    return blocks[:-_ENDING] + [block for block in blocks[-_ENDING:] if not _is_bio(block, name)]


def _is_bio(block: Block, name: str) -> bool:
    text = clean(text_of_block(block)) if isinstance(block, Paragraph) else ""
    return text.startswith(name) and len(text) < 500 and bool(_ABOUT.match(text[len(name) :]))


def _is_link_list(block: Block) -> bool:
    if isinstance(block, ListBlock):
        return len(block.items) > 1 and linked_share(block) > 0.9
    is_links = isinstance(block, Paragraph) and linked_share(block) > 0.95
    return is_links and not text_of_block(block).endswith((".", "!", "?", "。"))


def _without_repeats(blocks: list[Block]) -> list[Block]:
    """Return blocks without pull quotes, repeated images, and blocks that say the same as the one before."""
    text = "\n".join(solid(text_of_block(block)) for block in blocks if isinstance(block, Paragraph))
    seen: set[str] = set()
    remaining: list[Block] = []
    before, quotes = "", 0
    for block in blocks:
        key = solid(text_of_block(block))
        quotes += isinstance(block, Quote)
        if isinstance(block, Quote) and quotes <= _MAX_QUOTES and len(key) > 30 and key in text:
            continue
        if isinstance(block, Figure):
            if block.url in seen:
                continue
            seen.add(block.url)
        elif len(key) > 60 and key == before:
            continue
        before = key or before
        remaining.append(block)
    return remaining
