"""Remove boilerplate that is left in an extracted article, block by block. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import dropwhile, pairwise

from reader.content.blocks import (
    Block,
    Embed,
    Figure,
    Heading,
    ListBlock,
    Paragraph,
    Rule,
    leaves,
    links,
    plain_text,
    spans_text,
)
from reader.core.text import clean
from reader.extraction.boilerplate import find_date, is_line, letters, without_by

_LONG = 5
"""Paragraphs of a long text."""
_NEAR = 8
"""Blocks at the start that may repeat title, byline and date."""


def clean_article(
    blocks: Sequence[Block], title: str = "", byline: str | None = "", other_titles: Iterable[str] = ()
) -> tuple[Block, ...]:
    """Return an article without boilerplate, and without repetitions of its title, byline and date.

    ``byline`` is None for a thread: author and date of its first entry stay.
    """
    remaining = [block for block in blocks if not _is_boilerplate(block)]
    remaining = _without_opening(remaining, {letters(name) for name in (title, *other_titles) if name}, byline)
    remaining = _without_teasers(_without_other_articles(remaining))
    while remaining and isinstance(remaining[-1], Heading | Rule):
        remaining.pop()
    # Without the rules at the start, and with one of several in a row.
    pairs = pairwise([Rule(), *_without_repeated_images(remaining)])
    return tuple(block for before, block in pairs if not (isinstance(block, Rule) and isinstance(before, Rule)))


def article_text(blocks: Iterable[Block]) -> str:
    """Return the text of an article without captions, alternative texts and URLs."""
    return plain_text(_texts(blocks))


def solid(text: str) -> str:
    """Return a text without blanks, to compare sizes and texts."""
    return "".join(text.split())


def linked_share(block: Block) -> float:
    """Return the share of a block's text that is inside links, from 0 to 1."""
    text = solid(article_text([block]))
    return len(solid("".join(text for text, _ in links(_texts([block]))))) / len(text) if text else 0.0


def _texts(blocks: Iterable[Block]) -> list[Block]:
    return [block for block in leaves(blocks) if not isinstance(block, Figure | Embed)]


# --- single blocks ------------------------------------------------------------------------------


def _is_boilerplate(block: Block) -> bool:
    """Return whether a block is a line that pages insert into articles."""
    if not isinstance(block, Paragraph | Heading):
        return False
    text = spans_text(block.spans).strip()
    return not text or is_line(text, "boilerplate")


def _announces(block: Block) -> bool:
    return isinstance(block, Paragraph) and article_text([block]).rstrip().endswith((":", "："))


def _without_opening(blocks: list[Block], titles: set[str], byline: str | None) -> list[Block]:
    """Return blocks without the title, byline and date at the start. A heading with a date is that of a section."""
    names = None if byline is None else letters(byline)

    def repeats(block: Block) -> bool:
        if isinstance(block, Heading):
            return letters(article_text([block])) in titles
        lines = article_text([block]).split("\n")
        return any(lines) and all(_repeats_metadata(line, titles, names) for line in lines)

    return [*(block for block in blocks[:_NEAR] if not repeats(block)), *blocks[_NEAR:]]


def _repeats_metadata(line: str, titles: set[str], names: str | None) -> bool:
    """Return whether a line repeats a title, or is a byline or a date."""
    text = clean(line)
    key = letters(text)
    if not key or key in titles:
        return True
    if names is not None and (is_line(text, "date") or is_line(text, "byline")):
        return True
    if not names or len(text) > 160:
        return False
    with_date = names in key and len(key) < len(names) + 50 and find_date(text) is not None
    return with_date or letters(without_by(text)) == names


# --- what follows the article ---------------------------------------------------------------------


def _without_other_articles(blocks: list[Block]) -> list[Block]:
    """Return blocks without lists of other articles: a heading that announces them and the links below it."""
    sections: list[list[Block]] = [[]]
    for block in blocks:
        if isinstance(block, Heading) or _announces_others(block):
            sections.append([])
        sections[-1].append(block)
    remaining = [block for section in sections for block in _without_links(section)]
    while remaining and _is_link_list(remaining[-1]) and not (len(remaining) > 1 and _announces(remaining[-2])):
        remaining.pop()
    return remaining


def _without_links(section: list[Block]) -> list[Block]:
    """Return what is not about other articles: the text behind links, and a heading right above text."""
    if not section or not _announces_others(section[0]):
        return section
    rest = list(dropwhile(lambda block: not _is_text(block), section[1:]))
    return section if rest and len(rest) == len(section) - 1 else rest


def _announces_others(block: Block) -> bool:
    return isinstance(block, Heading | Paragraph) and is_line(article_text([block]), "heading")


def _is_text(block: Block) -> bool:
    """Return whether a block is running text; links to other articles are none."""
    return len(article_text([block])) > 80 and linked_share(block) < 0.5


def _without_teasers(blocks: list[Block]) -> list[Block]:
    """Return blocks without linked headlines of other articles between the paragraphs of a long text."""
    is_text = [isinstance(block, Paragraph) and _is_text(block) for block in blocks]
    neighbors = zip([False, *is_text], blocks, [*is_text[1:], False], strict=False)
    is_long = sum(is_text) >= _LONG
    return [block for before, block, after in neighbors if not (is_long and before and after and _is_link_list(block))]


def _is_link_list(block: Block) -> bool:
    if isinstance(block, ListBlock):
        return len(block.items) > 1 and linked_share(block) > 0.9
    is_links = isinstance(block, Paragraph) and linked_share(block) > 0.95
    return is_links and not article_text([block]).endswith((".", "!", "?", "。"))


def _without_repeated_images(blocks: list[Block]) -> list[Block]:
    first = {block.url: index for index, block in reversed([*enumerate(blocks)]) if isinstance(block, Figure)}
    return [block for index, block in enumerate(blocks) if not isinstance(block, Figure) or first[block.url] == index]
