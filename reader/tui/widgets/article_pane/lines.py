"""The content of the article pane as lines. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from reader.content.blocks import links, plain_text
from reader.content.layout.layout import layout
from reader.content.page import Page
from reader.core.errors import ReaderError
from reader.core.model import Image, Json
from reader.core.text import cell_width, fit_cells, format_count, truncate
from reader.core.urls import display_host, safe_url, shorten_url
from reader.images.model import RenderedImage
from reader.tui.widgets.article_pane.content import ArticleContent, RelatedItem
from reader.tui.widgets.text import formats
from reader.tui.widgets.text.image_lines import image_lines
from reader.tui.widgets.text.lines import (
    BLANK,
    Line,
    LineMap,
    Run,
    begins,
    characters_before,
    from_span,
    labelled,
    line_of,
    wrap_facts,
    wrapped,
)

_MAX_LINKS = 200
"""How many links of a text are listed below it."""


@dataclass(frozen=True, slots=True)
class PaneLayout(LineMap):
    """The lines above and below the related items, ``width`` cells wide."""

    head: tuple[Line, ...]
    foot: tuple[Line, ...]
    width: int


@dataclass(frozen=True, slots=True)
class ComposedLines:
    """All lines, and the range of each related item."""

    lines: tuple[Line, ...]
    items: tuple[range, ...] = ()


def head_lines(
    content: ArticleContent, cells: int, now: datetime | None = None, image: RenderedImage | None = None
) -> tuple[Line, ...]:
    """Return the lines above the related items, at most ``cells`` wide, with the lead image if given."""
    lines: list[Line] = [line_of(text, "title") for text in wrapped(content.title, cells)]
    lines += wrap_facts(_first_facts(content), cells)
    lines += wrap_facts(_second_facts(content), cells)
    if content.page is not None:
        lines += wrap_facts(_page_facts(content.page, now or datetime.now().astimezone()), cells)
    elif content.failure:
        lines += [line_of(text, "warning") for text in wrapped(f"Not fetched: {content.failure}", cells)]
    if image is not None and (shown := image_lines(image, cells)):
        lines += [(Run("", counts=False),), *shown]
    if content.described_by:
        note = f"Not in this folder: this is how “{content.described_by}” describes it. o opens the original."
        lines += [BLANK, *(line_of(text, "quiet") for text in wrapped(note, cells))]
    # An excerpt that the text begins with is shown once.
    excerpt = "" if content.blocks and begins(plain_text(content.blocks), content.excerpt) else content.excerpt
    for paragraph in filter(None, (part.strip() for part in excerpt.split("\n\n"))):
        lines += [BLANK, *(line_of(text) for text in wrapped(" ".join(paragraph.split()), cells))]
    if content.blocks:
        lines.append(BLANK)
        lines += [tuple(map(from_span, line)) for line in layout(content.blocks, cells)]
    lines += _image_captions(content.images, cells)
    lines += _links(content, cells)
    return tuple(lines)


def lay_out_pane(
    content: ArticleContent, cells: int, now: datetime | None = None, image: RenderedImage | None = None
) -> PaneLayout:
    """Return the lines that do not depend on the selected related item: the expensive part."""
    above = head_lines(content, cells, now, image)
    return PaneLayout(above, tuple(_more(content, cells)), cells, before=characters_before(above))


def compose_lines(
    content: ArticleContent, pane_layout: PaneLayout, *, selected: int, visited: frozenset[int], now: datetime
) -> ComposedLines:
    """Return all lines, with the related items between those of ``pane_layout``.

    ``selected`` is the index of the item whose excerpt is shown, or -1; ``visited`` are those that were opened.
    """
    lines: list[Line] = [*pane_layout.head]
    ranges: list[range] = []
    related = len(content.items) - content.members
    for at, item in enumerate(content.items):
        if at == 0 and related:
            lines += [BLANK, line_of(f"Related ({related})", "heading")]
        if at == related:
            kind = truncate(content.type, max(1, pane_layout.width - 16)) or "collection"
            lines += [BLANK, line_of(f"In this {kind} ({content.members})", "heading")]
        start = len(lines)
        lines += _item(item, at, pane_layout.width, selected=at == selected, visited=at in visited, now=now)
        ranges.append(range(start, len(lines)))
    return ComposedLines((*lines, *pane_layout.foot), tuple(ranges))


def _first_facts(content: ArticleContent) -> list[Run]:
    facts = [Run(content.source, "fact")] if content.source else []
    if content.authors:
        facts.append(Run("by " + ", ".join(content.authors), "quiet"))
    facts.append(Run(formats.full_date(content.published_at) or "no date", "quiet"))
    related = len(content.items) - content.members
    if related:
        facts.append(Run(f"{related} related", "quiet"))
    return facts


def _second_facts(content: ArticleContent) -> list[Run]:
    facts = [
        *_score_fact("quality", content.quality, formats.QUALITY_FULL),
        *_score_fact("heat", content.heat, formats.HEAT_FULL),
    ]
    kind = " ".join(filter(None, (content.category, content.type)))
    if kind:
        facts.append(Run(kind, "quiet"))
    if content.topics:
        facts.append(Run(", ".join(content.topics), "quiet"))
    facts += [Run(f"#{tag}", "fact") for tag in content.tags]
    if content.published is False:
        facts.append(Run("not published", "quiet"))
    return facts


def _page_facts(page: Page, now: datetime) -> list[Run]:
    origin = f"Saved page: {formats.ORIGINS[page.way]}"
    when = (f"fetched {formats.ago(page.fetched_at, now)}", formats.confirmed(page, now))
    facts = (origin, display_host(page.final_url), *when, format_count(page.extract.words, "word"))
    return [Run(fact, "quiet") for fact in facts if fact]


def _score_fact(name: str, value: int | float | None, full: int) -> list[Run]:
    bar = formats.bar(value, full, 4)
    text = f"{name} {formats.score(value)}" + (f" {bar}" if bar else "")
    return [Run(text, "score", lightness=formats.lightness(value, full)) if bar else Run(text, "quiet")]


def _image_captions(images: Iterable[Image], cells: int) -> Iterator[Line]:
    for number, image in enumerate(images):
        if number == 0:
            yield BLANK
        size = f"{image.width}×{image.height}" if image.width and image.height else ""
        caption = " · ".join(filter(None, ("Picture", image.title, size, image.attribution)))
        address = _address(image.url)
        for text in (*wrapped(caption, cells), *wrapped(image.url, cells)):
            yield (Run(text, "quiet", href=address),)


def _links(content: ArticleContent, cells: int) -> Iterator[Line]:
    """Yield the addresses of the article and the links in its text, in full: a terminal may only show them."""
    named = [
        ("Original", content.links.original),
        ("Web", content.links.web),
        ("AMP", content.links.amp),
        ("AMP cache", content.links.cdn_amp),
    ]
    seen: set[str] = set()
    for name, url in named:
        if not url or url in seen:
            continue
        if not seen:
            yield BLANK
        seen.add(url)
        yield from labelled(fit_cells(name, 10) if cells >= 24 else "", url, url, cells)
    inside = [(text, href) for text, href in links(content.blocks) if href not in seen]
    if inside:
        yield BLANK
        yield line_of(truncate(f"Links in the text ({len(inside)})", cells), "heading")
    for text, href in inside[:_MAX_LINKS]:
        if text != href:
            yield line_of(truncate(text, cells), "quiet")
        yield from labelled("  ", href, href, cells)
    if len(inside) > _MAX_LINKS:
        yield line_of(truncate(f"and {len(inside) - _MAX_LINKS:,} more", cells), "quiet")


def _item(item: RelatedItem, at: int, cells: int, *, selected: bool, visited: bool, now: datetime) -> Iterator[Line]:
    """Yield a related item: one line or, if selected, its whole title and its excerpt."""
    style = "selected" if selected else "quiet" if visited else "text"
    quiet = "selected-quiet" if selected else "quiet"
    value, full = (
        (item.heat, formats.HEAT_FULL)
        if item.quality is None and item.heat is not None
        else (item.quality, formats.QUALITY_FULL)
    )
    wide = cells >= 60
    bar, gap = (formats.bar(value, full, 3), "  ") if wide else (formats.shade(value, full), " ")
    score = "selected-score" if selected else "score" if bar.strip() else "quiet"
    gutter = Run("▌" if selected else "›" if item.rowid is not None else " ", "accent", item=at)
    number = Run(
        f"{' ' if wide else ''}{formats.score(value):>3} {fit_cells(bar, 3 if wide else 1)} ",
        score,
        item=at,
        lightness=formats.lightness(value, full),
    )
    date = Run(fit_cells(formats.short_date(item.published_at, now), 9) + gap, quiet, item=at)
    start = 1 + cell_width(number.text) + cell_width(date.text)
    if not selected:
        room = 16 if wide else 10 if cells >= 44 else 0
        source = Run(fit_cells(item.source, room) + gap if room else "", quiet, item=at)
        title = Run(fit_cells(item.title, max(1, cells - start - cell_width(source.text))), style, item=at)
        yield gutter, number, date, source, title
        return
    here = " · in this folder" if item.rowid is not None else ""
    facts = truncate(f"{item.source}{here}", max(1, cells - start))
    yield _filled((gutter, number, date, Run(facts, quiet, item=at)), cells, at)
    inner = max(8, cells - 2)
    for text in wrapped(item.title, inner):
        yield _filled((Run("▌ ", "accent", item=at), Run(text, "selected-title", item=at)), cells, at)
    for text in wrapped(" ".join(item.excerpt.split()), inner) if item.excerpt else ():
        yield _filled((Run("▌ ", "accent", item=at), Run(text, "selected", item=at)), cells, at)


def _filled(line: Line, cells: int, at: int) -> Line:
    """Return ``line`` with the background of the selection up to its end."""
    used = sum(cell_width(run.text) for run in line)
    return (*line, Run(" " * max(0, cells - used), "selected", item=at))


def _more(content: ArticleContent, cells: int) -> Iterator[Line]:
    facts = [(name, entry) for name, value in content.extra.items() for entry in _entries(name, value)]
    if content.secured_bytes is not None:
        facts.append(("secured", (f"secured payload, {content.secured_bytes:,} bytes", "")))
    if content.path:
        facts.append(("file", (content.path, "")))
    if not facts:
        return
    yield BLANK
    yield line_of("More", "heading")
    label = min(18, max(4, cells - 12), max(cell_width(name) for name, _ in facts) + 2)
    last = ""
    for name, (text, href) in facts:
        for line in wrapped(text, max(8, cells - label)) or [""]:
            yield (
                Run(fit_cells("" if name == last else name, label), "quiet"),
                Run(line, "link" if href else "text", href=href),
            )
            last = name


def _entries(name: str, value: Json) -> list[tuple[str, str]]:
    """Return an extra field as (text, address) pairs, one per line: one for plain values, many for a list of fields."""
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return [entry for item in value for entry in _entries(name, item)]
    if isinstance(value, dict) and isinstance(value.get("url"), str):
        address = _address(str(value["url"]))
        title = _value_text("", value.get("title") or value.get("name") or value.get("type") or "")
        return [(" · ".join(filter(None, (title, shorten_url(address, 60) or str(value["url"])))), address)]
    if isinstance(value, str) and value.lstrip().startswith("<"):
        from reader.content.html.builder import parse_html  # lazy: few documents have such fields

        blocks = parse_html(value)
        found = [(f"{text} · {shorten_url(href, 60)}", href) for text, href in links(blocks)]
        return found or [(plain_text(blocks), "")]
    text = _value_text(name, value)
    return [(text, _address(text))]


def _value_text(name: str, value: Json) -> str:
    """Return a value as text: lists separated by dots, fields as name and value."""
    if value is None:
        return formats.UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " · ".join(_value_text(name, item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_value_text(key, item)}" for key, item in value.items())
    if isinstance(value, float):
        return f"{value:.4g}"
    text = " ".join(str(value).split())
    return formats.duration(text) if name == "length" else text


def _address(text: str) -> str:
    """Return ``text`` as an address that can be opened, or an empty string."""
    if not text.startswith(("http://", "https://")):
        return ""
    try:
        return safe_url(text)
    except ReaderError:
        return ""
