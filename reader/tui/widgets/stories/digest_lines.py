"""The digest of a story as lines: what most sources say, then each source beside the others. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from reader.core.text import cell_width, format_count, truncate
from reader.stories.model import Digest, DigestPart
from reader.tui.widgets.text import formats
from reader.tui.widgets.text.lines import BLANK, Line, Run, have_words, labeled, line_of, paragraph

_LEAST_COLUMN, _MOST_COLUMNS, _GAP = 36, 4, 3
_ONLY = "◆ "
LEGEND = "◆ only this source says it; what most say is quiet"


def digest_lines(digest: Digest, words: Sequence[str], cells: int) -> tuple[Line, ...]:
    """Return the digest in lines of ``cells``, with those parts that contain all of ``words`` (in lower case)."""
    lines: list[Line] = []
    common = [text for text in digest.common if have_words([text], words)]
    if common:
        lines += [BLANK, line_of(truncate("What most sources say", cells), "heading")]
        for text in common:
            lines += labeled(line_of("• ", "accent"), text, cells)
    texts = ((part, [part.source, part.title, *(each.text for each in part.sentences)]) for part in digest.parts)
    parts = [part for part, said in texts if have_words(said, words)]
    if parts:
        lines += [BLANK, line_of(truncate(f"Source by source    {LEGEND}", cells), "quiet")]
    columns = max(1, min(_MOST_COLUMNS, len(parts), (cells + _GAP) // (_LEAST_COLUMN + _GAP)))
    width = (cells - _GAP * (columns - 1)) // columns
    for start in range(0, len(parts), columns):
        lines.append(BLANK)
        lines += _beside([[*_part(part, width)] for part in parts[start : start + columns]], width)
    return tuple(lines[1:])


def _part(part: DigestPart, cells: int) -> Iterator[Line]:
    """Yield what a source says."""
    yield line_of(truncate(part.source or "No source", cells), "name")
    yield from paragraph(part.title, cells, "title")
    yield line_of(truncate(formats.full_date(part.published_at) or "no date", cells), "quiet")
    for sentence in part.sentences:
        label = line_of(_ONLY if sentence.kind == "only" else "  ", "accent")
        yield from labeled(label, sentence.text, cells, "quiet" if sentence.kind == "common" else "text")
    if not part.sentences:
        yield line_of(truncate("  No excerpt.", cells), "quiet")


def _beside(columns: Sequence[Sequence[Line]], cells: int) -> Iterator[Line]:
    """Yield the lines of several columns of ``cells`` beside each other."""
    for row in zip_longest(*columns, fillvalue=BLANK):
        line: list[Run] = []
        for number, part in enumerate(row):
            line += part
            if number < len(row) - 1:
                line.append(Run(" " * (cells - sum(cell_width(run.text) for run in part) + _GAP), "quiet"))
        yield tuple(line)


def digest_heading(digest: Digest) -> str:
    """Return a sentence about the story."""
    story = digest.story
    sources, articles = format_count(story.sources, "source"), format_count(len(story.rowids), "article")
    return f"{story.title} · {articles}, {sources}"
