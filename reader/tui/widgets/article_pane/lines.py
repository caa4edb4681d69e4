"""The content of the article pane as lines. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from reader.content.blocks import Block, Paragraph, links, plain_text
from reader.content.enclosures import enclosures_of
from reader.content.layout.layout import layout
from reader.core.model import Article, Image, Json, Links, Number
from reader.core.text import cell_width, fit_cells, format_count, truncate
from reader.core.urls import display_host, openable_url, shorten_url
from reader.images.model import RenderedImage
from reader.tui.widgets.article_pane.content import ArticleContent
from reader.tui.widgets.article_pane.items import filled, item_lines
from reader.tui.widgets.text import formats
from reader.tui.widgets.text.image_lines import image_lines
from reader.tui.widgets.text.length import unit_of
from reader.tui.widgets.text.lines import (
    BLANK,
    Line,
    LineMap,
    Run,
    characters_before,
    from_span,
    labeled,
    line_of,
    paragraph,
    split_excerpt,
    wrap_facts,
)

_MAX_LINKS = 200
"""How many links of a text are listed below it."""
_ENCLOSURES = 5
"""How many enclosures the lines of facts show."""
_LEAST_SOURCE = 12
"""Cells that the name of a source has at least, however narrow the pane is."""
_HUGE = 1e9
"""Scores from here on are abbreviated."""
_LENGTH = "length"
"""The field with the duration of a video, which the line of the scores shows."""


@dataclass(frozen=True, slots=True)
class PaneLayout:
    """The lines above and below the related items, and what opens under “More”."""

    width: int
    """The width of the lines in cells."""
    head: tuple[Line, ...]
    """The lines down to the excerpt and the lead image,"""
    body: tuple[Line, ...] = ()
    """and the rest of the text, which follows the related items."""
    more: tuple[Line, ...] = ()
    summary: str = ""
    """What is under “More”, in a few words."""
    before_head: Sequence[int] = (0,)
    """As :attr:`LineMap.before`, for the lines of the head,"""
    before_body: Sequence[int] = (0,)
    """and for those of the body, after the head."""


class PaneLines(NamedTuple):
    """All lines of the pane."""

    lines: tuple[Line, ...]
    items: tuple[range, ...]
    """The lines of each related item, and of “More” if there is any."""
    line_map: LineMap
    """It is the same whichever item is selected."""


class _Field(NamedTuple):
    """A named line under “More”; one with the name of the line above continues it."""

    name: str
    text: str
    href: str = ""


def lay_out_pane(content: ArticleContent, cells: int, image: RenderedImage | str = "") -> PaneLayout:
    """Return the lines that do not depend on the selected related item, at most ``cells`` wide: the expensive part.

    ``image`` is the lead image, if it is to be shown, or a note about it.
    """
    lines = paragraph(content.article.title, cells, "title")
    cut: list[_Field] = []
    lines_of_facts = (
        ("source", _shorter(_origin(content), _origin(content, cells), cells)),
        ("scores", _shorter(_scores(content), _scores(content, brief=True), cells)),
        ("topics", _topics(content)),
    )
    for name, facts in lines_of_facts:
        first, *rest = [*wrap_facts(facts, cells)] or [BLANK]
        if rest:
            first = (*next(wrap_facts(facts, cells - 2)), Run(" …", "quiet"))
        if rest or (name == "source" and facts[0].text != content.article.source):
            whole = _origin(content) if name == "source" else facts
            cut.append(_Field(name, " · ".join(run.text for run in whole if run.text)))
        # How much of the facts is shown depends on the width.
        lines += [tuple(replace(run, counts=False) for run in first)] if first else []
        lines += paragraph(content.heat_reason, cells, "quiet") if name == "scores" and content.heat_reason else []
    if content.page is not None:
        unit = unit_of(f"{content.article.title} {content.article.excerpt}").name
        lines += paragraph(f"⇩ Page saved, {format_count(content.page.extract.words, unit)}", cells, "quiet")
    elif content.failure:
        lines += paragraph(f"✗ Not fetched: {content.failure}", cells, "warning")
    lines += _enclosures(content.article.extra, cells)
    if content.described_by:
        note = f"Not in this folder: this is how “{content.described_by}” describes it. o opens the original."
        lines += [BLANK, *paragraph(note, cells, "quiet")]
    excerpt, blocks = split_excerpt(content.article, content.blocks)
    picture = list(_picture(content.article.images, image, cells))
    if excerpt or not blocks:
        lines += [*([BLANK] if excerpt else ()), *_text(excerpt, cells), *picture]
        body = _text(blocks, cells)
    else:
        begin = next((end for end, block in enumerate(blocks, 1) if isinstance(block, Paragraph)), len(blocks))
        rest = _text(blocks[begin:], cells)
        body = [*_text(blocks[:begin], cells), *picture, *([BLANK] if rest else ()), *rest]
    addresses, fields = [*_addresses(content.article.links)], [*cut, *_fields(content)]
    inside = [link for link in links(content.blocks) if link[1] not in {address.href for address in addresses}]
    hosts = [display_host(address.href) or address.name for address in addresses]
    names = [*hosts, *(field.name for field in fields), format_count(len(inside), "link") if inside else ""]
    return PaneLayout(
        cells,
        tuple(lines),
        tuple(body),
        (*_field_lines([*addresses, *fields], cells), *_link_lines(inside, cells)),
        " · ".join(dict.fromkeys(filter(None, names))),
        characters_before(lines),
        characters_before(body),
    )


def _enclosures(extra: Mapping[str, Json], cells: int) -> Iterator[Line]:
    found = enclosures_of(extra)
    for number, each in enumerate(found[:_ENCLOSURES], 1):
        label = f"Enclosure {number}  " if len(found) > 1 else "Enclosure  "
        name, *facts = each.facts
        runs = [Run(name, "link", href=each.url), *(Run(fact, "quiet") for fact in facts)]
        for line in wrap_facts(runs, max(12, cells - len(label))):
            yield Run(label, "quiet"), *line
            label = " " * len(label)
    if len(found) > _ENCLOSURES:
        yield line_of(f"and {format_count(len(found) - _ENCLOSURES, 'more enclosure')}", "quiet")


def _text(blocks: Sequence[Block], cells: int) -> list[Line]:
    return [tuple(map(from_span, line)) for line in layout(blocks, cells)]


def compose_lines(
    content: ArticleContent,
    pane_layout: PaneLayout,
    *,
    selected: int,
    visited: Collection[int],
    now: datetime,
    more_is_open: bool = False,
) -> PaneLines:
    """Return all lines, with the related items between those of ``pane_layout``.

    ``selected`` is the index of the item whose excerpt is shown, or -1; ``visited`` are those that were opened. “More”,
    if there is any, counts as the last item.
    """
    lines: list[Line] = [*pane_layout.head]
    before = array("I", pane_layout.before_head)
    ranges: list[range] = []
    cells = pane_layout.width

    def add(added: Sequence[Line], most: int) -> None:
        """Add lines that count as one each, but for those beyond ``most``, which only the selected item has."""
        lines.extend(added)
        last = before[-1]
        before.extend(last + min(number, most) for number in range(1, len(added) + 1))

    for part in item_lines(content, cells, selected=selected, visited=visited, now=now):
        if part.item >= 0:
            ranges.append(range(len(lines), len(lines) + len(part.lines)))
        add(part.lines, part.most)
    if pane_layout.body:
        add((BLANK, line_of("Text", "heading")) if content.items else (BLANK,), 2)
        lines += pane_layout.body
        last = before[-1]
        before.extend(last + characters for characters in pane_layout.before_body[1:])
    if pane_layout.more:
        at = len(content.items)
        is_selected = at == selected
        name = Run("▾ More" if more_is_open else "▸ More", "selected-title" if is_selected else "heading", item=at)
        rest = "" if more_is_open else truncate(f"  {pane_layout.summary}", max(0, cells - 6))
        heading: Line = (name, Run(rest, "selected-quiet" if is_selected else "quiet", item=at))
        start = len(lines) + 1
        lines += [BLANK, filled(heading, cells, at) if is_selected else heading]
        lines += pane_layout.more if more_is_open else ()
        ranges.append(range(start, len(lines)))
    return PaneLines(tuple(lines), tuple(ranges), LineMap(before=before, width=cells))


def _shorter(facts: list[Run], brief: list[Run], cells: int) -> list[Run]:
    """Return ``facts`` if they fit on a line, else ``brief``."""
    return facts if len([*wrap_facts(facts, cells)]) < 2 else brief


def _origin(content: ArticleContent, cells: int = 0) -> list[Run]:
    """Return source, date and authors; with ``cells``, a brief date, and a source that leaves room for it there."""
    article = content.article
    authors = ", ".join(article.provider.authors)
    date = formats.full_date(article.published_at, article.precision, brief=bool(cells)) or "no date"
    room = max(_LEAST_SOURCE, cells - cell_width(f" · {date} …"))
    return [
        Run(truncate(article.source, room) if cells else article.source, "accent", href=article.links.best),
        Run(date, "quiet"),
        Run(f"by {authors}" if authors else "", "quiet"),
    ]


def _scores(content: ArticleContent, *, brief: bool = False) -> list[Run]:
    article = content.article
    scores = (
        ("quality", article.quality, formats.QUALITY_FULL, content.quality_estimate),
        ("heat", article.heat, formats.HEAT_FULL, content.heat_estimate),
    )
    has_any = any(value is not None or estimate is not None for _, value, _, estimate in scores)
    return [
        *(_score_fact(*score, has_bar=not brief) for score in scores if has_any),
        Run(" ".join(filter(None, (article.category, article.type))), "quiet"),
        Run(_length(article), "quiet"),
    ]


def _length(article: Article) -> str:
    """Return how long a video is, if the document says so in the field “length”."""
    length = article.extra.get(_LENGTH)
    return formats.duration(length) if isinstance(length, str) else ""


def _topics(content: ArticleContent) -> list[Run]:
    topics = [Run(topic, "quiet") for topic in content.article.topics]
    return [*topics, *(Run(f"#{tag}", "accent") for tag in content.tags)]


def _score_fact(name: str, value: Number | None, full: int, estimate: Number | None, *, has_bar: bool) -> Run:
    shown = value if value is not None else estimate
    bar = formats.bar(shown, full, 4)
    number = formats.score(shown) if shown is None or abs(shown) >= _HUGE else f"{shown:,.0f}"
    is_estimated = value is None and shown is not None
    text = f"{name} {'~' * is_estimated}{number}" + (f" {bar}" if bar and has_bar else "")
    return (
        Run(text, "score", lightness=formats.lightness(value, full)) if bar and not is_estimated else Run(text, "quiet")
    )


def _picture(images: Sequence[Image], image: RenderedImage | str, cells: int) -> Iterator[Line]:
    """Yield the lead image, if it is loaded, and a line about it; nothing without an image.

    These lines come and go, so they do not count.
    """
    if not images:
        return
    yield (Run("", counts=False),)
    address = openable_url(images[0].url)
    facts = ["Image", _caption(images[0]), image] if isinstance(image, str) else [_caption(images[0])]
    if not isinstance(image, str):
        yield from image_lines(image, cells)
    yield from wrap_facts([Run(fact, "quiet", href=address, counts=False) for fact in facts], cells)


def _caption(image: Image) -> str:
    size = f"{image.width}×{image.height}" if image.width and image.height else ""
    return " · ".join(filter(None, (size, image.title, image.attribution)))


def _addresses(own: Links) -> Iterator[_Field]:
    """Yield the URLs of the article in full: a terminal may only show them."""
    seen: set[str] = set()
    named = (("original", own.original), ("web", own.web), ("amp", own.amp), ("amp cache", own.cdn_amp))
    for name, url in named:
        if url and url not in seen:
            seen.add(url)
            yield _Field(name, url, url)


def _fields(content: ArticleContent) -> Iterator[_Field]:
    """Yield what else is known about the article."""
    article, page = content.article, content.page
    if page is not None:
        now = datetime.now().astimezone()
        origin = f"{formats.ORIGINS[page.way]}, {display_host(page.final_url)}"
        when = (f"fetched {formats.ago(page.fetched_at, now)}", formats.confirmed(page, now))
        yield _Field("saved page", " · ".join(filter(None, (origin, *when))))
    for image in article.images:
        if caption := _caption(image):
            yield _Field("image", caption)
        yield _Field("image", image.url, openable_url(image.url))
    for name, value in article.extra.items():
        if name == _LENGTH and _length(article):
            continue
        for text, href in _entries(name, value):
            yield _Field(name, text, href)
    if article.published is False:
        yield _Field("published", "no, says the document; it is listed all the same")
    if article.secured is not None:
        size = f"{article.secured.size:,} bytes, encrypted"
        yield _Field("secured", f"{size}; no key for them is public, so they cannot be shown")
    if article.path:
        yield _Field("file", article.path)


def _field_lines(fields: Sequence[_Field], cells: int) -> Iterator[Line]:
    label = min(18, max(4, cells - 12), max((cell_width(field.name) for field in fields), default=0) + 2)
    last = ""
    for name, text, href in fields:
        heading = line_of(fit_cells("" if name == last else name, label), "quiet")
        yield from labeled(heading, text, cells, "link" if href else "text", href)
        last = name


def _link_lines(inside: Sequence[tuple[str, str]], cells: int) -> Iterator[Line]:
    """Yield the links in the text with their URLs."""
    if inside:
        yield BLANK
        yield line_of(truncate(f"Links in the text ({len(inside)})", cells), "heading")
    for text, href in inside[:_MAX_LINKS]:
        if text != href:
            yield line_of(truncate(text, cells), "quiet")
        yield from labeled(line_of("  ", "quiet"), href, cells, "link", href)
    if len(inside) > _MAX_LINKS:
        yield line_of(truncate(f"and {len(inside) - _MAX_LINKS:,} more", cells), "quiet")


def _entries(name: str, value: Json) -> list[tuple[str, str]]:
    """Return an extra field as (text, URL) pairs, one per line: one for plain values, many for a list of fields."""
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return [entry for item in value for entry in _entries(name, item)]
    if isinstance(value, dict) and isinstance(value.get("url"), str):
        address = openable_url(str(value["url"]))
        title = _value_text("", value.get("title") or value.get("name") or value.get("type") or "")
        return [(" · ".join(filter(None, (title, shorten_url(address, 60) or str(value["url"])))), address)]
    if isinstance(value, str) and value.lstrip().startswith("<"):
        from reader.content.html.builder import parse_html  # lazy: few documents have such fields

        blocks = parse_html(value)
        found = [(f"{text} · {shorten_url(href, 60)}", href) for text, href in links(blocks)]
        return found or [(plain_text(blocks), "")]
    text = _value_text(name, value)
    return [(text, openable_url(text))]


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
    return " ".join(str(value).split())
