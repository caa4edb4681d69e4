"""Remove boilerplate that is left in an extracted article, block by block. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from reader.content.blocks import (
    Block,
    CodeBlock,
    Embed,
    Figure,
    Heading,
    ListBlock,
    Paragraph,
    Quote,
    Rule,
    Spans,
    Table,
    spans_text,
)
from reader.core.text import clean
from reader.extraction.boilerplate import (
    has_date,
    is_boilerplate_heading,
    is_boilerplate_line,
    is_byline,
    is_date,
    without_by,
)

_LETTERS = re.compile(r"[\W_]+")
_ABOUT = re.compile(r",? (?:is|was|writes|works|covers|reports|lives|has (?:been|worked|written)|joined|teaches)\b")
_ENDING = 3
"""Blocks at the end that may be about the author."""
_MAX_QUOTES = 50
"""Quotes that are checked for repeating the text."""
_LONG = 5
"""Paragraphs of a long text."""
_NEAR = 8
"""Blocks at the start that may repeat title, byline and date."""


def clean_article(
    blocks: Sequence[Block], title: str = "", byline: str = "", other_titles: Iterable[str] = ()
) -> tuple[Block, ...]:
    """Return an article without boilerplate, and without repetitions of its title, byline and date."""
    remaining = [cleaned for block in blocks if (cleaned := _cleaned(block)) is not None]
    remaining = _without_opening(remaining, {_key(name) for name in (title, *other_titles) if name}, byline)
    remaining = _without_teasers(_without_other_articles(remaining))
    remaining = _without_repeats(_without_bio(remaining, byline))
    while remaining and isinstance(remaining[-1], Heading | Rule):
        remaining.pop()
    while remaining and isinstance(remaining[0], Rule):
        remaining.pop(0)
    return tuple(
        b for index, b in enumerate(remaining) if not (isinstance(b, Rule) and isinstance(remaining[index - 1], Rule))
    )


def _key(text: str) -> str:
    """Return a line without case, blanks and punctuation, for comparison."""
    return _LETTERS.sub("", text.casefold())


def _solid(text: str) -> str:
    """Return a text without blanks, to compare the results of two extractors."""
    return "".join(text.split())


def text_of_block(block: Block) -> str:
    """Return the text of a block without images and embeds."""
    return "\n".join(_words(block))


def _words(block: Block) -> list[str]:
    match block:
        case Heading(spans=spans) | Paragraph(spans=spans):
            return [spans_text(spans)]
        case Quote(blocks=inner):
            return [line for part in inner for line in _words(part)]
        case ListBlock(items=items):
            return [line for item in items for part in item for line in _words(part)]
        case CodeBlock(text=text):
            return [text]
        case Table(header=header, rows=rows):
            return ["\t".join(map(spans_text, row)).strip() for row in (header, *rows) if row]
        case Figure() | Embed() | Rule():
            return []


def article_text(blocks: Iterable[Block]) -> str:
    """Return the text of an article without captions, alternative texts and addresses."""
    return "\n\n".join(filter(None, map(text_of_block, blocks)))


def linked_share(block: Block) -> float:
    """Return the share of a block's text that is inside links, from 0 to 1."""
    spans = list(_spans(block))
    total = sum(len(span.text.strip()) for span in spans)
    return sum(len(span.text.strip()) for span in spans if span.href) / total if total else 0.0


def _spans(block: Block) -> Spans:
    match block:
        case Heading(spans=spans) | Paragraph(spans=spans):
            return spans
        case Quote(blocks=inner):
            return tuple(span for part in inner for span in _spans(part))
        case ListBlock(items=items):
            return tuple(span for item in items for part in item for span in _spans(part))
        case Table(header=header, rows=rows):
            return tuple(span for row in (header, *rows) for cell in row for span in cell)
    return ()


# --- single blocks ------------------------------------------------------------------------------


def _cleaned(block: Block) -> Block | None:
    """Return a block without boilerplate lines, or None if nothing is left."""
    match block:
        case Paragraph(spans=spans) | Heading(spans=spans):
            text = spans_text(spans).strip()
            return None if not text or is_boilerplate_line(text) or _is_read_more(block, text) else block
        case ListBlock(items=items):
            remaining = [tuple(part for part in map(_cleaned, item) if part is not None) for item in items]
            return replace(block, items=tuple(filter(None, remaining))) if any(remaining) else None
    return block


def _is_read_more(block: Block, text: str) -> bool:
    """Return whether a paragraph is a link to another article behind a label and a colon."""
    before, colon, _ = text.partition(":")
    return (
        bool(colon)
        and len(before) < 24
        and len(text) < 200
        and linked_share(block) > 0.75
        and bool(is_boilerplate_heading(before))
    )


def _without_opening(blocks: list[Block], titles: set[str], byline: str) -> list[Block]:
    """Return blocks without the title, byline and date at the start."""
    names = _key(byline)
    remaining: list[Block] = []
    for index, block in enumerate(blocks):
        lines = text_of_block(block).split("\n") if index < _NEAR and not isinstance(block, CodeBlock | Table) else []
        if any(lines) and all(_repeats_metadata(line, titles, names) for line in lines):
            continue
        remaining.append(block)
    return remaining


def _repeats_metadata(line: str, titles: set[str], names: str) -> bool:
    """Return whether a line repeats a title, or is a byline or a date."""
    text = clean(line)
    key = _key(text)
    if not key or key in titles or is_date(text) or is_byline(text):
        return True
    if not names or len(text) > 160:
        return False
    with_date = names in key and len(key) < len(names) + 50 and has_date(text)
    return with_date or _key(without_by(text)) == names


# --- what follows the article ---------------------------------------------------------------------


def _without_other_articles(blocks: list[Block]) -> list[Block]:
    """Return blocks without lists of other articles: a heading that announces them and the links below it."""
    remaining: list[Block] = []
    dropping = False
    for block in blocks:
        if isinstance(block, Heading) or _is_label(block):
            dropping = is_boilerplate_heading(text_of_block(block))
            if dropping:
                continue
        elif dropping:
            # Running text after such a heading belongs to the article: the heading was a real one.
            if linked_share(block) > 0.5 or isinstance(block, Figure | Embed | Rule) or len(text_of_block(block)) < 80:
                continue
            dropping = False
        remaining.append(block)
    while remaining and _is_link_list(remaining[-1]):
        remaining.pop()
    return remaining


def _without_teasers(blocks: list[Block]) -> list[Block]:
    """Return blocks without linked headlines of other articles between the paragraphs of a long text."""
    is_text = [isinstance(b, Paragraph) and len(text_of_block(b)) > 80 and linked_share(b) < 0.5 for b in blocks]
    if sum(is_text) < _LONG:
        return blocks
    remaining = blocks[:1]
    for index in range(1, len(blocks)):
        between = is_text[index - 1] and index + 1 < len(blocks) and is_text[index + 1]
        if not (between and _is_headline(blocks[index])):
            remaining.append(blocks[index])
    return remaining


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
    last = blocks[-_ENDING:]
    remaining = [block for block in last if not _is_bio(block, name)]
    return blocks[: len(blocks) - len(last)] + remaining


def _is_bio(block: Block, name: str) -> bool:
    text = clean(text_of_block(block)) if isinstance(block, Paragraph) else ""
    return text.startswith(name) and len(text) < 500 and bool(_ABOUT.match(text[len(name) :]))


def _is_label(block: Block) -> bool:
    return (
        isinstance(block, Paragraph)
        and len(spans_text(block.spans)) < 60
        and is_boilerplate_heading(spans_text(block.spans))
    )


def _is_link_list(block: Block) -> bool:
    if isinstance(block, ListBlock):
        return len(block.items) > 1 and linked_share(block) > 0.9
    return (
        isinstance(block, Paragraph)
        and linked_share(block) > 0.95
        and not text_of_block(block).endswith((".", "!", "?", "。"))
    )


def _without_repeats(blocks: list[Block]) -> list[Block]:
    """Return blocks without repeated long ones and images, and without pull quotes."""
    text = "\n".join(_solid(text_of_block(block)) for block in blocks if isinstance(block, Paragraph))
    pulled = {
        index
        for index, block in [(index, block) for index, block in enumerate(blocks) if isinstance(block, Quote)][
            :_MAX_QUOTES
        ]
        if len(key := _solid(text_of_block(block))) > 30 and key in text
    }
    blocks = [block for index, block in enumerate(blocks) if index not in pulled]
    seen: set[str] = set()
    remaining: list[Block] = []
    for block in blocks:
        key = block.url if isinstance(block, Figure) else _solid(text_of_block(block))
        if key and (len(key) > 60 or isinstance(block, Figure)) and not isinstance(block, CodeBlock | Table):
            if key in seen:
                continue
            seen.add(key)
        remaining.append(block)
    return remaining


# --- two candidates combined ----------------------------------------------------------------------


def with_headings(blocks: Sequence[Block], others: Sequence[Block]) -> tuple[Block, ...]:
    """Return ``blocks`` with missing headings, lists, tables and code from ``others``, another form of the same text.

    Each is inserted before the block that it precedes in ``others``. Extractors lose such blocks more often than they
    invent them.
    """
    whole = _solid(article_text(blocks))
    places = {_solid(text_of_block(block)): index for index, block in reversed(list(enumerate(blocks)))}
    places.pop("", None)  # of images and rules
    missing: dict[int, list[Block]] = {}
    waiting: list[Block] = []
    for other in others:
        key = _solid(text_of_block(other))
        if key in places:
            if waiting:
                missing.setdefault(places[key], []).extend(waiting)
            waiting = []
        elif key and key in whole:
            waiting = []
        elif isinstance(other, Heading) or (
            isinstance(other, CodeBlock | ListBlock | Table) and linked_share(other) < 0.5
        ):
            waiting.append(other)
    if not missing:
        return tuple(blocks)
    return tuple(part for index, block in enumerate(blocks) for part in (*missing.get(index, []), block))
